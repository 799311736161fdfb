/*
 * Linux/riscv64 ABI: uname, sysinfo, reboot.
 */
#pragma once

#include "lib/types.h"

#define UTS_LEN 65

struct abi_utsname {
	char sysname[UTS_LEN];
	char nodename[UTS_LEN];
	char release[UTS_LEN];
	char version[UTS_LEN];
	char machine[UTS_LEN];
	char domainname[UTS_LEN];
};

struct abi_sysinfo {
	int64_t uptime;
	uint64_t loads[3]; /* 16 fractional bits */
	uint64_t totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs;
	uint16_t pad;
	uint32_t pad2;
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit;
	char unused[4];
};
_Static_assert(sizeof(struct abi_sysinfo) == 112, "sysinfo ABI");

#define REBOOT_MAGIC1 0xfee1deadu
#define REBOOT_MAGIC2 0x28121969u
#define REBOOT_MAGIC2A 0x05121996u
#define REBOOT_MAGIC2B 0x16041998u
#define REBOOT_MAGIC2C 0x20112000u
#define REBOOT_RESTART 0x01234567u
#define REBOOT_RESTART2 0xa1b2c3d4u
#define REBOOT_HALT 0xcdef0123u
#define REBOOT_CAD_ON 0x89abcdefu
#define REBOOT_CAD_OFF 0x00000000u
#define REBOOT_POWER_OFF 0x4321fedcu

#define GRND_NONBLOCK 1u
#define GRND_RANDOM 2u
#define GRND_INSECURE 4u

struct abi_tms {
	int64_t utime, stime, cutime, cstime;
};

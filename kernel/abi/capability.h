/*
 * Linux ABI: capabilities. Numbers as in linux/capability.h.
 */
#pragma once

#include "lib/types.h"

#define CAP_CHOWN 0
#define CAP_DAC_OVERRIDE 1
#define CAP_DAC_READ_SEARCH 2
#define CAP_FOWNER 3
#define CAP_FSETID 4
#define CAP_KILL 5
#define CAP_SETGID 6
#define CAP_SETUID 7
#define CAP_SETPCAP 8
#define CAP_LINUX_IMMUTABLE 9
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_BROADCAST 11
#define CAP_NET_ADMIN 12
#define CAP_NET_RAW 13
#define CAP_IPC_LOCK 14
#define CAP_IPC_OWNER 15
#define CAP_SYS_MODULE 16
#define CAP_SYS_RAWIO 17
#define CAP_SYS_CHROOT 18
#define CAP_SYS_PTRACE 19
#define CAP_SYS_PACCT 20
#define CAP_SYS_ADMIN 21
#define CAP_SYS_BOOT 22
#define CAP_SYS_NICE 23
#define CAP_SYS_RESOURCE 24
#define CAP_SYS_TIME 25
#define CAP_SYS_TTY_CONFIG 26
#define CAP_MKNOD 27
#define CAP_LEASE 28
#define CAP_AUDIT_WRITE 29
#define CAP_AUDIT_CONTROL 30
#define CAP_SETFCAP 31
#define CAP_MAC_OVERRIDE 32
#define CAP_MAC_ADMIN 33
#define CAP_SYSLOG 34
#define CAP_WAKE_ALARM 35
#define CAP_BLOCK_SUSPEND 36
#define CAP_AUDIT_READ 37
#define CAP_PERFMON 38
#define CAP_BPF 39
#define CAP_CHECKPOINT_RESTORE 40
#define CAP_LAST_CAP 40
#define CAP_FULL_SET ((1UL << (CAP_LAST_CAP + 1)) - 1)

/* What a task that acts on files gains and loses with the file-system id 0. */
#define CAP_FS_SET                                                                                 \
	(1UL << CAP_CHOWN | 1UL << CAP_DAC_OVERRIDE | 1UL << CAP_DAC_READ_SEARCH |                 \
	 1UL << CAP_FOWNER | 1UL << CAP_FSETID | 1UL << CAP_LINUX_IMMUTABLE | 1UL << CAP_MKNOD |   \
	 1UL << CAP_MAC_OVERRIDE)

/* Secure bits: what is special about root; the bit above each locks it. */
#define SECBIT_NOROOT 1u
#define SECBIT_NO_SETUID_FIXUP 4u
#define SECBIT_KEEP_CAPS 16u
#define SECBIT_NO_CAP_AMBIENT_RAISE 64u
#define SECBIT_LOCKS 0xaau

#define ABI_CAPABILITY_VERSION_1 0x19980330u
#define ABI_CAPABILITY_VERSION_2 0x20071026u
#define ABI_CAPABILITY_VERSION_3 0x20080522u

struct abi_cap_header {
	uint32_t version;
	int32_t pid;
};

struct abi_cap_data {
	uint32_t effective, permitted, inheritable;
};

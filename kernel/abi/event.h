/*
 * Linux/riscv64 ABI: eventfd, signalfd, timerfd. Numbers as in linux/eventfd.h, signalfd.h and
 * timerfd.h; close-on-exec and non-blocking are O_CLOEXEC and O_NONBLOCK in all of them.
 */
#pragma once

#include "lib/types.h"

#define EFD_SEMAPHORE 1

#define TFD_TIMER_ABSTIME 1
#define TFD_TIMER_CANCEL_ON_SET 2

/* What read from a signalfd gives, one for each signal. */
struct abi_signalfd_siginfo {
	uint32_t signo;
	int32_t errnum, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t timer_id, band, overrun, trapno;
	int32_t status, value_int;
	uint64_t value_ptr, utime, stime, addr;
	uint16_t addr_lsb, pad2;
	int32_t syscall;
	uint64_t call_addr;
	uint32_t arch;
	uint8_t pad[28];
};
static_assert(sizeof(struct abi_signalfd_siginfo) == 128, "struct signalfd_siginfo");

/*
 * Linux/riscv64 ABI: POSIX timers.
 */
#pragma once

#include "kernel/abi/signal.h" /* abi_sigevent */
#include "kernel/abi/time.h"

struct abi_itimerspec {
	struct abi_timespec interval, value;
};

#define TIMER_OVERRUN_MAX 0x7fffffff

/*
 * Linux/riscv64 ABI: clocks and times. Numbers as in linux/time.h.
 */
#pragma once

#include "kernel/abi/resource.h" /* abi_timeval */
#include "lib/types.h"

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11

/* The CPU clock of a process or thread: ~pid << 3 | per thread << 2 | kind. */
#define CLOCK_CPU_PID(clock) (~((clock) >> 3))
#define CLOCK_CPU_THREAD 4
#define CLOCK_CPU_KIND 3
#define CLOCK_CPU_PROF 0
#define CLOCK_CPU_VIRT 1
#define CLOCK_CPU_SCHED 2

#define TIMER_ABSTIME 1

#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2

struct abi_timespec {
	int64_t tv_sec;
	int64_t tv_nsec;
};

struct abi_itimerval {
	struct abi_timeval interval, value;
};

struct abi_timezone {
	int32_t minuteswest, dsttime;
};

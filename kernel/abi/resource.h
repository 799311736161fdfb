/*
 * Linux/riscv64 ABI: resource limits and usage.
 */
#pragma once

#include "lib/types.h"

#define RLIMIT_CPU 0
#define RLIMIT_FSIZE 1
#define RLIMIT_DATA 2
#define RLIMIT_STACK 3
#define RLIMIT_CORE 4
#define RLIMIT_RSS 5
#define RLIMIT_NPROC 6
#define RLIMIT_NOFILE 7
#define RLIMIT_MEMLOCK 8
#define RLIMIT_AS 9
#define RLIMIT_LOCKS 10
#define RLIMIT_SIGPENDING 11
#define RLIMIT_MSGQUEUE 12
#define RLIMIT_NICE 13
#define RLIMIT_RTPRIO 14
#define RLIMIT_RTTIME 15
#define RLIM_NLIMITS 16
#define RLIM_INFINITY (~0UL)

struct abi_rlimit64 {
	uint64_t cur;
	uint64_t max;
};

#define RUSAGE_SELF 0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD 1
#define RUSAGE_BOTH (-2)

struct abi_timeval {
	int64_t tv_sec;
	int64_t tv_usec;
};

struct abi_rusage {
	struct abi_timeval utime, stime;
	int64_t maxrss; /* KiB */
	int64_t ixrss, idrss, isrss;
	int64_t minflt, majflt;
	int64_t nswap, inblock, oublock, msgsnd, msgrcv, nsignals;
	int64_t nvcsw, nivcsw;
};
_Static_assert(sizeof(struct abi_rusage) == 144, "rusage ABI");

#define PRIO_PROCESS 0
#define PRIO_PGRP 1
#define PRIO_USER 2

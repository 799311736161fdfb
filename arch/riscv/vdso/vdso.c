/*
 * vdso.c: the functions of the vDSO, which run in user mode. C libraries find them through
 * AT_SYSINFO_EHDR and call them instead of making system calls.
 *
 * The two clocks are computed from the counter and the parameters in the data page, exactly as
 * kernel/core/clock.c does, so that user's and kernel's times never disagree. Every other clock is
 * a system call; in a time namespace all are.
 *
 * Linked by vdso.lds as a shared object of its own; sees no kernel header but the layout of the
 * data page.
 */
#include "arch/machine.h"

#define NSEC_PER_SEC 1000000000UL

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7

#define SYS_CLOCK_GETTIME 113
#define SYS_CLOCK_GETRES 114
#define SYS_GETCPU 168
#define SYS_GETTIMEOFDAY 169
#define SYS_RISCV_FLUSH_ICACHE 259

struct abi_timespec {
	int64_t sec, nsec;
};

struct abi_timeval {
	int64_t sec, usec;
};

int __vdso_clock_gettime(int clock, struct abi_timespec *ts);
int __vdso_clock_getres(int clock, struct abi_timespec *ts);
int __vdso_gettimeofday(struct abi_timeval *tv, void *tz);
int __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);
int __vdso_flush_icache(void *start, void *end, unsigned long flags);

/* The page below the image (vdso.lds). */
extern const struct vdso_data vdso_data_here __asm__("vdso_data")
	__attribute__((visibility("hidden")));

static long system_call(long nr, long arg0, long arg1, long arg2)
{
	register long a0 __asm__("a0") = arg0;
	register long a1 __asm__("a1") = arg1;
	register long a2 __asm__("a2") = arg2;
	register long a7 __asm__("a7") = nr;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

/* CLOCK_MONOTONIC; with real, CLOCK_REALTIME. Begins again when the kernel changed the parameters
 * meanwhile. */
static uint64_t clock_read(bool real)
{
	const volatile struct vdso_data *d = &vdso_data_here;
	uint64_t t, ns;
	uint32_t seq;

	do {
		seq = d->seq;
		__asm__ volatile("fence r, r" ::: "memory");
		__asm__ volatile("rdtime %0" : "=r"(t)::"memory");
		t -= d->base_ticks;
		ns = t * d->ns_whole + (uint64_t)((unsigned __int128)t * d->ns_fraction >> 64);
		if (real)
			ns += d->real_offset_ns;
		__asm__ volatile("fence r, r" ::: "memory");
	} while ((seq & 1) || seq != d->seq);
	return ns;
}

int __vdso_clock_gettime(int clock, struct abi_timespec *ts)
{
	uint64_t ns;

	if (vdso_data_here.by_call)
		return (int)system_call(SYS_CLOCK_GETTIME, clock, (long)ts, 0);
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		ns = clock_read(true);
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		ns = clock_read(false);
		break;
	default:
		return (int)system_call(SYS_CLOCK_GETTIME, clock, (long)ts, 0);
	}
	ts->sec = (int64_t)(ns / NSEC_PER_SEC);
	ts->nsec = (int64_t)(ns % NSEC_PER_SEC);
	return 0;
}

int __vdso_gettimeofday(struct abi_timeval *tv, void *tz)
{
	uint64_t us;

	if (tz || vdso_data_here.by_call)
		return (int)system_call(SYS_GETTIMEOFDAY, (long)tv, (long)tz, 0);
	us = clock_read(true) / 1000;
	if (tv) {
		tv->sec = (int64_t)(us / 1000000);
		tv->usec = (int64_t)(us % 1000000);
	}
	return 0;
}

int __vdso_clock_getres(int clock, struct abi_timespec *ts)
{
	return (int)system_call(SYS_CLOCK_GETRES, clock, (long)ts, 0);
}

int __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	return (int)system_call(SYS_GETCPU, (long)cpu, (long)node, (long)unused);
}

int __vdso_flush_icache(void *start, void *end, unsigned long flags)
{
	return (int)system_call(SYS_RISCV_FLUSH_ICACHE, (long)start, (long)end, (long)flags);
}

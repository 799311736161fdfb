/*
 * bench.h: the harness of the cost programs.
 *
 * A cost program is an ordinary static Linux program that runs unmodified on Linux and on Pando
 * under QEMU's -icount shift=0, where one instruction takes one nanosecond. The counter that
 * rdtime reads runs at 10 MHz, so one tick is 100 instructions and whatever is timed is repeated
 * until the ticks are many. See tools/bench.
 *
 *	ROW("dup.close", "dup + close")
 *	{
 *		MEASURE(close(dup(1)));
 *	}
 *
 * Each row is run by a fresh exec of the program, so that none finds what another left. A row
 * that cannot be had (a call that is missing) calls absent(). The output is
 *
 *	row NAME VALUE UNIT TEXT
 *
 * Usage: prog [PREFIX...] runs the rows whose names begin so, all without; prog --row NAME runs
 * that one inline.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TICK = 100,	 /* instructions */
	FINE = 200000,	 /* ticks that a measurement lasts at least: several grace periods of RCU */
	REST_S = 3,	 /* before each row: what the last one left behind is worked off */
	PAGE = 4096,
	KIB = 1024,
	MIB = 1024 * 1024,
};

struct row {
	const char *name, *text;
	void (*run)(void);
};

/* All rows of the program: what ROW puts into the section, between names that the linker gives. */
extern const struct row __start_bench_rows[], __stop_bench_rows[];
static const struct row *row_now;

#define ROW_JOIN(a, b) a##b
#define ROW_NAMED(line, name_, text_)                                                          \
	static void ROW_JOIN(run_, line)(void);                                                \
	static const struct row ROW_JOIN(row_, line)                                           \
		__attribute__((used, no_reorder, section("bench_rows"))) =                     \
			{name_, text_, ROW_JOIN(run_, line)};                                  \
	static void ROW_JOIN(run_, line)(void)
#define ROW(name, text) ROW_NAMED(__LINE__, name, text)

static inline uint64_t ticks(void)
{
	uint64_t now;

	__asm__ volatile("rdtime %0" : "=r"(now) : : "memory");
	return now;
}

/* Empty instructions (HINTs of the base ISA) that tools/bench-plugin.c recognises: it adds up what
 * runs between begin and end, from a reset to a report. */
#define MARK(number) __asm__ volatile("slti zero, zero, " #number : : : "memory")

static inline void mark_reset(void)
{
	MARK(0x50);
}

static inline void mark_begin(void)
{
	MARK(0x51);
}

static inline void mark_end(void)
{
	MARK(0x52);
}

static inline void mark_report(void)
{
	MARK(0x53);
}

/* A system call without the C library around it. */
static inline long call3(long number, long a, long b, long c)
{
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a7 __asm__("a7") = number;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

static inline void report_unit(double value, const char *unit)
{
	printf("row %s %.0f %s %s\n", row_now->name, value, unit, row_now->text);
	fflush(stdout);
}

/* `took` ticks for n operations, and how many operations the marks enclosed. */
static inline void report(uint64_t took, uint64_t n)
{
	mark_report();
	printf("ops %s %lu\n", row_now->name, (unsigned long)n);
	report_unit((double)took * TICK / n, "instructions");
}

__attribute__((noreturn)) static inline void absent(const char *why)
{
	printf("absent %s %s: %s\n", row_now->name, why, strerror(errno));
	fflush(stdout);
	exit(0);
}

/* Whatever must work for the row to mean something. */
static inline long must(long result, const char *what)
{
	if (result < 0)
		absent(what);
	return result;
}

static inline void *map_private(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		absent("mmap");
	return at;
}

/* A byte into each page. */
static inline void write_pages(char *at, size_t len)
{
	for (size_t i = 0; i < len; i += PAGE)
		((volatile char *)at)[i] = 1;
}

/* Repeats `op` n times, doubling n until it has lasted long enough; the runs before the last warm
 * everything up. */
#define MEASURE(op)                                                                            \
	do {                                                                                   \
		uint64_t n_ = 1, took_;                                                        \
		for (;; n_ *= 2) {                                                             \
			mark_reset();                                                          \
			mark_begin();                                                          \
			took_ = ticks();                                                       \
			for (uint64_t i_ = 0; i_ < n_; i_++) {                                 \
				op;                                                            \
			}                                                                      \
			took_ = ticks() - took_;                                               \
			mark_end();                                                            \
			if (took_ >= FINE)                                                     \
				break;                                                         \
		}                                                                              \
		report(took_, n_);                                                             \
	} while (0)

/* One timed run that does n operations. */
#define MEASURE_ONCE(n, op)                                                                    \
	do {                                                                                   \
		mark_reset();                                                                  \
		mark_begin();                                                                  \
		uint64_t took_ = ticks();                                                      \
		op;                                                                            \
		took_ = ticks() - took_;                                                       \
		mark_end();                                                                    \
		report(took_, n);                                                              \
	} while (0)

static inline int run_inline(const char *name)
{
	for (const struct row *row = __start_bench_rows; row < __stop_bench_rows; row++) {
		if (strcmp(row->name, name) == 0) {
			row_now = row;
			mark_reset();
			row->run();
			return 0;
		}
	}
	return 1;
}

static inline int is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(name, argv[i], strlen(argv[i])) == 0)
			return 1;
	return argc < 2;
}

static inline void run_fresh(const char *self, const char *name)
{
	int status;

	sleep(REST_S);
	pid_t pid = vfork();

	if (pid == 0) {
		execl(self, self, "--row", name, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		printf("absent %s cannot be run: %s\n", name, strerror(errno));
	else if (WIFSIGNALED(status))
		printf("absent %s killed by signal %d\n", name, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		printf("absent %s exit status %d\n", name, WEXITSTATUS(status));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--row") == 0)
		return run_inline(argv[2]);
	for (const struct row *row = __start_bench_rows; row < __stop_bench_rows; row++)
		if (is_wanted(row->name, argc, argv))
			run_fresh(argv[0], row->name);
	return 0;
}

#endif

/*
 * In-kernel tests: functions in a linker section, run in a kernel thread after boot when the
 * command line says ktest or ktest=SEED, in an order shuffled by the seed, which is printed. They
 * live in *_test.c beside what they test, compiled with KTEST=1 or DEBUG=1.
 *
 *	KTEST(page_alloc_zeroed)
 *	{
 *		...
 *		KTEST_CHECK(sum == 0);
 *	}
 */
#pragma once

#include "lib/types.h"

struct ktest {
	const char *name;
	void (*fn)(void);
};

#define KTEST(test_name)                                                                           \
	static void test_name(void);                                                               \
	static const struct ktest ktest_##test_name __used __section(".ktests") = {#test_name,     \
										   test_name};     \
	static void test_name(void)

/* Says where and what when cond is false, and the test has failed; it goes on. From any thread of
 * the test. */
#define KTEST_CHECK(cond) ktest_check(cond, #cond, __FILE__, __LINE__)
bool ktest_check(bool ok, const char *cond, const char *file, int line);
/* The same, and the test's function returns. */
#define KTEST_REQUIRE(cond)                                                                        \
	do {                                                                                       \
		if (!KTEST_CHECK(cond))                                                            \
			return;                                                                    \
	} while (0)

/* Numbers that the seed and the test's name determine. From the test's own thread. */
uint64_t ktest_random(uint64_t below);

/* A kernel thread for a test; it ends by returning. 0 or -errno. */
int ktest_thread(int (*fn)(void *arg), void *arg) __must_check;

/* Does the command line ask for tests? */
bool ktest_wanted(void);

struct task;
/* Runs all, prints a line for each and "ktest: N passed, M failed" at the end. May sleep. Threads
 * are made through spawn: kthread_create of kernel/lifecycle/kthread.h. True if none failed. */
bool ktest_run(int (*spawn)(int (*fn)(void *arg), void *arg, const char *name, struct task **out));

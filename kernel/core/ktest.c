/*
 * Runs the in-kernel tests. Each test draws its random numbers from the seed and its own name, so
 * that it does the same whatever ran before it; the order is shuffled by the seed, so that tests
 * which lean on each other are found out.
 */
#include "kernel/core/ktest.h"

#include "arch/clock.h"
#include "kernel/core/boot.h"
#include "kernel/core/crash.h"
#include "kernel/core/printk.h"
#include "kernel/core/random.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/random.h"
#include "lib/string.h"

extern const struct ktest _ktests_start[], _ktests_end[];

#define TESTS_MAX 256

static int (*thread_spawn)(int (*fn)(void *arg), void *arg, const char *name, struct task **out);
static struct prng numbers;
static bool test_failed;

bool ktest_check(bool ok, const char *cond, const char *file, int line)
{
	if (!ok) {
		__atomic_store_n(&test_failed, true, __ATOMIC_RELAXED);
		pr_err("%s:%d: not so: %s", file, line, cond);
	}
	return ok;
}

uint64_t ktest_random(uint64_t below)
{
	return prng_below(&numbers, below);
}

int ktest_thread(int (*fn)(void *arg), void *arg)
{
	return thread_spawn(fn, arg, "ktest", NULL);
}

bool ktest_wanted(void)
{
	return cmdline_has(boot_info.cmdline, "ktest");
}

static uint64_t seed_choose(void)
{
	uint64_t seed;

	return cmdline_size(boot_info.cmdline, "ktest", &seed) == 0 ? seed : random_u64() >> 32;
}

static uint64_t name_hash(const char *name)
{
	uint64_t hash = 14695981039346656037UL; /* FNV-1a */

	while (*name != '\0')
		hash = (hash ^ (unsigned char)*name++) * 1099511628211UL;
	return hash;
}

static bool test_run(const struct ktest *test, uint64_t seed)
{
	char note[96];

	str_format(note, sizeof(note), "in-kernel test %s, ktest=%lu repeats it", test->name, seed);
	crash_note_set(note);
	prng_seed(&numbers, seed ^ name_hash(test->name));
	test_failed = false;
	test->fn();
	if (test_failed)
		pr_err("ktest %s FAILED; repeat it with ktest=%lu", test->name, seed);
	else
		pr_notice("ktest %s ok", test->name);
	crash_note_set("");
	return !test_failed;
}

static unsigned tests_shuffle(const struct ktest **order, uint64_t seed)
{
	unsigned n = (unsigned)min(_ktests_end - _ktests_start, (ptrdiff_t)TESTS_MAX);

	prng_seed(&numbers, seed);
	for (unsigned i = 0; i < n; i++) {
		unsigned j = (unsigned)prng_below(&numbers, i + 1);

		order[i] = order[j];
		order[j] = &_ktests_start[i];
	}
	return n;
}

bool ktest_run(int (*spawn)(int (*fn)(void *arg), void *arg, const char *name, struct task **out))
{
	static const struct ktest *order[TESTS_MAX];
	uint64_t seed = seed_choose();
	unsigned n = tests_shuffle(order, seed), passed = 0;

	thread_spawn = spawn;
	pr_notice("ktest: %u tests, seed %lu%s", n, seed,
		  n == 0 ? "; build with KTEST=1 to have some" : "");
	for (unsigned i = 0; i < n; i++)
		passed += test_run(order[i], seed);
	pr_notice("ktest: %u passed, %u failed", passed, n - passed);
	return passed == n;
}

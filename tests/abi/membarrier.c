/*
 * membarrier.c: which commands there are, what registration means, and that the barrier is one;
 * and code that is written while it runs.
 */
#include "tests/abi/abi.h"
#include <pthread.h>
#include <sched.h>

enum {
	QUERY = 0,
	GLOBAL = 1,
	GLOBAL_EXPEDITED = 2,
	REGISTER_GLOBAL = 4,
	PRIVATE = 8,
	REGISTER_PRIVATE = 16,
	SYNC_CORE = 32,
	REGISTER_SYNC_CORE = 64,
	REGISTRATIONS = 512,
	PAGE = 4096,
	ASKERS = 3,
};

static long membarrier(int command, unsigned flags)
{
	return syscall(SYS_membarrier, command, flags, 0);
}

TEST(commands)
{
	long all = GLOBAL | GLOBAL_EXPEDITED | REGISTER_GLOBAL | PRIVATE | REGISTER_PRIVATE |
		   SYNC_CORE | REGISTER_SYNC_CORE | REGISTRATIONS;
	long known = membarrier(QUERY, 0);

	CHECK_EQ(known & all, all);
	CHECK_ERRNO(membarrier(QUERY, 1), EINVAL);
	CHECK_ERRNO(membarrier(PRIVATE, 1), EINVAL);
	CHECK_ERRNO(membarrier(3, 0), EINVAL);
	CHECK_ERRNO(membarrier(1024, 0), EINVAL);
	CHECK_ERRNO(membarrier(-1, 0), EINVAL);
	CHECK_EQ(membarrier(GLOBAL, 0), 0);
	CHECK_EQ(membarrier(GLOBAL_EXPEDITED, 0), 0);
}

TEST(registration)
{
	CHECK_EQ(membarrier(REGISTRATIONS, 0), 0);
	CHECK_ERRNO(membarrier(PRIVATE, 0), EPERM);
	CHECK_ERRNO(membarrier(SYNC_CORE, 0), EPERM);
	CHECK_EQ(membarrier(REGISTER_PRIVATE, 0), 0);
	CHECK_EQ(membarrier(REGISTER_PRIVATE, 0), 0);
	CHECK_EQ(membarrier(PRIVATE, 0), 0);
	CHECK_ERRNO(membarrier(SYNC_CORE, 0), EPERM);
	CHECK_EQ(membarrier(REGISTER_SYNC_CORE, 0), 0);
	CHECK_EQ(membarrier(SYNC_CORE, 0), 0);
	CHECK_EQ(membarrier(REGISTER_GLOBAL, 0), 0);
	CHECK_EQ(membarrier(REGISTRATIONS, 0),
		 REGISTER_PRIVATE | REGISTER_SYNC_CORE | REGISTER_GLOBAL);
	IN_CHILD(CHECK_EQ(membarrier(PRIVATE, 0), 0)); /* inherited */
}

/* Store buffering: two threads each write their own word and read the other's. With a barrier on
 * one side, and membarrier in place of it on the other, never do both miss the other's write. */
enum { ROUNDS = 2000 };
static volatile int mine[ROUNDS], theirs[ROUNDS];
static int seen_by_me[ROUNDS], seen_by_them[ROUNDS];
static volatile int started;

static void *fast_side(void *arg)
{
	(void)arg;
	started = 1;
	for (int i = 0; i < ROUNDS; i++) {
		theirs[i] = 1;
		__asm__ volatile("" ::: "memory"); /* the compiler only */
		seen_by_them[i] = mine[i];
	}
	return NULL;
}

TEST(it_is_a_barrier)
{
	pthread_t thread;

	CHECK_EQ(membarrier(REGISTER_PRIVATE, 0), 0);
	CHECK_EQ(pthread_create(&thread, NULL, fast_side, NULL), 0);
	while (!started)
		sched_yield();
	for (int i = 0; i < ROUNDS; i++) {
		mine[i] = 1;
		CHECK_EQ(membarrier(PRIVATE, 0), 0);
		seen_by_me[i] = theirs[i];
	}
	pthread_join(thread, NULL);
	for (int i = 0; i < ROUNDS; i++)
		CHECK(seen_by_me[i] || seen_by_them[i]);
}

static volatile int stop;

static void *storm(void *arg)
{
	(void)arg;
	while (!stop)
		CHECK_EQ(membarrier(PRIVATE, 0), 0);
	return NULL;
}

/* Few enough for harts that take turns on a busy host: each barrier waits for all of them. */
TEST(many_ask_at_once)
{
	pthread_t threads[ASKERS];

	CHECK_EQ(membarrier(REGISTER_PRIVATE, 0), 0);
	for (int i = 0; i < ASKERS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, storm, NULL), 0);
	for (int i = 0; i < 40; i++)
		CHECK_EQ(membarrier(i % 2 ? GLOBAL_EXPEDITED : PRIVATE, 0), 0);
	stop = 1;
	for (int i = 0; i < ASKERS; i++)
		pthread_join(threads[i], NULL);
}

#ifdef __riscv
/* A function that returns n: li a0, n; ret. */
static void write_code(uint32_t *code, int n)
{
	code[0] = 0x00000513 | (uint32_t)n << 20;
	code[1] = 0x00008067;
}

static void flush(void *start, void *end, unsigned long flags)
{
	CHECK_EQ(syscall(259, start, end, flags), 0);
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

TEST(code_that_is_written_while_it_runs)
{
	uint32_t *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*run)(void) = (int (*)(void))code;
	long harts = sysconf(_SC_NPROCESSORS_ONLN);

	CHECK(code != MAP_FAILED);
	for (int n = 0; n < 200; n++) { /* each moves to a hart that a busy host must wake */
		write_code(code, n);
		flush(code, code + 2, n & 1);
		CHECK_EQ(run(), n);
		run_on((int)(n % harts));
		CHECK_EQ(run(), n);
	}
	CHECK_ERRNO(syscall(259, code, code + 2, 2UL), EINVAL);
}

TEST(code_made_executable_afterwards)
{
	uint32_t *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	int (*run)(void) = (int (*)(void))code;
	long harts = sysconf(_SC_NPROCESSORS_ONLN);

	for (int n = 0; n < 200; n++) {
		CHECK_EQ(mprotect(code, PAGE, PROT_READ | PROT_WRITE), 0);
		write_code(code, n);
		CHECK_EQ(mprotect(code, PAGE, PROT_READ | PROT_EXEC), 0);
		run_on((int)(n % harts));
		CHECK_EQ(run(), n);
	}
}
#endif

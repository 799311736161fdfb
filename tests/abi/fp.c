/*
 * fp.c: the floating-point registers belong to their thread, whatever happens around it: preemption
 * by many others, fork, clone, signals, system calls and exec. A kernel that saves them lazily can
 * fail any of these.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <pthread.h>

/* Loads all 32 registers with values made from the seed and fcsr with its low bits. */
static void load_registers(uint64_t seed)
{
	uint64_t values[32];

	for (int i = 0; i < 32; i++)
		values[i] = seed * 1000003 + i * 7919 + 1;
	asm volatile("fld f0, 0(%0)\nfld f1, 8(%0)\nfld f2, 16(%0)\nfld f3, 24(%0)\nfld f4, "
		     "32(%0)\nfld f5, 40(%0)\n"
		     "fld f6, 48(%0)\nfld f7, 56(%0)\nfld f8, 64(%0)\nfld f9, 72(%0)\nfld f10, "
		     "80(%0)\nfld f11, 88(%0)\n"
		     "fld f12, 96(%0)\nfld f13, 104(%0)\nfld f14, 112(%0)\nfld f15, 120(%0)\nfld "
		     "f16, 128(%0)\n"
		     "fld f17, 136(%0)\nfld f18, 144(%0)\nfld f19, 152(%0)\nfld f20, 160(%0)\nfld "
		     "f21, 168(%0)\n"
		     "fld f22, 176(%0)\nfld f23, 184(%0)\nfld f24, 192(%0)\nfld f25, 200(%0)\nfld "
		     "f26, 208(%0)\n"
		     "fld f27, 216(%0)\nfld f28, 224(%0)\nfld f29, 232(%0)\nfld f30, 240(%0)\nfld "
		     "f31, 248(%0)\n"
		     "fscsr %1" ::"r"(values),
		     "r"(seed % 5 << 5 | seed % 32)
		     : "memory");
}

/* The number of registers (fcsr is the 33rd) that no longer hold the seed's values. */
static int count_wrong(uint64_t seed)
{
	uint64_t values[32], fcsr;
	int wrong;

	asm volatile("fsd f0, 0(%1)\nfsd f1, 8(%1)\nfsd f2, 16(%1)\nfsd f3, 24(%1)\nfsd f4, "
		     "32(%1)\nfsd f5, 40(%1)\n"
		     "fsd f6, 48(%1)\nfsd f7, 56(%1)\nfsd f8, 64(%1)\nfsd f9, 72(%1)\nfsd f10, "
		     "80(%1)\nfsd f11, 88(%1)\n"
		     "fsd f12, 96(%1)\nfsd f13, 104(%1)\nfsd f14, 112(%1)\nfsd f15, 120(%1)\nfsd "
		     "f16, 128(%1)\n"
		     "fsd f17, 136(%1)\nfsd f18, 144(%1)\nfsd f19, 152(%1)\nfsd f20, 160(%1)\nfsd "
		     "f21, 168(%1)\n"
		     "fsd f22, 176(%1)\nfsd f23, 184(%1)\nfsd f24, 192(%1)\nfsd f25, 200(%1)\nfsd "
		     "f26, 208(%1)\n"
		     "fsd f27, 216(%1)\nfsd f28, 224(%1)\nfsd f29, 232(%1)\nfsd f30, 240(%1)\nfsd "
		     "f31, 248(%1)\n"
		     "frcsr %0"
		     : "=&r"(fcsr)
		     : "r"(values)
		     : "memory");
	wrong = fcsr != (seed % 5 << 5 | seed % 32);
	for (int i = 0; i < 32; i++)
		wrong += values[i] != seed * 1000003 + i * 7919 + 1;
	return wrong;
}

/* Nothing between load and check may use floating point: raw calls only. */
static long raw_call(long number, long a, long b, long c)
{
	register long a7 asm("a7") = number;
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a2 asm("a2") = c;
	register long a3 asm("a3") = 0;
	register long a4 asm("a4") = 0;

	asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
	return a0;
}

/* Spins, yields and sleeps for the given rounds; the wrong registers are counted each time. */
static int exercise(uint64_t seed, int rounds)
{
	static const struct timespec brief = { 0, 100000 };
	int wrong = 0;

	for (int i = 0; i < rounds; i++) {
		load_registers(seed + i);
		for (volatile int spin = 0; spin < 20000; spin++)
			;
		if (i % 3 == 0)
			raw_call(SYS_sched_yield, 0, 0, 0);
		if (i % 7 == 0)
			raw_call(SYS_nanosleep, (long)&brief, 0, 0);
		wrong += count_wrong(seed + i);
	}
	return wrong;
}

TEST(system_calls_keep_registers)
{
	load_registers(11);
	raw_call(SYS_getpid, 0, 0, 0);
	raw_call(SYS_sched_yield, 0, 0, 0);
	raw_call(SYS_close, -1, 0, 0);
	CHECK_EQ(count_wrong(11), 0);
}

TEST(processes_do_not_disturb_each_other)
{
	pid_t pids[8];

	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		if (!pids[i])
			_exit(exercise(i * 1000, 60) ? 1 : 0);
	}
	for (int i = 0; i < 8; i++)
		CHECK_EXITED(pids[i], 0);
}

static void *exercise_thread(void *seed)
{
	return (void *)(intptr_t)exercise((uintptr_t)seed, 60);
}

TEST(threads_do_not_disturb_each_other)
{
	pthread_t threads[8];
	void *wrong;

	for (uintptr_t i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, exercise_thread, (void *)(i * 777)), 0);
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(pthread_join(threads[i], &wrong), 0);
		CHECK_EQ((intptr_t)wrong, 0);
	}
}

TEST(with_users_and_non_users_mixed)
{
	pid_t pids[6];

	for (int i = 0; i < 6; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			if (i % 2)
				_exit(exercise(i * 31, 60) ? 1 : 0);
			for (volatile long spin = 0; spin < 3000000; spin++)
				if (spin % 1000 == 0)
					raw_call(SYS_sched_yield, 0, 0, 0);
			_exit(0);
		}
	}
	for (int i = 0; i < 6; i++)
		CHECK_EXITED(pids[i], 0);
}

TEST(fork_copies_registers)
{
	load_registers(99);
	long pid = raw_call(SYS_clone, SIGCHLD, 0, 0);
	int wrong = count_wrong(99);
	if (!pid)
		_exit(wrong ? 1 : 0);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(wrong, 0);
}

TEST(a_child_that_uses_fp_leaves_the_parents_alone)
{
	int status;

	load_registers(5);
	long pid = raw_call(SYS_clone, SIGCHLD, 0, 0);
	if (!pid) {
		load_registers(6);
		raw_call(SYS_sched_yield, 0, 0, 0);
		_exit(count_wrong(6) ? 1 : 0);
	}
	raw_call(SYS_wait4, pid, (long)&status, 0);
	CHECK_EQ(count_wrong(5), 0);
	CHECK_EQ(status, 0);
}

static void use_fp(int sig)
{
	(void)sig;
	load_registers(31337);
}

TEST(signal_handlers_do_not_disturb)
{
	signal(SIGUSR1, use_fp);
	load_registers(42);
	raw_call(SYS_kill, raw_call(SYS_getpid, 0, 0, 0), SIGUSR1, 0);
	CHECK_EQ(count_wrong(42), 0);
}

TEST(asynchronous_handlers_do_not_disturb)
{
	pid_t parent = getpid();
	int wrong = 0;

	signal(SIGUSR1, use_fp);
	pid_t pid = fork();
	if (!pid) {
		for (int i = 0; i < 200; i++) {
			kill(parent, SIGUSR1);
			sleep_ms(1);
		}
		_exit(0);
	}
	int status;
	while (raw_call(SYS_wait4, pid, (long)&status, WNOHANG) == 0)
		wrong += exercise(pid, 2);
	CHECK_EQ(wrong, 0);
}

TEST(exec_starts_with_clean_registers)
{
	pid_t pid = fork();

	if (!pid) {
		char *argv[] = { "fp", "--fcsr", NULL };
		load_registers(77 * 31 + 3);
		raw_call(SYS_execve, (long)"/proc/self/exe", (long)argv, (long)(argv + 2));
		_exit(99);
	}
	CHECK_EXITED(pid, 0);
}

TEST(rounding_mode_is_per_thread)
{
	pthread_t thread;
	unsigned long mode;

	asm volatile("fsrm %0" ::"r"(2));
	CHECK_EQ(pthread_create(&thread, NULL, exercise_thread, (void *)123), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	asm volatile("frrm %0" : "=r"(mode));
	CHECK_EQ(mode, 2);
}

int main(int argc, char **argv)
{
	unsigned long fcsr;

	if (argc > 1 && !strcmp(argv[1], "--fcsr")) {
		asm volatile("frcsr %0" : "=r"(fcsr));
		return fcsr != 0;
	}
	return abi_main(argc, argv);
}

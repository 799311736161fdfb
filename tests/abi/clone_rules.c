/*
 * clone_rules.c: the flag combinations that clone, clone3 and unshare refuse, and clone3's struct.
 *
 * Only rules that can be checked before anything is made: no namespaces are created here.
 */
#include "tests/abi/abi.h"
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>

struct rule {
	uint64_t flags;
	const char *why;
};

/* A process-like raw call of clone with these flags; a child that comes to be exits at once. */
static long try_clone(uint64_t flags)
{
	long pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);

	if (!pid)
		syscall(SYS_exit, 0);
	return pid;
}

static long try_clone3_sized(struct clone_args *args, size_t size)
{
	long pid = syscall(SYS_clone3, args, size);

	if (!pid)
		syscall(SYS_exit, 0);
	SKIP_IF_ENOSYS(pid);
	return pid;
}

static long try_clone3(uint64_t flags, uint64_t exit_signal)
{
	struct clone_args args = { .flags = flags, .exit_signal = exit_signal };

	return try_clone3_sized(&args, sizeof(args));
}

static const struct rule refused[] = {
	{ CLONE_SIGHAND, "SIGHAND without VM" },
	{ CLONE_THREAD, "THREAD without SIGHAND" },
	{ CLONE_THREAD | CLONE_VM, "THREAD without SIGHAND" },
	{ CLONE_THREAD | CLONE_SIGHAND, "THREAD without VM" },
	{ CLONE_NEWNS | CLONE_FS, "NEWNS with FS" },
	{ CLONE_NEWUSER | CLONE_FS, "NEWUSER with FS" },
	{ CLONE_NEWIPC | CLONE_SYSVSEM, "NEWIPC with SYSVSEM" },
	{ CLONE_NEWUSER | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, "NEWUSER with THREAD" },
	{ CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, "NEWPID with THREAD" },
	{ CLONE_PIDFD | CLONE_DETACHED, "PIDFD with DETACHED" },
	{ CLONE_PIDFD | CLONE_PARENT_SETTID, "PIDFD with PARENT_SETTID" },
};

TEST(clone_refuses)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		long pid = try_clone(refused[i].flags | SIGCHLD);

		if (pid != -1 || errno != EINVAL)
			FAIL("%s gave %ld %s", refused[i].why, pid, strerrorname_np(errno));
	}
}

static const struct rule refused3[] = {
	{ CLONE_SIGHAND, "SIGHAND without VM" },
	{ CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND, "SIGHAND with CLEAR_SIGHAND" },
	{ CLONE_DETACHED, "DETACHED" },
	{ 0x01, "a bit of CSIGNAL" },
	{ 0x40, "a bit of CSIGNAL" },
	{ 1ULL << 40, "an unknown flag" },
	{ 1ULL << 63, "an unknown flag" },
};

TEST(clone3_refuses)
{
	for (size_t i = 0; i < sizeof(refused3) / sizeof(refused3[0]); i++) {
		long pid = try_clone3(refused3[i].flags, SIGCHLD);

		if (pid != -1 || errno != EINVAL)
			FAIL("%s gave %ld %s", refused3[i].why, pid, strerrorname_np(errno));
	}
}

TEST(clone3_exit_signal)
{
	CHECK_ERRNO(try_clone3(0, 65), EINVAL);
	CHECK_ERRNO(try_clone3(0, 1ULL << 32 | SIGCHLD), EINVAL);
	CHECK_ERRNO(try_clone3(CLONE_PARENT, SIGCHLD), EINVAL);
	CHECK_ERRNO(try_clone3(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, SIGCHLD), EINVAL);
	signal(64, SIG_IGN);
	long pid = try_clone3(0, 64);
	CHECK(pid > 0);
	CHECK_EXITED(pid, 0);
}

TEST(clone3_struct_sizes)
{
	static union {
		struct clone_args args;
		char bytes[8192];
	} big;
	const size_t good[] = { 64, 80, 88, 96, 4096 };

	signal(SIGCHLD, SIG_DFL);
	big.args.exit_signal = SIGCHLD;
	CHECK_ERRNO(try_clone3_sized(&big.args, 0), EINVAL);
	CHECK_ERRNO(try_clone3_sized(&big.args, 63), EINVAL);
	CHECK_ERRNO(try_clone3_sized(&big.args, 4097), E2BIG);
	for (int i = 0; i < 5; i++) {
		long pid = try_clone3_sized(&big.args, good[i]);
		CHECK(pid > 0);
		CHECK_EXITED(pid, 0);
	}
	big.bytes[200] = 1;
	CHECK_ERRNO(try_clone3_sized(&big.args, 256), E2BIG);
	CHECK_ERRNO(try_clone3_sized(NULL, 88), EFAULT);
}

TEST(clone3_stack_needs_size)
{
	static char stack[16384] __attribute__((aligned(16)));
	struct clone_args args = { .exit_signal = SIGCHLD, .stack = (uintptr_t)stack };

	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EINVAL);
	args = (struct clone_args){ .exit_signal = SIGCHLD, .stack_size = sizeof(stack) };
	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EINVAL);
	args.stack = 1ULL << 62;
	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EINVAL);
}

TEST(clone3_set_tid)
{
	pid_t tids[2] = { getpid(), 0 };
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)tids };

	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EINVAL);
	args.set_tid_size = 33;
	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EINVAL);
	args.set_tid_size = 1;
	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EEXIST);
	tids[0] = 0;
	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EINVAL);
	tids[0] = -5;
	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EINVAL);
	args.set_tid = 0;
	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EINVAL);
	args.set_tid = 8;
	CHECK_ERRNO(try_clone3_sized(&args, sizeof(args)), EFAULT);
	tids[0] = 29999;
	args.set_tid = (uintptr_t)tids;
	CHECK_EQ(try_clone3_sized(&args, sizeof(args)), 29999);
	CHECK_EXITED(29999, 0);
}

static void on_signal(int sig)
{
	(void)sig;
}

TEST(clear_sighand_keeps_ignored)
{
	struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD };
	struct sigaction now;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	SKIP_IF_ENOSYS(pid);
	CHECK(pid >= 0);
	if (!pid) {
		sigaction(SIGUSR1, NULL, &now);
		CHECK(now.sa_handler == SIG_DFL);
		sigaction(SIGUSR2, NULL, &now);
		CHECK(now.sa_handler == SIG_IGN);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	sigaction(SIGUSR1, NULL, &now);
	CHECK(now.sa_handler == on_signal);
}

TEST(pidfd_becomes_readable_at_exit)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)&pidfd
	};
	siginfo_t info;

	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == -1 && (errno == ENOSYS || errno == EINVAL))
		SKIP("no pidfds");
	if (!pid) {
		sleep_ms(20);
		_exit(9);
	}
	struct pollfd poll_pid = { .fd = pidfd, .events = POLLIN };
	CHECK_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(poll(&poll_pid, 1, 5000), 1);
	CHECK_EQ(poll_pid.revents & POLLIN, POLLIN);
	CHECK_EQ(waitid((idtype_t)3 /* P_PIDFD */, pidfd, &info, WEXITED), 0);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(info.si_pid, pid);
}

static void *wait_for_word(void *word)
{
	while (!*(volatile int *)word)
		sleep_ms(1);
	return NULL;
}

static long try_unshare(int flags)
{
	long result = syscall(SYS_unshare, flags);

	SKIP_IF_ENOSYS(result);
	return result;
}

TEST(unshare_alone_succeeds)
{
	CHECK_EQ(try_unshare(0), 0);
	CHECK_EQ(try_unshare(CLONE_THREAD), 0);
	CHECK_EQ(try_unshare(CLONE_SIGHAND), 0);
	CHECK_EQ(try_unshare(CLONE_VM), 0);
	CHECK_EQ(try_unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM), 0);
}

TEST(unshare_refuses)
{
	static volatile int stop;
	pthread_t thread;

	CHECK_ERRNO(try_unshare(CLONE_PARENT), EINVAL);
	CHECK_ERRNO(try_unshare(CLONE_SETTLS), EINVAL);
	CHECK_ERRNO(try_unshare(1), EINVAL);
	CHECK_EQ(pthread_create(&thread, NULL, wait_for_word, (void *)&stop), 0);
	CHECK_ERRNO(try_unshare(CLONE_THREAD), EINVAL);
	CHECK_ERRNO(try_unshare(CLONE_SIGHAND), EINVAL);
	CHECK_ERRNO(try_unshare(CLONE_VM), EINVAL);
	stop = 1;
	pthread_join(thread, NULL);
}

static void *unshare_and_change(void *result)
{
	if (unshare(CLONE_FS | CLONE_FILES))
		*(int *)result = errno;
	else if (chdir("/proc") || close(0))
		*(int *)result = -1;
	return NULL;
}

TEST(unshare_separates_threads)
{
	pthread_t thread;
	char cwd[100];
	int result = 0;

	if (fcntl(0, F_GETFD) == -1)
		CHECK_EQ(open("/", O_RDONLY), 0);
	CHECK_EQ(chdir("/tmp"), 0);
	CHECK_EQ(pthread_create(&thread, NULL, unshare_and_change, &result), 0);
	pthread_join(thread, NULL);
	if (result == ENOSYS)
		SKIP("unshare: ENOSYS");
	CHECK_EQ(result, 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/tmp");
	CHECK(fcntl(0, F_GETFD) != -1);
}

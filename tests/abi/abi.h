/*
 * abi.h: the harness of the ABI tests.
 *
 * An ABI test is an ordinary static Linux program. It must pass on real riscv64 Linux first; only
 * then does it say something about Pando. This header is all that the programs share:
 *
 *	TEST(name) { ... CHECK(cond); CHECK_EQ(a, b); CHECK_ERRNO(expr, ENOENT); ... }
 *
 * Each test runs in a forked child that is the leader of its own process group, with a time limit,
 * so that a crash or a hang fails that test alone and leaves nothing behind. The output is one line
 * per test, the same on every system on which the test passes, so that two runs are compared with
 * diff:
 *
 *	ok prog.name
 *	not ok prog.name - file:line: text
 *	skip prog.name - reason
 *
 * Usage: prog [--nofork] [--list] [test...]. With --nofork the tests run inline, for a kernel whose
 * fork is broken. The exit status is the number of failures. ABI_TIMEOUT before the include changes
 * the limit; the variable ABI_LIMIT lowers it for whoever runs programs that may well hang, and
 * ABI_SLOW says how many times as long all may take, on a kernel that checks each access to memory.
 *
 * A failing CHECK may happen in a grandchild: the text travels to the parent through a pipe, the
 * first one wins, and the process that failed exits at once with status ABI_FAILED. The limit is
 * kept by the parent's polling, not by alarm(), so that tests may use every signal and timer
 * themselves.
 */
#ifndef TESTS_ABI_ABI_H
#define TESTS_ABI_ABI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef ABI_TIMEOUT
#define ABI_TIMEOUT 30
#endif

enum { ABI_FAILED = 113, ABI_SKIPPED = 114, ABI_MAX_TESTS = 256, ABI_REPORT_FD = 900 };

struct abi_test {
	const char *name;
	void (*run)(void);
};

static struct abi_test abi_tests[ABI_MAX_TESTS];
static int abi_test_count;
static const char *abi_program = "?";
static const char *abi_current = "?";
static int abi_report[2] = { -1, -1 };
static bool abi_inline;
static jmp_buf abi_inline_end;

#define TEST(name)                                                                             \
	static void test_##name(void);                                                         \
	__attribute__((constructor)) static void abi_register_##name(void)                     \
	{                                                                                      \
		abi_tests[abi_test_count++] = (struct abi_test){ #name, test_##name };         \
	}                                                                                      \
	static void test_##name(void)

__attribute__((format(printf, 1, 2))) static inline void abi_print(const char *format, ...)
{
	char line[600];
	va_list args;

	va_start(args, format);
	int length = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	if (write(STDOUT_FILENO, line, length) < 0)
		_exit(ABI_FAILED);
}

/* Ends the test: tells the parent why, and leaves this process (or the inline test). */
__attribute__((format(printf, 2, 3), noreturn)) static inline void abi_end(int status,
									  const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (abi_inline) {
		abi_print("%s %s.%s - %s", status == ABI_SKIPPED ? "skip" : "not ok", abi_program,
			  abi_current, text);
		longjmp(abi_inline_end, status);
	}
	if (write(abi_report[1], text, strlen(text) + 1) < 0)
		abi_print("not ok %s.%s - %s", abi_program, abi_current, text);
	_exit(status);
}

#define FAIL(format, ...)                                                                      \
	abi_end(ABI_FAILED, "%s:%d: " format, abi_basename(__FILE__), __LINE__, ##__VA_ARGS__)
#define SKIP(format, ...) abi_end(ABI_SKIPPED, format, ##__VA_ARGS__)
#define CHECK(condition)                                                                       \
	do {                                                                                   \
		if (!(condition))                                                              \
			FAIL("%s (errno %s)", #condition, strerrorname_np(errno) ?: "0");      \
	} while (0)
#define CHECK_EQ(actual, expected)                                                             \
	do {                                                                                   \
		long long abi_a = (long long)(actual), abi_e = (long long)(expected);          \
		if (abi_a != abi_e)                                                            \
			FAIL("%s is %lld, expected %lld (errno %s)", #actual, abi_a, abi_e,    \
			     strerrorname_np(errno) ?: "0");                                   \
	} while (0)
/* The call fails with -1 and this errno. */
#define CHECK_ERRNO(call, expected)                                                            \
	do {                                                                                   \
		errno = 0;                                                                     \
		long long abi_r = (long long)(call);                                           \
		int abi_errno = errno;                                                         \
		if (abi_r != -1 || abi_errno != (expected))                                    \
			FAIL("%s gave %lld %s, expected %s", #call, abi_r,                     \
			     strerrorname_np(abi_errno) ?: "0", #expected);                    \
	} while (0)
#define CHECK_STR(actual, expected)                                                            \
	do {                                                                                   \
		const char *abi_s = (actual), *abi_t = (expected);                             \
		if (strcmp(abi_s, abi_t))                                                      \
			FAIL("%s is \"%.150s\", expected \"%.150s\"", #actual, abi_s, abi_t);  \
	} while (0)
/* A call that this kernel may not have: skip rather than fail. */
#define SKIP_IF_ENOSYS(call)                                                                   \
	do {                                                                                   \
		if ((call) == -1 && errno == ENOSYS)                                           \
			SKIP("%s: ENOSYS", #call);                                             \
	} while (0)

static inline const char *abi_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Waits for this child, through EINTR; gives its wait status. */
static inline int wait_status(pid_t pid)
{
	int status;
	pid_t got;

	do
		got = waitpid(pid, &status, __WALL);
	while (got == -1 && errno == EINTR);
	if (got != pid)
		FAIL("waitpid(%d) gave %d %s", pid, got, strerrorname_np(errno));
	return status;
}

/* A child that failed a check or skipped has reported already: the waiting test only passes it on.
 */
#define CHECK_EXITED(pid, code)                                                                \
	do {                                                                                   \
		int abi_status = wait_status(pid);                                             \
		if (WIFEXITED(abi_status) && WEXITSTATUS(abi_status) == ABI_SKIPPED)           \
			_exit(ABI_SKIPPED);                                                    \
		if (!WIFEXITED(abi_status) || WEXITSTATUS(abi_status) != (code))               \
			FAIL("child's wait status is %#x, expected exit %d", abi_status,       \
			     (int)(code));                                                     \
	} while (0)
#define CHECK_KILLED(pid, sig)                                                                 \
	do {                                                                                   \
		int abi_status = wait_status(pid);                                             \
		if (!WIFSIGNALED(abi_status) || WTERMSIG(abi_status) != (sig))                 \
			FAIL("child's wait status is %#x, expected death by signal %d",        \
			     abi_status, (int)(sig));                                          \
	} while (0)
/* Runs the statements in a forked child and expects it to exit 0. */
#define IN_CHILD(...)                                                                          \
	do {                                                                                   \
		pid_t abi_pid = fork();                                                        \
		CHECK(abi_pid >= 0);                                                           \
		if (!abi_pid) {                                                                \
			__VA_ARGS__;                                                           \
			_exit(0);                                                              \
		}                                                                              \
		CHECK_EXITED(abi_pid, 0);                                                      \
	} while (0)
/* Runs the statements in a forked child and expects them to be ended by this signal. */
#define CHECK_DIES(sig, ...)                                                                   \
	do {                                                                                   \
		pid_t abi_pid = fork();                                                        \
		CHECK(abi_pid >= 0);                                                           \
		if (!abi_pid) {                                                                \
			__VA_ARGS__;                                                           \
			_exit(0);                                                              \
		}                                                                              \
		CHECK_KILLED(abi_pid, sig);                                                    \
	} while (0)
/* Polls a condition for some twenty seconds: for what happens soon on an idle machine. */
#define CHECK_SOON(condition)                                                                  \
	do {                                                                                   \
		int abi_tries = 20000;                                                         \
		while (!(condition) && --abi_tries)                                            \
			sleep_ms(1);                                                           \
		if (!abi_tries)                                                                \
			FAIL("not within twenty seconds: %s", #condition);                     \
	} while (0)

static inline void sleep_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		;
}

static inline int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Memory that parent, children and threads of any kind all see. */
static inline void *shared_page(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

/* Reads a whole small file; returns its length, always 0-terminated. */
static inline ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = 0;

	if (fd < 0)
		return -1;
	while (length < size - 1 && (got = read(fd, buffer + length, size - 1 - length)) > 0)
		length += got;
	int saved = errno;
	close(fd);
	errno = saved;
	buffer[length] = 0;
	return got < 0 ? -1 : (ssize_t)length;
}

static inline void write_file(const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, data, length), length);
	close(fd);
}

/* Makes the process have many resident pages: Linux counts them in parts, one per CPU, and what it
 * shows may be short by some 128 pages. */
static inline void touch_memory(void)
{
	static char memory[8 << 20];

	memset(memory, 1, sizeof(memory));
}

/* The state letter of /proc/PID/stat, or '?' when there is none. */
static inline char task_state(pid_t pid)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return '?';
	char *name_end = strrchr(text, ')');

	return name_end ? name_end[2] : '?';
}

/* A fresh directory under /tmp as the working directory of this test. */
static inline void enter_scratch(void)
{
	char path[] = "/tmp/abi.XXXXXX";

	CHECK(mkdtemp(path));
	CHECK_EQ(chdir(path), 0);
}

/* A child that sleeps until it is killed, */
static inline pid_t idle_child(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	while (!pid)
		pause();
	return pid;
}

/* which this does. */
static inline void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

/* From now on without any rights. */
static inline void become_nobody(void)
{
	enum { NOBODY_ID = 65534 };

	if (geteuid())
		SKIP("needs root");
	CHECK_EQ(setresgid(NOBODY_ID, NOBODY_ID, NOBODY_ID), 0);
	CHECK_EQ(setresuid(NOBODY_ID, NOBODY_ID, NOBODY_ID), 0);
}

static sigjmp_buf abi_before_fault;

static inline void abi_jump_back(int signo)
{
	siglongjmp(abi_before_fault, signo);
}

/* The signal that reading the byte brings, or with write, reading and writing it; or 0. */
static inline int fault_of(volatile char *at, bool write)
{
	struct sigaction action = { .sa_handler = abi_jump_back, .sa_flags = SA_NODEFER };
	int signo;

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	if (!(signo = sigsetjmp(abi_before_fault, 0))) {
		char value = *at;
		if (write)
			*at = value;
	}
	return signo;
}

/* The pages of a range that are in memory. */
static inline unsigned resident(char *start, size_t pages)
{
	unsigned char present[256];
	unsigned count = 0;

	CHECK(pages <= sizeof(present));
	CHECK_EQ(mincore(start, pages * 4096, present), 0);
	for (size_t i = 0; i < pages; i++)
		count += present[i] & 1;
	return count;
}

/* The setting of a program that is run by hand: an argument, else a variable. */
static inline unsigned abi_option(int argc, char **argv, int index, const char *name,
				  unsigned otherwise)
{
	const char *text = argc > index ? argv[index] : getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

/* How long one test may take. */
static inline int abi_limit_s(void)
{
	const char *lower = getenv("ABI_LIMIT"), *slow = getenv("ABI_SLOW");
	int limit_s = lower && atoi(lower) < ABI_TIMEOUT ? atoi(lower) : ABI_TIMEOUT;

	return limit_s * (slow && atoi(slow) > 0 ? atoi(slow) : 1);
}

/* Waits for the test's child, killing it and its group at the limit. A wait that could not say the
 * status has taken the child all the same: what became of it is not known then, and a failure.
 */
static inline int abi_watch(pid_t pid, bool *late)
{
	long pause_us = 100;
	int64_t deadline = now_ms() + abi_limit_s() * 1000;
	int status = ABI_FAILED << 8;
	pid_t got;

	*late = false;
	while ((got = waitpid(pid, &status, *late ? 0 : WNOHANG)) != pid) {
		if (got < 0 && errno == ECHILD)
			break;
		struct timespec pause = { 0, pause_us * 1000 };
		nanosleep(&pause, NULL);
		pause_us = pause_us < 5000 ? pause_us * 2 : pause_us;
		if (!*late && now_ms() > deadline) {
			*late = true;
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
		}
	}
	kill(-pid, SIGKILL);
	return status;
}

static inline bool abi_run_forked(struct abi_test *test)
{
	char text[400] = "";
	bool late;

	if (pipe2(abi_report, O_NONBLOCK | O_CLOEXEC)) {
		abi_print("not ok %s.%s - the harness needs pipe2", abi_program, test->name);
		return false;
	}
	pid_t pid = fork();
	if (pid < 0) {
		abi_print("not ok %s.%s - the harness needs fork", abi_program, test->name);
		return false;
	}
	if (!pid) {
		close(abi_report[0]);
		int high = fcntl(abi_report[1], F_DUPFD_CLOEXEC, ABI_REPORT_FD);
		if (high >= 0) {
			close(abi_report[1]);
			abi_report[1] = high;
		}
		setpgid(0, 0);
		test->run();
		_exit(0);
	}
	setpgid(pid, pid);
	int status = abi_watch(pid, &late);
	if (read(abi_report[0], text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(abi_report[0]);
	close(abi_report[1]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == ABI_SKIPPED) {
		abi_print("skip %s.%s - %s", abi_program, test->name, text);
		return true;
	}
	bool passed = !late && status == 0 && !text[0];
	if (passed)
		abi_print("ok %s.%s", abi_program, test->name);
	else if (text[0])
		abi_print("not ok %s.%s - %s", abi_program, test->name, text);
	else if (late)
		abi_print("not ok %s.%s - hang: no end within %d s", abi_program, test->name,
			  abi_limit_s());
	else
		abi_print("not ok %s.%s - wait status %#x", abi_program, test->name, status);
	return passed;
}

static inline bool abi_run_inline(struct abi_test *test)
{
	int status = setjmp(abi_inline_end);

	if (!status) {
		test->run();
		abi_print("ok %s.%s", abi_program, test->name);
	}
	return !status || status == ABI_SKIPPED;
}

static inline bool abi_selected(const char *name, char **list)
{
	if (!*list)
		return true;
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

static inline int abi_main(int argc, char **argv)
{
	int failures = 0;
	bool list = false;
	char **arg = argv + 1;

	abi_program = argc ? abi_basename(argv[0]) : "?";
	for (; *arg && !strncmp(*arg, "--", 2); arg++) {
		abi_inline |= !strcmp(*arg, "--nofork");
		list |= !strcmp(*arg, "--list");
	}
	for (int i = 0; i < abi_test_count; i++) {
		struct abi_test *test = &abi_tests[i];

		abi_current = test->name;
		if (list)
			abi_print("%s", test->name);
		else if (abi_selected(test->name, arg))
			failures += abi_inline ? !abi_run_inline(test) : !abi_run_forked(test);
	}
	return failures > 100 ? 100 : failures;
}

/* A program that is also its own exec target defines ABI_OWN_MAIN and calls abi_main itself. */
#ifndef ABI_OWN_MAIN
int main(int argc, char **argv)
{
	return abi_main(argc, argv);
}
#endif

#endif

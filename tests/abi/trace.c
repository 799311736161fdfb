/*
 * trace.c: trace events, /proc/pando/trace and its settings, which only Pando has.
 *
 * Other tasks may have events at any time: a test looks for its own.
 */
#include "tests/abi/both.h"
#include <sched.h>
#include <sys/prctl.h>

#define EVENTS "/proc/pando/trace"
#define SETTINGS "/proc/sys/pando/trace"

static char text[8 << 20];

static const char *read_all(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t used = 0;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		SKIP("no " EVENTS);
	CHECK(fd >= 0);
	while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += n;
	CHECK_EQ(n, 0);
	close(fd);
	text[used] = '\0';
	return text;
}

static ssize_t put(const char *path, const char *words)
{
	int fd = open(path, O_WRONLY);
	ssize_t n = fd >= 0 ? write(fd, words, strlen(words)) : -1;
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return n;
}

/* Is there, since the boot or what the rings keep of it, an event of this task that ends so? */
static bool told(pid_t who, const char *what)
{
	char words[500];

	snprintf(words, sizeof(words), "(%d) %s\n", who, what);
	return strstr(read_all(EVENTS), words) != NULL;
}

static pid_t clone_with(unsigned long flags)
{
	pid_t pid = syscall(SYS_clone, flags, 0, NULL, NULL, NULL);

	if (pid == 0)
		_exit(5);
	return pid;
}

TEST(a_life_in_four_lines)
{
	char words[200];

	read_all(EVENTS);
	pid_t pid = clone_with(CLONE_FILES | CLONE_FS | CLONE_NEWUTS | SIGCHLD);
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	snprintf(words, sizeof(words), "clone CLONE_FS|CLONE_FILES|CLONE_NEWUTS|SIGCHLD = %d", pid);
	CHECK(told(getpid(), words));
	snprintf(words, sizeof(words), "(%d) ns-born uts:[", getpid());
	CHECK(strstr(read_all(EVENTS), words) != NULL);
	snprintf(words, sizeof(words), "(%d) ns-gone uts:[", pid);
	CHECK(strstr(text, words) != NULL);
	CHECK(told(pid, "exit 5"));
	snprintf(words, sizeof(words), "signal SIGCHLD to %d", getpid());
	CHECK(told(pid, words));
	snprintf(words, sizeof(words), "reaped %d: 5", pid);
	CHECK(told(getpid(), words));
}

TEST(a_refused_clone)
{
	read_all(EVENTS);
	CHECK_ERRNO(clone_with(CLONE_THREAD | CLONE_SIGHAND | SIGCHLD), EINVAL);
	CHECK(told(getpid(), "clone CLONE_SIGHAND|CLONE_THREAD|SIGCHLD = EINVAL"));
}

TEST(a_fault_and_its_end)
{
	char words[200];

	int *volatile nowhere = (int *)0x10;

	read_all(EVENTS);
	pid_t pid = fork();
	if (pid == 0) {
		*nowhere = 1;
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	snprintf(words, sizeof(words), "(%d) fault SIGSEGV at 0x10, pc 0x", pid);
	CHECK(strstr(read_all(EVENTS), words) != NULL);
	snprintf(words, sizeof(words), "killed %d by SIGSEGV", pid);
	CHECK(told(pid, words));
	CHECK(told(pid, "exit SIGSEGV"));
}

/* A name cannot look like a line of its own. */
TEST(a_name_with_control_characters)
{
	char words[200];

	read_all(EVENTS);
	CHECK_EQ(prctl(PR_SET_NAME, "a\n[0] \033\177b"), 0);
	pid_t pid = clone_with(SIGCHLD);
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	snprintf(words, sizeof(words), ": a\\012[0] \\033\\177b(%d) clone SIGCHLD = %d\n",
		 getpid(), pid);
	CHECK(strstr(read_all(EVENTS), words) != NULL);
	CHECK(strstr(text, "\n[0]") == NULL);
}

/* Not recorded unless asked for. What is asked for is said in the form in which it is asked. */
TEST(system_calls_by_request)
{
	CHECK(strstr(read_all(SETTINGS), "+clone +exec ") != NULL);
	CHECK(strstr(text, " -syscall -return\n") != NULL);
	syscall(SYS_getpriority, 2, 3);
	CHECK(!told(getpid(), "syscall getpriority(0x2, 0x3)"));
	CHECK_EQ(put(SETTINGS, "+syscall return\n"), 16);
	CHECK_EQ(syscall(SYS_getpriority, 2, 3), -1);
	CHECK_EQ(syscall(SYS_getppid), getppid());
	CHECK_EQ(syscall(5000), -1);
	CHECK_EQ(put(SETTINGS, "-syscall,-return"), 16);
	CHECK(told(getpid(), "syscall getpriority(0x2, 0x3)"));
	CHECK(told(getpid(), "return getpriority = ESRCH"));
	CHECK(told(getpid(), "syscall getppid()"));
	CHECK(told(getpid(), "return syscall_5000 = ENOSYS"));
	CHECK(strstr(read_all(SETTINGS), " -syscall -return\n") != NULL);
}

TEST(settings_refused)
{
	read_all(SETTINGS);
	CHECK_ERRNO(put(SETTINGS, "-clone nonsense"), EINVAL);
	CHECK_ERRNO(put(SETTINGS, "+"), EINVAL);
	CHECK(strstr(read_all(SETTINGS), "+clone ") != NULL);
	CHECK_ERRNO(put(EVENTS, "x"), EACCES);
}

/* Others' doings are nobody's business. */
TEST(not_for_ordinary_users)
{
	read_all(EVENTS);
	int held = open(SETTINGS, O_WRONLY);

	CHECK(held >= 0);
	become(ORDINARY_UID);
	CHECK_ERRNO(open(EVENTS, O_RDONLY), EACCES);
	CHECK_ERRNO(open(SETTINGS, O_RDONLY), EACCES);
	CHECK_ERRNO(put(SETTINGS, "-all"), EACCES);
	CHECK_ERRNO(write(held, "-all", 4), EPERM);
	CHECK_EQ(unshare(CLONE_NEWUSER), 0);
	CHECK_ERRNO(open(EVENTS, O_RDONLY), EACCES);
	CHECK_ERRNO(write(held, "-all", 4), EPERM);
}

/* Whom uid 0 makes in a user namespace of its own owns the file, and is not told what is in it. */
TEST(not_for_root_of_a_namespace)
{
	read_all(EVENTS);
	CHECK_EQ(unshare(CLONE_NEWUSER), 0);
	int fd = open(EVENTS, O_RDONLY);

	CHECK(fd >= 0);
	CHECK_ERRNO(read(fd, text, sizeof(text)), EPERM);
	CHECK_ERRNO(put(SETTINGS, "-all"), EPERM);
	close(fd);
}

/* Whoever changes one kind does not lose what another changes at the same time. */
TEST(settings_by_several)
{
	enum { ROUNDS = 200 };
	const char *kinds[] = { "oom", "ns-born", "killed", "reaped" };
	char words[40];

	read_all(SETTINGS);
	for (int i = 0; i < 4; i++) {
		if (fork() != 0)
			continue;
		for (int round = 0; round <= ROUNDS; round++) {
			snprintf(words, sizeof(words), " %c%s ", "+-"[round % 2], kinds[i]);
			CHECK(put(SETTINGS, words) > 0);
			CHECK(strstr(read_all(SETTINGS), words) != NULL);
		}
		_exit(0);
	}
	for (int status, i = 0; i < 4; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
}

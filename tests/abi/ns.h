/*
 * ns.h: what the tests of namespaces share.
 */
#ifndef TESTS_ABI_NS_H
#define TESTS_ABI_NS_H

#include "tests/abi/abi.h"
#include <sched.h>
#include <sys/stat.h>

static inline long clone_new(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

/* The same, which must succeed. */
static inline pid_t fork_new(unsigned long flags)
{
	long pid = clone_new(flags);

	CHECK(pid >= 0);
	return (pid_t)pid;
}

/* Writes a short text to a file of /proc; 0 or -1 with errno. */
static inline int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), saved;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	errno = saved;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Becomes an ordinary user, for good, who may still be looked into. */
static inline void become(unsigned id)
{
	CHECK_EQ(syscall(SYS_setgroups, 0, NULL), 0);
	CHECK_EQ(syscall(SYS_setresgid, id, id, id), 0);
	CHECK_EQ(syscall(SYS_setresuid, id, id, id), 0);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
}

/* The number of a namespace of a process, by its link. */
static inline unsigned long ns_number(pid_t pid, const char *name)
{
	char path[64], text[64] = "", *open_bracket;

	if (pid == 0)
		snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	else
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	CHECK(readlink(path, text, sizeof(text) - 1) > 0);
	open_bracket = strchr(text, '[');
	CHECK(open_bracket);
	return strtoul(open_bracket + 1, NULL, 10);
}

/* A user namespace of one's own in which one is root. */
static inline void enter_user_ns(void)
{
	unsigned uid = geteuid(), gid = getegid();
	char text[64];

	CHECK_EQ(unshare(CLONE_NEWUSER), 0);
	snprintf(text, sizeof(text), "0 %u 1\n", uid);
	CHECK_EQ(put_text("/proc/self/uid_map", text), 0);
	CHECK_EQ(put_text("/proc/self/setgroups", "deny"), 0);
	snprintf(text, sizeof(text), "0 %u 1\n", gid);
	CHECK_EQ(put_text("/proc/self/gid_map", text), 0);
}

#endif

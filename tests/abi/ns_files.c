/*
 * ns_files.c: namespaces as files: /proc/PID/ns, setns, and the ioctls.
 */
#include "tests/abi/ns.h"
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

static int open_ns(pid_t pid, const char *name)
{
	char path[64];

	if (pid == 0)
		snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	else
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

TEST(links_name_the_first_ones)
{
	char text[64] = "";

	CHECK_EQ(ns_number(0, "uts"), 4026531838UL);
	CHECK_EQ(ns_number(0, "ipc"), 4026531839UL);
	CHECK_EQ(ns_number(0, "user"), 4026531837UL);
	CHECK_EQ(ns_number(0, "pid"), 4026531836UL);
	CHECK_EQ(ns_number(0, "pid_for_children"), 4026531836UL);
	CHECK_EQ(ns_number(0, "cgroup"), 4026531835UL);
	CHECK_EQ(ns_number(0, "time"), 4026531834UL);
	CHECK(ns_number(0, "mnt") != ns_number(0, "net"));
	CHECK(readlink("/proc/self/ns/uts", text, sizeof(text)) > 0);
	CHECK_STR(text, "uts:[4026531838]");
}

TEST(stat_says_which)
{
	struct stat a, b, c;
	int fd = open_ns(0, "uts");

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &a), 0);
	CHECK_EQ(a.st_ino, 4026531838UL);
	CHECK_EQ(a.st_mode, S_IFREG | 0444);
	CHECK_EQ(stat("/proc/self/ns/net", &b), 0);
	CHECK_EQ(a.st_dev, b.st_dev);
	CHECK(a.st_ino != b.st_ino);
	CHECK_EQ(unshare(CLONE_NEWUTS), 0);
	CHECK_EQ(stat("/proc/self/ns/uts", &c), 0);
	CHECK(a.st_ino != c.st_ino);
	CHECK_EQ(c.st_ino, ns_number(0, "uts"));
	CHECK_ERRNO(read(fd, &a, 1), EINVAL);
}

TEST(back_and_forth)
{
	struct utsname name;
	int outside = open_ns(0, "uts"), inside;

	CHECK(outside >= 0);
	CHECK_EQ(sethostname("outside", 7), 0);
	CHECK_EQ(unshare(CLONE_NEWUTS), 0);
	CHECK_EQ(sethostname("inside", 6), 0);
	inside = open_ns(0, "uts");
	CHECK_EQ(setns(outside, CLONE_NEWUTS), 0);
	uname(&name);
	CHECK_STR(name.nodename, "outside");
	CHECK_EQ(setns(inside, 0), 0); /* the open file has kept it */
	uname(&name);
	CHECK_STR(name.nodename, "inside");
}

TEST(refused)
{
	int uts = open_ns(0, "uts"), user = open_ns(0, "user"), null = open("/dev/null", O_RDONLY);

	CHECK_ERRNO(setns(-1, 0), EBADF);
	CHECK_ERRNO(setns(null, 0), EINVAL);
	CHECK_ERRNO(setns(uts, CLONE_NEWNET), EINVAL);
	CHECK_ERRNO(setns(user, CLONE_NEWUSER), EINVAL); /* one's own */
	become(1000);
	CHECK_ERRNO(setns(uts, CLONE_NEWUTS), EPERM);
	CHECK_ERRNO(setns(uts, 0), EPERM);
	enter_user_ns();
	CHECK_ERRNO(setns(uts, 0), EPERM); /* all capabilities, but not over that one */
	CHECK_ERRNO(setns(user, 0), EPERM); /* no way up */
}

/* In a user and uts namespace of its own, whose host is called "inner". */
static pid_t child_called_inner(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	CHECK_EQ(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		enter_user_ns();
		CHECK_EQ(unshare(CLONE_NEWUTS), 0);
		CHECK_EQ(sethostname("inner", 5), 0);
		CHECK_EQ(write(ready[1], "x", 1), 1);
		pause();
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	return pid;
}

TEST(into_a_childs_user_namespace)
{
	pid_t pid;
	int fd;

	become(1000);
	pid = child_called_inner();
	fd = open_ns(pid, "uts");
	CHECK(fd >= 0);
	CHECK_ERRNO(setns(fd, 0), EPERM);
	CHECK_EQ(setns(open_ns(pid, "user"), 0), 0);
	CHECK_EQ(getuid(), 0);
	CHECK_EQ(setns(fd, 0), 0);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(by_pidfd)
{
	pid_t pid;
	int fd;
	struct utsname name;

	become(1000);
	pid = child_called_inner();
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	CHECK(fd >= 0);
	CHECK_ERRNO(setns(fd, 0), EINVAL);
	CHECK_ERRNO(setns(fd, CLONE_VM), EINVAL);
	CHECK_ERRNO(setns(fd, CLONE_NEWUTS), EPERM);
	CHECK_EQ(setns(fd, CLONE_NEWUSER | CLONE_NEWUTS), 0);
	uname(&name);
	CHECK_STR(name.nodename, "inner");
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(ioctls)
{
	int uts, user, owner;
	unsigned uid;
	struct stat a, b;

	become(1000);
	uts = open_ns(0, "uts");
	CHECK_EQ(ioctl(uts, NS_GET_NSTYPE), CLONE_NEWUTS);
	CHECK_ERRNO(ioctl(uts, NS_GET_PARENT), EINVAL);
	CHECK_ERRNO(ioctl(uts, NS_GET_OWNER_UID, &uid), EINVAL);
	owner = ioctl(uts, NS_GET_USERNS);
	CHECK(owner >= 0);
	CHECK_EQ(fstat(owner, &a), 0);
	CHECK_EQ(a.st_ino, ns_number(0, "user"));
	CHECK_EQ(fcntl(owner, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(ioctl(owner, NS_GET_PARENT), EPERM);
	enter_user_ns();
	CHECK_ERRNO(ioctl(uts, NS_GET_USERNS), EPERM);
	user = open_ns(0, "user");
	CHECK_EQ(ioctl(user, NS_GET_NSTYPE), CLONE_NEWUSER);
	CHECK_EQ(ioctl(user, NS_GET_OWNER_UID, &uid), 0);
	CHECK_EQ(uid, 0);
	CHECK_ERRNO(ioctl(user, NS_GET_PARENT), EPERM);
	CHECK_ERRNO(ioctl(user, 0xb7ff), ENOTTY);
	CHECK_EQ(unshare(CLONE_NEWUTS), 0);
	owner = ioctl(open_ns(0, "uts"), NS_GET_USERNS);
	CHECK_EQ(fstat(owner, &a), 0);
	CHECK_EQ(fstat(user, &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
}

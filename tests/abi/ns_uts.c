/*
 * ns_uts.c: uts namespaces: each has its host and domain name.
 */
#include "tests/abi/abi.h"
#include <sched.h>
#include <sys/utsname.h>

static void check_names(const char *host, const char *domain)
{
	struct utsname name;

	CHECK_EQ(uname(&name), 0);
	CHECK_STR(name.nodename, host);
	CHECK_STR(name.domainname, domain);
}

static long clone_flags(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

TEST(unshared_names_are_ones_own)
{
	CHECK_EQ(sethostname("outside", 7), 0);
	CHECK_EQ(setdomainname("world", 5), 0);
	IN_CHILD(CHECK_EQ(unshare(CLONE_NEWUTS), 0); check_names("outside", "world");
		 CHECK_EQ(sethostname("inside", 6), 0); CHECK_EQ(setdomainname("grove", 5), 0);
		 check_names("inside", "grove");
		 IN_CHILD(check_names("inside", "grove")));
	check_names("outside", "world");
}

TEST(clone_gives_the_child_new_names)
{
	long pid;

	CHECK_EQ(sethostname("outside", 7), 0);
	pid = clone_flags(CLONE_NEWUTS);
	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK_EQ(sethostname("child", 5), 0);
		_exit(0);
	}
	CHECK_EXITED((pid_t)pid, 0);
	check_names("outside", "world");
}

TEST(without_the_flag_names_are_shared)
{
	IN_CHILD(CHECK_EQ(sethostname("shared", 6), 0));
	check_names("shared", "world");
}

TEST(proc_sys_shows_the_readers)
{
	char text[80];
	int fd;

	CHECK_EQ(sethostname("outside", 7), 0);
	CHECK_EQ(unshare(CLONE_NEWUTS), 0);
	fd = open("/proc/sys/kernel/hostname", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "written\n", 8), 8);
	close(fd);
	fd = open("/proc/sys/kernel/domainname", O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "fields\n", 7), 7);
	close(fd);
	check_names("written", "fields");
	read_file("/proc/sys/kernel/hostname", text, sizeof(text));
	CHECK_STR(text, "written\n");
}

TEST(needs_the_right)
{
	CHECK_EQ(syscall(SYS_setresuid, 1000, 1000, 1000), 0);
	CHECK_ERRNO(unshare(CLONE_NEWUTS), EPERM);
	CHECK_ERRNO(clone_flags(CLONE_NEWUTS), EPERM);
	CHECK_ERRNO(sethostname("x", 1), EPERM);
	CHECK_ERRNO(setdomainname("x", 1), EPERM);
}

TEST(a_thread_unshares_for_itself)
{
	CHECK_EQ(sethostname("outside", 7), 0);
	long pid = clone_flags(CLONE_VM | CLONE_VFORK);

	CHECK(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWUTS) || sethostname("thread", 6))
			_exit(1);
		_exit(0);
	}
	CHECK_EXITED((pid_t)pid, 0);
	check_names("outside", "world");
}

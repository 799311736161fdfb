/*
 * ids.c: who a process is: user and group ids, process groups and sessions, limits, names, the
 * machine.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>

static void check_uids(uid_t real, uid_t effective, uid_t saved)
{
	uid_t r, e, s;

	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK_EQ(r, real);
	CHECK_EQ(e, effective);
	CHECK_EQ(s, saved);
}

/* These are raw calls: glibc's would carry the change to all threads. */
static long set_resuid(int real, int effective, int saved)
{
	return syscall(SYS_setresuid, real, effective, saved);
}

TEST(root_may_become_anyone)
{
	check_uids(0, 0, 0);
	CHECK_EQ(set_resuid(10, 20, 30), 0);
	check_uids(10, 20, 30);
	CHECK_EQ(getuid(), 10);
	CHECK_EQ(geteuid(), 20);
}

TEST(others_may_only_swap)
{
	CHECK_EQ(set_resuid(10, 20, 30), 0);
	CHECK_ERRNO(set_resuid(0, -1, -1), EPERM);
	CHECK_ERRNO(set_resuid(-1, 40, -1), EPERM);
	CHECK_EQ(set_resuid(30, 10, 20), 0);
	check_uids(30, 10, 20);
	CHECK_EQ(set_resuid(-1, -1, -1), 0);
	CHECK_EQ(syscall(SYS_setuid, 20), 0);
	check_uids(30, 20, 20);
	CHECK_ERRNO(syscall(SYS_setuid, 0), EPERM);
	CHECK_EQ(syscall(SYS_setreuid, 20, 30), 0);
	check_uids(20, 30, 30); /* the saved id follows when the real one changes */
}

TEST(setuid_by_root_sets_all_three)
{
	CHECK_EQ(syscall(SYS_setuid, 5), 0);
	check_uids(5, 5, 5);
	CHECK_ERRNO(syscall(SYS_setuid, -1), EINVAL);
}

TEST(saved_root_can_come_back)
{
	CHECK_EQ(set_resuid(100, 100, 0), 0);
	CHECK_ERRNO(chroot("/tmp"), EPERM);
	CHECK_EQ(set_resuid(-1, 0, -1), 0);
	CHECK_EQ(chroot("/tmp"), 0);
}

TEST(groups)
{
	gid_t list[5] = { 7, 3, 5 }, r, e, s;

	CHECK_EQ(setgroups(3, list), 0);
	CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_EQ(getgroups(5, list), 3);
	CHECK_EQ(list[0] + list[1] + list[2], 15);
	CHECK_ERRNO(getgroups(2, list), EINVAL);
	CHECK_ERRNO(syscall(SYS_setgroups, 65537, list), EINVAL);
	CHECK_EQ(syscall(SYS_setresgid, 11, 12, 13), 0);
	CHECK_EQ(getresgid(&r, &e, &s), 0);
	CHECK_EQ(r * 10000 + e * 100 + s, 111213);
	CHECK_EQ(setgroups(0, NULL), 0);
	CHECK_EQ(set_resuid(9, 9, 9), 0);
	CHECK_ERRNO(syscall(SYS_setgroups, 1, list), EPERM);
	CHECK_ERRNO(syscall(SYS_setresgid, 77, -1, -1), EPERM);
}

TEST(new_files_belong_to_the_effective_ids)
{
	struct stat st;

	enter_scratch();
	CHECK_EQ(chmod(".", 0777), 0);
	CHECK_EQ(syscall(SYS_setresgid, 1, 2, 3), 0);
	CHECK_EQ(set_resuid(4, 5, 6), 0);
	write_file("f", "", 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_uid, 5);
	CHECK_EQ(st.st_gid, 2);
	CHECK_EQ(syscall(SYS_setfsuid, -1), 5);
}

TEST(supplementary_groups_open_files)
{
	gid_t list[1] = { 44 };

	enter_scratch();
	write_file("f", "x", 1);
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(chown("f", 0, 44), 0);
	CHECK_EQ(chmod("f", 0640), 0);
	IN_CHILD(CHECK_EQ(setgroups(1, list), 0); CHECK_EQ(syscall(SYS_setresgid, 9, 9, 9), 0);
		 CHECK_EQ(set_resuid(9, 9, 9), 0); CHECK(open("f", O_RDONLY) >= 0);
		 CHECK_ERRNO(open("f", O_WRONLY), EACCES));
	IN_CHILD(CHECK_EQ(setgroups(0, NULL), 0); CHECK_EQ(syscall(SYS_setresgid, 9, 9, 9), 0);
		 CHECK_EQ(set_resuid(9, 9, 9), 0); CHECK_ERRNO(open("f", O_RDONLY), EACCES));
}

TEST(process_groups)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(getpgid(pid), getpgrp());
	CHECK_EQ(setpgid(pid, pid), 0);
	CHECK_EQ(getpgid(pid), pid);
	CHECK_EQ(setpgid(pid, getpgrp()), 0);
	CHECK_EQ(getpgid(pid), getpgrp());
	CHECK_ERRNO(setpgid(pid, 999999), EPERM);
	CHECK_ERRNO(setpgid(pid, -1), EINVAL);
	CHECK_ERRNO(setpgid(1, 0), ESRCH);
	CHECK_ERRNO(setpgid(999999, 0), ESRCH);
	CHECK_ERRNO(getpgid(999999), ESRCH);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(setpgid_after_exec_is_refused)
{
	char byte;
	int fds[2];

	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "ids", "--block", (char *)NULL);
		_exit(1);
	}
	close(fds[1]);
	CHECK_EQ(read(fds[0], &byte, 1), 0);
	CHECK_ERRNO(setpgid(pid, pid), EACCES);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(sessions)
{
	pid_t pid = fork();

	if (!pid) {
		pid_t old = getsid(0);
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK(old != getpid());
		CHECK_ERRNO(setsid(), EPERM);
		CHECK_ERRNO(setpgid(0, 0), EPERM);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK_ERRNO(setsid(), EPERM); /* the test leads its group */
	CHECK_ERRNO(getsid(999999), ESRCH);
	CHECK_EQ(getsid(1), getsid(1));
}

TEST(setpgid_does_not_cross_sessions)
{
	int fds[2];
	char byte;

	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		setsid();
		byte = 1;
		if (write(fds[1], &byte, 1) == 1)
			for (;;)
				pause();
	}
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_ERRNO(setpgid(pid, getpgrp()), EPERM);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(limits)
{
	struct rlimit limit, old;

	for (int resource = 0; resource < 16; resource++)
		CHECK_EQ(getrlimit(resource, &limit), 0);
	CHECK_ERRNO(syscall(SYS_prlimit64, 0, 16, NULL, &limit), EINVAL);
	CHECK_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
	CHECK_EQ(limit.rlim_cur, 8 << 20);
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_EQ(limit.rlim_cur, 1024);
	limit = (struct rlimit){ 50, 100 };
	CHECK_EQ(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, &old), 0);
	CHECK_EQ(old.rlim_cur, 1024);
	CHECK_EQ(sysconf(_SC_OPEN_MAX), 50);
	limit = (struct rlimit){ 101, 100 };
	CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
	IN_CHILD(CHECK_EQ(getrlimit(RLIMIT_NOFILE, &old), 0); CHECK_EQ(old.rlim_max, 100);
		 CHECK_EQ(set_resuid(5, 5, 5), 0); limit = (struct rlimit){50, 101};
		 CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
		 limit = (struct rlimit){60, 90}; CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0));
	CHECK_ERRNO(syscall(SYS_prlimit64, 9999999, RLIMIT_NOFILE, NULL, &old), ESRCH);
}

TEST(prctl_names_and_flags)
{
	char name[20] = "";

	CHECK_EQ(prctl(PR_SET_NAME, "sixteen_letters_"), 0);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "sixteen_letters");
	CHECK_ERRNO(prctl(PR_SET_NAME, 8), EFAULT);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(987654), EINVAL);
}

TEST(prctl_tells_where_the_tid_will_be_cleared)
{
	int tid, *at = NULL;

	CHECK_EQ(syscall(SYS_set_tid_address, &tid), gettid());
	CHECK_EQ(prctl(PR_GET_TID_ADDRESS, &at), 0);
	CHECK(at == &tid);
	CHECK_ERRNO(prctl(PR_GET_TID_ADDRESS, 8), EFAULT);
}

TEST(uname_fields)
{
	struct utsname name;

	CHECK_EQ(uname(&name), 0);
	CHECK(strlen(name.sysname) && strlen(name.release) && strlen(name.version));
	CHECK(name.release[0] >= '4' &&
	      name.release[0] <= '9'); /* glibc wants a release that it can compare */
	CHECK_ERRNO(syscall(SYS_uname, 8), EFAULT);
}

TEST(hostname_can_be_set)
{
	struct utsname name, old;

	CHECK_EQ(uname(&old), 0);
	CHECK_EQ(sethostname("quaking-aspen", 13), 0);
	CHECK_EQ(uname(&name), 0);
	CHECK_STR(name.nodename, "quaking-aspen");
	CHECK_EQ(sethostname(old.nodename, strlen(old.nodename)), 0);
	CHECK_ERRNO(syscall(SYS_sethostname, "x", 65), EINVAL);
	CHECK_ERRNO(syscall(SYS_sethostname, "x", -1), EINVAL);
	CHECK_EQ(setdomainname("trees", 5), 0);
	CHECK_EQ(uname(&name), 0);
	CHECK_STR(name.domainname, "trees");
	CHECK_EQ(set_resuid(5, 5, 5), 0);
	CHECK_ERRNO(sethostname("x", 1), EPERM);
}

TEST(sysinfo_fields)
{
	struct sysinfo info;
	struct timespec up;

	CHECK_EQ(sysinfo(&info), 0);
	clock_gettime(CLOCK_BOOTTIME, &up);
	CHECK(info.uptime >= up.tv_sec - 1 && info.uptime <= up.tv_sec + 1);
	CHECK(info.mem_unit >= 1 && info.totalram * info.mem_unit > 4 << 20);
	CHECK(info.freeram < info.totalram);
	CHECK(info.procs >= 1);
}

TEST(getrandom_fills)
{
	unsigned char one[32] = { 0 }, two[32] = { 0 };

	CHECK_EQ(getrandom(one, 32, 0), 32);
	CHECK_EQ(getrandom(two, 32, GRND_NONBLOCK), 32);
	CHECK(memcmp(one, two, 32));
	CHECK_EQ(getrandom(one, 0, 0), 0);
	CHECK_ERRNO(getrandom(one, 4, 0x100), EINVAL);
	CHECK_ERRNO(syscall(SYS_getrandom, 8, 4, 0), EFAULT);
}

static void on_alarm(int signo)
{
	(void)signo;
}

/* So that whoever asks for much can be killed. */
TEST(getrandom_of_much_is_interrupted)
{
	struct itimerval soon = { .it_value.tv_usec = 20000, .it_interval.tv_usec = 20000 };
	size_t len = 128 << 20;
	char *much = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ssize_t got;

	CHECK(much != MAP_FAILED);
	signal(SIGALRM, on_alarm);
	CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	got = getrandom(much, len, 0);
	CHECK(got > 0 && (size_t)got < len);
	CHECK_EQ(got % 4096, 0);
}

TEST(reboot_needs_magic_and_right)
{
	CHECK_ERRNO(syscall(SYS_reboot, 1, 2, RB_AUTOBOOT, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x77777777, NULL), EINVAL);
	CHECK_EQ(set_resuid(5, 5, 5), 0);
	CHECK_ERRNO(syscall(SYS_reboot, 0xfee1dead, 672274793, RB_AUTOBOOT, NULL), EPERM);
}

TEST(umask_keeps_nine_bits)
{
	CHECK_EQ(umask(0777) & ~0777, 0);
	CHECK_EQ(umask(07077), 0777);
	CHECK_EQ(umask(022), 077);
}

TEST(pids_and_tids)
{
	CHECK_EQ(getpid(), gettid());
	CHECK(getppid() > 0);
	CHECK_EQ(syscall(SYS_set_tid_address, NULL), gettid());
}

TEST(unknown_calls_are_enosys)
{
	CHECK_ERRNO(syscall(244), ENOSYS);
	CHECK_ERRNO(syscall(1000), ENOSYS);
	CHECK_ERRNO(syscall(-2L), ENOSYS);
	CHECK_ERRNO(syscall(0x7fffffffffffffffL), ENOSYS);
}

TEST(capabilities_of_root_and_of_others)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	long result = syscall(SYS_capget, &header, data);

	SKIP_IF_ENOSYS(result);
	CHECK_EQ(result, 0);
	CHECK(data[0].effective & 1 << CAP_SETUID);
	CHECK_EQ(set_resuid(5, 5, 5), 0);
	CHECK_EQ(syscall(SYS_capget, &header, data), 0);
	CHECK_EQ(data[0].effective, 0);
	CHECK_EQ(data[0].permitted, 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--block"))
		for (;;)
			pause();
	return abi_main(argc, argv);
}

/*
 * caps.c: what needs which capability.
 *
 * Each test has a call and its one capability. It is made three times by an ordinary user, each
 * time by a fresh process in a fresh directory that root has prepared: with no capability at all,
 * and with every one but that (both must be refused, and with that errno), and with that one alone
 * (must succeed). Where another would do as well it is named, and left out of the second.
 */
#include "tests/abi/both.h"
#include <dirent.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#define BIT(cap) (1ULL << (cap))
#define ALL_CAPS ((1ULL << (CAP_LAST_CAP + 1)) - 1)

static void caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		  (uint32_t)(inheritable >> 32) },
	};

	CHECK_EQ(syscall(SYS_capset, &header, data), 0);
}

static void caps_get(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	CHECK_EQ(syscall(SYS_capget, &header, data), 0);
	*effective = data[0].effective | (uint64_t)data[1].effective << 32;
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	*inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
}

/* An ordinary user with these capabilities. */
static void become_with(uint64_t caps)
{
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	become(ORDINARY_UID);
	caps_set(caps, caps, 0);
}

struct need {
	uint64_t cap, also;
	int error; /* without it */
	void (*prepare)(void);
	long (*call)(void);
};

static void refused(const struct need *n, uint64_t caps, const char *who)
{
	IN_CHILD({
		enter_scratch();
		CHECK_EQ(chmod(".", 0755), 0);
		n->prepare();
		become_with(caps);
		errno = 0;
		long result = n->call();
		int error = errno;
		if (result != -1 || error != n->error)
			FAIL("%s gave %ld %s, expected %s", who, result,
			     strerrorname_np(error) ?: "0", strerrorname_np(n->error));
	});
}

static void granted(const struct need *n)
{
	IN_CHILD({
		enter_scratch();
		CHECK_EQ(chmod(".", 0755), 0);
		n->prepare();
		become_with(n->cap);
		errno = 0;
		long result = n->call();
		int error = errno;
		if (result < 0)
			FAIL("with its capability alone gave %ld %s", result,
			     strerrorname_np(error) ?: "0");
	});
}

#define NEEDS_OR(name, capability, others, errno_without, preparation, expression)              \
	static void prepare_##name(void)                                                       \
	{                                                                                      \
		preparation;                                                                   \
	}                                                                                      \
	static long call_##name(void)                                                          \
	{                                                                                      \
		return (long)(expression);                                                     \
	}                                                                                      \
	TEST(name)                                                                             \
	{                                                                                      \
		struct need n = { BIT(capability), others, errno_without, prepare_##name,      \
				  call_##name };                                               \
		refused(&n, 0, "without any");                                                 \
		refused(&n, ALL_CAPS & ~(n.cap | n.also), "with all others");                  \
		granted(&n);                                                                   \
	}
#define NEEDS(name, capability, errno_without, preparation, expression)                         \
	NEEDS_OR(name, capability, 0, errno_without, preparation, expression)

/* --- things to call --------------------------------------------------------------------------- */

static int target; /* a process of root's */

static void make_target(void)
{
	target = fork();
	CHECK(target >= 0);
	while (!target)
		pause();
}

static void make_file(const char *name, unsigned uid, unsigned gid, unsigned mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(fchown(fd, uid, gid), 0);
	CHECK_EQ(fchmod(fd, mode), 0);
	close(fd);
}

static void make_dir(const char *name, unsigned uid, unsigned mode)
{
	CHECK_EQ(mkdir(name, 0700), 0);
	CHECK_EQ(chown(name, uid, uid), 0);
	CHECK_EQ(chmod(name, mode), 0);
}

/* A set-group-id bit that is silently not set is a refusal, with no errno. */
static long chmod_keeps_setgid(const char *name)
{
	struct stat st;

	if (chmod(name, 02755) || stat(name, &st))
		return -1;
	return st.st_mode & S_ISGID ? 0 : -1;
}

static long write_keeps_setuid(const char *name)
{
	struct stat st;
	int fd = open(name, O_WRONLY);

	if (fd < 0 || write(fd, "x", 1) != 1 || fstat(fd, &st))
		return -1;
	return st.st_mode & S_ISUID ? 0 : -1;
}

static long set_times(const char *name)
{
	struct timespec times[2] = { { 5, 0 }, { 6, 0 } };

	return utimensat(AT_FDCWD, name, times, 0);
}

static long open_proc(const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", target, what);
	return open(path, O_RDONLY);
}

static long read_proc_link(const char *what)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", target, what);
	return readlink(path, text, sizeof(text));
}

static long scheduler(int policy, int priority)
{
	struct sched_param p = { .sched_priority = priority };

	return sched_setscheduler(0, policy, &p);
}

static long raise_hard_limit(void)
{
	struct rlimit r = { 10, 10 };

	if (setrlimit(RLIMIT_CORE, &r))
		return -2;
	r.rlim_max = 20;
	return setrlimit(RLIMIT_CORE, &r);
}

static long prlimit_target(void)
{
	struct rlimit old;

	return prlimit(target, RLIMIT_CORE, NULL, &old);
}

static long write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	return fd < 0 ? -1 : write(fd, text, strlen(text));
}

static long set_clock_to_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return syscall(SYS_clock_settime, CLOCK_REALTIME, &now);
}

static long set_day_to_now(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return syscall(SYS_settimeofday, &now, NULL);
}

static long same_hostname(void)
{
	char name[65];

	gethostname(name, sizeof(name));
	return sethostname(name, strlen(name));
}

static long affinity_of_target(void)
{
	cpu_set_t set;

	CHECK_EQ(sched_getaffinity(target, sizeof(set), &set), 0);
	return sched_setaffinity(target, sizeof(set), &set);
}

static long lock_page(void)
{
	return mlock(shared_page(), 4096);
}

static void no_locked_memory(void)
{
	struct rlimit none = { 0, 0 };

	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
}

static long clone_with_number(void)
{
	pid_t tid = 29000;
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&tid,
				   .set_tid_size = 1 };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(0);
	return pid;
}

static long big_pipe(void)
{
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	return fcntl(ends[1], F_SETPIPE_SZ, 2 << 20);
}

static long unshare_uts(void)
{
	return unshare(CLONE_NEWUTS);
}

static long set_groups(void)
{
	gid_t group = 5;

	return syscall(SYS_setgroups, 1, &group);
}

/* --- files ------------------------------------------------------------------------------------ */

NEEDS(chown_of_anothers_file, CAP_CHOWN, EPERM, make_file("f", 0, 0, 0666),
	chown("f", ORDINARY_UID, -1))
NEEDS(giving_a_file_away, CAP_CHOWN, EPERM, make_file("f", ORDINARY_UID, ORDINARY_UID, 0666),
	chown("f", OTHER_UID, -1))
NEEDS(chown_to_a_foreign_group, CAP_CHOWN, EPERM,
	make_file("f", ORDINARY_UID, ORDINARY_UID, 0666), chown("f", -1, OTHER_UID))
NEEDS(writing_without_permission, CAP_DAC_OVERRIDE, EACCES, make_file("f", 0, 0, 0600),
	open("f", O_WRONLY))
NEEDS_OR(reading_without_permission, CAP_DAC_READ_SEARCH, BIT(CAP_DAC_OVERRIDE), EACCES,
	 make_file("f", 0, 0, 0600), open("f", O_RDONLY))
NEEDS_OR(searching_without_permission, CAP_DAC_READ_SEARCH, BIT(CAP_DAC_OVERRIDE), EACCES,
	 make_dir("d", 0, 0700), chdir("d"))
NEEDS(creating_in_a_closed_directory, CAP_DAC_OVERRIDE, EACCES, make_dir("d", 0, 0755),
	open("d/f", O_WRONLY | O_CREAT, 0600))
NEEDS(chmod_of_anothers_file, CAP_FOWNER, EPERM, make_file("f", 0, 0, 0666), chmod("f", 0600))
NEEDS(times_of_anothers_file, CAP_FOWNER, EPERM, make_file("f", 0, 0, 0666), set_times("f"))
NEEDS(unlink_in_a_sticky_directory, CAP_FOWNER, EPERM,
	(make_dir("d", 0, 01777), make_file("d/f", 0, 0, 0666)), unlink("d/f"))
NEEDS(rename_in_a_sticky_directory, CAP_FOWNER, EPERM,
	(make_dir("d", 0, 01777), make_file("d/f", 0, 0, 0666)), rename("d/f", "d/g"))
NEEDS(rmdir_in_a_sticky_directory, CAP_FOWNER, EPERM,
	(make_dir("d", 0, 01777), make_dir("d/e", 0, 0777)), rmdir("d/e"))
NEEDS(reading_without_a_trace, CAP_FOWNER, EPERM, make_file("f", 0, 0, 0666),
	open("f", O_RDONLY | O_NOATIME))
NEEDS(setgid_for_a_foreign_group, CAP_FSETID, 0, make_file("f", ORDINARY_UID, OTHER_UID, 0755),
	chmod_keeps_setgid("f"))
NEEDS(setuid_survives_a_write, CAP_FSETID, 0, make_file("f", 0, 0, 04777),
	write_keeps_setuid("f"))
NEEDS(device_nodes, CAP_MKNOD, EPERM, make_dir("d", ORDINARY_UID, 0755),
	mknod("d/null", S_IFCHR | 0666, 1 << 8 | 3))
NEEDS(chroot_needs, CAP_SYS_CHROOT, EPERM, , chroot("/"))
NEEDS(mount_needs, CAP_SYS_ADMIN, EPERM, make_dir("d", 0, 0755),
	mount("none", "d", "tmpfs", 0, NULL))
NEEDS(umount_needs, CAP_SYS_ADMIN, EPERM,
	(make_dir("d", 0, 0755), (void)!mount("none", "d", "tmpfs", 0, NULL)), umount("d"))
NEEDS(pipes_beyond_the_limit, CAP_SYS_RESOURCE, EPERM, , big_pipe())

TEST(fifos_and_sockets_need_nothing)
{
	enter_scratch();
	CHECK_EQ(chmod(".", 0777), 0);
	become(ORDINARY_UID);
	CHECK_EQ(mknod("fifo", S_IFIFO | 0600, 0), 0);
	CHECK_EQ(mknod("socket", S_IFSOCK | 0600, 0), 0);
	CHECK_EQ(mknod("file", S_IFREG | 0600, 0), 0);
}

TEST(owners_do_what_they_may)
{
	gid_t group = 77;
	struct stat st;

	enter_scratch();
	CHECK_EQ(chmod(".", 0777), 0);
	CHECK_EQ(syscall(SYS_setgroups, 1, &group), 0);
	CHECK_EQ(syscall(SYS_setresgid, ORDINARY_UID, ORDINARY_UID, ORDINARY_UID), 0);
	CHECK_EQ(syscall(SYS_setresuid, ORDINARY_UID, ORDINARY_UID, ORDINARY_UID), 0);
	make_file("f", -1, -1, 06755);
	CHECK_EQ(chown("f", -1, 77), 0); /* a group of one's own; takes the set-id bits away */
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_EQ(chmod("f", 06755), 0);
	CHECK_EQ(chown("f", ORDINARY_UID, -1), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_EQ(chmod("f", 02745), 0); /* without the group's x it is not set-id but locking */
	CHECK_EQ(chown("f", ORDINARY_UID, 77), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 02745);
}

TEST(nobody_runs_what_has_no_x)
{
	enter_scratch();
	make_file("f", 0, 0, 0644);
	CHECK_ERRNO(execl("./f", "f", NULL), EACCES);
	CHECK_ERRNO(access("f", X_OK), EACCES);
	CHECK_EQ(access("f", R_OK | W_OK), 0);
	CHECK_EQ(chmod("f", 0), 0);
	CHECK_EQ(access("f", R_OK | W_OK), 0);
}

/* --- other processes -------------------------------------------------------------------------- */

NEEDS(signals_to_others, CAP_KILL, EPERM, make_target(), kill(target, 0))
NEEDS(signals_to_others_threads, CAP_KILL, EPERM, make_target(),
	syscall(SYS_tgkill, target, target, SIGWINCH))
NEEDS(kcmp_of_others, CAP_SYS_PTRACE, EPERM, make_target(),
	syscall(SYS_kcmp, target, target, KCMP_VM, 0, 0))
NEEDS(descriptors_of_others, CAP_SYS_PTRACE, EACCES, make_target(),
	read_proc_link("fd/1") == -1 && errno == ENOENT ? 0 : read_proc_link("exe"))
NEEDS(mappings_of_others, CAP_SYS_PTRACE, EACCES, make_target(), open_proc("maps"))
NEEDS(nice_of_others, CAP_SYS_NICE, EPERM, make_target(), setpriority(PRIO_PROCESS, target, 5))
NEEDS(affinity_of_others, CAP_SYS_NICE, EPERM, make_target(), affinity_of_target())
NEEDS_OR(limits_of_others, CAP_SYS_RESOURCE, 0, EPERM, make_target(), prlimit_target())

/* --- one's own rights and share --------------------------------------------------------------- */

NEEDS(changing_user, CAP_SETUID, EPERM, , syscall(SYS_setresuid, OTHER_UID, -1, -1))
NEEDS(changing_user_by_setuid, CAP_SETUID, EPERM, , syscall(SYS_setuid, OTHER_UID))
NEEDS(changing_user_by_setreuid, CAP_SETUID, EPERM, , syscall(SYS_setreuid, -1, OTHER_UID))
NEEDS(changing_group, CAP_SETGID, EPERM, , syscall(SYS_setresgid, OTHER_UID, -1, -1))
NEEDS(changing_group_by_setgid, CAP_SETGID, EPERM, , syscall(SYS_setgid, OTHER_UID))
NEEDS(supplementary_groups, CAP_SETGID, EPERM, , set_groups())
NEEDS(dropping_from_the_bounding_set, CAP_SETPCAP, EPERM, , prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT))
NEEDS(secure_bits, CAP_SETPCAP, EPERM, , prctl(PR_SET_SECUREBITS, SECBIT_NOROOT))
NEEDS(negative_nice, CAP_SYS_NICE, EACCES, , setpriority(PRIO_PROCESS, 0, -5))
NEEDS(real_time, CAP_SYS_NICE, EPERM, , scheduler(SCHED_FIFO, 1))
NEEDS(back_from_idle, CAP_SYS_NICE, EPERM, (void)scheduler(SCHED_IDLE, 0),
	scheduler(SCHED_OTHER, 0))
NEEDS(losing_reset_on_fork, CAP_SYS_NICE, EPERM,
	(void)scheduler(SCHED_OTHER | SCHED_RESET_ON_FORK, 0), scheduler(SCHED_OTHER, 0))
NEEDS_OR(real_time_io, CAP_SYS_NICE, BIT(CAP_SYS_ADMIN), EPERM, ,
	 syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 1 << 13 | 4))
NEEDS(raising_a_hard_limit, CAP_SYS_RESOURCE, EPERM, , raise_hard_limit())
NEEDS(avoiding_the_oom_killer, CAP_SYS_RESOURCE, EACCES, ,
	write_text("/proc/self/oom_score_adj", "-5"))
NEEDS(locking_memory, CAP_IPC_LOCK, EPERM, no_locked_memory(), lock_page())
NEEDS_OR(choosing_a_number, CAP_CHECKPOINT_RESTORE, BIT(CAP_SYS_ADMIN), EPERM, ,
	 clone_with_number())

/* --- the machine ------------------------------------------------------------------------------ */

NEEDS(hostname, CAP_SYS_ADMIN, EPERM, , same_hostname())
NEEDS(domainname, CAP_SYS_ADMIN, EPERM, , setdomainname("(none)", 6))
NEEDS(clock_setting, CAP_SYS_TIME, EPERM, , set_clock_to_now())
NEEDS(day_setting, CAP_SYS_TIME, EPERM, , set_day_to_now())
NEEDS(rebooting, CAP_SYS_BOOT, EPERM, ,
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, 0))
NEEDS(quiet_consoles, CAP_SYSLOG, EPERM, , syscall(SYS_syslog, 7, NULL, 0))
NEEDS(namespaces, CAP_SYS_ADMIN, EPERM, , unshare_uts())

/* --- the sets --------------------------------------------------------------------------------- */

static int ambient(int op, int cap)
{
	return prctl(PR_CAP_AMBIENT, op, cap, 0, 0);
}

static void check_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	uint64_t e, p, i;

	caps_get(&e, &p, &i);
	CHECK_EQ(e, effective);
	CHECK_EQ(p, permitted);
	CHECK_EQ(i, inheritable);
}

TEST(ids_and_capabilities)
{
	check_caps(ALL_CAPS, ALL_CAPS, 0);
	CHECK_EQ(syscall(SYS_setresuid, -1, ORDINARY_UID, -1), 0);
	check_caps(0, ALL_CAPS, 0);
	CHECK_EQ(syscall(SYS_setresuid, -1, 0, -1), 0);
	check_caps(ALL_CAPS, ALL_CAPS, 0);
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	CHECK_EQ(syscall(SYS_setresuid, 5, 5, 5), 0);
	check_caps(0, ALL_CAPS, 0);
	caps_set(ALL_CAPS, ALL_CAPS, 0);
	CHECK_EQ(syscall(SYS_setresuid, 0, 0, 0), 0);
	check_caps(ALL_CAPS, ALL_CAPS, 0);
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 0), 0);
	CHECK_EQ(syscall(SYS_setresuid, 5, 5, 5), 0);
	check_caps(0, 0, 0);
}

TEST(fsuid_takes_the_rights_over_files)
{
	const uint64_t files = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) |
			       BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) |
			       BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE);

	CHECK_EQ(syscall(SYS_setfsuid, ORDINARY_UID), 0);
	check_caps(ALL_CAPS & ~files, ALL_CAPS, 0);
	CHECK_EQ(syscall(SYS_setfsuid, 0), ORDINARY_UID);
	check_caps(ALL_CAPS, ALL_CAPS, 0);
}

TEST(capset_rules)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, getppid() };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 } };
	const uint64_t one = BIT(CAP_CHOWN), two = BIT(CAP_KILL);

	CHECK_ERRNO(syscall(SYS_capset, &header, data), EPERM); /* another's */
	header.pid = 0;
	header.version = 1;
	CHECK_ERRNO(syscall(SYS_capset, &header, data), EINVAL);
	CHECK_EQ(header.version, _LINUX_CAPABILITY_VERSION_3);
	CHECK_EQ(syscall(SYS_capget, &header, NULL), 0);
	header.pid = -1;
	CHECK_ERRNO(syscall(SYS_capget, &header, data), EINVAL);
	header.pid = 4000000;
	CHECK_ERRNO(syscall(SYS_capget, &header, data), ESRCH);
	header.pid = 0;
	caps_set(one, one | two, one);
	check_caps(one, one | two, one);
	data[0] = (struct __user_cap_data_struct){ one | two, one, 0 };
	CHECK_ERRNO(syscall(SYS_capset, &header, data), EPERM); /* effective is not permitted */
	data[0] = (struct __user_cap_data_struct){ 0, one | BIT(CAP_FOWNER), 0 };
	CHECK_ERRNO(syscall(SYS_capset, &header, data), EPERM); /* what is gone is gone */
	data[0] = (struct __user_cap_data_struct){ 0, 0, BIT(CAP_FOWNER) };
	CHECK_ERRNO(syscall(SYS_capset, &header, data), EPERM);
	caps_set(0, one, two);
	check_caps(0, one, two);
}

TEST(bounding_set)
{
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_KILL), 1);
	CHECK_ERRNO(prctl(PR_CAPBSET_READ, CAP_LAST_CAP + 1), EINVAL);
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, CAP_LAST_CAP + 1), EINVAL);
	CHECK_EQ(prctl(PR_CAPBSET_DROP, CAP_KILL), 0);
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_KILL), 0);
	check_caps(ALL_CAPS, ALL_CAPS, 0);
	become(ORDINARY_UID);
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, CAP_LAST_CAP + 1), EPERM);
}

TEST(ambient_set)
{
	CHECK_ERRNO(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL), EPERM); /* not inheritable */
	caps_set(ALL_CAPS, ALL_CAPS, BIT(CAP_KILL) | BIT(CAP_CHOWN));
	CHECK_EQ(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL), 0);
	CHECK_EQ(ambient(PR_CAP_AMBIENT_RAISE, CAP_CHOWN), 0);
	CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL), 1);
	CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_FOWNER), 0);
	CHECK_ERRNO(ambient(PR_CAP_AMBIENT_IS_SET, CAP_LAST_CAP + 1), EINVAL);
	CHECK_ERRNO(ambient(9, CAP_KILL), EINVAL);
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 1, 0), EINVAL);
	CHECK_ERRNO(ambient(PR_CAP_AMBIENT_CLEAR_ALL, 1), EINVAL);
	CHECK_EQ(ambient(PR_CAP_AMBIENT_LOWER, CAP_CHOWN), 0);
	CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_CHOWN), 0);
	caps_set(ALL_CAPS, ALL_CAPS, 0); /* what is no longer inheritable goes */
	CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL), 0);
	caps_set(ALL_CAPS, ALL_CAPS, BIT(CAP_KILL));
	CHECK_EQ(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL), 0);
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	CHECK_EQ(syscall(SYS_setresuid, 5, 5, 5), 0);
	CHECK_EQ(ambient(PR_CAP_AMBIENT_IS_SET, CAP_KILL), 0);
	caps_set(ALL_CAPS, ALL_CAPS, BIT(CAP_KILL));
	CHECK_EQ(prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE), 0);
	CHECK_ERRNO(ambient(PR_CAP_AMBIENT_RAISE, CAP_KILL), EPERM);
	CHECK_EQ(ambient(PR_CAP_AMBIENT_CLEAR_ALL, 0), 0);
}

TEST(secure_bits_lock)
{
	CHECK_EQ(prctl(PR_GET_SECUREBITS), 0);
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, 1 << 8), EPERM);
	CHECK_EQ(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_KEEP_CAPS_LOCKED), 0);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
	CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 0), EPERM);
	CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS), EPERM);
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED), EPERM);
	CHECK_EQ(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_KEEP_CAPS_LOCKED |
						  SECBIT_NO_SETUID_FIXUP), 0);
	CHECK_EQ(syscall(SYS_setresuid, 5, 5, 5), 0);
	check_caps(ALL_CAPS, ALL_CAPS, 0); /* root is nobody special */
}

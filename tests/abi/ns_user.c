/*
 * ns_user.c: user namespaces: their maps, and how far capabilities reach.
 */
#include "tests/abi/ns.h"
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/uio.h>

static unsigned long long caps(const char *line)
{
	char text[4096], *at;

	CHECK(read_file("/proc/self/status", text, sizeof(text)) > 0);
	at = strstr(text, line);
	CHECK(at);
	return strtoull(at + strlen(line), NULL, 16);
}

TEST(without_a_map_nobody_has_a_name)
{
	become(1000);
	CHECK_EQ(unshare(CLONE_NEWUSER), 0);
	CHECK_EQ(getuid(), 65534);
	CHECK_EQ(geteuid(), 65534);
	CHECK_EQ(getgid(), 65534);
	CHECK_EQ(getegid(), 65534);
	CHECK(caps("CapEff:\t") != 0);
	CHECK_EQ(caps("CapEff:\t"), caps("CapBnd:\t"));
	CHECK_EQ(caps("CapInh:\t"), 0);
	CHECK_ERRNO(syscall(SYS_setuid, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_setresuid, 1000, -1, -1), EINVAL);
	CHECK_ERRNO(syscall(SYS_setgid, 0), EINVAL);
}

TEST(own_id_becomes_root)
{
	struct stat st;
	char text[64];

	become(1000);
	enter_user_ns();
	CHECK_EQ(getuid(), 0);
	CHECK_EQ(getgid(), 0);
	CHECK_EQ(stat("/proc/self", &st), 0);
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(stat("/", &st), 0);
	CHECK_EQ(st.st_uid, 65534);
	CHECK_EQ(st.st_gid, 65534);
	CHECK(read_file("/proc/self/uid_map", text, sizeof(text)) > 0);
	CHECK_STR(text, "         0       1000          1\n");
	CHECK(read_file("/proc/self/setgroups", text, sizeof(text)) > 0);
	CHECK_STR(text, "deny\n");
	CHECK_EQ(syscall(SYS_setresuid, 0, 0, 0), 0);
	CHECK_ERRNO(syscall(SYS_setuid, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_setgroups, 0, NULL), EPERM);
}

TEST(capabilities_end_at_the_border)
{
	struct rlimit limit;

	become(1000);
	enter_user_ns();
	CHECK_ERRNO(sethostname("x", 1), EPERM);
	CHECK_EQ(unshare(CLONE_NEWUTS), 0);
	CHECK_EQ(sethostname("x", 1), 0);
	CHECK_ERRNO(mknod("/tmp/ns_user_node", S_IFCHR | 0600, 0x103), EPERM);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, -5), EACCES);
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_max++;
	CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
	CHECK_ERRNO(open("/proc/1/environ", O_RDONLY), EACCES);
	CHECK_ERRNO(kill(1, SIGCONT), EPERM);
	CHECK_EQ(chroot("/"), 0);
}

TEST(files_of_the_nameless_stay_shut)
{
	int fd;

	enter_scratch();
	CHECK_EQ(chmod(".", 0777), 0);
	fd = open("secret", O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0);
	close(fd);
	become(1000);
	fd = open("mine", O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0);
	close(fd);
	enter_user_ns();
	CHECK_ERRNO(open("secret", O_RDONLY), EACCES);
	CHECK_ERRNO(chown("secret", 0, 0), EPERM);
	CHECK_ERRNO(chown("mine", 1, -1), EINVAL);
	CHECK_EQ(chown("mine", 0, 0), 0);
	CHECK_EQ(chmod("mine", 0), 0);
	CHECK(open("mine", O_RDONLY) >= 0); /* CAP_DAC_OVERRIDE over one's own */
}

TEST(root_maps_many)
{
	char text[256], path[64];
	int go[2];
	pid_t pid;

	CHECK_EQ(pipe(go), 0);
	pid = fork_new(CLONE_NEWUSER);
	CHECK(pid >= 0);
	if (pid == 0) {
		char byte;
		gid_t groups[3] = { 5, 3, 4 };
		uid_t r, e, s;

		close(go[1]);
		if (read(go[0], &byte, 1) < 0)
			_exit(1);
		CHECK_EQ(getuid(), 0);
		CHECK_EQ(syscall(SYS_setgroups, 3, groups), 0);
		CHECK_EQ(getgroups(3, groups), 3);
		CHECK_EQ(groups[0], 3);
		CHECK_EQ(syscall(SYS_setresuid, 5, 1200, 0), 0);
		CHECK_EQ(getresuid(&r, &e, &s), 0);
		CHECK_EQ(r, 5);
		CHECK_EQ(e, 1200);
		CHECK_EQ(s, 0);
		CHECK_ERRNO(syscall(SYS_setresuid, 10, -1, -1), EINVAL);
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	CHECK_EQ(put_text(path, "0 0 10\n1000 100000 1000\n"), 0);
	CHECK_ERRNO(put_text(path, "0 0 10\n"), EPERM);
	CHECK(read_file(path, text, sizeof(text)) > 0);
	CHECK_STR(text, "         0          0         10\n      1000     100000       1000\n");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	CHECK_EQ(put_text(path, "0 0 10"), 0);
	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	CHECK_ERRNO(put_text(path, "deny"), EPERM);
	close(go[1]);
	CHECK_EXITED(pid, 0);
}

static void child_with_map(const char *which, const char *map, int error)
{
	char path[64];
	pid_t pid = fork_new(CLONE_NEWUSER);

	CHECK(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, which);
	errno = 0;
	if (put_text(path, map) == 0)
		errno = 0;
	int got = errno;

	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	if (got != error)
		FAIL("map \"%s\" gave %s", map, strerrorname_np(got) ?: "0");
}

TEST(bad_maps)
{
	static const char *const bad[] = {
		"", "\n", "0", "0 0", "0 0 0", "0 0 1 2", "a 0 1", "0 0 1x", "4294967295 0 1",
		"0 4294967295 1", "4294967290 0 10", "0 0 2\n1 5 1\n", "0 0 2\n5 1 1\n", "-1 0 1",
	};

	for (unsigned i = 1; i < sizeof(bad) / sizeof(bad[0]); i++)
		child_with_map("uid_map", bad[i], EINVAL);
	child_with_map("uid_map", "0 0 1\n\n", EINVAL);
	child_with_map("uid_map", " 0\t0  4294967294 ", 0);
	child_with_map("projid_map", "0 0 1", 0);
}

/* A program with rights that is made to write to a file of somebody without. */
TEST(who_opened_the_map_counts)
{
	int ready[2], go[2], fd;
	char path[64], c;

	CHECK_EQ(pipe(ready), 0);
	CHECK_EQ(pipe(go), 0);
	pid_t inner = fork_new(0);
	if (inner == 0) {
		become(1000);
		CHECK_EQ(unshare(CLONE_NEWUSER), 0);
		CHECK_EQ(write(ready[1], "x", 1), 1);
		CHECK_EQ(read(go[0], &c, 1), 1);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", inner);
	CHECK_EQ(setresuid(-1, 1000, -1), 0);
	fd = open(path, O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(setresuid(-1, 0, -1), 0);
	CHECK_ERRNO(write(fd, "0 0 1", 5), EPERM);
	CHECK_EQ(put_text(path, "0 0 1"), 0);
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EXITED(inner, 0);
}

TEST(an_ordinary_user_maps_himself_only)
{
	become(1000);
	child_with_map("uid_map", "0 1000 1", 0);
	child_with_map("uid_map", "1000 1000 1", 0);
	child_with_map("uid_map", "0 0 1", EPERM);
	child_with_map("uid_map", "0 1000 2", EPERM);
	child_with_map("uid_map", "0 1000 1\n1 1001 1", EPERM);
	child_with_map("gid_map", "0 1000 1", EPERM); /* setgroups is not denied */
}

TEST(depth)
{
	int depth = 0;

	while (unshare(CLONE_NEWUSER) == 0) {
		char text[64];

		depth++;
		snprintf(text, sizeof(text), "0 0 1");
		CHECK_EQ(put_text("/proc/self/uid_map", text), 0);
		CHECK_EQ(put_text("/proc/self/setgroups", "deny"), 0);
		CHECK_EQ(put_text("/proc/self/gid_map", text), 0);
		CHECK(depth < 100);
	}
	CHECK_EQ(errno, ENOSPC);
	CHECK_EQ(depth, 33);
}

TEST(not_in_a_chroot)
{
	CHECK_EQ(chroot("/tmp"), 0);
	CHECK_ERRNO(unshare(CLONE_NEWUSER), EPERM);
	CHECK_ERRNO(clone_new(CLONE_NEWUSER), EPERM);
}

TEST(not_without_a_name)
{
	CHECK_EQ(unshare(CLONE_NEWUSER), 0);
	CHECK_ERRNO(unshare(CLONE_NEWUSER), EPERM);
}

TEST(limits)
{
	CHECK_EQ(put_text("/proc/sys/user/max_uts_namespaces", "0"), 0);
	CHECK_ERRNO(unshare(CLONE_NEWUTS), ENOSPC);
	CHECK_ERRNO(clone_new(CLONE_NEWUTS), ENOSPC);
	IN_CHILD(enter_user_ns(); CHECK_ERRNO(unshare(CLONE_NEWUTS), ENOSPC));
	CHECK_EQ(put_text("/proc/sys/user/max_uts_namespaces", "1000"), 0);
	CHECK_EQ(unshare(CLONE_NEWUTS), 0);
}

TEST(set_id_programs_without_a_name_give_nothing)
{
	become(1000);
	CHECK_EQ(unshare(CLONE_NEWUSER), 0);
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN), 1);
	CHECK_EQ(prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN), 0);
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN), 0);
}

/* A program that keeps its process waiting: it can't say what it has to say. */
static pid_t start_mute(const char *path)
{
	char *argv[] = { "mute", "--list", NULL }, one = 0;
	int full[2], started[2];
	pid_t pid;

	CHECK_EQ(pipe2(full, O_NONBLOCK), 0);
	while (write(full[1], &one, 1) == 1)
		;
	CHECK_EQ(fcntl(full[1], F_SETFL, 0), 0);
	CHECK_EQ(pipe2(started, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dup2(full[1], 1);
		execve(path, argv, NULL);
		_exit(1);
	}
	close(started[1]);
	CHECK_EQ(read(started[0], &one, 1), 0);
	close(started[0]);
	return pid;
}

extern const char __ehdr_start[];

static ssize_t peek(pid_t pid)
{
	char buf[4];
	struct iovec local = { buf, 4 }, remote = { (void *)__ehdr_start, 4 };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static void start_and_peek(bool readable)
{
	pid_t pid = start_mute("./program");

	if (readable)
		CHECK_EQ(peek(pid), 4);
	else
		CHECK_ERRNO(peek(pid), EPERM);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_KILLED(pid, SIGKILL);
}

/* To start a program in a user namespace of one's own is no way to read its file. */
TEST(programs_that_cannot_be_read_cannot_be_looked_into)
{
	char block[4096];
	ssize_t n;

	enter_scratch();
	CHECK_EQ(chmod(".", 0755), 0);
	int in = open("/proc/self/exe", O_RDONLY), out = creat("program", 0755);
	while ((n = read(in, block, sizeof(block))) > 0)
		CHECK_EQ(write(out, block, n), n);
	close(in);
	close(out);
	IN_CHILD(become(1000); enter_user_ns(); start_and_peek(true));
	CHECK_EQ(chmod("program", 0711), 0);
	IN_CHILD(become(1000); enter_user_ns(); start_and_peek(false));
	CHECK_EQ(chown("program", 1000, 1000), 0);
	CHECK_EQ(chmod("program", 0111), 0);
	IN_CHILD(become(1000); enter_user_ns(); start_and_peek(true));
}

TEST(new_and_the_others_at_once)
{
	become(1000);
	CHECK_ERRNO(unshare(CLONE_NEWUTS), EPERM);
	pid_t pid = fork_new(CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNET);

	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK_EQ(sethostname("inside", 6), 0);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK_EQ(unshare(CLONE_NEWUSER | CLONE_NEWUTS), 0);
	CHECK_EQ(sethostname("inside", 6), 0);
}

static unsigned seen_uid;

static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	seen_uid = info->si_uid;
}

TEST(a_sender_is_called_by_the_receivers_name)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	pid_t parent = getpid();

	become(1000);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	seen_uid = 7;
	IN_CHILD(enter_user_ns(); CHECK_EQ(getuid(), 0); CHECK_EQ(kill(parent, SIGUSR1), 0));
	CHECK_EQ(seen_uid, 1000);
}

TEST(threads_refuse)
{
	CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_clone,
			    CLONE_NEWUSER | CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0),
		    EINVAL);
}

/*
 * cgroup.c: control groups version 2: the tree, who is in a group, the pids controller, killing,
 * freezing, CLONE_INTO_CGROUP, delegation, namespaces.
 *
 * Each test makes its groups below one of its own. Those stay: a group goes only when somebody
 * removes it.
 */
#include "tests/abi/both.h"
#include <dirent.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#define TOP "/tmp/cgroup2"

/* The root of the tree, mounted; a group for this test as the working directory. */
static void enter_cgroup(void)
{
	char path[64];

	mkdir(TOP, 0755);
	if (access(TOP "/cgroup.procs", F_OK) && mount("none", TOP, "cgroup2", 0, NULL))
		FAIL("cannot mount cgroup2: %s", strerrorname_np(errno));
	snprintf(path, sizeof(path), TOP "/t%d", getpid());
	CHECK_EQ(mkdir(path, 0755), 0);
	CHECK_EQ(chdir(path), 0);
}

static int put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t done = write(fd, value, strlen(value));
	int error = errno;
	close(fd);
	errno = error;
	return done < 0 ? -1 : 0;
}

static int put_number(const char *path, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	return put(path, text);
}

static char *get(const char *path)
{
	static char text[4096];

	if (read_file(path, text, sizeof(text)) < 0)
		FAIL("%s: %s", path, strerrorname_np(errno));
	return text;
}

static bool has_line(const char *path, const char *line)
{
	size_t length = strlen(line);

	for (char *at = get(path); (at = strstr(at, line)) != NULL; at++)
		if (at[length] == '\n')
			return true;
	return false;
}

static bool lists(const char *path, pid_t pid)
{
	char line[16];
	bool found = false;

	snprintf(line, sizeof(line), "%d", pid);
	for (char *at = strtok(get(path), "\n"); at; at = strtok(NULL, "\n"))
		found |= !strcmp(at, line);
	return found;
}

/* "/t123/a" of a task; the tree's part of it. */
static const char *place_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	char *text = strstr(get(path), "0::");
	CHECK(text);
	text[strcspn(text, "\n")] = 0;
	return text + 3;
}

static const char *below(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "/t%d%s", getpid(), name);
	return path;
}

/* --- the tree --------------------------------------------------------------------------------- */

TEST(the_root)
{
	struct statfs fs;
	struct stat st;

	enter_cgroup();
	CHECK_EQ(statfs(TOP, &fs), 0);
	CHECK_EQ(fs.f_type, 0x63677270);
	CHECK_EQ(stat(TOP, &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 0555);
	CHECK(strstr(get(TOP "/cgroup.controllers"), "pids"));
	CHECK(lists(TOP "/cgroup.procs", getpid()));
	CHECK(lists(TOP "/cgroup.procs", 1));
	CHECK_STR(place_of(getpid()), "/");
	CHECK_ERRNO(access(TOP "/cgroup.events", F_OK), ENOENT);
	CHECK_ERRNO(access(TOP "/cgroup.kill", F_OK), ENOENT);
	CHECK_ERRNO(access(TOP "/pids.max", F_OK), ENOENT);
	CHECK_ERRNO(mount("none", TOP, "cgroup2", 0, "nonsense"), EINVAL);
}

TEST(files_and_directories)
{
	struct stat st;

	enter_cgroup();
	CHECK_EQ(stat("cgroup.procs", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(stat("cgroup.kill", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0200);
	CHECK_EQ(stat("cgroup.events", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0444);
	CHECK_EQ(st.st_size, 0);
	CHECK_STR(get("cgroup.type"), "domain\n");
	CHECK_STR(get("cgroup.procs"), "");
	CHECK(has_line("cgroup.events", "populated 0"));
	CHECK(has_line("cgroup.events", "frozen 0"));
	CHECK_EQ(mkdir("a", 0700), 0);
	CHECK_EQ(stat("a", &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 0700);
	CHECK_ERRNO(mkdir("a", 0755), EEXIST);
	CHECK_ERRNO(mkdir("cgroup.procs", 0755), EEXIST);
	CHECK_ERRNO(mkdir("x\ny", 0755), EINVAL);
	CHECK_ERRNO(rmdir("b"), ENOENT);
	CHECK_EQ(mkdir("a/b", 0755), 0);
	CHECK(has_line("cgroup.stat", "nr_descendants 2"));
	CHECK_ERRNO(rmdir("a"), EBUSY);
	CHECK_EQ(rmdir("a/b"), 0);
	CHECK_EQ(rmdir("a"), 0);
	CHECK_ERRNO(rmdir("a"), ENOENT);
	CHECK_ERRNO(unlink("cgroup.procs"), EPERM);
	CHECK(open("file", O_WRONLY | O_CREAT, 0644) == -1);
	CHECK_ERRNO(symlink("a", "link"), EPERM);
}

TEST(reading_a_directory)
{
	enter_cgroup();
	CHECK_EQ(mkdir("child", 0755), 0);
	DIR *dir = opendir(".");
	int files = 0, folders = 0, known = 0;
	CHECK(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		files += e->d_type == DT_REG;
		folders += e->d_type == DT_DIR;
		known += !strcmp(e->d_name, "cgroup.procs") || !strcmp(e->d_name, "cgroup.kill") ||
			 !strcmp(e->d_name, "child");
	}
	CHECK_EQ(known, 3);
	CHECK_EQ(folders, 3);
	CHECK(files >= 8);
}

TEST(a_removed_group)
{
	char byte;

	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	int dir = open("a", O_RDONLY), procs = open("a/cgroup.procs", O_RDWR);
	CHECK(dir >= 0 && procs >= 0);
	CHECK_EQ(rmdir("a"), 0);
	CHECK_ERRNO(read(procs, &byte, 1), ENODEV);
	CHECK_ERRNO(write(procs, "0", 1), ENODEV);
	CHECK_ERRNO(openat(dir, "cgroup.procs", O_RDONLY), ENOENT);
	CHECK_ERRNO(mkdirat(dir, "b", 0755), ENOENT);
	CHECK_EQ(mkdir("a", 0755), 0); /* another */
	CHECK_STR(get("a/cgroup.procs"), "");
}

/* --- who is where ----------------------------------------------------------------------------- */

TEST(moving_processes)
{
	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("a/b", 0755), 0);
	pid_t pid = idle_child();
	CHECK_EQ(put_number("a/b/cgroup.procs", pid), 0);
	CHECK_STR(place_of(pid), below("/a/b"));
	CHECK(lists("a/b/cgroup.procs", pid));
	CHECK(lists("a/b/cgroup.threads", pid));
	CHECK(!lists("a/cgroup.procs", pid));
	CHECK(!lists(TOP "/cgroup.procs", pid));
	CHECK(has_line("a/b/cgroup.events", "populated 1"));
	CHECK(has_line("a/cgroup.events", "populated 1"));
	CHECK(has_line("cgroup.events", "populated 1"));
	CHECK_ERRNO(rmdir("a/b"), EBUSY);
	CHECK_EQ(put_number("a/cgroup.procs", pid), 0);
	CHECK_STR(place_of(pid), below("/a"));
	CHECK(has_line("a/b/cgroup.events", "populated 0"));
	end_child(pid);
	CHECK(has_line("a/cgroup.events", "populated 0"));
	CHECK(has_line("cgroup.events", "populated 0"));
	CHECK_EQ(put("a/b/cgroup.procs", "0\n"), 0); /* the writer */
	CHECK_STR(place_of(getpid()), below("/a/b"));
	pid = idle_child();
	CHECK_STR(place_of(pid), below("/a/b")); /* children are born where their parents are */
	end_child(pid);
	CHECK_EQ(put(TOP "/cgroup.procs", "0"), 0);
	CHECK_EQ(rmdir("a/b"), 0);
}

TEST(moving_errors)
{
	enter_cgroup();
	CHECK_ERRNO(put("cgroup.procs", "x"), EINVAL);
	CHECK_ERRNO(put("cgroup.procs", "\n"), EINVAL);
	CHECK_ERRNO(put("cgroup.procs", "-1"), EINVAL);
	CHECK_ERRNO(put("cgroup.procs", "4000000"), ESRCH);
	CHECK_ERRNO(put("cgroup.procs", "2"), EINVAL); /* a kernel thread */
	CHECK_ERRNO(put_number("cgroup.threads", getpid()), EOPNOTSUPP);
	CHECK_ERRNO(put("cgroup.type", "domain"), EINVAL);
	CHECK_ERRNO(put("cgroup.events", "1"), EINVAL);
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	CHECK_SOON(task_state(pid) == 'Z');
	CHECK_EQ(put_number("cgroup.procs", pid), 0); /* the dead are left where they are */
	CHECK(!lists("cgroup.procs", pid));
	CHECK(has_line("cgroup.events", "populated 0"));
	CHECK_EXITED(pid, 0);
}

TEST(zombies_are_not_there)
{
	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	pid_t pid = idle_child();
	CHECK_EQ(put_number("a/cgroup.procs", pid), 0);
	kill(pid, SIGKILL);
	CHECK_SOON(task_state(pid) == 'Z');
	CHECK(has_line("a/cgroup.events", "populated 0"));
	CHECK(!lists("a/cgroup.procs", pid));
	CHECK_STR(place_of(pid), below("/a"));
	CHECK_EQ(rmdir("a"), 0);
	CHECK(strstr(place_of(pid), "/a (deleted)"));
	CHECK_KILLED(pid, SIGKILL);
}

static void *sleep_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

TEST(threads_move_together)
{
	pid_t *tid = shared_page();
	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	pid_t pid = fork();
	if (!pid) {
		pthread_t t;
		CHECK_EQ(pthread_create(&t, NULL, sleep_for_ever, NULL), 0);
		*tid = getpid() + 1;
		for (;;)
			pause();
	}
	CHECK_SOON(*tid != 0);
	CHECK_EQ(put_number("a/cgroup.procs", *tid), 0); /* any thread's number will do */
	CHECK(lists("a/cgroup.procs", pid));
	CHECK(!lists("a/cgroup.procs", *tid));
	CHECK(lists("a/cgroup.threads", pid));
	CHECK(lists("a/cgroup.threads", *tid));
	CHECK_EQ(put_number("a/cgroup.threads", *tid), 0); /* it is there already */
	CHECK_ERRNO(put_number("cgroup.threads", *tid), EOPNOTSUPP);
	end_child(pid);
}

TEST(events_can_be_polled)
{
	struct pollfd p = { .events = POLLPRI };
	char text[256];

	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	p.fd = open("a/cgroup.events", O_RDONLY);
	CHECK(p.fd >= 0);
	CHECK(read(p.fd, text, sizeof(text)) > 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	pid_t pid = idle_child();
	CHECK_EQ(put_number("a/cgroup.procs", pid), 0);
	CHECK_EQ(poll(&p, 1, 2000), 1);
	CHECK_EQ(p.revents, POLLPRI | POLLERR);
	CHECK_EQ(lseek(p.fd, 0, SEEK_SET), 0);
	CHECK(read(p.fd, text, sizeof(text)) > 0);
	CHECK(strstr(text, "populated 1"));
	CHECK_EQ(poll(&p, 1, 0), 0);
	end_child(pid);
	CHECK_EQ(poll(&p, 1, 2000), 1);
}

/* --- the pids controller ---------------------------------------------------------------------- */

static void enable_pids(void)
{
	CHECK_EQ(put(TOP "/cgroup.subtree_control", "+pids"), 0);
}

TEST(controllers_are_handed_down)
{
	enter_cgroup();
	enable_pids();
	CHECK(strstr(get("cgroup.controllers"), "pids"));
	CHECK_STR(get("cgroup.subtree_control"), "");
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_STR(get("a/cgroup.controllers"), "");
	CHECK_ERRNO(access("a/pids.max", F_OK), ENOENT);
	CHECK_ERRNO(put("a/cgroup.subtree_control", "+pids"), ENOENT);
	CHECK_ERRNO(put("cgroup.subtree_control", "+nonsense"), EINVAL);
	CHECK_ERRNO(put("cgroup.subtree_control", "pids"), EINVAL);
	CHECK_EQ(put("cgroup.subtree_control", "-pids"), 0);
	CHECK_EQ(put("cgroup.subtree_control", "-pids +pids"), 0);
	CHECK_STR(get("cgroup.subtree_control"), "pids\n");
	CHECK_EQ(access("a/pids.max", F_OK), 0);
	CHECK_EQ(put("a/pids.max", "5"), 0);
	CHECK_EQ(put("a/cgroup.subtree_control", "+pids"), 0);
	CHECK_ERRNO(put("cgroup.subtree_control", "-pids"), EBUSY);
	CHECK_EQ(put("a/cgroup.subtree_control", "-pids"), 0);
	CHECK_EQ(put("cgroup.subtree_control", "-pids"), 0);
	CHECK_ERRNO(access("a/pids.max", F_OK), ENOENT);
	CHECK_EQ(put("cgroup.subtree_control", "+pids"), 0);
	CHECK_STR(get("a/pids.max"), "max\n"); /* it has forgotten */
}

TEST(processes_live_in_the_leaves)
{
	enter_cgroup();
	enable_pids();
	CHECK_EQ(mkdir("a", 0755), 0);
	pid_t inner = idle_child(), leaf = idle_child();
	CHECK_EQ(put_number("a/cgroup.procs", leaf), 0);
	CHECK_EQ(put_number("cgroup.procs", inner), 0);
	CHECK_ERRNO(put("cgroup.subtree_control", "+pids"), EBUSY);
	CHECK_EQ(put_number(TOP "/cgroup.procs", inner), 0);
	CHECK_EQ(put("cgroup.subtree_control", "+pids"), 0);
	CHECK_ERRNO(put_number("cgroup.procs", inner), EBUSY);
	end_child(leaf);
	CHECK_EQ(put_number("cgroup.procs", inner), 0);
	end_child(inner);
}

TEST(pids_limit)
{
	enter_cgroup();
	enable_pids();
	CHECK_STR(get("pids.max"), "max\n");
	CHECK_STR(get("pids.current"), "0\n");
	CHECK_ERRNO(put("pids.max", "-1"), EINVAL);
	CHECK_ERRNO(put("pids.max", "many"), EINVAL);
	CHECK_ERRNO(put("pids.max", "99999999999"), EINVAL);
	CHECK_EQ(put("pids.max", "3\n"), 0);
	CHECK_STR(get("pids.max"), "3\n");
	CHECK_EQ(put("cgroup.procs", "0"), 0);
	CHECK_STR(get("pids.current"), "1\n");
	pthread_t t;
	CHECK_EQ(pthread_create(&t, NULL, sleep_for_ever, NULL), 0);
	pid_t pid = idle_child();
	CHECK_STR(get("pids.current"), "3\n");
	CHECK_ERRNO(fork(), EAGAIN);
	CHECK_EQ(pthread_create(&t, NULL, sleep_for_ever, NULL), EAGAIN);
	CHECK(has_line("pids.events", "max 2"));
	kill(pid, SIGKILL);
	CHECK_SOON(task_state(pid) == 'Z');
	CHECK_STR(get("pids.current"), "3\n"); /* until it is reaped */
	CHECK_ERRNO(fork(), EAGAIN);
	CHECK_KILLED(pid, SIGKILL);
	CHECK_STR(get("pids.current"), "2\n");
	pid = idle_child();
	end_child(pid);
	CHECK_STR(get("pids.peak"), "3\n");
	CHECK_EQ(put(TOP "/cgroup.procs", "0"), 0);
	CHECK_STR(get("pids.current"), "0\n");
}

TEST(pids_limit_from_above)
{
	enter_cgroup();
	enable_pids();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("b", 0755), 0);
	CHECK_EQ(put("cgroup.subtree_control", "+pids"), 0);
	CHECK_EQ(put("pids.max", "2"), 0);
	pid_t pid = idle_child(), second = idle_child();
	CHECK_EQ(put_number("b/cgroup.procs", pid), 0);
	CHECK_EQ(put_number("a/cgroup.procs", second), 0);
	CHECK_EQ(put("a/cgroup.procs", "0"), 0); /* moving is not held back */
	CHECK_STR(get("pids.current"), "3\n");
	CHECK_STR(get("a/pids.current"), "2\n");
	CHECK_ERRNO(fork(), EAGAIN);
	CHECK_EQ(put(TOP "/cgroup.procs", "0"), 0);
	CHECK(has_line("pids.events", "max 1"));
	CHECK(has_line("a/pids.events", "max 0"));
	end_child(pid);
	end_child(second);
}

/* --- killing and freezing --------------------------------------------------------------------- */

TEST(kill_takes_all_below)
{
	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	pid_t inner = idle_child(), leaf = idle_child(), outside = idle_child();
	CHECK_EQ(put_number("cgroup.procs", inner), 0);
	CHECK_EQ(put_number("a/cgroup.procs", leaf), 0);
	CHECK_ERRNO(put("cgroup.kill", "0"), ERANGE);
	CHECK_ERRNO(put("cgroup.kill", "2"), ERANGE);
	CHECK_ERRNO(put("cgroup.kill", "x"), EINVAL);
	CHECK_EQ(put("cgroup.kill", "1"), 0);
	CHECK_KILLED(inner, SIGKILL);
	CHECK_KILLED(leaf, SIGKILL);
	CHECK_EQ(kill(outside, 0), 0);
	end_child(outside);
}

static volatile int *counter;

static pid_t counting_child(void)
{
	counter = shared_page();
	pid_t pid = fork();

	CHECK(pid >= 0);
	while (!pid) {
		++*counter;
		usleep(500);
	}
	return pid;
}

static bool counts(void)
{
	int before = *counter;

	sleep_ms(40);
	return *counter != before;
}

TEST(freezing)
{
	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	pid_t pid = counting_child();
	CHECK_EQ(put_number("a/cgroup.procs", pid), 0);
	CHECK_ERRNO(put("cgroup.freeze", "2"), ERANGE);
	CHECK_ERRNO(put("cgroup.freeze", "x"), EINVAL);
	CHECK_STR(get("cgroup.freeze"), "0\n");
	CHECK_EQ(put("cgroup.freeze", "1"), 0);
	CHECK_STR(get("cgroup.freeze"), "1\n");
	CHECK_STR(get("a/cgroup.freeze"), "0\n");
	CHECK_SOON(has_line("cgroup.events", "frozen 1"));
	CHECK_SOON(has_line("a/cgroup.events", "frozen 1"));
	CHECK(!counts());
	CHECK_EQ(waitpid(pid, NULL, WNOHANG | WUNTRACED), 0); /* nobody is told */
	CHECK_EQ(put("cgroup.freeze", "0"), 0);
	CHECK_SOON(has_line("a/cgroup.events", "frozen 0"));
	CHECK_SOON(counts());
	end_child(pid);
}

static void count_signal(int signo)
{
	(void)signo;
	counter[1]++;
}

/* A mount of cgroup2 by somebody whose namespace begins in the working directory's group. */
static void mount_here(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		CHECK_EQ(put_number("cgroup.procs", getpid()), 0);
		CHECK_EQ(unshare(CLONE_NEWCGROUP | CLONE_NEWNS), 0);
		CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
		mkdir(TOP "-below", 0755);
		CHECK_EQ(mount("none", TOP "-below", "cgroup2", 0, NULL), 0);
		CHECK_EQ(access(TOP "-below/d", F_OK), -1);
		CHECK_EQ(access(TOP "-below/cgroup.type", F_OK), 0);
		_exit(0);
	}
	CHECK_EQ(wait_status(pid), 0);
}

/* Deeper than any stack: what goes for all below must not go down by calling itself. */
TEST(a_deep_tree)
{
	enum { DEPTH = 700 };
	char line[32];

	enter_cgroup();
	for (int i = 0; i < DEPTH; i++) {
		CHECK_EQ(mkdir("d", 0755), 0);
		CHECK_EQ(chdir("d"), 0);
	}
	pid_t pid = idle_child();
	CHECK_EQ(put_number("cgroup.procs", pid), 0);
	mount_here();
	for (int i = 0; i < DEPTH; i++)
		CHECK_EQ(chdir(".."), 0);
	CHECK(strlen(place_of(pid)) > 2 * DEPTH);
	snprintf(line, sizeof(line), "nr_descendants %d", DEPTH);
	CHECK(has_line("cgroup.stat", line));
	CHECK_EQ(put("cgroup.freeze", "1"), 0);
	while (!has_line("cgroup.events", "frozen 1"))
		usleep(1000);
	CHECK_EQ(put("cgroup.freeze", "0"), 0);
	while (!has_line("cgroup.events", "frozen 0"))
		usleep(1000);
	CHECK_EQ(put("cgroup.kill", "1"), 0);
	wait_status(pid);
	while (has_line("cgroup.events", "populated 1"))
		usleep(1000);
	for (int i = 0; i < DEPTH; i++)
		CHECK_EQ(chdir("d"), 0);
	for (int i = 0; i < DEPTH; i++) {
		CHECK_EQ(chdir(".."), 0);
		CHECK_EQ(rmdir("d"), 0);
	}
}

TEST(frozen_processes_wait_with_signals)
{
	enter_cgroup();
	signal(SIGUSR1, count_signal);
	pid_t pid = counting_child();
	CHECK_EQ(put_number("cgroup.procs", pid), 0);
	CHECK_EQ(put("cgroup.freeze", "1"), 0);
	CHECK_SOON(has_line("cgroup.events", "frozen 1"));
	kill(pid, SIGUSR1);
	sleep_ms(30);
	CHECK_EQ(counter[1], 0);
	CHECK_EQ(put("cgroup.freeze", "0"), 0);
	CHECK_SOON(counter[1] == 1);
	CHECK_SOON(counts());
	CHECK_EQ(put("cgroup.freeze", "1"), 0);
	CHECK_SOON(has_line("cgroup.events", "frozen 1"));
	kill(pid, SIGTERM); /* one that kills needs nobody's help */
	CHECK_KILLED(pid, SIGTERM);
}

TEST(frozen_processes_can_be_killed)
{
	enter_cgroup();
	pid_t pid = counting_child();
	CHECK_EQ(put_number("cgroup.procs", pid), 0);
	CHECK_EQ(put("cgroup.freeze", "1"), 0);
	CHECK_SOON(has_line("cgroup.events", "frozen 1"));
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	CHECK(has_line("cgroup.events", "populated 0"));
}

TEST(moving_in_and_out_of_the_cold)
{
	enter_cgroup();
	CHECK_EQ(put("cgroup.freeze", "1"), 0);
	CHECK(has_line("cgroup.events", "frozen 1")); /* nobody is there */
	pid_t pid = counting_child();
	CHECK(counts());
	CHECK_EQ(put_number("cgroup.procs", pid), 0);
	CHECK_SOON(has_line("cgroup.events", "frozen 1"));
	CHECK(!counts());
	CHECK_EQ(put_number(TOP "/cgroup.procs", pid), 0);
	CHECK_SOON(counts());
	end_child(pid);
}

TEST(a_frozen_sleep_goes_on)
{
	int *done = shared_page();
	enter_cgroup();
	pid_t pid = fork();
	if (!pid) {
		struct timespec t = { 0, 200000000 };
		done[1] = nanosleep(&t, NULL) ? errno : 0;
		done[0] = 1;
		_exit(0);
	}
	CHECK_EQ(put_number("cgroup.procs", pid), 0);
	sleep_ms(20);
	CHECK_EQ(put("cgroup.freeze", "1"), 0);
	CHECK_SOON(has_line("cgroup.events", "frozen 1"));
	sleep_ms(300);
	CHECK_EQ(done[0], 0);
	CHECK_EQ(put("cgroup.freeze", "0"), 0);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(done[1], 0);
}

/* --- clone ------------------------------------------------------------------------------------ */

static long clone_into(int fd, uint64_t flags, size_t size)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP | flags,
				   .exit_signal = flags & CLONE_THREAD ? 0 : SIGCHLD,
				   .cgroup = (uint64_t)fd };
	long pid = syscall(SYS_clone3, &args, size);

	while (!pid)
		pause();
	return pid;
}

TEST(clone_into_a_group)
{
	enter_cgroup();
	enable_pids();
	CHECK_EQ(mkdir("a", 0755), 0);
	int dir = open("a", O_RDONLY | O_DIRECTORY), path = open("a", O_PATH);
	long pid = clone_into(dir, 0, 88), second = clone_into(path, 0, 88);
	CHECK(pid > 0 && second > 0);
	CHECK(lists("a/cgroup.procs", (pid_t)pid));
	CHECK_STR(place_of((pid_t)second), below("/a"));
	end_child((pid_t)pid);
	end_child((pid_t)second);
	CHECK_EQ(put("cgroup.subtree_control", "+pids"), 0);
	CHECK_EQ(put("a/pids.max", "0"), 0);
	CHECK_ERRNO(clone_into(dir, 0, 88), EAGAIN);
	CHECK(has_line("a/pids.events", "max 1"));
}

/* A bomb that is held by its limit, and then goes as a whole. */
TEST(a_fork_bomb)
{
	enter_cgroup();
	enable_pids();
	CHECK_EQ(put("pids.max", "40"), 0);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(put("cgroup.procs", "0"), 0);
		for (int i = 0;; i++) {
			if (fork() == -1 && i % 7 == 0)
				_exit(0);
			if (i % 5 == 0)
				while (waitpid(-1, NULL, WNOHANG) > 0)
					;
		}
	}
	CHECK_SOON(atoi(get("pids.current")) >= 40);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(put("cgroup.freeze", "1"), 0);
		CHECK_SOON(has_line("cgroup.events", "frozen 1"));
		CHECK(atoi(get("pids.current")) <= 40);
		CHECK_EQ(put("cgroup.freeze", "0"), 0);
		sleep_ms(10);
	}
	CHECK_EQ(put("cgroup.kill", "1"), 0);
	wait_status(pid);
	CHECK_SOON(has_line("cgroup.events", "populated 0"));
	CHECK_STR(get("cgroup.procs"), "");
	CHECK_SOON(!strcmp(get("pids.current"), "0\n"));
}

TEST(clone_into_errors)
{
	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	int dir = open("a", O_RDONLY), file = open("a/cgroup.procs", O_RDONLY);
	int tmp = open("/tmp", O_RDONLY);
	CHECK_ERRNO(clone_into(dir, 0, 80), EINVAL);
	CHECK_ERRNO(clone_into(-1, 0, 88), EINVAL);
	CHECK_ERRNO(clone_into(800, 0, 88), EBADF);
	CHECK_ERRNO(clone_into(file, 0, 88), EBADF);
	CHECK_ERRNO(clone_into(tmp, 0, 88), EBADF);
	CHECK_ERRNO(clone_into(dir, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 88), EOPNOTSUPP);
	CHECK_EQ(rmdir("a"), 0);
	CHECK_ERRNO(clone_into(dir, 0, 88), ENOENT);
}

/* --- delegation and namespaces ---------------------------------------------------------------- */

TEST(delegation)
{
	struct stat st;

	enter_cgroup();
	CHECK_EQ(mkdir("given", 0755), 0);
	CHECK_EQ(mkdir("kept", 0755), 0);
	pid_t pid = idle_child();
	CHECK_EQ(put_number("given/cgroup.procs", pid), 0);
	CHECK_EQ(chown("given", ORDINARY_UID, ORDINARY_UID), 0);
	CHECK_EQ(chown("given/cgroup.procs", ORDINARY_UID, ORDINARY_UID), 0);
	CHECK_EQ(chown("given/cgroup.subtree_control", ORDINARY_UID, ORDINARY_UID), 0);
	int kept = open("kept", O_RDONLY);
	become(ORDINARY_UID);
	CHECK_ERRNO(mkdir("kept/x", 0755), EACCES);
	CHECK_ERRNO(put("kept/cgroup.procs", "0"), EACCES);
	CHECK_EQ(mkdir("given/a", 0755), 0);
	CHECK_EQ(mkdir("given/b", 0755), 0);
	CHECK_EQ(stat("given/a/cgroup.procs", &st), 0);
	CHECK_EQ(st.st_uid, ORDINARY_UID);
	CHECK_EQ(put_number("given/a/cgroup.procs", pid), 0); /* root's process, but in its part */
	CHECK_EQ(put_number("given/b/cgroup.procs", pid), 0);
	CHECK_ERRNO(put("given/a/cgroup.procs", "0"), EACCES); /* it comes from outside */
	CHECK_ERRNO(clone_into(kept, 0, 88), EACCES);
	int a = open("given/a", O_RDONLY);
	CHECK_ERRNO(clone_into(a, 0, 88), EACCES);
	CHECK_ERRNO(put("given/cgroup.freeze", "1"), EACCES);
	CHECK_EQ(put("given/a/cgroup.freeze", "1"), 0);
	CHECK_EQ(put("given/b/cgroup.kill", "1"), 0);
	CHECK_KILLED(pid, SIGKILL);
	CHECK_EQ(rmdir("given/b"), 0);
}

TEST(namespace_shows_its_part)
{
	enter_cgroup();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("a/b", 0755), 0);
	pid_t outside = idle_child();
	CHECK_EQ(put("a/cgroup.procs", "0"), 0);
	CHECK_EQ(unshare(CLONE_NEWCGROUP), 0);
	CHECK_STR(place_of(getpid()), "/");
	CHECK_STR(place_of(outside), "/../..");
	pid_t pid = idle_child();
	CHECK_EQ(put_number("a/b/cgroup.procs", pid), 0);
	CHECK_STR(place_of(pid), "/b");
	CHECK_EQ(put_number("cgroup.procs", pid), 0);
	CHECK_STR(place_of(pid), "/..");
	mkdir("/tmp/cgroup2.inside", 0755);
	CHECK_EQ(mount("none", "/tmp/cgroup2.inside", "cgroup2", 0, NULL), 0);
	CHECK(lists("/tmp/cgroup2.inside/cgroup.procs", getpid()));
	CHECK_EQ(access("/tmp/cgroup2.inside/b/cgroup.procs", F_OK), 0);
	CHECK_EQ(umount("/tmp/cgroup2.inside"), 0);
	end_child(pid);
	end_child(outside);
}

/*
 * oom.c: who is to go when memory is out: oom_score and oom_score_adj, and what may be set.
 *
 * Called with --hog KIND it is also what the console tests let loose: an ordinary user's program
 * that takes all it can get of one thing and asks for more, for ever. KIND: memory, fork, tmpfs,
 * pipes, threads, files.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

static char path[100], text[4096];

static int adj_write(pid_t pid, int adj)
{
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	int fd = open(path, O_WRONLY);
	CHECK(fd >= 0);
	snprintf(text, sizeof(text), "%d\n", adj);
	int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return error;
}

static int number_of(pid_t pid, const char *name)
{
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	CHECK(read_file(path, text, sizeof(text)) > 0);
	return atoi(text);
}

static int adj_read(pid_t pid)
{
	return number_of(pid, "oom_score_adj");
}

TEST(adjustment)
{
	CHECK_EQ(adj_read(getpid()), 0);
	CHECK_EQ(adj_write(getpid(), 1000), 0);
	CHECK_EQ(adj_read(getpid()), 1000);
	CHECK_EQ(adj_write(getpid(), -1000), 0);
	CHECK_EQ(adj_read(getpid()), -1000);
	CHECK_EQ(adj_write(getpid(), 1001), EINVAL);
	CHECK_EQ(adj_write(getpid(), -1001), EINVAL);
	CHECK_EQ(adj_read(getpid()), -1000);
	IN_CHILD(CHECK_EQ(adj_read(getpid()), -1000));
}

TEST(adjustment_by_a_user)
{
	CHECK_EQ(adj_write(getpid(), 300), 0);
	IN_CHILD(CHECK_EQ(syscall(SYS_setresuid, 4711, 4711, 4711), 0);
		 CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
		 CHECK_EQ(adj_write(getpid(), 200), EACCES);
		 CHECK_EQ(adj_write(getpid(), 500), 0);
		 /* Back, but not below what root has set. */
		 CHECK_EQ(adj_write(getpid(), 400), 0);
		 CHECK_EQ(adj_write(getpid(), 300), 0);
		 CHECK_EQ(adj_write(getpid(), 299), EACCES);
		 IN_CHILD(CHECK_EQ(adj_write(getpid(), 299), EACCES);
			  CHECK_EQ(adj_read(getpid()), 300)));
}

static int wait_for_byte(void *arg)
{
	char c;

	(void)!read(*(int *)arg, &c, 1);
	return 0;
}

TEST(adjustment_follows_the_address_space)
{
	static char stack[16384] __attribute__((aligned(16)));
	int pipes[2];

	CHECK_EQ(pipe(pipes), 0);
	pid_t pid = clone(wait_for_byte, stack + sizeof(stack), CLONE_VM | SIGCHLD, &pipes[0]);
	CHECK(pid > 0);
	CHECK_EQ(adj_write(pid, 77), 0);
	CHECK_EQ(adj_read(getpid()), 77);
	CHECK_EQ(write(pipes[1], "", 1), 1);
	CHECK_EXITED(pid, 0);
}

TEST(score)
{
	CHECK_EQ(adj_write(getpid(), -1000), 0);
	CHECK_EQ(number_of(getpid(), "oom_score"), 0);
	CHECK_EQ(adj_write(getpid(), 0), 0);
	int plain = number_of(getpid(), "oom_score");
	CHECK(plain >= 660 && plain < 700);
	char *room =
		mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(room, 1, 32 << 20);
	CHECK(number_of(getpid(), "oom_score") >= plain + 20);
	CHECK_EQ(adj_write(getpid(), 1000), 0);
	CHECK(number_of(getpid(), "oom_score") > 1333);
	CHECK_EQ(adj_write(getpid(), -900), 0);
	CHECK(number_of(getpid(), "oom_score") < plain);
}

static void setting(const char *name, const char *good, const char *bad)
{
	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	int fd = open(path, O_RDWR);
	CHECK(fd >= 0);
	ssize_t got = read(fd, text, sizeof(text) - 1);
	CHECK(got > 0);
	CHECK_EQ(pwrite(fd, good, strlen(good), 0), strlen(good));
	CHECK_ERRNO(pwrite(fd, bad, strlen(bad), 0), EINVAL);
	CHECK_EQ(pwrite(fd, text, got, 0), got);
	close(fd);
}

TEST(settings)
{
	setting("panic_on_oom", "0", "3");
	setting("oom_kill_allocating_task", "0", "x");
	setting("oom_dump_tasks", "1", "x");
	setting("min_free_kbytes", "2000", "-1");
	write_file("/proc/sys/vm/drop_caches", "3\n", 2);
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	CHECK_ERRNO(write(fd, "0", 1), EINVAL);
}

/* --- what takes all it can get --- */

static void hog_memory(void)
{
	for (;;) {
		char *room = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (room != MAP_FAILED)
			memset(room, 1, 1 << 20);
	}
}

static void hog_fork(void)
{
	for (;;)
		fork();
}

static void hog_tmpfs(void)
{
	static char block[65536];
	char name[60];

	snprintf(name, sizeof(name), "/tmp/hog.%d", getpid());
	int fd = open(name, O_WRONLY | O_CREAT, 0600);
	for (;;)
		if (write(fd, block, sizeof(block)) < 0)
			sched_yield();
}

static void files_most(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void hog_pipes(void)
{
	static char block[65536];
	int pipes[2];

	files_most();
	for (;;) {
		if (pipe2(pipes, O_NONBLOCK))
			sched_yield();
		else
			(void)!write(pipes[1], block, sizeof(block));
	}
}

static void hog_files(void)
{
	files_most();
	for (;;)
		if (open("/proc/self/status", O_RDONLY) < 0)
			sched_yield();
}

static void *spin(void *arg)
{
	for (;;)
		sched_yield();
	return arg;
}

static void hog_threads(void)
{
	pthread_t thread;

	for (;;)
		if (pthread_create(&thread, NULL, spin, NULL))
			sched_yield();
}

static int hog(const char *kind)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} hogs[] = {{"memory", hog_memory}, {"fork", hog_fork},       {"tmpfs", hog_tmpfs},
		    {"pipes", hog_pipes},   {"threads", hog_threads}, {"files", hog_files}};

	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return 1;
	if (!strcmp(kind, "end"))
		return kill(-1, SIGKILL);
	for (unsigned i = 0; i < sizeof(hogs) / sizeof(hogs[0]); i++)
		if (!strcmp(hogs[i].name, kind))
			hogs[i].run();
	return 2;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "--hog"))
		return hog(argv[2]);
	return abi_main(argc, argv);
}

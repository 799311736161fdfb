/*
 * clone_fuzz.c: random lives. Tasks that clone, clone3, unshare, setns, exec, exit, wait, kill,
 * stop and freeze each other, with flags, signals and numbers at random, as root and as an ordinary
 * user, for SECONDS (environment; 4 if not given) from a SEED (environment; else the clock), which
 * is printed when something fails. No result is looked at: the kernel must stay alive, let
 * everybody be killed at the end, and have lost nothing.
 *
 * All live in one control group, which bounds their number and takes them away. They send signals
 * only to numbers above the test's own, so neither init nor the harness is hit.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 4000
#include "tests/abi/objects.h"
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { TASKS = 120, WORKERS = 8, KNOWN = 64, STACK = 32768 };

#define TOP "/tmp/fuzz.cgroup"

struct shared {
	volatile int64_t end_ms;
	volatile pid_t known[KNOWN]; /* who may be hit */
	volatile unsigned next;
	volatile pid_t lowest; /* nobody below is touched */
};

static struct shared *shared;
static unsigned seed, seconds = 4;

struct life {
	uint64_t random;
	int depth;
};

static unsigned pick(struct life *me, unsigned below)
{
	me->random = me->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(me->random >> 33) % below;
}

static pid_t somebody(struct life *me)
{
	pid_t pid = shared->known[pick(me, KNOWN)];

	return pid > shared->lowest ? pid : 0;
}

static void live(struct life *me, int steps);

static int live_a_little(void *arg)
{
	struct life me = *(struct life *)arg;

	shared->known[shared->next++ % KNOWN] = (pid_t)syscall(SYS_gettid);
	live(&me, 12);
	return 0;
}

/* Any set of the flags that need no care about stacks; now and then one more than is wise. */
static uint64_t some_flags(struct life *me)
{
	static const uint64_t flags[] = {
		CLONE_FS, CLONE_FILES, CLONE_VFORK, CLONE_PARENT, CLONE_NEWNS, CLONE_SYSVSEM,
		CLONE_UNTRACED, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
		CLONE_NEWPID, CLONE_NEWNET, CLONE_IO, CLONE_PTRACE, CLONE_CHILD_CLEARTID,
		CLONE_NEWTIME, CLONE_CLEAR_SIGHAND,
	};
	uint64_t set = 0;

	for (unsigned n = pick(me, 4); n > 0; n--)
		set |= flags[pick(me, sizeof(flags) / sizeof(flags[0]))];
	return set;
}

/* With the memory shared, on a stack of its own; the stack is left to whoever unmaps it all. */
static void clone_here(struct life *me)
{
	static const int sets[] = {
		CLONE_VM, CLONE_VM | CLONE_VFORK, CLONE_VM | CLONE_SIGHAND,
		CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
		CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM,
		CLONE_VM | CLONE_PARENT, CLONE_VM | CLONE_NEWPID, CLONE_VM | CLONE_NEWUSER,
	};
	struct life *child;
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack == MAP_FAILED)
		return;
	child = (struct life *)stack;
	*child = (struct life){ me->random ^ (uint64_t)pick(me, 1 << 30), me->depth + 1 };
	if (clone(live_a_little, stack + STACK, sets[pick(me, 8)] | (pick(me, 2) ? SIGCHLD : 0),
		  child, NULL, NULL, NULL) < 0)
		munmap(stack, STACK);
}

static void clone_apart(struct life *me)
{
	int pidfd = -1;
	bool wants_pidfd = pick(me, 3) == 0;
	struct clone_args args = {
		.flags = some_flags(me) | (wants_pidfd ? CLONE_PIDFD : 0),
		.exit_signal = pick(me, 3) ? SIGCHLD : pick(me, 66),
		.pidfd = (uintptr_t)&pidfd,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0) {
		struct life child = { me->random ^ (uint64_t)getpid() << 20, me->depth + 1 };

		syscall(SYS_exit, live_a_little(&child));
	}
	if (pid > 0 && pidfd >= 0 && pick(me, 4))
		close(pidfd);
}

static void signal_somebody(struct life *me)
{
	static const int signals[] = { SIGKILL, SIGSTOP, SIGCONT, SIGCONT, SIGCONT,
				       SIGTERM, SIGUSR1, SIGCHLD, SIGTSTP, 40 };
	pid_t pid = somebody(me);
	int signo = signals[pick(me, 10)];

	if (!pid)
		return;
	if (pick(me, 2)) {
		kill(pid, signo);
		return;
	}
	int fd = (int)syscall(SYS_pidfd_open, pid, pick(me, 2) ? O_EXCL : 0);
	syscall(SYS_pidfd_send_signal, fd, signo, NULL, pick(me, 3));
	close((int)syscall(SYS_pidfd_getfd, fd, pick(me, 8), 0));
	if (pick(me, 2))
		close(fd);
}

static void enter_somebody(struct life *me)
{
	static const int flags[] = { CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWPID, CLONE_NEWUSER,
				     CLONE_NEWCGROUP, CLONE_NEWNET };
	pid_t pid = somebody(me);
	int fd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	setns(fd, flags[pick(me, 6)]);
	close(fd);
}

static void wait_a_little(struct life *me)
{
	int options[] = { WNOHANG, WNOHANG | __WALL, WNOHANG | __WCLONE, WNOHANG | WUNTRACED };

	for (int i = 0; i < 4; i++)
		waitpid(-1, NULL, options[pick(me, 4)]);
	if (pick(me, 4) == 0)
		usleep(pick(me, 2000));
}

static void change_oneself(struct life *me)
{
	switch (pick(me, 8)) {
	case 0:
		setpgid(0, 0);
		break;
	case 1:
		setsid();
		break;
	case 2:
		prctl(PR_SET_CHILD_SUBREAPER, pick(me, 2));
		break;
	case 3:
		prctl(PR_SET_PDEATHSIG, pick(me, 64));
		break;
	case 4:
		signal(1 + (int)pick(me, 30), pick(me, 2) ? SIG_IGN : SIG_DFL);
		break;
	case 5:
		syscall(SYS_ioprio_set, 1, 0, 2 << 13 | pick(me, 8));
		break;
	case 6:
		syscall(SYS_kcmp, getpid(), somebody(me), pick(me, 8), 0, 0);
		break;
	default:
		syscall(SYS_unshare, some_flags(me));
	}
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			errno = 0; /* it may be refused */
		close(fd);
	}
}

static void move_about(struct life *me)
{
	char text[16], path[] = TOP "/fuzz/a/cgroup.procs";

	path[sizeof(TOP "/fuzz/") - 1] = pick(me, 2) ? 'a' : 'b';
	snprintf(text, sizeof(text), "%d", somebody(me));
	put(path, text);
	if (pick(me, 4) == 0)
		put(TOP "/fuzz/a/cgroup.freeze", pick(me, 3) ? "0" : "1");
}

static void exec_oneself(struct life *me)
{
	char random[24], depth[16];

	snprintf(random, sizeof(random), "%llu", (unsigned long long)me->random);
	snprintf(depth, sizeof(depth), "%d", me->depth + 1);
	execl("/proc/self/exe", "clone_fuzz", "--live", random, depth, NULL);
}

static void live(struct life *me, int steps)
{
	while (steps-- > 0 && now_ms() < shared->end_ms) {
		unsigned what = pick(me, 100);

		if (what < 22 && me->depth < 12)
			clone_apart(me);
		else if (what < 40 && me->depth < 12)
			clone_here(me);
		else if (what < 55)
			wait_a_little(me);
		else if (what < 70)
			signal_somebody(me);
		else if (what < 82)
			change_oneself(me);
		else if (what < 86)
			enter_somebody(me);
		else if (what < 92)
			move_about(me);
		else if (what < 96)
			exec_oneself(me);
		else if (what < 97)
			syscall(SYS_exit_group, 1);
		else if (what < 98)
			syscall(SYS_exit, 2);
	}
}

/* The page is handed to exec'd programs as a file. */
static void share_page(bool fresh)
{
	int fd = open("/tmp/fuzz.page", O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	CHECK(shared != MAP_FAILED);
	if (fresh) {
		fchmodat(AT_FDCWD, "/tmp/fuzz.page", 0666, 0);
		memset(shared, 0, sizeof(*shared));
	}
}

static pid_t start_worker(int i)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid)
		return pid;
	struct life me = { seed * 1000003ULL + (unsigned)i, 0 };
	put(TOP "/fuzz/a/cgroup.procs", "0");
	setpgid(0, 0);
	if (i % 2)
		CHECK_EQ(syscall(SYS_setresuid, 1000, 1000, 1000), 0);
	for (int round = 0; now_ms() < shared->end_ms; round++) {
		pid = fork();
		if (!pid) {
			me.random += (uint64_t)round << 8;
			_exit(live_a_little(&me));
		}
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		usleep(1000);
	}
	_exit(0);
}

static void lives(void)
{
	char events[200];

	shared->end_ms = now_ms() + seconds * 1000;
	put(TOP "/fuzz/a/cgroup.freeze", "0");
	for (int i = 0; i < WORKERS; i++)
		start_worker(i);
	while (now_ms() < shared->end_ms) {
		sleep_ms(20);
		put(TOP "/fuzz/a/cgroup.freeze", "0"); /* somebody must */
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
	put(TOP "/fuzz/cgroup.kill", "1");
	for (int tries = 0;; tries++) {
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		CHECK(read_file(TOP "/fuzz/cgroup.events", events, sizeof(events)) > 0);
		if (strstr(events, "populated 0") && waitpid(-1, NULL, WNOHANG | __WALL) == -1)
			break;
		if (tries == 2000)
			FAIL("seed %u: somebody outlives SIGKILL", seed);
		sleep_ms(5);
	}
	seed++;
}

TEST(random_lives)
{
	char *text = getenv("SECONDS");

	if (text)
		seconds = (unsigned)atoi(text);
	text = getenv("SEED");
	seed = text ? (unsigned)atoi(text) : (unsigned)time(NULL);
	share_page(true);
	shared->lowest = getpid();
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	mkdir(TOP, 0755);
	CHECK_EQ(mount("none", TOP, "cgroup2", 0, NULL), 0);
	put(TOP "/cgroup.subtree_control", "+pids");
	CHECK_EQ(mkdir(TOP "/fuzz", 0755), 0);
	CHECK_EQ(mkdir(TOP "/fuzz/a", 0755), 0);
	CHECK_EQ(mkdir(TOP "/fuzz/b", 0755), 0);
	char limit[8];
	snprintf(limit, sizeof(limit), "%d", TASKS);
	put(TOP "/fuzz/pids.max", limit);
	objects_check(lives);
	CHECK_EQ(rmdir(TOP "/fuzz/a"), 0);
	CHECK_EQ(rmdir(TOP "/fuzz/b"), 0);
	CHECK_EQ(rmdir(TOP "/fuzz"), 0);
	CHECK_EQ(umount(TOP), 0);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--live")) {
		struct life me = { strtoull(argv[2], NULL, 10), atoi(argv[3]) };

		share_page(false);
		return live_a_little(&me);
	}
	return abi_main(argc, argv);
}

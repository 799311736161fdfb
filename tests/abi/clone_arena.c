/*
 * clone_arena.c: random clone, clone3, unshare, setns, exec, exit, wait and signals from many tasks
 * at once, for SECONDS (environment or first argument; 3 if not given), from a seed (SEED or
 * second argument; 1 if not given) that is printed. Once as root, once as an ordinary user.
 *
 * Those who act live in an arena: a control group of its own, which bounds their number, and a pid
 * namespace with no /proc but its own, so that whatever they kill or enter is one of theirs. The
 * arena's init makes actors, reaps, and every second or two kills all and waits until nothing is
 * left: a task that cannot be killed or reaped shows there, as a hang. The supervisor outside ends
 * the arena's init, in one of three ways, and looks for what was lost: page tables
 * (/proc/sys/pando/check) and objects.
 *
 * An actor takes a number of random steps. Children take fewer, so that trees end. Who shares
 * memory runs on a stack of its own with the thread pointer that it finds; all use raw calls only.
 * The order of steps is the scheduler's: a seed repeats the choices of each actor, not the run.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 100000
#include "tests/abi/clone_flags.h"
#include "tests/abi/clone_observe.h"
#include "tests/abi/objects.h"
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/resource.h>

enum {
	USER = 1000,
	TASKS = 120,	/* that live in the arena at a time */
	ACTORS = 8,	/* that its init keeps going */
	DEPTH = 4,
	STEPS = 60,
	STACK = 32 << 10,
	HANDLES = 8,	/* pidfds, and descriptors of namespaces, that an actor remembers */
	GROUPS = 3,
	PATIENCE_MS = 15000,
};

#define CGROUPS "/tmp/cgroup2"

enum kind { CLONED, CLONED3, UNSHARED, ENTERED, WAITED, SIGNALLED, EXECED, KINDS };

static unsigned seconds = 10, seed;
static const char *self_path;
static char arena[80];

/* In memory that all see, save those who have execed. */
static struct common {
	_Atomic long tries[KINDS], done[KINDS];
	_Atomic long step_of_init;
} *common;

/* Of an actor; shared, and raced for, by those who share its memory. */
static uint64_t random_state;
static int handles[HANDLES];
static int group_fds[GROUPS];
static volatile int words[4];
static struct { int depth; uint64_t random; } starts[64];
static _Atomic unsigned starts_used;
static volatile int handled;

static unsigned pick(unsigned below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % below;
}

static bool once_in(unsigned times)
{
	return pick(times) == 0;
}

static long count(enum kind kind, long result)
{
	common->tries[kind]++;
	common->done[kind] += result >= 0;
	return result;
}

static void remember(long fd)
{
	int at = pick(HANDLES);

	if (fd < 0)
		return;
	if (handles[at] > 2)
		RAW(SYS_close, handles[at]);
	handles[at] = (int)fd;
}

static int some_handle(void)
{
	return handles[pick(HANDLES)];
}

/* Numbers begin anew in each namespace: small ones are likely to exist. */
static int some_pid(void)
{
	switch (pick(6)) {
	case 0:
		return RAW(SYS_getpid);
	case 1:
		return RAW(SYS_gettid) + pick(4);
	case 2:
		return RAW(SYS_getppid);
	case 3:
		return 1 + pick(8);
	default:
		return 2 + pick(600);
	}
}

static uint64_t some_flags(void)
{
	uint64_t bits = 0;

	switch (pick(4)) {
	case 0:
		return real[pick(sizeof(real) / sizeof(real[0]))];
	case 1:
		return once_in(2) ? 0 : A_PTHREAD;
	case 2:
		for (int i = pick(4); i >= 0; i--)
			bits |= sharing[pick(SHARING)];
		return bits;
	default:
		for (int i = pick(3); i >= 0; i--)
			bits |= flags[pick(FLAGS)].bit;
		return bits;
	}
}

static void steps(int depth);

static void on_signal(int signal)
{
	(void)signal;
	handled++;
}

static void exec_again(int depth)
{
	char text[24];
	char *argv[] = { (char *)self_path, once_in(3) ? "--again" : "--quit", text, NULL };
	char *envp[] = { NULL };

	snprintf(text, sizeof(text), "%u", pick(1u << 30) * 8 + depth);
	count(EXECED, RAW(SYS_execve, self_path, argv, envp));
}

/* --- clone ------------------------------------------------------------------------------------ */

static void child(void *arg)
{
	long slot = (long)arg;

	/* On shared memory this upsets the sharers' sequence, as it should. */
	random_state ^= starts[slot].random;
	if (starts[slot].depth > 0)
		steps(starts[slot].depth - 1);
	if (once_in(12))
		exec_again(starts[slot].depth);
	if (once_in(12)) {
		long me = RAW(SYS_getpid);

		RAW(SYS_kill, me, once_in(2) ? SIGKILL : SIGSEGV);
	}
	for (;;)
		RAW(once_in(2) ? SYS_exit : SYS_exit_group, 0);
}

/* A stack for who shares memory; it is not freed, for nobody knows when. */
static char *stack_new(void)
{
	long at = RAW(SYS_mmap, NULL, STACK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at < 0 && at > -4096 ? NULL : (char *)at;
}

static long slot_new(int depth)
{
	long slot = starts_used++ % 64;

	starts[slot].depth = depth;
	starts[slot].random = (uint64_t)pick(1u << 30) << 20;
	return slot;
}

static void do_clone(int depth)
{
	uint64_t bits = some_flags() & 0xffffffff;
	char *stack = stack_new();
	int signal = once_in(4) ? (int)pick(65) : SIGCHLD;
	long args[5] = { (long)(bits | signal), (long)(stack + STACK), (long)&words[0],
			 (long)__builtin_thread_pointer(), (long)&words[1] };
	long pid;

	if (!stack)
		return;
	pid = count(CLONED, raw_clone(SYS_clone, args, child, (void *)slot_new(depth)));
	if (pid > 0 && (bits & CLONE_PIDFD) && !(bits & CLONE_VM))
		remember(words[0]);
	if (pid < 0 || !(bits & CLONE_VM))
		RAW(SYS_munmap, stack, STACK);
}

static void do_clone3(int depth)
{
	static int pidfd;
	pid_t wanted[2] = { 300 + (pid_t)pick(200), 2 + (pid_t)pick(50) };
	char *stack = stack_new();
	struct clone_args args = {
		.flags = some_flags() | (once_in(4) ? CLONE_PIDFD : 0),
		.exit_signal = once_in(3) ? 0 : SIGCHLD,
		.stack = (long)stack, .stack_size = STACK,
		.pidfd = (long)&pidfd, .child_tid = (long)&words[2], .parent_tid = (long)&words[3],
		.tls = (long)__builtin_thread_pointer(),
	};
	long pid, call[5] = { (long)&args, sizeof(args) };

	if (!stack)
		return;
	if (once_in(6)) {
		args.set_tid = (long)wanted;
		args.set_tid_size = 1 + pick(2);
	}
	if (once_in(5))
		args.flags |= CLONE_INTO_CGROUP;
	args.cgroup = once_in(10) ? some_handle() : group_fds[pick(GROUPS)];
	pid = count(CLONED3, raw_clone(SYS_clone3, call, child, (void *)slot_new(depth)));
	if (pid > 0 && (args.flags & CLONE_PIDFD))
		remember(pidfd);
	if (pid < 0 || !(args.flags & CLONE_VM))
		RAW(SYS_munmap, stack, STACK);
}

/* --- namespaces ------------------------------------------------------------------------------- */

static long write_text(const char *path, const char *text)
{
	long fd = RAW(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
	long done = fd;

	if (fd >= 0) {
		done = RAW(SYS_write, fd, text, strlen(text));
		RAW(SYS_close, fd);
	}
	return done;
}

static void do_unshare(void)
{
	uint64_t bits = some_flags();

	if (once_in(2))
		bits &= ~(uint64_t)A_THREAD;
	if (count(UNSHARED, RAW(SYS_unshare, bits)) < 0 || !(bits & CLONE_NEWUSER))
		return;
	write_text("/proc/self/setgroups", "deny");
	write_text("/proc/self/uid_map", once_in(2) ? "0 1000 1\n" : "0 0 1\n");
	write_text("/proc/self/gid_map", once_in(2) ? "0 1000 1\n" : "0 0 1\n");
}

static void do_setns(void)
{
	static const int types[] = { CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
				     CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP };
	char path[64];
	long fd;

	if (once_in(3)) {
		int wanted = types[pick(7)] | (once_in(2) ? types[pick(7)] : 0);

		count(ENTERED, RAW(SYS_setns, some_handle(), wanted));
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", some_pid(), ns_names[pick(NS_COUNT)]);
	fd = RAW(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		count(ENTERED, RAW(SYS_setns, fd, 0));
	remember(fd);
}

/* Mounts, names and groups: what namespaces hold. */
static void do_holdings(void)
{
	static const char *const files[] = { "cgroup.procs", "cgroup.threads", "cgroup.kill",
					     "cgroup.freeze", "pids.max" };
	struct sembuf operation = { 0, once_in(2) ? 1 : -1, SEM_UNDO | IPC_NOWAIT };
	char path[120], number[16];
	long id;

	switch (pick(7)) {
	case 0:
		RAW(SYS_sethostname, "fuzz", 4);
		break;
	case 1:
		RAW(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL);
		break;
	case 2:
		RAW(SYS_mount, "none", "/proc", "proc", 0, NULL);
		break;
	case 3:
		RAW(SYS_umount2, once_in(2) ? "/tmp" : "/proc", MNT_DETACH);
		break;
	case 4:
		id = RAW(SYS_semget, 77, 1, 0600 | IPC_CREAT);
		RAW(SYS_semop, id, &operation, 1);
		break;
	case 5:
		snprintf(path, sizeof(path), "%s/g%d/cgroup.procs", arena, pick(GROUPS));
		snprintf(number, sizeof(number), "%d", 2 + pick(600)); /* not the arena's init */
		write_text(path, number);
		break;
	default:
		snprintf(path, sizeof(path), "%s/g%d/%s", arena, pick(GROUPS), files[pick(5)]);
		/* Never 1 to cgroup.procs: that is the arena's init, which would be frozen. */
		write_text(path, once_in(8) && !strstr(path, "procs") && !strstr(path, "threads")
					 ? "1"
					 : "0");
	}
}

/* --- signals and ends ------------------------------------------------------------------------- */

static int some_signal(void)
{
	static const int usual[] = { 0,	      SIGKILL, SIGSTOP, SIGCONT, SIGCHLD,
				     SIGUSR1, SIGTERM, SIGTSTP, SIGSEGV };

	return once_in(2) ? usual[pick(9)] : (int)pick(65);
}

static void do_signal(void)
{
	int signal = some_signal();
	char info[128] = { 0 };

	switch (pick(8)) {
	case 0:
		count(SIGNALLED, RAW(SYS_tgkill, some_pid(), some_pid(), signal));
		break;
	case 1:
		count(SIGNALLED, RAW(SYS_pidfd_send_signal, some_handle(), signal, NULL, pick(4)));
		break;
	case 2:
		count(SIGNALLED, RAW(SYS_kill, once_in(8) ? -1 : -some_pid(), signal));
		break;
	case 3:
		*(int *)info = signal;
		*(int *)(info + 8) = -1;
		count(SIGNALLED, RAW(SYS_rt_sigqueueinfo, some_pid(), signal, info));
		break;
	case 4:
		count(SIGNALLED, RAW(SYS_tkill, some_pid(), signal));
		break;
	default:
		count(SIGNALLED, RAW(SYS_kill, some_pid(), signal));
	}
}

static void do_handler(void)
{
	static const int dispositions[] = { 0, SA_RESTART, SA_NOCLDWAIT, SA_NOCLDSTOP, SA_NODEFER };
	struct { void *handler; unsigned long flags; uint64_t mask; } act = {
		once_in(3) ? (void *)SIG_DFL : once_in(2) ? (void *)SIG_IGN : (void *)on_signal,
		dispositions[pick(5)], once_in(2) ? 0 : 1ULL << pick(64),
	};
	uint64_t mask = once_in(2) ? 0 : 1ULL << pick(64) | 1ULL << pick(64);

	RAW(SYS_rt_sigaction, some_signal(), &act, NULL, 8);
	if (once_in(2))
		RAW(SYS_rt_sigprocmask, pick(3), &mask, NULL, 8);
}

static void do_wait(void)
{
	static const int classes[] = { 0, __WALL, __WCLONE, __WNOTHREAD, __WALL | __WNOTHREAD };
	int options = classes[pick(5)] | (once_in(4) ? 0 : WNOHANG) | (once_in(3) ? WUNTRACED : 0) |
		      (once_in(3) ? WCONTINUED : 0);
	int status;
	siginfo_t info;

	switch (pick(4)) {
	case 0:
		count(WAITED, RAW(SYS_waitid, P_PIDFD, some_handle(), &info,
				  WEXITED | options | (once_in(3) ? WNOWAIT : 0), NULL));
		break;
	case 1:
		count(WAITED, RAW(SYS_waitid, pick(3), some_pid(), &info, WEXITED | options, NULL));
		break;
	default:
		count(WAITED, RAW(SYS_wait4, once_in(3) ? some_pid() : -(int)pick(2), &status,
				  options & ~WEXITED, NULL));
	}
}

/* --- the rest --------------------------------------------------------------------------------- */

static void do_look(void)
{
	static const char *const files[] = {
		"status",      "stat",	  "maps",    "cgroup", "ns/pid", "mountinfo",
		"task/1/stat", "sharing", "uid_map", "fd/0",   "comm",
	};
	char path[64], text[600];
	long fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", some_pid(), files[pick(11)]);
	fd = RAW(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		RAW(SYS_read, fd, text, sizeof(text));
	if (once_in(3))
		remember(fd);
	else if (fd >= 0)
		RAW(SYS_close, fd);
}

static void do_self(void)
{
	switch (pick(11)) {
	case 0:
		RAW(SYS_prctl, PR_SET_CHILD_SUBREAPER, pick(2));
		break;
	case 1:
		RAW(SYS_prctl, PR_SET_PDEATHSIG, some_signal());
		break;
	case 2:
		RAW(SYS_prctl, PR_SET_DUMPABLE, pick(2));
		break;
	case 3:
		RAW(SYS_setsid);
		break;
	case 4:
		RAW(SYS_setpgid, once_in(2) ? 0 : some_pid(), once_in(2) ? 0 : some_pid());
		break;
	case 5:
		RAW(SYS_set_tid_address, once_in(4) ? (void *)8 : (void *)&words[pick(4)]);
		break;
	case 6:
		RAW(SYS_setresuid, -1, pick(2) * USER, -1);
		break;
	case 7:
		RAW(SYS_kcmp, some_pid(), some_pid(), pick(8), 0, 1);
		break;
	case 8:
		RAW(SYS_futex, &words[pick(4)], FUTEX_WAIT, 0, (&(struct timespec){ 0, 300000 }));
		break;
	case 9:
		RAW(SYS_ioprio_set, 1, 0, 2 << 13 | pick(8));
		break;
	default:
		RAW(SYS_prctl, PR_SET_NAME, "fuzzed");
	}
}

static void do_pidfd(void)
{
	struct pollfd poll = { some_handle(), POLLIN, 0 };

	switch (pick(4)) {
	case 0:
		remember(RAW(SYS_pidfd_getfd, some_handle(), 3 + pick(20), 0));
		break;
	case 1:
		RAW(SYS_ppoll, &poll, 1, (&(struct timespec){ 0, 1000000 }), NULL, 0);
		break;
	default:
		remember(RAW(SYS_pidfd_open, some_pid(), once_in(4) ? O_EXCL : 0));
	}
}

static void step(int depth)
{
	unsigned what = pick(100);

	if (what < 22)
		do_clone(depth);
	else if (what < 40)
		do_clone3(depth);
	else if (what < 47)
		do_unshare();
	else if (what < 53)
		do_setns();
	else if (what < 63)
		do_wait();
	else if (what < 69)
		do_signal();
	else if (what < 74)
		do_handler();
	else if (what < 80)
		do_self();
	else if (what < 85)
		do_pidfd();
	else if (what < 89)
		do_holdings();
	else if (what < 95)
		do_look();
	else if (what < 96)
		exec_again(depth);
	else
		RAW(SYS_nanosleep, (&(struct timespec){ 0, pick(2000000) }), NULL);
}

static void steps(int depth)
{
	for (int i = pick(STEPS >> (DEPTH - depth)) + 1; i > 0; i--)
		step(depth);
}

/* --- the arena -------------------------------------------------------------------------------- */

static void actor_start(unsigned number, bool as_user)
{
	random_state = seed * 7919ULL + number * 104729ULL + as_user;
	if (as_user) {
		RAW(SYS_setgroups, 0, NULL);
		RAW(SYS_setresgid, USER, USER, USER);
		RAW(SYS_setresuid, USER, USER, USER);
		RAW(SYS_prctl, PR_SET_DUMPABLE, 1);
	}
	steps(DEPTH);
	_exit(0);
}

static void reap(int options)
{
	int status;

	while (waitpid(-1, &status, __WALL | options) > 0)
		if (WIFEXITED(status) && WEXITSTATUS(status) == ABI_FAILED)
			_exit(ABI_FAILED);
}

/* What keeps them here, for the log. */
static void tell_who_is_left(void)
{
	static const char *const files[] = { "stat", "wchan", "cgroup", "status" };
	char path[64], text[1200];

	mount("none", "/proc", "proc", 0, NULL); /* an actor may have taken it away */
	for (int pid = 2; pid < 40000; pid++)
		for (int i = 0; i < 4; i++) {
			snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
			if (read_file(path, text, sizeof(text)) > 0)
				printf("%s: %s\n", path, text);
		}
	fflush(stdout);
}

/* Nobody may be left, however stopped, frozen or deep; who makes new ones meanwhile is killed too.
 * kill(-1) finds nobody but zombies at the end: those are reaped by waiting. */
static void kill_all(void)
{
	char path[120];
	int64_t late = now_ms() + PATIENCE_MS;

	for (int i = 0; i < GROUPS; i++) {
		snprintf(path, sizeof(path), "%s/g%d/cgroup.freeze", arena, i);
		write_text(path, "0");
		snprintf(path, sizeof(path), "%s/g%d/pids.max", arena, i);
		write_text(path, "max");
	}
	do {
		kill(-1, SIGKILL);
		reap(WNOHANG);
		if (now_ms() > late)
			tell_who_is_left();
		if (now_ms() > late)
			FAIL("tasks that cannot be killed or reaped are left; seed %u", seed);
	} while (waitpid(-1, NULL, __WALL | WNOHANG) != -1 || errno != ECHILD);
}

static void arena_init(bool as_user, int64_t end_ms)
{
	struct rlimit files = { 64, 1024 };
	unsigned made = 0;

	setsid(); /* kill(0) would reach the supervisor */
	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	while (umount2("/proc", MNT_DETACH) == 0)
		; /* an actor who unmounts ours must not find in it the namespaces outside */
	CHECK_EQ(mount("none", "/proc", "proc", 0, NULL), 0);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	setrlimit(RLIMIT_NOFILE, &files);
	for (int64_t next = now_ms() + 1000; now_ms() < end_ms;) {
		reap(WNOHANG);
		for (int i = 0; i < ACTORS; i++, made++)
			if (fork() == 0)
				actor_start(made, as_user);
		sleep_ms(10);
		if (once_in(10))
			kill(-1, SIGCONT);
		common->step_of_init++;
		if (now_ms() < next)
			continue;
		kill_all();
		next = now_ms() + 500 + pick(1500);
	}
	while (once_in(3)) /* the supervisor ends it */
		pause();
	_exit(0);
}

static void groups_make(bool as_user)
{
	char path[120], text[16];

	mkdir(CGROUPS, 0755);
	if (access(CGROUPS "/cgroup.procs", F_OK))
		CHECK_EQ(mount("none", CGROUPS, "cgroup2", 0, NULL), 0);
	write_text(CGROUPS "/cgroup.subtree_control", "+pids");
	snprintf(arena, sizeof(arena), CGROUPS "/fuzz%d", getpid());
	CHECK_EQ(mkdir(arena, 0755), 0);
	snprintf(path, sizeof(path), "%s/pids.max", arena);
	snprintf(text, sizeof(text), "%d", TASKS);
	CHECK(write_text(path, text) > 0);
	for (int i = 0; i < GROUPS; i++) {
		snprintf(path, sizeof(path), "%s/g%d", arena, i);
		CHECK_EQ(mkdir(path, 0755), 0);
		group_fds[i] = open(path, O_PATH | O_CLOEXEC);
		strcat(path, "/cgroup.procs");
		if (as_user)
			CHECK_EQ(chown(path, USER, USER), 0);
	}
	snprintf(path, sizeof(path), "%s/cgroup.procs", arena);
	if (as_user)
		CHECK_EQ(chown(path, USER, USER), 0);
}

/* Who is in a group that should be empty stands in the log. */
static void group_remove(const char *path)
{
	char file[140], text[400];

	for (int tries = 0; tries < 2000; tries++) {
		if (rmdir(path) == 0)
			return;
		sleep_ms(1);
	}
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	CHECK(read_file(file, text, sizeof(text)) >= 0);
	printf("%s: %s\n", file, text);
	snprintf(file, sizeof(file), "%s/cgroup.events", path);
	CHECK(read_file(file, text, sizeof(text)) >= 0);
	printf("%s: %s\n", file, text);
	FAIL("rmdir %s: %s; seed %u", path, strerror(errno), seed);
}

static void groups_remove(void)
{
	char path[120];

	for (int i = 0; i < GROUPS; i++) {
		close(group_fds[i]);
		snprintf(path, sizeof(path), "%s/g%d", arena, i);
		group_remove(path);
	}
	CHECK_SOON(rmdir(arena) == 0);
}

/* Waits for the arena's end, helping it after its time. */
static void arena_watch(pid_t init, int64_t end_ms)
{
	bool helped = false;
	int status = 0;

	while (waitpid(init, &status, WNOHANG | __WALL) == 0) {
		sleep_ms(5);
		if (!helped && now_ms() > end_ms + 2 * PATIENCE_MS)
			helped = kill(init, SIGKILL) == 0;
		else if (!helped && now_ms() > end_ms && task_state(init) == 'S' && once_in(100))
			helped = kill(init, SIGKILL) == 0;
		if (now_ms() > end_ms + 3 * PATIENCE_MS)
			FAIL("the arena does not end: its init is in state %c, at its step %ld; "
			     "seed %u", task_state(init), common->step_of_init, seed);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == ABI_FAILED)
		_exit(ABI_FAILED);
	if (status != 0 && !(helped && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		FAIL("the arena's init ended with wait status %#x; seed %u", status, seed);
}

static void tables_check(void)
{
	char text[1000];

	if (write_text("/proc/sys/pando/check", "1") < 0)
		return;
	CHECK(read_file("/proc/sys/pando/check", text, sizeof(text)) > 0);
	if (!strstr(text, "disagreements 0\n"))
		FAIL("page tables disagree with counts: %s", text);
}

static void fuzz(bool as_user, int64_t ms)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
	};
	int64_t end_ms = now_ms() + ms;
	pid_t init;
	int fd;

	groups_make(as_user);
	random_state = seed;
	fd = open(arena, O_PATH | O_CLOEXEC);
	args.cgroup = fd;
	init = syscall(SYS_clone3, &args, sizeof(args));
	CHECK(init >= 0);
	if (!init)
		arena_init(as_user, end_ms);
	close(fd);
	arena_watch(init, end_ms);
	groups_remove();
	tables_check();
}

static void tell(const char *who)
{
	static const char *const names[KINDS] = { "clone", "clone3", "unshare", "setns", "wait",
						  "signal", "failed exec" };
	char line[400];
	int used = 0;

	for (int i = 0; i < KINDS; i++)
		used += snprintf(line + used, sizeof(line) - used, "%s%s %ld of %ld", i ? ", " : "",
				 names[i], common->done[i], common->tries[i]);
	abi_print("clone_arena: %s: succeeded: %s; seed %u", who, line, seed);
}

static void common_make(void)
{
	if (!common)
		common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(common != MAP_FAILED);
}

TEST(as_root)
{
	common_make();
	fuzz(false, seconds * 500LL);
	tell("as root");
}

TEST(as_user)
{
	common_make();
	fuzz(true, seconds * 500LL);
	tell("as a user");
}

static void short_fuzz(void)
{
	fuzz(false, 700);
	fuzz(true, 700);
	seed++;
}

TEST(nothing_is_left)
{
	common_make();
	if (!objects_check(short_fuzz))
		SKIP("the kernel does not count its objects");
}

static unsigned option(int argc, char **argv, int index, const char *name, unsigned otherwise)
{
	const char *text = argc > index ? argv[index] : getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	static char path[200];

	path[readlink("/proc/self/exe", path, sizeof(path) - 1)] = 0;
	self_path = path;
	if (argc > 1 && !strcmp(argv[1], "--quit"))
		return 0;
	if (argc > 2 && !strcmp(argv[1], "--again")) {
		random_state = strtoul(argv[2], NULL, 10);
		common_make();
		steps((int)(random_state % 8) % DEPTH);
		return 0;
	}
	seconds = option(argc, argv, 1, "SECONDS", 3);
	seed = option(argc, argv, 2, "SEED", 1);
	abi_print("clone_arena: %u seconds, seed %u", seconds, seed);
	return abi_main(1, argv);
}

/*
 * family.c: parents and children: exit signals and who may wait for what, what prctl says of a
 * process, vfork and signals, exec from a thread, limits on the number of tasks; and the flags of
 * clone3 that are newer than Linux 6.12.
 */
#define ABI_OWN_MAIN
#include "tests/abi/both.h"
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#define AUTOREAP (1ULL << 34)
#define NNP (1ULL << 35)
#define PIDFD_AUTOKILL (1ULL << 36)

static long raw_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

static long raw_clone3(struct clone_args *args)
{
	return syscall(SYS_clone3, args, sizeof(*args));
}

static pid_t idle_clone(unsigned long flags)
{
	long pid = raw_clone(flags);

	CHECK(pid >= 0);
	while (!pid)
		pause();
	return (pid_t)pid;
}

static volatile sig_atomic_t got_signo, got_pid, got_code, got_uid;

static void note(int signo, siginfo_t *info, void *context)
{
	(void)context;
	got_pid = info->si_pid;
	got_uid = (int)info->si_uid;
	got_code = info->si_code;
	got_signo = signo;
}

static void note_signal(int signo)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(signo, &action, NULL), 0);
	got_signo = 0;
}

/* --- set_tid ---------------------------------------------------------------------------------- */

TEST_BOTH(set_tid_errors_in_order)
{
	pid_t tids[2] = { getpid(), 0 };
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 33 };
	int user = getuid() != 0;

	CHECK_ERRNO(raw_clone3(&args), EINVAL); /* too deep, before the missing array */
	args.set_tid_size = 1;
	CHECK_ERRNO(raw_clone3(&args), EINVAL);
	args.set_tid = 8;
	CHECK_ERRNO(raw_clone3(&args), EFAULT);
	args.set_tid = (uintptr_t)tids;
	args.exit_signal = 99;
	CHECK_ERRNO(raw_clone3(&args), EINVAL);
	args.exit_signal = SIGCHLD;
	args.set_tid_size = 2;
	CHECK_ERRNO(raw_clone3(&args), EINVAL); /* there is one level */
	args.set_tid_size = 1;
	if (user)
		CHECK_ERRNO(raw_clone3(&args), EPERM);
	else
		CHECK_ERRNO(raw_clone3(&args), EEXIST);
	tids[0] = 0;
	CHECK_ERRNO(raw_clone3(&args), EINVAL); /* a bad number is one for anybody */
	tids[0] = 1 << 30;
	CHECK_ERRNO(raw_clone3(&args), EINVAL);
}

/* --- exit signals and wait -------------------------------------------------------------------- */

static bool may_wait(pid_t pid, int options)
{
	int got = waitpid(pid, NULL, options | WNOHANG);

	CHECK(got == 0 || errno == ECHILD);
	return got == 0;
}

TEST_BOTH(which_children_wait_sees)
{
	static const int signals[] = { SIGCHLD, SIGUSR1, 0, 64 };

	for (int i = 0; i < 4; i++) {
		pid_t pid = idle_clone(signals[i]);
		bool plain = signals[i] == SIGCHLD;

		CHECK_EQ(may_wait(pid, 0), plain);
		CHECK_EQ(may_wait(-1, 0), plain);
		CHECK_EQ(may_wait(0, 0), plain);
		CHECK_EQ(may_wait(pid, __WCLONE), !plain);
		CHECK_EQ(may_wait(-1, __WCLONE), !plain);
		CHECK(may_wait(pid, __WALL));
		CHECK(may_wait(pid, __WALL | __WCLONE));
		CHECK(may_wait(-1, __WALL));
		CHECK(may_wait(pid, __WALL | __WNOTHREAD));
		signal(SIGUSR1, SIG_IGN);
		signal(64, SIG_IGN);
		kill(pid, SIGKILL);
		CHECK_KILLED(pid, SIGKILL);
	}
}

static void *wait_in_thread(void *arg)
{
	pid_t *pid = arg;

	if (may_wait(*pid, __WNOTHREAD) || !may_wait(*pid, 0) || may_wait(-1, __WNOTHREAD) ||
	    !may_wait(-1, 0))
		*pid = 0;
	return NULL;
}

TEST_BOTH(wnothread_by_number)
{
	pid_t pid = idle_child(), asked = pid;
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, wait_in_thread, &asked), 0);
	pthread_join(t, NULL);
	CHECK_EQ(asked, pid);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST_BOTH(adopted_children_send_sigchld)
{
	int *grandchild = shared_page();
	pid_t pid;

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	note_signal(SIGUSR1);
	pid = fork();
	if (!pid) {
		*grandchild = idle_clone(SIGUSR1);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK(may_wait(*grandchild, 0)); /* as an ordinary child */
	note_signal(SIGCHLD);
	kill(*grandchild, SIGKILL);
	CHECK_KILLED(*grandchild, SIGKILL);
	CHECK_EQ(got_signo, SIGCHLD);
	CHECK_EQ(got_pid, *grandchild);
}

TEST_BOTH(a_sibling_ends_like_its_maker)
{
	int *sibling = shared_page();

	note_signal(SIGUSR2);
	long pid = raw_clone(SIGUSR2);
	if (!pid) {
		*sibling = idle_clone(CLONE_PARENT | SIGUSR1); /* what it asks for means nothing */
		pause();
		_exit(0);
	}
	CHECK_SOON(*sibling != 0);
	kill(*sibling, SIGKILL);
	CHECK_SOON(got_signo == SIGUSR2);
	CHECK_EQ(got_pid, *sibling);
	CHECK_KILLED(*sibling, SIGKILL);
	kill((pid_t)pid, SIGKILL);
	wait_status((pid_t)pid);
}

/* --- prctl ------------------------------------------------------------------------------------ */

TEST_BOTH(subreaper_is_not_inherited)
{
	int value = 7;

	CHECK_EQ(prctl(PR_GET_CHILD_SUBREAPER, &value), 0);
	CHECK_EQ(value, 0);
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 5), 0); /* anything but 0 */
	CHECK_EQ(prctl(PR_GET_CHILD_SUBREAPER, &value), 0);
	CHECK_EQ(value, 1);
	CHECK_ERRNO(prctl(PR_GET_CHILD_SUBREAPER, 8), EFAULT);
	IN_CHILD({
		CHECK_EQ(prctl(PR_GET_CHILD_SUBREAPER, &value), 0);
		CHECK_EQ(value, 0);
	});
}

TEST_BOTH(the_nearest_subreaper_adopts)
{
	int *tids = shared_page();
	pid_t middle;

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	middle = fork();
	if (!middle) {
		CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
		pid_t parent = fork();
		if (!parent) {
			tids[0] = idle_child();
			_exit(0);
		}
		CHECK_EXITED(parent, 0);
		tids[1] = may_wait(tids[0], 0) ? 1 : 2;
		pause();
	}
	CHECK_SOON(tids[1] != 0);
	CHECK_EQ(tids[1], 1);
	kill(middle, SIGKILL);
	CHECK_KILLED(middle, SIGKILL);
	CHECK(may_wait(tids[0], 0)); /* then the next one up */
	kill(tids[0], SIGKILL);
	CHECK_KILLED(tids[0], SIGKILL);
}

TEST_BOTH(pdeathsig_values)
{
	int value = 7;

	CHECK_EQ(prctl(PR_GET_PDEATHSIG, &value), 0);
	CHECK_EQ(value, 0);
	CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, -1), EINVAL);
	CHECK_ERRNO(prctl(PR_GET_PDEATHSIG, 8), EFAULT);
	CHECK_EQ(prctl(PR_SET_PDEATHSIG, 64), 0);
	CHECK_EQ(prctl(PR_GET_PDEATHSIG, &value), 0);
	CHECK_EQ(value, 64);
	IN_CHILD({
		CHECK_EQ(prctl(PR_GET_PDEATHSIG, &value), 0);
		CHECK_EQ(value, 0); /* not inherited */
	});
}

TEST(pdeathsig_goes_with_a_change_of_ids)
{
	int value = 7;

	CHECK_EQ(prctl(PR_SET_PDEATHSIG, SIGTERM), 0);
	CHECK_EQ(syscall(SYS_setresuid, ORDINARY_UID, -1, -1), 0);
	CHECK_EQ(prctl(PR_GET_PDEATHSIG, &value), 0);
	CHECK_EQ(value, SIGTERM); /* the real id doesn't matter */
	CHECK_EQ(syscall(SYS_setresuid, -1, ORDINARY_UID, -1), 0);
	CHECK_EQ(prctl(PR_GET_PDEATHSIG, &value), 0);
	CHECK_EQ(value, 0);
}

struct waiter {
	volatile int ready;
	volatile int signo, code, pid, uid, parent;
};

/* Its parent's thread ends; the process may live on. */
static void wait_for_pdeath(struct waiter *w)
{
	note_signal(SIGUSR1);
	CHECK_EQ(prctl(PR_SET_PDEATHSIG, SIGUSR1), 0);
	w->ready = 1;
	while (!got_signo)
		usleep(500);
	w->pid = got_pid;
	w->code = got_code;
	w->uid = got_uid;
	w->parent = getppid();
	w->signo = got_signo;
	_exit(0);
}

TEST_BOTH(pdeathsig_tells_who)
{
	struct waiter *w = shared_page();
	pid_t pid = fork();

	if (!pid) {
		if (!fork())
			wait_for_pdeath(w);
		CHECK_SOON(w->ready);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK_SOON(w->signo == SIGUSR1);
	CHECK_EQ(w->code, SI_USER);
	CHECK_EQ(w->pid, pid);
	CHECK_EQ(w->uid, getuid());
	CHECK_EQ(w->parent, 1);
}

static void *fork_in_thread(void *arg)
{
	struct waiter *w = arg;

	if (!fork())
		wait_for_pdeath(w);
	while (!w->ready)
		usleep(500);
	return NULL;
}

TEST_BOTH(pdeathsig_when_the_thread_ends)
{
	struct waiter *w = shared_page();
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, fork_in_thread, w), 0);
	pthread_join(t, NULL);
	CHECK_SOON(w->signo == SIGUSR1);
	CHECK_EQ(w->parent, getpid());
	CHECK_EQ(wait(NULL) > 0, 1);
}

static void *name_in_thread(void *arg)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/comm", syscall(SYS_gettid));
	prctl(PR_SET_NAME, "a thread");
	read_file(path, arg, 32);
	return NULL;
}

TEST_BOTH(names)
{
	char name[17] = "", comm[32] = "";
	pthread_t t;

	CHECK_EQ(prctl(PR_SET_NAME, "a name that is much too long"), 0);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "a name that is ");
	CHECK_ERRNO(prctl(PR_SET_NAME, 8), EFAULT);
	CHECK_ERRNO(prctl(PR_GET_NAME, 8), EFAULT);
	CHECK_EQ(pthread_create(&t, NULL, name_in_thread, comm), 0);
	pthread_join(t, NULL);
	CHECK_STR(comm, "a thread\n");
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "a name that is ");
	IN_CHILD({
		CHECK_EQ(prctl(PR_GET_NAME, name), 0);
		CHECK_STR(name, "a name that is ");
	});
}

TEST_BOTH(dumpable)
{
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_ERRNO(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_DUMPABLE, -1), EINVAL);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	IN_CHILD(CHECK_EQ(prctl(PR_GET_DUMPABLE), 0));
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	if (getuid())
		return;
	CHECK_EQ(syscall(SYS_setresuid, ORDINARY_UID, -1, -1), 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_EQ(syscall(SYS_setfsuid, ORDINARY_UID), 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
}

/* What an exec'd copy of this program says: see main. */
static int exec_and_ask(const char *program, const char *question)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		execl(program, "family", "--ask", question, NULL);
		_exit(errno == EAGAIN ? 211 : 212);
	}
	int status = wait_status(pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* This program in a file of its own that belongs to somebody and has set-id bits. */
static void copy_program(const char *to, unsigned uid, unsigned gid, unsigned mode)
{
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
	static char buffer[65536];
	ssize_t got;

	CHECK(in >= 0 && out >= 0);
	while ((got = read(in, buffer, sizeof(buffer))) > 0)
		CHECK_EQ(write(out, buffer, got), got);
	CHECK_EQ(fchown(out, uid, gid), 0);
	CHECK_EQ(fchmod(out, mode), 0);
	close(in);
	close(out);
}

TEST(exec_sets_dumpable_anew)
{
	enter_scratch();
	CHECK_EQ(chmod(".", 0755), 0);
	copy_program("setuid", OTHER_UID, 0, 04755);
	copy_program("plain", 0, 0, 0755);
	become(ORDINARY_UID);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	CHECK_EQ(exec_and_ask("./plain", "dumpable"), 1);
	CHECK_EQ(exec_and_ask("./setuid", "dumpable"), 0);
	CHECK_EQ(prctl(PR_SET_PDEATHSIG, SIGTERM), 0);
	CHECK_EQ(exec_and_ask("./plain", "euid"), ORDINARY_UID % 200);
	CHECK_EQ(exec_and_ask("./setuid", "euid"), OTHER_UID % 200);
	CHECK_EQ(exec_and_ask("./setuid", "secure"), 1);
	CHECK_EQ(exec_and_ask("./plain", "secure"), 0);
	IN_CHILD({
		prctl(PR_SET_PDEATHSIG, SIGWINCH);
		execl("./setuid", "family", "--ask", "pdeathsig", NULL);
	});
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGWINCH);
		execl("./plain", "family", "--ask", "pdeathsig", NULL);
	}
	CHECK_EXITED(pid, SIGWINCH);
}

TEST(no_new_privs_holds_back_set_id)
{
	enter_scratch();
	CHECK_EQ(chmod(".", 0755), 0);
	copy_program("setuid", OTHER_UID, OTHER_UID, 06755);
	become(ORDINARY_UID);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_ERRNO(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
	CHECK_EQ(exec_and_ask("./setuid", "egid"), OTHER_UID % 200);
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_EQ(exec_and_ask("./setuid", "euid"), ORDINARY_UID % 200);
	CHECK_EQ(exec_and_ask("./setuid", "egid"), ORDINARY_UID % 200);
	CHECK_EQ(exec_and_ask("./setuid", "nnp"), 1);
}

/* --- vfork and signals ------------------------------------------------------------------------ */

struct vfork_page {
	volatile int parent, child, stage, seen;
};

/* A vfork child (with its own memory, so that it may outlive the parent's call) that does as told
 * by stage. */
static void vfork_and_note(struct vfork_page *p)
{
	p->parent = getpid();
	note_signal(SIGUSR1);
	long pid = raw_clone(CLONE_VFORK | SIGCHLD);
	if (!pid) {
		p->child = getpid();
		while (!p->stage)
			usleep(500);
		_exit(0);
	}
	p->seen = got_signo;
	p->stage = 2;
	_exit(wait_status((pid_t)pid) == 0 ? 3 : 4);
}

TEST_BOTH(vfork_parent_takes_signals_afterwards)
{
	struct vfork_page *p = shared_page();
	pid_t pid = fork();

	if (!pid)
		vfork_and_note(p);
	CHECK_SOON(p->child != 0);
	kill(pid, SIGUSR1);
	sleep_ms(50);
	CHECK_EQ(p->stage, 0);
	CHECK_EQ(task_state(pid), 'D');
	p->stage = 1;
	CHECK_EXITED(pid, 3);
	CHECK_EQ(p->seen, SIGUSR1);
}

TEST_BOTH(vfork_parent_can_be_killed)
{
	struct vfork_page *p = shared_page();
	pid_t pid;

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid = fork();
	if (!pid)
		vfork_and_note(p);
	CHECK_SOON(p->child != 0);
	kill(pid, SIGTERM); /* fatal too */
	CHECK_KILLED(pid, SIGTERM);
	CHECK_EQ(kill(p->child, 0), 0); /* the child lives on */
	p->stage = 1;
	CHECK_EXITED(p->child, 0);
}

TEST_BOTH(vfork_waits_for_a_stopped_child)
{
	struct vfork_page *p = shared_page();
	pid_t pid = fork();

	if (!pid)
		vfork_and_note(p);
	CHECK_SOON(p->child != 0);
	kill(p->child, SIGSTOP);
	CHECK_SOON(task_state(p->child) == 'T');
	kill(pid, SIGSTOP); /* takes effect when the call is over */
	p->stage = 1;
	sleep_ms(50);
	CHECK_EQ(p->stage, 1);
	kill(p->child, SIGCONT);
	CHECK_SOON(task_state(pid) == 'T');
	kill(pid, SIGCONT);
	CHECK_EXITED(pid, 3);
}

TEST_BOTH(vfork_ends_when_the_child_is_killed)
{
	struct vfork_page *p = shared_page();
	pid_t pid = fork();

	if (!pid)
		vfork_and_note(p);
	CHECK_SOON(p->child != 0);
	kill(p->child, SIGKILL);
	CHECK_EXITED(pid, 4);
}

/* --- exec from a thread ----------------------------------------------------------------------- */

static char own_path[200]; /* /proc/self leads nowhere once the leader has ended */

static void *exec_in_thread(void *arg)
{
	execl(own_path, "family", "--ask", (const char *)arg, NULL);
	_exit(212);
}

static void *sleep_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

TEST_BOTH(exec_by_a_thread_keeps_the_number)
{
	char question[64];
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;

		snprintf(question, sizeof(question), "alone:%d", getpid());
		for (int i = 0; i < 5; i++)
			CHECK_EQ(pthread_create(&t, NULL, sleep_for_ever, NULL), 0);
		CHECK_EQ(pthread_create(&t, NULL, exec_in_thread, question), 0);
		sleep_for_ever(NULL);
	}
	CHECK_EXITED(pid, 1);
}

TEST_BOTH(exec_by_a_thread_whose_leader_has_ended)
{
	char question[64];
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;

		snprintf(question, sizeof(question), "alone:%d", getpid());
		CHECK_EQ(pthread_create(&t, NULL, exec_in_thread, question), 0);
		syscall(SYS_exit, 9);
	}
	CHECK_EXITED(pid, 1);
}

/* --- how many --------------------------------------------------------------------------------- */

static void limit_tasks(rlim_t limit)
{
	struct rlimit r = { limit, limit };

	CHECK_EQ(setrlimit(RLIMIT_NPROC, &r), 0);
}

TEST(nproc_counts_threads_and_processes)
{
	pthread_t t;

	become(2001); /* nobody else has this one */
	limit_tasks(3);
	CHECK_EQ(pthread_create(&t, NULL, sleep_for_ever, NULL), 0);
	pid_t pid = idle_child();
	CHECK_ERRNO(raw_clone(SIGCHLD), EAGAIN);
	CHECK_EQ(pthread_create(&t, NULL, sleep_for_ever, NULL), EAGAIN);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	pid = idle_child();
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(nproc_does_not_hold_root)
{
	limit_tasks(1);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		_exit(0);
	CHECK_EXITED(pid, 0);
}

/* Beyond the limit by setuid, which succeeds: then exec says so, until once there was room. */
TEST(nproc_is_held_against_exec_after_setuid)
{
	enter_scratch();
	CHECK_EQ(chmod(".", 0755), 0);
	copy_program("plain", 0, 0, 0755);
	limit_tasks(0);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(syscall(SYS_setresuid, 2002, 2002, 2002), 0);
		for (;;)
			pause();
	}
	CHECK_SOON(({
		struct stat st;
		char path[32];

		snprintf(path, sizeof(path), "/proc/%d/task", pid);
		stat(path, &st) == 0;
	}));
	sleep_ms(30);
	pid_t second = fork();
	if (!second) {
		CHECK_EQ(syscall(SYS_setresuid, 2002, 2002, 2002), 0);
		execl("./plain", "family", "--ask", "euid", NULL);
		CHECK_EQ(errno, EAGAIN);
		kill(pid, SIGKILL);
		CHECK_SOON(kill(pid, 0) == -1 || task_state(pid) == 'Z');
		_exit(200);
	}
	CHECK_EXITED(second, 200);
	CHECK_KILLED(pid, SIGKILL);
}

static volatile int ticks;

static void tick(int signo)
{
	(void)signo;
	ticks++;
}

TEST_BOTH(signals_restart_clone)
{
	struct itimerval often = { { 0, 1500 }, { 0, 1500 } };
	struct sigaction action = { .sa_handler = tick }; /* no SA_RESTART */

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (int i = 0; i < 100 || !ticks; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid)
			_exit(0);
		CHECK_EXITED(pid, 0);
	}
}

/* --- newer than Linux 6.12 -------------------------------------------------------------------- */

static long new_clone(uint64_t flags, int *pidfd, int exit_signal)
{
	struct clone_args args = { .flags = flags, .pidfd = (uintptr_t)pidfd,
				   .exit_signal = exit_signal };
	long pid = raw_clone3(&args);

	if (!pid)
		return 0;
	if (pid == -1 && errno == EINVAL)
		SKIP("newer than this Linux");
	return pid;
}

static void check_refused(uint64_t flags, int exit_signal, int error)
{
	int pidfd;
	struct clone_args args = { .flags = flags, .pidfd = (uintptr_t)&pidfd,
				   .exit_signal = exit_signal };
	long pid = raw_clone3(&args);

	if (!pid)
		_exit(0);
	if (pid != -1 || errno != error)
		FAIL("flags %#llx gave %ld %s", (unsigned long long)flags, pid,
		     strerrorname_np(errno));
}

TEST_BOTH(new_flags_leave_no_zombie)
{
	int pidfd = -1;
	long pid;

	note_signal(SIGCHLD);
	pid = new_clone(AUTOREAP | CLONE_PIDFD, &pidfd, 0);
	if (!pid)
		_exit(3);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_SOON(poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLHUP));
	CHECK_ERRNO(waitpid((pid_t)pid, NULL, __WALL), ECHILD);
	CHECK_EQ(got_signo, 0);
}

TEST_BOTH(new_flags_rules)
{
	const uint64_t thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
	long pid = new_clone(AUTOREAP, NULL, 0);

	if (!pid)
		_exit(0);
	check_refused(AUTOREAP, SIGCHLD, EINVAL);
	check_refused(AUTOREAP | thread, 0, EINVAL);
	check_refused(AUTOREAP | CLONE_PARENT, 0, EINVAL);
	check_refused(NNP | thread, 0, EINVAL);
	check_refused(PIDFD_AUTOKILL | AUTOREAP, 0, EINVAL);
	check_refused(PIDFD_AUTOKILL | CLONE_PIDFD, 0, EINVAL);
	check_refused(PIDFD_AUTOKILL | CLONE_PIDFD | AUTOREAP | thread, 0, EINVAL);
	if (getuid())
		check_refused(PIDFD_AUTOKILL | CLONE_PIDFD | AUTOREAP, 0, EPERM);
}

TEST_BOTH(new_flags_no_new_privs)
{
	long pid = new_clone(NNP, NULL, SIGCHLD);

	if (!pid)
		_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	CHECK_EXITED((pid_t)pid, 1);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

TEST_BOTH(new_flags_kill_when_the_pidfd_closes)
{
	int pidfd = -1, copy, other;
	long pid = new_clone(PIDFD_AUTOKILL | CLONE_PIDFD | AUTOREAP | NNP, &pidfd, 0);

	while (!pid)
		pause();
	copy = dup(pidfd);
	other = (int)syscall(SYS_pidfd_open, pid, 0);
	CHECK(other >= 0);
	close(pidfd);
	CHECK_EQ(kill((pid_t)pid, 0), 0);
	close(copy); /* the last of that file; `other` is another */
	struct pollfd p = { .fd = other, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_SOON(kill((pid_t)pid, 0) == -1);
}

TEST_BOTH(new_flags_kill_when_the_parent_dies)
{
	int *child = shared_page();
	pid_t parent = fork();

	if (!parent) {
		int pidfd = -1;
		long pid = new_clone(PIDFD_AUTOKILL | CLONE_PIDFD | AUTOREAP | NNP, &pidfd, 0);

		while (!pid)
			pause();
		*child = (int)pid;
		_exit(0);
	}
	CHECK_EXITED(parent, 0);
	CHECK_SOON(kill(*child, 0) == -1);
}

/* --- the exec'd program ----------------------------------------------------------------------- */

static int is_alone(const char *number)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/task");
	return atoi(number) == getpid() && syscall(SYS_gettid) == getpid() &&
	       stat(path, &st) == 0 && st.st_nlink == 3;
}

static int answer(const char *question)
{
	int value = 0;

	if (!strcmp(question, "dumpable"))
		return prctl(PR_GET_DUMPABLE);
	if (!strcmp(question, "euid"))
		return geteuid() % 200;
	if (!strcmp(question, "egid"))
		return getegid() % 200;
	if (!strcmp(question, "secure"))
		return getauxval(AT_SECURE);
	if (!strcmp(question, "nnp"))
		return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	if (!strcmp(question, "pdeathsig"))
		return prctl(PR_GET_PDEATHSIG, &value) == 0 ? value : 210;
	if (!strncmp(question, "alone:", 6))
		return is_alone(question + 6);
	return 213;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--ask"))
		return answer(argv[2]);
	if (readlink("/proc/self/exe", own_path, sizeof(own_path) - 1) < 0)
		return 1;
	return abi_main(argc, argv);
}

/*
 * signal.c: dispositions, masks, queues, restart, stops: what a program sees of signals short of
 * faults. The machine side - frames, registers, faults, alternate stacks - is in sigframe.c.
 */
#include "tests/abi/abi.h"
#include <pthread.h>
#include <sys/resource.h>

static volatile int hits, last_signal, order_count;
static volatile int order[128];
static volatile siginfo_t last_info;

static void count_hit(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (order_count < 128)
		order[order_count++] = info->si_code == SI_QUEUE ? info->si_value.sival_int : sig;
	last_signal = sig;
	last_info = *info;
	hits++;
}

static void handle(int sig, int flags)
{
	struct sigaction action = { .sa_sigaction = count_hit, .sa_flags = SA_SIGINFO | flags };

	if (sigaction(sig, &action, NULL))
		FAIL("sigaction(%d): %s", sig, strerrorname_np(errno));
}

static sigset_t set_of(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	if (sig)
		sigaddset(&set, sig);
	return set;
}

static void block(int sig)
{
	sigset_t set = set_of(sig);

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

static void unblock(int sig)
{
	sigset_t set = set_of(sig);

	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

/* glibc keeps 32 and 33 for itself and hides them in sigset_t: these go to the kernel directly. */
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	uint64_t mask;
};

static bool can_handle(int sig)
{
	return sig != SIGKILL && sig != SIGSTOP;
}

TEST(every_signal_can_be_handled)
{
	for (int sig = 1; sig <= 64; sig++) {
		if (!can_handle(sig) || sig == 32 || sig == 33)
			continue;
		handle(sig, 0);
		hits = 0;
		CHECK_EQ(kill(getpid(), sig), 0);
		CHECK_EQ(hits, 1);
		CHECK_EQ(last_signal, sig);
		CHECK_EQ(last_info.si_signo, sig);
	}
}

TEST(default_actions)
{
	const char *ignored = "\x11\x12\x17\x1c"; /* CHLD CONT URG WINCH */
	const char *stopping = "\x13\x14\x15\x16"; /* STOP TSTP TTIN TTOU */
	struct rlimit none = { 0, 0 };
	int status;

	setrlimit(RLIMIT_CORE, &none);
	for (int sig = 1; sig <= 64; sig++) {
		pid_t pid = fork();
		if (!pid) {
			syscall(SYS_kill, getpid(), sig);
			_exit(5);
		}
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		if (strchr(ignored, sig)) {
			CHECK(WIFEXITED(status));
		} else if (strchr(stopping, sig)) {
			CHECK(WIFSTOPPED(status));
			CHECK_EQ(WSTOPSIG(status), sig);
			kill(pid, SIGCONT);
			CHECK_EXITED(pid, 5);
		} else {
			CHECK(WIFSIGNALED(status));
			CHECK_EQ(WTERMSIG(status), sig);
		}
	}
}

TEST(ignored_signals_do_nothing)
{
	for (int sig = 1; sig <= 64; sig++) {
		if (!can_handle(sig) || sig == 32 || sig == 33)
			continue;
		CHECK(signal(sig, SIG_IGN) != SIG_ERR);
		CHECK_EQ(kill(getpid(), sig), 0);
	}
}

TEST(kill_and_stop_cannot_be_changed)
{
	sigset_t all, now;

	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGKILL, &(struct kernel_action){0}, NULL, 8),
		    EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGSTOP, &(struct kernel_action){0}, NULL, 8),
		    EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGKILL, NULL, &(struct kernel_action){ 0 }, 8), 0);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, 0, NULL, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, 1, NULL, NULL, 16), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 0, NULL, NULL, 16), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 7, &all, NULL, 8), EINVAL);
	sigfillset(&all);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &all, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_SETMASK, NULL, &now), 0);
	CHECK(!sigismember(&now, SIGKILL) && !sigismember(&now, SIGSTOP));
	CHECK(sigismember(&now, SIGTERM) == 1);
	CHECK_DIES(SIGKILL, kill(getpid(), SIGKILL));
}

TEST(sigaction_reports_the_old)
{
	struct sigaction old;

	handle(SIGUSR1, SA_RESTART | SA_NODEFER);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
	CHECK(old.sa_sigaction == count_hit);
	CHECK_EQ(old.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO),
		 SA_RESTART | SA_NODEFER | SA_SIGINFO);
}

TEST(standard_signals_merge)
{
	handle(SIGUSR1, 0);
	block(SIGUSR1);
	for (int i = 0; i < 5; i++)
		kill(getpid(), SIGUSR1);
	unblock(SIGUSR1);
	CHECK_EQ(hits, 1);
}

TEST(realtime_signals_queue_in_order)
{
	int sig = SIGRTMIN + 3;

	handle(sig, 0);
	block(sig);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(sigqueue(getpid(), sig, (union sigval){ .sival_int = 100 + i }), 0);
	unblock(sig);
	CHECK_EQ(hits, 20);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(order[i], 100 + i);
}

TEST(lower_signals_are_taken_first)
{
	sigset_t all;

	sigfillset(&all);
	handle(SIGRTMIN + 5, 0);
	handle(SIGRTMIN + 1, 0);
	handle(SIGUSR2, 0);
	sigprocmask(SIG_BLOCK, &all, NULL);
	kill(getpid(), SIGRTMIN + 5);
	kill(getpid(), SIGRTMIN + 1);
	kill(getpid(), SIGUSR2);
	sigset_t wanted, got;
	siginfo_t info;
	sigfillset(&wanted);
	CHECK_EQ(sigpending(&got), 0);
	CHECK(sigismember(&got, SIGUSR2) && sigismember(&got, SIGRTMIN + 1) &&
	      sigismember(&got, SIGRTMIN + 5));
	CHECK_EQ(sigwaitinfo(&wanted, &info), SIGUSR2);
	CHECK_EQ(sigwaitinfo(&wanted, &info), SIGRTMIN + 1);
	CHECK_EQ(sigwaitinfo(&wanted, &info), SIGRTMIN + 5);
	CHECK_EQ(sigpending(&got), 0);
	CHECK(!sigismember(&got, SIGUSR2));
}

TEST(pending_limit_gives_eagain)
{
	struct rlimit limit = { 10, 10 };
	int sent = 0;

	block(SIGRTMIN);
	CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
	while (sent < 100 && sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 }) == 0)
		sent++;
	CHECK(sent <= 10);
	CHECK_EQ(errno, EAGAIN);
}

TEST(siginfo_of_kill)
{
	handle(SIGUSR1, 0);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(last_info.si_code, SI_USER);
	CHECK_EQ(last_info.si_pid, getpid());
	CHECK_EQ(last_info.si_uid, getuid());
}

TEST(siginfo_of_tgkill)
{
	handle(SIGUSR1, 0);
	CHECK_EQ(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1), 0);
	CHECK_EQ(last_info.si_code, SI_TKILL);
	CHECK_EQ(last_info.si_pid, getpid());
	CHECK_EQ(syscall(SYS_tkill, gettid(), SIGUSR1), 0);
	CHECK_EQ(last_info.si_code, SI_TKILL);
	CHECK_ERRNO(syscall(SYS_tgkill, 1, gettid(), 0), ESRCH);
	CHECK_ERRNO(syscall(SYS_tgkill, 0, gettid(), 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_tgkill, getpid(), -1, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_tkill, 0, 0), EINVAL);
}

TEST(siginfo_of_queue)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };

	info.si_pid = 4321;
	info.si_uid = 99;
	info.si_value.sival_ptr = (void *)0x123456789abcULL;
	handle(SIGUSR1, 0);
	CHECK_EQ(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info), 0);
	CHECK_EQ(last_info.si_code, SI_QUEUE);
	CHECK_EQ(last_info.si_pid, 4321);
	CHECK_EQ((intptr_t)last_info.si_value.sival_ptr, 0x123456789abcLL);
	info.si_code = SI_USER;
	pid_t pid = fork();
	if (!pid) {
		CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR1, &info), EPERM);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK_EQ(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, &info), 0);
}

TEST(kill_targets)
{
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	CHECK_ERRNO(kill(9999999, 0), ESRCH);
	CHECK_ERRNO(kill(-9999999, 0), ESRCH);
	CHECK_ERRNO(kill((pid_t)0x80000000, SIGTERM), ESRCH);
	handle(SIGUSR1, 0);
	CHECK_EQ(kill(0, SIGUSR1), 0);
	CHECK_EQ(hits, 1);
	CHECK_EQ(kill(-getpgrp(), SIGUSR1), 0);
	CHECK_EQ(hits, 2);
}

TEST(permission_to_signal)
{
	pid_t victim = fork();

	if (!victim)
		for (;;)
			pause();
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(setresuid(1000, 1000, 1000), 0);
		CHECK_ERRNO(kill(victim, SIGTERM), EPERM);
		CHECK_ERRNO(kill(victim, 0), EPERM);
		CHECK_ERRNO(kill(1, SIGCONT), EPERM);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	kill(victim, SIGTERM);
	CHECK_KILLED(victim, SIGTERM);
}

static volatile int depth, deepest, entries;

static void nest(int sig)
{
	if (++depth > deepest)
		deepest = depth;
	if (++entries < 3)
		raise(sig);
	depth--;
}

TEST(handler_masks_itself_unless_nodefer)
{
	struct sigaction action = { .sa_handler = nest };

	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	CHECK_EQ(entries, 3);
	CHECK_EQ(deepest, 1);
	action.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &action, NULL);
	entries = 0;
	raise(SIGUSR1);
	CHECK_EQ(deepest, 3);
}

static sigset_t mask_seen;

static void see_mask(int sig)
{
	(void)sig;
	sigprocmask(SIG_BLOCK, NULL, &mask_seen);
}

TEST(mask_during_and_after_the_handler)
{
	struct sigaction action = { .sa_handler = see_mask };

	sigaddset(&action.sa_mask, SIGTERM);
	sigaction(SIGUSR1, &action, NULL);
	block(SIGHUP);
	raise(SIGUSR1);
	CHECK(sigismember(&mask_seen, SIGTERM) == 1);
	CHECK(sigismember(&mask_seen, SIGUSR1) == 1);
	CHECK(sigismember(&mask_seen, SIGHUP) == 1);
	CHECK(sigismember(&mask_seen, SIGINT) == 0);
	sigprocmask(SIG_BLOCK, NULL, &mask_seen);
	CHECK(sigismember(&mask_seen, SIGTERM) == 0);
	CHECK(sigismember(&mask_seen, SIGHUP) == 1);
}

TEST(resethand_resets_once)
{
	struct sigaction now;

	handle(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(hits, 1);
	sigaction(SIGUSR1, NULL, &now);
	CHECK(now.sa_handler == SIG_DFL);
	CHECK_DIES(SIGUSR1, raise(SIGUSR1));
}

/* Starts a child that signals us after 30 ms, then, when fd is given, writes a byte to it after
 * another 30. */
static pid_t disturb(int sig, int fd)
{
	pid_t parent = getpid(), pid = fork();

	if (!pid) {
		sleep_ms(30);
		kill(parent, sig);
		sleep_ms(30);
		if (fd >= 0 && write(fd, "x", 1) != 1)
			_exit(1);
		_exit(0);
	}
	return pid;
}

TEST(read_restarts_only_when_asked)
{
	int fds[2];
	char byte;

	CHECK_EQ(pipe(fds), 0);
	handle(SIGUSR1, SA_RESTART);
	pid_t pid = disturb(SIGUSR1, fds[1]);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(hits, 1);
	CHECK_EXITED(pid, 0);
	handle(SIGUSR1, 0);
	pid = disturb(SIGUSR1, fds[1]);
	CHECK_ERRNO(read(fds[0], &byte, 1), EINTR);
	CHECK_EXITED(pid, 0);
}

TEST(ignored_and_stop_signals_do_not_interrupt_read)
{
	int fds[2];
	char byte;

	CHECK_EQ(pipe(fds), 0);
	pid_t pid = disturb(SIGWINCH, fds[1]);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EXITED(pid, 0);
	pid_t reader = fork();
	if (!reader)
		_exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
	sleep_ms(10);
	kill(reader, SIGSTOP);
	CHECK_SOON(task_state(reader) == 'T');
	kill(reader, SIGCONT);
	sleep_ms(10);
	CHECK_EQ(write(fds[1], "y", 1), 1);
	CHECK_EXITED(reader, 0);
}

TEST(sleep_reports_the_rest)
{
	struct timespec request = { 5, 0 }, left = { 0 };

	handle(SIGUSR1, SA_RESTART);
	pid_t pid = disturb(SIGUSR1, -1);
	CHECK_ERRNO(nanosleep(&request, &left), EINTR);
	CHECK(left.tv_sec == 4);
	CHECK_EXITED(pid, 0);
}

TEST(sigsuspend_swaps_the_mask)
{
	sigset_t empty = set_of(0), now;

	handle(SIGUSR1, SA_RESTART);
	block(SIGUSR1);
	pid_t pid = disturb(SIGUSR1, -1);
	CHECK_ERRNO(sigsuspend(&empty), EINTR);
	CHECK_EQ(hits, 1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR1) == 1);
	CHECK_EXITED(pid, 0);
}

TEST(sigtimedwait)
{
	sigset_t set = set_of(SIGUSR1);
	struct timespec brief = { 0, 30000000 };
	siginfo_t info;

	block(SIGUSR1);
	int64_t before = now_ms();
	CHECK_ERRNO(sigtimedwait(&set, &info, &brief), EAGAIN);
	CHECK(now_ms() - before >= 25);
	CHECK_ERRNO(sigtimedwait(&set, &info, &(struct timespec){ 0, -1 }), EINVAL);
	pid_t pid = disturb(SIGUSR1, -1);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EXITED(pid, 0);
	handle(SIGUSR2, 0);
	pid = disturb(SIGUSR2, -1);
	CHECK_ERRNO(sigwaitinfo(&set, &info), EINTR);
	CHECK_EXITED(pid, 0);
}

TEST(continue_discards_stops)
{
	handle(SIGCONT, 0);
	block(SIGTSTP);
	raise(SIGTSTP);
	kill(getpid(), SIGCONT);
	CHECK_EQ(hits, 1);
	sigset_t pending;
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGTSTP));
}

TEST(setting_ignore_discards_pending)
{
	sigset_t pending;

	block(SIGUSR1);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGUSR1));
}

TEST(pending_is_not_inherited_but_the_mask_is)
{
	sigset_t pending, mask;

	block(SIGUSR1);
	raise(SIGUSR1);
	IN_CHILD(sigpending(&pending); CHECK(!sigismember(&pending, SIGUSR1));
		 sigprocmask(SIG_BLOCK, NULL, &mask); CHECK(sigismember(&mask, SIGUSR1) == 1));
}

TEST(orphaned_group_ignores_tty_stops)
{
	int status;
	pid_t pid = fork();

	if (!pid) { /* a session leader's group has no parent in the session: it is orphaned */
		setsid();
		raise(SIGTSTP);
		raise(SIGTTIN);
		raise(SIGTTOU);
		_exit(3);
	}
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

TEST(orphaning_a_stopped_group_sends_hup_and_cont)
{
	int *seen = shared_page();
	pid_t middle = fork();

	if (!middle) {
		pid_t pid = fork();
		if (!pid) {
			setpgid(0, 0);
			handle(SIGHUP, 0);
			seen[0] = getpid();
			raise(SIGSTOP);
			seen[1] = hits + 10;
			_exit(0);
		}
		while (task_state(pid) != 'T')
			sleep_ms(1);
		_exit(0);
	}
	CHECK_EXITED(middle, 0);
	CHECK_SOON(seen[1]);
	CHECK_EQ(seen[1], 11);
}

/* Only the death that makes a group an orphan hangs it up, not every later one inside it. */
TEST(death_inside_an_orphaned_group_hangs_nobody_up)
{
	pid_t leader = fork();

	if (!leader) {
		pid_t stopped, other;
		int status;

		setsid();
		handle(SIGHUP, 0);
		stopped = fork();
		if (!stopped) {
			raise(SIGSTOP);
			_exit(hits + 1);
		}
		while (task_state(stopped) != 'T')
			sleep_ms(1);
		other = fork();
		if (!other)
			_exit(0);
		CHECK_EXITED(other, 0);
		sleep_ms(20);
		CHECK_EQ(hits, 0);
		CHECK_EQ(task_state(stopped), 'T');
		kill(stopped, SIGCONT);
		CHECK_EQ(waitpid(stopped, &status, 0), stopped);
		_exit(status >> 8);
	}
	CHECK_EXITED(leader, 1);
}

/*
 * timer.c: POSIX timers as they meet signals: overruns, threads, deletion with a signal queued; and
 * what stopping and continuing does to threads and to calls that sleep.
 */
#include "tests/abi/abi.h"
#include <pthread.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/time.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile int hits, hit_tid;
static volatile siginfo_t hit_info;

static void on_hit(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	hit_info = *info;
	hit_tid = gettid();
	hits++;
}

static void handle(int sig)
{
	struct sigaction action = { .sa_sigaction = on_hit, .sa_flags = SA_SIGINFO | SA_RESTART };

	CHECK_EQ(sigaction(sig, &action, NULL), 0);
}

static void mask(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_EQ(pthread_sigmask(how, &set, NULL), 0);
}

static timer_t make_timer(int clock, int notify, int sig, int tid)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = sig };
	timer_t timer;

	event.sigev_value.sival_int = 99;
	event.sigev_notify_thread_id = tid;
	CHECK_EQ(timer_create(clock, &event, &timer), 0);
	return timer;
}

static void set_timer(timer_t timer, int flags, long first_us, long period_us)
{
	struct itimerspec spec = {
		.it_value = { first_us / 1000000, first_us % 1000000 * 1000 },
		.it_interval = { period_us / 1000000, period_us % 1000000 * 1000 },
	};

	CHECK_EQ(timer_settime(timer, flags, &spec, NULL), 0);
}

static long left_us(timer_t timer)
{
	struct itimerspec spec;

	CHECK_EQ(timer_gettime(timer, &spec), 0);
	return spec.it_value.tv_sec * 1000000 + (spec.it_value.tv_nsec + 999) / 1000;
}

TEST(one_signal_stands_for_all_missed_periods)
{
	timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);

	handle(SIGUSR1);
	mask(SIG_BLOCK, SIGUSR1);
	set_timer(timer, 0, 1000, 1000);
	sleep_ms(50);
	set_timer(timer, 0, 0, 0);
	mask(SIG_UNBLOCK, SIGUSR1);
	CHECK(hits <= 1); /* whether disarming drops what is queued differs between kernels */
	hits = 0;
	mask(SIG_BLOCK, SIGUSR1);
	set_timer(timer, 0, 1000, 1000);
	sleep_ms(50);
	mask(SIG_UNBLOCK, SIGUSR1);
	CHECK(hits >= 1);
	CHECK_EQ(hit_info.si_code, SI_TIMER);
	CHECK_EQ(hit_info.si_value.sival_int, 99);
	set_timer(timer, 0, 0, 0);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(overruns_are_counted)
{
	timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 0);
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	mask(SIG_BLOCK, SIGRTMIN);
	set_timer(timer, 0, 1000, 1000);
	sleep_ms(50);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	CHECK(info.si_overrun >= 30);
	CHECK(info.si_overrun < 2000);
	CHECK_EQ(timer_getoverrun(timer), info.si_overrun);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(one_shot_fires_once_and_reads_zero)
{
	timer_t timer = make_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, 0);

	handle(SIGUSR1);
	CHECK_EQ(left_us(timer), 0);
	set_timer(timer, 0, 20000, 0);
	CHECK(left_us(timer) > 0 && left_us(timer) <= 20000);
	CHECK_SOON(hits);
	sleep_ms(10);
	CHECK_EQ(hits, 1);
	CHECK_EQ(left_us(timer), 0);
}

TEST(absolute_times_on_both_clocks)
{
	timer_t real = make_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, 0);
	timer_t mono = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
	struct timespec now;

	handle(SIGUSR1);
	clock_gettime(CLOCK_REALTIME, &now);
	set_timer(real, TIMER_ABSTIME, now.tv_sec * 1000000 + now.tv_nsec / 1000 + 20000, 0);
	CHECK(left_us(real) > 0 && left_us(real) <= 20001);
	CHECK_SOON(hits == 1);
	clock_gettime(CLOCK_MONOTONIC, &now);
	set_timer(mono, TIMER_ABSTIME, now.tv_sec * 1000000 + now.tv_nsec / 1000 + 20000, 0);
	CHECK_SOON(hits == 2);
	set_timer(mono, TIMER_ABSTIME, 1000, 0); /* long past */
	CHECK_SOON(hits == 3);
}

TEST(silent_timers_only_count)
{
	timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);

	set_timer(timer, 0, 5000, 7000);
	sleep_ms(30);
	CHECK(left_us(timer) > 0);
	CHECK(left_us(timer) <= 7000);
}

static volatile int thread_tid, thread_done;

static void *wait_for_end(void *arg)
{
	(void)arg;
	thread_tid = gettid();
	while (!thread_done)
		sleep_ms(1);
	return NULL;
}

static pthread_t start_thread(void)
{
	pthread_t thread;

	thread_tid = thread_done = 0;
	CHECK_EQ(pthread_create(&thread, NULL, wait_for_end, NULL), 0);
	CHECK_SOON(thread_tid);
	return thread;
}

static void end_thread(pthread_t thread)
{
	thread_done = 1;
	pthread_join(thread, NULL);
}

TEST(a_timer_may_tell_one_thread)
{
	pthread_t thread = start_thread();
	timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1, thread_tid);

	handle(SIGUSR1);
	set_timer(timer, 0, 5000, 0);
	CHECK_SOON(hits);
	CHECK_EQ(hit_tid, thread_tid);
	end_thread(thread);
	set_timer(timer, 0, 1000, 1000); /* to nobody */
	sleep_ms(10);
	CHECK_EQ(hits, 1);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(bad_events)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65 };
	struct itimerspec bad = { { 0, 0 }, { 0, 1000000000 } };
	timer_t timer;
	int id;

	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id), EINVAL);
	event.sigev_signo = SIGUSR1;
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_notify_thread_id = 1; /* exists, but is none of ours */
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id), EINVAL);
	event.sigev_notify = 77;
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id), EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, 8), EFAULT);
	timer = make_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
	CHECK_ERRNO(timer_settime(timer, 0, &bad, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_gettime, 4711, &bad), EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_getoverrun, 4711), EINVAL);
}

TEST(many_timers_and_no_leak_of_ids)
{
	timer_t timers[100];

	handle(SIGUSR1);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			timers[i] = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
			set_timer(timers[i], 0, 1000 + i, 100000 + i);
		}
		sleep_ms(5);
		for (int i = 0; i < 100; i++)
			CHECK_EQ(timer_delete(timers[i]), 0);
	}
	CHECK(hits > 0);
}

TEST(timers_end_with_the_process)
{
	for (int i = 0; i < 20; i++)
		IN_CHILD(timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
			 handle(SIGUSR1); set_timer(timer, 0, 100, 100); sleep_ms(2));
}

TEST(a_tiny_period_does_not_stall)
{
	timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0);
	struct itimerspec spec = { { 0, 1 }, { 0, 1 } };
	struct itimerval fast = { { 0, 1 }, { 0, 1 } };
	int64_t start = now_ms();

	signal(SIGUSR1, SIG_IGN);
	signal(SIGALRM, SIG_IGN);
	CHECK_EQ(timer_settime(timer, 0, &spec, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &fast, NULL), 0);
	for (volatile int i = 0; i < 3000000; i++)
		;
	CHECK(now_ms() - start < 5000);
	mask(SIG_BLOCK, SIGUSR1);
	handle(SIGUSR1);
	sleep_ms(20);
	fast = (struct itimerval){ 0 };
	CHECK_EQ(setitimer(ITIMER_REAL, &fast, NULL), 0);
	CHECK_EQ(timer_delete(timer), 0);
}

static volatile long *counters;

static void *count_up(void *arg)
{
	for (;;)
		counters[(long)arg]++;
	return NULL;
}

/* A process with three threads that count and a first one that sleeps. */
static pid_t counting_child(void)
{
	pid_t pid;

	counters = shared_page();
	pid = fork();
	if (!pid) {
		pthread_t thread;

		for (long i = 0; i < 3; i++)
			pthread_create(&thread, NULL, count_up, (void *)i);
		for (;;)
			pause();
	}
	CHECK_SOON(counters[0] && counters[1] && counters[2]);
	return pid;
}

TEST(a_stop_stops_every_thread)
{
	pid_t pid = counting_child();
	int status;

	for (int round = 0; round < 5; round++) {
		long before[3];

		CHECK_EQ(kill(pid, SIGSTOP), 0);
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
		for (int i = 0; i < 3; i++)
			before[i] = counters[i];
		sleep_ms(15);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(counters[i], before[i]);
		CHECK_EQ(waitpid(pid, &status, WNOHANG | WUNTRACED), 0); /* told once */
		CHECK_EQ(kill(pid, SIGCONT), 0);
		CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
		CHECK(WIFCONTINUED(status));
		for (int i = 0; i < 3; i++)
			CHECK_SOON(counters[i] != before[i]);
	}
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_KILLED(pid, SIGKILL);
}

static int sleep_way;

/* Sleeps for good in one of several calls that a signal may end; a stop must reach each of them. */
static void *sleep_somehow(void *arg)
{
	sigset_t none;
	int word = 0, fds[2], signo;
	char c;

	sigemptyset(&none);
	CHECK_EQ(pipe(fds), 0);
	while (sleep_way == 0)
		(void)!read(fds[0], &c, 1);
	while (sleep_way == 1)
		poll(NULL, 0, -1);
	while (sleep_way == 2)
		sleep(100);
	while (sleep_way == 3)
		syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL);
	for (;;)
		sigwait(&none, &signo); /* no signal is waited for: only the end ends it */
	return arg;
}

TEST(a_stop_reaches_threads_that_sleep)
{
	int status;

	for (sleep_way = 0; sleep_way < 5; sleep_way++) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t thread;

			pthread_create(&thread, NULL, sleep_somehow, NULL);
			for (;;)
				pause();
		}
		sleep_ms(50);
		CHECK_EQ(kill(pid, SIGSTOP), 0);
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(kill(pid, SIGCONT), 0);
		CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
		CHECK(WIFCONTINUED(status));
		CHECK_EQ(kill(pid, SIGKILL), 0);
		CHECK_KILLED(pid, SIGKILL);
	}
}

TEST(a_sleep_goes_on_after_a_stop)
{
	pid_t pid = fork();
	int64_t start = now_ms();

	if (!pid) {
		struct timespec time = { 0, 200000000 };

		_exit(nanosleep(&time, NULL) ? 1 : 0);
	}
	sleep_ms(30);
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_SOON(task_state(pid) == 'T');
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EXITED(pid, 0);
	CHECK(now_ms() - start >= 195);
	CHECK(now_ms() - start < 1500);
}

TEST(a_timed_futex_goes_on_after_a_stop)
{
	pid_t pid = fork();
	int64_t start = now_ms();

	if (!pid) {
		struct timespec time = { 0, 200000000 };
		uint32_t word = 0;

		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0);
		_exit(errno == ETIMEDOUT ? 0 : 1);
	}
	sleep_ms(30);
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_SOON(task_state(pid) == 'T');
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EXITED(pid, 0);
	CHECK(now_ms() - start >= 195);
}

static volatile int waited_signal;

static void *wait_for_signal(void *arg)
{
	sigset_t set;
	int sig;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	thread_tid = gettid();
	sigwait(&set, &sig);
	waited_signal = sig;
	return NULL;
}

TEST(a_thread_in_sigwait_takes_what_all_others_block)
{
	pthread_t thread;

	mask(SIG_BLOCK, SIGUSR2);
	thread_tid = 0;
	CHECK_EQ(pthread_create(&thread, NULL, wait_for_signal, NULL), 0);
	CHECK_SOON(thread_tid && task_state(thread_tid) == 'S');
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	CHECK_SOON(waited_signal == SIGUSR2);
	pthread_join(thread, NULL);
}

TEST(a_signal_for_a_thread_that_dies_goes_to_another)
{
	pthread_t thread;
	sigset_t pending;

	/* The leader blocks; the thread would take it, but it is sent while that one dies. */
	handle(SIGUSR1);
	for (int i = 0; i < 50; i++) {
		thread = start_thread();
		mask(SIG_BLOCK, SIGUSR1);
		thread_done = 1;
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		pthread_join(thread, NULL);
		mask(SIG_UNBLOCK, SIGUSR1);
		CHECK_SOON(hits == i + 1);
	}
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGUSR1));
}

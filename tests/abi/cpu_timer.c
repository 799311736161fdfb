/*
 * cpu_timer.c: timers that go by how much a process or thread has run, and clocks that could wake a
 * machine if it had any.
 */
#include "tests/abi/abi.h"
#include <pthread.h>
#include <sys/timerfd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile int hits, hit_tid;

static void on_hit(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	hit_tid = gettid();
	hits++;
}

static void handle(int sig)
{
	struct sigaction action = { .sa_sigaction = on_hit, .sa_flags = SA_SIGINFO | SA_RESTART };

	CHECK_EQ(sigaction(sig, &action, NULL), 0);
}

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	CHECK_EQ(clock_gettime(clock, &now), 0);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void run_for(clockid_t clock, long ms)
{
	int64_t end = clock_ms(clock) + ms;

	while (clock_ms(clock) < end)
		;
}

static timer_t make_timer(clockid_t clock, int notify, int sig)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = sig };
	timer_t timer;

	CHECK_EQ(timer_create(clock, &event, &timer), 0);
	return timer;
}

static void set_timer(timer_t timer, int flags, long first_ms, long period_ms)
{
	struct itimerspec spec = {
		.it_value = { first_ms / 1000, first_ms % 1000 * 1000000 },
		.it_interval = { period_ms / 1000, period_ms % 1000 * 1000000 },
	};

	CHECK_EQ(timer_settime(timer, flags, &spec, NULL), 0);
}

static long left_us(timer_t timer)
{
	struct itimerspec spec;

	CHECK_EQ(timer_gettime(timer, &spec), 0);
	return spec.it_value.tv_sec * 1000000 + (spec.it_value.tv_nsec + 999) / 1000;
}

static void fires_after_running(clockid_t clock)
{
	timer_t timer = make_timer(clock, SIGEV_SIGNAL, SIGUSR1);

	handle(SIGUSR1);
	hits = 0;
	set_timer(timer, 0, 100, 0);
	sleep_ms(300); /* that is no time of its clock */
	CHECK_EQ(hits, 0);
	CHECK(left_us(timer) > 0 && left_us(timer) <= 100000);
	run_for(clock, 90);
	run_for(clock, 100);
	CHECK_EQ(hits, 1);
	CHECK_EQ(left_us(timer), 0);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(process_clock)
{
	fires_after_running(CLOCK_PROCESS_CPUTIME_ID);
}

TEST(thread_clock)
{
	fires_after_running(CLOCK_THREAD_CPUTIME_ID);
}

TEST(clocks_by_number)
{
	clockid_t process, thread;

	CHECK_EQ(clock_getcpuclockid(getpid(), &process), 0);
	CHECK_EQ(pthread_getcpuclockid(pthread_self(), &thread), 0);
	fires_after_running(process);
	fires_after_running(thread);
}

TEST(periods_missed_while_blocked_are_overruns)
{
	timer_t timer = make_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	set_timer(timer, 0, 10, 10);
	run_for(CLOCK_THREAD_CPUTIME_ID, 205);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK(info.si_overrun >= 19 && info.si_overrun < 100);
	CHECK_EQ(timer_getoverrun(timer), info.si_overrun);
	run_for(CLOCK_THREAD_CPUTIME_ID, 50); /* it goes on */
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(asked_rather_than_told)
{
	timer_t timer = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE, 0);

	set_timer(timer, 0, 20, 20);
	run_for(CLOCK_PROCESS_CPUTIME_ID, 110);
	CHECK(left_us(timer) > 0 && left_us(timer) <= 20000);
	set_timer(timer, 0, 20, 0);
	run_for(CLOCK_PROCESS_CPUTIME_ID, 60);
	CHECK_EQ(left_us(timer), 0);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(a_moment_that_is_past)
{
	timer_t timer = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);

	handle(SIGUSR1);
	run_for(CLOCK_PROCESS_CPUTIME_ID, 20);
	set_timer(timer, TIMER_ABSTIME, 1, 0);
	CHECK_SOON(hits == 1);
	CHECK_EQ(timer_delete(timer), 0);
}

static volatile int thread_may_end, thread_tid;

static void *run_till_told(void *arg)
{
	(void)arg;
	thread_tid = gettid();
	while (!thread_may_end)
		;
	return NULL;
}

TEST(whoever_runs_takes_the_signal)
{
	timer_t timer = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);
	pthread_t thread;

	handle(SIGUSR1);
	CHECK_EQ(pthread_create(&thread, NULL, run_till_told, NULL), 0);
	CHECK_SOON(thread_tid);
	set_timer(timer, 0, 50, 0);
	for (int i = 0; i < 5000 && !hits; i++)
		sleep_ms(10);
	CHECK_EQ(hits, 1);
	set_timer(timer, 0, 0, 0);
	thread_may_end = 1;
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(the_clock_of_a_thread_that_ended)
{
	pthread_t thread;
	clockid_t clock;
	timer_t timer;

	CHECK_EQ(pthread_create(&thread, NULL, run_till_told, NULL), 0);
	CHECK_EQ(pthread_getcpuclockid(thread, &clock), 0);
	timer = make_timer(clock, SIGEV_SIGNAL, SIGUSR1);
	handle(SIGUSR1);
	set_timer(timer, 0, 100000, 0);
	thread_may_end = 1;
	CHECK_EQ(pthread_join(thread, NULL), 0);
	run_for(CLOCK_PROCESS_CPUTIME_ID, 30);
	CHECK_EQ(hits, 0);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(many_at_once_expire_in_order)
{
	enum { COUNT = 40 };
	timer_t timers[COUNT];

	handle(SIGUSR1);
	for (int i = 0; i < COUNT; i++) {
		timers[i] = make_timer(i % 2 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID,
				       SIGEV_NONE, 0);
		set_timer(timers[i], 0, i % 3 ? 10 + i : 100000, 0);
	}
	run_for(CLOCK_THREAD_CPUTIME_ID, 100);
	for (int i = 0; i < COUNT; i++) {
		CHECK_EQ(left_us(timers[i]) == 0, i % 3 != 0);
		CHECK_EQ(timer_delete(timers[i]), 0);
	}
}

TEST(gone_with_exec)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		timer_t timer = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGKILL);
		char *const words[] = { "/proc/self/exe", "--list", NULL };

		set_timer(timer, 0, 1, 1);
		close(1);
		execv(words[0], words);
		_exit(9);
	}
	int status = wait_status(pid);
	CHECK(status == SIGKILL || WIFEXITED(status)); /* it may have been too slow */
}

TEST(clocks_that_are_not_to_be_had)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	clockid_t none = (clockid_t)(~2000000u << 3 | 2), unknown = (clockid_t)(~0u << 3 | 7);
	clockid_t of_a_file = (clockid_t)(~0u << 3 | 3);
	struct timespec brief = { 0, 1000 };
	struct timespec now;
	timer_t timer;

	CHECK_ERRNO(timer_create(none, &event, &timer), EINVAL);
	CHECK_ERRNO(timer_create(unknown, &event, &timer), EINVAL);
	CHECK_ERRNO(timer_create(of_a_file, &event, &timer), EOPNOTSUPP);
	CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_REALTIME_ALARM, &now), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_BOOTTIME_ALARM, &now), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_getres, CLOCK_BOOTTIME_ALARM, &now), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME_ALARM, 0, &brief, NULL),
		    EOPNOTSUPP);
	CHECK_ERRNO(timer_create(CLOCK_REALTIME_ALARM, &event, &timer), EOPNOTSUPP);
	CHECK_ERRNO(timer_create(CLOCK_BOOTTIME_ALARM, &event, &timer), EOPNOTSUPP);
}

static void timerfd_counts(clockid_t clock, clockid_t as)
{
	struct itimerspec spec = { .it_value = { 0, 20000000 } };
	uint64_t ticks = 0;
	struct timespec now;
	int fd = timerfd_create(clock, 0);

	CHECK(fd >= 0);
	CHECK_EQ(timerfd_settime(fd, 0, &spec, NULL), 0);
	CHECK_EQ(read(fd, &ticks, sizeof(ticks)), sizeof(ticks));
	CHECK_EQ(ticks, 1);
	CHECK_EQ(clock_gettime(as, &now), 0);
	spec.it_value = (struct timespec){ now.tv_sec + 100, now.tv_nsec };
	CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL), 0);
	CHECK_EQ(timerfd_gettime(fd, &spec), 0);
	CHECK(spec.it_value.tv_sec >= 90 && spec.it_value.tv_sec <= 100);
	CHECK_EQ(close(fd), 0);
}

TEST(a_timerfd_that_could_wake)
{
	timerfd_counts(CLOCK_REALTIME_ALARM, CLOCK_REALTIME);
	timerfd_counts(CLOCK_BOOTTIME_ALARM, CLOCK_BOOTTIME);
	CHECK_ERRNO(timerfd_create(CLOCK_TAI, 0), EINVAL);
	IN_CHILD(CHECK_EQ(setresuid(65534, 65534, 65534), 0);
		 CHECK_ERRNO(timerfd_create(CLOCK_BOOTTIME_ALARM, 0), EPERM));
}

/*
 * sched.c: scheduling calls, clocks, sleeping and timers.
 */
#include "tests/abi/abi.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>

TEST(yield_and_getcpu)
{
	unsigned cpu = 9999, node = 9999;

	CHECK_EQ(sched_yield(), 0);
	CHECK_EQ(syscall(SYS_getcpu, &cpu, &node, NULL), 0);
	CHECK(cpu < (unsigned)sysconf(_SC_NPROCESSORS_CONF));
	CHECK_EQ(node, 0);
	CHECK_EQ(syscall(SYS_getcpu, NULL, NULL, NULL), 0);
}

TEST(nice_values)
{
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0),
		 20); /* the raw call answers 20 - nice */
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 7), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7);
	IN_CHILD(CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7));
	CHECK_EQ(setpriority(PRIO_PROCESS, getpid(), 99), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, -99), 0);
	errno = 0;
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), -20);
	CHECK_EQ(setpriority(PRIO_PGRP, 0, 3), 0);
	CHECK_EQ(getpriority(PRIO_PGRP, 0), 3);
	CHECK_ERRNO(setpriority(9, 0, 0), EINVAL);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 9999999, 0), ESRCH);
	IN_CHILD(CHECK_EQ(setresuid(500, 500, 500), 0);
		 CHECK_EQ(setpriority(PRIO_PROCESS, 0, 5), 0);
		 CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, 0), EACCES);
		 CHECK_ERRNO(setpriority(PRIO_PROCESS, 1, 5), EPERM));
}

TEST(affinity)
{
	cpu_set_t all, one, now;

	CHECK_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
	CHECK_EQ(CPU_COUNT(&all), sysconf(_SC_NPROCESSORS_ONLN));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
		CHECK_EQ(sched_getcpu(), cpu);
		CHECK_EQ(sched_getaffinity(0, sizeof(now), &now), 0);
		CHECK(CPU_EQUAL(&now, &one));
		IN_CHILD(CHECK_EQ(sched_getcpu(), cpu));
	}
	CPU_ZERO(&one);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(one), &one), EINVAL);
	CPU_SET(1000, &one);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(one), &one), EINVAL);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 4, &now), EINVAL);
	CHECK_ERRNO(sched_getaffinity(9999999, sizeof(now), &now), ESRCH);
}

TEST(policies)
{
	struct sched_param param = { 0 };

	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_ERRNO(sched_get_priority_max(77), EINVAL);
	CHECK_ERRNO(sched_setscheduler(0, SCHED_FIFO, &param), EINVAL);
	param.sched_priority = 100;
	CHECK_ERRNO(sched_setscheduler(0, SCHED_FIFO, &param), EINVAL);
	param.sched_priority = 5;
	CHECK_ERRNO(sched_setscheduler(0, SCHED_OTHER, &param), EINVAL);
	CHECK_EQ(sched_setscheduler(0, SCHED_FIFO, &param), 0);
	CHECK_EQ(sched_getscheduler(0), SCHED_FIFO);
	param.sched_priority = 0;
	CHECK_EQ(sched_getparam(0, &param), 0);
	CHECK_EQ(param.sched_priority, 5);
	CHECK_EQ(sched_setscheduler(0, SCHED_RR, &param), 0);
	param.sched_priority = 0;
	CHECK_EQ(sched_setscheduler(0, SCHED_BATCH, &param), 0);
	CHECK_EQ(sched_setscheduler(0, SCHED_IDLE, &param), 0);
	CHECK_EQ(sched_setscheduler(0, SCHED_OTHER, &param), 0);
}

static volatile int stop_spinning;

static void *spin(void *arg)
{
	while (!stop_spinning)
		++*(volatile long *)arg;
	return NULL;
}

TEST(a_busy_thread_does_not_starve_others)
{
	long count[3] = { 0 };
	pthread_t threads[3];
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, spin, &count[i]), 0);
	sleep_ms(400);
	stop_spinning = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 3; i++)
		CHECK(count[i] > 1000);
}

/* A real-time task that loops for ever is root's mistake, but root must be able to end it. */
TEST(a_real_time_loop_leaves_something_to_others)
{
	struct sched_param param = { .sched_priority = 50 };
	volatile int *word = shared_page(); /* the loop has begun; somebody else has run */
	pid_t loop, other;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	other = fork();
	if (!other) {
		while (!word[0])
			sched_yield();
		word[1] = 1;
		_exit(0);
	}
	loop = fork();
	if (!loop) {
		int64_t give_up = now_ms() + 15000;

		if (sched_setscheduler(0, SCHED_FIFO, &param) != 0)
			_exit(2);
		word[0] = 1;
		while (!word[1] && now_ms() < give_up)
			;
		_exit(word[1] ? 0 : 1);
	}
	CHECK_EXITED(loop, 0);
	CHECK_EXITED(other, 0);
}

static const clockid_t clocks[] = {CLOCK_REALTIME,           CLOCK_MONOTONIC,
				   CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
				   CLOCK_MONOTONIC_RAW,      CLOCK_REALTIME_COARSE,
				   CLOCK_MONOTONIC_COARSE,   CLOCK_BOOTTIME};

static int64_t ns_of(struct timespec time)
{
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

TEST(clocks_by_call_and_by_vdso_agree)
{
	struct timespec by_call, by_vdso, resolution;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		CHECK_EQ(syscall(SYS_clock_gettime, clocks[i], &by_call), 0);
		CHECK_EQ(clock_gettime(clocks[i], &by_vdso), 0);
		int64_t gap = ns_of(by_vdso) - ns_of(by_call);
		if (gap < 0 || gap > 1000000000)
			FAIL("clock %d: the vDSO is %lld ns ahead", clocks[i], (long long)gap);
		CHECK_EQ(clock_getres(clocks[i], &resolution), 0);
		CHECK(ns_of(resolution) > 0 && ns_of(resolution) <= 10000000);
	}
	CHECK_ERRNO(syscall(SYS_clock_gettime, 99, &by_call), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8), EFAULT);
	CHECK_EQ(syscall(SYS_clock_getres, CLOCK_MONOTONIC, NULL), 0);
}

TEST(monotonic_never_goes_back)
{
	int64_t last = 0;

	for (int i = 0; i < 20000; i++) {
		struct timespec now;
		if (i % 100 == 0)
			sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
		CHECK(ns_of(now) >= last);
		last = ns_of(now);
	}
}

TEST(cpu_time_counts_work_not_sleep)
{
	struct timespec before, after;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	sleep_ms(100);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	CHECK(ns_of(after) - ns_of(before) < 60000000);
	int64_t start = now_ms();
	while (now_ms() - start < 100)
		;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	CHECK(ns_of(before) - ns_of(after) > 10000000);
	CHECK(ns_of(before) - ns_of(after) < 2000000000);
}

TEST(sleeping)
{
	struct timespec at, bad = { 0, 1000000000 };
	int64_t before = now_ms();

	sleep_ms(50);
	CHECK(now_ms() - before >= 49);
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec++;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0);
	CHECK(now_ms() - before >= 1040);
	at = (struct timespec){ 0, 1 };
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL), 0);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(99, 0, &at, NULL), EINVAL);
	bad = (struct timespec){ -1, 0 };
	CHECK_ERRNO(nanosleep(&bad, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_nanosleep, 8, NULL), EFAULT);
}

static volatile int ticks;
static volatile siginfo_t tick_info;

static void on_tick(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	tick_info = *info;
	ticks++;
}

static void handle(int sig)
{
	struct sigaction action = { .sa_sigaction = on_tick, .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(sig, &action, NULL), 0);
}

TEST(alarm_rings_and_is_replaced)
{
	handle(SIGALRM);
	CHECK_EQ(alarm(100), 0);
	unsigned left = alarm(1);
	CHECK(left == 100 || left == 99);
	CHECK_ERRNO(pause(), EINTR);
	CHECK_EQ(ticks, 1);
	CHECK_EQ(tick_info.si_code, SI_KERNEL);
	CHECK_EQ(alarm(0), 0);
	CHECK_DIES(SIGALRM, signal(SIGALRM, SIG_DFL); alarm(1); pause());
}

TEST(interval_timer_repeats)
{
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, now;

	handle(SIGALRM);
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	CHECK_SOON(ticks >= 4);
	CHECK_EQ(getitimer(ITIMER_REAL, &now), 0);
	CHECK_EQ(now.it_interval.tv_usec, 20000);
	CHECK(now.it_value.tv_usec <= 20000);
	timer = (struct itimerval){ 0 };
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, &now), 0);
	CHECK_EQ(now.it_interval.tv_usec, 20000);
	ticks = 0;
	sleep_ms(60);
	CHECK_EQ(ticks, 0);
	timer.it_value.tv_usec = 1000000;
	CHECK_ERRNO(setitimer(ITIMER_REAL, &timer, NULL), EINVAL);
	CHECK_ERRNO(setitimer(7, &now, NULL), EINVAL);
}

TEST(interval_timers_are_not_inherited)
{
	struct itimerval timer = { { 0, 0 }, { 100, 0 } }, now;

	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	IN_CHILD(CHECK_EQ(getitimer(ITIMER_REAL, &now), 0); CHECK_EQ(now.it_value.tv_sec, 0);
		 CHECK_EQ(now.it_value.tv_usec, 0));
}

TEST(virtual_timers_count_cpu_time)
{
	struct itimerval timer = { { 0, 0 }, { 0, 30000 } };

	handle(SIGVTALRM);
	handle(SIGPROF);
	CHECK_EQ(setitimer(ITIMER_VIRTUAL, &timer, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_PROF, &timer, NULL), 0);
	int64_t start = now_ms();
	while (ticks < 2 && now_ms() - start < 3000)
		;
	CHECK_EQ(ticks, 2);
}

TEST(posix_timers)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec spec = { { 0, 10000000 }, { 0, 10000000 } }, now;
	timer_t timer;

	event.sigev_value.sival_int = 4711;
	handle(SIGUSR1);
	SKIP_IF_ENOSYS(timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &spec, NULL), 0);
	CHECK_SOON(ticks >= 3);
	CHECK_EQ(tick_info.si_code, SI_TIMER);
	CHECK_EQ(tick_info.si_value.sival_int, 4711);
	CHECK_EQ(timer_gettime(timer, &now), 0);
	CHECK_EQ(now.it_interval.tv_nsec, 10000000);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sleep_ms(60);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	CHECK(timer_getoverrun(timer) >= 0);
	CHECK_EQ(timer_delete(timer), 0);
	CHECK_ERRNO(syscall(SYS_timer_delete, 12345), EINVAL);
	CHECK_ERRNO(timer_create(99, &event, &timer), EINVAL);
}

TEST(timer_descriptors)
{
	struct itimerspec spec = { { 0, 10000000 }, { 0, 10000000 } };
	uint64_t count = 0;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	SKIP_IF_ENOSYS(fd);
	CHECK(fd >= 0);
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);
	CHECK_EQ(timerfd_settime(fd, 0, &spec, NULL), 0);
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	CHECK_EQ(poll(&poller, 1, 2000), 1);
	sleep_ms(50);
	CHECK_EQ(read(fd, &count, 8), 8);
	CHECK(count >= 3);
	CHECK_ERRNO(read(fd, &count, 4), EINVAL);
	spec = (struct itimerspec){ 0 };
	CHECK_EQ(timerfd_settime(fd, 0, &spec, NULL), 0);
	CHECK_EQ(timerfd_gettime(fd, &spec), 0);
	CHECK_EQ(spec.it_value.tv_nsec, 0);
	CHECK_ERRNO(timerfd_create(99, 0), EINVAL);
}

TEST(usage_and_times)
{
	struct rusage usage;
	struct tms tms;

	touch_memory();
	CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
	CHECK(usage.ru_maxrss > 0 && usage.ru_minflt > 0);
	CHECK_EQ(getrusage(RUSAGE_THREAD, &usage), 0);
	CHECK(times(&tms) != (clock_t)-1);
	CHECK(tms.tms_utime >= 0);
	long switches = usage.ru_nvcsw;
	sleep_ms(1);
	CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
	CHECK(usage.ru_nvcsw > switches);
}

TEST(cpu_limit_kills)
{
	CHECK_DIES(SIGXCPU, struct rlimit limit = {1, 3}; setrlimit(RLIMIT_CPU, &limit);
		   for (;;) asm volatile(""));
}

TEST(round_robin_sleepers_wake_on_time)
{
	pid_t pids[20];

	for (int i = 0; i < 20; i++)
		if (!(pids[i] = fork())) {
			for (int j = 0; j < 10; j++)
				sleep_ms(5);
			_exit(0);
		}
	int64_t before = now_ms();
	for (int i = 0; i < 20; i++)
		CHECK_EXITED(pids[i], 0);
	CHECK(now_ms() - before < 4000);
}

/*
 * event.c: the less trodden paths of pipes, poll, epoll, signalfd and timerfd.
 */
#include "tests/abi/abi.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

static int ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

/* --- pipes ---------------------------------------------------------------------------------- */

/* Every length at every offset of the ring, through resizing, must come out as it went in. */
TEST(pipe_ring_wraps_and_resizes)
{
	static unsigned char in[70000], out[70000];
	static const int sizes[] = { 65536, 4096, 8192, 131072, 16384 };
	unsigned seed = 1, written = 0, taken = 0;
	int fds[2], held;

	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	for (int round = 0; round < 3000; round++) {
		seed = seed * 1103515245 + 12345;
		size_t n = (seed >> 8) % ((seed >> 4) % 5 == 0 ? 70000 : 5000) + 1;
		if (seed >> 31) {
			for (size_t i = 0; i < n; i++)
				in[i] = (written + i) * 31 % 253;
			ssize_t put = write(fds[1], in, n);
			CHECK(put > 0 || errno == EAGAIN);
			written += put > 0 ? put : 0;
		} else {
			ssize_t got = read(fds[0], out, n);
			CHECK(got > 0 || errno == EAGAIN);
			for (ssize_t i = 0; i < got; i++)
				CHECK_EQ(out[i], (taken + i) * 31 % 253);
			taken += got > 0 ? got : 0;
		}
		CHECK_EQ(ioctl(fds[0], FIONREAD, &held), 0);
		CHECK_EQ((unsigned)held, written - taken);
		if (round % 50 == 0) {
			int size = fcntl(fds[0], F_SETPIPE_SZ, sizes[round / 50 % 5]);
			CHECK(size == sizes[round / 50 % 5] || (size == -1 && errno == EBUSY));
		}
	}
}

TEST(pipe_size_limits)
{
	static char fill[9000];
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], fill, sizeof(fill)), sizeof(fill));
	CHECK_ERRNO(fcntl(fds[0], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(fds[0], F_SETPIPE_SZ, 12288 + 1), 16384);
	CHECK_ERRNO(fcntl(open("/", O_RDONLY), F_GETPIPE_SZ), EBADF);
	IN_CHILD(CHECK_EQ(setresuid(500, 500, 500), 0);
		 CHECK_EQ(fcntl(fds[0], F_SETPIPE_SZ, 1 << 20), 1 << 20);
		 CHECK_ERRNO(fcntl(fds[0], F_SETPIPE_SZ, (1 << 20) + 1), EPERM));
}

TEST(pipe_bad_addresses)
{
	int fds[2];
	char byte;

	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO(syscall(SYS_write, fds[1], 8, 1), EFAULT);
	CHECK_EQ(write(fds[1], "ab", 2), 2);
	CHECK_ERRNO(syscall(SYS_read, fds[0], 8, 1), EFAULT);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(byte, 'a');
	struct iovec parts[3] = { { "x", 1 }, { NULL, 0 }, { "yz", 2 } };
	CHECK_EQ(writev(fds[1], parts, 3), 3);
	char back[5] = "";
	CHECK_EQ(read(fds[0], back, 5), 4);
	CHECK_STR(back, "bxyz");
}

/* Many on both sides: nothing is lost, nobody sleeps for ever. */
TEST(pipe_crowd)
{
	enum { WRITERS = 4, READERS = 3, ROUNDS = 500 };
	long *sum = shared_page();
	int fds[2], status;

	CHECK_EQ(pipe(fds), 0);
	CHECK(fcntl(fds[0], F_SETPIPE_SZ, 4096) == 4096);
	for (int i = 0; i < WRITERS; i++) {
		if (fork())
			continue;
		close(fds[0]);
		for (int n = 1; n <= ROUNDS; n++)
			if (write(fds[1], &n, sizeof(n)) != sizeof(n))
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < READERS; i++) {
		if (fork())
			continue;
		int n;
		close(fds[1]);
		while (read(fds[0], &n, sizeof(n)) == sizeof(n))
			__atomic_fetch_add(sum, n, __ATOMIC_RELAXED);
		_exit(0);
	}
	close(fds[0]);
	close(fds[1]);
	while (wait(&status) > 0)
		CHECK_EQ(status, 0);
	CHECK_EQ(*sum, (long)WRITERS * ROUNDS * (ROUNDS + 1) / 2);
}

TEST(pipe_opened_again_by_proc)
{
	char path[40], byte;
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	int again = open(path, O_WRONLY);
	if (again < 0 && errno == ENOENT)
		SKIP("no /proc");
	CHECK(again >= 0);
	close(fds[1]);
	CHECK_EQ(write(again, "q", 1), 1);
	close(again);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(read(fds[0], &byte, 1), 0);
}

/* --- poll and select ------------------------------------------------------------------------ */

TEST(poll_of_many)
{
	enum { COUNT = 200 };
	static struct pollfd polled[COUNT];
	int fds[2], last[2];

	for (int i = 0; i < COUNT; i++) {
		CHECK_EQ(pipe(i == COUNT - 1 ? last : fds), 0);
		polled[i] =
			(struct pollfd){.fd = i == COUNT - 1 ? last[0] : fds[0], .events = POLLIN};
	}
	CHECK_EQ(poll(polled, COUNT, 10), 0);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		_exit(write(last[1], "x", 1) != 1);
	}
	CHECK_EQ(poll(polled, COUNT, 5000), 1);
	CHECK_EQ(polled[COUNT - 1].revents, POLLIN);
	CHECK_EQ(polled[0].revents, 0);
	CHECK_EQ(polled[COUNT - 2].revents, 0);
	CHECK_EXITED(pid, 0);
	int path = open("/", O_PATH);
	CHECK_EQ(ready(path, POLLIN), POLLNVAL);
}

static void on_signal(int sig)
{
	(void)sig;
}

TEST(poll_without_waiting_sees_signals)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct timespec none = { 0, 0 };
	sigset_t blocked, empty;

	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&empty);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	raise(SIGUSR1);
	CHECK_ERRNO(ppoll(NULL, 0, &none, &empty), EINTR);
	CHECK_EQ(ppoll(NULL, 0, &none, &empty), 0);
}

/* --- epoll ---------------------------------------------------------------------------------- */

static int watch(int epoll, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

TEST(epoll_nests)
{
	int outer = epoll_create1(0), inner = epoll_create1(0), fds[2];
	struct epoll_event got[2];
	char byte;

	SKIP_IF_ENOSYS(outer);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(watch(inner, fds[0], EPOLLIN, 1), 0);
	CHECK_EQ(watch(outer, inner, EPOLLIN, 2), 0);
	CHECK_EQ(epoll_wait(outer, got, 2, 0), 0);
	CHECK_EQ(ready(outer, POLLIN), 0);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		_exit(write(fds[1], "x", 1) != 1);
	}
	CHECK_EQ(epoll_wait(outer, got, 2, 5000), 1);
	CHECK_EQ(got[0].data.u64, 2);
	CHECK_EQ(epoll_wait(inner, got, 2, 0), 1);
	CHECK_EQ(got[0].data.u64, 1);
	CHECK_EQ(ready(outer, POLLIN), POLLIN);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(epoll_wait(outer, got, 2, 0), 0);
	CHECK_EQ(ready(outer, POLLIN), 0);
	CHECK_EXITED(pid, 0);
	close(inner);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(outer, got, 2, 0), 0);
}

TEST(epoll_refuses_loops)
{
	int a = epoll_create1(0), b = epoll_create1(0), c = epoll_create1(0);

	SKIP_IF_ENOSYS(a);
	CHECK_EQ(watch(a, b, EPOLLIN, 0), 0);
	CHECK_EQ(watch(b, c, EPOLLIN, 0), 0);
	CHECK_ERRNO(watch(c, a, EPOLLIN, 0), ELOOP);
	CHECK_ERRNO(watch(b, a, EPOLLIN, 0), ELOOP);
	CHECK_ERRNO(watch(a, a, EPOLLIN, 0), EINVAL);
	/* Too deep: a row of them, each watching the one before. */
	int last = epoll_create1(0), depth = 1;
	for (; depth < 20; depth++) {
		int next = epoll_create1(0);
		if (watch(next, last, EPOLLIN, 0))
			break;
		last = next;
	}
	CHECK_EQ(errno, ELOOP);
	CHECK(depth >= 5 && depth <= 6);
}

/* A wake-up goes all ways up from a file, so there may not be many. */
TEST(epoll_ways_are_limited)
{
	enum { WAYS = 500 };
	int inner = epoll_create1(0), second = epoll_create1(0), outer[WAYS], fds[4];

	SKIP_IF_ENOSYS(inner);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(pipe(fds + 2), 0);
	CHECK_EQ(watch(inner, fds[0], EPOLLIN, 0), 0);
	for (int i = 0; i < WAYS; i++) {
		outer[i] = epoll_create1(0);
		CHECK_EQ(watch(outer[i], inner, EPOLLIN, 0), 0);
	}
	CHECK_ERRNO(watch(second, inner, EPOLLIN, 0), EINVAL);
	CHECK_ERRNO(epoll_ctl(second, EPOLL_CTL_DEL, inner, NULL), ENOENT);
	CHECK_EQ(watch(inner, fds[2], EPOLLIN, 0), 0); /* that many to each file */
	CHECK_EQ(watch(second, fds[2], EPOLLIN, 0), 0);
	CHECK_EQ(watch(outer[0], fds[0], EPOLLIN, 0), 0); /* ways of one count for nothing */
	CHECK_ERRNO(watch(outer[0], second, EPOLLIN, 0), EINVAL);
	close(outer[1]);
	CHECK_EQ(watch(outer[0], second, EPOLLIN, 0), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(ready(outer[WAYS - 1], POLLIN), POLLIN);
}

TEST(epoll_flags)
{
	struct epoll_event got[4], event = { .events = EPOLLIN };
	int epoll = epoll_create1(0), inner = epoll_create1(0), fds[2];

	SKIP_IF_ENOSYS(epoll);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO(watch(epoll, inner, EPOLLIN | EPOLLEXCLUSIVE, 0), EINVAL);
	CHECK_ERRNO(watch(epoll, fds[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 0), EINVAL);
	CHECK_EQ(watch(epoll, fds[0], EPOLLIN | EPOLLEXCLUSIVE, 7), 0);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event), EINVAL);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 1);
	CHECK_EQ(got[0].data.u64, 7);
	/* The same file under another number is another item. */
	int copy = dup(fds[0]);
	CHECK_EQ(watch(epoll, copy, EPOLLIN, 8), 0);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 2);
	/* One at a time they come in turn. */
	CHECK_EQ(epoll_wait(epoll, got, 1, 0), 1);
	uint64_t first = got[0].data.u64;
	CHECK_EQ(epoll_wait(epoll, got, 1, 0), 1);
	CHECK(got[0].data.u64 != first);
	/* A duplicate keeps a closed descriptor watched. */
	close(copy);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 2);
	CHECK_ERRNO(syscall(SYS_epoll_pwait, epoll, 8, 4, 0, NULL, 8), EFAULT);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 2);
}

static int shared_epoll;

static void *wait_once(void *arg)
{
	struct epoll_event got;

	return (void *)(long)(epoll_wait(shared_epoll, &got, 1, *(int *)arg) == 1);
}

TEST(epoll_shared_by_threads)
{
	enum { THREADS = 4 };
	pthread_t thread[THREADS];
	int fd = eventfd(0, 0), timeout = 5000;
	struct epoll_event event;
	uint64_t one = 1;
	void *result;

	shared_epoll = epoll_create1(0);
	SKIP_IF_ENOSYS(shared_epoll);
	CHECK_EQ(watch(shared_epoll, fd, EPOLLIN | EPOLLET, 0), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, wait_once, &timeout), 0);
	for (int i = 0; i < THREADS; i++) {
		sleep_ms(30);
		CHECK_EQ(write(fd, &one, 8), 8);
	}
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(thread[i], &result), 0);
		CHECK_EQ((long)result, 1);
	}
	CHECK_EQ(epoll_wait(shared_epoll, &event, 1, 0), 0);
}

TEST(eventfd_wakes_each_reader_once)
{
	enum { READERS = 4 };
	int fd = eventfd(0, EFD_SEMAPHORE), status;
	uint64_t value = READERS;

	SKIP_IF_ENOSYS(fd);
	for (int i = 0; i < READERS; i++)
		if (!fork())
			_exit(read(fd, &value, 8) != 8 || value != 1);
	sleep_ms(30);
	CHECK_EQ(write(fd, &value, 8), 8);
	while (wait(&status) > 0)
		CHECK_EQ(status, 0);
	CHECK_EQ(ready(fd, POLLIN), 0);
}

/* --- signalfd and timerfd --------------------------------------------------------------------- */

/* One that needs much room must not keep the news from one that needs little. */
TEST(eventfd_wakes_the_writer_that_fits)
{
	const uint64_t most = UINT64_MAX - 1, wants[2] = { 5, 1 };
	int fd = eventfd(0, EFD_SEMAPHORE);
	uint64_t taken;
	pid_t pid[2];

	SKIP_IF_ENOSYS(fd);
	CHECK_EQ(write(fd, &most, 8), 8);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(write(fd, &wants[i], 8) != 8);
		sleep_ms(100);
	}
	CHECK_EQ(read(fd, &taken, 8), 8);
	CHECK_EXITED(pid[1], 0);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(read(fd, &taken, 8), 8);
	CHECK_EXITED(pid[0], 0);
}

TEST(signalfd_reads_signals)
{
	struct signalfd_siginfo info[3];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	SKIP_IF_ENOSYS(fd);
	CHECK(fd >= 0);
	CHECK_ERRNO(read(fd, info, sizeof(info)), EAGAIN);
	CHECK_EQ(ready(fd, POLLIN), 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 77 }), 0);
	CHECK_EQ(ready(fd, POLLIN), POLLIN);
	CHECK_ERRNO(read(fd, info, 100), EINVAL);
	CHECK_EQ(read(fd, info, sizeof(info)), 2 * (ssize_t)sizeof(info[0]));
	CHECK_EQ(info[0].ssi_signo, SIGUSR1);
	CHECK_EQ(info[0].ssi_pid, (unsigned)getpid());
	CHECK_EQ(info[1].ssi_signo, (unsigned)SIGRTMIN);
	CHECK_EQ(info[1].ssi_int, 77);
	CHECK_EQ(info[1].ssi_code, SI_QUEUE);
	sigdelset(&set, SIGUSR1);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(ready(fd, POLLIN), 0);
	CHECK_ERRNO(signalfd(0, &set, 0), EINVAL);
	CHECK_ERRNO(signalfd(-1, &set, 1), EINVAL);
}

TEST(signalfd_tells_of_children)
{
	struct signalfd_siginfo info;
	struct epoll_event got;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, 0), epoll = epoll_create1(0);
	SKIP_IF_ENOSYS(fd);
	CHECK_EQ(watch(epoll, fd, EPOLLIN, 0), 0);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		_exit(9);
	}
	CHECK_EQ(epoll_wait(epoll, &got, 1, 5000), 1);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGCHLD);
	CHECK_EQ(info.ssi_pid, (unsigned)pid);
	CHECK_EQ(info.ssi_status, 9);
	CHECK_EXITED(pid, 9);
	pid = fork();
	if (!pid) {
		sleep_ms(30);
		_exit(3);
	}
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info)); /* waits */
	CHECK_EQ(info.ssi_status, 3);
	CHECK_EXITED(pid, 3);
}

TEST(timerfd_periods_and_deadlines)
{
	struct itimerspec spec = {.it_value.tv_nsec = 10000000, .it_interval.tv_nsec = 10000000},
			  old;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct timespec now;
	uint64_t ticks;

	SKIP_IF_ENOSYS(fd);
	CHECK_EQ(timerfd_settime(fd, 0, &spec, NULL), 0);
	CHECK_EQ(ready(fd, POLLIN), 0);
	CHECK_EQ(read(fd, &ticks, 8), 8);
	CHECK(ticks >= 1);
	sleep_ms(55);
	CHECK_EQ(ready(fd, POLLIN), POLLIN);
	CHECK_EQ(read(fd, &ticks, 8), 8);
	CHECK(ticks >= 4);
	CHECK_EQ(timerfd_gettime(fd, &old), 0);
	CHECK_EQ(old.it_interval.tv_nsec, 10000000);
	CHECK(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 10000000);
	/* One nanosecond is no reason to hang. */
	spec.it_interval.tv_nsec = spec.it_value.tv_nsec = 1;
	CHECK_EQ(timerfd_settime(fd, 0, &spec, &old), 0);
	CHECK_EQ(old.it_interval.tv_nsec, 10000000);
	sleep_ms(2);
	CHECK_EQ(read(fd, &ticks, 8), 8);
	CHECK(ticks >= 1000000);
	/* A moment of the clock; one that has passed expires at once. */
	fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &now), 0);
	spec = (struct itimerspec){ .it_value = now };
	spec.it_value.tv_sec--;
	CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL), 0);
	sleep_ms(1);
	CHECK_EQ(read(fd, &ticks, 8), 8);
	CHECK_EQ(ticks, 1);
	CHECK_ERRNO(read(fd, &ticks, 8), EAGAIN);
	spec.it_value.tv_sec += 100;
	CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL), 0);
	CHECK_EQ(timerfd_gettime(fd, &old), 0);
	CHECK(old.it_value.tv_sec >= 97 && old.it_value.tv_sec <= 99);
	spec.it_value.tv_nsec = 1000000000;
	CHECK_ERRNO(timerfd_settime(fd, 0, &spec, NULL), EINVAL);
	CHECK_ERRNO(timerfd_settime(0, 0, &old, NULL), EINVAL);
}

/*
 * pipe.c: pipes and fifos, and waiting for several descriptors: poll, select, epoll, eventfd.
 */
#include "tests/abi/abi.h"
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/stat.h>

static int fds[2];

static void make_pipe(int flags)
{
	CHECK_EQ(pipe2(fds, flags), 0);
}

TEST(data_passes_in_order)
{
	char buffer[10] = "";

	make_pipe(0);
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_EQ(write(fds[1], "def", 3), 3);
	CHECK_EQ(read(fds[0], buffer, 2), 2);
	CHECK_EQ(read(fds[0], buffer + 2, 8), 4);
	CHECK_STR(buffer, "abcdef");
	CHECK_ERRNO(read(fds[1], buffer, 1), EBADF);
	CHECK_ERRNO(write(fds[0], buffer, 1), EBADF);
	CHECK_EQ(read(fds[0], buffer, 0), 0);
	CHECK_EQ(write(fds[1], buffer, 0), 0);
	struct stat st;
	CHECK_EQ(fstat(fds[0], &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
}

TEST(flags_of_pipe2)
{
	make_pipe(O_CLOEXEC | O_NONBLOCK);
	CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fds[1], F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_NONBLOCK | O_WRONLY);
	CHECK_ERRNO(pipe2(fds, O_APPEND), EINVAL);
	CHECK_ERRNO(syscall(SYS_pipe2, 8, 0), EFAULT);
}

TEST(end_of_file_when_no_writer_is_left)
{
	char byte;

	make_pipe(0);
	int copy = dup(fds[1]);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	close(fds[1]);
	close(copy);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(read(fds[0], &byte, 1), 0);
}

TEST(end_of_file_wakes_a_reader)
{
	char byte;

	make_pipe(0);
	pid_t pid = fork();
	if (!pid) {
		close(fds[0]);
		sleep_ms(30);
		_exit(0);
	}
	close(fds[1]);
	CHECK_EQ(read(fds[0], &byte, 1), 0);
	CHECK_EXITED(pid, 0);
}

TEST(epipe_and_sigpipe)
{
	make_pipe(0);
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	CHECK_DIES(SIGPIPE, if (write(fds[1], "x", 1) == 1) _exit(1));
}

TEST(nonblocking_is_eagain)
{
	char buffer[4096] = "";
	int total = 0, got;

	make_pipe(O_NONBLOCK);
	CHECK_ERRNO(read(fds[0], buffer, 1), EAGAIN);
	while ((got = write(fds[1], buffer, sizeof(buffer))) > 0)
		total += got;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(total, 65536);
	CHECK_EQ(read(fds[0], buffer, 100), 100);
	CHECK_ERRNO(write(fds[1], buffer, 4096), EAGAIN); /* up to PIPE_BUF all or nothing */
	CHECK_EQ(read(fds[0], buffer, 4096), 4096);
	CHECK_EQ(write(fds[1], buffer, 4096), 4096);
}

TEST(a_big_nonblocking_write_is_partial)
{
	static char big[100000];

	make_pipe(O_NONBLOCK);
	CHECK_EQ(write(fds[1], big, sizeof(big)), 65536);
}

TEST(a_big_blocking_write_is_whole)
{
	static unsigned char big[300000], back[300000];
	size_t at = 0;

	make_pipe(0);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = i * 7 % 251;
	pid_t pid = fork();
	if (!pid)
		_exit(write(fds[1], big, sizeof(big)) == sizeof(big) ? 0 : 1);
	while (at < sizeof(back)) {
		ssize_t got = read(fds[0], back + at, 7777);
		CHECK(got > 0);
		at += got;
	}
	CHECK(!memcmp(big, back, sizeof(big)));
	CHECK_EXITED(pid, 0);
}

TEST(writes_of_pipe_buf_do_not_mix)
{
	enum { WRITERS = 4, ROUNDS = 40, SIZE = 1000 };
	char record[SIZE];

	make_pipe(0);
	for (int i = 0; i < WRITERS; i++)
		if (!fork()) {
			memset(record, 'a' + i, SIZE);
			for (int j = 0; j < ROUNDS; j++)
				if (write(fds[1], record, SIZE) != SIZE)
					_exit(1);
			_exit(0);
		}
	for (int i = 0; i < WRITERS * ROUNDS; i++) {
		for (int at = 0; at < SIZE;) {
			ssize_t got = read(fds[0], record + at, SIZE - at);
			CHECK(got > 0);
			at += got;
		}
		for (int j = 1; j < SIZE; j++)
			CHECK_EQ(record[j], record[0]);
	}
	int status;
	while (wait(&status) > 0)
		CHECK_EQ(status, 0);
}

TEST(capacity)
{
	make_pipe(0);
	int size = fcntl(fds[0], F_GETPIPE_SZ);
	if (size == -1 && errno == EINVAL)
		SKIP("no F_GETPIPE_SZ");
	CHECK_EQ(size, 65536);
	CHECK_EQ(fcntl(fds[0], F_SETPIPE_SZ, 8000), 8192);
	CHECK_EQ(fcntl(fds[1], F_GETPIPE_SZ), 8192);
}

static short poll_now(int fd, short events)
{
	struct pollfd poller = { .fd = fd, .events = events };

	CHECK(poll(&poller, 1, 0) >= 0);
	return poller.revents;
}

TEST(poll_states)
{
	static char fill[65536];

	make_pipe(0);
	CHECK_EQ(poll_now(fds[0], POLLIN), 0);
	CHECK_EQ(poll_now(fds[1], POLLOUT), POLLOUT);
	CHECK_EQ(write(fds[1], fill, sizeof(fill)), sizeof(fill));
	CHECK_EQ(poll_now(fds[0], POLLIN), POLLIN);
	CHECK_EQ(poll_now(fds[1], POLLOUT), 0);
	close(fds[1]);
	CHECK_EQ(poll_now(fds[0], POLLIN), POLLIN | POLLHUP);
	CHECK_EQ(poll_now(fds[1], POLLIN), POLLNVAL);
	make_pipe(0);
	close(fds[0]);
	CHECK_EQ(poll_now(fds[1], POLLOUT), POLLOUT | POLLERR);
	make_pipe(0);
	close(fds[1]);
	CHECK_EQ(poll_now(fds[0], POLLIN), POLLHUP);
	CHECK_EQ(poll_now(-1, POLLIN), 0);
	int file = open("/proc/self/exe", O_RDONLY);
	CHECK_EQ(poll_now(file, POLLIN | POLLOUT), POLLIN | POLLOUT);
}

TEST(poll_times_out_and_wakes)
{
	struct pollfd poller = { .events = POLLIN };
	int64_t before = now_ms();

	make_pipe(0);
	poller.fd = fds[0];
	CHECK_EQ(poll(&poller, 1, 40), 0);
	CHECK(now_ms() - before >= 39);
	CHECK_EQ(poll(NULL, 0, 20), 0);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		_exit(write(fds[1], "x", 1) != 1);
	}
	CHECK_EQ(poll(&poller, 1, 5000), 1);
	CHECK_EQ(poller.revents, POLLIN);
	CHECK_EXITED(pid, 0);
	CHECK_ERRNO(syscall(SYS_ppoll, 8, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_ppoll, &poller, 1, &(struct timespec){ 0, -1 }, NULL, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_ppoll, &poller, 100000000, NULL, NULL, 0), EINVAL);
}

static void on_signal(int sig)
{
	(void)sig;
}

TEST(ppoll_opens_the_mask_only_inside)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	sigset_t blocked, empty;
	struct timespec long_time = { 5, 0 };

	make_pipe(0);
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&empty);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	raise(SIGUSR1);
	struct pollfd poller = { .fd = fds[0], .events = POLLIN };
	CHECK_ERRNO(ppoll(&poller, 1, &long_time, &empty), EINTR);
	fd_set readers;
	FD_ZERO(&readers);
	FD_SET(fds[0], &readers);
	raise(SIGUSR1);
	CHECK_ERRNO(pselect(fds[0] + 1, &readers, NULL, NULL, &long_time, &empty), EINTR);
	sigprocmask(SIG_BLOCK, NULL, &empty);
	CHECK(sigismember(&empty, SIGUSR1) == 1);
}

TEST(select_sets)
{
	fd_set readers, writers;
	struct timeval brief = { 0, 30000 };

	make_pipe(0);
	FD_ZERO(&readers);
	FD_ZERO(&writers);
	FD_SET(fds[0], &readers);
	FD_SET(fds[1], &writers);
	CHECK_EQ(select(fds[1] + 1, &readers, &writers, NULL, NULL), 1);
	CHECK(!FD_ISSET(fds[0], &readers) && FD_ISSET(fds[1], &writers));
	FD_SET(fds[0], &readers);
	CHECK_EQ(select(fds[0] + 1, &readers, NULL, NULL, &brief), 0);
	CHECK_EQ(brief.tv_usec, 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	FD_SET(fds[0], &readers);
	CHECK_EQ(select(fds[1] + 1, &readers, &writers, NULL, NULL), 2);
	FD_ZERO(&readers);
	FD_SET(500, &readers);
	CHECK_ERRNO(select(501, &readers, NULL, NULL, &brief), EBADF);
	CHECK_ERRNO(select(-1, NULL, NULL, NULL, &brief), EINVAL);
}

TEST(select_of_many)
{
	fd_set readers;
	struct timeval brief = { 0, 10000 };
	int last = 0;

	make_pipe(0);
	FD_ZERO(&readers);
	for (int i = 0; i < 40; i++) {
		last = dup(fds[0]);
		CHECK(last >= 0);
		FD_SET(last, &readers);
	}
	CHECK_EQ(select(last + 1, &readers, NULL, NULL, &brief), 0);
	CHECK(!FD_ISSET(last, &readers));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	FD_SET(last, &readers);
	CHECK_EQ(select(last + 1, &readers, NULL, NULL, NULL), 1);
	CHECK(FD_ISSET(last, &readers));
}

static int make_epoll(void)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	SKIP_IF_ENOSYS(epoll);
	CHECK(epoll >= 0);
	return epoll;
}

static void watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = 1000 + fd };

	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
}

TEST(epoll_level_edge_oneshot)
{
	struct epoll_event got[4], event;
	int epoll = make_epoll();

	make_pipe(0);
	watch(epoll, fds[0], EPOLLIN);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(epoll, got, 4, -1), 1);
	CHECK_EQ(got[0].events, EPOLLIN);
	CHECK_EQ(got[0].data.u64, 1000 + fds[0]);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 1);
	event = (struct epoll_event){ .events = EPOLLIN | EPOLLET };
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event), 0);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 1);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 1);
	event.events = EPOLLIN | EPOLLONESHOT;
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event), 0);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 1);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 0);
	CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_DEL, fds[0], NULL), 0);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_DEL, fds[0], NULL), ENOENT);
}

TEST(epoll_errors_and_closing)
{
	struct epoll_event got[4], event = { .events = EPOLLIN };
	int epoll = make_epoll(), file = open("/proc/self/exe", O_RDONLY);

	make_pipe(0);
	watch(epoll, fds[0], EPOLLIN);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event), EEXIST);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event), EPERM);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event), EINVAL);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, 999, &event), EBADF);
	CHECK_ERRNO(epoll_ctl(fds[0], EPOLL_CTL_ADD, fds[1], &event), EINVAL);
	CHECK_ERRNO(syscall(SYS_epoll_pwait, epoll, got, 0, 0, NULL, 8), EINVAL);
	CHECK_ERRNO(epoll_create1(1), EINVAL);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 1);
	close(fds[0]);
	CHECK_EQ(epoll_wait(epoll, got, 4, 0), 0);
}

TEST(epoll_wakes_and_times_out)
{
	struct epoll_event got[4];
	int epoll = make_epoll();
	int64_t before = now_ms();

	make_pipe(0);
	watch(epoll, fds[0], EPOLLIN);
	CHECK_EQ(epoll_wait(epoll, got, 4, 40), 0);
	CHECK(now_ms() - before >= 39);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		_exit(0); /* nothing is written: the parent closes its writer, so this is the
			     hang-up */
	}
	close(fds[1]);
	CHECK_EQ(epoll_wait(epoll, got, 4, 5000), 1);
	CHECK_EQ(got[0].events, EPOLLHUP);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(poll_now(epoll, POLLIN), POLLIN);
}

TEST(eventfd_counts)
{
	uint64_t value = 5;
	int fd = eventfd(3, EFD_NONBLOCK);

	SKIP_IF_ENOSYS(fd);
	CHECK_EQ(write(fd, &value, 8), 8);
	CHECK_EQ(poll_now(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
	CHECK_EQ(read(fd, &value, 8), 8);
	CHECK_EQ(value, 8);
	CHECK_ERRNO(read(fd, &value, 8), EAGAIN);
	CHECK_ERRNO(read(fd, &value, 4), EINVAL);
	value = -1;
	CHECK_ERRNO(write(fd, &value, 8), EINVAL);
	value = -2;
	CHECK_EQ(write(fd, &value, 8), 8);
	value = 1;
	CHECK_ERRNO(write(fd, &value, 8), EAGAIN);
	CHECK_EQ(poll_now(fd, POLLIN | POLLOUT), POLLIN);
	fd = eventfd(2, EFD_SEMAPHORE);
	CHECK_EQ(read(fd, &value, 8), 8);
	CHECK_EQ(value, 1);
}

TEST(fifo_open_waits_for_the_other_side)
{
	char byte;

	enter_scratch();
	CHECK_EQ(mkfifo("p", 0600), 0);
	CHECK_ERRNO(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
	int reader = open("p", O_RDONLY | O_NONBLOCK);
	CHECK(reader >= 0);
	CHECK_EQ(read(reader, &byte, 1), 0);
	close(reader);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		int writer = open("p", O_WRONLY);
		_exit(write(writer, "x", 1) != 1);
	}
	reader = open("p", O_RDONLY);
	CHECK(reader >= 0);
	CHECK_EQ(read(reader, &byte, 1), 1);
	CHECK_EQ(read(reader, &byte, 1), 0);
	CHECK_EXITED(pid, 0);
	int both = open("p", O_RDWR);
	CHECK(both >= 0);
	CHECK_EQ(write(both, "y", 1), 1);
	CHECK_EQ(read(reader, &byte, 1), 1);
}

TEST(fifo_open_is_interrupted)
{
	struct sigaction action = { .sa_handler = on_signal };
	pid_t parent = getpid();

	enter_scratch();
	CHECK_EQ(mkfifo("p", 0600), 0);
	sigaction(SIGUSR1, &action, NULL);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(30);
		kill(parent, SIGUSR1);
		_exit(0);
	}
	CHECK_ERRNO(open("p", O_RDONLY), EINTR);
	CHECK_EXITED(pid, 0);
}

static void *echo_bytes(void *arg)
{
	int *ends = arg;
	char byte;

	while (read(ends[0], &byte, 1) == 1)
		if (write(ends[1], &byte, 1) != 1)
			break;
	return NULL;
}

TEST(ping_pong_of_threads)
{
	int there[2], back[2];
	pthread_t thread;

	CHECK_EQ(pipe(there), 0);
	CHECK_EQ(pipe(back), 0);
	int ends[2] = { there[0], back[1] };
	CHECK_EQ(pthread_create(&thread, NULL, echo_bytes, ends), 0);
	for (int i = 0; i < 1000; i++) {
		char byte = i, answer;
		CHECK_EQ(write(there[1], &byte, 1), 1);
		CHECK_EQ(read(back[0], &answer, 1), 1);
		CHECK_EQ(answer, byte);
	}
	close(there[1]);
	pthread_join(thread, NULL);
}

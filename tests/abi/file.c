/*
 * file.c: open files: flags, offsets, reading and writing, duplication, sizes. Names and folders:
 * path.c.
 */
#include "tests/abi/abi.h"
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

static int open_new(const char *text)
{
	enter_scratch();
	write_file("f", text, strlen(text));
	int fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	return fd;
}

static off_t size_of(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	return st.st_size;
}

static const char *content(const char *path)
{
	static char text[4096];

	CHECK(read_file(path, text, sizeof(text)) >= 0);
	return text;
}

TEST(open_flags)
{
	struct stat st;

	open_new("hello");
	CHECK_ERRNO(open("absent", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("f", O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_ERRNO(open("f", O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(open("f/x", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open(".", O_WRONLY), EISDIR);
	CHECK_ERRNO(open(".", O_RDWR), EISDIR);
	CHECK_ERRNO(open("", O_RDONLY), ENOENT);
	CHECK(open(".", O_RDONLY | O_DIRECTORY) >= 0);
	CHECK(open("new", O_CREAT | O_EXCL | O_WRONLY, 0640) >= 0);
	CHECK_EQ(stat("new", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_size, 0);
	CHECK_ERRNO(open("absent/x", O_CREAT | O_WRONLY, 0600), ENOENT);
	CHECK_ERRNO(open("new2/", O_CREAT | O_WRONLY, 0600), EISDIR);
	CHECK_ERRNO(open("new2", O_CREAT | O_DIRECTORY | O_RDONLY, 0600), EINVAL);
}

#define CREATED_QUERY 1028

TEST(who_made_a_file_is_told)
{
	enter_scratch();
	int made = open("f", O_RDWR | O_CREAT, 0600), found = open("f", O_RDWR | O_CREAT, 0600);
	int plain = open("f", O_RDONLY), path = open("f", O_PATH);

	CHECK_EQ(fcntl(made, CREATED_QUERY), 1);
	CHECK_EQ(fcntl(dup(made), CREATED_QUERY), 1);
	CHECK_EQ(fcntl(found, CREATED_QUERY), 0);
	CHECK_EQ(fcntl(plain, CREATED_QUERY), 0);
	CHECK_EQ(fcntl(path, CREATED_QUERY), 0);
	int other = open("g", O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, 0600);
	CHECK_EQ(fcntl(other, CREATED_QUERY), 1);
	CHECK_EQ(write(other, "x", 1), 1);
}

TEST(access_mode_is_kept)
{
	char byte = 'x';

	open_new("hello");
	int reader = open("f", O_RDONLY), writer = open("f", O_WRONLY);
	CHECK_ERRNO(write(reader, &byte, 1), EBADF);
	CHECK_ERRNO(read(writer, &byte, 1), EBADF);
	CHECK_EQ(fcntl(reader, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(writer, F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK_ERRNO(read(999, &byte, 1), EBADF);
	CHECK_ERRNO(read(-1, &byte, 1), EBADF);
	CHECK_ERRNO(close(999), EBADF);
	CHECK_ERRNO(read(open(".", O_RDONLY), &byte, 1), EISDIR);
}

TEST(truncate_on_open)
{
	int fd = open_new("hello");

	close(open("f", O_WRONLY | O_TRUNC));
	CHECK_EQ(size_of(fd), 0);
}

TEST(append)
{
	open_new("one");
	int fd = open("f", O_WRONLY | O_APPEND), other = open("f", O_WRONLY | O_APPEND);

	CHECK_EQ(write(fd, "two", 3), 3);
	CHECK_EQ(write(other, "three", 5), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "four", 4), 4);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 15);
	CHECK_STR(content("f"), "onetwothreefour");
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "ONE", 3), 3);
	CHECK_STR(content("f"), "ONEtwothreefour");
}

TEST(lowest_descriptor_is_used)
{
	open_new("");
	close(7);
	close(9);
	for (int fd = 3; fd < 7; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			CHECK_EQ(open("f", O_RDONLY), fd);
	CHECK_EQ(open("f", O_RDONLY), 7);
	CHECK_EQ(dup2(0, 8), 8);
	CHECK_EQ(dup(7), 9);
	close(8);
	CHECK_EQ(dup(7), 8);
}

TEST(seeking)
{
	int fd = open_new("0123456789"), fds[2];
	char byte;

	CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
	CHECK_EQ(lseek(fd, 3, SEEK_CUR), 7);
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(byte, '7');
	CHECK_EQ(lseek(fd, -2, SEEK_END), 8);
	CHECK_EQ(lseek(fd, 100, SEEK_END), 110);
	CHECK_EQ(read(fd, &byte, 1), 0);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 110);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO(lseek(fds[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO(pread(fds[0], &byte, 1, 0), ESPIPE);
}

TEST(holes_read_as_zero)
{
	int fd = open_new("x");
	char bytes[100];
	struct stat st;

	CHECK_EQ(pwrite(fd, "end", 3, 1 << 20), 3);
	CHECK_EQ(size_of(fd), (1 << 20) + 3);
	memset(bytes, 1, sizeof(bytes));
	CHECK_EQ(pread(fd, bytes, 100, 500000), 100);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(bytes[i], 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_blocks * 512 < 1 << 20);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 4096);
	CHECK_EQ(lseek(fd, 5000, SEEK_DATA), 1 << 20);
	CHECK_ERRNO(lseek(fd, 2 << 20, SEEK_DATA), ENXIO);
}

TEST(positional_io_leaves_the_offset)
{
	int fd = open_new("0123456789");
	char bytes[4] = "";

	CHECK_EQ(pread(fd, bytes, 3, 5), 3);
	CHECK(!memcmp(bytes, "567", 3));
	CHECK_EQ(pwrite(fd, "AB", 2, 1), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_STR(content("f"), "0AB3456789");
	CHECK_ERRNO(pread(fd, bytes, 1, -1), EINVAL);
	CHECK_ERRNO(pwrite(fd, bytes, 1, -1), EINVAL);
	CHECK_EQ(pread(fd, bytes, 4, 8), 2);
	CHECK_EQ(pread(fd, bytes, 4, 10), 0);
}

TEST(vectors)
{
	int fd = open_new("");
	char a[3], b[10] = "";
	struct iovec out[3] = { { "one", 3 }, { "", 0 }, { "twothree", 8 } };
	struct iovec in[2] = { { a, 3 }, { b, 9 } };

	CHECK_EQ(writev(fd, out, 3), 11);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(readv(fd, in, 2), 11);
	CHECK(!memcmp(a, "one", 3));
	CHECK_STR(b, "twothree");
	CHECK_EQ(writev(fd, out, 0), 0);
	CHECK_ERRNO(syscall(SYS_writev, fd, out, -1), EINVAL);
	CHECK_ERRNO(syscall(SYS_writev, fd, out, 1025), EINVAL);
	out[0].iov_len = -1UL;
	CHECK_ERRNO(writev(fd, out, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_readv, fd, 8, 1), EFAULT);
	CHECK_EQ(preadv(fd, in, 2, 8), 3);
	CHECK(!memcmp(a, "ree", 3));
}

TEST(duplicates_share_offset_and_flags)
{
	int fd = open_new("abcdef"), copy = dup(fd);
	char byte;

	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(read(copy, &byte, 1), 1);
	CHECK_EQ(byte, 'b');
	CHECK_EQ(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK), 0);
	CHECK_EQ(fcntl(copy, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND | O_NONBLOCK);
	CHECK_EQ(fcntl(copy, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	int again = open("f", O_RDONLY);
	CHECK_EQ(read(again, &byte, 1), 1);
	CHECK_EQ(byte, 'a');
}

TEST(dup_calls)
{
	int fd = open_new("x");

	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(dup2(fd, 60), 60);
	CHECK_ERRNO(dup3(fd, fd, 0), EINVAL);
	CHECK_ERRNO(dup3(fd, 61, 1), EINVAL);
	CHECK_EQ(dup3(fd, 61, O_CLOEXEC), 61);
	CHECK_EQ(fcntl(61, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup2(61, 62), 62);
	CHECK_EQ(fcntl(62, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_DUPFD, 70), 70);
	CHECK_EQ(fcntl(fd, F_DUPFD, 70), 71);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 70), 72);
	CHECK_EQ(fcntl(72, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(dup2(999, 5), EBADF);
	CHECK_ERRNO(dup2(fd, -1), EBADF);
	CHECK_ERRNO(dup2(fd, 10000000), EBADF);
	CHECK_ERRNO(fcntl(fd, F_DUPFD, -1), EINVAL);
	CHECK_ERRNO(fcntl(fd, 12345), EINVAL);
}

TEST(descriptor_limit)
{
	struct rlimit limit = { 20, 20 };
	int fd = open_new("x");

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((fd = dup(0)) >= 0)
		CHECK(fd < 20);
	CHECK_EQ(errno, EMFILE);
	CHECK_ERRNO(open("f", O_RDONLY), EMFILE);
	CHECK_ERRNO(dup2(0, 20), EBADF);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 20), EINVAL);
}

/* fs.nr_open: what all descriptors are below, whatever the limits of processes are. */
static unsigned nr_open(unsigned to)
{
	static const char path[] = "/proc/sys/fs/nr_open";
	char text[16];

	CHECK(read_file(path, text, sizeof(text)) > 0);
	unsigned was = (unsigned)atoi(text);
	write_file(path, text, (size_t)snprintf(text, sizeof(text), "%u", to ? to : was));
	return was;
}

static void stay_below(unsigned bound)
{
	struct rlimit limit = { 200000, 200000 };

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	nr_open(bound);
	CHECK_EQ(dup2(0, bound - 1), bound - 1);
	/* far enough that no table made for the last one has room for it */
	CHECK_ERRNO(dup2(0, 100000), EBADF);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 100000), EMFILE);
}

static void use_far_descriptors(unsigned most)
{
	struct rlimit limit = { most + 1024, most + 1024 };
	pid_t pid;

	CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
	nr_open(most + 1024);
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_EQ(dup2(0, most + 64), most + 64);
	CHECK_EQ(fcntl(0, F_DUPFD, most + 64), most + 65);
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		nr_open(most);
		CHECK_ERRNO(unshare(CLONE_FILES), EMFILE);
		CHECK_EQ(fcntl(most + 64, F_GETFD), 0);
		CHECK_ERRNO(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EMFILE);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK_EQ(close(most + 64) | close(most + 65), 0);
	IN_CHILD((void)0); /* the table may still be large: what counts is the last that is open */
}

TEST(descriptors_beyond_the_usual)
{
	unsigned most = nr_open(0);
	pid_t pid = fork();

	if (pid == 0) {
		IN_CHILD(stay_below(4096));
		use_far_descriptors(most);
		_exit(0);
	}
	int status = wait_status(pid);
	nr_open(most); /* before anybody is told that it failed */
	CHECK_EQ(status, 0);
}

TEST(truncation)
{
	int fd = open_new("0123456789");
	char byte = 1;

	CHECK_EQ(ftruncate(fd, 4), 0);
	CHECK_EQ(size_of(fd), 4);
	CHECK_EQ(ftruncate(fd, 8), 0);
	CHECK_EQ(pread(fd, &byte, 1, 6), 1);
	CHECK_EQ(byte, 0);
	CHECK_EQ(truncate("f", 2), 0);
	CHECK_EQ(size_of(fd), 2);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	CHECK_ERRNO(truncate("absent", 0), ENOENT);
	CHECK_ERRNO(truncate(".", 0), EISDIR);
	CHECK_ERRNO(ftruncate(open("f", O_RDONLY), 0), EINVAL);
}

TEST(file_size_limit)
{
	struct rlimit limit = { 100, 100 };
	char bytes[80] = "";
	int fd = open_new("");

	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_EQ(write(fd, bytes, 80), 80);
	CHECK_EQ(write(fd, bytes, 80), 20);
	CHECK_ERRNO(write(fd, bytes, 80), EFBIG);
	CHECK_ERRNO(ftruncate(fd, 200), EFBIG);
	signal(SIGXFSZ, SIG_DFL);
	CHECK_DIES(SIGXFSZ, write(fd, bytes, 80) == 0 ? _exit(1) : (void)0);
}

TEST(open_unlinked_file_lives)
{
	int fd = open_new("alive");
	char bytes[6] = "";
	struct stat st;

	CHECK_EQ(unlink("f"), 0);
	CHECK_ERRNO(access("f", F_OK), ENOENT);
	CHECK_EQ(pread(fd, bytes, 5, 0), 5);
	CHECK_STR(bytes, "alive");
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
}

TEST(o_path_descriptors)
{
	char byte;
	struct stat st;

	open_new("hello");
	CHECK_EQ(symlink("f", "link"), 0);
	int fd = open("f", O_PATH), dir = open(".", O_PATH),
	    link = open("link", O_PATH | O_NOFOLLOW);
	CHECK(fd >= 0 && dir >= 0 && link >= 0);
	CHECK_ERRNO(read(fd, &byte, 1), EBADF);
	CHECK_ERRNO(fchmod(fd, 0600), EBADF);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(fstat(link, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK(openat(dir, "f", O_RDONLY) >= 0);
	CHECK_EQ(fchdir(dir), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
}

TEST(sendfile_and_copy_file_range)
{
	int in = open_new("0123456789"), out = open("out", O_RDWR | O_CREAT, 0600), fds[2];
	off_t offset = 2;

	ssize_t sent = sendfile(out, in, &offset, 5);
	SKIP_IF_ENOSYS(sent);
	CHECK_EQ(sent, 5);
	CHECK_EQ(offset, 7);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
	CHECK_EQ(sendfile(out, in, NULL, 100), 10);
	CHECK_STR(content("out"), "234560123456789");
	CHECK_EQ(pipe(fds), 0);
	offset = 0;
	CHECK_EQ(sendfile(fds[1], in, &offset, 4), 4);
	off_t from = 8, to = 0;
	sent = copy_file_range(in, &from, out, &to, 2, 0);
	SKIP_IF_ENOSYS(sent);
	CHECK_EQ(sent, 2);
	CHECK_STR(content("out"), "894560123456789");
	CHECK_EQ(lseek(in, 1, SEEK_SET), 1); /* in and out may each have an offset or not */
	CHECK_EQ(copy_file_range(in, NULL, out, &to, 3, 0), 3);
	CHECK_EQ(to, 5);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 4);
	CHECK_STR(content("out"), "891230123456789");
}

TEST(fallocate_grows)
{
	int fd = open_new("x");
	int result = fallocate(fd, 0, 0, 10000);

	SKIP_IF_ENOSYS(result);
	CHECK_EQ(result, 0);
	CHECK_EQ(size_of(fd), 10000);
	CHECK_EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20000), 0);
	CHECK_EQ(size_of(fd), 10000);
	CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
}

TEST(flock_excludes)
{
	int fd = open_new("x"), other = open("f", O_RDWR);
	int result = flock(fd, LOCK_EX);

	SKIP_IF_ENOSYS(result);
	CHECK_EQ(result, 0);
	CHECK_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_EQ(flock(dup(fd), LOCK_SH), 0); /* one open file, one lock */
	CHECK_EQ(flock(other, LOCK_SH | LOCK_NB), 0);
	close(fd);
	CHECK_EQ(flock(other, LOCK_UN), 0);
}

TEST(record_locks_exclude_processes)
{
	int fd = open_new("0123456789");
	struct flock lock = { .l_type = F_WRLCK, .l_start = 2, .l_len = 3 };
	int result = fcntl(fd, F_SETLK, &lock);

	if (result == -1 && (errno == EINVAL || errno == ENOSYS))
		SKIP("no record locks");
	CHECK_EQ(result, 0);
	pid_t holder = getpid();
	IN_CHILD(struct flock mine = {.l_type = F_WRLCK, .l_start = 4, .l_len = 1};
		 CHECK_ERRNO(fcntl(fd, F_SETLK, &mine), EAGAIN);
		 CHECK_EQ(fcntl(fd, F_GETLK, &mine), 0); CHECK_EQ(mine.l_pid, holder);
		 CHECK_EQ(mine.l_start, 2); mine.l_start = 5; mine.l_type = F_WRLCK;
		 CHECK_EQ(fcntl(fd, F_SETLK, &mine), 0));
}

static void *lock_await(void *fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return (void *)(long)(fcntl((int)(long)fd, F_SETLKW, &lock) == 0 ? 0 : errno);
}

TEST(record_lock_that_comes_after_the_close)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_new("x"), ready[2], go[2];
	pthread_t waiter;
	void *error;
	char c;

	CHECK_EQ(pipe(ready), 0);
	CHECK_EQ(pipe(go), 0);
	pid_t holder = fork();
	if (holder == 0) {
		CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
		CHECK_EQ(write(ready[1], "x", 1), 1);
		CHECK_EQ(read(go[0], &c, 1), 1);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_EQ(pthread_create(&waiter, NULL, lock_await, (void *)(long)fd), 0);
	usleep(100000);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EXITED(holder, 0);
	CHECK_EQ(pthread_join(waiter, &error), 0);
	CHECK_EQ((long)error, EBADF);
	IN_CHILD(int other = open("f", O_RDWR);
		 CHECK_EQ(fcntl(other, F_GETLK, &lock), 0); CHECK_EQ(lock.l_type, F_UNLCK));
}

TEST(sync_calls)
{
	int fd = open_new("x"), fds[2];

	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fdatasync(fd), 0);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO(fsync(fds[0]), EINVAL);
	CHECK_ERRNO(fsync(999), EBADF);
}

TEST(device_files)
{
	char bytes[64];
	struct stat st;
	int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR),
	    full = open("/dev/full", O_RDWR);
	int random = open("/dev/urandom", O_RDONLY);

	CHECK(zero >= 0 && null >= 0 && full >= 0 && random >= 0);
	memset(bytes, 1, sizeof(bytes));
	CHECK_EQ(read(zero, bytes, 64), 64);
	CHECK_EQ(bytes[0] + bytes[63], 0);
	CHECK_EQ(read(null, bytes, 64), 0);
	CHECK_EQ(write(null, bytes, 64), 64);
	CHECK_EQ(write(zero, bytes, 64), 64);
	CHECK_EQ(read(full, bytes, 64), 64);
	CHECK_ERRNO(write(full, bytes, 64), ENOSPC);
	CHECK_EQ(read(random, bytes, 64), 64);
	CHECK_EQ(fstat(null, &st), 0);
	CHECK(S_ISCHR(st.st_mode) && st.st_rdev == 0x103);
	CHECK_ERRNO(ioctl(null, TIOCGWINSZ, bytes), ENOTTY);
	CHECK_EQ(lseek(null, 0, SEEK_CUR), 0);
}

TEST(fionread_and_fionbio)
{
	int fds[2], count = 0, on = 1;
	char byte;

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], "12345", 5), 5);
	CHECK_EQ(ioctl(fds[0], FIONREAD, &count), 0);
	CHECK_EQ(count, 5);
	CHECK_EQ(ioctl(fds[1], FIONBIO, &on), 0);
	CHECK_EQ(fcntl(fds[1], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(ioctl(fds[1], FIOCLEX), 0);
	CHECK_EQ(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(ioctl(fds[0], 0x12345, &byte), ENOTTY);
	CHECK_ERRNO(ioctl(999, FIONREAD, &count), EBADF);
}

TEST(close_range_closes)
{
	open_new("x");
	CHECK_EQ(dup2(0, 100), 100);
	CHECK_EQ(dup2(0, 101), 101);
	CHECK_EQ(dup2(0, 102), 102);
	long result = syscall(SYS_close_range, 100, 101, 0);
	SKIP_IF_ENOSYS(result);
	CHECK_EQ(result, 0);
	CHECK_ERRNO(fcntl(100, F_GETFD), EBADF);
	CHECK_EQ(fcntl(102, F_GETFD), 0);
	CHECK_EQ(syscall(SYS_close_range, 102, 103, 4), 0);
	CHECK_EQ(fcntl(102, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(syscall(SYS_close_range, 5, 4, 0), EINVAL);
}

/* Far apart, in either order: an index of pages must grow in height, and in depth. */
TEST(sparse_files_of_every_shape)
{
	static const off_t far[] = { 256 << 10, 16 << 20, 1L << 30, 64L << 30 };
	char byte;

	for (unsigned i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		for (int high_first = 0; high_first < 2; high_first++) {
			int fd = open_new("sparse");
			CHECK_EQ(pwrite(fd, "a", 1, high_first ? far[i] : 0), 1);
			CHECK_EQ(pwrite(fd, "b", 1, high_first ? 0 : far[i]), 1);
			CHECK_EQ(pread(fd, &byte, 1, 0), 1);
			CHECK_EQ(byte, high_first ? 'b' : 'a');
			CHECK_EQ(pread(fd, &byte, 1, far[i]), 1);
			CHECK_EQ(byte, high_first ? 'a' : 'b');
			CHECK_EQ(pread(fd, &byte, 1, far[i] / 2), 1);
			CHECK_EQ(byte, 0);
			CHECK_EQ(ftruncate(fd, 1), 0);
			CHECK_EQ(pwrite(fd, "c", 1, far[i] - 1), 1);
			close(fd);
		}
	}
}

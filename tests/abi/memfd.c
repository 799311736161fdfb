/*
 * memfd.c: files without a name, and seals: what each forbids, by every way to a file's contents.
 */
#include "tests/abi/abi.h"
#include <sys/stat.h>
#include <sys/statfs.h>

enum { PAGE = 4096 };

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 0x10U
#endif

static int memfd(unsigned flags)
{
	int fd = (int)syscall(SYS_memfd_create, "test", flags);

	CHECK(fd >= 0);
	return fd;
}

/* Sealable, two pages of 'm'. */
static int filled(void)
{
	char bytes[2 * PAGE];
	int fd = memfd(MFD_ALLOW_SEALING);

	memset(bytes, 'm', sizeof(bytes));
	CHECK_EQ(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	return fd;
}

static void seal(int fd, unsigned seals)
{
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, seals), 0);
}

static char *map_fd(int fd, int prot, int flags)
{
	return mmap(NULL, 2 * PAGE, prot, flags, fd, 0);
}

static int punch(int fd, off_t offset, off_t length)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

TEST(it_is_a_file)
{
	char link[64] = "", path[32], byte;
	struct stat st;
	struct statfs fs;
	int fd = memfd(MFD_CLOEXEC);

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | 0100000);
	CHECK_EQ(fcntl(memfd(0), F_GETFD), 0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(pread(fd, &byte, 1, 4), 1);
	CHECK_EQ(byte, 'o');
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0777);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(fstatfs(fd, &fs), 0);
	CHECK_EQ(fs.f_type, 0x01021994);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(readlink(path, link, sizeof(link) - 1) > 0);
	CHECK_STR(link, "/memfd:test (deleted)");
	int again = open(path, O_RDONLY);
	CHECK(again >= 0);
	CHECK_EQ(pread(again, &byte, 1, 0), 1);
	CHECK_EQ(byte, 'h');
	CHECK_ERRNO(write(again, "x", 1), EBADF);
}

TEST(it_lives_as_long_as_it_is_mapped)
{
	int fd = filled();
	char *start = map_fd(fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	close(fd);
	IN_CHILD(start[PAGE] = 'c');
	CHECK_EQ(start[0], 'm');
	CHECK_EQ(start[PAGE], 'c');
}

TEST(it_can_be_executed)
{
	static char image[1 << 21];
	int fd = memfd(MFD_CLOEXEC), self = open("/proc/self/exe", O_RDONLY);
	ssize_t size = read(self, image, sizeof(image));
	char *argv[] = { "memfd", "--list", NULL };

	CHECK(size > 0 && size < (ssize_t)sizeof(image));
	CHECK_EQ(write(fd, image, size), size);
	/* Writable, so busy: it is opened again for reading. */
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int reader = open(path, O_RDONLY | O_CLOEXEC);
	CHECK_EQ(close(fd), 0);
	pid_t pid = fork();
	if (!pid) {
		close(1);
		open("/dev/null", O_WRONLY);
		fexecve(reader, argv, environ);
		_exit(99);
	}
	CHECK_EXITED(pid, 0);
	int plain = memfd(MFD_NOEXEC_SEAL);
	CHECK_EQ(write(plain, image, 100), 100);
	CHECK_ERRNO(fexecve(plain, argv, environ), EACCES);
}

TEST(create_errors)
{
	char name[300];

	CHECK_ERRNO(syscall(SYS_memfd_create, NULL, 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_memfd_create, "x", 0x20), EINVAL);
	CHECK_ERRNO(syscall(SYS_memfd_create, "x", 1U << 26), EINVAL);
	CHECK_ERRNO(syscall(SYS_memfd_create, "x", MFD_EXEC | MFD_NOEXEC_SEAL), EINVAL);
	memset(name, 'n', sizeof(name));
	name[250] = 0;
	CHECK_ERRNO(syscall(SYS_memfd_create, name, 0), EINVAL);
	name[249] = 0;
	CHECK(syscall(SYS_memfd_create, name, 0) >= 0);
	CHECK(syscall(SYS_memfd_create, "", 0) >= 0);
	CHECK(syscall(SYS_memfd_create, "a/b", 0) >= 0);
}

TEST(who_may_seal)
{
	int fd = memfd(0), fds[2];

	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	fd = memfd(MFD_ALLOW_SEALING);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, 0x40), EINVAL);
	seal(fd, F_SEAL_GROW);
	seal(fd, F_SEAL_GROW);
	seal(fd, F_SEAL_SHRINK | F_SEAL_SEAL);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO(fcntl(fds[1], F_ADD_SEALS, F_SEAL_GROW), EINVAL);
	CHECK_ERRNO(fcntl(fds[0], F_GET_SEALS), EINVAL);
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd(MFD_ALLOW_SEALING));
	CHECK_ERRNO(fcntl(open(path, O_RDONLY), F_ADD_SEALS, F_SEAL_GROW), EPERM);
	enter_scratch();
	fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
}

TEST(sealed_against_shrinking)
{
	int fd = filled();

	seal(fd, F_SEAL_SHRINK);
	CHECK_ERRNO(ftruncate(fd, PAGE), EPERM);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK_EQ(ftruncate(fd, 3 * PAGE), 0);
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	CHECK_EQ(punch(fd, 0, PAGE), 0);
}

TEST(sealed_against_growing)
{
	char bytes[2 * PAGE] = "";
	int fd = filled();

	seal(fd, F_SEAL_GROW);
	CHECK_ERRNO(ftruncate(fd, 3 * PAGE), EPERM);
	CHECK_ERRNO(pwrite(fd, "x", 1, 2 * PAGE), EPERM);
	CHECK_ERRNO(pwrite(fd, bytes, 2 * PAGE, PAGE), EPERM);
	CHECK_EQ(pwrite(fd, bytes, PAGE, PAGE), PAGE);
	CHECK_ERRNO(fallocate(fd, 0, 0, 3 * PAGE), EPERM);
	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_ERRNO(pwrite(fd, bytes, 200, 0), EPERM);
	CHECK_EQ(pwrite(fd, bytes, 100, 0), 100);
	CHECK_EQ(fallocate(fd, 0, 0, 100), 0);
}

TEST(sealed_against_writing)
{
	int fd = filled();
	char *shared = map_fd(fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	CHECK(shared != MAP_FAILED);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(mprotect(shared, 2 * PAGE, PROT_READ), 0); /* could be writable again */
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_EQ(munmap(shared, 2 * PAGE), 0);
	char *private = map_fd(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	CHECK(private != MAP_FAILED);
	seal(fd, F_SEAL_WRITE);
	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERRNO(punch(fd, 0, PAGE), EPERM);
	CHECK_ERRNO((intptr_t)map_fd(fd, PROT_READ | PROT_WRITE, MAP_SHARED), EPERM);
	private[0] = 'p';
	CHECK(map_fd(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
	CHECK_EQ(ftruncate(fd, PAGE), 0); /* size is another matter */
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
}

TEST(a_write_sealed_file_mapped_for_reading)
{
	int fd = filled();

	seal(fd, F_SEAL_WRITE);
	char *shared = map_fd(fd, PROT_READ, MAP_SHARED);
	CHECK(shared != MAP_FAILED);
	CHECK_EQ(shared[PAGE], 'm');
	CHECK_ERRNO(mprotect(shared, PAGE, PROT_READ | PROT_WRITE), EACCES);
}

TEST(sealed_against_future_writing)
{
	int fd = filled();
	char *before = map_fd(fd, PROT_READ | PROT_WRITE, MAP_SHARED);

	CHECK(before != MAP_FAILED);
	seal(fd, F_SEAL_FUTURE_WRITE);
	before[0] = 'b';
	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERRNO(punch(fd, 0, PAGE), EPERM);
	CHECK_ERRNO((intptr_t)map_fd(fd, PROT_READ | PROT_WRITE, MAP_SHARED), EPERM);
	char *after = map_fd(fd, PROT_READ, MAP_SHARED);
	CHECK(after != MAP_FAILED);
	CHECK_EQ(after[0], 'b');
	CHECK_ERRNO(mprotect(after, PAGE, PROT_READ | PROT_WRITE), EACCES);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
}

TEST(sealed_against_executing)
{
	int fd = memfd(MFD_NOEXEC_SEAL);
	struct stat st;

	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_EXEC);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0666);
	CHECK_ERRNO(fchmod(fd, 0777), EPERM);
	CHECK_EQ(fchmod(fd, 0600), 0);
	seal(fd, F_SEAL_GROW); /* may be sealed further */
	fd = filled();
	seal(fd, F_SEAL_EXEC);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_EXEC | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
						 F_SEAL_FUTURE_WRITE);
	CHECK_ERRNO(fchmod(fd, 0666), EPERM);
	CHECK_EQ(fchmod(fd, 0711), 0);
}

/* Sealing against mappings that come and go: never both. */
TEST(sealing_races_with_mapping)
{
	for (int round = 0; round < 200; round++) {
		int fd = filled();
		pid_t pid = fork();

		if (!pid) {
			char *start = map_fd(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
			if (start != MAP_FAILED)
				start[0] = 'w';
			_exit(start != MAP_FAILED);
		}
		bool sealed = !fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
		char byte = 0, later = 0;
		CHECK_EQ(pread(fd, &byte, 1, 0), 1);
		CHECK(WIFEXITED(wait_status(pid)));
		CHECK_EQ(pread(fd, &later, 1, 0), 1);
		if (sealed)
			CHECK_EQ(byte, later);
		close(fd);
	}
}

/* --- how much of a file is in memory: cachestat ----------------------------------------------- */

#define SYS_CACHESTAT 451

struct cache_range {
	uint64_t offset, length;
};

struct cache_state {
	uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

static long cached(int fd, uint64_t offset, uint64_t length)
{
	struct cache_range range = { offset, length };
	struct cache_state state;

	if (syscall(SYS_CACHESTAT, fd, &range, &state, 0))
		return -errno;
	CHECK_EQ(state.dirty | state.writeback, 0);
	return (long)(state.cached + state.evicted);
}

TEST(pages_in_memory_are_counted)
{
	struct cache_range all = { 0, 0 };
	struct cache_state state;
	int fd = memfd(0);

	CHECK_EQ(ftruncate(fd, 100 * PAGE), 0);
	CHECK_EQ(cached(fd, 0, 0), 0);
	for (int i = 10; i < 20; i++)
		CHECK_EQ(pwrite(fd, "x", 1, i * PAGE), 1);
	CHECK_EQ(pwrite(fd, "x", 1, 99 * PAGE), 1);
	CHECK_EQ(cached(fd, 0, 0), 11);
	CHECK_EQ(cached(fd, 15 * PAGE, 0), 6);
	CHECK_EQ(cached(fd, 15 * PAGE, 2 * PAGE), 2);
	CHECK_EQ(cached(fd, 15 * PAGE + 1, PAGE), 2);
	CHECK_EQ(cached(fd, 20 * PAGE, 50 * PAGE), 0);
	CHECK_EQ(cached(fd, PAGE, UINT64_MAX), 0); /* its end lies before its beginning */
	CHECK_EQ(cached(fd, 1000 * PAGE, PAGE), 0);
	CHECK_EQ(cached(open("/dev/zero", O_RDONLY), 0, 4 * PAGE), 0);
	CHECK_EQ(cached(open("/proc/version", O_RDONLY), 0, 4 * PAGE), 0);
	CHECK_EQ(cached(-1, 0, 0), -EBADF);
	CHECK_ERRNO(syscall(SYS_CACHESTAT, fd, &all, &state, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_CACHESTAT, fd, 8, &state, 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_CACHESTAT, fd, &all, 8, 0), EFAULT);
}

/* --- vm.memfd_noexec -------------------------------------------------------------------------- */

static const char noexec_path[] = "/proc/sys/vm/memfd_noexec";

static int noexec_set(char digit)
{
	int fd = open(noexec_path, O_WRONLY);
	ssize_t n = write(fd, &digit, 1);
	int saved = errno;

	close(fd);
	errno = saved;
	return n == 1 ? 0 : -1;
}

static void noexec_is(char digit)
{
	char text[16];
	int fd;

	CHECK_EQ(read_file(noexec_path, text, sizeof(text)), 2);
	CHECK_EQ(text[0], digit);
	fd = memfd(MFD_ALLOW_SEALING);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), digit == '0' ? 0 : F_SEAL_EXEC);
	CHECK_EQ(fcntl(memfd(MFD_NOEXEC_SEAL), F_GET_SEALS), F_SEAL_EXEC);
	if (digit == '2')
		CHECK_ERRNO(syscall(SYS_memfd_create, "x", MFD_EXEC), EACCES);
	else
		CHECK_EQ(fcntl(memfd(MFD_EXEC | MFD_ALLOW_SEALING), F_GET_SEALS), 0);
}

#define IN_PID_NS(...)                                                                         \
	do {                                                                                   \
		pid_t inner = (pid_t)syscall(SYS_clone, 0x20000000 | SIGCHLD, 0, 0, 0, 0);     \
		CHECK(inner >= 0);                                                             \
		if (!inner) {                                                                  \
			__VA_ARGS__;                                                           \
			_exit(0);                                                              \
		}                                                                              \
		CHECK_EXITED(inner, 0);                                                        \
	} while (0)

static void noexec_nested(void)
{
	noexec_is('0');
	CHECK_EQ(noexec_set('1'), 0);
	noexec_is('1');
	IN_PID_NS(noexec_is('1'); CHECK_ERRNO(noexec_set('0'), EINVAL);
		  CHECK_EQ(noexec_set('2'), 0); noexec_is('2'));
	noexec_is('1');
	CHECK_ERRNO(noexec_set('3'), EINVAL);
	CHECK_EQ(noexec_set('0'), 0); /* as long as nobody above forbids it */
	noexec_is('0');
}

TEST(files_that_nobody_can_execute)
{
	IN_PID_NS(noexec_nested());
	noexec_is('0');
}

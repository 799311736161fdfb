/*
 * process_vm.c: reading and writing another process's memory: what is moved, who may.
 */
#include "tests/abi/abi.h"
#include <sys/uio.h>

enum { PAGE = 4096, NOBODY = 65534 };

static char *map_pages(size_t pages, int prot)
{
	char *start = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(start != MAP_FAILED);
	return start;
}

static ssize_t get(pid_t pid, void *to, void *from, size_t n)
{
	struct iovec local = { to, n }, remote = { from, n };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static ssize_t put(pid_t pid, void *from, void *to, size_t n)
{
	struct iovec local = { from, n }, remote = { to, n };

	return process_vm_writev(pid, &local, 1, &remote, 1, 0);
}

TEST(reads_and_writes_the_other)
{
	char *start = map_pages(4, PROT_READ | PROT_WRITE);
	char *copy = map_pages(4, PROT_READ | PROT_WRITE);

	memset(start, 'p', 4 * PAGE);
	pid_t pid = idle_child();
	start[100] = 'q'; /* ours alone */
	CHECK_EQ(get(pid, copy, start + 100, 2 * PAGE), 2 * PAGE);
	CHECK_EQ(copy[0], 'p');
	CHECK_EQ(copy[2 * PAGE - 1], 'p');
	CHECK_EQ(put(pid, "other", start + PAGE - 2, 5), 5);
	CHECK_EQ(start[PAGE - 2], 'p'); /* its copy, not ours */
	CHECK_EQ(get(pid, copy, start + PAGE - 2, 5), 5);
	CHECK(!memcmp(copy, "other", 5));
	end_child(pid);
	CHECK_ERRNO(get(pid, copy, start, 1), ESRCH);
}

TEST(vectors_need_not_match)
{
	char text[] = "abcdefghij", out[16] = "";
	struct iovec remote[] = { { text, 3 }, { text, 0 }, { text + 3, 6 } };
	struct iovec local[] = { { out, 1 }, { out + 1, 5 }, { out + 6, 1 } };

	CHECK_EQ(process_vm_readv(getpid(), local, 3, remote, 3, 0), 7); /* the shorter one */
	CHECK_STR(out, "abcdefg");
	memcpy(out, "0123456789", 10);
	CHECK_EQ(process_vm_writev(getpid(), local, 2, remote, 3, 0), 6);
	CHECK_STR(text, "012345ghij");
}

TEST(what_fails_ends_it)
{
	char *start = map_pages(3, PROT_READ | PROT_WRITE), buffer[PAGE * 3];
	char *read_only = map_pages(1, PROT_READ), *none = map_pages(1, PROT_NONE);

	CHECK_EQ(munmap(start + 2 * PAGE, PAGE), 0);
	CHECK_EQ(get(getpid(), buffer, start + PAGE, 2 * PAGE), PAGE);
	CHECK_ERRNO(get(getpid(), buffer, start + 2 * PAGE, 10), EFAULT);
	CHECK_ERRNO(get(getpid(), buffer, none, 10), EFAULT);
	CHECK_EQ(get(getpid(), buffer, read_only, 10), 10);
	CHECK_ERRNO(put(getpid(), buffer, read_only, 10), EFAULT);
	CHECK_ERRNO(get(getpid(), buffer, (void *)-4096L, 10), EFAULT);
	CHECK_ERRNO(get(getpid(), start + 2 * PAGE, buffer, 10), EFAULT);
	CHECK_ERRNO(put(getpid(), start + 2 * PAGE, buffer, 10), EFAULT);
}

TEST(arguments)
{
	char byte;
	struct iovec one = { &byte, 1 }, negative = { &byte, (size_t)-1 }, empty = { &byte, 0 };

	CHECK_ERRNO(process_vm_readv(getpid(), &one, 1, &one, 1, 1), EINVAL);
	CHECK_ERRNO(process_vm_readv(getpid(), &one, 1025, &one, 1, 0), EINVAL);
	CHECK_ERRNO(process_vm_readv(getpid(), &one, 1, &one, 1025, 0), EINVAL);
	CHECK_ERRNO(process_vm_readv(getpid(), &negative, 1, &one, 1, 0), EINVAL);
	CHECK_ERRNO(process_vm_readv(getpid(), &one, 1, &negative, 1, 0), EINVAL);
	CHECK_ERRNO(process_vm_readv(getpid(), (void *)8, 1, &one, 1, 0), EFAULT);
	CHECK_ERRNO(process_vm_readv(getpid(), &one, 1, (void *)8, 1, 0), EFAULT);
	CHECK_EQ(process_vm_readv(999999, &empty, 1, &one, 1, 0), 0);
	CHECK_EQ(process_vm_readv(999999, &one, 0, &one, 1, 0), 0);
	CHECK_EQ(process_vm_readv(999999, &one, 1, &empty, 1, 0), 0);
	CHECK_ERRNO(process_vm_readv(999999, &one, 1, &one, 1, 0), ESRCH);
	CHECK_ERRNO(process_vm_readv(-1, &one, 1, &one, 1, 0), ESRCH);
}

TEST(who_may)
{
	static char byte = 'x';
	char out = 0;
	pid_t root = idle_child();

	CHECK_EQ(setresgid(NOBODY, NOBODY, NOBODY), 0);
	CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
	CHECK_ERRNO(get(root, &out, &byte, 1), EPERM);
	CHECK_ERRNO(put(root, &out, &byte, 1), EPERM);
	CHECK_ERRNO(get(1, &out, &byte, 1), EPERM);
	CHECK_EQ(get(getpid(), &out, &byte, 1), 1);
	/* A change of ids makes a program undumpable; its children inherit that. */
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	pid_t same = idle_child();
	CHECK_EQ(get(same, &out, &byte, 1), 1);
	CHECK_EQ(out, 'x');
	end_child(same);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	pid_t secret = idle_child();
	CHECK_ERRNO(get(secret, &out, &byte, 1), EPERM);
	end_child(secret);
}

static long advise(int pidfd, void *start, size_t n, int advice, unsigned flags)
{
	struct iovec iov = { start, n };

	return syscall(SYS_process_madvise, pidfd, &iov, 1, advice, flags);
}

TEST(advice_for_another)
{
	char *start = map_pages(4, PROT_READ | PROT_WRITE);

	start[0] = 1;
	pid_t pid = idle_child();
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	CHECK(fd >= 0 && self >= 0);
	CHECK_EQ(advise(fd, start, 4 * PAGE, MADV_COLD, 0), 4 * PAGE);
	CHECK_EQ(advise(fd, start, 4 * PAGE, MADV_WILLNEED, 0), 4 * PAGE);
	CHECK_ERRNO(advise(fd, start, PAGE, MADV_DONTNEED, 0), EINVAL);
	CHECK_ERRNO(advise(fd, start, PAGE, MADV_COLD, 1), EINVAL);
	CHECK_ERRNO(advise(fd, start + 1, PAGE, MADV_COLD, 0), EINVAL);
	CHECK_ERRNO(advise(0, start, PAGE, MADV_COLD, 0), EBADF);
	CHECK_ERRNO(advise(999, start, PAGE, MADV_COLD, 0), EBADF);
	CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
	CHECK_ERRNO(advise(fd, start, PAGE, MADV_COLD, 0), EACCES);
	CHECK_EQ(advise(self, start, PAGE, MADV_COLD, 0), PAGE);
	kill(pid, SIGKILL);
}

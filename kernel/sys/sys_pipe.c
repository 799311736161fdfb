/*
 * pipe2. The descriptors are reserved and told to the user first; only then are they open, so that
 * failing half way leaves nothing behind.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/pipe.h"
#include "lib/errno.h"

/* Reserves two numbers and stores them. On failure neither is held. */
static int pair_reserve(int fds[2], int __user *out, bool cloexec)
{
	int err;

	fds[0] = fd_reserve(0, cloexec);
	if (fds[0] < 0)
		return fds[0];
	fds[1] = fd_reserve(0, cloexec);
	if (fds[1] < 0) {
		fd_unreserve(fds[0]);
		return fds[1];
	}
	err = copy_to_user(out, fds, 2 * sizeof(fds[0]));
	if (err) {
		fd_unreserve(fds[1]);
		fd_unreserve(fds[0]);
	}
	return err;
}

long sys_pipe2(int __user *out, int flags)
{
	struct file *reader, *writer;
	int fds[2], err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = pipe_create((unsigned)flags & O_NONBLOCK, &reader, &writer);
	if (err)
		return err;
	err = pair_reserve(fds, out, flags & O_CLOEXEC);
	if (err) {
		file_put(reader);
		file_put(writer);
		return err;
	}
	fd_install(fds[0], reader);
	fd_install(fds[1], writer);
	return 0;
}

/*
 * Reading directories.
 */
#include "gen/syscalls_proto.h"

#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/readdir.h"
#include "lib/errno.h"

long sys_getdents64(int fd, void __user *buf, unsigned int size)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = dir_read(f, buf, size);
	file_put(f);
	return ret;
}

/*
 * Calls about descriptors: dup, fcntl, ioctl, flock.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/ioctl.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/lock.h"
#include "kernel/fs/memfd.h"
#include "kernel/fs/pipe.h"
#include "kernel/fs/super.h"
#include "kernel/task/group.h"
#include "lib/errno.h"

long sys_dup(int fd)
{
	struct file *f = fd_get_any(fd);

	return f ? fd_add(f, false) : -EBADF;
}

long sys_dup3(int old_fd, int new_fd, int flags)
{
	struct file *f;

	if (flags & ~O_CLOEXEC || old_fd == new_fd)
		return -EINVAL;
	f = fd_get_any(old_fd);
	return f ? fd_replace(new_fd, f, flags & O_CLOEXEC) : -EBADF;
}

/* --- fcntl --- */

static long fcntl_dup(struct file *f, unsigned long from, bool cloexec)
{
	int fd;

	if (from >= READ_ONCE(current->group->rlimits[RLIMIT_NOFILE].cur))
		return -EINVAL;
	fd = fd_reserve((unsigned)from, cloexec);
	if (fd >= 0)
		fd_install(fd, file_get(f));
	return fd;
}

static long fcntl_setfl(struct file *f, unsigned flags)
{
	unsigned settable = O_SETFL & ~O_ASYNC; /* LIMIT: no SIGIO */

	if ((flags & O_NOATIME) && !(f->flags & O_NOATIME) && !inode_owner_or_capable(f->inode))
		return -EPERM;
	WRITE_ONCE(f->flags, (f->flags & ~settable) | (flags & settable));
	return 0;
}

/* Closing any descriptor of a file gives up the process's record locks on it. One that was closed
 * by another thread while its lock was awaited must not leave that behind. */
static int lock_settle(struct file *f, int fd)
{
	struct file *now = fd_get_any(fd);

	file_put(now);
	if (now == f)
		return 0;
	lock_release_owner(f->inode, current->files);
	return -EBADF;
}

static long fcntl_lock(struct file *f, int fd, unsigned cmd, struct abi_flock __user *ufl)
{
	struct abi_flock fl;
	int err;

	if (copy_from_user(&fl, ufl, sizeof(fl)))
		return -EFAULT;
	err = lock_fcntl(f, cmd, &fl);
	if (err == 0 && (cmd == F_SETLK || cmd == F_SETLKW) && fl.type != F_UNLCK)
		err = lock_settle(f, fd);
	if (err || (cmd != F_GETLK && cmd != F_OFD_GETLK))
		return err;
	return copy_to_user(ufl, &fl, sizeof(fl));
}

/* The commands that an O_PATH descriptor knows as well. */
static long fcntl_any(struct file *f, int fd, unsigned cmd, unsigned long arg)
{
	struct file *other;
	bool same;
	int bit;

	switch (cmd) {
	case F_DUPFD:
		return fcntl_dup(f, arg, false);
	case F_DUPFD_CLOEXEC:
		return fcntl_dup(f, arg, true);
	case F_DUPFD_QUERY:
		other = fd_get_any((int)arg);
		same = other == f;
		file_put(other);
		return other ? same : -EBADF;
	case F_GETFD:
		bit = fd_cloexec_get(fd);
		return bit < 0 ? bit : bit ? FD_CLOEXEC : 0;
	case F_SETFD:
		return fd_cloexec_set(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return f->flags;
	case F_CREATED_QUERY:
		return (f->mode & FILE_CREATED) != 0;
	default:
		return -EBADF;
	}
}

/* LIMIT: no leases, no SIGIO: what would set one up is refused, what asks is told that there is
 * none. */
static long fcntl_open(struct file *f, int fd, unsigned cmd, unsigned long arg)
{
	switch (cmd) {
	case F_SETFL:
		return fcntl_setfl(f, (unsigned)arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_lock(f, fd, cmd, (struct abi_flock __user *)arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(f, cmd, arg);
	case F_ADD_SEALS:
		return memfd_seals_add(f, arg);
	case F_GET_SEALS:
		return memfd_seals_get(f);
	case F_GETOWN:
	case F_GETSIG:
		return 0;
	case F_GETLEASE:
		return F_UNLCK;
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
	case F_DUPFD_QUERY:
	case F_GETFD:
	case F_SETFD:
	case F_GETFL:
	case F_CREATED_QUERY:
		return fcntl_any(f, fd, cmd, arg);
	default:
		return -EINVAL;
	}
}

long sys_fcntl(int fd, unsigned int cmd, unsigned long arg)
{
	struct file *f = fd_get_any(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = f->mode & FILE_PATH ? fcntl_any(f, fd, cmd, arg) : fcntl_open(f, fd, cmd, arg);
	file_put(f);
	return ret;
}

/* --- ioctl --- */

static long ioctl_nonblock(struct file *f, const int __user *arg)
{
	int on;

	if (copy_from_user(&on, arg, sizeof(on)))
		return -EFAULT;
	WRITE_ONCE(f->flags, on ? f->flags | O_NONBLOCK : f->flags & ~O_NONBLOCK);
	return 0;
}

/* Bytes from the position to the end. */
static long ioctl_regular(struct file *f, unsigned cmd, int __user *arg)
{
	int value;

	if (cmd == FIONREAD)
		value = (int)(f->inode->size - f->pos);
	else if (cmd == FIGETBSZ)
		value = (int)f->inode->sb->block_size;
	else
		return -ENOIOCTLCMD;
	return copy_to_user(arg, &value, sizeof(value));
}

static long file_ioctl(struct file *f, int fd, unsigned cmd, unsigned long arg)
{
	long ret = -ENOIOCTLCMD;

	switch (cmd) {
	case FIOCLEX:
		return fd_cloexec_set(fd, true);
	case FIONCLEX:
		return fd_cloexec_set(fd, false);
	case FIONBIO:
		return ioctl_nonblock(f, (const int __user *)arg);
	default:
		break;
	}
	if (f->ops->ioctl)
		ret = f->ops->ioctl(f, cmd, arg);
	if (ret == -ENOIOCTLCMD && S_ISREG(f->inode->mode))
		ret = ioctl_regular(f, cmd, (int __user *)arg);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

long sys_ioctl(int fd, unsigned int cmd, unsigned long arg)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = file_ioctl(f, fd, cmd, arg);
	file_put(f);
	return ret;
}

long sys_flock(int fd, unsigned int operation)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = lock_flock(f, operation);
	file_put(f);
	return ret;
}

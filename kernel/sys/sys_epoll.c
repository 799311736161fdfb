#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/epoll.h"
#include "kernel/fs/epoll.h"
#include "kernel/fs/files.h"
#include "kernel/sys/user_sigmask.h"
#include "kernel/sys/user_time.h"

/*
 * epoll_create1, epoll_ctl, epoll_pwait with a time in milliseconds and epoll_pwait2 with one in
 * nanoseconds.
 */

#define EPOLL_EVENTS_MAX ((int)(INT32_MAX / sizeof(struct abi_epoll_event)))

/* O_PATH descriptors name a file, but cannot be asked. */
static bool is_open(struct fd_ref r)
{
	return r.file && !(r.file->mode & FILE_PATH);
}

long sys_epoll_create1(int flags)
{
	struct file *f;
	int err;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	err = epoll_create(&f);
	return err ? err : fd_add(f, flags & EPOLL_CLOEXEC);
}

long sys_epoll_ctl(int epfd, int op, int fd, const struct abi_epoll_event __user *uevent)
{
	struct abi_epoll_event event = { 0 };
	struct fd_ref epoll, file;
	long ret = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	epoll = fd_borrow(epfd);
	file = fd_borrow(fd);
	if (is_open(epoll) && is_open(file))
		ret = epoll_ctl(epoll.file, op, file.file, fd, &event);
	fd_return(file);
	fd_return(epoll);
	return ret;
}

static long epoll_user(int epfd, struct abi_epoll_event __user *events, int max,
		       uint64_t deadline_ns, const uint64_t __user *sigmask, size_t sigset_size)
{
	struct fd_ref epoll;
	long ret;

	if (max <= 0 || max > EPOLL_EVENTS_MAX)
		return -EINVAL;
	if (!user_range_ok(events, (size_t)max * sizeof(*events)))
		return -EFAULT;
	ret = user_sigmask_borrow(sigmask, sigset_size);
	if (ret)
		return ret;
	epoll = fd_borrow(epfd);
	ret = is_open(epoll) ? epoll_wait(epoll.file, events, max, deadline_ns) : -EBADF;
	fd_return(epoll);
	user_sigmask_return(sigmask, ret == -EINTR);
	return ret;
}

/* timeout_ms < 0: for ever. */
long sys_epoll_pwait(int epfd, struct abi_epoll_event __user *events, int max, int timeout_ms,
		     const uint64_t __user *sigmask, size_t sigset_size)
{
	uint64_t deadline_ns = UINT64_MAX;

	if (timeout_ms >= 0)
		deadline_ns = timeout_ms ? deadline_after((uint64_t)timeout_ms * NSEC_PER_MSEC) : 0;
	return epoll_user(epfd, events, max, deadline_ns, sigmask, sigset_size);
}

long sys_epoll_pwait2(int epfd, struct abi_epoll_event __user *events, int max,
		      const struct abi_timespec __user *timeout, const uint64_t __user *sigmask,
		      size_t sigset_size)
{
	uint64_t deadline_ns = UINT64_MAX, ns;
	int err;

	if (timeout) {
		err = timespec_fetch(&ns, timeout);
		if (err)
			return err;
		deadline_ns = ns ? deadline_after(ns) : 0;
	}
	return epoll_user(epfd, events, max, deadline_ns, sigmask, sigset_size);
}

#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/event.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/timer.h"
#include "kernel/fs/eventfd.h"
#include "kernel/fs/files.h"
#include "kernel/fs/signalfd.h"
#include "kernel/fs/timerfd.h"
#include "kernel/sys/user_time.h"

/*
 * Files that stand for something to wait for: a counter, signals, a timer.
 */

#define NEW_FILE_FLAGS (O_CLOEXEC | O_NONBLOCK)

long sys_eventfd2(unsigned initial, int flags)
{
	struct file *f;
	int err;

	if (flags & ~(NEW_FILE_FLAGS | EFD_SEMAPHORE))
		return -EINVAL;
	err = eventfd_create(initial, flags & EFD_SEMAPHORE, (unsigned)flags & O_NONBLOCK, &f);
	return err ? err : fd_add(f, flags & O_CLOEXEC);
}

/* --- signalfd --------------------------------------------------------------------------------- */

static long signalfd_new(uint64_t mask, int flags)
{
	struct file *f;
	int err = signalfd_create(mask, (unsigned)flags & O_NONBLOCK, &f);

	return err ? err : fd_add(f, flags & O_CLOEXEC);
}

/* fd -1: a new one. */
long sys_signalfd4(int fd, const uint64_t __user *umask, size_t sigset_size, int flags)
{
	struct file *f;
	uint64_t mask;
	long ret;

	if (flags & ~NEW_FILE_FLAGS || sigset_size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	if (fd == -1)
		return signalfd_new(mask, flags);
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	ret = signalfd_mask_set(f, mask);
	file_put(f);
	return ret ? ret : fd;
}

/* --- timerfd ---------------------------------------------------------------------------------- */

long sys_timerfd_create(int clock, int flags)
{
	struct file *f;
	int err;

	if (flags & ~NEW_FILE_FLAGS)
		return -EINVAL;
	err = timerfd_create(clock, (unsigned)flags & O_NONBLOCK, &f);
	return err ? err : fd_add(f, flags & O_CLOEXEC);
}

static long state_store(struct abi_itimerspec __user *to, const struct timerfd_state *s)
{
	struct abi_itimerspec spec = { timespec_of_ns(s->interval_ns), timespec_of_ns(s->left_ns) };

	return copy_to_user(to, &spec, sizeof(spec));
}

long sys_timerfd_settime(int fd, int flags, const struct abi_itimerspec __user *uto,
			 struct abi_itimerspec __user *ubefore)
{
	struct timerfd_state to, before;
	struct abi_itimerspec spec;
	struct file *f;
	long ret;

	if (copy_from_user(&spec, uto, sizeof(spec)))
		return -EFAULT;
	if (flags & ~TFD_TIMER_ABSTIME || timespec_to_ns(&spec.value, &to.left_ns) ||
	    timespec_to_ns(&spec.interval, &to.interval_ns))
		return -EINVAL;
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	ret = timerfd_set(f, flags & TFD_TIMER_ABSTIME, &to, &before);
	file_put(f);
	if (!ret && ubefore)
		ret = state_store(ubefore, &before);
	return ret;
}

long sys_timerfd_gettime(int fd, struct abi_itimerspec __user *unow)
{
	struct timerfd_state now;
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = timerfd_get(f, &now);
	file_put(f);
	return ret ? ret : state_store(unow, &now);
}

/*
 * The calls of POSIX message queues. A queue's descriptor is one of a file; timeouts are moments of
 * CLOCK_REALTIME.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/files.h"
#include "kernel/fs/mqueue.h"
#include "kernel/fs/path_walk.h"
#include "kernel/ipc/sysv_msg.h"
#include "kernel/sys/user_time.h"
#include "lib/errno.h"

long sys_mq_open(const char __user *uname, int flags, unsigned mode,
		 const struct abi_mq_attr __user *uattr)
{
	struct abi_mq_attr attr;
	struct path_name name;
	struct file *f;
	int fd, err;

	if (uattr != NULL && copy_from_user(&attr, uattr, sizeof(attr)))
		return -EFAULT;
	err = path_name_fetch(&name, uname);
	if (err)
		return err;
	fd = fd_reserve(0, true);
	err = fd < 0 ? fd
		     : mqueue_open(name.text, (unsigned)flags, mode, uattr != NULL ? &attr : NULL,
				   &f);
	path_name_release(&name);
	if (err && fd >= 0)
		fd_unreserve(fd);
	if (err)
		return err;
	fd_install(fd, f);
	return fd;
}

long sys_mq_unlink(const char __user *uname)
{
	struct path_name name;
	int err = path_name_fetch(&name, uname);

	if (err)
		return err;
	err = mqueue_unlink(name.text);
	path_name_release(&name);
	return err;
}

static int deadline_fetch(const struct abi_timespec __user *timeout, uint64_t *deadline_ns)
{
	int err;

	*deadline_ns = UINT64_MAX;
	if (timeout == NULL)
		return 0;
	err = timespec_fetch(deadline_ns, timeout);
	*deadline_ns = deadline_of_real(*deadline_ns);
	return err;
}

static int send(struct file *f, const char __user *text, size_t size, unsigned priority,
		uint64_t deadline_ns)
{
	int err = mqueue_may_send(f, size);
	struct msg *m;

	if (err)
		return err;
	m = msg_create(size);
	if (m == NULL)
		return -ENOMEM;
	m->type = priority;
	err = copy_from_user(m->text, text, size);
	if (err == 0)
		err = mqueue_send(f, m, deadline_ns);
	if (err)
		msg_free(m);
	return err;
}

long sys_mq_timedsend(int fd, const char __user *text, size_t size, unsigned priority,
		      const struct abi_timespec __user *timeout)
{
	uint64_t deadline_ns;
	int err = deadline_fetch(timeout, &deadline_ns);
	struct file *f;

	if (err)
		return err;
	if (priority >= MQ_PRIO_MAX)
		return -EINVAL;
	f = fd_get(fd);
	if (f == NULL)
		return -EBADF;
	err = send(f, text, size, priority, deadline_ns);
	file_put(f);
	return err;
}

long sys_mq_timedreceive(int fd, char __user *text, size_t size, unsigned __user *upriority,
			 const struct abi_timespec __user *timeout)
{
	uint64_t deadline_ns;
	struct msg *m = NULL;
	struct file *f;
	unsigned priority;
	long ret = deadline_fetch(timeout, &deadline_ns);

	if (ret)
		return ret;
	f = fd_get(fd);
	if (f == NULL)
		return -EBADF;
	ret = mqueue_receive(f, size, deadline_ns, &m);
	file_put(f);
	if (ret)
		return ret;
	priority = (unsigned)m->type;
	ret = (long)m->size;
	if ((upriority != NULL && copy_to_user(upriority, &priority, sizeof(priority))) ||
	    copy_to_user(text, m->text, m->size))
		ret = -EFAULT; /* the message is lost, as on Linux */
	msg_free(m);
	return ret;
}

static int event_check(const struct abi_sigevent *e)
{
	switch (e->notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
		return e->signo < 0 || e->signo > 64 ? -EINVAL : 0;
	case SIGEV_THREAD:
		return -ENOSYS;
	default:
		return -EINVAL;
	}
}

long sys_mq_notify(int fd, const struct abi_sigevent __user *uevent)
{
	struct abi_sigevent event;
	struct file *f;
	int err = 0;

	if (uevent != NULL) {
		if (copy_from_user(&event, uevent, sizeof(event)))
			return -EFAULT;
		err = event_check(&event);
	}
	if (err)
		return err;
	f = fd_get(fd);
	if (f == NULL)
		return -EBADF;
	err = mqueue_notify(f, uevent != NULL ? &event : NULL);
	file_put(f);
	return err;
}

/* Of the attributes only O_NONBLOCK can be changed. */
static void nonblock_set(struct file *f, bool on)
{
	unsigned flags = READ_ONCE(f->flags);

	WRITE_ONCE(f->flags, on ? flags | O_NONBLOCK : flags & ~(unsigned)O_NONBLOCK);
}

long sys_mq_getsetattr(int fd, const struct abi_mq_attr __user *unew,
		       struct abi_mq_attr __user *uold)
{
	struct abi_mq_attr new, old;
	struct file *f;
	int err;

	if (unew != NULL && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (unew != NULL && (new.flags & ~(int64_t)O_NONBLOCK))
		return -EINVAL;
	f = fd_get(fd);
	if (f == NULL)
		return -EBADF;
	err = mqueue_attr(f, &old);
	if (err == 0 && unew != NULL)
		nonblock_set(f, new.flags & O_NONBLOCK);
	file_put(f);
	if (err == 0 && uold != NULL)
		err = copy_to_user(uold, &old, sizeof(old));
	return err;
}

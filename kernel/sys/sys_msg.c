/*
 * The calls of System V message queues. A user's message is its type, a long, and then its text.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/ipc/sysv_msg.h"
#include "lib/errno.h"

long sys_msgget(int key, int flags)
{
	return msg_get(ipc_ns_current(), key, flags);
}

long sys_msgsnd(int id, const void __user *buf, size_t size, int flags)
{
	struct ipc_ns *ns = ipc_ns_current();
	struct msg *m;
	int64_t type;
	int err;

	if (copy_from_user(&type, buf, sizeof(type)))
		return -EFAULT;
	if (size > ns->msg_max || id < 0 || type < 1)
		return -EINVAL;
	m = msg_create(size);
	if (m == NULL)
		return -ENOMEM;
	m->type = type;
	err = copy_from_user(m->text, (const char __user *)buf + sizeof(type), size);
	if (err == 0)
		err = msg_send(ns, id, m, flags);
	if (err)
		msg_free(m);
	return err;
}

long sys_msgrcv(int id, void __user *buf, size_t size, long type, int flags)
{
	struct msg *m;
	size_t n;
	long ret;

	if (id < 0 || (long)size < 0)
		return -EINVAL;
	ret = msg_receive(ipc_ns_current(), id, type, size, flags, &m);
	if (ret)
		return ret;
	n = min(size, m->size);
	ret = (long)n;
	if (copy_to_user(buf, &m->type, sizeof(m->type)) ||
	    copy_to_user((char __user *)buf + sizeof(m->type), m->text, n))
		ret = -EFAULT; /* the message is lost, as on Linux */
	msg_free(m);
	return ret;
}

static long msgctl_stat(struct ipc_ns *ns, int id, int cmd, void __user *buf)
{
	struct abi_msqid_ds ds;
	int ret = msg_stat(ns, id, cmd, &ds);

	if (ret >= 0 && copy_to_user(buf, &ds, sizeof(ds)))
		ret = -EFAULT;
	return ret;
}

static long msgctl_info(struct ipc_ns *ns, int cmd, void __user *buf)
{
	struct abi_msginfo info;
	int ret = msg_info(ns, cmd, &info);

	return copy_to_user(buf, &info, sizeof(info)) ? -EFAULT : ret;
}

long sys_msgctl(int id, int cmd, void __user *buf)
{
	struct ipc_ns *ns = ipc_ns_current();
	struct abi_msqid_ds ds;

	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		return msgctl_info(ns, cmd, buf);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return msgctl_stat(ns, id, cmd, buf);
	case IPC_SET:
		if (copy_from_user(&ds, buf, sizeof(ds)))
			return -EFAULT;
		return msg_set(ns, id, &ds.perm, ds.qbytes);
	case IPC_RMID:
		return msg_remove(ns, id);
	default:
		return -EINVAL;
	}
}

/*
 * The calls of System V shared memory.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/ipc/sysv_shm.h"
#include "lib/errno.h"

long sys_shmget(int key, size_t size, int flags)
{
	return shm_get(ipc_ns_current(), key, size, flags);
}

long sys_shmat(int id, unsigned long addr, int flags)
{
	vaddr_t at;
	int err = shm_attach(ipc_ns_current(), id, addr, flags, &at);

	return err ? err : (long)at;
}

long sys_shmdt(unsigned long addr)
{
	return shm_detach(addr);
}

static long shmctl_stat(struct ipc_ns *ns, int id, int cmd, void __user *buf)
{
	struct abi_shmid_ds ds;
	int ret = shm_stat(ns, id, cmd, &ds);

	if (ret >= 0 && copy_to_user(buf, &ds, sizeof(ds)))
		ret = -EFAULT;
	return ret;
}

static long shmctl_info(struct ipc_ns *ns, int cmd, void __user *buf)
{
	struct abi_shminfo limits;
	struct abi_shm_info usage;
	int ret;

	if (cmd == IPC_INFO) {
		ret = shm_limits(ns, &limits);
		return copy_to_user(buf, &limits, sizeof(limits)) ? -EFAULT : ret;
	}
	ret = shm_usage(ns, &usage);
	return copy_to_user(buf, &usage, sizeof(usage)) ? -EFAULT : ret;
}

long sys_shmctl(int id, int cmd, void __user *buf)
{
	struct ipc_ns *ns = ipc_ns_current();
	struct abi_shmid_ds ds;

	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SHM_INFO:
		return shmctl_info(ns, cmd, buf);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return shmctl_stat(ns, id, cmd, buf);
	case IPC_SET:
		return copy_from_user(&ds, buf, sizeof(ds)) ? -EFAULT : shm_set(ns, id, &ds.perm);
	case IPC_RMID:
		return shm_remove(ns, id);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return shm_lock(ns, id, cmd == SHM_LOCK);
	default:
		return -EINVAL;
	}
}

/*
 * The calls of System V semaphores.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/alloc/buffer.h"
#include "kernel/alloc/slab.h"
#include "kernel/ipc/sysv_sem.h"
#include "kernel/sys/user_time.h"
#include "lib/errno.h"

#define OPS_ON_STACK 8u

long sys_semget(int key, int count, int flags)
{
	return sem_get(ipc_ns_current(), key, count, flags);
}

static long operate(int id, const struct abi_sembuf __user *uops, size_t count, bool timed,
		    uint64_t timeout_ns, int timeout_err)
{
	struct abi_sembuf on_stack[OPS_ON_STACK], *ops = on_stack;
	struct ipc_ns *ns = ipc_ns_current();
	long ret;

	if (count > ns->sem_opm)
		return -E2BIG;
	if (count < 1)
		return -EINVAL;
	if (count > OPS_ON_STACK)
		ops = kmalloc(count * sizeof(ops[0]), 0);
	if (ops == NULL)
		return -ENOMEM;
	ret = copy_from_user(ops, uops, count * sizeof(ops[0]));
	if (ret == 0)
		ret = timeout_err;
	if (ret == 0)
		ret = sem_operate(ns, id, ops, (unsigned)count,
				  timed ? deadline_after(timeout_ns) : UINT64_MAX);
	if (ops != on_stack)
		kfree(ops);
	return ret;
}

long sys_semop(int id, const struct abi_sembuf __user *ops, size_t count)
{
	return operate(id, ops, count, false, 0, 0);
}

long sys_semtimedop(int id, const struct abi_sembuf __user *ops, size_t count,
		    const struct abi_timespec __user *timeout)
{
	uint64_t ns = 0;
	int err = timeout != NULL ? timespec_fetch(&ns, timeout) : 0;

	return err == -EFAULT ? err : operate(id, ops, count, timeout != NULL, ns, err);
}

static long semctl_stat(struct ipc_ns *ns, int id, int cmd, void __user *buf)
{
	struct abi_semid_ds ds;
	int ret = sem_stat(ns, id, cmd, &ds);

	if (ret >= 0 && copy_to_user(buf, &ds, sizeof(ds)))
		ret = -EFAULT;
	return ret;
}

static long semctl_info(struct ipc_ns *ns, int cmd, void __user *buf)
{
	struct abi_seminfo info;
	int ret = sem_info(ns, cmd, &info);

	return copy_to_user(buf, &info, sizeof(info)) ? -EFAULT : ret;
}

static int values_fetch(struct sem_set *set, uint16_t *values, const void __user *buf)
{
	if (copy_from_user(values, buf, set->count * sizeof(values[0])))
		return -EFAULT;
	for (unsigned i = 0; i < set->count; i++) {
		if (values[i] > SEMVMX)
			return -ERANGE;
	}
	return sem_values_set(set, values);
}

static int values_store(struct sem_set *set, uint16_t *values, void __user *buf)
{
	int err = sem_values_get(set, values);

	return err ? err : copy_to_user(buf, values, set->count * sizeof(values[0]));
}

static long semctl_all(struct ipc_ns *ns, int id, int cmd, void __user *buf)
{
	struct sem_set *set;
	uint16_t *values;
	int err = sem_open(ns, id, cmd == SEM_SETALL ? 0222 : 0444, &set);

	if (err)
		return err;
	values = buffer_alloc(set->count * sizeof(values[0]));
	if (values == NULL)
		err = -ENOMEM;
	else
		err = cmd == SEM_SETALL ? values_fetch(set, values, buf)
					: values_store(set, values, buf);
	buffer_free(values, set->count * sizeof(values[0]));
	sem_set_put(set);
	return err;
}

long sys_semctl(int id, int num, int cmd, unsigned long arg)
{
	struct ipc_ns *ns = ipc_ns_current();
	void __user *buf = (void __user *)arg;
	struct abi_semid_ds ds;

	if (id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SEM_INFO:
		return semctl_info(ns, cmd, buf);
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return semctl_stat(ns, id, cmd, buf);
	case SEM_GETALL:
	case SEM_SETALL:
		return semctl_all(ns, id, cmd, buf);
	case SEM_GETVAL:
	case SEM_GETPID:
	case SEM_GETNCNT:
	case SEM_GETZCNT:
		return sem_ask(ns, id, num, cmd);
	case SEM_SETVAL:
		return sem_value_set(ns, id, num, (int)arg);
	case IPC_SET:
		return copy_from_user(&ds, buf, sizeof(ds)) ? -EFAULT
							    : sem_set_perm(ns, id, &ds.perm);
	case IPC_RMID:
		return sem_remove(ns, id);
	default:
		return -EINVAL;
	}
}

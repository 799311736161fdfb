/*
 * semctl's commands, one function each.
 */
#include "kernel/ipc/sysv_sem.h"

#include "kernel/ipc/sysv_sem_ops.h"
#include "kernel/ipc/sysv_sem_undo.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct sem_set *set_find_locked(struct ipc_ns *ns, int id)
{
	struct ipc_object *o = ipc_find_locked(&ns->sem, id);

	return o != NULL ? container_of(o, struct sem_set, head) : NULL;
}

__lock_unchecked int sem_remove(struct ipc_ns *ns, int id)
{
	struct ipc_object *o;
	struct sem_set *set;
	int err = ipc_find_to_remove(&ns->sem, id, &o);

	if (err)
		return err;
	set = container_of(o, struct sem_set, head);
	if (ipc_lock_to_remove(&ns->sem, &set->head))
		sem_set_finish(set);
	else
		err = -EIDRM;
	sem_set_put(set);
	return err;
}

int sem_set_perm(struct ipc_ns *ns, int id, const struct abi_ipc_perm *perm)
{
	return ipc_perm_change(&ns->sem, id, perm);
}

int sem_stat(struct ipc_ns *ns, int id, int cmd, struct abi_semid_ds *out)
{
	struct ipc_object *o =
		cmd == IPC_STAT ? ipc_find_locked(&ns->sem, id) : ipc_at_locked(&ns->sem, id);
	struct sem_set *set = container_of(o, struct sem_set, head);
	int err;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	err = cmd == SEM_STAT_ANY ? 0 : ipc_permission(o, 0444);
	memset(out, 0, sizeof(*out));
	ipc_perm_show(o, &out->perm);
	out->otime = set->otime;
	out->ctime = o->ctime;
	out->nsems = set->count;
	if (err == 0 && cmd != IPC_STAT)
		err = o->id;
	spin_unlock(&o->lock);
	return err;
}

int sem_info(struct ipc_ns *ns, int cmd, struct abi_seminfo *out)
{
	*out = (struct abi_seminfo){ .semmap = SEMMNS, .semmni = (int)ns->sem.limit,
				     .semmns = (int)ns->sem_mns, .semmnu = SEMMNS,
				     .semmsl = (int)ns->sem_msl, .semopm = (int)ns->sem_opm,
				     .semume = SEMOPM, .semusz = SEMUSZ, .semvmx = SEMVMX,
				     .semaem = SEMAEM };
	if (cmd == SEM_INFO) {
		out->semusz = (int)ns->sem.in_use;
		out->semaem = (int)ns->sem_count;
	}
	return ipc_highest(&ns->sem);
}

static int queue_length(const struct list *queue)
{
	const struct sem_waiter *w;
	int length = 0;

	list_for_each_entry(w, queue, link)
		length++;
	return length;
}

int sem_ask(struct ipc_ns *ns, int id, int num, int cmd)
{
	struct sem_set *set = set_find_locked(ns, id);
	int ret;

	if (set == NULL)
		return -EINVAL;
	spin_assert_held(&set->head.lock);
	ret = ipc_permission(&set->head, 0444);
	if (ret == 0 && (num < 0 || (unsigned)num >= set->count))
		ret = -EINVAL;
	if (ret == 0) {
		struct semaphore *s = &set->sems[num];

		ret = cmd == SEM_GETVAL	   ? s->value
		      : cmd == SEM_GETPID  ? ipc_pid_out(s->pid)
		      : cmd == SEM_GETNCNT ? queue_length(&s->more)
					   : queue_length(&s->zero);
	}
	spin_unlock(&set->head.lock);
	return ret;
}

static void value_store(struct sem_set *set, unsigned num, int value)
{
	sem_undo_clear(set, num);
	sem_change(set, num, value);
	ipc_pid_note(&set->sems[num].pid, ipc_pid());
}

int sem_value_set(struct ipc_ns *ns, int id, int num, int value)
{
	struct sem_set *set;
	int err = 0;

	if (value < 0 || value > SEMVMX)
		return -ERANGE;
	set = set_find_locked(ns, id);
	if (set == NULL)
		return -EINVAL;
	spin_assert_held(&set->head.lock);
	if (num < 0 || (unsigned)num >= set->count)
		err = -EINVAL;
	if (err == 0)
		err = ipc_permission(&set->head, 0222);
	if (err == 0) {
		value_store(set, (unsigned)num, value);
		set->head.ctime = ipc_now();
		sem_settle(set);
	}
	spin_unlock(&set->head.lock);
	return err;
}

int sem_open(struct ipc_ns *ns, int id, int access, struct sem_set **out)
{
	struct sem_set *set = set_find_locked(ns, id);
	int err;

	if (set == NULL)
		return -EINVAL;
	spin_assert_held(&set->head.lock);
	err = ipc_permission(&set->head, access);
	if (err == 0)
		ref_get(&set->head.ref);
	spin_unlock(&set->head.lock);
	*out = set;
	return err;
}

int sem_values_get(struct sem_set *set, uint16_t *values)
{
	bool removed;

	spin_lock(&set->head.lock);
	for (unsigned i = 0; i < set->count; i++)
		values[i] = (uint16_t)set->sems[i].value;
	removed = set->head.removed;
	spin_unlock(&set->head.lock);
	return removed ? -EIDRM : 0;
}

int sem_values_set(struct sem_set *set, const uint16_t *values)
{
	bool removed;

	spin_lock(&set->head.lock);
	removed = set->head.removed;
	for (unsigned i = 0; i < set->count && !removed; i++)
		value_store(set, i, values[i]);
	if (!removed) {
		set->head.ctime = ipc_now();
		sem_settle(set);
	}
	spin_unlock(&set->head.lock);
	return removed ? -EIDRM : 0;
}

__lock_unchecked void sysv_sem_ns_destroy(struct ipc_ns *ns)
{
	struct ipc_object *o;

	for (unsigned i = 0; (o = ipc_next(&ns->sem, &i)) != NULL; i++) {
		struct sem_set *set = container_of(o, struct sem_set, head);

		if (ipc_lock_to_remove(&ns->sem, o))
			sem_set_finish(set);
		sem_set_put(set);
	}
}

/*
 * System V semaphores: sets, and what is done to them at once or not at all.
 *
 * A semop is tried from its first operation to its last. At the first that can't be done, what was
 * done is taken back, and the caller sleeps in the queue of that one semaphore: in `more` if it
 * needs a higher value, in `zero` if it waits for zero.
 *
 * Nothing else but a change of this semaphore can let it get any further: what comes before the
 * blocking operation was possible, and should it be possible no longer, then all the less can the
 * whole be done. So a change looks only at the sleepers of what has changed:
 *
 *	raised       the queue `more`, in order of arrival, while there is any value left
 *	become zero  the queue `zero`, until one makes it other than zero
 *
 * A sleeper that is tried again and can be carried out has it done by who tries, and may thereby
 * change further semaphores, which are settled in turn; or it gets further and moves to the queue
 * of another. (One that waits for zero after having changed the same semaphore itself, waits for
 * some other value; those are counted, and looked at whenever there are any.)
 *
 * So who has slept finds its operations carried out by others, in order of arrival, and there is
 * no stampede.
 *
 * Entry points: sem_get, sem_operate here; semctl's commands in sysv_sem_ctl.c; undo lists in
 * sysv_sem_undo.c.
 *
 * Locking: a set's lock guards it, its waiters and its undos.
 *
 * NOTE(linux): an adjustment or value that gets out of range while its semop sleeps is noticed when
 * the semop is next tried, not at once.
 */
#include "kernel/ipc/sysv_sem.h"

#include "kernel/alloc/buffer.h"
#include "kernel/ipc/sysv_sem_ops.h"
#include "kernel/ipc/sysv_sem_undo.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"
#include "lib/string.h"

#define SEM_RAISED 1u
#define SEM_LOWERED 2u

/* --- sets */

static struct sem_set *set_of(struct ipc_object *o)
{
	return container_of(o, struct sem_set, head);
}

static size_t set_size(unsigned count)
{
	return sizeof(struct sem_set) + count * sizeof(struct semaphore);
}

void sem_set_put(struct sem_set *set)
{
	if (!ref_put(&set->head.ref))
		return;
	for (unsigned i = 0; i < set->count; i++)
		pid_put(set->sems[i].pid);
	buffer_free(set, set_size(set->count));
}

static int set_create(struct ipc_get *get, struct ipc_object **out)
{
	unsigned count = (unsigned)get->size;
	struct sem_set *set;

	if (count == 0)
		return -EINVAL;
	if (get->ns->sem_count + count > get->ns->sem_mns)
		return -ENOSPC;
	set = buffer_alloc(set_size(count));
	if (set == NULL)
		return -ENOMEM;
	memset(set, 0, set_size(count));
	ipc_object_init(&set->head, get);
	set->count = count;
	list_init(&set->undos);
	for (unsigned i = 0; i < count; i++) {
		list_init(&set->sems[i].more);
		list_init(&set->sems[i].zero);
	}
	*out = &set->head;
	return 0;
}

static void set_discard(struct ipc_object *o)
{
	sem_set_put(set_of(o));
}

static int set_admit(struct ipc_get *get, struct ipc_object *o)
{
	if (get->ns->sem_count + get->size > get->ns->sem_mns)
		return -ENOSPC;
	get->ns->sem_count += (unsigned)get->size;
	return 0;
}

static int set_match(struct ipc_get *get, struct ipc_object *o)
{
	return set_of(o)->count < get->size ? -EINVAL : 0;
}

int sem_get(struct ipc_ns *ns, int key, int count, int flags)
{
	struct ipc_get get = {.key = key,
			      .flags = flags,
			      .create = set_create,
			      .discard = set_discard,
			      .admit = set_admit,
			      .match = set_match,
			      .ns = ns,
			      .size = (uint64_t)count};

	if (count < 0 || (unsigned)count > ns->sem_msl)
		return -EINVAL;
	return ipc_get(&ns->sem, &get);
}

__lock_unchecked void sem_set_finish(struct sem_set *set)
{
	struct ipc_ns *ns = set->head.ns;

	ipc_remove(&ns->sem, &set->head);
	ns->sem_count -= set->count;
	sem_undo_forget_set(set);
	sem_expel(set, -EIDRM);
	spin_unlock(&set->head.lock);
	spin_unlock(&ns->sem.lock);
	sem_set_put(set);
}

/* --- trying */

static void take_back(struct sem_set *set, const struct sem_waiter *w, unsigned done)
{
	while (done-- > 0) {
		const struct abi_sembuf *op = &w->ops[done];

		set->sems[op->num].value -= op->op;
		if (op->flags & SEM_UNDO)
			w->undo->adjust[op->num] += op->op;
	}
}

/* One operation. 0, SEM_WAITING if it can't be done now, -ERANGE. */
static int op_try(struct sem_set *set, const struct abi_sembuf *op, struct sem_undo *undo)
{
	struct semaphore *s = &set->sems[op->num];
	int value = s->value + op->op;

	if (value < 0 || (op->op == 0 && value != 0))
		return SEM_WAITING;
	if (value > SEMVMX)
		return -ERANGE;
	if (op->flags & SEM_UNDO) {
		int adjust = undo->adjust[op->num] - op->op;

		if (adjust < -SEMAEM - 1 || adjust > SEMAEM)
			return -ERANGE;
		undo->adjust[op->num] = (int16_t)adjust;
	}
	s->value = value;
	return 0;
}

static void mark_dirty(struct sem_set *set, unsigned num, unsigned how)
{
	struct semaphore *s = &set->sems[num];

	if (s->changed == 0) {
		s->next_dirty = (uint16_t)set->first_dirty;
		set->first_dirty = num + 1;
	}
	s->changed |= (uint8_t)how;
}

void sem_change(struct sem_set *set, unsigned num, int value)
{
	struct semaphore *s = &set->sems[num];

	if (value != s->value)
		mark_dirty(set, num, value > s->value ? SEM_RAISED : SEM_LOWERED);
	s->value = value;
}

/* All of them, or none: 0, SEM_WAITING (w->blocking is why), -ERANGE. */
static int ops_try(struct sem_set *set, struct sem_waiter *w)
{
	int ret;

	for (unsigned i = 0; i < w->count; i++) {
		ret = op_try(set, &w->ops[i], w->undo);
		if (ret) {
			w->blocking = i;
			take_back(set, w, i);
			return ret;
		}
	}
	for (unsigned i = 0; i < w->count; i++) {
		const struct abi_sembuf *op = &w->ops[i];

		ipc_pid_note(&set->sems[op->num].pid, w->pid);
		if (op->op != 0)
			mark_dirty(set, op->num, op->op > 0 ? SEM_RAISED : SEM_LOWERED);
	}
	set->otime = ipc_now();
	return 0;
}

/* --- queues */

/* Waits for zero after an operation on the same semaphore. */
static bool is_odd(const struct sem_waiter *w)
{
	const struct abi_sembuf *blocking = &w->ops[w->blocking];

	for (unsigned i = 0; blocking->op == 0 && i < w->blocking; i++) {
		if (w->ops[i].num == blocking->num)
			return true;
	}
	return false;
}

static struct list *queue_of(struct sem_set *set, const struct sem_waiter *w)
{
	struct semaphore *s = &set->sems[w->ops[w->blocking].num];

	return w->ops[w->blocking].op == 0 ? &s->zero : &s->more;
}

static void waiter_add(struct sem_set *set, struct sem_waiter *w)
{
	w->odd = is_odd(w);
	set->sems[w->ops[w->blocking].num].odd_zero += w->odd;
	list_add_tail(&w->link, queue_of(set, w));
}

static void waiter_remove(struct sem_set *set, struct sem_waiter *w, unsigned blocking)
{
	set->sems[w->ops[blocking].num].odd_zero -= w->odd;
	list_del(&w->link);
}

/* w has left its queue: its task goes on with this result. The last access to w. */
static void waiter_finish(struct sem_waiter *w, int status)
{
	/* The sleeper doesn't return before it has seen the status, so until then its task is
	 * there; and after it w is not. */
	task_wake(w->task, TASK_INTERRUPTIBLE);
	atomic_store_explicit(&w->status, status, memory_order_release);
}

/* Tries a sleeper again. */
static void waiter_retry(struct sem_set *set, struct sem_waiter *w)
{
	unsigned was = w->blocking;
	int ret = ops_try(set, w);

	if (ret == SEM_WAITING && w->blocking == was)
		return;
	waiter_remove(set, w, was);
	if (ret == SEM_WAITING)
		waiter_add(set, w);
	else
		waiter_finish(w, ret);
}

static void settle_one(struct sem_set *set, struct semaphore *s, unsigned how)
{
	struct sem_waiter *w, *next;

	if (how & SEM_RAISED) {
		list_for_each_entry_safe(w, next, &s->more, link) {
			if (s->value == 0)
				break;
			waiter_retry(set, w);
		}
	}
	list_for_each_entry_safe(w, next, &s->zero, link) {
		if (s->value != 0 && s->odd_zero == 0)
			break;
		waiter_retry(set, w);
	}
}

void sem_settle(struct sem_set *set)
{
	while (set->first_dirty != 0) {
		struct semaphore *s = &set->sems[set->first_dirty - 1];
		unsigned how = s->changed;

		set->first_dirty = s->next_dirty;
		s->changed = 0;
		settle_one(set, s, how);
	}
}

static void queue_expel(struct list *queue, int err)
{
	struct sem_waiter *w, *next;

	list_for_each_entry_safe(w, next, queue, link) {
		list_del(&w->link);
		waiter_finish(w, err);
	}
}

void sem_expel(struct sem_set *set, int err)
{
	for (unsigned i = 0; i < set->count; i++) {
		queue_expel(&set->sems[i].more, err);
		queue_expel(&set->sems[i].zero, err);
		set->sems[i].odd_zero = 0;
	}
}

/* --- semop */

/* Until somebody has finished w, a signal or the deadline. The set's lock is held on entry, and w
 * is queued; on return it is not held. The caller has a reference to the set. */
static int waiter_sleep(struct sem_set *set, struct sem_waiter *w, uint64_t deadline_ns)
	__releases(set->head.lock)
{
	for (;;) {
		int status, err;

		task_state_set(TASK_INTERRUPTIBLE);
		spin_unlock(&set->head.lock);
		err = task_sleep(deadline_ns);
		status = atomic_load_explicit(&w->status, memory_order_acquire);
		if (status != SEM_WAITING)
			return status;
		spin_lock(&set->head.lock);
		/* Who finishes w holds the lock, so now it is decided. */
		status = atomic_load_explicit(&w->status, memory_order_acquire);
		if (status == SEM_WAITING && err == 0)
			continue;
		if (status == SEM_WAITING) {
			waiter_remove(set, w, w->blocking);
			status = err == -ETIMEDOUT ? -EAGAIN : err;
		}
		spin_unlock(&set->head.lock);
		return status;
	}
}

/* The set, locked, if the caller may do all that. */
static int operate_begin(struct ipc_ns *ns, int id, const struct sem_waiter *w,
			 struct sem_set **out)
{
	struct ipc_object *o = ipc_find_locked(&ns->sem, id);
	int access = 0444, err = 0;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	for (unsigned i = 0; i < w->count; i++) {
		if (w->ops[i].num >= set_of(o)->count)
			err = -EFBIG;
		if (w->ops[i].op != 0)
			access = 0222;
	}
	if (err == 0)
		err = ipc_permission(o, access);
	if (err)
		spin_unlock(&o->lock);
	*out = set_of(o);
	return err;
}

static bool needs_undo(const struct sem_waiter *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		if (w->ops[i].flags & SEM_UNDO)
			return true;
	}
	return false;
}

int sem_operate(struct ipc_ns *ns, int id, const struct abi_sembuf *ops, unsigned count,
		uint64_t deadline_ns)
{
	struct sem_waiter w = { .task = current, .ops = ops, .count = count, .pid = ipc_pid(),
				.status = SEM_WAITING };
	bool undo = needs_undo(&w);
	struct sem_set *set;
	int ret = undo ? sem_undo_list_need() : 0; /* even if there is no such set: as on Linux */

	if (ret == 0)
		ret = operate_begin(ns, id, &w, &set);
	if (ret)
		return ret;
	spin_assert_held(&set->head.lock);
	if (undo) {
		ret = sem_undo_of_current(set, &w.undo);
		if (ret)
			return ret;
	}
	ret = ops_try(set, &w);
	if (ret == SEM_WAITING && !(ops[w.blocking].flags & IPC_NOWAIT)) {
		ref_get(&set->head.ref);
		waiter_add(set, &w);
		ret = waiter_sleep(set, &w, deadline_ns);
		sem_set_put(set);
		return ret;
	}
	sem_settle(set);
	spin_unlock(&set->head.lock);
	return ret == SEM_WAITING ? -EAGAIN : ret;
}

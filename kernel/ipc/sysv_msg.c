/*
 * System V message queues.
 *
 * Messages are on a list in order of arrival and in a tree by type, so that the first of all, the
 * first of a type and the lowest type are found at once. (MSG_EXCEPT and MSG_COPY walk the list.)
 * What a queue may hold is msg_qbytes, for bytes and, so that empty messages are bounded too, for
 * their number.
 *
 * Who has to wait is served by whoever makes it possible: sysv_msg_wait.c.
 *
 * Entry points: msg_get, msg_send, msg_receive here; msgctl's commands in sysv_msg_ctl.c.
 */
#include "kernel/ipc/sysv_msg.h"

#include "kernel/alloc/buffer.h"
#include "kernel/alloc/slab.h"
#include "kernel/ipc/sysv_msg_wait.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"
#include "lib/string.h"

static CACHE_DEFINE(msg_queue_cache, struct msg_queue);

static struct msg_queue *queue_of(struct ipc_object *o)
{
	return container_of(o, struct msg_queue, head);
}

struct msg *msg_create(size_t size)
{
	struct msg *m = buffer_alloc(sizeof(*m) + size);

	if (m != NULL)
		*m = (struct msg){ .size = size };
	return m;
}

void msg_free(struct msg *m)
{
	if (m != NULL)
		buffer_free(m, sizeof(*m) + m->size);
}

/* --- queues */

/* Takes a message out. The queue's lock is held, or nobody else has it. */
static void dequeue(struct msg_queue *q, struct msg *m)
{
	list_del(&m->link);
	rb_erase(&q->types, &m->by_type);
	q->bytes -= m->size;
	q->count--;
	atomic_fetch_sub(&q->head.ns->msg_bytes, m->size);
	atomic_fetch_sub(&q->head.ns->msg_count, 1);
}

void msg_queue_put(struct msg_queue *q)
{
	struct msg *m, *next;

	if (!ref_put(&q->head.ref))
		return;
	list_for_each_entry_safe(m, next, &q->messages, link) {
		dequeue(q, m);
		msg_free(m);
	}
	pid_put(q->lspid);
	pid_put(q->lrpid);
	cache_free(&msg_queue_cache, q);
}

static int queue_create(struct ipc_get *get, struct ipc_object **out)
{
	struct msg_queue *q = cache_alloc(&msg_queue_cache, ALLOC_ZERO);

	if (q == NULL)
		return -ENOMEM;
	ipc_object_init(&q->head, get);
	list_init(&q->messages);
	list_init(&q->senders);
	list_init(&q->receivers);
	q->max_bytes = get->ns->msg_mnb;
	*out = &q->head;
	return 0;
}

static void queue_discard(struct ipc_object *o)
{
	msg_queue_put(queue_of(o));
}

int msg_get(struct ipc_ns *ns, int key, int flags)
{
	struct ipc_get get = {.key = key,
			      .flags = flags,
			      .create = queue_create,
			      .discard = queue_discard,
			      .ns = ns};

	return ipc_get(&ns->msg, &get);
}

/* --- sending */

/* One try: 0, MSG_WAITING (s is queued, current's state set, the queue pinned in *out), -errno. */
static int send_try(struct ipc_ns *ns, int id, struct msg_sender *s, int flags,
		    struct msg_queue **out)
{
	struct ipc_object *o = ipc_find_locked(&ns->msg, id);
	struct msg_queue *q = queue_of(o);
	int ret;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	ret = ipc_permission(o, 0222);
	if (ret == 0 && msg_fits(q, s->msg)) {
		msg_deliver(q, s->msg, s->pid);
	} else if (ret == 0 && (flags & IPC_NOWAIT)) {
		ret = -EAGAIN;
	} else if (ret == 0) {
		ref_get(&o->ref);
		list_add_tail(&s->link, &q->senders);
		task_state_set(TASK_INTERRUPTIBLE);
		*out = q;
		ret = MSG_WAITING;
	}
	spin_unlock(&o->lock);
	return ret;
}

/* Sleeps until *status is there, or a signal comes: then the queue's lock is held and
 * -ERESTARTNOHAND returned. */
__lock_unchecked static int waiter_sleep(struct msg_queue *q, const atomic_int *status)
{
	for (;;) {
		int err = task_sleep(UINT64_MAX);
		int now = atomic_load_explicit(status, memory_order_acquire);

		if (now != MSG_WAITING)
			return now;
		spin_lock(&q->head.lock);
		/* Who finishes a waiter holds the lock, so now it is decided. */
		now = atomic_load_explicit(status, memory_order_acquire);
		if (now == MSG_WAITING && err)
			return -ERESTARTNOHAND;
		if (now == MSG_WAITING)
			task_state_set(TASK_INTERRUPTIBLE);
		spin_unlock(&q->head.lock);
		if (now != MSG_WAITING)
			return now;
	}
}

int msg_send(struct ipc_ns *ns, int id, struct msg *m, int flags)
{
	struct msg_sender s = { .task = current, .msg = m, .pid = ipc_pid() };
	struct msg_queue *q = NULL;
	int ret;

	do {
		atomic_init(&s.status, MSG_WAITING);
		ret = send_try(ns, id, &s, flags, &q);
		if (ret != MSG_WAITING)
			return ret;
		ret = waiter_sleep(q, &s.status);
		if (ret == -ERESTARTNOHAND) {
			spin_assert_held(&q->head.lock);
			list_del(&s.link);
			spin_unlock(&q->head.lock);
		}
		msg_queue_put(q);
	} while (ret == -EAGAIN);
	return ret;
}

/* --- receiving */

static struct msg_wish wish_of(int64_t type, int flags)
{
	if (flags & MSG_COPY)
		return (struct msg_wish){ WISH_NTH, type };
	if (type == 0)
		return (struct msg_wish){ WISH_ANY, 0 };
	if (type < 0)
		return (struct msg_wish){ WISH_UP_TO, type == INT64_MIN ? INT64_MAX : -type };
	return (struct msg_wish){ flags & MSG_EXCEPT ? WISH_EXCEPT : WISH_TYPE, type };
}

static int type_compare(const void *key, const struct rb_node *node)
{
	int64_t type = *(const int64_t *)key, theirs = rb_entry(node, struct msg, by_type)->type;

	return type < theirs ? -1 : type > theirs;
}

static struct msg *message_walk(struct msg_queue *q, const struct msg_wish *w)
{
	struct msg *m;
	int64_t n = 0;

	list_for_each_entry(m, &q->messages, link) {
		if (w->mode == WISH_EXCEPT ? m->type != w->type : n++ == w->type)
			return m;
	}
	return NULL;
}

static struct msg *message_find(struct msg_queue *q, const struct msg_wish *w)
{
	struct msg *m;

	switch (w->mode) {
	case WISH_ANY:
		return list_first_entry_or_null(&q->messages, struct msg, link);
	case WISH_TYPE:
		return rb_entry_or_null(rb_find(&q->types, &w->type, type_compare), struct msg,
					by_type);
	case WISH_UP_TO:
		m = rb_entry_or_null(rb_first(&q->types), struct msg, by_type);
		return m != NULL && m->type <= w->type ? m : NULL;
	default:
		return message_walk(q, w);
	}
}

/* What receive_try needs beside the receiver. */
struct receiving {
	struct msg_receiver r;
	int flags;
	struct msg *copy; /* MSG_COPY: where to; as large as is wanted */
};

/* m is what r wants: given to it, or copied. The queue's lock is held. */
static int message_take(struct msg_queue *q, struct receiving *g, struct msg *m)
{
	if (m->size > g->r.max)
		return -E2BIG;
	if (g->copy != NULL && m->size > g->copy->size)
		return -EINVAL;
	if (g->copy != NULL) {
		memcpy(g->copy->text, m->text, m->size);
		g->copy->type = m->type;
		g->r.max = m->size;
		return 0;
	}
	dequeue(q, m);
	g->r.msg = m;
	ipc_pid_note(&q->lrpid, g->r.pid);
	q->rtime = ipc_now();
	msg_senders_settle(q);
	return 0;
}

/* As send_try. */
static int receive_try(struct ipc_ns *ns, int id, struct receiving *g, struct msg_queue **out)
{
	struct ipc_object *o = ipc_find_locked(&ns->msg, id);
	struct msg_queue *q = queue_of(o);
	struct msg *m;
	int ret;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	ret = ipc_permission(o, 0444);
	m = ret == 0 ? message_find(q, &g->r.wish) : NULL;
	if (m != NULL) {
		ret = message_take(q, g, m);
	} else if (ret == 0 && (g->flags & IPC_NOWAIT)) {
		ret = -ENOMSG;
	} else if (ret == 0) {
		ref_get(&o->ref);
		msg_receiver_add(q, &g->r);
		task_state_set(TASK_INTERRUPTIBLE);
		*out = q;
		ret = MSG_WAITING;
	}
	spin_unlock(&o->lock);
	return ret;
}

static int receive(struct ipc_ns *ns, int id, struct receiving *g)
{
	struct msg_queue *q = NULL;
	int ret;

	do {
		atomic_init(&g->r.status, MSG_WAITING);
		ret = receive_try(ns, id, g, &q);
		if (ret != MSG_WAITING)
			return ret;
		ret = waiter_sleep(q, &g->r.status);
		if (ret == -ERESTARTNOHAND) {
			spin_assert_held(&q->head.lock);
			msg_receiver_remove(q, &g->r);
			spin_unlock(&q->head.lock);
		}
		msg_queue_put(q);
	} while (ret == -EAGAIN);
	return ret;
}

int msg_receive(struct ipc_ns *ns, int id, int64_t type, size_t max, int flags, struct msg **out)
{
	struct receiving g = { .r = { .task = current,
				      .wish = wish_of(type, flags),
				      .max = flags & MSG_NOERROR ? SIZE_MAX : max,
				      .pid = ipc_pid() },
			       .flags = flags };
	int err;

	if (flags & MSG_COPY) {
		if ((flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT))
			return -EINVAL;
		g.copy = msg_create(min(max, (size_t)ns->msg_max));
		if (g.copy == NULL)
			return -ENOMEM;
	}
	err = receive(ns, id, &g);
	*out = g.r.msg;
	if (g.copy != NULL && err == 0) { /* cut to the message's size */
		*out = msg_create(g.r.max);
		err = *out != NULL ? 0 : -ENOMEM;
	}
	if (g.copy != NULL && err == 0) {
		memcpy((*out)->text, g.copy->text, (*out)->size);
		(*out)->type = g.copy->type;
	}
	msg_free(g.copy);
	return err;
}

/*
 * Who waits at a message queue, and how they are served.
 *
 * A message that arrives goes straight to the receiver that has waited longest for one like it;
 * receivers of one type are in a tree, so a thousand clients that each wait for answers of their
 * own type cost nothing. Senders wait with their message in hand: who makes room puts it into the
 * queue for them. Nobody is woken for nothing, and nobody who comes later goes first.
 *
 * A waiter lies on its task's stack. It is finished by a wake-up and then, as the last access, the
 * store of its status; its task does not return before it has seen that.
 */
#include "kernel/ipc/sysv_msg_wait.h"

#include "kernel/sched/sched.h"
#include "lib/errno.h"

static void finish(struct task *task, atomic_int *status, int result)
{
	task_wake(task, TASK_INTERRUPTIBLE);
	atomic_store_explicit(status, result, memory_order_release);
}

/* --- receivers */

static int receiver_compare(const void *key, const struct rb_node *node)
{
	int64_t type = *(const int64_t *)key;
	int64_t theirs = rb_entry(node, struct msg_receiver, node)->wish.type;

	return type < theirs ? -1 : type > theirs;
}

static bool receiver_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct msg_receiver, node)->wish.type <
	       rb_entry(b, struct msg_receiver, node)->wish.type;
}

void msg_receiver_add(struct msg_queue *q, struct msg_receiver *r)
{
	r->ticket = q->next_ticket++;
	if (r->wish.mode == WISH_TYPE)
		rb_add(&q->typed_receivers, &r->node, receiver_less);
	else
		list_add_tail(&r->link, &q->receivers);
}

void msg_receiver_remove(struct msg_queue *q, struct msg_receiver *r)
{
	if (r->wish.mode == WISH_TYPE)
		rb_erase(&q->typed_receivers, &r->node);
	else
		list_del(&r->link);
}

static bool wish_fits(const struct msg_wish *w, const struct msg *m)
{
	switch (w->mode) {
	case WISH_ANY:
		return true;
	case WISH_EXCEPT:
		return m->type != w->type;
	case WISH_UP_TO:
		return m->type <= w->type;
	default:
		return m->type == w->type;
	}
}

/* Who has waited longest for a message like this. */
static struct msg_receiver *receiver_for(struct msg_queue *q, const struct msg *m)
{
	struct rb_node *n = rb_find(&q->typed_receivers, &m->type, receiver_compare);
	struct msg_receiver *typed = rb_entry_or_null(n, struct msg_receiver, node);
	struct msg_receiver *r;

	list_for_each_entry(r, &q->receivers, link) {
		if (typed != NULL && typed->ticket < r->ticket)
			break;
		if (wish_fits(&r->wish, m))
			return r;
	}
	return typed;
}

static void receiver_finish(struct msg_queue *q, struct msg_receiver *r, struct msg *m, int status)
{
	msg_receiver_remove(q, r);
	r->msg = m;
	finish(r->task, &r->status, status);
}

/* --- arrival */

static bool type_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct msg, by_type)->type < rb_entry(b, struct msg, by_type)->type;
}

static void enqueue(struct msg_queue *q, struct msg *m)
{
	list_add_tail(&m->link, &q->messages);
	rb_add(&q->types, &m->by_type, type_less);
	q->bytes += m->size;
	q->count++;
	atomic_fetch_add(&q->head.ns->msg_bytes, m->size);
	atomic_fetch_add(&q->head.ns->msg_count, 1);
}

void msg_deliver(struct msg_queue *q, struct msg *m, struct pid *sender)
{
	struct msg_receiver *r;

	ipc_pid_note(&q->lspid, sender);
	q->stime = ipc_now();
	while ((r = receiver_for(q, m)) != NULL) {
		if (m->size <= r->max) {
			ipc_pid_note(&q->lrpid, r->pid);
			q->rtime = ipc_now();
			receiver_finish(q, r, m, 0);
			return;
		}
		receiver_finish(q, r, NULL, -E2BIG);
	}
	enqueue(q, m);
}

/* --- senders */

bool msg_fits(const struct msg_queue *q, const struct msg *m)
{
	return q->bytes + m->size <= q->max_bytes && q->count + 1 <= q->max_bytes;
}

void msg_senders_settle(struct msg_queue *q)
{
	struct msg_sender *s, *next;

	list_for_each_entry_safe(s, next, &q->senders, link) {
		if (q->count >= q->max_bytes)
			break;
		if (!msg_fits(q, s->msg))
			continue;
		list_del(&s->link);
		msg_deliver(q, s->msg, s->pid);
		finish(s->task, &s->status, 0);
	}
}

void msg_expel(struct msg_queue *q, int err)
{
	struct msg_receiver *r, *next_r;
	struct msg_sender *s, *next_s;

	list_for_each_entry_safe(r, next_r, &q->receivers, link)
		receiver_finish(q, r, NULL, err);
	rb_for_each_entry_safe(r, next_r, &q->typed_receivers, node)
		receiver_finish(q, r, NULL, err);
	list_for_each_entry_safe(s, next_s, &q->senders, link) {
		list_del(&s->link);
		finish(s->task, &s->status, err);
	}
}

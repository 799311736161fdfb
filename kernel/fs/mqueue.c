/*
 * POSIX message queues: sending, receiving, telling.
 *
 * A queue is an inode of the mqueue file system (mqueue_fs.c); messages are in a tree, the highest
 * priority first and of one priority the oldest.
 *
 * As in System V's queues whoever makes it possible serves those who wait: a message goes straight
 * to the first receiver that waits; and who takes one from a full queue puts the first waiting
 * sender's in. So a queue with receivers waiting is empty, one with senders waiting is full.
 *
 * A process that has asked for it is told once, by a signal, when a message comes into the empty
 * queue and no receiver waits for it.
 *
 * NOTE(linux): those who wait are served in order of arrival, whatever their priorities.
 * LIMIT: no SIGEV_THREAD, for which the C library needs a netlink socket: ENOSYS.
 */
#include "kernel/fs/mqueue.h"

#include "kernel/abi/fcntl.h"
#include "kernel/fs/file_cache.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/mqueue_object.h"
#include "kernel/ipc/signal.h"
#include "kernel/ipc/sysv_msg.h"
#include "kernel/sched/sched.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define MQ_WAITING 1

/* A sender or receiver that sleeps; on its task's stack. */
struct mq_waiter {
	struct list link;
	struct task *task;
	struct msg *msg;   /* to send, or received */
	atomic_int status; /* MQ_WAITING until somebody else has finished it */
};

void mqueue_object_init(struct mqueue *q)
{
	spinlock_init(&q->lock, "mqueue", LOCK_RANK_IPC_OBJECT);
	rb_init(&q->messages);
	list_init(&q->senders);
	list_init(&q->receivers);
	waitq_init(&q->poll);
}

/* --- waiting */

/* The last access to w: its task doesn't return before it has seen the status. */
static void waiter_finish(struct mq_waiter *w)
{
	list_del(&w->link);
	task_wake(w->task, TASK_INTERRUPTIBLE);
	atomic_store_explicit(&w->status, 0, memory_order_release);
}

/* Until somebody has finished w (0), a signal or the deadline. q->lock is held on entry, not on
 * return. */
static int waiter_sleep(struct mqueue *q, struct list *queue, struct mq_waiter *w,
			uint64_t deadline_ns) __releases(q->lock)
{
	atomic_init(&w->status, MQ_WAITING);
	list_add_tail(&w->link, queue);
	for (;;) {
		bool waiting;
		int err;

		task_state_set(TASK_INTERRUPTIBLE);
		spin_unlock(&q->lock);
		err = task_sleep(deadline_ns);
		if (atomic_load_explicit(&w->status, memory_order_acquire) != MQ_WAITING)
			return 0;
		spin_lock(&q->lock);
		/* Who finishes w holds the lock, so now it is decided. */
		waiting = atomic_load_explicit(&w->status, memory_order_acquire) == MQ_WAITING;
		if (waiting && err == 0)
			continue;
		if (waiting)
			list_del(&w->link);
		spin_unlock(&q->lock);
		if (!waiting)
			return 0;
		return err == -EINTR ? -ERESTARTSYS : err;
	}
}

static struct mq_waiter *first_waiter(const struct list *queue)
{
	return list_first_entry_or_null(queue, struct mq_waiter, link);
}

/* --- telling */

/* What is left to do when the lock has been dropped. */
struct telling {
	struct pid *pid; /* NULL: nobody */
	struct abi_sigevent event;
};

/* Takes the registration out. q->lock held. */
static struct telling notify_take(struct mqueue *q)
{
	struct telling t = { q->notify_pid, q->notify };

	q->notify_pid = NULL;
	return t;
}

static void tell(struct telling *t)
{
	struct abi_siginfo info;
	irqflags_t irq;

	if (t->pid != NULL && t->event.notify == SIGEV_SIGNAL && t->event.signo != 0) {
		signal_info_user(&info, t->event.signo, SI_MESGQ);
		info.value = t->event.value;
		irq = spin_lock_irqsave(&tasks_lock);
		if (t->pid->group != NULL && t->pid->task != NULL) {
			signal_info_translate(&info, t->pid->task);
			(void)signal_send_group(t->pid->group, t->event.signo, &info);
		}
		spin_unlock_irqrestore(&tasks_lock, irq);
	}
	pid_put(t->pid);
}

static struct mqueue *queue_of_file(struct file *f)
{
	return f->ops == &mqueue_file_ops ? mqueue_of(f->inode) : NULL;
}

int mqueue_notify(struct file *f, const struct abi_sigevent *event)
{
	struct mqueue *q = queue_of_file(f);
	struct telling was = { 0 };
	int err = 0;

	if (q == NULL)
		return -EBADF;
	spin_lock(&q->lock);
	if (event == NULL) {
		if (q->notify_pid == current->group->pid)
			was = notify_take(q);
	} else if (q->notify_pid != NULL) {
		err = -EBUSY;
	} else {
		q->notify_pid = pid_get(current->group->pid);
		q->notify = *event;
		q->inode.atime = q->inode.ctime;
	}
	spin_unlock(&q->lock);
	pid_put(was.pid);
	return err;
}

/* Any close of a queue by the process that is to be told ends that. */
static int mqueue_flush(struct file *f)
{
	return mqueue_notify(f, NULL);
}

/* --- sending and receiving */

/* In the tree the message with the higher priority, a larger type, comes first. */
static bool comes_first(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct msg, by_type)->type > rb_entry(b, struct msg, by_type)->type;
}

static void enqueue(struct mqueue *q, struct msg *m)
{
	rb_add(&q->messages, &m->by_type, comes_first);
	q->count++;
	q->bytes += m->size;
}

static struct msg *dequeue(struct mqueue *q)
{
	struct msg *m = rb_entry(rb_first(&q->messages), struct msg, by_type);

	rb_erase(&q->messages, &m->by_type);
	q->count--;
	q->bytes -= m->size;
	return m;
}

void mqueue_object_empty(struct mqueue *q)
{
	while (q->count > 0)
		msg_free(dequeue(q));
	pid_put(q->notify_pid);
	q->notify_pid = NULL;
}

static bool blocks(struct file *f)
{
	return !(READ_ONCE(f->flags) & O_NONBLOCK);
}

int mqueue_may_send(struct file *f, size_t size)
{
	struct mqueue *q = queue_of_file(f);

	if (q == NULL || !(f->mode & FILE_WRITE))
		return -EBADF;
	return size > q->msg_size ? -EMSGSIZE : 0;
}

int mqueue_send(struct file *f, struct msg *m, uint64_t deadline_ns)
{
	struct mq_waiter w = { .task = current, .msg = m }, *receiver;
	struct mqueue *q = queue_of_file(f);
	struct telling telling = { 0 };

	spin_lock(&q->lock);
	if (q->count == q->max_msgs) {
		if (blocks(f))
			return waiter_sleep(q, &q->senders, &w, deadline_ns);
		spin_unlock(&q->lock);
		return -EAGAIN;
	}
	receiver = first_waiter(&q->receivers);
	if (receiver != NULL) {
		receiver->msg = m;
		waiter_finish(receiver);
	} else {
		enqueue(q, m);
		if (q->count == 1)
			telling = notify_take(q);
	}
	inode_touch_mtime(&q->inode);
	spin_unlock(&q->lock);
	tell(&telling);
	waitq_wake(&q->poll, POLLIN | POLLRDNORM);
	return 0;
}

int mqueue_receive(struct file *f, size_t room, uint64_t deadline_ns, struct msg **out)
{
	struct mq_waiter w = { .task = current }, *sender;
	struct mqueue *q = queue_of_file(f);
	int err = 0;

	if (q == NULL || !(f->mode & FILE_READ))
		return -EBADF;
	if (room < q->msg_size)
		return -EMSGSIZE;
	spin_lock(&q->lock);
	if (q->count == 0 && blocks(f)) {
		err = waiter_sleep(q, &q->receivers, &w, deadline_ns);
		*out = w.msg;
		return err;
	}
	if (q->count == 0) {
		spin_unlock(&q->lock);
		return -EAGAIN;
	}
	*out = dequeue(q);
	sender = first_waiter(&q->senders);
	if (sender != NULL) {
		enqueue(q, sender->msg);
		waiter_finish(sender);
	}
	inode_touch_mtime(&q->inode);
	spin_unlock(&q->lock);
	waitq_wake(&q->poll, POLLOUT | POLLWRNORM);
	return 0;
}

/* --- looking */

int mqueue_attr(struct file *f, struct abi_mq_attr *out)
{
	struct mqueue *q = queue_of_file(f);

	if (q == NULL)
		return -EBADF;
	spin_lock(&q->lock);
	*out = (struct abi_mq_attr){ .flags = f->flags & O_NONBLOCK,
				     .maxmsg = (int64_t)q->max_msgs,
				     .msgsize = (int64_t)q->msg_size,
				     .curmsgs = (int64_t)q->count };
	spin_unlock(&q->lock);
	return 0;
}

/* A line about the queue, for cat. */
static ssize_t mqueue_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	struct mqueue *q = mqueue_of(f->inode);
	int mode = 0, signo = 0, pid = 0;
	struct pid *owner;
	uint64_t bytes;
	char line[100];
	size_t len, n;

	spin_lock(&q->lock);
	bytes = q->bytes;
	owner = q->notify_pid != NULL ? pid_get(q->notify_pid) : NULL;
	if (owner != NULL) {
		mode = q->notify.notify;
		signo = mode == SIGEV_SIGNAL ? q->notify.signo : 0;
		pid = pid_nr(owner);
	}
	spin_unlock(&q->lock);
	pid_put(owner);
	len = (size_t)str_format(line, sizeof(line),
				 "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", bytes,
				 mode, signo, pid);
	if (*pos >= len)
		return 0;
	n = io_buf_put(to, line + *pos, min(len - (size_t)*pos, to->remaining));
	if (n == 0 && to->remaining != 0)
		return -EFAULT;
	*pos += n;
	return (ssize_t)n;
}

static unsigned mqueue_poll(struct file *f, struct poll_table *table)
{
	struct mqueue *q = mqueue_of(f->inode);
	unsigned events = 0;

	poll_wait(table, &q->poll);
	spin_lock(&q->lock);
	if (q->count > 0)
		events = POLLIN | POLLRDNORM;
	if (q->count < q->max_msgs)
		events |= POLLOUT | POLLWRNORM;
	spin_unlock(&q->lock);
	return events;
}

static int64_t mqueue_seek(struct file *f, int64_t offset, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
		return -EINVAL;
	return file_seek_sized(f, offset, whence, f->inode->size, INT64_MAX);
}

const struct file_ops mqueue_file_ops = {
	.read = mqueue_read,
	.poll = mqueue_poll,
	.flush = mqueue_flush,
	.seek = mqueue_seek,
};

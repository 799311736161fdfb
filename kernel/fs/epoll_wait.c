/*
 * Epoll: what is ready, and who waits for it.
 *
 *	      a queue of the file is woken         epoll_wait takes it and asks the file:
 *	idle ------------------------------> ready --+-- nothing there, or told once --> idle
 *	                                       ^     |
 *	                                       +-----+ level-triggered, and it is there
 *
 * Being on the ready list means "worth asking". The list is filled by wakers, in any context,
 * under ready_lock alone. epoll_wait, under ep->lock, moves the list aside and asks item by item;
 * each leaves the list before its file is asked, so whatever happens after the answer puts it
 * back.
 *
 * An exclusive waiter in ep->waiters is woken by each item that becomes ready; who leaves items
 * behind wakes the next. An epoll that watches this one, and polls of it, are told in the same go.
 *
 * Locking: kernel/fs/epoll.c.
 */
#include "kernel/fs/epoll.h"

#include "arch/uaccess.h"
#include "kernel/fs/poll.h"
#include "lib/errno.h"

/* --- Becoming ready --------------------------------------------------------------------------- */

/* On the list, unless the item doesn't care. False then. */
static bool item_queue(struct epoll_item *item, unsigned events)
{
	struct epoll *ep = item->ep;
	irqflags_t irq = spin_lock_irqsave(&ep->ready_lock);
	unsigned wanted = item->event.events & ~EPOLL_PRIVATE;
	bool cares = wanted && (!events || (events & wanted));

	if (cares && !list_is_linked(&item->ready_link))
		list_add_tail(&item->ready_link, &ep->ready);
	spin_unlock_irqrestore(&ep->ready_lock, irq);
	return cares;
}

static void waiters_tell(struct epoll *ep)
{
	waitq_wake(&ep->waiters, 0);
	waitq_wake_all(&ep->pollers, POLLIN | POLLRDNORM);
}

/* Epolls that watch this one, and those that watch them: not deeper than EPOLL_NESTING_MAX.
 * epoll_links_lock held. */
static void outer_tell(struct epoll *ep)
{
	struct epoll_item *item;

	list_for_each_entry(item, &ep->file->epoll_links, file_link) {
		if (!item_queue(item, POLLIN | POLLRDNORM))
			continue;
		waiters_tell(item->ep);
		outer_tell(item->ep);
	}
}

/* That nobody watches can be seen without the lock: who begins to asks for the state afterwards,
 * under ready_lock. */
static void ready_tell(struct epoll *ep)
{
	irqflags_t irq;

	waiters_tell(ep);
	if (READ_ONCE(ep->file->epoll_links.next) == &ep->file->epoll_links)
		return;
	irq = spin_lock_irqsave(&epoll_links_lock);
	outer_tell(ep);
	spin_unlock_irqrestore(&epoll_links_lock, irq);
}

void epoll_item_ready(struct epoll_item *item)
{
	if (item_queue(item, 0))
		ready_tell(item->ep);
}

/* A queue of the file is woken. For an exclusive item the wake-up counts only if somebody waits for
 * this epoll. */
bool epoll_watch_wake(struct waiter *w, unsigned events)
{
	struct epoll_item *item = container_of(w, struct epoll_watch, waiter)->item;
	struct epoll *ep = item->ep;
	bool somebody = READ_ONCE(ep->waiters.entries.next) != &ep->waiters.entries;

	if (!item_queue(item, events))
		return false;
	ready_tell(ep);
	return somebody;
}

/* --- Asking ----------------------------------------------------------------------------------- */

static bool list_is_empty_now(const struct epoll *ep)
{
	return READ_ONCE(ep->ready.next) == &ep->ready;
}

unsigned epoll_item_ask(struct epoll_item *item, struct poll_table *table)
{
	unsigned wanted = item->event.events & ~EPOLL_PRIVATE;

	if (!wanted && !table)
		return 0;
	return item->file->ops->poll(item->file, table) & wanted;
}

/* ready_lock held in these three. */
static struct epoll_item *ready_pop(struct list *from)
{
	struct epoll_item *item = list_first_entry_or_null(from, struct epoll_item, ready_link);

	if (item)
		list_del(&item->ready_link);
	return item;
}

static void ready_put(struct epoll_item *item, bool front)
{
	struct list *ready = &item->ep->ready;

	if (list_is_linked(&item->ready_link))
		return;
	if (front)
		list_add(&item->ready_link, ready);
	else
		list_add_tail(&item->ready_link, ready);
}

static void ready_put_back(struct epoll *ep, struct list *batch)
{
	list_splice_tail(&ep->ready, batch);
	list_splice_tail(batch, &ep->ready);
}

/* An item off the list, asked. 1: its event is stored, 0: not ready after all, -EFAULT. ep->lock
 * held. */
static int item_deliver(struct epoll_item *item, struct abi_epoll_event __user *to)
{
	struct epoll *ep = item->ep;
	struct abi_epoll_event event = { epoll_item_ask(item, NULL), item->event.data };
	bool stored;
	irqflags_t irq;

	if (!event.events)
		return 0;
	stored = !copy_to_user(to, &event, sizeof(event));
	irq = spin_lock_irqsave(&ep->ready_lock);
	if (!stored)
		ready_put(item, true);
	else if (item->event.events & EPOLLONESHOT)
		item->event.events &= EPOLL_PRIVATE;
	else if (!(item->event.events & EPOLLET))
		ready_put(item, false);
	spin_unlock_irqrestore(&ep->ready_lock, irq);
	return stored ? 1 : -EFAULT;
}

/* Stores up to max events. How many, or -EFAULT. */
static int epoll_collect(struct epoll *ep, struct abi_epoll_event __user *events, int max)
{
	struct list batch = LIST_INIT(batch);
	int count = 0, got = 0;
	irqflags_t irq;
	bool more;

	mutex_lock(&ep->lock);
	irq = spin_lock_irqsave(&ep->ready_lock);
	list_splice_tail(&ep->ready, &batch);
	while (count < max && got >= 0) {
		struct epoll_item *item = ready_pop(&batch);

		if (!item)
			break;
		spin_unlock_irqrestore(&ep->ready_lock, irq);
		got = item_deliver(item, events + count);
		count += got > 0;
		irq = spin_lock_irqsave(&ep->ready_lock);
	}
	ready_put_back(ep, &batch);
	more = !list_empty(&ep->ready);
	spin_unlock_irqrestore(&ep->ready_lock, irq);
	mutex_unlock(&ep->lock);
	if (more)
		waitq_wake(&ep->waiters, 0);
	return count || got >= 0 ? count : got;
}

/* Is anything ready indeed? What isn't leaves the list. */
static bool epoll_has_ready(struct epoll *ep)
{
	struct epoll_item *item;
	unsigned events = 0;
	irqflags_t irq;

	mutex_lock(&ep->lock);
	irq = spin_lock_irqsave(&ep->ready_lock);
	while (!events && (item = ready_pop(&ep->ready)) != NULL) {
		spin_unlock_irqrestore(&ep->ready_lock, irq);
		events = epoll_item_ask(item, NULL);
		irq = spin_lock_irqsave(&ep->ready_lock);
		if (events)
			ready_put(item, true);
	}
	spin_unlock_irqrestore(&ep->ready_lock, irq);
	mutex_unlock(&ep->lock);
	return events;
}

static unsigned epoll_poll(struct file *file, struct poll_table *table)
{
	struct epoll *ep = file->private;

	poll_wait(table, &ep->pollers);
	return epoll_has_ready(ep) ? POLLIN | POLLRDNORM : 0;
}

/* --- Waiting ---------------------------------------------------------------------------------- */

static int ready_wait(struct epoll *ep, uint64_t deadline_ns)
{
	struct waiter w = { .task = current, .exclusive = true };
	int err = 0;

	wait_prepare(&ep->waiters, &w, TASK_INTERRUPTIBLE);
	if (list_is_empty_now(ep))
		err = task_sleep(deadline_ns);
	wait_finish(&ep->waiters, &w);
	return err;
}

int epoll_wait(struct file *epoll, struct abi_epoll_event __user *events, int max,
	       uint64_t deadline_ns)
{
	struct epoll *ep = epoll->private;
	int err = deadline_ns == 0 ? -ETIMEDOUT : 0;

	if (!file_is_epoll(epoll))
		return -EINVAL;
	for (;;) {
		if (!list_is_empty_now(ep)) {
			int count = epoll_collect(ep, events, max);

			if (count)
				return count;
		}
		if (err)
			return err == -ETIMEDOUT ? 0 : err;
		err = ready_wait(ep, deadline_ns);
	}
}

const struct file_ops epoll_ops = {
	.release = epoll_release,
	.poll = epoll_poll,
};

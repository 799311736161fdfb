/*
 * Epoll: what it watches.
 *
 *	       --items: tree by file, fd-->        --watches--> waiters in the file's wait queues
 *	epoll                               item
 *	       <-------ready list----------        <--file->epoll_links-- the file
 *
 * Adding a file makes an item and leaves, through the file's poll op, a waiter in each wait queue
 * that the file names. From then on nobody asks the file until one of those queues is woken: then
 * the item goes on the ready list. What happens there, and waiting, is kernel/fs/epoll_wait.c.
 *
 * An item does not hold its file, or no watched file would ever be closed: the last file_put
 * removes it (epoll_file_gone). So a descriptor that was closed while a duplicate lives is still
 * watched, as on Linux.
 *
 * An epoll may watch another. Such an item stands in no wait queue: the inner one finds it by its
 * own file's epoll_links. Loops are refused, and more than EPOLL_NESTING_MAX in a row; and since a
 * wake-up goes every way up, from a file to all the epolls above it, with interrupts off, also more
 * ways than path_limits. nest_lock makes these checks and the adding one step.
 *
 * Locking, outermost first:
 *	nest_lock		adding an epoll to an epoll
 *	ep->lock		items; the outer epoll's before the inner one's
 *	(wait queue of a file)	its wakers hold it when they call epoll_watch_wake
 *	epoll_links_lock	file->epoll_links of all files
 *	ep->ready_lock		the ready list, and the events that an item wants
 *	ep->waiters, pollers
 * The spinlocks are taken in interrupts.
 *
 * Entry points: epoll_create, epoll_ctl, epoll_file_gone.
 *
 * LIMIT: no limit on how much one user may watch, but memory.
 * NOTE(linux): EPOLLWAKEUP is accepted and means nothing, as there without the capability.
 */
#include "kernel/fs/epoll.h"

#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/poll.h"
#include "lib/errno.h"

static CACHE_DEFINE(epoll_cache, struct epoll);
static CACHE_DEFINE(epoll_item_cache, struct epoll_item);
static CACHE_DEFINE(epoll_watch_cache, struct epoll_watch);

struct spinlock epoll_links_lock = SPINLOCK_INIT("epoll links", LOCK_RANK_EPOLL_LINKS);
static struct mutex nest_lock = MUTEX_INIT(nest_lock, "epoll nesting", LOCK_RANK_EPOLL);
static uint64_t nest_round; /* [nest_lock] the walk down that is being made, or was last */

static void waitq_init_ranked(struct waitq *q)
{
	waitq_init(q);
	spinlock_init(&q->lock, "epoll waitq", LOCK_RANK_EPOLL_WAITQ);
}

int epoll_create(struct file **out)
{
	struct epoll *ep = cache_alloc(&epoll_cache, ALLOC_ZERO);
	int err;

	if (!ep)
		return -ENOMEM;
	ref_init(&ep->ref);
	mutex_init(&ep->lock, "epoll", LOCK_RANK_EPOLL);
	spinlock_init(&ep->ready_lock, "epoll ready", LOCK_RANK_EPOLL_READY);
	list_init(&ep->ready);
	waitq_init_ranked(&ep->waiters);
	waitq_init_ranked(&ep->pollers);
	err = file_open_anon("anon_inode:[eventpoll]", &epoll_ops, ep, O_RDWR, out);
	if (err)
		cache_free(&epoll_cache, ep);
	else
		ep->file = *out;
	return err;
}

static void epoll_put(struct epoll *ep)
{
	if (ref_put(&ep->ref))
		cache_free(&epoll_cache, ep);
}

/* --- Items ------------------------------------------------------------------------------------ */

static int item_order(const struct file *file, int fd, const struct epoll_item *item)
{
	if (file != item->file)
		return file < item->file ? -1 : 1;
	return (fd > item->fd) - (fd < item->fd);
}

static struct epoll_item *item_find(struct epoll *ep, const struct file *file, int fd)
{
	struct rb_node *n = ep->items.node;

	while (n) {
		struct epoll_item *item = rb_entry(n, struct epoll_item, node);
		int order = item_order(file, fd, item);

		if (order == 0)
			return item;
		n = order < 0 ? n->left : n->right;
	}
	return NULL;
}

static void item_insert(struct epoll *ep, struct epoll_item *item)
{
	struct rb_node **link = &ep->items.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item_order(item->file, item->fd, rb_entry(parent, struct epoll_item, node)) <
				       0
			       ? &parent->left
			       : &parent->right;
	}
	rb_insert(&ep->items, &item->node, parent, link);
}

/* Undoes everything that item_add did. After the watches are gone nobody wakes it; after the links
 * no inner epoll does; then it can leave the ready list for good. ep->lock held. */
static void item_remove(struct epoll_item *item)
{
	struct epoll *ep = item->ep;
	struct epoll_watch *w;
	irqflags_t irq;

	while ((w = item->watches) != NULL) {
		item->watches = w->next;
		waitq_remove(w->queue, &w->waiter);
		cache_free(&epoll_watch_cache, w);
	}
	irq = spin_lock_irqsave(&epoll_links_lock);
	list_del_init(&item->file_link);
	spin_unlock_irqrestore(&epoll_links_lock, irq);
	irq = spin_lock_irqsave(&ep->ready_lock);
	if (list_is_linked(&item->ready_link))
		list_del(&item->ready_link);
	spin_unlock_irqrestore(&ep->ready_lock, irq);
	rb_erase(&ep->items, &item->node);
	cache_free(&epoll_item_cache, item);
	epoll_put(ep);
}

/* Given to the poll op of a file that is being added. */
struct watch_table {
	struct poll_table table;
	struct epoll_item *item;
	int err;
};

static void watch_queue(struct poll_table *t, struct waitq *q)
{
	struct watch_table *wt = container_of(t, struct watch_table, table);
	struct epoll_watch *w = wt->err ? NULL : cache_alloc(&epoll_watch_cache, ALLOC_ZERO);

	if (!w) {
		wt->err = -ENOMEM;
		return;
	}
	w->waiter.wake = epoll_watch_wake;
	w->waiter.exclusive = wt->item->event.events & EPOLLEXCLUSIVE;
	w->queue = q;
	w->item = wt->item;
	w->next = wt->item->watches;
	wt->item->watches = w;
	waitq_add(q, &w->waiter);
}

static int item_change(struct epoll_item *item, const struct abi_epoll_event *event)
{
	irqflags_t irq;

	if ((item->event.events | event->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	irq = spin_lock_irqsave(&item->ep->ready_lock);
	item->event = *event;
	spin_unlock_irqrestore(&item->ep->ready_lock, irq);
	if (epoll_item_ask(item, NULL))
		epoll_item_ready(item);
	return 0;
}

/* --- Nesting ---------------------------------------------------------------------------------- */

/* First time in this walk? Without that, a lattice of epolls would be walked by all its ways. */
static bool walk_visits(struct epoll *ep) __must_hold(nest_lock)
{
	bool first = ep->nest_round != nest_round;

	ep->nest_round = nest_round;
	return first;
}

/* How many epolls there are in a row from inner on, itself counted; -ELOOP: too many, or outer is
 * one of them. No ep->lock may be held, or only an outer one's. */
static int nesting_below(struct epoll *inner, const struct epoll *outer, int depth)
	__must_hold(nest_lock)
{
	struct epoll_item *item;
	int deepest = 1, below = 0;

	if (inner == outer || depth > EPOLL_NESTING_MAX)
		return -ELOOP;
	if (!walk_visits(inner))
		return inner->nest_depth;
	mutex_lock(&inner->lock);
	rb_for_each_entry(item, &inner->items, node) {
		if (!file_is_epoll(item->file))
			continue;
		below = nesting_below(item->file->private, outer, depth + 1);
		if (below < 0)
			break;
		deepest = max(deepest, below + 1);
	}
	mutex_unlock(&inner->lock);
	inner->nest_depth = deepest;
	return below < 0 ? below : deepest;
}

/* How many epolls there are in a row that watch ep. epoll_links_lock held. */
static int nesting_above(const struct epoll *ep, int depth)
{
	struct epoll_item *item;
	int most = 0;

	if (depth > EPOLL_NESTING_MAX)
		return depth;
	list_for_each_entry(item, &ep->file->epoll_links, file_link)
		most = max(most, 1 + nesting_above(item->ep, depth + 1));
	return most;
}

/* nest_lock held. */
static int nesting_check(struct epoll *outer, struct epoll *inner) __must_hold(nest_lock)
{
	irqflags_t irq;
	int below, above;

	nest_round++;
	below = nesting_below(inner, outer, 1);
	if (below < 0)
		return below;
	irq = spin_lock_irqsave(&epoll_links_lock);
	above = nesting_above(outer, 0);
	spin_unlock_irqrestore(&epoll_links_lock, irq);
	return above + below > EPOLL_NESTING_MAX ? -ELOOP : 0;
}

/* Ways of this many epolls from a file to one that nobody watches: as many as on Linux. */
static const unsigned path_limits[EPOLL_NESTING_MAX] = { UINT32_MAX, 500, 100, 50, 10 };

/* Counts the ways up from a file that these items watch. epoll_links_lock held. */
static bool paths_are_few(const struct list *links, unsigned depth, unsigned *count)
{
	struct epoll_item *item;

	if (depth == EPOLL_NESTING_MAX)
		return false;
	list_for_each_entry(item, links, file_link) {
		const struct list *above = &item->ep->file->epoll_links;

		if (!list_empty(above) ? !paths_are_few(above, depth + 1, count) :
					 count[depth]++ >= path_limits[depth])
			return false;
	}
	return true;
}

/* Are there few enough ways up from file, and from all that it watches if it is an epoll? No
 * ep->lock may be held, or only an outer one's. */
static bool paths_allowed(struct file *file) __must_hold(nest_lock)
{
	irqflags_t irq = spin_lock_irqsave(&epoll_links_lock);
	unsigned count[EPOLL_NESTING_MAX] = { 0 };
	bool allowed = paths_are_few(&file->epoll_links, 0, count);
	struct epoll_item *item;
	struct epoll *inner;

	spin_unlock_irqrestore(&epoll_links_lock, irq);
	if (!allowed || !file_is_epoll(file) || !walk_visits(file->private))
		return allowed;
	inner = file->private;
	mutex_lock(&inner->lock);
	rb_for_each_entry(item, &inner->items, node) {
		allowed = paths_allowed(item->file);
		if (!allowed)
			break;
	}
	mutex_unlock(&inner->lock);
	return allowed;
}

/* deep: ways up may become more, nest_lock is held. ep->lock held. */
__lock_unchecked static int item_add(struct epoll *ep, struct file *file, int fd,
				     const struct abi_epoll_event *event, bool deep)
{
	struct epoll_item *item = cache_alloc(&epoll_item_cache, ALLOC_ZERO);
	struct watch_table wt = { .table.queue = watch_queue, .item = item };
	unsigned events;
	irqflags_t irq;

	if (!item)
		return -ENOMEM;
	ref_get(&ep->ref);
	item->ep = ep;
	item->file = file;
	item->fd = fd;
	item->event = *event;
	item_insert(ep, item);
	irq = spin_lock_irqsave(&epoll_links_lock);
	list_add_tail(&item->file_link, &file->epoll_links);
	spin_unlock_irqrestore(&epoll_links_lock, irq);
	nest_round += deep;
	if (deep && !paths_allowed(file)) {
		item_remove(item);
		return -EINVAL;
	}
	events = epoll_item_ask(item, file_is_epoll(file) ? NULL : &wt.table);
	if (wt.err) {
		item_remove(item);
		return wt.err;
	}
	if (events)
		epoll_item_ready(item);
	return 0;
}

/* --- Entry points ----------------------------------------------------------------------------- */

__lock_unchecked static int epoll_add(struct epoll *ep, struct file *file, int fd,
		     const struct abi_epoll_event *event)
{
	static const uint32_t with_exclusive =
		EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLET | POLLIN | POLLOUT | POLLERR | POLLHUP;
	bool nested = file_is_epoll(file), deep;
	int err = 0;

	if ((event->events & EPOLLEXCLUSIVE) && ((event->events & ~with_exclusive) || nested))
		return -EINVAL;
	deep = nested || READ_ONCE(ep->file->epoll_links.next) != &ep->file->epoll_links;
	if (deep)
		mutex_lock(&nest_lock);
	if (nested)
		err = nesting_check(ep, file->private);
	if (!err) {
		mutex_lock(&ep->lock);
		err = item_find(ep, file, fd) ? -EEXIST : item_add(ep, file, fd, event, deep);
		mutex_unlock(&ep->lock);
	}
	if (deep)
		mutex_unlock(&nest_lock);
	return err;
}

int epoll_ctl(struct file *epoll, int op, struct file *file, int fd,
	      const struct abi_epoll_event *event)
{
	struct epoll *ep = epoll->private;
	struct abi_epoll_event wanted = { 0 };
	struct epoll_item *item;
	int err = 0;

	if (!file->ops->poll)
		return -EPERM;
	if (!file_is_epoll(epoll) || file == epoll)
		return -EINVAL;
	if (op != EPOLL_CTL_DEL)
		wanted = (struct abi_epoll_event){ event->events | POLLERR | POLLHUP, event->data };
	if (op == EPOLL_CTL_ADD)
		return epoll_add(ep, file, fd, &wanted);
	if (op != EPOLL_CTL_MOD && op != EPOLL_CTL_DEL)
		return -EINVAL;
	mutex_lock(&ep->lock);
	item = item_find(ep, file, fd);
	if (!item)
		err = -ENOENT;
	else if (op == EPOLL_CTL_MOD)
		err = item_change(item, &wanted);
	else
		item_remove(item);
	mutex_unlock(&ep->lock);
	return err;
}

void epoll_release(struct file *file)
{
	struct epoll *ep = file->private;

	mutex_lock(&ep->lock);
	while (!rb_empty(&ep->items))
		item_remove(rb_entry(rb_first(&ep->items), struct epoll_item, node));
	mutex_unlock(&ep->lock);
	epoll_put(ep);
}

/* The first item that watches file (ep NULL: whosever), its epoll counted. Only ep->lock keeps the
 * item itself. */
static struct epoll_item *item_of_file(struct file *file, const struct epoll *ep,
				       struct epoll **owner)
{
	struct epoll_item *item, *found = NULL;
	irqflags_t irq = spin_lock_irqsave(&epoll_links_lock);

	list_for_each_entry(item, &file->epoll_links, file_link) {
		if (ep && item->ep != ep)
			continue;
		found = item;
		ref_get(&item->ep->ref);
		*owner = item->ep;
		break;
	}
	spin_unlock_irqrestore(&epoll_links_lock, irq);
	return found;
}

/* Nobody can add the file any more, but the epolls may go at the same time: each is locked first,
 * then looked up again. */
int epoll_watched_file(struct file *epoll, int fd, unsigned nth, struct file **out)
{
	struct epoll *ep = epoll->private;
	struct epoll_item *item;
	int err = -ENOENT;

	if (!file_is_epoll(epoll))
		return -EINVAL;
	mutex_lock(&ep->lock);
	rb_for_each_entry(item, &ep->items, node) {
		if (item->fd != fd || nth-- > 0)
			continue;
		if (ref_get_unless_zero(&item->file->ref)) { /* else it is going just now */
			*out = item->file;
			err = 0;
		}
		break;
	}
	mutex_unlock(&ep->lock);
	return err;
}

void epoll_file_gone(struct file *file)
{
	struct epoll *ep, *same;
	struct epoll_item *item;

	while (item_of_file(file, NULL, &ep)) {
		mutex_lock(&ep->lock);
		item = item_of_file(file, ep, &same);
		if (item) {
			item_remove(item);
			epoll_put(same);
		}
		mutex_unlock(&ep->lock);
		epoll_put(ep);
	}
}

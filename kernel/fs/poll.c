/*
 * Waiting for several files at once: the core of poll and select.
 *
 * The first round asks every file and leaves, through its poll op, a waiter in each wait queue
 * that the file names. The waiters stay until the end. When a queue is woken the waiter marks its
 * file stale and wakes the task; only stale files are asked again. As soon as one file is ready
 * nothing more is registered, and with deadline 0 nothing at all.
 *
 * The first few waiters lie on the stack, the others in pages.
 *
 * Order: a waker changes the file's state, then marks it stale, then the poller woken. The poller
 * takes the marks back by atomic exchange before it looks at the state, so a mark that it takes
 * back belongs to a state that it will see.
 *
 * Locking: none of its own. Waiters are guarded by their queues' locks; leaving a queue waits for
 * a wake-up that is under way.
 *
 * Entry points: poll_items_wait; poll_item_open and _close for descriptors.
 */
#include "kernel/fs/poll.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/ipc/signal.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

#define ENTRIES_ON_STACK 8u

struct poller;

struct poll_entry {
	struct waiter waiter;
	struct waitq *queue;
	struct poll_item *item;
	struct poller *poller;
};

struct poll_chunk {
	struct poll_chunk *next;
	unsigned count;
	struct poll_entry entries[];
};
#define ENTRIES_IN_CHUNK ((PAGE_SIZE - sizeof(struct poll_chunk)) / sizeof(struct poll_entry))

struct poller {
	struct poll_table table;
	struct task *task;
	struct poll_item *item; /* the one whose poll op runs */
	atomic_uint woken;
	int err;		 /* -ENOMEM: a file could not be registered */
	unsigned count;		 /* of first[] in use */
	struct poll_chunk *more; /* the one being filled in front */
	struct poll_entry first[ENTRIES_ON_STACK];
};

int poll_item_open(struct poll_item *item, int fd)
{
	struct fd_ref r = fd_borrow(fd);

	*item = (struct poll_item){ .file = NULL };
	if (r.file && (r.file->mode & FILE_PATH)) {
		fd_return(r);
		r.file = NULL;
	}
	item->file = r.file;
	item->counted = r.counted;
	return r.file ? 0 : -EBADF;
}

void poll_item_close(struct poll_item *item)
{
	fd_return((struct fd_ref){ item->file, item->counted });
}

/* --- Registering ------------------------------------------------------------------------------ */

static bool entry_wake(struct waiter *w, unsigned events)
{
	struct poll_entry *e = container_of(w, struct poll_entry, waiter);

	(void)events;
	atomic_store_explicit(&e->item->stale, 1, memory_order_release);
	atomic_store_explicit(&e->poller->woken, 1, memory_order_release);
	return task_wake(e->poller->task, TASK_NORMAL);
}

static struct poll_entry *entry_alloc(struct poller *p)
{
	struct poll_chunk *chunk = p->more;

	if (p->count < ENTRIES_ON_STACK)
		return &p->first[p->count++];
	if (!chunk || chunk->count == ENTRIES_IN_CHUNK) {
		chunk = kmalloc(PAGE_SIZE, 0);
		if (!chunk)
			return NULL;
		chunk->next = p->more;
		chunk->count = 0;
		p->more = chunk;
	}
	return &chunk->entries[chunk->count++];
}

static void poller_queue(struct poll_table *t, struct waitq *q)
{
	struct poller *p = container_of(t, struct poller, table);
	struct poll_entry *e = entry_alloc(p);

	if (!e) {
		p->err = -ENOMEM;
		return;
	}
	*e = (struct poll_entry){ .queue = q, .item = p->item, .poller = p };
	e->waiter.task = p->task;
	e->waiter.wake = entry_wake;
	e->waiter.events = p->item->events;
	waitq_add(q, &e->waiter);
}

static void entries_leave(struct poll_entry *entries, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		waitq_remove(entries[i].queue, &entries[i].waiter);
}

static void poller_leave(struct poller *p)
{
	struct poll_chunk *chunk;

	entries_leave(p->first, p->count);
	while ((chunk = p->more) != NULL) {
		p->more = chunk->next;
		entries_leave(chunk->entries, chunk->count);
		kfree(chunk);
	}
}

/* --- Asking ----------------------------------------------------------------------------------- */

static bool item_ask(struct poll_item *item, struct poll_table *table)
{
	struct file *f = item->file;

	item->revents = (f->ops->poll ? f->ops->poll(f, table) : POLL_ALWAYS) & item->events;
	return item->revents;
}

/* table NULL: without registering. */
static int first_round(struct poller *p, struct poll_item *items, unsigned count,
		       struct poll_table *table)
{
	int ready = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!items[i].file) {
			ready += items[i].revents != 0;
			continue;
		}
		atomic_store_explicit(&items[i].stale, 0, memory_order_relaxed);
		p->item = &items[i];
		ready += item_ask(&items[i], ready ? NULL : table);
	}
	return ready;
}

static int stale_round(struct poller *p, struct poll_item *items, unsigned count)
{
	int ready = 0;

	if (!atomic_exchange(&p->woken, 0))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		if (items[i].file && atomic_load_explicit(&items[i].stale, memory_order_relaxed) &&
		    atomic_exchange(&items[i].stale, 0))
			ready += item_ask(&items[i], NULL);
	}
	return ready;
}

static int poller_sleep(struct poller *p, uint64_t deadline_ns)
{
	int err = 0;

	task_state_set(TASK_INTERRUPTIBLE);
	if (!atomic_load(&p->woken))
		err = task_sleep(deadline_ns);
	task_state_set(TASK_RUNNING);
	return err;
}

int poll_items_wait(struct poll_item *items, unsigned count, uint64_t deadline_ns)
{
	struct poller p; /* its array is set as far as it is used */
	int ready, err = 0;

	p.table.queue = poller_queue;
	p.task = current;
	atomic_init(&p.woken, 0);
	p.err = 0;
	p.count = 0;
	p.more = NULL;
	ready = first_round(&p, items, count, deadline_ns ? &p.table : NULL);
	/* Who doesn't want to wait may still want to know that a signal has come: ppoll with
	 * another mask. */
	if (deadline_ns == 0)
		err = signal_pending() ? -EINTR : -ETIMEDOUT;
	else
		err = p.err;
	while (!ready && !err) {
		err = poller_sleep(&p, deadline_ns);
		ready = stale_round(&p, items, count);
	}
	poller_leave(&p);
	if (ready)
		return ready;
	return err == -ETIMEDOUT ? 0 : err;
}

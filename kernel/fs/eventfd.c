/*
 * Eventfd: a 64-bit counter. Write adds to it, read takes it (or 1 of it, for a semaphore) and
 * waits while it is 0; a write that would bring it beyond 2^64 - 2 waits too.
 *
 * The counter is one word, changed by compare-and-exchange; there is no lock. Whoever took from it
 * wakes all that wait to write, for what one has may fit and another's not. Whoever added wakes one
 * reader and all polls; a reader that had to wait, so that the wake-up was for it, wakes the next
 * if it leaves something.
 *
 * Entry point: eventfd_create.
 */
#include "kernel/fs/eventfd.h"

#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/poll.h"
#include "lib/errno.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
	atomic_ulong count;
	bool semaphore;	       /* [i] */
	struct waitq readable; /* readers and all polls for reading */
	struct waitq writable;
};

static CACHE_DEFINE(eventfd_cache, struct eventfd);

static void eventfd_release(struct file *file)
{
	cache_free(&eventfd_cache, file->private);
}

/* --- One step, without waiting ---------------------------------------------------------------- */

/* What a read takes; 0: nothing is there. */
static uint64_t count_take(struct eventfd *e)
{
	uint64_t count = atomic_load(&e->count), taken;

	do {
		if (count == 0)
			return 0;
		taken = e->semaphore ? 1 : count;
	} while (!atomic_compare_exchange_weak(&e->count, &count, count - taken));
	return taken;
}

static bool count_has_room(struct eventfd *e, uint64_t n)
{
	return COUNT_MAX - atomic_load(&e->count) >= n;
}

static bool count_add(struct eventfd *e, uint64_t n)
{
	uint64_t count = atomic_load(&e->count);

	do {
		if (COUNT_MAX - count < n)
			return false;
	} while (!atomic_compare_exchange_weak(&e->count, &count, count + n));
	return true;
}

/* --- Reading and writing ---------------------------------------------------------------------- */

/* Until there may be something to read. 0 or -ERESTARTSYS. */
static int count_wait(struct eventfd *e)
{
	struct waiter w = { .task = current, .exclusive = true };
	int err = 0;

	wait_prepare(&e->readable, &w, TASK_INTERRUPTIBLE);
	if (atomic_load(&e->count) == 0)
		err = task_sleep(UINT64_MAX);
	wait_finish(&e->readable, &w);
	return err ? -ERESTARTSYS : 0;
}

static ssize_t eventfd_read(struct file *file, struct io_buf *to, uint64_t *pos)
{
	struct eventfd *e = file->private;
	bool slept = false;
	uint64_t taken;
	int err = 0;

	(void)pos;
	if (to->remaining < sizeof(taken))
		return -EINVAL;
	while ((taken = count_take(e)) == 0) {
		if (err)
			return err;
		if (READ_ONCE(file->flags) & O_NONBLOCK)
			return -EAGAIN;
		err = count_wait(e);
		slept = true;
	}
	waitq_wake(&e->writable, POLLOUT);
	if (slept && atomic_load(&e->count) != 0)
		waitq_wake(&e->readable, POLLIN);
	return io_buf_put(to, &taken, sizeof(taken)) == sizeof(taken) ? (ssize_t)sizeof(taken)
								      : -EFAULT;
}

static ssize_t eventfd_write(struct file *file, struct io_buf *from, uint64_t *pos)
{
	struct eventfd *e = file->private;
	uint64_t n;
	int err = 0;

	(void)pos;
	if (from->remaining < sizeof(n))
		return -EINVAL;
	if (io_buf_get(from, &n, sizeof(n)) != sizeof(n))
		return -EFAULT;
	if (n > COUNT_MAX)
		return -EINVAL;
	while (!count_add(e, n)) {
		if (err)
			return -ERESTARTSYS;
		if (READ_ONCE(file->flags) & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&e->writable, count_has_room(e, n));
	}
	waitq_wake(&e->readable, POLLIN);
	return sizeof(n);
}

static unsigned eventfd_poll(struct file *file, struct poll_table *table)
{
	struct eventfd *e = file->private;
	unsigned events = 0;

	poll_wait(table, &e->readable);
	poll_wait(table, &e->writable);
	if (atomic_load(&e->count) != 0)
		events |= POLLIN;
	if (count_has_room(e, 1))
		events |= POLLOUT;
	return events;
}

static const struct file_ops eventfd_ops = {
	.release = eventfd_release,
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
};

int eventfd_create(uint64_t initial, bool semaphore, unsigned flags, struct file **out)
{
	struct eventfd *e = cache_alloc(&eventfd_cache, ALLOC_ZERO);
	int err;

	if (!e)
		return -ENOMEM;
	atomic_init(&e->count, initial);
	e->semaphore = semaphore;
	waitq_init(&e->readable);
	waitq_init(&e->writable);
	err = file_open_anon("anon_inode:[eventfd]", &eventfd_ops, e, O_RDWR | flags, out);
	if (err)
		cache_free(&eventfd_cache, e);
	return err;
}

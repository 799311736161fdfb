/*
 * Pipes: the ring of bytes, reading and writing it.
 *
 *	          head            head + used
 *	           v                  v
 *	| page 0 | ##page 1 | page 2### |  (no page)  |	size bytes, a power of two; both wrap
 *
 * A page is there where bytes lie, or will with the next write; a reader that has emptied one
 * keeps it as the spare or frees it. Whenever the ring runs empty it starts anew at its beginning,
 * so the bytes of a conversation, a few at a time, always go through the same page, which is in
 * the cache.
 *
 * Copying goes straight between the ring and the user's memory, a page at a time, under the pipe's
 * mutex: a page fault in the middle sleeps with the mutex held, which only those wait for who want
 * this pipe.
 *
 * A short message, one that passes through page 0 of an anonymous pipe with room to spare, takes a
 * short way through pipe_read and pipe_write: one copy, no loop, nobody to wake but a reader.
 *
 * Waking. Nobody is woken in vain:
 *	- readers, when the ring stops being empty; one of them. It wakes the next if it had to
 *	  wait and leaves something.
 *	- writers, when the room grows past PIPE_BUF; one of them. It wakes the next in the same
 *	  way. A writer waits until PIPE_BUF bytes fit, or all it has if that is less.
 *	- who polls for reading, at every write once somebody has polled (edge-triggered epoll
 *	  counts them); who polls for writing, with the writers: "writable" means that PIPE_BUF
 *	  bytes can be written without waiting.
 *	- everybody, when the last of the other side goes.
 * The mutex is dropped before, so that who is woken doesn't run into it.
 *
 * Locking: pipe->lock (rank PIPE) for all. Polls, and waits before they lock, look without it: a
 * stale answer is put right by the wake-up that follows every change.
 *
 * Entry points: pipe_ops; pipe_ring_resize and pipe_ring_free for kernel/fs/pipe_open.c.
 *
 * NOTE(linux): the capacity counts bytes, there pages that may be partly filled: a Linux pipe can
 * be full with less.
 * NOTE(linux): no packet mode: pipe2 with O_DIRECT is refused with EINVAL.
 */
#include "kernel/fs/pipe.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/ioctl.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/poll.h"
#include "kernel/ipc/signal.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- The ring --------------------------------------------------------------------------------- */

static char *page_take(struct pipe *p)
{
	char *page = p->spare;
	struct page *fresh;

	if (page) {
		p->spare = NULL;
		return page;
	}
	fresh = page_alloc(0, ALLOC_WAIT, PAGE_KERNEL);
	return fresh ? page_address(fresh) : NULL;
}

static void page_give(struct pipe *p, char *page)
{
	if (!p->spare)
		p->spare = page;
	else
		page_put(page_of(page));
}

/* n more bytes have been read: within the page of head. */
static void ring_consume(struct pipe *p, size_t n)
{
	size_t slot = p->head >> PAGE_SHIFT;

	p->head = (p->head + n) & (p->size - 1);
	WRITE_ONCE(p->used, p->used - n);
	if (p->used == 0)
		p->head = 0;
	if (p->head >> PAGE_SHIFT == slot && p->used != 0)
		return; /* more in this page */
	if (slot == 0 && p->head == 0 && p->used == 0)
		return; /* the page where the next write begins */
	/* A full ring's tail may have come round to this page, to the part that was read before. */
	if (p->used != 0 && ((p->head + p->used - 1) & (p->size - 1)) >> PAGE_SHIFT == slot)
		return;
	page_give(p, p->pages[slot]);
	p->pages[slot] = NULL;
}

/* Copies out what is there and fits. Bytes, or -EFAULT if none could be copied. */
static ssize_t ring_read(struct pipe *p, struct io_buf *to)
{
	size_t done = 0;

	while (p->used && to->remaining) {
		size_t offset = p->head & (PAGE_SIZE - 1);
		size_t span = min(min(p->used, PAGE_SIZE - offset), to->remaining);
		size_t copied = io_buf_put(to, p->pages[p->head >> PAGE_SHIFT] + offset, span);

		if (copied)
			ring_consume(p, copied);
		done += copied;
		if (copied < span)
			return done ? (ssize_t)done : -EFAULT;
	}
	return (ssize_t)done;
}

/* Copies in what fits. Adds to *done. 0, -EFAULT, -ENOMEM. */
static int ring_write(struct pipe *p, struct io_buf *from, size_t *done)
{
	while (p->used < p->size && from->remaining) {
		size_t tail = (p->head + p->used) & (p->size - 1), offset = tail & (PAGE_SIZE - 1);
		size_t room = min(p->size - p->used, PAGE_SIZE - offset);
		size_t span = min(room, from->remaining), copied;
		char **page = &p->pages[tail >> PAGE_SHIFT];

		if (!*page) {
			*page = page_take(p);
			if (!*page)
				return -ENOMEM;
		}
		copied = io_buf_get(from, *page + offset, span);
		WRITE_ONCE(p->used, p->used + copied);
		*done += copied;
		if (copied < span)
			return -EFAULT;
	}
	return 0;
}

void pipe_ring_free(struct pipe *p)
{
	for (size_t i = 0; p->pages && i < p->size >> PAGE_SHIFT; i++) {
		if (p->pages[i])
			page_put(page_of(p->pages[i]));
	}
	kfree(p->pages);
	if (p->spare)
		page_put(page_of(p->spare));
}

/* Whole contents of p into the empty ring of `to`, which is big enough. */
static int ring_copy(struct pipe *p, struct pipe *to)
{
	for (size_t at = 0, span; at < p->used; at += span) {
		size_t pos = (p->head + at) & (p->size - 1), offset = pos & (PAGE_SIZE - 1);
		size_t done = 0;
		struct io_buf b;
		int err;

		span = min(p->used - at, PAGE_SIZE - offset);
		io_buf_kernel(&b, p->pages[pos >> PAGE_SHIFT] + offset, span);
		err = ring_write(to, &b, &done);
		if (err)
			return err;
	}
	return 0;
}

int pipe_ring_resize(struct pipe *p, size_t size)
{
	struct pipe ring = { .size = size }, old;
	int err;

	if (p->used > size)
		return -EBUSY;
	ring.pages = kcalloc(size >> PAGE_SHIFT, sizeof(ring.pages[0]));
	if (!ring.pages)
		return -ENOMEM;
	err = ring_copy(p, &ring);
	if (err) {
		pipe_ring_free(&ring);
		return err;
	}
	old = (struct pipe){ .size = p->size, .pages = p->pages };
	p->head = 0;
	WRITE_ONCE(p->size, size);
	p->pages = ring.pages;
	p->short_max = !p->named && size > PAGE_SIZE ? PAGE_SIZE : 0;
	pipe_ring_free(&old);
	return 0;
}

/* waitq_wake, but looks first, here and now: mostly nobody waits. The barrier is the one that makes
 * that look safe: kernel/sched/wait.c. */
static inline void side_wake(struct waitq *q, unsigned events)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (unlikely(READ_ONCE(q->entries.next) != &q->entries))
		waitq_wake(q, events);
}

/* --- Reading ---------------------------------------------------------------------------------- */

/* The ring is empty. 1: look again (the caller has slept), 0: nothing will ever come, -EAGAIN,
 * -ERESTARTSYS. lock held at entry and on return, dropped between. */
static int data_wait(struct pipe *p, const struct file *file) __must_hold(p->lock)
{
	struct waiter w = { .task = current, .exclusive = true };
	int err = 0;

	if (!p->writers)
		return 0;
	if (READ_ONCE(file->flags) & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&p->lock);
	wait_prepare(&p->readable, &w, TASK_INTERRUPTIBLE);
	if (READ_ONCE(p->used) == 0 && READ_ONCE(p->writers))
		err = task_sleep(UINT64_MAX);
	wait_finish(&p->readable, &w);
	mutex_lock(&p->lock);
	/* What came together with a signal is taken. */
	return err && p->used == 0 ? -ERESTARTSYS : 1;
}

/* Whatever isn't short. The ring isn't empty. lock held at entry, dropped on return. */
static __noinline ssize_t read_long(struct pipe *p, struct file *file, struct io_buf *to,
				    bool slept) __releases(p->lock)
{
	bool had_room = pipe_room(p) >= PIPE_BUF, wake_writer, wake_reader;
	ssize_t got = ring_read(p, to);

	wake_writer = !had_room && pipe_room(p) >= PIPE_BUF;
	wake_reader = slept && p->used;
	mutex_unlock(&p->lock);
	if (wake_writer)
		side_wake(&p->writable, POLLOUT | POLLWRNORM);
	if (wake_reader)
		side_wake(&p->readable, POLLIN | POLLRDNORM);
	if (p->named && got > 0)
		inode_touch_atime(file->inode);
	return got;
}

/* span bytes that lie in page 0 and don't reach its end. lock held at entry, dropped on return. */
static inline ssize_t read_short(struct pipe *p, struct io_buf *to, size_t span, bool slept)
	__releases(p->lock)
{
	size_t copied = io_buf_put(to, p->pages[0] + p->head, span), left = p->used - copied;

	p->head = left ? p->head + copied : 0;
	WRITE_ONCE(p->used, left);
	mutex_unlock(&p->lock);
	if (unlikely(slept && left))
		side_wake(&p->readable, POLLIN | POLLRDNORM);
	return copied ? (ssize_t)copied : -EFAULT;
}

static ssize_t pipe_read(struct file *file, struct io_buf *to, uint64_t *pos)
{
	struct pipe *p = file->private;
	bool slept = false;
	size_t span;
	int ret;

	(void)pos;
	if (to->remaining == 0)
		return 0;
	mutex_lock(&p->lock);
	for (;;) {
		span = min(to->remaining, p->used);
		if (likely(span && p->head + span < PAGE_SIZE && p->used <= p->short_max))
			return read_short(p, to, span, slept);
		if (span)
			return read_long(p, file, to, slept);
		ret = data_wait(p, file);
		if (ret <= 0)
			break;
		slept = true;
	}
	mutex_unlock(&p->lock);
	return ret;
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* Fewer than `wanted` bytes fit. 0: look again, -EAGAIN, -ERESTARTSYS. lock held at entry and on
 * return, dropped between. */
static int room_wait(struct pipe *p, const struct file *file, size_t wanted) __must_hold(p->lock)
{
	struct waiter w = { .task = current, .exclusive = true };
	int err = 0;

	if (READ_ONCE(file->flags) & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&p->lock);
	/* Whoever makes room must know that there is something to read. */
	side_wake(&p->readable, POLLIN | POLLRDNORM);
	wait_prepare(&p->writable, &w, TASK_INTERRUPTIBLE);
	if (pipe_room(p) < wanted && READ_ONCE(p->readers))
		err = task_sleep(UINT64_MAX);
	wait_finish(&p->writable, &w);
	mutex_lock(&p->lock);
	return err && pipe_room(p) < wanted ? -ERESTARTSYS : 0;
}

/* The loop of a write: all of it, in one piece up to PIPE_BUF. *done counts. lock held. */
static int write_all(struct pipe *p, const struct file *file, struct io_buf *from, size_t *done,
		     bool *slept) __must_hold(p->lock)
{
	/* A long write begins with what fits; once it waits it does so for a good piece. */
	size_t wanted = from->remaining <= PIPE_BUF ? from->remaining : 1;
	int err = 0;

	for (;;) {
		if (unlikely(!p->readers))
			return -EPIPE;
		if (likely(pipe_room(p) >= wanted)) {
			err = ring_write(p, from, done);
			if (err || !from->remaining)
				return err;
		}
		wanted = min(from->remaining, PIPE_BUF);
		err = room_wait(p, file, wanted);
		if (err)
			return err;
		*slept = true;
	}
}

static void sigpipe_send(void)
{
	struct abi_siginfo info;

	signal_info_user(&info, SIGPIPE, SI_USER);
	signal_send_task(current, SIGPIPE, &info);
}

/* Whatever isn't short. lock held at entry, dropped on return. */
static __noinline ssize_t write_long(struct pipe *p, struct file *file, struct io_buf *from)
	__releases(p->lock)
{
	bool slept = false, wake_reader = p->used == 0 || p->polled, wake_writer;
	size_t done = 0;
	int err = write_all(p, file, from, &done, &slept);

	wake_reader = (wake_reader || slept) && done;
	wake_writer = slept && pipe_room(p) >= PIPE_BUF;
	mutex_unlock(&p->lock);
	if (wake_reader)
		side_wake(&p->readable, POLLIN | POLLRDNORM);
	if (wake_writer)
		side_wake(&p->writable, POLLOUT | POLLWRNORM);
	if (p->named && done)
		inode_touch_mtime(file->inode);
	if (err == -EPIPE)
		sigpipe_send();
	return done ? (ssize_t)done : err;
}

static ssize_t pipe_write(struct file *file, struct io_buf *from, uint64_t *pos)
{
	struct pipe *p = file->private;
	size_t n = from->remaining, tail, copied;
	bool wake_reader;

	(void)pos;
	if (n == 0)
		return 0;
	mutex_lock(&p->lock);
	tail = p->head + p->used;
	if (unlikely(tail + n > p->short_max || !p->pages[0] || !p->readers))
		return write_long(p, file, from);
	wake_reader = p->used == 0 || p->polled;
	copied = io_buf_get(from, p->pages[0] + tail, n);
	WRITE_ONCE(p->used, p->used + copied);
	mutex_unlock(&p->lock);
	if (wake_reader)
		side_wake(&p->readable, POLLIN | POLLRDNORM);
	return copied ? (ssize_t)copied : -EFAULT;
}

/* --- The rest --------------------------------------------------------------------------------- */

static unsigned pipe_poll(struct file *file, struct poll_table *table)
{
	struct pipe *p = file->private;
	unsigned events = 0;

	if (file->mode & FILE_READ) {
		if (table && !p->polled)
			WRITE_ONCE(p->polled, true);
		poll_wait(table, &p->readable);
		if (READ_ONCE(p->used))
			events |= POLLIN | POLLRDNORM;
		/* A fifo opened before its first writer isn't hung up. file->pos: see fifo_open. */
		if (!READ_ONCE(p->writers) && file->pos != p->writers_ever)
			events |= POLLHUP;
	}
	if (file->mode & FILE_WRITE) {
		poll_wait(table, &p->writable);
		if (pipe_room(p) >= PIPE_BUF)
			events |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(p->readers))
			events |= POLLERR;
	}
	return events;
}

static long pipe_ioctl(struct file *file, unsigned cmd, unsigned long arg)
{
	struct pipe *p = file->private;
	int used = (int)READ_ONCE(p->used);

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	return copy_to_user((int __user *)arg, &used, sizeof(used));
}

const struct file_ops pipe_ops = {
	.release = pipe_release,
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
};

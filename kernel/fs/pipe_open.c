/*
 * Pipes: making them, opening and closing fifos, their size.
 *
 *	inode->special NULL --fifo_open--> pipe --the last file that has it open goes--> NULL
 *
 * The pipe hangs on the inode as long as any file has it open, or waits to. An anonymous pipe is a
 * fifo on an inode that no directory names, so /proc/PID/fd/N can be opened like any other;
 * pipe_create opens it twice, in an order that doesn't wait.
 *
 * Opening waits for the other side. What it waits for is not that somebody is there (he may have
 * come and gone meanwhile), but that the count of opens has moved: readers_ever, writers_ever. A
 * file keeps, in its position, which a stream has no other use for, how many writers had been when
 * it was opened: poll reports a hang-up only when there have been more since.
 *
 * Locking: inode->lock for inode->special and pipe->files; pipe->lock inside it.
 */
#include "kernel/fs/pipe.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/anon.h"
#include "kernel/fs/poll.h"
#include "kernel/fs/super.h"
#include "kernel/task/cred.h"
#include "kernel/task/user.h"
#include "lib/errno.h"

static CACHE_DEFINE(pipe_cache, struct pipe);

/* Pages that one user's pipes may hold, each counted full: 16384 as on Linux, but an eighth of
 * memory at most. Who has more gets pipes of the least size. */
static long user_pages_max(void)
{
	return (long)min(page_total() / 8, (uint64_t)16384);
}

/* False, though counted: it is more than the user may have. */
static bool user_pages_add(struct user *u, long pages)
{
	long now = atomic_fetch_add_explicit(&u->pipe_pages, pages, memory_order_relaxed) + pages;

	return pages <= 0 || now <= user_pages_max() || capable(CAP_SYS_RESOURCE) ||
	       capable(CAP_SYS_ADMIN);
}

static void pipe_free(struct pipe *p)
{
	user_pages_add(p->user, -(long)(p->size >> PAGE_SHIFT));
	user_put(p->user);
	cache_free(&pipe_cache, p);
}

static struct pipe *pipe_alloc(bool named)
{
	struct pipe *p = cache_alloc(&pipe_cache, ALLOC_ZERO);

	if (!p)
		return NULL;
	p->size = PIPE_SIZE_DEFAULT;
	p->user = current->user;
	ref_get(&p->user->ref);
	if (!user_pages_add(p->user, (long)(p->size >> PAGE_SHIFT))) {
		user_pages_add(p->user, -(long)((p->size - PIPE_SIZE_LEAST) >> PAGE_SHIFT));
		p->size = PIPE_SIZE_LEAST;
	}
	p->pages = kcalloc(p->size >> PAGE_SHIFT, sizeof(p->pages[0]));
	if (!p->pages) {
		pipe_free(p);
		return NULL;
	}
	mutex_init(&p->lock, "pipe", LOCK_RANK_PIPE);
	p->short_max = named ? 0 : PAGE_SIZE;
	p->named = named;
	waitq_init(&p->readable);
	waitq_init(&p->writable);
	return p;
}

/* The inode's pipe, counted in files; made if there is none. NULL: no memory. */
static struct pipe *pipe_of_inode(struct inode *inode)
{
	struct pipe *p;

	mutex_lock(&inode->lock);
	if (!inode->special)
		inode->special = pipe_alloc(!(inode->sb->flags & SUPER_INTERNAL));
	p = inode->special;
	if (p)
		p->files++;
	mutex_unlock(&inode->lock);
	return p;
}

static void pipe_leave(struct inode *inode, struct pipe *p)
{
	bool last;

	mutex_lock(&inode->lock);
	last = --p->files == 0;
	if (last)
		inode->special = NULL;
	mutex_unlock(&inode->lock);
	if (!last)
		return;
	pipe_ring_free(p);
	pipe_free(p);
}

/* An open file less: those who wait for its side must learn of it. */
static void end_close(struct pipe *p, unsigned mode)
{
	bool no_reader = false, no_writer = false;

	mutex_lock(&p->lock);
	if (mode & FILE_READ)
		no_reader = ADD_ONCE(p->readers, -1) == 0;
	if (mode & FILE_WRITE)
		no_writer = ADD_ONCE(p->writers, -1) == 0;
	mutex_unlock(&p->lock);
	if (no_reader)
		waitq_wake_all(&p->writable, POLLOUT | POLLWRNORM | POLLERR);
	if (no_writer)
		waitq_wake_all(&p->readable, POLLIN | POLLRDNORM | POLLHUP);
}

void pipe_release(struct file *file)
{
	struct pipe *p = file->private;

	end_close(p, file->mode);
	pipe_leave(file->inode, p);
}

/* Counts the file in, and tells opens that wait for its side. How many readers had been before. */
static unsigned end_open(struct pipe *p, struct file *file)
{
	bool reads = file->mode & FILE_READ, writes = file->mode & FILE_WRITE;
	unsigned readers_before;

	mutex_lock(&p->lock);
	file->pos = p->writers_ever;
	readers_before = p->readers_ever;
	ADD_ONCE(p->readers, reads);
	ADD_ONCE(p->writers, writes);
	ADD_ONCE(p->readers_ever, reads);
	ADD_ONCE(p->writers_ever, writes);
	mutex_unlock(&p->lock);
	if (reads)
		waitq_wake_all(&p->writable, 0);
	if (writes)
		waitq_wake_all(&p->readable, 0);
	return readers_before;
}

/* The other side need not be there if it has been since. */
static int other_side_wait(struct pipe *p, const struct file *file, unsigned readers_before)
{
	bool nonblock = file->flags & O_NONBLOCK;
	unsigned writers_before = (unsigned)file->pos;
	int err = 0;

	switch (file->mode & (FILE_READ | FILE_WRITE)) {
	case FILE_READ:
		if (!READ_ONCE(p->writers) && !nonblock)
			err = wait_event_interruptible(&p->readable, READ_ONCE(p->writers_ever) !=
									     writers_before);
		break;
	case FILE_WRITE:
		if (READ_ONCE(p->readers))
			break;
		if (nonblock)
			return -ENXIO;
		err = wait_event_interruptible(&p->writable,
					       READ_ONCE(p->readers_ever) != readers_before);
		break;
	default:
		break;
	}
	return err ? -ERESTARTSYS : 0;
}

int fifo_open(struct inode *inode, struct file *file)
{
	unsigned readers_before;
	struct pipe *p;
	int err;

	if (!(file->mode & (FILE_READ | FILE_WRITE)))
		return -EINVAL;
	p = pipe_of_inode(inode);
	if (!p)
		return -ENOMEM;
	readers_before = end_open(p, file);
	err = other_side_wait(p, file, readers_before);
	if (err) {
		end_close(p, file->mode);
		pipe_leave(inode, p);
		return err;
	}
	file->private = p;
	file->ops = &pipe_ops;
	return 0;
}

int pipe_create(unsigned flags, struct file **reader, struct file **writer)
{
	struct path path;
	int err = anon_path_create("pipe", S_IFIFO | 0600, NULL, NULL, NULL, &path);

	if (err)
		return err;
	/* A reader that doesn't wait, then a writer, who needn't. */
	err = file_open_path(&path, O_RDONLY | O_NONBLOCK, current->cred, reader);
	if (!err) {
		err = file_open_path(&path, O_WRONLY | flags, current->cred, writer);
		if (err)
			file_put(*reader);
		else
			(*reader)->flags = O_RDONLY | flags;
	}
	path_put(&path);
	return err;
}

/* --- Size ------------------------------------------------------------------------------------- */

static long pipe_size_set(struct pipe *p, unsigned long wanted)
{
	size_t size = PAGE_SIZE;
	long more;
	int err;

	if (wanted > 1ul << 31)
		return -EINVAL;
	while (size < wanted)
		size *= 2;
	if (size > PIPE_SIZE_MAX && size > p->size && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	mutex_lock(&p->lock);
	more = (long)(size >> PAGE_SHIFT) - (long)(p->size >> PAGE_SHIFT);
	err = user_pages_add(p->user, more) ? pipe_ring_resize(p, size) : -EPERM;
	if (err)
		user_pages_add(p->user, -more);
	mutex_unlock(&p->lock);
	if (err)
		return err;
	waitq_wake(&p->writable, POLLOUT | POLLWRNORM);
	return (long)size;
}

long pipe_fcntl(struct file *file, unsigned cmd, unsigned long arg)
{
	struct pipe *p = file->private;

	if (file->ops != &pipe_ops)
		return -EBADF;
	if (cmd == F_SETPIPE_SZ)
		return pipe_size_set(p, arg);
	return cmd == F_GETPIPE_SZ ? (long)READ_ONCE(p->size) : -EINVAL;
}

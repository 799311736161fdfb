/*
 * Files whose contents lie in a page cache: read, write, seek, mmap.
 *
 * Reading takes no inode lock: pages come and go under the cache's own, and a read that races a
 * write sees some of it, as POSIX lets it. Writing holds the inode's lock, so that writes with
 * O_APPEND do not overlap and size only grows with its contents. A page is copied to directly from
 * user memory while it is in the cache; the user's address may fault in the same file, which is
 * harmless since no page lock is held here.
 *
 * A hole of a file system without a backing copy (SUPER_ALL_CACHED) is read as zeros without
 * making a page.
 */
#include "kernel/fs/file_cache.h"

#include "kernel/abi/fcntl.h"
#include "kernel/fs/attr.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/super.h"
#include "kernel/ipc/signal.h"
#include "kernel/mm/page_cache.h"
#include "kernel/mm/vma.h"
#include "kernel/sched/sched.h"
#include "kernel/task/group.h"
#include "lib/errno.h"

/* Bytes from pos to the end of its page, at most n. */
static size_t piece_in_page(uint64_t pos, size_t n)
{
	return min(PAGE_SIZE - (pos & ~PAGE_MASK), n);
}

/* One piece of one page. Bytes, or -errno. */
static ssize_t read_piece(struct inode *inode, struct io_buf *to, uint64_t pos, size_t n)
{
	struct page *page = page_cache_find(inode->cache, pos >> PAGE_SHIFT);
	size_t got;

	if (!page) {
		if (inode->sb->flags & SUPER_ALL_CACHED)
			return (ssize_t)io_buf_zero(to, n);
		int err = page_cache_get(inode->cache, pos >> PAGE_SHIFT, &page);

		if (err)
			return err;
	}
	got = io_buf_put(to, (char *)page_address(page) + (pos & ~PAGE_MASK), n);
	page_put(page);
	return (ssize_t)got;
}

ssize_t cache_file_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	struct inode *inode = f->inode;
	uint64_t at = *pos;
	ssize_t err = 0;

	while (to->remaining > 0) {
		uint64_t size = READ_ONCE(inode->size);
		size_t n;

		if (at >= size)
			break;
		n = piece_in_page(at, min(size - at, to->remaining));
		err = read_piece(inode, to, at, n);
		if (err < 0)
			break;
		at += (uint64_t)err;
		if ((size_t)err < n) {
			err = -EFAULT;
			break;
		}
		sched_checkpoint();
	}
	if (at == *pos)
		return err < 0 ? err : 0;
	err = (ssize_t)(at - *pos);
	*pos = at;
	return err;
}

ssize_t file_write_limit(struct file *f, uint64_t pos, size_t n)
{
	uint64_t limit = READ_ONCE(current->group->rlimits[RLIMIT_FSIZE].cur);
	uint64_t max = f->inode->sb->max_bytes;

	if (n == 0)
		return 0;
	if (limit != RLIM_INFINITY) {
		if (pos >= limit) {
			signal_send_task(current, SIGXFSZ, NULL);
			return -EFBIG;
		}
		n = min(n, limit - pos);
	}
	if (pos >= max)
		return -EFBIG;
	return (ssize_t)min(n, max - pos);
}

/* inode->lock held. Bytes, or -errno. */
static ssize_t write_piece(struct inode *inode, struct io_buf *from, uint64_t pos, size_t n)
{
	struct page *page;
	size_t got;
	int err = page_cache_get(inode->cache, pos >> PAGE_SHIFT, &page);

	if (err)
		return err;
	got = io_buf_get(from, (char *)page_address(page) + (pos & ~PAGE_MASK), n);
	page->flags &= ~PG_ICACHE; /* mapped as code again, it has to be fetched anew */
	page_put(page);
	if (got > 0 && pos + got > inode->size) {
		WRITE_ONCE(inode->size, pos + got);
		WRITE_ONCE(inode->cache->size, pos + got);
	}
	return got ? (ssize_t)got : -EFAULT;
}

/* inode->lock held. */
static ssize_t write_locked(struct file *f, struct io_buf *from, uint64_t *pos)
{
	struct inode *inode = f->inode;
	ssize_t todo, put = 0, done = 0;

	if (f->flags & O_APPEND)
		*pos = inode->size;
	todo = file_write_limit(f, *pos, from->remaining);
	if (todo > 0 && inode->ops->may_write)
		put = inode->ops->may_write(inode, *pos, (size_t)todo);
	if (todo <= 0 || put < 0)
		return todo <= 0 ? todo : put;
	inode_drop_setid(inode);
	while (done < todo) {
		size_t n = piece_in_page(*pos, (size_t)(todo - done));

		put = write_piece(inode, from, *pos, n);
		if (put < 0)
			break;
		*pos += (uint64_t)put;
		done += put;
		if ((size_t)put < n)
			break;
	}
	if (done)
		inode_touch_mtime(inode);
	return done ? done : put;
}

ssize_t cache_file_write(struct file *f, struct io_buf *from, uint64_t *pos)
{
	ssize_t done;

	mutex_lock(&f->inode->lock);
	done = write_locked(f, from, pos);
	mutex_unlock(&f->inode->lock);
	sched_checkpoint();
	return done;
}

int64_t cache_file_seek(struct file *f, int64_t offset, int whence)
{
	struct inode *inode = f->inode;
	uint64_t size = inode->size, index, found;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return file_seek_sized(f, offset, whence, size, inode->sb->max_bytes);
	if (offset < 0 || (uint64_t)offset >= size)
		return -ENXIO;
	index = (uint64_t)offset >> PAGE_SHIFT;
	found = page_cache_next(inode->cache, index, whence == SEEK_DATA);
	if (found == index)
		found = (uint64_t)offset;
	else if (found > (size - 1) >> PAGE_SHIFT)
		found = size;
	else
		found <<= PAGE_SHIFT;
	if (found >= size && whence == SEEK_DATA)
		return -ENXIO;
	f->pos = min(found, size);
	return (int64_t)f->pos;
}

int cache_file_mmap(struct file *f, struct vma *vma)
{
	vma->cache = f->inode->cache;
	return 0;
}

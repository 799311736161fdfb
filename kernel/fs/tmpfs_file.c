/*
 * The regular files of a tmpfs: their pages, and what seals forbid.
 *
 * Contents live in the page cache alone: a page that was never written is a hole and costs nothing.
 * Pages count against the instance's limit, and as promised memory (kernel/mm/commit.h), as they
 * come. Seals (fcntl F_ADD_SEALS, set by memfd.c) are asked here before a file grows, shrinks or is
 * written to.
 *
 * Locking: the callers hold the inode's lock; the counters are atomic.
 */
#include "kernel/fs/tmpfs.h"

#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/file_cache.h"
#include "kernel/ipc/signal.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/vma.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"
#include "lib/string.h"

/* A regular file; other types have a plain inode. */
struct tmpfs_file {
	struct inode inode;
	struct page_cache cache;
	unsigned seals; /* [inode.lock] F_SEAL_*; read as one word */
};

static CACHE_DEFINE(tmpfs_file_cache, struct tmpfs_file);

static const struct inode_ops file_ops;
static const struct file_ops file_fops;

/* --- Pages and limits --- */

int tmpfs_counter_add(atomic_long *counter, long n, long max)
{
	long now = atomic_fetch_add(counter, n) + n;

	if (n <= 0 || max == 0 || now <= max)
		return 0;
	atomic_fetch_sub(counter, n);
	return -ENOSPC;
}

static int charge(struct page_cache *c, long n)
{
	struct inode *inode = c->owner;
	struct tmpfs *fs = inode->sb->private;

	int err = tmpfs_counter_add(&fs->pages, n, READ_ONCE(fs->options.max_pages));

	if (err == 0 && n < 0)
		commit_release((uint64_t)-n);
	if (err || n <= 0 || commit_reserve(current->mm, (uint64_t)n) == 0)
		return err;
	atomic_fetch_sub(&fs->pages, n);
	return -ENOSPC;
}

/* A page of a hole that is written to. */
static int fill(struct page_cache *c, struct page *p, uint64_t index)
{
	(void)c, (void)index;
	memset(page_address(p), 0, PAGE_SIZE);
	return 0;
}

static const struct page_cache_ops cache_ops = {
	.fill = fill,
	.charge = charge,
};

/* --- The file --- */

static void put_owner(void *owner)
{
	inode_put(owner);
}

struct inode *tmpfs_file_create(struct super *sb, unsigned mode)
{
	struct tmpfs_file *f = cache_alloc(&tmpfs_file_cache, ALLOC_ZERO);

	if (!f)
		return NULL;
	inode_init(&f->inode, sb, mode);
	f->seals = F_SEAL_SEAL; /* memfd.c makes files that are not */
	page_cache_init(&f->cache, &cache_ops, &f->inode);
	f->cache.owner_ref = &f->inode.ref;
	f->cache.owner_put = put_owner;
	f->inode.cache = &f->cache;
	f->inode.ops = &file_ops;
	f->inode.fops = &file_fops;
	return &f->inode;
}

void tmpfs_file_free(struct inode *inode)
{
	page_cache_destroy(inode->cache);
	cache_free(&tmpfs_file_cache, container_of(inode, struct tmpfs_file, inode));
}

/* --- Contents and seals --- */

unsigned *tmpfs_seals(const struct inode *inode)
{
	if (inode->ops != &file_ops)
		return NULL;
	return &container_of(inode, struct tmpfs_file, inode)->seals;
}

static bool has_seal(const struct inode *inode, unsigned seals)
{
	return *tmpfs_seals(inode) & seals;
}

static int file_may_write(struct inode *inode, uint64_t pos, size_t n)
{
	if (has_seal(inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	return has_seal(inode, F_SEAL_GROW) && pos + n > inode->size ? -EPERM : 0;
}

static int setattr_check_seals(const struct inode *inode, const struct inode_attr *attr)
{
	if ((attr->valid & ATTR_MODE) && has_seal(inode, F_SEAL_EXEC) &&
	    ((attr->mode ^ inode->mode) & 0111))
		return -EPERM;
	if (!(attr->valid & ATTR_SIZE) || attr->size == inode->size)
		return 0;
	return has_seal(inode, attr->size < inode->size ? F_SEAL_SHRINK : F_SEAL_GROW) ? -EPERM : 0;
}

static int file_setattr(struct inode *inode, const struct inode_attr *attr)
{
	int err = setattr_check_seals(inode, attr);

	if (err || !(attr->valid & ATTR_SIZE))
		return err;
	if (attr->size < inode->size)
		page_cache_truncate(inode->cache, attr->size);
	WRITE_ONCE(inode->cache->size, attr->size);
	WRITE_ONCE(inode->size, attr->size);
	return 0;
}

/* Makes the pages of a range be there. On failure those made beyond the end of the file go again;
 * those inside stay: they read as zeros either way. */
static int reserve_range(struct inode *inode, uint64_t offset, uint64_t len)
{
	uint64_t end = DIV_ROUND_UP(offset + len, PAGE_SIZE);
	int err = 0;

	for (uint64_t index = offset >> PAGE_SHIFT; index < end && !err; index++) {
		struct page *page;

		err = signal_kill_pending() ? -EINTR : page_cache_get(inode->cache, index, &page);
		if (!err)
			page_put(page);
		sched_checkpoint();
	}
	if (err)
		page_cache_truncate(inode->cache, inode->size);
	return err;
}

/* Zeroes a range: pages that are there are cleared, holes stay. */
static void clear_range(struct inode *inode, uint64_t offset, uint64_t len)
{
	uint64_t end = offset + len;

	while (offset < end) {
		uint64_t index = page_cache_next(inode->cache, offset >> PAGE_SHIFT, true), next;
		struct page *page;

		if (index == UINT64_MAX || index << PAGE_SHIFT >= end)
			return;
		offset = max(offset, index << PAGE_SHIFT);
		next = min((index + 1) << PAGE_SHIFT, end);
		page = page_cache_find(inode->cache, index);
		if (page)
			memset((char *)page_address(page) + (offset & ~PAGE_MASK), 0,
			       next - offset);
		page_put(page);
		offset = next;
		sched_checkpoint();
	}
}

/* Whole pages go; of those at the edges a part is zeroed. */
static void punch_range(struct inode *inode, uint64_t offset, uint64_t len)
{
	uint64_t end = offset + len;
	uint64_t first = ALIGN_UP(offset, PAGE_SIZE), last = ALIGN_DOWN(end, PAGE_SIZE);

	if (first < last) {
		page_cache_punch(inode->cache, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
		clear_range(inode, last, end - last);
		end = first;
	}
	clear_range(inode, offset, end - offset);
}

static int file_fallocate(struct inode *inode, unsigned mode, uint64_t offset, uint64_t len)
{
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		if (has_seal(inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			return -EPERM;
		punch_range(inode, offset, len);
		return 0;
	}
	if (has_seal(inode, F_SEAL_GROW) && offset + len > inode->size)
		return -EPERM;
	err = reserve_range(inode, offset, len);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && offset + len > inode->size) {
		WRITE_ONCE(inode->cache->size, offset + len);
		WRITE_ONCE(inode->size, offset + len);
	}
	return err;
}

/* Whoever seals against writing looks for writable mappings after he has set the seal, and this is
 * asked again once the area is on the list (file_map.c), so one of the two sees the other. */
static int file_mmap(struct file *f, struct vma *vma)
{
	if ((vma->flags & VM_SHARED) && has_seal(f->inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
		if (vma->flags & VM_WRITE)
			return -EPERM;
		vma->flags &= ~VM_MAYWRITE;
	}
	return cache_file_mmap(f, vma);
}

/* Memory is where it is to be. */
int tmpfs_file_fsync(struct file *f, bool data_only)
{
	return 0;
}

static const struct inode_ops file_ops = {
	.setattr = file_setattr,
	.may_write = file_may_write,
	.fallocate = file_fallocate,
};

static const struct file_ops file_fops = {
	.read = cache_file_read,
	.write = cache_file_write,
	.seek = cache_file_seek,
	.mmap = file_mmap,
	.fsync = tmpfs_file_fsync,
};

/*
 * Inodes: making, freeing, times, stat.
 *
 * An inode is counted by what leads to it (dentries, and through them open files). It knows no
 * names. inode_put of the last reference calls ops->destroy (what belongs to the file: a pseudo
 * file's task, a fifo's pipe) and then super_ops.inode_free (what belongs to the file system:
 * pages, the memory itself).
 *
 * Writers and exec: `writers` counts open files that may write; exec makes it negative, so each
 * side sees the other and gets -ETXTBSY.
 *
 * Times are plain words, written without a lock: two writers a moment apart leave one of two right
 * answers.
 */
#include "kernel/fs/inode.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/fs/lock.h"
#include "kernel/fs/super.h"
#include "kernel/mm/page_cache.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"

#define DAY_NS (24 * 3600 * (int64_t)NSEC_PER_SEC)

static CACHE_DEFINE(inode_cache, struct inode);

const struct inode_ops inode_no_ops;

void inode_init(struct inode *inode, struct super *sb, unsigned mode)
{
	int64_t now = (int64_t)clock_real_ns();

	ref_init(&inode->ref);
	inode->mode = mode;
	inode->nlink = 1;
	inode->sb = sb;
	inode->ino = atomic_fetch_add_explicit(&sb->next_ino, 1, memory_order_relaxed);
	inode->atime = inode->mtime = inode->ctime = inode->btime = now;
	inode->ops = &inode_no_ops;
	if (S_ISDIR(mode))
		mutex_init(&inode->lock, "directory", LOCK_RANK_DIR);
	else
		mutex_init(&inode->lock, "inode", LOCK_RANK_INODE);
	atomic_fetch_add_explicit(&sb->inode_count, 1, memory_order_relaxed);
}

struct inode *inode_create(struct super *sb, unsigned mode)
{
	struct inode *inode = cache_alloc(&inode_cache, ALLOC_ZERO);

	if (inode)
		inode_init(inode, sb, mode);
	return inode;
}

void inode_init_owner(struct inode *inode, const struct inode *dir)
{
	const struct cred *cred = current_cred();

	inode->uid = cred->fsuid;
	inode->gid = cred->fsgid;
	if (!(dir->mode & S_ISGID))
		return;
	inode->gid = dir->gid;
	if (S_ISDIR(inode->mode))
		inode->mode |= S_ISGID;
	else if ((inode->mode & (S_ISGID | 0010)) == (S_ISGID | 0010) &&
		 !cred_in_group(cred, dir->gid) && !inode_capable(dir, CAP_FSETID))
		inode->mode &= ~S_ISGID;
}

struct inode *inode_get(struct inode *inode)
{
	ref_get(&inode->ref);
	return inode;
}

void inode_free_memory(struct inode *inode)
{
	cache_free(&inode_cache, inode);
}

void inode_put(struct inode *inode)
{
	if (!inode || !ref_put(&inode->ref))
		return;

	struct super *sb = inode->sb;

	if (inode->ops->destroy)
		inode->ops->destroy(inode);
	if (inode->locks)
		lock_list_destroy(inode);
	if (sb->ops->inode_free)
		sb->ops->inode_free(inode);
	else
		inode_free_memory(inode);
	atomic_fetch_sub_explicit(&sb->inode_count, 1, memory_order_relaxed);
}

void inode_stat(struct inode *inode, struct inode_stat *st)
{
	st->dev = inode->sb->dev;
	st->ino = inode->ino;
	st->rdev = inode->rdev;
	st->size = inode->size;
	st->blocks = inode->blocks;
	if (inode->cache)
		st->blocks = READ_ONCE(inode->cache->count) * (PAGE_SIZE / 512);
	st->mode = inode->mode;
	st->nlink = inode->nlink;
	st->uid = inode->uid;
	st->gid = inode->gid;
	st->blksize = (unsigned)inode->sb->block_size;
	st->atime = inode->atime;
	st->mtime = inode->mtime;
	st->ctime = inode->ctime;
	st->btime = inode->btime;
}

int inode_getattr(struct inode *inode, struct inode_stat *st)
{
	if (inode->ops->getattr)
		return inode->ops->getattr(inode, st);
	inode_stat(inode, st);
	return 0;
}

/* Not at every read, but so that "read since it was last changed" can be told, and once a day:
 * relatime. */
void inode_touch_atime(struct inode *inode)
{
	int64_t now = (int64_t)clock_real_ns();

	if (inode->atime <= inode->mtime || inode->atime <= inode->ctime ||
	    now - inode->atime >= DAY_NS)
		inode->atime = now;
}

void inode_touch_mtime(struct inode *inode)
{
	inode->mtime = inode->ctime = (int64_t)clock_real_ns();
}

void inode_touch_ctime(struct inode *inode)
{
	inode->ctime = (int64_t)clock_real_ns();
}

/* Adds step to writers unless that would make both sides present at once. */
static int writers_add(struct inode *inode, int step)
{
	int n = atomic_load_explicit(&inode->writers, memory_order_relaxed);

	do {
		if (step > 0 ? n < 0 : n > 0)
			return -ETXTBSY;
	} while (!atomic_compare_exchange_weak(&inode->writers, &n, n + step));
	return 0;
}

int inode_write_begin(struct inode *inode)
{
	return writers_add(inode, 1);
}

void inode_write_end(struct inode *inode)
{
	atomic_fetch_sub(&inode->writers, 1);
}

int inode_write_deny(struct inode *inode)
{
	return writers_add(inode, -1);
}

void inode_write_allow(struct inode *inode)
{
	atomic_fetch_add(&inode->writers, 1);
}

/*
 * tmpfs: files in memory. Also the root, /dev, and "ramfs".
 *
 * Names live in the name cache alone: each dentry of a tmpfs is pinned, so what the cache doesn't
 * know doesn't exist, and a directory is read by walking its dentry's children. Contents live in
 * the page cache alone: a page that was never written is a hole and costs nothing. So this file is
 * mostly bookkeeping: link counts, times, and the two limits.
 *
 *	size=       pages of all files together (suffix k m g, or % of memory); 0: no limit.
 *	            nr_blocks= says the same in pages. Default: half of memory
 *	nr_inodes=  files; 0: no limit. Default: one for every page of half the memory
 *	mode= uid= gid=  of the root directory
 *
 * Its pages count as promised memory as they come (kernel/mm/commit.h).
 *
 * Locking: the callers hold the directories' and inodes' locks; the counters are atomic.
 *
 * NOTE(linux): no extended attributes. A directory's size is the number of its entries
 * times 20, as there.
 */
#include "kernel/fs/tmpfs.h"

#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file_cache.h"
#include "kernel/fs/tmpfs_options.h"
#include "kernel/ipc/signal.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/vma.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"
#include "lib/string.h"

#define ENTRY_SIZE 20 /* what a name adds to its directory's size */

/* A regular file; other types have a plain inode. */
struct tmpfs_file {
	struct inode inode;
	struct page_cache cache;
	unsigned seals; /* [inode.lock] F_SEAL_*; read as one word */
};

static CACHE_DEFINE(tmpfs_file_cache, struct tmpfs_file);

static const struct inode_ops tmpfs_dir_ops, tmpfs_file_ops;
static const struct file_ops tmpfs_dir_fops, tmpfs_file_fops;

/* --- Limits --- */

static int counter_add(atomic_long *counter, long n, long max)
{
	long now = atomic_fetch_add(counter, n) + n;

	if (n <= 0 || max == 0 || now <= max)
		return 0;
	atomic_fetch_sub(counter, n);
	return -ENOSPC;
}

static int tmpfs_charge(struct page_cache *c, long n)
{
	struct inode *inode = c->owner;
	struct tmpfs *fs = inode->sb->private;

	int err = counter_add(&fs->pages, n, READ_ONCE(fs->options.max_pages));

	if (err == 0 && n < 0)
		commit_release((uint64_t)-n);
	if (err || n <= 0 || commit_reserve(current->mm, (uint64_t)n) == 0)
		return err;
	atomic_fetch_sub(&fs->pages, n);
	return -ENOSPC;
}

/* A page of a hole that is written to. */
static int tmpfs_fill(struct page_cache *c, struct page *p, uint64_t index)
{
	(void)c, (void)index;
	memset(page_address(p), 0, PAGE_SIZE);
	return 0;
}

static const struct page_cache_ops tmpfs_cache_ops = {
	.fill = tmpfs_fill,
	.charge = tmpfs_charge,
};

/* --- Inodes --- */

static void put_owner(void *owner)
{
	inode_put(owner);
}

static struct inode *alloc_regular(struct super *sb, unsigned mode)
{
	struct tmpfs_file *f = cache_alloc(&tmpfs_file_cache, ALLOC_ZERO);

	if (!f)
		return NULL;
	inode_init(&f->inode, sb, mode);
	f->seals = F_SEAL_SEAL; /* memfd.c makes files that are not */
	page_cache_init(&f->cache, &tmpfs_cache_ops, &f->inode);
	f->cache.owner_ref = &f->inode.ref;
	f->cache.owner_put = put_owner;
	f->inode.cache = &f->cache;
	f->inode.ops = &tmpfs_file_ops;
	f->inode.fops = &tmpfs_file_fops;
	return &f->inode;
}

static struct inode *alloc_other(struct super *sb, unsigned mode, dev_t rdev)
{
	struct inode *inode = inode_create(sb, mode);

	if (!inode)
		return NULL;
	inode->rdev = rdev;
	if (S_ISDIR(mode)) {
		inode->nlink = 2;
		inode->ops = &tmpfs_dir_ops;
		inode->fops = &tmpfs_dir_fops;
	}
	return inode;
}

static int tmpfs_inode(struct super *sb, unsigned mode, dev_t rdev, struct inode **out)
{
	struct tmpfs *fs = sb->private;

	if (counter_add(&fs->inodes, 1, READ_ONCE(fs->options.max_inodes)) < 0)
		return -ENOSPC;
	*out = S_ISREG(mode) ? alloc_regular(sb, mode) : alloc_other(sb, mode, rdev);
	if (*out)
		return 0;
	atomic_fetch_sub(&fs->inodes, 1);
	return -ENOMEM;
}

static void tmpfs_inode_free(struct inode *inode)
{
	struct tmpfs *fs = inode->sb->private;

	atomic_fetch_sub(&fs->inodes, 1);
	if (S_ISREG(inode->mode)) {
		page_cache_destroy(inode->cache);
		cache_free(&tmpfs_file_cache, container_of(inode, struct tmpfs_file, inode));
		return;
	}
	kfree(inode->link);
	inode_free_memory(inode);
}

/* --- Names --- */

/* dir has one name more or fewer. */
static void dir_changed(struct inode *dir, int entries)
{
	dir->size += (uint64_t)(int64_t)(entries * ENTRY_SIZE);
	inode_touch_mtime(dir);
}

/* d, negative, names inode from now on; consumes the inode's reference. */
static void tmpfs_add_name(struct inode *dir, struct dentry *d, struct inode *inode)
{
	dentry_instantiate(d, inode);
	dentry_pin(d);
	dir_changed(dir, 1);
}

static int tmpfs_mknod(struct inode *dir, struct dentry *d, unsigned mode, dev_t rdev)
{
	struct inode *inode;
	int err = tmpfs_inode(dir->sb, mode, rdev, &inode);

	if (err)
		return err;
	inode_init_owner(inode, dir);
	if (S_ISDIR(mode))
		dir->nlink++;
	tmpfs_add_name(dir, d, inode);
	return 0;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	char *text = kstrdup(target);
	struct inode *inode;
	int err;

	if (!text)
		return -ENOMEM;
	err = tmpfs_inode(dir->sb, S_IFLNK | 0777, 0, &inode);
	if (err) {
		kfree(text);
		return err;
	}
	inode_init_owner(inode, dir);
	inode->link = text;
	inode->size = strlen(text);
	tmpfs_add_name(dir, d, inode);
	return 0;
}

static int tmpfs_link(struct inode *inode, struct inode *dir, struct dentry *d)
{
	inode->nlink++;
	inode_touch_ctime(inode);
	tmpfs_add_name(dir, d, inode_get(inode));
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	d->inode->nlink--;
	inode_touch_ctime(d->inode);
	dir_changed(dir, -1);
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	if (dentry_has_children(d))
		return -ENOTEMPTY;
	d->inode->nlink = 0;
	inode_touch_ctime(d->inode);
	dir->nlink--;
	dir_changed(dir, -1);
	return 0;
}

/* Directories count the ".." of their subdirectories as links. */
static void move_parent_link(struct inode *from, struct inode *to)
{
	if (from != to) {
		from->nlink--;
		to->nlink++;
	}
}

static int tmpfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			struct dentry *new, unsigned flags)
{
	bool is_dir = S_ISDIR(old->inode->mode);

	if (flags & RENAME_EXCHANGE) {
		if (is_dir)
			move_parent_link(old_dir, new_dir);
		if (S_ISDIR(new->inode->mode))
			move_parent_link(new_dir, old_dir);
		inode_touch_ctime(new->inode);
		inode_touch_mtime(old_dir);
		inode_touch_mtime(new_dir);
	} else {
		int err = !new->inode ? 0
			: is_dir      ? tmpfs_rmdir(new_dir, new) : tmpfs_unlink(new_dir, new);

		if (err)
			return err;
		if (is_dir)
			move_parent_link(old_dir, new_dir);
		dir_changed(old_dir, -1);
		dir_changed(new_dir, 1);
	}
	inode_touch_ctime(old->inode);
	return 0;
}

static int tmpfs_tmpfile(struct inode *dir, unsigned mode, struct inode **out)
{
	int err = tmpfs_inode(dir->sb, mode, 0, out);

	if (err)
		return err;
	inode_init_owner(*out, dir);
	(*out)->nlink = 0;
	return 0;
}

/* --- Contents --- */

unsigned *tmpfs_seals(const struct inode *inode)
{
	if (inode->ops != &tmpfs_file_ops)
		return NULL;
	return &container_of(inode, struct tmpfs_file, inode)->seals;
}

static bool has_seal(const struct inode *inode, unsigned seals)
{
	return *tmpfs_seals(inode) & seals;
}

static int tmpfs_may_write(struct inode *inode, uint64_t pos, size_t n)
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

static int tmpfs_setattr(struct inode *inode, const struct inode_attr *attr)
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

static int tmpfs_fallocate(struct inode *inode, unsigned mode, uint64_t offset, uint64_t len)
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
static int tmpfs_mmap(struct file *f, struct vma *vma)
{
	if ((vma->flags & VM_SHARED) && has_seal(f->inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
		if (vma->flags & VM_WRITE)
			return -EPERM;
		vma->flags &= ~VM_MAYWRITE;
	}
	return cache_file_mmap(f, vma);
}

/* Memory is where it is to be. */
static int tmpfs_fsync(struct file *f, bool data_only)
{
	(void)f, (void)data_only;
	return 0;
}

static const struct inode_ops tmpfs_file_ops = {
	.setattr = tmpfs_setattr,
	.may_write = tmpfs_may_write,
	.fallocate = tmpfs_fallocate,
};

static const struct inode_ops tmpfs_dir_ops = {
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
};

static const struct file_ops tmpfs_file_fops = {
	.read = cache_file_read,
	.write = cache_file_write,
	.seek = cache_file_seek,
	.mmap = tmpfs_mmap,
	.fsync = tmpfs_fsync,
};

static const struct file_ops tmpfs_dir_fops = {
	.iterate = dir_iterate_cached,
	.fsync = tmpfs_fsync,
};

/* --- The instance --- */

static int tmpfs_statfs(struct super *sb, struct abi_statfs *st)
{
	struct tmpfs *fs = sb->private;
	long max_pages = fs->options.max_pages, max_inodes = fs->options.max_inodes;

	if (max_pages) {
		st->blocks = max_pages;
		st->bfree = st->bavail = max(max_pages - atomic_load(&fs->pages), 0L);
	}
	if (max_inodes) {
		st->files = max_inodes;
		st->ffree = max(max_inodes - atomic_load(&fs->inodes), 0L);
	}
	return 0;
}

static int tmpfs_remount(struct super *sb, const char *text)
{
	struct tmpfs *fs = sb->private;
	struct tmpfs_options o = fs->options;
	int err = tmpfs_options_parse(text, &o);

	if (err)
		return err;
	if ((o.max_pages && o.max_pages < atomic_load(&fs->pages)) ||
	    (o.max_inodes && o.max_inodes < atomic_load(&fs->inodes)))
		return -EINVAL;
	WRITE_ONCE(fs->options.max_pages, o.max_pages);
	WRITE_ONCE(fs->options.max_inodes, o.max_inodes);
	return 0;
}

static size_t tmpfs_show_options(struct super *sb, char *buf, size_t size)
{
	struct tmpfs *fs = sb->private;

	return tmpfs_options_show(&fs->options, buf, size);
}

static void tmpfs_destroy(struct super *sb)
{
	kfree(sb->private);
}

static const struct super_ops tmpfs_super_ops = {
	.inode_free = tmpfs_inode_free,
	.statfs = tmpfs_statfs,
	.remount = tmpfs_remount,
	.show_options = tmpfs_show_options,
	.destroy = tmpfs_destroy,
};

/* The rest of making an instance: its private part and its root. */
static int super_fill(struct super *sb, const void *text)
{
	struct tmpfs *fs = kzalloc(sizeof(*fs));
	struct inode *root;
	int err;

	if (!fs)
		return -ENOMEM;
	sb->private = fs;
	sb->flags |= SUPER_ALL_CACHED;
	tmpfs_options_default(&fs->options);
	err = tmpfs_options_parse(text, &fs->options);
	if (!err)
		err = tmpfs_inode(sb, S_IFDIR | fs->options.mode, 0, &root);
	if (err)
		return err;
	root->uid = fs->options.uid;
	root->gid = fs->options.gid;
	return super_set_root(sb, root);
}

int tmpfs_mount(struct fs_type *type, const char *source, const char *options, struct super **out)
{
	return super_make(type, &tmpfs_super_ops, TMPFS_MAGIC, super_fill, options, out);
}

static struct fs_type tmpfs_type = { .name = "tmpfs", .flags = FS_USER_NS,
				      .mount = tmpfs_mount };
static struct fs_type ramfs_type = { .name = "ramfs", .flags = FS_USER_NS,
				      .mount = tmpfs_mount };

void tmpfs_init(void)
{
	fs_type_register(&tmpfs_type);
	fs_type_register(&ramfs_type);
}

/*
 * tmpfs: files in memory. Also the root, /dev, and "ramfs".
 *
 * Names live in the name cache alone: each dentry of a tmpfs is pinned, so what the cache doesn't
 * know doesn't exist, and a directory is read by walking its dentry's children. Contents live in
 * the page cache alone (tmpfs_file.c). So this file is mostly bookkeeping: link counts, times, and
 * the two limits.
 *
 *	size=       pages of all files together (suffix k m g, or % of memory); 0: no limit.
 *	            nr_blocks= says the same in pages. Default: half of memory
 *	nr_inodes=  files, a further name of one counted as another; 0: no limit. Default: one for
 *	            every page of half the memory
 *	mode= uid= gid=  of the root directory
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
#include "lib/errno.h"
#include "lib/string.h"

#define ENTRY_SIZE 20 /* what a name adds to its directory's size */

static const struct inode_ops tmpfs_dir_ops;
static const struct file_ops tmpfs_dir_fops;

/* --- Inodes --- */

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

	if (tmpfs_counter_add(&fs->inodes, 1, READ_ONCE(fs->options.max_inodes)) < 0)
		return -ENOSPC;
	*out = S_ISREG(mode) ? tmpfs_file_create(sb, mode) : alloc_other(sb, mode, rdev);
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
		tmpfs_file_free(inode);
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

/* The first name of an O_TMPFILE file came with it. */
static int tmpfs_link(struct inode *inode, struct inode *dir, struct dentry *d)
{
	struct tmpfs *fs = dir->sb->private;

	if (inode->nlink != 0 &&
	    tmpfs_counter_add(&fs->inodes, 1, READ_ONCE(fs->options.max_inodes)) < 0)
		return -ENOSPC;
	inode->nlink++;
	inode_touch_ctime(inode);
	tmpfs_add_name(dir, d, inode_get(inode));
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	struct tmpfs *fs = dir->sb->private;

	if (--d->inode->nlink != 0)
		atomic_fetch_sub(&fs->inodes, 1);
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

static const struct inode_ops tmpfs_dir_ops = {
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
};

static const struct file_ops tmpfs_dir_fops = {
	.iterate = dir_iterate_cached,
	.fsync = tmpfs_file_fsync,
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

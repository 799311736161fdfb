/*
 * nullfs: the root of a mount namespace made with CLONE_EMPTY_MNTNS.
 *
 * Its one task must stand somewhere before it has mounted anything. It stands in a directory that
 * nobody can write to, change or take away, and mounts over it what it wants to see. Since that
 * mount then has another one below it, pivot_root works in there from the beginning.
 *
 * NOTE(linux): each empty namespace has an instance of its own, and only those have one.
 */
#include "kernel/fs/nullfs.h"

#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/readdir.h"
#include "kernel/fs/super.h"
#include "lib/errno.h"

#define NULLFS_MAGIC 0x4e554c4c /* "NULL" */

static int nullfs_permission(struct inode *inode, unsigned mask)
{
	return (mask & MAY_WRITE) ? -EPERM : 0;
}

static int nullfs_setattr(struct inode *inode, const struct inode_attr *attr)
{
	return -EPERM;
}

static int nullfs_iterate(struct file *f, struct dir_emit *emit)
{
	(void)dir_emit_dots(f, emit);
	return 0;
}

static const struct inode_ops nullfs_ops = {
	.permission = nullfs_permission,
	.setattr = nullfs_setattr,
};
static const struct file_ops nullfs_fops = { .iterate = nullfs_iterate };

static const struct super_ops nullfs_super_ops = { 0 };
/* Registered nowhere: it is not for mount(2). */
static struct fs_type nullfs_type = { .name = "nullfs" };

static int super_fill(struct super *sb, const void *unused)
{
	struct inode *root = inode_create(sb, S_IFDIR | 0555);

	if (root == NULL)
		return -ENOMEM;
	root->nlink = 2;
	root->ops = &nullfs_ops;
	root->fops = &nullfs_fops;
	sb->flags |= SUPER_ALL_CACHED | SUPER_FIXED;
	return super_set_root(sb, root);
}

int nullfs_mount_create(struct mount **out)
{
	struct super *sb;
	int err = super_make(&nullfs_type, &nullfs_super_ops, NULLFS_MAGIC, super_fill, NULL, &sb);

	return err ? err : mount_create(sb, sb->root, 0, "nullfs", out);
}

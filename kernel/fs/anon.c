/*
 * The internal file system of files without names.
 *
 * One instance, mounted nowhere: its one mount exists so that such a file's path is as whole as
 * any other's. (Files whose numbers mean something, such as pidfds, have an instance of their
 * kind: anon_mount_create.) Each file gets an inode and a parentless dentry of its own; both go
 * with the last reference.
 */
#include "kernel/fs/anon.h"

#include "kernel/core/panic.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/super.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct fs_type anon_type = { .name = "anon_inodefs" };
static const struct super_ops anon_super_ops;
static struct mount *anon_mount; /* [i] after anon_init, never put */

int anon_mount_create(struct fs_type *type, uint64_t magic, struct mount **out)
{
	struct super *sb = super_create(type, &anon_super_ops, magic);
	struct inode *root;
	int err;

	if (!sb)
		return -ENOMEM;
	sb->flags |= SUPER_INTERNAL;
	root = inode_create(sb, S_IFDIR | 0700);
	err = root ? super_set_root(sb, root) : -ENOMEM;
	if (err) {
		super_put(sb);
		return err;
	}
	return mount_create(sb, sb->root, 0, "none", out);
}

int anon_init(void)
{
	return anon_mount_create(&anon_type, ANON_INODE_FS_MAGIC, &anon_mount);
}

int anon_path_create_on(struct mount *mnt, const char *name, unsigned mode,
			const struct inode_ops *ops, const struct file_ops *fops, void *private,
			struct path *out)
{
	/* never looked up: no hash */
	struct name n = { .text = name, .len = (unsigned)strlen(name) };
	struct inode *inode = inode_create(mnt->sb, mode);
	struct dentry *d;

	if (!inode)
		return -ENOMEM;
	d = dentry_create(mnt->sb, NULL, &n);
	if (!d) {
		inode_put(inode); /* without ops yet: private stays the caller's */
		return -ENOMEM;
	}
	if (ops)
		inode->ops = ops;
	inode->fops = fops;
	inode->private = private;
	inode->uid = current_cred()->fsuid;
	inode->gid = current_cred()->fsgid;
	dentry_instantiate(d, inode);
	*out = (struct path){ mount_get(mnt), d };
	return 0;
}

int anon_path_create(const char *name, unsigned mode, const struct inode_ops *ops,
		     const struct file_ops *fops, void *private, struct path *out)
{
	return anon_path_create_on(anon_mount, name, mode, ops, fops, private, out);
}

int file_open_anon(const char *name, const struct file_ops *ops, void *private, unsigned flags,
		   struct file **out)
{
	struct path p;
	int err = anon_path_create(name, 0600, NULL, ops, private, &p);

	if (err)
		return err;
	err = file_open_path(&p, flags, current->cred, out);
	if (!err)
		(*out)->private = private;
	path_put(&p);
	return err;
}

/*
 * The internal file system of namespaces.
 *
 * A file in it is made when somebody follows a link in /proc/PID/ns, and keeps the namespace as
 * long as it is open or mounted somewhere (mount --bind /proc/self/ns/net /run/netns/x). Its inode
 * number and device say which namespace it is; its name is "uts:[4026531838]".
 *
 * NOTE(linux): two opens give two inodes of the same number, Linux gives one.
 */
#include "kernel/lifecycle/nsfs.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/nsfs.h"
#include "kernel/abi/stat.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/super.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/format.h"

static struct fs_type nsfs_type = { .name = "nsfs" };
static const struct super_ops nsfs_super_ops;
static struct mount *nsfs_mount; /* [i] after nsfs_init, never put */

static int super_fill(struct super *sb, const void *unused)
{
	struct inode *root = inode_create(sb, S_IFDIR | 0700);

	sb->flags |= SUPER_INTERNAL | SUPER_BINDABLE;
	return root != NULL ? super_set_root(sb, root) : -ENOMEM;
}

int nsfs_init(void)
{
	struct super *sb;
	int err = super_make(&nsfs_type, &nsfs_super_ops, NSFS_MAGIC, super_fill, NULL, &sb);

	return err ? err : mount_create(sb, sb->root, 0, "nsfs", &nsfs_mount);
}

static void nsfs_destroy(struct inode *inode)
{
	ns_put(inode->private);
}

static const struct inode_ops nsfs_inode_ops = { .destroy = nsfs_destroy };

/* An open file for a namespace, as a descriptor. Consumes ns. */
static long nsfs_open(struct ns *ns)
{
	struct file *f = NULL;
	struct path p;
	int err = nsfs_path(ns, &p);

	ns_put(ns);
	if (err)
		return err;
	err = file_open_path(&p, O_RDONLY, current->cred, &f);
	path_put(&p);
	return err ? err : fd_add(f, true);
}

/* Whoever is inside or above may know the owner, nobody else. */
static long open_owner(const struct ns *ns)
{
	if (!user_ns_is_inside(ns->owner, current_cred()->user_ns))
		return -EPERM;
	return nsfs_open(ns_get(&ns->owner->ns));
}

static long open_parent(struct ns *ns)
{
	const struct ns_kind *kind = &ns_kinds[ns->type];
	struct ns *parent;

	if (kind->parent == NULL)
		return -EINVAL;
	parent = kind->parent(ns);
	return parent == NULL ? -EPERM : nsfs_open(ns_get(parent));
}

static long owner_uid(const struct ns *ns, unsigned __user *out)
{
	unsigned uid;

	if (ns->type != NS_USER)
		return -EINVAL;
	uid = uid_out(container_of(ns, struct user_ns, ns)->owner_uid);
	return copy_to_user(out, &uid, sizeof(uid));
}

static long nsfs_ioctl(struct file *file, unsigned cmd, unsigned long arg)
{
	struct ns *ns = file->inode->private;

	switch (cmd) {
	case NS_GET_USERNS:
		return open_owner(ns);
	case NS_GET_PARENT:
		return open_parent(ns);
	case NS_GET_NSTYPE:
		return (long)ns_kinds[ns->type].flag;
	case NS_GET_OWNER_UID:
		return owner_uid(ns, (unsigned __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_ops nsfs_fops = { .ioctl = nsfs_ioctl };

int nsfs_path(struct ns *ns, struct path *out)
{
	char text[48];
	struct name name = { .text = text };
	struct inode *inode = inode_create(nsfs_mount->sb, S_IFREG | 0444);
	struct dentry *d;

	if (inode == NULL)
		return -ENOMEM;
	name.len = (unsigned)str_format(text, sizeof(text), "%s:[%lu]", ns_kinds[ns->type].name,
					ns->ino);
	d = dentry_create(nsfs_mount->sb, NULL, &name);
	if (d == NULL) {
		inode_put(inode);
		return -ENOMEM;
	}
	inode->ino = ns->ino;
	inode->ops = &nsfs_inode_ops;
	inode->fops = &nsfs_fops;
	inode->private = ns_get(ns);
	dentry_instantiate(d, inode);
	*out = (struct path){ mount_get(nsfs_mount), d };
	return 0;
}

struct ns *nsfs_ns(const struct file *f)
{
	return f->inode->fops == &nsfs_fops ? f->inode->private : NULL;
}

/*
 * The mqueue file system: the names of POSIX message queues.
 *
 * One instance for each ipc namespace, made when it is first needed: by mq_open, or by a mount. A
 * directory without subdirectories, in which every file is a queue; names are kept in the name
 * cache alone, as tmpfs does. Reading a file tells how much is in the queue.
 *
 * The namespace holds the instance through a mount that is attached nowhere. A mount of it that
 * outlives the namespace shows its queues until it is unmounted.
 *
 * What a queue may hold is charged to the user who made it, in full, when it is made
 * (RLIMIT_MSGQUEUE).
 *
 * NOTE(linux): the limits in /proc/sys/fs/mqueue that count for a new queue are those of its
 * maker's namespace, even if it is made in a mount of another one's.
 */
#include "kernel/fs/mqueue.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/resource.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/dir.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/mount_options.h"
#include "kernel/fs/mqueue_object.h"
#include "kernel/fs/super.h"
#include "kernel/ipc/sysv_msg.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/user.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MQUEUE_MAGIC 0x19800202
#define MSGS_MOST 65536		    /* for who has CAP_SYS_RESOURCE */
#define MSG_SIZE_MOST (16l << 20)
#define FILE_SIZE 80		    /* what stat tells: about a line */
/* Charged, as on Linux, for the head of each message and of each priority. */
#define HEAD_COST 48

struct mqueue_instance {
	atomic_uint queues;
};

static CACHE_DEFINE(mqueue_cache, struct mqueue);

/* --- making a queue */

static bool may_exceed(void)
{
	return capable(CAP_SYS_RESOURCE);
}

static int attr_check(const struct ipc_ns *ns, const struct abi_mq_attr *a)
{
	int64_t msgs = may_exceed() ? MSGS_MOST : (int64_t)ns->mq_msg_max;
	int64_t size = may_exceed() ? MSG_SIZE_MOST : (int64_t)ns->mq_msgsize_max;

	return a->maxmsg <= 0 || a->msgsize <= 0 || a->maxmsg > msgs || a->msgsize > size ? -EINVAL
											  : 0;
}

/* All that q may ever hold, against its maker's limit. */
static int queue_charge(struct mqueue *q)
{
	uint64_t heads = q->max_msgs + min(q->max_msgs, (uint64_t)MQ_PRIO_MAX);
	uint64_t limit = group_rlimit(current->group, RLIMIT_MSGQUEUE);
	struct user *u = user_get(current_cred()->user_ns, current_cred()->uid);

	if (u == NULL)
		return -ENOMEM;
	q->charge = q->max_msgs * q->msg_size + heads * HEAD_COST;
	if (atomic_fetch_add(&u->mqueue_bytes, q->charge) + q->charge > limit) {
		atomic_fetch_sub(&u->mqueue_bytes, q->charge);
		user_put(u);
		return -EMFILE;
	}
	q->user = u;
	return 0;
}

static int queue_create(struct super *sb, unsigned mode, const struct abi_mq_attr *attr,
			struct inode **out)
{
	const struct ipc_ns *ns = ipc_ns_current();
	struct mqueue_instance *fs = sb->private;
	struct abi_mq_attr a = { .maxmsg = min(ns->mq_msg_max, ns->mq_msg_default),
				 .msgsize = min(ns->mq_msgsize_max, ns->mq_msgsize_default) };
	struct mqueue *q;
	int err = 0;

	if (attr != NULL) {
		a = *attr;
		err = attr_check(ns, &a);
	}
	q = err == 0 ? cache_alloc(&mqueue_cache, ALLOC_ZERO) : NULL;
	if (q == NULL)
		return err ? err : -ENOMEM;
	q->max_msgs = (uint64_t)a.maxmsg;
	q->msg_size = (uint64_t)a.msgsize;
	err = queue_charge(q);
	if (err) {
		cache_free(&mqueue_cache, q);
		return err;
	}
	mqueue_object_init(q);
	inode_init(&q->inode, sb, mode);
	q->inode.fops = &mqueue_file_ops;
	q->inode.size = FILE_SIZE;
	atomic_fetch_add(&fs->queues, 1);
	*out = &q->inode;
	return 0;
}

/* Of a queue, or of the directory. */
static void mqueue_inode_free(struct inode *inode)
{
	struct mqueue_instance *fs = inode->sb->private;
	struct mqueue *q = mqueue_of(inode);

	if (S_ISDIR(inode->mode)) {
		inode_free_memory(inode);
		return;
	}
	atomic_fetch_sub(&fs->queues, 1);
	mqueue_object_empty(q);
	atomic_fetch_sub(&q->user->mqueue_bytes, q->charge);
	user_put(q->user);
	cache_free(&mqueue_cache, q);
}

/* --- the directory */

static int name_add(struct inode *dir, struct dentry *d, unsigned mode,
		    const struct abi_mq_attr *attr)
{
	struct mqueue_instance *fs = dir->sb->private;
	struct inode *inode;
	int err;

	if (atomic_load(&fs->queues) >= ipc_ns_current()->mq_queues_max && !may_exceed())
		return -ENOSPC;
	err = queue_create(dir->sb, mode, attr, &inode);
	if (err)
		return err;
	inode_init_owner(inode, dir);
	dentry_instantiate(d, inode);
	dentry_pin(d);
	dir->size += 20;
	inode_touch_mtime(dir);
	return 0;
}

static int mqueue_mknod(struct inode *dir, struct dentry *d, unsigned mode, dev_t rdev)
{
	return S_ISREG(mode) ? name_add(dir, d, mode, NULL) : -EPERM;
}

static int mqueue_dir_unlink(struct inode *dir, struct dentry *d)
{
	d->inode->nlink--;
	dir->size -= 20;
	inode_touch_ctime(d->inode);
	inode_touch_mtime(dir);
	return 0;
}

static const struct inode_ops mqueue_dir_ops = {
	.mknod = mqueue_mknod,
	.unlink = mqueue_dir_unlink,
};
static const struct file_ops mqueue_dir_fops = { .iterate = dir_iterate_cached };

/* --- the instance */

static void mqueue_super_destroy(struct super *sb)
{
	kfree(sb->private);
}

static int mqueue_remount(struct super *sb, const char *options)
{
	return mount_options_none(options);
}

static const struct super_ops mqueue_super_ops = {
	.inode_free = mqueue_inode_free,
	.destroy = mqueue_super_destroy,
	.remount = mqueue_remount,
};

static int mqueue_type_mount(struct fs_type *type, const char *source, const char *options,
			     struct super **out);

static const struct user_ns *mqueue_owner(void)
{
	return ipc_ns_current()->ns.owner;
}

static struct fs_type mqueue_type = { .name = "mqueue", .flags = FS_USER_NS,
				      .owner = mqueue_owner, .mount = mqueue_type_mount };

static int super_fill(struct super *sb, const void *unused)
{
	struct inode *root;

	sb->flags |= SUPER_ALL_CACHED;
	sb->private = kzalloc(sizeof(struct mqueue_instance));
	root = sb->private != NULL ? inode_create(sb, S_IFDIR | S_ISVTX | 0777) : NULL;
	if (root == NULL)
		return -ENOMEM;
	root->nlink = 2;
	root->ops = &mqueue_dir_ops;
	root->fops = &mqueue_dir_fops;
	return super_set_root(sb, root);
}

static int instance_create(struct mount **out)
{
	struct super *sb;
	int err = super_make(&mqueue_type, &mqueue_super_ops, MQUEUE_MAGIC, super_fill, NULL, &sb);

	return err ? err : mount_create(sb, sb->root, 0, "mqueue", out);
}

static void instance_put(void *mount)
{
	mount_put(mount);
}

/* The namespace's own mount, borrowed from it. */
static int mount_of_ns(struct ipc_ns *ns, struct mount **out)
{
	struct mount *fresh;
	void *none = NULL;
	int err = 0;

	*out = atomic_load(&ns->mqueue_mount);
	if (*out != NULL)
		return 0;
	err = instance_create(&fresh);
	if (err)
		return err;
	ns->mqueue_put = instance_put;
	if (!atomic_compare_exchange_strong(&ns->mqueue_mount, &none, (void *)fresh))
		mount_put(fresh); /* somebody was faster */
	*out = atomic_load(&ns->mqueue_mount);
	return 0;
}

static int mqueue_type_mount(struct fs_type *type, const char *source, const char *options,
			     struct super **out)
{
	struct mount *m;
	int err = mount_options_none(options);

	if (err == 0)
		err = mount_of_ns(ipc_ns_current(), &m);
	if (err == 0)
		*out = super_get(m->sb);
	return err;
}

void mqueue_init(void)
{
	fs_type_register(&mqueue_type);
}

/* --- by name */

/* What can be a name in the directory. */
static int name_check(const char *name)
{
	if (name[0] == '\0')
		return -ENOENT;
	if (strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EACCES;
	return strlen(name) > 255 ? -ENAMETOOLONG : 0;
}

/* The name, counted, perhaps negative; the directory is locked if it returns 0. */
__lock_unchecked static int name_lock(const char *text, struct mount **m, struct dentry **d)
{
	struct name name = name_make(text, strlen(text));
	int err = name_check(text);

	if (err == 0)
		err = mount_of_ns(ipc_ns_current(), m);
	if (err)
		return err;
	dir_lock((*m)->root->inode);
	err = dentry_lookup_locked((*m)->root, &name, d);
	if (err)
		dir_unlock((*m)->root->inode);
	return err;
}

static int open_found(struct inode *inode, unsigned flags)
{
	static const unsigned access[4] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, 0 };

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if ((flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	return inode_permission(inode, access[flags & O_ACCMODE]);
}

int mqueue_open(const char *name, unsigned flags, unsigned mode, const struct abi_mq_attr *attr,
		struct file **out)
{
	struct path p = { 0 };
	int err = name_lock(name, &p.mnt, &p.dentry);
	struct inode *dir;

	if (err)
		return err;
	dir = p.mnt->root->inode;
	mutex_assert_held(&dir->lock);
	if (p.dentry->inode != NULL)
		err = open_found(p.dentry->inode, flags);
	else if (!(flags & O_CREAT))
		err = -ENOENT;
	else
		err = dir_may_create(dir);
	if (err == 0 && p.dentry->inode == NULL)
		err = name_add(dir, p.dentry, S_IFREG | dir_apply_umask(mode & 0777), attr);
	dir_unlock(dir);
	if (err == 0)
		err = file_open_path(&p, flags & ~(unsigned)(O_CREAT | O_EXCL | O_TRUNC),
				     current->cred, out);
	dentry_put(p.dentry);
	return err;
}

int mqueue_unlink(const char *name)
{
	struct dentry *d;
	struct mount *m;
	struct inode *dir;
	int err = name_lock(name, &m, &d);

	if (err)
		return err;
	dir = m->root->inode;
	mutex_assert_held(&dir->lock);
	err = d->inode != NULL ? dir_may_delete(dir, d, false) : -ENOENT;
	if (err == 0 && mount_on_dentry(d))
		err = -EBUSY;
	if (err == 0) {
		mutex_lock(&d->inode->lock);
		(void)mqueue_dir_unlink(dir, d);
		mutex_unlock(&d->inode->lock);
		dentry_unhash(d);
	}
	dir_unlock(dir);
	dentry_put(d);
	return err;
}

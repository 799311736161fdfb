/*
 * File systems: the kinds that are registered, and the instances that are alive.
 *
 * Mounting asks a kind for an instance; the mount keeps the reference. Everything below an
 * instance (dentries, inodes) is only reachable through a mount, so when the last super_put comes
 * nobody walks there any more: its names are dropped first, that drops the inodes, and then the
 * file system frees what is left. An inode that survives that is a leak of the kernel's, and is
 * said on the console.
 *
 * Locking: super_lock guards the two lists.
 */
#include "kernel/fs/super.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/printk.h"
#include "kernel/fs/dentry.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct spinlock super_lock = SPINLOCK_INIT("super", LOCK_RANK_INODE_TABLE);
static struct list types = LIST_INIT(types);	 /* [super_lock] */
static struct list supers = LIST_INIT(supers);	 /* [super_lock] */
static unsigned next_minor = 1;			 /* [super_lock] */

void fs_type_register(struct fs_type *type)
{
	spin_lock(&super_lock);
	list_add_tail(&type->link, &types);
	spin_unlock(&super_lock);
}

struct fs_type *fs_type_find(const char *name)
{
	struct fs_type *type, *found = NULL;

	spin_lock(&super_lock);
	list_for_each_entry(type, &types, link) {
		if (str_equal(type->name, name)) {
			found = type;
			break;
		}
	}
	spin_unlock(&super_lock);
	return found;
}

struct fs_type *fs_type_at(unsigned n)
{
	struct fs_type *type, *found = NULL;

	spin_lock(&super_lock);
	list_for_each_entry(type, &types, link) {
		if (n-- == 0) {
			found = type;
			break;
		}
	}
	spin_unlock(&super_lock);
	return found;
}

struct super *super_create(struct fs_type *type, const struct super_ops *ops, uint64_t magic)
{
	struct super *sb = kzalloc(sizeof(*sb));

	if (!sb)
		return NULL;
	ref_init(&sb->ref);
	list_init(&sb->mounts);
	sb->type = type;
	sb->ops = ops;
	sb->magic = magic;
	sb->owner = user_ns_get(current_cred()->user_ns);
	sb->block_size = 4096;
	sb->max_bytes = INT64_MAX;
	atomic_init(&sb->next_ino, 1);
	spin_lock(&super_lock);
	sb->dev = DEV_MAKE(0, next_minor);
	next_minor++;
	list_add_tail(&sb->link, &supers);
	spin_unlock(&super_lock);
	return sb;
}

int super_set_root(struct super *sb, struct inode *inode)
{
	struct name slash = name_make("/", 1);

	sb->root = dentry_create(sb, NULL, &slash);
	if (!sb->root) {
		inode_put(inode);
		return -ENOMEM;
	}
	dentry_instantiate(sb->root, inode);
	return 0;
}

int super_make(struct fs_type *type, const struct super_ops *ops, uint64_t magic,
	       int (*fill)(struct super *sb, const void *arg), const void *arg, struct super **out)
{
	struct super *sb = super_create(type, ops, magic);
	int err = sb != NULL ? fill(sb, arg) : -ENOMEM;

	if (err)
		super_put(sb);
	else
		*out = sb;
	return err;
}

struct super *super_get(struct super *sb)
{
	ref_get(&sb->ref);
	return sb;
}

struct super *super_find(const struct fs_type *type, const void *private)
{
	struct super *sb, *found = NULL;

	spin_lock(&super_lock);
	list_for_each_entry(sb, &supers, link) {
		if (sb->type == type && sb->private == private && ref_get_unless_zero(&sb->ref)) {
			found = sb;
			break;
		}
	}
	spin_unlock(&super_lock);
	return found;
}

void super_put(struct super *sb)
{
	if (!sb || !ref_put(&sb->ref))
		return;
	spin_lock(&super_lock);
	list_del(&sb->link);
	spin_unlock(&super_lock);
	if (sb->root) {
		dentry_drop_tree(sb->root);
		dentry_put(sb->root);
	}
	if (atomic_load(&sb->inode_count) != 0)
		pr_err("fs: %s was unmounted with %ld inodes still held", sb->type->name,
		       atomic_load(&sb->inode_count));
	if (sb->ops->destroy)
		sb->ops->destroy(sb);
	user_ns_put(sb->owner);
	kfree(sb);
}

int super_statfs(struct super *sb, struct abi_statfs *st)
{
	memset(st, 0, sizeof(*st));
	st->type = (int64_t)sb->magic;
	st->bsize = st->frsize = (int64_t)sb->block_size;
	st->namelen = 255;
	st->fsid[0] = (int32_t)sb->dev;
	return sb->ops->statfs ? sb->ops->statfs(sb, st) : 0;
}

/* The n-th instance, counted; NULL past the end. */
static struct super *super_at(unsigned n)
{
	struct super *sb, *found = NULL;

	spin_lock(&super_lock);
	list_for_each_entry(sb, &supers, link) {
		if (n-- == 0) {
			if (ref_get_unless_zero(&sb->ref))
				found = sb;
			break;
		}
	}
	spin_unlock(&super_lock);
	return found;
}

void super_sync_all(void)
{
	struct super *sb;

	for (unsigned n = 0; (sb = super_at(n)) != NULL; n++) {
		if (sb->ops->sync && sb->ops->sync(sb) < 0)
			pr_err("fs: %s could not be written out", sb->type->name);
		super_put(sb);
	}
}

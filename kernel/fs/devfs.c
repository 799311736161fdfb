/*
 * Devices: the registry of numbers, and devtmpfs.
 *
 * A driver registers a range of device numbers with its file_ops; opening a device node of any
 * file system asks the registry. A device registered with a name also gets a node in devtmpfs, a
 * tmpfs of which there is one instance: every mount of it shows the same nodes, and what user
 * space adds to it (links, sockets, mount points) is seen by all as well.
 *
 * Locking: dev_mutex guards the list while it changes; entries never go and are published whole,
 * so that readers walk the list without a lock.
 *
 * LIMIT: no block devices yet: their nodes can be made, and opening them gives -ENXIO.
 */
#include "kernel/fs/devfs.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/dir.h"
#include "kernel/fs/super.h"
#include "kernel/fs/tmpfs.h"
#include "lib/errno.h"
#include "lib/string.h"

struct device {
	struct device *next; /* [i] */
	dev_t first;	     /* [i] */
	unsigned count;	     /* [i] */
	const char *name;    /* [i] NULL: no node */
	unsigned mode;	     /* [i] permission bits of the node */
	const struct file_ops *ops; /* [i] */
};

static struct mutex dev_mutex = MUTEX_INIT(dev_mutex, "devices", LOCK_RANK_MOUNT);
static struct device *devices; /* [dev_mutex to change] newest first */
static struct super *dev_super; /* [i] after devfs_init, never put */

static struct device *device_find(dev_t dev)
{
	struct device *d = __atomic_load_n(&devices, __ATOMIC_ACQUIRE);

	while (d && (DEV_MAJOR(d->first) != DEV_MAJOR(dev) ||
		     DEV_MINOR(dev) - DEV_MINOR(d->first) >= d->count))
		d = d->next;
	return d;
}

const struct file_ops *dev_char_ops(dev_t dev)
{
	struct device *d = device_find(dev);

	return d ? d->ops : NULL;
}

bool dev_char_at(unsigned n, unsigned *major, const char **name)
{
	struct device *d = __atomic_load_n(&devices, __ATOMIC_ACQUIRE);

	while (d && n-- > 0)
		d = d->next;
	if (!d)
		return false;
	*major = DEV_MAJOR(d->first);
	*name = d->name ? d->name : "char";
	return true;
}

/* The directory or node `name` below parent, made if it isn't there. *out: counted. */
static int node_make(struct dentry *parent, const char *name, size_t len, unsigned mode, dev_t dev,
		     struct dentry **out)
{
	struct name n = name_make(name, len);
	struct inode *dir = parent->inode;
	int err;

	dir_lock(dir);
	err = dentry_lookup_locked(parent, &n, out);
	if (!err && !(*out)->inode) {
		err = dir->ops->mknod(dir, *out, mode, dev);
		if (err) {
			dentry_put(*out);
		} else {
			(*out)->inode->uid = 0;
			(*out)->inode->gid = 0;
		}
	}
	dir_unlock(dir);
	return err;
}

/* The node of d, and the directories on the way. */
static int device_node(const struct device *d)
{
	struct dentry *at = dentry_get(dev_super->root), *next;
	const char *name = d->name, *slash;
	int err;

	while ((slash = strchr(name, '/')) != NULL) {
		err = node_make(at, name, (size_t)(slash - name), S_IFDIR | 0755, 0, &next);
		dentry_put(at);
		if (err)
			return err;
		at = next;
		name = slash + 1;
	}
	err = node_make(at, name, strlen(name), S_IFCHR | d->mode, d->first, &next);
	dentry_put(at);
	if (!err)
		dentry_put(next);
	return err;
}

static int device_add(const struct device *from)
{
	struct device *d = kmemdup(from, sizeof(*from));
	int err = 0;

	if (!d)
		return -ENOMEM;
	mutex_lock(&dev_mutex);
	if (device_find(d->first))
		err = -EEXIST;
	if (!err && dev_super && d->name)
		err = device_node(d);
	if (!err) {
		d->next = devices;
		__atomic_store_n(&devices, d, __ATOMIC_RELEASE);
	}
	mutex_unlock(&dev_mutex);
	if (err)
		kfree(d);
	return err;
}

int dev_register_char(dev_t dev, const char *name, unsigned mode, const struct file_ops *ops)
{
	struct device d = { .first = dev, .count = 1, .name = name, .mode = mode, .ops = ops };

	return device_add(&d);
}

int dev_register_char_range(dev_t first, unsigned count, const struct file_ops *ops)
{
	struct device d = { .first = first, .count = count, .ops = ops };

	return device_add(&d);
}

/* Every mount shows the one instance, and remounts it. */
static int devfs_mount(struct fs_type *type, const char *source, const char *options,
		       struct super **out)
{
	(void)type, (void)source, (void)options;
	*out = super_get(dev_super);
	return 0;
}

static struct fs_type devfs_type = { .name = "devtmpfs", .flags = FS_REMOUNTED,
				      .mount = devfs_mount };

int devfs_init(void)
{
	struct super *sb;
	int err = tmpfs_mount(&devfs_type, "devtmpfs", "mode=755", &sb);

	if (err)
		return err;
	mutex_lock(&dev_mutex);
	dev_super = sb;
	for (struct device *d = devices; d && !err; d = d->next) {
		if (d->name)
			err = device_node(d);
	}
	mutex_unlock(&dev_mutex);
	fs_type_register(&devfs_type);
	return err;
}

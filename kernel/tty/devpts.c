/*
 * devpts: a directory of pseudo-terminals.
 *
 * There is one instance, however often it is mounted. It has the node ptmx, which is /dev/ptmx by
 * another name, and a node for each pair, which the pair's master makes and removes; users can
 * neither make nor remove names. The names live in the name cache alone, pinned, as in tmpfs.
 *
 * Options: mode=, uid=, gid= of nodes made from now on, ptmxmode= of ptmx. uid and gid default to
 * the opener's.
 *
 * Locking: the root's inode lock, as for every directory.
 *
 * NOTE(linux): one instance for all, there one per mount: options of a later mount replace those of
 * an earlier one, and newinstance and max= mean nothing. So a mount by somebody who rules only his
 * own user namespace may name no options but those in force (EPERM).
 */
#include "kernel/tty/devpts.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/dir.h"
#include "kernel/fs/file.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/mount_options.h"
#include "kernel/fs/path_walk.h"
#include "kernel/fs/super.h"
#include "kernel/task/cred.h"
#include "kernel/tty/pty.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define DEVPTS_MAGIC 0x1cd1
#define NO_ID UINT32_MAX

struct devpts_options {
	unsigned mode, ptmx_mode, uid, gid; /* NO_ID: the opener's */
};

#define DEFAULT_OPTIONS { .mode = 0600, .ptmx_mode = 0, .uid = NO_ID, .gid = NO_ID }

static struct devpts_options options = DEFAULT_OPTIONS; /* [root's lock] */
static struct super *devpts; /* [i] never put */
static struct inode *ptmx;   /* [i] its name holds it */

/* --- nodes ------------------------------------------------------------------------------------ */

static void node_destroy(struct inode *inode)
{
	pty_put(inode->private);
}

static const struct inode_ops node_ops = { .destroy = node_destroy };

/* A new name in the root, with a device of that number. *out: counted. */
static int node_make(const char *text, unsigned mode, dev_t rdev, struct dentry **out)
{
	struct name name = name_make(text, strlen(text));
	struct inode *inode = inode_create(devpts, S_IFCHR | mode);
	int err;

	if (inode == NULL)
		return -ENOMEM;
	err = dentry_lookup_locked(devpts->root, &name, out);
	if (err) {
		inode_put(inode);
		return err;
	}
	inode->rdev = rdev;
	dentry_instantiate(*out, inode);
	return 0;
}

int devpts_add(struct pty *p, struct dentry **out)
{
	struct inode *root = devpts->root->inode, *inode;
	char name[12];
	int err;

	str_format(name, sizeof(name), "%u", p->nr);
	dir_lock(root);
	err = node_make(name, options.mode, p->tty.dev, out);
	if (!err) {
		inode = (*out)->inode;
		inode->uid = options.uid != NO_ID ? options.uid : current->cred->fsuid;
		inode->gid = options.gid != NO_ID ? options.gid : current->cred->fsgid;
		inode->ops = &node_ops;
		inode->fops = &pty_slave_ops;
		inode->private = pty_get(p);
		dentry_pin(*out);
		inode_touch_mtime(root);
	}
	dir_unlock(root);
	return err;
}

void devpts_remove(struct dentry *node)
{
	struct inode *root = devpts->root->inode;

	dir_lock(root);
	node->inode->nlink = 0;
	dentry_unhash(node);
	inode_touch_mtime(root);
	dir_unlock(root);
	dentry_put(node);
}

static const struct file_ops root_fops = { .iterate = dir_iterate_cached };

int devpts_mount_find(const struct path *near, struct path *out)
{
	int err;

	if (near->mnt->sb == devpts) {
		*out = (struct path){ near->mnt, devpts->root };
		path_get(out);
		return 0;
	}
	err = path_lookup(AT_FDCWD, "/dev/pts", WALK_FOLLOW | WALK_DIRECTORY, out);
	if (err)
		return -ENODEV;
	if (out->mnt->sb == devpts)
		return 0;
	path_put(out);
	return -ENODEV;
}

/* --- the instance ----------------------------------------------------------------------------- */

static int option_parse(const char *name, const char *value, void *arg)
{
	struct devpts_options *o = arg;
	const struct {
		const char *name;
		unsigned base;
		uint64_t max;
		unsigned *to;
	} known[] = {
		{ "mode", 8, 0777, &o->mode },
		{ "ptmxmode", 8, 0777, &o->ptmx_mode },
		{ "uid", 10, NO_ID - 1, &o->uid },
		{ "gid", 10, NO_ID - 1, &o->gid },
		{ "max", 10, UINT32_MAX, NULL },
	};
	uint64_t n;

	if (str_equal(name, "newinstance"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!str_equal(name, known[i].name))
			continue;
		if (value == NULL || str_to_u64(value, NULL, known[i].base, &n) < 0 ||
		    n > known[i].max)
			return -EINVAL;
		if (known[i].to != NULL)
			*known[i].to = (unsigned)n;
		return 0;
	}
	return -EINVAL;
}

static int devpts_remount(struct super *sb, const char *text)
{
	struct inode *root = devpts->root->inode;
	struct devpts_options o = DEFAULT_OPTIONS;
	int err = mount_options_parse(text, option_parse, &o);

	if (err)
		return err;
	dir_lock(root);
	options = o;
	ptmx->mode = S_IFCHR | o.ptmx_mode;
	dir_unlock(root);
	return 0;
}

/* Everybody's terminals are made by the options: who doesn't rule the machine can't change them. */
static int options_check(const char *text)
{
	struct devpts_options o = options;
	int err = mount_options_parse(text, option_parse, &o);

	if (err)
		return err;
	return memcmp(&o, &options, sizeof(o)) == 0 ? 0 : -EPERM;
}

static size_t devpts_show_options(struct super *sb, char *buf, size_t size)
{
	struct devpts_options o = options;
	size_t at = 0;

	if (o.uid != NO_ID)
		at += (size_t)str_format(buf, size, ",uid=%u", o.uid);
	if (at < size && o.gid != NO_ID)
		at += (size_t)str_format(buf + at, size - at, ",gid=%u", o.gid);
	if (at < size)
		at += (size_t)str_format(buf + at, size - at, ",mode=%03o,ptmxmode=%03o", o.mode,
					 o.ptmx_mode);
	return min(at, size);
}

static const struct super_ops devpts_super_ops = {
	.remount = devpts_remount,
	.show_options = devpts_show_options,
};

static int devpts_mount(struct fs_type *type, const char *source, const char *text,
			struct super **out)
{
	int err = capable(CAP_SYS_ADMIN) ? devpts_remount(devpts, text) : options_check(text);

	if (!err)
		*out = super_get(devpts);
	return err;
}

static struct fs_type devpts_type = { .name = "devpts",
				       .flags = FS_USER_NS | FS_ONE_FOR_ALL | FS_NO_WORDS,
				       .mount = devpts_mount };

int devpts_init(void)
{
	struct inode *root;
	struct dentry *name;
	int err;

	devpts = super_create(&devpts_type, &devpts_super_ops, DEVPTS_MAGIC);
	if (devpts == NULL)
		return -ENOMEM;
	devpts->flags |= SUPER_ALL_CACHED;
	root = inode_create(devpts, S_IFDIR | 0755);
	if (root == NULL)
		return -ENOMEM;
	root->nlink = 2;
	root->fops = &root_fops;
	err = super_set_root(devpts, root);
	if (err)
		return err;
	dir_lock(root);
	err = node_make("ptmx", options.ptmx_mode, DEV_MAKE(5, 2), &name);
	if (!err) {
		ptmx = name->inode;
		dentry_pin(name);
	}
	dir_unlock(root);
	if (err)
		return err;
	dentry_put(name);
	fs_type_register(&devpts_type);
	return 0;
}

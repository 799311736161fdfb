/*
 * cgroup2.
 *
 * A directory is a struct cgroup, its files are the rows of a table: a name, a mode, a function
 * that writes the text and one that takes what was written. Inodes and names are made when they are
 * looked up and can be forgotten again; what has to last, their owners and modes, lies in the
 * cgroup. That makes delegation work: whoever is given a directory and its cgroup.procs may make
 * groups below it and move processes between them.
 *
 * There is one instance. A mount shows it from the root of the mounter's cgroup namespace down.
 *
 * Locking: the directory's inode lock serialises the making and removing of groups in it; the
 * groups themselves are under tasks_lock.
 */
#include "kernel/fs/cgroupfs.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/dirent.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/cgroup_files.h"
#include "kernel/fs/cgroupfs_node.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/mount_options.h"
#include "kernel/fs/path_walk.h"
#include "kernel/fs/super.h"
#include "kernel/task/cgroup_ns.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

static CACHE_DEFINE(cgroup_node_cache, struct cgroup_node);
static const struct inode_ops node_ops, dir_ops;
static const struct file_ops dir_fops;
static struct super *cgroup_super; /* [i] made at the first mount, never put */
static struct mutex cgroup_super_mutex = MUTEX_INIT(cgroup_super_mutex, "cgroupfs",
						    LOCK_RANK_MOUNT);

/* --- Inodes ----------------------------------------------------------------------------------- */

static unsigned attr_index(const struct cgroup_file *file)
{
	return file == NULL ? 0 : 1 + (unsigned)(file - cgroup_files);
}

static void attrs_init(struct cgroup *c, unsigned dir_mode)
{
	const struct cred *cred = current_cred();

	for (unsigned i = 0; i <= cgroup_file_count; i++) {
		c->attrs[i] = (struct cgroup_attr){
			.uid = cred->fsuid,
			.gid = cred->fsgid,
			.mode = i == 0 ? S_IFDIR | dir_mode : S_IFREG | cgroup_files[i - 1].mode,
		};
	}
}

static struct inode *node_create(struct super *sb, struct cgroup *c,
				 const struct cgroup_file *file)
{
	struct cgroup_node *n = cache_alloc(&cgroup_node_cache, ALLOC_ZERO);
	const struct cgroup_attr *a = &c->attrs[attr_index(file)];

	if (n == NULL)
		return NULL;
	inode_init(&n->inode, sb, a->mode);
	n->inode.uid = a->uid;
	n->inode.gid = a->gid;
	n->inode.ino = file == NULL ? c->id : 1UL << 40 | c->id << 8 | attr_index(file);
	n->inode.ops = file == NULL ? &dir_ops : &node_ops;
	n->inode.fops = file == NULL ? &dir_fops : &cgroup_file_ops;
	n->cgroup = cgroup_get(c);
	n->file = file;
	return &n->inode;
}

static void node_destroy(struct inode *inode)
{
	cgroup_put(cgroup_node(inode)->cgroup);
}

static void node_free(struct inode *inode)
{
	cache_free(&cgroup_node_cache, cgroup_node(inode));
}

/* Kept where it lasts. */
static int node_setattr(struct inode *inode, const struct inode_attr *attr)
{
	struct cgroup_node *n = cgroup_node(inode);
	struct cgroup_attr *a = &n->cgroup->attrs[attr_index(n->file)];
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	if (attr->valid & ATTR_MODE)
		a->mode = (a->mode & S_IFMT) | (attr->mode & ~S_IFMT);
	if (attr->valid & ATTR_UID)
		a->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		a->gid = attr->gid;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return 0;
}

static int dir_getattr(struct inode *inode, struct inode_stat *st)
{
	irqflags_t irq;

	inode_stat(inode, st);
	irq = spin_lock_irqsave(&tasks_lock);
	st->nlink = 2 + (unsigned)list_length(&cgroup_node(inode)->cgroup->children);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return 0;
}

/* Files come and go with their controllers. */
static bool node_revalidate(struct dentry *d)
{
	struct cgroup_node *n = cgroup_node(d->inode);

	return !READ_ONCE(n->cgroup->dead) &&
	       (n->file == NULL || cgroup_file_is_shown(n->file, n->cgroup));
}

/* --- Directories ------------------------------------------------------------------------------ */

static const struct cgroup_file *file_named(const char *name)
{
	for (unsigned i = 0; i < cgroup_file_count; i++) {
		if (strcmp(cgroup_files[i].name, name) == 0)
			return &cgroup_files[i];
	}
	return NULL;
}

static int dir_lookup(struct inode *dir, struct dentry *d)
{
	struct cgroup *c = cgroup_node(dir)->cgroup, *child = NULL;
	const struct cgroup_file *file = file_named(d->name);
	struct inode *inode;
	irqflags_t irq;

	if (file != NULL && !cgroup_file_is_shown(file, c))
		return -ENOENT; /* it may be there later */
	if (file == NULL) {
		irq = spin_lock_irqsave(&tasks_lock);
		child = cgroup_child(c, d->name);
		if (child != NULL)
			cgroup_get(child);
		spin_unlock_irqrestore(&tasks_lock, irq);
		if (child == NULL)
			return 0;
	}
	inode = node_create(dir->sb, child != NULL ? child : c, file);
	cgroup_put(child);
	if (inode == NULL)
		return -ENOMEM;
	dentry_instantiate(d, inode);
	return 0;
}

static int dir_mknod(struct inode *dir, struct dentry *d, unsigned mode, dev_t rdev)
{
	struct cgroup *parent = cgroup_node(dir)->cgroup, *c;
	struct inode *inode;
	int err;

	(void)rdev;
	if (!S_ISDIR(mode))
		return -EPERM;
	if (strchr(d->name, '\n') != NULL)
		return -EINVAL;
	err = cgroup_create(parent, d->name, &c);
	if (err)
		return err;
	attrs_init(c, mode & ~S_IFMT);
	inode = node_create(dir->sb, c, NULL);
	if (inode == NULL)
		err = cgroup_remove(c) ?: -ENOMEM;
	else
		dentry_instantiate(d, inode);
	cgroup_put(c);
	return err;
}

static int dir_rmdir(struct inode *dir, struct dentry *d)
{
	int err = cgroup_remove(cgroup_node(d->inode)->cgroup);

	(void)dir;
	if (err == 0)
		dentry_drop_tree(d); /* the names of its files, which hold it */
	return err;
}

/* The nth child, counted, and its name in its own memory: NULL past the end. */
static struct cgroup *child_at(struct cgroup *c, uint64_t nth)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct cgroup *child, *found = NULL;

	list_for_each_entry(child, &c->children, sibling) {
		if (nth-- == 0) {
			found = cgroup_get(child);
			break;
		}
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return found;
}

/* Positions: 2 and on the files, then the children. */
static int dir_iterate(struct file *f, struct dir_emit *emit)
{
	struct cgroup *c = cgroup_node(f->inode)->cgroup, *child;
	bool more = dir_emit_dots(f, emit);

	while (more && f->pos < 2 + cgroup_file_count) {
		const struct cgroup_file *file = &cgroup_files[f->pos - 2];

		if (cgroup_file_is_shown(file, c))
			more = dir_emit_entry(f, emit, file->name, strlen(file->name),
					      1UL << 40 | c->id << 8 | attr_index(file), DT_REG,
					      f->pos + 1);
		else
			f->pos++;
	}
	while (more && (child = child_at(c, f->pos - 2 - cgroup_file_count)) != NULL) {
		more = dir_emit_entry(f, emit, child->name, strlen(child->name), child->id, DT_DIR,
				      f->pos + 1);
		cgroup_put(child);
	}
	return 0;
}

static const struct inode_ops dir_ops = {
	.lookup = dir_lookup,
	.mknod = dir_mknod,
	.rmdir = dir_rmdir,
	.setattr = node_setattr,
	.getattr = dir_getattr,
	.revalidate = node_revalidate,
	.destroy = node_destroy,
};
static const struct file_ops dir_fops = { .iterate = dir_iterate };

/* --- Files: what they do is in cgroupfs_file.c ------------------------------------------------ */

static const struct inode_ops node_ops = {
	.setattr = node_setattr,
	.revalidate = node_revalidate,
	.destroy = node_destroy,
};
/* --- Who may ---------------------------------------------------------------------------------- */

int cgroup_of_file(const struct file *f, struct cgroup **out)
{
	struct cgroup_node *n = cgroup_node(f->inode);

	if (f->inode->ops != &dir_ops)
		return -EBADF;
	if (READ_ONCE(n->cgroup->dead))
		return -ENOENT;
	*out = cgroup_get(n->cgroup);
	return 0;
}

/* Permission to write to its cgroup.procs. */
static int may_write_procs(const struct cgroup *c, const struct cred *cred)
{
	const struct cgroup_attr *a = &c->attrs[CGROUP_ATTR_PROCS];
	unsigned mode = cred->fsuid == a->uid	       ? a->mode >> 6 :
			cred_in_group(cred, a->gid) ? a->mode >> 3 :
							 a->mode;

	if ((mode & 2) || cred_capable(cred, &init_user_ns, CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

int cgroup_may_move(struct cgroup *from, struct cgroup *to, const struct cred *cred)
{
	int err = may_write_procs(cgroup_common(from, to), cred);

	return err ? err : cgroup_may_hold(to);
}

int cgroup_may_clone_into(struct cgroup *from, struct cgroup *to)
{
	int err = may_write_procs(to, current_cred());

	return err ? err : cgroup_may_move(from, to, current_cred());
}

/* --- Mounting --------------------------------------------------------------------------------- */

/* Those that Linux knows: they are as they are here. */
static int option_check(const char *name, const char *value, void *unused)
{
	static const char *const known[] = { "nsdelegate", "memory_recursiveprot",
					     "memory_localevents", "favordynmods" };

	for (unsigned i = 0; i < ARRAY_SIZE(known) && value == NULL; i++) {
		if (str_equal(name, known[i]))
			return 0;
	}
	return -EINVAL;
}

static int cgroup_remount(struct super *sb, const char *options)
{
	return mount_options_parse(options, option_check, NULL);
}

static const struct super_ops cgroup_super_ops = { .inode_free = node_free,
						   .remount = cgroup_remount };

static int super_fill(struct super *sb, const void *unused)
{
	struct inode *root = node_create(sb, &cgroup_root, NULL);

	return root != NULL ? super_set_root(sb, root) : -ENOMEM;
}

static int cgroup_mount(struct fs_type *type, const char *source, const char *options,
			struct super **out)
{
	int err = mount_options_parse(options, option_check, NULL);

	mutex_lock(&cgroup_super_mutex);
	if (err == 0 && cgroup_super == NULL)
		err = super_make(type, &cgroup_super_ops, CGROUP2_SUPER_MAGIC, super_fill, NULL,
				 &cgroup_super);
	if (err == 0)
		*out = super_get(cgroup_super);
	mutex_unlock(&cgroup_super_mutex);
	return err;
}

/* From a directory, counted, to the one of that name in it. */
static int dentry_step(struct dentry **d, const char *text)
{
	struct name name = name_make(text, strlen(text));
	struct dentry *below;
	int err = dentry_lookup(*d, &name, &below);

	if (err)
		return err;
	dentry_put(*d);
	*d = below;
	return below->inode != NULL ? 0 : -ENOENT;
}

/* The directory of c, counted, from the root down. */
static int dentry_of_cgroup(struct super *sb, struct cgroup *c, struct dentry **out)
{
	unsigned count;
	struct cgroup **chain = cgroup_chain(c, &cgroup_root, &count);
	struct dentry *d = dentry_get(sb->root);
	int err = chain != NULL ? 0 : -ENOMEM;

	for (unsigned i = 0; i < count && err == 0; i++)
		err = dentry_step(&d, chain[i]->name);
	kfree(chain);
	if (err)
		dentry_put(d);
	else
		*out = d;
	return err;
}

static int cgroup_mount_root(struct super *sb, struct dentry **out)
{
	return dentry_of_cgroup(sb, cgroup_ns_current()->root, out);
}

static struct fs_type cgroup_type = {
	.name = "cgroup2",
	.mount = cgroup_mount,
	.root = cgroup_mount_root,
};

void cgroupfs_init(void)
{
	attrs_init(&cgroup_root, 0555);
	fs_type_register(&cgroup_type);
}

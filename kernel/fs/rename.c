/*
 * rename: the one change that has two directories, and the only one that can make a loop.
 *
 * Two renames of directories into each other could tie a knot that hangs free of the tree. So
 * renames between different directories take rename_mutex, and with the tree standing still check
 * that neither name lies on the way up from the other's directory.
 *
 * Locking: rename_mutex (between different directories), the two directories, ancestor first, else
 * by address; then the inodes that are moved are locked by no one: their directories' locks are
 * enough for their names. What is replaced is locked until its name is gone.
 */
#include "kernel/fs/dir.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/super.h"
#include "lib/errno.h"

static struct mutex rename_mutex = MUTEX_INIT(rename_mutex, "rename", LOCK_RANK_RENAME);

struct rename {
	struct walk from, to;	   /* after walk_parent */
	struct dentry *old, *new;  /* new may be negative */
	unsigned flags;
};

__lock_unchecked static void lock_dirs(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		dir_lock(a->inode);
		return;
	}
	mutex_lock(&rename_mutex);
	if (dentry_is_ancestor(b, a) || (!dentry_is_ancestor(a, b) && a->inode > b->inode)) {
		struct dentry *t = a;

		a = b;
		b = t;
	}
	dir_lock(a->inode);
	dir_lock(b->inode);
}

__lock_unchecked static void unlock_dirs(struct dentry *a, struct dentry *b)
{
	dir_unlock(a->inode);
	if (a == b)
		return;
	dir_unlock(b->inode);
	mutex_unlock(&rename_mutex);
}

/* Both directories found; their last components are names; the mount is one and writable. */
static int check_places(const struct rename *r)
{
	if (r->from.path.mnt != r->to.path.mnt)
		return -EXDEV;
	if (r->from.last_type != LAST_NORMAL)
		return -EBUSY;
	if (r->to.last_type != LAST_NORMAL)
		return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	return mount_may_write(r->from.path.mnt);
}

/* Looks both names up. Directories locked. */
static int find_names(struct rename *r)
{
	int err = dentry_lookup_locked(r->from.path.dentry, &r->from.last, &r->old);

	if (err)
		return err;
	if (!r->old->inode)
		return -ENOENT;
	err = dentry_lookup_locked(r->to.path.dentry, &r->to.last, &r->new);
	if (err)
		return err;
	if ((r->flags & RENAME_NOREPLACE) && r->new->inode)
		return -EEXIST;
	if ((r->flags & RENAME_EXCHANGE) && !r->new->inode)
		return -ENOENT;
	return 0;
}

/* A trailing slash stands for a directory; and nothing moves into itself. */
static int check_shape(const struct rename *r)
{
	bool old_is_dir = S_ISDIR(r->old->inode->mode);

	if ((r->flags & RENAME_EXCHANGE) && !S_ISDIR(r->new->inode->mode) && r->to.trailing_slash)
		return -ENOTDIR;
	if (!old_is_dir && (r->from.trailing_slash ||
			    (!(r->flags & RENAME_EXCHANGE) && r->to.trailing_slash)))
		return -ENOTDIR;
	if (dentry_is_ancestor(r->old, r->to.path.dentry))
		return -EINVAL;
	if (dentry_is_ancestor(r->new, r->from.path.dentry))
		return r->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

/* A directory that changes its parent has its ".." rewritten: that is writing to it. */
static int may_reparent(const struct dentry *d, bool moves)
{
	return moves && S_ISDIR(d->inode->mode) ? inode_permission(d->inode, MAY_WRITE) : 0;
}

static int check_permission(const struct rename *r)
{
	struct inode *old_dir = r->from.path.dentry->inode, *new_dir = r->to.path.dentry->inode;
	bool exchange = r->flags & RENAME_EXCHANGE, moves = old_dir != new_dir;
	bool old_is_dir = S_ISDIR(r->old->inode->mode);
	int err = dir_may_delete(old_dir, r->old, old_is_dir);

	if (err)
		return err;
	if (!r->new->inode)
		err = dir_may_create(new_dir);
	else
		err = dir_may_delete(new_dir, r->new,
				     exchange ? S_ISDIR(r->new->inode->mode) : old_is_dir);
	if (!err && !old_dir->ops->rename)
		err = -EPERM;
	if (!err)
		err = may_reparent(r->old, moves);
	if (!err && exchange)
		err = may_reparent(r->new, moves);
	if (!err && (mount_on_dentry(r->old) || (r->new->inode && mount_on_dentry(r->new))))
		err = -EBUSY;
	return err;
}

static void names_change(struct rename *r)
{
	if (r->flags & RENAME_EXCHANGE)
		dentry_exchange(r->old, r->new);
	else
		dentry_move(r->old, r->new);
}

/* The change itself, everything checked, but that nothing has been mounted meanwhile on what it
 * replaces. */
__lock_unchecked static int rename_commit(struct rename *r)
{
	struct inode *old_dir = r->from.path.dentry->inode, *new_dir = r->to.path.dentry->inode;
	struct inode *replaced = r->flags & RENAME_EXCHANGE ? NULL : r->new->inode;
	int err;

	if (!replaced) {
		err = old_dir->ops->rename(old_dir, r->old, new_dir, r->new, r->flags);
		if (!err)
			names_change(r);
		return err;
	}
	mutex_lock(&replaced->lock);
	err = mount_on_dentry(r->new) ? -EBUSY :
	      old_dir->ops->rename(old_dir, r->old, new_dir, r->new, r->flags);
	if (!err) {
		replaced->dead = S_ISDIR(replaced->mode);
		names_change(r);
	}
	mutex_unlock(&replaced->lock);
	return err;
}

static int rename_locked(struct rename *r)
{
	int err = find_names(r);

	if (!err)
		err = check_shape(r);
	if (err)
		return err;
	if (r->old->inode == r->new->inode)
		return 0; /* two names of one file: nothing to do, says POSIX */
	err = check_permission(r);
	return err ? err : rename_commit(r);
}

static int rename_walked(struct rename *r)
{
	int err = check_places(r);

	if (err)
		return err;
	r->old = r->new = NULL;
	lock_dirs(r->from.path.dentry, r->to.path.dentry);
	err = rename_locked(r);
	unlock_dirs(r->from.path.dentry, r->to.path.dentry);
	dentry_put(r->old);
	dentry_put(r->new);
	return err;
}

static int walk_to_parent(struct walk *w, int dfd, const char *name)
{
	int err = walk_begin(w, dfd, name, 0);

	if (err)
		return err;
	err = walk_parent(w);
	if (err)
		walk_end(w);
	return err;
}

int dir_rename(int old_dfd, const char *old_name, int new_dfd, const char *new_name, unsigned flags)
{
	struct rename r; /* two kilobytes: not worth clearing */
	int err;

	r.flags = flags;
	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if ((flags & RENAME_EXCHANGE) && (flags & RENAME_NOREPLACE))
		return -EINVAL;
	err = walk_to_parent(&r.from, old_dfd, old_name);
	if (err)
		return err;
	err = walk_to_parent(&r.to, new_dfd, new_name);
	if (!err) {
		err = rename_walked(&r);
		walk_end(&r.to);
	}
	walk_end(&r.from);
	return err;
}

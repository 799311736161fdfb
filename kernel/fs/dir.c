/*
 * Making and removing names.
 *
 * All have one shape: walk to the directory, take its lock, look the name up, check, let the file
 * system do it, let the name cache know, drop the lock. What goes away (a dentry, with it perhaps
 * the last reference to a file and its pages) is put after the lock is dropped.
 *
 * Errors come in this order, as on Linux: the walk; the last component is no name ("/", ".", "..");
 * the name is (not) there; the mount is read-only; permission; what the file system says.
 *
 * Locking: the directory's inode lock; the victim's under it, so that nothing is made in it or
 * mounted on it until its name is gone. kernel/fs/rename.c has the call that needs two
 * directories.
 */
#include "kernel/fs/dir.h"

#include "kernel/abi/capability.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/super.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"
#include "lib/string.h"

void dir_lock(struct inode *dir)
{
	mutex_lock(&dir->lock);
}

void dir_unlock(struct inode *dir)
{
	mutex_unlock(&dir->lock);
}

unsigned dir_apply_umask(unsigned mode)
{
	return mode & S_IALLUGO & ~READ_ONCE(current->fs->umask);
}

int dir_may_create(struct inode *dir)
{
	if (dir->dead)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* In a sticky directory only the owner of the file or of the directory removes it. */
static bool sticky_forbids(const struct inode *dir, const struct inode *inode)
{
	unsigned uid = current_cred()->fsuid;

	return (dir->mode & S_ISVTX) && inode->uid != uid && dir->uid != uid &&
	       !inode_capable(inode, CAP_FOWNER);
}

int dir_may_delete(struct inode *dir, struct dentry *victim, bool want_dir)
{
	int err = inode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if (sticky_forbids(dir, victim->inode))
		return -EPERM;
	if (want_dir && !S_ISDIR(victim->inode->mode))
		return -ENOTDIR;
	if (!want_dir && S_ISDIR(victim->inode->mode))
		return -EISDIR;
	return dir->dead ? -ENOENT : 0;
}

/* --- Making --- */

/* A name about to be made: the directory is locked, *d negative. */
__lock_unchecked
static int create_begin(struct walk *w, int dfd, const char *name, bool is_dir, struct dentry **d)
{
	struct inode *dir;
	int err = walk_begin(w, dfd, name, 0);

	if (err)
		return err;
	err = walk_parent(w);
	if (!err && w->last_type != LAST_NORMAL)
		err = -EEXIST;
	if (err)
		goto fail;
	dir = w->path.dentry->inode;
	dir_lock(dir);
	err = dentry_lookup_locked(w->path.dentry, &w->last, d);
	if (err)
		goto fail_locked;
	if ((*d)->inode)
		err = -EEXIST;
	else if (w->trailing_slash && !is_dir)
		err = -ENOENT;
	else
		err = mount_may_write(w->path.mnt);
	if (!err)
		return 0;
	dentry_put(*d);
fail_locked:
	dir_unlock(dir);
fail:
	walk_end(w);
	return err;
}

__lock_unchecked static void create_end(struct walk *w, struct dentry *d)
{
	dir_unlock(w->path.dentry->inode);
	dentry_put(d);
	walk_end(w);
}

static int mknod_locked(struct inode *dir, struct dentry *d, unsigned mode, dev_t rdev)
{
	int err = dir_may_create(dir);

	if (err)
		return err;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !capable(CAP_MKNOD))
		return -EPERM;
	if (!dir->ops->mknod)
		return -EPERM;
	return dir->ops->mknod(dir, d, mode, rdev);
}

int dir_mknod_path(int dfd, const char *name, unsigned mode, dev_t rdev, struct path *out)
{
	struct dentry *d;
	struct walk w;
	int err = create_begin(&w, dfd, name, false, &d);

	if (err)
		return err;
	err = mknod_locked(w.path.dentry->inode, d, (mode & S_IFMT) | dir_apply_umask(mode), rdev);
	if (!err && out) {
		*out = (struct path){ w.path.mnt, d };
		path_get(out);
	}
	create_end(&w, d);
	return err;
}

int dir_mknod(int dfd, const char *name, unsigned mode, dev_t rdev)
{
	return dir_mknod_path(dfd, name, mode, rdev, NULL);
}

int dir_mkdir(int dfd, const char *name, unsigned mode)
{
	struct dentry *d;
	struct walk w;
	int err = create_begin(&w, dfd, name, true, &d);

	if (err)
		return err;
	mode &= 0777 | S_ISVTX;
	err = mknod_locked(w.path.dentry->inode, d, S_IFDIR | dir_apply_umask(mode), 0);
	create_end(&w, d);
	return err;
}

int dir_symlink(const char *target, int dfd, const char *name)
{
	struct dentry *d;
	struct inode *dir;
	struct walk w;
	int err;

	if (target[0] == 0)
		return -ENOENT;
	err = create_begin(&w, dfd, name, false, &d);
	if (err)
		return err;
	dir = w.path.dentry->inode;
	err = dir_may_create(dir);
	if (!err)
		err = dir->ops->symlink ? dir->ops->symlink(dir, d, target) : -EPERM;
	create_end(&w, d);
	return err;
}

/* inode is what gets one more name. dir locked. */
static int link_locked(struct inode *inode, struct inode *dir, struct dentry *d)
{
	int err = dir_may_create(dir);

	if (err)
		return err;
	if (!dir->ops->link || S_ISDIR(inode->mode))
		return -EPERM;
	mutex_lock(&inode->lock);
	if (inode->nlink == 0 && !inode->linkable)
		err = -ENOENT;
	else
		err = dir->ops->link(inode, dir, d);
	if (!err)
		inode->linkable = false;
	mutex_unlock(&inode->lock);
	return err;
}

int dir_link(int old_dfd, const char *old_name, int new_dfd, const char *new_name, unsigned flags)
{
	unsigned walk = (flags & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) |
			(flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
	struct dentry *d;
	struct path old;
	struct walk w;
	int err;

	if ((flags & AT_EMPTY_PATH) && old_name[0] == 0 && !capable(CAP_DAC_READ_SEARCH))
		return -ENOENT;
	err = path_lookup(old_dfd, old_name, walk, &old);
	if (err)
		return err;
	err = create_begin(&w, new_dfd, new_name, false, &d);
	if (err)
		goto out;
	if (old.mnt != w.path.mnt)
		err = -EXDEV;
	else
		err = link_locked(old.dentry->inode, w.path.dentry->inode, d);
	create_end(&w, d);
out:
	path_put(&old);
	return err;
}

/* --- Removing --- */

/* The last component as Linux refuses it when it is no name. */
static int remove_last_type(const struct walk *w, bool is_dir)
{
	switch (w->last_type) {
	case LAST_NORMAL:
		return 0;
	case LAST_DOT:
		return is_dir ? -EINVAL : -EISDIR;
	case LAST_DOTDOT:
		return is_dir ? -ENOTEMPTY : -EISDIR;
	default:
		return is_dir ? -EBUSY : -EISDIR;
	}
}

static int unlink_locked(struct inode *dir, struct dentry *d)
{
	struct inode *inode = d->inode;
	int err = dir_may_delete(dir, d, false);

	if (err)
		return err;
	if (!dir->ops->unlink)
		return -EPERM;
	mutex_lock(&inode->lock);
	err = mount_on_dentry(d) ? -EBUSY : dir->ops->unlink(dir, d);
	if (!err)
		dentry_unhash(d);
	mutex_unlock(&inode->lock);
	return err;
}

static int rmdir_locked(struct inode *dir, struct dentry *d)
{
	struct inode *inode = d->inode;
	int err = dir_may_delete(dir, d, true);

	if (err)
		return err;
	if (!dir->ops->rmdir)
		return -EPERM;
	mutex_lock(&inode->lock);
	err = mount_on_dentry(d) ? -EBUSY : dir->ops->rmdir(dir, d);
	if (!err) {
		inode->dead = true;
		dentry_unhash(d);
	}
	mutex_unlock(&inode->lock);
	return err;
}

/* What a trailing slash on the victim of unlink means. */
static int unlink_slash_error(const struct dentry *d)
{
	return S_ISDIR(d->inode->mode) ? -EISDIR : -ENOTDIR;
}

static int dir_remove(int dfd, const char *name, bool is_dir)
{
	struct dentry *d = NULL;
	struct inode *dir;
	struct walk w;
	int err = walk_begin(&w, dfd, name, 0);

	if (err)
		return err;
	err = walk_parent(&w);
	if (!err)
		err = remove_last_type(&w, is_dir);
	if (!err)
		err = mount_may_write(w.path.mnt);
	if (err)
		goto out;
	dir = w.path.dentry->inode;
	dir_lock(dir);
	err = dentry_lookup_locked(w.path.dentry, &w.last, &d);
	if (!err && !d->inode)
		err = -ENOENT;
	else if (!err && !is_dir && w.trailing_slash)
		err = unlink_slash_error(d);
	else if (!err)
		err = is_dir ? rmdir_locked(dir, d) : unlink_locked(dir, d);
	dir_unlock(dir);
	if (d)
		dentry_put(d);
out:
	walk_end(&w);
	return err;
}

int dir_unlink(int dfd, const char *name)
{
	return dir_remove(dfd, name, false);
}

int dir_rmdir(int dfd, const char *name)
{
	return dir_remove(dfd, name, true);
}

/*
 * Attributes: mode, owner, times, size, and what a change of one does to another.
 *
 * inode_change applies a change whose permission was checked by its caller's rule (each call has
 * its own): the file system's setattr if it has one, else the inode's fields. ATTR_SIZE always
 * needs setattr, which has the contents.
 *
 * Set-id bits go when somebody else's hands were on the file: by chown, by writing, by truncating
 * (unless CAP_FSETID); a chmod that gives set-gid for a group the caller isn't in has the bit
 * taken out in silence.
 */
#include "kernel/fs/attr.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/resource.h"
#include "kernel/abi/signal.h"
#include "kernel/core/clock.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/super.h"
#include "kernel/ipc/signal.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "lib/errno.h"

static void apply_fields(struct inode *inode, const struct inode_attr *attr)
{
	if (attr->valid & ATTR_MODE)
		inode->mode = (inode->mode & S_IFMT) | (attr->mode & S_IALLUGO);
	if (attr->valid & ATTR_UID)
		inode->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		inode->gid = attr->gid;
	if (attr->valid & ATTR_ATIME)
		inode->atime = attr->atime;
	if (attr->valid & ATTR_MTIME)
		inode->mtime = attr->mtime;
}

/* inode->lock held. */
static int change_locked(struct inode *inode, const struct inode_attr *attr)
{
	int err = 0;

	if (inode->ops->setattr)
		err = inode->ops->setattr(inode, attr);
	else if (attr->valid & ATTR_SIZE)
		err = -EINVAL;
	if (err)
		return err;
	apply_fields(inode, attr);
	inode_touch_ctime(inode);
	return 0;
}

int inode_change(struct inode *inode, const struct inode_attr *attr)
{
	int err;

	mutex_lock(&inode->lock);
	err = change_locked(inode, attr);
	mutex_unlock(&inode->lock);
	return err;
}

/* The mode without the bits that don't survive a stranger's hands. */
static unsigned mode_without_setid(const struct inode *inode)
{
	unsigned mode = inode->mode & ~S_ISUID;

	if ((mode & S_ISGID) &&
	    ((mode & 0010) || (!cred_in_group(current_cred(), inode->gid) &&
			       !inode_capable(inode, CAP_FSETID))))
		mode &= ~S_ISGID;
	return mode;
}

void inode_drop_setid(struct inode *inode)
{
	if ((inode->mode & (S_ISUID | S_ISGID)) && S_ISREG(inode->mode) &&
	    !inode_capable(inode, CAP_FSETID))
		inode->mode = mode_without_setid(inode);
}

int path_chmod(const struct path *p, unsigned mode)
{
	struct inode *inode = p->dentry->inode;
	struct inode_attr attr = { .valid = ATTR_MODE, .mode = mode & S_IALLUGO };
	int err = mount_may_write(p->mnt);

	if (err)
		return err;
	if (S_ISLNK(inode->mode))
		return -EOPNOTSUPP;
	mutex_lock(&inode->lock);
	if (!inode_owner_or_capable(inode)) {
		err = -EPERM;
	} else {
		if (!cred_in_group(current_cred(), inode->gid) && !inode_capable(inode, CAP_FSETID))
			attr.mode &= ~S_ISGID;
		err = change_locked(inode, &attr);
	}
	mutex_unlock(&inode->lock);
	return err;
}

/* May current make uid:gid own inode? lock held. */
static bool chown_allowed(const struct inode *inode, const struct inode_attr *attr)
{
	const struct cred *cred = current_cred();

	if (inode_capable(inode, CAP_CHOWN))
		return true;
	if ((attr->valid & (ATTR_UID | ATTR_GID)) && cred->fsuid != inode->uid)
		return false;
	if ((attr->valid & ATTR_UID) && attr->uid != inode->uid)
		return false;
	return !(attr->valid & ATTR_GID) || attr->gid == inode->gid ||
	       cred_in_group(cred, attr->gid);
}

int path_chown(const struct path *p, unsigned uid, unsigned gid)
{
	struct inode *inode = p->dentry->inode;
	struct inode_attr attr = { .uid = uid, .gid = gid };
	int err = mount_may_write(p->mnt);

	if (err)
		return err;
	if (uid != (unsigned)-1)
		attr.valid |= ATTR_UID;
	if (gid != (unsigned)-1)
		attr.valid |= ATTR_GID;
	mutex_lock(&inode->lock);
	if (!chown_allowed(inode, &attr)) {
		err = -EPERM;
	} else {
		attr.mode = mode_without_setid(inode);
		if (!S_ISDIR(inode->mode) && attr.mode != inode->mode)
			attr.valid |= ATTR_MODE;
		err = change_locked(inode, &attr);
	}
	mutex_unlock(&inode->lock);
	return err;
}

int path_utimes(const struct path *p, int64_t atime, int64_t mtime, bool touch)
{
	struct inode *inode = p->dentry->inode;
	struct inode_attr attr = { .atime = atime, .mtime = mtime };
	int err = mount_may_write(p->mnt);

	if (err)
		return err;
	if (!inode_owner_or_capable(inode)) {
		if (!touch)
			return -EPERM;
		err = inode_permission(inode, MAY_WRITE);
		if (err)
			return err;
	}
	if (atime != TIME_OMIT)
		attr.valid |= ATTR_ATIME;
	if (mtime != TIME_OMIT)
		attr.valid |= ATTR_MTIME;
	return inode_change(inode, &attr);
}

/* May the file become so large? Growing past RLIMIT_FSIZE also gets a signal. inode->lock held. */
static int size_check(struct inode *inode, uint64_t size)
{
	if (size > inode->sb->max_bytes)
		return -EFBIG;
	if (size <= inode->size || size <= group_rlimit(current->group, RLIMIT_FSIZE))
		return 0;
	signal_send_task(current, SIGXFSZ, NULL);
	return -EFBIG;
}

static int inode_resize(struct inode *inode, uint64_t size)
{
	struct inode_attr attr = { .valid = ATTR_SIZE, .size = size };
	int err;

	mutex_lock(&inode->lock);
	err = size_check(inode, size);
	if (!err) {
		inode_drop_setid(inode);
		err = change_locked(inode, &attr);
	}
	if (!err)
		inode_touch_mtime(inode);
	mutex_unlock(&inode->lock);
	return err;
}

int path_truncate(const struct path *p, uint64_t size)
{
	struct inode *inode = p->dentry->inode;
	int err;

	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!S_ISREG(inode->mode))
		return -EINVAL;
	err = mount_may_write(p->mnt);
	if (!err)
		err = inode_permission(inode, MAY_WRITE);
	if (!err)
		err = inode_write_begin(inode);
	if (err)
		return err;
	err = inode_resize(inode, size);
	inode_write_end(inode);
	return err;
}

int file_truncate(struct file *f, uint64_t size)
{
	if (!S_ISREG(f->inode->mode) || !(f->mode & FILE_WRITE))
		return -EINVAL;
	return inode_resize(f->inode, size);
}

/* The rules about modes that don't depend on the file. */
static int fallocate_check(unsigned mode, int64_t offset, int64_t len)
{
	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
		     FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	return 0;
}

int file_fallocate(struct file *f, unsigned mode, int64_t offset, int64_t len)
{
	struct inode *inode = f->inode;
	int err = fallocate_check(mode, offset, len);

	if (err)
		return err;
	if (!(f->mode & FILE_WRITE))
		return -EBADF;
	if (S_ISFIFO(inode->mode))
		return -ESPIPE;
	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!S_ISREG(inode->mode))
		return -ENODEV;
	if (len > INT64_MAX - offset || (uint64_t)(offset + len) > inode->sb->max_bytes)
		return -EFBIG;
	if (!inode->ops->fallocate)
		return -EOPNOTSUPP;
	mutex_lock(&inode->lock);
	if (!(mode & FALLOC_FL_KEEP_SIZE))
		err = size_check(inode, (uint64_t)(offset + len));
	if (!err) {
		inode_drop_setid(inode);
		err = inode->ops->fallocate(inode, mode, (uint64_t)offset, (uint64_t)len);
	}
	if (!err)
		inode_touch_mtime(inode);
	mutex_unlock(&inode->lock);
	return err;
}

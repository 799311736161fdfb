/*
 * Attributes: reported (stat, statx, statfs) and changed (chmod, chown, utimens, truncate), by
 * path or descriptor.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/abi/statfs.h"
#include "kernel/abi/time.h"
#include "kernel/core/clock.h"
#include "kernel/fs/attr.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path_walk.h"
#include "kernel/fs/super.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

static unsigned walk_of_at(int flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
}

/* Seconds rounded down, and the rest, for times before 1970 too. */
static int64_t split_ns(int64_t ns, int64_t *rest)
{
	int64_t sec = ns / (int64_t)NSEC_PER_SEC;

	*rest = ns % (int64_t)NSEC_PER_SEC;
	if (*rest < 0) {
		*rest += (int64_t)NSEC_PER_SEC;
		sec--;
	}
	return sec;
}

static long stat_to_user(struct inode *inode, struct abi_stat __user *ust)
{
	struct inode_stat in;
	struct abi_stat st;
	int err = inode_getattr(inode, &in);

	if (err)
		return err;
	st.dev = in.dev;
	st.ino = in.ino;
	st.mode = in.mode;
	st.nlink = in.nlink;
	st.uid = uid_out(in.uid);
	st.gid = gid_out(in.gid);
	st.rdev = in.rdev;
	st.pad1 = 0;
	st.size = (int64_t)in.size;
	st.blksize = (int32_t)in.blksize;
	st.pad2 = 0;
	st.blocks = (int64_t)in.blocks;
	st.atime = split_ns(in.atime, (int64_t *)&st.atime_nsec);
	st.mtime = split_ns(in.mtime, (int64_t *)&st.mtime_nsec);
	st.ctime = split_ns(in.ctime, (int64_t *)&st.ctime_nsec);
	st.unused[0] = st.unused[1] = 0;
	return copy_to_user(ust, &st, sizeof(st));
}

static long stat_fd(int fd, struct abi_stat __user *st)
{
	struct fd_ref r = fd_borrow(fd);
	long ret = r.file ? stat_to_user(r.file->inode, st) : -EBADF;

	fd_return(r);
	return ret;
}

/* An empty string, or none: the descriptor itself is meant. It is how a libc says fstat. */
static bool means_fd(int dfd, const char __user *path, int flags)
{
	char first;

	return (flags & AT_EMPTY_PATH) && dfd >= 0 &&
	       (!path || (user_copy_in(&first, path, 1) == 0 && first == 0));
}

long sys_newfstatat(int dfd, const char __user *path, struct abi_stat __user *st, int flags)
{
	struct path p;
	long ret;

	if (flags & ~STAT_FLAGS)
		return -EINVAL;
	if (means_fd(dfd, path, flags))
		return stat_fd(dfd, st);
	ret = path_lookup_user(dfd, path, walk_of_at(flags), &p);
	if (ret)
		return ret;
	ret = stat_to_user(p.dentry->inode, st);
	path_put(&p);
	return ret;
}

long sys_fstat(int fd, struct abi_stat __user *st)
{
	return stat_fd(fd, st);
}

static struct abi_statx_time statx_time(int64_t ns)
{
	struct abi_statx_time t = { 0 };
	int64_t rest;

	t.sec = split_ns(ns, &rest);
	t.nsec = (uint32_t)rest;
	return t;
}

static long statx_to_user(const struct path *p, struct abi_statx __user *ux)
{
	struct inode_stat in;
	struct abi_statx x;
	int err = inode_getattr(p->dentry->inode, &in);

	if (err)
		return err;
	memset(&x, 0, sizeof(x));
	x.mask = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;
	x.blksize = in.blksize;
	x.attributes_mask = STATX_ATTR_MOUNT_ROOT;
	if (p->dentry == p->mnt->root)
		x.attributes |= STATX_ATTR_MOUNT_ROOT;
	x.nlink = in.nlink;
	x.uid = uid_out(in.uid);
	x.gid = gid_out(in.gid);
	x.mode = (uint16_t)in.mode;
	x.ino = in.ino;
	x.size = in.size;
	x.blocks = in.blocks;
	x.atime = statx_time(in.atime);
	x.btime = statx_time(in.btime);
	x.ctime = statx_time(in.ctime);
	x.mtime = statx_time(in.mtime);
	x.rdev_major = DEV_MAJOR((dev_t)in.rdev);
	x.rdev_minor = DEV_MINOR((dev_t)in.rdev);
	x.dev_major = DEV_MAJOR((dev_t)in.dev);
	x.dev_minor = DEV_MINOR((dev_t)in.dev);
	x.mnt_id = (uint64_t)p->mnt->id;
	return copy_to_user(ux, &x, sizeof(x));
}

long sys_statx(int dfd, const char __user *path, int flags, unsigned int mask,
	       struct abi_statx __user *x)
{
	struct path p;
	long ret;

	if ((mask & STATX_RESERVED) || (flags & ~STAT_FLAGS) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	ret = path_lookup_user(dfd, path, walk_of_at(flags), &p);
	if (ret)
		return ret;
	ret = statx_to_user(&p, x);
	path_put(&p);
	return ret;
}

/* --- File systems --- */

static long statfs_to_user(const struct path *p, struct abi_statfs __user *ust)
{
	static const struct {
		unsigned mount, st;
	} flags[] = {
		{MOUNT_READ_ONLY, ST_RDONLY}, {MS_NOSUID, ST_NOSUID},
		{MS_NODEV, ST_NODEV},       {MS_NOEXEC, ST_NOEXEC},
		{MS_NOATIME, ST_NOATIME},   {MS_NODIRATIME, ST_NODIRATIME},
		{MS_RELATIME, ST_RELATIME}, {MS_NOSYMFOLLOW, ST_NOSYMFOLLOW},
	};
	unsigned of_super = READ_ONCE(p->mnt->sb->mount_flags);
	struct abi_statfs st;
	int err = super_statfs(p->dentry->sb, &st);

	if (err)
		return err;
	st.flags = ST_VALID;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (p->mnt->flags & flags[i].mount)
			st.flags |= flags[i].st;
	}
	if (of_super & MS_SYNCHRONOUS)
		st.flags |= ST_SYNCHRONOUS;
	if (of_super & MS_MANDLOCK)
		st.flags |= ST_MANDLOCK;
	return copy_to_user(ust, &st, sizeof(st));
}

long sys_statfs(const char __user *path, struct abi_statfs __user *st)
{
	struct path p;
	long ret = path_lookup_user(AT_FDCWD, path, WALK_FOLLOW, &p);

	if (ret)
		return ret;
	ret = statfs_to_user(&p, st);
	path_put(&p);
	return ret;
}

long sys_fstatfs(int fd, struct abi_statfs __user *st)
{
	struct file *f = fd_get_any(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = statfs_to_user(&f->path, st);
	file_put(f);
	return ret;
}

/* --- Mode and owner --- */

static long chmod_at(int dfd, const char __user *path, unsigned mode, int flags)
{
	struct path p;
	long ret;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	ret = path_lookup_user(dfd, path, walk_of_at(flags), &p);
	if (ret)
		return ret;
	ret = path_chmod(&p, mode);
	path_put(&p);
	return ret;
}

long sys_fchmodat(int dfd, const char __user *path, unsigned int mode)
{
	return chmod_at(dfd, path, mode, 0);
}

long sys_fchmodat2(int dfd, const char __user *path, unsigned int mode, int flags)
{
	return chmod_at(dfd, path, mode, flags);
}

long sys_fchmod(int fd, unsigned int mode)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = path_chmod(&f->path, mode);
	file_put(f);
	return ret;
}

/* The owner as the caller calls him; -1 leaves it. */
static long chown_path(const struct path *p, unsigned uid, unsigned gid)
{
	unsigned kernel_uid = uid != (unsigned)-1 ? uid_in(uid) : uid;
	unsigned kernel_gid = gid != (unsigned)-1 ? gid_in(gid) : gid;

	if ((kernel_uid == ID_NONE && uid != ID_NONE) || (kernel_gid == ID_NONE && gid != ID_NONE))
		return -EINVAL;
	return path_chown(p, kernel_uid, kernel_gid);
}

long sys_fchownat(int dfd, const char __user *path, unsigned int uid, unsigned int gid, int flags)
{
	struct path p;
	long ret;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	ret = path_lookup_user(dfd, path, walk_of_at(flags), &p);
	if (ret)
		return ret;
	ret = chown_path(&p, uid, gid);
	path_put(&p);
	return ret;
}

long sys_fchown(int fd, unsigned int uid, unsigned int gid)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = chown_path(&f->path, uid, gid);
	file_put(f);
	return ret;
}

/* --- Times --- */

struct times {
	int64_t atime, mtime; /* ns or TIME_OMIT */
	bool touch;	      /* both now */
};

/* One time of the two: 0, -EINVAL. */
static int time_of_user(const struct abi_timespec *ts, int64_t now, int64_t *out)
{
	if (ts->tv_nsec == UTIME_NOW) {
		*out = now;
	} else if (ts->tv_nsec == UTIME_OMIT) {
		*out = TIME_OMIT;
	} else {
		int64_t max = INT64_MAX / (int64_t)NSEC_PER_SEC - 1;

		if (ts->tv_nsec < 0 || ts->tv_nsec >= (int64_t)NSEC_PER_SEC)
			return -EINVAL;
		*out = clamp(ts->tv_sec, -max, max) * (int64_t)NSEC_PER_SEC + ts->tv_nsec;
	}
	return 0;
}

static int times_fetch(struct times *t, const struct abi_timespec __user *utimes)
{
	int64_t now = (int64_t)clock_real_ns();
	struct abi_timespec ts[2];
	int err;

	*t = (struct times){ now, now, true };
	if (!utimes)
		return 0;
	if (copy_from_user(ts, utimes, sizeof(ts)))
		return -EFAULT;
	err = time_of_user(&ts[0], now, &t->atime);
	if (!err)
		err = time_of_user(&ts[1], now, &t->mtime);
	t->touch = ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW;
	return err;
}

static long utimes_fd(int fd, const struct times *t)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = path_utimes(&f->path, t->atime, t->mtime, t->touch);
	file_put(f);
	return ret;
}

long sys_utimensat(int dfd, const char __user *path, const struct abi_timespec __user *times,
		   int flags)
{
	struct times t;
	struct path p;
	long ret = times_fetch(&t, times);

	if (ret)
		return ret;
	if (t.atime == TIME_OMIT && t.mtime == TIME_OMIT)
		return 0;
	if (!path && dfd != AT_FDCWD)
		return flags ? -EINVAL : utimes_fd(dfd, &t);
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	ret = path_lookup_user(dfd, path, walk_of_at(flags), &p);
	if (ret)
		return ret;
	ret = path_utimes(&p, t.atime, t.mtime, t.touch);
	path_put(&p);
	return ret;
}

long sys_truncate(const char __user *path, long length)
{
	struct path p;
	long ret;

	if (length < 0)
		return -EINVAL;
	ret = path_lookup_user(AT_FDCWD, path, WALK_FOLLOW, &p);
	if (ret)
		return ret;
	ret = path_truncate(&p, (uint64_t)length);
	path_put(&p);
	return ret;
}

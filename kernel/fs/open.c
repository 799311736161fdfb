/*
 * Opening by name.
 *
 * Without O_CREAT: walk, check, open. With it the walk stops before the last component and makes
 * the file when it isn't there, under the directory's lock, so that of two that race one creates
 * and the other opens. A symlink as the last component is followed even if it dangles (the target
 * is created), but not with O_EXCL.
 *
 * The order of checks is Linux's, since programs see which error wins: the walk; type of file
 * against flags; permission; O_NOATIME; read-only mount; then the file's own open; at last
 * O_TRUNC.
 */
#include "kernel/fs/open.h"

#include "kernel/fs/attr.h"
#include "kernel/fs/dir.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path_walk.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"

static unsigned access_of_flags(unsigned flags)
{
	static const unsigned char access[] = {
		[O_RDONLY] = MAY_READ,
		[O_WRONLY] = MAY_WRITE,
		[O_RDWR] = MAY_READ | MAY_WRITE,
		[O_ACCMODE] = MAY_READ | MAY_WRITE,
	};

	return access[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

/* Does the type of the file go with the flags? May take O_TRUNC away, which means nothing to a
 * device or pipe. */
static int check_type(const struct path *p, unsigned *flags)
{
	unsigned mode = p->dentry->inode->mode;

	if (S_ISLNK(mode))
		return -ELOOP;
	if (S_ISDIR(mode))
		return access_of_flags(*flags) & MAY_WRITE ? -EISDIR : 0;
	if (S_ISREG(mode))
		return 0;
	*flags &= ~O_TRUNC;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && (p->mnt->flags & MS_NODEV))
		return -EACCES;
	return 0;
}

static int may_open(const struct path *p, unsigned *flags)
{
	struct inode *inode = p->dentry->inode;
	unsigned access;
	int err = check_type(p, flags);

	if (err)
		return err;
	access = access_of_flags(*flags);
	err = inode_permission(inode, access);
	if (err)
		return err;
	if ((*flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	if ((access & MAY_WRITE) && S_ISREG(inode->mode))
		err = mount_may_write(p->mnt);
	return err;
}

static int open_found(const struct path *p, unsigned flags, bool created, struct file **out)
{
	int err;

	if (flags & O_PATH)
		return file_open_path(p, flags, current->cred, out);
	if (created)
		flags &= ~O_TRUNC;
	else if ((err = may_open(p, &flags)) != 0)
		return err;
	err = file_open_path(p, flags, current->cred, out);
	if (!err && created)
		(*out)->mode |= FILE_CREATED;
	if (err || !(flags & O_TRUNC))
		return err;
	err = path_truncate(p, 0);
	if (err)
		file_put(*out);
	return err;
}

/* The last component under the directory's lock: makes the file if it isn't there. *d: counted. */
static int create_or_find(struct walk *w, const struct open_request *req, struct dentry **d,
			  bool *created)
{
	struct dentry *parent = w->path.dentry;
	struct inode *dir = parent->inode;
	int err;

	dir_lock(dir);
	err = dentry_lookup_locked(parent, &w->last, d);
	if (!err && !(*d)->inode) {
		err = mount_may_write(w->path.mnt);
		if (!err)
			err = dir_may_create(dir);
		if (!err && !dir->ops->mknod)
			err = -EACCES;
		if (!err)
			err = dir->ops->mknod(dir, *d, S_IFREG | dir_apply_umask(req->mode), 0);
		if (err)
			dentry_put(*d);
		*created = !err;
	}
	dir_unlock(dir);
	return err;
}

/* walk_last with O_CREAT: 0, 1 (a symlink was entered) or -errno. */
static int open_last(struct walk *w, const struct open_request *req, bool *created)
{
	struct dentry *d;
	bool exclusive = req->flags & O_EXCL;
	int err;

	if (w->last_type != LAST_NORMAL) {
		err = walk_last(w);
		if (!err && S_ISDIR(w->path.dentry->inode->mode))
			err = -EISDIR;
		return !err && exclusive ? -EEXIST : err;
	}
	if (w->trailing_slash)
		return -EISDIR;
	err = exclusive ? -ENOENT : dentry_lookup(w->path.dentry, &w->last, &d);
	if (err == -ENOENT)
		err = create_or_find(w, req, &d, created);
	if (err)
		return err;
	if (exclusive && !*created) {
		dentry_put(d);
		return -EEXIST;
	}
	err = walk_step(w, d, !(req->flags & O_NOFOLLOW));
	if (!err && S_ISDIR(w->path.dentry->inode->mode))
		err = -EISDIR;
	return err;
}

static int open_create(int dfd, const char *name, const struct open_request *req, unsigned walk,
		       struct file **out)
{
	bool created = false;
	struct walk w;
	int err = walk_begin(&w, dfd, name, walk);

	if (err)
		return err;
	do {
		err = walk_parent(&w);
		if (!err)
			err = open_last(&w, req, &created);
	} while (err == 1);
	if (!err)
		err = open_found(&w.path, req->flags, created, out);
	walk_end(&w);
	return err;
}

/* A file without a name in the file system of a directory. */
static int open_tmpfile(int dfd, const char *name, const struct open_request *req, unsigned walk,
			struct file **out)
{
	struct name none = name_make("#", 1);
	struct path dir, p;
	struct inode *inode;
	int err = path_lookup(dfd, name, walk | WALK_FOLLOW | WALK_DIRECTORY, &dir);

	if (err)
		return err;
	err = mount_may_write(dir.mnt);
	if (!err)
		err = inode_permission(dir.dentry->inode, MAY_WRITE | MAY_EXEC);
	if (!err && !dir.dentry->inode->ops->tmpfile)
		err = -EOPNOTSUPP;
	if (!err)
		err = dir.dentry->inode->ops->tmpfile(dir.dentry->inode,
						      S_IFREG | dir_apply_umask(req->mode), &inode);
	if (err)
		goto out;
	inode->linkable = !(req->flags & O_EXCL);
	p.mnt = dir.mnt;
	p.dentry = dentry_create(dir.dentry->sb, dir.dentry, &none);
	if (!p.dentry) {
		inode_put(inode);
		err = -ENOMEM;
		goto out;
	}
	dentry_instantiate(p.dentry, inode);
	err = file_open_path(&p, req->flags & ~O_TMPFILE, current->cred, out);
	if (!err)
		(*out)->flags |= O_TMPFILE; /* what is open is no directory, but asked for so */
	dentry_put(p.dentry);
out:
	path_put(&dir);
	return err;
}

int file_open(int dfd, const char *name, const struct open_request *req, struct file **out)
{
	unsigned walk = req->resolve;
	struct path p;
	int err;

	if (req->flags & O_TMPFILE_BIT)
		return open_tmpfile(dfd, name, req, walk, out);
	if (!(req->flags & O_NOFOLLOW))
		walk |= WALK_FOLLOW;
	if (req->flags & O_DIRECTORY)
		walk |= WALK_DIRECTORY;
	if ((req->flags & O_CREAT) && !(req->flags & O_PATH))
		return open_create(dfd, name, req, walk, out);
	err = path_lookup(dfd, name, walk, &p);
	if (err)
		return err;
	err = open_found(&p, req->flags, false, out);
	path_put(&p);
	return err;
}

int file_open_exec(int dfd, const char *name, unsigned at_flags, struct file **out)
{
	unsigned walk = at_flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW;
	struct inode *inode;
	struct path p;
	int err;

	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (at_flags & AT_EMPTY_PATH)
		walk |= WALK_EMPTY;
	err = path_lookup(dfd, name, walk, &p);
	if (err)
		return err;
	inode = p.dentry->inode;
	if (S_ISLNK(inode->mode))
		err = -ELOOP;
	else if (!S_ISREG(inode->mode) || (p.mnt->flags & MS_NOEXEC))
		err = -EACCES;
	if (!err)
		err = inode_permission(inode, MAY_EXEC);
	if (!err)
		err = inode_write_deny(inode);
	if (!err) {
		err = file_open_path(&p, O_RDONLY | O_LARGEFILE, current->cred, out);
		if (err)
			inode_write_allow(inode);
	}
	path_put(&p);
	return err;
}

void file_exec_done(struct file *file)
{
	inode_write_allow(file->inode);
}

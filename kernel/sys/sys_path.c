/*
 * Calls that make, move and remove names, and those that say where a task stands.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dir.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path_walk.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

/* fn with one path string of the user. */
#define WITH_NAME(upath, call)                                                                     \
	({                                                                                         \
		struct path_name name;                                                             \
		int name_err = path_name_fetch(&name, upath);                                      \
		if (!name_err) {                                                                   \
			name_err = (call);                                                         \
			path_name_release(&name);                                                  \
		}                                                                                  \
		name_err;                                                                          \
	})

long sys_mknodat(int dfd, const char __user *path, unsigned int mode, unsigned int dev)
{
	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
	case S_IFCHR:
	case S_IFBLK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	return WITH_NAME(path, dir_mknod(dfd, name.text, mode, dev));
}

long sys_mkdirat(int dfd, const char __user *path, unsigned int mode)
{
	return WITH_NAME(path, dir_mkdir(dfd, name.text, mode));
}

long sys_unlinkat(int dfd, const char __user *path, int flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	if (flags & AT_REMOVEDIR)
		return WITH_NAME(path, dir_rmdir(dfd, name.text));
	return WITH_NAME(path, dir_unlink(dfd, name.text));
}

long sys_symlinkat(const char __user *target, int dfd, const char __user *path)
{
	struct path_name text;
	long ret = path_name_fetch(&text, target);

	if (ret)
		return ret;
	ret = text.text[0] ? WITH_NAME(path, dir_symlink(text.text, dfd, name.text)) : -ENOENT;
	path_name_release(&text);
	return ret;
}

long sys_linkat(int old_dfd, const char __user *old_path, int new_dfd, const char __user *new_path,
		int flags)
{
	struct path_name old;
	long ret;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	ret = path_name_fetch(&old, old_path);
	if (ret)
		return ret;
	ret = WITH_NAME(new_path, dir_link(old_dfd, old.text, new_dfd, name.text, (unsigned)flags));
	path_name_release(&old);
	return ret;
}

long sys_renameat2(int old_dfd, const char __user *old_path, int new_dfd,
		   const char __user *new_path, unsigned int flags)
{
	struct path_name old;
	long ret;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	ret = path_name_fetch(&old, old_path);
	if (ret)
		return ret;
	ret = WITH_NAME(new_path, dir_rename(old_dfd, old.text, new_dfd, name.text, flags));
	path_name_release(&old);
	return ret;
}

/* --- Symlinks' texts --- */

static ssize_t link_read(struct inode *inode, char *buf, size_t size)
{
	size_t len;

	if (!S_ISLNK(inode->mode))
		return -EINVAL;
	if (!inode->link)
		return inode->ops->readlink ? inode->ops->readlink(inode, buf, size) : -EINVAL;
	len = min(strlen(inode->link), size);
	memcpy(buf, inode->link, len);
	return (ssize_t)len;
}

/* A magic link has no text of its own: it reads as the path of where it leads. */
static ssize_t magic_link_read(struct inode *inode, char *buf, size_t size)
{
	char *work = kmalloc(PATH_MAX, 0), *text;
	struct path to;
	ssize_t len;

	if (!work)
		return -ENOMEM;
	len = inode->ops->follow_link(inode, &to);
	if (len == 0) {
		text = path_text_link(&to, work, PATH_MAX);
		len = IS_ERR(text) ? PTR_ERR(text) : (ssize_t)min(strlen(text), size);
		if (len > 0)
			memcpy(buf, text, (size_t)len);
		path_put(&to);
	}
	kfree(work);
	return len;
}

static long link_to_user(const struct path *p, char __user *buf, size_t size)
{
	char *text = kmalloc(PATH_MAX, 0);
	ssize_t len;

	if (!text)
		return -ENOMEM;
	if (p->dentry->inode->ops->follow_link)
		len = magic_link_read(p->dentry->inode, text, min_t(size_t, size, PATH_MAX));
	else
		len = link_read(p->dentry->inode, text, min_t(size_t, size, PATH_MAX));
	if (len >= 0 && !(p->mnt->flags & (MS_NOATIME | MOUNT_READ_ONLY)))
		inode_touch_atime(p->dentry->inode);
	if (len > 0 && copy_to_user(buf, text, (size_t)len))
		len = -EFAULT;
	kfree(text);
	return len;
}

long sys_readlinkat(int dfd, const char __user *path, char __user *buf, int size)
{
	bool empty = false;
	struct path p;
	long ret;

	if (size <= 0)
		return -EINVAL;
	ret = WITH_NAME(path, (empty = !name.text[0], path_lookup(dfd, name.text, WALK_EMPTY, &p)));
	if (ret)
		return ret;
	ret = link_to_user(&p, buf, (size_t)size);
	path_put(&p);
	/* An empty string names what is open, and that is no link: Linux says so in its way. */
	return ret == -EINVAL && empty ? -ENOENT : ret;
}

/* --- Where a task stands --- */

/* Makes a directory the working directory, or the root, if it may be searched. Consumes p. */
static long stand_on(struct path *p, bool as_root)
{
	long ret = inode_permission(p->dentry->inode, MAY_EXEC);

	if (!ret && as_root && !capable_here(CAP_SYS_CHROOT))
		ret = -EPERM;
	if (ret)
		path_put(p);
	else if (as_root)
		fs_context_set_root(current->fs, p);
	else
		fs_context_set_cwd(current->fs, p);
	return ret;
}

long sys_chdir(const char __user *path)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, path, WALK_FOLLOW | WALK_DIRECTORY, &p);

	return err ? err : stand_on(&p, false);
}

long sys_chroot(const char __user *path)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, path, WALK_FOLLOW | WALK_DIRECTORY, &p);

	return err ? err : stand_on(&p, true);
}

long sys_fchdir(int fd)
{
	struct file *f = fd_get_any(fd);
	struct path p;

	if (!f)
		return -EBADF;
	if (!S_ISDIR(f->inode->mode)) {
		file_put(f);
		return -ENOTDIR;
	}
	p = f->path;
	path_get(&p);
	file_put(f);
	return stand_on(&p, false);
}

/* Length with the NUL, as the kernel's getcwd gives it. */
static long cwd_to_user(const struct path *cwd, char __user *buf, size_t size)
{
	char *space = kmalloc(PATH_MAX, 0), *text;
	size_t len;
	long ret;

	if (!space)
		return -ENOMEM;
	text = path_text_current(cwd, space, PATH_MAX);
	if (IS_ERR(text)) {
		ret = PTR_ERR(text);
	} else {
		len = strlen(text) + 1;
		ret = len > size ? -ERANGE : copy_to_user(buf, text, len) ? -EFAULT : (long)len;
	}
	kfree(space);
	return ret;
}

long sys_getcwd(char __user *buf, size_t size)
{
	struct path cwd;
	long ret;

	fs_context_cwd(current->fs, &cwd);
	ret = dentry_is_dead(cwd.dentry) ? -ENOENT : cwd_to_user(&cwd, buf, size);
	path_put(&cwd);
	return ret;
}

long sys_umask(int mask)
{
	return fs_context_set_umask(current->fs, (unsigned)mask);
}

/* --- access --- */

/* Credentials that act with the real ids: what access(2) asks about. NULL: no memory. Counted. */
static struct cred *real_cred(void)
{
	struct cred *cred = current->cred, *real;

	if (cred->uid == cred->fsuid && cred->gid == cred->fsgid)
		return cred_get(cred);
	real = cred_clone(cred, -1);
	if (!real)
		return NULL;
	real->fsuid = real->uid;
	real->fsgid = real->gid;
	real->cap_effective = real->uid == uid_in(0) ? real->cap_permitted : 0;
	return real;
}

static long access_path(const struct path *p, unsigned mode, const struct cred *cred)
{
	struct inode *inode = p->dentry->inode;
	int err;

	if ((mode & X_OK) && S_ISREG(inode->mode) && (p->mnt->flags & MS_NOEXEC))
		return -EACCES;
	if (inode->ops->permission)
		err = inode_permission(inode, mode);
	else
		err = inode_permission_cred(inode, mode, cred);
	if (err || !(mode & W_OK))
		return err;
	return S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode)
		       ? mount_may_write(p->mnt) : 0;
}

/* NOTE(linux): the walk to the file is made with the effective ids even without AT_EACCESS. */
static long access_at(int dfd, const char __user *path, int mode, int flags)
{
	unsigned walk = (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
			(flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
	struct cred *cred;
	struct path p;
	long ret;

	if ((mode & ~(R_OK | W_OK | X_OK)) ||
	    (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	ret = path_lookup_user(dfd, path, walk, &p);
	if (ret)
		return ret;
	cred = flags & AT_EACCESS ? cred_get(current->cred) : real_cred();
	if (!cred)
		ret = -ENOMEM;
	else if (mode)
		ret = access_path(&p, (unsigned)mode, cred);
	cred_put(cred);
	path_put(&p);
	return ret;
}

long sys_faccessat(int dfd, const char __user *path, int mode)
{
	return access_at(dfd, path, mode, 0);
}

long sys_faccessat2(int dfd, const char __user *path, int mode, int flags)
{
	return access_at(dfd, path, mode, flags);
}

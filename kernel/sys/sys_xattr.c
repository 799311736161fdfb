/*
 * Extended attributes: no file system here keeps any. The calls check what they are given, find
 * the file, and say so: -EOPNOTSUPP; a list of attributes is empty, and that is the truth.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/path_walk.h"
#include "lib/errno.h"

#define XATTR_NAME_MAX 255
#define XATTR_SIZE_MAX 65536

/* 0 when name could be the name of an attribute. */
static int check_name(const char __user *name)
{
	char text[XATTR_NAME_MAX + 1];
	long len = user_string_in(text, name, sizeof(text));

	if (len == -ENAMETOOLONG || len == 0)
		return -ERANGE;
	return len < 0 ? (int)len : 0;
}

static long unsupported_path(const char __user *path, const char __user *name, unsigned walk)
{
	struct path p;
	int err = name ? check_name(name) : 0;

	if (!err)
		err = path_lookup_user(AT_FDCWD, path, walk, &p);
	if (err)
		return err;
	path_put(&p);
	return -EOPNOTSUPP;
}

static long unsupported_fd(int fd, const char __user *name)
{
	struct file *f = fd_get(fd);
	int err;

	if (!f)
		return -EBADF;
	err = name ? check_name(name) : 0;
	file_put(f);
	return err ? err : -EOPNOTSUPP;
}

/* EFAULT for a NULL name too, unlike the list calls that have none. */
static const char __user *required(const char __user *name)
{
	return name ? name : (const char __user *)1;
}

static int check_set(size_t size, int flags)
{
	if (flags & ~3 || flags == 3)
		return -EINVAL;
	return size > XATTR_SIZE_MAX ? -E2BIG : 0;
}

long sys_setxattr(const char __user *path, const char __user *name, const void __user *value,
		  size_t size, int flags)
{
	int err = check_set(size, flags);

	return err ? err : unsupported_path(path, required(name), WALK_FOLLOW);
}

long sys_lsetxattr(const char __user *path, const char __user *name, const void __user *value,
		   size_t size, int flags)
{
	int err = check_set(size, flags);

	return err ? err : unsupported_path(path, required(name), 0);
}

long sys_fsetxattr(int fd, const char __user *name, const void __user *value, size_t size,
		   int flags)
{
	int err = check_set(size, flags);

	return err ? err : unsupported_fd(fd, required(name));
}

long sys_getxattr(const char __user *path, const char __user *name, void __user *value, size_t size)
{
	return unsupported_path(path, required(name), WALK_FOLLOW);
}

long sys_lgetxattr(const char __user *path, const char __user *name, void __user *value,
		   size_t size)
{
	return unsupported_path(path, required(name), 0);
}

long sys_fgetxattr(int fd, const char __user *name, void __user *value, size_t size)
{
	return unsupported_fd(fd, required(name));
}

long sys_removexattr(const char __user *path, const char __user *name)
{
	return unsupported_path(path, required(name), WALK_FOLLOW);
}

long sys_lremovexattr(const char __user *path, const char __user *name)
{
	return unsupported_path(path, required(name), 0);
}

long sys_fremovexattr(int fd, const char __user *name)
{
	return unsupported_fd(fd, required(name));
}

/* "None" rather than "can't be asked". */
static long empty_list(long ret)
{
	return ret == -EOPNOTSUPP ? 0 : ret;
}

long sys_listxattr(const char __user *path, char __user *list, size_t size)
{
	return empty_list(unsupported_path(path, NULL, WALK_FOLLOW));
}

long sys_llistxattr(const char __user *path, char __user *list, size_t size)
{
	return empty_list(unsupported_path(path, NULL, 0));
}

long sys_flistxattr(int fd, char __user *list, size_t size)
{
	return empty_list(unsupported_fd(fd, NULL));
}

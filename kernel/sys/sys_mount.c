/*
 * mount, umount2, pivot_root: strings fetched, paths looked up, then kernel/fs/mount_ops.c.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path_walk.h"
#include "lib/errno.h"

struct mount_strings {
	char *source, *type, *options; /* source and type may be NULL */
};

/* A string of the user's, NULL for NULL. 0, -EFAULT, -EINVAL (too long), -ENOMEM. */
static int string_fetch(char **out, const char __user *s)
{
	long len;

	*out = NULL;
	if (!s)
		return 0;
	*out = kmalloc(PATH_MAX, 0);
	if (!*out)
		return -ENOMEM;
	len = user_string_in(*out, s, PATH_MAX);
	return len == -ENAMETOOLONG ? -EINVAL : len < 0 ? (int)len : 0;
}

/* Options are a page at most, and need no NUL; what can't be read of it is taken as absent. */
static int options_fetch(char **out, const void __user *data)
{
	size_t left = PAGE_SIZE;

	*out = kmalloc(PAGE_SIZE + 1, ALLOC_ZERO);
	if (!*out)
		return -ENOMEM;
	if (!data)
		return 0;
	left = user_copy_in(*out, data, PAGE_SIZE);
	return left == PAGE_SIZE ? -EFAULT : 0;
}

static void strings_release(struct mount_strings *s)
{
	kfree(s->source);
	kfree(s->type);
	kfree(s->options);
}

static int strings_fetch(struct mount_strings *s, const char __user *source,
			 const char __user *type, const void __user *data)
{
	int err = string_fetch(&s->type, type);

	if (!err)
		err = string_fetch(&s->source, source);
	if (!err)
		err = options_fetch(&s->options, data);
	return err;
}

/* Bind and move name a second place by the source. */
static int mount_from(const struct mount_strings *s, const struct path *target, unsigned flags)
{
	struct path from;
	int err;

	if (!s->source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, s->source, WALK_FOLLOW, &from);
	if (err)
		return err;
	err = mount_do_from(&from, target, flags);
	path_put(&from);
	return err;
}

long sys_mount(const char __user *source, const char __user *path, const char __user *type,
	       unsigned long flags, const void __user *data)
{
	struct mount_strings s = { 0 };
	struct path target;
	unsigned how = (unsigned)flags;
	long ret;

	if ((how & MS_MGC_MSK) == MS_MGC_VAL)
		how &= ~MS_MGC_MSK;
	ret = strings_fetch(&s, source, type, data);
	if (!ret)
		ret = path_lookup_user(AT_FDCWD, path, WALK_FOLLOW, &target);
	if (ret)
		goto out;
	if ((how & (MS_BIND | MS_MOVE)) && !(how & MS_REMOUNT))
		ret = mount_from(&s, &target, how);
	else
		ret = mount_do(s.source, &target, s.type, how, s.options);
	path_put(&target);
out:
	strings_release(&s);
	return ret;
}

long sys_umount2(const char __user *path, int flags)
{
	struct path target;
	long ret;

	if (flags & ~(int)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	ret = path_lookup_user(AT_FDCWD, path, flags & UMOUNT_NOFOLLOW ? 0 : WALK_FOLLOW, &target);
	if (ret)
		return ret;
	ret = mount_umount(&target, (unsigned)flags);
	path_put(&target);
	return ret;
}

long sys_pivot_root(const char __user *new_root, const char __user *put_old)
{
	struct path new, old;
	long ret;

	if (!mount_may())
		return -EPERM;
	ret = path_lookup_user(AT_FDCWD, new_root, WALK_FOLLOW | WALK_DIRECTORY, &new);
	if (ret)
		return ret;
	ret = path_lookup_user(AT_FDCWD, put_old, WALK_FOLLOW | WALK_DIRECTORY, &old);
	if (!ret) {
		ret = mount_pivot(&new, &old);
		path_put(&old);
	}
	path_put(&new);
	return ret;
}

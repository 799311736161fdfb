/*
 * Opening and closing.
 *
 * The descriptor is reserved first: a full table is said before anything is created.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/open.h"
#include "kernel/fs/path_walk.h"
#include "kernel/sys/user_struct.h"
#include "lib/errno.h"

/* The descriptor of what a checked request opens. */
static long open_request(int dfd, const char __user *path, const struct open_request *req)
{
	struct path_name name;
	struct file *file;
	int fd, err = path_name_fetch(&name, path);

	if (err)
		return err;
	fd = fd_reserve(0, req->flags & O_CLOEXEC);
	if (fd >= 0) {
		err = file_open(dfd, name.text, req, &file);
		if (err)
			fd_unreserve(fd);
		else
			fd_install(fd, file);
	}
	path_name_release(&name);
	return err ? err : fd;
}

/* What is contradictory in flags that are all known. */
static int check_flags(unsigned flags)
{
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) &&
	    !(flags & O_TMPFILE_BIT))
		return -EINVAL;
	if (!(flags & O_TMPFILE_BIT))
		return 0;
	if (!(flags & O_DIRECTORY) || (flags & O_CREAT))
		return -EINVAL;
	return (flags & O_ACCMODE) == O_RDONLY ? -EINVAL : 0;
}

#define O_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)

long sys_openat(int dfd, const char __user *path, int flags, unsigned int mode)
{
	struct open_request req = { .flags = (unsigned)flags & O_VALID, .mode = mode & 07777 };
	int err;

	if (req.flags & O_PATH)
		req.flags &= O_PATH_FLAGS;
	else
		req.flags |= O_LARGEFILE;
	err = check_flags(req.flags);
	return err ? err : open_request(dfd, path, &req);
}

/* RESOLVE_* to WALK_*. */
static unsigned walk_of_resolve(uint64_t resolve)
{
	return (resolve & RESOLVE_NO_XDEV ? WALK_NO_XDEV : 0) |
	       (resolve & RESOLVE_NO_MAGICLINKS ? WALK_NO_MAGIC : 0) |
	       (resolve & RESOLVE_NO_SYMLINKS ? WALK_NO_LINKS | WALK_NO_MAGIC : 0) |
	       (resolve & RESOLVE_BENEATH ? WALK_BENEATH : 0) |
	       (resolve & RESOLVE_IN_ROOT ? WALK_IN_ROOT : 0);
}

static int check_how(const struct abi_open_how *how)
{
	if ((how->flags & ~(uint64_t)O_VALID) || (how->mode & ~(uint64_t)07777))
		return -EINVAL;
	if (how->mode && !(how->flags & (O_CREAT | O_TMPFILE_BIT)))
		return -EINVAL;
	if ((how->flags & O_PATH) && (how->flags & ~(uint64_t)O_PATH_FLAGS))
		return -EINVAL;
	if (how->resolve &
	    ~(uint64_t)(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS |
			RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED))
		return -EINVAL;
	if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	/* Only what needs no sleep: we can't promise that. */
	return how->resolve & RESOLVE_CACHED ? -EAGAIN : check_flags((unsigned)how->flags);
}

long sys_openat2(int dfd, const char __user *path, const struct abi_open_how __user *uhow,
		 size_t size)
{
	struct open_request req;
	struct abi_open_how how;
	int err;

	if (size < sizeof(how))
		return -EINVAL;
	err = user_struct_in(&how, sizeof(how), uhow, size);
	if (!err)
		err = check_how(&how);
	if (err)
		return err;
	req.flags = (unsigned)how.flags | (how.flags & O_PATH ? 0 : O_LARGEFILE);
	req.mode = (unsigned)how.mode;
	req.resolve = walk_of_resolve(how.resolve);
	return open_request(dfd, path, &req);
}

long sys_close(int fd)
{
	int err = fd_close(fd);

	/* The descriptor is gone whatever flush said: a restart would close another. */
	return err <= -ERESTARTSYS ? -EINTR : err;
}

static void cloexec_range(struct files *files, unsigned first, unsigned last)
{
	for (int fd = files_next(files, first); fd >= 0 && (unsigned)fd <= last;
	     fd = files_next(files, (unsigned)fd + 1))
		(void)!fd_cloexec_set(fd, true);
}

static void close_range(struct files *files, unsigned first, unsigned last)
{
	for (int fd = files_next(files, first); fd >= 0 && (unsigned)fd <= last;
	     fd = files_next(files, (unsigned)fd + 1))
		(void)!fd_close(fd);
}

long sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		int err = files_unshare();

		if (err)
			return err;
	}
	if (flags & CLOSE_RANGE_CLOEXEC)
		cloexec_range(current->files, first, last);
	else
		close_range(current->files, first, last);
	return 0;
}

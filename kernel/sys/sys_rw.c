/*
 * Reading and writing, in every form: one buffer or a vector, at the file's position or a given
 * one.
 *
 * Each call ends in do_io with an io_buf. The order of errors is Linux's: the descriptor (EBADF),
 * its direction, the arguments (EINVAL), the address (EFAULT), the file.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/attr.h"
#include "kernel/fs/copy.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/super.h"
#include "kernel/sys/user_vector.h"
#include "lib/errno.h"

enum io_dir { IO_READ, IO_WRITE };

static ssize_t do_io(struct file *f, enum io_dir dir, struct io_buf *b, uint64_t *pos)
{
	return dir == IO_READ ? file_read(f, b, pos) : file_write(f, b, pos);
}

/* Is the file open in this direction, and can the call be meant? Before any address is looked
 * at. */
static inline int check_direction(const struct file *f, enum io_dir dir)
{
	if (!(f->mode & (dir == IO_READ ? FILE_READ : FILE_WRITE)))
		return -EBADF;
	if (dir == IO_READ ? !f->ops->read : !f->ops->write)
		return dir == IO_READ && S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;
	return 0;
}

/* Arguments that no file can honour: which error is it? */
static __noinline long bad_arguments(const struct file *f, enum io_dir dir, size_t count)
{
	int err = check_direction(f, dir);

	return err ? err : (ssize_t)count < 0 ? -EINVAL : -EFAULT;
}

/* One user buffer. pos NULL: the file's own. */
static inline long buffer_io(struct file *f, enum io_dir dir, void __user *buf, size_t count,
			     uint64_t *pos)
{
	struct abi_iovec iov;
	struct io_buf b;

	/* A negative count is beyond the user half as well. */
	if (unlikely(!user_range_ok(buf, count)))
		return bad_arguments(f, dir, count);
	io_buf_user(&b, &iov, buf, min(count, IO_MAX));
	return do_io(f, dir, &b, pos);
}

static inline long fd_io(int fd, enum io_dir dir, void __user *buf, size_t count)
{
	struct fd_ref r = fd_borrow(fd);
	long ret = r.file ? buffer_io(r.file, dir, buf, count, NULL) : -EBADF;

	fd_return(r);
	return ret;
}

long sys_read(int fd, void __user *buf, size_t count)
{
	return fd_io(fd, IO_READ, buf, count);
}

long sys_write(int fd, const void __user *buf, size_t count)
{
	return fd_io(fd, IO_WRITE, (void __user *)buf, count);
}

/* May a position be given for reading and writing it? f NULL: there is no such descriptor. */
static long position_check(const struct file *f)
{
	if (!f || (f->mode & FILE_PATH))
		return -EBADF;
	return file_has_positions(f) ? 0 : -ESPIPE;
}

/* The file for one operation at a given offset; to be returned if this is 0. */
static long borrow_at(int fd, int64_t offset, struct fd_ref *out)
{
	long ret;

	if (offset < 0)
		return -EINVAL;
	*out = fd_borrow(fd);
	ret = position_check(out->file);
	if (ret)
		fd_return(*out);
	return ret;
}

static long fd_io_at(int fd, enum io_dir dir, void __user *buf, size_t count, int64_t offset)
{
	uint64_t pos = (uint64_t)offset;
	struct fd_ref r;
	long ret = borrow_at(fd, offset, &r);

	if (ret)
		return ret;
	ret = buffer_io(r.file, dir, buf, count, &pos);
	fd_return(r);
	return ret;
}

long sys_pread64(int fd, void __user *buf, size_t count, int64_t offset)
{
	return fd_io_at(fd, IO_READ, buf, count, offset);
}

long sys_pwrite64(int fd, const void __user *buf, size_t count, int64_t offset)
{
	return fd_io_at(fd, IO_WRITE, (void __user *)buf, count, offset);
}

/* --- Vectors --- */

/* pos NULL: the file's own position. */
static long vector_io(struct file *f, enum io_dir dir, const struct abi_iovec __user *uiov,
		      size_t count, uint64_t *pos)
{
	struct vector v;
	long ret = check_direction(f, dir);

	if (ret)
		return ret;
	ret = vector_fetch(&v, uiov, count);
	if (ret)
		return ret;
	ret = v.buf.remaining ? do_io(f, dir, &v.buf, pos) : 0;
	vector_release(&v);
	return ret;
}

static long fd_vector_io(int fd, enum io_dir dir, const struct abi_iovec __user *uiov, size_t count)
{
	struct fd_ref r = fd_borrow(fd);
	long ret = r.file ? vector_io(r.file, dir, uiov, count, NULL) : -EBADF;

	fd_return(r);
	return ret;
}

long sys_readv(int fd, const struct abi_iovec __user *iov, unsigned long count)
{
	return fd_vector_io(fd, IO_READ, iov, count);
}

long sys_writev(int fd, const struct abi_iovec __user *iov, unsigned long count)
{
	return fd_vector_io(fd, IO_WRITE, iov, count);
}

static long fd_vector_io_at(int fd, enum io_dir dir, const struct abi_iovec __user *uiov,
			    size_t count, int64_t offset)
{
	uint64_t pos = (uint64_t)offset;
	struct fd_ref r;
	long ret = borrow_at(fd, offset, &r);

	if (ret)
		return ret;
	ret = vector_io(r.file, dir, uiov, count, &pos);
	fd_return(r);
	return ret;
}

long sys_preadv(int fd, const struct abi_iovec __user *iov, unsigned long count, long offset,
		long unused)
{
	return fd_vector_io_at(fd, IO_READ, iov, count, offset);
}

long sys_pwritev(int fd, const struct abi_iovec __user *iov, unsigned long count, long offset,
		 long unused)
{
	return fd_vector_io_at(fd, IO_WRITE, iov, count, offset);
}

/* Offset -1 means the file's position. Of the flags those that ask for less haste or more safety
 * than memory has anyway are granted; what would change how this one call behaves is not there. */
static long fd_vector_io2(int fd, enum io_dir dir, const struct abi_iovec __user *iov, size_t count,
			  long offset, int flags)
{
	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC))
		return -EOPNOTSUPP;
	if (offset == -1)
		return fd_vector_io(fd, dir, iov, count);
	return fd_vector_io_at(fd, dir, iov, count, offset);
}

long sys_preadv2(int fd, const struct abi_iovec __user *iov, unsigned long count, long offset,
		 long unused, int flags)
{
	return fd_vector_io2(fd, IO_READ, iov, count, offset, flags);
}

long sys_pwritev2(int fd, const struct abi_iovec __user *iov, unsigned long count, long offset,
		  long unused, int flags)
{
	return fd_vector_io2(fd, IO_WRITE, iov, count, offset, flags);
}

/* --- Position --- */

long sys_lseek(int fd, long offset, int whence)
{
	struct fd_ref r = fd_borrow(fd);
	long ret;

	if (!r.file)
		return -EBADF;
	if (r.file->mode & FILE_PATH)
		ret = -EBADF;
	else if (whence < SEEK_SET || whence > SEEK_HOLE)
		ret = -EINVAL;
	else
		ret = file_seek(r.file, offset, whence);
	fd_return(r);
	return ret;
}

/* --- File to file --- */

/* A position that the user may keep: fetched, used, stored back. uoff NULL: the file's own. */
static long position_fetch(uint64_t *pos, const int64_t __user *uoff)
{
	if (copy_from_user(pos, uoff, sizeof(*pos)))
		return -EFAULT;
	return (int64_t)*pos < 0 ? -EINVAL : 0;
}

long sys_sendfile(int out_fd, int in_fd, int64_t __user *offset, size_t count)
{
	struct file *in = fd_get(in_fd), *out = fd_get(out_fd);
	uint64_t pos = 0;
	long ret = 0;

	if (offset)
		ret = position_fetch(&pos, offset);
	if (!ret)
		ret = in && out ? file_sendfile(in, offset ? &pos : NULL, out, min(count, IO_MAX))
				: -EBADF;
	file_put(in);
	file_put(out);
	if (ret > 0 && offset && copy_to_user(offset, &pos, sizeof(pos)))
		ret = -EFAULT;
	return ret;
}

long sys_copy_file_range(int in_fd, int64_t __user *in_offset, int out_fd,
			 int64_t __user *out_offset, size_t len, unsigned int flags)
{
	struct file *in = fd_get(in_fd), *out = fd_get(out_fd);
	uint64_t in_pos = 0, out_pos = 0;
	long ret = in && out ? 0 : -EBADF;

	if (!ret && in_offset)
		ret = position_fetch(&in_pos, in_offset);
	if (!ret && out_offset)
		ret = position_fetch(&out_pos, out_offset);
	if (!ret && flags)
		ret = -EINVAL;
	if (!ret)
		ret = file_copy_range(in, in_offset ? &in_pos : NULL, out,
				      out_offset ? &out_pos : NULL, min(len, IO_MAX));
	file_put(in);
	file_put(out);
	if (ret > 0 && in_offset && copy_to_user(in_offset, &in_pos, sizeof(in_pos)))
		ret = -EFAULT;
	if (ret > 0 && out_offset && copy_to_user(out_offset, &out_pos, sizeof(out_pos)))
		ret = -EFAULT;
	return ret;
}

/* --- Size and safety --- */

long sys_ftruncate(int fd, long length)
{
	struct file *f;
	long ret;

	if (length < 0)
		return -EINVAL;
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	ret = file_truncate(f, (uint64_t)length);
	file_put(f);
	return ret;
}

long sys_fallocate(int fd, int mode, long offset, long len)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = file_fallocate(f, (unsigned)mode, offset, len);
	file_put(f);
	return ret;
}

static long fd_sync(int fd, bool data_only)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = f->ops->fsync ? f->ops->fsync(f, data_only) : -EINVAL;
	file_put(f);
	return ret;
}

long sys_fsync(int fd)
{
	return fd_sync(fd, false);
}

long sys_fdatasync(int fd)
{
	return fd_sync(fd, true);
}

long sys_sync(void)
{
	super_sync_all();
	return 0;
}

long sys_syncfs(int fd)
{
	struct file *f = fd_get(fd);
	struct super *sb;
	long ret;

	if (!f)
		return -EBADF;
	sb = f->inode->sb;
	ret = sb->ops->sync ? sb->ops->sync(sb) : 0;
	file_put(f);
	return ret;
}

/* Advice: checked, then nothing to do for files that are in memory. */
long sys_fadvise64(int fd, long offset, long len, int advice)
{
	struct file *f = fd_get(fd);
	long ret = 0;

	if (!f)
		return -EBADF;
	if (S_ISFIFO(f->inode->mode))
		ret = -ESPIPE;
	else if (len < 0 || advice < 0 || advice > POSIX_FADV_NOREUSE)
		ret = -EINVAL;
	file_put(f);
	return ret;
}

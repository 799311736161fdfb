/*
 * Open files: their life, and reading and writing through them.
 *
 *	file_open_path, file_open_anon --> in use --(last file_put)--> released, freed
 *
 * An open file gets its ops from the inode: what the file system put there or, for device nodes
 * and fifos, who answers for the device number, the pipe code. The open op may put others in their
 * place. From then on nothing asks the inode about reading and writing.
 *
 * The position belongs to the open file, so everyone who shares the file shares it. pos_lock makes
 * read, write and lseek whole against each other; it isn't taken when the caller's is the only
 * reference, nor for streams, which have no position.
 *
 * What an open file holds for its life: mount and dentry (and so the inode), the opener's
 * credentials, and if it may write, a place among the inode's writers (exec refuses) and the
 * mount's (remounting read-only refuses).
 */
#include "kernel/fs/file.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/epoll.h"
#include "kernel/fs/file_cache.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/lock.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/pipe.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"

#define FILE_COUNT_MAX INT64_MAX

static CACHE_DEFINE(file_cache, struct file);

/* O_PATH: a name with nothing behind it. */
static const struct file_ops no_ops;

static unsigned mode_of_flags(unsigned flags)
{
	static const unsigned char modes[] = {
		[O_RDONLY] = FILE_READ,
		[O_WRONLY] = FILE_WRITE,
		[O_RDWR] = FILE_READ | FILE_WRITE,
		[O_ACCMODE] = 0, /* neither: for ioctl, as Linux has it */
	};

	return modes[flags & O_ACCMODE];
}

static int fifo_open_op(struct inode *inode, struct file *f)
{
	return fifo_open(inode, f);
}

static const struct file_ops fifo_first_ops = { .open = fifo_open_op };

/* Who does the work; NULL: nobody. */
static const struct file_ops *ops_of_inode(const struct inode *inode)
{
	if (inode->fops)
		return inode->fops;
	if (S_ISCHR(inode->mode))
		return dev_char_ops(inode->rdev);
	if (S_ISFIFO(inode->mode))
		return &fifo_first_ops;
	return S_ISREG(inode->mode) || S_ISDIR(inode->mode) ? &no_ops : NULL;
}

/* Does writing through it count: for ETXTBSY and read-only remounts? Devices and pipes are not
 * part of the file system. */
static bool counts_as_writer(const struct file *f)
{
	return (f->mode & FILE_WRITE) && S_ISREG(f->inode->mode);
}

uint64_t file_max;
static atomic_uint file_count; /* open files */

/* Open files, at about a KiB each, may take a tenth of memory. */
void file_limits_init(void)
{
	file_max = max(page_total() * (PAGE_SIZE / 1024) / 10, (uint64_t)8192);
}

unsigned file_count_get(void)
{
	return atomic_load_explicit(&file_count, memory_order_relaxed);
}

static struct file *file_alloc(const struct path *path, unsigned flags, struct cred *cred)
{
	struct file *f = cache_alloc(&file_cache, 0);

	if (!f)
		return NULL;
	atomic_fetch_add_explicit(&file_count, 1, memory_order_relaxed);
	ref_init(&f->ref);
	f->flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
	f->mode = mode_of_flags(flags);
	f->path = *path;
	path_get(path);
	f->inode = path->dentry->inode;
	f->ops = &no_ops;
	mutex_init(&f->pos_lock, "file position", LOCK_RANK_FILE);
	f->pos = 0;
	f->cred = cred_get(cred);
	f->private = NULL;
	list_init(&f->epoll_links);
	return f;
}

static void file_free(struct file *f)
{
	cred_put(f->cred);
	path_put(&f->path);
	cache_free(&file_cache, f);
	atomic_fetch_sub_explicit(&file_count, 1, memory_order_relaxed);
}

static void writer_end(struct file *f)
{
	atomic_fetch_sub(&f->path.mnt->writers, 1);
	inode_write_end(f->inode);
}

/* One more who may write through the mount: counted before the mount is asked, while who makes it
 * read-only says so before it looks at the count. So one of the two sees the other. */
static int writer_begin(struct file *f)
{
	struct mount *m = f->path.mnt;
	int err = inode_write_begin(f->inode);

	if (err)
		return err;
	atomic_fetch_add(&m->writers, 1);
	err = mount_may_write(m);
	if (err)
		writer_end(f);
	return err;
}

/* The inode's part of opening. */
static int file_open_inode(struct file *f)
{
	struct inode *inode = f->inode;
	int err = 0;

	f->ops = ops_of_inode(inode);
	if (!f->ops)
		return -ENXIO;
	if (S_ISREG(inode->mode) || S_ISDIR(inode->mode))
		f->mode |= FILE_SEEK;
	if (counts_as_writer(f)) {
		err = writer_begin(f);
		if (err)
			return err;
	}
	if (f->ops->open)
		err = f->ops->open(inode, f);
	if (err && counts_as_writer(f))
		writer_end(f);
	return err;
}

int file_open_path(const struct path *path, unsigned flags, struct cred *cred, struct file **out)
{
	struct file *f;
	int err = 0;

	if (file_count_get() >= READ_ONCE(file_max) && !capable(CAP_SYS_ADMIN))
		return -ENFILE;
	f = file_alloc(path, flags, cred);
	if (!f)
		return -ENOMEM;
	if (flags & O_PATH)
		f->mode = FILE_PATH;
	else
		err = file_open_inode(f);
	if (err) {
		file_free(f);
		return err;
	}
	f->flags &= ~O_NOCTTY; /* that was for the open op */
	*out = f;
	return 0;
}

void file_put(struct file *f)
{
	if (!f || !ref_put(&f->ref))
		return;
	if (!list_empty(&f->epoll_links))
		epoll_file_gone(f);
	if (f->inode->locks)
		lock_release_owner(f->inode, f);
	if (f->ops->release)
		f->ops->release(f);
	if (counts_as_writer(f))
		writer_end(f);
	file_free(f);
}

/* --- Reading and writing --- */

/* Must pos be kept from others? Not while the file is the caller's alone. */
static bool pos_is_shared(const struct file *f)
{
	return (f->mode & FILE_SEEK) && ref_count(&f->ref) > 1;
}

static void touch_atime(struct file *f)
{
	if (!(f->flags & O_NOATIME) && !(f->path.mnt->flags & (MS_NOATIME | MOUNT_READ_ONLY)))
		inode_touch_atime(f->inode);
}

static inline ssize_t read_at(struct file *f, struct io_buf *to, uint64_t *pos)
{
	ssize_t got;

	if (unlikely(!f->ops->read))
		return S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;
	got = f->ops->read(f, to, pos);
	if (got > 0 && (f->mode & FILE_SEEK))
		touch_atime(f);
	return got;
}

ssize_t file_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	ssize_t got;

	if (!(f->mode & FILE_READ))
		return -EBADF;
	if (pos || !pos_is_shared(f))
		return read_at(f, to, pos ? pos : &f->pos);
	mutex_lock(&f->pos_lock);
	got = read_at(f, to, &f->pos);
	mutex_unlock(&f->pos_lock);
	return got;
}

ssize_t file_write(struct file *f, struct io_buf *from, uint64_t *pos)
{
	ssize_t put;

	if (!(f->mode & FILE_WRITE))
		return -EBADF;
	if (!f->ops->write)
		return -EINVAL;
	if (pos || !pos_is_shared(f))
		return f->ops->write(f, from, pos ? pos : &f->pos);
	mutex_lock(&f->pos_lock);
	put = f->ops->write(f, from, &f->pos);
	mutex_unlock(&f->pos_lock);
	return put;
}

ssize_t file_read_kernel(struct file *f, void *buf, size_t n, uint64_t offset)
{
	size_t done = 0;

	while (done < n) {
		struct io_buf b;
		ssize_t got;

		io_buf_kernel(&b, (char *)buf + done, n - done);
		got = read_at(f, &b, &offset);
		if (got < 0)
			return done ? (ssize_t)done : got;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

ssize_t file_write_kernel(struct file *f, const void *buf, size_t n, uint64_t *pos)
{
	size_t done = 0;

	while (done < n) {
		struct io_buf b;
		ssize_t put;

		io_buf_kernel(&b, (char *)buf + done, n - done);
		put = file_write(f, &b, pos);
		if (put < 0)
			return done ? (ssize_t)done : put;
		if (put == 0)
			break;
		done += (size_t)put;
	}
	return (ssize_t)done;
}

/* --- Position --- */

int64_t file_seek_sized(struct file *f, int64_t offset, int whence, uint64_t size, uint64_t max)
{
	int64_t base;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = (int64_t)f->pos;
		break;
	case SEEK_END:
		base = (int64_t)size;
		break;
	case SEEK_DATA: /* without holes everything is data, and the hole is at the end */
	case SEEK_HOLE:
		if (offset < 0 || (uint64_t)offset >= size)
			return -ENXIO;
		base = whence == SEEK_DATA ? 0 : (int64_t)size - offset;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &base))
		return -EOVERFLOW;
	if (base < 0 || (uint64_t)base > max)
		return -EINVAL;
	f->pos = (uint64_t)base;
	return base;
}

int64_t file_seek_generic(struct file *f, int64_t offset, int whence)
{
	return file_seek_sized(f, offset, whence, f->inode->size, FILE_COUNT_MAX);
}

int64_t file_seek_zero(struct file *f, int64_t offset, int whence)
{
	(void)f, (void)offset, (void)whence;
	return 0;
}

int64_t file_seek(struct file *f, int64_t offset, int whence)
{
	int64_t (*seek)(struct file *, int64_t, int) = f->ops->seek;
	int64_t pos;

	if (!seek && !(f->mode & FILE_SEEK))
		return -ESPIPE;
	mutex_lock(&f->pos_lock);
	pos = (seek ? seek : file_seek_generic)(f, offset, whence);
	mutex_unlock(&f->pos_lock);
	return pos;
}

bool file_has_positions(const struct file *f)
{
	return (f->mode & FILE_SEEK) || f->ops->seek;
}

/*
 * Open files: what a descriptor points to. Made by open, pipe, socket..., shared by dup, fork and
 * SCM_RIGHTS, gone with the last reference.
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/fs/path.h"
#include "kernel/sched/mutex.h"
#include "lib/types.h"

struct inode;
struct file;
struct vma;
struct poll_table;
struct cred;
struct pid;

/* A stretch of memory to copy to or from: user memory (iovec after iovec) or the kernel's own.
 * Every read and write goes through one, so that no file knows which it is. */
struct io_buf; /* kernel/fs/io_buf.h */

/* All optional; what is missing gives -EINVAL (read, write, mmap), -ENOTTY (ioctl), -ESPIPE
 * (seek). May sleep. */
struct file_ops {
	int (*open)(struct inode *inode, struct file *file);
	/* Last reference gone. */
	void (*release)(struct file *file);
	/* Bytes moved, or -errno; *pos is advanced by them. Streams ignore pos. */
	ssize_t (*read)(struct file *file, struct io_buf *to, uint64_t *pos);
	ssize_t (*write)(struct file *file, struct io_buf *from, uint64_t *pos);
	int64_t (*seek)(struct file *file, int64_t offset, int whence);
	/* Directory entries from file->pos on (0 and 1 are "." and "..": dir_emit_dots): emit->fn
	 * returns false when the buffer is full; after each it took, file->pos becomes the
	 * next_pos given. The directory's lock is held. 0 or -errno. */
	int (*iterate)(struct file *file, struct dir_emit *emit);
	/* POLL* bits true now; registers the caller's waiters with poll_wait when table is not
	 * NULL. */
	unsigned (*poll)(struct file *file, struct poll_table *table);
	long (*ioctl)(struct file *file, unsigned cmd, unsigned long arg);
	/* Fills vma->ops / vma->cache for a new mapping (kernel/mm/vma.h). */
	int (*mmap)(struct file *file, struct vma *vma);
	int (*fsync)(struct file *file, bool data_only);
	/* A descriptor is being closed (each, not only the last). */
	int (*flush)(struct file *file);
	/* Lines for /proc/PID/fdinfo beyond those that every file has: bytes written, at most
	 * size. */
	size_t (*show_fdinfo)(struct file *file, char *buf, size_t size);
	/* The process that it stands for, borrowed: directories of /proc. */
	struct pid *(*process)(struct file *file);
};

struct file {
	struct ref ref;
	unsigned flags;	     /* O_* ; status flags changed under lock */
	unsigned mode;	     /* [i] FILE_READ | FILE_WRITE | ... */
	/* [i] where it was opened; dentry NULL for none (anonymous ones have a dentry too) */
	struct path path;
	struct inode *inode; /* [i] borrowed from path.dentry */
	const struct file_ops *ops; /* [i] */
	struct mutex pos_lock;	    /* guards pos in read/write/lseek on seekable files */
	uint64_t pos;		    /* [pos_lock] */
	struct cred *cred;	    /* [i] opener's */
	void *private;		    /* [i] after open: owner's */
	struct list epoll_links;    /* epoll items that watch this file */
};

/* "." and "..": for the beginning of an iterate. False: the buffer is full. kernel/fs/readdir.c */
bool dir_emit_dots(struct file *dir, struct dir_emit *emit);
/* The whole iterate of a directory whose names are all in the name cache (SUPER_ALL_CACHED). */
int dir_iterate_cached(struct file *dir, struct dir_emit *emit);
/* One entry; moves file->pos on when it was taken. */
static inline bool dir_emit_entry(struct file *dir, struct dir_emit *emit, const char *name,
				  size_t len, uint64_t ino, unsigned type, uint64_t next_pos)
{
	if (!emit->fn(emit, name, len, ino, type, next_pos))
		return false;
	dir->pos = next_pos;
	return true;
}

#define FILE_READ 1u
#define FILE_WRITE 2u
#define FILE_SEEK 4u /* has a position: set for regular files and directories, by open for others */
#define FILE_CREATED 16u /* this open made the file: F_CREATED_QUERY */
#define FILE_PATH 8u /* O_PATH: names, but doesn't open */

/* Files that may be open at a time: fs.file-max. And how many are. */
extern uint64_t file_max;
unsigned file_count_get(void);
void file_limits_init(void);

/* Opens inode's file ops on path: takes its own references. */
int file_open_path(const struct path *path, unsigned flags, struct cred *cred,
		   struct file **out) __must_check;
/* An anonymous file (pipe:[...], anon_inode:[eventpoll]) on an inode of the internal pseudo file
 * system. */
int file_open_anon(const char *name, const struct file_ops *ops, void *private, unsigned flags,
		   struct file **out) __must_check;

static inline struct file *file_get(struct file *f)
{
	ref_get(&f->ref);
	return f;
}
/* May sleep when it is the last. NULL is legal. */
void file_put(struct file *f);

/* Permission and mode checked here; flags of the file honoured (append, nonblock). pos NULL: the
 * file's own position. */
ssize_t file_read(struct file *f, struct io_buf *to, uint64_t *pos);
ssize_t file_write(struct file *f, struct io_buf *from, uint64_t *pos);
/* Kernel memory at an offset: exec, initramfs. Bytes or -errno; short at the end of the file. */
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, uint64_t offset);
ssize_t file_write_kernel(struct file *f, const void *buf, size_t n, uint64_t *pos);

/* lseek: the new position or -errno. */
int64_t file_seek(struct file *f, int64_t offset, int whence);
/* Can it be read and written at a position (pread)? */
bool file_has_positions(const struct file *f);

/*
 * Descriptor tables: small numbers for open files. One row of the resource table (CLONE_FILES).
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/core/spinlock.h"
#include "kernel/task/task.h"
#include "lib/types.h"

struct file;
struct task;
struct rlimit_table;

struct files {
	struct ref ref;	      /* tasks that share it */
	struct spinlock lock; /* rank FILES */
	unsigned size;	      /* [lock] slots */
	unsigned next_free;   /* [lock] no free slot below */
	struct file **slots;  /* [lock] */
	unsigned long *used;  /* [lock] bit: slot taken or reserved */
	unsigned long *cloexec; /* [lock] */
};

/* fs.nr_open: what descriptors are below, and so the most that RLIMIT_NOFILE can be. [a] */
extern unsigned descriptor_max;
#define DESCRIPTOR_MAX_FIRST (1u << 20)
#define DESCRIPTOR_MAX_LEAST 64u
#define DESCRIPTOR_MAX_MOST (INT32_MAX & ~63u)

int files_create(struct files **out) __must_check;
/* Every descriptor duplicated: same files, close-on-exec bits kept. 0, -ENOMEM, -EMFILE (one of
 * them is beyond descriptor_max). */
int files_copy(struct files *from, struct files **out) __must_check;
struct files *files_get(struct files *f);
/* The last reference closes everything. May sleep. NULL is legal. */
void files_put(struct files *f);
/* Gives current a table of its own if it shares one. 0, -ENOMEM, -EMFILE. */
int files_unshare(void) __must_check;
/* exec: closes what is marked. */
void files_close_on_exec(struct files *f);

/* A reference to the file behind fd of current's table, or NULL. fd_peek-like borrowing is not
 * offered. O_PATH files are given only by fd_get_any. */
struct file *fd_get(int fd);
struct file *fd_get_any(int fd);
/* A file of a table that may be another task's, counted; NULL: closed. */
struct file *files_get_file(struct files *f, unsigned fd);
/* Another task's table, counted; NULL: it has ended. */
struct files *files_of_task(struct task *t);
/* One file of another task, counted. 0, -ESRCH (it has ended), -EBADF; *out is NULL then. */
int file_of_task(struct task *t, unsigned fd, struct file **out);
/* Next used descriptor >= fd, or -1. */
int files_next(struct files *f, unsigned fd);

/* Reserves the lowest free number >= min within RLIMIT_NOFILE; then install, or unreserve. fd,
 * -EMFILE, -ENOMEM. */
int fd_reserve(unsigned min, bool cloexec) __must_check;
void fd_install(int fd, struct file *file); /* consumes the reference */
void fd_unreserve(int fd);
/* Reserve and install in one: on failure the reference is dropped. */
int fd_add(struct file *file, bool cloexec) __must_check;
int fd_close(int fd) __must_check;

/* For calls on their way through: borrows where that is safe. file NULL: not open. An O_PATH file
 * is given too: it has neither FILE_READ nor FILE_WRITE nor any op. Not across a clone, and not
 * kept longer than the call. */
struct fd_ref {
	struct file *file;
	bool counted;
};
struct fd_ref fd_borrow_shared(int fd); /* the long way */
void fd_return_counted(struct file *file); /* file_put */
static inline struct fd_ref fd_borrow(int fd)
{
	struct files *f = current->files;

	if (unlikely(ref_count(&f->ref) != 1))
		return fd_borrow_shared(fd);
	return (struct fd_ref){ (unsigned)fd < f->size ? f->slots[fd] : NULL, false };
}
static inline void fd_return(struct fd_ref r)
{
	if (r.counted && r.file)
		fd_return_counted(r.file);
}

/* dup2: file takes number fd, what was there is closed. Consumes the reference. fd, -EBADF (beyond
 * the limit), -EBUSY, -ENOMEM. */
int fd_replace(int fd, struct file *file, bool cloexec) __must_check;
/* F_GETFD, F_SETFD: the bit, or -EBADF. */
int fd_cloexec_get(int fd) __must_check;
int fd_cloexec_set(int fd, bool on) __must_check;

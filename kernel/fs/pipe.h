/*
 * Pipes and fifos: bytes in at one end, out at the other.
 */
#pragma once

#include "kernel/fs/file.h"
#include "kernel/sched/mutex.h"

#define PIPE_BUF 4096u	       /* writes of up to so many bytes are never mixed with others */
#define PIPE_SIZE_DEFAULT (64u << 10)
#define PIPE_SIZE_LEAST (8u << 10) /* for a user whose pipes are many */
#define PIPE_SIZE_MAX (1u << 20) /* without CAP_SYS_RESOURCE */

/* Life: kernel/fs/pipe_open.c. The ring: kernel/fs/pipe.c. */
struct pipe {
	struct mutex lock;    /* rank PIPE */
	size_t head;	      /* [lock] where the next byte to read lies in the ring; < size */
	size_t used;	      /* [lock] bytes in the ring; read without the lock as a hint */
	size_t size;	      /* [lock] of the ring: a power of two, a page at least */
	char **pages;	      /* [lock] size / PAGE_SIZE of them, NULL where nothing lies */
	struct user *user;    /* [i] counted; who made it: its size counts in user->pipe_pages */
	char *spare;	      /* [lock] a page at hand, or NULL */
	unsigned readers, writers; /* [lock] open files that may read / write */
	/* How often one was opened: what an open waits for. */
	unsigned readers_ever, writers_ever; /* [lock] */
	size_t short_max;     /* [lock] short messages end before here: a page, 0 for none */
	bool named;	      /* [i] a fifo: has times that somebody may look at */
	bool polled;	      /* somebody polls for reading: every write must be told */
	unsigned files; /* [inode->lock] open files and opens in progress: the pipe lives as long */
	struct waitq readable; /* readers, and opens that wait for a writer */
	struct waitq writable; /* writers, and opens that wait for a reader */
};

/* A new pipe's two ends, not yet in a descriptor table; flags: O_NONBLOCK or none. 0, -ENOMEM. */
int pipe_create(unsigned flags, struct file **reader, struct file **writer) __must_check;

/* The open op of a fifo. Waits for the other side unless O_NONBLOCK (then -ENXIO for a writer
 * without readers) or O_RDWR. 0, -ENXIO, -ENOMEM, -ERESTARTSYS. */
int fifo_open(struct inode *inode, struct file *file);

/* F_GETPIPE_SZ and F_SETPIPE_SZ: the size, or -EBADF (not a pipe), -EINVAL, -EPERM, -EBUSY (more is
 * in it), -ENOMEM. */
long pipe_fcntl(struct file *file, unsigned cmd, unsigned long arg);

/* What a pipe end does; file->private is the pipe. */
extern const struct file_ops pipe_ops;
/* Its release op. */
void pipe_release(struct file *file);

/* Bytes that fit in. */
static inline size_t pipe_room(const struct pipe *p)
{
	return READ_ONCE(p->size) - READ_ONCE(p->used);
}

/* Allocates and frees what the ring is made of: kernel/fs/pipe.c. */
void pipe_ring_free(struct pipe *p);
/* Moves the contents to a ring of another size. lock held. 0, -EBUSY, -ENOMEM. */
int pipe_ring_resize(struct pipe *p, size_t size) __must_check;

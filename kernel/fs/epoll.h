/*
 * Epoll: a file that says which of many files are ready, without asking them all.
 */
#pragma once

#include "kernel/abi/epoll.h"
#include "kernel/fs/file.h"
#include "kernel/sched/mutex.h"
#include "lib/rbtree.h"

/* A new epoll as an open file. 0, -ENOMEM. */
int epoll_create(struct file **out) __must_check;

/* EPOLL_CTL_*: event is not looked at by DEL. 0, -EINVAL (not an epoll, itself, bad flags), -EPERM
 * (the file cannot be polled), -EEXIST, -ENOENT, -ELOOP, -ENOMEM. Also -EINVAL: too many ways lead
 * from a file through this epoll to others. */
int epoll_ctl(struct file *epoll, int op, struct file *file, int fd,
	      const struct abi_epoll_event *event) __must_check;

/* Waits until files are ready, or until deadline_ns of CLOCK_MONOTONIC (0: don't wait, UINT64_MAX:
 * for ever), and stores up to max events. How many (0: in vain), -EINVAL (not an epoll), -EINTR,
 * -EFAULT. */
int epoll_wait(struct file *epoll, struct abi_epoll_event __user *events, int max,
	       uint64_t deadline_ns) __must_check;

/* The last reference to a watched file is gone: forget it everywhere. Called by file_put before
 * release. */
void epoll_file_gone(struct file *file);

/* The nth (from 0) of the files watched under descriptor number fd, counted. 0, -EINVAL (not an
 * epoll), -ENOENT. */
int epoll_watched_file(struct file *epoll, int fd, unsigned nth, struct file **out) __must_check;

/* --- Inside: kernel/fs/epoll.c and kernel/fs/epoll_wait.c ------------------------------------- */

struct epoll {
	struct ref ref;		/* the file, each item, and who is just cleaning up */
	struct mutex lock;	/* rank EPOLL */
	struct file *file;	/* [i] borrowed: until its release */
	struct rb_root items;	/* [lock] by file, then fd */
	struct spinlock ready_lock;
	struct list ready;	/* [ready_lock] items that may be ready, oldest first */
	struct waitq waiters;	/* epoll_wait sleeps here; rank EPOLL_WAITQ */
	struct waitq pollers;	/* poll of the epoll itself */
	uint64_t nest_round;	/* [nest_lock] the last walk that came by here */
	int nest_depth;		/* [nest_lock] what it found: epolls in a row from here on */
};

struct epoll_watch;

struct epoll_item {
	struct rb_node node;	  /* [ep->lock] */
	struct epoll *ep;	  /* [i] counted */
	struct file *file;	  /* [i] not counted: see epoll_file_gone */
	int fd;			  /* [i] as it was given */
	struct list file_link;	  /* [epoll_links_lock] in file->epoll_links */
	struct epoll_watch *watches; /* [ep->lock] the wait queues it stands in */
	struct list ready_link;	  /* [ep->ready_lock] in ep->ready, or one epoll_wait's batch */
	struct abi_epoll_event event; /* [ep->lock to write, and ready_lock; either to read] */
};

/* An item in one of its file's wait queues. */
struct epoll_watch {
	struct waiter waiter;	  /* [queue's lock] */
	struct waitq *queue;	  /* [i] the file's: outlives the watch */
	struct epoll_item *item;  /* [i] has this one in its watches */
	struct epoll_watch *next; /* [ep->lock] */
};

#define EPOLL_PRIVATE (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE) /* not events */
#define EPOLL_NESTING_MAX 5 /* epolls in a row that one may watch */

extern const struct file_ops epoll_ops;
extern struct spinlock epoll_links_lock; /* all files' epoll_links; irqsave */

static inline bool file_is_epoll(const struct file *f)
{
	return f->ops == &epoll_ops;
}

/* The release op. */
void epoll_release(struct file *file);
/* The wake function of a watch. */
bool epoll_watch_wake(struct waiter *w, unsigned events);
/* Which of the events that the item wants are there. ep->lock held. table: registers with the
 * file's queues. */
unsigned epoll_item_ask(struct epoll_item *item, struct poll_table *table);
/* Puts it on the ready list and tells who waits. */
void epoll_item_ready(struct epoll_item *item);

/*
 * Polling: asking many files whether they are ready, and being woken when one becomes so.
 */
#pragma once

#include "kernel/sched/wait.h"

#define POLLIN 0x0001u
#define POLLPRI 0x0002u
#define POLLOUT 0x0004u
#define POLLERR 0x0008u
#define POLLHUP 0x0010u
#define POLLNVAL 0x0020u
#define POLLRDNORM 0x0040u
#define POLLRDBAND 0x0080u
#define POLLWRNORM 0x0100u
#define POLLWRBAND 0x0200u
#define POLLMSG 0x0400u
#define POLLRDHUP 0x2000u

/* Given to file_ops.poll, which names to it every queue that is woken when its answer may change.
 */
struct poll_table {
	void (*queue)(struct poll_table *t, struct waitq *q);
};

/* For file_ops.poll; t NULL (only asking) is legal. Call before looking at the state. */
static inline void poll_wait(struct poll_table *t, struct waitq *q)
{
	if (t != NULL)
		t->queue(t, q);
}

/* --- Waiting for several files: kernel/fs/poll.c ---------------------------------------------- */

struct file;

struct poll_item {
	struct file *file; /* borrowed; NULL: nothing to wait for */
	unsigned events;   /* that count */
	unsigned revents;  /* result: those of events that are there; for file NULL as it was */
	bool counted;	   /* poll_item_open's: the reference counts */
	atomic_uint stale; /* poll.c's: woken since it was asked last */
};

/* What a file without a poll op answers: it never makes anybody wait. */
#define POLL_ALWAYS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

/* Fills in the file behind fd of current's table, events 0: -EBADF leaves file NULL. To be closed
 * before the call ends. */
int poll_item_open(struct poll_item *item, int fd);
void poll_item_close(struct poll_item *item);

/* Waits until one item has an event, or until deadline_ns of CLOCK_MONOTONIC (0: don't wait,
 * UINT64_MAX: for ever). How many have (0: none in time), -EINTR, -ENOMEM. */
int poll_items_wait(struct poll_item *items, unsigned count, uint64_t deadline_ns) __must_check;

/*
 * The resource table: what a task points to and may share, a row each.
 *
 * This is Pando's one idea. A new task gets each row's resource by its flags: shared, renewed, or
 * copied. exec and unshare apply rows to their caller; exit, and the failure of a clone half-way,
 * put them.
 */
#pragma once

#include "kernel/task/task.h"

struct resource {
	const char *name;
	uint64_t share;	     /* CLONE_ flag that shares it */
	const char *share_name;
	uint64_t renew;	     /* CLONE_ flag that makes a fresh one; 0: none */
	size_t slot;	     /* offset in struct task of the pointer */
	bool until_reaped;   /* a zombie keeps it: needed to signal and wait for it */
	void *(*get)(void *object);
	int (*copy)(void *from, void **out);
	int (*make_new)(void *from, void **out); /* for renew; NULL with renew 0 */
	/* In place of these, where flags say more than to share or to renew: `child` has its
	 * credentials and the rows above. NULL: the usual. */
	int (*inherit)(const struct task *child, void *from, uint64_t flags, void **out);
	/* For what a task gets only when it first needs it: its first is made when a child wants to
	 * share it. NULL: without one, there is nothing to share. */
	int (*make_first)(void **out);
	void (*put)(void *object);
	unsigned (*count)(const void *object); /* tasks that share it */
};

extern const struct resource resources[];
extern const unsigned resource_count;

/* What t has of a row; NULL if nothing (kernel threads have no mm). */
void *resource_of(const struct resource *r, const struct task *t);

/* Fills the child's slot from `from`'s, by flags. 0 or -errno; what is in the slot then goes with
 * the child. May sleep. */
int resource_inherit(const struct resource *r, struct task *child, const struct task *from,
		     uint64_t flags) __must_check;

/* Makes current the only user of its row: a copy replaces a shared one. 0 or -errno, nothing
 * changed. May sleep. */
int resource_unshare(const struct resource *r) __must_check;
/* The same in two steps, of which only the first can fail: *copy is what is to be installed, NULL
 * if nothing is shared. install consumes it. */
int resource_unshare_prepare(const struct resource *r, void **copy) __must_check;
void resource_install(const struct resource *r, void *object);

/* Current goes on without. May sleep. */
void resource_leave(const struct resource *r);

/* Drops what t has of all rows, or of those that a zombie doesn't need. Idempotent. May sleep
 * unless only until_reaped rows are left. */
void resources_put(struct task *t);
void resources_put_at_exit(struct task *t);

enum resource_row {
	ROW_MM, ROW_FILES, ROW_FS, ROW_SIGHAND, ROW_IO, ROW_SYSVSEM, ROW_GROUP, ROW_NS
};

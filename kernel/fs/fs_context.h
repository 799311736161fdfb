/*
 * Root directory, working directory, umask. One row of the resource table (CLONE_FS).
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/core/spinlock.h"
#include "kernel/fs/path.h"

struct fs_context {
	struct ref ref;	      /* tasks that share it */
	struct spinlock lock; /* rank FS */
	struct path root;     /* [lock] */
	struct path cwd;      /* [lock] */
	unsigned umask;	      /* [lock] */
	bool in_exec;	      /* [lock] a sharer is in exec: clone with CLONE_FS gives -EAGAIN */
};

int fs_context_create(const struct path *root, struct fs_context **out) __must_check;
int fs_context_copy(struct fs_context *from, struct fs_context **out) __must_check;
struct fs_context *fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);
/* References to current's root and cwd. */
void fs_context_root(struct fs_context *fs, struct path *out);
void fs_context_cwd(struct fs_context *fs, struct path *out);
/* Is its root another than its mount namespace's, by chroot? */
bool fs_context_is_chrooted(struct fs_context *fs);
/* Whoever has `from` as root or working directory has `to` instead. */
void fs_contexts_move(const struct path *from, const struct path *to);
/* Change it; the reference is consumed. */
void fs_context_set_cwd(struct fs_context *fs, const struct path *cwd);
void fs_context_set_root(struct fs_context *fs, const struct path *root);
/* The old one. */
unsigned fs_context_set_umask(struct fs_context *fs, unsigned mask);

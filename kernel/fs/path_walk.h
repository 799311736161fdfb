/*
 * From a string to a place: the walk along a path.
 *
 * Strings are the kernel's own copies (path_name_fetch copies a user's once). dfd is a directory
 * descriptor of current or AT_FDCWD. What comes out has references to its members: path_put.
 */
#pragma once

#include "kernel/abi/fcntl.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/path.h"
#include "lib/types.h"

#define WALK_FOLLOW 1u	  /* a symlink as the last component is followed */
#define WALK_DIRECTORY 2u /* the result must be a directory: else -ENOTDIR */
#define WALK_EMPTY 4u	  /* "" means dfd itself (AT_EMPTY_PATH) */
#define WALK_NO_XDEV 8u
#define WALK_NO_MAGIC 16u
#define WALK_NO_LINKS 32u
#define WALK_BENEATH 64u
#define WALK_IN_ROOT 128u

#define WALK_LINKS_MAX 40

/* A user's path string, copied in: short ones into the struct itself. */
#define PATH_NAME_SMALL 128
struct path_name {
	char *text;
	char small[PATH_NAME_SMALL];
};
/* 0, -EFAULT, -ENAMETOOLONG, -ENOMEM. An empty string is legal here. */
int path_name_fetch(struct path_name *n, const char __user *s) __must_check;
void path_name_release(struct path_name *n);

/* Finds what exists: 0 and *out, -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG, -EBADF
 * (dfd)... */
int path_lookup(int dfd, const char *name, unsigned flags, struct path *out) __must_check;
int path_lookup_user(int dfd, const char __user *name, unsigned flags,
		     struct path *out) __must_check;

/* A walk that stops before the last component. The walk resumes when that turns out to be a
 * symlink to follow. */
enum walk_last { LAST_NORMAL, LAST_DOT, LAST_DOTDOT, LAST_ROOT };
struct walk_link {
	const char *rest;     /* what remains of the string that led into the link */
	struct dentry *owner; /* keeps the text of the link in progress alive; or */
	char *text;	      /* its copy, to be freed */
};
struct walk {
	/* where we are; after walk_parent the directory of the last component */
	struct path path;
	struct path root;     /* what / is; borrowed until root_held */
	const char *rest;     /* what is still to walk */
	struct name last;     /* after walk_parent */
	enum walk_last last_type;
	bool trailing_slash;  /* after the last component */
	bool root_held;
	unsigned flags;
	unsigned links;	      /* followed so far */
	unsigned depth;	      /* links in progress */
	struct walk_link link[WALK_LINKS_MAX];
};
/* Begins; on failure nothing is held. name must outlive the walk. */
int walk_begin(struct walk *w, int dfd, const char *name, unsigned flags) __must_check;
/* Walks to the directory of the last component and leaves w->last. */
int walk_parent(struct walk *w) __must_check;
/* w->path (the directory) becomes what d, a positive dentry in it, stands for: mounts crossed.
 * Consumes d. 1 when it is a symlink that is to be followed and has been entered: call walk_parent
 * again. 0: w->path is the result. */
int walk_step(struct walk *w, struct dentry *d, bool follow) __must_check;
/* Looks w->last up and steps: as walk_step, or -ENOENT. */
int walk_last(struct walk *w) __must_check;
void walk_end(struct walk *w);

/* The name in a directory, counted: positive or, when create, perhaps negative (without: -ENOENT).
 * Takes the directory's lock if need be. */
int dentry_lookup(struct dentry *dir, const struct name *name, struct dentry **out) __must_check;
/* The same with dir's lock held: always a dentry, perhaps negative. */
int dentry_lookup_locked(struct dentry *dir, const struct name *name,
			 struct dentry **out) __must_check;

/* Absolute text of p as seen from root, at the end of buf: pointer into buf, or
 * ERR_PTR(-ENAMETOOLONG). A removed name gets " (deleted)"; one that can't be reached from root
 * begins with "(unreachable)". Anonymous files give their own name. */
char *path_text(const struct path *p, const struct path *root, char *buf, size_t size);
/* The same for current's root. */
char *path_text_current(const struct path *p, char *buf, size_t size);
/* What a magic link says: the same without "(unreachable)", from the top of its tree of mounts. */
char *path_text_link(const struct path *p, char *buf, size_t size);

/*
 * The walk along a path.
 *
 * A walk stands on a path (mount and dentry, held) and has a string still to walk. For each
 * component: the right to search the directory, the name (in the cache, else asked of the file
 * system under the directory's lock), down over what is mounted there; a symlink pushes what
 * remains of the string and goes on with the link's text (path_link.c).
 *
 *	walk_begin -> walk_parent -> walk_last   -> 0: w->path is it
 *	                  ^              |
 *	                  +---- 1 -------+  the last component was a symlink to follow
 *
 * Callers that make names stop after walk_parent, with the directory in w->path and the name in
 * w->last.
 *
 * The string may be hashed and used in place: it is the kernel's copy, and the text of a link in
 * progress stays. A cache hit on the way takes no sleeping lock and allocates nothing.
 *
 * NOTE(linux): the protected_symlinks and protected_regular policies of sticky directories are not
 * applied, as on a Linux where those sysctls are 0, their default.
 */
#include "kernel/fs/path_walk.h"

#include "arch/uaccess.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dir.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path_link.h"
#include "kernel/fs/super.h"
#include "lib/errno.h"
#include "lib/string.h"

int path_name_fetch(struct path_name *n, const char __user *s)
{
	long len = user_string_in(n->small, s, sizeof(n->small));

	n->text = n->small;
	if (len != -ENAMETOOLONG)
		return len < 0 ? (int)len : 0;
	n->text = kmalloc(PATH_MAX, 0);
	if (!n->text)
		return -ENOMEM;
	len = user_string_in(n->text, s, PATH_MAX);
	if (len < 0)
		kfree(n->text);
	return len < 0 ? (int)len : 0;
}

void path_name_release(struct path_name *n)
{
	if (n->text != n->small)
		kfree(n->text);
}

/* --- A name in a directory --- */

/* The cached dentry, unless its file system says that it is out of date. */
static inline struct dentry *find_cached(struct dentry *dir, const struct name *name)
{
	struct dentry *d = dentry_find(dir, name);

	if (!d || !d->inode || likely(!d->inode->ops->revalidate) ||
	    d->inode->ops->revalidate(d))
		return d;
	dentry_unhash(d);
	dentry_put(d);
	return NULL;
}

/* Asks the file system; dir's lock held, the cache doesn't know. */
static int look_up_fresh(struct dentry *dir, const struct name *name, struct dentry **out)
{
	struct inode *inode = dir->inode;
	struct dentry *d;
	int err = 0;

	if (inode->dead)
		return -ENOENT;
	d = dentry_create(dir->sb, dir, name);
	if (!d)
		return -ENOMEM;
	if (!(dir->sb->flags & SUPER_ALL_CACHED)) {
		err = inode->ops->lookup ? inode->ops->lookup(inode, d) : -ENOTDIR;
		if (err) {
			dentry_put(d);
			return err;
		}
		if (!(d->flags & DENTRY_UNCACHED))
			dentry_hash(d);
	}
	*out = d;
	return 0;
}

int dentry_lookup_locked(struct dentry *dir, const struct name *name, struct dentry **out)
{
	if (name->len > NAME_MAX)
		return -ENAMETOOLONG;
	*out = find_cached(dir, name);
	return *out ? 0 : look_up_fresh(dir, name, out);
}

/* The cache missed without the lock. */
static __noinline int look_up_slow(struct dentry *dir, const struct name *name, struct dentry **out)
{
	struct inode *inode = dir->inode;
	struct dentry *d;
	int err = 0;

	if (name->len > NAME_MAX)
		return -ENAMETOOLONG;
	mutex_lock(&inode->lock);
	d = find_cached(dir, name);
	if (!d) {
		if (dir->sb->flags & SUPER_ALL_CACHED)
			err = -ENOENT;
		else
			err = look_up_fresh(dir, name, &d);
	}
	mutex_unlock(&inode->lock);
	if (!err)
		*out = d;
	return err;
}

int dentry_lookup(struct dentry *dir, const struct name *name, struct dentry **out)
{
	struct dentry *d = find_cached(dir, name);

	if (!d) {
		int err = look_up_slow(dir, name, &d);

		if (err)
			return err;
	}
	if (!READ_ONCE(d->inode)) {
		dentry_put(d);
		return -ENOENT;
	}
	*out = d;
	return 0;
}

/* --- Start and end --- */

/* Where dfd points: a reference to its path. */
static int start_at_fd(int dfd, bool must_be_dir, struct path *out)
{
	struct file *f;
	int err = 0;

	if (dfd == AT_FDCWD) {
		fs_context_cwd(current->fs, out);
		return 0;
	}
	f = fd_get_any(dfd);
	if (!f)
		return -EBADF;
	if (must_be_dir && !S_ISDIR(f->inode->mode))
		err = -ENOTDIR;
	if (!err) {
		*out = f->path;
		path_get(out);
	}
	file_put(f);
	return err;
}

int walk_begin(struct walk *w, int dfd, const char *name, unsigned flags)
{
	int err = 0;

	w->rest = name;
	w->flags = flags;
	w->links = 0;
	w->depth = 0;
	w->root_held = false;
	w->trailing_slash = false;
	if (name[0] == 0)
		return -ENOENT;
	if (flags & (WALK_BENEATH | WALK_IN_ROOT)) {
		if (name[0] == '/' && (flags & WALK_BENEATH))
			return -EXDEV;
		err = start_at_fd(dfd, true, &w->path);
		if (!err) {
			w->root = w->path;
			path_get(&w->root);
			w->root_held = true;
		}
	} else if (name[0] == '/') {
		fs_context_root(current->fs, &w->path);
	} else {
		err = start_at_fd(dfd, true, &w->path);
	}
	return err;
}

void walk_end(struct walk *w)
{
	while (w->depth > 0)
		walk_link_release(&w->link[--w->depth]);
	if (w->root_held)
		path_put(&w->root);
	path_put(&w->path);
}

/* --- Steps --- */

int walk_step(struct walk *w, struct dentry *d, bool follow)
{
	if (follow && S_ISLNK(d->inode->mode))
		return walk_enter_link(w, d);
	dentry_put(w->path.dentry);
	w->path.dentry = d;
	if (mount_on_dentry(d) && mount_cross_down(&w->path) &&
	    (w->flags & WALK_NO_XDEV))
		return -EXDEV;
	return 0;
}

static int walk_dotdot(struct walk *w)
{
	struct path *p = &w->path;

	walk_hold_root(w);
	for (;;) {
		if (p->dentry == w->root.dentry && p->mnt == w->root.mnt) {
			if (w->flags & WALK_BENEATH)
				return -EXDEV;
			break;
		}
		if (p->dentry != p->mnt->root) {
			struct dentry *parent = dentry_parent(p->dentry);

			dentry_put(p->dentry);
			p->dentry = parent;
			break;
		}
		if (!mount_cross_up(p))
			break;
		if (w->flags & WALK_NO_XDEV)
			return -EXDEV;
	}
	if (mount_cross_down(p) && (w->flags & WALK_NO_XDEV))
		return -EXDEV;
	return 0;
}

/* May current search this directory? */
static int may_search(struct inode *inode)
{
	if (!S_ISDIR(inode->mode))
		return -ENOTDIR;
	if ((inode->mode & 0111) == 0111 && !inode->ops->permission)
		return 0;
	return inode_permission(inode, MAY_EXEC);
}

/* Cuts the next component off w->rest. */
static void next_component(struct walk *w, const char *s)
{
	uint64_t hash = name_hash_start;
	const char *end = s;

	/* name_hash, in the same pass that looks for the end. */
	for (; *end && *end != '/'; end++)
		hash = name_hash_add(hash, *end);
	w->last = (struct name){ s, (unsigned)(end - s), hash };
	w->last_type = LAST_NORMAL;
	if (s[0] == '.' && w->last.len == 1)
		w->last_type = LAST_DOT;
	else if (s[0] == '.' && s[1] == '.' && w->last.len == 2)
		w->last_type = LAST_DOTDOT;
	w->rest = end;
}

/* Nothing remains but slashes, in the string or any that led here. */
static bool at_last(struct walk *w)
{
	const char *s = w->rest;

	while (*s == '/')
		s++;
	if (*s)
		return false;
	for (unsigned i = w->depth; i > 0; i--) {
		for (s = w->link[i - 1].rest; *s == '/'; s++)
			;
		if (*s)
			return false;
	}
	if (*w->rest)
		w->trailing_slash = true;
	return true;
}

int walk_parent(struct walk *w)
{
	for (;;) {
		const char *s = w->rest;
		struct dentry *d;
		int err;

		while (*s == '/')
			s++;
		if (!*s && w->depth > 0) {
			w->rest = w->link[w->depth - 1].rest;
			walk_link_release(&w->link[--w->depth]);
			continue;
		}
		if (!*s) {
			w->rest = s;
			w->last_type = LAST_ROOT;
			return 0;
		}
		err = may_search(w->path.dentry->inode);
		if (err)
			return err;
		next_component(w, s);
		if (at_last(w))
			return 0;
		if (w->last_type == LAST_DOT)
			continue;
		if (w->last_type == LAST_DOTDOT) {
			err = walk_dotdot(w);
		} else {
			err = dentry_lookup(w->path.dentry, &w->last, &d);
			if (!err)
				err = walk_step(w, d, true);
		}
		if (err < 0)
			return err;
	}
}

int walk_last(struct walk *w)
{
	struct dentry *d;
	int err;

	if (w->last_type == LAST_DOTDOT)
		return walk_dotdot(w);
	if (w->last_type != LAST_NORMAL)
		return 0;
	err = dentry_lookup(w->path.dentry, &w->last, &d);
	if (err)
		return err;
	return walk_step(w, d, (w->flags & WALK_FOLLOW) || w->trailing_slash);
}

/* --- Whole look-ups --- */

static int path_check_dir(const struct path *p, bool wanted)
{
	return wanted && !S_ISDIR(p->dentry->inode->mode) ? -ENOTDIR : 0;
}

int path_lookup(int dfd, const char *name, unsigned flags, struct path *out)
{
	struct walk w;
	int err;

	if (name[0] == 0 && (flags & WALK_EMPTY)) {
		err = start_at_fd(dfd, flags & WALK_DIRECTORY, out);
		return err;
	}
	err = walk_begin(&w, dfd, name, flags);
	if (err)
		return err;
	do {
		err = walk_parent(&w);
		if (!err)
			err = walk_last(&w);
	} while (err == 1);
	if (!err)
		err = path_check_dir(&w.path, (flags & WALK_DIRECTORY) || w.trailing_slash);
	if (!err) {
		*out = w.path;
		w.path = (struct path){ 0 };
	}
	walk_end(&w);
	return err;
}

int path_lookup_user(int dfd, const char __user *name, unsigned flags, struct path *out)
{
	struct path_name n;
	int err = path_name_fetch(&n, name);

	if (err)
		return err;
	err = path_lookup(dfd, n.text, flags, out);
	path_name_release(&n);
	return err;
}

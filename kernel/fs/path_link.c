/*
 * Symlinks on the way of a walk.
 *
 * A link of text is pushed: what remained of the string waits below while the walk goes on with the
 * link's text, from the directory that the link is in or from the root. So a chain of links is a
 * stack and not a recursion; 40 links in all, then -ELOOP. The text is kept alive by the link's
 * dentry (inode->link) or is a copy of its own, until the walk has come to its end.
 *
 * A magic link (/proc/PID/cwd, fd/3) has a place instead of a text, which need not have a name at
 * all: the walk is there at once. That is no step along a path, so who must stay beneath a
 * directory may not take it.
 */
#include "kernel/fs/path_link.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "lib/errno.h"

void walk_link_release(struct walk_link *l)
{
	dentry_put(l->owner);
	kfree(l->text);
}

void walk_hold_root(struct walk *w)
{
	if (w->root_held)
		return;
	fs_context_root(current->fs, &w->root);
	w->root_held = true;
}

static void path_replace(struct path *p, const struct path *with)
{
	path_put(p);
	*p = *with;
}

/* The link says where it leads. Consumes d. */
static int follow_magic(struct walk *w, struct dentry *d)
{
	struct path to;
	int err = w->flags & WALK_NO_MAGIC ? -ELOOP : d->inode->ops->follow_link(d->inode, &to);

	dentry_put(d);
	if (err)
		return err;
	if ((w->flags & (WALK_BENEATH | WALK_IN_ROOT)) ||
	    ((w->flags & WALK_NO_XDEV) && to.mnt != w->path.mnt)) {
		path_put(&to);
		return -EXDEV;
	}
	path_replace(&w->path, &to);
	return 1;
}

/* The text of symlink d, kept alive by *l. Consumes d. */
static int link_text(struct dentry *d, struct walk_link *l, const char **text)
{
	struct inode *inode = d->inode;
	ssize_t len;

	l->owner = d;
	l->text = NULL;
	*text = inode->link;
	if (*text)
		return 0;
	l->text = inode->ops->readlink ? kmalloc(PATH_MAX, 0) : NULL;
	len = l->text ? inode->ops->readlink(inode, l->text, PATH_MAX - 1)
	    : inode->ops->readlink ? -ENOMEM : -EINVAL;
	if (len < 0) {
		walk_link_release(l);
		return (int)len;
	}
	l->text[len] = 0;
	*text = l->text;
	return 0;
}

int walk_enter_link(struct walk *w, struct dentry *d)
{
	struct walk_link *l = &w->link[w->depth];
	const char *text;
	int err;

	if ((w->flags & WALK_NO_LINKS) || (w->path.mnt->flags & MS_NOSYMFOLLOW) ||
	    w->links >= WALK_LINKS_MAX) {
		dentry_put(d);
		return -ELOOP;
	}
	w->links++;
	if (!(w->path.mnt->flags & (MS_NOATIME | MOUNT_READ_ONLY)))
		inode_touch_atime(d->inode);
	if (d->inode->ops->follow_link)
		return follow_magic(w, d);
	err = link_text(d, l, &text);
	if (err)
		return err;
	l->rest = w->rest;
	w->depth++;
	w->rest = text;
	if (text[0] == 0)
		return -ENOENT;
	if (text[0] != '/')
		return 1;
	if (w->flags & WALK_BENEATH)
		return -EXDEV;
	walk_hold_root(w);
	if ((w->flags & WALK_NO_XDEV) && w->root.mnt != w->path.mnt)
		return -EXDEV;
	path_get(&w->root);
	path_replace(&w->path, &w->root);
	return 1;
}

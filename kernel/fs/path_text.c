/*
 * From a place back to its name: getcwd, /proc/PID/fd, maps, mounts.
 *
 * The text grows from the end of the buffer to its front: the names of this mount up to its root,
 * then from the mount point on up, until the wanted root or the top of the tree is met. Renames
 * are kept out for the length of one mount only (dentry_text); a rename between two mounts on the
 * way shows a path that held a moment apart.
 */
#include "kernel/fs/dentry.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path_walk.h"
#include "kernel/fs/super.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define UNREACHABLE "(unreachable)"

void path_get(const struct path *p)
{
	if (p->mnt)
		mount_get(p->mnt);
	if (p->dentry)
		dentry_get(p->dentry);
}

/* The dentry first: it may be what keeps an inode of the mount's file system. */
void path_put(struct path *p)
{
	dentry_put(p->dentry);
	mount_put(p->mnt);
	p->dentry = NULL;
	p->mnt = NULL;
}

/* Puts s in front of *at. False: no room. */
static bool prepend(char **at, const char *buf, const char *s)
{
	size_t len = strlen(s);

	if ((size_t)(*at - buf) < len)
		return false;
	*at -= len;
	memcpy(*at, s, len);
	return true;
}

/* "pipe:[7]" when the name has no bracket of its own. */
static char *anonymous_text(const struct dentry *d, char *buf, size_t size)
{
	int len = strchr(d->name, '[') || d->name[0] == '/'
		? str_format(buf, size, "%s", d->name)
		: str_format(buf, size, "%s:[%lu]", d->name, d->inode->ino);

	return (size_t)len < size ? buf : ERR_PTR(-ENAMETOOLONG);
}

/* Prepends the names from p up to root; *reached: whether root was met. False: no room. Consumes
 * p. */
static bool prepend_up(struct path *p, const struct path *root, char *buf, char **at, bool *reached)
{
	bool fits = true;

	for (;;) {
		bool here = root->mnt == p->mnt;
		const struct dentry *stop = here && dentry_is_ancestor(root->dentry, p->dentry)
					  ? root->dentry : p->mnt->root;
		size_t len = dentry_text(p->dentry, stop, buf, (size_t)(*at - buf));

		if (len == SIZE_MAX) {
			fits = false;
			break;
		}
		*at -= len;
		*reached = here && stop == root->dentry;
		if (*reached)
			break;
		/* On from the root of this mount. */
		dentry_put(p->dentry);
		p->dentry = dentry_get(p->mnt->root);
		if (!mount_cross_up(p))
			break;
	}
	path_put(p);
	return fits;
}

char *path_text(const struct path *p, const struct path *root, char *buf, size_t size)
{
	struct path at_path = *p;
	char *at = buf + size;
	bool reached = false, ok;

	if (p->dentry->sb->flags & SUPER_INTERNAL)
		return anonymous_text(p->dentry, buf, size);
	if (size == 0)
		return ERR_PTR(-ENAMETOOLONG);
	*--at = 0;
	ok = !dentry_is_dead(p->dentry) || prepend(&at, buf, " (deleted)");
	path_get(&at_path);
	if (!ok) {
		path_put(&at_path);
		return ERR_PTR(-ENAMETOOLONG);
	}
	char *names_end = at;

	ok = prepend_up(&at_path, root, buf, &at, &reached);
	if (ok && at == names_end)
		ok = prepend(&at, buf, "/");
	if (ok && !reached)
		ok = prepend(&at, buf, UNREACHABLE);
	return ok ? at : ERR_PTR(-ENAMETOOLONG);
}

char *path_text_link(const struct path *p, char *buf, size_t size)
{
	char *text = path_text_current(p, buf, size);

	return !IS_ERR(text) && str_starts(text, UNREACHABLE) ? text + strlen(UNREACHABLE) : text;
}

char *path_text_current(const struct path *p, char *buf, size_t size)
{
	struct path root;
	char *text;

	if (!current->fs)
		return ERR_PTR(-ENOENT);
	fs_context_root(current->fs, &root);
	text = path_text(p, &root, buf, size);
	path_put(&root);
	return text;
}

/*
 * The text of /proc/mounts and /proc/PID/mountinfo, a line at a time.
 *
 * A reader of procfs asks for the n-th mount until there is none; between two calls the tree may
 * change, which at worst shows a mount twice or not at all, as on Linux.
 */
#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path_walk.h"
#include "kernel/fs/super.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

/* What is written so far: at == size means that it didn't fit. */
struct text {
	char *buf;
	size_t size, at;
};

static void put_char(struct text *t, char c)
{
	if (t->at < t->size)
		t->buf[t->at++] = c;
}

static void put(struct text *t, const char *s)
{
	while (*s)
		put_char(t, *s++);
}

/* Blanks and backslashes as octal, so that a line can be split again. */
static void put_escaped(struct text *t, const char *s)
{
	for (; *s; s++) {
		if (!strchr(" \t\n\\#", *s)) {
			put_char(t, *s);
			continue;
		}
		put_char(t, '\\');
		put_char(t, (char)('0' + (*s >> 6 & 7)));
		put_char(t, (char)('0' + (*s >> 3 & 7)));
		put_char(t, (char)('0' + (*s & 7)));
	}
}

struct flag_name {
	unsigned flag;
	const char *text;
};

static void put_names(struct text *t, unsigned flags, const struct flag_name *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (flags & names[i].flag)
			put(t, names[i].text);
	}
}

static void put_super_flags(struct text *t, const struct super *sb)
{
	static const struct flag_name names[] = {
		{ MS_SYNCHRONOUS, ",sync" },
		{ MS_DIRSYNC, ",dirsync" },
		{ MS_MANDLOCK, ",mand" },
		{ MS_LAZYTIME, ",lazytime" },
	};

	put_names(t, sb->mount_flags, names, ARRAY_SIZE(names));
}

static void put_mount_flags(struct text *t, unsigned flags)
{
	static const struct flag_name names[] = {
		{ MS_NOSUID, ",nosuid" },     { MS_NODEV, ",nodev" },
		{ MS_NOEXEC, ",noexec" },     { MS_NOATIME, ",noatime" },
		{ MS_NODIRATIME, ",nodiratime" }, { MS_RELATIME, ",relatime" },
		{ MS_NOSYMFOLLOW, ",nosymfollow" },
	};

	put_names(t, flags, names, ARRAY_SIZE(names));
}

static void put_options(struct text *t, struct super *sb)
{
	if (sb->ops->show_options)
		t->at += sb->ops->show_options(sb, t->buf + t->at, t->size - t->at);
}

static void put_mounts_line(struct text *t, struct mount *m, const char *where)
{
	put_escaped(t, m->source);
	put_char(t, ' ');
	put_escaped(t, where);
	put_char(t, ' ');
	put(t, m->sb->type->name);
	put(t, m->flags & MOUNT_READ_ONLY ? " ro" : " rw");
	put_super_flags(t, m->sb);
	put_mount_flags(t, m->flags);
	put_options(t, m->sb);
	put(t, " 0 0\n");
}

static void put_mountinfo_line(struct text *t, struct mount *m, const char *where)
{
	char ids[64], root[256];
	size_t len = dentry_text(m->root, NULL, root, sizeof(root) - 1);

	str_format(ids, sizeof(ids), "%d %d %u:%u ", m->id, m->parent ? m->parent->id : m->id,
		   DEV_MAJOR(m->sb->dev), DEV_MINOR(m->sb->dev));
	put(t, ids);
	root[sizeof(root) - 1] = 0;
	put_escaped(t, len == 0 || len == SIZE_MAX ? "/" : root + sizeof(root) - 1 - len);
	put_char(t, ' ');
	put_escaped(t, where);
	put(t, m->flags & MS_RDONLY ? " ro" : " rw");
	put_mount_flags(t, m->flags);
	put(t, " - ");
	put(t, m->sb->type->name);
	put_char(t, ' ');
	put_escaped(t, m->source);
	put(t, m->sb->mount_flags & MS_RDONLY ? " ro" : " rw");
	put_super_flags(t, m->sb);
	put_options(t, m->sb);
	put_char(t, '\n');
}

/* The n-th, counted; NULL past the end. mount_mutex held. */
static struct mount *mount_at(struct mount_ns *ns, unsigned n)
{
	struct mount *m;

	list_for_each_entry(m, &ns->mounts, ns_link) {
		if (n-- == 0)
			return mount_get(m);
	}
	return NULL;
}

static ssize_t show(struct mount *m, const struct path *root, bool info, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	struct path top = { m, m->root };
	char *space = kmalloc(PATH_MAX, 0), *where;

	if (!space)
		return -ENOMEM;
	where = path_text(&top, root, space, PATH_MAX);
	if (IS_ERR(where) || where[0] != '/') {
		kfree(space);
		return -ENOENT;
	}
	if (info)
		put_mountinfo_line(&t, m, where);
	else
		put_mounts_line(&t, m, where);
	kfree(space);
	return t.at < size ? (ssize_t)t.at : -ENAMETOOLONG;
}

ssize_t mount_show(struct mount_ns *ns, unsigned n, const struct path *root, bool info, char *buf,
		   size_t size)
{
	struct mount *m;
	ssize_t len = 0;

	mutex_lock(&mount_mutex);
	m = mount_at(ns, n);
	if (m)
		len = show(m, root, info, buf, size);
	mutex_unlock(&mount_mutex);
	mount_put(m);
	return len;
}

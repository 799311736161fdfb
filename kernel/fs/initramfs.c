/*
 * The initramfs: a cpio archive becomes files of the root.
 *
 * Entries are made in their order with the calls that programs use, as root with an umask of 0.
 * Names of one inode (nlink > 1, same device and number) become hard links; the data stand with
 * the last of them. A file that is there already is replaced, so that a later archive lies over an
 * earlier one. Directories get their times at the end, in a second pass, since filling them
 * changes them.
 *
 * An archive that is cut or corrupt is an error, said with the byte where it goes wrong; what was
 * unpacked until then stays.
 *
 * NOTE(linux): missing parent directories are made; Linux leaves such entries out.
 */
#include "kernel/abi/stat.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/core/printk.h"
#include "kernel/fs/attr.h"
#include "kernel/fs/dir.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/fs_init.h"
#include "kernel/fs/open.h"
#include "lib/cpio.h"
#include "lib/errno.h"
#include "lib/string.h"

/* A name of an inode that has several: the next is linked to it. */
struct seen_link {
	struct list link;
	uint32_t ino, dev_major, dev_minor;
	char name[];
};

struct unpack {
	struct list seen;    /* struct seen_link */
	char path[PATH_MAX]; /* "/" and the entry's name */
	unsigned files;
};

/* The absolute path of an entry; false for the root itself. */
static bool entry_path(struct unpack *u, const struct cpio_entry *e)
{
	const char *name = e->name;

	while (*name == '/' || (name[0] == '.' && (name[1] == '/' || name[1] == 0)))
		name++;
	u->path[0] = '/';
	/* a cut name ends in ENAMETOOLONG */
	(void)!str_copy(u->path + 1, name, sizeof(u->path) - 1);
	return name[0] != 0;
}

/* Every directory above u->path. */
static int make_parents(struct unpack *u)
{
	for (char *slash = strchr(u->path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int err;

		*slash = 0;
		err = dir_mkdir(AT_FDCWD, u->path, 0755);
		*slash = '/';
		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}

static int write_all(struct file *f, const struct cpio_entry *e)
{
	uint64_t pos = 0;
	ssize_t put = file_write_kernel(f, e->data, e->size, &pos);

	if (put < 0)
		return (int)put;
	return (size_t)put == e->size ? 0 : -ENOSPC;
}

static int unpack_regular(struct unpack *u, const struct cpio_entry *e)
{
	struct open_request req = {.flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
				   .mode = 0600};
	struct file *f;
	int err = file_open(AT_FDCWD, u->path, &req, &f);

	if (err)
		return err;
	err = write_all(f, e);
	file_put(f);
	return err;
}

static struct seen_link *find_seen(struct unpack *u, const struct cpio_entry *e)
{
	struct seen_link *s;

	list_for_each_entry(s, &u->seen, link) {
		if (s->ino == e->ino && s->dev_major == e->dev_major &&
		    s->dev_minor == e->dev_minor)
			return s;
	}
	return NULL;
}

static int remember(struct unpack *u, const struct cpio_entry *e)
{
	size_t len = strlen(u->path) + 1;
	struct seen_link *s = kmalloc(sizeof(*s) + len, 0);

	if (!s)
		return -ENOMEM;
	s->ino = e->ino;
	s->dev_major = e->dev_major;
	s->dev_minor = e->dev_minor;
	memcpy(s->name, u->path, len);
	list_add(&s->link, &u->seen);
	return 0;
}

static void forget_all(struct unpack *u)
{
	struct seen_link *s, *after;

	list_for_each_entry_safe(s, after, &u->seen, link)
		kfree(s);
}

/* A file with several names: the first is made, the others linked; whichever has the data writes
 * them. */
static int unpack_linked(struct unpack *u, const struct cpio_entry *e)
{
	struct seen_link *s = find_seen(u, e);
	int err = 0;

	if (!s)
		err = remember(u, e);
	else
		err = dir_link(AT_FDCWD, s->name, AT_FDCWD, u->path, 0);
	if (!err && (!s || e->size > 0))
		err = unpack_regular(u, e);
	return err;
}

static int unpack_symlink(struct unpack *u, const struct cpio_entry *e)
{
	char *target;
	int err;

	if (e->size == 0 || e->size >= PATH_MAX)
		return -EINVAL;
	target = kmalloc(e->size + 1, 0);
	if (!target)
		return -ENOMEM;
	memcpy(target, e->data, e->size);
	target[e->size] = 0;
	err = dir_symlink(target, AT_FDCWD, u->path);
	kfree(target);
	return err;
}

static int unpack_by_type(struct unpack *u, const struct cpio_entry *e)
{
	switch (e->mode & S_IFMT) {
	case S_IFREG:
		return e->nlink > 1 ? unpack_linked(u, e) : unpack_regular(u, e);
	case S_IFDIR:
		return dir_mkdir(AT_FDCWD, u->path, 0755);
	case S_IFLNK:
		return unpack_symlink(u, e);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return dir_mknod(AT_FDCWD, u->path, e->mode & S_IFMT,
				 DEV_MAKE(e->rdev_major, e->rdev_minor));
	default:
		return -EINVAL;
	}
}

/* Owner, mode and times, as the archive says. Owner first: changing it takes set-id bits away. */
static int apply_attributes(struct unpack *u, const struct cpio_entry *e)
{
	int64_t mtime = (int64_t)(e->mtime * NSEC_PER_SEC);
	struct path p;
	int err = path_lookup(AT_FDCWD, u->path, 0, &p);

	if (err)
		return err;
	err = path_chown(&p, e->uid, e->gid);
	if (!err && !S_ISLNK(e->mode))
		err = path_chmod(&p, e->mode);
	if (!err)
		err = path_utimes(&p, mtime, mtime, false);
	path_put(&p);
	return err;
}

/* Makes way for an entry whose name is taken, by something that it may replace. */
static int replace_existing(struct unpack *u, const struct cpio_entry *e)
{
	struct path p;
	bool is_dir;
	int err = path_lookup(AT_FDCWD, u->path, 0, &p);

	if (err)
		return err == -ENOENT ? 0 : err;
	is_dir = S_ISDIR(p.dentry->inode->mode);
	path_put(&p);
	if (is_dir)
		return S_ISDIR(e->mode) ? 0 : -EISDIR;
	return dir_unlink(AT_FDCWD, u->path);
}

static int unpack_entry(struct unpack *u, const struct cpio_entry *e)
{
	int err;

	if (e->name_len >= PATH_MAX - 1)
		return -ENAMETOOLONG;
	if (!entry_path(u, e))
		return S_ISDIR(e->mode) ? apply_attributes(u, e) : 0;
	err = replace_existing(u, e);
	if (!err)
		err = unpack_by_type(u, e);
	if (err == -ENOENT) {
		err = make_parents(u);
		if (!err)
			err = unpack_by_type(u, e);
	}
	if (err == -EEXIST && S_ISDIR(e->mode))
		err = 0;
	if (!err)
		err = apply_attributes(u, e);
	if (!err)
		u->files++;
	return err;
}

static int directory_times(struct unpack *u, const struct cpio_entry *e)
{
	if (!S_ISDIR(e->mode))
		return 0;
	entry_path(u, e);
	return apply_attributes(u, e);
}

/* Calls fn for each entry. */
static int for_each_entry(struct unpack *u, const void *data, size_t size,
			  int (*fn)(struct unpack *, const struct cpio_entry *))
{
	struct cpio_entry e;
	struct cpio cpio;
	int got, err = 0;

	cpio_init(&cpio, data, size);
	while (!err && (got = cpio_next(&cpio, &e)) > 0) {
		err = fn(u, &e);
		if (err)
			pr_err("initramfs: %s can't be unpacked: %s", e.name, errno_name(err));
	}
	if (!err && got < 0) {
		pr_err("initramfs: %s at byte %zu of %zu", cpio.reason, cpio.offset, size);
		err = got;
	}
	return err;
}

/* What Linux's built-in archive holds: an init without /dev/console in its own archive counts on
 * it. */
static int make_defaults(void)
{
	int err = dir_mkdir(AT_FDCWD, "/dev", 0755);

	if (!err || err == -EEXIST)
		err = dir_mkdir(AT_FDCWD, "/root", 0700);
	if (!err || err == -EEXIST)
		err = dir_mknod(AT_FDCWD, "/dev/console", S_IFCHR | 0600, DEV_MAKE(5, 1));
	return err == -EEXIST ? 0 : err;
}

int initramfs_unpack(const void *data, size_t size)
{
	struct unpack *u = kmalloc(sizeof(*u), 0);
	unsigned umask;
	int err;

	if (!u)
		return -ENOMEM;
	list_init(&u->seen);
	u->files = 0;
	umask = fs_context_set_umask(current->fs, 0);
	err = make_defaults();
	if (!err)
		err = for_each_entry(u, data, size, unpack_entry);
	forget_all(u);
	if (!err)
		err = for_each_entry(u, data, size, directory_times);
	fs_context_set_umask(current->fs, umask);
	if (!err)
		pr_info("initramfs: %u files from %zu KiB", u->files, size / 1024);
	kfree(u);
	return err;
}

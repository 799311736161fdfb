/*
 * proc_fd.c: /proc/PID/fd, links to what a process has open, and /proc/PID/fdinfo, which tells of
 * it.
 *
 * Both are one directory of descriptors with two kinds of entries. They may be read by whoever
 * might debug the process; that a link is there anybody may know who may search the directory,
 * since following it asks again.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/dirent.h"
#include "kernel/abi/stat.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/files.h"
#include "lib/errno.h"
#include "lib/format.h"

/* The file behind descriptor fd of a node's task. 0, -ENOENT, -EACCES (current may not look). */
static int node_file(const struct inode *inode, int fd, bool look, struct file **out)
{
	struct task *t = proc_task(inode);
	int err = t == NULL ? -ENOENT : look ? proc_may_look(t) : 0;

	if (err == 0 && file_of_task(t, (unsigned)fd, out) != 0)
		err = -ENOENT;
	if (err == 0 && look && proc_may_look(t)) { /* it was in exec */
		file_put(*out);
		err = -EACCES;
	}
	task_put(t);
	return err;
}

static int fd_follow(struct inode *inode, struct path *out)
{
	struct file *f;
	int err = node_file(inode, proc_node(inode)->fd, true, &f);

	if (err)
		return err;
	*out = f->path;
	path_get(out);
	file_put(f);
	return 0;
}

static const struct inode_ops fd_link_ops = {
	PROC_INODE_OPS, .revalidate = proc_revalidate_never, .follow_link = fd_follow };
static const struct proc_entry fd_link_entry = { .mode = S_IFLNK | 0700 };
static const struct proc_entry fdinfo_entry = { .mode = S_IFREG | 0400 };

static int fd_lookup_as(struct inode *dir, struct dentry *dentry, const struct proc_entry *e)
{
	int fd = proc_name_number(dentry), err = -ENOENT;
	struct inode *inode;
	struct file *f;

	/* That there is a link anybody may know who may search the directory. */
	if (fd >= 0)
		err = node_file(dir, fd, !S_ISLNK(e->mode), &f);
	if (err)
		return err;
	inode = proc_inode(dir->sb, e, proc_node(dir)->pid, false);
	if (inode != NULL) {
		proc_node(inode)->fd = fd;
		if (S_ISLNK(e->mode)) {
			inode->ops = &fd_link_ops;
			inode->mode = S_IFLNK | (f->mode & FILE_READ ? 0500 : 0) |
				      (f->mode & FILE_WRITE ? 0300 : 0);
		}
	}
	file_put(f);
	return proc_instantiate_uncached(dentry, inode);
}

static int fd_lookup(struct inode *dir, struct dentry *dentry)
{
	return fd_lookup_as(dir, dentry, &fd_link_entry);
}

static int fdinfo_lookup(struct inode *dir, struct dentry *dentry)
{
	return fd_lookup_as(dir, dentry, &fdinfo_entry);
}

static int fd_iterate(struct file *file, struct dir_emit *emit)
{
	bool info = proc_node(file->inode)->entry->dir_ops == &proc_fdinfo_dir_ops;
	struct task *t = proc_task(file->inode);
	struct files *files;
	char name[16];
	int fd, err = t == NULL ? -ENOENT : proc_may_look(t);

	files = err == 0 ? files_of_task(t) : NULL;
	if (files != NULL && dir_emit_dots(file, emit)) {
		for (fd = files_next(files, (int)file->pos - 2); fd >= 0;
		     fd = files_next(files, fd + 1)) {
			int len = str_format(name, sizeof(name), "%d", fd);

			if (!dir_emit_entry(file, emit, name, (size_t)len, (uint64_t)fd + 1,
					    info ? DT_REG : DT_LNK, (uint64_t)fd + 3))
				break;
		}
	}
	files_put(files);
	task_put(t);
	return err;
}

const struct inode_ops proc_fd_dir_ops = {
	PROC_INODE_OPS, .revalidate = proc_revalidate_never, .lookup = fd_lookup };
const struct inode_ops proc_fdinfo_dir_ops = {
	PROC_INODE_OPS, .revalidate = proc_revalidate_never, .lookup = fdinfo_lookup };
const struct file_ops proc_fd_dir_fops = { .iterate = fd_iterate };

int proc_show_fdinfo(struct text *out, struct task *t, int fd)
{
	struct file *f;
	char more[256];

	if (file_of_task(t, (unsigned)fd, &f) != 0)
		return -ENOENT;
	text_printf(out, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", f->pos, f->flags, 1,
		    f->inode->ino);
	if (f->ops->show_fdinfo != NULL)
		text_put(out, more, f->ops->show_fdinfo(f, more, sizeof(more)));
	file_put(f);
	return 0;
}

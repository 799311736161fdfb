/*
 * proc_map_files.c: /proc/PID/map_files, a link for each area of memory that shows a file, by the
 * area's addresses.
 *
 * Who might debug the process may search and list it. A link leads to the file itself, though no
 * name may lead there any more.
 *
 * NOTE(linux): reading such a link needs CAP_SYS_ADMIN, as following it does there and here. Areas
 * of memory that is shared without a file of the caller's have none.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/dirent.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file_map.h"
#include "kernel/mm/vma.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define NAME_SIZE 40 /* two numbers of 16 digits */

/* The file of exactly this area, counted. 0, -ENOENT. */
static int range_file(struct task *t, vaddr_t start, vaddr_t end, struct file **out)
{
	struct mm *mm = mm_of_task(t);
	struct vma *v;
	int err = -ENOENT;

	if (mm == NULL)
		return err;
	rwlock_read_lock(&mm->lock);
	v = vma_find(mm, start);
	if (v != NULL && v->start == start && v->end == end && file_map_peek(v) != NULL) {
		*out = file_get(v->file);
		err = 0;
	}
	rwlock_read_unlock(&mm->lock);
	mm_put(mm);
	return err;
}

static int node_file(const struct inode *inode, vaddr_t start, vaddr_t end, struct file **out)
{
	struct task *t = proc_task(inode);
	int err = t == NULL ? -ENOENT : proc_may_look(t);

	if (err == 0)
		err = range_file(t, start, end, out);
	task_put(t);
	return err;
}

static int map_follow(struct inode *inode, struct path *out)
{
	struct proc_node *n = proc_node(inode);
	struct file *f;
	int err = capable(CAP_SYS_ADMIN) ? node_file(inode, n->map_start, n->map_end, &f) : -EPERM;

	if (err)
		return err;
	*out = f->path;
	path_get(out);
	file_put(f);
	return 0;
}

static const struct inode_ops map_link_ops = {
	PROC_INODE_OPS, .revalidate = proc_revalidate_never, .follow_link = map_follow };
static const struct proc_entry map_link_entry = { .mode = S_IFLNK | 0600 };

/* A range has one name: no spaces, no zeros in front. */
static bool name_parse(const struct dentry *d, vaddr_t *start, vaddr_t *end)
{
	char name[NAME_SIZE];
	const char *at;
	int len;

	if (str_to_u64(d->name, &at, 16, start) || *at != '-' ||
	    str_to_u64(at + 1, NULL, 16, end))
		return false;
	len = str_format(name, sizeof(name), "%lx-%lx", *start, *end);
	return (size_t)len == d->name_len && memcmp(name, d->name, (size_t)len) == 0;
}

static int map_lookup(struct inode *dir, struct dentry *dentry)
{
	vaddr_t start, end;
	struct inode *inode;
	struct file *f;
	int err = name_parse(dentry, &start, &end) ? node_file(dir, start, end, &f) : -ENOENT;

	if (err)
		return err;
	inode = proc_inode(dir->sb, &map_link_entry, proc_node(dir)->pid, false);
	if (inode != NULL) {
		proc_node(inode)->map_start = start;
		proc_node(inode)->map_end = end;
		inode->ops = &map_link_ops;
		inode->mode = S_IFLNK | (f->mode & FILE_READ ? 0400 : 0) |
			      (f->mode & FILE_WRITE ? 0200 : 0);
	}
	file_put(f);
	return proc_instantiate_uncached(dentry, inode);
}

/* The first area from va on that has a link. */
static bool next_range(struct mm *mm, vaddr_t va, vaddr_t *start, vaddr_t *end)
{
	struct vma *v;

	rwlock_read_lock(&mm->lock);
	v = vma_find_after(mm, va);
	while (v != NULL && (v->start < va || file_map_peek(v) == NULL))
		v = vma_next(v);
	if (v != NULL) {
		*start = v->start;
		*end = v->end;
	}
	rwlock_read_unlock(&mm->lock);
	return v != NULL;
}

/* The position of an area is 2 + the number of its first page. */
static int map_iterate(struct file *file, struct dir_emit *emit)
{
	struct task *t = proc_task(file->inode);
	int err = t == NULL ? -ENOENT : proc_may_look(t);
	struct mm *mm = NULL;
	vaddr_t start = 0, end = 0;
	char name[NAME_SIZE];

	if (err == 0 && dir_emit_dots(file, emit)) {
		mm = mm_of_task(t);
		while (mm != NULL &&
		       next_range(mm, (file->pos - 2) << PAGE_SHIFT, &start, &end)) {
			int len = str_format(name, sizeof(name), "%lx-%lx", start, end);
			uint64_t page = start >> PAGE_SHIFT;

			if (!dir_emit_entry(file, emit, name, (size_t)len, page + 1, DT_LNK,
					    page + 3))
				break;
		}
	}
	mm_put(mm);
	task_put(t);
	return err;
}

const struct inode_ops proc_map_files_dir_ops = {
	PROC_INODE_OPS, .revalidate = proc_revalidate_never, .lookup = map_lookup };
const struct file_ops proc_map_files_dir_fops = { .iterate = map_iterate };

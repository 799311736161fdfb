/*
 * proc_task.c: the directories of a process: /proc/PID, task/TID, fd, fdinfo.
 *
 * The rows of /proc/PID and of /proc/PID/task/TID are the same table; only `task` itself is missing
 * in the latter. Who may see descriptors, memory map and environment: whoever might debug the
 * process.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/dirent.h"
#include "kernel/abi/stat.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/super.h"
#include "kernel/ipc/oom.h"
#include "kernel/mm/mm.h"
#include "kernel/task/cgroup_ns.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

/* --- small rows ------------------------------------------------------------------------------- */

static int show_comm(struct text *out, struct task *t)
{
	text_printf(out, "%s\n", t->comm);
	return 0;
}

static int store_comm(struct task *t, const char *value)
{
	if (t->group != current->group)
		return -EINVAL;
	task_name_set(t, value);
	return 0;
}

/* LIMIT: where a task sleeps isn't told: always 0, as from a Linux without symbols. */
static int show_wchan(struct text *out, struct task *t)
{
	text_printf(out, "0");
	return 0;
}

static int show_personality(struct text *out, struct task *t)
{
	text_printf(out, "%08x\n", t->personality);
	return 0;
}

static int show_oom_score(struct text *out, struct task *t)
{
	text_printf(out, "%u\n", oom_score(t));
	return 0;
}

static int show_oom_score_adj(struct text *out, struct task *t)
{
	text_printf(out, "%d\n", t->group->oom_score_adj);
	return 0;
}

static int store_oom_score_adj(struct task *t, const char *value)
{
	int64_t adj;

	if (str_to_i64(value, NULL, 10, &adj) || adj < OOM_ADJ_MIN || adj > OOM_ADJ_MAX)
		return -EINVAL;
	return oom_adj_set(t, (int)adj);
}

/* From the reader's root down, or up to where both meet and down from there. tasks_lock held. */
static void cgroup_path(struct text *out, struct cgroup *c, struct cgroup *top)
	__must_hold(tasks_lock)
{
	struct cgroup **chain;
	unsigned count;

	for (; !cgroup_is_below(c, top); top = top->parent)
		text_printf(out, "/..");
	chain = cgroup_chain(c, top, &count);
	out->failed |= chain == NULL;
	for (unsigned i = 0; i < count && !out->failed; i++)
		text_printf(out, "/%s", chain[i]->name);
	kfree(chain);
}

static int show_cgroup(struct text *out, struct task *t)
{
	struct cgroup *top = cgroup_ns_current()->root, *c;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	c = cgroup_of(t->group);
	text_printf(out, "0::%s", c == top ? "/" : "");
	cgroup_path(out, c, top);
	text_printf(out, c->dead ? " (deleted)\n" : "\n");
	spin_unlock_irqrestore(&tasks_lock, irq);
	return 0;
}

static int show_children(struct text *out, struct task *t)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *child;

	list_for_each_entry(child, &t->children, sibling)
		text_printf(out, "%d ", pid_nr_in(child->pid, out->pid_ns));
	spin_unlock_irqrestore(&tasks_lock, irq);
	return 0;
}

/* --- links ------------------------------------------------------------------------------------ */

static struct fs_context *fs_of(struct task *t)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct fs_context *fs = t->fs != NULL ? fs_context_get(t->fs) : NULL;

	spin_unlock_irqrestore(&tasks_lock, irq);
	return fs;
}

static int link_fs(struct task *t, struct path *out,
		   void (*which)(struct fs_context *, struct path *))
{
	struct fs_context *fs = fs_of(t);

	if (fs == NULL)
		return -ENOENT;
	which(fs, out);
	fs_context_put(fs);
	return 0;
}

static int link_cwd(struct task *t, struct path *out)
{
	return link_fs(t, out, fs_context_cwd);
}

static int link_root(struct task *t, struct path *out)
{
	return link_fs(t, out, fs_context_root);
}

static int link_exe(struct task *t, struct path *out)
{
	struct mm *mm = mm_of_task(t);
	int err = -ENOENT;

	if (mm != NULL && mm->exe != NULL) {
		*out = mm->exe->path;
		path_get(out);
		err = 0;
	}
	mm_put(mm);
	return err;
}

#define FILE_ROW(row, function) { .name = row, .mode = S_IFREG | 0444, .show = function }
#define OWN_ROW(row, function)                                                                     \
	{                                                                                          \
		.name = row, .mode = S_IFREG | 0400, .show = function, .private_to_owner = true    \
	}
#define LINK_ROW(row, function)                                                                    \
	{                                                                                          \
		.name = row, .mode = S_IFLNK | 0777, .link = function, .private_to_owner = true    \
	}
#define MAP_ROW(row)                                                                               \
	{                                                                                          \
		.name = #row, .mode = S_IFREG | 0644, .show = proc_show_##row,                     \
		.store = proc_store_##row                                                          \
	}
#define TASK_ROWS                                                                                  \
	{.name = "stat",                                                                           \
	 .mode = S_IFREG | 0444}, /* shown by proc_stat, which asks for the whole group */         \
		FILE_ROW("status", proc_show_status), FILE_ROW("statm", proc_show_statm),          \
		FILE_ROW("cmdline", proc_show_cmdline),                                            \
		{.name = "comm", .mode = S_IFREG | 0644, .show = show_comm, .store = store_comm},  \
		{.name = "maps",                                                                   \
		 .mode = S_IFREG | 0444,                                                           \
		 .show = proc_show_maps,                                                           \
		 .private_to_owner = true},                                                        \
		{.name = "smaps",                                                                  \
		 .mode = S_IFREG | 0444,                                                           \
		 .show = proc_show_smaps,                                                          \
		 .private_to_owner = true},                                                        \
		{.name = "smaps_rollup",                                                           \
		 .mode = S_IFREG | 0444,                                                           \
		 .show = proc_show_smaps_rollup,                                                   \
		 .private_to_owner = true},                                                        \
		{.name = "clear_refs",                                                             \
		 .mode = S_IFREG | 0200,                                                           \
		 .store = proc_store_clear_refs,                                                   \
		 .private_to_owner = true},                                                        \
		{.name = "pagemap",                                                                \
		 .mode = S_IFREG | 0400,                                                           \
		 .fops = &proc_pagemap_fops,                                                       \
		 .private_to_owner = true},                                                        \
		FILE_ROW("limits", proc_show_limits), FILE_ROW("sharing", proc_show_sharing),      \
		FILE_ROW("cgroup", show_cgroup), FILE_ROW("wchan", show_wchan),                    \
		FILE_ROW("children", show_children),                                               \
		FILE_ROW("mounts", proc_show_mounts), FILE_ROW("mountinfo", proc_show_mountinfo),  \
		OWN_ROW("environ", proc_show_environ), OWN_ROW("auxv", proc_show_auxv),            \
		OWN_ROW("personality", show_personality),                                          \
		FILE_ROW("oom_score", show_oom_score),                                             \
		{.name = "oom_score_adj",                                                          \
		 .mode = S_IFREG | 0644,                                                           \
		 .show = show_oom_score_adj,                                                       \
		 .store = store_oom_score_adj},                                                    \
		LINK_ROW("cwd", link_cwd), LINK_ROW("root", link_root), LINK_ROW("exe", link_exe), \
		MAP_ROW(uid_map), MAP_ROW(gid_map), MAP_ROW(projid_map), MAP_ROW(setgroups),       \
		MAP_ROW(timens_offsets),                                                           \
		{.name = "ns",                                                                     \
		 .mode = S_IFDIR | 0511,                                                           \
		 .below = proc_ns_rows,                                                            \
		 .dir_ops = &proc_task_dir_ops,                                                    \
		 .dir_fops = &proc_rows_fops},                                                     \
		{.name = "fd",                                                                     \
		 .mode = S_IFDIR | 0500,                                                           \
		 .dir_ops = &proc_fd_dir_ops,                                                      \
		 .dir_fops = &proc_fd_dir_fops},                                                   \
	{                                                                                          \
		.name = "fdinfo", .mode = S_IFDIR | 0500, .dir_ops = &proc_fdinfo_dir_ops,         \
		.dir_fops = &proc_fd_dir_fops                                                      \
	}

static const struct file_ops proc_rows_fops;

static const struct proc_entry task_rows[] = { TASK_ROWS, { 0 } };
static const struct proc_entry process_rows[] = {
	TASK_ROWS,
	{ .name = "task", .mode = S_IFDIR | 0555, .dir_ops = &proc_tasks_dir_ops,
	  .dir_fops = &proc_tasks_dir_fops },
	{ 0 },
};

static bool task_revalidate(struct dentry *dentry)
{
	return false; /* a number may mean another task by now */
}

static void node_destroy(struct inode *inode)
{
	pid_put(proc_node(inode)->pid);
}

static int node_getattr(struct inode *inode, struct inode_stat *st)
{
	return proc_text_ops.getattr(inode, st);
}

static int rows_lookup(struct inode *dir, struct dentry *dentry)
{
	return proc_table_lookup(dir, dentry, proc_node(dir)->entry->below);
}

static int rows_iterate(struct file *file, struct dir_emit *emit)
{
	(void)proc_table_emit(file, emit, proc_node(file->inode)->entry->below, 2);
	return 0;
}

static const struct file_ops proc_rows_fops = { .iterate = rows_iterate };

/* The directories belong to whom the task acts as, like its files. */
static int node_permission(struct inode *inode, unsigned mask)
{
	return proc_text_ops.permission(inode, mask);
}

static int node_setattr(struct inode *inode, const struct inode_attr *attr)
{
	return proc_text_ops.setattr(inode, attr);
}

#define NODE_OPS                                                                                   \
	.getattr = node_getattr, .setattr = node_setattr, .permission = node_permission,           \
	.destroy = node_destroy, .revalidate = task_revalidate

const struct inode_ops proc_task_dir_ops = { NODE_OPS, .lookup = rows_lookup };

/* /proc/PID can be signalled like a pidfd, /proc/PID/task/TID can't. */
static struct pid *dir_process(struct file *file)
{
	struct proc_node *n = proc_node(file->inode);

	return n->whole_group ? n->pid : NULL;
}

const struct file_ops proc_task_dir_fops = { .iterate = rows_iterate, .process = dir_process };

const struct proc_entry proc_process_entry = { .mode = S_IFDIR | 0555, .below = process_rows,
					       .dir_ops = &proc_task_dir_ops,
					       .dir_fops = &proc_task_dir_fops };
static const struct proc_entry thread_entry = { .mode = S_IFDIR | 0555, .below = task_rows,
						.dir_ops = &proc_task_dir_ops,
						.dir_fops = &proc_task_dir_fops };

/* A name that is a number, as such; -1 if it is none. */
static int number_of(const struct dentry *d)
{
	const char *end;
	uint64_t nr;

	if (d->name[0] == '0' && d->name_len > 1)
		return -1; /* a number has one name */
	if (str_to_u64(d->name, &end, 10, &nr) || end != d->name + d->name_len || nr > INT32_MAX)
		return -1;
	return (int)nr;
}

static int node_instantiate(struct dentry *dentry, struct inode *inode)
{
	if (inode == NULL)
		return -ENOMEM;
	atomic_fetch_or(&dentry->flags, DENTRY_UNCACHED);
	dentry_instantiate(dentry, inode);
	return 0;
}

/* --- task/ ------------------------------------------------------------------------------------ */

static int tasks_lookup(struct inode *dir, struct dentry *dentry)
{
	struct pid *pid = pid_find_in(proc_pid_ns(dir->sb), number_of(dentry));
	struct task *leader = proc_task(dir), *t = pid != NULL ? task_of_pid(pid) : NULL;
	int err = -ENOENT;

	if (leader != NULL && t != NULL && t->group == leader->group)
		err = node_instantiate(dentry, proc_inode(dir->sb, &thread_entry, t->pid, false));
	task_put(leader);
	task_put(t);
	pid_put(pid);
	return err;
}

/* The thread of g with the lowest number >= nr, or 0. */
static int next_thread(struct group *g, const struct pid_ns *ns, int nr)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t;
	int best = 0;

	for_each_thread(t, g) {
		int its = pid_nr_in(t->pid, ns);

		if (its >= nr && its != 0 && (best == 0 || its < best))
			best = its;
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return best;
}

static int tasks_iterate(struct file *file, struct dir_emit *emit)
{
	struct task *leader = proc_task(file->inode);
	struct pid_ns *ns = proc_pid_ns(file->inode->sb);
	char name[16];
	int nr;

	if (leader == NULL)
		return -ENOENT;
	if (dir_emit_dots(file, emit)) {
		for (nr = next_thread(leader->group, ns, (int)file->pos - 2); nr != 0;
		     nr = next_thread(leader->group, ns, nr + 1)) {
			int len = str_format(name, sizeof(name), "%d", nr);

			if (!dir_emit_entry(file, emit, name, (size_t)len, (uint64_t)nr, DT_DIR,
					    (uint64_t)nr + 3))
				break;
		}
	}
	task_put(leader);
	return 0;
}

/* A link for each, as a directory of directories has. */
static int tasks_getattr(struct inode *inode, struct inode_stat *st)
{
	struct task *leader = proc_task(inode);
	int err = node_getattr(inode, st);

	if (leader != NULL) {
		irqflags_t irq = spin_lock_irqsave(&tasks_lock);

		st->nlink = 2 + (unsigned)list_length(&leader->group->threads);
		spin_unlock_irqrestore(&tasks_lock, irq);
	}
	task_put(leader);
	return err;
}

const struct inode_ops proc_tasks_dir_ops = {
	.getattr = tasks_getattr,
	.setattr = node_setattr,
	.permission = node_permission,
	.destroy = node_destroy,
	.revalidate = task_revalidate,
	.lookup = tasks_lookup,
};
const struct file_ops proc_tasks_dir_fops = { .iterate = tasks_iterate };

/* --- fd/, fdinfo/ ----------------------------------------------------------------------------- */

/* The file behind descriptor fd of a node's task. 0, -ENOENT, -EACCES (current may not look). */
static int node_file(const struct inode *inode, int fd, bool look, struct file **out)
{
	struct task *t = proc_task(inode);
	int err = t == NULL ? -ENOENT : look ? proc_may_look(t) : 0;
	struct files *files = err == 0 ? files_of_task(t) : NULL;

	*out = files != NULL ? files_get_file(files, (unsigned)fd) : NULL;
	if (err == 0 && *out == NULL)
		err = -ENOENT;
	files_put(files);
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

static const struct inode_ops fd_link_ops = { NODE_OPS, .follow_link = fd_follow };
static const struct proc_entry fd_link_entry = { .mode = S_IFLNK | 0700 };
static const struct proc_entry fdinfo_entry = { .mode = S_IFREG | 0400 };

static int fd_lookup_as(struct inode *dir, struct dentry *dentry, const struct proc_entry *e)
{
	int fd = number_of(dentry), err = -ENOENT;
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
	return node_instantiate(dentry, inode);
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

const struct inode_ops proc_fd_dir_ops = { NODE_OPS, .lookup = fd_lookup };
const struct inode_ops proc_fdinfo_dir_ops = { NODE_OPS, .lookup = fdinfo_lookup };
const struct file_ops proc_fd_dir_fops = { .iterate = fd_iterate };

int proc_show_fdinfo(struct text *out, struct task *t, int fd)
{
	struct files *files = files_of_task(t);
	struct file *f = files != NULL ? files_get_file(files, (unsigned)fd) : NULL;
	char more[256];

	if (f != NULL) {
		text_printf(out, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", f->pos,
			    f->flags, 1, f->inode->ino);
		if (f->ops->show_fdinfo != NULL)
			text_put(out, more, f->ops->show_fdinfo(f, more, sizeof(more)));
	}
	file_put(f);
	files_put(files);
	return f != NULL ? 0 : -ENOENT;
}

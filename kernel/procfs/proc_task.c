/*
 * proc_task.c: the directories of a process, /proc/PID, and of its threads, /proc/PID/task/TID.
 *
 * The rows of both are the same table; only `task` itself is missing in the latter. This file has
 * the shortest of their functions, the links and the table; those that take more are in files of
 * their own. Who may see memory map, environment and links: whoever might debug the process.
 */
#include "kernel/procfs/proc.h"

#include "arch/task.h"
#include "arch/trap.h"
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
	text_printf(out, "%s\n", task_name_get(t).text);
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

/* The call that a task sleeps in, its arguments, sp and pc; -1: something else than a call. What
 * runs meanwhile is only called so: its registers are on their way. */
static int show_syscall(struct text *out, struct task *t)
{
	const struct trapframe *tf = task_trapframe(t);

	if (t != current && (atomic_load(&t->on_hart) || task_state_letter(t) == 'R')) {
		text_printf(out, "running\n");
		return 0;
	}
	if (task_is(t, TASK_KTHREAD) || !trapframe_is_syscall(tf))
		text_printf(out, "-1");
	else
		text_printf(out, "%ld 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx", tf->a7, tf->orig_a0,
			    tf->a1, tf->a2, tf->a3, tf->a4, tf->a5);
	text_printf(out, " 0x%lx 0x%lx\n", tf->sp, tf->pc);
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

#define OWN_TEXT(row, function)                                                                    \
	{                                                                                          \
		.name = row, .mode = S_IFREG | 0400, .show = function, .private_to_owner = true    \
	}
#define OWN_LINK(row, function)                                                                    \
	{                                                                                          \
		.name = row, .mode = S_IFLNK | 0777, .link = function, .private_to_owner = true    \
	}
/* Anybody may open these; what they say only who may look inside. */
#define OWN_MAP(row)                                                                               \
	{                                                                                          \
		.name = #row, .mode = S_IFREG | 0444, .show = proc_show_##row,                     \
		.private_to_owner = true                                                           \
	}
#define OPS_DIR(row, permissions, ops, fops)                                                       \
	{ .name = row, .mode = S_IFDIR | (permissions), .dir_ops = &(ops), .dir_fops = &(fops) }
#define ID_MAP(row)                                                                                \
	{                                                                                          \
		.name = #row, .mode = S_IFREG | 0644, .show = proc_show_##row,                     \
		.store_by = proc_store_##row                                                       \
	}

#define TASK_ROWS                                                                                  \
	/* shown by proc_stat, which asks for the whole group */                                   \
	{ .name = "stat", .mode = S_IFREG | 0444 },                                                \
	PROC_TEXT("status", proc_show_status),                                                     \
	PROC_TEXT("statm", proc_show_statm),                                                       \
	PROC_TEXT("cmdline", proc_show_cmdline),                                                   \
	PROC_SETTING("comm", show_comm, store_comm),                                               \
	OWN_MAP(maps),                                                                             \
	OWN_MAP(smaps),                                                                            \
	OWN_MAP(smaps_rollup),                                                                     \
	{ .name = "clear_refs", .mode = S_IFREG | 0200, .store = proc_store_clear_refs,            \
	  .private_to_owner = true },                                                              \
	{ .name = "pagemap", .mode = S_IFREG | 0400, .fops = &proc_pagemap_fops,                   \
	  .private_to_owner = true },                                                              \
	PROC_TEXT("limits", proc_show_limits),                                                     \
	PROC_TEXT("sharing", proc_show_sharing),                                                   \
	PROC_TEXT("cgroup", show_cgroup),                                                          \
	PROC_TEXT("wchan", show_wchan),                                                            \
	PROC_TEXT("children", show_children),                                                      \
	PROC_TEXT("mounts", proc_show_mounts),                                                     \
	PROC_TEXT("mountinfo", proc_show_mountinfo),                                               \
	OWN_TEXT("environ", proc_show_environ),                                                    \
	OWN_TEXT("auxv", proc_show_auxv),                                                          \
	OWN_TEXT("personality", show_personality),                                                 \
	OWN_TEXT("syscall", show_syscall),                                                         \
	PROC_TEXT("oom_score", show_oom_score),                                                    \
	PROC_SETTING("oom_score_adj", show_oom_score_adj, store_oom_score_adj),                    \
	OWN_LINK("cwd", link_cwd),                                                                 \
	OWN_LINK("root", link_root),                                                               \
	OWN_LINK("exe", link_exe),                                                                 \
	ID_MAP(uid_map),                                                                           \
	ID_MAP(gid_map),                                                                           \
	ID_MAP(projid_map),                                                                        \
	ID_MAP(setgroups),                                                                         \
	ID_MAP(timens_offsets),                                                                    \
	{ .name = "ns", .mode = S_IFDIR | 0511, .below = proc_ns_rows,                             \
	  .dir_ops = &proc_task_dir_ops, .dir_fops = &proc_rows_fops },                            \
	OPS_DIR("fd", 0500, proc_fd_dir_ops, proc_fd_dir_fops),                                    \
	OPS_DIR("fdinfo", 0500, proc_fdinfo_dir_ops, proc_fd_dir_fops)

static const struct file_ops proc_rows_fops, tasks_dir_fops;
static const struct inode_ops tasks_dir_ops;

static const struct proc_entry task_rows[] = { TASK_ROWS, { 0 } };
static const struct proc_entry process_rows[] = {
	TASK_ROWS,
	OPS_DIR("task", 0555, tasks_dir_ops, tasks_dir_fops),
	OPS_DIR("map_files", 0500, proc_map_files_dir_ops, proc_map_files_dir_fops),
	{ 0 },
};

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

const struct inode_ops proc_task_dir_ops = {
	PROC_INODE_OPS, .revalidate = proc_revalidate_never, .lookup = rows_lookup };

/* -EPERM or -ENOENT where what is in /proc/PID is hidden. */
static int process_permission(struct inode *inode, unsigned mask)
{
	struct task *t = proc_task(inode);
	int err = 0;

	if (t == NULL)
		return -ESRCH;
	if (proc_hides(inode->sb, t, HIDE_CONTENTS))
		err = proc_hides(inode->sb, t, HIDE_PROCESSES) ? -ENOENT : -EPERM;
	task_put(t);
	return err ? err : proc_permission(inode, mask);
}

static int process_getattr(struct inode *inode, struct inode_stat *st)
{
	struct task *t = proc_task(inode);
	int err = t != NULL && proc_hides(inode->sb, t, HIDE_PROCESSES) ? -ENOENT : 0;

	task_put(t);
	return err ? err : proc_getattr(inode, st);
}

static const struct inode_ops process_dir_ops = {
	.getattr = process_getattr,
	.setattr = proc_setattr,
	.permission = process_permission,
	.destroy = proc_destroy,
	.revalidate = proc_revalidate_never,
	.lookup = rows_lookup,
};

/* /proc/PID can be signalled like a pidfd, /proc/PID/task/TID can't. */
static struct pid *dir_process(struct file *file)
{
	struct proc_node *n = proc_node(file->inode);

	return n->whole_group ? n->pid : NULL;
}

const struct file_ops proc_task_dir_fops = { .iterate = rows_iterate, .process = dir_process };

const struct proc_entry proc_process_entry = { .mode = S_IFDIR | 0555, .below = process_rows,
					       .dir_ops = &process_dir_ops,
					       .dir_fops = &proc_task_dir_fops };
static const struct proc_entry thread_entry = { .mode = S_IFDIR | 0555, .below = task_rows,
						.dir_ops = &proc_task_dir_ops,
						.dir_fops = &proc_task_dir_fops };

/* --- task/ ------------------------------------------------------------------------------------ */

static int tasks_lookup(struct inode *dir, struct dentry *dentry)
{
	struct pid *pid = pid_find_in(proc_pid_ns(dir->sb), proc_name_number(dentry));
	struct task *leader = proc_task(dir), *t = pid != NULL ? task_of_pid(pid) : NULL;
	int err = -ENOENT;

	if (leader != NULL && t != NULL && t->group == leader->group)
		err = proc_instantiate_uncached(dentry,
						proc_inode(dir->sb, &thread_entry, pid, false));
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
	int err = proc_getattr(inode, st);

	if (leader != NULL) {
		irqflags_t irq = spin_lock_irqsave(&tasks_lock);

		st->nlink = 2 + (unsigned)list_length(&leader->group->threads);
		spin_unlock_irqrestore(&tasks_lock, irq);
	}
	task_put(leader);
	return err;
}

static const struct inode_ops tasks_dir_ops = {
	.getattr = tasks_getattr,
	.setattr = proc_setattr,
	.permission = proc_permission,
	.destroy = proc_destroy,
	.revalidate = proc_revalidate_never,
	.lookup = tasks_lookup,
};
static const struct file_ops tasks_dir_fops = { .iterate = tasks_iterate };

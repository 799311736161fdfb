/*
 * proc_root.c: the file system "proc" and its top directory.
 *
 * The top holds the system's files, by a table, and a directory for each process, by number. Names
 * of processes are looked up anew at every walk (revalidate), because a number may mean another
 * process by then. Each mount is an instance of its own, which shows the pid namespace of who
 * mounted it, and may hide processes (proc_options.c).
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/dirent.h"
#include "kernel/abi/stat.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/super.h"
#include "kernel/procfs/proc_options.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define PROC_MAGIC 0x9fa0
#define FIRST_PROCESS 256u /* positions in the top directory: rows of the table, then 256 + pid */

static CACHE_DEFINE(proc_node_cache, struct proc_node);

/* The private part of an instance. */
struct proc_instance {
	struct pid_ns *ns; /* [i] counted */
	struct proc_options options;
};

void proc_inode_free(struct inode *inode)
{
	cache_free(&proc_node_cache, proc_node(inode));
}

static void proc_super_destroy(struct super *sb)
{
	struct proc_instance *of = sb->private;

	if (of != NULL)
		ns_put(&of->ns->ns);
	kfree(of);
}

/* What is not named stays. */
static int proc_super_remount(struct super *sb, const char *text)
{
	struct proc_instance *of = sb->private;
	struct proc_options o = of->options;
	int err = proc_options_parse(text, &o);

	if (err)
		return err;
	WRITE_ONCE(of->options.gid, o.gid);
	WRITE_ONCE(of->options.hiding, o.hiding);
	return 0;
}

static size_t proc_show_options(struct super *sb, char *buf, size_t size)
{
	const struct proc_instance *of = sb->private;

	return proc_options_show(&of->options, buf, size);
}

static const struct super_ops proc_super_ops = { .inode_free = proc_inode_free,
						 .destroy = proc_super_destroy,
						 .show_options = proc_show_options,
						 .remount = proc_super_remount };

struct pid_ns *proc_pid_ns(const struct super *sb)
{
	const struct proc_instance *of = sb->private;

	return sb->ops == &proc_super_ops ? of->ns : &init_pid_ns;
}

bool proc_hides(const struct super *sb, struct task *t, enum proc_hiding kind)
{
	const struct proc_instance *of = sb->private;

	return proc_options_hide(&of->options, t, kind);
}

struct inode *proc_inode(struct super *sb, const struct proc_entry *e, struct pid *pid,
			 bool whole_group)
{
	struct proc_node *n = cache_alloc(&proc_node_cache, ALLOC_ZERO);

	if (n == NULL)
		return NULL;
	inode_init(&n->inode, sb, e->mode);
	n->entry = e;
	n->pid = pid != NULL ? pid_get(pid) : NULL;
	n->whole_group = whole_group;
	n->fd = -1;
	if (S_ISDIR(e->mode)) {
		n->inode.nlink = 2;
		n->inode.ops = e->dir_ops != NULL ? e->dir_ops : &proc_dir_ops;
		n->inode.fops = e->dir_fops != NULL ? e->dir_fops : &proc_dir_fops;
	} else {
		n->inode.ops = e->dir_ops != NULL ? e->dir_ops
			       : S_ISLNK(e->mode) ? &proc_link_ops
						  : &proc_text_ops;
		n->inode.fops = e->fops != NULL ? e->fops : &proc_text_fops;
	}
	return &n->inode;
}

struct task *proc_task(const struct inode *inode)
{
	const struct proc_node *n = proc_node(inode);
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t = n->pid->task;

	if (t != NULL)
		task_get(t);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return t;
}

/* --- directories of fixed contents ------------------------------------------------------------ */

static bool name_is(const struct dentry *d, const char *name)
{
	return strlen(name) == d->name_len && memcmp(name, d->name, d->name_len) == 0;
}

int proc_table_lookup(struct inode *dir, struct dentry *dentry, const struct proc_entry *table)
{
	const struct proc_node *n = proc_node(dir);
	struct inode *inode;

	for (; table->name != NULL; table++) {
		if (!name_is(dentry, table->name))
			continue;
		inode = proc_inode(dir->sb, table, n->pid, n->whole_group);
		if (inode == NULL)
			return -ENOMEM;
		if (n->pid != NULL)
			atomic_fetch_or(&dentry->flags, DENTRY_UNCACHED);
		dentry_instantiate(dentry, inode);
		return 0;
	}
	return -ENOENT;
}

static unsigned type_of(unsigned mode)
{
	return (mode & S_IFMT) >> 12; /* DT_* are the type bits of the mode */
}

uint64_t proc_table_emit(struct file *file, struct dir_emit *emit, const struct proc_entry *table,
			 uint64_t first)
{
	uint64_t row = 0;

	if (!dir_emit_dots(file, emit))
		return 0;
	for (; table->name != NULL; table++, row++) {
		if (file->pos > first + row)
			continue;
		if (!dir_emit_entry(file, emit, table->name, strlen(table->name),
				    file->inode->ino + 1 + row, type_of(table->mode),
				    first + row + 1))
			return 0;
	}
	return first + row;
}

static int proc_dir_lookup(struct inode *dir, struct dentry *dentry)
{
	return proc_table_lookup(dir, dentry, proc_node(dir)->entry->below);
}

static int proc_dir_iterate(struct file *file, struct dir_emit *emit)
{
	(void)proc_table_emit(file, emit, proc_node(file->inode)->entry->below, 2);
	return 0;
}

const struct inode_ops proc_dir_ops = { .lookup = proc_dir_lookup, .destroy = proc_destroy };
const struct file_ops proc_dir_fops = { .iterate = proc_dir_iterate };

/* --- names that are numbers ------------------------------------------------------------------- */

bool proc_revalidate_never(struct dentry *dentry)
{
	return false;
}

int proc_name_number(const struct dentry *d)
{
	const char *end;
	uint64_t nr;

	if (d->name[0] == '0' && d->name_len > 1)
		return -1; /* a number has one name */
	if (str_to_u64(d->name, &end, 10, &nr) || end != d->name + d->name_len || nr > INT32_MAX)
		return -1;
	return (int)nr;
}

int proc_instantiate_uncached(struct dentry *dentry, struct inode *inode)
{
	if (inode == NULL)
		return -ENOMEM;
	atomic_fetch_or(&dentry->flags, DENTRY_UNCACHED);
	dentry_instantiate(dentry, inode);
	return 0;
}

/* --- the top ---------------------------------------------------------------------------------- */

static int self_link(struct inode *inode, char *buf, size_t size, bool thread)
{
	char text[64];
	const struct pid_ns *ns = proc_pid_ns(inode->sb);
	int tgid = pid_nr_in(current->group->pid, ns), len;

	if (tgid == 0)
		return -ENOENT;
	len = thread ? str_format(text, sizeof(text), "%d/task/%d", tgid,
				  pid_nr_in(current->pid, ns))
		     : str_format(text, sizeof(text), "%d", tgid);
	len = (int)min((size_t)len, size);
	memcpy(buf, text, (size_t)len);
	return len;
}

static ssize_t self_readlink(struct inode *inode, char *buf, size_t size)
{
	return self_link(inode, buf, size, false);
}

static ssize_t thread_self_readlink(struct inode *inode, char *buf, size_t size)
{
	return self_link(inode, buf, size, true);
}

static const struct inode_ops self_ops = { .readlink = self_readlink };
static const struct inode_ops thread_self_ops = { .readlink = thread_self_readlink };
static const struct proc_entry self_entry = { .name = "self", .mode = S_IFLNK | 0777 };

static int link_lookup(struct inode *dir, struct dentry *dentry, const struct inode_ops *ops)
{
	struct inode *inode = proc_inode(dir->sb, &self_entry, NULL, false);

	if (inode == NULL)
		return -ENOMEM;
	inode->ops = ops;
	dentry_instantiate(dentry, inode);
	return 0;
}

/* A thread's own number works too, though it is not listed: as on Linux. */
static int process_lookup(struct inode *dir, struct dentry *dentry, int nr)
{
	struct pid *pid = pid_find_in(proc_pid_ns(dir->sb), nr);
	struct task *t = pid != NULL ? task_of_pid(pid) : NULL;
	int err = -ENOENT;

	if (t != NULL && !proc_hides(dir->sb, t, HIDE_UNTRACEABLE))
		err = proc_instantiate_uncached(
			dentry, proc_inode(dir->sb, &proc_process_entry, pid, true));
	task_put(t);
	pid_put(pid);
	return err;
}

static int root_lookup(struct inode *dir, struct dentry *dentry)
{
	int nr = proc_name_number(dentry);

	if (name_is(dentry, "self"))
		return link_lookup(dir, dentry, &self_ops);
	if (name_is(dentry, "thread-self"))
		return link_lookup(dir, dentry, &thread_self_ops);
	if (nr > 0)
		return process_lookup(dir, dentry, nr);
	return proc_table_lookup(dir, dentry, proc_system_entries);
}

/* The first process with a number >= nr, or 0. */
static int next_process(struct pid_ns *ns, int nr)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct pid *pid = pid_peek_from(ns, nr);

	while (pid != NULL && pid->group == NULL)
		pid = pid_peek_from(ns, pid_nr_in(pid, ns) + 1);
	nr = pid != NULL ? pid_nr_in(pid, ns) : 0;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return nr;
}

/* Is process nr not to be listed? */
static bool is_hidden(const struct super *sb, struct pid_ns *ns, int nr)
{
	struct pid *pid = pid_find_in(ns, nr);
	struct task *t = pid != NULL ? task_of_pid(pid) : NULL;
	bool hidden = t != NULL && proc_hides(sb, t, HIDE_PROCESSES);

	task_put(t);
	pid_put(pid);
	return hidden;
}

static int root_iterate(struct file *file, struct dir_emit *emit)
{
	uint64_t pos = proc_table_emit(file, emit, proc_system_entries, 2);
	struct pid_ns *ns = proc_pid_ns(file->inode->sb);
	char name[16];
	int nr;

	if (pos == 0)
		return 0;
	if (file->pos == pos && !dir_emit_entry(file, emit, "self", 4, 2, DT_LNK, pos + 1))
		return 0;
	if (file->pos == pos + 1 &&
	    !dir_emit_entry(file, emit, "thread-self", 11, 3, DT_LNK, FIRST_PROCESS))
		return 0;
	for (nr = next_process(ns, (int)(file->pos - FIRST_PROCESS)); nr != 0;
	     nr = next_process(ns, nr + 1)) {
		int len = str_format(name, sizeof(name), "%d", nr);

		if (!is_hidden(file->inode->sb, ns, nr) &&
		    !dir_emit_entry(file, emit, name, (size_t)len, (uint64_t)nr + FIRST_PROCESS,
				    DT_DIR, FIRST_PROCESS + (uint64_t)nr + 1))
			return 0;
	}
	return 0;
}

static const struct inode_ops root_ops = { .lookup = root_lookup };
static const struct file_ops root_fops = { .iterate = root_iterate };
static const struct proc_entry root_entry = {
	.name = "", .mode = S_IFDIR | 0555, .dir_ops = &root_ops, .dir_fops = &root_fops};

int proc_super_fill(struct super *sb, const struct proc_entry *top)
{
	struct inode *root = proc_inode(sb, top, NULL, false);

	return root != NULL ? super_set_root(sb, root) : -ENOMEM;
}

static int super_fill(struct super *sb, const void *text)
{
	struct proc_instance *of = kzalloc(sizeof(*of));
	int err;

	if (of == NULL)
		return -ENOMEM;
	of->ns = container_of(ns_get(&pid_ns_current()->ns), struct pid_ns, ns);
	sb->private = of;
	err = proc_options_parse(text, &of->options);
	return err ? err : proc_super_fill(sb, &root_entry);
}

static int proc_mount(struct fs_type *type, const char *source, const char *options,
		      struct super **out)
{
	return super_make(type, &proc_super_ops, PROC_MAGIC, super_fill, options, out);
}

static const struct user_ns *proc_owner(void)
{
	return pid_ns_current()->ns.owner;
}

static struct fs_type proc_type = { .name = "proc",
				     .flags = FS_USER_NS | FS_SHOWS_SYSTEM,
				     .owner = proc_owner,
				     .mount = proc_mount };

int procfs_init(void)
{
	proc_sys_init(); /* before anybody can read what it draws */
	fs_type_register(&proc_type);
	sysfs_init();
	return 0;
}

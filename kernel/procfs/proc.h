/*
 * proc.h: /proc, from the inside.
 *
 * Every file is a row of a table: a name, a mode, and one function that writes its text or says
 * where its link leads. Rows for tasks are given the task, counted; rows for the system get NULL.
 */
#pragma once

#include "kernel/abi/stat.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/path.h"
#include "kernel/fs/text.h"
#include "kernel/procfs/proc_options.h"
#include "kernel/task/pid.h"

struct cred;

struct proc_entry {
	const char *name;
	unsigned mode;				      /* with its type */
	int (*show)(struct text *out, struct task *t); /* regular files: 0 or -errno */
	int (*link)(struct task *t, struct path *out); /* magic links: a path with references */
	/* Text written to the file, NUL-ended, without the newline. NULL: not writable. */
	int (*store)(struct task *t, const char *value);
	/* The same where the rights of who opened the file count, not only the writer's. */
	int (*store_by)(struct task *t, const char *value, const struct cred *opener);
	const struct proc_entry *below; /* directories of fixed contents, ended by a NULL name */
	const struct inode_ops *dir_ops; /* directories and links of their own kind */
	const struct file_ops *dir_fops;
	const struct file_ops *fops; /* regular files that are not a text */
	bool private_to_owner;		/* only for who may look inside the process */
};

/* The usual rows: a text; a setting, which root may write; a directory of fixed contents. */
#define PROC_TEXT(row, function) { .name = row, .mode = S_IFREG | 0444, .show = function }
#define PROC_SETTING(row, show_it, store_it)                                                       \
	{ .name = row, .mode = S_IFREG | 0644, .show = show_it, .store = store_it }
#define PROC_DIR(row, table) { .name = row, .mode = S_IFDIR | 0555, .below = table }

/* What an inode of /proc is about. */
struct proc_node {
	struct inode inode;
	const struct proc_entry *entry;
	struct pid *pid;  /* counted; NULL: not about a task */
	bool whole_group; /* /proc/PID, not /proc/PID/task/TID */
	int fd;		  /* below fd/ and fdinfo/ */
	vaddr_t map_start, map_end; /* below map_files/ */
};

static inline struct proc_node *proc_node(const struct inode *inode)
{
	return container_of(inode, struct proc_node, inode);
}

/* A node of sb by its row; takes its own reference to pid. NULL: no memory. */
struct inode *proc_inode(struct super *sb, const struct proc_entry *e, struct pid *pid,
			 bool whole_group);
/* Looks a name up in a table and gives the dentry its inode. 0 or -ENOENT, -ENOMEM. */
int proc_table_lookup(struct inode *dir, struct dentry *dentry, const struct proc_entry *table);
/* Lists a table from position `first` + row on; the position after it, or 0 when the buffer is
 * full. */
uint64_t proc_table_emit(struct file *file, struct dir_emit *emit, const struct proc_entry *table,
			 uint64_t first);
/* The pid namespace whose numbers an instance shows: that of who mounted it, the first one's in
 * sysfs. Borrowed. */
struct pid_ns *proc_pid_ns(const struct super *sb);
/* The task of a node, counted, or NULL when it is gone. */
struct task *proc_task(const struct inode *inode);
/* The task a node is about, counted, if one may look; *t NULL for the system's files. 0, -ESRCH,
 * -EACCES. */
int proc_node_task(const struct proc_node *n, struct task **t) __must_check;
/* What all inodes do: they belong to whom their task acts as, nothing about them can be changed. */
int proc_getattr(struct inode *inode, struct inode_stat *st);
int proc_permission(struct inode *inode, unsigned mask);
int proc_setattr(struct inode *inode, const struct inode_attr *attr);
void proc_destroy(struct inode *inode);
#define PROC_INODE_OPS                                                                             \
	.getattr = proc_getattr, .permission = proc_permission, .setattr = proc_setattr,           \
	.destroy = proc_destroy

/* For directories whose names are numbers of tasks or descriptors, which may mean another the next
 * time: such a name is looked up anew each time. */
bool proc_revalidate_never(struct dentry *dentry);
/* A name that is a number, as such; -1 if it is none. */
int proc_name_number(const struct dentry *d);
/* Gives a dentry its inode, not to be kept in the cache; consumes the reference. inode NULL:
 * -ENOMEM. */
int proc_instantiate_uncached(struct dentry *dentry, struct inode *inode) __must_check;

/* May current look inside t? 0 or -EACCES. */
int proc_may_look(struct task *t);

extern const struct proc_entry proc_system_entries[];
extern const struct proc_entry proc_sys_rows[], proc_sys_vm_entries[];
#ifdef PANDO_FAULTS
int proc_show_faults(struct text *out, struct task *unused);
int proc_store_faults(struct task *unused, const char *value);
int proc_show_fault_nth(struct text *out, struct task *unused);
int proc_store_fault_nth(struct task *unused, const char *value);
#define PROC_FAULT_ROWS                                                                            \
	PROC_SETTING("faults", proc_show_faults, proc_store_faults),                               \
	{ .name = "fail-nth", .mode = S_IFREG | 0666, .show = proc_show_fault_nth,                 \
	  .store = proc_store_fault_nth },
#else
#define PROC_FAULT_ROWS
#endif
#ifdef PANDO_COV
extern const struct file_ops proc_coverage_fops;
#define PROC_COVERAGE_ROWS                                                                         \
	{ .name = "coverage", .mode = S_IFREG | 0666, .fops = &proc_coverage_fops },
#else
#define PROC_COVERAGE_ROWS
#endif
extern const struct proc_entry proc_process_entry; /* the directory /proc/PID */
extern const struct file_ops proc_text_fops;
extern const struct file_ops proc_pagemap_fops;
extern const struct inode_ops proc_text_ops, proc_link_ops, proc_dir_ops;
extern const struct file_ops proc_dir_fops;

/* The rows' functions, by file. */
int proc_stat(struct text *out, struct task *t, bool whole_group);
int proc_show_status(struct text *out, struct task *t);
int proc_show_statm(struct text *out, struct task *t);
int proc_show_limits(struct text *out, struct task *t);
int proc_show_maps(struct text *out, struct task *t);
int proc_store_clear_refs(struct task *t, const char *value);
int proc_show_smaps(struct text *out, struct task *t);
int proc_show_smaps_rollup(struct text *out, struct task *t);
int proc_show_cmdline(struct text *out, struct task *t);
int proc_show_environ(struct text *out, struct task *t);
int proc_show_auxv(struct text *out, struct task *t);
int proc_show_sharing(struct text *out, struct task *t);
int proc_show_mounts(struct text *out, struct task *t);
int proc_show_mountinfo(struct text *out, struct task *t);
int proc_show_meminfo(struct text *out, struct task *unused);
int proc_show_vmstat(struct text *out, struct task *unused);
int proc_show_buddyinfo(struct text *out, struct task *unused);
int proc_show_slabinfo(struct text *out, struct task *unused);
int proc_show_objects(struct text *out, struct task *unused);
int proc_show_fdinfo(struct text *out, struct task *t, int fd);

/* Namespaces (proc_ns.c). */
extern const struct proc_entry proc_ns_rows[], proc_sys_user_rows[];
int proc_show_uid_map(struct text *out, struct task *t);
int proc_store_uid_map(struct task *t, const char *value, const struct cred *opener);
int proc_show_gid_map(struct text *out, struct task *t);
int proc_store_gid_map(struct task *t, const char *value, const struct cred *opener);
int proc_show_projid_map(struct text *out, struct task *t);
int proc_store_projid_map(struct task *t, const char *value, const struct cred *opener);
int proc_show_timens_offsets(struct text *out, struct task *t);
int proc_store_timens_offsets(struct task *t, const char *value, const struct cred *opener);
int proc_show_setgroups(struct text *out, struct task *t);
int proc_store_setgroups(struct task *t, const char *value, const struct cred *opener);

int proc_show_sysv_shm(struct text *out, struct task *t);
int proc_show_sysv_sem(struct text *out, struct task *t);
int proc_show_sysv_msg(struct text *out, struct task *t);

/* The limits of System V objects: proc_ipc.c. */
#define PROC_IPC_LIMITS(X) X(shmmax) X(shmall) X(shmmni) X(sem) X(msgmax) X(msgmnb) X(msgmni) \
	X(shm_next_id) X(sem_next_id) X(msg_next_id)
#define PROC_MQUEUE_LIMITS(X)                                                                      \
	X(queues_max) X(msg_max) X(msgsize_max) X(msg_default) X(msgsize_default)
#define PROC_SETTING_DECLARE(row)                                                                  \
	int proc_show_##row(struct text *out, struct task *t);                                     \
	int proc_store_##row(struct task *t, const char *value);
PROC_IPC_LIMITS(PROC_SETTING_DECLARE)
PROC_MQUEUE_LIMITS(PROC_SETTING_DECLARE)

/* What happens when something is wrong: proc_watch.c. */
#define PROC_WATCH_ROWS(X)                                                                         \
	X(panic) X(watchdog_thresh) X(softlockup_panic) X(hung_task_timeout_secs)                  \
	X(hung_task_panic)
PROC_WATCH_ROWS(PROC_SETTING_DECLARE)
int proc_store_sysrq(struct task *unused, const char *value);

/* Trace events: proc_trace.c. */
int proc_show_trace_events(struct text *out, struct task *unused);
PROC_SETTING_DECLARE(trace)
PROC_SETTING_DECLARE(trace_shown)

/* Directories: fd/ and fdinfo/ (proc_fd.c), map_files/, those of a process (proc_task.c). */
extern const struct inode_ops proc_map_files_dir_ops;
extern const struct file_ops proc_map_files_dir_fops;
extern const struct inode_ops proc_fd_dir_ops, proc_fdinfo_dir_ops, proc_task_dir_ops;
extern const struct file_ops proc_fd_dir_fops, proc_task_dir_fops;

/* For another file system of such rows: gives an instance its top directory; frees an inode. 0,
 * -ENOMEM. */
int proc_super_fill(struct super *sb, const struct proc_entry *top) __must_check;
void proc_inode_free(struct inode *inode);
/* Is what `kind` says of process t hidden from current in this /proc? */
bool proc_hides(const struct super *sb, struct task *t, enum proc_hiding kind);
/* Harts as a list of ranges: 0-2,5. */
void proc_hart_list(struct text *out, const struct hart_mask *mask);
void sysfs_init(void);
/* Draws this boot's id: proc_sys.c. */
void proc_sys_init(void);

/* Registers the file system types proc and sysfs. 0 or -errno. */
int procfs_init(void) __must_check;

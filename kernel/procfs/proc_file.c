/*
 * proc_file.c: the files of /proc as files: texts (kernel/fs/text_file.h) that the function of
 * their row writes, and links. Files about a task belong to whom it acts as, and look for it each
 * time.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/stat.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/file.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/text_file.h"
#include "kernel/ipc/access.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

int proc_may_look(struct task *t)
{
	return task_may_access(t, ACCESS_FS_IDS) ? -EACCES : 0;
}

int proc_node_task(const struct proc_node *n, struct task **t)
{
	int err = 0;

	*t = NULL;
	if (n->pid == NULL)
		return 0;
	*t = proc_task(&n->inode);
	if (*t == NULL)
		return -ESRCH;
	if (n->entry->private_to_owner)
		err = proc_may_look(*t);
	if (err) {
		task_put(*t);
		*t = NULL;
	}
	return err;
}

static bool is_writable(const struct proc_entry *e)
{
	return e->store != NULL || e->store_by != NULL;
}

static int proc_text_make(struct file *file, struct text *out)
{
	const struct proc_node *n = proc_node(file->inode);
	struct task *t;
	int err = proc_node_task(n, &t);

	if (err)
		return err;
	if (n->entry->show == NULL && is_writable(n->entry)) { /* only to be written */
		task_put(t);
		return -EINVAL;
	}
	out->pid_ns = proc_pid_ns(n->inode.sb);
	err = n->fd >= 0 ? proc_show_fdinfo(out, t, n->fd) :
	      n->entry->show != NULL ? n->entry->show(out, t) : proc_stat(out, t, n->whole_group);
	if (err == 0 && n->entry->private_to_owner)
		err = proc_may_look(t); /* still? it may have been in exec */
	task_put(t);
	return err;
}

static int proc_open(struct inode *inode, struct file *file)
{
	struct text_reader *r;
	struct task *t;
	int err = proc_node_task(proc_node(inode), &t);

	if (err)
		return err;
	task_put(t);
	if ((file->mode & FILE_WRITE) && !is_writable(proc_node(inode)->entry))
		return -EACCES;
	r = kzalloc(sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	text_reader_init(r);
	file->private = r;
	return 0;
}

static void proc_release(struct file *file)
{
	struct text_reader *r = file->private;

	if (r == NULL)
		return;
	text_reader_release(r);
	kfree(r);
}

static ssize_t proc_read(struct file *file, struct io_buf *to, uint64_t *pos)
{
	return text_reader_read(file->private, file, to, pos, proc_text_make);
}

static ssize_t proc_write(struct file *file, struct io_buf *from, uint64_t *pos)
{
	const struct proc_node *n = proc_node(file->inode);
	size_t len = from->remaining;
	struct task *t;
	char *value;
	int err;

	if (len >= PAGE_SIZE)
		return -EINVAL;
	err = text_fetch(from, &value);
	if (err)
		return err;
	if (len > 0 && value[len - 1] == '\n')
		value[len - 1] = '\0';
	err = proc_node_task(n, &t);
	if (err == 0)
		err = n->entry->store_by != NULL ? n->entry->store_by(t, value, file->cred) :
						   n->entry->store(t, value);
	task_put(t);
	kfree(value);
	return err ? err : (ssize_t)len;
}

const struct file_ops proc_text_fops = {
	.open = proc_open,
	.release = proc_release,
	.read = proc_read,
	.write = proc_write,
	.seek = text_file_seek,
};

/* --- attributes and links --------------------------------------------------------------------- */

int proc_getattr(struct inode *inode, struct inode_stat *st)
{
	struct task *t;

	inode_stat(inode, st);
	if (proc_node(inode)->pid == NULL)
		return 0;
	t = proc_task(inode);
	if (t != NULL) {
		struct cred *c = cred_of_task(t);

		st->uid = c->euid;
		st->gid = c->egid;
		cred_put(c);
		task_put(t);
	}
	return 0;
}

int proc_permission(struct inode *inode, unsigned mask)
{
	struct inode_stat st;
	unsigned mode;

	(void)proc_getattr(inode, &st);
	mode = st.uid == current_cred()->fsuid   ? st.mode >> 6
	       : st.gid == current_cred()->fsgid ? st.mode >> 3
						 : st.mode;
	if ((mode & mask) == mask)
		return 0;
	if (uid_out(st.uid) == ID_OVERFLOW || gid_out(st.gid) == ID_OVERFLOW)
		return -EACCES; /* no capability reaches what has no name here */
	if (capable_here(CAP_DAC_OVERRIDE))
		return 0;
	return !(mask & MAY_WRITE) && capable_here(CAP_DAC_READ_SEARCH) ? 0 : -EACCES;
}

int proc_setattr(struct inode *inode, const struct inode_attr *attr)
{
	/* open with O_TRUNC before writing a setting is harmless; nothing else can be changed. */
	return attr->valid & ~(ATTR_SIZE | ATTR_MTIME | ATTR_ATIME) ? -EPERM : 0;
}

void proc_destroy(struct inode *inode)
{
	pid_put(proc_node(inode)->pid);
}

static int proc_follow(struct inode *inode, struct path *out)
{
	const struct proc_node *n = proc_node(inode);
	struct task *t;
	int err = proc_node_task(n, &t);

	if (err)
		return err;
	err = n->entry->link(t, out);
	if (err == 0 && n->entry->private_to_owner && proc_may_look(t)) { /* it was in exec */
		path_put(out);
		err = -EACCES;
	}
	task_put(t);
	return err;
}

const struct inode_ops proc_text_ops = { PROC_INODE_OPS };
const struct inode_ops proc_link_ops = { PROC_INODE_OPS, .follow_link = proc_follow };

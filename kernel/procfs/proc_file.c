/*
 * proc_file.c: the files of /proc as files.
 *
 * The text of a file is made at the first read after it was opened, or when it is read again from
 * the beginning, and kept with the open file; so one reader sees one consistent text however small
 * its reads are.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/file.h"
#include "kernel/fs/io_buf.h"
#include "kernel/ipc/access.h"
#include "kernel/sched/mutex.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

struct proc_reader {
	struct mutex lock;
	struct text text; /* [lock] */
	bool made;	  /* [lock] */
};

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

static int text_make(const struct proc_node *n, struct text *out)
{
	struct task *t;
	int err = proc_node_task(n, &t);

	if (err)
		return err;
	if (n->entry->show == NULL && n->entry->store != NULL) { /* only to be written */
		task_put(t);
		return -EINVAL;
	}
	out->pid_ns = proc_pid_ns(n->inode.sb);
	err = n->fd >= 0 ? proc_show_fdinfo(out, t, n->fd) :
	      n->entry->show != NULL ? n->entry->show(out, t) : proc_stat(out, t, n->whole_group);
	task_put(t);
	return out->failed ? -ENOMEM : err;
}

static int proc_open(struct inode *inode, struct file *file)
{
	struct proc_reader *r;
	struct task *t;
	int err = proc_node_task(proc_node(inode), &t);

	if (err)
		return err;
	task_put(t);
	if ((file->mode & FILE_WRITE) && proc_node(inode)->entry->store == NULL)
		return -EACCES;
	r = kzalloc(sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	mutex_init(&r->lock, "proc text", LOCK_RANK_PROC);
	file->private = r;
	return 0;
}

static void proc_release(struct file *file)
{
	struct proc_reader *r = file->private;

	if (r == NULL)
		return;
	text_release(&r->text);
	kfree(r);
}

static ssize_t proc_read(struct file *file, struct io_buf *to, uint64_t *pos)
{
	struct proc_reader *r = file->private;
	ssize_t done = 0;
	int err = 0;

	mutex_lock(&r->lock);
	if (!r->made || *pos == 0) {
		text_release(&r->text);
		err = text_make(proc_node(file->inode), &r->text);
		r->made = err == 0;
	}
	if (err == 0 && *pos < r->text.used) {
		size_t n = min(to->remaining, r->text.used - (size_t)*pos);

		done = (ssize_t)io_buf_put(to, r->text.data + *pos, n);
		*pos += (uint64_t)done;
		if (done == 0 && n > 0)
			err = -EFAULT;
	}
	mutex_unlock(&r->lock);
	return err ? err : done;
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
	value = kmalloc(len + 1, 0);
	if (value == NULL)
		return -ENOMEM;
	if (io_buf_get(from, value, len) != len) {
		kfree(value);
		return -EFAULT;
	}
	value[len] = '\0';
	if (len > 0 && value[len - 1] == '\n')
		value[len - 1] = '\0';
	err = proc_node_task(n, &t);
	if (err == 0)
		err = n->entry->store(t, value);
	task_put(t);
	kfree(value);
	return err ? err : (ssize_t)len;
}

int64_t proc_seek(struct file *file, int64_t offset, int whence)
{
	int64_t base = whence == SEEK_CUR ? (int64_t)file->pos : 0;

	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	if (base + offset < 0)
		return -EINVAL;
	file->pos = (uint64_t)(base + offset);
	return base + offset;
}

const struct file_ops proc_text_fops = {
	.open = proc_open,
	.release = proc_release,
	.read = proc_read,
	.write = proc_write,
	.seek = proc_seek,
};

/* --- attributes and links --------------------------------------------------------------------- */

/* Files about a task belong to whom it acts as. */
static int proc_getattr(struct inode *inode, struct inode_stat *st)
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

static int proc_permission(struct inode *inode, unsigned mask)
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

static int proc_setattr(struct inode *inode, const struct inode_attr *attr)
{
	/* open with O_TRUNC before writing a setting is harmless; nothing else can be changed. */
	return attr->valid & ~(ATTR_SIZE | ATTR_MTIME | ATTR_ATIME) ? -EPERM : 0;
}

static void proc_destroy(struct inode *inode)
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
	task_put(t);
	return err;
}

#define PROC_INODE_OPS                                                                             \
	.getattr = proc_getattr, .permission = proc_permission, .setattr = proc_setattr,           \
	.destroy = proc_destroy

const struct inode_ops proc_text_ops = { PROC_INODE_OPS };
const struct inode_ops proc_link_ops = { PROC_INODE_OPS, .follow_link = proc_follow };

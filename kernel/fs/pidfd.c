/*
 * Pidfds.
 *
 * A pidfd holds a struct pid: the number, whose task may be alive, a zombie, or gone; when it is
 * gone the number may be given again, but to another struct pid. Whoever polls waits in the pid's
 * queue, which is woken when its task becomes a zombie and when it is reaped.
 *
 *	alive        nothing
 *	zombie       POLLIN; a leader's when no other thread is left, which might exec and take
 *	             over its number
 *	reaped       POLLIN | POLLHUP
 *
 * With PIDFD_THREAD it may be of any thread, and signals go to that thread alone.
 *
 * They are files of an internal file system, pidfs, where each task has one inode number for ever:
 * two pidfds are of the same task if and only if stat says that they are the same file.
 *
 * Locking: tasks_lock to look at the pid's task.
 *
 * NOTE(linux): two pidfds of a task are two inodes with one number, so locks by flock on the one
 * do not keep the other out.
 */
#include "kernel/fs/pidfd.h"

#include "kernel/abi/pidfd.h"
#include "kernel/fs/anon.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/poll.h"
#include "kernel/fs/super.h"
#include "kernel/ipc/signal.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"
#include "lib/format.h"

static struct fs_type pidfs_type = { .name = "pidfs" };
static struct mount *pidfs_mount; /* [i] */

int pidfs_init(void)
{
	return anon_mount_create(&pidfs_type, PID_FS_MAGIC, &pidfs_mount);
}

static void pidfd_release(struct file *f)
{
	pid_put(f->private);
}

/* The file that clone made is closed: its process has lost whoever watched over it. */
static void pidfd_release_autokill(struct file *f)
{
	struct pid *pid = f->private;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	if (pid->task != NULL)
		signal_kill_task(pid->task, SIGKILL);
	spin_unlock_irqrestore(&tasks_lock, irq);
	pid_put(pid);
}

static bool task_has_ended(const struct task *t)
{
	const struct group *g = t->group;

	return atomic_load(&t->state) == TASK_ZOMBIE &&
	       (g->leader != t || g->threads.next == g->threads.prev);
}

static unsigned pidfd_poll(struct file *f, struct poll_table *table)
{
	struct pid *pid = f->private;
	unsigned events = 0;
	irqflags_t irq;

	poll_wait(table, &pid->wait_exit);
	irq = spin_lock_irqsave(&tasks_lock);
	if (pid->task == NULL)
		events = POLLIN | POLLRDNORM | POLLHUP;
	else if (task_has_ended(pid->task))
		events = POLLIN | POLLRDNORM;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return events;
}

static size_t pidfd_show_fdinfo(struct file *f, char *buf, size_t size)
{
	struct pid *pid = f->private;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int nr = pid->task != NULL ? pid_nr(pid) : -1;
	size_t at;

	spin_unlock_irqrestore(&tasks_lock, irq);
	at = (size_t)str_format(buf, size, "Pid:\t%d\nNSpid:\t%d", nr, nr);
	for (unsigned i = pid_ns_current()->level + 1; nr > 0 && i <= pid->level; i++) {
		if (at < size)
			at += (size_t)str_format(buf + at, size - at, "\t%d", pid->numbers[i].nr);
	}
	if (at < size)
		at += (size_t)str_format(buf + at, size - at, "\n");
	return min(at, size);
}

static const struct file_ops pidfd_ops = {
	.release = pidfd_release,
	.poll = pidfd_poll,
	.show_fdinfo = pidfd_show_fdinfo,
};

static const struct file_ops pidfd_autokill_ops = {
	.release = pidfd_release_autokill,
	.poll = pidfd_poll,
	.show_fdinfo = pidfd_show_fdinfo,
};

struct pid *pidfd_pid(const struct file *f)
{
	return f->ops == &pidfd_ops || f->ops == &pidfd_autokill_ops ? f->private : NULL;
}

/* They are nobody's to give away. */
static int pidfd_setattr(struct inode *inode, const struct inode_attr *attr)
{
	(void)inode;
	(void)attr;
	return -EPERM;
}

static const struct inode_ops pidfd_inode_ops = { .setattr = pidfd_setattr };

/* Given at the first question; most numbers never have a pidfd. */
static uint64_t pid_inode_number(struct pid *pid)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	if (pid->ino == 0)
		pid->ino = atomic_fetch_add(&pidfs_mount->sb->next_ino, 1);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return pid->ino;
}

int pidfd_create(struct pid *pid, unsigned flags, bool autokill, struct file **out)
{
	const struct file_ops *ops = autokill ? &pidfd_autokill_ops : &pidfd_ops;
	struct path p;
	int err = anon_path_create_on(pidfs_mount, "anon_inode:[pidfd]", 0700, &pidfd_inode_ops,
				      ops, NULL, &p);

	if (err)
		return err;
	p.dentry->inode->ino = pid_inode_number(pid);
	err = file_open_path(&p, O_RDWR | (flags & PIDFD_NONBLOCK), current->cred, out);
	if (!err) {
		(*out)->private = pid_get(pid);
		(*out)->flags |= flags & PIDFD_THREAD; /* open would have dropped it */
	}
	path_put(&p);
	return err;
}

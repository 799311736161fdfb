/*
 * The files of cgroup2, opened: a text that the function of their row writes, made under tasks_lock
 * when it is read from the beginning, and words that are taken.
 *
 * A file that was opened stays with its group: once that is removed, reading and writing fail with
 * ENODEV. Polling (POLLPRI) tells that a file of events has changed since it was last read.
 */
#include "kernel/fs/cgroupfs_node.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/poll.h"
#include "kernel/fs/text_file.h"
#include "kernel/task/cgroup.h"
#include "lib/errno.h"
#include "lib/string.h"

struct reader {
	struct text_reader text;
	unsigned seen; /* [text.lock] the notice's count when it was made */
};

static struct cgroup_notice *notice_of(const struct cgroup_node *n)
{
	return n->file->notice != NULL ? n->file->notice(n->cgroup) : NULL;
}

static int file_open(struct inode *inode, struct file *f)
{
	const struct cgroup_node *n = cgroup_node(inode);
	struct cgroup_notice *notice = notice_of(n);
	struct reader *r;

	if ((f->mode & FILE_WRITE) && n->file->store == NULL)
		return -EINVAL;
	r = kzalloc(sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	text_reader_init(&r->text);
	if (notice != NULL)
		r->seen = READ_ONCE(notice->count);
	f->private = r;
	f->mode |= FILE_SEEK;
	return 0;
}

static void file_release(struct file *f)
{
	struct reader *r = f->private;

	text_reader_release(&r->text);
	kfree(r);
}

static int file_text_make(struct file *f, struct text *out)
{
	const struct cgroup_node *n = cgroup_node(f->inode);
	struct cgroup_notice *notice = notice_of(n);
	struct reader *r = f->private;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int err = n->cgroup->dead ? -ENODEV : n->file->show == NULL ? -EINVAL : 0;

	if (notice != NULL)
		r->seen = notice->count;
	if (err == 0)
		n->file->show(out, n->cgroup);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

static ssize_t file_read_text(struct file *f, struct io_buf *to, uint64_t *pos)
{
	struct reader *r = f->private;

	return text_reader_read(&r->text, f, to, pos, file_text_make);
}

/* Words around which blanks don't count. */
static char *trim(char *s)
{
	size_t len;

	while (*s == ' ' || *s == '\t' || *s == '\n')
		s++;
	for (len = strlen(s); len > 0 && strchr(" \t\n", s[len - 1]) != NULL; len--)
		s[len - 1] = '\0';
	return s;
}

static ssize_t file_write_text(struct file *f, struct io_buf *from, uint64_t *pos)
{
	const struct cgroup_node *n = cgroup_node(f->inode);
	size_t len = from->remaining;
	char *value;
	int err;

	(void)pos;
	if (len >= PAGE_SIZE)
		return -E2BIG;
	err = text_fetch(from, &value);
	if (err)
		return err;
	err = READ_ONCE(n->cgroup->dead) ? -ENODEV
					 : n->file->store(n->cgroup, trim(value), f->cred);
	kfree(value);
	return err ? err : (ssize_t)len;
}

static unsigned file_poll(struct file *f, struct poll_table *table)
{
	struct cgroup_notice *notice = notice_of(cgroup_node(f->inode));
	const struct reader *r = f->private;

	if (notice == NULL)
		return POLL_ALWAYS;
	poll_wait(table, &notice->waiters);
	return READ_ONCE(notice->count) != READ_ONCE(r->seen) ? POLL_ALWAYS | POLLERR | POLLPRI :
								POLL_ALWAYS;
}

const struct file_ops cgroup_file_ops = {
	.open = file_open,
	.release = file_release,
	.read = file_read_text,
	.write = file_write_text,
	.poll = file_poll,
	.seek = text_file_seek,
};

/*
 * /dev/kmsg.
 *
 * A read gives one record, "level,sequence,microseconds,-;text\n", and the next read the next;
 * -EPIPE says that records were lost to the ring between two reads. In the text whatever could be
 * taken for the end of a record is escaped. A write adds one message; "<N>" in front says its
 * facility and level; the facility of one that does not say is that of programs (8).
 *
 * LIMIT: a reader that waits for a new record looks ten times a second, since the log (which is
 * written from anywhere, with any lock held) wakes nobody.
 */
#include "kernel/fs/kmsg.h"

#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/core/printk.h"
#include "kernel/fs/io_buf.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define HEAD_MAX 64u
#define RECORD_MAX (HEAD_MAX + 4 * LOG_LINE_MAX + 2)
#define LOOK_AGAIN_NS (100 * NSEC_PER_MSEC)

/* The number of the next record, kept where the file's owner may keep something. */
static uint64_t next_of(const struct file *f)
{
	return (uintptr_t)f->private;
}

static void set_next(struct file *f, uint64_t seq)
{
	f->private = (void *)(uintptr_t)seq;
}

static int kmsg_open(struct inode *inode, struct file *f)
{
	(void)inode;
	set_next(f, log_first_seq());
	return 0;
}

/* What is not plain text, and the backslash itself, as \xNN. */
static size_t text_escape(const char *text, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= ' ' && c < 127 && c != '\\')
			out[n++] = text[i];
		else
			n += (size_t)str_format(out + n, 5, "\\x%02x", c);
	}
	return n;
}

/* The record as the user reads it. Its length. */
static size_t record_write(const struct log_entry *e, char *out)
{
	size_t n = (size_t)str_format(out, HEAD_MAX, "%u,%lu,%lu,-;", e->level, e->seq,
				      e->time_ns / NSEC_PER_USEC);

	n += text_escape(e->text, e->len, out + n);
	out[n++] = '\n';
	return n;
}

static int wait_a_little(void)
{
	int err;

	task_state_set(TASK_INTERRUPTIBLE);
	err = task_sleep(clock_mono_ns() + LOOK_AGAIN_NS);
	task_state_set(TASK_RUNNING);
	return err == -EINTR ? -ERESTARTSYS : 0;
}

/* The record that is next for f; waits for it if f says so. 0, -EAGAIN, -EPIPE, -ERESTARTSYS. */
static int kmsg_next(struct file *f, struct log_entry *e)
{
	uint64_t seq = next_of(f);

	while (!log_entry_read(seq, e)) {
		int err = f->flags & O_NONBLOCK ? -EAGAIN : wait_a_little();

		if (err)
			return err;
	}
	if (e->seq == seq)
		return 0;
	set_next(f, e->seq); /* records are lost: the reader is told, and goes on behind them */
	return -EPIPE;
}

static ssize_t kmsg_give(struct file *f, struct log_entry *e, struct io_buf *to, char *record)
{
	int err = kmsg_next(f, e);
	size_t n;

	if (err)
		return err;
	n = record_write(e, record);
	set_next(f, e->seq + 1); /* even if it does not fit: as on Linux, it is lost then */
	if (n > to->remaining)
		return -EINVAL;
	return io_buf_put(to, record, n) == n ? (ssize_t)n : -EFAULT;
}

static ssize_t kmsg_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	struct log_entry *e = kmalloc(sizeof(*e), 0);
	char *record = kmalloc(RECORD_MAX, 0);
	ssize_t n = -ENOMEM;

	(void)pos;
	if (e != NULL && record != NULL)
		n = kmsg_give(f, e, to, record);
	kfree(record);
	kfree(e);
	return n;
}

/* What "<N>" in front of the text says, and *text behind it. */
static enum log_level level_take(const char **text)
{
	const char *end;
	uint64_t n;

	if (**text != '<' || str_to_u64(*text + 1, &end, 10, &n) != 0 || *end != '>')
		return LOG_WARN | LOG_BY_USER;
	*text = end + 1;
	return (enum log_level)(n % LOG_LEVELS | ((n & LOG_FACILITIES) ?: LOG_BY_USER));
}

static ssize_t kmsg_write(struct file *f, struct io_buf *from, uint64_t *pos)
{
	size_t offered = from->remaining, n = min_t(size_t, offered, LOG_LINE_MAX);
	char text[LOG_LINE_MAX + 1];
	const char *at = text;
	enum log_level level;

	(void)f, (void)pos;
	if (io_buf_get(from, text, n) < n)
		return -EFAULT;
	text[n] = 0;
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = 0;
	level = level_take(&at);
	printk(level, "%s", at);
	return (ssize_t)offered;
}

static int64_t kmsg_seek(struct file *f, int64_t offset, int whence)
{
	if (offset != 0)
		return -ESPIPE;
	if (whence != SEEK_SET && whence != SEEK_DATA && whence != SEEK_END)
		return -EINVAL;
	set_next(f, whence == SEEK_END ? log_next_seq() : log_first_seq());
	return 0;
}

const struct file_ops kmsg_ops = {
	.open = kmsg_open,
	.read = kmsg_read,
	.write = kmsg_write,
	.seek = kmsg_seek,
};

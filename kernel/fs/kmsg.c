/*
 * /dev/kmsg.
 *
 * A read gives one record, "level,sequence,microseconds,-;text\n", and the next read the next;
 * -EPIPE says that records were lost to the ring between two reads. A write adds one message;
 * "<N>" in front says its level.
 *
 * LIMIT: a reader that waits for a new record looks ten times a second, since the log (which is
 * written from anywhere, with any lock held) wakes nobody.
 */
#include "kernel/fs/kmsg.h"

#include "kernel/abi/fcntl.h"
#include "kernel/core/clock.h"
#include "kernel/core/printk.h"
#include "kernel/fs/io_buf.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define RECORD_MAX 600u /* longer than any line that log_read gives */
#define MESSAGE_MAX 480u
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

/* "<6>[    1.234567] text\n" as the log gives it, rewritten. Its length. */
static size_t rewrite_record(const char *line, size_t len, uint64_t seq, char *out, size_t size)
{
	const char *at = line + 1, *text;
	uint64_t level = 6, sec = 0, usec = 0;

	if (str_to_u64(at, &at, 10, &level) < 0)
		level = LOG_INFO;
	while (*at == '>' || *at == '[' || *at == ' ')
		at++;
	if (str_to_u64(at, &at, 10, &sec) == 0 && *at == '.')
		(void)!str_to_u64(at + 1, &at, 10, &usec);
	text = strchr(at, ']');
	text = text && text[1] == ' ' ? text + 2 : at;
	return (size_t)str_format(out, size, "%lu,%lu,%lu,-;%.*s\n", level, seq,
				  sec * 1000000 + usec, (int)(line + len - text), text);
}

/* The record at or after *seq as the user reads it; *seq moves behind it. 0: there is none yet. */
static size_t next_record(uint64_t *seq, char *out, size_t size, bool *lost)
{
	uint64_t end = *seq;
	char lines[RECORD_MAX];
	size_t n = log_read(&end, lines, sizeof(lines) - 1, true), records = 0;
	char *newline;

	if (n == 0)
		return 0;
	lines[n] = 0;
	for (size_t i = 0; i < n; i++)
		records += lines[i] == '\n';
	*lost = end - records != *seq;
	*seq = end - records;
	newline = strchr(lines, '\n');
	*newline = 0;
	return rewrite_record(lines, (size_t)(newline - lines), (*seq)++, out, size);
}

static int wait_a_little(void)
{
	int err;

	task_state_set(TASK_INTERRUPTIBLE);
	err = task_sleep(clock_mono_ns() + LOOK_AGAIN_NS);
	task_state_set(TASK_RUNNING);
	return err == -EINTR ? -ERESTARTSYS : 0;
}

static ssize_t kmsg_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	uint64_t seq = next_of(f);
	char record[RECORD_MAX];
	bool lost = false;
	size_t n;

	(void)pos;
	while ((n = next_record(&seq, record, sizeof(record), &lost)) == 0) {
		int err = f->flags & O_NONBLOCK ? -EAGAIN : wait_a_little();

		if (err)
			return err;
	}
	if (lost) {
		set_next(f, seq - 1);
		return -EPIPE;
	}
	if (n > to->remaining)
		return -EINVAL;
	if (io_buf_put(to, record, n) < n)
		return -EFAULT;
	set_next(f, seq);
	return (ssize_t)n;
}

static ssize_t kmsg_write(struct file *f, struct io_buf *from, uint64_t *pos)
{
	size_t offered = from->remaining, n = min_t(size_t, offered, MESSAGE_MAX);
	char text[MESSAGE_MAX + 1];
	const char *at = text, *end;
	uint64_t level = LOG_WARN;

	(void)f, (void)pos;
	if (io_buf_get(from, text, n) < n)
		return -EFAULT;
	text[n] = 0;
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = 0;
	if (text[0] == '<' && str_to_u64(text + 1, &end, 10, &level) == 0 && *end == '>')
		at = end + 1;
	printk((enum log_level)(level & 7), "%s", at);
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

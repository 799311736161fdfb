/*
 * /proc/pando/coverage: which code tasks reach (kernel/task/coverage.h).
 *
 * Each opening is a recording of its own.
 *
 *	write "1"	this task records here from now on, and so does whoever it clones
 *	write "0"	it records nowhere
 *	read		from offset 0, the recording: bit i, of 64-bit words, is the instruction
 *			at the beginning of the kernel's text + 2 * i
 *	lseek to 0	empties it
 *
 * What the file's own functions reach is in it too, once. Only in kernels built with COV=1.
 */
#include "kernel/procfs/proc.h"

#include "kernel/fs/io_buf.h"
#include "kernel/fs/text_file.h"
#include "kernel/task/coverage.h"
#include "lib/errno.h"

static int coverage_open(struct inode *inode, struct file *f)
{
	f->private = coverage_create();
	return f->private != NULL ? 0 : -ENOMEM;
}

static void coverage_release(struct file *f)
{
	coverage_put(f->private);
}

static ssize_t coverage_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	size_t count, size, wanted, put;
	const char *bytes = (const char *)coverage_words(f->private, &count);

	size = count * sizeof(uint64_t);
	if (*pos >= size || to->remaining == 0)
		return 0;
	wanted = min(size - *pos, to->remaining);
	put = io_buf_put(to, bytes + *pos, wanted);
	*pos += put;
	return put != 0 ? (ssize_t)put : -EFAULT;
}

static ssize_t coverage_write(struct file *f, struct io_buf *from, uint64_t *pos)
{
	size_t offered = from->remaining;
	char word;

	if (offered == 0)
		return 0;
	if (io_buf_get(from, &word, 1) == 0)
		return -EFAULT;
	if (word != '0' && word != '1')
		return -EINVAL;
	coverage_set(word == '1' ? f->private : NULL);
	return (ssize_t)offered;
}

static int64_t coverage_seek(struct file *f, int64_t offset, int whence)
{
	int64_t at = text_file_seek(f, offset, whence);

	if (at == 0)
		coverage_clear(f->private);
	return at;
}

const struct file_ops proc_coverage_fops = {
	.open = coverage_open,
	.release = coverage_release,
	.read = coverage_read,
	.write = coverage_write,
	.seek = coverage_seek,
};

/*
 * A text is made at the first read after the file was opened, or when it is read again from the
 * beginning, and kept with the open file; so one reader sees one consistent text however small its
 * reads are.
 */
#include "kernel/fs/text_file.h"

#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/io_buf.h"
#include "lib/errno.h"

void text_reader_init(struct text_reader *r)
{
	mutex_init(&r->lock, "generated text", LOCK_RANK_PROC);
}

void text_reader_release(struct text_reader *r)
{
	text_release(&r->text);
}

static int text_remake(struct text_reader *r, struct file *f, text_make_fn *make)
	__must_hold(r->lock)
{
	int err;

	text_release(&r->text);
	err = make(f, &r->text);
	if (r->text.failed)
		err = -ENOMEM;
	r->made = err == 0;
	return err;
}

ssize_t text_reader_read(struct text_reader *r, struct file *f, struct io_buf *to, uint64_t *pos,
			 text_make_fn *make)
{
	ssize_t done = 0;
	int err = 0;

	mutex_lock(&r->lock);
	if (!r->made || *pos == 0)
		err = text_remake(r, f, make);
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

int64_t text_file_seek(struct file *f, int64_t offset, int whence)
{
	int64_t base = whence == SEEK_CUR ? (int64_t)f->pos : 0;

	if ((whence != SEEK_SET && whence != SEEK_CUR) || base + offset < 0)
		return -EINVAL;
	f->pos = (uint64_t)(base + offset);
	return base + offset;
}

int text_fetch(struct io_buf *from, char **out)
{
	size_t len = from->remaining;
	char *value = kmalloc(len + 1, 0);

	if (value == NULL)
		return -ENOMEM;
	if (io_buf_get(from, value, len) != len) {
		kfree(value);
		return -EFAULT;
	}
	value[len] = '\0';
	*out = value;
	return 0;
}

/*
 * sendfile and copy_file_range: through one page of the kernel, read then written.
 *
 * The input must have positions, so that what the output didn't take is simply not passed over: a
 * short write leaves the position behind the last byte that arrived.
 *
 * LIMIT: nothing is shared between the files; every byte is copied twice.
 */
#include "kernel/fs/copy.h"

#include "kernel/abi/fcntl.h"
#include "kernel/alloc/page.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/io_buf.h"
#include "kernel/ipc/signal.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

/* One piece through the buffer. Bytes that arrived, or -errno. */
static ssize_t copy_piece(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
			  char *buf, size_t n)
{
	uint64_t from = *in_pos;
	struct io_buf b;
	ssize_t got, put;

	io_buf_kernel(&b, buf, n);
	got = file_read(in, &b, &from);
	if (got <= 0)
		return got;
	io_buf_kernel(&b, buf, (size_t)got);
	put = file_write(out, &b, out_pos);
	if (put > 0)
		*in_pos += (uint64_t)put;
	return put;
}

static ssize_t copy_loop(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
			 size_t n)
{
	struct page *page = page_alloc(0, 0, PAGE_KERNEL);
	size_t done = 0;
	ssize_t got = 0;

	if (!page)
		return -ENOMEM;
	while (done < n) {
		size_t piece = min(n - done, PAGE_SIZE);

		got = copy_piece(in, in_pos, out, out_pos, page_address(page), piece);
		if (got <= 0)
			break;
		done += (size_t)got;
		if ((size_t)got < piece || signal_pending())
			break;
		sched_checkpoint();
	}
	page_put(page);
	return done ? (ssize_t)done : got;
}

ssize_t file_sendfile(struct file *in, uint64_t *in_pos, struct file *out, size_t n)
{
	uint64_t pos;
	ssize_t done;

	if (!(in->mode & FILE_READ) || !(out->mode & FILE_WRITE))
		return -EBADF;
	if (!file_has_positions(in))
		return in_pos ? -ESPIPE : -EINVAL;
	if (out->flags & O_APPEND)
		return -EINVAL;
	if (in_pos)
		return copy_loop(in, in_pos, out, NULL, n);
	pos = in->pos;
	done = copy_loop(in, &pos, out, NULL, n);
	in->pos = pos;
	return done;
}

static int check_range(struct file *in, uint64_t in_pos, struct file *out, uint64_t out_pos,
		       size_t n)
{
	if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
		return -EINVAL;
	if (!(in->mode & FILE_READ) || !(out->mode & FILE_WRITE) || (out->flags & O_APPEND))
		return -EBADF;
	if (in_pos + n < in_pos || out_pos + n < out_pos)
		return -EOVERFLOW;
	if (in->inode == out->inode && in_pos < out_pos + n && out_pos < in_pos + n)
		return -EINVAL;
	return 0;
}

ssize_t file_copy_range(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
			size_t n)
{
	uint64_t from = in_pos ? *in_pos : in->pos, to = out_pos ? *out_pos : out->pos;
	ssize_t done = check_range(in, from, out, to, n);

	if (done)
		return done;
	done = copy_loop(in, &from, out, &to, n);
	*(in_pos ? in_pos : &in->pos) = from;
	*(out_pos ? out_pos : &out->pos) = to;
	return done;
}

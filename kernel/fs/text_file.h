/*
 * Open files whose contents are a text that is made when it is read: those of /proc and of cgroups.
 */
#pragma once

#include "kernel/fs/file.h"
#include "kernel/fs/text.h"
#include "kernel/sched/mutex.h"

/* An open file: its text as of the last read from the beginning. */
struct text_reader {
	struct mutex lock;
	struct text text; /* [lock] */
	bool made;	  /* [lock] */
};

/* Writes the text of f into out, which is empty. 0 or -errno; that memory ran out it need not say.
 */
typedef int text_make_fn(struct file *f, struct text *out);

void text_reader_init(struct text_reader *r);
void text_reader_release(struct text_reader *r);
/* read: makes the text if it is not made yet, and afresh at the beginning of the file. May sleep.
 */
ssize_t text_reader_read(struct text_reader *r, struct file *f, struct io_buf *to, uint64_t *pos,
			 text_make_fn *make);
/* seek: anywhere but to the end, which nobody knows before the text is made. */
int64_t text_file_seek(struct file *f, int64_t offset, int whence);
/* What a program writes, whole, with a NUL behind it, to be freed with kfree. 0, -ENOMEM, -EFAULT.
 */
int text_fetch(struct io_buf *from, char **out) __must_check;

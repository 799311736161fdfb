/*
 * Opening by name.
 */
#pragma once

#include "kernel/abi/fcntl.h"
#include "kernel/fs/file.h"

struct open_request {
	unsigned flags;	  /* O_* */
	unsigned mode;	  /* for O_CREAT and O_TMPFILE, before the umask */
	unsigned resolve; /* WALK_NO_XDEV... */
};
/* name is a kernel string. 0 or -errno. */
int file_open(int dfd, const char *name, const struct open_request *req,
	      struct file **out) __must_check;
/* Absolute kernel path, from current's root: exec's #!, init's console. */
static inline int __must_check file_open_name(const char *name, unsigned flags, struct file **out)
{
	struct open_request req = { .flags = flags };

	return file_open(AT_FDCWD, name, &req, out);
}
/* For exec: regular, executable, not on a noexec mount, protected from writers until
 * file_exec_done. -EACCES, -ETXTBSY... */
int file_open_exec(int dfd, const char *name, unsigned at_flags, struct file **out) __must_check;
/* Lets writers in again; drops no reference. */
void file_exec_done(struct file *file);

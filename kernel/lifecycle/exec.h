/*
 * execve: the same task goes on with another program.
 */
#pragma once

#include "lib/types.h"

/*
 * Replaces current's program. Paths and vectors are user memory; flags AT_EMPTY_PATH,
 * AT_SYMLINK_NOFOLLOW. On success 0: the caller returns to user mode and is in the new program.
 * Otherwise -errno and nothing has changed (-ENOENT, -EACCES, -ENOEXEC, -E2BIG, -ENOMEM, -ELOOP,
 * -ETXTBSY, -EFAULT ...). Sleeps.
 */
int task_exec(int dfd, const char __user *path, const uint64_t __user *argv,
	      const uint64_t __user *envp, int flags) __must_check;

/* The same with kernel strings, for init. argv and envp end with NULL. */
int task_exec_kernel(const char *path, const char *const *argv,
		     const char *const *envp) __must_check;

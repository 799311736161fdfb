/*
 * execve and execveat.
 */
#include "gen/syscalls_proto.h"

#include "kernel/abi/fcntl.h"
#include "kernel/lifecycle/exec.h"
#include "lib/errno.h"

long sys_execve(const char __user *path, const uint64_t __user *argv, const uint64_t __user *envp)
{
	return task_exec(AT_FDCWD, path, argv, envp, 0);
}

long sys_execveat(int dfd, const char __user *path, const uint64_t __user *argv,
		  const uint64_t __user *envp, int flags)
{
	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	return task_exec(dfd, path, argv, envp, flags);
}

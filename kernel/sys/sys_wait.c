/*
 * exit, exit_group, wait4, waitid.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/files.h"
#include "kernel/fs/pidfd.h"
#include "kernel/lifecycle/exit.h"
#include "kernel/lifecycle/wait.h"
#include "kernel/task/usage.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

long sys_exit(int code)
{
	task_exit(WAIT_STATUS_EXIT(code));
}

long sys_exit_group(int code)
{
	task_exit_group(WAIT_STATUS_EXIT(code));
}

void rusage_of_usage(struct abi_rusage *r, const struct usage *u)
{
	*r = (struct abi_rusage){
		.utime = timeval_of_ns(u->utime_ns),
		.stime = timeval_of_ns(u->stime_ns),
		.maxrss = (int64_t)(u->maxrss_pages * (PAGE_SIZE / 1024)),
		.minflt = (int64_t)u->min_faults,
		.majflt = (int64_t)u->maj_faults,
		.nvcsw = (int64_t)u->nvcsw,
		.nivcsw = (int64_t)u->nivcsw,
	};
}

static int own_pgrp(void)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int nr = pid_nr(current->group->pgrp);

	spin_unlock_irqrestore(&tasks_lock, irq);
	return nr;
}

static int rusage_out(struct abi_rusage __user *out, const struct wait_result *res)
{
	struct abi_rusage r;

	if (out == NULL || res->tid == 0)
		return 0;
	rusage_of_usage(&r, &res->usage);
	return copy_to_user(out, &r, sizeof(r));
}

long sys_wait4(int pid, int __user *status, int options, struct abi_rusage __user *usage)
{
	struct wait_request req = { .options = (unsigned)options | WEXITED };
	struct wait_result res;
	int err;

	if ((unsigned)options &
	    ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	req.which = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
	req.id = pid > 0 ? pid : pid == 0 ? own_pgrp() : -pid;
	err = wait_for_child(&req, &res);
	if (err)
		return err;
	if (res.tid != 0 && status != NULL && copy_to_user(status, &res.status, sizeof(res.status)))
		return -EFAULT;
	return rusage_out(usage, &res) ? -EFAULT : res.tid;
}

static int waitid_request(struct wait_request *req, int which, int id, int options)
{
	unsigned known = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			 __WALL | __WCLONE;

	if (((unsigned)options & ~known) || !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	if ((which == P_PID && id <= 0) || (which == P_PGID && id < 0))
		return -EINVAL;
	if (which != P_ALL && which != P_PID && which != P_PGID && which != P_PIDFD)
		return -EINVAL;
	*req = (struct wait_request){ .which = which, .id = id, .options = (unsigned)options };
	if (which == P_PGID && id == 0)
		req->id = own_pgrp();
	return 0;
}

/* *f, for the caller to put, keeps req->pid. */
static int waitid_pidfd(struct wait_request *req, int fd, struct file **f)
{
	if (fd < 0)
		return -EINVAL;
	*f = fd_get(fd);
	req->pid = *f != NULL ? pidfd_pid(*f) : NULL;
	if (req->pid == NULL)
		return -EBADF;
	req->which = P_PID;
	req->id = pid_nr(req->pid);
	return 0;
}

/* A pidfd that doesn't block has its own word for "not yet". */
static int waitid_wait(struct wait_request *req, const struct file *pidfd, struct wait_result *res)
{
	bool nonblock = pidfd != NULL && (pidfd->flags & O_NONBLOCK) && !(req->options & WNOHANG);
	int err;

	if (nonblock)
		req->options |= WNOHANG;
	err = wait_for_child(req, res);
	return err == 0 && nonblock && res->tid == 0 ? -EAGAIN : err;
}

long sys_waitid(int which, int id, struct abi_siginfo __user *info, int options,
		struct abi_rusage __user *usage)
{
	struct abi_siginfo si = { 0 };
	struct wait_request req;
	struct wait_result res;
	struct file *pidfd = NULL;
	int err = waitid_request(&req, which, id, options);

	if (err == 0 && which == P_PIDFD)
		err = waitid_pidfd(&req, id, &pidfd);
	if (err == 0)
		err = waitid_wait(&req, pidfd, &res);
	file_put(pidfd);
	if (err)
		res.tid = 0;
	if (rusage_out(usage, &res))
		return -EFAULT;
	if (info == NULL)
		return err;
	if (res.tid != 0) {
		si.signo = SIGCHLD;
		si.code = res.code;
		si.child_pid = res.tid;
		si.child_uid = uid_out(res.uid);
		si.status = res.value;
	}
	/* Only what wait has to say: the rest of the caller's struct is left as it is. Errors clear
	 * that too. */
	return copy_to_user(info, &si, offsetof(struct abi_siginfo, pad1)) ? -EFAULT : err;
}

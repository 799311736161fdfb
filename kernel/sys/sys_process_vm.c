/*
 * Other processes' memory.
 *
 * process_vm_readv and process_vm_writev: bytes between the caller's memory and that of a process
 * whose tracer he might be. They go through one page of the kernel's, piece by piece; what has been
 * moved when something fails is the answer.
 *
 * process_madvise: advice that changes nothing but speed, for a process known by a pidfd.
 */
#include "gen/syscalls_proto.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/mman.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/files.h"
#include "kernel/fs/pidfd.h"
#include "kernel/ipc/access.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/sys/user_vector.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

struct transfer {
	struct mm *mm;
	struct io_buf *local;
	char *bytes; /* a page */
	bool write;
};

/* At most a page between addr there and the caller's buffers. Bytes moved; fewer than n: a
 * fault. */
static size_t move_piece(struct transfer *t, vaddr_t addr, size_t n)
{
	if (t->write)
		return mm_write_remote(t->mm, addr, t->bytes, io_buf_get(t->local, t->bytes, n));
	return io_buf_put(t->local, t->bytes, mm_read_remote(t->mm, addr, t->bytes, n));
}

static long move_all(struct transfer *t, const struct abi_iovec *iov, size_t count)
{
	size_t done = 0, total = 0;
	int err = 0;

	for (size_t i = 0; i < count && t->local->remaining > 0 && err == 0;) {
		vaddr_t addr = (vaddr_t)iov[i].base + done;
		size_t room = min(PAGE_SIZE - addr % PAGE_SIZE, t->local->remaining);
		size_t n = min(iov[i].len - done, room), moved = move_piece(t, addr, n);

		total += moved;
		done += moved;
		err = moved < n ? -EFAULT : sched_checkpoint_killable();
		if (done == iov[i].len) {
			i++;
			done = 0;
		}
	}
	return total != 0 ? (long)total : err;
}

/* The address space of a process that the caller may trace. */
static int mm_of_pid(int pid, struct mm **out)
{
	struct task *t = task_find(pid);
	int err;

	if (t == NULL)
		return -ESRCH;
	err = task_mm_access(t, ACCESS_REAL_IDS, out);
	task_put(t);
	return err;
}

static long transfer_with(int pid, struct io_buf *local, const struct abi_iovec *remote,
			  size_t count, bool write)
{
	struct transfer t = { .local = local, .write = write };
	size_t any = 0;
	long ret;

	for (size_t i = 0; i < count; i++)
		any |= remote[i].len;
	if (any == 0) /* then not even the process is looked for */
		return 0;
	ret = mm_of_pid(pid, &t.mm);
	if (ret)
		return ret;
	t.bytes = kmalloc(PAGE_SIZE, 0);
	ret = t.bytes != NULL ? move_all(&t, remote, count) : -ENOMEM;
	kfree(t.bytes);
	mm_put(t.mm);
	return ret;
}

static long with_local(int pid, struct io_buf *local, const struct abi_iovec __user *remote_iov,
		       size_t remote_count, bool write)
{
	struct vector remote;
	long ret;

	if (local->remaining == 0)
		return 0;
	ret = vector_fetch_foreign(&remote, remote_iov, remote_count);
	if (ret)
		return ret;
	ret = transfer_with(pid, local, remote.iov, remote_count, write);
	vector_release(&remote);
	return ret;
}

static long process_vm(int pid, const struct abi_iovec __user *local_iov, size_t local_count,
		       const struct abi_iovec __user *remote_iov, size_t remote_count,
		       unsigned long flags, bool write)
{
	struct vector local;
	long ret;

	if (flags)
		return -EINVAL;
	ret = vector_fetch(&local, local_iov, local_count);
	if (ret)
		return ret;
	ret = with_local(pid, &local.buf, remote_iov, remote_count, write);
	vector_release(&local);
	return ret;
}

long sys_process_vm_readv(int pid, const struct abi_iovec __user *local, unsigned long local_count,
			  const struct abi_iovec __user *remote, unsigned long remote_count,
			  unsigned long flags)
{
	return process_vm(pid, local, local_count, remote, remote_count, flags, false);
}

long sys_process_vm_writev(int pid, const struct abi_iovec __user *local, unsigned long local_count,
			   const struct abi_iovec __user *remote, unsigned long remote_count,
			   unsigned long flags)
{
	return process_vm(pid, local, local_count, remote, remote_count, flags, true);
}

/* --- process_madvise -------------------------------------------------------------------------- */

static int mm_of_pidfd(int pidfd, struct mm **out)
{
	struct file *f = fd_get(pidfd);
	struct pid *pid = f != NULL ? pidfd_pid(f) : NULL;
	struct task *t = pid != NULL ? task_of_pid(pid) : NULL;
	int err = pid == NULL ? -EBADF : t == NULL ? -ESRCH : 0;

	if (err == 0)
		err = task_mm_access(t, ACCESS_FS_IDS, out);
	task_put(t);
	file_put(f);
	return err == -EPERM ? -EACCES : err;
}

static long advise_all(struct mm *mm, const struct vector *v, int advice)
{
	size_t total = 0;
	long err = 0;

	for (unsigned i = 0; i < v->buf.iov_count && err == 0; i++) {
		err = mm_advise(mm, (vaddr_t)v->iov[i].base, v->iov[i].len, advice);
		if (err == 0)
			total += v->iov[i].len;
	}
	return total != 0 ? (long)total : err;
}

static long advise_process(int pidfd, const struct vector *v, int advice)
{
	struct mm *mm;
	long ret = mm_of_pidfd(pidfd, &mm);

	if (ret)
		return ret;
	if (advice != MADV_COLD && advice != MADV_PAGEOUT && advice != MADV_WILLNEED &&
	    advice != MADV_COLLAPSE)
		ret = -EINVAL;
	else if (mm != current->mm && !capable(CAP_SYS_NICE))
		ret = -EPERM;
	else
		ret = advise_all(mm, v, advice);
	mm_put(mm);
	return ret;
}

long sys_process_madvise(int pidfd, const struct abi_iovec __user *iov, size_t count, int advice,
			 unsigned flags)
{
	struct vector v;
	long ret;

	if (flags)
		return -EINVAL;
	ret = vector_fetch(&v, iov, count);
	if (ret)
		return ret;
	ret = advise_process(pidfd, &v, advice);
	vector_release(&v);
	return ret;
}

/*
 * kcmp: do two tasks share a resource?
 *
 * The answer is read from the resource table: the row whose flag would have shared it. To sort many
 * tasks by what they have in common, a caller needs an order, but must not learn addresses: so
 * what is compared is each address times a secret odd number, xored with another, both chosen once
 * and anew for each kind of resource.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/kcmp.h"
#include "kernel/abi/sched.h"
#include "kernel/core/random.h"
#include "kernel/fs/epoll.h"
#include "kernel/fs/files.h"
#include "kernel/ipc/access.h"
#include "kernel/lifecycle/resource.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

static const uint64_t flag_of_type[KCMP_TYPES] = {
	[KCMP_VM] = CLONE_VM,	       [KCMP_FILES] = CLONE_FILES, [KCMP_FS] = CLONE_FS,
	[KCMP_SIGHAND] = CLONE_SIGHAND, [KCMP_IO] = CLONE_IO,	    [KCMP_SYSVSEM] = CLONE_SYSVSEM,
};

static uint64_t secrets[KCMP_TYPES][2]; /* [tasks_lock] to make; 0: not made yet */

/* 0 the same, 1 less, 2 greater. */
static int compare(const void *a, const void *b, int type)
{
	uint64_t *secret = secrets[type], x, y;
	irqflags_t irq;

	if (a == b)
		return 0;
	irq = spin_lock_irqsave(&tasks_lock);
	if (secret[1] == 0) {
		secret[0] = random_u64();
		secret[1] = random_u64() | 1;
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	x = ((uintptr_t)a ^ secret[0]) * secret[1];
	y = ((uintptr_t)b ^ secret[0]) * secret[1];
	return x < y ? 1 : 2;
}

static long compare_rows(struct task *a, struct task *b, int type)
{
	for (unsigned i = 0; i < resource_count; i++) {
		const void *of_a, *of_b;
		irqflags_t irq;

		if (resources[i].share != flag_of_type[type])
			continue;
		irq = spin_lock_irqsave(&tasks_lock);
		of_a = resource_of(&resources[i], a);
		of_b = resource_of(&resources[i], b);
		spin_unlock_irqrestore(&tasks_lock, irq);
		return compare(of_a, of_b, type);
	}
	return -EOPNOTSUPP; /* no such resource in this kernel */
}

/* NULL: it has none there. */
static struct file *file_at(struct task *t, unsigned long fd)
{
	struct file *f;

	(void)file_of_task(t, (unsigned)fd, &f);
	return f;
}

/* Takes both references. */
static long compare_files(struct file *a, struct file *b)
{
	long ret = a != NULL && b != NULL ? compare(a, b, KCMP_FILE) : -EBADF;

	file_put(a);
	file_put(b);
	return ret;
}

/* A descriptor of a, with a file that an epoll of b watches. */
static long compare_watched(struct task *a, struct task *b, unsigned long fd,
			    const struct abi_kcmp_epoll_slot __user *uslot)
{
	struct abi_kcmp_epoll_slot slot;
	struct file *mine, *epoll, *watched = NULL;
	long err = -EBADF;

	if (copy_from_user(&slot, uslot, sizeof(slot)))
		return -EFAULT;
	mine = file_at(a, fd);
	epoll = mine != NULL ? file_at(b, slot.efd) : NULL;
	if (epoll != NULL)
		err = epoll_watched_file(epoll, (int)slot.tfd, slot.toff, &watched);
	file_put(epoll);
	if (err) {
		file_put(mine);
		return err;
	}
	return compare_files(mine, watched);
}

static long compare_tasks(struct task *a, struct task *b, int type, unsigned long idx1,
			  unsigned long idx2)
{
	int err = task_may_access(a, ACCESS_REAL_IDS);

	if (err == 0)
		err = task_may_access(b, ACCESS_REAL_IDS);
	if (err)
		return err;
	if (type < 0 || type >= KCMP_TYPES)
		return -EINVAL;
	if (type == KCMP_FILE)
		return compare_files(file_at(a, idx1), file_at(b, idx2));
	if (type == KCMP_EPOLL_TFD)
		return compare_watched(a, b, idx1,
				       (const struct abi_kcmp_epoll_slot __user *)idx2);
	return compare_rows(a, b, type);
}

long sys_kcmp(int pid1, int pid2, int type, unsigned long idx1, unsigned long idx2)
{
	struct task *a = task_find(pid1), *b = task_find(pid2);
	long ret = a != NULL && b != NULL ? compare_tasks(a, b, type, idx1, idx2) : -ESRCH;

	task_put(a);
	task_put(b);
	return ret;
}

/*
 * futex, futex_waitv and the robust list.
 *
 * A wait that a signal ends begins anew when no handler ran; with a time limit through
 * restart_syscall, so that the limit stays where it was.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/futex.h"
#include "kernel/alloc/slab.h"
#include "kernel/ipc/futex.h"
#include "kernel/ipc/signal.h"
#include "kernel/sys/user_time.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"

static long wait_again(struct restart_block *r);

static long wait_until(uint32_t __user *addr, bool shared, uint32_t val, uint32_t bits,
		       uint64_t deadline_ns)
{
	long ret = futex_wait(addr, shared, val, bits, deadline_ns);

	if (ret != -EINTR)
		return ret;
	if (deadline_ns == UINT64_MAX)
		return -ERESTARTSYS;
	current->restart = (struct restart_block){
		.fn = wait_again,
		.args = { (uint64_t)addr, shared, val, bits, deadline_ns },
	};
	return -ERESTART_RESTARTBLOCK;
}

static long wait_again(struct restart_block *r)
{
	return wait_until((uint32_t __user *)r->args[0], r->args[1], (uint32_t)r->args[2],
			  (uint32_t)r->args[3], r->args[4]);
}

/* FUTEX_WAIT has a time from now, FUTEX_WAIT_BITSET a moment of either clock. */
static int wait_deadline(int op, const struct abi_timespec __user *utime, uint64_t *deadline_ns)
{
	uint64_t ns;
	int err;

	*deadline_ns = UINT64_MAX;
	if (utime == NULL)
		return 0;
	err = timespec_fetch(&ns, utime);
	if (err)
		return err;
	if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT)
		*deadline_ns = deadline_after(ns);
	else
		*deadline_ns = deadline_of_clock(
			op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
	return 0;
}

static long wait_on(uint32_t __user *addr, int op, uint32_t val,
		    const struct abi_timespec __user *utime, uint32_t bits)
{
	uint64_t deadline_ns;
	int err = wait_deadline(op, utime, &deadline_ns);

	if (err)
		return err;
	if (bits == 0)
		return -EINVAL;
	return wait_until(addr, !(op & FUTEX_PRIVATE_FLAG), val, bits, deadline_ns);
}

long sys_futex(uint32_t __user *addr, int op, uint32_t val, const struct abi_timespec __user *utime,
	       uint32_t __user *addr2, uint32_t val3)
{
	bool shared = !(op & FUTEX_PRIVATE_FLAG);
	int cmd = op & FUTEX_CMD_MASK;
	int val2 = (int)(uintptr_t)utime; /* where no time is wanted it is a count */

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		return wait_on(addr, op, val, utime, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return wait_on(addr, op, val, utime, val3);
	case FUTEX_WAKE:
		return futex_wake(addr, shared, (int)val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return val3 == 0 ? -EINVAL : futex_wake(addr, shared, (int)val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(addr, addr2, shared, (int)val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(addr, addr2, shared, (int)val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(addr, addr2, shared, (int)val, val2, val3);
	default:
		return -ENOSYS;
	}
}

/* --- several words ---------------------------------------------------------------------------- */

static int word_fetch(struct futex_word *word, const struct abi_futex_waitv __user *from)
{
	struct abi_futex_waitv w;

	if (copy_from_user(&w, from, sizeof(w)))
		return -EFAULT;
	if ((w.flags & ~(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE)) || w.reserved)
		return -EINVAL;
	if ((w.flags & FUTEX2_SIZE_MASK) != FUTEX2_SIZE_U32 || w.val > UINT32_MAX)
		return -EINVAL;
	*word = (struct futex_word){ (uint32_t __user *)w.addr, (uint32_t)w.val,
				     !(w.flags & FUTEX2_PRIVATE) };
	return 0;
}

static int vector_deadline(const struct abi_timespec __user *utime, int clock,
			   uint64_t *deadline_ns)
{
	uint64_t ns;
	int err;

	*deadline_ns = UINT64_MAX;
	if (utime == NULL)
		return 0;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return -EINVAL;
	err = timespec_fetch(&ns, utime);
	if (err == 0)
		*deadline_ns = deadline_of_clock(clock, ns);
	return err;
}

long sys_futex_waitv(const struct abi_futex_waitv __user *waiters, unsigned count, unsigned flags,
		     const struct abi_timespec __user *utime, int clock)
{
	struct futex_word *words;
	uint64_t deadline_ns;
	long ret;

	if (flags || count == 0 || count > FUTEX_WAITV_MAX || waiters == NULL)
		return -EINVAL;
	ret = vector_deadline(utime, clock, &deadline_ns);
	if (ret)
		return ret;
	words = kcalloc(count, sizeof(*words));
	if (words == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < count && ret == 0; i++)
		ret = word_fetch(&words[i], &waiters[i]);
	if (ret == 0)
		ret = futex_wait_any(words, count, deadline_ns);
	kfree(words);
	return ret == -EINTR ? -ERESTARTSYS : ret; /* its deadline is a moment, and stays one */
}

/* --- the robust list -------------------------------------------------------------------------- */

long sys_set_robust_list(void __user *head, size_t len)
{
	if (len != sizeof(struct abi_robust_list_head))
		return -EINVAL;
	current->robust_list = head;
	current->robust_list_len = len;
	return 0;
}

/* Whoever may look into a task may know where its list is. */
static int robust_list_of(int tid, uint64_t *head)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t = tid == 0 ? current : task_peek(tid);
	int err = 0;

	if (t == NULL)
		err = -ESRCH;
	else if (t->group != current->group && t->cred->uid != current_cred()->euid &&
		 !ns_capable(t->cred->user_ns, CAP_SYS_PTRACE))
		err = -EPERM;
	else
		*head = (uint64_t)t->robust_list;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

long sys_get_robust_list(int tid, uint64_t __user *head, uint64_t __user *len)
{
	uint64_t at, size = sizeof(struct abi_robust_list_head);
	int err = robust_list_of(tid, &at);

	if (err == 0)
		err = copy_to_user(len, &size, sizeof(size));
	return err ? err : copy_to_user(head, &at, sizeof(at));
}

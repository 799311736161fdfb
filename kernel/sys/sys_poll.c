#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/poll.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/files.h"
#include "kernel/fs/poll.h"
#include "kernel/fs/select.h"
#include "kernel/sys/user_sigmask.h"
#include "kernel/sys/user_time.h"
#include "kernel/task/group.h"
#include "lib/string.h"

/*
 * ppoll and pselect6: from which a C library makes poll and select.
 *
 * Both write the time that is left back to the caller. So a call that a signal ended without
 * running a handler is simply made again with the same arguments (ERESTARTNOHAND).
 */

#define POLL_SMALL 8u
#define SELECT_SMALL_WORDS 4u /* descriptors 0 to 255 need no allocation */
#define SELECT_FDS_MIN 1024u

/* --- Time ------------------------------------------------------------------------------------- */

/* NULL: for ever. 0, -EFAULT, -EINVAL. */
static int deadline_fetch(uint64_t *deadline_ns, const struct abi_timespec __user *timeout)
{
	uint64_t ns;
	int err;

	*deadline_ns = UINT64_MAX;
	if (timeout == NULL)
		return 0;
	err = timespec_fetch(&ns, timeout);
	if (!err)
		*deadline_ns = ns ? deadline_after(ns) : 0;
	return err;
}

/* The end of both calls: mask and time back; what an interrupted one returns. */
static long wait_finish_user(long ret, struct abi_timespec __user *timeout, uint64_t deadline_ns,
			     const uint64_t __user *sigmask)
{
	uint64_t now;

	user_sigmask_return(sigmask, ret == -EINTR);
	if (ret == -EINTR)
		ret = -ERESTARTNOHAND;
	if (timeout == NULL || deadline_ns == 0)
		return ret;
	now = clock_mono_ns();
	/* Memory that can't be written doesn't change what has happened, but it can't be restarted
	 * from. */
	if (timespec_store(timeout, deadline_ns > now ? deadline_ns - now : 0) &&
	    ret == -ERESTARTNOHAND)
		return -EINTR;
	return ret;
}

/* --- ppoll ------------------------------------------------------------------------------------ */

static void items_fetch(struct poll_item *items, const struct abi_pollfd *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int err = poll_item_open(&items[i], fds[i].fd);

		items[i].events = fds[i].events | POLLERR | POLLHUP;
		items[i].revents = err && fds[i].fd >= 0 ? POLLNVAL : 0;
	}
}

static void items_return(struct poll_item *items, struct abi_pollfd *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		fds[i].revents = (uint16_t)items[i].revents;
		poll_item_close(&items[i]);
	}
}

static long do_poll(struct poll_item *items, struct abi_pollfd *fds, struct abi_pollfd __user *ufds,
		    unsigned n, uint64_t deadline_ns)
{
	long ret;

	if (copy_from_user(fds, ufds, n * sizeof(*fds)))
		return -EFAULT;
	items_fetch(items, fds, n);
	ret = poll_items_wait(items, n, deadline_ns);
	items_return(items, fds, n);
	/* events are written back as they came. */
	if (ret >= 0 && copy_to_user(ufds, fds, n * sizeof(*fds)))
		ret = -EFAULT;
	return ret;
}

static long poll_user(struct abi_pollfd __user *ufds, unsigned n, uint64_t deadline_ns)
{
	struct poll_item few_items[POLL_SMALL], *items;
	struct abi_pollfd few_fds[POLL_SMALL];
	long ret;

	if (n <= POLL_SMALL)
		return do_poll(few_items, few_fds, ufds, n, deadline_ns);
	if (n > group_rlimit(current->group, RLIMIT_NOFILE))
		return -EINVAL;
	items = kcalloc(n, sizeof(*items) + sizeof(struct abi_pollfd));
	if (!items)
		return -ENOMEM;
	ret = do_poll(items, (struct abi_pollfd *)(items + n), ufds, n, deadline_ns);
	kfree(items);
	return ret;
}

long sys_ppoll(struct abi_pollfd __user *fds, unsigned n, struct abi_timespec __user *timeout,
	       const uint64_t __user *sigmask, size_t sigset_size)
{
	uint64_t deadline_ns;
	long ret = deadline_fetch(&deadline_ns, timeout);

	if (!ret)
		ret = user_sigmask_borrow(sigmask, sigset_size);
	if (ret)
		return ret;
	ret = poll_user(fds, n, deadline_ns);
	return wait_finish_user(ret, timeout, deadline_ns, sigmask);
}

/* --- pselect6 --------------------------------------------------------------------------------- */

static int sets_fetch(struct select_sets *s, unsigned long __user *const from[SELECT_KINDS])
{
	size_t bytes = DIV_ROUND_UP(s->n, 64) * sizeof(long);

	for (int kind = 0; kind < SELECT_KINDS; kind++) {
		if (!from[kind])
			memset(s->wanted[kind], 0, bytes);
		else if (copy_from_user(s->wanted[kind], from[kind], bytes))
			return -EFAULT;
	}
	return 0;
}

static int sets_store(const struct select_sets *s, unsigned long __user *const to[SELECT_KINDS])
{
	size_t bytes = DIV_ROUND_UP(s->n, 64) * sizeof(long);

	for (int kind = 0; kind < SELECT_KINDS; kind++) {
		if (to[kind] && copy_to_user(to[kind], s->ready[kind], bytes))
			return -EFAULT;
	}
	return 0;
}

static long select_user(int n, unsigned long __user *const user[SELECT_KINDS], uint64_t deadline_ns)
{
	unsigned long small[2 * SELECT_KINDS * SELECT_SMALL_WORDS], *words = small;
	struct select_sets s;
	size_t len;
	long ret;

	if (n < 0)
		return -EINVAL;
	/* What can't be open isn't looked at: programs pass a size, not a number. */
	s.n = min((unsigned)n, max(READ_ONCE(current->files->size), SELECT_FDS_MIN));
	len = DIV_ROUND_UP(s.n, 64);
	if (len > SELECT_SMALL_WORDS)
		words = kcalloc(2 * SELECT_KINDS * len, sizeof(long));
	if (!words)
		return -ENOMEM;
	for (int kind = 0; kind < SELECT_KINDS; kind++) {
		s.wanted[kind] = words + 2 * (size_t)kind * len;
		s.ready[kind] = s.wanted[kind] + len;
	}
	ret = sets_fetch(&s, user);
	if (!ret)
		ret = select_wait(&s, deadline_ns);
	if (ret >= 0 && sets_store(&s, user))
		ret = -EFAULT;
	if (words != small)
		kfree(words);
	return ret;
}

long sys_pselect6(int n, unsigned long __user *in, unsigned long __user *out,
		  unsigned long __user *ex, struct abi_timespec __user *timeout,
		  const uint64_t __user *sigmask_arg)
{
	unsigned long __user *const user[SELECT_KINDS] = { in, out, ex };
	struct abi_sigset_arg mask = { NULL, 0 };
	uint64_t deadline_ns;
	long ret;

	if (sigmask_arg && copy_from_user(&mask, sigmask_arg, sizeof(mask)))
		return -EFAULT;
	ret = deadline_fetch(&deadline_ns, timeout);
	if (!ret)
		ret = user_sigmask_borrow(mask.mask, mask.size);
	if (ret)
		return ret;
	ret = select_user(n, user, deadline_ns);
	return wait_finish_user(ret, timeout, deadline_ns, mask.mask);
}

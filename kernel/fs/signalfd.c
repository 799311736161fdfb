/*
 * Signalfd: whoever reads takes its own pending signals, those of the file's mask, as records of
 * 128 bytes. The caller is supposed to block them, or handlers would take them first.
 *
 * The file holds nothing but the mask. Whose signals it gives depends on who reads or polls, so
 * there is no wait queue that would be the right one: all polls wait in signal_arrivals, which
 * every new signal wakes, and ask again.
 *
 * LIMIT: therefore a poll of a signalfd is woken (inside the kernel) by signals to others too.
 * NOTE(linux): a reader that waits goes by the mask that it found at its start.
 *
 * Entry points: signalfd_create, signalfd_mask_set.
 */
#include "kernel/fs/signalfd.h"

#include "kernel/abi/event.h"
#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/poll.h"
#include "kernel/ipc/signal.h"
#include "lib/errno.h"

struct signalfd {
	uint64_t mask; /* one word: read and written as a whole */
};

static CACHE_DEFINE(signalfd_cache, struct signalfd);

static void signalfd_release(struct file *file)
{
	cache_free(&signalfd_cache, file->private);
}

/* The union of siginfo, spread out: by what kind of signal it is. */
static void record_fill(struct abi_signalfd_siginfo *r, const struct abi_siginfo *info)
{
	*r = (struct abi_signalfd_siginfo){ .signo = (uint32_t)info->signo,
					    .errnum = info->errnum,
					    .code = info->code };
	if (info->code == SI_TIMER) {
		r->timer_id = (uint32_t)info->timer_id;
		r->overrun = (uint32_t)info->overrun;
		r->value_int = info->timer_value.sival_int;
		r->value_ptr = info->timer_value.sival_ptr;
	} else if (info->signo == SIGCHLD && info->code > 0) {
		r->pid = (uint32_t)info->child_pid;
		r->uid = info->child_uid;
		r->status = info->status;
		r->utime = (uint64_t)info->utime;
		r->stime = (uint64_t)info->stime;
	} else if (info->code > 0 && info->code != SI_KERNEL) {
		r->addr = info->addr;
		r->addr_lsb = (uint16_t)info->addr_lsb;
	} else {
		r->pid = (uint32_t)info->pid;
		r->uid = info->uid;
		r->value_int = info->value.sival_int;
		r->value_ptr = info->value.sival_ptr;
	}
}

/* Waits for the first, if it may; takes what else is there and fits. */
static ssize_t signalfd_read(struct file *file, struct io_buf *to, uint64_t *pos)
{
	struct signalfd *s = file->private;
	uint64_t mask = READ_ONCE(s->mask),
		 deadline_ns = READ_ONCE(file->flags) & O_NONBLOCK ? 0 : UINT64_MAX;
	struct abi_signalfd_siginfo record;
	struct abi_siginfo info;
	ssize_t done = 0;

	(void)pos;
	if (to->remaining < sizeof(record))
		return -EINVAL;
	while (to->remaining >= sizeof(record)) {
		int signo = signal_wait(mask, &info, done ? 0 : deadline_ns);

		if (signo < 0)
			return done ? done : signo == -EINTR ? -ERESTARTSYS : signo;
		record_fill(&record, &info);
		if (io_buf_put(to, &record, sizeof(record)) != sizeof(record))
			return done ? done : -EFAULT;
		done += (ssize_t)sizeof(record);
	}
	return done;
}

static unsigned signalfd_poll(struct file *file, struct poll_table *table)
{
	struct signalfd *s = file->private;

	poll_wait(table, &signal_arrivals);
	return signal_pending_set() & READ_ONCE(s->mask) ? POLLIN : 0;
}

static const struct file_ops signalfd_ops = {
	.release = signalfd_release,
	.read = signalfd_read,
	.poll = signalfd_poll,
};

int signalfd_mask_set(struct file *file, uint64_t mask)
{
	struct signalfd *s = file->private;

	if (file->ops != &signalfd_ops)
		return -EINVAL;
	WRITE_ONCE(s->mask, mask & ~(SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP)));
	waitq_wake_all(&signal_arrivals, 0);
	return 0;
}

int signalfd_create(uint64_t mask, unsigned flags, struct file **out)
{
	struct signalfd *s = cache_alloc(&signalfd_cache, 0);
	int err;

	if (!s)
		return -ENOMEM;
	s->mask = mask & ~(SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP));
	err = file_open_anon("anon_inode:[signalfd]", &signalfd_ops, s, O_RDWR | flags, out);
	if (err)
		cache_free(&signalfd_cache, s);
	return err;
}

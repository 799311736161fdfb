/*
 * Timerfd: read gives how often the timer has expired since the last read; it waits for the first.
 *
 *	idle --set--> running --expiry--> due --read, get--> running (with an interval) or idle
 *	  ^              |                 |
 *	  +-----set------+-------set-------+
 *
 * A periodic timer that is due does not go on by itself: the expiries it would have had since are
 * computed when somebody reads or asks, and only then is the next set. So an interval of a
 * nanosecond costs nothing while nobody reads.
 *
 * Locking: lock (rank ITIMER, irqsave: the timer's function takes it) guards everything. An expiry
 * that a change of the timer overtook finds, under the lock, that it isn't due.
 *
 * LIMIT: an absolute CLOCK_REALTIME timer does not follow a later clock_settime;
 * TFD_TIMER_CANCEL_ON_SET is refused.
 *
 * A machine that never sleeps need not be woken: CLOCK_*_ALARM timers are like the others, but
 * ask for the right to wake.
 *
 * Entry points: timerfd_create, timerfd_set, timerfd_get.
 */
#include "kernel/fs/timerfd.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/time.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/poll.h"
#include "kernel/ipc/posix_timer.h"
#include "kernel/mm/time.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"

struct timerfd {
	struct spinlock lock;
	struct timer timer;	/* [lock] expires_ns 0: not running */
	uint64_t interval_ns;	/* [lock] 0: once */
	uint64_t ticks;		/* [lock] expiries not yet read; read as a hint */
	bool due;		/* [lock] expired, and the next expiry has still to be set */
	int clock;		/* [i] */
	struct waitq readable;
};

static CACHE_DEFINE(timerfd_cache, struct timerfd);

static void timer_fire(struct timer *t)
{
	struct timerfd *tf = container_of(t, struct timerfd, timer);
	irqflags_t irq = spin_lock_irqsave(&tf->lock);
	bool due = !tf->due && timer_is_due(t, clock_mono_ns());

	if (due) {
		tf->due = true;
		WRITE_ONCE(tf->ticks, tf->ticks + 1);
	}
	spin_unlock_irqrestore(&tf->lock, irq);
	if (due)
		waitq_wake(&tf->readable, POLLIN);
}

/* A due timer goes on: counts what it has missed, and is set again or stopped. lock held. */
static void timer_go_on(struct timerfd *tf)
{
	uint64_t before = tf->timer.expires_ns, next;

	if (!tf->due)
		return;
	tf->due = false;
	if (tf->interval_ns == 0) {
		timer_stop(&tf->timer);
		return;
	}
	next = timer_next(before, tf->interval_ns, clock_mono_ns());
	WRITE_ONCE(tf->ticks, tf->ticks + (next - before) / tf->interval_ns - 1);
	timer_set(&tf->timer, next);
}

/* --- The file --------------------------------------------------------------------------------- */

static uint64_t ticks_take(struct timerfd *tf)
{
	irqflags_t irq = spin_lock_irqsave(&tf->lock);
	uint64_t ticks;

	timer_go_on(tf);
	ticks = tf->ticks;
	WRITE_ONCE(tf->ticks, 0);
	spin_unlock_irqrestore(&tf->lock, irq);
	return ticks;
}

static ssize_t timerfd_read(struct file *file, struct io_buf *to, uint64_t *pos)
{
	struct timerfd *tf = file->private;
	uint64_t ticks;
	int err = 0;

	(void)pos;
	if (to->remaining < sizeof(ticks))
		return -EINVAL;
	while ((ticks = ticks_take(tf)) == 0) {
		if (err)
			return -ERESTARTSYS;
		if (READ_ONCE(file->flags) & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&tf->readable, READ_ONCE(tf->ticks) != 0);
	}
	return io_buf_put(to, &ticks, sizeof(ticks)) == sizeof(ticks) ? (ssize_t)sizeof(ticks)
								      : -EFAULT;
}

static unsigned timerfd_poll(struct file *file, struct poll_table *table)
{
	struct timerfd *tf = file->private;

	poll_wait(table, &tf->readable);
	return READ_ONCE(tf->ticks) ? POLLIN : 0;
}

static void timerfd_release(struct file *file)
{
	struct timerfd *tf = file->private;

	timer_cancel(&tf->timer);
	cache_free(&timerfd_cache, tf);
}

static const struct file_ops timerfd_ops = {
	.release = timerfd_release,
	.read = timerfd_read,
	.poll = timerfd_poll,
};

static bool clock_is_known(int clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME ||
	       clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

int timerfd_create(int clock, unsigned flags, struct file **out)
{
	struct timerfd *tf;
	int err;

	if (!clock_is_known(clock))
		return -EINVAL;
	if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) &&
	    !capable(CAP_WAKE_ALARM))
		return -EPERM;
	tf = cache_alloc(&timerfd_cache, ALLOC_ZERO);
	if (!tf)
		return -ENOMEM;
	spinlock_init(&tf->lock, "timerfd", LOCK_RANK_ITIMER);
	timer_init(&tf->timer, timer_fire);
	tf->clock = clock;
	waitq_init(&tf->readable);
	err = file_open_anon("anon_inode:[timerfd]", &timerfd_ops, tf, O_RDWR | flags, out);
	if (err)
		cache_free(&timerfd_cache, tf);
	return err;
}

/* --- Setting ---------------------------------------------------------------------------------- */

/* lock held. */
static void state_get(struct timerfd *tf, struct timerfd_state *s)
{
	uint64_t now = clock_mono_ns(), expires;

	timer_go_on(tf);
	expires = tf->timer.expires_ns;
	s->interval_ns = tf->interval_ns;
	s->left_ns = expires == 0 ? 0 : max(expires, now + 1) - now;
}

/* The moment of CLOCK_MONOTONIC; never 0. */
static uint64_t expiry_of(const struct timerfd *tf, bool absolute, uint64_t ns)
{
	uint64_t now = clock_mono_ns(), offset;

	if (!absolute)
		return now + ns;
	if (tf->clock != CLOCK_REALTIME && tf->clock != CLOCK_REALTIME_ALARM)
		return max(clock_meant_ns(time_clock_of(tf->clock), ns), 1UL);
	offset = clock_real_ns() - now;
	return ns > offset ? ns - offset : 1;
}

int timerfd_get(struct file *file, struct timerfd_state *now)
{
	struct timerfd *tf = file->private;
	irqflags_t irq;

	if (file->ops != &timerfd_ops)
		return -EINVAL;
	irq = spin_lock_irqsave(&tf->lock);
	state_get(tf, now);
	spin_unlock_irqrestore(&tf->lock, irq);
	return 0;
}

int timerfd_set(struct file *file, bool absolute, const struct timerfd_state *to,
		struct timerfd_state *before)
{
	struct timerfd *tf = file->private;
	irqflags_t irq;

	if (file->ops != &timerfd_ops)
		return -EINVAL;
	irq = spin_lock_irqsave(&tf->lock);
	state_get(tf, before);
	timer_stop(&tf->timer);
	tf->due = false;
	WRITE_ONCE(tf->ticks, 0);
	tf->interval_ns = to->interval_ns;
	if (to->left_ns)
		timer_set(&tf->timer, expiry_of(tf, absolute, to->left_ns));
	spin_unlock_irqrestore(&tf->lock, irq);
	return 0;
}

/*
 * A POSIX timer: a kernel timer, and a queued-signal entry of its own, so that expiry needs no
 * memory.
 *
 *	off <----> armed ---- expiry ----> signalled: its entry is queued
 *	             ^                           |
 *	             +---- the signal is taken --+----> off, if there is no period
 *
 * A periodic timer is armed again only when its signal is taken: expiries in between are counted
 * as overruns, and a period of a nanosecond costs no more than a thread that takes signals as
 * fast as it can. While its signal is ignored it is armed at expiry, every 10 ms at most.
 *
 * It goes by time, through a kernel timer, or by how much its process or thread runs, through
 * cpu_timer.c; only the helpers below know which.
 *
 * All fields are guarded by the group's lock. How a timer function that comes too late is
 * recognised: itimer.c.
 *
 * LIMIT: a timer on CLOCK_REALTIME does not move when that clock is set.
 */
#include "kernel/ipc/posix_timer.h"

#include "kernel/abi/time.h"
#include "kernel/abi/timer.h"
#include "kernel/alloc/slab.h"
#include "kernel/ipc/cpu_timer.h"
#include "kernel/ipc/signal_queue.h"
#include "kernel/mm/time.h"
#include "lib/errno.h"

struct posix_timer {
	struct list link; /* in group->posix_timers */
	struct timer timer;   /* by time; */
	struct cpu_timer cpu; /* or, with its function set, by CPU time */
	struct sigqueue entry;
	struct group *group; /* [i] borrowed: outlives its timers */
	struct task *target; /* [i] counted; NULL: the process */
	int id, clock, notify; /* [i] */
	uint64_t interval_ns;
	uint64_t overrun;      /* of the signal that is queued */
	uint64_t last_overrun; /* of the one taken last */
	bool rearm;	       /* expired; goes on when the signal is taken */
};

#define IGNORED_INTERVAL_MIN (10 * NSEC_PER_MSEC)

static CACHE_DEFINE(posix_timer_cache, struct posix_timer);

/* --- time or CPU time ------------------------------------------------------------------------- */

static bool is_cpu(const struct posix_timer *p)
{
	return p->cpu.fn != NULL;
}

static uint64_t now_of(const struct posix_timer *p)
{
	return is_cpu(p) ? cpu_timer_now(p->group, &p->cpu) : clock_mono_ns();
}

/* 0: not set. */
static uint64_t expiry_of(const struct posix_timer *p)
{
	return is_cpu(p) ? p->cpu.expires_ns : p->timer.expires_ns;
}

static void arm(struct posix_timer *p, uint64_t expires_ns)
{
	if (is_cpu(p))
		cpu_timer_arm(p->group, &p->cpu, expires_ns);
	else
		timer_set(&p->timer, expires_ns);
}

static void disarm(struct posix_timer *p)
{
	if (!is_cpu(p)) {
		timer_stop(&p->timer);
		return;
	}
	cpu_timer_disarm(p->group, &p->cpu);
	p->cpu.expires_ns = 0;
}

/* --- expiry ----------------------------------------------------------------------------------- */

/* It is due. group->lock held. */
static void expire(struct posix_timer *p, uint64_t now)
{
	uint64_t next;

	p->rearm = p->interval_ns != 0;
	if (!p->rearm)
		disarm(p);
	if (p->notify == SIGEV_NONE)
		return; /* what is left of a period is computed when somebody asks */
	if (list_is_linked(&p->entry.link)) {
		p->overrun++; /* of an earlier setting: still not taken */
	} else if (!signal_send_entry_locked(p->group, p->target, &p->entry) && p->rearm) {
		p->rearm = false;
		next = timer_next(expiry_of(p), p->interval_ns, now);
		arm(p, max(next, now + IGNORED_INTERVAL_MIN));
	}
}

static void time_expired(struct timer *t)
{
	struct posix_timer *p = container_of(t, struct posix_timer, timer);
	irqflags_t irq = spin_lock_irqsave(&p->group->lock);
	uint64_t now = clock_mono_ns();

	if (timer_is_due(t, now))
		expire(p, now);
	spin_unlock_irqrestore(&p->group->lock, irq);
}

static void cpu_expired(struct cpu_timer *t, uint64_t now)
{
	expire(container_of(t, struct posix_timer, cpu), now);
}

/* The signal is being taken, or (info NULL) thrown away because it has come to be ignored. */
static void entry_taken(struct sigqueue *q, struct abi_siginfo *info)
{
	struct posix_timer *p = container_of(q, struct posix_timer, entry);
	uint64_t now, next;

	if (p->rearm) {
		p->rearm = false;
		now = now_of(p);
		next = timer_next(expiry_of(p), p->interval_ns, now);
		p->overrun += (next - expiry_of(p)) / p->interval_ns - 1;
		arm(p, info != NULL ? next : max(next, now + IGNORED_INTERVAL_MIN));
	}
	p->last_overrun = p->overrun;
	p->overrun = 0;
	if (info != NULL)
		info->overrun = (int)min_t(uint64_t, p->last_overrun, TIMER_OVERRUN_MAX);
}

/* --- making ----------------------------------------------------------------------------------- */

static bool is_cpu_clock(int clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/* No clock can wake a sleeping machine: those that would are not to be had. */
static int clock_check(int clock)
{
	if (is_cpu_clock(clock))
		return 0;
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* 0 or -EINVAL; *target is counted. */
static int event_check(const struct abi_sigevent *event, struct task **target)
{
	struct task *t;

	*target = NULL;
	if (event->notify == SIGEV_NONE)
		return 0;
	if (event->signo < 1 || event->signo > NSIG)
		return -EINVAL;
	if (event->notify == SIGEV_SIGNAL || event->notify == SIGEV_THREAD)
		return 0;
	if (event->notify != (SIGEV_SIGNAL | SIGEV_THREAD_ID))
		return -EINVAL;
	t = task_find(event->tid);
	if (t == NULL || t->group != current->group) {
		task_put(t);
		return -EINVAL;
	}
	*target = t;
	return 0;
}

static void entry_init(struct posix_timer *p, const struct abi_sigevent *event)
{
	list_init(&p->entry.link);
	p->entry.taken = entry_taken;
	p->entry.account = p->group;
	p->entry.info = (struct abi_siginfo){ .signo = event->signo, .code = SI_TIMER };
	p->entry.info.timer_id = p->id;
	p->entry.info.timer_value = event->value;
}

/* Into the group's list under a new number; counts as a queued signal, since it may always
 * become one. */
static int timer_publish(struct posix_timer *p, const struct abi_sigevent *event)
{
	struct group *g = p->group;
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	struct abi_sigevent alarm = { .signo = SIGALRM };
	int err = 0;

	if (g->sigqueue_count >= group_rlimit(g, RLIMIT_SIGPENDING)) {
		err = -EAGAIN;
	} else {
		g->sigqueue_count++;
		p->id = g->next_timer_id++;
		g->next_timer_id &= INT32_MAX;
		alarm.value.sival_int = p->id;
		entry_init(p, event != NULL ? event : &alarm);
		list_add_tail(&p->link, &g->posix_timers);
	}
	spin_unlock_irqrestore(&g->lock, irq);
	return err;
}

/* The last reference to a timer that nobody can find. */
static void timer_free(struct posix_timer *p)
{
	task_put(p->cpu.task);
	task_put(p->target);
	cache_free(&posix_timer_cache, p);
}

static int timer_clock_init(struct posix_timer *p, int clock)
{
	p->clock = clock;
	list_init(&p->cpu.link);
	timer_init(&p->timer, time_expired);
	if (!is_cpu_clock(clock))
		return 0;
	p->cpu.fn = cpu_expired;
	return cpu_timer_clock(clock, &p->cpu.task);
}

int posix_timer_create(int clock, const struct abi_sigevent *event, int *id)
{
	struct posix_timer *p;
	int err = clock_check(clock);

	if (err)
		return err;
	p = cache_alloc(&posix_timer_cache, ALLOC_ZERO);
	if (p == NULL)
		return -ENOMEM;
	p->group = current->group;
	p->notify = event != NULL ? event->notify : SIGEV_SIGNAL;
	if (event != NULL)
		err = event_check(event, &p->target);
	if (err == 0)
		err = timer_clock_init(p, clock);
	if (err == 0)
		err = timer_publish(p, event);
	if (err)
		timer_free(p);
	else
		*id = p->id;
	return err;
}

/* --- using ------------------------------------------------------------------------------------ */

static struct posix_timer *timer_peek(struct group *g, int id)
{
	struct posix_timer *p;

	list_for_each_entry(p, &g->posix_timers, link) {
		if (p->id == id)
			return p;
	}
	return NULL;
}

static void state_get(const struct posix_timer *p, struct posix_timer_state *s)
{
	uint64_t now, expires = expiry_of(p);

	s->interval_ns = p->interval_ns;
	s->left_ns = 0;
	if (expires == 0)
		return;
	now = now_of(p);
	if (expires <= now && p->interval_ns != 0)
		expires = timer_next(expires, p->interval_ns, now);
	s->left_ns = max(expires, now + 1) - now;
}

static uint64_t first_expiry(const struct posix_timer *p, bool absolute, uint64_t ns)
{
	uint64_t real_offset = clock_real_ns() - clock_mono_ns();

	if (!absolute)
		return now_of(p) + ns;
	if (is_cpu(p))
		return ns;
	if (p->clock == CLOCK_REALTIME || p->clock == CLOCK_TAI)
		ns = ns > real_offset ? ns - real_offset : 1;
	else
		ns = max(clock_meant_ns(time_clock_of(p->clock), ns), 1UL);
	return ns;
}

int posix_timer_set(int id, bool absolute, const struct posix_timer_state *to,
		    struct posix_timer_state *before)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	struct posix_timer *p = timer_peek(g, id);

	if (p != NULL) {
		state_get(p, before);
		disarm(p);
		p->rearm = false;
		p->overrun = p->last_overrun = 0;
		p->interval_ns = to->interval_ns;
		if (to->left_ns != 0)
			arm(p, first_expiry(p, absolute, to->left_ns));
		/* A CPU clock may stand still: then no tick would come. */
		if (is_cpu(p) && to->left_ns != 0 && p->cpu.expires_ns <= now_of(p)) {
			cpu_timer_disarm(g, &p->cpu);
			expire(p, now_of(p));
		}
	}
	spin_unlock_irqrestore(&g->lock, irq);
	return p != NULL ? 0 : -EINVAL;
}

int posix_timer_get(int id, struct posix_timer_state *now)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	struct posix_timer *p = timer_peek(g, id);

	if (p != NULL)
		state_get(p, now);
	spin_unlock_irqrestore(&g->lock, irq);
	return p != NULL ? 0 : -EINVAL;
}

int posix_timer_overrun(int id)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	struct posix_timer *p = timer_peek(g, id);
	int overrun = -EINVAL;

	if (p != NULL)
		overrun = (int)min_t(uint64_t, p->last_overrun, TIMER_OVERRUN_MAX);
	spin_unlock_irqrestore(&g->lock, irq);
	return overrun;
}

/* --- ending ----------------------------------------------------------------------------------- */

/* Out of the list; a signal that it sent and that nobody has taken goes with it. group->lock
 * held. */
static void timer_unlink(struct group *g, struct posix_timer *p)
{
	list_del(&p->link);
	p->rearm = false;
	disarm(p);
	sigqueue_remove_entry(&p->entry);
	g->sigqueue_count--;
}

/* Nobody can find it any more. No lock held: its function may be waiting for the group's. */
static void timer_destroy(struct posix_timer *p)
{
	(void)timer_cancel(&p->timer);
	timer_free(p);
}

int posix_timer_delete(int id)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	struct posix_timer *p = timer_peek(g, id);

	if (p != NULL)
		timer_unlink(g, p);
	spin_unlock_irqrestore(&g->lock, irq);
	if (p == NULL)
		return -EINVAL;
	timer_destroy(p);
	return 0;
}

void posix_timers_free(struct group *g)
{
	struct posix_timer *p;
	irqflags_t irq;

	for (;;) {
		irq = spin_lock_irqsave(&g->lock);
		p = list_first_entry_or_null(&g->posix_timers, struct posix_timer, link);
		if (p != NULL)
			timer_unlink(g, p);
		spin_unlock_irqrestore(&g->lock, irq);
		if (p == NULL)
			return;
		timer_destroy(p);
	}
}

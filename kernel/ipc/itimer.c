/*
 * The three interval timers that every process has, and its limit on CPU time.
 *
 *	ITIMER_REAL	a kernel timer; SIGALRM
 *	ITIMER_VIRTUAL	counts down with time in user mode; SIGVTALRM
 *	ITIMER_PROF	with all CPU time; SIGPROF
 *
 * The last two and RLIMIT_CPU are looked at when the scheduler's tick tells how much was run, so
 * they are late by up to a tick.
 *
 * A kernel timer's function takes group->lock, so nobody waits for the function with that lock
 * held. Instead the timer is cancelled without waiting, and a function that had already begun
 * recognises under the lock that it is no longer meant: expires_ns is 0 when the timer is off,
 * and later than now when it has been set anew.
 *
 * NOTE(linux): ITIMER_REAL never fires more often than every 100 us.
 */
#include "kernel/ipc/itimer.h"

#include "kernel/abi/time.h"
#include "kernel/core/upcall.h"
#include "kernel/ipc/cpu_timer.h"
#include "kernel/ipc/posix_timer.h"
#include "kernel/ipc/signal.h"
#include "lib/errno.h"

#define REAL_INTERVAL_MIN (100 * NSEC_PER_USEC)

bool timer_is_due(const struct timer *t, uint64_t now)
{
	return t->expires_ns != 0 && t->expires_ns <= now;
}

void timer_stop(struct timer *t)
{
	(void)timer_try_cancel(t);
	t->expires_ns = 0; /* not while it is queued by that value */
}

uint64_t timer_next(uint64_t expires_ns, uint64_t interval_ns, uint64_t now)
{
	if (expires_ns + interval_ns > now)
		return expires_ns + interval_ns;
	return now + interval_ns - (now - expires_ns) % interval_ns;
}

/* --- real time -------------------------------------------------------------------------------- */

static void real_fire(struct timer *t)
{
	struct group *g = container_of(t, struct group, real_timer);
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	uint64_t now = clock_mono_ns();
	bool due = timer_is_due(t, now);
	uint64_t next;

	if (due && g->real_interval_ns != 0) {
		next = timer_next(t->expires_ns, g->real_interval_ns, now);
		timer_set(t, max(next, now + REAL_INTERVAL_MIN));
	} else if (due) {
		timer_stop(t);
	}
	spin_unlock_irqrestore(&g->lock, irq);
	if (due)
		(void)signal_send_group(g, SIGALRM, NULL);
}

static void real_get(struct group *g, struct itimer_state *s)
{
	uint64_t now = clock_mono_ns(), expires = g->real_timer.expires_ns;

	s->interval_ns = g->real_interval_ns;
	s->left_ns = expires == 0 ? 0 : max(expires, now + 1) - now;
}

static void real_set(struct group *g, const struct itimer_state *s)
{
	if (g->real_timer.fn == NULL)
		timer_init(&g->real_timer, real_fire);
	timer_stop(&g->real_timer);
	g->real_interval_ns = s->interval_ns;
	if (s->left_ns != 0)
		timer_set(&g->real_timer, clock_mono_ns() + s->left_ns);
}

/* --- CPU time --------------------------------------------------------------------------------- */

/* True when it has run down. */
static bool cpu_timer_run(struct cpu_itimer *t, uint64_t ns)
{
	if (t->left_ns == 0)
		return false;
	if (t->left_ns > ns) {
		WRITE_ONCE(t->left_ns, t->left_ns - ns);
		return false;
	}
	if (t->interval_ns == 0)
		WRITE_ONCE(t->left_ns, 0);
	else
		WRITE_ONCE(t->left_ns, t->interval_ns - (ns - t->left_ns) % t->interval_ns);
	return true;
}

/* Past the soft limit: SIGXCPU, and again every second. Past the hard one: the end. */
static void cpu_limit_check(struct group *g)
{
	struct usage u;
	uint64_t seconds;
	irqflags_t irq;
	int signo = 0;

	group_usage(g, &u);
	seconds = (u.utime_ns + u.stime_ns) / NSEC_PER_SEC;
	irq = spin_lock_irqsave(&g->lock);
	if (seconds >= g->rlimits[RLIMIT_CPU].max) {
		signo = SIGKILL;
	} else if (seconds >= g->rlimits[RLIMIT_CPU].cur) {
		signo = SIGXCPU;
		WRITE_ONCE(g->rlimits[RLIMIT_CPU].cur, seconds + 1);
	}
	spin_unlock_irqrestore(&g->lock, irq);
	if (signo != 0)
		(void)signal_send_group(g, signo, NULL);
}

void upcall_cpu_time(struct task *t, uint64_t ns, bool user)
{
	struct group *g = t->group;
	bool virtual_over, prof_over;
	irqflags_t irq;

	if (READ_ONCE(g->virtual_timer.left_ns) != 0 || READ_ONCE(g->prof_timer.left_ns) != 0) {
		irq = spin_lock_irqsave(&g->lock);
		virtual_over = user && cpu_timer_run(&g->virtual_timer, ns);
		prof_over = cpu_timer_run(&g->prof_timer, ns);
		spin_unlock_irqrestore(&g->lock, irq);
		if (virtual_over)
			(void)signal_send_group(g, SIGVTALRM, NULL);
		if (prof_over)
			(void)signal_send_group(g, SIGPROF, NULL);
	}
	cpu_timers_run(t);
	if (unlikely(group_rlimit(g, RLIMIT_CPU) != RLIM_INFINITY))
		cpu_limit_check(g);
}

/* --- the calls -------------------------------------------------------------------------------- */

static struct cpu_itimer *cpu_timer_of(struct group *g, int which)
{
	return which == ITIMER_VIRTUAL ? &g->virtual_timer : &g->prof_timer;
}

static void state_get(struct group *g, int which, struct itimer_state *s)
{
	struct cpu_itimer *t = cpu_timer_of(g, which);

	if (which == ITIMER_REAL)
		real_get(g, s);
	else
		*s = (struct itimer_state){ t->left_ns, t->interval_ns };
}

int itimer_get(int which, struct itimer_state *now)
{
	struct group *g = current->group;
	irqflags_t irq;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	irq = spin_lock_irqsave(&g->lock);
	state_get(g, which, now);
	spin_unlock_irqrestore(&g->lock, irq);
	return 0;
}

int itimer_set(int which, const struct itimer_state *to, struct itimer_state *before)
{
	struct group *g = current->group;
	irqflags_t irq;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	irq = spin_lock_irqsave(&g->lock);
	state_get(g, which, before);
	if (which == ITIMER_REAL)
		real_set(g, to);
	else
		*cpu_timer_of(g, which) = (struct cpu_itimer){ to->left_ns, to->interval_ns };
	spin_unlock_irqrestore(&g->lock, irq);
	return 0;
}

/* --- ends ------------------------------------------------------------------------------------- */

void itimer_group_exit(struct group *g)
{
	irqflags_t irq = spin_lock_irqsave(&g->lock);

	if (g->real_timer.fn != NULL)
		timer_stop(&g->real_timer);
	g->real_interval_ns = 0;
	g->virtual_timer = g->prof_timer = (struct cpu_itimer){ 0 };
	spin_unlock_irqrestore(&g->lock, irq);
	if (g->real_timer.fn != NULL)
		(void)timer_cancel(&g->real_timer);
	posix_timers_free(g);
}

void itimer_group_exec(struct group *g)
{
	posix_timers_free(g);
}

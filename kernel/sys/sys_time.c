/*
 * Clocks: read, set, sleep by.
 *
 * There is no clock that could wake a sleeping machine, so reading CLOCK_*_ALARM is refused, as
 * Linux does without one.
 *
 * LIMIT: clock_nanosleep on CPU clocks is EOPNOTSUPP.
 * NOTE(linux): the coarse clocks are as fine as the others.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/ipc/signal.h"
#include "kernel/mm/time.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "kernel/sys/user_time.h"
#include "kernel/task/cred.h"

/* --- CPU clocks ------------------------------------------------------------------------------- */

static uint64_t group_cpu_ns(struct group *g, unsigned kind)
{
	struct usage u;
	irqflags_t irq;
	uint64_t ns;

	if (kind != CLOCK_CPU_SCHED) {
		group_usage(g, &u);
		return kind == CLOCK_CPU_VIRT ? u.utime_ns : u.utime_ns + u.stime_ns;
	}
	irq = spin_lock_irqsave(&g->lock);
	ns = group_cputime_locked_ns(g);
	spin_unlock_irqrestore(&g->lock, irq);
	return ns;
}

static uint64_t task_cpu_ns(const struct task *t, unsigned kind)
{
	struct usage u;

	if (kind == CLOCK_CPU_SCHED)
		return sched_cputime_ns(t);
	task_usage(t, &u);
	return kind == CLOCK_CPU_VIRT ? u.utime_ns : u.utime_ns + u.stime_ns;
}

/* A clock that names a process, or a thread of the caller's own. */
static int cpu_clock_read(int clock, uint64_t *ns)
{
	unsigned kind = clock & CLOCK_CPU_KIND;
	int pid = CLOCK_CPU_PID(clock), err = 0;
	struct task *t;

	if (kind > CLOCK_CPU_SCHED)
		return -EINVAL;
	t = pid == 0 ? task_get(current) : task_find(pid);
	if (t == NULL)
		return -EINVAL;
	if (!(clock & CLOCK_CPU_THREAD))
		*ns = group_cpu_ns(t->group, kind);
	else if (t->group == current->group)
		*ns = task_cpu_ns(t, kind);
	else
		err = -EINVAL;
	task_put(t);
	return err;
}

/* --- reading and setting ---------------------------------------------------------------------- */

static int clock_read(int clock, uint64_t *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*ns = clock_real_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
		*ns = clock_shown_ns(TIME_MONOTONIC, clock_mono_ns());
		return 0;
	case CLOCK_BOOTTIME:
		*ns = clock_shown_ns(TIME_BOOT, clock_mono_ns());
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = group_cpu_ns(current->group, CLOCK_CPU_SCHED);
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = sched_cputime_ns(current);
		return 0;
	default:
		return clock < 0 ? cpu_clock_read(clock, ns) : -EINVAL;
	}
}

long sys_clock_gettime(int clock, struct abi_timespec __user *time)
{
	uint64_t ns;
	int err = clock_read(clock, &ns);

	return err ? err : timespec_store(time, ns);
}

long sys_clock_getres(int clock, struct abi_timespec __user *resolution)
{
	uint64_t ns;
	int err = clock_read(clock, &ns);

	if (err || resolution == NULL)
		return err;
	return timespec_store(resolution, 1);
}

/* CLOCK_MONOTONIC's zero may not come to lie before 1970. */
static long real_time_set(uint64_t ns)
{
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (ns < clock_mono_ns() || ns >= USER_TIME_MAX_NS)
		return -EINVAL;
	clock_real_set(ns);
	return 0;
}

long sys_clock_settime(int clock, const struct abi_timespec __user *time)
{
	uint64_t ns;
	int err;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	err = timespec_fetch(&ns, time);
	return err ? err : real_time_set(ns);
}

static struct abi_timezone timezone; /* what somebody set last; nothing here is computed with it */

long sys_gettimeofday(struct abi_timeval __user *time, struct abi_timezone __user *zone)
{
	struct abi_timeval tv = timeval_of_ns(clock_real_ns());

	if (time != NULL && copy_to_user(time, &tv, sizeof(tv)))
		return -EFAULT;
	if (zone != NULL && copy_to_user(zone, &timezone, sizeof(timezone)))
		return -EFAULT;
	return 0;
}

long sys_settimeofday(const struct abi_timeval __user *time, const struct abi_timezone __user *zone)
{
	struct abi_timezone tz;
	struct abi_timeval tv;
	uint64_t ns;

	if (time != NULL && copy_from_user(&tv, time, sizeof(tv)))
		return -EFAULT;
	if (zone != NULL && copy_from_user(&tz, zone, sizeof(tz)))
		return -EFAULT;
	if (time != NULL && timeval_to_ns(&tv, &ns))
		return -EINVAL;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (zone != NULL && (tz.minuteswest > 15 * 60 || tz.minuteswest < -15 * 60))
		return -EINVAL;
	if (zone != NULL)
		timezone = tz;
	return time != NULL ? real_time_set(ns) : 0;
}

/* --- sleeping --------------------------------------------------------------------------------- */

/* 0 at the deadline, or -EINTR. */
static int sleep_till(uint64_t deadline_ns)
{
	int err;

	do {
		task_state_set(TASK_INTERRUPTIBLE);
		err = task_sleep(deadline_ns);
	} while (err == 0);
	return err == -ETIMEDOUT ? 0 : err;
}

/* Sleeps, and when a signal comes says how much was left and how to go on. args: deadline, where
 * to. */
static long sleep_restartable(struct restart_block *r)
{
	uint64_t deadline_ns = r->args[0], now;
	struct abi_timespec __user *rest = (struct abi_timespec __user *)r->args[1];

	if (sleep_till(deadline_ns) == 0)
		return 0;
	now = clock_mono_ns();
	if (now >= deadline_ns)
		return 0;
	if (rest != NULL && timespec_store(rest, deadline_ns - now))
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_for(uint64_t ns, struct abi_timespec __user *rest)
{
	current->restart = (struct restart_block){
		.fn = sleep_restartable,
		.args = { deadline_after(ns), (uint64_t)rest },
	};
	return sleep_restartable(&current->restart);
}

long sys_nanosleep(const struct abi_timespec __user *request, struct abi_timespec __user *rest)
{
	uint64_t ns;
	int err = timespec_fetch(&ns, request);

	return err ? err : sleep_for(ns, rest);
}

/* LIMIT: a sleeper on CLOCK_REALTIME doesn't notice that the clock is set meanwhile. */
long sys_clock_nanosleep(int clock, int flags, const struct abi_timespec __user *request,
			 struct abi_timespec __user *rest)
{
	bool real = clock == CLOCK_REALTIME || clock == CLOCK_TAI;
	uint64_t ns;
	int err;

	if (clock == CLOCK_THREAD_CPUTIME_ID || clock > CLOCK_TAI)
		return -EINVAL;
	if (!real && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return -EOPNOTSUPP;
	err = timespec_fetch(&ns, request);
	if (err)
		return err;
	if (!(flags & TIMER_ABSTIME))
		return sleep_for(ns, rest);
	return sleep_till(deadline_of_clock(clock, ns)) == 0 ? 0 : -ERESTARTNOHAND;
}

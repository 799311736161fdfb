/*
 * The timer calls: structs of seconds and fractions in, nanoseconds to kernel/ipc, and back.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/timer.h"
#include "kernel/ipc/itimer.h"
#include "kernel/ipc/posix_timer.h"
#include "kernel/sys/user_time.h"

/* --- interval timers -------------------------------------------------------------------------- */

static int itimerval_store(struct abi_itimerval __user *to, const struct itimer_state *s)
{
	struct abi_itimerval value = { .interval = timeval_of_ns(s->interval_ns),
				       .value = timeval_of_ns(s->left_ns) };

	/* A timer that runs never shows as one that doesn't. */
	if (s->left_ns != 0 && value.value.tv_sec == 0 && value.value.tv_usec == 0)
		value.value.tv_usec = 1;
	return copy_to_user(to, &value, sizeof(value));
}

long sys_getitimer(int which, struct abi_itimerval __user *value)
{
	struct itimer_state now;
	int err = itimer_get(which, &now);

	return err ? err : itimerval_store(value, &now);
}

long sys_setitimer(int which, const struct abi_itimerval __user *value,
		   struct abi_itimerval __user *old)
{
	struct itimer_state to = { 0 }, before;
	struct abi_itimerval from = { 0 };
	int err;

	if (value != NULL && copy_from_user(&from, value, sizeof(from)))
		return -EFAULT;
	err = timeval_to_ns(&from.interval, &to.interval_ns);
	if (err == 0)
		err = timeval_to_ns(&from.value, &to.left_ns);
	if (err == 0)
		err = itimer_set(which, &to, &before);
	if (err || old == NULL)
		return err;
	return itimerval_store(old, &before);
}

/* --- POSIX timers ----------------------------------------------------------------------------- */

static int itimerspec_store(struct abi_itimerspec __user *to, const struct posix_timer_state *s)
{
	struct abi_itimerspec value = { .interval = timespec_of_ns(s->interval_ns),
					.value = timespec_of_ns(s->left_ns) };

	return copy_to_user(to, &value, sizeof(value));
}

long sys_timer_create(int clock, const struct abi_sigevent __user *uevent, int __user *uid)
{
	struct abi_sigevent event;
	int id, err;

	if (uevent != NULL && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	err = posix_timer_create(clock, uevent != NULL ? &event : NULL, &id);
	if (err)
		return err;
	err = copy_to_user(uid, &id, sizeof(id));
	if (err)
		(void)!posix_timer_delete(id);
	return err;
}

long sys_timer_settime(int id, int flags, const struct abi_itimerspec __user *uvalue,
		       struct abi_itimerspec __user *uold)
{
	struct posix_timer_state to, before;
	struct abi_itimerspec value;
	int err;

	if (uvalue == NULL)
		return -EINVAL;
	if (copy_from_user(&value, uvalue, sizeof(value)))
		return -EFAULT;
	err = timespec_to_ns(&value.interval, &to.interval_ns);
	if (err == 0)
		err = timespec_to_ns(&value.value, &to.left_ns);
	if (err == 0)
		err = posix_timer_set(id, flags & TIMER_ABSTIME, &to, &before);
	if (err || uold == NULL)
		return err;
	return itimerspec_store(uold, &before);
}

long sys_timer_gettime(int id, struct abi_itimerspec __user *value)
{
	struct posix_timer_state now;
	int err = posix_timer_get(id, &now);

	return err ? err : itimerspec_store(value, &now);
}

long sys_timer_getoverrun(int id)
{
	return posix_timer_overrun(id);
}

long sys_timer_delete(int id)
{
	return posix_timer_delete(id);
}

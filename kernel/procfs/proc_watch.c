/*
 * proc_watch.c: what the kernel does when something is wrong - the settings of panic and of the
 * watchdog in /proc/sys/kernel - and /proc/sysrq-trigger, orders for a machine in trouble.
 *
 *	b	resets at once			o	switches off
 *	c	panics, for the report		w	tells of tasks that sleep uninterruptibly
 *
 * NOTE(linux): of sysrq-trigger's letters there are these four, and no keyboard gives them. panic
 * shows what the command line said; "exit" there (ours) is no number and stays in force until a
 * panic time is written.
 */
#include "kernel/procfs/proc.h"

#include "arch/machine.h"
#include "kernel/abi/capability.h"
#include "kernel/core/crash.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/sched/watchdog.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

static int number_parse(const char *value, int64_t least, int64_t most, int64_t *out)
{
	if (str_to_i64(value, NULL, 10, out) || *out < least || *out > most)
		return -EINVAL;
	return 0;
}

int proc_show_panic(struct text *out, struct task *unused)
{
	text_printf(out, "%d\n", panic_timeout_s);
	return 0;
}

int proc_store_panic(struct task *unused, const char *value)
{
	int64_t n;
	int err = number_parse(value, INT32_MIN, INT32_MAX, &n);

	if (err)
		return err;
	WRITE_ONCE(panic_timeout_s, (int)n);
	WRITE_ONCE(panic_exit, false);
	return 0;
}

/* A setting of the watchdog: its two functions. */
#define SETTING(row, field, most)                                                                  \
	int proc_show_##row(struct text *out, struct task *unused)                                 \
	{                                                                                          \
		text_printf(out, "%u\n", (unsigned)READ_ONCE(watchdog_settings.field));            \
		return 0;                                                                          \
	}                                                                                          \
	int proc_store_##row(struct task *unused, const char *value)                               \
	{                                                                                          \
		int64_t n;                                                                         \
		int err = number_parse(value, 0, most, &n);                                        \
												   \
		if (err == 0)                                                                      \
			WRITE_ONCE(watchdog_settings.field, n);                                    \
		return err;                                                                        \
	}

SETTING(watchdog_thresh, thresh_s, 60)
SETTING(softlockup_panic, softlockup_panic, 1)
SETTING(hung_task_timeout_secs, hung_task_s, INT32_MAX)
SETTING(hung_task_panic, hung_task_panic, 1)

/* --- orders ----------------------------------------------------------------------------------- */

static void blocked_tell(void)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t;

	list_for_each_entry(t, &task_list, all_link)
		if (atomic_load(&t->state) & (TASK_UNINTERRUPTIBLE | TASK_KILLABLE) &&
		    !task_is(t, TASK_KTHREAD))
			crash_task_print(t);
	spin_unlock_irqrestore(&tasks_lock, irq);
}

int proc_store_sysrq(struct task *unused, const char *value)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch (value[0]) {
	case 'b':
		arch_reboot();
	case 'c':
		panic("sysrq: a crash was asked for by %s (%d)", current->comm, current->tid);
	case 'o':
		arch_power_off();
	case 'w':
		blocked_tell();
		return 0;
	default:
		return -EINVAL;
	}
}

/*
 * Further harts: each gets an idle task, whose stack it starts on, and runs it from then on. All
 * are asked to start before the first is waited for.
 *
 * A hart that the firmware promises and that does not come is left in hart_table, offline; it may
 * even come later and takes part then. Idle tasks are in no table and have no number: nobody can
 * find or signal them.
 */
#include "kernel/main/harts.h"

#include "arch/clock.h"
#include "arch/irq.h"
#include "kernel/core/clock.h"
#include "kernel/core/hart.h"
#include "kernel/core/printk.h"
#include "kernel/core/upcall.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "lib/errno.h"
#include "lib/format.h"

#define START_LIMIT_NS NSEC_PER_SEC

static struct task *idle_create(struct hart *h)
{
	struct task *t = task_create();
	char name[TASK_COMM_LEN];

	if (!t)
		return NULL;
	str_format(name, sizeof(name), "idle/%u", h->index);
	task_name_set(t, name);
	t->flags = TASK_KTHREAD;
	t->group = current->group;
	t->pid = current->pid;
	atomic_store(&t->hart, h->index);
	hart_mask_set(&t->affinity, h->index);
	return t;
}

static bool hart_start(struct hart *h)
{
	int err = -ENOMEM;

	h->idle = idle_create(h);
	if (h->idle)
		err = arch_hart_start(h);
	if (err)
		pr_err("hart %lu can't be started: %s", h->hartid, errno_name(err));
	return err == 0;
}

static bool hart_wait_online(struct hart *h, uint64_t deadline_ns)
{
	while (!__atomic_load_n(&h->online, __ATOMIC_ACQUIRE)) {
		if (clock_mono_ns() > deadline_ns)
			return false;
		hart_relax();
	}
	return true;
}

/* One after the other: a hart that the firmware sends astray (arch/riscv/boot.S) can only be told
 * where it belongs while it is the one being started. */
void harts_start(void)
{
	unsigned online = 1;

	for (unsigned i = 1; i < hart_count; i++) {
		struct hart *h = &hart_table[i];

		if (!hart_start(h))
			continue;
		if (hart_wait_online(h, clock_mono_ns() + START_LIMIT_NS))
			online++;
		else
			pr_err("hart %lu was started and did not come", h->hartid);
	}
	pr_info("%u of %u harts run", online, hart_count);
}

void kernel_hart_main(struct hart *hart)
{
	sched_hart_init(hart);
	__atomic_store_n(&hart->online, true, __ATOMIC_RELEASE);
	irq_enable();
	sched_idle();
}

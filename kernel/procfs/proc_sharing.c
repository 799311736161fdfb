/*
 * proc_sharing.c: /proc/PID/sharing, which is Pando's own: what this task shares, and with whom.
 *
 *	mm       a41f03c2 2 CLONE_VM 12,13
 *
 * A line for each row of the resource table: its name; an identity that is the same for all who
 * have the same object (a keyed hash of its address, which stays secret; for the thread group its
 * number); how many share it; the flag that shares it; their tids. `-` where the task has none.
 */
#include "kernel/procfs/proc.h"

#include "kernel/core/random.h"
#include "kernel/lifecycle/resource.h"
#include "lib/hash.h"

static uint64_t identity_key; /* made at the first use */

static unsigned identity(const struct task *t, unsigned row, const void *object)
{
	if (row == ROW_GROUP)
		return (unsigned)group_nr(t->group);
	if (identity_key == 0)
		identity_key = random_u64() | 1;
	return (unsigned)hash_u64((uintptr_t)object ^ identity_key);
}

/* The tids of all tasks that have the object. tasks_lock held. */
static void show_sharers(struct text *out, const struct resource *r, const void *object)
{
	const char *comma = "";
	struct task *t;

	list_for_each_entry(t, &task_list, all_link) {
		if (resource_of(r, t) != object)
			continue;
		text_printf(out, "%s%d", comma, pid_nr_in(t->pid, out->pid_ns));
		comma = ",";
	}
}

static void show_row(struct text *out, const struct task *t, unsigned row)
{
	const struct resource *r = &resources[row];
	const void *object = resource_of(r, t);

	if (object == NULL) {
		text_printf(out, "%-8s - 0 %s -\n", r->name, r->share_name);
		return;
	}
	text_printf(out, row == ROW_GROUP ? "%-8s %u %u %s " : "%-8s %08x %u %s ", r->name,
		    identity(t, row, object), r->count(object), r->share_name);
	show_sharers(out, r, object);
	text_printf(out, "\n");
}

int proc_show_sharing(struct text *out, struct task *t)
{
	/* Row by row: each walks over all tasks, for anybody who asks, with interrupts off. */
	for (unsigned row = 0; row < resource_count; row++) {
		irqflags_t irq = spin_lock_irqsave(&tasks_lock);

		show_row(out, t, row);
		spin_unlock_irqrestore(&tasks_lock, irq);
	}
	return 0;
}

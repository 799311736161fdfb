/*
 * oom.c: when a page is needed and there is none.
 *
 * A system call that can't have memory answers ENOMEM; a page fault can't answer. So somebody has
 * to go: the process with the most pages, shifted by its oom_score_adj (-1000: never). init and
 * kernel threads are spared. While a victim is on its way out nobody else is killed; the task that
 * wanted the page waits a little and tries again.
 */
#include "kernel/alloc/page.h"
#include "kernel/core/clock.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/printk.h"
#include "kernel/core/upcall.h"
#include "kernel/ipc/signal.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"

#define RETRY_NS (10 * NSEC_PER_MSEC)
#define GRACE_NS (500 * NSEC_PER_MSEC) /* for a victim to get out */
#define SETTLE_NS (50 * NSEC_PER_MSEC)

static _Atomic uint64_t killed_ns; /* when the last victim was chosen */

/* Pages that killing t would set free, as its adjustment makes them count. */
static int64_t oom_score(const struct task *t, uint64_t total)
{
	int adj = t->group->oom_score_adj;

	if (t->mm == NULL || group_nr(t->group) == 1 || adj == -1000)
		return -1;
	return (int64_t)(mm_rss(t->mm) + (uint64_t)atomic_load(&t->mm->table_pages)) +
	       adj * (int64_t)total / 1000;
}

static bool is_leaving(const struct task *t)
{
	return (t->flags & TASK_EXITING) || (atomic_load(&t->pending_work) & WORK_KILL);
}

/* Whom to kill: counted; NULL if there is nobody. *dying: somebody is at it already, and has not
 * had his time. */
static struct task *oom_victim(bool *dying, uint64_t total)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	uint64_t since_ns = clock_mono_ns() - atomic_load(&killed_ns);
	struct task *t, *best = NULL;
	int64_t most = 0;

	/* The last victim may have left its address space already and still be emptying it. */
	*dying = since_ns < SETTLE_NS;
	list_for_each_entry(t, &task_list, all_link) {
		int64_t score = oom_score(t, total);

		if (t->mm != NULL && is_leaving(t)) {
			*dying |= since_ns < GRACE_NS;
		} else if (score > most) {
			most = score;
			best = t;
		}
	}
	if (best != NULL)
		task_get(best);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return best;
}

static void oom_report(struct task *victim, const struct page_stats *p)
{
	struct mm *mm = mm_of_task(victim);

	pr_err("out of memory: process %d (%s) is killed; it has %lu KiB", group_nr(victim->group),
	       victim->comm, mm != NULL ? mm_rss(mm) * (PAGE_SIZE / 1024) : 0);
	pr_err("pages: %lu of %lu free, %lu anonymous, %lu in files, %lu tables, %lu slab", p->free,
	       p->total, p->anon, p->file, p->table, p->slab);
	mm_put(mm);
}

bool upcall_out_of_memory(void)
{
	struct page_stats pages;
	struct task *victim;
	bool dying;

	if (signal_kill_pending())
		return false;
	if (fault_was_injected())
		return true;
	page_stats_get(&pages);
	victim = oom_victim(&dying, pages.total);
	if (victim == NULL && !dying)
		return false;
	if (!dying) {
		atomic_store(&killed_ns, clock_mono_ns());
		oom_report(victim, &pages);
		signal_kill_task(victim, SIGKILL);
	}
	task_put(victim);
	task_state_set(TASK_KILLABLE);
	(void)!task_sleep(clock_mono_ns() + RETRY_NS);
	return !signal_kill_pending();
}

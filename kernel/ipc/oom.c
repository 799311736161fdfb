/*
 * oom.c: when a page is needed and there is none.
 *
 * A system call that can't have memory answers ENOMEM; a page fault can't answer. First it waits
 * for a round of reclaim. When that brings nothing, somebody has to go:
 *
 *	claim     one kill at a time: the others wait for it to be over
 *	choose    the process with the largest badness: resident pages and page tables, shifted by
 *		  oom_score_adj thousandths of memory. Not init, not kernel threads, not adj -1000;
 *		  not who was chosen before and has nothing left to give
 *	report    who held what, and the victim
 *	kill      SIGKILL to it and to all that share its address space
 *	reap      the thread "oom_reaper" empties the address space at once, whatever the victim is
 *		  stuck in: it dies anyway, and what it might still read is refused (mm->reaped)
 *	release   who waited tries again
 *
 * The reaper may wait for mm->lock, because nobody who holds it waits for a kill: a fault gives it
 * back first. It is a real-time thread, so that a hundred busy tasks do not keep it from its work,
 * and has the last frames for itself (kernel/alloc/page.c).
 *
 * Locking: `claimed` is a flag taken by exchange; victim_mm is written by who has it, and cleared
 * by the reaper, which then releases.
 *
 * NOTE(linux): a process in the middle of vfork is not spared; there are no memory cgroups.
 */
#include "kernel/ipc/oom.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/mman.h"
#include "kernel/abi/sched.h"
#include "kernel/alloc/page.h"
#include "kernel/core/clock.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/trace.h"
#include "kernel/core/upcall.h"
#include "kernel/ipc/signal.h"
#include "kernel/mm/reclaim.h"
#include "kernel/mm/vma.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"
#include "lib/string.h"

#define KIB(pages) ((pages) * (PAGE_SIZE / 1024))
#define WAIT_MAX_NS (2 * NSEC_PER_SEC) /* a kill takes milliseconds; should it not, try again */
#define TABLE_PAUSE_NS (5 * NSEC_PER_SEC) /* not a whole table for each of a hundred kills */

struct oom_settings oom_settings = { .dump_tasks = 1 };

static atomic_uint claimed;	      /* 1: a kill is under way */
static struct mm *_Atomic victim_mm;  /* counted as a user; for the reaper */
static _Atomic uint64_t kills;
static struct waitq reaper_queue = WAITQ_INIT(reaper_queue);
static struct waitq waiting = WAITQ_INIT(waiting);

uint64_t oom_kills(void)
{
	return atomic_load(&kills);
}

/* --- badness --- */

static bool is_killable(const struct task *t)
{
	return t->mm != NULL && !task_is(t, TASK_KTHREAD) && group_nr(t->group) != 1;
}

/* tasks_lock held. */
static int64_t badness_locked(const struct task *t, uint64_t total)
{
	int64_t adj = t->group->oom_score_adj;

	if (!is_killable(t) || adj == OOM_ADJ_MIN || t->mm->oom_skip)
		return INT64_MIN;
	return (int64_t)mm_rss(t->mm) + atomic_load(&t->mm->table_pages) +
	       adj * ((int64_t)total / 1000);
}

int64_t oom_badness(struct task *t)
{
	uint64_t total = page_total();
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int64_t points = badness_locked(t, total);

	spin_unlock_irqrestore(&tasks_lock, irq);
	return points;
}

unsigned oom_score(struct task *t)
{
	int64_t points = oom_badness(t);

	if (points == INT64_MIN)
		return 0;
	return (unsigned)max((1000 + points * 1000 / (int64_t)page_total()) * 2 / 3, (int64_t)0);
}

static void adj_store(struct group *g, int adj, bool capable_here)
{
	g->oom_score_adj = adj;
	if (capable_here)
		g->oom_score_adj_min = adj;
}

int oom_adj_set(struct task *t, int adj)
{
	bool may_lower = capable(CAP_SYS_RESOURCE);
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *other;
	int err = 0;

	if (adj < t->group->oom_score_adj_min && !may_lower) {
		err = -EACCES;
	} else {
		list_for_each_entry(other, &task_list, all_link) {
			if (other->mm != NULL && other->mm == t->mm && is_killable(other))
				adj_store(other->group, adj, may_lower);
		}
		adj_store(t->group, adj, may_lower);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

/* --- the report --- */

static void report_memory(void)
{
	struct page_stats p;

	page_stats_get(&p);
	pr_err("  memory %lu KiB: free %lu (kept free: %lu), anonymous %lu, files %lu,",
	       KIB(p.total), KIB(p.free), KIB(page_marks.min), KIB(p.anon), KIB(p.file));
	pr_err("  page tables %lu, objects %lu, other kernel %lu; tasks %u", KIB(p.table),
	       KIB(p.slab), KIB(p.kernel), atomic_load(&task_count));
}

/* Of the process with the lowest number >= *nr. Copied under the lock, printed outside: a serial
 * port is slow. */
struct row {
	int nr, adj;
	unsigned uid;
	uint64_t rss, tables;
	int64_t score;
	char comm[TASK_COMM_LEN];
};

static bool row_get(int nr, uint64_t total, struct row *r)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct pid *pid = pid_peek_from(&init_pid_ns, nr);
	struct task *t;

	while (pid != NULL && (pid->task == NULL || pid->group == NULL || pid->task->mm == NULL))
		pid = pid_peek_from(&init_pid_ns, pid->nr + 1);
	t = pid != NULL ? pid->task : NULL;
	if (t != NULL) {
		r->nr = pid->nr;
		r->uid = t->cred->uid;
		r->adj = t->group->oom_score_adj;
		r->rss = KIB(mm_rss(t->mm));
		r->tables = KIB((uint64_t)atomic_load(&t->mm->table_pages));
		r->score = badness_locked(t, total);
		memcpy(r->comm, t->comm, sizeof(r->comm));
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return t != NULL;
}

static void report_tasks(void)
{
	static uint64_t last_ns; /* [claimed] */
	uint64_t now = clock_mono_ns(), total = page_total();
	struct row r = { 0 };

	if (!READ_ONCE(oom_settings.dump_tasks) || (last_ns != 0 && now - last_ns < TABLE_PAUSE_NS))
		return;
	last_ns = now;
	pr_err("     pid   uid   rss KiB  tables   adj     score  name");
	while (row_get(r.nr + 1, total, &r)) {
		if (r.score == INT64_MIN)
			pr_err("  %6d %5u %9lu %7lu %5d         -  %s", r.nr, r.uid, r.rss,
			       r.tables, r.adj, r.comm);
		else
			pr_err("  %6d %5u %9lu %7lu %5d %9ld  %s", r.nr, r.uid, r.rss, r.tables,
			       r.adj, r.score, r.comm);
	}
}

/* --- choosing and killing --- */

/* Counted, or NULL: nobody. */
static struct task *victim_choose(void)
{
	uint64_t total = page_total();
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int64_t most = INT64_MIN;
	struct task *t, *best = NULL;

	list_for_each_entry(t, &task_list, all_link) {
		int64_t points = badness_locked(t, total);

		if (points > most) {
			most = points;
			best = t;
		}
	}
	if (best != NULL)
		task_get(best);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return best;
}

/* Another process that shares mm and has not been told to die; counted. NULL: none is left. */
static struct task *sharer_next(const struct mm *mm)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t, *found = NULL;

	list_for_each_entry(t, &task_list, all_link) {
		if (t->mm == mm && is_killable(t) && !task_is(t, TASK_EXITING) &&
		    !(atomic_load(&t->pending_work) & WORK_KILL)) {
			found = t;
			task_get(t);
			break;
		}
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return found;
}

/* The victim's, and with it the work, goes to the reaper. */
static void victim_kill(struct task *victim, struct mm *mm)
{
	struct task *t;

	pr_err("out of memory: process %d (%s) of user %u is killed; it has %lu KiB, adjusted by "
	       "%d",
	       group_nr(victim->group), victim->comm, victim->cred->uid, KIB(mm_rss(mm)),
	       victim->group->oom_score_adj);
	trace(TRACE_OOM, (unsigned)group_nr(victim->group), KIB(mm_rss(mm)), 0);
	atomic_fetch_add(&kills, 1);
	signal_kill_task(victim, SIGKILL);
	while ((t = sharer_next(mm)) != NULL) {
		signal_kill_task(t, SIGKILL);
		task_put(t);
	}
	atomic_store(&victim_mm, mm);
	waitq_wake(&reaper_queue, 0);
}

static void claim_release(void)
{
	atomic_store(&claimed, 0);
	waitq_wake_all(&waiting, 0);
}

/* With the claim. False: there is nobody to kill. */
static bool memory_take(void)
{
	struct task *victim;
	struct mm *mm;

	if (READ_ONCE(oom_settings.panic))
		panic("out of memory, and panic_on_oom is set");
	victim = READ_ONCE(oom_settings.kill_allocating) && oom_badness(current) != INT64_MIN ?
			 task_get(current) :
			 victim_choose();
	if (victim == NULL) {
		pr_err("out of memory, and no process that may be killed");
		claim_release();
		return false;
	}
	mm = mm_of_task(victim);
	if (mm != NULL) {
		pr_err("out of memory: %s (%d) needs a page", current->comm, current->tid);
		report_memory();
		report_tasks();
		victim_kill(victim, mm);
	} else {
		claim_release(); /* it has just left by itself */
	}
	task_put(victim);
	return true;
}

bool upcall_out_of_memory(void)
{
	if (signal_kill_pending())
		return false;
	if (fault_was_injected())
		return true;
	if (reclaim_wait() || page_free_now() > page_marks.min)
		return !signal_kill_pending();
	if (atomic_exchange(&claimed, 1) == 0 && !memory_take())
		return false;
	(void)!wait_event_state(&waiting, atomic_load(&claimed) == 0, TASK_KILLABLE,
				clock_mono_ns() + WAIT_MAX_NS);
	return !signal_kill_pending();
}

/* --- the reaper --- */

/* The next area from *at on whose pages nobody else needs: private, and not the kernel's. */
static bool area_next(struct mm *mm, vaddr_t *at, size_t *len)
{
	struct vma *v;

	rwlock_read_lock(&mm->lock);
	v = vma_find_after(mm, *at);
	while (v != NULL && (!vma_is_private(v) || (v->flags & VM_KERNEL_PAGES)))
		v = vma_next(v);
	if (v != NULL) {
		*at = v->start;
		*len = v->end - v->start;
	}
	rwlock_read_unlock(&mm->lock);
	return v != NULL;
}

static void mm_reap(struct mm *mm)
{
	vaddr_t at = 0;
	size_t len = 0;

	WRITE_ONCE(mm->reaped, true);
	while (area_next(mm, &at, &len)) {
		(void)!mm_advise(mm, at, len, MADV_DONTNEED);
		at += len;
	}
}

/* init may share it (vfork): then it only has to be passed over. */
static bool somebody_stays(const struct mm *mm)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t;
	bool stays = false;

	list_for_each_entry(t, &task_list, all_link)
		stays |= t->mm == mm && !is_killable(t);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return stays;
}

int oom_reaper_main(void *unused)
{
	struct mm *mm;

	(void)!sched_policy_set(current, SCHED_FIFO, 1, 0);
	for (;;) {
		wait_event(&reaper_queue, (mm = atomic_exchange(&victim_mm, NULL)) != NULL);
		if (!somebody_stays(mm))
			mm_reap(mm);
		WRITE_ONCE(mm->oom_skip, true);
		mm_put(mm);
		claim_release();
	}
	return 0; /* not reached */
}

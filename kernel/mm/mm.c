/*
 * An address space's life.
 *
 *	mm_create          empty: a root table with the kernel's upper half, no area
 *	mm_copy            fork (copy.c)
 *	mm_get, mm_put     users: the tasks that have it, and whoever looks at it from outside.
 *	                   The last one empties it: areas, pages, tables
 *	loaded by a hart   a reference for as long as the hart's satp points to the root table: a
 *	                   task without an address space keeps running on whatever was loaded, so
 *	                   that a switch to a kernel thread and back costs nothing
 *
 * Locking: mm->lock for areas; hart_mm[] belongs to its hart, with interrupts off. An address space
 * is on mm_list from mm_create until it is empty. mm_world has no lock inside mm->lock: whoever
 * holds an mm->lock never waits for it.
 */
#include "kernel/mm/mm.h"

#include "arch/tlb.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/core/upcall.h"
#include "kernel/mm/icache.h"
#include "kernel/mm/page_table.h"
#include "kernel/mm/time.h"
#include "kernel/task/time_ns.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"
#include "lib/string.h"

static CACHE_DEFINE(mm_cache, struct mm);

struct rwlock mm_world = RWLOCK_INIT(mm_world, "address spaces", LOCK_RANK_MM_WORLD);
struct list mm_list = LIST_INIT(mm_list);
static struct spinlock mm_list_lock = SPINLOCK_INIT("mm list", LOCK_RANK_TABLES);

/* Which address space each hart has loaded, counted; NULL: the kernel's own. */
static struct mm *hart_mm[HART_MAX];

static void world_join(struct mm *mm)
{
	rwlock_read_lock(&mm_world);
	spin_lock(&mm_list_lock);
	list_add_tail(&mm->world_link, &mm_list);
	spin_unlock(&mm_list_lock);
	rwlock_read_unlock(&mm_world);
}

static void world_leave(struct mm *mm)
{
	rwlock_read_lock(&mm_world);
	spin_lock(&mm_list_lock);
	list_del(&mm->world_link);
	spin_unlock(&mm_list_lock);
	rwlock_read_unlock(&mm_world);
}

int mm_create(struct mm **out)
{
	struct mm *mm = cache_alloc(&mm_cache, ALLOC_ZERO);
	struct page *root;

	if (mm == NULL)
		return -ENOMEM;
	root = page_alloc(0, ALLOC_ZERO | ALLOC_WAIT, PAGE_TABLE);
	if (root == NULL) {
		cache_free(&mm_cache, mm);
		return -ENOMEM;
	}
	ref_init(&mm->ref);
	ref_init(&mm->users);
	rwlock_init(&mm->lock, "mm", LOCK_RANK_MM);
	rb_init(&mm->areas);
	mm->areas.update = vma_update;
	spinlock_init(&mm->tables, "page tables", LOCK_RANK_TABLES);
	mm->root = page_address(root);
	pt_root_init(mm->root);
	mm->layout.mmap_top = MMAP_TOP;
	mm->dumpable = 1;
	world_join(mm);
	*out = mm;
	return 0;
}

struct mm *mm_get(struct mm *mm)
{
	ref_get(&mm->users);
	return mm;
}

bool mm_get_unless_dead(struct mm *mm)
{
	return ref_get_unless_zero(&mm->users);
}

/* The struct and root table, when no hart has it loaded any more. */
static void mm_unref(struct mm *mm)
{
	if (mm == NULL || !ref_put(&mm->ref))
		return;
	page_put(page_of(mm->root));
	cache_free(&mm_cache, mm);
}

/* Areas first: then truncation does not look here any more, and tables go without locks, each with
 * all its pages at once. Nobody asks for the counts of resident pages any more. The lock keeps the
 * checker from looking meanwhile. */
static void mm_empty(struct mm *mm)
{
	struct vma *v;

	(void)mm_rss_peak(mm);
	rwlock_write_lock(&mm->lock);
	mm->areas.update = NULL; /* nobody looks for room any more */
	while ((v = rb_entry_or_null(rb_first(&mm->areas), struct vma, node)) != NULL) {
		vma_unlink_free(v);
		sched_checkpoint();
	}
	pt_free_all(mm);
	atomic_store(&mm->rss_anon, 0);
	atomic_store(&mm->rss_file, 0);
	atomic_store(&mm->table_pages, 0);
	rwlock_write_unlock(&mm->lock);
	world_leave(mm);
}

void mm_put(struct mm *mm)
{
	if (mm == NULL || !ref_put(&mm->users))
		return;
	mm_switch_away(mm);
	mm_empty(mm);
	if (mm->exe != NULL)
		mm->exe_put(mm->exe);
	if (mm->time != NULL)
		ns_put(&mm->time->ns);
	mm_unref(mm);
}

/* This hart goes from one address space to another (NULL: the kernel's). Interrupts off. */
static void hart_load(struct mm *mm)
{
	unsigned hart = hart_index();
	struct mm *old = hart_mm[hart];

	if (old == mm)
		return;
	if (mm != NULL) {
		ref_get(&mm->ref);
		/* Before the tree is loaded: who changes it from now on interrupts this hart
		 * too. */
		hart_mask_set(&mm->harts, hart);
	}
	hart_mm[hart] = mm;
	if (mm != NULL)
		icache_switch();
	tlb_switch(mm != NULL ? virt_to_phys(mm->root) : kernel_root_phys());
	if (old != NULL) {
		hart_mask_clear(&old->harts, hart);
		mm_unref(old);
	}
}

void upcall_mm_switch(struct task *prev, struct task *next)
{
	if (next->mm != NULL)
		hart_load(next->mm);
}

struct mm *mm_install(struct mm *mm)
{
	struct mm *old;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	old = current->mm;
	current->mm = mm;
	hart_load(mm);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return old;
}

/* A dying address space is dropped by harts that merely still have it loaded: this one does so
 * here; others that idle on it do not touch user addresses and let go at their next switch. */
void mm_switch_away(struct mm *mm)
{
	irqflags_t irq = irq_save();

	if (hart_mm[hart_index()] == mm)
		hart_load(NULL);
	irq_restore(irq);
}

struct mm *mm_of_task(struct task *t)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct mm *mm = t->mm;

	if (mm != NULL && !mm_get_unless_dead(mm))
		mm = NULL;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return mm;
}

uint64_t mm_rss(const struct mm *mm)
{
	/* Read while others count, a page may be seen going before it is seen coming. */
	return (uint64_t)max(atomic_load(&mm->rss_anon) + atomic_load(&mm->rss_file), 0L);
}

uint64_t mm_rss_peak(struct mm *mm)
{
	uint64_t now = mm_rss(mm), peak = atomic_load_explicit(&mm->hiwater_rss,
							       memory_order_relaxed);

	/* Threads note at one time, and the highest must stay. */
	while (now > peak &&
	       !atomic_compare_exchange_weak_explicit(&mm->hiwater_rss, &peak, now,
						      memory_order_relaxed, memory_order_relaxed))
		;
	return max(now, peak);
}

/*
 * The checker of page tables.
 *
 * Counts that are kept as things change are compared with what a walk over all tables of all
 * address spaces finds:
 *
 *	leaf table     sharers: middle entries that point to it. entries, anon, file, bounds: its
 *	               entries. What its state promises (page_table.h): an own one has one
 *	               sharer; one that is visible, or PG_PROTECTED, has no writable entry; one
 *	               that is neither own nor protected is hidden from everybody
 *	entry          lies in an area of each address space that has the table
 *	anonymous page its count: tables that map it. And all of them are found: one in no table is
 *	               lost
 *	address space  rss_anon, rss_file, table_pages: its tables
 *	area           the gap below it, and the greatest in its subtree
 *
 * For that the world stands still: mm_world is held for writing, so no address space comes or goes
 * and no file is truncated, and then the mm->lock of each. (Nobody holds two of those, so the order
 * does not matter; ranks are told after the fact, because a task can't hold that many.) Every
 * anonymous page that is on its way into a table or out of one is so under some mm->lock.
 *
 * Three passes, since what is found is noted in struct page: clear the notes, count, compare. So
 * memory is not needed, and the time is linear in the tables.
 */
#include "kernel/mm/check.h"

#include "kernel/core/printk.h"
#include "kernel/mm/page_table.h"

#define COMPARED (1u << 31) /* in a note: this one has been compared already */
#define REPORTS_MAX 20

struct leaf_visit {
	struct mm *mm;
	vaddr_t va;    /* where its span begins */
	pte_t middle;  /* the entry that points to it */
	struct page *table;
	struct mm_check *result;
};

static void disagree(struct mm_check *r, const char *what, const void *of, vaddr_t va,
		     uint64_t count, uint64_t found)
{
	if (r->disagreements++ < REPORTS_MAX)
		pr_err("mm check: %s of %p at %#lx is %lu, but found %lu", what, of, va, count,
		       found);
}

static void compare(struct mm_check *r, const char *what, const void *of, vaddr_t va,
		    uint64_t count, uint64_t found)
{
	if (count != found)
		disagree(r, what, of, va, count, found);
}

/* --- stopping the world ----------------------------------------------------------------------- */

__lock_unchecked static void world_stop(void)
{
	struct mm *mm;

	rwlock_write_lock(&mm_world);
	list_for_each_entry(mm, &mm_list, world_link) {
		rwlock_write_lock(&mm->lock);
		lock_check_drop(&mm->lock, mm->lock.id);
	}
}

__lock_unchecked static void world_go(void)
{
	struct mm *mm;

	list_for_each_entry(mm, &mm_list, world_link) {
		lock_check_got(&mm->lock, mm->lock.id, 0, 0);
		rwlock_write_unlock(&mm->lock);
	}
	rwlock_write_unlock(&mm_world);
}

/* --- walking ---------------------------------------------------------------------------------- */

/* Calls fn for each leaf table of mm. */
static void leaves_visit(struct mm *mm, struct mm_check *r, void (*fn)(struct leaf_visit *v))
{
	for (unsigned i = 0; i < PT_ENTRIES / 2; i++) {
		pte_t *middle = pte_table_of(mm->root[i]);

		if (mm->root[i] == 0)
			continue;
		for (unsigned j = 0; j < PT_ENTRIES; j++) {
			struct leaf_visit v = { .mm = mm,
						.va = i * PT_SPAN(2) + j * PT_SPAN(1),
						.middle = middle[j],
						.table = pte_page(middle[j]),
						.result = r };

			if (middle[j] != 0)
				fn(&v);
		}
	}
}

/* --- the passes ------------------------------------------------------------------------------- */

static void notes_clear(struct leaf_visit *v)
{
	const pte_t *table = page_address(v->table);

	v->table->table_seen = 0;
	for (unsigned i = 0; i < PT_ENTRIES; i++)
		if (table[i] != 0 && pte_page(table[i])->kind == PAGE_ANON)
			pte_page(table[i])->anon_seen = 0;
}

/* Its counts against its entries; called once for each table. */
static void leaf_compare(struct leaf_visit *v)
{
	const struct page *tp = v->table;
	const pte_t *table = page_address(tp);
	unsigned entries = 0, anon = 0, file = 0, writable = 0;

	for (unsigned i = 0; i < PT_ENTRIES; i++) {
		struct page *p = pte_page(table[i]);

		if (table[i] == 0)
			continue;
		entries++;
		writable += (table[i] & PTE_W) != 0;
		file += p->kind == PAGE_FILE;
		if (p->kind == PAGE_ANON) {
			anon++;
			p->anon_seen++;
		}
		if (i < tp->first || i > tp->last)
			disagree(v->result, "bounds of leaf table", tp, v->va + i * PAGE_SIZE,
				 tp->first, tp->last);
	}
	compare(v->result, "entries of leaf table", tp, v->va, tp->entries, entries);
	compare(v->result, "anonymous pages of leaf table", tp, v->va, tp->anon, anon);
	compare(v->result, "file pages of leaf table", tp, v->va, tp->file, file);
	if (tp->flags & PG_PROTECTED)
		compare(v->result, "writable entries of protected table", tp, v->va, 0, writable);
	v->result->entries += entries;
	v->result->tables++;
}

/* What this address space's middle entry promises. */
static void state_compare(struct leaf_visit *v)
{
	const struct page *tp = v->table;

	if (middle_is_own(v->middle))
		compare(v->result, "sharers of own table", tp, v->va, tp->sharers, 1);
	else if (!(v->middle & PTE_SHARED))
		disagree(v->result, "state of middle entry", tp, v->va, v->middle, PTE_SHARED);
	else if (pte_present(v->middle) && !(tp->flags & PG_PROTECTED))
		disagree(v->result, "protection of visible table", tp, v->va, 0, PG_PROTECTED);
}

static void areas_compare(struct leaf_visit *v)
{
	const pte_t *table = page_address(v->table);
	const struct vma *area = NULL;

	for (unsigned i = 0; i < PT_ENTRIES; i++) {
		vaddr_t va = v->va + i * PAGE_SIZE;

		if (table[i] == 0)
			continue;
		if (area == NULL || va >= area->end)
			area = vma_find(v->mm, va);
		if (area == NULL)
			disagree(v->result, "area of entry", v->table, va, table[i], 0);
	}
}

static void leaf_count(struct leaf_visit *v)
{
	if (v->table->table_seen++ == 0)
		leaf_compare(v);
	state_compare(v);
	areas_compare(v);
}

static void page_compare(struct leaf_visit *v, struct page *p, vaddr_t va)
{
	if (p->kind != PAGE_ANON || (p->anon_seen & COMPARED))
		return;
	compare(v->result, "count of anonymous page", p, va, ref_count(&p->ref), p->anon_seen);
	p->anon_seen |= COMPARED;
	v->result->anon_pages++;
}

static void notes_compare(struct leaf_visit *v)
{
	struct page *tp = v->table;
	const pte_t *table = page_address(tp);

	if (tp->table_seen & COMPARED)
		return;
	compare(v->result, "sharers of leaf table", tp, v->va, tp->sharers, tp->table_seen);
	v->result->shared += tp->table_seen > 1;
	tp->table_seen |= COMPARED;
	for (unsigned i = 0; i < PT_ENTRIES; i++)
		if (table[i] != 0)
			page_compare(v, pte_page(table[i]), v->va + i * PAGE_SIZE);
}

static struct mm_check last_check; /* [mm_world] */

/* The tables' own counts have been compared: their sum is what the address space has. */
static long rss_anon_found, rss_file_found; /* [mm_world] */

static void rss_add(struct leaf_visit *v)
{
	rss_anon_found += v->table->anon;
	rss_file_found += v->table->file;
}

/* A middle table's count against its entries; how many tables it points to. */
static unsigned middle_compare(struct mm_check *r, const pte_t *table)
{
	const struct page *tp = page_of(table);
	unsigned found = 0;

	for (unsigned i = 0; i < PT_ENTRIES; i++) {
		found += table[i] != 0;
		if ((i < tp->first || i > tp->last) && table[i] != 0)
			disagree(r, "bounds of middle table", tp, i, tp->first, tp->last);
	}
	compare(r, "entries of middle table", tp, 0, tp->entries, found);
	return found;
}

static size_t most_of(const struct rb_node *n)
{
	return n != NULL ? rb_entry(n, struct vma, node)->gap_most : 0;
}

static void gaps_compare(struct mm *mm, struct mm_check *r)
{
	struct vma *v;

	rb_for_each_entry(v, &mm->areas, node) {
		vaddr_t floor = vma_floor(v), lowest = vma_lowest(v);
		size_t most = max(most_of(v->node.left), most_of(v->node.right));

		compare(r, "gap below area", v, v->start, v->gap,
			lowest > floor ? lowest - floor : 0);
		compare(r, "greatest gap", v, v->start, v->gap_most, max(v->gap, most));
	}
}

static void space_compare(struct mm *mm, struct mm_check *r)
{
	unsigned tables = 0, middles = 0, chained = 0;

	for (unsigned i = 0; i < PT_ENTRIES / 2; i++) {
		if (mm->root[i] == 0)
			continue;
		middles++;
		tables += 1 + middle_compare(r, pte_table_of(mm->root[i]));
	}
	for (const struct page *p = mm->middles; p != NULL; p = p->next_middle, chained++)
		if (mm->root[p->root_index] != pte_table(page_phys(p)))
			disagree(r, "root entry of middle table", p, p->root_index * PT_SPAN(2),
				 mm->root[p->root_index], page_phys(p));
	compare(r, "middle tables", mm, 0, chained, middles);
	rss_anon_found = rss_file_found = 0;
	leaves_visit(mm, r, rss_add);
	compare(r, "resident anonymous pages", mm, 0, atomic_load(&mm->rss_anon), rss_anon_found);
	compare(r, "resident file pages", mm, 0, atomic_load(&mm->rss_file), rss_file_found);
	gaps_compare(mm, r);
	compare(r, "table pages", mm, 0, atomic_load(&mm->table_pages), tables);
	r->spaces++;
}

static void spaces_compare(struct mm_check *r)
{
	struct page_stats stats;
	struct mm *mm;

	list_for_each_entry(mm, &mm_list, world_link)
		leaves_visit(mm, r, notes_clear);
	list_for_each_entry(mm, &mm_list, world_link)
		leaves_visit(mm, r, leaf_count);
	list_for_each_entry(mm, &mm_list, world_link)
		leaves_visit(mm, r, notes_compare);
	list_for_each_entry(mm, &mm_list, world_link)
		space_compare(mm, r);
	page_stats_get(&stats);
	compare(r, "number of anonymous pages", NULL, 0, stats.anon, r->anon_pages);
}

void mm_check(struct mm_check *r)
{
	*r = (struct mm_check){ 0 };
	world_stop();
	spaces_compare(r);
	last_check = *r;
	world_go();
}

void mm_check_last(struct mm_check *r)
{
	rwlock_read_lock(&mm_world);
	*r = last_check;
	rwlock_read_unlock(&mm_world);
}

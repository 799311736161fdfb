/*
 * proc_memory.c: the files of /proc that say where the machine's memory is.
 *
 * they add up: MemTotal = MemFree + AnonPages + Cached + Slab + PageTables + the kernel's own
 * pages, of which KernelStack is a part. What Linux has a line for and Pando has no such thing
 * (swap, dirty pages, huge pages) is left out, or is 0 where programs insist on the line.
 */
#include "kernel/procfs/proc.h"

#include "arch/task.h"
#include "kernel/alloc/kmap.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/ipc/oom.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/page_cache.h"
#include "lib/string.h"

#define KIB(pages) ((pages) * (PAGE_SIZE / 1024))

static void meminfo_line(struct text *out, const char *name, uint64_t kib)
{
	text_printf(out, "%s:%*lu kB\n", name, 23 - (int)strlen(name), kib);
}

static uint64_t stack_pages(void)
{
	return (atomic_load(&task_count) + kstack_kept()) * (KSTACK_SIZE / PAGE_SIZE);
}

static void meminfo_files(struct text *out, const struct page_stats *p, uint64_t again)
{
	uint64_t shmem = p->file - min(again, p->file);

	meminfo_line(out, "Buffers", 0);
	meminfo_line(out, "Cached", KIB(p->file));
	meminfo_line(out, "SwapCached", 0);
	meminfo_line(out, "Active", KIB(p->anon + shmem));
	meminfo_line(out, "Inactive", KIB(p->file - shmem));
	meminfo_line(out, "Active(anon)", KIB(p->anon + shmem));
	meminfo_line(out, "Inactive(anon)", 0);
	meminfo_line(out, "Active(file)", 0);
	meminfo_line(out, "Inactive(file)", KIB(p->file - shmem));
	meminfo_line(out, "SwapTotal", 0);
	meminfo_line(out, "SwapFree", 0);
	meminfo_line(out, "Dirty", 0);
	meminfo_line(out, "Writeback", 0);
	meminfo_line(out, "AnonPages", KIB(p->anon));
	meminfo_line(out, "Shmem", KIB(shmem));
}

int proc_show_meminfo(struct text *out, struct task *unused)
{
	uint64_t again = page_cache_droppable(), names = KIB(dentry_unused_pages());
	struct page_stats p;

	page_stats_get(&p);
	meminfo_line(out, "MemTotal", KIB(p.total));
	meminfo_line(out, "MemFree", KIB(p.free));
	meminfo_line(out, "MemAvailable", KIB(p.free + again) + names);
	meminfo_files(out, &p, again);
	meminfo_line(out, "KReclaimable", names);
	meminfo_line(out, "Slab", KIB(p.slab));
	meminfo_line(out, "SReclaimable", names);
	meminfo_line(out, "SUnreclaim", KIB(p.slab) - min(names, KIB(p.slab)));
	meminfo_line(out, "KernelStack", KIB(stack_pages()));
	meminfo_line(out, "PageTables", KIB(p.table));
	meminfo_line(out, "CommitLimit", KIB(commit_limit()));
	meminfo_line(out, "Committed_AS", KIB(commit_total()));
	meminfo_line(out, "VmallocUsed", KIB(p.kernel));
	return 0;
}

int proc_show_vmstat(struct text *out, struct task *unused)
{
	uint64_t again = page_cache_droppable();
	struct page_stats p;

	page_stats_get(&p);
	text_printf(out, "nr_free_pages %lu\nnr_anon_pages %lu\nnr_file_pages %lu\nnr_shmem %lu\n",
		    p.free, p.anon, p.file, p.file - min(again, p.file));
	text_printf(out, "nr_active_anon %lu\nnr_inactive_file %lu\nnr_dirty 0\nnr_writeback 0\n",
		    p.anon + p.file - min(again, p.file), again);
	text_printf(out, "nr_slab_reclaimable %lu\nnr_slab_unreclaimable %lu\n",
		    dentry_unused_pages(), p.slab - min(dentry_unused_pages(), p.slab));
	text_printf(out, "nr_page_table_pages %lu\nnr_kernel_stack %lu\n", p.table,
		    KIB(stack_pages()));
	text_printf(out, "oom_kill %lu\n", oom_kills());
	/* No page comes from, or goes to, a device. */
	text_printf(out, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	return 0;
}

int proc_show_buddyinfo(struct text *out, struct task *unused)
{
	text_printf(out, "Node 0, zone   Normal ");
	for (unsigned order = 0; order <= PAGE_ORDER_MAX; order++)
		text_printf(out, "%6lu ", page_free_blocks(order));
	text_printf(out, "\n");
	return 0;
}

static void slab_line(const struct cache_info *c, void *out)
{
	text_printf(out, "%-17s %6lu %6lu %6lu %4u %4u : tunables    0    0    0 ", c->name,
		    c->live, c->total, c->size, c->per_slab, c->pages_per_slab);
	text_printf(out, ": slabdata %6lu %6lu      0\n", c->slabs, c->slabs);
}

int proc_show_slabinfo(struct text *out, struct task *unused)
{
	text_printf(out, "slabinfo - version: 2.1\n"
			 "# name            <active_objs> <num_objs> <objsize> <objperslab> "
			 "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> "
			 ": slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	cache_for_each(slab_line, out);
	return 0;
}

static void object_line(const struct cache_info *c, void *out)
{
	text_printf(out, "slab:%s %lu\n", c->name, c->live);
}

/* What is in use, for tests that look for leaks: a name and a count per line. */
int proc_show_objects(struct text *out, struct task *unused)
{
	struct page_stats p;

	kmap_purge(); /* what only waits for a flush is not in use */
	page_stats_get(&p);
	text_printf(out, "task %u\npid %u\npage_used %lu\n", atomic_load(&task_count), pid_count(),
		    p.total - p.free);
	text_printf(
		out,
		"page:kernel %lu\npage:slab %lu\npage:anon %lu\npage:file %lu\npage:table %lu\n",
		p.kernel, p.slab, p.anon, p.file, p.table);
	text_printf(out, "committed %lu\n", commit_total());
	cache_for_each(object_line, out);
	return 0;
}

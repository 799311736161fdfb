/*
 * proc_maps.c: the areas of an address space: maps, smaps, smaps_rollup.
 *
 * What smaps says of an area is found by looking at every entry of its tables. A page is shared if
 * more than one table shows it, or if the table that shows it is shared; the zero page and pages of
 * the kernel (vDSO) do not count. A page's part in Pss is its size divided by how often it is
 * shown.
 *
 * NOTE(linux): "Referenced" is all that is resident, since nothing clears the hardware's bit. The
 * sharers of other tables that show the same page count once each in Pss.
 */
#include "kernel/procfs/proc.h"

#include "kernel/alloc/slab.h"
#include "kernel/mm/page_table.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MAPS_NAME_COLUMN 73

static const char *area_name(const struct vma *v, char *buf, size_t size)
{
	if (v->ops != NULL)
		return v->ops->file_name(v->file, buf, size) < 0 ? "" : buf;
	if (v->name != NULL)
		return v->name;
	return v->start < v->mm->brk && v->end > v->mm->brk_start ? "[heap]" : "";
}

static void show_area(struct text *out, const struct vma *v, char *buf, size_t size)
{
	uint64_t dev = 0, ino = 0, offset = v->cache != NULL ? v->pgoff << PAGE_SHIFT : 0;
	size_t start = out->used;
	const char *name = area_name(v, buf, size);

	if (v->ops != NULL)
		v->ops->file_ids(v->file, &dev, &ino);
	text_printf(out, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", v->start, v->end,
		    v->flags & VM_READ ? 'r' : '-', v->flags & VM_WRITE ? 'w' : '-',
		    v->flags & VM_EXEC ? 'x' : '-', v->flags & VM_SHARED ? 's' : 'p', offset,
		    (unsigned)DEV_MAJOR(dev), (unsigned)DEV_MINOR(dev), ino);
	if (name[0] != '\0') {
		while (out->used - start < MAPS_NAME_COLUMN && !out->failed)
			text_put(out, " ", 1);
		text_put(out, name, strlen(name));
	}
	text_put(out, "\n", 1);
}

/* Bytes; pss finer by PSS_SHIFT, so that thirds add up. */
#define PSS_SHIFT 12
struct usage_sum {
	uint64_t size, rss, pss, pss_dirty, pss_anon, pss_file, pss_shmem, anon, locked_pss;
	uint64_t shared_clean, shared_dirty, private_clean, private_dirty;
	unsigned table_sharers; /* of the table that is being walked */
	bool shmem;		/* the area shows memory that is shared as such, or tmpfs */
};

static int page_sum(vaddr_t va, pte_t e, void *arg)
{
	const struct page *p = pte_page(e & ~PTE_SHARED);
	struct usage_sum *s = arg;
	uint64_t maps, pss;
	bool anon = p->kind == PAGE_ANON, dirty = anon || (e & PTE_D);

	if (p == zero_page || (!anon && p->kind != PAGE_FILE))
		return 0;
	maps = ref_count(&p->ref) - (anon ? 0 : 1); /* the cache's own reference */
	maps = max(maps, (uint64_t)1) + s->table_sharers - 1;
	pss = (PAGE_SIZE << PSS_SHIFT) / maps;
	s->rss += PAGE_SIZE;
	s->pss += pss;
	s->pss_dirty += dirty ? pss : 0;
	s->anon += anon ? PAGE_SIZE : 0;
	*(anon ? &s->pss_anon : s->shmem ? &s->pss_shmem : &s->pss_file) += pss;
	if (maps > 1)
		*(dirty ? &s->shared_dirty : &s->shared_clean) += PAGE_SIZE;
	else
		*(dirty ? &s->private_dirty : &s->private_clean) += PAGE_SIZE;
	return 0;
}

static int area_sum(const struct vma *v, struct usage_sum *s)
{
	uint64_t pss = s->pss;
	vaddr_t va = v->start;
	int err = 0;

	s->size += v->end - v->start;
	s->shmem = v->cache != NULL && (v->flags & VM_SHARED);
	while (va < v->end && err == 0) {
		vaddr_t stop = min(v->end, ALIGN_DOWN(va, LEAF_SPAN) + LEAF_SPAN);
		pte_t *table = pt_leaf_lock(v->mm, va);

		if (table != NULL) {
			pt_assert_locked(table);
			s->table_sharers = max(pt_page(table)->sharers, 1U);
			pt_unlock(table);
			err = pt_walk(v->mm, va, stop, page_sum, s);
		}
		va = stop;
	}
	if (v->flags & VM_LOCKED)
		s->locked_pss += s->pss - pss;
	return err;
}

static void show_kib(struct text *out, const char *name, uint64_t bytes)
{
	text_printf(out, "%-16s%8lu kB\n", name, bytes >> 10);
}

static void show_sum(struct text *out, const struct usage_sum *s, bool rollup)
{
	show_kib(out, "Rss:", s->rss);
	show_kib(out, "Pss:", s->pss >> PSS_SHIFT);
	show_kib(out, "Pss_Dirty:", s->pss_dirty >> PSS_SHIFT);
	if (rollup) {
		show_kib(out, "Pss_Anon:", s->pss_anon >> PSS_SHIFT);
		show_kib(out, "Pss_File:", s->pss_file >> PSS_SHIFT);
		show_kib(out, "Pss_Shmem:", s->pss_shmem >> PSS_SHIFT);
	}
	show_kib(out, "Shared_Clean:", s->shared_clean);
	show_kib(out, "Shared_Dirty:", s->shared_dirty);
	show_kib(out, "Private_Clean:", s->private_clean);
	show_kib(out, "Private_Dirty:", s->private_dirty);
	show_kib(out, "Referenced:", s->rss);
	show_kib(out, "Anonymous:", s->anon);
	show_kib(out, "KSM:", 0);
	show_kib(out, "LazyFree:", 0);
	show_kib(out, "AnonHugePages:", 0);
	show_kib(out, "ShmemPmdMapped:", 0);
	show_kib(out, "FilePmdMapped:", 0);
	show_kib(out, "Shared_Hugetlb:", 0);
	show_kib(out, "Private_Hugetlb:", 0);
	show_kib(out, "Swap:", 0);
	show_kib(out, "SwapPss:", 0);
	show_kib(out, "Locked:", s->locked_pss >> PSS_SHIFT);
}

/* In the order of Linux's bits. */
static void show_flags(struct text *out, const struct vma *v)
{
	static const struct {
		unsigned flag;
		char name[4];
	} names[] = {
		{ VM_READ, "rd" },	 { VM_WRITE, "wr" },	   { VM_EXEC, "ex" },
		{ VM_SHARED, "sh" },	 { VM_MAYREAD, "mr" },	   { VM_MAYWRITE, "mw" },
		{ VM_MAYEXEC, "me" },	 { VM_SHARED, "ms" },	   { VM_GROWSDOWN, "gd" },
		{ VM_LOCKED, "lo" },	 { VM_SEQ_READ, "sr" },	   { VM_RAND_READ, "rr" },
		{ VM_DONTCOPY, "dc" },	 { VM_KERNEL_PAGES, "de" }, { VM_LOCKONFAULT, "lf" },
		{ VM_ACCOUNT, "ac" },	 { VM_NORESERVE, "nr" },   { VM_WIPEONFORK, "wf" },
		{ VM_DONTDUMP, "dd" },	 { VM_HUGEPAGE, "hg" },	   { VM_NOHUGEPAGE, "nh" },
		{ VM_SEALED, "sl" },
	};

	text_printf(out, "VmFlags: ");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (v->flags & names[i].flag)
			text_printf(out, "%s ", names[i].name);
	}
	text_printf(out, "\n");
}

static int show_smaps_area(struct text *out, const struct vma *v, char *buf, size_t size)
{
	struct usage_sum sum = { 0 };
	int err = area_sum(v, &sum);

	show_area(out, v, buf, size);
	show_kib(out, "Size:", sum.size);
	show_kib(out, "KernelPageSize:", PAGE_SIZE);
	show_kib(out, "MMUPageSize:", PAGE_SIZE);
	show_sum(out, &sum, false);
	text_printf(out, "THPeligible:    %8u\n", 0u);
	show_flags(out, v);
	return err;
}

static int show_maps_area(struct text *out, const struct vma *v, char *buf, size_t size)
{
	show_area(out, v, buf, size);
	return 0;
}

/* Calls show for every area, with a page for the file's name. */
static int for_each_area(struct text *out, struct task *t,
			 int (*show)(struct text *, const struct vma *, char *, size_t))
{
	struct mm *mm = mm_of_task(t);
	int err = 0;
	char *buf;
	struct vma *v;

	if (mm == NULL)
		return 0;
	buf = kmalloc(PAGE_SIZE, 0);
	if (buf != NULL) {
		rwlock_read_lock(&mm->lock);
		rb_for_each_entry(v, &mm->areas, node) {
			err = show(out, v, buf, PAGE_SIZE);
			if (err)
				break;
		}
		rwlock_read_unlock(&mm->lock);
	}
	mm_put(mm);
	kfree(buf);
	return buf != NULL ? err : -ENOMEM;
}

int proc_show_maps(struct text *out, struct task *t)
{
	return for_each_area(out, t, show_maps_area);
}

int proc_show_smaps(struct text *out, struct task *t)
{
	return for_each_area(out, t, show_smaps_area);
}

int proc_show_smaps_rollup(struct text *out, struct task *t)
{
	struct mm *mm = mm_of_task(t);
	struct usage_sum sum = { 0 };
	vaddr_t start = 0, end = 0;
	int err = 0;
	struct vma *v;

	if (mm == NULL)
		return -ESRCH;
	rwlock_read_lock(&mm->lock);
	rb_for_each_entry(v, &mm->areas, node) {
		start = end == 0 ? v->start : start;
		end = v->end;
		err = area_sum(v, &sum);
		if (err)
			break;
	}
	rwlock_read_unlock(&mm->lock);
	mm_put(mm);
	text_printf(out, "%08lx-%08lx ---p 00000000 00:00 0 ", start, end);
	while (out->used < MAPS_NAME_COLUMN && !out->failed)
		text_put(out, " ", 1);
	text_printf(out, "[rollup]\n");
	show_sum(out, &sum, true);
	return err;
}

/*
 * proc_mm.c: a task's address space: statm, cmdline, environ, auxv; and what it sees mounted.
 * (proc_maps.c has the areas.)
 */
#include "kernel/procfs/proc.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/mount.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/mm/mm.h"
#include "lib/errno.h"
#include "lib/string.h"

int proc_show_statm(struct text *out, struct task *t)
{
	struct mm *mm = mm_of_task(t);

	if (mm == NULL)
		text_printf(out, "0 0 0 0 0 0 0\n");
	else
		text_printf(out, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_pages, mm_rss(mm),
			    (uint64_t)atomic_load(&mm->rss_file),
			    (ALIGN_UP(mm->code_end, PAGE_SIZE) - (mm->code_start & PAGE_MASK)) >>
				    PAGE_SHIFT,
			    mm->data_pages + mm->stack_pages);
	mm_put(mm);
	return 0;
}

/* LIMIT: what was referenced is not tracked, so clear_refs takes only 5, which makes the peak of
 * resident memory what it is now. */
int proc_store_clear_refs(struct task *t, const char *value)
{
	struct mm *mm;

	if (strcmp(value, "5") != 0)
		return -EINVAL;
	mm = mm_of_task(t);
	if (mm == NULL)
		return -ESRCH;
	atomic_store(&mm->hiwater_rss, mm_rss(mm));
	mm_put(mm);
	return 0;
}

/* User memory of the task from start to end, as much as can be read. */
static void show_memory(struct text *out, struct mm *mm, vaddr_t start, vaddr_t end)
{
	char chunk[256];

	while (start < end) {
		size_t n = min((size_t)(end - start), sizeof(chunk));
		size_t got = mm_read_remote(mm, start, chunk, n);

		text_put(out, chunk, got);
		if (got < n)
			break;
		start += n;
	}
}

int proc_show_cmdline(struct text *out, struct task *t)
{
	struct mm *mm = mm_of_task(t);

	if (mm == NULL)
		return 0;
	show_memory(out, mm, mm->arg_start, mm->arg_end);
	mm_put(mm);
	return 0;
}

int proc_show_environ(struct text *out, struct task *t)
{
	struct mm *mm = mm_of_task(t);

	if (mm == NULL)
		return 0;
	show_memory(out, mm, mm->env_start, mm->env_end);
	mm_put(mm);
	return 0;
}

int proc_show_auxv(struct text *out, struct task *t)
{
	struct mm *mm = mm_of_task(t);
	unsigned n = 0;

	if (mm == NULL)
		return 0;
	while (n + 2 < ARRAY_SIZE(mm->auxv) && mm->auxv[n] != 0)
		n += 2;
	text_put(out, mm->auxv, (n + 2) * sizeof(mm->auxv[0]));
	mm_put(mm);
	return 0;
}

/* The root of t, from which its mounts are named. */
static bool root_of(struct task *t, struct path *out)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct fs_context *fs = t->fs != NULL ? fs_context_get(t->fs) : NULL;

	spin_unlock_irqrestore(&tasks_lock, irq);
	if (fs == NULL)
		return false;
	fs_context_root(fs, out);
	fs_context_put(fs);
	return true;
}

static int mount_lines(struct text *out, struct mount_ns *ns, const struct path *root, bool info)
{
	char *line = kmalloc(PAGE_SIZE, 0);
	ssize_t len = 0;

	if (line == NULL)
		return -ENOMEM;
	for (unsigned n = 0;; n++) {
		len = mount_show(ns, n, root, info, line, PAGE_SIZE);
		if (len == -ENOENT)
			continue;
		if (len <= 0)
			break;
		text_put(out, line, (size_t)len);
	}
	kfree(line);
	return (int)len;
}

static int show_mount_lines(struct text *out, struct task *t, bool info)
{
	struct ns *ns = ns_of_task(t, NS_MNT, false);
	struct path root;
	int err = -EINVAL;

	if (ns == NULL)
		return err;
	if (root_of(t, &root)) {
		err = mount_lines(out, container_of(ns, struct mount_ns, ns), &root, info);
		path_put(&root);
	}
	ns_put(ns);
	return err;
}

int proc_show_mounts(struct text *out, struct task *t)
{
	return show_mount_lines(out, t, false);
}

int proc_show_mountinfo(struct text *out, struct task *t)
{
	return show_mount_lines(out, t, true);
}

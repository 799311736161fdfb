/*
 * proc_pagemap.c: /proc/PID/pagemap: a word for every page of the address space, by page number.
 *
 *	63  present            61  of a file, or shared memory
 *	56  nobody else shows it          0-54  frame number, for those with CAP_SYS_ADMIN
 *
 * Nothing is ever swapped, and soft-dirty is not tracked, as on a Linux for this machine: those
 * bits are 0. Unlike the files of text, its contents are made for each read.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/text_file.h"
#include "kernel/ipc/access.h"
#include "kernel/mm/page_table.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"
#include "lib/string.h"

#define PM_PRESENT (1UL << 63)
#define PM_FILE (1UL << 61)
#define PM_EXCLUSIVE (1UL << 56)
#define PM_FRAME_MASK ((1UL << 55) - 1)

#define CHUNK (PAGE_SIZE / sizeof(uint64_t)) /* entries made at once */

struct pagemap {
	vaddr_t start; /* what word[0] stands for */
	uint64_t *word;
	bool frames;
};

static int entry_word(vaddr_t va, pte_t e, void *arg)
{
	const struct page *p = pte_page(e & ~PTE_SHARED);
	struct pagemap *m = arg;
	uint64_t word = PM_PRESENT;

	if (m->frames)
		word |= (page_phys(p) >> PAGE_SHIFT) & PM_FRAME_MASK;
	if (p->kind == PAGE_FILE)
		word |= PM_FILE;
	if (p != zero_page && !(e & PTE_SHARED) &&
	    ref_count(&p->ref) == (p->kind == PAGE_FILE ? 2 : 1))
		word |= PM_EXCLUSIVE;
	m->word[(va - m->start) >> PAGE_SHIFT] = word;
	return 0;
}

static int pagemap_chunk(struct mm *mm, struct pagemap *m, size_t count)
{
	int err;

	memset(m->word, 0, count * sizeof(*m->word));
	rwlock_read_lock(&mm->lock);
	err = pt_walk(mm, m->start, m->start + count * PAGE_SIZE, entry_word, m);
	rwlock_read_unlock(&mm->lock);
	return err;
}

static ssize_t pagemap_copy(struct mm *mm, struct pagemap *m, struct io_buf *to, uint64_t *pos)
{
	size_t done = 0;
	int err = 0;

	while (to->remaining > 0 && err == 0) {
		uint64_t first = *pos / sizeof(uint64_t), end = USER_END >> PAGE_SHIFT;
		size_t count = min(to->remaining / sizeof(uint64_t), CHUNK), put;

		count = min(count, end - min(first, end));
		if (count == 0)
			break;
		m->start = first << PAGE_SHIFT;
		err = pagemap_chunk(mm, m, count);
		if (err)
			break;
		put = io_buf_put(to, m->word, count * sizeof(uint64_t));
		done += put;
		*pos += put;
		if (put < count * sizeof(uint64_t))
			err = -EFAULT;
	}
	return done != 0 ? (ssize_t)done : err;
}

static bool opener_is_admin(const struct file *f)
{
	return f->cred->cap_effective >> CAP_SYS_ADMIN & 1;
}

static ssize_t pagemap_of_mm(struct mm *mm, bool frames, struct io_buf *to, uint64_t *pos)
{
	struct pagemap m = { .frames = frames };
	ssize_t ret = -ENOMEM;

	m.word = kmalloc(PAGE_SIZE, 0);
	if (m.word != NULL)
		ret = pagemap_copy(mm, &m, to, pos);
	kfree(m.word);
	return ret;
}

static ssize_t pagemap_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	struct task *t;
	struct mm *mm;
	ssize_t ret;

	if (*pos % sizeof(uint64_t) != 0 || to->remaining % sizeof(uint64_t) != 0)
		return -EINVAL;
	ret = proc_node_task(proc_node(f->inode), &t);
	if (ret)
		return ret == -ESRCH ? 0 : ret;
	(void)!task_mm_access(t, ACCESS_FS_IDS, &mm);
	task_put(t);
	ret = mm != NULL ? pagemap_of_mm(mm, opener_is_admin(f), to, pos) : 0;
	mm_put(mm);
	return ret;
}

static int pagemap_open(struct inode *inode, struct file *f)
{
	struct task *t;
	int err = proc_node_task(proc_node(inode), &t);

	(void)f;
	if (err == 0)
		task_put(t);
	return err;
}

const struct file_ops proc_pagemap_fops = {
	.open = pagemap_open,
	.read = pagemap_read,
	.seek = text_file_seek,
};

/*
 * Areas: a stretch of an address space with one protection and one backing.
 */
#pragma once

#include "kernel/mm/mm.h"
#include "kernel/mm/page_cache.h"

#define VM_READ 1u
#define VM_WRITE 2u
#define VM_EXEC 4u
#define VM_SHARED 8u
#define VM_MAYREAD 0x10u /* mprotect may give it */
#define VM_MAYWRITE 0x20u
#define VM_MAYEXEC 0x40u
#define VM_GROWSDOWN 0x80u
#define VM_LOCKED 0x100u
#define VM_DONTCOPY 0x200u
#define VM_WIPEONFORK 0x400u
#define VM_NORESERVE 0x800u
#define VM_STACK 0x1000u
#define VM_KERNEL_PAGES 0x2000u /* vDSO: pages of the image, not counted */

/* What the owner of a file-backed area does; kernel/fs fills it in. */
struct vma_ops {
	struct file *(*file_get)(struct file *f);
	void (*file_put)(struct file *f);
	/* Its path for /proc/PID/maps: bytes written to buf, or -errno. */
	int (*file_name)(struct file *f, char *buf, size_t size);
	/* Device, inode number for the same. */
	void (*file_ids)(struct file *f, uint64_t *dev, uint64_t *ino);
};

struct vma {
	struct rb_node node;
	struct mm *mm;	       /* [i] */
	vaddr_t start, end;    /* [mm->lock] page aligned, [start, end) */
	unsigned flags;	       /* [mm->lock] VM_* */
	const struct vma_ops *ops; /* [i] NULL: anonymous */
	struct file *file;	   /* [i] counted through ops */
	struct page_cache *cache;  /* [i] whose pages it shows; NULL: anonymous. Kept alive by file */
	uint64_t pgoff;		   /* [mm->lock] page index in cache of start */
	const char *name;	   /* [stack], [vdso] or NULL */
	const void *kernel_pages;  /* VM_KERNEL_PAGES */
};

/* The area that holds addr / the first that ends above addr; NULL. mm->lock held. */
struct vma *vma_find(struct mm *mm, vaddr_t addr);
struct vma *vma_find_after(struct mm *mm, vaddr_t addr);
struct vma *vma_next(struct vma *v);

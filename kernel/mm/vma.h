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
#define VM_ACCOUNT 0x100000u /* its pages count as promised: kernel/mm/commit.h */
#define VM_KERNEL_PAGES 0x2000u /* vDSO: pages of the image, counted by nobody */
#define VM_LOCKONFAULT 0x4000u	/* beside VM_LOCKED: its pages need not all be there */
#define VM_DONTDUMP 0x8000u	/* madvise said so; shown in smaps */
#define VM_RAND_READ 0x10000u
#define VM_SEQ_READ 0x20000u
#define VM_HUGEPAGE 0x40000u
#define VM_NOHUGEPAGE 0x80000u
#define VM_SEALED 0x200000u /* mseal: stays as it is until exec or exit */
#define VM_DROPPABLE 0x400000u /* its contents may go: MADV_PAGEOUT does it */
#define VM_LOCK_MASK (VM_LOCKED | VM_LOCKONFAULT)

/* What the owner of a file-backed area does; kernel/fs fills it in. */
struct vma_ops {
	struct file *(*file_get)(struct file *f);
	void (*file_put)(struct file *f);
	/* Its path for /proc/PID/maps: bytes written to buf, or -errno. */
	int (*file_name)(struct file *f, char *buf, size_t size);
	/* Device, inode number for the same. */
	void (*file_ids)(struct file *f, uint64_t *dev, uint64_t *ino);
	/* The new area is in place: may it stay, or must it go again? 0 or -errno. NULL: it may. */
	int (*file_mapped)(struct file *f, const struct vma *v);
	/* Gives up the contents of a stretch of bytes: they read as zeros. 0 or -errno. No mm->lock
	 * is held. NULL: can't be done. */
	int (*file_punch)(struct file *f, uint64_t offset, uint64_t len);
	/* May current learn which of its pages are in memory (it could write to the file)? NULL:
	 * yes. */
	bool (*file_may_tell)(struct file *f);
};

struct vma {
	struct rb_node node;
	struct mm *mm;	       /* [i] */
	vaddr_t start, end;    /* [mm->lock] page aligned, [start, end) */
	size_t gap;	       /* [mm->lock] bytes free between the area below and this one */
	size_t gap_most;       /* [mm->lock] the greatest in this one's subtree */
	unsigned flags;	       /* [mm->lock] VM_* */
	const struct vma_ops *ops; /* [i] NULL: anonymous */
	struct file *file;	   /* [i] counted through ops */
	struct page_cache
		*cache; /* [i] whose pages it shows; NULL: anonymous. Kept alive by file */
	struct list cache_link;	   /* [cache->map_lock] in cache->mappings */
	uint64_t pgoff;		   /* [mm->lock] page index in cache of start */
	const char *name;	   /* [stack], [vdso] or NULL */
	const void *kernel_pages;  /* VM_KERNEL_PAGES */
};

/* The area that holds addr / the first that ends above addr; NULL. mm->lock held. */
struct vma *vma_find(struct mm *mm, vaddr_t addr);
struct vma *vma_find_after(struct mm *mm, vaddr_t addr);
struct vma *vma_next(struct vma *v);
struct vma *vma_prev(struct vma *v);
/* Free room is what lies between the areas. [vma_floor, vma_lowest) is the gap below v: it reaches
 * down to the next area, or to MAP_LOWEST; and up to v, but for the guard if v grows down. */
vaddr_t vma_lowest(const struct vma *v);
vaddr_t vma_floor(struct vma *v);
/* The tree of an address space is to know the gaps. */
rb_update_fn vma_update;

/* The rest is for kernel/mm itself; mm->lock held for writing. */

/* A zeroed area not yet in the tree / enters it there and with its cache / takes it out and frees
 * it with its file. */
struct vma *vma_create(struct mm *mm, vaddr_t start, vaddr_t end, unsigned flags);
void vma_link(struct vma *v);
void vma_unlink_free(struct vma *v);
/* Frees one that was never linked. NULL is legal. */
void vma_free(struct vma *v);
/* An unlinked twin with its own file reference. NULL: out of memory. */
struct vma *vma_clone(const struct vma *v, struct mm *mm);
/* Cuts v at addr, strictly inside: v keeps the lower part. 0, -ENOMEM. */
int vma_split(struct vma *v, vaddr_t addr) __must_check;
/* Makes area boundaries at start and end where areas cross them. */
int vma_split_range(struct mm *mm, vaddr_t start, vaddr_t end) __must_check;
/* Moves v's bounds; the caller keeps the order of the tree. */
void vma_resize(struct vma *v, vaddr_t start, vaddr_t end);
/* Joins v with like neighbours; v may be freed. */
void vma_merge(struct vma *v);

/* Joins whatever can be joined in and around [start, end). */
void vma_merge_range(struct mm *mm, vaddr_t start, vaddr_t end);
/* Changes flags, keeping the accounts. */
void vma_set_flags(struct vma *v, unsigned flags);

/* VM_* of PROT_*. */
unsigned vma_flags_of_prot(unsigned prot);
static inline uint64_t vma_pages(const struct vma *v)
{
	return (v->end - v->start) >> PAGE_SHIFT;
}
static inline bool vma_is_private(const struct vma *v)
{
	return !(v->flags & VM_SHARED);
}

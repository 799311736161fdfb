/*
 * Address spaces. One row of the resource table (CLONE_VM).
 *
 * users counts tasks (and whoever works on the areas from outside: mm_get/mm_put); when it drops to
 * zero the areas and pages go. ref counts users-as-one plus every hart that still has the tree
 * loaded; when it drops to zero the root table and the struct go.
 *
 * All address spaces that have areas or tables are on one list, for the checker (check.c). mm_world
 * is held for reading by whoever puts one on it or takes it off, or changes tables without their
 * mm->lock (truncation); for writing by the checker.
 */
#pragma once

#include "arch/pte.h"
#include "kernel/alloc/page.h"
#include "kernel/core/hart.h"
#include "kernel/mm/layout.h"
#include "kernel/sched/mutex.h"
#include "lib/rbtree.h"

struct file;
struct vma;
struct time_ns;
struct page_cache;

struct mm {
	struct ref ref;
	struct ref users;
	struct list world_link; /* [mm_world and mm_list_lock] */
	struct rwlock lock;	/* areas: read to fault, write to change. Rank MM */
	struct rb_root areas;	/* [lock] struct vma by address, never overlapping */
	unsigned area_count;	/* [lock] */
	pte_t *root;		/* [i] */
	struct page *middles;	/* [tables] the middle tables, by next_middle */
	struct spinlock tables; /* for the entries of root and middle tables; rank TABLES */
	struct hart_mask harts; /* [a] that have it loaded: whom to shoot down */
	atomic_uint barriers;	/* [a] what membarrier has registered */
	atomic_long rss_anon, rss_file; /* [a] pages */
	atomic_long table_pages;	/* [a] */
	uint64_t total_pages, locked_pages, data_pages, stack_pages; /* [lock] areas' sizes */
	uint64_t peak_pages;  /* [lock] most of total_pages so far */
	/* [a] most resident pages, noted whenever some are about to go */
	_Atomic uint64_t hiwater_rss;
	unsigned default_flags; /* [lock] VM_LOCK_MASK: what mlockall gives to new areas */
	bool sealed;		/* [lock] there may be areas with VM_SEALED */
	vaddr_t brk_start, brk;	  /* [lock] */
	vaddr_t code_start, code_end, data_start, data_end; /* [i] after exec */
	vaddr_t stack_start;	  /* [i] */
	vaddr_t arg_start, arg_end, env_start, env_end; /* [i] after exec */
	struct mm_layout layout;  /* [i] after exec */
	vaddr_t vdso;		  /* [i] where exec mapped it */
	struct time_ns *time; /* [lock, T] whose clocks it shows; counted. NULL: the first */
	/* [i] after exec: counted through the two below it (fs is to the right of mm). */
	struct file *exe;
	struct file *(*exe_get)(struct file *f);
	void (*exe_put)(struct file *f);
	uint64_t auxv[48];	  /* [i] after exec */
	unsigned dumpable;	  /* [a] what prctl(PR_SET_DUMPABLE) says */
	unsigned deny_exec; /* [a] PR_MDWE_*: no area becomes executable, nor is also writable */
	unsigned ns_level; /* [i] after exec. Who may look in though it is not dumpable: who may in
			    * its user's user namespace, or the one of this level above */
	bool reaped; /* [a] emptied under its owner, who is being killed: no page comes any more */
	bool oom_skip; /* [a] has nothing left to give: kernel/ipc/oom.c */
};

/* What mmap_top is until exec plans the layout. */
#define MMAP_TOP (USER_END - (1UL << 30))

extern struct rwlock mm_world;
extern struct list mm_list; /* [mm_world for reading and mm_list_lock, or mm_world for writing] */

int mm_create(struct mm **out) __must_check;
/* fork: every area, pages copy-on-write. 0, -ENOMEM, -EINTR (fatal signal). Sleeps. */
int mm_copy(struct mm *from, struct mm **out) __must_check;
/* A user more / less. mm_put(NULL) is legal; the last one tears down and sleeps. */
struct mm *mm_get(struct mm *mm);
void mm_put(struct mm *mm);
bool mm_get_unless_dead(struct mm *mm);
/* This hart lets go of mm if it has it loaded without using it. */
void mm_switch_away(struct mm *mm);
/* Makes mm current's and loads it (exec; kernel threads that borrow one). Consumes the reference;
 * returns the old one. */
struct mm *mm_install(struct mm *mm);
/* Resident pages now / at most so far. */
uint64_t mm_rss(const struct mm *mm);
uint64_t mm_rss_peak(struct mm *mm);
/* The address space of another task, as a user; NULL when it has none. */
struct mm *mm_of_task(struct task *t);

/*
 * Mapping. addresses and lengths are bytes; prot is PROT_*, flags MAP_* of the ABI. All take
 * mm->lock themselves. Sleep.
 */
struct mm_map_request {
	vaddr_t addr;	   /* hint or, with MAP_FIXED, the place */
	size_t len;
	unsigned prot;
	unsigned flags;
	struct file *file; /* NULL: anonymous; a reference is taken */
	uint64_t offset;   /* in the file */
	/* Sets up vma->ops and vma->cache for a file, and vma->file, counted, if it is to be
	 * another one; kernel/fs passes its own (fs is to the right of mm). */
	int (*attach)(struct file *file, struct vma *vma);
	bool deny_exec;	   /* nor by mprotect later */
	bool allow_write;  /* a shared mapping may become writable by mprotect */
};
int mm_map(struct mm *mm, const struct mm_map_request *req, vaddr_t *out) __must_check;
int mm_unmap(struct mm *mm, vaddr_t addr, size_t len) __must_check;
int mm_protect(struct mm *mm, vaddr_t addr, size_t len, unsigned prot) __must_check;
int mm_remap(struct mm *mm, vaddr_t old, size_t old_len, size_t new_len, unsigned flags,
	     vaddr_t new_addr, vaddr_t *out) __must_check;
int mm_advise(struct mm *mm, vaddr_t addr, size_t len, int advice) __must_check;
/*
 * Locking pages (kernel/mm/lock.c). addr and len as user space gives them. Sleep. 0, -EPERM (may
 * not lock at all), -ENOMEM (hole, or over RLIMIT_MEMLOCK), -EAGAIN (pages could not be had),
 * -EINVAL, -EINTR (current is to die).
 */
int mm_lock_range(struct mm *mm, vaddr_t addr, size_t len, bool on_fault) __must_check;
int mm_unlock_range(struct mm *mm, vaddr_t addr, size_t len) __must_check;
int mm_lock_all(struct mm *mm, unsigned mcl_flags) __must_check;
int mm_unlock_all(struct mm *mm) __must_check;
/* mseal: areas of [start, end) stay where and as they are. 0, -ENOMEM (hole), -EINTR. */
int mm_seal(struct mm *mm, vaddr_t start, vaddr_t end) __must_check;
/* Whether each page of [start, end) would be had without waiting: a byte for each. 0, -ENOMEM
 * (hole), -EINTR. */
int mm_mincore(struct mm *mm, vaddr_t start, vaddr_t end, uint8_t *present) __must_check;
/* PR_SET_MDWE: what of PR_MDWE_* holds from now on. 0, -EPERM: others do already. */
int mm_deny_exec_set(struct mm *mm, unsigned mdwe) __must_check;
/* What of it a copy of from gets, or the address space of a program that it executes. */
unsigned mm_deny_exec_inherited(const struct mm *from);
/* May an area that had these flags have those new ones? */
bool mm_deny_exec_allows(const struct mm *mm, unsigned had, unsigned flags);
/* The new break, or the old one when it can't be moved. */
vaddr_t mm_brk(struct mm *mm, vaddr_t new_brk);
/* Maps kernel pages that belong to the image (vDSO) for reading or executing. */
int mm_map_kernel_pages(struct mm *mm, vaddr_t addr, const void *start, size_t len, unsigned prot,
			const char *name) __must_check;

/* exec: maps the data page and the vDSO image where mmap finds room; sets mm->vdso. */
int mm_map_vdso(struct mm *mm) __must_check;

/* Another address space's memory, through its areas as the task itself would see it (write breaks
 * copy-on-write). Bytes moved; short at a hole. For /proc/PID/cmdline, process_vm_*, ptrace. */
size_t mm_read_remote(struct mm *mm, vaddr_t addr, void *buf, size_t n);
size_t mm_write_remote(struct mm *mm, vaddr_t addr, const void *buf, size_t n);

/* What a shared futex word is known by, whoever maps it: the page cache and index, or the mm and
 * address if private. */
struct mm_word_key {
	const void *object;
	uint64_t offset;
	struct page_cache *pinned; /* the object, when it is one: kept alive */
};
int mm_word_key(struct mm *mm, vaddr_t addr, bool shared, struct mm_word_key *key) __must_check;
/* Drops what mm_word_key pinned (the object, when shared). */
void mm_word_key_put(struct mm_word_key *key);

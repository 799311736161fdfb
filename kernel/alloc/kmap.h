/*
 * Kernel mappings made page by page, with an unmapped guard page below each: stacks, device
 * registers, big buffers.
 */
#pragma once

#include "arch/page.h"

/* A kernel stack of KSTACK_SIZE with a guard page below; its lowest address, or NULL. Recently
 * freed ones are reused. */
void *kstack_alloc(void);
void kstack_free(void *stack);
/* Stacks that are freed and kept for reuse. */
unsigned kstack_kept(void);
/* This hart's go to the common pool. Interrupts off. */
void kstack_drain_here(void);
/* Frees those of the common pool. Not from an interrupt. */
void kstack_shrink(void);

/* Device registers at a physical address, readable and writable, never executable. NULL when out of
 * memory. */
void *kmap_io(paddr_t pa, size_t len);

/* Virtually contiguous zeroed memory, any size. NULL when out of memory. */
void *kmap_alloc(size_t len);
/* The same, zeroed only with ALLOC_ZERO in flags. */
void *kmap_pages(size_t len, unsigned flags);
/* What kmap_alloc, kmap_pages or kmap_io returned; NULL is legal. The memory is free for others
 * once enough has been given back for one flush of every hart. That is made at once, but not from
 * an interrupt handler: then by the next call from elsewhere. */
void kmap_free(void *p);
/* At once: when memory is short, or is about to be counted. Not from an interrupt. */
void kmap_purge(void);

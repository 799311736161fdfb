/*
 * The buddy allocator below kernel/alloc/page.c: blocks of 2^order free frames. Nobody else
 * includes this.
 */
#pragma once

#include "kernel/alloc/page.h"

/* A block's first frame, taken out of the free lists; its struct page still says PAGE_FREE. NULL:
 * none. Any context. */
struct page *buddy_alloc(unsigned order);
/* Gives a block back, merging it with its free buddies. */
void buddy_free(struct page *p, unsigned order);

/* Up to n single frames at once, chained through link.next from *head on; how many it was. And
 * back: n of them. */
unsigned buddy_alloc_batch(struct page **head, unsigned n);
void buddy_free_batch(struct page *head, unsigned n);

/* Frames in the free lists; frames ever released to them. */
uint64_t buddy_free_count(void);
uint64_t buddy_total_count(void);
/* Free blocks of an order. */
uint64_t buddy_blocks(unsigned order);

/* Frames in a hart's magazine and in a batch are chained like this. */
static inline struct page *page_chain_next(const struct page *p)
{
	return (struct page *)p->link.next;
}
static inline void page_chain_push(struct page **head, struct page *p)
{
	p->link.next = (struct list *)*head;
	*head = p;
}

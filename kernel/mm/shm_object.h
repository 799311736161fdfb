/*
 * Memory that is shared but has no file: what MAP_SHARED | MAP_ANONYMOUS maps.
 */
#pragma once

#include "kernel/mm/vma.h"

struct shm_object;

/* An object of so many bytes, not yet shown anywhere, with so many pages promised (0: promised one
 * by one, as it gets them). NULL: out of memory. The last put drops the pages and does not
 * sleep. */
struct shm_object *shm_object_create(uint64_t size, uint64_t promised);
void shm_object_put(struct shm_object *o);
struct page_cache *shm_object_cache(struct shm_object *o);

/* Gives a fresh area an object of its own. 0, -ENOMEM. */
int shm_object_attach(struct vma *v) __must_check;

/*
 * Buffers of any size: small ones from kmalloc, large ones mapped page by page, so that a large one
 * needs no contiguous memory. Who frees must know the size.
 */
#pragma once

#include "lib/types.h"

/* Not zeroed when small. NULL: out of memory. May not be called from interrupts. */
void *buffer_alloc(size_t size);
void buffer_free(void *p, size_t size); /* NULL is legal */

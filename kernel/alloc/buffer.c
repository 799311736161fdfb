/*
 * Where the two ways of getting memory meet.
 */
#include "kernel/alloc/buffer.h"

#include "kernel/alloc/kmap.h"
#include "kernel/alloc/slab.h"

#define BUFFER_KMALLOC_MAX 8192u /* beyond, contiguous pages become hard to find */

void *buffer_alloc(size_t size)
{
	return size > BUFFER_KMALLOC_MAX ? kmap_alloc(size) : kmalloc(size, 0);
}

void buffer_free(void *p, size_t size)
{
	if (p == NULL)
		return;
	if (size > BUFFER_KMALLOC_MAX)
		kmap_free(p);
	else
		kfree(p);
}

/*
 * sort.h: sorting an array in place.
 *
 * Heap sort: O(n log n) always, no recursion and no memory, which is what a kernel stack can
 * afford. Not stable.
 */
#pragma once

#include "lib/types.h"

/* <0: a before b; 0: either; >0: a after b. */
typedef int sort_compare_fn(const void *a, const void *b);

typedef void sort_swap_fn(void *a, void *b, size_t size);

/* Sorts `count` elements of `size` bytes each. With swap NULL the bytes are exchanged. */
void sort(void *base, size_t count, size_t size, sort_compare_fn *compare, sort_swap_fn *swap);

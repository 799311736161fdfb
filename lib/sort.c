/*
 * sort.c: heap sort.
 *
 * The array is seen as a binary tree in which the children of element i are 2i + 1 and 2i + 2.
 * First it is made a heap, where no child is greater than its parent, from the last parent
 * upwards. Then the greatest element, the top, is exchanged with the last, the heap is one
 * shorter, and what came to the top sinks to its place; until nothing is left.
 */
#include "lib/sort.h"

struct sorting {
	char *base;
	size_t size;
	sort_compare_fn *compare;
	sort_swap_fn *swap;
};

static void swap_bytes(void *a, void *b, size_t size)
{
	char *x = a, *y = b;

	for (size_t i = 0; i < size; i++) {
		char byte = x[i];

		x[i] = y[i];
		y[i] = byte;
	}
}

static char *element(const struct sorting *s, size_t index)
{
	return s->base + index * s->size;
}

/* Lets element `parent` sink until no child is greater, in a heap of `count`. */
static void sink(const struct sorting *s, size_t parent, size_t count)
{
	/* parent < count / 2 is to have a child, and keeps 2 * parent + 1 from wrapping. */
	while (parent < count / 2) {
		size_t child = 2 * parent + 1;

		if (child + 1 < count && s->compare(element(s, child), element(s, child + 1)) < 0)
			child++;
		if (s->compare(element(s, parent), element(s, child)) >= 0)
			return;
		s->swap(element(s, parent), element(s, child), s->size);
		parent = child;
	}
}

void sort(void *base, size_t count, size_t size, sort_compare_fn *compare, sort_swap_fn *swap)
{
	struct sorting s = {
		.base = base,
		.size = size,
		.compare = compare,
		.swap = swap != NULL ? swap : swap_bytes,
	};

	for (size_t parent = count / 2; parent > 0; parent--)
		sink(&s, parent - 1, count);
	for (size_t last = count; last > 1; last--) {
		s.swap(element(&s, 0), element(&s, last - 1), size);
		sink(&s, 0, last - 1);
	}
}

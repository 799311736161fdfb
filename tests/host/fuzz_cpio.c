/*
 * Any bytes as a cpio archive: every byte that an entry points to is read.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size | 1);
	struct cpio_entry e;
	struct cpio cpio;

	memcpy(copy, data, size);
	cpio_init(&cpio, copy, size);
	while (cpio_next(&cpio, &e) == 1) {
		if (strlen(e.name) != e.name_len)
			abort();
		for (size_t i = 0; i < e.size; i++)
			sink ^= ((const uint8_t *)e.data)[i];
	}
	free(copy);
	return 0;
}

/*
 * test.h: what every host test includes.
 *
 * The tests are cmocka programs that run lib/ on the development machine under the address and
 * undefined-behaviour sanitizers. Random tests draw from test_random(), whose seed the environment
 * variable SEED sets, so that a failure can be repeated: the runner prints the command.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/random.h"
#include "lib/types.h"

/* A generator seeded by SEED (1 if that is not set). */
static inline struct prng test_random(void)
{
	const char *seed = getenv("SEED");
	struct prng prng;

	prng_seed(&prng, seed != NULL ? strtoull(seed, NULL, 0) : 1);
	return prng;
}

struct file_bytes {
	uint8_t *data; /* exactly `size` bytes of heap, so that ASan sees the first byte beyond */
	size_t size;
};

/* Reads a whole file; fails the test if that is not possible. The caller frees data. */
static inline struct file_bytes file_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct file_bytes bytes;

	if (file == NULL)
		fail_msg("cannot open %s", path);
	fseek(file, 0, SEEK_END);
	bytes.size = (size_t)ftell(file);
	rewind(file);
	bytes.data = malloc(bytes.size);
	assert_int_equal(fread(bytes.data, 1, bytes.size, file), bytes.size);
	fclose(file);
	return bytes;
}

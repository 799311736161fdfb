/*
 * text.h: text that is put together piece by piece, in a buffer that grows.
 */
#pragma once

#include "lib/types.h"

struct pid_ns;

struct text {
	char *data;
	size_t used, size;
	const struct pid_ns *pid_ns; /* in which numbers of tasks are said */
	bool failed; /* memory ran out: the text is not whole */
};

void text_printf(struct text *t, const char *fmt, ...) __printf(2, 3);
void text_put(struct text *t, const void *bytes, size_t n);
void text_release(struct text *t);

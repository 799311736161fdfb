/*
 * text.c: growing text. A piece that does not fit makes the buffer twice as large; a piece for
 * which there is no memory marks the text as failed, and whoever shows it answers ENOMEM, so that
 * no caller has to look at each piece.
 */
#include "kernel/fs/text.h"

#include "kernel/alloc/buffer.h"
#include "lib/format.h"
#include "lib/string.h"

#define TEXT_FIRST 512u

static bool make_room(struct text *t, size_t n)
{
	size_t size = max(t->size, (size_t)TEXT_FIRST);
	char *data;

	if (t->used + n <= t->size)
		return true;
	while (size < t->used + n)
		size *= 2;
	data = buffer_alloc(size);
	if (data == NULL) {
		t->failed = true;
		return false;
	}
	if (t->data != NULL) {
		memcpy(data, t->data, t->used);
		buffer_free(t->data, t->size);
	}
	t->data = data;
	t->size = size;
	return true;
}

void text_put(struct text *t, const void *bytes, size_t n)
{
	if (!make_room(t, n))
		return;
	memcpy(t->data + t->used, bytes, n);
	t->used += n;
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = str_vformat(t->data + t->used, t->size - t->used, fmt, args);
	va_end(args);
	if (t->used + (size_t)len + 1 > t->size) {
		if (!make_room(t, (size_t)len + 1))
			return;
		va_start(args, fmt);
		(void)str_vformat(t->data + t->used, t->size - t->used, fmt, args);
		va_end(args);
	}
	t->used += (size_t)len;
}

void text_release(struct text *t)
{
	buffer_free(t->data, t->size);
	*t = (struct text){ 0 };
}

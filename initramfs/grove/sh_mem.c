/*
 * The shell's memory: pools for trees, a stack for expansion
 *
 * A line that was parsed lies in one pool and goes when it has run, unless a
 * function in it holds a reference. Strings made while running (words, command
 * output) lie in the scratch stack: a command marks it, expands, runs and
 * releases, so a loop that runs for days takes no more than its largest round.
 */

#include "initramfs/grove/sh.h"

#include <stdarg.h>

#define CHUNK_SIZE 4000

struct chunk {
	struct chunk *below;
	size_t used, size;
	_Alignas(16) char data[];
};

struct pool {
	struct chunk *chunks;	/* the newest first */
	int references;
};

static struct pool scratch;

static void *chunks_alloc(struct pool *pool, size_t size)
{
	struct chunk *c = pool->chunks;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = xmalloc(sizeof(*c) + room);
		*c = (struct chunk){.below = pool->chunks, .size = room};
		pool->chunks = c;
	}
	p = c->data + c->used;
	c->used += size;
	return p;
}

static void chunks_free_to(struct pool *pool, struct chunk *stop)
{
	while (pool->chunks && pool->chunks != stop) {
		struct chunk *c = pool->chunks;

		pool->chunks = c->below;
		free(c);
	}
}

struct pool *pool_create(void)
{
	struct pool *pool = xmalloc(sizeof(*pool));

	*pool = (struct pool){.references = 1};
	return pool;
}

struct pool *pool_get(struct pool *pool)
{
	pool->references++;
	return pool;
}

void pool_put(struct pool *pool)
{
	if (!pool || --pool->references > 0)
		return;
	chunks_free_to(pool, NULL);
	free(pool);
}

void *pool_alloc(struct pool *pool, size_t size)
{
	return memset(chunks_alloc(pool, size), 0, size);
}

char *pool_strndup(struct pool *pool, const char *s, size_t len)
{
	char *copy = chunks_alloc(pool, len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

struct mark scratch_mark(void)
{
	struct chunk *c = scratch.chunks;

	return (struct mark){.chunk = c, .used = c ? c->used : 0};
}

void scratch_release(struct mark mark)
{
	chunks_free_to(&scratch, mark.chunk);
	if (scratch.chunks)
		scratch.chunks->used = mark.used;
}

void *scratch_alloc(size_t size)
{
	return chunks_alloc(&scratch, size);
}

char *scratch_printf(const char *fmt, ...)
{
	va_list args;
	char *s;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	s = scratch_alloc(len + 1);
	va_start(args, fmt);
	vsnprintf(s, len + 1, fmt, args);
	va_end(args);
	return s;
}

void text_add(struct text *text, const char *s, size_t len)
{
	if (text->len + len + 1 > text->room) {
		char *old = text->data;

		text->room = 2 * (text->len + len) + 32;
		text->data = scratch_alloc(text->room);
		if (text->len > 0)
			memcpy(text->data, old, text->len);
	}
	if (len > 0)
		memcpy(text->data + text->len, s, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_char(struct text *text, char c)
{
	text_add(text, &c, 1);
}

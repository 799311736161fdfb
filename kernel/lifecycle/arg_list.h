/*
 * argv and envp on their way from the old program to the new: strings, one after the other, in one
 * buffer that grows.
 */
#pragma once

#include "lib/types.h"

/* Longest single argument, and the most for all, whatever the stack limit says. */
#define ARG_STRING_MAX (128u << 10)
#define ARG_TOTAL_MAX (6u << 20)

struct arg_list {
	char *data;	/* count strings with their NULs */
	size_t used;	/* bytes */
	size_t size;	/* of the buffer */
	unsigned count;
};

/* A user's NULL-terminated vector (NULL: an empty one), total bytes with pointers <= limit. 0,
 * -EFAULT, -E2BIG, -ENOMEM, -EINTR. */
int arg_list_fetch(struct arg_list *l, const uint64_t __user *vector, size_t limit) __must_check;
/* Appends a kernel string. 0, -ENOMEM, -E2BIG. */
int arg_list_add(struct arg_list *l, const char *s) __must_check;
/* Appends all strings of `from` but the first `skip`. */
int arg_list_add_rest(struct arg_list *l, const struct arg_list *from, unsigned skip) __must_check;
void arg_list_release(struct arg_list *l);

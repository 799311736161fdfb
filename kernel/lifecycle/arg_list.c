/*
 * The strings are copied once while the old address space is still there, and once more into the
 * new stack when the new one is complete; so nothing about the new program depends on user memory
 * that may change in between.
 */
#include "kernel/lifecycle/arg_list.h"

#include "arch/uaccess.h"
#include "kernel/alloc/buffer.h"
#include "kernel/ipc/signal.h"
#include "lib/errno.h"
#include "lib/string.h"

#define ARG_LIST_START 2048

static int buffer_grow(struct arg_list *l, size_t need)
{
	size_t size = l->size != 0 ? l->size : ARG_LIST_START;
	char *data;

	while (size < need)
		size *= 2;
	if (size > 2 * ARG_TOTAL_MAX)
		return -E2BIG;
	data = buffer_alloc(size);
	if (data == NULL)
		return -ENOMEM;
	if (l->data != NULL) {
		memcpy(data, l->data, l->used);
		buffer_free(l->data, l->size);
	}
	l->data = data;
	l->size = size;
	return 0;
}

static int string_fetch(struct arg_list *l, const char __user *s, size_t limit)
{
	for (;;) {
		size_t room = min(l->size - l->used, (size_t)ARG_STRING_MAX);
		long len = room > 0 ? user_string_in(l->data + l->used, s, room) : -ENAMETOOLONG;
		int err;

		if (len >= 0) {
			l->used += (size_t)len + 1;
			l->count++;
			return l->used + l->count * sizeof(uint64_t) > limit ? -E2BIG : 0;
		}
		if (len != -ENAMETOOLONG)
			return (int)len;
		if (room == ARG_STRING_MAX)
			return -E2BIG;
		err = buffer_grow(l, 2 * l->size);
		if (err)
			return err;
	}
}

int arg_list_fetch(struct arg_list *l, const uint64_t __user *vector, size_t limit)
{
	int err;

	if (vector == NULL)
		return 0;
	for (;; vector++) {
		uint64_t s;

		err = copy_from_user(&s, vector, sizeof(s));
		if (err || s == 0)
			return err;
		err = string_fetch(l, (const char __user *)s, limit);
		if (err)
			return err;
		if (signal_kill_pending())
			return -EINTR;
	}
}

int arg_list_add(struct arg_list *l, const char *s)
{
	size_t len = strlen(s) + 1;

	if (l->used + len > l->size) {
		int err = buffer_grow(l, l->used + len);

		if (err)
			return err;
	}
	memcpy(l->data + l->used, s, len);
	l->used += len;
	l->count++;
	return 0;
}

int arg_list_add_rest(struct arg_list *l, const struct arg_list *from, unsigned skip)
{
	const char *s = from->data;

	for (unsigned i = 0; i < from->count; i++, s += strlen(s) + 1) {
		int err = i < skip ? 0 : arg_list_add(l, s);

		if (err)
			return err;
	}
	return 0;
}

void arg_list_release(struct arg_list *l)
{
	buffer_free(l->data, l->size);
	*l = (struct arg_list){ 0 };
}

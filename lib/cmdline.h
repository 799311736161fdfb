/*
 * cmdline.h: the kernel's command line, for example
 *
 *	console=ttyS0 quiet init="/bin/my init" -- arguments of init
 *
 * Words are separated by blanks. A word is KEY or KEY=VALUE; double quotes, around the value or
 * around the whole word, keep blanks in and are not part of the value. In keys '-' and '_' are
 * the same. A word "--" ends what is the kernel's: the rest is for init.
 *
 * Nothing is changed or copied by the iterator: a value is a piece of the line.
 */
#pragma once

#include "lib/types.h"

struct cmdline_arg {
	const char *key;
	size_t key_len;
	const char *value; /* NULL for a word without '='; may be empty */
	size_t value_len;
};

/* Takes the next word at *cursor, which starts as the line and moves on. False at the end of the
 * line. "--" is a word like others here: the caller decides. */
bool cmdline_next(const char **cursor, struct cmdline_arg *arg);

/* Is the key of this word `key`? */
bool cmdline_is(const struct cmdline_arg *arg, const char *key);

/* Copies the value of the LAST word with this key before "--", NUL-ended, into buf. Returns its
 * length (0 also for a key without '='); -ENOENT: no such key; -E2BIG: does not fit, buf has the
 * part that does. */
int cmdline_find(const char *line, const char *key, char *buf, size_t size);

/* Is there a word with this key before "--", with or without a value? */
bool cmdline_has(const char *line, const char *key);

/* The number or size ("64M") that the last word with this key gives. 0; -ENOENT: no such key;
 * -EINVAL or -ERANGE: not a number. *out is written only on 0. */
int cmdline_size(const char *line, const char *key, uint64_t *out);

/* What stands after "--", for init; an empty string if there is nothing. */
const char *cmdline_rest(const char *line);

/*
 * The text of mount's options: "size=64k,mode=700,noswap".
 */
#pragma once

#include "lib/types.h"

/* Hands each option but "rw" to one, in their order, with the text behind its "=" or NULL, until
 * that gives an error. 0, one's error, -ENOMEM. */
int mount_options_parse(const char *text,
			int (*one)(const char *name, const char *value, void *arg),
			void *arg) __must_check;
/* For who knows none. 0, -EINVAL, -ENOMEM. */
int mount_options_none(const char *text) __must_check;

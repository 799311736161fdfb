/*
 * The text of mount's options: "size=64k,mode=700,noswap".
 */
#pragma once

#include "lib/types.h"

/* Does what the words that every type takes ("ro", "sync", "nolazytime") say to MS_* flags of an
 * instance: sets and clears them in *flags, and adds them to *named. 0, -ENOMEM. */
int mount_options_flags(const char *text, unsigned *flags, unsigned *named) __must_check;
/* Hands each other option to one, in their order, with the text behind its "=" or NULL, until that
 * gives an error. 0, one's error, -ENOMEM. */
int mount_options_parse(const char *text,
			int (*one)(const char *name, const char *value, void *arg),
			void *arg) __must_check;
/* For who knows none. 0, -EINVAL, -ENOMEM. */
int mount_options_none(const char *text) __must_check;

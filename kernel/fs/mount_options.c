/*
 * Options are taken apart in a copy. Empty ones (",,") mean nothing.
 */
#include "kernel/fs/mount_options.h"

#include "kernel/alloc/slab.h"
#include "lib/errno.h"
#include "lib/string.h"

int mount_options_parse(const char *text,
			int (*one)(const char *name, const char *value, void *arg), void *arg)
{
	char *copy = kstrdup(text), *rest = copy, *name;
	int err = copy != NULL ? 0 : -ENOMEM;

	while (err == 0 && (name = str_token(&rest, ",")) != NULL) {
		char *value = strchr(name, '=');

		if (value != NULL)
			*value++ = '\0';
		if (*name != '\0')
			err = one(name, value, arg);
	}
	kfree(copy);
	return err;
}

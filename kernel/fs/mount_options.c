/*
 * Options are taken apart in a copy. Empty ones (",,") and "rw" mean nothing: whether a mount is
 * read-only, a flag says.
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
		if (*name != '\0' && (value != NULL || !str_equal(name, "rw")))
			err = one(name, value, arg);
	}
	kfree(copy);
	return err;
}

static int option_refuse(const char *name, const char *value, void *unused)
{
	return -EINVAL;
}

int mount_options_none(const char *text)
{
	return mount_options_parse(text, option_refuse, NULL);
}

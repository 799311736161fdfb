/*
 * Options are taken apart in a copy. Empty ones (",,") mean nothing.
 *
 * Some words are no business of the type's: they set or clear a flag of the instance, whatever is
 * behind a "=". kernel/fs/mount_ops.c reads them first; who parses the rest never sees them. What
 * mount(8) turns into flags of the mount ("noatime", "nosuid", "defaults") is none of them.
 */
#include "kernel/fs/mount_options.h"

#include "kernel/abi/mount.h"
#include "kernel/alloc/slab.h"
#include "lib/errno.h"
#include "lib/string.h"

static const struct word {
	const char *name;
	unsigned flag;
	bool set;
} words[] = {
	{ "ro", MS_RDONLY, true },	   { "rw", MS_RDONLY, false },
	{ "sync", MS_SYNCHRONOUS, true },  { "async", MS_SYNCHRONOUS, false },
	{ "mand", MS_MANDLOCK, true },	   { "nomand", MS_MANDLOCK, false },
	{ "lazytime", MS_LAZYTIME, true }, { "nolazytime", MS_LAZYTIME, false },
	{ "dirsync", MS_DIRSYNC, true },
};

static const struct word *word_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (str_equal(name, words[i].name))
			return &words[i];
	}
	return NULL;
}

static int options_each(const char *text,
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

struct instance_flags {
	unsigned *flags, *named;
};

static int word_take(const char *name, const char *value, void *arg)
{
	const struct instance_flags *to = arg;
	const struct word *w = word_find(name);

	if (w == NULL)
		return 0;
	*to->named |= w->flag;
	*to->flags = w->set ? *to->flags | w->flag : *to->flags & ~w->flag;
	return 0;
}

int mount_options_flags(const char *text, unsigned *flags, unsigned *named)
{
	struct instance_flags to = { flags, named };

	*named = 0;
	return options_each(text, word_take, &to);
}

struct handler {
	int (*one)(const char *name, const char *value, void *arg);
	void *arg;
};

static int option_hand(const char *name, const char *value, void *arg)
{
	const struct handler *to = arg;

	return word_find(name) != NULL ? 0 : to->one(name, value, to->arg);
}

int mount_options_parse(const char *text,
			int (*one)(const char *name, const char *value, void *arg), void *arg)
{
	struct handler to = { one, arg };

	return options_each(text, option_hand, &to);
}

static int option_refuse(const char *name, const char *value, void *unused)
{
	return -EINVAL;
}

int mount_options_none(const char *text)
{
	return mount_options_parse(text, option_refuse, NULL);
}

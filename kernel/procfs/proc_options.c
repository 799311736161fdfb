/*
 * proc_options.c: the options of a /proc, each instance with its own.
 *
 *	hidepid=	what others' processes are to whom may not look inside them
 *	0 off		shown
 *	1 noaccess	listed, and nothing of them can be opened
 *	2 invisible	not there, neither in the list nor by number
 *	4 ptraceable	the same, and for the group as well
 *	gid=		whose members see all, root's if not said
 *
 * Who may look inside is what decides about a process's memory map, too. It is asked each time, of
 * an open directory as well, since both sides may change their ids.
 *
 * LIMIT: subset=pid is refused.
 */
#include "kernel/procfs/proc_options.h"

#include "kernel/fs/mount_options.h"
#include "kernel/procfs/proc.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

static const char *const names[] = {
	[HIDE_NOTHING] = "off",
	[HIDE_CONTENTS] = "noaccess",
	[HIDE_PROCESSES] = "invisible",
	[HIDE_UNTRACEABLE] = "ptraceable",
};

/* By name or number; 3 is neither. */
static int hiding_parse(const char *value, enum proc_hiding *out)
{
	uint64_t n = ARRAY_SIZE(names);

	(void)!str_to_u64(value, NULL, 0, &n);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i] != NULL && (n == i || str_equal(value, names[i]))) {
			*out = (enum proc_hiding)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int gid_parse(const char *value, unsigned *out)
{
	uint64_t n;

	if (str_to_u64(value, NULL, 0, &n) < 0 || n > UINT32_MAX)
		return -EINVAL;
	*out = user_ns_id_in(current_cred()->user_ns, ID_GID, (unsigned)n);
	return 0;
}

static int option_parse(const char *name, const char *value, void *arg)
{
	struct proc_options *o = arg;

	if (value != NULL && str_equal(name, "hidepid"))
		return hiding_parse(value, &o->hiding);
	if (value != NULL && str_equal(name, "gid"))
		return gid_parse(value, &o->gid);
	return -EINVAL; /* what is not hidden must not be said to be */
}

int proc_options_parse(const char *text, struct proc_options *o)
{
	return mount_options_parse(text, option_parse, o);
}

size_t proc_options_show(const struct proc_options *o, char *buf, size_t size)
{
	enum proc_hiding hiding = READ_ONCE(o->hiding);
	unsigned gid = READ_ONCE(o->gid);
	size_t at = 0;

	if (gid != 0)
		at += (size_t)str_format(buf, size, ",gid=%u", gid);
	if (at < size && hiding != HIDE_NOTHING)
		at += (size_t)str_format(buf + at, size - at, ",hidepid=%s", names[hiding]);
	return min(at, size);
}

bool proc_options_hide(const struct proc_options *o, struct task *t, enum proc_hiding kind)
{
	enum proc_hiding hiding = READ_ONCE(o->hiding);

	if (likely(hiding < kind))
		return false;
	if (hiding != HIDE_UNTRACEABLE && cred_in_group(current_cred(), READ_ONCE(o->gid)))
		return false;
	return proc_may_look(t) != 0;
}

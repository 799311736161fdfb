/*
 * proc_ns.c: namespaces in /proc: the links of /proc/PID/ns, the maps of a user namespace, and how
 * many namespaces a user may have (/proc/sys/user).
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/stat.h"
#include "kernel/fs/dentry.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/lifecycle/nsfs.h"
#include "kernel/task/time_ns.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- /proc/PID/ns ----------------------------------------------------------------------------- */

static bool equal(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

/* What a link stands for, counted; NULL: the task has gone. */
static struct ns *ns_by_name(struct task *t, const char *name)
{
	for (unsigned i = 0; i < NS_TYPE_COUNT; i++) {
		if (equal(ns_kinds[i].name, name))
			return ns_of_task(t, (enum ns_type)i, false);
		if (equal(ns_kinds[i].children_name, name))
			return ns_of_task(t, (enum ns_type)i, true);
	}
	return NULL;
}

static int ns_follow(struct inode *inode, struct path *out)
{
	struct task *t = proc_task(inode);
	struct ns *ns;
	int err;

	if (t == NULL)
		return -ENOENT;
	err = proc_may_look(t);
	if (err == 0) {
		ns = ns_by_name(t, proc_node(inode)->entry->name);
		err = ns != NULL ? nsfs_path(ns, out) : -ENOENT;
		ns_put(ns);
	}
	task_put(t);
	return err;
}

static const struct inode_ops ns_link_ops = {
	.follow_link = ns_follow, .getattr = proc_getattr, .destroy = proc_destroy};

#define NS_ROW(row) { .name = row, .mode = S_IFLNK | 0777, .dir_ops = &ns_link_ops }

const struct proc_entry proc_ns_rows[] = {
	NS_ROW("cgroup"), NS_ROW("ipc"), NS_ROW("mnt"), NS_ROW("net"), NS_ROW("pid"),
	NS_ROW("pid_for_children"), NS_ROW("time"), NS_ROW("time_for_children"), NS_ROW("user"),
	NS_ROW("uts"), { 0 },
};

/* --- the maps of a user namespace ------------------------------------------------------------- */

static struct user_ns *user_ns_of(struct task *t)
{
	struct ns *ns = ns_of_task(t, NS_USER, false);

	return ns != NULL ? container_of(ns, struct user_ns, ns) : NULL;
}

static int show_map(struct text *out, struct task *t, enum id_kind kind)
{
	struct user_ns *ns = user_ns_of(t);
	unsigned r[3];

	for (unsigned n = 0; user_ns_map_at(ns, kind, n, r); n++)
		text_printf(out, "%10u %10u %10u\n", r[0], r[1], r[2]);
	user_ns_put(ns);
	return 0;
}

static int store_map(struct task *t, enum id_kind kind, const char *value,
		     const struct cred *opener)
{
	struct user_ns *ns = user_ns_of(t);
	int err = user_ns_map_write(ns, kind, value, opener);

	user_ns_put(ns);
	return err;
}

int proc_show_uid_map(struct text *out, struct task *t)
{
	return show_map(out, t, ID_UID);
}

int proc_store_uid_map(struct task *t, const char *value, const struct cred *opener)
{
	return store_map(t, ID_UID, value, opener);
}

int proc_show_gid_map(struct text *out, struct task *t)
{
	return show_map(out, t, ID_GID);
}

int proc_store_gid_map(struct task *t, const char *value, const struct cred *opener)
{
	return store_map(t, ID_GID, value, opener);
}

int proc_show_projid_map(struct text *out, struct task *t)
{
	return show_map(out, t, ID_PROJID);
}

int proc_store_projid_map(struct task *t, const char *value, const struct cred *opener)
{
	return store_map(t, ID_PROJID, value, opener);
}

int proc_show_setgroups(struct text *out, struct task *t)
{
	struct user_ns *ns = user_ns_of(t);

	text_printf(out, "%s\n", ns->setgroups_allowed ? "allow" : "deny");
	user_ns_put(ns);
	return 0;
}

int proc_store_setgroups(struct task *t, const char *value, const struct cred *opener)
{
	struct user_ns *ns = user_ns_of(t);
	int err = -EINVAL;

	if (!cred_capable(opener, ns, CAP_SYS_ADMIN))
		err = -EACCES;
	else if (equal(value, "allow") || equal(value, "deny"))
		err = user_ns_setgroups_write(ns, value[0] == 'a');
	user_ns_put(ns);
	return err;
}

/* --- the offsets of a time namespace ---------------------------------------------------------- */

int proc_show_timens_offsets(struct text *out, struct task *t)
{
	static const char *const names[] = { "monotonic", "boottime" };
	struct ns *ns = ns_of_task(t, NS_TIME, true);

	if (ns == NULL)
		return -ESRCH;
	for (unsigned i = 0; i < TIME_CLOCK_COUNT; i++) {
		int64_t offset = time_ns_of(ns)->offset_ns[i];
		int64_t sec = offset / (int64_t)NSEC_PER_SEC, nsec = offset % (int64_t)NSEC_PER_SEC;

		if (nsec < 0) {
			sec--;
			nsec += (int64_t)NSEC_PER_SEC;
		}
		text_printf(out, "%-10s %10ld %9ld\n", names[i], sec, nsec);
	}
	ns_put(ns);
	return 0;
}

#define OFFSET_MAX_S (INT64_MAX / 2 / (int64_t)NSEC_PER_SEC)

static void skip_blanks(const char **text)
{
	while (**text == ' ' || **text == '\t')
		++*text;
}

static int clock_parse(const char **text)
{
	static const struct {
		const char *word;
		int clock;
	} words[] = { { "monotonic", TIME_MONOTONIC }, { "boottime", TIME_BOOT },
		      { "1", TIME_MONOTONIC }, { "7", TIME_BOOT } };

	skip_blanks(text);
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].word);

		if (!str_starts(*text, words[i].word))
			continue;
		if ((*text)[len] != ' ' && (*text)[len] != '\t')
			continue;
		*text += len;
		return words[i].clock;
	}
	return -EINVAL;
}

/* "monotonic SECONDS NANOSECONDS", the seconds with a sign. Leaves *text on the next line. */
static int offset_parse(const char **text, int64_t offsets[], bool given[])
{
	int clock = clock_parse(text);
	uint64_t nsec;
	int64_t sec;

	if (clock < 0)
		return clock;
	skip_blanks(text);
	if (str_to_i64(*text, text, 10, &sec))
		return -EINVAL;
	skip_blanks(text);
	if (str_to_u64(*text, text, 10, &nsec) || nsec >= NSEC_PER_SEC)
		return -EINVAL;
	skip_blanks(text);
	if (**text != '\n' && **text != '\0')
		return -EINVAL;
	if (**text == '\n')
		++*text;
	if (sec > OFFSET_MAX_S || sec < -OFFSET_MAX_S)
		return -ERANGE;
	offsets[clock] = sec * (int64_t)NSEC_PER_SEC + (int64_t)nsec;
	given[clock] = true;
	return 0;
}

int proc_store_timens_offsets(struct task *t, const char *value, const struct cred *opener)
{
	int64_t offsets[TIME_CLOCK_COUNT] = { 0 };
	bool given[TIME_CLOCK_COUNT] = { 0 };
	struct ns *ns;
	int err = 0;

	for (unsigned n = 0; err == 0 && *value != '\0'; n++)
		err = n < TIME_CLOCK_COUNT ? offset_parse(&value, offsets, given) : -EINVAL;
	if (err)
		return err;
	ns = ns_of_task(t, NS_TIME, true);
	err = ns != NULL ? time_ns_set(time_ns_of(ns), offsets, given, opener) : -ESRCH;
	ns_put(ns);
	return err;
}

/* --- /proc/sys/user --------------------------------------------------------------------------- */

static int show_max(struct text *out, enum ns_type type)
{
	text_printf(out, "%u\n", current_cred()->user_ns->max[type]);
	return 0;
}

static int store_max(enum ns_type type, const char *value)
{
	struct user_ns *ns = current_cred()->user_ns;
	uint64_t n;

	if (!ns_capable(ns, CAP_SYS_RESOURCE))
		return -EPERM;
	if (str_to_u64(value, NULL, 10, &n) || n > INT32_MAX)
		return -EINVAL;
	__atomic_store_n(&ns->max[type], (unsigned)n, __ATOMIC_RELAXED);
	return 0;
}

#define MAX_FUNCTIONS(name, type)                                                                  \
	static int show_max_##name(struct text *out, struct task *unused)                          \
	{                                                                                          \
		return show_max(out, type);                                                        \
	}                                                                                          \
	static int store_max_##name(struct task *unused, const char *value)                        \
	{                                                                                          \
		return store_max(type, value);                                                     \
	}
#define MAX_ROW(row)                                                                               \
	{                                                                                          \
		.name = "max_" #row "_namespaces", .mode = S_IFREG | 0644,                         \
		.show = show_max_##row, .store = store_max_##row                                   \
	}

MAX_FUNCTIONS(cgroup, NS_CGROUP)
MAX_FUNCTIONS(ipc, NS_IPC)
MAX_FUNCTIONS(mnt, NS_MNT)
MAX_FUNCTIONS(net, NS_NET)
MAX_FUNCTIONS(pid, NS_PID)
MAX_FUNCTIONS(time, NS_TIME)
MAX_FUNCTIONS(user, NS_USER)
MAX_FUNCTIONS(uts, NS_UTS)

const struct proc_entry proc_sys_user_rows[] = {
	MAX_ROW(cgroup), MAX_ROW(ipc), MAX_ROW(mnt), MAX_ROW(net), MAX_ROW(pid), MAX_ROW(time),
	MAX_ROW(user), MAX_ROW(uts), { 0 },
};

/*
 * User namespaces: what ids are called, and how far capabilities reach.
 *
 * They form a tree under init_user_ns. The kernel keeps every id as the first namespace calls it (a
 * "kernel id"); user space hears and says the names of its own, by the maps that were written to
 * /proc/PID/uid_map and gid_map. What has no name there is shown as 65534 and can't be said.
 *
 *	user space says 0     -- user_ns_id_in -->   1000 in credentials, inodes, struct user
 *	user space sees 0    <-- user_ns_id_out --   1000
 *
 * A capability counts in the namespace in which its holder's credentials are, and below; and
 * whoever made a namespace has all of them in it.
 */
#pragma once

#include "kernel/task/ns.h"

#define ID_NONE (~0u)	   /* no id: not mapped */
#define ID_OVERFLOW 65534u /* shown in place of ids without a name */
#define USER_NS_LEVEL_MAX 32

enum id_kind { ID_UID, ID_GID, ID_PROJID, ID_KIND_COUNT };

struct id_map; /* kernel/task/user_ns.c */
struct cred;

struct user_ns {
	struct ns ns;		   /* ns.owner is the parent */
	unsigned level;		   /* [i] 0: init_user_ns */
	unsigned owner_uid, owner_gid; /* [i] kernel ids of its maker */
	struct id_map *maps[ID_KIND_COUNT]; /* written once, NULL before: nothing is mapped */
	bool parent_may_setfcap;       /* [i] its maker had CAP_SETFCAP */
	atomic_bool setgroups_allowed; /* [a] */
	unsigned max[NS_TYPE_COUNT];   /* [a] namespaces in it of each type, per user */
};

extern struct user_ns init_user_ns;

static inline struct user_ns *user_ns_get(struct user_ns *ns)
{
	ns_get(&ns->ns);
	return ns;
}

static inline void user_ns_put(struct user_ns *ns)
{
	if (ns != NULL)
		ns_put(&ns->ns);
}

static inline struct user_ns *user_ns_parent(const struct user_ns *ns)
{
	return ns->ns.owner;
}

/* Is ns this one, or below it? NULL is inside of none. */
static inline bool user_ns_is_inside(const struct user_ns *ns, const struct user_ns *above)
{
	while (ns != NULL && ns != above)
		ns = user_ns_parent(ns);
	return ns != NULL;
}

/* A capability of current, CAP_*, over what belongs to ns; the same for other credentials. */
bool ns_capable(const struct user_ns *ns, unsigned cap);
bool cred_capable(const struct cred *cred, const struct user_ns *ns, unsigned cap);
/* The same in current's own user namespace. */
bool capable_here(unsigned cap);

/* The kernel id of what ns calls `id`, ID_NONE if it calls nothing so. */
unsigned user_ns_id_in(const struct user_ns *ns, enum id_kind kind, unsigned id);
/* What ns calls a kernel id: ID_NONE if it has no name for it. */
unsigned user_ns_id_out(const struct user_ns *ns, enum id_kind kind, unsigned kernel_id);

/* The same in current's: for ids from and to user space; out gives ID_OVERFLOW for the nameless. */
unsigned uid_in(unsigned uid);
unsigned gid_in(unsigned gid);
unsigned uid_out(unsigned kernel_uid);
unsigned gid_out(unsigned kernel_gid);

/* Puts private credentials into a new user namespace below theirs, with all capabilities there. 0,
 * -ENOSPC (depth, limit), -EPERM (ids without a name), -ENOMEM. */
int user_ns_create(struct cred *c) __must_check;
/* The same for one that there is; consumes the reference to ns. */
void cred_set_user_ns(struct cred *c, struct user_ns *ns);

/* /proc/PID/uid_map and its like: lines of "first parent's-first count", through a file that
 * `opener` has opened. 0, -EPERM, -EINVAL, -ENOMEM. */
int user_ns_map_write(struct user_ns *ns, enum id_kind kind, const char *text,
		      const struct cred *opener) __must_check;
/* The n-th range as current sees it, false past the last. */
bool user_ns_map_at(const struct user_ns *ns, enum id_kind kind, unsigned n, unsigned out[3]);
/* /proc/PID/setgroups: 0 or -EPERM. */
int user_ns_setgroups_write(struct user_ns *ns, bool allow) __must_check;
bool user_ns_may_setgroups(const struct user_ns *ns);

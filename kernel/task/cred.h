/*
 * Credentials: who a task acts as. Immutable once set; a change makes a new one and replaces the
 * pointer.
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/task/task.h"

struct cred {
	struct ref ref;
	struct user_ns *user_ns; /* in which the capabilities count; counted */
	/* Kernel ids: what the first user namespace calls them. */
	unsigned uid, euid, suid, fsuid;
	unsigned gid, egid, sgid, fsgid;
	uint64_t cap_permitted, cap_effective, cap_inheritable, cap_bounding, cap_ambient;
	unsigned securebits;
	bool no_new_privs;
	unsigned group_count;
	unsigned groups[]; /* sorted */
};

struct cred *cred_get(struct cred *c);
void cred_put(struct cred *c);
/* A private copy to change, with room for group_count groups (< 0: keep the groups). NULL: out of
 * memory. */
struct cred *cred_clone(const struct cred *c, int group_count);
/* Makes it current's; consumes the reference. */
void cred_install(struct cred *c);
/* Another task's, counted. */
struct cred *cred_of_task(struct task *t);
extern struct cred init_cred; /* root, all capabilities */

static inline const struct cred *current_cred(void)
{
	return current->cred;
}
bool cred_in_group(const struct cred *c, unsigned gid);
/* A capability of current over the whole machine (CAP_* of kernel/abi/capability.h). Over what
 * belongs to a namespace: ns_capable of kernel/task/user_ns.h. */
bool capable(unsigned cap);

/*
 * uts namespaces: what the machine and the kernel call themselves.
 */
#pragma once

#include "kernel/abi/system.h"
#include "kernel/core/spinlock.h"
#include "kernel/task/ns.h"

struct uts_ns {
	struct ns ns;
	struct spinlock lock; /* rank DEVICE */
	struct abi_utsname name; /* [lock] nodename and domainname; the rest never changes */
};
extern struct uts_ns init_uts_ns;

static inline struct uts_ns *uts_ns_current(void)
{
	return container_of(current->ns->of[NS_UTS], struct uts_ns, ns);
}

/* One with the same names. For the table of namespaces. */
int uts_ns_copy(struct ns *from, struct user_ns *owner, struct ns **out) __must_check;

/* The names of current's, as they are at one moment. */
void uts_names(struct abi_utsname *out);
/* Changes one of the two names: the right to is checked here. value: UTS_LEN bytes, zeroes after
 * the end. 0, -EPERM. */
enum uts_name { UTS_HOST, UTS_DOMAIN };
int uts_rename(enum uts_name which, const char *value) __must_check;

/*
 * The release says Linux's number because programs ask it for the ABI that they may expect; the
 * version says what really runs.
 */
#include "kernel/task/uts_ns.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

#ifndef PANDO_VERSION
#define PANDO_VERSION "0.1"
#endif

struct uts_ns init_uts_ns = {
	.ns = NS_INIT(NS_UTS, NS_INO_UTS),
	.lock = SPINLOCK_INIT("uts", LOCK_RANK_DEVICE),
	.name = {
		.sysname = "Linux",
		.nodename = "pando",
		.release = "6.12.0-pando",
		.version = "Pando " PANDO_VERSION,
		.machine = "riscv64",
		.domainname = "(none)",
	},
};

static CACHE_DEFINE(uts_ns_cache, struct uts_ns);

static void uts_ns_destroy(struct ns *ns)
{
	cache_free(&uts_ns_cache, container_of(ns, struct uts_ns, ns));
}

int uts_ns_copy(struct ns *from, struct user_ns *owner, struct ns **out)
{
	struct uts_ns *old = container_of(from, struct uts_ns, ns);
	struct uts_ns *copy = cache_alloc(&uts_ns_cache, 0);
	irqflags_t irq;
	int err;

	if (copy == NULL)
		return -ENOMEM;
	err = ns_init(&copy->ns, NS_UTS, owner, uts_ns_destroy);
	if (err) {
		cache_free(&uts_ns_cache, copy);
		return err;
	}
	spinlock_init(&copy->lock, "uts", LOCK_RANK_DEVICE);
	irq = spin_lock_irqsave(&old->lock);
	copy->name = old->name;
	spin_unlock_irqrestore(&old->lock, irq);
	*out = &copy->ns;
	return 0;
}

void uts_names(struct abi_utsname *out)
{
	struct uts_ns *uts = uts_ns_current();
	irqflags_t irq = spin_lock_irqsave(&uts->lock);

	*out = uts->name;
	spin_unlock_irqrestore(&uts->lock, irq);
}

int uts_rename(enum uts_name which, const char *value)
{
	struct uts_ns *uts = uts_ns_current();
	irqflags_t irq;

	if (!ns_capable(uts->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	irq = spin_lock_irqsave(&uts->lock);
	memcpy(which == UTS_HOST ? uts->name.nodename : uts->name.domainname, value, UTS_LEN);
	spin_unlock_irqrestore(&uts->lock, irq);
	return 0;
}

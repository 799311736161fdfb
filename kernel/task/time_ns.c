/*
 * Time namespaces: making them and setting their offsets. What uses the offsets: kernel/mm/time.c.
 */
#include "kernel/task/time_ns.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

#define CLOCK_MAX_NS (INT64_MAX / 2)

struct time_ns init_time_ns = {
	.ns = NS_INIT(NS_TIME, NS_INO_TIME),
	.lock = SPINLOCK_INIT("time", LOCK_RANK_DEVICE),
	.entered = true,
};

static CACHE_DEFINE(time_ns_cache, struct time_ns);

static void time_ns_destroy(struct ns *ns)
{
	cache_free(&time_ns_cache, time_ns_of(ns));
}

int time_ns_copy(struct ns *from, struct user_ns *owner, struct ns **out)
{
	struct time_ns *old = time_ns_of(from), *copy = cache_alloc(&time_ns_cache, ALLOC_ZERO);
	irqflags_t irq;
	int err;

	if (copy == NULL)
		return -ENOMEM;
	err = ns_init(&copy->ns, NS_TIME, owner, time_ns_destroy);
	if (err) {
		cache_free(&time_ns_cache, copy);
		return err;
	}
	spinlock_init(&copy->lock, "time", LOCK_RANK_DEVICE);
	irq = spin_lock_irqsave(&old->lock);
	for (unsigned i = 0; i < TIME_CLOCK_COUNT; i++)
		copy->offset_ns[i] = old->offset_ns[i];
	spin_unlock_irqrestore(&old->lock, irq);
	*out = &copy->ns;
	return 0;
}

int time_ns_set(struct time_ns *ns, const int64_t offset_ns[TIME_CLOCK_COUNT],
		const bool given[TIME_CLOCK_COUNT], const struct cred *who)
{
	int64_t now = (int64_t)clock_mono_ns();
	irqflags_t irq;
	int err = 0;

	if (!cred_capable(who, ns->ns.owner, CAP_SYS_TIME))
		return -EPERM;
	for (unsigned i = 0; i < TIME_CLOCK_COUNT; i++) {
		if (given[i] && (offset_ns[i] < -now || offset_ns[i] > CLOCK_MAX_NS - now))
			return -ERANGE;
	}
	irq = spin_lock_irqsave(&ns->lock);
	if (ns->entered)
		err = -EACCES;
	for (unsigned i = 0; i < TIME_CLOCK_COUNT && err == 0; i++) {
		if (given[i])
			ns->offset_ns[i] = offset_ns[i];
	}
	spin_unlock_irqrestore(&ns->lock, irq);
	return err;
}

void time_ns_enter(struct time_ns *ns)
{
	irqflags_t irq = spin_lock_irqsave(&ns->lock);

	ns->entered = true;
	spin_unlock_irqrestore(&ns->lock, irq);
}

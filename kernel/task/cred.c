/*
 * Credentials are copied to be changed and shared otherwise, so every check reads a fixed set of
 * ids without a lock: a task's own by current->cred, another's through cred_of_task.
 */
#include "kernel/task/cred.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/task/user_ns.h"
#include "lib/sort.h"
#include "lib/string.h"

struct cred init_cred = {
	.ref = { 1 },
	.user_ns = &init_user_ns,
	.cap_permitted = CAP_FULL_SET,
	.cap_effective = CAP_FULL_SET,
	.cap_bounding = CAP_FULL_SET,
};

struct cred *cred_get(struct cred *c)
{
	ref_get(&c->ref);
	return c;
}

void cred_put(struct cred *c)
{
	if (c == NULL || !ref_put(&c->ref))
		return;
	user_ns_put(c->user_ns);
	kfree(c);
}

struct cred *cred_clone(const struct cred *c, int group_count)
{
	unsigned count = group_count < 0 ? c->group_count : (unsigned)group_count;
	struct cred *copy = kmalloc(sizeof(*copy) + count * sizeof(copy->groups[0]), 0);

	if (copy == NULL)
		return NULL;
	memcpy(copy, c, sizeof(*copy));
	ref_init(&copy->ref);
	user_ns_get(copy->user_ns);
	copy->group_count = count;
	if (group_count < 0)
		memcpy(copy->groups, c->groups, count * sizeof(copy->groups[0]));
	return copy;
}

void cred_install(struct cred *c)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct cred *old = current->cred;

	current->cred = c;
	spin_unlock_irqrestore(&tasks_lock, irq);
	cred_put(old);
}

struct cred *cred_of_task(struct task *t)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct cred *c = cred_get(t->cred);

	spin_unlock_irqrestore(&tasks_lock, irq);
	return c;
}

bool cred_in_group(const struct cred *c, unsigned gid)
{
	unsigned low = 0, high = c->group_count;

	if (gid == c->fsgid)
		return true;
	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (c->groups[mid] == gid)
			return true;
		if (c->groups[mid] < gid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool capable(unsigned cap)
{
	return ns_capable(&init_user_ns, cap);
}

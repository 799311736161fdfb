/*
 * Capabilities (capabilities(7)): capget, capset, and the options of prctl that change what a task
 * may have of them.
 *
 * A call makes a changed copy of the caller's credentials and installs it; a refused one drops it.
 * No call here can give what the caller does not have already: capset stays below the permitted
 * set, and what is inheritable, bounding, ambient or locked only limits what exec will keep.
 */
#include "kernel/sys/sys_capability.h"

#include "arch/uaccess.h"
#include "gen/syscalls_proto.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/prctl.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

/* Fetches the header; how many 32-bit halves its version has. An unknown version is answered by the
 * one preferred. */
static int cap_header(struct abi_cap_header *h, struct abi_cap_header __user *user)
{
	uint32_t preferred = ABI_CAPABILITY_VERSION_3;

	if (copy_from_user(h, user, sizeof(*h)))
		return -EFAULT;
	if (h->version == ABI_CAPABILITY_VERSION_1)
		return 1;
	if (h->version == ABI_CAPABILITY_VERSION_2 || h->version == ABI_CAPABILITY_VERSION_3)
		return 2;
	return copy_to_user(user, &preferred, sizeof(preferred)) ? -EFAULT : -EINVAL;
}

long sys_capget(struct abi_cap_header __user *header, struct abi_cap_data __user *data)
{
	struct abi_cap_data d[2];
	struct abi_cap_header h;
	struct task *t;
	struct cred *c;
	int halves = cap_header(&h, header);

	if (halves == -EFAULT)
		return halves;
	if (data == NULL)
		return 0; /* only the version was asked for */
	if (halves < 0)
		return halves;
	if (h.pid < 0)
		return -EINVAL;
	t = h.pid == 0 ? task_get(current) : task_find(h.pid);
	if (t == NULL)
		return -ESRCH;
	c = cred_of_task(t);
	task_put(t);
	for (int i = 0; i < 2; i++) {
		d[i] = (struct abi_cap_data){ (uint32_t)(c->cap_effective >> (32 * i)),
					      (uint32_t)(c->cap_permitted >> (32 * i)),
					      (uint32_t)(c->cap_inheritable >> (32 * i)) };
	}
	cred_put(c);
	return copy_to_user(data, d, (size_t)halves * sizeof(d[0]));
}

/* Consumes c. */
static int cred_commit(struct cred *c, int err)
{
	if (err)
		cred_put(c);
	else
		cred_install(c);
	return err;
}

static int cap_change(struct cred *c, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	if (permitted & ~c->cap_permitted || effective & ~permitted)
		return -EPERM;
	if (!capable_here(CAP_SETPCAP) && (inheritable & ~(c->cap_inheritable | c->cap_permitted)))
		return -EPERM;
	if (inheritable & ~(c->cap_inheritable | c->cap_bounding))
		return -EPERM;
	c->cap_effective = effective;
	c->cap_permitted = permitted;
	c->cap_inheritable = inheritable;
	c->cap_ambient &= permitted & inheritable;
	return 0;
}

long sys_capset(struct abi_cap_header __user *header, const struct abi_cap_data __user *data)
{
	struct abi_cap_data d[2] = { 0 };
	struct abi_cap_header h;
	struct cred *c;
	int err, halves = cap_header(&h, header);

	if (halves < 0)
		return halves;
	if (h.pid != 0 && h.pid != current->tid)
		return -EPERM;
	if (copy_from_user(d, data, (size_t)halves * sizeof(d[0])))
		return -EFAULT;
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	err = cap_change(c, (d[0].effective | (uint64_t)d[1].effective << 32) & CAP_FULL_SET,
			 (d[0].permitted | (uint64_t)d[1].permitted << 32) & CAP_FULL_SET,
			 (d[0].inheritable | (uint64_t)d[1].inheritable << 32) & CAP_FULL_SET);
	return cred_commit(c, err);
}

static int capability_change(struct cred *c, int option, unsigned long arg)
{
	unsigned long locks = c->securebits & SECBIT_LOCKS;

	switch (option) {
	case PR_CAPBSET_DROP:
		if (!capable_here(CAP_SETPCAP))
			return -EPERM;
		if (arg > CAP_LAST_CAP)
			return -EINVAL;
		c->cap_bounding &= ~(1UL << arg);
		return 0;
	case PR_SET_KEEPCAPS:
		if (arg > 1)
			return -EINVAL;
		if (c->securebits & SECBIT_KEEP_CAPS << 1)
			return -EPERM;
		c->securebits = (c->securebits & ~SECBIT_KEEP_CAPS) | (arg ? SECBIT_KEEP_CAPS : 0);
		return 0;
	default: /* PR_SET_SECUREBITS */
		if (!capable_here(CAP_SETPCAP) || (arg & ~0xffUL))
			return -EPERM;
		if (locks & ~arg || locks >> 1 & (c->securebits ^ arg))
			return -EPERM; /* what is locked stays as it is, and locked */
		c->securebits = (unsigned)arg;
		return 0;
	}
}

long capability_prctl(int option, unsigned long arg)
{
	struct cred *c;
	int err;

	switch (option) {
	case PR_CAPBSET_READ:
		return arg > CAP_LAST_CAP ? -EINVAL
					  : (long)(current_cred()->cap_bounding >> arg & 1);
	case PR_GET_KEEPCAPS:
		return !!(current_cred()->securebits & SECBIT_KEEP_CAPS);
	case PR_GET_SECUREBITS:
		return current_cred()->securebits;
	}
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	err = capability_change(c, option, arg);
	return cred_commit(c, err);
}

static int ambient_change(struct cred *c, unsigned long op, uint64_t cap)
{
	switch (op) {
	case PR_CAP_AMBIENT_CLEAR_ALL:
		c->cap_ambient = 0;
		return 0;
	case PR_CAP_AMBIENT_LOWER:
		c->cap_ambient &= ~cap;
		return 0;
	default: /* RAISE: only what exec would keep anyway */
		if (!(c->cap_permitted & c->cap_inheritable & cap) ||
		    (c->securebits & SECBIT_NO_CAP_AMBIENT_RAISE))
			return -EPERM;
		c->cap_ambient |= cap;
		return 0;
	}
}

long cap_ambient_prctl(unsigned long op, unsigned long cap)
{
	struct cred *c;
	int err;

	if (op == PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : cap > CAP_LAST_CAP)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_IS_SET)
		return current_cred()->cap_ambient >> cap & 1;
	if (op < PR_CAP_AMBIENT_RAISE || op > PR_CAP_AMBIENT_CLEAR_ALL)
		return -EINVAL;
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	err = ambient_change(c, op, 1UL << cap);
	return cred_commit(c, err);
}

/*
 * User and group ids, supplementary groups, capabilities (credentials(7), capabilities(7)).
 *
 * A call makes a changed copy of the caller's credentials and installs it; a refused one drops it.
 * UNCHANGED (-1) leaves an id as it is.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/prctl.h"
#include "kernel/alloc/slab.h"
#include "kernel/mm/mm.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/user.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/sort.h"

#define UNCHANGED 0xffffffffu
#define GROUPS_MAX 65536

long sys_getuid(void)
{
	return uid_out(current_cred()->uid);
}

long sys_geteuid(void)
{
	return uid_out(current_cred()->euid);
}

long sys_getgid(void)
{
	return gid_out(current_cred()->gid);
}

long sys_getegid(void)
{
	return gid_out(current_cred()->egid);
}

static bool has_id(const struct cred *c, unsigned uid)
{
	return c->uid == uid || c->euid == uid || c->suid == uid;
}

/* capabilities(7), "Effect of user ID changes on capabilities". */
static void fix_capabilities(struct cred *c, const struct cred *old)
{
	unsigned root = uid_in(0);

	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (has_id(old, root) && !has_id(c, root)) {
		if (!(c->securebits & SECBIT_KEEP_CAPS))
			c->cap_permitted = c->cap_effective = 0;
		c->cap_ambient = 0;
	}
	if (old->euid == root && c->euid != root)
		c->cap_effective = 0;
	if (old->euid != root && c->euid == root)
		c->cap_effective = c->cap_permitted;
}

/* What the process has learnt under other rights stays its own. */
static void cred_replace(struct cred *c)
{
	const struct cred *old = current_cred();

	if (c->euid != old->euid || c->egid != old->egid || c->fsuid != old->fsuid ||
	    c->fsgid != old->fsgid || (c->cap_permitted & ~old->cap_permitted)) {
		current->mm->dumpable = 0;
		current->pdeath_signal = 0;
	}
	cred_install(c);
}

/* The new user may have too many tasks already. Programs don't look at setuid's result, so that is
 * not an error until they exec. */
static int cred_count_user(const struct cred *c)
{
	int err;

	if (c->uid == current_cred()->uid)
		return 0;
	err = task_user_set(current, c->uid);
	if (err)
		return err;
	/* This task is not counted yet where Linux asks. */
	if (c->uid != 0 && user_is_over_limit(current, 1))
		current->flags |= TASK_OVER_NPROC;
	else
		current->flags &= ~TASK_OVER_NPROC;
	return 0;
}

static long cred_commit(struct cred *c, int err)
{
	if (err == 0)
		err = cred_count_user(c);
	if (err) {
		cred_put(c);
		return err;
	}
	fix_capabilities(c, current_cred());
	cred_replace(c);
	return 0;
}

/* Makes a kernel id of one that the caller says, UNCHANGED left; false: it means nobody here. */
static bool id_fetch(enum id_kind kind, unsigned *id)
{
	if (*id == UNCHANGED)
		return true;
	*id = user_ns_id_in(current_cred()->user_ns, kind, *id);
	return *id != ID_NONE;
}

static bool is_any_of(unsigned id, unsigned a, unsigned b, unsigned c)
{
	return id == UNCHANGED || id == a || id == b || id == c;
}

long sys_setresuid(unsigned ruid, unsigned euid, unsigned suid)
{
	struct cred *c;
	const struct cred *old = current_cred();

	if (!id_fetch(ID_UID, &ruid) || !id_fetch(ID_UID, &euid) ||
	    !id_fetch(ID_UID, &suid))
		return -EINVAL;
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	if (!capable_here(CAP_SETUID) && !(is_any_of(ruid, old->uid, old->euid, old->suid) &&
				      is_any_of(euid, old->uid, old->euid, old->suid) &&
				      is_any_of(suid, old->uid, old->euid, old->suid)))
		return cred_commit(c, -EPERM);
	c->uid = ruid != UNCHANGED ? ruid : c->uid;
	c->euid = euid != UNCHANGED ? euid : c->euid;
	c->suid = suid != UNCHANGED ? suid : c->suid;
	c->fsuid = c->euid;
	return cred_commit(c, 0);
}

long sys_setreuid(unsigned ruid, unsigned euid)
{
	struct cred *c;
	const struct cred *old = current_cred();

	if (!id_fetch(ID_UID, &ruid) || !id_fetch(ID_UID, &euid))
		return -EINVAL;
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	if (!capable_here(CAP_SETUID) && !(is_any_of(ruid, old->uid, old->euid, old->uid) &&
				      is_any_of(euid, old->uid, old->euid, old->suid)))
		return cred_commit(c, -EPERM);
	c->uid = ruid != UNCHANGED ? ruid : c->uid;
	c->euid = euid != UNCHANGED ? euid : c->euid;
	if (ruid != UNCHANGED || (euid != UNCHANGED && euid != old->uid))
		c->suid = c->euid;
	c->fsuid = c->euid;
	return cred_commit(c, 0);
}

long sys_setuid(unsigned uid)
{
	struct cred *c;

	if (uid == UNCHANGED || !id_fetch(ID_UID, &uid))
		return -EINVAL;
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	if (capable_here(CAP_SETUID))
		c->uid = c->suid = uid;
	else if (uid != c->uid && uid != c->suid)
		return cred_commit(c, -EPERM);
	c->euid = c->fsuid = uid;
	return cred_commit(c, 0);
}

long sys_setresgid(unsigned rgid, unsigned egid, unsigned sgid)
{
	struct cred *c;
	const struct cred *old = current_cred();

	if (!id_fetch(ID_GID, &rgid) || !id_fetch(ID_GID, &egid) ||
	    !id_fetch(ID_GID, &sgid))
		return -EINVAL;
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	if (!capable_here(CAP_SETGID) && !(is_any_of(rgid, old->gid, old->egid, old->sgid) &&
				      is_any_of(egid, old->gid, old->egid, old->sgid) &&
				      is_any_of(sgid, old->gid, old->egid, old->sgid)))
		return cred_commit(c, -EPERM);
	c->gid = rgid != UNCHANGED ? rgid : c->gid;
	c->egid = egid != UNCHANGED ? egid : c->egid;
	c->sgid = sgid != UNCHANGED ? sgid : c->sgid;
	c->fsgid = c->egid;
	return cred_commit(c, 0);
}

long sys_setregid(unsigned rgid, unsigned egid)
{
	struct cred *c;
	const struct cred *old = current_cred();

	if (!id_fetch(ID_GID, &rgid) || !id_fetch(ID_GID, &egid))
		return -EINVAL;
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	if (!capable_here(CAP_SETGID) && !(is_any_of(rgid, old->gid, old->egid, old->gid) &&
				      is_any_of(egid, old->gid, old->egid, old->sgid)))
		return cred_commit(c, -EPERM);
	c->gid = rgid != UNCHANGED ? rgid : c->gid;
	c->egid = egid != UNCHANGED ? egid : c->egid;
	if (rgid != UNCHANGED || (egid != UNCHANGED && egid != old->gid))
		c->sgid = c->egid;
	c->fsgid = c->egid;
	return cred_commit(c, 0);
}

long sys_setgid(unsigned gid)
{
	struct cred *c;

	if (gid == UNCHANGED || !id_fetch(ID_GID, &gid))
		return -EINVAL;
	c = cred_clone(current_cred(), -1);
	if (c == NULL)
		return -ENOMEM;
	if (capable_here(CAP_SETGID))
		c->gid = c->sgid = gid;
	else if (gid != c->gid && gid != c->sgid)
		return cred_commit(c, -EPERM);
	c->egid = c->fsgid = gid;
	return cred_commit(c, 0);
}

/* What setfsuid alone changes of them: root's rights over files go and come with the id. */
static void fix_file_capabilities(struct cred *c, unsigned was)
{
	unsigned root = uid_in(0);

	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (was == root && c->fsuid != root)
		c->cap_effective &= ~CAP_FS_SET;
	if (was != root && c->fsuid == root)
		c->cap_effective |= c->cap_permitted & CAP_FS_SET;
}

/* These two return the old id whether or not they changed it; that is all the error report there
 * is. */
long sys_setfsuid(unsigned uid)
{
	const struct cred *old = current_cred();
	unsigned was = old->fsuid;
	struct cred *c;

	if (uid == UNCHANGED || !id_fetch(ID_UID, &uid) ||
	    (!capable_here(CAP_SETUID) && uid != old->fsuid &&
	     !is_any_of(uid, old->uid, old->euid, old->suid)))
		return uid_out(was);
	c = cred_clone(old, -1);
	if (c != NULL) {
		c->fsuid = uid;
		fix_file_capabilities(c, was);
		cred_replace(c);
	}
	return uid_out(was);
}

long sys_setfsgid(unsigned gid)
{
	const struct cred *old = current_cred();
	unsigned was = old->fsgid;
	struct cred *c;

	if (gid == UNCHANGED || !id_fetch(ID_GID, &gid) ||
	    (!capable_here(CAP_SETGID) && gid != old->fsgid &&
	     !is_any_of(gid, old->gid, old->egid, old->sgid)))
		return gid_out(was);
	c = cred_clone(old, -1);
	if (c != NULL) {
		c->fsgid = gid;
		cred_replace(c);
	}
	return gid_out(was);
}

static long ids_out(unsigned __user *a, unsigned __user *b, unsigned __user *c,
		    const unsigned ids[3])
{
	if (copy_to_user(a, &ids[0], 4) || copy_to_user(b, &ids[1], 4) ||
	    copy_to_user(c, &ids[2], 4))
		return -EFAULT;
	return 0;
}

long sys_getresuid(unsigned __user *ruid, unsigned __user *euid, unsigned __user *suid)
{
	const struct cred *c = current_cred();

	return ids_out(ruid, euid, suid,
		       (unsigned[]){ uid_out(c->uid), uid_out(c->euid), uid_out(c->suid) });
}

long sys_getresgid(unsigned __user *rgid, unsigned __user *egid, unsigned __user *sgid)
{
	const struct cred *c = current_cred();

	return ids_out(rgid, egid, sgid,
		       (unsigned[]){ gid_out(c->gid), gid_out(c->egid), gid_out(c->sgid) });
}

long sys_getgroups(int size, unsigned __user *list)
{
	const struct cred *c = current_cred();

	if (size < 0 || (size != 0 && (unsigned)size < c->group_count))
		return -EINVAL;
	for (unsigned i = 0; size != 0 && i < c->group_count; i++) {
		unsigned gid = gid_out(c->groups[i]);

		if (copy_to_user(&list[i], &gid, sizeof(gid)))
			return -EFAULT;
	}
	return c->group_count;
}

static int gid_compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

static int groups_fetch(struct cred *c, const unsigned __user *list)
{
	if (copy_from_user(c->groups, list, c->group_count * sizeof(c->groups[0])))
		return -EFAULT;
	for (unsigned i = 0; i < c->group_count; i++) {
		c->groups[i] = gid_in(c->groups[i]);
		if (c->groups[i] == ID_NONE)
			return -EINVAL;
	}
	sort(c->groups, c->group_count, sizeof(c->groups[0]), gid_compare, NULL);
	return 0;
}

long sys_setgroups(int size, const unsigned __user *list)
{
	struct cred *c;
	int err;

	if (!capable_here(CAP_SETGID) || !user_ns_may_setgroups(current_cred()->user_ns))
		return -EPERM;
	if (size < 0 || size > GROUPS_MAX)
		return -EINVAL;
	c = cred_clone(current_cred(), size);
	if (c == NULL)
		return -ENOMEM;
	err = groups_fetch(c, list);
	if (err)
		cred_put(c);
	else
		cred_install(c);
	return err;
}

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
	if (err)
		cred_put(c);
	else
		cred_install(c);
	return err;
}

static int cred_prctl_change(struct cred *c, int option, unsigned long arg)
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

long cred_prctl(int option, unsigned long arg)
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
	err = cred_prctl_change(c, option, arg);
	if (err)
		cred_put(c);
	else
		cred_install(c);
	return err;
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
	if (err)
		cred_put(c);
	else
		cred_install(c);
	return err;
}

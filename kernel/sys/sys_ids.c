/*
 * User and group ids and supplementary groups (credentials(7)).
 *
 * A call makes a changed copy of the caller's credentials and installs it; one that is refused
 * makes none. UNCHANGED (-1) leaves an id as it is. The ids that a program says are of its user
 * namespace (id_fetch), those in credentials the kernel's.
 *
 * The rules for users and for groups are the same, word for word: so each call is written once,
 * over the four ids of one kind (struct id_set), and has two entries. What a change of user does
 * beyond that - it counts tasks, and takes or gives root's capabilities - is in user_changed and
 * the two fix_ functions, where a change of group finds nothing to do.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/mm/mm.h"
#include "kernel/task/cred.h"
#include "kernel/task/user.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/sort.h"

#define UNCHANGED 0xffffffffu
#define GROUPS_MAX 65536

/* --- who one is ------------------------------------------------------------------------------- */

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

/* --- to be another ---------------------------------------------------------------------------- */

/* The ids of one kind. */
struct id_set {
	unsigned real, effective, saved, fs;
};

static struct id_set ids_of(const struct cred *c, enum id_kind kind)
{
	if (kind == ID_UID)
		return (struct id_set){ c->uid, c->euid, c->suid, c->fsuid };
	return (struct id_set){ c->gid, c->egid, c->sgid, c->fsgid };
}

static void ids_put(struct cred *c, enum id_kind kind, const struct id_set *ids)
{
	if (kind == ID_UID) {
		c->uid = ids->real;
		c->euid = ids->effective;
		c->suid = ids->saved;
		c->fsuid = ids->fs;
	} else {
		c->gid = ids->real;
		c->egid = ids->effective;
		c->sgid = ids->saved;
		c->fsgid = ids->fs;
	}
}

/* May current be whomever of this kind it likes? */
static bool is_free(enum id_kind kind)
{
	return capable_here(kind == ID_UID ? CAP_SETUID : CAP_SETGID);
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

static unsigned id_or(unsigned id, unsigned old)
{
	return id != UNCHANGED ? id : old;
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

/* What the process has learnt under other rights stays its own. Consumes c. */
static void cred_replace(struct cred *c)
{
	const struct cred *old = current_cred();

	if (c->euid != old->euid || c->egid != old->egid || c->fsuid != old->fsuid ||
	    c->fsgid != old->fsgid || (c->cap_permitted & ~old->cap_permitted)) {
		WRITE_ONCE(current->mm->dumpable, 0);
		current->pdeath_signal = 0;
	}
	cred_install(c);
}

/* The new user may have too many tasks already. Programs don't look at setuid's result, so that is
 * not an error until they exec. 0, -ENOMEM. */
static int user_changed(const struct cred *c)
{
	int err;

	if (c->uid == current_cred()->uid)
		return 0;
	err = task_user_set(current, c->uid);
	if (err)
		return err;
	/* This task is not counted yet where Linux asks. */
	if (c->uid != 0 && user_is_over_limit(current, 1))
		WRITE_ONCE(current->flags, current->flags | TASK_OVER_NPROC);
	else
		WRITE_ONCE(current->flags, current->flags & ~TASK_OVER_NPROC);
	return 0;
}

static long ids_set(enum id_kind kind, const struct id_set *ids)
{
	struct cred *c = cred_clone(current_cred(), -1);
	int err;

	if (c == NULL)
		return -ENOMEM;
	ids_put(c, kind, ids);
	err = user_changed(c);
	if (err) {
		cred_put(c);
		return err;
	}
	fix_capabilities(c, current_cred());
	cred_replace(c);
	return 0;
}

static long setres(enum id_kind kind, unsigned real, unsigned effective, unsigned saved)
{
	struct id_set ids = ids_of(current_cred(), kind), old = ids;

	if (!id_fetch(kind, &real) || !id_fetch(kind, &effective) || !id_fetch(kind, &saved))
		return -EINVAL;
	if (!is_free(kind) && !(is_any_of(real, old.real, old.effective, old.saved) &&
				is_any_of(effective, old.real, old.effective, old.saved) &&
				is_any_of(saved, old.real, old.effective, old.saved)))
		return -EPERM;
	ids.real = id_or(real, old.real);
	ids.effective = ids.fs = id_or(effective, old.effective);
	ids.saved = id_or(saved, old.saved);
	return ids_set(kind, &ids);
}

static long setre(enum id_kind kind, unsigned real, unsigned effective)
{
	struct id_set ids = ids_of(current_cred(), kind), old = ids;

	if (!id_fetch(kind, &real) || !id_fetch(kind, &effective))
		return -EINVAL;
	if (!is_free(kind) && !(is_any_of(real, old.real, old.effective, old.real) &&
				is_any_of(effective, old.real, old.effective, old.saved)))
		return -EPERM;
	ids.real = id_or(real, old.real);
	ids.effective = ids.fs = id_or(effective, old.effective);
	if (real != UNCHANGED || (effective != UNCHANGED && effective != old.real))
		ids.saved = ids.effective;
	return ids_set(kind, &ids);
}

static long set(enum id_kind kind, unsigned id)
{
	struct id_set ids = ids_of(current_cred(), kind);

	if (id == UNCHANGED || !id_fetch(kind, &id))
		return -EINVAL;
	if (is_free(kind))
		ids.real = ids.saved = id;
	else if (id != ids.real && id != ids.saved)
		return -EPERM;
	ids.effective = ids.fs = id;
	return ids_set(kind, &ids);
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

/* The old one is returned whether or not it is changed; that is all the error report there is. */
static long setfs(enum id_kind kind, unsigned id)
{
	struct id_set ids = ids_of(current_cred(), kind);
	unsigned was = ids.fs, was_uid = current_cred()->fsuid;
	long told = kind == ID_UID ? uid_out(was) : gid_out(was);
	struct cred *c;

	if (id == UNCHANGED || !id_fetch(kind, &id) ||
	    (!is_free(kind) && id != was && !is_any_of(id, ids.real, ids.effective, ids.saved)))
		return told;
	c = cred_clone(current_cred(), -1);
	if (c != NULL) {
		ids.fs = id;
		ids_put(c, kind, &ids);
		fix_file_capabilities(c, was_uid);
		cred_replace(c);
	}
	return told;
}

long sys_setresuid(unsigned ruid, unsigned euid, unsigned suid)
{
	return setres(ID_UID, ruid, euid, suid);
}

long sys_setresgid(unsigned rgid, unsigned egid, unsigned sgid)
{
	return setres(ID_GID, rgid, egid, sgid);
}

long sys_setreuid(unsigned ruid, unsigned euid)
{
	return setre(ID_UID, ruid, euid);
}

long sys_setregid(unsigned rgid, unsigned egid)
{
	return setre(ID_GID, rgid, egid);
}

long sys_setuid(unsigned uid)
{
	return set(ID_UID, uid);
}

long sys_setgid(unsigned gid)
{
	return set(ID_GID, gid);
}

long sys_setfsuid(unsigned uid)
{
	return setfs(ID_UID, uid);
}

long sys_setfsgid(unsigned gid)
{
	return setfs(ID_GID, gid);
}

/* --- supplementary groups --------------------------------------------------------------------- */

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

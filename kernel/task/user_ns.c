/*
 * User namespaces: the tree, what capabilities reach, and the maps of ids.
 */
#include "kernel/task/user_ns.h"

#include "kernel/alloc/slab.h"
#include "kernel/task/cred.h"
#include "kernel/task/user.h"
#include "lib/errno.h"

struct user_ns init_user_ns = {
	.ns = { .ref = { 1 }, .type = NS_USER, .ino = NS_INO_USER },
	.setgroups_allowed = true,
	.max = { [0 ... NS_TYPE_COUNT - 1] = UINT32_MAX },
};

bool cred_capable(const struct cred *cred, const struct user_ns *ns, unsigned cap)
{
	for (; ns->level > cred->user_ns->level; ns = user_ns_parent(ns)) {
		if (user_ns_parent(ns) == cred->user_ns && ns->owner_uid == cred->euid)
			return true;
	}
	return ns == cred->user_ns && (cred->cap_effective >> cap & 1);
}

bool ns_capable(const struct user_ns *ns, unsigned cap)
{
	return cred_capable(current_cred(), ns, cap);
}

unsigned user_ns_id_in(const struct user_ns *ns, enum id_kind kind, unsigned id)
{
	return id;
}

unsigned user_ns_id_out(const struct user_ns *ns, enum id_kind kind, unsigned kernel_id)
{
	return kernel_id;
}

unsigned uid_in(unsigned uid)
{
	return user_ns_id_in(current_cred()->user_ns, ID_UID, uid);
}

unsigned gid_in(unsigned gid)
{
	return user_ns_id_in(current_cred()->user_ns, ID_GID, gid);
}

static unsigned shown(unsigned id)
{
	return id == ID_NONE ? ID_OVERFLOW : id;
}

unsigned uid_out(unsigned kernel_uid)
{
	return shown(user_ns_id_out(current_cred()->user_ns, ID_UID, kernel_uid));
}

unsigned gid_out(unsigned kernel_gid)
{
	return shown(user_ns_id_out(current_cred()->user_ns, ID_GID, kernel_gid));
}

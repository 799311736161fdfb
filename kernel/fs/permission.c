/*
 * Who may do what to a file: mode bits, owner, groups, capabilities.
 *
 * One of three triples of the mode counts: the owner's, else the group's (primary or
 * supplementary), else the others'; it is not a sum. What it denies CAP_DAC_OVERRIDE grants, but
 * for executing a file without any x bit; CAP_DAC_READ_SEARCH grants reading, and searching
 * directories. The ids are the file-system ids of the caller.
 *
 * Entry points: inode_permission (open, walks, directory changes), inode_permission_cred
 * (access(2), which asks with the real ids), inode_owner_or_capable.
 */
#include "kernel/abi/capability.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/super.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

/* A capability over a file counts where both its owners have a name. */
static bool cred_has(const struct cred *cred, const struct inode *inode, unsigned cap)
{
	const struct user_ns *ns = cred->user_ns;

	return (cred->cap_effective >> cap & 1) &&
	       user_ns_id_out(ns, ID_UID, inode->uid) != ID_NONE &&
	       user_ns_id_out(ns, ID_GID, inode->gid) != ID_NONE;
}

bool inode_capable(const struct inode *inode, unsigned cap)
{
	return cred_has(current_cred(), inode, cap);
}

/* What the mode leaves to these ids. */
static unsigned mode_granted(const struct inode *inode, const struct cred *cred)
{
	unsigned mode = inode->mode;

	if (cred->fsuid == inode->uid)
		return mode >> 6 & 7;
	/* Asking about groups matters only where group and others differ. */
	if (((mode >> 3 ^ mode) & 7) && cred_in_group(cred, inode->gid))
		return mode >> 3 & 7;
	return mode & 7;
}

int inode_permission_cred(struct inode *inode, unsigned mask, const struct cred *cred)
{
	if ((mode_granted(inode, cred) & mask) == mask)
		return 0;
	if (S_ISDIR(inode->mode)) {
		if (!(mask & MAY_WRITE) && cred_has(cred, inode, CAP_DAC_READ_SEARCH))
			return 0;
		return cred_has(cred, inode, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && cred_has(cred, inode, CAP_DAC_READ_SEARCH))
		return 0;
	if (!(mask & MAY_EXEC) || (inode->mode & 0111))
		return cred_has(cred, inode, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	return -EACCES;
}

int inode_permission(struct inode *inode, unsigned mask)
{
	if (inode->ops->permission)
		return inode->ops->permission(inode, mask);
	return inode_permission_cred(inode, mask, current_cred());
}

bool inode_owner_or_capable(const struct inode *inode)
{
	if (current_cred()->fsuid == inode->uid)
		return true;
	return capable_here(CAP_FOWNER) &&
	       user_ns_id_out(current_cred()->user_ns, ID_UID, inode->uid) != ID_NONE;
}

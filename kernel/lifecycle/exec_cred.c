/*
 * Credentials across exec (capabilities(7), "Transformation of capabilities during execve").
 *
 * The set-user-id and set-group-id bits of the file replace the effective ids, unless the mount or
 * no_new_privs forbids it; the saved ids follow the effective ones. Root, real or effective, gets
 * every capability of its bounding set, unless the secure bits say that root is nobody special;
 * anyone else keeps only the ambient ones.
 *
 * A caller that is not to gain anything (no_new_privs), or whose working directory another process
 * could pull away under the new program's feet (CLONE_FS), gains nothing: ids stay and
 * capabilities can only become fewer.
 *
 * NOTE(linux): a process that comes to share the caller's directories (CLONE_FS) while it is in
 * exec is not refused with EAGAIN; a program that gains rights gets a copy of them.
 * LIMIT: no file capabilities: there are no extended attributes to keep them in.
 */
#include "kernel/lifecycle/program.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/mount.h"
#include "kernel/abi/stat.h"
#include "kernel/fs/file.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

static void apply_set_id(struct cred *c, const struct file *f)
{
	const struct inode *inode = f->inode;
	unsigned mode = inode->mode;

	if (user_ns_id_out(c->user_ns, ID_UID, inode->uid) == ID_NONE ||
	    user_ns_id_out(c->user_ns, ID_GID, inode->gid) == ID_NONE)
		return; /* to be somebody without a name here would be an escape */
	if (c->no_new_privs || (f->path.mnt != NULL && ((f->path.mnt->flags & MS_NOSUID) ||
							!mount_is_here(f->path.mnt))))
		return;
	if (mode & S_ISUID)
		c->euid = inode->uid;
	if ((mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		c->egid = inode->gid;
}

/* Is there somebody who might misuse what the program gains? */
static bool is_unsafe(const struct cred *c)
{
	return c->no_new_privs || ref_count(&current->fs->ref) > READ_ONCE(current->group->live);
}

/* Before ambient ones: what root has as root. True: they take effect at once. */
static bool apply_root(struct cred *c)
{
	unsigned zero = user_ns_id_in(c->user_ns, ID_UID, 0);

	c->cap_permitted = 0;
	if ((c->securebits & SECBIT_NOROOT) || zero == ID_NONE)
		return false;
	if (c->uid == zero || c->euid == zero)
		c->cap_permitted = c->cap_inheritable | c->cap_bounding;
	return c->euid == zero;
}

/* No more than it had, and maybe less. */
static void hold_back(struct cred *c, const struct cred *old)
{
	if (!capable_here(CAP_SETUID) || c->no_new_privs) {
		c->euid = c->uid;
		c->egid = c->gid;
	}
	c->cap_permitted &= old->cap_permitted;
}

int exec_cred_prepare(struct program *p)
{
	const struct cred *old = current_cred();
	struct cred *c = cred_clone(old, -1);
	bool set_id, effective;

	if (c == NULL)
		return -ENOMEM;
	apply_set_id(c, p->file);
	effective = apply_root(c);
	set_id = c->euid != old->uid || c->egid != old->gid;
	if ((set_id || (c->cap_permitted & ~old->cap_permitted)) && is_unsafe(c))
		hold_back(c, old);
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	if (set_id)
		c->cap_ambient = 0;
	c->cap_permitted |= c->cap_ambient;
	c->cap_effective = effective ? c->cap_permitted : c->cap_ambient;
	c->securebits &= ~SECBIT_KEEP_CAPS;
	p->cred = c;
	p->secure = set_id ||
		    (c->uid != uid_in(0) && (effective || (c->cap_permitted & ~c->cap_ambient)));
	return 0;
}

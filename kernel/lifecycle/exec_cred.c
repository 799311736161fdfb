/*
 * Credentials across exec (capabilities(7), "Transformation of capabilities during execve").
 *
 * The set-user-id and set-group-id bits of the file replace the effective ids, unless the mount or
 * no_new_privs forbids it; the saved ids follow the effective ones. Root, real or effective, gets
 * every capability of its bounding set, unless the secure bits say that root is nobody special;
 * anyone else keeps only the ambient ones.
 *
 * LIMIT: no file capabilities: there are no extended attributes to keep them in.
 */
#include "kernel/lifecycle/program.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/mount.h"
#include "kernel/abi/stat.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"

static void apply_set_id(struct cred *c, const struct file *f)
{
	unsigned mode = f->inode->mode;

	if (c->no_new_privs || (f->path.mnt != NULL && (f->path.mnt->flags & MS_NOSUID)))
		return;
	if (mode & S_ISUID)
		c->euid = f->inode->uid;
	if ((mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		c->egid = f->inode->gid;
}

static void apply_capabilities(struct cred *c, bool gained)
{
	bool root = (c->uid == 0 || c->euid == 0) && !(c->securebits & SECBIT_NOROOT);

	c->securebits &= ~SECBIT_KEEP_CAPS;
	if (gained)
		c->cap_ambient = 0;
	if (root) {
		c->cap_permitted = c->cap_inheritable | c->cap_bounding;
		c->cap_effective = c->euid == 0 ? c->cap_permitted : c->cap_ambient;
	} else {
		c->cap_permitted = c->cap_effective = c->cap_ambient;
	}
}

int exec_cred_prepare(struct program *p)
{
	struct cred *c = cred_clone(current_cred(), -1);
	bool gained;

	if (c == NULL)
		return -ENOMEM;
	apply_set_id(c, p->file);
	gained = c->euid != c->uid || c->egid != c->gid;
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	apply_capabilities(c, gained);
	p->cred = c;
	p->secure = gained;
	return 0;
}

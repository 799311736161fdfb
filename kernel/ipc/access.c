/*
 * The one answer to "may current look into that task" (ptrace(2), "Ptrace access mode checking").
 *
 * Yes for a thread of the same process. Otherwise three things are asked. CAP_SYS_PTRACE answers
 * any of them: in the target's user namespace, for the second in that where its program started.
 *
 *	ids           all three user ids and all three group ids of the target are the caller's
 *	dumpable      the target keeps no secrets (PR_SET_DUMPABLE) and has not gained rights
 *	capabilities  the target may nothing that the caller might not, in the same user namespace
 */
#include "kernel/ipc/access.h"

#include "kernel/abi/capability.h"
#include "kernel/mm/mm.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

/* A program that keeps secrets, or has gained rights, lets nobody look but who rules where it was
 * started: to be root of a user namespace that the program entered later is not enough, nor of one
 * in which the program's file belongs to nobody. */
static bool is_open(const struct mm *mm, const struct cred *theirs)
{
	const struct user_ns *ns = theirs->user_ns;

	if (mm == NULL || READ_ONCE(mm->dumpable) == 1)
		return true;
	while (ns->level > mm->ns_level)
		ns = user_ns_parent(ns);
	return ns_capable(ns, CAP_SYS_PTRACE);
}

static bool ids_are(const struct cred *c, unsigned uid, unsigned gid)
{
	return c->uid == uid && c->euid == uid && c->suid == uid && c->gid == gid &&
	       c->egid == gid && c->sgid == gid;
}

/* mm: t's program, held. */
static int may_access(struct task *t, const struct mm *mm, enum access_ids ids)
{
	const struct cred *mine = current_cred();
	bool fs = ids == ACCESS_FS_IDS, may;
	struct cred *theirs;

	if (t->group == current->group)
		return 0;
	theirs = cred_of_task(t);
	may = ns_capable(theirs->user_ns, CAP_SYS_PTRACE) ||
	      (theirs->user_ns == mine->user_ns &&
	       ids_are(theirs, fs ? mine->fsuid : mine->uid, fs ? mine->fsgid : mine->gid) &&
	       !(theirs->cap_permitted & ~(fs ? mine->cap_effective : mine->cap_permitted)));
	may = may && is_open(mm, theirs);
	cred_put(theirs);
	return may ? 0 : -EPERM;
}

int task_may_access(struct task *t, enum access_ids ids)
{
	struct mm *mm = mm_of_task(t);
	int err = may_access(t, mm, ids);

	mm_put(mm);
	return err;
}

/* The order matters: were it asked first, an exec in between would put a program with more rights
 * under a permission that was for the one before. */
int task_mm_access(struct task *t, enum access_ids ids, struct mm **out)
{
	struct mm *mm = mm_of_task(t);
	int err = may_access(t, mm, ids);

	if (err == 0 && mm == NULL)
		err = -ESRCH;
	if (err)
		mm_put(mm);
	*out = err ? NULL : mm;
	return err;
}

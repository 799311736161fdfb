/*
 * The one answer to "may current look into that task" (ptrace(2), "Ptrace access mode checking").
 *
 * Yes for a thread of the same process. Otherwise three things are asked, and CAP_SYS_PTRACE in
 * the target's user namespace answers any of them:
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

/* A program that keeps secrets, or has gained rights, lets nobody look. */
static bool is_dumpable(struct task *t)
{
	struct mm *mm = mm_of_task(t);
	bool yes = mm == NULL || mm->dumpable == 1;

	mm_put(mm);
	return yes;
}

static bool ids_are(const struct cred *c, unsigned uid, unsigned gid)
{
	return c->uid == uid && c->euid == uid && c->suid == uid && c->gid == gid &&
	       c->egid == gid && c->sgid == gid;
}

int task_may_access(struct task *t, enum access_ids ids)
{
	const struct cred *mine = current_cred();
	bool fs = ids == ACCESS_FS_IDS, may;
	struct cred *theirs;

	if (t->group == current->group)
		return 0;
	theirs = cred_of_task(t);
	if (ns_capable(theirs->user_ns, CAP_SYS_PTRACE)) {
		cred_put(theirs);
		return 0;
	}
	may = theirs->user_ns == mine->user_ns &&
	      ids_are(theirs, fs ? mine->fsuid : mine->uid, fs ? mine->fsgid : mine->gid) &&
	      !(theirs->cap_permitted & ~(fs ? mine->cap_effective : mine->cap_permitted));
	cred_put(theirs);
	return may && is_dumpable(t) ? 0 : -EPERM;
}

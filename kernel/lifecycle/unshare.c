/*
 * unshare: the rows of the resource table, applied to the caller.
 *
 *	check    the flags, with those that they imply
 *	prepare  a copy of each row that is shared; a set of namespaces
 *	commit   all are installed. From that line on nothing can fail
 */
#include "kernel/lifecycle/unshare.h"

#include "kernel/lifecycle/clone_flags.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/lifecycle/resource.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "lib/errno.h"

/* What a flag drags along: a handler table can't be unshared while the address space is shared, and
 * so on. */
static uint64_t unshare_implied(uint64_t flags)
{
	if (flags & CLONE_NEWUSER)
		flags |= CLONE_THREAD | CLONE_FS;
	if (flags & CLONE_VM)
		flags |= CLONE_SIGHAND;
	if (flags & CLONE_SIGHAND)
		flags |= CLONE_THREAD;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	return flags;
}

/* These three can't be undone for one thread of several: they succeed only where there is nothing
 * to undo. */
static int unshare_check_alone(uint64_t flags)
{
	if ((flags & CLONE_THREAD) && READ_ONCE(current->group->live) > 1)
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && resources[ROW_SIGHAND].count(current->sighand) > 1)
		return -EINVAL;
	if ((flags & CLONE_VM) && resources[ROW_MM].count(current->mm) > 1)
		return -EINVAL;
	return 0;
}

/* What is to be installed; NULL where nothing changes. */
struct unsharing {
	void *fs, *files;
	struct ns_set *ns;
	struct cred *cred;
};

static void unsharing_release(struct unsharing *u)
{
	if (u->fs != NULL)
		resources[ROW_FS].put(u->fs);
	if (u->files != NULL)
		resources[ROW_FILES].put(u->files);
	ns_set_put(u->ns);
	cred_put(u->cred);
}

static int unsharing_prepare(struct unsharing *u, uint64_t flags)
{
	int err = 0;

	/* A new mount namespace moves the places in fs: a copy, so that those of the caller stay
	 * where they are when something later fails. */
	if (flags & CLONE_NEWNS)
		err = resources[ROW_FS].copy(current->fs, &u->fs);
	else if (flags & CLONE_FS)
		err = resource_unshare_prepare(&resources[ROW_FS], &u->fs);
	if (err == 0 && (flags & CLONE_FILES))
		err = resource_unshare_prepare(&resources[ROW_FILES], &u->files);
	if (err == 0 && (flags & CLONE_NEWUSER))
		err = cred_copy_user_ns(current_cred(), &u->cred);
	if (err == 0 && (flags & CLONE_NEW_SET))
		err = ns_set_copy(current->ns, flags, u->cred != NULL ? u->cred : current_cred(),
				  u->fs != NULL ? u->fs : current->fs, &u->ns);
	return err;
}

int task_unshare(uint64_t flags)
{
	struct unsharing u = { 0 };
	int err = clone_flags_check(flags, BY_UNSHARE);

	flags = unshare_implied(flags);
	if (err == 0)
		err = unshare_check_alone(flags);
	if (err == 0)
		err = unsharing_prepare(&u, flags);
	if (err) {
		unsharing_release(&u);
		return err;
	}
	/* ---- From this line on nothing can fail. ---- */
	resource_install(&resources[ROW_FS], u.fs);
	resource_install(&resources[ROW_FILES], u.files);
	if (flags & (CLONE_SYSVSEM | CLONE_NEWIPC))
		resource_leave(&resources[ROW_SYSVSEM]);
	resource_install(&resources[ROW_NS], u.ns);
	if (u.cred != NULL)
		cred_install(u.cred);
	return 0;
}

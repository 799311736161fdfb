/*
 * setns: a task enters namespaces that there are.
 *
 * They are named by a file of /proc/PID/ns, or by a pidfd and a mask of types. Each must allow it:
 * whoever enters needs CAP_SYS_ADMIN in the owner of the namespace and in his own user namespace,
 * which is the one that he enters with the same call if he does; the row's `enter` says what more.
 * As everywhere: everything is prepared, then all is committed, which can't fail.
 */
#include "kernel/lifecycle/unshare.h"

#include "kernel/abi/capability.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/pidfd.h"
#include "kernel/ipc/access.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/lifecycle/nsfs.h"
#include "kernel/lifecycle/resource.h"
#include "kernel/mm/time.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

#define CLONE_NEW_ANY (CLONE_NEW_SET | CLONE_NEWUSER)

static int change_begin(struct ns_change *c)
{
	*c = (struct ns_change){ .set = ns_set_create(current->ns) };
	return c->set == NULL ? -ENOMEM : 0;
}

static void change_release(struct ns_change *c)
{
	cred_put(c->cred);
	ns_set_put(c->set);
	if (c->root.dentry != NULL)
		path_put(&c->root);
	ns_put(c->time);
}

/* The user namespace whose capabilities count: that which is being entered comes first. */
const struct cred *ns_change_cred(const struct ns_change *c)
{
	return c->cred != NULL ? c->cred : current_cred();
}

static int change_add_user(struct ns_change *c, struct ns *ns)
{
	struct user_ns *user_ns = container_of(ns, struct user_ns, ns);

	if (user_ns == current_cred()->user_ns)
		return -EINVAL;
	if (READ_ONCE(current->group->live) > 1 || ref_count(&current->fs->ref) > 1)
		return -EINVAL;
	if (!ns_capable(user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	c->cred = cred_clone(current_cred(), -1);
	if (c->cred == NULL)
		return -ENOMEM;
	cred_set_user_ns(c->cred, user_ns_get(user_ns));
	return 0;
}

static int change_add(struct ns_change *c, struct ns *ns)
{
	const struct ns_kind *kind = &ns_kinds[ns->type];
	const struct cred *cred = ns_change_cred(c);
	int err;

	if (ns->type == NS_USER)
		return change_add_user(c, ns);
	if (!cred_capable(cred, ns->owner, CAP_SYS_ADMIN) ||
	    !cred_capable(cred, cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	err = kind->enter != NULL ? kind->enter(ns, c) : 0;
	if (err == 0)
		ns_set_replace(c->set, ns_get(ns));
	return err;
}

/* The clocks come first, for their change alone can still fail. */
static int change_commit(struct ns_change *c)
{
	int err = c->time != NULL ? mm_time_set(current->mm, time_ns_of(c->time)) : 0;

	if (err)
		return err;
	/* ---- From this line on nothing can fail. ---- */
	if (c->ipc)
		resource_leave(&resources[ROW_SYSVSEM]);
	resource_install(&resources[ROW_NS], c->set);
	c->set = NULL;
	if (c->root.dentry != NULL) {
		struct path cwd = c->root;

		path_get(&cwd);
		fs_context_set_cwd(current->fs, &cwd);
		fs_context_set_root(current->fs, &c->root);
		c->root.dentry = NULL;
	}
	if (c->cred != NULL)
		cred_install(c->cred);
	c->cred = NULL;
	return 0;
}

/* The types of a mask, as a task has them: the user namespace first, for it decides over the
 * others. */
static int change_add_task(struct ns_change *c, struct task *t, uint64_t mask)
{
	int err = task_may_access(t, ACCESS_REAL_IDS);

	for (int type = NS_TYPE_COUNT - 1; type >= 0 && err == 0; type--) {
		struct ns *ns;

		if (!(mask & ns_kinds[type].flag))
			continue;
		ns = ns_of_task(t, (enum ns_type)type, false);
		err = ns == NULL ? -ESRCH : change_add(c, ns);
		ns_put(ns);
	}
	return err;
}

static int change_add_file(struct ns_change *c, struct file *f, uint64_t flags)
{
	struct ns *ns = nsfs_ns(f);
	struct task *t;
	struct pid *pid;
	int err;

	if (ns != NULL)
		return flags == 0 || flags == ns_kinds[ns->type].flag ? change_add(c, ns) : -EINVAL;
	pid = pidfd_pid(f);
	if (pid == NULL || flags == 0 || (flags & ~CLONE_NEW_ANY))
		return -EINVAL;
	t = task_of_pid(pid);
	if (t == NULL)
		return -ESRCH;
	err = change_add_task(c, t, flags);
	task_put(t);
	return err;
}

int task_setns(int fd, uint64_t flags)
{
	struct file *f = fd_get(fd);
	struct ns_change c;
	int err;

	if (f == NULL)
		return -EBADF;
	err = change_begin(&c);
	if (err == 0)
		err = change_add_file(&c, f, flags);
	if (err == 0)
		err = change_commit(&c);
	change_release(&c);
	file_put(f);
	return err;
}

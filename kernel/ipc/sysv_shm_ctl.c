/*
 * shmctl's commands, one function each.
 *
 * NOTE(linux): SHM_LOCK is charged to the caller's user, as on Linux, and shows in the mode, but
 * has nothing to keep in memory: nothing of a segment is ever swapped out.
 */
#include "kernel/ipc/sysv_shm.h"

#include "kernel/abi/capability.h"
#include "kernel/ipc/sysv_shm_table.h"
#include "kernel/mm/shm_object.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/user.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct shm_segment *segment_find_locked(struct ipc_ns *ns, int id)
{
	struct ipc_object *o = ipc_find_locked(&ns->shm, id);

	return o != NULL ? container_of(o, struct shm_segment, head) : NULL;
}

int shm_remove(struct ipc_ns *ns, int id)
{
	struct ipc_object *o;
	struct shm_segment *s;
	int err = ipc_find_to_remove(&ns->shm, id, &o);

	if (err)
		return err;
	s = container_of(o, struct shm_segment, head);
	shm_segment_doom(s);
	shm_segment_put(s);
	return 0;
}

int shm_set(struct ipc_ns *ns, int id, const struct abi_ipc_perm *perm)
{
	return ipc_perm_change(&ns->shm, id, perm);
}

/* Adds to what the user has locked, if the limit allows. */
static int lock_charge(struct user *u, uint64_t pages)
{
	uint64_t limit = group_rlimit(current->group, RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (atomic_fetch_add(&u->locked_pages, pages) + pages > limit && !capable(CAP_IPC_LOCK)) {
		atomic_fetch_sub(&u->locked_pages, pages);
		return -ENOMEM;
	}
	return 0;
}

static int may_lock(const struct shm_segment *s, bool lock)
{
	unsigned euid = current_cred()->euid;

	if (capable(CAP_IPC_LOCK))
		return 0;
	if (euid != s->head.uid && euid != s->head.cuid)
		return -EPERM;
	return lock && group_rlimit(current->group, RLIMIT_MEMLOCK) == 0 ? -EPERM : 0;
}

/* u: whom to charge. s->head.lock held. 0: nothing left to put but u, if it was not taken. */
static int segment_lock(struct shm_segment *s, struct user **u)
{
	int err;

	if (s->locked_by != NULL)
		return 0;
	err = lock_charge(*u, DIV_ROUND_UP(s->size, PAGE_SIZE));
	if (err)
		return err;
	s->locked_by = *u;
	s->head.mode |= SHM_LOCKED;
	*u = NULL;
	return 0;
}

static void segment_unlock(struct shm_segment *s, struct user **was)
{
	*was = s->locked_by;
	if (*was != NULL)
		atomic_fetch_sub(&(*was)->locked_pages, DIV_ROUND_UP(s->size, PAGE_SIZE));
	s->locked_by = NULL;
	s->head.mode &= ~(unsigned)SHM_LOCKED;
}

int shm_lock(struct ipc_ns *ns, int id, bool lock)
{
	struct user *u = NULL;
	struct shm_segment *s;
	int err;

	if (lock) {
		u = user_get(current_cred()->user_ns, current_cred()->uid);
		if (u == NULL)
			return -ENOMEM;
	}
	s = segment_find_locked(ns, id);
	err = s != NULL ? may_lock(s, lock) : -EINVAL;
	if (err == 0 && lock)
		err = segment_lock(s, &u);
	else if (err == 0)
		segment_unlock(s, &u);
	if (s != NULL) {
		spin_assert_held(&s->head.lock);
		spin_unlock(&s->head.lock);
	}
	user_put(u);
	return err;
}

int shm_stat(struct ipc_ns *ns, int id, int cmd, struct abi_shmid_ds *out)
{
	struct ipc_object *o =
		cmd == IPC_STAT ? ipc_find_locked(&ns->shm, id) : ipc_at_locked(&ns->shm, id);
	struct shm_segment *s = container_of(o, struct shm_segment, head);
	int err;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	err = cmd == SHM_STAT_ANY ? 0 : ipc_permission(o, 0444);
	memset(out, 0, sizeof(*out));
	ipc_perm_show(o, &out->perm);
	out->segsz = s->size;
	out->atime = s->atime;
	out->dtime = s->dtime;
	out->ctime = o->ctime;
	out->cpid = ipc_pid_out(s->cpid);
	out->lpid = ipc_pid_out(s->lpid);
	out->nattch = s->nattch;
	if (err == 0 && cmd != IPC_STAT)
		err = o->id;
	spin_unlock(&o->lock);
	return err;
}

int shm_limits(struct ipc_ns *ns, struct abi_shminfo *out)
{
	*out = (struct abi_shminfo){ .shmmax = ns->shm_max, .shmmin = 1, .shmmni = ns->shm.limit,
				     .shmseg = ns->shm.limit, .shmall = ns->shm_all };
	return ipc_highest(&ns->shm);
}

uint64_t shm_resident_pages(const struct shm_segment *s)
{
	return READ_ONCE(shm_object_cache(s->memory)->count);
}

int shm_usage(struct ipc_ns *ns, struct abi_shm_info *out)
{
	struct ipc_object *o;

	*out = (struct abi_shm_info){ .used_ids = (int)ns->shm.in_use, .tot = ns->shm_pages };
	for (unsigned i = 0; (o = ipc_next(&ns->shm, &i)) != NULL; i++) {
		struct shm_segment *s = container_of(o, struct shm_segment, head);

		out->rss += shm_resident_pages(s);
		shm_segment_put(s);
	}
	return ipc_highest(&ns->shm);
}

void sysv_shm_ns_destroy(struct ipc_ns *ns)
{
	struct ipc_object *o;

	for (unsigned i = 0; (o = ipc_next(&ns->shm, &i)) != NULL; i++) {
		struct shm_segment *s = container_of(o, struct shm_segment, head);

		shm_segment_doom(s);
		shm_segment_put(s);
	}
}

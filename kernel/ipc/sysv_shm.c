/*
 * System V shared memory: segments, found by id or key, attached as areas of address spaces.
 *
 *	         shmget
 *	            |
 *	            v       shmat                          IPC_RMID
 *	        DETACHED <--------> ATTACHED (nattch > 0) ----------> DOOMED (SHM_DEST)
 *	            |       shmdt                                        |  last shmdt
 *	            | IPC_RMID                                           v
 *	            +----------------------------------------------->  GONE
 *
 * A doomed segment has lost its key but keeps its id, by which it can be looked at and even
 * attached until the last attachment goes.
 *
 * An attachment is an area whose vma->file is the segment: the counting that kernel/mm does for
 * files, at every fork, split, exit and exec, is the count of attachments. Each also holds the
 * namespace. The pages are those of a shm_object, so futexes, accounting and page faults are what
 * they are for other shared memory.
 *
 * Entry points: shm_get, shm_attach, shm_detach here (shmget, shmat, shmdt); shmctl's commands in
 * sysv_shm_ctl.c.
 *
 * Locking: sysv_ids.h. Areas come and go with mm->lock held, outside ours.
 *
 * LIMIT: no huge pages: SHM_HUGETLB is refused with -ENOMEM, as on a Linux that has set none aside.
 * LIMIT: no /proc/sys/kernel/shm_rmid_forced.
 */
#include "kernel/ipc/sysv_shm.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/mman.h"
#include "kernel/alloc/slab.h"
#include "kernel/ipc/sysv_shm_table.h"
#include "kernel/mm/map.h"
#include "kernel/mm/shm_object.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/user.h"
#include "lib/errno.h"
#include "lib/format.h"

static CACHE_DEFINE(segment_cache, struct shm_segment);

static struct shm_segment *segment_of(struct ipc_object *o)
{
	return container_of(o, struct shm_segment, head);
}

static uint64_t segment_pages(const struct shm_segment *s)
{
	return DIV_ROUND_UP(s->size, PAGE_SIZE);
}

/* --- the end of a segment */

void shm_segment_put(struct shm_segment *s)
{
	if (!ref_put(&s->head.ref))
		return;
	if (s->locked_by != NULL)
		atomic_fetch_sub(&s->locked_by->locked_pages, segment_pages(s));
	user_put(s->locked_by);
	shm_object_put(s->memory);
	pid_put(s->cpid);
	pid_put(s->lpid);
	cache_free(&segment_cache, s);
}

/* Out of the table. Both locks are held and dropped. */
__lock_unchecked static void segment_finish(struct shm_segment *s)
{
	struct ipc_table *t = &s->head.ns->shm;

	ipc_remove(t, &s->head);
	s->head.ns->shm_pages -= segment_pages(s);
	spin_unlock(&s->head.lock);
	spin_unlock(&t->lock);
	shm_segment_put(s);
}

__lock_unchecked void shm_segment_doom(struct shm_segment *s)
{
	struct ipc_table *t = &s->head.ns->shm;

	if (!ipc_lock_to_remove(t, &s->head))
		return;
	if (s->nattch == 0) {
		segment_finish(s);
		return;
	}
	s->head.mode |= SHM_DEST;
	ipc_forget_key(t, &s->head);
	spin_unlock(&s->head.lock);
	spin_unlock(&t->lock);
}

/* --- attachments, as areas see them */

static struct shm_segment *segment_of_file(struct file *f)
{
	return (struct shm_segment *)f;
}

static void attachment_add(struct shm_segment *s)
{
	ref_get(&s->head.ref);
	ipc_ns_get(s->head.ns);
	spin_lock(&s->head.lock);
	s->nattch++;
	s->atime = ipc_now();
	ipc_pid_note(&s->lpid, ipc_pid());
	spin_unlock(&s->head.lock);
}

/* One fewer; the last one of a doomed segment ends it. */
static void attachment_drop(struct shm_segment *s)
{
	struct ipc_ns *ns = s->head.ns;
	bool finish;

	spin_lock(&s->head.lock);
	s->nattch--;
	s->dtime = ipc_now();
	ipc_pid_note(&s->lpid, ipc_pid());
	finish = s->nattch == 0 && (s->head.mode & SHM_DEST);
	spin_unlock(&s->head.lock);
	if (finish)
		shm_segment_doom(s); /* unless somebody attached it anew meanwhile */
	shm_segment_put(s);
	ipc_ns_put(ns);
}

static struct file *area_file_get(struct file *f)
{
	attachment_add(segment_of_file(f));
	return f;
}

static void area_file_put(struct file *f)
{
	attachment_drop(segment_of_file(f));
}

static int area_file_name(struct file *f, char *buf, size_t size)
{
	const struct shm_segment *s = segment_of_file(f);

	return str_format(buf, size, "/SYSV%08x (deleted)", (unsigned)s->first_key);
}

static void area_file_ids(struct file *f, uint64_t *dev, uint64_t *ino)
{
	*dev = 1;
	*ino = (uint64_t)segment_of_file(f)->head.id;
}

static const struct vma_ops segment_vma_ops = {
	.file_get = area_file_get,
	.file_put = area_file_put,
	.file_name = area_file_name,
	.file_ids = area_file_ids,
};

static int area_attach(struct file *f, struct vma *v)
{
	v->ops = &segment_vma_ops;
	v->cache = shm_object_cache(segment_of_file(f)->memory);
	return 0;
}

/* --- shmget */

static int segment_create(struct ipc_get *get, struct ipc_object **out)
{
	uint64_t pages = DIV_ROUND_UP(get->size, PAGE_SIZE);
	struct shm_segment *s;

	if (get->size < 1 || get->size > get->ns->shm_max)
		return -EINVAL;
	if (pages << PAGE_SHIFT < get->size || get->ns->shm_pages + pages > get->ns->shm_all)
		return -ENOSPC;
	if (get->size > INT64_MAX)
		return -EINVAL; /* no file is that large */
	if (get->flags & SHM_HUGETLB)
		return capable(CAP_IPC_LOCK) ? -ENOMEM : -EPERM;
	s = cache_alloc(&segment_cache, ALLOC_ZERO);
	if (s == NULL)
		return -ENOMEM;
	s->memory = shm_object_create(get->size, get->flags & SHM_NORESERVE ? 0 : pages);
	if (s->memory == NULL) {
		cache_free(&segment_cache, s);
		return -ENOMEM;
	}
	ipc_object_init(&s->head, get);
	s->first_key = get->key;
	s->size = get->size;
	ipc_pid_note(&s->cpid, ipc_pid());
	*out = &s->head;
	return 0;
}

static void segment_discard(struct ipc_object *o)
{
	shm_segment_put(segment_of(o));
}

static int segment_admit(struct ipc_get *get, struct ipc_object *o)
{
	uint64_t pages = segment_pages(segment_of(o));

	if (get->ns->shm_pages + pages > get->ns->shm_all)
		return -ENOSPC;
	get->ns->shm_pages += pages;
	return 0;
}

static int segment_match(struct ipc_get *get, struct ipc_object *o)
{
	return segment_of(o)->size < get->size ? -EINVAL : 0;
}

int shm_get(struct ipc_ns *ns, int key, uint64_t size, int flags)
{
	struct ipc_get get = {.key = key,
			      .flags = flags,
			      .create = segment_create,
			      .discard = segment_discard,
			      .admit = segment_admit,
			      .match = segment_match,
			      .ns = ns,
			      .size = size};

	return ipc_get(&ns->shm, &get);
}

/* --- shmat, shmdt */

/* Where it shall go, for mm_map; addr 0: anywhere. */
static int attach_place(struct mm_map_request *req, vaddr_t addr, int flags)
{
	if (addr == 0)
		return flags & SHM_REMAP ? -EINVAL : 0;
	if (addr % PAGE_SIZE != 0) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		addr = ALIGN_DOWN(addr, PAGE_SIZE);
		if (addr == 0 && (flags & SHM_REMAP))
			return -EINVAL;
	}
	req->addr = addr;
	req->flags |= flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	return 0;
}

/* The segment with one attachment more, which is the caller's for the time being. */
static int attach_begin(struct ipc_ns *ns, int id, int access, struct shm_segment **out)
{
	struct ipc_object *o = ipc_find_locked(&ns->shm, id);
	int err;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	err = ipc_permission(o, access);
	if (err == 0) {
		segment_of(o)->nattch++;
		ref_get(&o->ref);
		ipc_ns_get(ns);
	}
	spin_unlock(&o->lock);
	*out = segment_of(o);
	return err;
}

/* As above, the other way: only the area's attachment is noted as a time. */
static void attach_end(struct shm_segment *s)
{
	struct ipc_ns *ns = s->head.ns;
	bool finish;

	spin_lock(&s->head.lock);
	s->nattch--;
	finish = s->nattch == 0 && (s->head.mode & SHM_DEST);
	spin_unlock(&s->head.lock);
	if (finish)
		shm_segment_doom(s);
	shm_segment_put(s);
	ipc_ns_put(ns);
}

int shm_attach(struct ipc_ns *ns, int id, vaddr_t addr, int flags, vaddr_t *out)
{
	struct mm_map_request req = {
		.prot = PROT_READ, .flags = MAP_SHARED, .attach = area_attach };
	int access = 0444, err;
	struct shm_segment *s;

	err = id < 0 ? -EINVAL : attach_place(&req, addr, flags);
	if (err)
		return err;
	if (!(flags & SHM_RDONLY)) {
		req.prot |= PROT_WRITE;
		req.allow_write = true;
		access |= 0222;
	}
	if (flags & SHM_EXEC) {
		req.prot |= PROT_EXEC;
		access |= 0111;
	}
	err = attach_begin(ns, id, access, &s);
	if (err)
		return err;
	req.file = (struct file *)s;
	req.len = s->size;
	if (req.addr != 0 && !(flags & SHM_REMAP) && req.addr + s->size < req.addr)
		err = -EINVAL;
	else
		err = mm_map(current->mm, &req, out);
	attach_end(s);
	return err == -EEXIST ? -EINVAL : err;
}

/* The first area of an attachment that began at addr, wherever that has been cut. */
static struct vma *attachment_find(struct mm *mm, vaddr_t addr)
{
	struct vma *v = vma_find_after(mm, addr);

	while (v != NULL && !(v->ops == &segment_vma_ops &&
			      v->start - addr == v->pgoff << PAGE_SHIFT))
		v = vma_next(v);
	return v;
}

static int detach_locked(struct mm *mm, vaddr_t addr)
{
	struct vma *v = attachment_find(mm, addr);
	struct file *of;
	vaddr_t end;
	int err = v != NULL ? 0 : -EINVAL;

	if (err)
		return err;
	of = v->file;
	end = addr + ALIGN_UP(segment_of_file(of)->size, PAGE_SIZE);
	while (err == 0 && v != NULL && v->start < end) {
		vaddr_t start = v->start, next = v->end;

		if (v->ops == &segment_vma_ops && v->file == of &&
		    start - addr == v->pgoff << PAGE_SHIFT)
			err = mm_unmap_locked(mm, start, next);
		v = vma_find_after(mm, next);
	}
	return err;
}

int shm_detach(vaddr_t addr)
{
	struct mm *mm = current->mm;
	int err;

	if (addr % PAGE_SIZE != 0)
		return -EINVAL;
	err = rwlock_write_lock_killable(&mm->lock);
	if (err)
		return err;
	err = detach_locked(mm, addr);
	rwlock_write_unlock(&mm->lock);
	return err;
}

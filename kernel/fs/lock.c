/*
 * Advisory locks.
 *
 * A lock is a kind, an owner, a range and whether it is shared. flock's cover the whole file and
 * belong to the open file; fcntl's cover bytes and belong to the descriptor table, so to the
 * process, or (F_OFD_*) to the open file. The kinds don't see each other. Two locks of one kind
 * conflict when they overlap, have different owners and are not both shared.
 *
 * Setting a range replaces what the owner had in it: older locks are cut back, split, or
 * swallowed. A split needs one lock more, so two are allocated before the spinlock is taken.
 *
 * All locks of an inode are in one list with one wait queue; whoever removes a lock wakes all, and
 * each looks again.
 *
 * LIMIT: no deadlock detection: F_SETLKW never gives EDEADLK.
 */
#include "kernel/fs/lock.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/sched/wait.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

enum lock_kind { KIND_FLOCK, KIND_RECORD };

struct file_lock {
	struct list link;    /* [list's lock] */
	const void *owner;   /* [i] a struct file or struct files: compared, never followed */
	enum lock_kind kind; /* [i] */
	bool exclusive;	     /* [i] */
	uint64_t start, end; /* [list's lock] inclusive */
	int pid;	     /* [i] for F_GETLK; -1: an open file's */
};

struct lock_list {
	struct spinlock lock;
	struct list locks; /* [lock] */
	struct waitq waiters;
};

static CACHE_DEFINE(file_lock_cache, struct file_lock);

/* The inode's list, made at the first use. NULL: no memory. */
static struct lock_list *list_of(struct inode *inode)
{
	struct lock_list *l = __atomic_load_n(&inode->locks, __ATOMIC_ACQUIRE), *seen = NULL;

	if (l)
		return l;
	l = kzalloc(sizeof(*l));
	if (!l)
		return NULL;
	spinlock_init(&l->lock, "file locks", LOCK_RANK_INODE_TABLE);
	list_init(&l->locks);
	waitq_init(&l->waiters);
	if (__atomic_compare_exchange_n(&inode->locks, &seen, l, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return l;
	kfree(l);
	return seen;
}

static bool overlaps(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

/* The first lock that is in the way of want. l->lock held. */
static struct file_lock *find_conflict(struct lock_list *l, const struct file_lock *want)
{
	struct file_lock *have;

	list_for_each_entry(have, &l->locks, link) {
		if (have->kind == want->kind && have->owner != want->owner &&
		    (have->exclusive || want->exclusive) && overlaps(have, want))
			return have;
	}
	return NULL;
}

/* Takes want's range out of what its owner holds. *spare is used up if a lock is split. l->lock
 * held. */
static void cut_out(struct lock_list *l, const struct file_lock *want, struct file_lock **spare)
{
	struct file_lock *have, *after;

	list_for_each_entry_safe(have, after, &l->locks, link) {
		if (have->kind != want->kind || have->owner != want->owner || !overlaps(have, want))
			continue;
		if (have->start < want->start && have->end > want->end) {
			**spare = *have;
			(*spare)->start = want->end + 1;
			list_add(&(*spare)->link, &have->link);
			*spare = NULL;
			have->end = want->start - 1;
		} else if (have->start < want->start) {
			have->end = want->start - 1;
		} else if (have->end > want->end) {
			have->start = want->end + 1;
		} else {
			list_del(&have->link);
			cache_free(&file_lock_cache, have);
		}
	}
}

/* Sets want (or, with unlock, frees its range) unless something is in the way: 0 or -EAGAIN. */
static int lock_try(struct lock_list *l, const struct file_lock *want, bool unlock,
		    struct file_lock **spare, struct file_lock **fresh)
{
	int err = 0;

	spin_lock(&l->lock);
	if (!unlock && find_conflict(l, want))
		err = -EAGAIN;
	if (!err) {
		cut_out(l, want, spare);
		if (!unlock) {
			**fresh = *want;
			list_add_tail(&(*fresh)->link, &l->locks);
			*fresh = NULL;
		}
	}
	spin_unlock(&l->lock);
	/* An unlock or a change from exclusive to shared may let others in. */
	if (!err)
		waitq_wake_all(&l->waiters, 0);
	return err;
}

static int lock_set(struct inode *inode, const struct file_lock *want, bool unlock, bool wait)
{
	struct file_lock *spare, *fresh;
	struct lock_list *l = list_of(inode);
	int err = -ENOLCK;

	spare = cache_alloc(&file_lock_cache, 0);
	fresh = cache_alloc(&file_lock_cache, 0);
	if (l && spare && fresh) {
		err = lock_try(l, want, unlock, &spare, &fresh);
		if (err == -EAGAIN && wait)
			err = wait_event_interruptible(
				&l->waiters,
				lock_try(l, want, unlock, &spare, &fresh) == 0);
	}
	cache_free(&file_lock_cache, spare);
	cache_free(&file_lock_cache, fresh);
	return err == -EINTR ? -ERESTARTSYS : err;
}

int lock_flock(struct file *file, unsigned operation)
{
	struct file_lock want = { .owner = file, .kind = KIND_FLOCK, .end = UINT64_MAX, .pid = -1 };
	unsigned op = operation & ~LOCK_NB;

	if (op != LOCK_SH && op != LOCK_EX && op != LOCK_UN)
		return -EINVAL;
	if (op != LOCK_UN && !(file->mode & (FILE_READ | FILE_WRITE)))
		return -EBADF;
	want.exclusive = op == LOCK_EX;
	return lock_set(file->inode, &want, op == LOCK_UN, !(operation & LOCK_NB));
}

/* The bytes that *fl names. */
static int range_of(struct file *file, const struct abi_flock *fl, struct file_lock *want)
{
	int64_t start, end;

	switch (fl->whence) {
	case SEEK_SET:
		start = 0;
		break;
	case SEEK_CUR:
		start = (int64_t)file->pos;
		break;
	case SEEK_END:
		start = (int64_t)file->inode->size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(start, fl->start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	end = INT64_MAX;
	if (fl->len > 0 && __builtin_add_overflow(start, fl->len - 1, &end))
		return -EOVERFLOW;
	if (fl->len < 0) {
		end = start - 1;
		start += fl->len;
		if (start < 0)
			return -EINVAL;
	}
	want->start = (uint64_t)start;
	want->end = end == INT64_MAX ? UINT64_MAX : (uint64_t)end;
	return 0;
}

/* What current calls the process with this number in the first pid namespace; 0 if it doesn't see
 * it, or it has gone. */
static int number_here(int nr)
{
	struct pid *p = pid_find_in(&init_pid_ns, nr);
	int here = p != NULL ? pid_nr(p) : 0;

	pid_put(p);
	return here;
}

/* Who would be in the way. */
static int lock_query(struct inode *inode, const struct file_lock *want, struct abi_flock *fl)
{
	struct lock_list *l = list_of(inode);
	struct file_lock *have;

	if (!l)
		return -ENOLCK;
	spin_lock(&l->lock);
	have = find_conflict(l, want);
	if (!have) {
		fl->type = F_UNLCK;
	} else {
		fl->type = have->exclusive ? F_WRLCK : F_RDLCK;
		fl->whence = SEEK_SET;
		fl->start = (int64_t)have->start;
		fl->len = have->end == UINT64_MAX ? 0 : (int64_t)(have->end - have->start + 1);
		fl->pid = have->pid;
	}
	spin_unlock(&l->lock);
	if (have && fl->pid > 0)
		fl->pid = number_here(fl->pid);
	return 0;
}

int lock_fcntl(struct file *file, unsigned cmd, struct abi_flock *fl)
{
	bool ofd = cmd >= F_OFD_GETLK, query = cmd == F_GETLK || cmd == F_OFD_GETLK;
	struct file_lock want = {
		.owner = ofd ? (const void *)file : current->files,
		.kind = KIND_RECORD,
		.exclusive = fl->type == F_WRLCK,
		.pid = ofd ? -1 : group_nr(current->group),
	};
	int err = range_of(file, fl, &want);

	if (err)
		return err;
	if ((ofd && fl->pid != 0) ||
	    (fl->type != F_RDLCK && fl->type != F_WRLCK && fl->type != F_UNLCK))
		return -EINVAL;
	if (query)
		return fl->type == F_UNLCK ? -EINVAL : lock_query(file->inode, &want, fl);
	if ((fl->type == F_RDLCK && !(file->mode & FILE_READ)) ||
	    (fl->type == F_WRLCK && !(file->mode & FILE_WRITE)))
		return -EBADF;
	return lock_set(file->inode, &want, fl->type == F_UNLCK,
			cmd == F_SETLKW || cmd == F_OFD_SETLKW);
}

void lock_release_owner(struct inode *inode, const void *owner)
{
	struct lock_list *l = inode->locks;
	struct file_lock *have, *after;
	bool gone = false;

	spin_lock(&l->lock);
	list_for_each_entry_safe(have, after, &l->locks, link) {
		if (have->owner != owner)
			continue;
		list_del(&have->link);
		cache_free(&file_lock_cache, have);
		gone = true;
	}
	spin_unlock(&l->lock);
	if (gone)
		waitq_wake_all(&l->waiters, 0);
}

/* The owners are gone, and with them their locks. */
void lock_list_destroy(struct inode *inode)
{
	kfree(inode->locks);
	inode->locks = NULL;
}

/*
 * The table of one kind of System V object.
 *
 *	id      seq << 15 | place: the place is found at once, and the round tells a new object
 *	        from an old one that had the same place
 *	places  chunks of 64, each with a word that says which are taken; chunks are made when the
 *	        first place in them is needed
 *	keys    a tree
 *
 * Places are given in turn, as Linux does: the next one after the last, around at one and a half
 * times as many as there are objects (at least 64), and each time around seq goes up. Who restores
 * what another machine had says beforehand what id the next object gets.
 *
 * An object is found and locked under the table's lock, so while its lock is held and `removed` is
 * false it is in the table. Who wants to sleep takes a reference, drops the lock, and looks at
 * `removed` again afterwards.
 *
 * Locking: table (rank IPC_TABLE), then one object (IPC_OBJECT). Both spinlocks, never taken by
 * interrupts.
 *
 * Entry points: ipc_get for the get calls; ipc_find_locked and ipc_at_locked for all others;
 * ipc_remove; ipc_next for /proc/sysvipc.
 */
#include "kernel/ipc/sysv_ids.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/ipc_ns.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "lib/bits.h"
#include "lib/errno.h"
#include "lib/string.h"

#define CHUNK_PLACES 64u
#define ROUND_MIN 64u	     /* places given before the first is given again */
#define SEQ_MAX (INT32_MAX >> IPC_INDEX_BITS)

struct ipc_chunk {
	struct ipc_object *place[CHUNK_PLACES];
	uint64_t taken;
};

static CACHE_DEFINE(ipc_chunk_cache, struct ipc_chunk);

void ipc_table_init(struct ipc_table *t, unsigned limit)
{
	*t = (struct ipc_table){ .limit = limit, .last_index = -1 };
	atomic_init(&t->next_id, -1);
	spinlock_init(&t->lock, "ipc table", LOCK_RANK_IPC_TABLE);
}

void ipc_table_destroy(struct ipc_table *t)
{
	assert(t->in_use == 0);
	for (unsigned i = 0; i < t->chunk_count; i++)
		cache_free(&ipc_chunk_cache, t->chunks[i]);
	kfree(t->chunks);
}

/* --- permissions */

int ipc_permission(const struct ipc_object *o, int flags)
{
	const struct cred *c = current_cred();
	unsigned asked = (unsigned)(flags >> 6 | flags >> 3 | flags) & 7;
	unsigned granted = o->mode;

	if (c->euid == o->cuid || c->euid == o->uid)
		granted >>= 6;
	else if (cred_in_group(c, o->cgid) || cred_in_group(c, o->gid))
		granted >>= 3;
	return (asked & ~granted) && !ns_capable(o->ns->ns.owner, CAP_IPC_OWNER) ? -EACCES : 0;
}

int ipc_may_control(const struct ipc_object *o)
{
	unsigned euid = current_cred()->euid;

	if (euid == o->cuid || euid == o->uid || ns_capable(o->ns->ns.owner, CAP_SYS_ADMIN))
		return 0;
	return -EPERM;
}

int ipc_perm_set(struct ipc_object *o, const struct abi_ipc_perm *from)
{
	unsigned uid = uid_in(from->uid), gid = gid_in(from->gid);

	if (uid == ID_NONE || gid == ID_NONE)
		return -EINVAL;
	o->uid = uid;
	o->gid = gid;
	o->mode = (o->mode & ~0777u) | (from->mode & 0777u);
	o->ctime = ipc_now();
	return 0;
}

void ipc_perm_show(const struct ipc_object *o, struct abi_ipc_perm *to)
{
	to->key = o->key;
	to->uid = uid_out(o->uid);
	to->gid = gid_out(o->gid);
	to->cuid = uid_out(o->cuid);
	to->cgid = gid_out(o->cgid);
	to->mode = o->mode;
	to->seq = (uint16_t)o->seq;
}

int64_t ipc_now(void)
{
	return (int64_t)(clock_real_ns() / NSEC_PER_SEC);
}

struct pid *ipc_pid(void)
{
	return current->group->pid;
}

void ipc_pid_note(struct pid **who, struct pid *now)
{
	if (*who == now)
		return;
	pid_put(*who);
	*who = pid_get(now);
}

int ipc_pid_out(const struct pid *who)
{
	return who != NULL ? pid_nr(who) : 0;
}

int ipc_pid_show(struct ipc_object *o, struct pid *const *who)
{
	int nr;

	spin_lock(&o->lock);
	nr = ipc_pid_out(*who);
	spin_unlock(&o->lock);
	return nr;
}

/* --- places. The table's lock is held. */

/* Room for one chunk more. Allocation is allowed anywhere. */
static int chunks_grow(struct ipc_table *t, unsigned count)
{
	struct ipc_chunk **grown;

	if (count <= t->chunk_count)
		return 0;
	count = max(count, 2 * t->chunk_count);
	grown = kcalloc(count, sizeof(grown[0]));
	if (grown == NULL)
		return -ENOMEM;
	if (t->chunk_count != 0)
		memcpy(grown, t->chunks, t->chunk_count * sizeof(grown[0]));
	kfree(t->chunks);
	t->chunks = grown;
	t->chunk_count = count;
	return 0;
}

/* The first free place in [from, end); end if there is none. A full chunk costs one look. */
static unsigned place_free_from(const struct ipc_table *t, unsigned from, unsigned end)
{
	while (from < end) {
		unsigned chunk = from / CHUNK_PLACES, first = from % CHUNK_PLACES;
		uint64_t taken = 0, rest;

		if (chunk < t->chunk_count && t->chunks[chunk] != NULL)
			taken = t->chunks[chunk]->taken;
		rest = ~taken & ~0ull << first;
		if (rest != 0)
			return min(end, chunk * CHUNK_PLACES + bits_first(rest));
		from = (chunk + 1) * CHUNK_PLACES;
	}
	return end;
}

/* The place for the next object; IPC_INDEX_MAX: there is none. seq: its id's upper part. */
static unsigned place_find(struct ipc_table *t, unsigned *seq)
{
	unsigned round = clamp(t->in_use * 3 / 2, ROUND_MIN, max(ROUND_MIN, t->limit)), index;
	int wanted = atomic_exchange(&t->next_id, -1);

	if (wanted >= 0) { /* that place, or the next one that is free */
		*seq = (unsigned)wanted >> IPC_INDEX_BITS;
		return place_free_from(t, (unsigned)wanted & (IPC_INDEX_MAX - 1), IPC_INDEX_MAX);
	}
	index = place_free_from(t, (unsigned)(t->last_index + 1), round);
	if (index >= round)
		index = place_free_from(t, 0, round);
	if (index >= round)
		return IPC_INDEX_MAX;
	if ((int)index <= t->last_index)
		t->seq = t->seq + 1 < SEQ_MAX ? t->seq + 1 : 0;
	*seq = t->seq;
	t->last_index = (int)index;
	return index;
}

static int place_take(struct ipc_table *t, struct ipc_object *o)
{
	unsigned seq, index = place_find(t, &seq);
	struct ipc_chunk **chunk;

	if (index >= IPC_INDEX_MAX)
		return -ENOSPC;
	if (chunks_grow(t, index / CHUNK_PLACES + 1))
		return -ENOMEM;
	chunk = &t->chunks[index / CHUNK_PLACES];
	if (*chunk == NULL)
		*chunk = cache_alloc(&ipc_chunk_cache, ALLOC_ZERO);
	if (*chunk == NULL)
		return -ENOMEM;
	(*chunk)->place[index % CHUNK_PLACES] = o;
	(*chunk)->taken |= 1ull << index % CHUNK_PLACES;
	o->seq = seq;
	o->id = (int)(seq << IPC_INDEX_BITS | index);
	t->in_use++;
	return 0;
}

static struct ipc_object *place_peek(const struct ipc_table *t, unsigned index)
{
	unsigned chunk = index / CHUNK_PLACES;

	if (chunk >= t->chunk_count || t->chunks[chunk] == NULL)
		return NULL;
	return t->chunks[chunk]->place[index % CHUNK_PLACES];
}

/* --- keys. The table's lock is held. */

static int key_compare(const void *key, const struct rb_node *node)
{
	int mine = *(const int *)key, theirs = rb_entry(node, struct ipc_object, key_node)->key;

	return mine < theirs ? -1 : mine > theirs;
}

static bool key_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ipc_object, key_node)->key <
	       rb_entry(b, struct ipc_object, key_node)->key;
}

void ipc_forget_key(struct ipc_table *t, struct ipc_object *o)
{
	if (o->key != IPC_PRIVATE)
		rb_erase(&t->keys, &o->key_node);
	o->key = IPC_PRIVATE;
}

/* --- making */

void ipc_object_init(struct ipc_object *o, const struct ipc_get *get)
{
	const struct cred *c = current_cred();

	ref_init(&o->ref);
	spinlock_init(&o->lock, "ipc object", LOCK_RANK_IPC_OBJECT);
	o->ns = get->ns;
	o->key = get->key;
	o->uid = o->cuid = c->euid;
	o->gid = o->cgid = c->egid;
	o->mode = (unsigned)get->flags & 0777;
	o->ctime = ipc_now();
}

/* Enters a fresh object. The table's lock is held. */
static int table_enter(struct ipc_table *t, struct ipc_get *get, struct ipc_object *o)
{
	int err = t->in_use >= t->limit ? -ENOSPC : 0;

	if (err == 0)
		err = place_take(t, o);
	if (err)
		return err;
	if (o->key != IPC_PRIVATE)
		rb_add(&t->keys, &o->key_node, key_less);
	if (get->admit != NULL)
		err = get->admit(get, o);
	if (err)
		ipc_remove(t, o);
	return err ? err : o->id;
}

/* What a get call with a key that is there says. The table's lock is held. */
static int found_check(struct ipc_get *get, struct ipc_object *o)
{
	int err = 0;

	if ((get->flags & IPC_CREAT) && (get->flags & IPC_EXCL))
		return -EEXIST;
	spin_lock(&o->lock);
	if (get->match != NULL)
		err = get->match(get, o);
	if (err == 0)
		err = ipc_permission(o, get->flags);
	spin_unlock(&o->lock);
	return err ? err : o->id;
}

int ipc_get(struct ipc_table *t, struct ipc_get *get)
{
	struct ipc_object *fresh = NULL, *found = NULL;
	struct rb_node *n = NULL;
	int ret;

	for (;;) {
		spin_lock(&t->lock);
		if (get->key != IPC_PRIVATE)
			n = rb_find(&t->keys, &get->key, key_compare);
		found = rb_entry_or_null(n, struct ipc_object, key_node);
		if (found != NULL)
			ret = found_check(get, found);
		else if (get->key != IPC_PRIVATE && !(get->flags & IPC_CREAT))
			ret = -ENOENT;
		else
			ret = fresh != NULL ? table_enter(t, get, fresh) : -EAGAIN;
		spin_unlock(&t->lock);
		if (ret != -EAGAIN || fresh != NULL)
			break;
		ret = get->create(get, &fresh); /* sleeps, so without the lock; then look again */
		if (ret)
			return ret;
	}
	if (fresh != NULL && (ret < 0 || found != NULL))
		get->discard(fresh);
	return ret;
}

/* --- finding */

__lock_unchecked static struct ipc_object *lock_at(struct ipc_table *t, int id, bool exact)
{
	struct ipc_object *o = NULL;

	if (id < 0)
		return NULL;
	spin_lock(&t->lock);
	o = place_peek(t, (unsigned)id & (IPC_INDEX_MAX - 1));
	if (o != NULL && exact && o->id != id)
		o = NULL;
	if (o != NULL)
		spin_lock(&o->lock);
	spin_unlock(&t->lock);
	return o;
}

struct ipc_object *ipc_find_locked(struct ipc_table *t, int id)
{
	return lock_at(t, id, true);
}

struct ipc_object *ipc_at_locked(struct ipc_table *t, int id)
{
	return lock_at(t, id, false);
}

int ipc_perm_change(struct ipc_table *t, int id, const struct abi_ipc_perm *perm)
{
	struct ipc_object *o = ipc_find_locked(t, id);
	int err;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	err = ipc_may_control(o);
	if (err == 0)
		err = ipc_perm_set(o, perm);
	spin_unlock(&o->lock);
	return err;
}

int ipc_find_to_remove(struct ipc_table *t, int id, struct ipc_object **out)
{
	struct ipc_object *o = ipc_find_locked(t, id);
	int err;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	err = ipc_may_control(o);
	if (err == 0) {
		ref_get(&o->ref);
		*out = o;
	}
	spin_unlock(&o->lock);
	return err;
}

struct ipc_object *ipc_next(struct ipc_table *t, unsigned *index)
{
	struct ipc_object *o = NULL;
	unsigned i = *index;

	spin_lock(&t->lock);
	while (o == NULL && i / CHUNK_PLACES < t->chunk_count) {
		struct ipc_chunk *chunk = t->chunks[i / CHUNK_PLACES];
		uint64_t rest = chunk != NULL ? chunk->taken & ~0ull << i % CHUNK_PLACES : 0;

		i = ALIGN_DOWN(i, CHUNK_PLACES) + (rest != 0 ? bits_first(rest) : CHUNK_PLACES);
		o = rest != 0 ? place_peek(t, i) : NULL;
	}
	if (o != NULL)
		ref_get(&o->ref);
	spin_unlock(&t->lock);
	*index = i;
	return o;
}

int ipc_highest(struct ipc_table *t)
{
	int highest = 0;

	spin_lock(&t->lock);
	for (unsigned i = t->chunk_count; i-- > 0;) {
		if (t->chunks[i] != NULL && t->chunks[i]->taken != 0) {
			highest = (int)(i * CHUNK_PLACES + bits_last(t->chunks[i]->taken));
			break;
		}
	}
	spin_unlock(&t->lock);
	return highest;
}

/* --- removing */

void ipc_remove(struct ipc_table *t, struct ipc_object *o)
{
	unsigned index = (unsigned)o->id & (IPC_INDEX_MAX - 1);
	struct ipc_chunk *chunk = t->chunks[index / CHUNK_PLACES];

	ipc_forget_key(t, o);
	chunk->place[index % CHUNK_PLACES] = NULL;
	chunk->taken &= ~(1ull << index % CHUNK_PLACES);
	t->in_use--;
	o->removed = true;
}

__lock_unchecked bool ipc_lock_to_remove(struct ipc_table *t, struct ipc_object *o)
{
	spin_lock(&t->lock);
	spin_lock(&o->lock);
	if (!o->removed)
		return true;
	spin_unlock(&o->lock);
	spin_unlock(&t->lock);
	return false;
}

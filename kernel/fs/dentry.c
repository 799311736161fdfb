/*
 * The name cache.
 *
 * A path walk asks it once for each component, so dentry_find is one hash, one bucket lock and one
 * reference. A hash bucket's chain holds dentries of any parent; a dentry is in its bucket under
 * hash(parent, name).
 *
 *	references to a dentry:   1 by the hash while hashed
 *	                          1 by the pin, in file systems without another copy of their names
 *	                          1 by each child, path, file, working directory, walk in progress
 *
 * So "unused" is a count of exactly 1 while hashed, which can only grow under the bucket's lock:
 * that is how the LRU takes a dentry away without racing a walk that finds it
 * (dentry_unhash_if).
 *
 * Renaming takes the dentry out of its bucket, changes parent and name under the tree's lock, and
 * puts it into the new bucket. A walk that misses it in between goes on to take the directory's
 * lock, which the renamer holds, and then looks again.
 *
 * Locking: bucket locks and the tree's are of one rank and never nested. Fields say which guards
 * them. An entry in a children list or in the LRU has at least one reference, because both are
 * left before the hash's reference is dropped.
 *
 * What looks up and down the tree, and changes nothing of it, is in dentry_tree.c.
 *
 * LIMIT: the number of buckets is chosen at boot from the size of memory and doesn't change.
 */
#include "kernel/fs/dentry.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/core/random.h"
#include "kernel/fs/dentry_tree.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/super.h"
#include "kernel/mm/reclaim.h"
#include "kernel/sched/work.h"
#include "lib/bits.h"
#include "lib/hash.h"
#include "lib/string.h"

#define SHRINK_BATCH 16

struct bucket {
	struct spinlock lock;
	struct hlist_head chain;
};

static CACHE_DEFINE(dentry_cache, struct dentry);
static struct bucket *buckets; /* [i] */
static unsigned bucket_bits;   /* [i] */
uint64_t name_hash_start;

struct spinlock dentry_tree_lock = SPINLOCK_INIT("dentry tree", LOCK_RANK_DENTRY);
static struct list lru = LIST_INIT(lru); /* [tree] unpinned hashed dentries, oldest first */
static size_t lru_count;		 /* [tree] */
static size_t lru_limit;		 /* [i] shrink in the background above */

static void shrink_work_fn(struct work *w)
{
	(void)w;
	dentry_shrink(READ_ONCE(lru_count) - min(READ_ONCE(lru_count), lru_limit * 3 / 4));
}

static struct work shrink_work = { .fn = shrink_work_fn };

static uint64_t shrink_pages(uint64_t pages)
{
	return dentry_shrink(pages * (PAGE_SIZE / sizeof(struct dentry))) /
	       (PAGE_SIZE / sizeof(struct dentry));
}

static struct shrinker names_shrinker = { .name = "names", .shrink = shrink_pages };

void dentry_cache_init(void)
{
	struct page_stats stats;

	page_stats_get(&stats);
	bucket_bits = clamp(log2_ceil(stats.total / 32 + 1), 6U, 14U);
	lru_limit = max(stats.total / 8, (uint64_t)256);
	name_hash_start = random_u64();
	buckets = kcalloc(1UL << bucket_bits, sizeof(*buckets));
	if (!buckets)
		panic("no memory for the name cache (%lu buckets)", 1UL << bucket_bits);
	shrinker_register(&names_shrinker);
	for (size_t i = 0; i < 1UL << bucket_bits; i++)
		spinlock_init(&buckets[i].lock, "dentry bucket", LOCK_RANK_DENTRY);
}

uint64_t name_hash(const char *text, size_t len)
{
	uint64_t hash = name_hash_start;

	for (size_t i = 0; i < len; i++)
		hash = name_hash_add(hash, text[i]);
	return hash;
}

/* Where a name of that hash below that parent belongs. FNV's bits are good but for the highest,
 * which choose the bucket. */
static inline uint64_t place_hash(const struct dentry *parent, uint64_t name)
{
	uint64_t x = (name ^ (uintptr_t)parent) * 0xbf58476d1ce4e5b9UL;

	return (x ^ x >> 32) * 0x9e3779b97f4a7c15UL;
}

static inline struct bucket *bucket_of(uint64_t hash)
{
	return &buckets[hash_bucket(hash, bucket_bits)];
}

struct dentry *dentry_create(struct super *sb, struct dentry *parent, const struct name *name)
{
	struct dentry *d = cache_alloc(&dentry_cache, ALLOC_ZERO);
	char *text;

	if (!d)
		return NULL;
	text = d->inline_name;
	if (name->len >= DENTRY_NAME_INLINE) {
		text = kmalloc(name->len + 1, 0);
		if (!text) {
			cache_free(&dentry_cache, d);
			return NULL;
		}
	}
	memcpy(text, name->text, name->len);
	text[name->len] = 0;
	d->name = text;
	d->name_len = name->len;
	d->hash = place_hash(parent, name->hash);
	ref_init(&d->ref);
	d->sb = sb;
	d->parent = parent ? dentry_get(parent) : NULL;
	list_init(&d->children);
	return d;
}

/* The last reference went, so d is in no list. */
static void dentry_destroy(struct dentry *d)
{
	inode_put(d->inode);
	if (d->name != d->inline_name)
		kfree(d->name);
	cache_free(&dentry_cache, d);
}

void dentry_put(struct dentry *d)
{
	while (d && ref_put(&d->ref)) {
		struct dentry *parent = d->parent;

		dentry_destroy(d);
		d = parent;
	}
}

static inline bool same_name(const struct dentry *d, const struct name *name)
{
	if (d->name_len != name->len)
		return false;
	for (unsigned i = 0; i < name->len; i++) {
		if (d->name[i] != name->text[i])
			return false;
	}
	return true;
}

struct dentry *dentry_find(struct dentry *parent, const struct name *name)
{
	uint64_t hash = place_hash(parent, name->hash);
	struct bucket *b = bucket_of(hash);
	struct dentry *d;

	spin_lock(&b->lock);
	hlist_for_each_entry(d, &b->chain, hash_link) {
		if (d->hash == hash && d->parent == parent && same_name(d, name)) {
			ref_get(&d->ref);
			break;
		}
	}
	spin_unlock(&b->lock);
	if (d && !(d->flags & (DENTRY_REFERENCED | DENTRY_PINNED)))
		atomic_fetch_or(&d->flags, DENTRY_REFERENCED);
	return d;
}

static void bucket_insert(struct dentry *d)
{
	struct bucket *b = bucket_of(d->hash);

	spin_lock(&b->lock);
	hlist_add(&d->hash_link, &b->chain);
	spin_unlock(&b->lock);
}

static void bucket_remove(struct dentry *d)
{
	struct bucket *b = bucket_of(d->hash);

	spin_lock(&b->lock);
	hlist_del(&d->hash_link);
	spin_unlock(&b->lock);
}

/* At the end of the parent's list, with a cookie above all others'. The tree's lock held. */
static void tree_link(struct dentry *d)
{
	struct dentry *last = list_empty(&d->parent->children) ? NULL
			    : list_last_entry(&d->parent->children, struct dentry, sibling);

	d->cookie = last ? last->cookie + 1 : 2; /* 0 and 1 are "." and ".." */
	list_add_tail(&d->sibling, &d->parent->children);
}

static void lru_leave(struct dentry *d)
{
	if (list_is_linked(&d->lru)) {
		list_del(&d->lru);
		ADD_ONCE(lru_count, -1);
	}
}

void dentry_hash(struct dentry *d)
{
	bool crowded = false;

	dentry_get(d);
	spin_lock(&dentry_tree_lock);
	tree_link(d);
	if (!(d->flags & DENTRY_PINNED)) {
		list_add_tail(&d->lru, &lru);
		ADD_ONCE(lru_count, 1);
		crowded = lru_count > lru_limit;
	}
	spin_unlock(&dentry_tree_lock);
	atomic_fetch_or(&d->flags, DENTRY_HASHED);
	bucket_insert(d);
	if (crowded)
		work_queue(&shrink_work);
}

/* d has just left its bucket: leaves the tree's lists, and gives up what the hash and the pin
 * held. */
static void dentry_finish_unhash(struct dentry *d, unsigned old_flags)
{
	spin_lock(&dentry_tree_lock);
	list_del(&d->sibling);
	lru_leave(d);
	spin_unlock(&dentry_tree_lock);
	if (old_flags & DENTRY_PINNED)
		dentry_put(d);
	dentry_put(d);
}

/* With unused, only if the hash and the caller are the only ones that hold it. */
static bool dentry_unhash_if(struct dentry *d, bool unused)
{
	struct bucket *b = bucket_of(d->hash);
	unsigned old = 0;

	spin_lock(&b->lock);
	/* A rename may have moved d on before the lock was ours: then it is in use. */
	if ((d->flags & DENTRY_HASHED) && b == bucket_of(d->hash) &&
	    (!unused || ref_count(&d->ref) == 2)) {
		old = atomic_fetch_and(&d->flags, ~(DENTRY_HASHED | DENTRY_PINNED));
		hlist_del(&d->hash_link);
	}
	spin_unlock(&b->lock);
	if (old)
		dentry_finish_unhash(d, old);
	return old;
}

void dentry_unhash(struct dentry *d)
{
	dentry_unhash_if(d, false);
}

void dentry_instantiate(struct dentry *d, struct inode *inode)
{
	assert(!d->inode);
	__atomic_store_n(&d->inode, inode, __ATOMIC_RELEASE);
}

void dentry_pin(struct dentry *d)
{
	dentry_get(d);
	atomic_fetch_or(&d->flags, DENTRY_PINNED);
	dentry_hash(d);
}

static void swap_names(struct dentry *a, struct dentry *b)
{
	bool a_inline = a->name == a->inline_name, b_inline = b->name == b->inline_name;
	char text[DENTRY_NAME_INLINE];
	const char *name = a->name;
	unsigned len = a->name_len;

	memcpy(text, a->inline_name, sizeof(text));
	memcpy(a->inline_name, b->inline_name, sizeof(text));
	memcpy(b->inline_name, text, sizeof(text));
	a->name = b_inline ? a->inline_name : b->name;
	a->name_len = b->name_len;
	b->name = a_inline ? b->inline_name : name;
	b->name_len = len;
}

/* a and b, both out of their buckets, change names and parents; lists follow for those that were
 * in them. The tree's lock held. */
static void tree_swap(struct dentry *a, struct dentry *b)
{
	bool a_linked = list_is_linked(&a->sibling), b_linked = list_is_linked(&b->sibling);
	struct dentry *parent = a->parent;

	if (a_linked)
		list_del(&a->sibling);
	if (b_linked)
		list_del(&b->sibling);
	swap_names(a, b);
	a->parent = b->parent;
	b->parent = parent;
	a->hash = place_hash(a->parent, name_hash(a->name, a->name_len));
	b->hash = place_hash(b->parent, name_hash(b->name, b->name_len));
	if (a_linked)
		tree_link(a);
	if (b_linked)
		tree_link(b);
}

void dentry_move(struct dentry *d, struct dentry *to)
{
	dentry_unhash(to);
	bucket_remove(d);
	spin_lock(&dentry_tree_lock);
	tree_swap(d, to);
	spin_unlock(&dentry_tree_lock);
	bucket_insert(d);
}

void dentry_exchange(struct dentry *a, struct dentry *b)
{
	bucket_remove(a);
	bucket_remove(b);
	spin_lock(&dentry_tree_lock);
	tree_swap(a, b);
	spin_unlock(&dentry_tree_lock);
	bucket_insert(a);
	bucket_insert(b);
}

/* Takes up to SHRINK_BATCH candidates from the old end of the LRU, counted; those found lately get
 * another round. */
static unsigned shrink_collect(struct dentry **batch, size_t want, size_t *scan)
{
	unsigned n = 0;

	spin_lock(&dentry_tree_lock);
	while (*scan > 0 && n < SHRINK_BATCH && n < want && !list_empty(&lru)) {
		struct dentry *d = list_first_entry(&lru, struct dentry, lru);

		--*scan;
		list_move_tail(&d->lru, &lru);
		if (atomic_fetch_and(&d->flags, ~DENTRY_REFERENCED) & DENTRY_REFERENCED)
			continue;
		if (ref_count(&d->ref) == 1)
			batch[n++] = dentry_get(d);
	}
	spin_unlock(&dentry_tree_lock);
	return n;
}

size_t dentry_shrink(size_t want)
{
	struct dentry *batch[SHRINK_BATCH];
	size_t gone = 0, scan = 2 * READ_ONCE(lru_count);

	while (gone < want && scan > 0) {
		unsigned n = shrink_collect(batch, want - gone, &scan);

		for (unsigned i = 0; i < n; i++) {
			gone += dentry_unhash_if(batch[i], true);
			dentry_put(batch[i]);
		}
	}
	return gone;
}

uint64_t dentry_count(void)
{
	return cache_live(&dentry_cache);
}

uint64_t dentry_unused_pages(void)
{
	return READ_ONCE(lru_count) * sizeof(struct dentry) / PAGE_SIZE;
}

/*
 * Names: one struct dentry for each name that the kernel has seen lately, and the tree they form.
 *
 *	dentry_create --> new --(dentry_hash)--> hashed --(dentry_unhash)--> dead
 *	                                          unlink, revalidate, LRU
 *
 * A dentry without an inode is negative: the name is known not to exist. One with an inode keeps
 * it for life. A hashed dentry can be found by (parent, name) and the hash holds one reference to
 * it; a dead one lives on while somebody holds it (an open file, a working directory). Each dentry
 * holds its parent. Pinned ones (of file systems that have no other copy of their names) carry one
 * more reference until the name is removed; others are unused once only the hash holds them, and
 * are dropped oldest first when there are many or memory is short.
 *
 * Locks: a spinlock per hash bucket guards the chain; tree_lock guards parent, name, children and
 * the LRU of all; neither is taken inside the other. New names and removals are serialised by the
 * directory's inode lock.
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/fs/path.h"
#include "lib/list.h"
#include "lib/types.h"

struct inode;
struct super;

#define DENTRY_NAME_INLINE 40

struct dentry {
	struct ref ref;
	atomic_uint flags;	/* [a] DENTRY_* */
	struct inode *inode;	/* NULL: negative. Set once, under the directory's lock; counted */
	struct super *sb;	/* [i] */
	struct dentry *parent;	/* [tree] counted; NULL for the root of a file system */
	struct hlist_node hash_link; /* [bucket] */
	uint64_t hash;		/* [tree|bucket] of name */
	const char *name;	/* [tree|bucket] NUL-ended: inline_name or from kmalloc */
	unsigned name_len;	/* [tree|bucket] */
	unsigned mounts;	/* [mount_lock to write] that have their place here */
	struct list children;	/* [tree] */
	struct list sibling;	/* [tree] in parent->children */
	struct list lru;	/* [tree] */
	/* place in the directory, for file systems that list names from here */
	uint64_t cookie;
	char inline_name[DENTRY_NAME_INLINE];
};

#define DENTRY_HASHED 1u
#define DENTRY_PINNED 4u
#define DENTRY_UNCACHED 8u   /* set by lookup: not to be hashed */
#define DENTRY_REFERENCED 16u /* found since the LRU last looked */

/* A component of a path: not NUL-ended. */
struct name {
	const char *text;
	unsigned len;
	uint64_t hash; /* name_hash */
};
/* [i] The hash of no bytes, drawn at boot: so nobody can work out names that share a chain. */
extern uint64_t name_hash_start;
/* The hash of a name that is one byte longer: FNV-1a. */
static inline uint64_t name_hash_add(uint64_t hash, char c)
{
	return (hash ^ (uint8_t)c) * 0x100000001b3UL;
}
uint64_t name_hash(const char *text, size_t len);
static inline struct name name_make(const char *text, size_t len)
{
	return (struct name){ text, (unsigned)len, name_hash(text, len) };
}

void dentry_cache_init(void);

/* A new negative, unhashed name below parent (NULL: a root). One reference. NULL: no memory. */
struct dentry *dentry_create(struct super *sb, struct dentry *parent, const struct name *name);
static inline struct dentry *dentry_get(struct dentry *d)
{
	ref_get(&d->ref);
	return d;
}
void dentry_put(struct dentry *d); /* NULL is legal; may sleep */

/* The cached name below parent, counted; NULL when the cache doesn't know. */
struct dentry *dentry_find(struct dentry *parent, const struct name *name);
/* Makes it findable. */
void dentry_hash(struct dentry *d);
/* Makes it not findable; drops the pin. Harmless when it isn't hashed. */
void dentry_unhash(struct dentry *d);
/* Negative becomes positive: consumes the inode's reference. */
void dentry_instantiate(struct dentry *d, struct inode *inode);
/* dentry_instantiate, hashed and pinned: file systems with SUPER_ALL_CACHED. */
void dentry_pin(struct dentry *d);
/* d takes the parent and name of `to` (rename); both stay as hashed as d was, `to` is unhashed.
 * Cannot fail. */
void dentry_move(struct dentry *d, struct dentry *to);
/* The two change places. */
void dentry_exchange(struct dentry *a, struct dentry *b);

/* Parent, counted; for a root itself. */
struct dentry *dentry_parent(struct dentry *d);
/* True if a is b or above it. */
bool dentry_is_ancestor(struct dentry *a, struct dentry *b);
/* "/a/b" from stop (or the root of the file system) down to d, at the end of buf[0..room): bytes,
 * or SIZE_MAX: no room. */
size_t dentry_text(struct dentry *d, const struct dentry *stop, char *buf, size_t room);
/* The first listed (hashed, positive) child whose cookie is at least this, counted; NULL: none.
 * dir locked. */
struct dentry *dentry_child_from(struct dentry *dir, uint64_t cookie);
/* The child after `after` (NULL: the first) that is hashed and positive, counted; drops the
 * reference to after. dir locked. */
struct dentry *dentry_next_child(struct dentry *dir, struct dentry *after);
/* True if dir has a hashed positive child. Of use for SUPER_ALL_CACHED file systems; dir locked. */
bool dentry_has_children(struct dentry *dir);

/* Drops up to n unused names (and with them unused inodes); how many went. For memory pressure and
 * drop_caches. */
size_t dentry_shrink(size_t n);
/* Drops unused names below a directory that is going away, or all of sb: super_put. */
void dentry_drop_tree(struct dentry *root);
uint64_t dentry_count(void);
/* Memory of names that dentry_shrink could drop, in pages. */
uint64_t dentry_unused_pages(void);

/* True once the name was removed while somebody held it. */
static inline bool dentry_is_dead(const struct dentry *d)
{
	return d->parent != NULL && !(d->flags & (DENTRY_HASHED | DENTRY_UNCACHED));
}

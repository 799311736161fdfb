/*
 * rbtree.h: intrusive red-black trees.
 *
 * A struct rb_node is a field of the thing that is sorted, so the tree allocates nothing and
 * cannot fail. The root remembers its leftmost node, which makes rb_first() O(1): run queues and
 * timers ask for nothing else. Insert and erase are O(log n), next and prev amortised O(1).
 *
 * The tree knows no keys. Either the caller gives an ordering function to rb_add() and rb_find(),
 * or it walks down by itself and hands the place it found to rb_insert():
 *
 *	struct rb_node **link = &root->node, *parent = NULL;
 *
 *	while (*link != NULL) {
 *		parent = *link;
 *		link = key < rb_entry(parent, struct thing, node)->key ? &parent->left
 *								       : &parent->right;
 *	}
 *	rb_insert(root, &thing->node, parent, link);
 *
 * A tree may keep in each node what is true of all below it, the greatest of something: then
 * root->update says how to work that out for a node from its own value and its children's, and is
 * called, from below upwards, for whatever an insertion or an erasure has changed. Who changes a
 * node's own value calls rb_update.
 *
 * Equal elements are allowed and keep the order of their insertion. Locking is the caller's.
 * A zeroed struct rb_root is an empty tree; a node needs no initialisation, but only one that was
 * zeroed, rb_node_init'ed or erased may be asked rb_is_linked().
 */
#pragma once

#include "lib/types.h"

struct rb_node {
	struct rb_node *parent;
	struct rb_node *left;
	struct rb_node *right;
	uint32_t color;	 /* RB_RED or RB_BLACK, in rbtree.c */
	uint32_t linked; /* 1 while the node is in a tree */
};

/* Works out what node keeps of its subtree; false if it is what it was. */
typedef bool rb_update_fn(struct rb_node *node);

struct rb_root {
	struct rb_node *node;	  /* the top; NULL: empty */
	struct rb_node *leftmost; /* the first in order; NULL: empty */
	rb_update_fn *update;	  /* NULL: nodes keep nothing */
};

#define RB_ROOT_INIT                                                                               \
	{                                                                                          \
		NULL, NULL, NULL                                                                   \
	}

#define rb_entry(ptr, type, member) container_of(ptr, type, member)

/* As rb_entry, and NULL for NULL: rb_entry_or_null(rb_first(root), struct thing, node). */
#define rb_entry_or_null(ptr, type, member)                                                        \
	({                                                                                         \
		struct rb_node *rb_cursor = (ptr);                                                 \
		rb_cursor != NULL ? rb_entry(rb_cursor, type, member) : NULL;                      \
	})

/* Does a sort before b? */
typedef bool rb_less_fn(const struct rb_node *a, const struct rb_node *b);

/* Where does key stand against node: <0 before it, 0 the same, >0 after it? */
typedef int rb_compare_fn(const void *key, const struct rb_node *node);

static inline void rb_init(struct rb_root *root)
{
	root->node = NULL;
	root->leftmost = NULL;
	root->update = NULL;
}

static inline bool rb_empty(const struct rb_root *root)
{
	return root->node == NULL;
}

static inline void rb_node_init(struct rb_node *node)
{
	*node = (struct rb_node){ 0 };
}

static inline bool rb_is_linked(const struct rb_node *node)
{
	return node->linked != 0;
}

/* Puts node at *link (which is NULL), the child pointer of parent or &root->node when parent is
 * NULL, and rebalances. The caller chose a place that keeps the order. */
void rb_insert(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
	       struct rb_node **link);

/* Finds the place by `less`, after all equal nodes, and inserts. */
void rb_add(struct rb_root *root, struct rb_node *node, rb_less_fn *less);

/* Takes node, which is in this tree, out of it; node is unlinked afterwards. */
void rb_erase(struct rb_root *root, struct rb_node *node);

/* Puts `new` in the place of `old` without rebalancing; they must sort alike. */
void rb_replace(struct rb_root *root, struct rb_node *old, struct rb_node *new);

/* Node's own value has changed, or what is below it: so has what it and those above it keep. Stops
 * where nothing changes. */
void rb_update(struct rb_root *root, struct rb_node *node);

/* The first node in order that compares equal to key; NULL if there is none. */
struct rb_node *rb_find(const struct rb_root *root, const void *key, rb_compare_fn *compare);

/* The first node in order that is not before key; NULL if all are. */
struct rb_node *rb_find_from(const struct rb_root *root, const void *key, rb_compare_fn *compare);

/* In order; NULL beyond either end. */
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

static inline struct rb_node *rb_first(const struct rb_root *root)
{
	return root->leftmost;
}

#define rb_for_each_entry(entry, root, member)                                                     \
	for (entry = rb_entry_or_null(rb_first(root), __typeof__(*entry), member); entry != NULL;  \
	     entry = rb_entry_or_null(rb_next(&entry->member), __typeof__(*entry), member))

/* The body may erase `entry`, and no other; `after` is a second cursor of entry's type. */
#define rb_for_each_entry_safe(entry, after, root, member)                                         \
	for (entry = rb_entry_or_null(rb_first(root), __typeof__(*entry), member);                 \
	     entry != NULL && (after = rb_entry_or_null(rb_next(&entry->member),                   \
							__typeof__(*entry), member),               \
			       true);                                                              \
	     entry = after)

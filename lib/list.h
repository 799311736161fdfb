/*
 * list.h: doubly linked circular lists, and hash chains.
 *
 * A list is a ring of struct list links. One of them, the head, belongs to the owner of the list;
 * the others are fields of the things listed. An empty list is a head that points to itself.
 *
 *	 head <-> a.link <-> b.link <-> c.link <-> head
 *
 * A link is in one of two states:
 *
 *	unlinked   next is NULL (zeroed memory, or after list_del) or the link itself
 *	           (after list_init or list_del_init): list_is_linked() is false
 *	linked     in exactly one ring
 *
 * A head must be initialised (list_init or LIST_INIT); a link may simply be zeroed. To delete a
 * link that is not linked is a bug, except with list_del_init on an initialised one.
 *
 * An hlist is a chain that ends in NULL and whose head is one pointer: half the memory in a hash
 * table, and deletion still needs no search, since each node knows the pointer that points to it.
 *
 * Whoever only asks whether a list is empty, or a link in one, may do so without the lock that
 * guards it, by READ_ONCE of `next`: what changes a `next` stores it whole.
 *
 * Locking is the caller's. The _safe loops allow the body to delete the current entry and no other.
 */
#pragma once

#include "lib/types.h"

struct list {
	struct list *next;
	struct list *prev;
};

/* struct list ready = LIST_INIT(ready); */
#define LIST_INIT(name)                                                                            \
	{                                                                                          \
		&(name), &(name)                                                                   \
	}

static inline void list_init(struct list *head)
{
	WRITE_ONCE(head->next, head);
	head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* Is this link (zeroed, initialised or deleted at some time) in a list? Not for heads. */
static inline bool list_is_linked(const struct list *link)
{
	return link->next != NULL && link->next != link;
}

static inline void list_insert_between(struct list *link, struct list *prev, struct list *next)
{
	link->prev = prev;
	WRITE_ONCE(link->next, next);
	WRITE_ONCE(prev->next, link);
	next->prev = link;
}

/* Adds link at the front; or, where head is a linked link, just after it. */
static inline void list_add(struct list *link, struct list *head)
{
	list_insert_between(link, head, head->next);
}

/* Adds link at the end; or, where head is a linked link, just before it. */
static inline void list_add_tail(struct list *link, struct list *head)
{
	list_insert_between(link, head->prev, head);
}

/* Takes link out and leaves it unlinked, so that a use of the stale link faults at NULL. */
static inline void list_del(struct list *link)
{
	WRITE_ONCE(link->prev->next, link->next);
	link->next->prev = link->prev;
	WRITE_ONCE(link->next, NULL);
	link->prev = NULL;
}

/* Takes link out and leaves it an empty ring. Harmless on an initialised, unlinked link. */
static inline void list_del_init(struct list *link)
{
	WRITE_ONCE(link->prev->next, link->next);
	link->next->prev = link->prev;
	list_init(link);
}

/* Moves a linked link to the front or the end of a list, perhaps its own. */
static inline void list_move(struct list *link, struct list *head)
{
	list_del(link);
	list_add(link, head);
}

static inline void list_move_tail(struct list *link, struct list *head)
{
	list_del(link);
	list_add_tail(link, head);
}

/* Moves all of `from` to the end of `head`; `from` is empty afterwards. */
static inline void list_splice_tail(struct list *from, struct list *head)
{
	if (list_empty(from))
		return;
	from->next->prev = head->prev;
	WRITE_ONCE(head->prev->next, from->next);
	WRITE_ONCE(from->prev->next, head);
	head->prev = from->prev;
	list_init(from);
}

/* The number of links: a walk of the list. */
static inline size_t list_length(const struct list *head)
{
	size_t length = 0;

	for (const struct list *link = head->next; link != head; link = link->next)
		length++;
	return length;
}

#define list_entry(link, type, member) container_of(link, type, member)

/* The list is known not to be empty. */
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)

/* NULL when the list is empty. */
#define list_first_entry_or_null(head, type, member)                                               \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))

/* The neighbours; the caller knows that `entry` is not the last (the first). */
#define list_next_entry(entry, member)                                                             \
	list_entry((entry)->member.next, __typeof__(*(entry)), member)
#define list_prev_entry(entry, member)                                                             \
	list_entry((entry)->member.prev, __typeof__(*(entry)), member)

#define list_for_each_entry(entry, head, member)                                                   \
	for (entry = list_first_entry(head, __typeof__(*entry), member);                           \
	     &entry->member != (head); entry = list_next_entry(entry, member))

#define list_for_each_entry_reverse(entry, head, member)                                           \
	for (entry = list_last_entry(head, __typeof__(*entry), member);                            \
	     &entry->member != (head); entry = list_prev_entry(entry, member))

/* `after` is a second cursor of entry's type; it holds the next entry while the body runs. */
#define list_for_each_entry_safe(entry, after, head, member)                                       \
	for (entry = list_first_entry(head, __typeof__(*entry), member),                           \
	    after = list_next_entry(entry, member);                                                \
	     &entry->member != (head); entry = after, after = list_next_entry(after, member))

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **link; /* the pointer that points here; NULL: not in a chain */
};

static inline void hlist_init(struct hlist_head *head)
{
	head->first = NULL;
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return head->first == NULL;
}

static inline bool hlist_is_linked(const struct hlist_node *node)
{
	return node->link != NULL;
}

/* Adds node at the front of the chain. */
static inline void hlist_add(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	node->link = &head->first;
	if (head->first != NULL)
		head->first->link = &node->next;
	head->first = node;
}

/* Takes node out of its chain; it is unlinked afterwards. */
static inline void hlist_del(struct hlist_node *node)
{
	*node->link = node->next;
	if (node->next != NULL)
		node->next->link = node->link;
	node->next = NULL;
	node->link = NULL;
}

#define hlist_entry(node, type, member) container_of(node, type, member)

#define hlist_entry_or_null(node, type, member)                                                    \
	({                                                                                         \
		__typeof__(node) hlist_cursor = (node);                                            \
		hlist_cursor != NULL ? hlist_entry(hlist_cursor, type, member) : NULL;             \
	})

#define hlist_for_each_entry(entry, head, member)                                                  \
	for (entry = hlist_entry_or_null((head)->first, __typeof__(*entry), member);               \
	     entry != NULL;                                                                        \
	     entry = hlist_entry_or_null(entry->member.next, __typeof__(*entry), member))

/* `after` is a second cursor of type struct hlist_node *. */
#define hlist_for_each_entry_safe(entry, after, head, member)                                      \
	for (entry = hlist_entry_or_null((head)->first, __typeof__(*entry), member);               \
	     entry != NULL && (after = entry->member.next, true);                                  \
	     entry = hlist_entry_or_null(after, __typeof__(*entry), member))

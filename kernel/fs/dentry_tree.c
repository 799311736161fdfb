/*
 * Looking up and down the tree of names.
 *
 * Upwards every dentry has its parent, which it holds; downwards a directory has the list of its
 * hashed names, in the order in which they came, numbered by cookies that only grow. A rename
 * changes both, so a look at more than one step takes the tree's lock for all of them; what a step
 * found is counted before the lock is dropped.
 *
 * Who lists a directory, a name a call, holds the directory's lock: then a child that it has a
 * reference to stays in the list, and the next one is behind it.
 *
 * Who may call: any task that may sleep, since a last reference may go.
 */
#include "kernel/fs/dentry_tree.h"

#include "kernel/fs/dentry.h"
#include "lib/string.h"

struct dentry *dentry_parent(struct dentry *d)
{
	struct dentry *parent;

	spin_lock(&dentry_tree_lock);
	parent = dentry_get(d->parent ? d->parent : d);
	spin_unlock(&dentry_tree_lock);
	return parent;
}

bool dentry_is_ancestor(struct dentry *a, struct dentry *b)
{
	spin_lock(&dentry_tree_lock);
	while (b && b != a)
		b = b->parent;
	spin_unlock(&dentry_tree_lock);
	return b == a;
}

size_t dentry_text(struct dentry *d, const struct dentry *stop, char *buf, size_t room)
{
	size_t at = room;

	spin_lock(&dentry_tree_lock);
	for (; d != stop && d->parent; d = d->parent) {
		if (at < d->name_len + 1) {
			at = SIZE_MAX;
			break;
		}
		at -= d->name_len;
		memcpy(buf + at, d->name, d->name_len);
		buf[--at] = '/';
	}
	spin_unlock(&dentry_tree_lock);
	return at == SIZE_MAX ? SIZE_MAX : room - at;
}

static bool dentry_is_listed(const struct dentry *d)
{
	return (d->flags & DENTRY_HASHED) && READ_ONCE(d->inode);
}

struct dentry *dentry_child_from(struct dentry *dir, uint64_t cookie)
{
	struct dentry *d, *found = NULL;

	spin_lock(&dentry_tree_lock);
	list_for_each_entry(d, &dir->children, sibling) {
		if (d->cookie >= cookie && dentry_is_listed(d)) {
			found = dentry_get(d);
			break;
		}
	}
	spin_unlock(&dentry_tree_lock);
	return found;
}

struct dentry *dentry_next_child(struct dentry *dir, struct dentry *after)
{
	struct dentry *found = NULL;
	struct list *at;

	spin_lock(&dentry_tree_lock);
	at = after ? after->sibling.next : dir->children.next;
	for (; at && at != &dir->children; at = at->next) {
		struct dentry *d = list_entry(at, struct dentry, sibling);

		if (dentry_is_listed(d)) {
			found = dentry_get(d);
			break;
		}
	}
	spin_unlock(&dentry_tree_lock);
	dentry_put(after);
	return found;
}

bool dentry_has_children(struct dentry *dir)
{
	struct dentry *d = dentry_child_from(dir, 0);

	dentry_put(d);
	return d != NULL;
}

/* Any child, counted. */
static struct dentry *first_child(struct dentry *d)
{
	struct dentry *child = NULL;

	spin_lock(&dentry_tree_lock);
	if (!list_empty(&d->children))
		child = dentry_get(list_first_entry(&d->children, struct dentry, sibling));
	spin_unlock(&dentry_tree_lock);
	return child;
}

void dentry_drop_tree(struct dentry *root)
{
	struct dentry *d = dentry_get(root);

	for (;;) {
		struct dentry *next = first_child(d);

		if (!next) {
			if (d == root)
				break;
			next = dentry_parent(d);
			dentry_unhash(d);
		}
		dentry_put(d);
		d = next;
	}
	dentry_put(d);
}

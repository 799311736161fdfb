/*
 * rbtree.c: red-black trees.
 *
 * The rules, from which it follows that no leaf is more than twice as deep as another:
 *
 *	1. a node is red or black, and the top is black;
 *	2. a red node has no red child;
 *	3. every path from a node down to a NULL passes the same number of black nodes.
 *
 * A new node is put in red, which can only break rule 2, against its parent; insert_fix repairs
 * that by recolouring upwards and at most two rotations. Erasing a black node breaks rule 3 on its
 * side; erase_fix moves that missing black upwards until it can be made good, with at most three
 * rotations. In the figures capitals are black, small letters red, and ? is either.
 *
 * All loops follow parent pointers; there is no recursion. Locking is the caller's.
 */
#include "lib/rbtree.h"

enum { RB_RED, RB_BLACK };

static bool is_black(const struct rb_node *node)
{
	return node == NULL || node->color == RB_BLACK;
}

static struct rb_node *leftmost_below(struct rb_node *node)
{
	while (node->left != NULL)
		node = node->left;
	return node;
}

static struct rb_node *rightmost_below(struct rb_node *node)
{
	while (node->right != NULL)
		node = node->right;
	return node;
}

/* Makes new (maybe NULL) the child of old's parent that old was. */
static void child_replace(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
	struct rb_node *parent = old->parent;

	if (parent == NULL)
		root->node = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new != NULL)
		new->parent = parent;
}

void rb_update(struct rb_root *root, struct rb_node *node)
{
	if (root->update == NULL)
		return;
	while (node != NULL && root->update(node))
		node = node->parent;
}

/* Node has come to where it is: what is above knows nothing of its value, even if that is what it
 * was elsewhere. */
static void path_update(struct rb_root *root, struct rb_node *node)
{
	if (root->update == NULL)
		return;
	(void)root->update(node);
	rb_update(root, node->parent);
}

/* A rotation leaves all that is below `upper` what it was as a whole, so nothing above changes. */
static void rotation_update(struct rb_root *root, struct rb_node *lower, struct rb_node *upper)
{
	if (root->update == NULL)
		return;
	(void)root->update(lower);
	(void)root->update(upper);
}

/*
 *	  node             right
 *	 /    \           /     \
 *	a    right  -->  node    c
 *	     /   \      /   \
 *	    b     c    a     b
 */
static void rotate_left(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *right = node->right;

	node->right = right->left;
	if (right->left != NULL)
		right->left->parent = node;
	child_replace(root, node, right);
	right->left = node;
	node->parent = right;
	rotation_update(root, node, right);
}

static void rotate_right(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *left = node->left;

	node->left = left->right;
	if (left->right != NULL)
		left->right->parent = node;
	child_replace(root, node, left);
	left->right = node;
	node->parent = left;
	rotation_update(root, node, left);
}

/* Parent and node are both red, parent hangs left of a black grandparent whose other child is
 * black:
 *
 *	     G           G            P
 *	    / \         / \          / \
 *	   p   U  -->  n   U   -->  n   g
 *	    \         /                  \
 *	     n       p                    U      (the first step only if n is a right child)
 */
static void insert_rotate_left_side(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *parent = node->parent;
	struct rb_node *grand = parent->parent;

	if (node == parent->right) {
		rotate_left(root, parent);
		parent = node;
	}
	parent->color = RB_BLACK;
	grand->color = RB_RED;
	rotate_right(root, grand);
}

/* The mirror image. */
static void insert_rotate_right_side(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *parent = node->parent;
	struct rb_node *grand = parent->parent;

	if (node == parent->left) {
		rotate_right(root, parent);
		parent = node;
	}
	parent->color = RB_BLACK;
	grand->color = RB_RED;
	rotate_left(root, grand);
}

static void insert_fix(struct rb_root *root, struct rb_node *node)
{
	while (!is_black(node->parent)) {
		struct rb_node *parent = node->parent;
		/* A red parent is not the top, so there is a grandparent. */
		struct rb_node *grand = parent->parent;
		bool left_side = parent == grand->left;
		struct rb_node *uncle = left_side ? grand->right : grand->left;

		if (is_black(uncle)) {
			if (left_side)
				insert_rotate_left_side(root, node);
			else
				insert_rotate_right_side(root, node);
			break;
		}
		/* Push grand's black down to both children; grand is now the red one. */
		parent->color = RB_BLACK;
		uncle->color = RB_BLACK;
		grand->color = RB_RED;
		node = grand;
	}
	root->node->color = RB_BLACK;
}

void rb_insert(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
	       struct rb_node **link)
{
	*node = (struct rb_node){ .parent = parent, .color = RB_RED, .linked = 1 };
	*link = node;
	if (parent == NULL || (parent == root->leftmost && link == &parent->left))
		root->leftmost = node;
	path_update(root, node);
	insert_fix(root, node);
}

void rb_add(struct rb_root *root, struct rb_node *node, rb_less_fn *less)
{
	struct rb_node **link = &root->node;
	struct rb_node *parent = NULL;

	while (*link != NULL) {
		parent = *link;
		link = less(node, parent) ? &parent->left : &parent->right;
	}
	rb_insert(root, node, parent, link);
}

/* One step of erase_fix, for a left child of parent that lacks a black. The sibling is black and
 * exists, since its side has at least one black more. True when the tree is whole again; false:
 * parent's whole subtree lacks one now. */
static bool erase_fix_left(struct rb_root *root, struct rb_node *parent)
{
	struct rb_node *sibling = parent->right;

	if (is_black(sibling->left) && is_black(sibling->right)) {
		sibling->color = RB_RED;
		return false;
	}
	if (is_black(sibling->right)) {
		/* Its red child is the near one: turn it to the far side. */
		sibling->left->color = RB_BLACK;
		sibling->color = RB_RED;
		rotate_right(root, sibling);
		sibling = parent->right;
	}
	/*
	 *	  p?              s?
	 *	 /  \            /  \
	 *	x    S    -->   P    R
	 *	      \        /
	 *	       r      x          x's side has gained the black P
	 */
	sibling->color = parent->color;
	parent->color = RB_BLACK;
	sibling->right->color = RB_BLACK;
	rotate_left(root, parent);
	return true;
}

/* The mirror image. */
static bool erase_fix_right(struct rb_root *root, struct rb_node *parent)
{
	struct rb_node *sibling = parent->left;

	if (is_black(sibling->left) && is_black(sibling->right)) {
		sibling->color = RB_RED;
		return false;
	}
	if (is_black(sibling->left)) {
		sibling->right->color = RB_BLACK;
		sibling->color = RB_RED;
		rotate_left(root, sibling);
		sibling = parent->left;
	}
	sibling->color = parent->color;
	parent->color = RB_BLACK;
	sibling->left->color = RB_BLACK;
	rotate_right(root, parent);
	return true;
}

/* If parent's other child is red, rotate it above parent, so that the sibling is black. */
static void sibling_make_black(struct rb_root *root, struct rb_node *parent, bool left_side)
{
	struct rb_node *sibling = left_side ? parent->right : parent->left;

	if (is_black(sibling))
		return;
	sibling->color = RB_BLACK;
	parent->color = RB_RED;
	if (left_side)
		rotate_left(root, parent);
	else
		rotate_right(root, parent);
}

/* Every path through node (a child of parent, maybe NULL) lacks one black. */
static void erase_fix(struct rb_root *root, struct rb_node *node, struct rb_node *parent)
{
	while (parent != NULL && is_black(node)) {
		bool left_side = node == parent->left;

		sibling_make_black(root, parent, left_side);
		if (left_side ? erase_fix_left(root, parent) : erase_fix_right(root, parent))
			return;
		node = parent;
		parent = node->parent;
	}
	/* A red node, or the top: black it is, and the missing one is made good. */
	if (node != NULL)
		node->color = RB_BLACK;
}

/* Node has two children: let the next in order, which has no left child, change places with it,
 * links and colour, and return that. After that node has at most one child. */
static struct rb_node *swap_with_next(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *next = leftmost_below(node->right);
	struct rb_node *orphan = next->right;
	struct rb_node *next_parent = next->parent;
	uint32_t color = next->color;

	child_replace(root, node, next);
	next->color = node->color;
	next->left = node->left;
	next->left->parent = next;
	if (next_parent == node) {
		next->right = node;
		node->parent = next;
	} else {
		next->right = node->right;
		next->right->parent = next;
		next_parent->left = node;
		node->parent = next_parent;
	}
	node->color = color;
	node->left = NULL;
	node->right = orphan;
	if (orphan != NULL)
		orphan->parent = node;
	return next;
}

void rb_erase(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *child, *moved = NULL;

	if (root->leftmost == node)
		root->leftmost = rb_next(node);
	if (node->left != NULL && node->right != NULL)
		moved = swap_with_next(root, node);
	child = node->left != NULL ? node->left : node->right;
	child_replace(root, node, child);
	rb_update(root, node->parent);
	if (moved != NULL) /* the walk up may have ended before it came there */
		path_update(root, moved);
	if (node->color == RB_BLACK)
		erase_fix(root, child, node->parent);
	rb_node_init(node);
}

void rb_replace(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
	*new = *old;
	child_replace(root, old, new);
	if (new->left != NULL)
		new->left->parent = new;
	if (new->right != NULL)
		new->right->parent = new;
	if (root->leftmost == old)
		root->leftmost = new;
	path_update(root, new);
	rb_node_init(old);
}

struct rb_node *rb_find_from(const struct rb_root *root, const void *key, rb_compare_fn *compare)
{
	struct rb_node *node = root->node;
	struct rb_node *found = NULL;

	while (node != NULL) {
		if (compare(key, node) <= 0) {
			found = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}

struct rb_node *rb_find(const struct rb_root *root, const void *key, rb_compare_fn *compare)
{
	struct rb_node *node = rb_find_from(root, key, compare);

	return node != NULL && compare(key, node) == 0 ? node : NULL;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return root->node != NULL ? rightmost_below(root->node) : NULL;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	if (node->right != NULL)
		return leftmost_below(node->right);
	/* Up until we come from the left: that ancestor is the next. */
	while (node->parent != NULL && node == node->parent->right)
		node = node->parent;
	return node->parent;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	if (node->left != NULL)
		return rightmost_below(node->left);
	while (node->parent != NULL && node == node->parent->left)
		node = node->parent;
	return node->parent;
}

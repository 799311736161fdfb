/* Red-black trees against a sorted array, with the rules of colour checked after each step. */
#include "tests/host/test.h"

#include "lib/rbtree.h"

#define COUNT 256

struct item {
	int key;
	int serial;
	int most; /* the greatest serial in its subtree */
	struct rb_node node;
};

static bool item_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct item, node)->key < rb_entry(b, struct item, node)->key;
}

static int item_compare(const void *key, const struct rb_node *node)
{
	int other = rb_entry(node, struct item, node)->key;

	return *(const int *)key < other ? -1 : *(const int *)key > other;
}

static int most_of(const struct rb_node *node)
{
	return node != NULL ? rb_entry(node, struct item, node)->most : 0;
}

static bool item_update(struct rb_node *node)
{
	struct item *item = rb_entry(node, struct item, node);
	int old = item->most, left = most_of(node->left), right = most_of(node->right);

	item->most = left > right ? left : right;
	if (item->serial > item->most)
		item->most = item->serial;
	return item->most != old;
}

/* What a node keeps, against what is below it. */
static int check_most(const struct rb_node *node)
{
	const struct item *item;
	int most, left, right;

	if (node == NULL)
		return 0;
	item = rb_entry(node, struct item, node);
	left = check_most(node->left);
	right = check_most(node->right);
	most = left > right ? left : right;
	most = item->serial > most ? item->serial : most;
	assert_int_equal(item->most, most);
	return most;
}

/* The black height of a subtree in which all rules hold. Red is 0. */
static int black_height(const struct rb_node *node)
{
	if (node == NULL)
		return 1;
	if (node->color == 0) {
		assert_true(node->left == NULL || node->left->color != 0);
		assert_true(node->right == NULL || node->right->color != 0);
	}
	if (node->left != NULL)
		assert_ptr_equal(node->left->parent, node);
	if (node->right != NULL)
		assert_ptr_equal(node->right->parent, node);

	int left = black_height(node->left);

	assert_int_equal(left, black_height(node->right));
	return left + (node->color != 0);
}

/* Holds the tree against `count` items that must be in it, in this order. */
static void check_tree(const struct rb_root *root, struct item *const *sorted, int count)
{
	struct rb_node *node = rb_first(root);

	assert_int_equal(rb_empty(root), count == 0);
	assert_true(root->node == NULL || (root->node->parent == NULL && root->node->color != 0));
	black_height(root->node);
	for (int i = 0; i < count; i++, node = rb_next(node)) {
		assert_ptr_equal(node, &sorted[i]->node);
		assert_true(rb_is_linked(node));
	}
	assert_null(node);
	node = rb_last(root);
	for (int i = count - 1; i >= 0; i--, node = rb_prev(node))
		assert_ptr_equal(node, &sorted[i]->node);
	assert_null(node);
}

/* Inserts into the array behind all that are not greater; returns the new count. */
static int array_add(struct item **sorted, int count, struct item *item)
{
	int i = count;

	for (; i > 0 && sorted[i - 1]->key > item->key; i--)
		sorted[i] = sorted[i - 1];
	sorted[i] = item;
	return count + 1;
}

static int array_remove(struct item **sorted, int count, const struct item *item)
{
	int i = 0;

	while (sorted[i] != item)
		i++;
	for (; i < count - 1; i++)
		sorted[i] = sorted[i + 1];
	return count - 1;
}

/* Adds and erases at random, with so few keys that many are equal. */
static void random_walk(struct prng *prng, int keys, int steps)
{
	static struct item items[COUNT];
	struct item *sorted[COUNT];
	struct rb_root root = RB_ROOT_INIT;
	int count = 0;

	for (int i = 0; i < COUNT; i++)
		rb_node_init(&items[i].node);
	for (int step = 0; step < steps; step++) {
		struct item *item = &items[prng_below(prng, COUNT)];

		if (rb_is_linked(&item->node)) {
			rb_erase(&root, &item->node);
			assert_false(rb_is_linked(&item->node));
			count = array_remove(sorted, count, item);
		} else {
			item->key = (int)prng_below(prng, (uint64_t)keys);
			rb_add(&root, &item->node, item_less);
			count = array_add(sorted, count, item);
		}
		check_tree(&root, sorted, count);
	}
}

static void test_random_walks(void **state)
{
	struct prng prng = test_random();

	(void)state;
	random_walk(&prng, 1000000, 3000);
	random_walk(&prng, 20, 2000);
	random_walk(&prng, 1, 1000);
}

/* A tree that keeps maxima: they hold after each insertion, erasure and change of a value. */
static void test_kept_maxima(void **state)
{
	static struct item items[COUNT];
	struct prng prng = test_random();
	struct rb_root root = RB_ROOT_INIT;

	(void)state;
	root.update = item_update;
	for (int step = 0; step < 5000; step++) {
		struct item *item = &items[prng_below(&prng, COUNT)];
		bool linked = rb_is_linked(&item->node);

		if (linked && step % 3 != 0) {
			rb_erase(&root, &item->node);
		} else {
			item->serial = (int)prng_below(&prng, 1000) + 1;
			item->key = linked ? item->key : (int)prng_below(&prng, 1000);
			if (linked)
				rb_update(&root, &item->node);
			else
				rb_add(&root, &item->node, item_less);
		}
		check_most(root.node);
		black_height(root.node);
	}
}

/* Sorted input is what an unbalanced tree suffers from. */
static void test_ascending_and_descending(void **state)
{
	static struct item items[COUNT];
	struct item *sorted[COUNT];
	struct rb_root root = RB_ROOT_INIT;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		items[i].key = i;
		sorted[i] = &items[i];
		rb_add(&root, &items[i].node, item_less);
		check_tree(&root, sorted, i + 1);
	}
	for (int i = 0; i < COUNT; i++) {
		rb_erase(&root, rb_first(&root));
		check_tree(&root, sorted + i + 1, COUNT - i - 1);
	}
	for (int i = COUNT - 1; i >= 0; i--) {
		rb_add(&root, &items[i].node, item_less);
		check_tree(&root, sorted + i, COUNT - i);
	}
	for (int i = COUNT - 1; i >= 0; i--) {
		rb_erase(&root, rb_last(&root));
		check_tree(&root, sorted, i);
	}
}

static void test_find(void **state)
{
	static struct item items[50];
	struct rb_root root = RB_ROOT_INIT;

	(void)state;
	for (int key = 0; key < 3; key++)
		assert_null(rb_find(&root, &key, item_compare));
	/* Keys 0, 4, 8 ... each twice. */
	for (int i = 0; i < 50; i++) {
		items[i].key = i / 2 * 4;
		items[i].serial = i;
		rb_add(&root, &items[i].node, item_less);
	}
	for (int key = -1; key < 100; key++) {
		struct rb_node *node = rb_find(&root, &key, item_compare);
		struct rb_node *from = rb_find_from(&root, &key, item_compare);

		if (key >= 0 && key % 4 == 0) {
			assert_int_equal(rb_entry(node, struct item, node)->serial, key / 2);
			assert_ptr_equal(from, node);
		} else {
			assert_null(node);
		}
		if (key <= 96)
			assert_int_equal(rb_entry(from, struct item, node)->key, (key + 3) / 4 * 4);
		else
			assert_null(from);
	}
}

static void test_replace(void **state)
{
	struct item items[16], substitute;
	struct item *sorted[16];
	struct rb_root root = RB_ROOT_INIT;

	(void)state;
	for (int i = 0; i < 16; i++) {
		items[i].key = i;
		sorted[i] = &items[i];
		rb_add(&root, &items[i].node, item_less);
	}
	for (int i = 0; i < 16; i++) {
		substitute.key = i;
		rb_replace(&root, &items[i].node, &substitute.node);
		assert_false(rb_is_linked(&items[i].node));
		sorted[i] = &substitute;
		check_tree(&root, sorted, 16);
		rb_replace(&root, &substitute.node, &items[i].node);
		sorted[i] = &items[i];
		check_tree(&root, sorted, 16);
	}
}

static void test_loops(void **state)
{
	struct item items[30], *item, *after;
	struct rb_root root = RB_ROOT_INIT;
	int expect = 0;

	(void)state;
	rb_for_each_entry(item, &root, node)
		fail();
	for (int i = 0; i < 30; i++) {
		items[i].key = (i * 7) % 30;
		rb_add(&root, &items[i].node, item_less);
	}
	rb_for_each_entry(item, &root, node)
		assert_int_equal(item->key, expect++);
	assert_int_equal(expect, 30);
	rb_for_each_entry_safe(item, after, &root, node)
		if (item->key % 3 != 0)
			rb_erase(&root, &item->node);
	expect = 0;
	rb_for_each_entry(item, &root, node) {
		assert_int_equal(item->key, expect);
		expect += 3;
	}
	rb_for_each_entry_safe(item, after, &root, node)
		rb_erase(&root, &item->node);
	assert_true(rb_empty(&root));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_walks),
		cmocka_unit_test(test_kept_maxima),
		cmocka_unit_test(test_ascending_and_descending),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_loops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

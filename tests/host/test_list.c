/* Circular lists and hash chains. */
#include "tests/host/test.h"

#include "lib/list.h"

struct item {
	int value;
	struct list link;
	struct hlist_node node;
};

/* The values in order, as a decimal number: 1, 2, 3 is 123. Walks both ways and compares. */
static int list_digits(struct list *head)
{
	struct item *item;
	int forward = 0, backward = 0, place = 1;

	list_for_each_entry(item, head, link)
		forward = forward * 10 + item->value;
	list_for_each_entry_reverse(item, head, link) {
		backward += item->value * place;
		place *= 10;
	}
	assert_int_equal(forward, backward);
	return forward;
}

static void test_add_and_delete(void **state)
{
	struct list head = LIST_INIT(head);
	struct item items[4] = { { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 } };

	(void)state;
	assert_true(list_empty(&head));
	assert_null(list_first_entry_or_null(&head, struct item, link));
	list_add_tail(&items[1].link, &head);
	list_add_tail(&items[2].link, &head);
	list_add(&items[0].link, &head);
	list_add_tail(&items[3].link, &items[2].link);
	assert_int_equal(list_digits(&head), 1243);
	assert_int_equal(list_length(&head), 4);
	assert_int_equal(list_first_entry(&head, struct item, link)->value, 1);
	assert_int_equal(list_last_entry(&head, struct item, link)->value, 3);
	assert_int_equal(list_next_entry(&items[0], link)->value, 2);
	assert_int_equal(list_prev_entry(&items[3], link)->value, 2);
	list_move_tail(&items[0].link, &head);
	assert_int_equal(list_digits(&head), 2431);
	list_move(&items[2].link, &head);
	assert_int_equal(list_digits(&head), 3241);
	list_del(&items[1].link);
	assert_int_equal(list_digits(&head), 341);
}

static void test_is_linked(void **state)
{
	struct list head = LIST_INIT(head);
	struct item item = { 0 };

	(void)state;
	assert_false(list_is_linked(&item.link));
	list_init(&item.link);
	assert_false(list_is_linked(&item.link));
	list_add(&item.link, &head);
	assert_true(list_is_linked(&item.link));
	list_del(&item.link);
	assert_false(list_is_linked(&item.link));
	list_add(&item.link, &head);
	list_del_init(&item.link);
	assert_false(list_is_linked(&item.link));
	list_del_init(&item.link);
	assert_true(list_empty(&head));
}

static void test_splice(void **state)
{
	struct list a = LIST_INIT(a), b = LIST_INIT(b);
	struct item items[4] = { { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 } };

	(void)state;
	list_splice_tail(&b, &a);
	assert_true(list_empty(&a));
	for (int i = 0; i < 4; i++)
		list_add_tail(&items[i].link, i < 2 ? &a : &b);
	list_splice_tail(&b, &a);
	assert_int_equal(list_digits(&a), 1234);
	assert_true(list_empty(&b));
	list_splice_tail(&a, &b);
	assert_int_equal(list_digits(&b), 1234);
	assert_true(list_empty(&a));
}

static void test_delete_while_walking(void **state)
{
	struct list head = LIST_INIT(head);
	struct item items[6], *item, *after;

	(void)state;
	for (int i = 0; i < 6; i++) {
		items[i].value = i + 1;
		list_add_tail(&items[i].link, &head);
	}
	list_for_each_entry_safe(item, after, &head, link)
		if (item->value % 2 == 0)
			list_del(&item->link);
	assert_int_equal(list_digits(&head), 135);
	list_for_each_entry_safe(item, after, &head, link)
		list_del_init(&item->link);
	assert_true(list_empty(&head));
}

static int hlist_digits(struct hlist_head *head)
{
	struct item *item;
	int digits = 0;

	hlist_for_each_entry(item, head, node)
		digits = digits * 10 + item->value;
	return digits;
}

static void test_hlist(void **state)
{
	struct hlist_head head = { 0 };
	struct item items[4] = { { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 } };
	struct item *item;
	struct hlist_node *after;

	(void)state;
	assert_true(hlist_empty(&head));
	assert_int_equal(hlist_digits(&head), 0);
	for (int i = 0; i < 4; i++) {
		assert_false(hlist_is_linked(&items[i].node));
		hlist_add(&items[i].node, &head);
		assert_true(hlist_is_linked(&items[i].node));
	}
	assert_int_equal(hlist_digits(&head), 4321);
	hlist_del(&items[1].node);
	assert_int_equal(hlist_digits(&head), 431);
	assert_false(hlist_is_linked(&items[1].node));
	hlist_del(&items[3].node);
	hlist_del(&items[0].node);
	assert_int_equal(hlist_digits(&head), 3);
	hlist_add(&items[0].node, &head);
	hlist_for_each_entry_safe(item, after, &head, node)
		hlist_del(&item->node);
	assert_true(hlist_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_and_delete),
		cmocka_unit_test(test_is_linked),
		cmocka_unit_test(test_splice),
		cmocka_unit_test(test_delete_while_walking),
		cmocka_unit_test(test_hlist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

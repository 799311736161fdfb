/*
 * select: sets of descriptors, turned into a list of poll items, and the answers back into sets.
 *
 * A descriptor that stands in several sets is one item. The items are made and read by the same
 * walk over the union of the sets, so nothing need say which descriptor an item is.
 *
 * What the sets mean in poll's words: readable, or hung up, or in error; writable, or in error;
 * urgent.
 *
 * Entry point: select_wait.
 */
#include "kernel/fs/select.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/poll.h"
#include "lib/bits.h"
#include "lib/errno.h"
#include "lib/string.h"

#define ITEMS_ON_STACK 16u
#define WORD_BITS 64u

static const unsigned events_of_kind[SELECT_KINDS] = {
	[SELECT_READ] = POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
	[SELECT_WRITE] = POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
	[SELECT_EXCEPT] = POLLPRI,
};

static size_t set_words(const struct select_sets *s)
{
	return DIV_ROUND_UP(s->n, WORD_BITS);
}

/* One word of the union, without what lies beyond n. */
static unsigned long union_word(const struct select_sets *s, size_t word)
{
	unsigned long all = 0, beyond = s->n % WORD_BITS;

	for (int kind = 0; kind < SELECT_KINDS; kind++)
		all |= s->wanted[kind][word];
	if (beyond && word == s->n / WORD_BITS)
		all &= (1ul << beyond) - 1;
	return all;
}

static unsigned fds_count(const struct select_sets *s)
{
	unsigned count = 0;

	for (size_t word = 0; word < set_words(s); word++)
		count += bits_count(union_word(s, word));
	return count;
}

static unsigned events_wanted(const struct select_sets *s, size_t word, unsigned long bit)
{
	unsigned events = 0;

	for (int kind = 0; kind < SELECT_KINDS; kind++)
		events |= s->wanted[kind][word] & bit ? events_of_kind[kind] : 0;
	return events;
}

static void items_release(struct poll_item *items, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		poll_item_close(&items[i]);
}

/* count items for the descriptors in order. 0; or -EBADF, and none is held. */
static int items_fill(const struct select_sets *s, struct poll_item *items)
{
	unsigned count = 0;

	for (size_t word = 0; word < set_words(s); word++) {
		unsigned long left = union_word(s, word);

		for (; left; left &= left - 1) {
			unsigned nr = bits_first(left);

			if (poll_item_open(&items[count], (int)(word * WORD_BITS + nr))) {
				items_release(items, count);
				return -EBADF;
			}
			items[count++].events = events_wanted(s, word, 1ul << nr);
		}
	}
	return 0;
}

/* The answers into the sets. How many bits. */
static int items_read(struct select_sets *s, const struct poll_item *items)
{
	int bits = 0;

	for (size_t word = 0; word < set_words(s); word++) {
		unsigned long left = union_word(s, word);

		for (; left; left &= left - 1, items++) {
			unsigned long bit = left & -left;

			for (int kind = 0; kind < SELECT_KINDS; kind++) {
				if (!(s->wanted[kind][word] & bit) ||
				    !(items->revents & events_of_kind[kind]))
					continue;
				s->ready[kind][word] |= bit;
				bits++;
			}
		}
	}
	return bits;
}

int select_wait(struct select_sets *s, uint64_t deadline_ns)
{
	struct poll_item small[ITEMS_ON_STACK], *items = small;
	unsigned count = fds_count(s);
	int ret;

	if (count > ITEMS_ON_STACK)
		items = kcalloc(count, sizeof(items[0]));
	if (!items)
		return -ENOMEM;
	for (int kind = 0; kind < SELECT_KINDS; kind++)
		memset(s->ready[kind], 0, set_words(s) * sizeof(long));
	ret = items_fill(s, items);
	if (!ret) {
		ret = poll_items_wait(items, count, deadline_ns);
		if (ret > 0)
			ret = items_read(s, items);
		items_release(items, count);
	}
	if (items != small)
		kfree(items);
	return ret;
}

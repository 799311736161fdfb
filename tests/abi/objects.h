/*
 * objects.h: the kernel's own counts of its objects, for the tests that look for leaks.
 *
 * Pando's /proc/pando/objects has a line `name count` per kind of object: tasks, files, pages in
 * use, objects of each slab cache. Linux has no such file: there the tests exercise and skip the
 * comparison.
 *
 * Caches fill and drain, so one unequal pair of snapshots proves nothing. A leak, though, grows
 * with every round of the same work: objects_check() fails when some count has grown in each of
 * OBJECTS_ROUNDS rounds.
 */
#ifndef TESTS_ABI_OBJECTS_H
#define TESTS_ABI_OBJECTS_H

#include "tests/abi/abi.h"

enum { OBJECTS_MAX = 128 };

#ifndef OBJECTS_ROUNDS
#define OBJECTS_ROUNDS 12
#endif

struct objects {
	int count;
	struct {
		char name[48];
		long value;
	} kind[OBJECTS_MAX];
};

/* What is only kept at hand - names, pages of files, stacks - is not in use. */
static inline void caches_drop(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "3", 1) != 1)
		abi_print("   cannot drop caches: %s", strerrorname_np(errno));
	close(fd);
}

static inline bool objects_read(struct objects *objects)
{
	static char text[16384];
	int used;

	objects->count = 0;
	if (access("/proc/pando/objects", R_OK))
		return false;
	caches_drop();
	if (read_file("/proc/pando/objects", text, sizeof(text)) <= 0)
		return false;
	for (char *at = text; objects->count < OBJECTS_MAX; at += used, objects->count++)
		if (sscanf(at, " %47s %ld%n", objects->kind[objects->count].name,
			   &objects->kind[objects->count].value, &used) != 2)
			break;
	return true;
}

/* Waits until two snapshots 20 ms apart agree (exits are finished by others), for a second at most.
 */
static inline bool objects_settle(struct objects *objects)
{
	struct objects again;

	for (int i = 0; i < 50; i++) {
		if (!objects_read(objects))
			return false;
		sleep_ms(20);
		objects_read(&again);
		if (!memcmp(&again.kind, &objects->kind, again.count * sizeof(again.kind[0])))
			break;
	}
	return true;
}

static inline long objects_value(const struct objects *objects, const char *name)
{
	for (int i = 0; i < objects->count; i++)
		if (!strcmp(objects->kind[i].name, name))
			return objects->kind[i].value;
	return 0;
}

/*
 * Runs the work once to warm up and then in rounds, until there is no kind whose count has grown in
 * every round. (That some kind grows in a round means little: idle processors keep what they ran
 * last.) False: no kernel counts here, the work ran once. A leak fails the test with the kinds that
 * grew.
 */
static inline bool objects_check(void (*work)(void))
{
	static struct objects before, after, suspects, grown;

	work();
	if (!objects_settle(&suspects))
		return false;
	after = grown = suspects; /* their own pages are in use before the first count */
	objects_settle(&before);
	for (int round = 0; round < OBJECTS_ROUNDS; round++) {
		grown.count = 0;
		work();
		objects_settle(&after);
		for (int i = 0; i < after.count; i++) {
			const char *name = after.kind[i].name;
			if (after.kind[i].value > objects_value(&before, name) &&
			    (round == 0 || objects_value(&suspects, name)))
				grown.kind[grown.count++] = after.kind[i];
		}
		if (!grown.count)
			return true;
		suspects = grown;
		before = after;
	}
	for (int i = 0; i < suspects.count; i++)
		abi_print("   grew in the last of %d rounds too: %s, now %ld", OBJECTS_ROUNDS,
			  suspects.kind[i].name, suspects.kind[i].value);
	FAIL("after %d rounds still growing: %s and %d others", OBJECTS_ROUNDS,
	     suspects.kind[0].name, suspects.count - 1);
}

#endif

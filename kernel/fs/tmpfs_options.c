/*
 * The options of a tmpfs.
 *
 * Unknown options are refused, but for those that a Linux tmpfs knows and that change nothing here
 * (huge=, mpol=, noswap, inode32, inode64).
 */
#include "kernel/fs/tmpfs_options.h"

#include "arch/page.h"
#include "kernel/alloc/page.h"
#include "kernel/fs/mount_options.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

static long memory_pages(void)
{
	struct page_stats s;

	page_stats_get(&s);
	return (long)s.total;
}

void tmpfs_options_default(struct tmpfs_options *o)
{
	o->max_pages = o->max_inodes = memory_pages() / 2;
	o->mode = 01777;
	o->uid = current_cred()->fsuid;
	o->gid = current_cred()->fsgid;
}

/* A count of bytes, with suffix, or a part of memory in percent; as pages. */
static int parse_pages(const char *value, bool in_bytes, long *out)
{
	const char *end;
	uint64_t n;

	if (size_parse(value, &end, &n) < 0)
		return -EINVAL;
	if (*end == '%' && end[1] == 0 && in_bytes) {
		if (n > (uint64_t)(INT64_MAX / memory_pages()))
			return -EINVAL;
		*out = (long)n * memory_pages() / 100;
		return 0;
	}
	if (*end != 0 || (!in_bytes && n > INT64_MAX))
		return -EINVAL;
	/* Rounded up; the last bytes that 64 bits can say need no wider ones. */
	*out = (long)(in_bytes ? n / PAGE_SIZE + (n % PAGE_SIZE != 0) : n);
	return 0;
}

/* Linux refuses what would need more than 64 bits for the memory of so many inodes, 1 KiB each. */
static int parse_inodes(const char *value, long *out)
{
	const char *end;
	uint64_t n;

	if (size_parse(value, &end, &n) < 0 || *end != 0 || n > UINT64_MAX / 1024)
		return -EINVAL;
	*out = (long)n;
	return 0;
}

static int parse_number(const char *value, unsigned base, uint64_t max, unsigned *out)
{
	uint64_t n;

	if (str_to_u64(value, NULL, base, &n) < 0 || n > max)
		return -EINVAL;
	*out = (unsigned)n;
	return 0;
}

static int parse_id(const char *value, enum id_kind kind, unsigned *out)
{
	unsigned id = 0;
	int err = parse_number(value, 10, UINT32_MAX - 1, &id);

	*out = user_ns_id_in(current_cred()->user_ns, kind, id);
	return err == 0 && *out == ID_NONE ? -EINVAL : err;
}

/* One option; value NULL: no "=". */
static int parse_one(const char *name, const char *value, void *options)
{
	struct tmpfs_options *o = options;
	static const char *const ignored[] = { "huge", "mpol", "noswap", "inode32", "inode64" };

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) {
		if (str_equal(name, ignored[i]))
			return 0;
	}
	if (!value)
		return -EINVAL;
	if (str_equal(name, "size"))
		return parse_pages(value, true, &o->max_pages);
	if (str_equal(name, "nr_blocks"))
		return parse_pages(value, false, &o->max_pages);
	if (str_equal(name, "nr_inodes"))
		return parse_inodes(value, &o->max_inodes);
	if (str_equal(name, "mode"))
		return parse_number(value, 8, 07777, &o->mode);
	if (str_equal(name, "uid"))
		return parse_id(value, ID_UID, &o->uid);
	if (str_equal(name, "gid"))
		return parse_id(value, ID_GID, &o->gid);
	return -EINVAL;
}

int tmpfs_options_parse(const char *text, struct tmpfs_options *o)
{
	return mount_options_parse(text, parse_one, o);
}

size_t tmpfs_options_show(const struct tmpfs_options *o, char *buf, size_t size)
{
	size_t at = 0;

	/* What is the default goes unsaid, so that the line is as short as Linux's. */
	if (o->max_pages != memory_pages() / 2)
		at += (size_t)str_format(buf, size, ",size=%luk", (uint64_t)o->max_pages * 4);
	if (at < size && o->max_inodes != memory_pages() / 2)
		at += (size_t)str_format(buf + at, size - at, ",nr_inodes=%ld", o->max_inodes);
	if (at < size && o->mode != 01777)
		at += (size_t)str_format(buf + at, size - at, ",mode=%o", o->mode);
	return min(at, size);
}

/*
 * cpio.c: reads newc cpio archives.
 *
 * An entry is a header of 110 characters (a magic number and thirteen numbers of eight hex
 * digits), the name with its NUL, zeros up to a multiple of 4 from the header's start, the data,
 * and zeros up to a multiple of 4 again:
 *
 *	| 070701 | 13 x 8 digits | name NUL | 0-3 zeros | data | 0-3 zeros | 070701 ...
 *	0        6              110
 *
 * Everything in the archive is taken for hostile: each length is compared with what is left of
 * the buffer before it is used.
 */
#include "lib/cpio.h"

#include "lib/errno.h"
#include "lib/string.h"

#define MAGIC_SIZE  6
#define HEADER_SIZE 110
#define NAME_MAX    4096 /* with the NUL: Linux's longest path */

/* Of an entry's mode. */
#define MODE_TYPE    0170000
#define MODE_REGULAR 0100000

static const char trailer_name[] = "TRAILER!!!";

/* The numbers of a header, in their order there. */
enum field {
	FIELD_INO,
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_NLINK,
	FIELD_MTIME,
	FIELD_SIZE,
	FIELD_DEV_MAJOR,
	FIELD_DEV_MINOR,
	FIELD_RDEV_MAJOR,
	FIELD_RDEV_MINOR,
	FIELD_NAME_SIZE,
	FIELD_CHECKSUM,
	FIELD_COUNT,
};

static_assert(MAGIC_SIZE + 8 * FIELD_COUNT == HEADER_SIZE, "newc header");

struct header {
	uint32_t field[FIELD_COUNT];
	bool checked; /* 070702: the checksum counts */
};

void cpio_init(struct cpio *cpio, const void *data, size_t size)
{
	*cpio = (struct cpio){ .data = data, .size = size };
}

static int fail(struct cpio *cpio, const char *reason)
{
	cpio->reason = reason;
	return -EINVAL;
}

static bool starts(const struct cpio *cpio, const char *magic, size_t len)
{
	return cpio->size - cpio->offset >= len &&
	       memcmp(cpio->data + cpio->offset, magic, len) == 0;
}

/* Says what stands where a header should. */
static const char *alien_name(const struct cpio *cpio)
{
	if (starts(cpio, "\x1f\x8b", 2))
		return "gzip data: compressed archives are not read, unpack it first";
	if (starts(cpio, "\x28\xb5\x2f\xfd", 4))
		return "zstd data: compressed archives are not read, unpack it first";
	if (starts(cpio, "\xfd" "7zXZ", 5))
		return "xz data: compressed archives are not read, unpack it first";
	if (starts(cpio, "070707", 6) || starts(cpio, "\xc7\x71", 2))
		return "an old cpio format: make the archive with cpio -H newc";
	return "no cpio header where one should be";
}

/* Eight hex digits; false if one is not. */
static bool hex_read(const uint8_t *text, uint32_t *out)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 8; i++) {
		uint8_t lower = text[i] | 0x20; /* digits have this bit already */

		if (text[i] >= '0' && text[i] <= '9')
			value = value << 4 | (uint32_t)(text[i] - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value << 4 | (uint32_t)(lower - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

static int header_read(struct cpio *cpio, struct header *header)
{
	const uint8_t *text = cpio->data + cpio->offset;

	header->checked = starts(cpio, "070702", MAGIC_SIZE);
	if (!header->checked && !starts(cpio, "070701", MAGIC_SIZE))
		return fail(cpio, alien_name(cpio));
	if (cpio->size - cpio->offset < HEADER_SIZE)
		return fail(cpio, "the archive ends within a header");
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		if (!hex_read(text + MAGIC_SIZE + 8 * i, &header->field[i]))
			return fail(cpio, "a header has a character that is no hex digit");
	return 0;
}

static uint32_t checksum(const uint8_t *data, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += data[i];
	return sum;
}

/* Fills the entry from its header; what follows the header is checked here. */
static int entry_read(struct cpio *cpio, const struct header *header, struct cpio_entry *entry)
{
	const uint8_t *start = cpio->data + cpio->offset;
	const uint32_t *field = header->field;
	size_t left = cpio->size - cpio->offset;
	size_t name_size = field[FIELD_NAME_SIZE];
	size_t data_start = ALIGN_UP(HEADER_SIZE + name_size, 4);

	if (name_size == 0 || name_size > NAME_MAX)
		return fail(cpio, "a name is empty or longer than 4095 bytes");
	if (left < HEADER_SIZE + name_size)
		return fail(cpio, "the archive ends within a name");
	if (strnlen((const char *)start + HEADER_SIZE, name_size) != name_size - 1)
		return fail(cpio, "a name does not end where its length says");
	if (field[FIELD_SIZE] > 0 && (left < data_start || left - data_start < field[FIELD_SIZE]))
		return fail(cpio, "the archive ends within a file");
	*entry = (struct cpio_entry){
		.name = (const char *)start + HEADER_SIZE,
		.name_len = name_size - 1,
		.ino = field[FIELD_INO],
		.mode = field[FIELD_MODE],
		.uid = field[FIELD_UID],
		.gid = field[FIELD_GID],
		.nlink = field[FIELD_NLINK],
		.mtime = field[FIELD_MTIME],
		.dev_major = field[FIELD_DEV_MAJOR],
		.dev_minor = field[FIELD_DEV_MINOR],
		.rdev_major = field[FIELD_RDEV_MAJOR],
		.rdev_minor = field[FIELD_RDEV_MINOR],
		.data = start + min(data_start, left),
		.size = field[FIELD_SIZE],
	};
	/* Writers give a sum to regular files only, not to the target of a symlink. */
	if (header->checked && (entry->mode & MODE_TYPE) == MODE_REGULAR &&
	    checksum(entry->data, entry->size) != field[FIELD_CHECKSUM])
		return fail(cpio, "a file's checksum is wrong");
	return 0;
}

/* Moves past the entry. The last padding may be missing. */
static void entry_skip(struct cpio *cpio, const struct header *header)
{
	size_t len = ALIGN_UP((size_t)HEADER_SIZE + header->field[FIELD_NAME_SIZE], 4) +
		     ALIGN_UP((size_t)header->field[FIELD_SIZE], 4);

	cpio->offset += min(len, cpio->size - cpio->offset);
}

/* Between archives: passes over zeros. True if something else follows. */
static bool archive_find(struct cpio *cpio)
{
	while (cpio->offset < cpio->size && cpio->data[cpio->offset] == 0)
		cpio->offset++;
	return cpio->offset < cpio->size;
}

int cpio_next(struct cpio *cpio, struct cpio_entry *entry)
{
	struct header header;

	/* More than one turn only where an archive ends and another begins. */
	for (;;) {
		if (!cpio->in_archive && !archive_find(cpio))
			return 0;
		if (cpio->offset == cpio->size)
			return fail(cpio, "the archive ends without its TRAILER!!!");
		if (header_read(cpio, &header) != 0 || entry_read(cpio, &header, entry) != 0)
			return -EINVAL;
		entry_skip(cpio, &header);
		cpio->in_archive = !str_equal(entry->name, trailer_name);
		if (cpio->in_archive)
			return 1;
	}
}

/*
 * cpio.h: reads the "newc" cpio archives of which an initramfs is made.
 *
 * An iterator over a buffer; nothing is copied, an entry points into the archive. Both forms are
 * read: 070701, and 070702 with a checksum of each file's data, which is verified.
 *
 *	struct cpio cpio;
 *	struct cpio_entry entry;
 *	int got;
 *
 *	cpio_init(&cpio, data, size);
 *	while ((got = cpio_next(&cpio, &entry)) > 0)
 *		...
 *	if (got < 0)
 *		printk("initramfs: %s at byte %zu\n", cpio.reason, cpio.offset);
 *
 * Archives may stand one after another with zeros between and behind them, as loaders leave them;
 * they read as one.
 *
 * NOTE(linux): an archive without its TRAILER!!! is an error here, since it was cut; Linux takes
 * what there is. Compressed archives are not read.
 */
#pragma once

#include "lib/types.h"

struct cpio {
	const uint8_t *data; /* the caller's buffer */
	size_t size;
	size_t offset;	    /* of the next header; after an error, of the bad one */
	bool in_archive;    /* entries were seen since the last TRAILER!!! */
	const char *reason; /* why cpio_next returned -EINVAL, in words */
};

struct cpio_entry {
	const char *name; /* NUL-ended, inside the archive; as written there: "./bin" or "bin" */
	size_t name_len;
	uint32_t ino; /* files with nlink > 1 and the same ino and dev are one: see data */
	uint32_t mode; /* type and permissions, as in stat */
	uint32_t uid, gid;
	uint32_t nlink;
	uint32_t mtime; /* seconds since 1970, unsigned */
	uint32_t dev_major, dev_minor;
	uint32_t rdev_major, rdev_minor; /* of a device node */
	const void *data; /* a file's contents, a symlink's target (not NUL-ended); of several
			   * names of one file only the last has them */
	size_t size;
};

void cpio_init(struct cpio *cpio, const void *data, size_t size);

/* 1: *entry is the next one. 0: no more. -EINVAL: truncated or corrupt, cpio->reason says how;
 * every further call returns the same. */
int __must_check cpio_next(struct cpio *cpio, struct cpio_entry *entry);

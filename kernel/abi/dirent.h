/*
 * Directory entries as getdents64 writes them.
 */
#pragma once

#include "lib/types.h"

struct abi_dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[]; /* NUL-ended, padded so that reclen is a multiple of 8 */
};
static_assert(offsetof(struct abi_dirent64, name) == 19, "struct linux_dirent64");

/* A type is the file type of mode, shifted. */
#define DT_UNKNOWN 0
#define DT_FIFO 1
#define DT_CHR 2
#define DT_DIR 4
#define DT_BLK 6
#define DT_REG 8
#define DT_LNK 10
#define DT_SOCK 12
#define DT_OF_MODE(mode) (((mode) >> 12) & 15)

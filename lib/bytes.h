/*
 * bytes.h: numbers in memory of a stated byte order and any alignment.
 *
 * Device trees, network headers and most disk formats hold numbers whose order is not ours or
 * whose place is not aligned; these functions touch one byte at a time and so are right on every
 * machine. load_X gives the number at p, store_X puts it there.
 */
#pragma once

#include "lib/types.h"

static inline uint16_t load_be16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t load_be32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t load_be64(const void *p)
{
	return (uint64_t)load_be32(p) << 32 | load_be32((const uint8_t *)p + 4);
}

static inline uint16_t load_le16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[1] << 8 | b[0]);
}

static inline uint32_t load_le32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static inline uint64_t load_le64(const void *p)
{
	return (uint64_t)load_le32((const uint8_t *)p + 4) << 32 | load_le32(p);
}

static inline void store_be16(void *p, uint16_t value)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(value >> 8);
	b[1] = (uint8_t)value;
}

static inline void store_be32(void *p, uint32_t value)
{
	store_be16(p, (uint16_t)(value >> 16));
	store_be16((uint8_t *)p + 2, (uint16_t)value);
}

static inline void store_be64(void *p, uint64_t value)
{
	store_be32(p, (uint32_t)(value >> 32));
	store_be32((uint8_t *)p + 4, (uint32_t)value);
}

static inline void store_le16(void *p, uint16_t value)
{
	uint8_t *b = p;

	b[0] = (uint8_t)value;
	b[1] = (uint8_t)(value >> 8);
}

static inline void store_le32(void *p, uint32_t value)
{
	store_le16(p, (uint16_t)value);
	store_le16((uint8_t *)p + 2, (uint16_t)(value >> 16));
}

static inline void store_le64(void *p, uint64_t value)
{
	store_le32(p, (uint32_t)value);
	store_le32((uint8_t *)p + 4, (uint32_t)(value >> 32));
}

/*
 * Vectors of buffers.
 */
#pragma once

#include "lib/types.h"

struct abi_iovec {
	void __user *base;
	uint64_t len;
};
static_assert(sizeof(struct abi_iovec) == 16, "struct iovec");

#define IOV_MAX 1024

/* preadv2, pwritev2. */
#define RWF_HIPRI 0x01
#define RWF_DSYNC 0x02
#define RWF_SYNC 0x04
#define RWF_NOWAIT 0x08
#define RWF_APPEND 0x10
#define RWF_SUPPORTED (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND)

/*
 * Linux/riscv64 ABI: poll and select. The event bits: kernel/fs/poll.h.
 */
#pragma once

#include "lib/types.h"

struct abi_pollfd {
	int32_t fd;
	uint16_t events, revents;
};
static_assert(sizeof(struct abi_pollfd) == 8, "struct pollfd");

/* pselect6's last argument points to this. */
struct abi_sigset_arg {
	const uint64_t __user *mask;
	uint64_t size;
};

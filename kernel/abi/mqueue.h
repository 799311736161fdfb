/*
 * Linux/riscv64 ABI: POSIX message queues. Numbers as in linux/mqueue.h.
 */
#pragma once

#include "lib/types.h"

#define MQ_PRIO_MAX 32768u

struct abi_mq_attr {
	int64_t flags; /* O_NONBLOCK */
	int64_t maxmsg, msgsize, curmsgs;
	int64_t unused[4];
};
_Static_assert(sizeof(struct abi_mq_attr) == 64, "mq_attr ABI");

/*
 * Signals sent and not yet taken: a bit per signal, and a queue of what came with them.
 */
#pragma once

#include "lib/list.h"
#include "lib/types.h"

struct sigpending {
	uint64_t set;	    /* bit n-1: signal n */
	struct list queue; /* struct sigqueue (kernel/ipc/signal.h), oldest first */
};

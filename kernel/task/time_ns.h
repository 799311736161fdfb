/*
 * Time namespaces: what is added to the clocks that count from boot.
 */
#pragma once

#include "kernel/task/ns.h"

struct time_ns {
	struct ns ns;
};
extern struct time_ns init_time_ns;

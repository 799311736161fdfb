/*
 * What the machine and the kernel call themselves.
 */
#pragma once

#include "kernel/abi/system.h"
#include "kernel/core/spinlock.h"

struct uts {
	struct spinlock lock; /* rank DEVICE */
	struct abi_utsname name; /* [lock] nodename and domainname; the rest never changes */
};
extern struct uts uts;

/*
 * Eventfd: a counter as a file.
 */
#pragma once

#include "kernel/fs/file.h"

/* semaphore: read takes 1 rather than all. flags: O_NONBLOCK or none. 0, -ENOMEM. */
int eventfd_create(uint64_t initial, bool semaphore, unsigned flags,
		   struct file **out) __must_check;

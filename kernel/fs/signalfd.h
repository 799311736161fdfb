/*
 * Signalfd: pending signals read from a file.
 */
#pragma once

#include "kernel/fs/file.h"

/* Gives the signals of mask. flags: O_NONBLOCK or none. 0, -ENOMEM. */
int signalfd_create(uint64_t mask, unsigned flags, struct file **out) __must_check;
/* Another mask for a signalfd. 0, or -EINVAL: it isn't one. */
int signalfd_mask_set(struct file *file, uint64_t mask) __must_check;

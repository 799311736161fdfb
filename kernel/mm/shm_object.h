/*
 * Memory that is shared but has no file: what MAP_SHARED | MAP_ANONYMOUS maps.
 */
#pragma once

#include "kernel/mm/vma.h"

/* Gives a fresh area an object of its own. 0, -ENOMEM. */
int shm_object_attach(struct vma *v) __must_check;

/*
 * A memory barrier on other harts.
 */
#pragma once

#include "kernel/core/hart.h"

/* Every online hart of the mask (NULL: all) executes a full memory barrier between the beginning
 * and the end of this call; so does the caller, at both ends. Interrupts on, no spinlock held; may
 * sleep. */
void harts_fence(const struct hart_mask *mask);
/* In the interrupt that pokes a hart. */
void hart_fence_answer(void);

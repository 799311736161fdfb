/*
 * Random bytes for user space, address layout and hash seeds: ChaCha20 keyed from what the machine
 * offers (device tree rng-seed, timing jitter), rekeyed after every request.
 */
#pragma once

#include "lib/types.h"

void random_bytes(void *buf, size_t n);
uint64_t random_u64(void);
/* Mixes entropy in; never reduces it. Callable from interrupts. */
void random_mix(const void *buf, size_t n);

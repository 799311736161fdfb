/*
 * Giving up, in words: for broken invariants only. Nothing a user does leads here.
 */
#pragma once

#include "lib/types.h"

/* Prints the sentence and the report of crash.c, stops the other harts; then as panic= says: 0
 * halts, N > 0 reboots after N seconds, < 0 at once; exit ends the emulator. */
__noreturn void panic(const char *fmt, ...) __printf(1, 2);

/* Always compiled in: states what is proven. */
#define assert(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(!(cond)))                                                             \
			assert_failed(#cond, __FILE__, __LINE__);                                  \
	} while (0)
__noreturn void assert_failed(const char *cond, const char *file, int line);

/* Costly checks, in builds with DEBUG=1 only. */
#ifdef PANDO_DEBUG
#define debug_assert(cond) assert(cond)
#else
#define debug_assert(cond) ((void)sizeof(cond))
#endif

/* True from the first panic on: locks are no longer waited for. */
bool panic_in_progress(void);

extern int panic_timeout_s; /* panic= of the command line, /proc/sys/kernel/panic */
extern bool panic_exit;	    /* panic=exit: the emulator ends with the status below, if it can */
#define PANIC_EXIT_STATUS 70

/* Symbol at or before pc, and its offset; NULL when unknown. */
const char *symbol_name(uintptr_t pc, size_t *offset);
/* Prints the chain of return addresses from fp (0: the caller's). */
void backtrace_print(uintptr_t fp);

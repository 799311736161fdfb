/*
 * Reports: what a person needs who was not there. For panics, and for lockups that the watchdog
 * finds (kernel/sched/watchdog.h).
 */
#pragma once

#include <stdarg.h>

#include "lib/types.h"

struct task;

/* What else would help to repeat what goes on (a test's name and seed): printed in a panic. Copied;
 * by one at a time. */
void crash_note_set(const char *text);

/* For panic, once its message is out: where this hart is, where the others are, which they tell
 * themselves and stop, and how to get here again. Interrupts off. */
void crash_report(void);

/* From this hart's interrupt handler: if a panic stops it, it tells where it is and never returns.
 */
void crash_stop_check(void);
/* The same, for a hart that panics while another does: what it panics of is told too. */
__noreturn void crash_join(const char *fmt, va_list args) __printf(1, 0);
/* All that is said when the telling itself panics: anything longer might do it again. */
#define PANIC_INSIDE "panic inside a panic\r\n"

/* What a task is and holds, and where it is if it is off its hart: a few lines. t does not go away
 * meanwhile. */
void crash_task_print(const struct task *t);
/* The same for whoever runs on a hart that does not answer. */
void crash_hart_print(unsigned hart);

/*
 * Planted: two harts that panic at a time. Both messages must be told, in order, whether the second
 * one comes while it is waited for or when its turn has passed.
 */
#include "kernel/core/plant.h"

#include <stdatomic.h>

#include "arch/clock.h"
#include "arch/irq.h"
#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/lifecycle/kthread.h"
#include "lib/string.h"

static atomic_bool second_ready; /* it runs on another hart, and keeps it */
static atomic_bool given_up;	 /* the first hart has said that the second one does not answer */
static atomic_bool second_panics;
static bool late;		 /* [i] the second one is to come when its turn has passed */

static int second(void *unused)
{
	irq_disable();
	atomic_store(&second_ready, true);
	while (late ? !atomic_load(&given_up) : !panic_in_progress())
		hart_relax();
	atomic_store(&second_panics, true);
	panic("the second panic");
}

static void spin_one_second(void)
{
	for (uint64_t end = arch_clock_ticks() + arch_clock_hz; arch_clock_ticks() < end;)
		hart_relax();
}

/* A console that shows nothing, by which the first hart knows how far its report is. It is called
 * by that hart, and so keeps the report from going on before the second has panicked. */
static void look_at(struct console *c, const char *s, size_t n)
{
	static const char words[] = "does not answer";

	for (size_t i = 0; i + sizeof(words) - 1 <= n; i++) {
		if (memcmp(s + i, words, sizeof(words) - 1) != 0)
			continue;
		atomic_store(&given_up, true);
		while (!atomic_load(&second_panics))
			hart_relax();
		spin_one_second();
	}
}

static void panic_on_two(void)
{
	if (kthread_create(second, NULL, "second", NULL) != 0)
		return;
	while (!atomic_load(&second_ready))
		hart_relax();
	panic("the first panic");
}

PLANT(panic_twice)
{
	panic_on_two();
}

PLANT(panic_late)
{
	static struct console watcher = { .name = "watcher", .write = look_at };

	late = true;
	console_register(&watcher, false);
	panic_on_two();
}

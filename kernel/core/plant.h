/*
 * Planted bugs: proof that the checks of a build catch what they are for.
 *
 * A bug is a function in a linker section, in kernel/test/plant_*.c, compiled in builds that check
 * (DEBUG=1, SAN=...) and run when the command line says plant=NAME. It does something forbidden and
 * should never return: the check that it is for panics first, in words that tests/planted/ waits
 * for.
 *
 *	PLANT(double_unlock)
 *	{
 *		spin_lock(&lock);
 *		spin_unlock(&lock);
 *		spin_unlock(&lock);
 *	}
 */
#pragma once

#include "lib/types.h"

struct plant {
	const char *name;
	void (*fn)(void);
};

#define PLANT(plant_name)                                                                          \
	static void plant_name(void);                                                              \
	static const struct plant plant_##plant_name __used __section(".plants") = {#plant_name,   \
										    plant_name};   \
	static void plant_name(void)

/* x, but the compiler believes that it may be anything by now: it does not see through the bug. */
#define hidden(x)                                                                                  \
	({                                                                                         \
		__typeof__(x) hidden_x = (x);                                                      \
		__asm__ volatile("" : "+r"(hidden_x));                                             \
		hidden_x;                                                                          \
	})

#ifdef PANDO_PLANTS

#define PLANTS_IS_BUILT true

/* Does the bug that plant= names, if it names one; says so before, and after when nothing caught
 * it. In a task that may sleep, once everything runs. */
void plant_run(void);

#else

#define PLANTS_IS_BUILT false

static inline void plant_run(void)
{
}

#endif

/*
 * Planted bugs of arithmetic and types: what C calls undefined, which SAN=undefined must catch.
 */
#include "kernel/core/plant.h"

#include "kernel/core/printk.h"

/* Results are used, or there would be nothing to compute. */
static void result(long value)
{
	pr_notice("plant: the result is %ld", value);
}

PLANT(add_overflow)
{
	result(hidden(INT32_MAX) + hidden(1));
}

PLANT(multiply_overflow)
{
	result(hidden(INT64_MAX / 2) * hidden(3L));
}

PLANT(negate_overflow)
{
	result(-hidden(INT64_MIN));
}

PLANT(divide_by_zero)
{
	result(hidden(7) / hidden(0));
}

PLANT(shift_too_far)
{
	result(1 << hidden(32));
}

PLANT(shift_negative)
{
	result(1 << hidden(-1));
}

PLANT(array_bounds)
{
	static const int primes[4] = {2, 3, 5, 7};

	result(primes[hidden(4)]);
}

PLANT(misaligned)
{
	static uint64_t words[2];

	result((long)*hidden((uint64_t *)((char *)words + 3)));
}

PLANT(null_pointer)
{
	struct pair {
		long a, b;
	} *p = hidden((struct pair *)NULL);

	result(p->b);
}

PLANT(bad_bool)
{
	static unsigned char byte;
	bool *flag = (bool *)hidden(&byte);

	byte = 7;
	result(*flag);
}

static int nothing_left(int n)
{
	if (n == 0)
		return 1;
	__builtin_unreachable();
}

PLANT(unreachable)
{
	result(nothing_left(hidden(3)));
}

/*
 * The firmware's console as a serial port, hvc0: the last resort on a machine whose UART we have no
 * driver for. It has no interrupt, so input is polled.
 */
#include "arch/machine.h"
#include "kernel/alloc/slab.h"
#include "kernel/dev/serial.h"
#include "lib/errno.h"

static size_t sbi_put(struct serial *s, const char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		arch_early_putchar(buf[i]);
	return n;
}

static int sbi_get(struct serial *s)
{
	return arch_early_getchar();
}

static const struct serial_ops sbi_ops = { sbi_put, sbi_get, NULL };

int sbi_console_add(const void *fdt)
{
	struct serial *s = kzalloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->node = -1;
	s->ops = &sbi_ops;
	serial_add(s, fdt, "hvc");
	serial_start(s, 0);
	return 0;
}

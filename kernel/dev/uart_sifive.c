/*
 * The UART of SiFive's chips (FU540-C000 manual, chapter 13): two data registers that say full and
 * empty themselves, eight bytes deep, and interrupts by fill level.
 *
 * The baud rate divisor stays as the firmware left it.
 */
#include "arch/irq.h"
#include "kernel/alloc/kmap.h"
#include "kernel/alloc/slab.h"
#include "kernel/dev/driver.h"
#include "kernel/dev/serial.h"
#include "lib/errno.h"
#include "lib/fdt.h"

#define TXDATA 0x00
#define RXDATA 0x04
#define TXCTRL 0x08
#define RXCTRL 0x0c
#define IE     0x10

#define DATA_FULL_OR_EMPTY (1u << 31)
#define CTRL_ENABLE 1u
#define CTRL_LEVEL(n) ((uint32_t)(n) << 16)
#define IE_TRANSMIT 1u /* fewer bytes wait to be sent than the level */
#define IE_RECEIVE 2u  /* more bytes are there than the level */

static volatile uint32_t *uart_reg(const struct serial *s, unsigned offset)
{
	return (volatile uint32_t *)(s->regs + offset);
}

static size_t uart_put(struct serial *s, const char *buf, size_t n)
{
	size_t done = 0;

	while (done < n && !(*uart_reg(s, TXDATA) & DATA_FULL_OR_EMPTY))
		*uart_reg(s, TXDATA) = (uint8_t)buf[done++];
	return done;
}

static int uart_get(struct serial *s)
{
	uint32_t v = *uart_reg(s, RXDATA);

	return v & DATA_FULL_OR_EMPTY ? -1 : (int)(v & 0xff);
}

static void uart_irq_select(struct serial *s, bool receive, bool transmit)
{
	*uart_reg(s, IE) = (receive ? IE_RECEIVE : 0) | (transmit ? IE_TRANSMIT : 0);
}

static const struct serial_ops uart_ops = { uart_put, uart_get, uart_irq_select };

static int uart_probe(const void *fdt, int node)
{
	struct serial *s;
	uint64_t addr, size;

	if (fdt_reg(fdt, node, 0, &addr, &size) != 0 || size < IE + 4)
		return -EINVAL;
	s = kzalloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->regs = kmap_io(addr, size);
	if (!s->regs) {
		kfree(s);
		return -ENOMEM;
	}
	s->node = node;
	s->ops = &uart_ops;
	*uart_reg(s, IE) = 0;
	*uart_reg(s, TXCTRL) = CTRL_ENABLE | CTRL_LEVEL(1);
	*uart_reg(s, RXCTRL) = CTRL_ENABLE | CTRL_LEVEL(0);
	serial_add(s, fdt, "ttySIF");
	serial_start(s, irq_find(fdt, node, 0));
	return 0;
}

static const char *const uart_compatible[] = { "sifive,uart0", "sifive,fu540-c000-uart",
					      "sifive,fu740-c000-uart", NULL };
static const struct driver uart_sifive = { "uart_sifive", uart_compatible, uart_probe };
DRIVER_REGISTER(uart_sifive);

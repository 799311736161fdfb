/*
 * The 16550 and its descendants, among them Synopsys' dw-apb-uart (VisionFive 2): eight registers,
 * at a distance, of a width and after a gap that the tree gives (reg-shift, reg-io-width,
 * reg-offset).
 *
 * Speed and format stay as the firmware left them: its console is on the same port.
 */
#include "arch/irq.h"
#include "kernel/alloc/kmap.h"
#include "kernel/alloc/slab.h"
#include "kernel/dev/driver.h"
#include "kernel/dev/serial.h"
#include "lib/errno.h"
#include "lib/fdt.h"

#define RX_TX 0	     /* received byte; byte to send */
#define IER   1	     /* interrupt enable */
#define IIR_FCR 2    /* interrupt identification; FIFO control */
#define MCR   4	     /* modem control */
#define LSR   5	     /* line status */
#define DW_USR 31    /* dw-apb: busy state */

#define IER_RECEIVE  1
#define IER_TRANSMIT 2
#define IIR_MASK     0xf
#define IIR_DW_BUSY  7
#define FCR_ENABLE   1
#define MCR_ON	     0xb /* DTR, RTS, OUT2: the last one lets interrupts through on some parts */
#define LSR_RECEIVED 1
#define LSR_SEND_EMPTY 0x20
#define FIFO_SIZE 16

static uint32_t uart_read(const struct serial *s, unsigned reg)
{
	volatile char *p = s->regs + ((size_t)reg << s->reg_shift);

	switch (s->reg_width) {
	case 4:
		return *(volatile uint32_t *)p;
	case 2:
		return *(volatile uint16_t *)p;
	default:
		return *(volatile uint8_t *)p;
	}
}

static void uart_write(const struct serial *s, unsigned reg, uint32_t v)
{
	volatile char *p = s->regs + ((size_t)reg << s->reg_shift);

	switch (s->reg_width) {
	case 4:
		*(volatile uint32_t *)p = v;
		break;
	case 2:
		*(volatile uint16_t *)p = (uint16_t)v;
		break;
	default:
		*(volatile uint8_t *)p = (uint8_t)v;
	}
}

static size_t uart_put(struct serial *s, const char *buf, size_t n)
{
	size_t done = 0;

	if (!(uart_read(s, LSR) & LSR_SEND_EMPTY))
		return 0;
	while (done < n && done < FIFO_SIZE)
		uart_write(s, RX_TX, (uint8_t)buf[done++]);
	return done;
}

static int uart_get(struct serial *s)
{
	/* dw-apb: a write while it was busy raises an interrupt that only reading USR ends. */
	if (s->has_usr && (uart_read(s, IIR_FCR) & IIR_MASK) == IIR_DW_BUSY)
		uart_read(s, DW_USR);
	if (!(uart_read(s, LSR) & LSR_RECEIVED))
		return -1;
	return (int)(uart_read(s, RX_TX) & 0xff);
}

static void uart_irq_select(struct serial *s, bool receive, bool transmit)
{
	uart_write(s, IER, (receive ? IER_RECEIVE : 0) | (transmit ? IER_TRANSMIT : 0));
}

static const struct serial_ops uart_ops = { uart_put, uart_get, uart_irq_select };

static int uart_registers_map(struct serial *s, const void *fdt, int node)
{
	uint32_t shift = 0, width = 1, offset = 0;
	uint64_t addr, size;

	(void)fdt_prop_u32(fdt, node, "reg-shift", &shift);
	(void)fdt_prop_u32(fdt, node, "reg-io-width", &width);
	(void)fdt_prop_u32(fdt, node, "reg-offset", &offset);
	if (fdt_reg(fdt, node, 0, &addr, &size) != 0 || shift > 4 ||
	    (width != 1 && width != 2 && width != 4) || offset % width != 0 || offset > size ||
	    size - offset < (size_t)(LSR + 1) << shift)
		return -EINVAL;
	s->reg_shift = shift;
	s->reg_width = width;
	s->has_usr = fdt_is_compatible(fdt, node, "snps,dw-apb-uart") &&
		     size - offset >= (size_t)(DW_USR + 1) << shift;
	s->regs = kmap_io(addr + offset, size - offset);
	return s->regs ? 0 : -ENOMEM;
}

static int uart_probe(const void *fdt, int node)
{
	struct serial *s = kzalloc(sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	err = uart_registers_map(s, fdt, node);
	if (err) {
		kfree(s);
		return err;
	}
	s->node = node;
	s->ops = &uart_ops;
	uart_write(s, IER, 0);
	uart_write(s, IIR_FCR, FCR_ENABLE);
	uart_write(s, MCR, MCR_ON);
	serial_add(s, fdt, "ttyS");
	serial_start(s, irq_find(fdt, node, 0));
	return 0;
}

static const char *const uart_compatible[] = { "ns16550a", "ns16550", "snps,dw-apb-uart", NULL };
static const struct driver uart_16550 = { "uart_16550", uart_compatible, uart_probe };
DRIVER_REGISTER(uart_16550);

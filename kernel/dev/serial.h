/*
 * Serial ports: what all of them have in common. The driver of a part supplies struct serial_ops.
 */
#pragma once

#include "kernel/core/printk.h"
#include "kernel/core/spinlock.h"
#include "kernel/sched/timer.h"
#include "lib/types.h"

#define SERIAL_RING 2048

struct serial;
struct tty;

/* Called with the port's lock held, interrupts off. None of them waits. */
struct serial_ops {
	/* Gives the transmitter as much of buf as it takes now; bytes taken. */
	size_t (*put)(struct serial *s, const char *buf, size_t n);
	/* A received byte, or -1. */
	int (*get)(struct serial *s);
	/* Which events interrupt. NULL: this port has no interrupt and is polled. */
	void (*irq_select)(struct serial *s, bool receive, bool transmit);
};

struct serial {
	struct list link;
	char name[12];		      /* [i] "ttyS0" */
	unsigned index;		      /* [i] 0 */
	struct tty *tty;	      /* [a] its terminal, once there is one */
	int node;		      /* [i] in the device tree; -1: none */
	const struct serial_ops *ops; /* [i] */
	volatile char *regs;	      /* [i] */
	unsigned reg_shift, reg_width; /* [i] 16550: distance and size of registers */
	bool has_usr;		      /* [i] 16550: it is a dw-apb-uart */
	struct console console;	      /* registered if this port is chosen for messages */
	struct spinlock lock;	      /* rank UART, taken irqsave: the registers and the ring */
	char ring[SERIAL_RING];	      /* [lock] bytes to send: head .. tail, modulo the size */
	unsigned head, tail;	      /* [lock] */
	struct timer poll;	      /* a port without interrupts */
};

/* Makes a port known, named by prefix ("ttyS" or the like) and a number: that of the tree's alias
 * serialN, else the first that is free. The port works with polling from now on. */
void serial_add(struct serial *s, const void *fdt, const char *prefix);
/* From now on it receives, and sends by interrupts. irq 0, or a line that can't be had: it is
 * polled. */
void serial_start(struct serial *s, unsigned irq);

/* For tty: queues bytes; how many fitted. Any context. */
size_t serial_write(struct serial *s, const char *buf, size_t n);
size_t serial_write_room(struct serial *s);

/* After all drivers have probed: picks the ports that show messages (console= of the command line,
 * else stdout-path of the tree, else the first). The firmware's console takes the place of one that
 * we have no driver for, and is there when there is no port at all. */
void serial_choose_console(const void *fdt, const char *cmdline);

/* The port of the last console=, or the one chosen instead: /dev/console. */
extern struct serial *serial_console;

/* serial_tty.c: between the ports and terminals. Called without the port's lock, from
 * interrupts. */
void serial_received(struct serial *s, const char *buf, size_t n);
void serial_writable(struct serial *s);
/* Every port becomes a terminal device; /dev/console is serial_console. Needs devfs. 0 or
 * -errno. */
int serial_ttys_init(void) __must_check;
void serial_for_each(void (*fn)(struct serial *s));

/* sbi_console.c: the firmware's console as a port. */
int sbi_console_add(const void *fdt) __must_check;

/*
 * Interrupts: this hart's enable bit, and device interrupt lines.
 */
#pragma once

#include "lib/types.h"

typedef unsigned long irqflags_t;

static inline void irq_enable(void)
{
	__asm__ volatile("csrsi sstatus, 2" ::: "memory");
}

static inline void irq_disable(void)
{
	__asm__ volatile("csrci sstatus, 2" ::: "memory");
}

/* Disables and returns what was, for irq_restore. */
static inline irqflags_t irq_save(void)
{
	irqflags_t flags;

	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(flags)::"memory");
	return flags & 2;
}

static inline void irq_restore(irqflags_t flags)
{
	__asm__ volatile("csrs sstatus, %0" ::"r"(flags) : "memory");
}

static inline bool irq_enabled(void)
{
	unsigned long s;

	__asm__ volatile("csrr %0, sstatus" : "=r"(s));
	return s & 2;
}

/* In an interrupt handler: it interrupted user mode. */
static inline bool irq_from_user(void)
{
	unsigned long s;

	__asm__ volatile("csrr %0, sstatus" : "=r"(s));
	/* SPP: as the trap left it, since handlers run with interrupts off. */
	return !(s & (1UL << 8));
}

/* The number under which irq_attach knows interrupt `index` of a device's node; 0: the node has
 * none, or one of a controller that we do not drive. */
unsigned irq_find(const void *fdt, int node, unsigned index);

/* Attaches handler to that interrupt and enables it. The handler runs with interrupts off and may
 * not sleep. 0, -EINVAL, -EBUSY, -ENODEV (no such controller, or it reaches no hart that runs). */
int irq_attach(unsigned irq, void (*handler)(void *arg), void *arg) __must_check;

/* Finds the controllers in the device tree, maps them and disables all that our harts would get:
 * once, before any of them takes interrupts. 0, or -errno if there is none that can be used. */
int irq_controllers_init(const void *fdt) __must_check;

/*
 * plic.c: the platform-level interrupt controller (RISC-V PLIC specification 1.0).
 *
 * Device lines are numbered from 1. The controller has contexts, one for each hart and privilege
 * mode; which context is our hart's supervisor mode stands in the tree: entry c of
 * interrupts-extended names the interrupt controller of a hart and the interrupt (9: supervisor
 * external) that context c raises there.
 *
 *	0x000000 + 4 n			priority of line n; 0 is never
 *	0x002000 + 0x80 c + n / 8	enable bits of context c
 *	0x200000 + 0x1000 c		threshold of context c
 *	0x200004 + 0x1000 c		claim (read), complete (write)
 *
 * A machine of several sockets has a controller in each, which reaches only that socket's harts. So
 * a line is known to the rest of the kernel by one number, PLIC_LINES_MAX times the controller's
 * place in the list plus its number there; irq_find() makes it from a device's node.
 *
 * All lines of a controller go to one hart: the boot hart, or else the first that runs and has a
 * context. It is chosen when the first line is attached. A handler runs between claim and complete,
 * so it is never entered twice at a time.
 *
 * What a boot loader left enabled for our harts is disabled before any of them takes interrupts.
 * Contexts of harts that are not ours, and of machine mode, are not touched.
 *
 * Locking: attach_lock guards lines and the choice of the context while lines are attached; the
 * interrupt reads what is final once its line is enabled.
 */
#include "arch/irq.h"

#include "arch/page.h"
#include "arch/riscv/csr.h"
#include "arch/riscv/trap.h"
#include "kernel/alloc/kmap.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/hart.h"
#include "kernel/core/printk.h"
#include "kernel/core/spinlock.h"
#include "lib/errno.h"
#include "lib/fdt.h"

#define PLIC_PRIORITY(line)  (4UL * (line))
#define PLIC_ENABLE(ctx, line) (0x2000UL + 0x80UL * (ctx) + 4UL * ((line) / 32))
#define PLIC_THRESHOLD(ctx)  (0x200000UL + 0x1000UL * (ctx))
#define PLIC_CLAIM(ctx)	     (0x200004UL + 0x1000UL * (ctx))
#define PLIC_LINES_MAX	     1024U

struct irq_line {
	void (*handler)(void *arg);
	void *arg;
};

struct plic {
	int node;		/* [i] in the device tree */
	char *regs;		/* [i] */
	unsigned line_max;	/* [i] its highest line */
	unsigned context_count; /* [i] up to the last of ours */
	struct hart **owner;	/* [i] of each context: a hart of ours, or NULL */
	struct irq_line *lines; /* [attach_lock] until enabled, then immutable */
	struct hart *hart;	/* [attach_lock] until chosen: where all its lines go */
	unsigned context;	/* [attach_lock] the same: that hart's */
};

static struct plic *plics;  /* [i] after irq_controllers_init */
static unsigned plic_count; /* [i] the same */
static struct spinlock attach_lock = SPINLOCK_INIT("irq lines", LOCK_RANK_DEVICE);

static uint32_t plic_read(const struct plic *p, size_t reg)
{
	uint32_t v = *(volatile uint32_t *)(p->regs + reg);

	__asm__ volatile("fence i, rw" ::: "memory");
	return v;
}

static void plic_write(const struct plic *p, size_t reg, uint32_t v)
{
	__asm__ volatile("fence rw, o" ::: "memory");
	*(volatile uint32_t *)(p->regs + reg) = v;
}

/* --- contexts --------------------------------------------------------------------------------- */

/* The hart that owns the interrupt controller with this phandle, its parent node; NULL: not one of
 * ours. */
static struct hart *hart_of_intc(const void *fdt, uint32_t phandle)
{
	int intc = fdt_phandle_find(fdt, phandle);
	uint64_t id;

	if (intc < 0 || fdt_reg_raw(fdt, fdt_parent(fdt, intc), 0, &id, NULL) != 0)
		return NULL;
	for (unsigned i = 0; i < hart_count; i++) {
		if (hart_table[i].hartid == id)
			return &hart_table[i];
	}
	return NULL;
}

/* Whose supervisor context each entry of interrupts-extended is; NULL where it is another mode's or
 * another hart's. 0, -ENODEV: we have none, or -ENOMEM. */
static int contexts_read(struct plic *p, const void *fdt)
{
	uint32_t phandle, cause;
	unsigned cell = 0;
	size_t len = 0;

	(void)fdt_prop(fdt, p->node, "interrupts-extended", &len);
	p->owner = kcalloc(len / 4 + 1, sizeof(*p->owner));
	if (!p->owner)
		return -ENOMEM;
	for (unsigned c = 0;
	     fdt_interrupts_extended_next(fdt, p->node, &cell, &phandle, &cause) == 0; c++) {
		p->owner[c] = cause == IRQ_EXT ? hart_of_intc(fdt, phandle) : NULL;
		if (p->owner[c])
			p->context_count = c + 1;
	}
	return p->context_count > 0 ? 0 : -ENODEV;
}

static void contexts_silence(const struct plic *p)
{
	for (unsigned c = 0; c < p->context_count; c++) {
		for (unsigned line = 0; p->owner[c] && line <= p->line_max; line += 32)
			plic_write(p, PLIC_ENABLE(c, line), 0);
	}
}

/* Where the lines go: the boot hart (index 0), or the first that runs. Lock held. */
static int context_choose(struct plic *p)
{
	for (unsigned c = 0; c < p->context_count; c++) {
		struct hart *h = p->owner[c];

		if (!h || !READ_ONCE(h->online) || (p->hart && h->index != 0))
			continue;
		p->hart = h;
		p->context = c;
	}
	if (!p->hart)
		return -ENODEV;
	plic_write(p, PLIC_THRESHOLD(p->context), 0);
	return 0;
}

/* --- finding them ----------------------------------------------------------------------------- */

static int registers_map(struct plic *p, const void *fdt)
{
	size_t used = PLIC_CLAIM(p->context_count - 1) + 4;
	uint64_t addr, size;
	uint32_t ndev;

	if (fdt_reg(fdt, p->node, 0, &addr, &size) != 0 || used > size ||
	    fdt_prop_u32(fdt, p->node, "riscv,ndev", &ndev) != 0)
		return -EINVAL;
	p->line_max = min(ndev, PLIC_LINES_MAX - 1);
	p->lines = kcalloc(p->line_max + 1, sizeof(*p->lines));
	if (!p->lines)
		return -ENOMEM;
	p->regs = kmap_io(addr, used);
	if (!p->regs)
		return -ENOMEM;
	pr_info("interrupts: PLIC at 0x%lx, %u lines", addr, p->line_max);
	return 0;
}

static int plic_init(struct plic *p, const void *fdt, int node)
{
	int err;

	p->node = node;
	err = contexts_read(p, fdt);
	if (!err)
		err = registers_map(p, fdt);
	if (err) {
		kfree(p->lines);
		kfree(p->owner);
		*p = (struct plic){ 0 };
		return err;
	}
	contexts_silence(p);
	return 0;
}

static bool node_is_plic(const void *fdt, int node)
{
	return fdt_status_ok(fdt, node) && (fdt_is_compatible(fdt, node, "sifive,plic-1.0.0") ||
					    fdt_is_compatible(fdt, node, "riscv,plic0"));
}

int irq_controllers_init(const void *fdt)
{
	unsigned nodes = 0;
	int node, err;

	fdt_for_each_node(node, fdt)
		nodes += node_is_plic(fdt, node);
	if (nodes == 0)
		return -ENODEV;
	plics = kcalloc(nodes, sizeof(*plics));
	if (!plics)
		return -ENOMEM;
	fdt_for_each_node(node, fdt) {
		if (!node_is_plic(fdt, node))
			continue;
		err = plic_init(&plics[plic_count], fdt, node);
		if (err)
			pr_err("%s: not usable as an interrupt controller: %s",
			       fdt_node_name(fdt, node), errno_name(err));
		else
			plic_count++;
	}
	return plic_count > 0 ? 0 : -EINVAL;
}

bool plic_present(void)
{
	return plic_count > 0;
}

/* --- using them ------------------------------------------------------------------------------- */

unsigned irq_find(const void *fdt, int node, unsigned index)
{
	uint32_t line;
	int controller;

	if (fdt_irq(fdt, node, index, &controller, &line) != 0 || line >= PLIC_LINES_MAX)
		return 0;
	for (unsigned i = 0; i < plic_count; i++) {
		if (plics[i].node == controller)
			return line ? i * PLIC_LINES_MAX + line : 0;
	}
	return 0;
}

static int line_attach(struct plic *p, unsigned line, void (*handler)(void *arg), void *arg)
{
	int err = p->hart ? 0 : context_choose(p);

	if (err)
		return err;
	if (p->lines[line].handler)
		return -EBUSY;
	p->lines[line] = (struct irq_line){ .handler = handler, .arg = arg };
	plic_write(p, PLIC_PRIORITY(line), 1);
	plic_write(p, PLIC_ENABLE(p->context, line),
		   plic_read(p, PLIC_ENABLE(p->context, line)) | 1U << (line % 32));
	return 0;
}

int irq_attach(unsigned irq, void (*handler)(void *arg), void *arg)
{
	unsigned line = irq % PLIC_LINES_MAX;
	irqflags_t flags;
	struct plic *p;
	int err;

	if (irq / PLIC_LINES_MAX >= plic_count)
		return -ENODEV;
	p = &plics[irq / PLIC_LINES_MAX];
	if (line == 0 || line > p->line_max)
		return -EINVAL;
	flags = spin_lock_irqsave(&attach_lock);
	err = line_attach(p, line, handler, arg);
	spin_unlock_irqrestore(&attach_lock, flags);
	return err;
}

static void plic_serve(const struct plic *p)
{
	uint32_t line;

	while ((line = plic_read(p, PLIC_CLAIM(p->context))) != 0) {
		if (line <= p->line_max && p->lines[line].handler)
			p->lines[line].handler(p->lines[line].arg);
		plic_write(p, PLIC_CLAIM(p->context), line);
	}
}

/* One controller for each socket of the machine, so this list is short. */
void plic_interrupt(void)
{
	const struct hart *self = hart_this();

	for (unsigned i = 0; i < plic_count; i++) {
		if (plics[i].hart == self)
			plic_serve(&plics[i]);
	}
}

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
 * Every line goes to one hart: the boot hart, or the first that has a context. A handler runs
 * between claim and complete, so it is never entered twice at a time.
 *
 * LIMIT: one controller; the others of a machine with several sockets are ignored.
 *
 * Locking: attach_lock guards lines while they are attached; the interrupt reads a line that is
 * enabled and so final.
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
#define PLIC_LINES_MAX	     1024
#define PLIC_NO_CONTEXT	     (-1)

struct irq_line {
	void (*handler)(void *arg);
	void *arg;
};

static char *plic;		/* [i] its registers; NULL: none found */
static unsigned plic_lines;	/* [i] highest line */
static struct irq_line *lines;	/* [attach_lock] until enabled, then immutable */
static int plic_context;	/* [i] where all lines go */
static uint64_t plic_hartid;	/* [i] whose context that is */
static struct spinlock attach_lock = SPINLOCK_INIT("irq lines", LOCK_RANK_DEVICE);

static uint32_t plic_read(size_t reg)
{
	uint32_t v = *(volatile uint32_t *)(plic + reg);

	__asm__ volatile("fence i, rw" ::: "memory");
	return v;
}

static void plic_write(size_t reg, uint32_t v)
{
	__asm__ volatile("fence rw, o" ::: "memory");
	*(volatile uint32_t *)(plic + reg) = v;
}

/* --- finding it ------------------------------------------------------------------------------- */

/* The hart that owns the interrupt controller with this phandle: its parent node. */
static bool hart_of_intc(const void *fdt, uint32_t phandle, uint64_t *hartid)
{
	int intc = fdt_phandle_find(fdt, phandle);

	return intc >= 0 && fdt_reg_raw(fdt, fdt_parent(fdt, intc), 0, hartid, NULL) == 0;
}

/* Supervisor context of a hart we run on; the boot hart's (index 0) if it has one. */
static int context_find(const void *fdt, int node)
{
	uint32_t phandle, cause;
	int found = PLIC_NO_CONTEXT;
	uint64_t id;

	for (unsigned c = 0; fdt_interrupts_extended(fdt, node, c, &phandle, &cause) == 0; c++) {
		if (cause != IRQ_EXT || !hart_of_intc(fdt, phandle, &id))
			continue;
		if (found != PLIC_NO_CONTEXT && id != hart_table[0].hartid)
			continue;
		found = (int)c;
		plic_hartid = id;
		if (id == hart_table[0].hartid)
			break;
	}
	return found;
}

static int plic_node_find(const void *fdt)
{
	static const char *const names[] = { "sifive,plic-1.0.0", "riscv,plic0" };
	int node = -ENODEV;

	for (unsigned i = 0; i < ARRAY_SIZE(names) && node < 0; i++)
		node = fdt_compatible_next(fdt, FDT_START, names[i]);
	return node;
}

int irq_controller_init(const void *fdt)
{
	int node = plic_node_find(fdt);
	uint64_t addr, size;
	uint32_t ndev;

	if (node < 0)
		return -ENODEV;
	if (fdt_reg(fdt, node, 0, &addr, &size) != 0 ||
	    fdt_prop_u32(fdt, node, "riscv,ndev", &ndev) != 0)
		return -EINVAL;
	plic_context = context_find(fdt, node);
	if (plic_context == PLIC_NO_CONTEXT || PLIC_CLAIM((unsigned)plic_context) + 4 > size)
		return -EINVAL;
	plic_lines = min(ndev, PLIC_LINES_MAX - 1U);
	lines = kcalloc(plic_lines + 1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	plic = kmap_io(addr, PLIC_CLAIM((unsigned)plic_context) + 4);
	if (!plic) {
		kfree(lines);
		return -ENOMEM;
	}
	plic_write(PLIC_THRESHOLD(plic_context), 0);
	pr_info("interrupts: PLIC at 0x%lx, %u lines, all to hart %lu (context %d)", addr,
		plic_lines, plic_hartid, plic_context);
	return 0;
}

/* --- using it --------------------------------------------------------------------------------- */

int irq_attach(unsigned irq, void (*handler)(void *arg), void *arg)
{
	irqflags_t flags;
	int err = 0;

	if (!plic)
		return -ENODEV;
	if (irq == 0 || irq > plic_lines)
		return -EINVAL;
	flags = spin_lock_irqsave(&attach_lock);
	if (lines[irq].handler) {
		err = -EBUSY;
	} else {
		lines[irq] = (struct irq_line){ .handler = handler, .arg = arg };
		plic_write(PLIC_PRIORITY(irq), 1);
		plic_write(PLIC_ENABLE(plic_context, irq),
			   plic_read(PLIC_ENABLE(plic_context, irq)) | 1U << (irq % 32));
	}
	spin_unlock_irqrestore(&attach_lock, flags);
	return err;
}

void plic_interrupt(void)
{
	uint32_t line;

	while (plic && (line = plic_read(PLIC_CLAIM(plic_context))) != 0) {
		if (line <= plic_lines && lines[line].handler)
			lines[line].handler(lines[line].arg);
		plic_write(PLIC_CLAIM(plic_context), line);
	}
}

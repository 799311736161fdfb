/*
 * Serial ports, independent of the part: the queue of bytes to send, interrupts, and the kernel's
 * messages.
 *
 *	tty ---serial_write---> ring ---put---> transmitter          interrupt: ring empties further
 *	tty <--tty_port_receive---------get---- receiver             interrupt, or 50 times a second
 *	printk --console.write-----------put, waiting-> transmitter
 *
 * Messages go out by waiting for the transmitter, past the ring: they must be on the wire before
 * whatever comes next goes wrong. So a message may appear in the middle of what a program writes,
 * but no byte is lost.
 *
 * Locking: s->lock (rank UART, the last of all, because messages are printed under any lock). tty
 * is called without it. The list of ports changes only while drivers probe, on the boot hart.
 */
#include "kernel/dev/serial.h"

#include "arch/irq.h"
#include "kernel/core/clock.h"
#include "kernel/core/panic.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/fdt.h"
#include "lib/format.h"
#include "lib/string.h"

#define POLL_NS (20 * NSEC_PER_MSEC)
#define RECEIVE_BATCH 64

static struct list ports = LIST_INIT(ports); /* [i] after drivers_probe */
struct serial *serial_console;		     /* [i] after serial_choose_console */

/* --- sending ---------------------------------------------------------------------------------- */

static unsigned ring_used(const struct serial *s)
{
	return s->head - s->tail;
}

/* Feeds the transmitter from the ring until one of them has had enough. Lock held. */
static void ring_drain(struct serial *s)
{
	while (ring_used(s) > 0) {
		unsigned at = s->tail % SERIAL_RING;
		size_t done = s->ops->put(s, s->ring + at, min(ring_used(s), SERIAL_RING - at));

		if (done == 0)
			break;
		s->tail += (unsigned)done;
	}
	if (s->ops->irq_select)
		s->ops->irq_select(s, true, ring_used(s) > 0);
}

size_t serial_write(struct serial *s, const char *buf, size_t n)
{
	irqflags_t flags = spin_lock_irqsave(&s->lock);
	size_t done = min(n, (size_t)(SERIAL_RING - ring_used(s)));

	for (size_t i = 0; i < done; i++)
		s->ring[s->head++ % SERIAL_RING] = buf[i];
	ring_drain(s);
	spin_unlock_irqrestore(&s->lock, flags);
	return done;
}

size_t serial_write_room(struct serial *s)
{
	irqflags_t flags = spin_lock_irqsave(&s->lock);
	size_t room = SERIAL_RING - ring_used(s);

	spin_unlock_irqrestore(&s->lock, flags);
	return room;
}

/* What is in the ring goes first, so that messages and output keep their order. In a panic the
 * lock's holder may have been stopped: then it is not waited for. */
__lock_unchecked static void serial_console_write(struct console *c, const char *text, size_t n)
{
	struct serial *s = container_of(c, struct serial, console);
	bool locked = spin_trylock(&s->lock);

	if (!locked && !panic_in_progress()) {
		spin_lock(&s->lock);
		locked = true;
	}
	while (ring_used(s) > 0)
		ring_drain(s);
	while (n > 0) {
		size_t done = s->ops->put(s, text, n);

		text += done;
		n -= done;
	}
	if (locked)
		spin_unlock(&s->lock);
}

/* --- receiving -------------------------------------------------------------------------------- */

static size_t receive_batch(struct serial *s, char *buf, size_t size)
{
	irqflags_t flags = spin_lock_irqsave(&s->lock);
	size_t n = 0;
	int c;

	while (n < size && (c = s->ops->get(s)) >= 0)
		buf[n++] = (char)c;
	ring_drain(s);
	spin_unlock_irqrestore(&s->lock, flags);
	return n;
}

/* Something happened at the port: take what came, send what waits. */
static void serial_service(struct serial *s)
{
	char buf[RECEIVE_BATCH];
	size_t n;

	do {
		n = receive_batch(s, buf, sizeof(buf));
		if (n > 0)
			serial_received(s, buf, n);
	} while (n == sizeof(buf));
	serial_writable(s);
}

static void serial_interrupt(void *arg)
{
	serial_service(arg);
}

static void serial_poll(struct timer *t)
{
	struct serial *s = container_of(t, struct serial, poll);

	serial_service(s);
	timer_set(t, clock_mono_ns() + POLL_NS);
}

/* --- ports ------------------------------------------------------------------------------------ */

static struct serial *port_named(const char *name, size_t len)
{
	struct serial *s;

	list_for_each_entry(s, &ports, link) {
		if (strlen(s->name) == len && strncmp(s->name, name, len) == 0)
			return s;
	}
	return NULL;
}

/* N where the tree's alias serialN is this node; 0: none says so. */
static unsigned alias_number(const void *fdt, int node)
{
	int aliases = fdt_path_find(fdt, "/aliases");
	char name[sizeof("serial0")];

	for (unsigned n = 0; n <= 9; n++) {
		const char *path;

		str_format(name, sizeof(name), "serial%u", n);
		path = fdt_prop_string(fdt, aliases, name);
		if (path && node >= 0 && fdt_path_find(fdt, path) == node)
			return n;
	}
	return 0;
}

void serial_add(struct serial *s, const void *fdt, const char *prefix)
{
	size_t len;

	s->index = alias_number(fdt, s->node);
	for (;; s->index++) {
		len = (size_t)str_format(s->name, sizeof(s->name), "%s%u", prefix, s->index);
		if (!port_named(s->name, len))
			break;
	}
	spinlock_init(&s->lock, "serial port", LOCK_RANK_UART);
	s->console.name = s->name;
	s->console.write = serial_console_write;
	list_add_tail(&s->link, &ports);
}

void serial_start(struct serial *s, unsigned irq)
{
	irqflags_t flags;
	int err = irq ? irq_attach(irq, serial_interrupt, s) : -ENOENT;

	if (err == 0) {
		flags = spin_lock_irqsave(&s->lock);
		s->ops->irq_select(s, true, false);
		spin_unlock_irqrestore(&s->lock, flags);
		pr_info("%s: interrupt %u", s->name, irq);
		return;
	}
	pr_notice("%s: no interrupt (%s), its input is polled", s->name, errno_name(err));
	timer_init(&s->poll, serial_poll);
	timer_set(&s->poll, clock_mono_ns() + POLL_NS);
}

/* --- the console ------------------------------------------------------------------------------ */

static void console_choose(struct serial *s)
{
	if (!list_is_linked(&s->console.link))
		console_register(&s->console, false);
	serial_console = s;
}

void serial_for_each(void (*fn)(struct serial *s))
{
	struct serial *s;

	list_for_each_entry(s, &ports, link)
		fn(s);
}

static bool is_end_of_options(const struct cmdline_arg *arg)
{
	return arg->key_len == 2 && memcmp(arg->key, "--", 2) == 0;
}

/* Every console= that names a port of ours; options after a comma (speed) are the firmware's
 * affair. */
static void consoles_from_cmdline(const char *cmdline)
{
	struct cmdline_arg arg;

	while (cmdline_next(&cmdline, &arg) && !is_end_of_options(&arg)) {
		const char *comma;
		struct serial *s;

		if (!cmdline_is(&arg, "console") || !arg.value)
			continue;
		comma = memchr(arg.value, ',', arg.value_len);
		s = port_named(arg.value, comma ? (size_t)(comma - arg.value) : arg.value_len);
		if (s)
			console_choose(s);
		else
			pr_warn("console=%.*s: there is no such port", (int)arg.value_len,
				arg.value);
	}
}

/* The node where the tree wants messages, options after ':' left aside; -ENOENT: it says nothing.
 */
static int stdout_node(const void *fdt)
{
	int chosen = fdt_path_find(fdt, "/chosen");
	const char *path = fdt_prop_string(fdt, chosen, "stdout-path");

	if (!path)
		path = fdt_prop_string(fdt, chosen, "linux,stdout-path");
	return path ? fdt_path_find(fdt, path) : -ENOENT;
}

static struct serial *port_of_node(int node)
{
	struct serial *s;

	list_for_each_entry(s, &ports, link) {
		if (s->node == node)
			return s;
	}
	return NULL;
}

/* The firmware's console stands in where no port can be used, or not the one that is connected. */
static void firmware_console_add(const void *fdt, int wanted)
{
	char path[64];

	if (wanted < 0) {
		pr_warn("No serial port in the device tree that Pando has a driver for: using the "
			"firmware's console.");
	} else {
		(void)fdt_node_path(fdt, wanted, path, sizeof(path));
		pr_warn("Pando has no driver for the console, %s: using the firmware's.", path);
	}
	if (sbi_console_add(fdt) != 0)
		panic("no memory for a console");
}

void serial_choose_console(const void *fdt, const char *cmdline)
{
	int wanted = stdout_node(fdt);
	struct serial *s = wanted >= 0 ? port_of_node(wanted) : NULL;

	if (list_empty(&ports) || (wanted >= 0 && !s))
		firmware_console_add(fdt, wanted);
	consoles_from_cmdline(cmdline);
	if (serial_console)
		return;
	if (!s && wanted >= 0)
		s = port_named("hvc0", 4);
	console_choose(s ? s : list_first_entry(&ports, struct serial, link));
}

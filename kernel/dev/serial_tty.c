/*
 * serial_tty.c: between serial ports and terminals.
 *
 * A port becomes a terminal device under its own name, with the device numbers that Linux gives
 * such ports, so that an initramfs which brings its own /dev works; the console's port becomes
 * /dev/console as well. Bytes are handed over from the port's interrupt; the terminal queues them.
 */
#include "kernel/dev/serial.h"

#include "kernel/tty/tty.h"
#include "lib/string.h"

static const struct port_kind {
	const char *prefix;
	unsigned major, minor;
} kinds[] = {
	{ "ttySIF", 241, 0 }, /* NOTE(linux): its first dynamic major, which varies there */
	{ "ttyS", 4, 64 },
	{ "hvc", 229, 0 },
};

static size_t port_write(void *port, const char *buf, size_t n)
{
	return serial_write(port, buf, n);
}

static size_t port_room(void *port)
{
	return serial_write_room(port);
}

static size_t port_pending(void *port)
{
	return SERIAL_RING - serial_write_room(port);
}

static const struct tty_port_ops port_ops = {
	.write = port_write,
	.room = port_room,
	.pending = port_pending,
};

void serial_received(struct serial *s, const char *buf, size_t n)
{
	struct tty *tty = __atomic_load_n(&s->tty, __ATOMIC_ACQUIRE);

	if (tty)
		tty_receive(tty, buf, n);
}

void serial_writable(struct serial *s)
{
	struct tty *tty = __atomic_load_n(&s->tty, __ATOMIC_ACQUIRE);

	if (tty)
		tty_writable(tty);
}

static const struct port_kind *kind_of(const struct serial *s)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (str_starts(s->name, kinds[i].prefix))
			return &kinds[i];
	}
	return &kinds[ARRAY_SIZE(kinds) - 1];
}

static void port_register(struct serial *s)
{
	const struct port_kind *kind = kind_of(s);
	struct tty *tty =
		tty_register(s->name, kind->major, kind->minor + s->index, &port_ops, s);

	if (!tty)
		return;
	if (s == serial_console)
		tty_console_set(tty);
	__atomic_store_n(&s->tty, tty, __ATOMIC_RELEASE);
}

int serial_ttys_init(void)
{
	serial_for_each(port_register);
	return tty_init();
}

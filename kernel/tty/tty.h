/*
 * Terminals: a line discipline between a port, which moves bytes, and the processes that read and
 * write.
 *
 *	read  <-- ring of input <-- line editing, signals, echo <-- tty_receive (interrupt)
 *	write --> output processing -------------------------> port
 *
 * A terminal of a serial port is made once and never goes away. One of a pseudo-terminal (pty.h)
 * lives inside its pair, which open files hold. Its session, if it has one, is the one whose
 * controlling terminal it is; of that session's process groups one is in the foreground.
 *
 * The pointers that a session and its processes have to their terminal are not counted: tty_hang_up
 * clears them all before a terminal can go, and lets no session near it afterwards. So under
 * tasks_lock such a pointer is good; who needs the terminal for longer opens it there
 * (tty_of_current_open).
 *
 *	in use --(tty_hang_up)--> hung up: reads end, writes and ioctls fail, no session
 *
 * Legend: [L] tty->lock, taken irqsave; [T] tasks_lock; [i] immutable. Order: read_lock or
 * write_lock, tasks_lock, lock. Signals are sent without tty->lock.
 */
#pragma once

#include "kernel/abi/termios.h"
#include "kernel/fs/inode.h"
#include "kernel/sched/mutex.h"
#include "kernel/task/pid.h"

#define TTY_RING 4096u /* bytes of input; a line may be as long, less its end */

struct file;
struct file_ops;
struct io_buf;
struct poll_table;
struct tty;

/* What a port does; any context, none of them waits. All but write and room are optional. */
struct tty_port_ops {
	/* Bytes taken. tty->lock held. */
	size_t (*write)(void *port, const char *buf, size_t n);
	size_t (*room)(void *port);
	/* Bytes taken that have not left yet. The port calls tty_writable when there are none. */
	size_t (*pending)(void *port);
	/* Forgets those. tty->lock held. */
	void (*discard)(void *port);
	/* What a pty's master wants to know, TIOCPKT_* bits. tty->lock held. */
	void (*tell)(void *port, unsigned what);
	/* Input was read or forgotten: there may be room for more. */
	void (*input_taken)(void *port);
	/* One open file more: 0 or -errno; tasks_lock may be held. And one less: may wait, and
	 * may be the end of the terminal. */
	int (*open)(void *port);
	void (*close)(void *port);
};

struct tty {
	const struct tty_port_ops *ops; /* [i] */
	void *port;			/* [i] */
	char name[16];			/* [i] below /dev */
	dev_t dev;			/* [i] */

	struct mutex read_lock, write_lock; /* one reader, one writer at a time */
	struct spinlock lock;		/* rank TTY_BUFFER */
	struct abi_termios termios;	/* [L] */
	struct abi_winsize winsize;	/* [L] */
	char ring[TTY_RING];		/* [L] tail .. head, modulo the size */
	uint64_t line_end[TTY_RING / 64]; /* [L] bit: the byte at this place ends a line */
	unsigned tail, canon, head;	/* [L] tail <= canon <= head: up to canon whole lines */
	unsigned column;		/* [L] of the cursor, as far as we wrote it */
	unsigned line_column;		/* [L] where the line being edited began */
	bool literal_next;		/* [L] ^V was typed */
	bool stopped;			/* [L] to write: ^S; has_room looks, and is woken */
	struct waitq readers, writers;

	struct pid *session;		/* [T] counted; NULL: nobody's controlling terminal */
	struct pid *foreground;		/* [T] counted process group; NULL: none */
	bool hung_up;			/* [T] to set, once; read as one word */
};

/* Makes a terminal and its node /dev/name. For drivers, at boot. NULL: out of memory (said in the
 * log). */
struct tty *tty_register(const char *name, unsigned major, unsigned minor,
			 const struct tty_port_ops *ops, void *port);
/* The same on zeroed memory of the caller, without a node and not to be found by number. */
void tty_setup(struct tty *tty, const char *name, dev_t dev, const struct tty_port_ops *ops,
	       void *port);
/* /dev/console is this one. */
void tty_console_set(struct tty *tty);
struct tty *tty_console(void); /* NULL: none */
/* The nodes console, tty and ptmx, once devfs is there. 0 or -errno. */
int tty_init(void) __must_check;

/* Bytes came in / the port has room again. Interrupts off or on; no lock of the port held. */
void tty_receive(struct tty *tty, const char *buf, size_t n);
void tty_writable(struct tty *tty);
/* tty_receive for a port that can keep what there is no room for: bytes taken. */
size_t tty_receive_some(struct tty *tty, const char *buf, size_t n);

/* All that is left to do for an open once the port's open op has said yes: file->private. */
void tty_open_file(struct tty *tty, struct file *file, bool may_control);
/* file_ops; file->private is the terminal. */
ssize_t tty_read(struct file *file, struct io_buf *to, uint64_t *pos);
ssize_t tty_write(struct file *file, struct io_buf *from, uint64_t *pos);
unsigned tty_poll(struct file *file, struct poll_table *table);
void tty_release(struct file *file);

static inline bool tty_is_hung_up(const struct tty *tty)
{
	return READ_ONCE(tty->hung_up);
}

static inline void tty_tell(struct tty *tty, unsigned what)
{
	if (tty->ops->tell != NULL)
		tty->ops->tell(tty->port, what);
}

/* Output stops, as by ^S, or goes on. tty->lock held. */
static inline void tty_stop(struct tty *tty, bool stop)
{
	if (tty->stopped == stop)
		return;
	WRITE_ONCE(tty->stopped, stop);
	tty_tell(tty, stop ? TIOCPKT_STOP : TIOCPKT_START);
}

/* ldisc.c: one byte of input under tty->lock; the signal it asks for, or 0. */
int ldisc_input(struct tty *tty, unsigned char c);
/* Can a byte come in without another being lost that could still be read? tty->lock held. */
bool ldisc_has_room(const struct tty *tty);
/* Forgets input that has not been read. tty->lock held. */
void ldisc_flush(struct tty *tty);
/* Output bytes of n characters, after processing, into out (LDISC_OUTPUT_MAX(n) is always enough);
 * tty->lock held. */
size_t ldisc_output(struct tty *tty, const char *in, size_t n, char *out);
#define LDISC_OUTPUT_MAX(n) (8 * (n))
/* Bytes that a read could take now. tty->lock held. */
unsigned ldisc_readable(const struct tty *tty);
/* Takes up to n of them; *end when a line ended there, or an end-of-file character was alone (then
 * 0 bytes). tty->lock held. */
size_t ldisc_take(struct tty *tty, char *buf, size_t n, bool *end);
/* Canonical mode goes on or off: what is in the ring becomes readable accordingly. tty->lock
 * held. */
void ldisc_mode_changed(struct tty *tty);

/* tty_ioctl.c */
long tty_ioctl(struct file *file, unsigned cmd, unsigned long arg);
/* The same by terminal, hung up or not. */
long tty_command(struct tty *tty, unsigned cmd, unsigned long arg);

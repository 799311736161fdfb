/*
 * Terminals: a line discipline between a port, which moves bytes, and the processes that read and write.
 *
 *	read  <-- ring of input <-- line editing, signals, echo <-- tty_receive (interrupt)
 *	write --> output processing -------------------------> port
 *
 * A terminal is made once for each port and never goes away. Its session, if it has one, is the one whose controlling
 * terminal it is; of that session's process groups one is in the foreground.
 *
 * Legend: [L] tty->lock, taken irqsave; [T] tasks_lock; [R], [W] the mutexes of one reader, one writer at a time.
 * Order: read_lock or write_lock, tasks_lock, lock. Signals are sent without tty->lock.
 */
#pragma once

#include "kernel/abi/termios.h"
#include "kernel/fs/inode.h"
#include "kernel/sched/mutex.h"
#include "kernel/task/pid.h"

#define TTY_RING 4096u /* bytes of input; a line may be as long, less its end */

struct file;
struct file_ops;
struct tty;

/* What a port does; any context, none of them waits. */
struct tty_port_ops {
	size_t (*write)(void *port, const char *buf, size_t n); /* bytes taken */
	size_t (*room)(void *port);
};

struct tty {
	const struct tty_port_ops *ops; /* [i] */
	void *port;			/* [i] */
	char name[16];			/* [i] */
	dev_t dev;			/* [i] */

	struct mutex read_lock, write_lock;
	struct spinlock lock;		/* rank TTY_BUFFER */
	struct abi_termios termios;	/* [L] */
	struct abi_winsize winsize;	/* [L] */
	char ring[TTY_RING];		/* [L] tail .. head, modulo the size */
	uint64_t line_end[TTY_RING / 64]; /* [L] bit: the byte at this place ends a line */
	unsigned tail, canon, head;	/* [L] tail <= canon <= head: up to canon whole lines */
	unsigned column;		/* [L] of the cursor, as far as we wrote it */
	unsigned line_column;		/* [L] where the line being edited began */
	bool literal_next;		/* [L] ^V was typed */
	bool stopped;			/* [L] ^S */
	struct waitq readers, writers;

	struct pid *session;		/* [T] counted; NULL: nobody's controlling terminal */
	struct pid *foreground;		/* [T] counted process group; NULL: none */
};

/* Makes a terminal and its node /dev/name. For drivers, at boot. NULL: out of memory (said in the log). */
struct tty *tty_register(const char *name, unsigned major, unsigned minor, const struct tty_port_ops *ops,
			 void *port);
/* /dev/console is this one. */
void tty_console_set(struct tty *tty);
struct tty *tty_console(void); /* NULL: none */
/* The nodes console and tty, once devfs is there. 0 or -errno. */
int tty_init(void) __must_check;

/* Bytes came in / the port has room again. Interrupts off or on; no lock of the port held. */
void tty_receive(struct tty *tty, const char *buf, size_t n);
void tty_writable(struct tty *tty);

extern const struct file_ops tty_file_ops;

/* ldisc.c: one byte of input under tty->lock; the signal it asks for, or 0. */
int ldisc_input(struct tty *tty, unsigned char c);
/* Forgets input that has not been read. tty->lock held. */
void ldisc_flush(struct tty *tty);
/* Output bytes of n characters, after processing, into out (2 + 8 times as large is always enough); tty->lock held. */
size_t ldisc_output(struct tty *tty, const char *in, size_t n, char *out);
#define LDISC_OUTPUT_MAX(n) (8 * (n))
/* Bytes that a read could take now. tty->lock held. */
unsigned ldisc_readable(const struct tty *tty);
/* Takes up to n of them; *eof when the end-of-file character alone was there. tty->lock held. */
size_t ldisc_take(struct tty *tty, char *buf, size_t n, bool *eof);
/* Canonical mode goes on or off: what is in the ring becomes readable accordingly. tty->lock held. */
void ldisc_mode_changed(struct tty *tty);

/* tty_ioctl.c */
long tty_ioctl(struct file *file, unsigned cmd, unsigned long arg);

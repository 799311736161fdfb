/*
 * Pseudo-terminals: a terminal (the slave) whose port is another file, the master.
 *
 *	        write --> output processing --> pty->ring --> read
 *	slave                                                       master
 *	        read <-- tty->ring <-- line discipline <---- write
 *
 * A pair is made by opening /dev/ptmx: that open file is the master. The slave is a node of devpts
 * (devpts.h), named by the pair's number, which any number of programs may open, and all see one
 * terminal. The slave begins locked: TIOCSPTLCK opens it.
 *
 *	ptmx opened --> live <--> live, slave_gone: the slave was opened, and closed by all
 *	                  |          (master: reads give EIO once empty, polls POLLHUP)
 *	                  +--(master closed)--> node gone, terminal hung up
 *	                                          +--(last open file, last node)--> freed
 *
 * The number is free for others when the pair is.
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/tty/tty.h"

#define PTY_MAX 4096u
#define PTY_MAJOR 136u
#define PTY_RING 8192u
#define PTY_ECHO_ROOM 4096u /* of the ring, that only echo may use */

struct dentry;

struct pty {
	struct ref ref;		/* the master, each open slave, the node's inode */
	struct tty tty;		/* the slave. Its lock is our [L] too */
	unsigned nr;		/* [i] */
	struct dentry *node;	/* [i] counted; the master's, until it closes */
	unsigned slaves;	/* [L] open files */
	bool slave_gone;	/* [L] to write */
	bool locked;		/* [L] to write */
	bool packet;		/* [L] to write; TIOCPKT */
	uint8_t packet_status;	/* [L] to write; TIOCPKT_*: to be told before more data */
	unsigned head, tail;	/* [L] to write; of ring: tail .. head, modulo the size */
	char ring[PTY_RING];	/* [L] what the slave has written */
	struct mutex read_lock, write_lock; /* the master's turns; rank TTY */
	struct waitq readers, writers;	/* the master's */
};

extern const struct file_ops pty_slave_ops;

/* pty_master.c: /dev/ptmx, and devpts. */
int pty_init(void) __must_check;

/* pty.c: a live, locked pair with its node; the caller is its master. 0, -ENOMEM, -ENOSPC. */
int pty_create(struct pty **out) __must_check;
/* The master goes: its reference too. */
void pty_close(struct pty *p);
/* Bytes that the slave has written and nobody read, and taking up to n of them. */
static inline unsigned pty_output(const struct pty *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}
size_t pty_output_take(struct pty *p, char *buf, size_t n);

struct pty *pty_get(struct pty *p);
void pty_put(struct pty *p); /* NULL is legal; any context without locks */

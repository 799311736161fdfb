/*
 * Pseudo-terminals: the pair, and the slave's port. The master as a file is in pty_master.c.
 *
 * The slave is an ordinary terminal (tty.c); its port puts bytes into a ring, which the master
 * reads. No byte is lost in either direction, and neither side can make the other's memory grow: a
 * writer waits while the other side's ring is full. Only echo is never waited for; a part of the
 * ring is kept for it, and what doesn't fit even there is lost.
 *
 * Closing the master hangs the terminal up before the master's reference goes. So a pair that is
 * being freed is no session's terminal any more, and whoever finds it through a session
 * (tty_of_current_open) finds one that is held.
 *
 * Locking: the ring and the flags are under the slave's tty->lock, which the line discipline holds
 * when it calls the port. Numbers are under number_lock.
 */
#include "kernel/tty/pty.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/poll.h"
#include "kernel/tty/devpts.h"
#include "kernel/tty/session.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/format.h"

static struct spinlock number_lock = SPINLOCK_INIT("pty numbers", LOCK_RANK_DEVICE);
static BITMAP(numbers, PTY_MAX); /* [number_lock] in use */

/* --- the slave's port ------------------------------------------------------------------------- */

static size_t port_write(void *port, const char *buf, size_t n)
{
	struct pty *p = port;
	size_t done = min(n, (size_t)(PTY_RING - pty_output(p)));

	for (size_t i = 0; i < done; i++)
		p->ring[(p->head + i) % PTY_RING] = buf[i];
	WRITE_ONCE(p->head, p->head + (unsigned)done);
	if (done > 0)
		waitq_wake(&p->readers, POLLIN | POLLRDNORM);
	return done;
}

static size_t port_room(void *port)
{
	unsigned used = pty_output(port);

	return used < PTY_RING - PTY_ECHO_ROOM ? PTY_RING - PTY_ECHO_ROOM - used : 0;
}

/* Of two that are opposites the later counts. */
static void port_tell(void *port, unsigned what)
{
	static const uint8_t opposites[] = { TIOCPKT_STOP | TIOCPKT_START,
					     TIOCPKT_NOSTOP | TIOCPKT_DOSTOP };
	struct pty *p = port;
	unsigned status = p->packet_status;

	if (!p->packet)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(opposites); i++) {
		if (what & opposites[i])
			status &= ~(unsigned)opposites[i];
	}
	WRITE_ONCE(p->packet_status, (uint8_t)(status | what));
	waitq_wake(&p->readers, POLLIN | POLLRDNORM | POLLPRI);
}

static void port_discard(void *port)
{
	struct pty *p = port;

	WRITE_ONCE(p->tail, p->head);
	port_tell(p, TIOCPKT_FLUSHWRITE);
}

static void port_input_taken(void *port)
{
	struct pty *p = port;

	waitq_wake_all(&p->writers, POLLOUT | POLLWRNORM);
}

static int port_open(void *port)
{
	struct pty *p = port;
	irqflags_t irq = spin_lock_irqsave(&p->tty.lock);
	bool refused = p->locked || tty_is_hung_up(&p->tty);

	if (!refused) {
		p->slaves++;
		WRITE_ONCE(p->slave_gone, false);
		(void)pty_get(p);
	}
	spin_unlock_irqrestore(&p->tty.lock, irq);
	return refused ? -EIO : 0;
}

static void port_close(void *port)
{
	struct pty *p = port;
	irqflags_t irq = spin_lock_irqsave(&p->tty.lock);

	WRITE_ONCE(p->slave_gone, --p->slaves == 0);
	spin_unlock_irqrestore(&p->tty.lock, irq);
	waitq_wake_all(&p->readers, 0);
	pty_put(p);
}

size_t pty_output_take(struct pty *p, char *buf, size_t n)
{
	irqflags_t irq = spin_lock_irqsave(&p->tty.lock);
	size_t done = min(n, (size_t)pty_output(p));

	for (size_t i = 0; i < done; i++)
		buf[i] = p->ring[(p->tail + i) % PTY_RING];
	WRITE_ONCE(p->tail, p->tail + (unsigned)done);
	spin_unlock_irqrestore(&p->tty.lock, irq);
	return done;
}

static const struct tty_port_ops port_ops = {
	.write = port_write,
	.room = port_room,
	.discard = port_discard,
	.tell = port_tell,
	.input_taken = port_input_taken,
	.open = port_open,
	.close = port_close,
};

static int slave_open(struct inode *inode, struct file *file)
{
	struct pty *p = inode->private;
	int err = port_open(p);

	if (!err)
		tty_open_file(&p->tty, file, true);
	return err;
}

const struct file_ops pty_slave_ops = {
	.open = slave_open,
	.release = tty_release,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
};

/* --- the pair --------------------------------------------------------------------------------- */

static int number_take(unsigned *nr)
{
	size_t n;

	spin_lock(&number_lock);
	n = bitmap_find_zero(numbers, PTY_MAX, 0);
	if (n < PTY_MAX)
		bitmap_set(numbers, n);
	spin_unlock(&number_lock);
	*nr = (unsigned)n;
	return n < PTY_MAX ? 0 : -ENOSPC;
}

static void number_release(unsigned nr)
{
	spin_lock(&number_lock);
	bitmap_clear(numbers, nr);
	spin_unlock(&number_lock);
}

struct pty *pty_get(struct pty *p)
{
	ref_get(&p->ref);
	return p;
}

void pty_put(struct pty *p)
{
	if (p == NULL || !ref_put(&p->ref))
		return;
	number_release(p->nr);
	kfree(p);
}

static void pty_setup(struct pty *p)
{
	char name[sizeof(p->tty.name)];

	ref_init(&p->ref);
	str_format(name, sizeof(name), "pts/%u", p->nr);
	tty_setup(&p->tty, name, DEV_MAKE(PTY_MAJOR, p->nr), &port_ops, p);
	p->tty.termios.iflag = ICRNL | IXON;
	p->tty.termios.cflag = B38400 | CS8 | CREAD;
	p->locked = true;
	mutex_init(&p->read_lock, "pty read", LOCK_RANK_TTY);
	mutex_init(&p->write_lock, "pty write", LOCK_RANK_TTY);
	waitq_init(&p->readers);
	waitq_init(&p->writers);
}

int pty_create(struct pty **out)
{
	struct pty *p = kzalloc(sizeof(*p));
	int err;

	if (p == NULL)
		return -ENOMEM;
	err = number_take(&p->nr);
	if (err) {
		kfree(p);
		return err;
	}
	pty_setup(p);
	err = devpts_add(p, &p->node);
	if (err)
		pty_put(p);
	else
		*out = p;
	return err;
}

void pty_close(struct pty *p)
{
	devpts_remove(p->node);
	tty_hang_up(&p->tty);
	pty_put(p);
}

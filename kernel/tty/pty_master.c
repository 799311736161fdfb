/*
 * The master of a pseudo-terminal as a file: /dev/ptmx.
 *
 * Each open of it makes a pair and is its master; the last close of that open file is the pair's
 * end. Reading takes what the slave's users write, writing is typing. One task at a time does
 * either (read_lock, write_lock).
 *
 * NOTE(linux): a master's write takes effect before it returns; there a worker does it.
 * LIMIT: packet mode tells of output thrown away, not of other flushes nor of ^S and ^Q.
 */
#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/ioctl.h"
#include "kernel/abi/signal.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/files.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/poll.h"
#include "kernel/tty/devpts.h"
#include "kernel/tty/pty.h"
#include "kernel/tty/session.h"
#include "lib/errno.h"

static int ptmx_open(struct inode *inode, struct file *file)
{
	struct pty *p;
	int err = pty_create(&p);

	if (!err)
		file->private = p;
	return err;
}

static void ptmx_release(struct file *file)
{
	pty_close(file->private);
}

/* --- the master reads and writes -------------------------------------------------------------- */

static bool status_waits(const struct pty *p)
{
	return READ_ONCE(p->packet) && READ_ONCE(p->packet_status) != 0;
}

static bool can_read(const struct pty *p)
{
	return pty_output(p) > 0 || READ_ONCE(p->slave_gone) || status_waits(p);
}

/* The byte that comes first in packet mode: 1 when it is all there is to say, 0 when data is to
 * follow, -EFAULT. */
static int packet_begin(struct pty *p, struct io_buf *to)
{
	irqflags_t irq = spin_lock_irqsave(&p->tty.lock);
	char status = (char)p->packet_status;

	WRITE_ONCE(p->packet_status, 0);
	spin_unlock_irqrestore(&p->tty.lock, irq);
	if (status == TIOCPKT_DATA && pty_output(p) == 0)
		return 0;
	if (io_buf_put(to, &status, 1) != 1)
		return -EFAULT;
	return status != TIOCPKT_DATA;
}

static ssize_t read_ready(struct pty *p, struct io_buf *to)
{
	size_t before = to->remaining;
	char chunk[128];
	int status = READ_ONCE(p->packet) ? packet_begin(p, to) : 0;

	while (status == 0 && to->remaining > 0) {
		size_t n = pty_output_take(p, chunk, min(to->remaining, sizeof(chunk)));

		if (n == 0)
			break;
		if (io_buf_put(to, chunk, n) != n)
			status = -EFAULT;
	}
	tty_writable(&p->tty);
	if (to->remaining == before)
		return status < 0 ? status : 0;
	return (ssize_t)(before - to->remaining);
}

static ssize_t ptmx_read(struct file *file, struct io_buf *to, uint64_t *pos)
{
	struct pty *p = file->private;
	bool nonblock = file->flags & O_NONBLOCK;
	ssize_t ret = 0;

	if (to->remaining == 0)
		return 0;
	if (mutex_lock_interruptible(&p->read_lock))
		return -ERESTARTSYS;
	/* A flush may take away again what woke us. */
	while (ret == 0) {
		if (!can_read(p) && nonblock)
			ret = -EAGAIN;
		else if (wait_event_interruptible(&p->readers, can_read(p)))
			ret = -ERESTARTSYS;
		else if (pty_output(p) == 0 && !status_waits(p))
			ret = READ_ONCE(p->slave_gone) ? -EIO : 0;
		else
			ret = read_ready(p, to);
	}
	mutex_unlock(&p->read_lock);
	return ret;
}

static bool can_write(struct pty *p)
{
	irqflags_t irq = spin_lock_irqsave(&p->tty.lock);
	bool room = ldisc_has_room(&p->tty);

	spin_unlock_irqrestore(&p->tty.lock, irq);
	return room;
}

/* All of buf, as if typed: bytes taken, or -errno if none were. */
static ssize_t type_in(struct pty *p, const char *buf, size_t n, bool nonblock)
{
	size_t done = 0;

	for (;;) {
		int err = -EAGAIN;

		done += tty_receive_some(&p->tty, buf + done, n - done);
		if (done == n)
			return (ssize_t)done;
		if (!nonblock)
			err = wait_event_interruptible(&p->writers, can_write(p));
		if (err)
			return done > 0 ? (ssize_t)done : err == -EINTR ? -ERESTARTSYS : err;
	}
}

static ssize_t ptmx_write(struct file *file, struct io_buf *from, uint64_t *pos)
{
	struct pty *p = file->private;
	size_t done = 0, want, n;
	char text[128];
	ssize_t ret = 0;

	if (mutex_lock_interruptible(&p->write_lock))
		return -ERESTARTSYS;
	while (from->remaining > 0) {
		want = min(from->remaining, sizeof(text));
		n = io_buf_get(from, text, want);
		ret = n > 0 ? type_in(p, text, n, file->flags & O_NONBLOCK) : -EFAULT;
		if (ret > 0)
			done += (size_t)ret;
		if (ret < (ssize_t)want)
			break;
	}
	mutex_unlock(&p->write_lock);
	return done > 0 ? (ssize_t)done : ret;
}

static unsigned ptmx_poll(struct file *file, struct poll_table *table)
{
	struct pty *p = file->private;
	unsigned events = 0;

	poll_wait(table, &p->readers);
	poll_wait(table, &p->writers);
	if (can_read(p))
		events |= POLLIN | POLLRDNORM;
	if (status_waits(p))
		events |= POLLPRI;
	if (READ_ONCE(p->slave_gone))
		events |= POLLHUP;
	if (can_write(p))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

/* --- the master's ioctls ---------------------------------------------------------------------- */

/* A word from the user under the lock. */
static long flag_set(struct pty *p, bool *flag, const void __user *arg)
{
	irqflags_t irq;
	int value;

	if (copy_from_user(&value, arg, sizeof(value)))
		return -EFAULT;
	irq = spin_lock_irqsave(&p->tty.lock);
	WRITE_ONCE(*flag, value != 0);
	if (flag == &p->packet)
		WRITE_ONCE(p->packet_status, 0);
	spin_unlock_irqrestore(&p->tty.lock, irq);
	return 0;
}

static long int_out(int value, void __user *arg)
{
	if (value < 0)
		return value;
	return copy_to_user(arg, &value, sizeof(value)) ? -EFAULT : 0;
}

/* TIOCGPTPEER: a descriptor of the slave, whatever path leads to it. */
static long peer_open(struct file *master, unsigned flags)
{
	struct pty *p = master->private;
	struct path mounted, node;
	struct file *slave;
	int err = devpts_mount_find(&master->path, &mounted);

	if (err)
		return err;
	node = (struct path){ mounted.mnt, p->node };
	err = file_open_path(&node, flags, current->cred, &slave);
	path_put(&mounted);
	return err ? err : fd_add(slave, flags & O_CLOEXEC);
}

/* Input of the one side is output of the other. */
static long master_flush(struct pty *p, unsigned long what)
{
	static const unsigned long seen_from_slave[] = { TCOFLUSH, TCIFLUSH, TCIOFLUSH };

	if (what > TCIOFLUSH)
		return -EINVAL;
	return tty_command(&p->tty, TCFLSH, seen_from_slave[what]);
}

static long master_signal(struct pty *p, unsigned long signo)
{
	if (signo != SIGINT && signo != SIGQUIT && signo != SIGTSTP)
		return -EINVAL;
	tty_signal(&p->tty, (int)signo);
	return 0;
}

/* What is not about the master is about the terminal, which both sides share. */
static long ptmx_ioctl(struct file *file, unsigned cmd, unsigned long arg)
{
	struct pty *p = file->private;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case TIOCGPTN:
		return int_out((int)p->nr, user);
	case TIOCSPTLCK:
		return flag_set(p, &p->locked, user);
	case TIOCGPTLCK:
		return int_out(READ_ONCE(p->locked), user);
	case TIOCPKT:
		return flag_set(p, &p->packet, user);
	case TIOCGPKT:
		return int_out(READ_ONCE(p->packet), user);
	case TIOCGPTPEER:
		return peer_open(file, (unsigned)arg);
	case TIOCSIG:
		return master_signal(p, arg);
	case TCFLSH:
		return master_flush(p, arg);
	case FIONREAD:
		return int_out((int)pty_output(p), user);
	case TIOCGPGRP:
		return int_out(tty_foreground_peek(&p->tty), user);
	case TIOCGSID:
		return int_out(tty_session_peek(&p->tty), user);
	default:
		return tty_command(&p->tty, cmd, arg);
	}
}

static const struct file_ops ptmx_ops = {
	.open = ptmx_open,
	.release = ptmx_release,
	.read = ptmx_read,
	.write = ptmx_write,
	.poll = ptmx_poll,
	.ioctl = ptmx_ioctl,
};

int pty_init(void)
{
	int err = devpts_init();

	return err ? err : dev_register_char(DEV_MAKE(5, 2), "ptmx", 0666, &ptmx_ops);
}

/*
 * The settings of a terminal (ioctl_tty(2)). The line speed is remembered and told, but the port
 * keeps the one that the firmware set.
 */
#include "kernel/tty/tty.h"

#include "arch/uaccess.h"
#include "kernel/abi/ioctl.h"
#include "kernel/abi/signal.h"
#include "kernel/fs/file.h"
#include "kernel/tty/session.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct abi_termios termios_of(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tty->lock);
	struct abi_termios t = tty->termios;

	spin_unlock_irqrestore(&tty->lock, irq);
	return t;
}

static long termios_get(struct tty *tty, void __user *arg)
{
	struct abi_termios t = termios_of(tty);

	return copy_to_user(arg, &t, sizeof(t));
}

/* Bits per second. */
static unsigned speed_of(unsigned cflag)
{
	static const unsigned slow[] = { 0,   50,   75,   110,  134,  150,  200,   300,
					 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400 };
	static const unsigned fast[] = { 38400,	  57600,   115200,  230400,  460800,  500000,
					 576000,  921600,  1000000, 1152000, 1500000, 2000000,
					 2500000, 3000000, 3500000, 4000000 };

	return cflag & CBAUDEX ? fast[cflag & 15] : slow[cflag & 15];
}

static long termios2_get(struct tty *tty, void __user *arg)
{
	struct abi_termios2 t = { .t = termios_of(tty) };

	t.ispeed = t.ospeed = speed_of(t.t.cflag);
	return copy_to_user(arg, &t, sizeof(t));
}

static int pending(struct tty *tty)
{
	return tty->ops->pending != NULL ? (int)tty->ops->pending(tty->port) : 0;
}

/* Until all that was written has left. */
static int drain(struct tty *tty)
{
	if (wait_event_interruptible(&tty->writers, pending(tty) == 0 || tty_is_hung_up(tty)))
		return -ERESTARTSYS;
	return 0;
}

static void input_taken(struct tty *tty)
{
	if (tty->ops->input_taken != NULL)
		tty->ops->input_taken(tty->port);
}

/* Do ^S and ^Q themselves stop output and let it go on? */
static bool stops_by_keys(const struct abi_termios *t)
{
	return (t->iflag & IXON) && t->cc[VSTOP] == 'S' - '@' && t->cc[VSTART] == 'Q' - '@';
}

/* TCSETSW and TCSETSF wait for output to leave first; F also forgets input. */
static long termios_set(struct tty *tty, const void __user *arg, bool wait, bool flush)
{
	struct abi_termios t;
	irqflags_t irq;
	bool mode;
	int err = tty_check_change(tty);

	if (err)
		return err;
	if (copy_from_user(&t, arg, sizeof(t)))
		return -EFAULT;
	err = wait ? drain(tty) : 0;
	if (err)
		return err;
	irq = spin_lock_irqsave(&tty->lock);
	mode = (t.lflag ^ tty->termios.lflag) & ICANON;
	if (stops_by_keys(&t) != stops_by_keys(&tty->termios))
		tty_tell(tty, stops_by_keys(&t) ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
	tty->termios = t;
	if (flush)
		ldisc_flush(tty);
	if (mode)
		ldisc_mode_changed(tty);
	if (!(t.iflag & IXON))
		tty_stop(tty, false);
	spin_unlock_irqrestore(&tty->lock, irq);
	waitq_wake_all(&tty->readers, 0);
	tty_writable(tty);
	input_taken(tty);
	return 0;
}

static long winsize_set(struct tty *tty, const void __user *arg)
{
	struct abi_winsize size;
	bool changed;
	irqflags_t irq;

	if (copy_from_user(&size, arg, sizeof(size)))
		return -EFAULT;
	irq = spin_lock_irqsave(&tty->lock);
	changed = memcmp(&size, &tty->winsize, sizeof(size)) != 0;
	tty->winsize = size;
	spin_unlock_irqrestore(&tty->lock, irq);
	if (changed)
		tty_signal(tty, SIGWINCH);
	return 0;
}

static long winsize_get(struct tty *tty, void __user *arg)
{
	irqflags_t irq = spin_lock_irqsave(&tty->lock);
	struct abi_winsize size = tty->winsize;

	spin_unlock_irqrestore(&tty->lock, irq);
	return copy_to_user(arg, &size, sizeof(size));
}

static long flush(struct tty *tty, unsigned long what)
{
	irqflags_t irq;

	if (what > TCIOFLUSH)
		return -EINVAL;
	irq = spin_lock_irqsave(&tty->lock);
	if (what != TCOFLUSH)
		ldisc_flush(tty);
	if (what != TCIFLUSH && tty->ops->discard != NULL)
		tty->ops->discard(tty->port);
	spin_unlock_irqrestore(&tty->lock, irq);
	input_taken(tty);
	tty_writable(tty);
	return 0;
}

static long flow(struct tty *tty, unsigned long what)
{
	irqflags_t irq;

	if (what != TCOOFF && what != TCOON)
		return what > 3 ? -EINVAL : 0; /* 2 and 3 would send ^S and ^Q to the other side */
	irq = spin_lock_irqsave(&tty->lock);
	tty_stop(tty, what == TCOOFF);
	spin_unlock_irqrestore(&tty->lock, irq);
	tty_writable(tty);
	return 0;
}

static long int_out(int value, void __user *arg)
{
	if (value < 0)
		return value;
	return copy_to_user(arg, &value, sizeof(value));
}

static long foreground_set(struct tty *tty, const void __user *arg)
{
	int pgid;

	if (copy_from_user(&pgid, arg, sizeof(pgid)))
		return -EFAULT;
	return tty_foreground_set(tty, pgid);
}

static long readable_count(struct tty *tty, void __user *arg)
{
	irqflags_t irq = spin_lock_irqsave(&tty->lock);
	int n = (int)ldisc_readable(tty);

	spin_unlock_irqrestore(&tty->lock, irq);
	return int_out(n, arg);
}

static long control_ioctl(struct tty *tty, unsigned cmd, void __user *user, unsigned long arg)
{
	switch (cmd) {
	case TIOCSCTTY:
		return tty_set_control(tty, arg == 1);
	case TIOCNOTTY:
		return tty_drop_control(tty);
	case TIOCGPGRP:
		return int_out(tty_foreground_get(tty), user);
	case TIOCSPGRP:
		return foreground_set(tty, user);
	case TIOCGSID:
		return int_out(tty_session_get(tty), user);
	default:
		return -ENOTTY;
	}
}

long tty_command(struct tty *tty, unsigned cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case TCGETS:
		return termios_get(tty, user);
	case TCGETS2:
		return termios2_get(tty, user);
	case TCSETS:
	case TCSETS2:
		return termios_set(tty, user, false, false);
	case TCSETSW:
	case TCSETSW2:
		return termios_set(tty, user, true, false);
	case TCSETSF:
	case TCSETSF2:
		return termios_set(tty, user, true, true);
	case TIOCGWINSZ:
		return winsize_get(tty, user);
	case TIOCSWINSZ:
		return winsize_set(tty, user);
	case TCFLSH:
		return flush(tty, arg);
	case TCXONC:
		return flow(tty, arg);
	case TCSBRK:
	case TCSBRKP:
		return arg != 0 ? drain(tty) : 0; /* 0: a break, of which no port here has use */
	case FIONREAD:
		return readable_count(tty, user);
	case TIOCOUTQ:
		return int_out(pending(tty), user);
	default:
		return control_ioctl(tty, cmd, user, arg);
	}
}

long tty_ioctl(struct file *file, unsigned cmd, unsigned long arg)
{
	struct tty *tty = file->private;

	if (tty_is_hung_up(tty))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	return tty_command(tty, cmd, arg);
}

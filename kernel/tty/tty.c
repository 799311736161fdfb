/*
 * Terminals as files: open, read, write, poll. The line discipline is in ldisc.c, job control in
 * session.c, the settings in tty_ioctl.c.
 *
 * One task reads at a time (read_lock), one writes (write_lock), so that lines are not torn.
 * Sleeping is on `readers` and `writers`, which input and the port's interrupt wake.
 *
 * Input whose readers are slow stays where it came from if the port can wait (tty_receive_some),
 * and is dropped with a bell if it can't. A hung-up terminal keeps its open files, but they only
 * ever tell the end: reads give 0 (-EIO to who waited in one), the rest -EIO.
 *
 * LIMIT: descriptors of a serial terminal are not revoked when a session's leader ends.
 */
#include "kernel/tty/tty.h"

#include "kernel/abi/fcntl.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/core/printk.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/poll.h"
#include "kernel/ipc/signal.h"
#include "kernel/tty/pty.h"
#include "kernel/tty/session.h"
#include "lib/errno.h"
#include "lib/string.h"

#define WRITE_CHUNK 64

static struct tty *console;

static const struct abi_termios default_termios = {
	.iflag = ICRNL | IXON | IMAXBEL,
	.oflag = OPOST | ONLCR,
	.cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.cc = {
		[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
		[VMIN] = 1, [VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18,
		[VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
	},
};

/* --- the port's side -------------------------------------------------------------------------- */

/* One byte; false, and not taken, if it must be and there is no room for it. */
static bool receive_one(struct tty *tty, char c, bool must_keep)
{
	irqflags_t irq = spin_lock_irqsave(&tty->lock);
	bool room = !must_keep || ldisc_has_room(tty);
	int signo = room ? ldisc_input(tty, (unsigned char)c) : 0;

	spin_unlock_irqrestore(&tty->lock, irq);
	if (signo != 0)
		tty_signal(tty, signo);
	return room;
}

static size_t receive(struct tty *tty, const char *buf, size_t n, bool must_keep)
{
	size_t done = 0;

	while (done < n && receive_one(tty, buf[done], must_keep))
		done++;
	if (done > 0) {
		waitq_wake(&tty->readers, POLLIN | POLLRDNORM);
		tty_writable(tty); /* ^Q may have come */
	}
	return done;
}

void tty_receive(struct tty *tty, const char *buf, size_t n)
{
	(void)receive(tty, buf, n, false);
}

size_t tty_receive_some(struct tty *tty, const char *buf, size_t n)
{
	return receive(tty, buf, n, true);
}

void tty_writable(struct tty *tty)
{
	waitq_wake_all(&tty->writers, POLLOUT | POLLWRNORM);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* How long a raw read waits for how much (termios(3), MIN and TIME). */
struct raw_wait {
	unsigned want;	      /* bytes that end the wait; 0: don't wait for any */
	uint64_t first_ns;    /* limit for the first byte; UINT64_MAX: none */
	uint64_t between_ns;  /* limit between bytes; UINT64_MAX: none */
};

static void read_wait_plan(struct tty *tty, size_t n, struct raw_wait *w)
{
	irqflags_t irq = spin_lock_irqsave(&tty->lock);
	bool canonical = tty->termios.lflag & ICANON;
	unsigned want = tty->termios.cc[VMIN];
	uint64_t time_ns = tty->termios.cc[VTIME] * (NSEC_PER_SEC / 10);

	spin_unlock_irqrestore(&tty->lock, irq);
	*w = (struct raw_wait){ .want = 1, .first_ns = UINT64_MAX, .between_ns = UINT64_MAX };
	if (canonical)
		return;
	w->want = (unsigned)min((size_t)want, n);
	if (want == 0) {
		w->want = time_ns != 0;
		w->first_ns = time_ns;
	} else if (time_ns != 0) {
		w->between_ns = time_ns;
	}
}

static unsigned readable(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tty->lock);
	unsigned n = ldisc_readable(tty);

	spin_unlock_irqrestore(&tty->lock, irq);
	return n;
}

static uint64_t deadline(uint64_t wait_ns)
{
	return wait_ns == UINT64_MAX ? UINT64_MAX : clock_mono_ns() + wait_ns;
}

/* More than `have`, or nothing will ever come. */
static bool has_more(struct tty *tty, unsigned have)
{
	return readable(tty) > have || tty_is_hung_up(tty);
}

/* Until enough can be read. 0, -ETIMEDOUT (then take what there is), -ERESTARTSYS, -EAGAIN. */
static int read_wait(struct tty *tty, const struct raw_wait *w, bool nonblock)
{
	unsigned have = readable(tty);
	int err = 0;

	if (have >= w->want || (nonblock && have > 0))
		return 0;
	if (nonblock)
		return -EAGAIN;
	if (have == 0)
		err = wait_event_timeout(&tty->readers, has_more(tty, 0), deadline(w->first_ns));
	while (err == 0 && !tty_is_hung_up(tty) && (have = readable(tty)) < w->want)
		err = wait_event_timeout(&tty->readers, has_more(tty, have),
					 deadline(w->between_ns));
	if (err == -EINTR)
		return readable(tty) > 0 ? 0 : -ERESTARTSYS;
	return err;
}

static ssize_t read_take(struct tty *tty, struct io_buf *to)
{
	char chunk[128];
	size_t done = 0;
	bool end = false;

	while (to->remaining > 0 && !end) {
		size_t n = min(to->remaining, sizeof(chunk));
		irqflags_t irq = spin_lock_irqsave(&tty->lock);

		n = ldisc_take(tty, chunk, n, &end);
		spin_unlock_irqrestore(&tty->lock, irq);
		if (n == 0)
			break;
		if (io_buf_put(to, chunk, n) != n)
			return done > 0 ? (ssize_t)done : -EFAULT;
		done += n;
	}
	return (ssize_t)done;
}

/* The turn to read or write: who must not wait doesn't wait for another's turn to end either. */
static int turn_take(struct mutex *turn, bool nonblock) __acquires_if(0, *turn);

__lock_unchecked static int turn_take(struct mutex *turn, bool nonblock)
{
	if (nonblock)
		return mutex_trylock(turn) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(turn) ? -ERESTARTSYS : 0;
}

ssize_t tty_read(struct file *file, struct io_buf *to, uint64_t *pos)
{
	struct tty *tty = file->private;
	bool nonblock = file->flags & O_NONBLOCK;
	struct raw_wait wait;
	ssize_t ret = tty_is_hung_up(tty) ? 0 : tty_check_read(tty);

	if (ret || to->remaining == 0 || tty_is_hung_up(tty))
		return ret;
	ret = turn_take(&tty->read_lock, nonblock);
	if (ret)
		return ret;
	read_wait_plan(tty, to->remaining, &wait);
	ret = read_wait(tty, &wait, nonblock);
	if (tty_is_hung_up(tty))
		ret = -EIO; /* who waits is told more than who comes later, as on Linux */
	else if (ret == 0 || ret == -ETIMEDOUT)
		ret = read_take(tty, to);
	mutex_unlock(&tty->read_lock);
	if (tty->ops->input_taken != NULL)
		tty->ops->input_taken(tty->port);
	return ret;
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool has_room(struct tty *tty)
{
	return !READ_ONCE(tty->stopped) &&
	       tty->ops->room(tty->port) >= LDISC_OUTPUT_MAX(WRITE_CHUNK);
}

/* False, and nothing done, when there is no room: an echo may have taken it since it was there. */
static bool write_try(struct tty *tty, const char *text, size_t n)
{
	char out[LDISC_OUTPUT_MAX(WRITE_CHUNK)];
	irqflags_t irq = spin_lock_irqsave(&tty->lock);
	bool room = has_room(tty);

	if (room)
		(void)tty->ops->write(tty->port, out, ldisc_output(tty, text, n, out));
	spin_unlock_irqrestore(&tty->lock, irq);
	return room;
}

static int write_chunk(struct tty *tty, const char *text, size_t n, bool nonblock)
{
	for (;;) {
		if (tty_is_hung_up(tty))
			return -EIO;
		if (write_try(tty, text, n))
			return 0;
		if (nonblock)
			return -EAGAIN;
		if (wait_event_interruptible(&tty->writers, has_room(tty) || tty_is_hung_up(tty)))
			return -ERESTARTSYS;
	}
}

static ssize_t write_all(struct tty *tty, struct io_buf *from, bool nonblock)
{
	char text[WRITE_CHUNK];
	size_t done = 0;

	while (from->remaining > 0) {
		size_t want = min(from->remaining, sizeof(text)), n = io_buf_get(from, text, want);
		int err = n > 0 ? write_chunk(tty, text, n, nonblock) : -EFAULT;

		if (err)
			return done > 0 ? (ssize_t)done : err;
		done += n;
		if (n < want)
			break;
	}
	return (ssize_t)done;
}

/* Does writing stop who is in the background? */
static bool stops_background(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tty->lock);
	bool stops = tty->termios.lflag & TOSTOP;

	spin_unlock_irqrestore(&tty->lock, irq);
	return stops;
}

ssize_t tty_write(struct file *file, struct io_buf *from, uint64_t *pos)
{
	struct tty *tty = file->private;
	bool nonblock = file->flags & O_NONBLOCK;
	ssize_t ret = stops_background(tty) ? tty_check_change(tty) : 0;

	if (tty_is_hung_up(tty))
		return -EIO;
	if (ret)
		return ret;
	ret = turn_take(&tty->write_lock, nonblock);
	if (ret)
		return ret;
	ret = write_all(tty, from, nonblock);
	mutex_unlock(&tty->write_lock);
	return ret;
}

/* Would a read return at once, with what it waits for? In raw mode with MIN but no TIME that is MIN
 * bytes. */
static bool read_is_ready(struct tty *tty)
{
	struct raw_wait wait;

	read_wait_plan(tty, TTY_RING, &wait);
	return readable(tty) >= (wait.between_ns == UINT64_MAX ? max(wait.want, 1u) : 1u);
}

unsigned tty_poll(struct file *file, struct poll_table *table)
{
	struct tty *tty = file->private;
	unsigned events = 0;

	poll_wait(table, &tty->readers);
	poll_wait(table, &tty->writers);
	if (tty_is_hung_up(tty))
		return POLL_ALWAYS | POLLERR | POLLHUP;
	if (read_is_ready(tty))
		events |= POLLIN | POLLRDNORM;
	if (has_room(tty))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

/* --- devices ---------------------------------------------------------------------------------- */

/* All terminals by device number: few, made at boot, looked at when one is opened. */
static struct list ttys = LIST_INIT(ttys);
struct tty_entry {
	struct list link;
	struct tty tty;
};

static struct tty *tty_by_dev(dev_t dev)
{
	struct tty_entry *e;

	if (dev == DEV_MAKE(5, 1))
		return console;
	list_for_each_entry(e, &ttys, link) {
		if (e->tty.dev == dev)
			return &e->tty;
	}
	return NULL;
}

void tty_open_file(struct tty *tty, struct file *file, bool may_control)
{
	file->private = tty;
	if (may_control && !(file->flags & O_NOCTTY) && (file->mode & FILE_READ))
		tty_open_control(tty);
}

void tty_release(struct file *file)
{
	struct tty *tty = file->private;

	if (tty->ops->close != NULL)
		tty->ops->close(tty->port);
}

static int tty_open(struct inode *inode, struct file *file)
{
	struct tty *tty;
	int err;

	if (inode->rdev == DEV_MAKE(5, 0)) {
		err = tty_of_current_open(&tty);
	} else {
		tty = tty_by_dev(inode->rdev);
		err = tty == NULL ? -ENODEV : tty->ops->open ? tty->ops->open(tty->port) : 0;
	}
	if (err)
		return err;
	/* The node /dev/console never makes a terminal one's own; that takes TIOCSCTTY. */
	tty_open_file(tty, file, inode->rdev != DEV_MAKE(5, 1));
	return 0;
}

static const struct file_ops tty_file_ops = {
	.open = tty_open,
	.release = tty_release,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
};

void tty_setup(struct tty *tty, const char *name, dev_t dev, const struct tty_port_ops *ops,
	       void *port)
{
	tty->ops = ops;
	tty->port = port;
	tty->dev = dev;
	str_copy(tty->name, name, sizeof(tty->name));
	tty->termios = default_termios;
	mutex_init(&tty->read_lock, "tty read", LOCK_RANK_TTY);
	mutex_init(&tty->write_lock, "tty write", LOCK_RANK_TTY);
	spinlock_init(&tty->lock, "tty", LOCK_RANK_TTY_BUFFER);
	waitq_init(&tty->readers);
	waitq_init(&tty->writers);
}

struct tty *tty_register(const char *name, unsigned major, unsigned minor,
			 const struct tty_port_ops *ops, void *port)
{
	struct tty_entry *e = kzalloc(sizeof(*e));
	int err;

	if (e == NULL) {
		pr_err("%s: no memory for the terminal", name);
		return NULL;
	}
	tty_setup(&e->tty, name, DEV_MAKE(major, minor), ops, port);
	list_add_tail(&e->link, &ttys);
	err = dev_register_char(e->tty.dev, name, 0620, &tty_file_ops);
	if (err)
		pr_err("%s: no device node (error %d)", name, err);
	return &e->tty;
}

void tty_console_set(struct tty *tty)
{
	console = tty;
}

struct tty *tty_console(void)
{
	return console;
}

int tty_init(void)
{
	int err = dev_register_char(DEV_MAKE(5, 1), "console", 0600, &tty_file_ops);

	if (!err)
		err = dev_register_char(DEV_MAKE(5, 0), "tty", 0666, &tty_file_ops);
	return err ? err : pty_init();
}

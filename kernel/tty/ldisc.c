/*
 * The line discipline (termios(3)): what typed characters mean, and what is sent to the screen.
 *
 * Input lies in a ring with three marks:
 *
 *	tail        canon            head
 *	 | whole lines | being edited |
 *
 * In canonical mode a read takes from tail to the next line end, at most up to canon, and editing
 * works between canon and head. In raw mode every byte is readable at once: canon follows head. A
 * bit per place says where lines end; an end-of-file character is kept as such a place and dropped
 * when it is read.
 *
 * Everything here runs under tty->lock, mostly in interrupts, and never waits: echo that the port
 * has no room for is lost.
 *
 * NOTE(linux): erasing takes whole UTF-8 characters, whether IUTF8 is set or not.
 */
#include "kernel/tty/tty.h"

#include "kernel/abi/signal.h"
#include "lib/string.h"

static bool flag_l(const struct tty *tty, unsigned flag)
{
	return tty->termios.lflag & flag;
}

static bool is_cc(const struct tty *tty, unsigned char c, unsigned which)
{
	return c == tty->termios.cc[which] && c != 0;
}

static bool is_control(unsigned char c)
{
	return c < 32 || c == 127;
}

/* --- output ----------------------------------------------------------------------------------- */

static void column_move(struct tty *tty, unsigned char c)
{
	if (c == '\r')
		tty->column = 0;
	else if (c == '\b')
		tty->column -= tty->column > 0;
	else if (c == '\t')
		tty->column = (tty->column | 7) + 1;
	else if (!is_control(c) && (c & 0xc0) != 0x80)
		tty->column++; /* continuation bytes of UTF-8 take no room */
}

static size_t output_one(struct tty *tty, unsigned char c, char *out)
{
	unsigned flags = tty->termios.oflag;
	size_t n = 0;

	if (c == '\n' && (flags & ONLCR)) {
		tty->column = 0;
		out[n++] = '\r';
	} else if (c == '\n' && (flags & ONLRET)) {
		tty->column = 0;
	} else if (c == '\r') {
		if ((flags & ONOCR) && tty->column == 0)
			return 0;
		if (flags & OCRNL)
			c = '\n';
	} else if (c == '\t' && (flags & TABDLY) == XTABS) {
		do {
			out[n++] = ' ';
		} while (++tty->column % 8 != 0);
		return n;
	}
	column_move(tty, c);
	out[n++] = (char)c;
	return n;
}

size_t ldisc_output(struct tty *tty, const char *in, size_t n, char *out)
{
	size_t done = 0;

	if (!(tty->termios.oflag & OPOST)) {
		memcpy(out, in, n);
		for (size_t i = 0; i < n; i++)
			column_move(tty, (unsigned char)in[i]);
		return n;
	}
	for (size_t i = 0; i < n; i++)
		done += output_one(tty, (unsigned char)in[i], out + done);
	return done;
}

static void echo_raw(struct tty *tty, const char *s, size_t n)
{
	char out[LDISC_OUTPUT_MAX(4)];

	while (n > 0) {
		size_t part = min(n, (size_t)4), len = ldisc_output(tty, s, part, out);

		(void)tty->ops->write(tty->port, out, len);
		s += part;
		n -= part;
	}
}

static void echo(struct tty *tty, unsigned char c)
{
	char text[2] = { '^', (char)(c ^ 64) };

	if (is_control(c) && c != '\n' && c != '\t' && flag_l(tty, ECHOCTL))
		echo_raw(tty, text, 2);
	else
		echo_raw(tty, (char *)&c, 1);
}

/* --- the ring --------------------------------------------------------------------------------- */

static char *place(struct tty *tty, unsigned at)
{
	return &tty->ring[at % TTY_RING];
}

static bool ends_line(const struct tty *tty, unsigned at)
{
	return tty->line_end[at % TTY_RING / 64] >> (at % 64) & 1;
}

static void mark_end(struct tty *tty, unsigned at, bool ends)
{
	uint64_t bit = 1UL << (at % 64);

	if (ends)
		tty->line_end[at % TTY_RING / 64] |= bit;
	else
		tty->line_end[at % TTY_RING / 64] &= ~bit;
}

static void put(struct tty *tty, unsigned char c, bool ends)
{
	*place(tty, tty->head) = (char)c;
	mark_end(tty, tty->head, ends);
	tty->head++;
	if (ends || !flag_l(tty, ICANON))
		tty->canon = tty->head;
}

void ldisc_flush(struct tty *tty)
{
	tty->tail = tty->canon = tty->head;
	tty->literal_next = false;
	tty_tell(tty, TIOCPKT_FLUSHREAD);
}

void ldisc_mode_changed(struct tty *tty)
{
	if (!flag_l(tty, ICANON)) {
		tty->canon = tty->head;
	} else if (tty->head != tty->tail && tty->canon == tty->head &&
		   !ends_line(tty, tty->head - 1)) {
		mark_end(tty, tty->head - 1, true); /* what was typed raw is a line of its own */
	}
	tty->literal_next = false;
}

unsigned ldisc_readable(const struct tty *tty)
{
	return tty->canon - tty->tail;
}

bool ldisc_has_room(const struct tty *tty)
{
	/* Nobody can read a line without an end, so what is too much of it goes, as accept() has
	 * it. */
	if (flag_l(tty, ICANON) && tty->canon == tty->tail)
		return true;
	return tty->head - tty->tail < TTY_RING - 1;
}

size_t ldisc_take(struct tty *tty, char *buf, size_t n, bool *end)
{
	bool canonical = flag_l(tty, ICANON);
	size_t done = 0;

	*end = false;
	while (done < n && tty->tail != tty->canon && !*end) {
		char c = *place(tty, tty->tail);

		*end = canonical && ends_line(tty, tty->tail);
		tty->tail++;
		if (!*end || !is_cc(tty, (unsigned char)c, VEOF))
			buf[done++] = c;
	}
	return done;
}

/* --- editing ---------------------------------------------------------------------------------- */

/* Columns that the last character of the line took when it was echoed. */
static unsigned width_of_last(struct tty *tty)
{
	unsigned char c = (unsigned char)*place(tty, tty->head - 1);
	unsigned column = tty->line_column;

	if (c != '\t')
		return !is_control(c) ? 1 : flag_l(tty, ECHOCTL) ? 2 : 0;
	for (unsigned at = tty->canon; at != tty->head - 1; at++) {
		unsigned char before = (unsigned char)*place(tty, at);

		if (before == '\t')
			column = (column | 7) + 1;
		else
			column += is_control(before) ? 2 : (before & 0xc0) != 0x80;
	}
	return ((column | 7) + 1) - column;
}

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Takes the last character of the line back, from the screen too. */
static void erase_one(struct tty *tty, bool visible)
{
	unsigned width;

	while (tty->head - 1 != tty->canon &&
	       is_continuation((unsigned char)*place(tty, tty->head - 1)))
		tty->head--; /* the whole of a UTF-8 sequence, which shows as one */
	width = width_of_last(tty);
	tty->head--;
	if (!visible)
		return;
	while (width-- > 0)
		echo_raw(tty, "\b \b", 3);
}

static void erase_word(struct tty *tty)
{
	bool visible = flag_l(tty, ECHO);

	while (tty->head != tty->canon && *place(tty, tty->head - 1) == ' ')
		erase_one(tty, visible);
	while (tty->head != tty->canon && *place(tty, tty->head - 1) != ' ')
		erase_one(tty, visible);
}

static void erase_line(struct tty *tty)
{
	bool wipe = flag_l(tty, ECHO) && flag_l(tty, ECHOKE);

	while (tty->head != tty->canon)
		erase_one(tty, wipe);
	if (flag_l(tty, ECHO) && !flag_l(tty, ECHOKE) && flag_l(tty, ECHOK))
		echo_raw(tty, "\n", 1);
}

static void reprint(struct tty *tty)
{
	echo(tty, tty->termios.cc[VREPRINT]);
	echo_raw(tty, "\n", 1);
	for (unsigned at = tty->canon; at != tty->head; at++)
		echo(tty, (unsigned char)*place(tty, at));
}

static bool ends_canonical_line(const struct tty *tty, unsigned char c)
{
	return c == '\n' || is_cc(tty, c, VEOL) || is_cc(tty, c, VEOL2);
}

/* True if c was an editing character and is done with. */
static bool edit(struct tty *tty, unsigned char c)
{
	if (is_cc(tty, c, VERASE)) {
		if (tty->head != tty->canon)
			erase_one(tty, flag_l(tty, ECHO) && flag_l(tty, ECHOE));
	} else if (is_cc(tty, c, VKILL)) {
		erase_line(tty);
	} else if (is_cc(tty, c, VWERASE) && flag_l(tty, IEXTEN)) {
		erase_word(tty);
	} else if (is_cc(tty, c, VREPRINT) && flag_l(tty, IEXTEN) && flag_l(tty, ECHO)) {
		reprint(tty);
	} else if (is_cc(tty, c, VLNEXT) && flag_l(tty, IEXTEN)) {
		tty->literal_next = true;
		if (flag_l(tty, ECHO))
			echo_raw(tty, "^\b", 2);
	} else if (is_cc(tty, c, VEOF)) {
		put(tty, c, true);
	} else {
		return false;
	}
	return true;
}

/* --- input ------------------------------------------------------------------------------------ */

static int signal_of(const struct tty *tty, unsigned char c)
{
	if (!flag_l(tty, ISIG))
		return 0;
	if (is_cc(tty, c, VINTR))
		return SIGINT;
	if (is_cc(tty, c, VQUIT))
		return SIGQUIT;
	return is_cc(tty, c, VSUSP) ? SIGTSTP : 0;
}

/* True if c stopped or started output. */
static bool flow_control(struct tty *tty, unsigned char c)
{
	if (!(tty->termios.iflag & IXON))
		return false;
	if (is_cc(tty, c, VSTOP)) {
		tty_stop(tty, true);
		return true;
	}
	if (is_cc(tty, c, VSTART) || (tty->stopped && (tty->termios.iflag & IXANY))) {
		tty_stop(tty, false);
		return is_cc(tty, c, VSTART);
	}
	return false;
}

/* What arrives as another character, or (-1) not at all. */
static int translate(const struct tty *tty, unsigned char c)
{
	unsigned flags = tty->termios.iflag;

	if (flags & ISTRIP)
		c &= 0x7f;
	if (c == '\r') {
		if (flags & IGNCR)
			return -1;
		return flags & ICRNL ? '\n' : c;
	}
	return c == '\n' && (flags & INLCR) ? '\r' : c;
}

static void accept(struct tty *tty, unsigned char c)
{
	bool end = flag_l(tty, ICANON) && !tty->literal_next && ends_canonical_line(tty, c);

	tty->literal_next = false;
	/* The last place is kept for the end of a line, so that a full ring can still be read. */
	if (tty->head - tty->tail >= TTY_RING - !end) {
		if (tty->termios.iflag & IMAXBEL)
			echo_raw(tty, "\a", 1);
		return;
	}
	if (tty->head == tty->canon)
		tty->line_column = tty->column;
	if (flag_l(tty, ECHO) || (c == '\n' && flag_l(tty, ECHONL) && flag_l(tty, ICANON)))
		echo(tty, c);
	put(tty, c, end);
}

/* A signal makes pointless what was typed before it and what is on the way to the screen. */
static void flush_all(struct tty *tty)
{
	ldisc_flush(tty);
	if (tty->ops->discard != NULL)
		tty->ops->discard(tty->port);
}

int ldisc_input(struct tty *tty, unsigned char raw)
{
	int c, signo;

	if (tty->literal_next) {
		accept(tty, raw);
		return 0;
	}
	c = translate(tty, raw);
	if (c < 0 || flow_control(tty, (unsigned char)c))
		return 0;
	signo = signal_of(tty, (unsigned char)c);
	if (signo != 0) {
		if (!flag_l(tty, NOFLSH))
			flush_all(tty);
		if (flag_l(tty, ECHO))
			echo(tty, (unsigned char)c);
		tty_stop(tty, false);
		return signo;
	}
	if (!flag_l(tty, ICANON) || !edit(tty, (unsigned char)c))
		accept(tty, (unsigned char)c);
	return 0;
}

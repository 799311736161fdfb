/*
 * Kernel messages.
 *
 * A message is a record: sequence number, time, level, text. Records lie in two rings. `records`
 * holds the fixed-size part of number seq at seq % RECORDS; `texts` holds the bytes, at positions
 * that only grow and are taken modulo its size. A new record pushes out old ones until both rings
 * have room:
 *
 *	first_seq                              next_seq
 *	    | rec | rec | rec | rec | rec | rec |
 *	       |                             |
 *	       v text_pos           text_pos v
 *	  ...| text | text | ...       | text |...    text_end
 *
 * Readers name a record by its number and learn from first_seq what they missed, so they hold
 * nothing between calls.
 *
 * The text is formatted on the caller's stack, outside the lock. log_lock has the highest rank and
 * interrupts are off under it, so anything may print. In a panic the lock may be held by a hart
 * that was stopped: then it is tried for a while and done without.
 *
 * Entry points: printk; console_register; console_write; log_read.
 */
#include "kernel/core/printk.h"

#include "arch/machine.h"
#include "kernel/core/clock.h"
#include "kernel/core/panic.h"
#include "kernel/core/spinlock.h"
#include "lib/format.h"
#include "lib/string.h"

#define RECORDS 512u
#define TEXT_SIZE LOG_TEXT_SIZE

struct record {
	uint64_t time_ns;
	uint64_t text_pos;
	uint16_t len;
	uint16_t level;
};

static struct spinlock log_lock = SPINLOCK_INIT("log", LOCK_RANK_LOG);
static struct record records[RECORDS]; /* [log_lock] */
static char texts[TEXT_SIZE];	       /* [log_lock] */
static uint64_t first_seq, next_seq;   /* [log_lock] */
static uint64_t text_end;	       /* [log_lock] */
static struct list consoles = LIST_INIT(consoles); /* [log_lock] */

int console_loglevel = 7;

struct log_guard {
	irqflags_t irq;
	bool locked;
};

__lock_unchecked static struct log_guard log_enter(void)
{
	struct log_guard g = { .irq = irq_save(), .locked = true };

	if (!panic_in_progress()) {
		spin_lock(&log_lock);
		return g;
	}
	for (int tries = 100000; tries > 0; tries--) {
		if (spin_trylock(&log_lock))
			return g;
		hart_relax();
	}
	g.locked = false;
	return g;
}

__lock_unchecked static void log_leave(struct log_guard g)
{
	if (g.locked)
		spin_unlock(&log_lock);
	irq_restore(g.irq);
}

/* Consoles. */

static void console_emit(const char *s, size_t n)
{
	struct console *c;

	if (n == 0)
		return;
	if (list_empty(&consoles)) {
		for (size_t i = 0; i < n; i++)
			arch_early_putchar(s[i]);
		return;
	}
	list_for_each_entry(c, &consoles, link)
		c->write(c, s, n);
}

/* A terminal needs the carriage return; the ring does not. */
static void console_emit_lines(const char *s, size_t n)
{
	while (n > 0) {
		const char *end = memchr(s, '\n', n);
		size_t len = end != NULL ? (size_t)(end - s) : n;

		console_emit(s, len);
		console_emit("\r\n", 2);
		len += end != NULL;
		s += len;
		n -= len;
	}
}

static size_t record_stamp(const struct record *r, char *buf, size_t size)
{
	uint64_t us = r->time_ns / NSEC_PER_USEC;

	return (size_t)str_format(buf, size, "[%5lu.%06lu] ", us / 1000000, us % 1000000);
}

static void record_text(const struct record *r, char *buf)
{
	size_t at = r->text_pos % TEXT_SIZE, part = min((size_t)r->len, TEXT_SIZE - at);

	memcpy(buf, texts + at, part);
	memcpy(buf + part, texts, r->len - part);
}

static void console_show(const struct record *r)
{
	char line[32 + LOG_LINE_MAX];
	size_t n = record_stamp(r, line, 32);

	record_text(r, line + n);
	console_emit_lines(line, n + r->len);
}

static bool is_shown(unsigned level)
{
	return (int)(level % LOG_LEVELS) < console_loglevel;
}

void console_register(struct console *c, bool replay)
{
	struct log_guard g = log_enter();
	bool first = list_empty(&consoles);

	list_add_tail(&c->link, &consoles);
	for (uint64_t seq = first_seq; first && replay && seq < next_seq; seq++)
		if (is_shown(records[seq % RECORDS].level))
			console_show(&records[seq % RECORDS]);
	log_leave(g);
}

void console_write(const char *s, size_t n)
{
	struct log_guard g = log_enter();

	console_emit(s, n);
	log_leave(g);
}

/* Messages. */

static struct record *record_add(enum log_level level, const char *text, size_t len)
{
	struct record *r = &records[next_seq % RECORDS];

	while (next_seq - first_seq == RECORDS ||
	       (first_seq < next_seq &&
		text_end + len - records[first_seq % RECORDS].text_pos > TEXT_SIZE))
		first_seq++;
	*r = (struct record){ clock_mono_ns(), text_end, (uint16_t)len, (uint16_t)level };
	for (size_t i = 0; i < len; i++)
		texts[(text_end + i) % TEXT_SIZE] = text[i];
	text_end += len;
	next_seq++;
	return r;
}

static size_t symbol_write(uintptr_t address, char *buf, size_t size)
{
	size_t offset;
	const char *name = symbol_name(address, &offset);

	if (name == NULL)
		return 0;
	return min((size_t)str_format(buf, size, "%s+0x%lx", name, offset), size - 1);
}

struct line_sink {
	struct format_sink sink;
	size_t len;
	char text[LOG_LINE_MAX];
};

static void line_write(struct format_sink *sink, const char *text, size_t len)
{
	struct line_sink *line = container_of(sink, struct line_sink, sink);
	size_t part = min(len, LOG_LINE_MAX - line->len);

	memcpy(line->text + line->len, text, part);
	line->len += part;
}

void vprintk(enum log_level level, const char *fmt, va_list args)
{
	struct line_sink line = { .sink = { line_write, symbol_write } };
	struct log_guard g;
	struct record *r;

	format_v(&line.sink, fmt, args);
	if (line.len > 0 && line.text[line.len - 1] == '\n')
		line.len--;
	g = log_enter();
	r = record_add(level, line.text, line.len);
	if (is_shown(level))
		console_show(r);
	log_leave(g);
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(level, fmt, args);
	va_end(args);
}

/* Reading. */

static size_t record_read(const struct record *r, char *buf, bool with_level)
{
	size_t n = with_level ? (size_t)str_format(buf, 8, "<%u>", r->level) : 0;

	n += record_stamp(r, buf + n, 32);
	record_text(r, buf + n);
	n += r->len;
	buf[n++] = '\n';
	return n;
}

size_t log_read(uint64_t *seq, char *buf, size_t size, bool with_level)
{
	char line[64 + LOG_LINE_MAX];
	struct log_guard g = log_enter();
	size_t done = 0;

	for (*seq = max(*seq, first_seq); *seq < next_seq; ++*seq) {
		size_t n = record_read(&records[*seq % RECORDS], line, with_level);

		if (done + n > size)
			break;
		memcpy(buf + done, line, n);
		done += n;
	}
	log_leave(g);
	return done;
}

bool log_entry_read(uint64_t seq, struct log_entry *out)
{
	struct log_guard g = log_enter();
	const struct record *r;

	out->seq = max(seq, first_seq);
	r = &records[out->seq % RECORDS];
	if (out->seq < next_seq) {
		out->time_ns = r->time_ns;
		out->level = r->level;
		out->len = r->len;
		record_text(r, out->text);
	}
	seq = next_seq;
	log_leave(g);
	return out->seq < seq;
}

uint64_t log_first_seq(void)
{
	struct log_guard g = log_enter();
	uint64_t seq = first_seq;

	log_leave(g);
	return seq;
}

uint64_t log_next_seq(void)
{
	struct log_guard g = log_enter();
	uint64_t seq = next_seq;

	log_leave(g);
	return seq;
}

uint64_t log_tail_seq(size_t size, bool with_level)
{
	char line[64 + LOG_LINE_MAX];
	struct log_guard g = log_enter();
	uint64_t seq = next_seq;

	while (seq > first_seq) {
		size_t n = record_read(&records[(seq - 1) % RECORDS], line, with_level);

		if (n > size)
			break;
		size -= n;
		seq--;
	}
	log_leave(g);
	return seq;
}

/*
 * The kernel's messages: a ring that dmesg reads, and the consoles that show them as they come.
 */
#pragma once

#include <stdarg.h>

#include "lib/list.h"
#include "lib/types.h"

enum log_level {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARN,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG,
	LOG_LEVELS
};
/* Or-ed to the level of a message that a program has written: its facility, or this if it gives
 * none. */
#define LOG_BY_USER 8u
#define LOG_FACILITIES (255u * LOG_LEVELS)
#define LOG_LINE_MAX 480u /* longer messages are cut */

/* Printable from anywhere: interrupts, any lock held (but the log's), before and during panic. %pS
 * prints an address as symbol+offset. One call is one message; no newline needed at the end. */
void printk(enum log_level level, const char *fmt, ...) __printf(2, 3);
void vprintk(enum log_level level, const char *fmt, va_list args);

#define pr_err(...) printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...) printk(LOG_WARN, __VA_ARGS__)
#define pr_notice(...) printk(LOG_NOTICE, __VA_ARGS__)
#define pr_info(...) printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...) printk(LOG_DEBUG, __VA_ARGS__)

/* Messages of a level below this are shown on consoles ("quiet" 4, "loglevel=N"); default 7. */
extern int console_loglevel;

struct console {
	struct list link;
	const char *name; /* "ttyS0" */
	/* Writes by polling; interrupts off, any lock may be held by the caller. */
	void (*write)(struct console *c, const char *s, size_t n);
};

/* The first registered console replaces the firmware's, after replaying what the ring holds if
 * replay. */
void console_register(struct console *c, bool replay);
/* Straight to the consoles, no ring: panic's and the tty's last resort. */
void console_write(const char *s, size_t n);

/* For syslog(2), /dev/kmsg: copies records from *seq on as text ("<level>[sec.usec] text\n" with
 * level when with_level), whole lines only, and moves *seq. Returns bytes. Oldest is
 * log_first_seq(). */
size_t log_read(uint64_t *seq, char *buf, size_t size, bool with_level);
uint64_t log_first_seq(void);
uint64_t log_next_seq(void);
/* The same by the piece: the first record from number seq on. False: there is none yet. */
struct log_entry {
	uint64_t seq, time_ns;
	unsigned level; /* with the facility */
	size_t len;
	char text[LOG_LINE_MAX];
};
bool log_entry_read(uint64_t seq, struct log_entry *out);
/* The oldest message from which on all fit into size bytes. */
uint64_t log_tail_seq(size_t size, bool with_level);

/* Bytes of text that the ring keeps. */
#define LOG_TEXT_SIZE 32768u

/*
 * format.h: printf's formats, for the console, for /proc and for tests.
 *
 * format_v() walks a format and writes the pieces of its result to a sink, a struct with one
 * function; so the same code prints to a console, a ring buffer, a page of /proc or a string.
 *
 * Conversions: %d %i %u %x %X %o %c %s %p %%, flags - + space 0 #, a width and a precision (each
 * may be *), and hh h l ll z t j. %p prints 0x and the digits. %pS is a code address: it goes
 * through the sink's symbol function ("task_clone+0x1c"); without one it prints as %p. A NULL
 * string prints (null). A conversion not named here (%n, floating point) is printed as it stands
 * and takes no argument.
 */
#pragma once

#include "lib/types.h"

struct format_sink {
	/* Takes the next len bytes. Never fails: a full buffer drops what it cannot hold. */
	void (*write)(struct format_sink *sink, const char *text, size_t len);

	/* NULL, or: writes the symbolic name of an address, not NUL-ended, into buf and returns
	 * its length, at most size; 0 if it knows none. */
	size_t (*symbol)(uintptr_t address, char *buf, size_t size);
};

/* Formats into the sink. Returns how many bytes it wrote there. Sleeps only if the sink does. */
int __printf(2, 0) format_v(struct format_sink *sink, const char *fmt, va_list args);
int __printf(2, 3) format(struct format_sink *sink, const char *fmt, ...);

/* snprintf: at most size - 1 bytes and a NUL into buf (nothing if size is 0). Returns the length
 * of the whole result, so it was cut if that is >= size. */
int __printf(3, 4) str_format(char *buf, size_t size, const char *fmt, ...);
int __printf(3, 0) str_vformat(char *buf, size_t size, const char *fmt, va_list args);

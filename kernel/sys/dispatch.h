/*
 * The table of system calls, for the dispatcher and for whoever prints calls.
 */
#pragma once

#include "lib/types.h"

struct syscall {
	long (*fn)(const uint64_t args[6]); /* NULL: ENOSYS */
	const char *name;
	unsigned arg_count;
	const char *format; /* "fd:fd, buf:ptr, count:size" */
};

extern const struct syscall syscall_table[];
extern const unsigned syscall_count;

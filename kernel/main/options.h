/*
 * The kernel's command line, in Linux's words.
 */
#pragma once

#include "lib/types.h"

struct boot_options {
	unsigned maxcpus;  /* harts to use at most */
	uint64_t mem;	   /* bytes of memory to use at most */
	bool init_given;   /* init= is there: nothing else will do */
};
extern struct boot_options boot_options; /* [i] after options_parse */

/* Sets what the words say: boot_options, console_loglevel, panic_timeout_s. Prints a sentence for a
 * value that is none. */
void options_parse(const char *cmdline);

/* What init is started with, made from the words that the kernel does not know: NAME=VALUE for its
 * environment, others and all after "--" as arguments. */
#define INIT_ARGS_MAX 32
struct init_args {
	const char *argv[INIT_ARGS_MAX + 2]; /* [0] is left for the program's name */
	const char *envp[INIT_ARGS_MAX + 3];
};
void options_init_args(const char *cmdline, struct init_args *args);

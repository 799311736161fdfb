/*
 * An applet is one command inside grove: its name, its main function and what
 * --help says. A file declares each applet just above its main function:
 *
 *	APPLET(cat, "[FILE]...", "print files to standard output");
 *	static int cat_main(int argc, char **argv)
 *	{
 *		...
 *	}
 *
 * The declaration leaves a pointer in the linker section "applets", so there is
 * no central list to edit: linking the file in adds the command.
 *
 * An applet returns its exit status, or leaves early through die(), usage() or
 * applet_exit(); never through exit(), because the shell runs some applets
 * inside itself (APPLET_NOFORK).
 */
#ifndef GROVE_APPLET_H
#define GROVE_APPLET_H

#include <stddef.h>

enum applet_flags {
	APPLET_INLINE = 1,	/* the shell may call it without fork: it ends soon, and
				 * leaves no descriptor, signal setting or mode behind */
	APPLET_PLAIN_HELP = 2,	/* "--help" is an ordinary argument unless it is the only one */
	APPLET_NO_HELP = 4,	/* "--help" is always an ordinary argument */
};

struct applet {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *usage;	/* the arguments, then optionally "\n" and lines on the options */
	const char *summary;	/* one line, no capital, no full stop */
	unsigned flags;
};

/* The general form: `id` is a C word, `name_` is what the user types ("[" is no C word). */
#define APPLET_NAMED(id, name_, flags_, usage_, summary_) \
	static int id##_main(int argc, char **argv); \
	static const struct applet applet_##id = { \
		.name = (name_), .main = id##_main, .usage = (usage_), \
		.summary = (summary_), .flags = (flags_), \
	}; \
	static const struct applet *const applet_entry_##id \
		__attribute__((used, section("applets"))) = &applet_##id

#define APPLET(id, usage_, summary_) APPLET_NAMED(id, #id, 0, usage_, summary_)
#define APPLET_NOFORK(id, usage_, summary_) \
	APPLET_NAMED(id, #id, APPLET_INLINE, usage_, summary_)

/* The applet called `name`, or NULL. */
const struct applet *applet_find(const char *name);

/* The applet at this place of the unsorted table, or NULL behind its end. */
const struct applet *applet_at(size_t index);

/*
 * Run an applet in this process and return its exit status, with standard output
 * flushed. getopt() is reset first. May be nested (time, nice, the shell).
 */
int applet_run(const struct applet *applet, int argc, char **argv);

/* Leave the running applet with this exit status. */
_Noreturn void applet_exit(int status);

/* The name the running applet was called by; prefix of every message. */
extern const char *applet_name;

#endif

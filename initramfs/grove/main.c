/*
 * grove: many small commands in one program
 *
 * Which command runs is decided by the name grove is called by: the last part
 * of argv[0]. Links /bin/cat, /bin/ls ... point to one file, so a whole userland
 * costs one program on disk and one set of text pages in memory. Called by its
 * own name, grove takes the command from its first argument:
 *
 *	grove cat FILE		run an applet
 *	grove --list		print the names, one a line
 *	grove --install DIR	make the links in DIR
 *
 * As /init (the kernel's first program) it is the applet init.
 *
 * Entry points: main(), applet_find(), applet_run(), applet_exit(). The other
 * helpers of grove.h are in util.c.
 */

#include "initramfs/grove/grove.h"

#include <getopt.h>
#include <limits.h>
#include <setjmp.h>

/* The ends of the linker section that APPLET() fills; the linker names them. */
extern const struct applet *const __start_applets[], *const __stop_applets[];

const char *applet_name = "grove";
static const struct applet *applet_current;
static jmp_buf *applet_return;	/* where applet_exit() goes; NULL outside applet_run() */

const struct applet *applet_find(const char *name)
{
	for (const struct applet *const *a = __start_applets; a < __stop_applets; a++)
		if (strcmp((*a)->name, name) == 0)
			return *a;
	return NULL;
}

const struct applet *applet_at(size_t index)
{
	return index < (size_t)(__stop_applets - __start_applets) ? __start_applets[index] : NULL;
}

static int applet_compare(const void *a, const void *b)
{
	const struct applet *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

/* A sorted copy of the table, ended by NULL; the caller frees. */
static const struct applet **applets_sorted(void)
{
	size_t count = __stop_applets - __start_applets;
	const struct applet **list = xmalloc((count + 1) * sizeof(*list));

	memcpy(list, __start_applets, count * sizeof(*list));
	list[count] = NULL;
	qsort(list, count, sizeof(*list), applet_compare);
	return list;
}

static bool wants_help(const struct applet *applet, int argc, char **argv)
{
	if (applet->flags & APPLET_NO_HELP || argc < 2 || strcmp(argv[1], "--help") != 0)
		return false;
	return argc == 2 || !(applet->flags & APPLET_PLAIN_HELP);
}

/* Output is only written when it is flushed, so a full disk shows up here. */
static int flush_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		warn_errno("write error");
	clearerr(stdout);
	return status ? status : 1;
}

/*
 * applet_exit() comes back here by longjmp, so that die() deep inside an applet
 * ends the applet and not the shell that runs it. The volatile copies are what
 * must outlive the jump.
 */
int applet_run(const struct applet *applet, int argc, char **argv)
{
	const struct applet *volatile outer = applet_current;
	const char *volatile outer_name = applet_name;
	jmp_buf *volatile outer_return = applet_return;
	jmp_buf here;
	int status;

	applet_current = applet;
	applet_name = applet->name;
	applet_return = &here;
	optind = 0;	/* glibc: start over, forgetting the last argv */
	status = setjmp(here);
	if (status == 0) {
		if (wants_help(applet, argc, argv))
			usage(0);
		status = applet->main(argc, argv);
	} else {
		status--;
	}
	status = flush_stdout(status);
	applet_current = outer;
	applet_name = outer_name;
	applet_return = outer_return;
	return status;
}

/* setjmp() returns 0 the first time, so statuses travel one higher. */
_Noreturn void applet_exit(int status)
{
	if (applet_return)
		longjmp(*applet_return, (status & 0xff) + 1);
	exit(flush_stdout(status));
}

_Noreturn void usage(int code)
{
	FILE *out = code ? stderr : stdout;

	if (applet_current) {
		fprintf(out, "usage: %s %s\n", applet_current->name, applet_current->usage);
		fprintf(out, "%s: %s\n", applet_current->name, applet_current->summary);
	}
	applet_exit(code);
}

APPLET(help, "[APPLET]", "list the commands, or show how one is used");
static int help_main(int argc, char **argv)
{
	const struct applet **list;

	if (argc > 1) {
		applet_current = applet_find(argv[1]);
		if (!applet_current)
			die("there is no applet called %s", argv[1]);
		usage(0);
	}
	list = applets_sorted();
	for (const struct applet **a = list; *a; a++)
		printf("  %-10s %s\n", (*a)->name, (*a)->summary);
	printf("`NAME --help` tells more.\n");
	free(list);
	return 0;
}

/* Links beside other programs' files: what is there already stays. */
static int install_links(const char *dir)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int status = 0;

	if (len < 0)
		die_errno("/proc/self/exe");
	self[len] = '\0';
	for (const struct applet *const *a = __start_applets; a < __stop_applets; a++) {
		char *path = path_join(dir, (*a)->name);

		if (symlink(self, path) < 0 && errno != EEXIST) {
			warn_errno("%s", path);
			status = 1;
		}
		free(path);
	}
	return status;
}

static int list_names(void)
{
	const struct applet **list = applets_sorted();

	for (const struct applet **a = list; *a; a++)
		puts((*a)->name);
	free(list);
	return flush_stdout(0);
}

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? path_base(argv[0]) : "grove";
	const struct applet *applet;

	if (*name == '-')	/* a login shell's argv[0] is "-sh" */
		name++;
	applet = applet_find(name);
	if (applet)
		return applet_run(applet, argc, argv);
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list_names();
	if (argc == 3 && strcmp(argv[1], "--install") == 0)
		return install_links(argv[2]);
	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: grove APPLET [ARG]... | --list | --install DIR\n");
		return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 1;
	}
	applet = applet_find(argv[1]);
	if (!applet) {
		fprintf(stderr, "grove: there is no applet called %s\n", argv[1]);
		return 127;
	}
	return applet_run(applet, argc - 1, argv + 1);
}

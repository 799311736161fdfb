/*
 * The table of builtins, and those that run and describe commands
 *
 * A builtin is a command that must act on the shell itself; everything else is
 * an applet. Some applets (test, echo, printf, true ...) run inside the shell
 * too, but they would do the same anywhere.
 *
 * LIMIT: cd and pwd show where a folder really is, not the links that led there.
 *
 * Entry points: builtin_find(), builtin_table().
 */

#include "initramfs/grove/sh.h"
#include "initramfs/grove/edit.h"

#include <limits.h>
#include <sys/times.h>

static int colon_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* Where */

static int cd_main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : var_get("HOME"), *old = var_get("PWD");
	bool back = argc > 1 && strcmp(dir, "-") == 0;
	char here[PATH_MAX];

	if (back)
		dir = var_get("OLDPWD");
	if (!dir || chdir(dir) < 0) {
		sh_warn("cd: %s", dir ? scratch_printf("%s: %s", dir, strerror(errno)) :
			"nowhere to go");
		return 1;
	}
	if (old)
		var_set("OLDPWD", old);
	if (getcwd(here, sizeof(here)))
		var_set("PWD", here);
	if (back)
		puts(here);
	return 0;
}

static int pwd_main(int argc, char **argv)
{
	char here[PATH_MAX];

	(void)argc, (void)argv;
	if (!getcwd(here, sizeof(here))) {
		sh_warn("pwd: %s", strerror(errno));
		return 1;
	}
	puts(here);
	return 0;
}

/* Leaving */

static int exit_main(int argc, char **argv)
{
	sh_exit((argc > 1 ? atoi(argv[1]) : sh.status) & 0xff);
}

static int return_main(int argc, char **argv)
{
	if (sh.interactive && sh.functions == 0)
		sh_fail(2, "return: not in a function");
	sh.leave = LEAVE_RETURN;
	return argc > 1 ? atoi(argv[1]) & 0xff : sh.status;
}

/* break and continue */
static int break_main(int argc, char **argv)
{
	int depth = argc > 1 ? atoi(argv[1]) : 1;

	if (depth < 1)
		sh_fail(2, "%s: %s: not a number of loops", argv[0], argv[1]);
	if (sh.loops == 0)
		return 0;
	sh.leave = *argv[0] == 'b' ? LEAVE_BREAK : LEAVE_CONTINUE;
	sh.leave_depth = depth < sh.loops ? depth : sh.loops;
	return 0;
}

/* Running */

static int eval_main(int argc, char **argv)
{
	struct text text = {0};

	text_add(&text, "", 0);
	for (int i = 1; i < argc; i++) {
		text_add(&text, argv[i], strlen(argv[i]));
		text_char(&text, ' ');
	}
	return run_string(text.data, false);
}

static int source_main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "";
	char *found = strchr(path, '/') ? NULL : path_search(path);
	int status;

	sh.functions++;
	status = run_file(found ? found : path);
	sh.functions--;
	if (status < 0)
		sh_fail(2, "%s: %s", path, strerror(errno));
	if (sh.leave == LEAVE_RETURN)
		sh.leave = LEAVE_NOT;
	return status;
}

static int exec_main(int argc, char **argv)
{
	if (argc == 1) {
		sh.keep_redirects = true;
		return 0;
	}
	if (sh.interactive && !strchr(argv[1], '/') && !path_search(argv[1]) &&
	    !applet_find(argv[1]))
		sh_fail(127, "%s: not found", argv[1]);
	signals_child(true);
	exec_program(argv + 1);
}

/* Say what a command is; briefly for command -v. */
static int describe(const char *name, bool briefly)
{
	const struct applet *applet = applet_find(name);
	const char *path = strchr(name, '/') && access(name, X_OK) == 0 ? name : path_search(name);
	const char *kind = NULL;

	if (function_find(name))
		kind = "a function";
	else if (builtin_find(name))
		kind = "a shell builtin";
	else if (applet && (applet->flags & APPLET_INLINE || !path))
		kind = "an applet of grove";
	if (kind)
		printf(briefly ? "%s\n" : "%s is %s\n", name, kind);
	else if (path && briefly)
		puts(path);
	else if (path)
		printf("%s is %s\n", name, path);
	else if (!briefly)
		printf("%s: not found\n", name);
	return kind || path ? 0 : 127;
}

static int command_main(int argc, char **argv)
{
	int i = argc > 1 && strcmp(argv[1], "-p") == 0 ? 2 : 1;

	if (i >= argc)
		return 0;
	if (strcmp(argv[i], "-v") == 0 || strcmp(argv[i], "-V") == 0)
		return i + 1 < argc ? describe(argv[i + 1], argv[i][1] == 'v') : 0;
	return exec_argv(argv + i, false, 0);
}

static int type_main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		status |= describe(argv[i], false);
	return status;
}

static int times_main(int argc, char **argv)
{
	struct tms t;
	clock_t list[4];
	long ticks = sysconf(_SC_CLK_TCK);

	(void)argc, (void)argv;
	times(&t);
	list[0] = t.tms_utime, list[1] = t.tms_stime;
	list[2] = t.tms_cutime, list[3] = t.tms_cstime;
	for (int i = 0; i < 4; i++)
		printf("%ldm%.2fs%c", (long)(list[i] / ticks / 60),
		       (double)(list[i] % (60 * ticks)) / ticks, i % 2 ? '\n' : ' ');
	return 0;
}

static int history_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	edit_history_print();
	return 0;
}

static const struct builtin builtins[] = {
	{":", colon_main, true},
	{".", source_main, true},
	{"source", source_main, true},
	{"break", break_main, true},
	{"continue", break_main, true},
	{"eval", eval_main, true},
	{"exec", exec_main, true},
	{"exit", exit_main, true},
	{"export", export_main, true},
	{"readonly", export_main, true},
	{"return", return_main, true},
	{"set", set_main, true},
	{"shift", shift_main, true},
	{"times", times_main, true},
	{"trap", trap_main, true},
	{"unset", unset_main, true},
	{"bg", fg_main, false},
	{"cd", cd_main, false},
	{"command", command_main, false},
	{"fg", fg_main, false},
	{"getopts", getopts_main, false},
	{"history", history_main, false},
	{"jobs", jobs_main, false},
	{"kill", sh_kill_main, false},
	{"local", local_main, true},
	{"pwd", pwd_main, false},
	{"read", read_main, false},
	{"type", type_main, false},
	{"ulimit", ulimit_main, false},
	{"umask", umask_main, false},
	{"wait", wait_main, false},
	{NULL, NULL, false},
};

const struct builtin *builtin_find(const char *name)
{
	for (const struct builtin *b = builtins; b->name; b++)
		if (strcmp(b->name, name) == 0)
			return b;
	return NULL;
}

const struct builtin *builtin_table(void)
{
	return builtins;
}

/*
 * Builtins that set things: options, parameters, variables, limits
 *
 * Each is listed in sh_builtin.c's table.
 */

#include "initramfs/grove/sh.h"

#include <sys/resource.h>
#include <sys/stat.h>

static const char option_letters[] = "efmnuxCi";

static const struct {
	char letter;
	const char *name;
} option_names[] = {
	{'e', "errexit"}, {'f', "noglob"}, {'m', "monitor"}, {'n', "noexec"},
	{'u', "nounset"}, {'x', "xtrace"}, {'C', "noclobber"},
};

/* Parameters */

void params_free(char **params)
{
	for (char **p = params; p && *p; p++)
		free(*p);
	free(params);
}

void params_set(char **argv)
{
	int count = 0;

	while (argv[count])
		count++;
	sh.params = xmalloc((count + 1) * sizeof(*sh.params));
	for (int i = 0; i < count; i++)
		sh.params[i] = xstrdup(argv[i]);
	sh.params[count] = NULL;
	sh.param_count = count;
}

int shift_main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;

	if (count < 0 || count > sh.param_count)
		sh_fail(2, "shift: there are only %d parameters", sh.param_count);
	for (int i = 0; i < count; i++)
		free(sh.params[i]);
	sh.param_count -= count;
	memmove(sh.params, sh.params + count, (sh.param_count + 1) * sizeof(*sh.params));
	return 0;
}

/* Options */

bool set_options(const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		if (!strchr(option_letters, *c))
			return false;
		sh.opt[(unsigned char)*c] = *word == '-';
	}
	return true;
}

static bool set_named(const char *name, bool on)
{
	for (size_t i = 0; i < ARRAY_LEN(option_names); i++) {
		if (name && strcmp(option_names[i].name, name) == 0) {
			sh.opt[(unsigned char)option_names[i].letter] = on;
			return true;
		}
		if (!name)
			printf("%-10s %s\n", option_names[i].name,
			       sh.opt[(unsigned char)option_names[i].letter] ? "on" : "off");
	}
	return !name;
}

int set_main(int argc, char **argv)
{
	char **old = sh.params;
	int i = 1;

	if (argc == 1)
		var_print("", 0);
	for (; i < argc && (*argv[i] == '-' || *argv[i] == '+') && argv[i][1]; i++) {
		bool dashes = strcmp(argv[i], "--") == 0, named = strcmp(argv[i] + 1, "o") == 0;

		if (dashes)
			break;
		if (named ? !set_named(argv[i + 1], *argv[i] == '-') : !set_options(argv[i]))
			sh_fail(2, "set: %s: no such option", argv[i + named]);
		i += named && argv[i + 1];
	}
	if (i >= argc)
		return 0;
	params_set(argv + i + (strcmp(argv[i], "--") == 0));
	params_free(old);
	return 0;
}

/* Variables */

/* The name in "name" or "name=value", which is set; NULL with a message if it is none. */
static char *declare(const char *command, const char *arg, bool local)
{
	size_t len = name_length(arg);
	char *name = scratch_printf("%.*s", (int)len, arg);

	if (len == 0 || (arg[len] && arg[len] != '='))
		sh_fail(2, "%s: %s: not a name", command, arg);
	if (local)
		var_local(name);
	if (arg[len])
		var_set(name, arg + len + 1);
	return name;
}

/* export and readonly */
int export_main(int argc, char **argv)
{
	int flag = strcmp(argv[0], "export") == 0 ? VAR_EXPORT : VAR_READONLY;
	bool print = argc == 1 || strcmp(argv[1], "-p") == 0;

	if (print)
		var_print(scratch_printf("%s ", argv[0]), flag);
	for (int i = 1; i < argc && !print; i++)
		var_flag(declare(argv[0], argv[i], false), flag);
	return 0;
}

int local_main(int argc, char **argv)
{
	if (sh.functions == 0)
		sh_fail(2, "local: not in a function");
	for (int i = 1; i < argc; i++)
		declare(argv[0], argv[i], true);
	return 0;
}

int unset_main(int argc, char **argv)
{
	bool function = argc > 1 && strcmp(argv[1], "-f") == 0;

	for (int i = 1; i < argc; i++) {
		if (*argv[i] == '-')
			continue;
		if (function)
			function_unset(argv[i]);
		else
			var_unset(argv[i]);
	}
	return 0;
}

/* Limits */

int umask_main(int argc, char **argv)
{
	mode_t mask = umask(0);
	char *end;

	umask(mask);
	if (argc == 1) {
		printf("%04o\n", mask);
		return 0;
	}
	mask = strtoul(argv[1], &end, 8);
	if (*end || mask > 0777) {
		sh_warn("umask: %s: not an octal number up to 777", argv[1]);
		return 1;
	}
	umask(mask);
	return 0;
}

static const struct limit {
	char letter;
	int resource;
	rlim_t unit;
	const char *what;
} limits[] = {
	{'f', RLIMIT_FSIZE, 512, "file size (blocks)"}, {'t', RLIMIT_CPU, 1, "cpu time (s)"},
	{'c', RLIMIT_CORE, 512, "core file (blocks)"}, {'d', RLIMIT_DATA, 1024, "data (KiB)"},
	{'s', RLIMIT_STACK, 1024, "stack (KiB)"}, {'v', RLIMIT_AS, 1024, "memory (KiB)"},
	{'n', RLIMIT_NOFILE, 1, "open files"}, {'u', RLIMIT_NPROC, 1, "processes"},
	{'l', RLIMIT_MEMLOCK, 1024, "locked memory (KiB)"},
};

static void limit_print(const struct limit *limit, bool hard, bool what)
{
	struct rlimit now;
	rlim_t value;

	if (getrlimit(limit->resource, &now) < 0)
		return;
	value = hard ? now.rlim_max : now.rlim_cur;
	if (what)
		printf("-%c %-20s ", limit->letter, limit->what);
	if (value == RLIM_INFINITY)
		printf("unlimited\n");
	else
		printf("%llu\n", (unsigned long long)(value / limit->unit));
}

static int limit_set(const struct limit *limit, const char *arg, bool hard, bool soft)
{
	bool all = strcmp(arg, "unlimited") == 0;
	char *end = "";
	rlim_t value = all ? RLIM_INFINITY : strtoull(arg, &end, 10) * limit->unit;
	struct rlimit now;

	if (*end)
		sh_fail(2, "ulimit: %s: not a number", arg);
	getrlimit(limit->resource, &now);
	if (soft)
		now.rlim_cur = value;
	if (hard)
		now.rlim_max = value;
	if (setrlimit(limit->resource, &now) == 0)
		return 0;
	sh_warn("ulimit: %s: %s", arg, strerror(errno));
	return 1;
}

/* ulimit [-HS] [-a | -LETTER] [VALUE | unlimited] */
int ulimit_main(int argc, char **argv)
{
	const struct limit *limit = &limits[0];
	bool hard = false, soft = false, all = false;
	int i;

	for (i = 1; i < argc && *argv[i] == '-'; i++)
		for (const char *c = argv[i] + 1; *c; c++) {
			size_t n = 0;

			hard = hard || *c == 'H';
			soft = soft || *c == 'S';
			all = all || *c == 'a';
			while (n < ARRAY_LEN(limits) && limits[n].letter != *c)
				n++;
			if (n < ARRAY_LEN(limits))
				limit = &limits[n];
			else if (!strchr("HSa", *c))
				sh_fail(2, "ulimit: -%c: no such limit", *c);
		}
	if (i < argc)
		return limit_set(limit, argv[i], hard || !soft, soft || !hard);
	for (size_t n = 0; n < ARRAY_LEN(limits) && all; n++)
		limit_print(&limits[n], hard, true);
	if (!all)
		limit_print(limit, hard, false);
	return 0;
}

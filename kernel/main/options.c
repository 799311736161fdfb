/*
 * Command-line options: one table of the words that Pando acts on, and the list of those that it
 * only knows.
 *
 * Later words win. A word that stands in neither list is init's, as on Linux. Read by the boot hart
 * before memory management (options_parse) and by pid 1 before its first program
 * (options_init_args).
 *
 * NOTE(linux): words with a dot (module parameters) are dropped; there are no modules.
 */
#include "kernel/main/options.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/core/perturb.h"
#include "kernel/core/plant.h"
#include "kernel/core/printk.h"
#include "kernel/core/race.h"
#include "kernel/core/trace.h"
#include "kernel/sched/watchdog.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/string.h"

struct boot_options boot_options = { .maxcpus = HART_MAX, .mem = UINT64_MAX };

static int number(const struct cmdline_arg *arg, int64_t *out)
{
	char text[24];

	if (!arg->value || arg->value_len >= sizeof(text))
		return -EINVAL;
	memcpy(text, arg->value, arg->value_len);
	text[arg->value_len] = '\0';
	return str_to_i64(text, NULL, 0, out);
}

/* --- the options ------------------------------------------------------------------------------ */

static int option_quiet(const struct cmdline_arg *arg)
{
	console_loglevel = LOG_WARN;
	return 0;
}

static int option_debug(const struct cmdline_arg *arg)
{
	console_loglevel = LOG_DEBUG + 1;
	return 0;
}

static int option_loglevel(const struct cmdline_arg *arg)
{
	int64_t level;

	if (number(arg, &level) != 0 || level < 0 || level > 15)
		return -EINVAL;
	console_loglevel = (int)level;
	return 0;
}

static int option_panic(const struct cmdline_arg *arg)
{
	int64_t seconds;

	panic_exit = arg->value && arg->value_len == 4 && memcmp(arg->value, "exit", 4) == 0;
	if (panic_exit)
		return 0;
	if (number(arg, &seconds) != 0 || seconds < -1 || seconds > 100000)
		return -EINVAL;
	panic_timeout_s = (int)seconds;
	return 0;
}

static int number_up_to(const struct cmdline_arg *arg, int64_t most, unsigned *out)
{
	int64_t n;

	if (number(arg, &n) != 0 || n < 0 || n > most)
		return -EINVAL;
	*out = (unsigned)n;
	return 0;
}

static int option_watchdog(const struct cmdline_arg *arg)
{
	return number_up_to(arg, 60, &watchdog_settings.thresh_s);
}

static int option_hung_task(const struct cmdline_arg *arg)
{
	return number_up_to(arg, INT32_MAX, &watchdog_settings.hung_task_s);
}

static int option_hung_panic(const struct cmdline_arg *arg)
{
	unsigned on;
	int err = number_up_to(arg, 1, &on);

	if (err == 0)
		watchdog_settings.hung_task_panic = on;
	return err;
}

static int option_soft_panic(const struct cmdline_arg *arg)
{
	unsigned on;
	int err = number_up_to(arg, 1, &on);

	if (err == 0)
		watchdog_settings.softlockup_panic = on;
	return err;
}

/* As on Linux 0 means: the boot hart only. */
static int option_maxcpus(const struct cmdline_arg *arg)
{
	int64_t n;

	if (number(arg, &n) != 0 || n < 0)
		return -EINVAL;
	boot_options.maxcpus = (unsigned)clamp(n, (int64_t)1, (int64_t)HART_MAX);
	return 0;
}

static int option_mem(const struct cmdline_arg *arg)
{
	char text[24];
	uint64_t bytes;

	if (!arg->value || arg->value_len >= sizeof(text))
		return -EINVAL;
	memcpy(text, arg->value, arg->value_len);
	text[arg->value_len] = '\0';
	if (size_parse(text, NULL, &bytes) != 0 || bytes == 0)
		return -EINVAL;
	boot_options.mem = bytes;
	return 0;
}

static int option_sched_seed(const struct cmdline_arg *arg)
{
	int64_t seed;

	if (number(arg, &seed) != 0)
		return -EINVAL;
	perturb_set((uint64_t)seed);
	return 0;
}

static int option_init(const struct cmdline_arg *arg)
{
	boot_options.init_given = true;
	return 0;
}

/* trace=clone,exit: shown on the console as they happen. */
static int option_trace(const struct cmdline_arg *arg)
{
	return arg->value ? trace_set_change(TRACE_SHOWN, arg->value, arg->value_len) : -EINVAL;
}

static int option_fail(const struct cmdline_arg *arg)
{
	return fault_rule_set(arg);
}

static const struct {
	const char *key;
	int (*set)(const struct cmdline_arg *arg); /* NULL: looked up by whoever it concerns */
} options[] = {
	{ "quiet", option_quiet },
	{ "debug", option_debug },
	{ "loglevel", option_loglevel },
	{ "panic", option_panic },
	{ "watchdog_thresh", option_watchdog },
	{ "sysctl.kernel.watchdog_thresh", option_watchdog },
	{ "sysctl.kernel.hung_task_timeout_secs", option_hung_task },
	{ "hung_task_panic", option_hung_panic },
	{ "softlockup_panic", option_soft_panic },
	{ "maxcpus", option_maxcpus },
	{ "mem", option_mem },
	{ "init", option_init },
	{ "sched_seed", option_sched_seed },
	{ "trace", option_trace },
	/* Failures on demand: kernel/core/fault_inject.c. */
	{ "fail_page", option_fail },
	{ "fail_slab", option_fail },
	{ "fail_copy", option_fail },
	{ "fail_seed", option_fail },
	{ "fail_once", option_fail },
	{ "fail_depth", option_fail },
	{ "fail_after", option_fail },
	{ "fail_times", option_fail },
	{ "fail_task", option_fail },
	{ "fail_site", option_fail },
	{ "rdinit", NULL },
	{ "console", NULL }, /* kernel/dev/serial.c */
	{ "ktest", NULL },   /* kernel/core/ktest.c */
	{ "plant", NULL },   /* kernel/core/plant.c */
	/* Races: kernel/core/race.c. */
	{ "race_skip", NULL },
	{ "race_delay", NULL },
	{ "race_seed", NULL },
	{ "race_panic", NULL },
	/* Linux's, without a meaning here. */
	{ "earlycon", NULL },
	{ "earlyprintk", NULL },
	{ "root", NULL },
	{ "rootfstype", NULL },
	{ "rootflags", NULL },
	{ "rootwait", NULL },
	{ "rootdelay", NULL },
	{ "ro", NULL },
	{ "rw", NULL },
};

/* Its row in the table, or -1. */
static int option_find(const struct cmdline_arg *arg)
{
	for (unsigned i = 0; i < ARRAY_SIZE(options); i++) {
		if (cmdline_is(arg, options[i].key))
			return (int)i;
	}
	return -1;
}

static bool is_end(const struct cmdline_arg *arg)
{
	return arg->key_len == 2 && memcmp(arg->key, "--", 2) == 0;
}

/* The words that begin so are for kernels made in a certain way. */
static const struct {
	const char *begins;
	bool is_built;
	const char *made_with;
} builds[] = {
	{ "fail_", FAULTS_IS_BUILT, "FAULTS=1" },
	{ "plant", PLANTS_IS_BUILT, "DEBUG=1" },
	{ "race_", RACE_IS_BUILT, "SAN=thread" },
	{ "sched_seed", PERTURB_IS_BUILT, "DEBUG=1" },
};

/* How the kernel would have to be made to know the word; NULL: it does. */
static const char *option_lacks(const char *key)
{
	for (unsigned i = 0; i < ARRAY_SIZE(builds); i++) {
		if (!builds[i].is_built && str_starts(key, builds[i].begins))
			return builds[i].made_with;
	}
	return NULL;
}

static void option_set(unsigned i, const struct cmdline_arg *arg)
{
	const char *lacks = option_lacks(options[i].key);

	if (lacks != NULL)
		pr_warn("command line: %s needs a kernel made with %s", options[i].key, lacks);
	else if (options[i].set && options[i].set(arg) != 0)
		pr_warn("command line: \"%.*s=%.*s\" is not a value that I understand",
			(int)arg->key_len, arg->key, (int)arg->value_len,
			arg->value ? arg->value : "");
}

void options_parse(const char *cmdline)
{
	struct cmdline_arg arg;

	while (cmdline_next(&cmdline, &arg) && !is_end(&arg)) {
		int i = option_find(&arg);

		if (i >= 0)
			option_set((unsigned)i, &arg);
	}
}

/* --- init's share ----------------------------------------------------------------------------- */

/* "KEY=VALUE" or "KEY" as a string of its own. NULL: out of memory. */
static char *word_copy(const struct cmdline_arg *arg)
{
	size_t n = arg->key_len + (arg->value ? 1 + arg->value_len : 0);
	char *word = kmalloc(n + 1, 0);

	if (!word)
		return NULL;
	memcpy(word, arg->key, arg->key_len);
	if (arg->value) {
		word[arg->key_len] = '=';
		memcpy(word + arg->key_len + 1, arg->value, arg->value_len);
	}
	word[n] = '\0';
	return word;
}

static void word_add(const char **list, unsigned first, const struct cmdline_arg *arg)
{
	unsigned n = first;

	while (list[n])
		n++;
	if (n - first < INIT_ARGS_MAX)
		list[n] = word_copy(arg);
	if (!list[n])
		pr_warn("command line: no room for \"%.*s\", init doesn't get it",
			(int)arg->key_len, arg->key);
}

void options_init_args(const char *cmdline, struct init_args *args)
{
	struct cmdline_arg arg;
	bool ended = false;

	args->argv[0] = "init";
	args->envp[0] = "HOME=/";
	args->envp[1] = "TERM=linux";
	while (cmdline_next(&cmdline, &arg)) {
		if (!ended && is_end(&arg)) {
			ended = true;
			continue;
		}
		if (!ended && (option_find(&arg) >= 0 || memchr(arg.key, '.', arg.key_len)))
			continue;
		if (!ended && arg.value)
			word_add(args->envp, 2, &arg);
		else
			word_add(args->argv, 1, &arg);
	}
}

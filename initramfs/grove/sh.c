/*
 * sh: the shell
 *
 * A POSIX-flavoured command language; sh.h shows how its parts hang together.
 * Here: the options, where the text comes from (a string, a file, standard
 * input, the editor), and the loop that reads a line of commands and runs it.
 *
 * An error ends a script; at the prompt it jumps back to main's setjmp(), and
 * prompt_recover() puts right whatever was under way.
 *
 * LIMIT: an error at the prompt leaks the line's tree.
 * LIMIT: no alias, no fc, no $LINENO; characters are bytes.
 *
 * Entry points: the applet; run_source(), run_string(), run_file().
 */

#include "initramfs/grove/sh.h"
#include "initramfs/grove/edit.h"

#include <limits.h>
#include <stdarg.h>

struct shell sh;

/* Errors */

static void say(const char *fmt, va_list args)
{
	char text[512];
	int len;

	fflush(stdout);
	if (sh.interactive)
		len = snprintf(text, sizeof(text), "sh: ");
	else
		len = snprintf(text, sizeof(text), "%s: line %d: ", sh.name, sh.line);
	if (len < (int)sizeof(text))
		len += vsnprintf(text + len, sizeof(text) - len, fmt, args);
	if (len > (int)sizeof(text) - 2)
		len = sizeof(text) - 2;
	text[len] = '\n';
	write_all(STDERR_FILENO, text, len + 1);
}

void sh_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

_Noreturn void sh_fail(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	if (!sh.top)
		sh_exit(status);
	sh.status = status;
	longjmp(*sh.top, 1);
}

/* Sources */

/* Is there nothing but blanks left? Then the command at hand is the last. */
static bool source_ends(struct source *source)
{
	return !source->more &&
	       source->pos + strspn(source->text + source->pos, " \t\n") >= source->len;
}

int run_source(struct source *source, bool last)
{
	for (bool end = false; !end && !sh.leave;) {
		struct mark mark = scratch_mark();
		struct pool *pool = pool_create();
		struct parser p = {.source = source, .pool = pool};
		struct node *list;

		if (source->more)
			source->pos = source->len = 0;
		source->ended = false;
		list = parse_line(&p, &end);
		if (list && !sh.opt['n'])
			exec_list(list, last && source_ends(source) ? RUN_LAST : 0);
		pool_put(pool);
		scratch_release(mark);
	}
	signals_check();
	return sh.status;
}

int run_string(const char *text, bool last)
{
	struct source source = {.text = (char *)text, .len = strlen(text), .line = 1};

	if (source_ends(&source))
		sh.status = 0;
	return run_source(&source, last);
}

int run_file(const char *path)
{
	char *text = read_file(path, NULL);
	int status;

	if (!text)
		return -1;
	status = run_string(text, false);
	free(text);
	return status;
}

static bool source_append(struct source *source, const char *line, size_t len)
{
	source->text = xrealloc(source->text, source->len + len + 1);
	memcpy(source->text + source->len, line, len + 1);
	source->len += len;
	return len > 0;
}

/* A script on standard input, byte by byte: its commands may read the rest. */
static bool more_input(struct source *source)
{
	struct text line = {0};
	char c = 0;
	ssize_t n;

	text_add(&line, "", 0);
	while (c != '\n') {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text_char(&line, c);
	}
	return source_append(source, line.data, line.len);
}

/* The prompt */

static char *prompt(bool first)
{
	const char *set = var_get(first ? "PS1" : "PS2");
	char here[PATH_MAX], host[65] = "";

	if (set || !first)
		return scratch_printf("%s", set ? set : "> ");
	gethostname(host, sizeof(host) - 1);
	if (!getcwd(here, sizeof(here)))
		strcpy(here, "?");
	return scratch_printf("%s:%s%c ", host, here, geteuid() == 0 ? '#' : '$');
}

/* ^C drops the line, and whatever command it was part of. */
static bool more_edited(struct source *source)
{
	bool interrupted = false, first = source->len == 0, got;
	char *line;

	if (first)
		jobs_notify();
	signals_check();
	line = edit_line(prompt(first), &interrupted);
	if (interrupted)
		sh_interrupt();
	if (!line)
		return false;
	got = source_append(source, line, strlen(line));
	free(line);
	return got;
}

static void prompt_recover(void)
{
	redirect_undo(NULL);
	calls_unwind();
	sh.loops = sh.functions = sh.tested = 0;
	sh.leave = LEAVE_NOT;
	sh.opt['e'] = false;
	sh.keep_redirects = false;
}

static void prompt_loop(void)
{
	static struct source source;
	struct mark mark = scratch_mark();
	jmp_buf top;

	source = (struct source){.more = more_edited, .line = 1};
	sh.top = &top;
	if (setjmp(top)) {
		prompt_recover();
		scratch_release(mark);
	}
	run_source(&source, false);
	fprintf(stderr, "exit\n");
}

/* Start */

static void variables_init(void)
{
	char here[PATH_MAX];

	var_import(environ);
	var_set("IFS", " \t\n");
	var_set("OPTIND", "1");
	var_set("PPID", scratch_printf("%d", getppid()));
	if (!var_get("PATH"))
		var_set("PATH", "/bin:/sbin:/usr/bin:/usr/sbin");
	if (getcwd(here, sizeof(here)))
		var_set("PWD", here);
}

/* The options; the index of the first argument behind them. *text is what -c is given. */
static int options_parse(int argc, char **argv, bool *login, char **text)
{
	int i = 1;

	for (; i < argc && (*argv[i] == '-' || *argv[i] == '+') && argv[i][1]; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (strcmp(argv[i], "-s") == 0)
			continue;
		if (strcmp(argv[i], "-l") == 0) {
			*login = true;
		} else if (*argv[i] == '-' && strchr(argv[i], 'c')) {
			char *c = strchr(argv[i], 'c');

			*text = "";
			if (!set_options(scratch_printf("%.*s%s", (int)(c - argv[i]), argv[i],
							c + 1)))
				usage(2);
		} else if (!set_options(argv[i])) {
			usage(2);
		}
	}
	if (*text && i >= argc)
		die("-c needs a command");
	if (*text)
		*text = argv[i++];
	return i;
}

static void interactive_init(bool login)
{
	sh.interactive = sh.opt['i'] = sh.opt['m'] = true;
	signals_init();
	jobs_init();
	if (login)
		run_file("/etc/profile");
}

static _Noreturn void run_script(const char *path)
{
	char *text = read_file(path, NULL);

	if (!text) {
		sh_warn("%s: %s", path, strerror(errno));
		sh_exit(errno == ENOENT ? 127 : 126);
	}
	run_string(text, false);
	sh_exit(sh.status);
}

APPLET(sh, "[-c COMMANDS | FILE] [-efimnuxCl] [ARG]...\n"
	"  -c run the commands  -e end at the first failure  -x show each command\n"
	"  -u unset variables are errors  -n only check  -i interactive  -l login",
	"the shell: run commands from a file, a string, or a terminal");
static int sh_main(int argc, char **argv)
{
	bool login = *argv[0] == '-';
	struct source input = {.more = more_input, .line = 1};
	char *text = NULL;
	int i;

	sh = (struct shell){.pid = getpid(), .tty = -1, .name = argv[0]};
	i = options_parse(argc, argv, &login, &text);
	variables_init();
	if (i < argc)
		sh.name = argv[i++];
	params_set(argv + (i < argc ? i : argc));
	if (sh.opt['i'] || (!text && i > argc - 1 && sh.name == argv[0] && isatty(0) && isatty(2)))
		interactive_init(login);
	if (text)
		run_string(text, !sh.interactive);
	else if (sh.name != argv[0])
		run_script(sh.name);
	else if (sh.interactive)
		prompt_loop();
	else
		run_source(&input, false);
	sh_exit(sh.status);
}

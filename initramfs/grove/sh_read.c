/*
 * Builtins that take things apart: read and getopts
 *
 * read takes its line byte by byte, because what stands behind the line belongs
 * to the next program that reads the same descriptor.
 */

#include "initramfs/grove/sh.h"

#include <ctype.h>

/* A line that was read; where a backslash stood, escaped.data has a 1. */
struct line {
	struct text text, escaped;
};

static bool line_read(struct line *line, bool raw)
{
	bool escape = false;

	text_add(&line->text, "", 0);
	for (;;) {
		char c;
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR) {
			signals_check();
			continue;
		}
		if (n <= 0)
			return false;
		if (c == '\0')
			continue;
		if (!raw && !escape && c == '\\') {
			escape = true;
			continue;
		}
		if (c == '\n' && !escape)
			return true;
		if (c != '\n') {
			text_char(&line->text, c);
			text_char(&line->escaped, escape);
		}
		escape = false;
	}
}

static bool is_separator(struct line *line, size_t i, bool blank)
{
	const char *ifs = var_get("IFS") ? var_get("IFS") : " \t\n";
	char c = line->text.data[i];

	return i < line->text.len && !line->escaped.data[i] && strchr(ifs, c) &&
	       (!blank || isspace((unsigned char)c));
}

/* The end of the last name's text: blanks go, and a separator that ends a single field. */
static size_t last_end(struct line *line, size_t start)
{
	size_t end = line->text.len, at = start;

	while (end > start && is_separator(line, end - 1, true))
		end--;
	while (at < end && !is_separator(line, at, false))
		at++;
	return at + 1 == end ? at : end;
}

/* Give each name its field; the last one gets the rest. */
static void line_split(struct line *line, char **names)
{
	size_t i = 0;

	for (; *names; names++) {
		size_t start, end;

		while (is_separator(line, i, true))
			i++;
		start = i;
		if (names[1]) {
			while (i < line->text.len && !is_separator(line, i, false))
				i++;
			end = i;
			while (is_separator(line, i, true))
				i++;
			if (is_separator(line, i, false) && !is_separator(line, i, true))
				i++;
		} else {
			end = last_end(line, start);
		}
		var_set(*names, scratch_printf("%.*s", (int)(end - start),
					       line->text.data + start));
	}
}

/* read [-r] [-p PROMPT] [NAME]... */
int read_main(int argc, char **argv)
{
	char *reply[] = {"REPLY", NULL};
	struct line line = {0};
	bool raw = false, whole;
	int i = 1;

	for (; i < argc && *argv[i] == '-'; i++) {
		if (strcmp(argv[i], "-r") == 0)
			raw = true;
		else if (strcmp(argv[i], "-p") == 0 && argv[i + 1])
			fputs(argv[++i], stderr);
		else
			sh_fail(2, "read: %s: no such option", argv[i]);
	}
	whole = line_read(&line, raw);
	line_split(&line, i < argc ? argv + i : reply);
	return whole ? 0 : 1;
}

/* Where getopts stands: OPTIND is the argument, `offset` lies within it. */
struct options {
	char **args;
	int count, index;
	size_t offset;
};

static void options_store(struct options *o, const char *name, char letter)
{
	var_set("OPTIND", scratch_printf("%d", o->index));
	var_set(name, scratch_printf("%c", letter));
}

/* The argument of an option: the rest of its word, or the next word; NULL if there is none. */
static const char *options_argument(struct options *o, const char *word)
{
	size_t offset = o->offset;

	o->offset = strlen(word);
	if (word[offset])
		return word + offset;
	return o->index < o->count ? o->args[o->index++] : NULL;
}

/* One option; ":" first in `spec` means that the script reports errors itself. */
static char options_next(struct options *o, const char *spec)
{
	const char *word = o->args[o->index - 1], *argument;
	char letter = word[o->offset++];
	const char *known = letter == ':' ? NULL : strchr(spec, letter);
	char *itself = scratch_printf("%c", letter);
	bool silent = *spec == ':';

	if (known && known[1] != ':')
		return letter;
	argument = known ? options_argument(o, word) : NULL;
	if (argument || silent)
		var_set("OPTARG", argument ? argument : itself);
	else
		sh_warn("-%c: %s", letter, known ? "needs an argument" : "no such option");
	return argument ? letter : known && silent ? ':' : '?';
}

/* getopts LETTERS NAME [ARG]... */
int getopts_main(int argc, char **argv)
{
	static size_t offset = 1;
	static int last_index;
	const char *index = var_get("OPTIND"), *word;
	struct options o = {
		.args = argc > 3 ? argv + 3 : sh.params,
		.count = argc > 3 ? argc - 3 : sh.param_count,
		.index = index ? atoi(index) : 1,
	};
	char letter = '?';

	if (argc < 3)
		sh_fail(2, "getopts: needs letters and a name");
	var_unset("OPTARG");
	o.offset = o.index == last_index ? offset : 1;
	word = o.index > 0 && o.index <= o.count ? o.args[o.index - 1] : "";
	if (*word != '-' || !word[1] || strcmp(word, "--") == 0) {
		o.index += strcmp(word, "--") == 0;
		last_index = 0;
		options_store(&o, argv[2], '?');
		return 1;
	}
	if (o.offset < strlen(word))
		letter = options_next(&o, argv[1]);
	if (o.offset >= strlen(word)) {
		o.index++;
		o.offset = 1;
	}
	offset = o.offset;
	last_index = o.index;
	options_store(&o, argv[2], letter);
	return 0;
}

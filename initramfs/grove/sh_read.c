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

/* One option letter at argv[index][offset]: what getopts says of it. */
static char option_judge(const char *spec, char letter, const char **known)
{
	*known = letter == ':' ? NULL : strchr(spec, letter);
	if (!*known && *spec != ':')
		sh_warn("-%c: no such option", letter);
	return *known ? letter : '?';
}

/* getopts LETTERS NAME [ARG]... ; OPTIND is the next argument, `offset` lies within it. */
int getopts_main(int argc, char **argv)
{
	static int offset = 1, last_index;
	char **args = argc > 3 ? argv + 3 : sh.params, *arg, letter;
	const char *known, *index_text = var_get("OPTIND");
	int index = index_text ? atoi(index_text) : 1;

	if (argc < 3)
		sh_fail(2, "getopts: needs letters and a name");
	if (index != last_index)
		offset = 1;
	arg = index > 0 && index <= (argc > 3 ? argc - 3 : sh.param_count) ? args[index - 1] : NULL;
	var_unset("OPTARG");
	if (!arg || *arg != '-' || !arg[1] || strcmp(arg, "--") == 0) {
		var_set("OPTIND", scratch_printf("%d", last_index = index + (arg && arg[0] == '-' && arg[1])));
		var_set(argv[2], "?");
		offset = 1;
		return 1;
	}
	letter = option_judge(argv[1], arg[offset], &known);
	if (!known && *argv[1] == ':')
		var_set("OPTARG", scratch_printf("%c", arg[offset]));
	offset++;
	if (known && known[1] == ':') {
		const char *value = arg[offset] ? arg + offset : args[index++];

		index -= !value;
		if (!value && *argv[1] != ':')
			sh_warn("-%c: needs an argument", letter);
		var_set("OPTARG", value ? value : scratch_printf("%c", letter));
		letter = value ? letter : *argv[1] == ':' ? ':' : '?';
		offset = strlen(arg);
	}
	if (!arg[offset]) {
		index++;
		offset = 1;
	}
	last_index = index;
	var_set("OPTIND", scratch_printf("%d", index));
	var_set(argv[2], scratch_printf("%c", letter));
	return 0;
}

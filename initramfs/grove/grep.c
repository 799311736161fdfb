/*
 * grep: lines that match
 *
 * The C library's regcomp() does the matching; what is added here is several
 * patterns (-e, or one a line), the options that only change how a pattern is
 * built (-F quotes it, -x and -w put anchors around it), and walking folders.
 *
 * Exit status: 0 a line was selected, 1 none, 2 something went wrong.
 *
 * LIMIT: a binary file is treated as text.
 */

#include "initramfs/grove/common.h"

#include <dirent.h>
#include <regex.h>

struct grep {
	bool extended, fixed, invert, numbers, count, quiet, recursive, list, only, names, silent;
	bool whole_word, whole_line, no_names;
	int flags;		/* of regcomp */
	regex_t *patterns;
	size_t pattern_count;
	bool selected, failed;
};

/* A pattern as regcomp wants it. The caller frees. */
static char *grep_expression(const struct grep *g, const char *pattern, size_t len)
{
	char *quoted = xmalloc(2 * len + 1), *text, *q = quoted;
	const char *open = g->extended ? "(" : "\\(", *close = g->extended ? ")" : "\\)";

	for (size_t i = 0; i < len; i++) {
		if (g->fixed && strchr("\\.[]*^$", pattern[i]))
			*q++ = '\\';
		*q++ = pattern[i];
	}
	*q = '\0';
	if (!g->whole_line && !g->whole_word)
		return quoted;
	text = xasprintf("%s%s%s%s%s", g->whole_line ? "^" : "\\<", open, quoted, close,
			 g->whole_line ? "$" : "\\>");
	free(quoted);
	return text;
}

/* Add the patterns in `text`, one a line. */
static void grep_add(struct grep *g, const char *text)
{
	while (true) {
		size_t len = strcspn(text, "\n");
		char *expression = grep_expression(g, text, len), why[128];
		int error;

		g->patterns = xrealloc(g->patterns, (g->pattern_count + 1) * sizeof(*g->patterns));
		error = regcomp(&g->patterns[g->pattern_count++], expression, g->flags);
		if (error) {
			regerror(error, &g->patterns[g->pattern_count - 1], why, sizeof(why));
			warn("%s: %s", expression, why);
			applet_exit(2);
		}
		free(expression);
		if (!text[len])
			return;
		text += len + 1;
	}
}

/* The leftmost, then longest match of any pattern in line[from..len). */
static bool grep_match(const struct grep *g, const char *line, size_t from, size_t len,
		       regmatch_t *best)
{
	bool found = false;

	for (size_t i = 0; i < g->pattern_count; i++) {
		regmatch_t m = { .rm_so = (regoff_t)from, .rm_eo = (regoff_t)len };

		if (regexec(&g->patterns[i], line, 1, &m, REG_STARTEND | (from ? REG_NOTBOL : 0)))
			continue;
		if (!found || m.rm_so < best->rm_so ||
		    (m.rm_so == best->rm_so && m.rm_eo > best->rm_eo))
			*best = m;
		found = true;
	}
	return found;
}

static void grep_prefix(const struct grep *g, const char *name, long number)
{
	if (g->names)
		printf("%s:", name);
	if (g->numbers)
		printf("%ld:", number);
}

static void grep_print(const struct grep *g, const char *name, long number, const char *line,
		       size_t len)
{
	regmatch_t m;
	size_t from = 0;

	if (!g->only) {
		grep_prefix(g, name, number);
		fwrite(line, 1, len, stdout);
		putchar('\n');
		return;
	}
	while (!g->invert && from < len && grep_match(g, line, from, len, &m)) {
		if (m.rm_eo > m.rm_so) {
			grep_prefix(g, name, number);
			printf("%.*s\n", (int)(m.rm_eo - m.rm_so), line + m.rm_so);
		}
		from = m.rm_eo > m.rm_so ? (size_t)m.rm_eo : (size_t)m.rm_eo + 1;
	}
}

static void grep_stream(struct grep *g, FILE *file, const char *name)
{
	char *line = NULL;
	size_t room = 0;
	long number = 0, selected = 0;
	ssize_t len;
	regmatch_t m;

	while ((len = getline(&line, &room, file)) > 0) {
		number++;
		len -= line[len - 1] == '\n';
		if (grep_match(g, line, 0, len, &m) == g->invert)
			continue;
		selected++;
		if (g->quiet || g->list)
			break;
		if (!g->count)
			grep_print(g, name, number, line, len);
	}
	g->selected |= selected > 0;
	if (g->list && selected && !g->quiet)
		puts(name);
	if (g->count && !g->list && !g->quiet) {
		if (g->names)
			printf("%s:", name);
		printf("%ld\n", selected);
	}
	free(line);
}

static void grep_path(struct grep *g, const char *path);

static int visible_name(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void grep_folder(struct grep *g, const char *path)
{
	struct dirent **entries;
	int count = scandir(*path ? path : ".", &entries, visible_name, alphasort);
	struct stat st;

	if (count < 0) {
		warn_errno("%s", path);
		g->failed = true;
	}
	for (int i = 0; i < count; i++) {
		char *child =
			*path ? path_join(path, entries[i]->d_name) : xstrdup(entries[i]->d_name);

		if (lstat(child, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
			grep_path(g, child);
		free(child);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void grep_path(struct grep *g, const char *path)
{
	struct stat st;
	FILE *file;

	if (g->recursive && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		grep_folder(g, path);
		return;
	}
	if (g->silent && access(path, R_OK) < 0 && strcmp(path, "-") != 0) {
		g->failed = true;
		return;
	}
	file = input_open(path);
	if (!file) {
		g->failed = true;
		return;
	}
	grep_stream(g, file, file == stdin ? "(standard input)" : path);
	input_close(file);
}

/* Options that only say yes. */
static bool grep_option(struct grep *g, int opt)
{
	switch (opt) {
	case 'E': g->extended = true; break;
	case 'F': g->fixed = true; break;
	case 'G': g->extended = false; break;
	case 'i': g->flags |= REG_ICASE; break;
	case 'v': g->invert = true; break;
	case 'n': g->numbers = true; break;
	case 'c': g->count = true; break;
	case 'q': g->quiet = true; break;
	case 'r': g->recursive = true; break;
	case 'l': g->list = true; break;
	case 'o': g->only = true; break;
	case 'w': g->whole_word = true; break;
	case 'x': g->whole_line = true; break;
	case 's': g->silent = true; break;
	case 'h': g->no_names = true; break;
	case 'H': g->names = true; break;
	default: return false;
	}
	return true;
}

APPLET(grep, "[OPTION]... PATTERN [FILE]...\n"
	"  -e PATTERN  -E extended  -F fixed text  -i ignore case  -v lines that don't match\n"
	"  -w whole words  -x whole lines  -n numbers  -c count  -l only names  -o only matches\n"
	"  -q no output  -r folders  -h/-H without/with file names  -s no errors",
	"print lines that match a pattern");
static int grep_main(int argc, char **argv)
{
	struct grep g = { 0 };
	char *patterns = NULL, *joined;
	int opt;

	while ((opt = getopt(argc, argv, "EFGivncqrlowxshHe:")) != -1) {
		if (opt == 'e') {
			joined = patterns ? xasprintf("%s\n%s", patterns, optarg) : xstrdup(optarg);
			free(patterns);
			patterns = joined;
		} else if (!grep_option(&g, opt)) {
			usage(2);
		}
	}
	if (!patterns && optind == argc)
		usage(2);
	if (!patterns)
		patterns = xstrdup(argv[optind++]);
	g.extended &= !g.fixed;
	g.flags |= g.extended ? REG_EXTENDED : 0;
	grep_add(&g, patterns);
	g.names = !g.no_names && (g.names || g.recursive || argc - optind > 1);
	for (int i = optind; i < argc; i++)
		grep_path(&g, argv[i]);
	if (optind == argc && g.recursive)
		grep_folder(&g, "");
	else if (optind == argc)
		grep_path(&g, "-");
	return g.selected && (g.quiet || !g.failed) ? 0 : g.failed ? 2 : 1;
}

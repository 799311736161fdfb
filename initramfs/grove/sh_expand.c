/*
 * From words to arguments
 *
 * The parts of a word are written out one behind the other as characters, each
 * with a mark that says what may still happen to it:
 *
 *	MARK_TEXT	typed unquoted: a glob character works, blanks don't split
 *	MARK_QUOTED	stands for itself
 *	MARK_SPLIT	came from an unquoted expansion: IFS splits it, globs work
 *	MARK_BREAK	no character: "$@" begins a new argument here
 *	MARK_EMPTY	no character: "" was here, so there is an argument
 *
 *	a$x"$y"  with x='b c', y='*'   text   a b _ c *
 *	                               marks  T S S S Q   -> "ab", "c*"
 *
 * Splitting and globbing then need only that one line of text and its marks.
 *
 * LIMIT: ~ stands for $HOME only at a word's start, and ~name is left as it is.
 *
 * Entry points: expand_words(), expand_string(), expand_pattern().
 */

#include "initramfs/grove/sh.h"

#include <ctype.h>
#include <fnmatch.h>
#include <sys/wait.h>

enum mark_kind {
	MARK_TEXT = 'T', MARK_QUOTED = 'Q', MARK_SPLIT = 'S', MARK_BREAK = 'B', MARK_EMPTY = 'E',
};

struct expansion {
	struct text text, marks;
	enum mark_kind unquoted;	/* MARK_SPLIT within ${x:-here}, else MARK_TEXT */
};

/* The arguments made so far. */
struct fields {
	char **list;
	size_t count, room;
};

static void expand_parts(struct expansion *x, struct part *parts);

static void put(struct expansion *x, const char *s, enum mark_kind mark)
{
	for (; *s; s++) {
		text_char(&x->text, *s);
		text_char(&x->marks, mark);
	}
}

static void put_mark(struct expansion *x, enum mark_kind mark)
{
	text_char(&x->text, ' ');
	text_char(&x->marks, mark);
}

/* $( ) */

static _Noreturn void substitution_child(struct node *tree, const int *fds)
{
	subshell_enter(false);
	dup2(fds[1], STDOUT_FILENO);
	close(fds[0]);
	if (fds[1] != STDOUT_FILENO)
		close(fds[1]);
	sh_exit(exec_list(tree, RUN_LAST));
}

/* What the commands print, without the newlines at its end. NULs are dropped. */
static char *command_output(struct node *tree)
{
	struct text output = {0};
	char buffer[4096];
	int fds[2], status = 0;
	pid_t pid;
	ssize_t n;

	fflush(stdout);
	if (pipe(fds) < 0 || (pid = fork()) < 0)
		sh_fail(2, "cannot run $(): %s", strerror(errno));
	if (pid == 0)
		substitution_child(tree, fds);
	close(fds[1]);
	text_add(&output, "", 0);
	while ((n = read(fds[0], buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		for (ssize_t i = 0; i < n; i++)
			if (buffer[i])
				text_char(&output, buffer[i]);
	}
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sh.substitution = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	while (output.len > 0 && output.data[output.len - 1] == '\n')
		output.data[--output.len] = '\0';
	return output.data;
}

/* ${ } */

static char *option_letters(void)
{
	struct text letters = {0};

	text_add(&letters, "", 0);
	for (int c = 0; c < (int)ARRAY_LEN(sh.opt); c++)
		if (sh.opt[c])
			text_char(&letters, c);
	return letters.data;
}

/* NULL if unset. */
static const char *param_value(const char *name)
{
	int index;

	if (isdigit((unsigned char)*name)) {
		index = atoi(name);
		if (index == 0)
			return sh.name;
		return index <= sh.param_count ? sh.params[index - 1] : NULL;
	}
	switch (*name) {
	case '?': return scratch_printf("%d", sh.status);
	case '$': return scratch_printf("%d", sh.pid);
	case '#': return scratch_printf("%d", sh.param_count);
	case '-': return option_letters();
	case '!': return sh.last_background ? scratch_printf("%d", sh.last_background) : NULL;
	case '@':
	case '*': return sh.param_count ? join_params() : NULL;
	}
	return var_get(name);
}

char *join_params(void)
{
	const char *ifs = var_get("IFS");
	struct text joined = {0};

	text_add(&joined, "", 0);
	for (int i = 0; i < sh.param_count; i++) {
		if (i > 0)
			text_add(&joined, ifs ? ifs : " ", ifs ? *ifs != '\0' : 1);
		text_add(&joined, sh.params[i], strlen(sh.params[i]));
	}
	return joined.data;
}

/* $@ and $*: only "$*" is one argument. */
static void put_params(struct expansion *x, bool star, bool quoted)
{
	if (star && quoted) {
		put(x, join_params(), MARK_QUOTED);
		if (*join_params() == '\0')
			put_mark(x, MARK_EMPTY);
		return;
	}
	for (int i = 0; i < sh.param_count; i++) {
		if (i > 0)
			put_mark(x, MARK_BREAK);
		if (quoted && *sh.params[i] == '\0')
			put_mark(x, MARK_EMPTY);
		put(x, sh.params[i], quoted ? MARK_QUOTED : MARK_SPLIT);
	}
}

static void put_operand(struct expansion *x, struct part *operand)
{
	enum mark_kind outer = x->unquoted;

	x->unquoted = MARK_SPLIT;
	expand_parts(x, operand);
	x->unquoted = outer;
}

/* ${v#p}: the value without the shortest (# %) or longest (H P) match at its start or end. */
static const char *param_strip(const char *value, char op, const char *pattern)
{
	size_t len = strlen(value);
	bool start = op == '#' || op == 'H', shortest = op == '#' || op == '%';
	char *copy = scratch_printf("%s", value);

	for (size_t n = 0; n <= len; n++) {
		size_t cut = shortest ? n : len - n;
		char *edge = copy + (start ? cut : len - cut), kept = *edge;
		bool found;

		if (start)
			*edge = '\0';
		found = fnmatch(pattern, start ? copy : edge, 0) == 0;
		*edge = found && !start ? '\0' : kept;
		if (found)
			return start ? edge : copy;
	}
	return value;
}

static const char *param_length(const char *name, const char *value)
{
	if (*name == '@' || *name == '*')
		return scratch_printf("%d", sh.param_count);
	return scratch_printf("%zu", value ? strlen(value) : 0);
}

static const char *param_missing(struct part *part)
{
	const char *why = part->colon ? "parameter not set or null" : "parameter not set";
	const char *said;

	if (part->op == '=') {
		said = expand_string(part->operand);
		var_set(part->text, said);
		return said;
	}
	if (part->op == '?') {
		said = expand_string(part->operand);
		sh_fail(2, "%s: %s", part->text, *said ? said : why);
	}
	if (sh.opt['u'] && *part->text != '@' && *part->text != '*')
		sh_fail(2, "%s: %s", part->text, why);
	return "";
}

static void expand_param(struct expansion *x, struct part *part)
{
	const char *value = param_value(part->text);
	bool missing = !value || (part->colon && *value == '\0');
	bool all = *part->text == '@' || *part->text == '*';

	if (part->op == '+' || (part->op == '-' && missing)) {
		if (missing == (part->op == '-'))
			put_operand(x, part->operand);
		return;
	}
	if (all && (part->op == 0 || part->op == '-')) {
		put_params(x, *part->text == '*', part->quoted);
		return;
	}
	if (missing && !all)
		value = param_missing(part);
	if (part->op == 'L')
		value = param_length(part->text, value);
	else if (part->op && strchr("#H%P", part->op))
		value = param_strip(value ? value : "", part->op, expand_pattern(part->operand));
	put(x, value ? value : "", part->quoted ? MARK_QUOTED : MARK_SPLIT);
}

/* Words */

static const char *tilde_skip(struct expansion *x, struct part *part)
{
	const char *home = var_get("HOME"), *text = part->text;
	bool alone = text[0] == '~' && (text[1] == '/' || (text[1] == '\0' && !part->next));

	if (!alone || !home || part->quoted)
		return text;
	put(x, home, MARK_QUOTED);
	return text + 1;
}

static void expand_parts(struct expansion *x, struct part *parts)
{
	for (struct part *part = parts; part; part = part->next) {
		enum mark_kind mark = part->quoted ? MARK_QUOTED : MARK_SPLIT;
		bool list = part->kind == PART_PARAM && *part->text == '@';
		size_t before = x->text.len;

		switch (part->kind) {
		case PART_TEXT:
			put(x, part == parts ? tilde_skip(x, part) : part->text,
			    part->quoted ? MARK_QUOTED : x->unquoted);
			break;
		case PART_PARAM:
			expand_param(x, part);
			break;
		case PART_COMMAND:
			put(x, command_output(part->tree), mark);
			break;
		case PART_ARITH:
			put(x, scratch_printf("%lld",
				(long long)arith_eval(expand_string(part->operand))), mark);
			break;
		}
		if (part->quoted && !list && x->text.len == before)
			put_mark(x, MARK_EMPTY);
	}
}

char *expand_string(struct part *parts)
{
	struct expansion x = {.unquoted = MARK_TEXT};
	struct text result = {0};

	expand_parts(&x, parts);
	text_add(&result, "", 0);
	for (size_t i = 0; i < x.text.len; i++)
		if (x.marks.data[i] != MARK_EMPTY)
			text_char(&result, x.text.data[i]);
	return result.data;
}

/* Quoted characters get a backslash, so that only the others are special. */
static char *pattern_from(const char *text, const char *marks, size_t len)
{
	struct text pattern = {0};

	text_add(&pattern, "", 0);
	for (size_t i = 0; i < len; i++) {
		if (marks[i] == MARK_EMPTY)
			continue;
		if (marks[i] == MARK_QUOTED && text[i] && strchr("*?[]!^-\\", text[i]))
			text_char(&pattern, '\\');
		text_char(&pattern, text[i]);
	}
	return pattern.data;
}

char *expand_pattern(struct part *parts)
{
	struct expansion x = {.unquoted = MARK_TEXT};

	expand_parts(&x, parts);
	return pattern_from(x.text.data, x.marks.data, x.text.len);
}

static void fields_add(struct fields *fields, char *s)
{
	if (fields->count + 1 >= fields->room) {
		char **old = fields->list;

		fields->room = 2 * fields->room + 8;
		fields->list = scratch_alloc(fields->room * sizeof(*old));
		if (fields->count > 0)
			memcpy(fields->list, old, fields->count * sizeof(*old));
	}
	if (s)
		fields->list[fields->count++] = s;
	fields->list[fields->count] = NULL;
}

/* One argument is complete: the files it matches, or itself. */
static void field_end(struct fields *fields, struct text *text, struct text *marks)
{
	bool magic = false, bracket = false;
	char **matches;

	for (size_t i = 0; i < text->len; i++) {
		char c = marks->data[i] == MARK_QUOTED ? 'x' : text->data[i];

		bracket = bracket || c == '[';
		magic = magic || c == '*' || c == '?' || (bracket && c == ']');
	}
	matches = magic && !sh.opt['f'] ?
		  glob_expand(pattern_from(text->data, marks->data, text->len)) : NULL;
	if (!matches)
		fields_add(fields, scratch_printf("%s", text->len ? text->data : ""));
	for (; matches && *matches; matches++)
		fields_add(fields, *matches);
	text->len = marks->len = 0;
}

/*
 * Blanks in IFS only end an argument; any other IFS character also makes one, if
 * need be an empty one, unless blanks next to it have just done so.
 */
static void split(struct fields *fields, struct expansion *x)
{
	const char *ifs = var_get("IFS") ? var_get("IFS") : " \t\n";
	struct text text = {0}, marks = {0};
	bool any = false, after_blank = false;

	for (size_t i = 0; i < x->text.len; i++) {
		char c = x->text.data[i], mark = x->marks.data[i];
		bool separator = mark == MARK_SPLIT && strchr(ifs, c);
		bool blank = mark == MARK_BREAK || (separator && isspace((unsigned char)c));

		if (blank || separator) {
			if (any || (!blank && !after_blank))
				field_end(fields, &text, &marks);
			after_blank = blank && (any || after_blank) && mark != MARK_BREAK;
			any = false;
			continue;
		}
		any = true;
		after_blank = false;
		if (mark == MARK_EMPTY)
			continue;
		text_char(&text, c);
		text_char(&marks, mark);
	}
	if (any)
		field_end(fields, &text, &marks);
}

char **expand_words(struct word *words)
{
	struct fields fields = {0};

	fields_add(&fields, NULL);
	for (; words; words = words->next) {
		struct expansion x = {.unquoted = MARK_TEXT};

		expand_parts(&x, words->parts);
		split(&fields, &x);
	}
	return fields.list;
}

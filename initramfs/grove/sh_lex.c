/*
 * From characters to tokens, and words to their parts
 *
 * A word is taken apart once, here: quotes are removed and each stretch of text
 * remembers whether it was quoted, ${...} and $((...)) become parts with parts
 * inside, and $(...) becomes a parsed tree. So running a word needs no second
 * look at its characters, and where a $( ends is never guessed.
 *
 * The body of a here-document begins after the line it was asked for on: it is
 * read when that line's newline token is.
 *
 * LIMIT: `$((` always begins arithmetic; write `$( (` for a subshell.
 *
 * Entry points: token_peek(), token_take(), token_is(), word_plain().
 */

#include "initramfs/grove/sh.h"

#include <ctype.h>

/* What ends a run of parts; the caller takes the ending character. */
enum ending { END_WORD, END_QUOTE, END_BRACE, END_ARITH, END_TEXT };

/* Parts under construction: `text` is the next TEXT part while `open`. */
struct builder {
	struct parser *p;
	struct part **tail;
	struct text text;
	bool open, quoted;
	int depth;	/* of parentheses in arithmetic */
};

static void scan_into(struct builder *b, enum ending ending, bool quoted);

_Noreturn void syntax_error(struct parser *p, const char *what)
{
	sh.line = p->source->line;
	sh_fail(2, "syntax error: %s", what);
}

/* Characters */

static int peek_raw(struct parser *p)
{
	struct source *s = p->source;

	while (s->pos >= s->len) {
		s->ended = s->ended || !s->more || !s->more(s);
		if (s->ended)
			return -1;
	}
	return (unsigned char)s->text[s->pos];
}

static int take_raw(struct parser *p)
{
	int c = peek_raw(p);

	if (c < 0)
		return c;
	p->source->pos++;
	if (c == '\n')
		p->source->line++;
	return c;
}

/* The next character where a backslash at a line's end joins it to the next line. */
static int peek_char(struct parser *p)
{
	struct source *s = p->source;

	while (peek_raw(p) == '\\' && s->pos + 1 < s->len && s->text[s->pos + 1] == '\n') {
		s->pos += 2;
		s->line++;
	}
	return peek_raw(p);
}

size_t name_length(const char *s)
{
	size_t len = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (s[len] == '_' || isalnum((unsigned char)s[len]))
		len++;
	return len;
}

bool is_name(const char *s, size_t len)
{
	return len > 0 && name_length(s) >= len;
}

/* Parts */

static struct part *builder_append(struct builder *b, enum part_kind kind, bool quoted)
{
	struct part *part = pool_alloc(b->p->pool, sizeof(*part));

	part->kind = kind;
	part->quoted = quoted;
	*b->tail = part;
	b->tail = &part->next;
	return part;
}

static void builder_flush(struct builder *b)
{
	struct text text = b->text;

	if (!b->open)
		return;
	b->open = false;
	b->text.len = 0;
	builder_append(b, PART_TEXT, b->quoted)->text =
		pool_strndup(b->p->pool, text.data, text.len);
}

static struct part *builder_part(struct builder *b, enum part_kind kind, bool quoted)
{
	builder_flush(b);
	return builder_append(b, kind, quoted);
}

static void builder_char(struct builder *b, char c, bool quoted)
{
	if (b->quoted != quoted)
		builder_flush(b);
	b->open = true;
	b->quoted = quoted;
	text_char(&b->text, c);
}

static struct part *scan_parts(struct parser *p, enum ending ending, bool quoted)
{
	struct part *first = NULL;
	struct builder b = {.p = p, .tail = &first};

	scan_into(&b, ending, quoted);
	builder_flush(&b);
	return first;
}

static void scan_single(struct builder *b)
{
	bool empty = true;

	builder_flush(b);
	for (int c; (c = take_raw(b->p)) != '\''; empty = false) {
		if (c < 0)
			syntax_error(b->p, "a ' has no end");
		builder_char(b, c, true);
	}
	if (empty)
		builder_part(b, PART_TEXT, true)->text = "";
}

/* "" must leave a part behind: it makes a word of its own. */
static void scan_double(struct builder *b)
{
	struct part **before;

	builder_flush(b);
	before = b->tail;
	scan_into(b, END_QUOTE, true);
	take_raw(b->p);
	builder_flush(b);
	if (b->tail == before)
		builder_part(b, PART_TEXT, true)->text = "";
}

static void scan_backslash(struct builder *b, enum ending ending, bool quoted)
{
	int c = peek_raw(b->p);
	bool escapes = !quoted || c == '$' || c == '`' || c == '\\' ||
		       (c == '"' && (ending == END_QUOTE || ending == END_BRACE)) ||
		       (c == '}' && ending == END_BRACE);

	if (c < 0 || !escapes)
		builder_char(b, '\\', quoted);
	else
		builder_char(b, take_raw(b->p), true);
}

/* The text between backquotes, unescaped once, is parsed as a source of its own. */
static void scan_backquote(struct builder *b, bool quoted)
{
	struct text text = {0};
	struct source inside = {.line = b->p->source->line};
	struct parser inner = {.source = &inside, .pool = b->p->pool};

	text_add(&text, "", 0);
	for (int c; (c = take_raw(b->p)) != '`'; text_char(&text, c)) {
		if (c < 0)
			syntax_error(b->p, "a ` has no end");
		if (c != '\\')
			continue;
		c = peek_raw(b->p);
		if (c == '$' || c == '`' || c == '\\' || (quoted && c == '"'))
			take_raw(b->p);
		else
			c = '\\';
	}
	inside.text = text.data;
	inside.len = text.len;
	builder_part(b, PART_COMMAND, quoted)->tree = parse_until(&inner, NULL);
}

/* A parameter's name: a variable's, digits, or one special character. Empty: none. */
static char *scan_name(struct parser *p, bool many_digits)
{
	struct text name = {0};
	int c = peek_char(p);

	text_add(&name, "", 0);
	if (c == '_' || isalpha(c)) {
		for (; c == '_' || isalnum(c); c = peek_char(p))
			text_char(&name, take_raw(p));
	} else if (isdigit(c)) {
		do
			text_char(&name, take_raw(p));
		while (many_digits && isdigit(peek_char(p)));
	} else if (c > 0 && strchr("?$!#@*-", c)) {
		text_char(&name, take_raw(p));
	}
	return pool_strndup(p->pool, name.data, name.len);
}

/* Behind ${ : is this # the length operator, or the parameter $#? */
static bool is_length(struct parser *p)
{
	struct source *s = p->source;
	char next = peek_char(p) == '#' && s->pos + 1 < s->len ? s->text[s->pos + 1] : '}';

	if (next == '_' || isalnum((unsigned char)next))
		return true;
	return next != '}' && strchr("?$!@*-#", next) &&
	       s->pos + 2 < s->len && s->text[s->pos + 2] == '}';
}

static void scan_brace(struct builder *b, bool quoted)
{
	struct parser *p = b->p;
	struct part *part = builder_part(b, PART_PARAM, quoted);
	bool length = is_length(p);
	int c;

	if (length) {
		take_raw(p);
		part->op = 'L';
	}
	part->text = scan_name(p, true);
	if (*part->text == '\0')
		syntax_error(p, "bad substitution");
	if (!length && peek_char(p) == ':') {
		take_raw(p);
		part->colon = true;
	}
	c = take_raw(p);
	if (c == '}' && !part->colon)
		return;
	if (length || c <= 0 || !strchr(part->colon ? "-=?+" : "-=?+#%", c))
		syntax_error(p, "bad substitution");
	part->op = c;
	if ((c == '#' || c == '%') && peek_char(p) == c) {
		take_raw(p);
		part->op = c == '#' ? 'H' : 'P';
	}
	part->operand = scan_parts(p, END_BRACE, quoted && c != '#' && c != '%');
	take_raw(p);
}

static void scan_dollar(struct builder *b, bool quoted)
{
	struct parser *p = b->p;
	int c = peek_char(p);
	struct part *part;
	char *name;

	if (c == '{') {
		take_raw(p);
		scan_brace(b, quoted);
		return;
	}
	if (c != '(') {
		name = scan_name(p, false);
		if (*name)
			builder_part(b, PART_PARAM, quoted)->text = name;
		else
			builder_char(b, '$', quoted);
		return;
	}
	take_raw(p);
	if (peek_char(p) == '(') {
		take_raw(p);
		part = builder_part(b, PART_ARITH, quoted);
		part->operand = scan_parts(p, END_ARITH, true);
		take_raw(p);
		if (take_raw(p) != ')')
			syntax_error(p, "$(( without ))");
	} else {
		struct parser inner = {.source = p->source, .pool = p->pool};

		part = builder_part(b, PART_COMMAND, quoted);
		part->tree = parse_until(&inner, ")");
	}
}

static bool at_ending(struct builder *b, enum ending ending, int c)
{
	switch (ending) {
	case END_WORD:
		return c > 0 && strchr(" \t\n;&|<>()", c);
	case END_QUOTE:
		return c == '"';
	case END_BRACE:
		return c == '}';
	case END_ARITH:
		if (c == ')' && b->depth == 0)
			return true;
		b->depth += (c == '(') - (c == ')');
		return false;
	case END_TEXT:
		break;
	}
	return false;
}

static void scan_into(struct builder *b, enum ending ending, bool quoted)
{
	for (int c; !at_ending(b, ending, c = peek_char(b->p));) {
		if (c < 0 && (ending == END_WORD || ending == END_TEXT))
			return;
		if (c < 0)
			syntax_error(b->p, ending == END_QUOTE ? "a \" has no end" :
				     ending == END_BRACE ? "a ${ has no }" : "a $(( has no ))");
		take_raw(b->p);
		if (c == '\\')
			scan_backslash(b, ending, quoted);
		else if (c == '$')
			scan_dollar(b, quoted);
		else if (c == '`')
			scan_backquote(b, quoted);
		else if (c == '\'' && !quoted)
			scan_single(b);
		else if (c == '"' && (!quoted || ending == END_BRACE))
			scan_double(b);
		else if (c != '"' || ending != END_ARITH)
			builder_char(b, c, quoted);
	}
}

const char *word_plain(const struct word *word)
{
	const struct part *part = word->parts;

	return part && part->kind == PART_TEXT && !part->quoted && !part->next ? part->text : NULL;
}

/* Here-documents */

/* One line without its newline; false at the end of the source. */
static bool line_read(struct parser *p, struct text *line)
{
	int c = peek_raw(p);

	line->len = 0;
	text_add(line, "", 0);
	if (c < 0)
		return false;
	while ((c = take_raw(p)) >= 0 && c != '\n')
		text_char(line, c);
	return true;
}

static void heredoc_read(struct parser *p, struct redirect *r)
{
	struct text delimiter = {0}, line = {0}, body = {0};
	struct source inside = {.line = p->source->line};
	struct parser inner = {.source = &inside, .pool = p->pool};
	bool quoted = false;

	text_add(&delimiter, "", 0);
	text_add(&body, "", 0);
	for (struct part *part = r->target->parts; part; part = part->next) {
		text_add(&delimiter, part->text, part->text ? strlen(part->text) : 0);
		quoted = quoted || part->quoted;
	}
	while (line_read(p, &line)) {
		size_t tabs = r->op[2] == '-' ? strspn(line.data, "\t") : 0;

		if (strcmp(line.data + tabs, delimiter.data) == 0)
			break;
		text_add(&body, line.data + tabs, line.len - tabs);
		text_char(&body, '\n');
	}
	if (quoted) {
		struct part *part = pool_alloc(p->pool, sizeof(*part));

		part->quoted = true;
		part->text = pool_strndup(p->pool, body.data, body.len);
		r->target->parts = part;
		return;
	}
	inside.text = body.data;
	inside.len = body.len;
	r->target->parts = scan_parts(&inner, END_TEXT, true);
}

/* Tokens */

/* The end of a line, or of everything. */
static void line_end_read(struct parser *p)
{
	struct redirect *r = p->pending;

	p->token = take_raw(p) < 0 ? TOKEN_END : TOKEN_NEWLINE;
	p->pending = NULL;
	p->pending_tail = NULL;
	for (; r; r = r->next_pending)
		heredoc_read(p, r);
}

static bool operator_read(struct parser *p)
{
	static const char *const known[] = {
		"<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|",
		"&", "|", ";", "<", ">", "(", ")",
	};
	struct source *s = p->source;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		size_t len = strlen(known[i]);

		if (s->len - s->pos < len || memcmp(s->text + s->pos, known[i], len) != 0)
			continue;
		s->pos += len;
		strcpy(p->op, known[i]);
		p->token = TOKEN_OP;
		return true;
	}
	return false;
}

static void word_read(struct parser *p)
{
	const char *plain;
	int next;

	p->word = pool_alloc(p->pool, sizeof(*p->word));
	p->word->parts = scan_parts(p, END_WORD, false);
	p->token = TOKEN_WORD;
	plain = word_plain(p->word);
	next = peek_raw(p);
	if ((next == '<' || next == '>') && plain && strspn(plain, "0123456789") == strlen(plain)) {
		p->number = atoi(plain);
		p->token = TOKEN_NUMBER;
	}
}

enum token_kind token_peek(struct parser *p)
{
	int c;

	if (p->ready)
		return p->token;
	p->ready = true;
	while ((c = peek_char(p)) == ' ' || c == '\t')
		take_raw(p);
	if (c == '#')
		while ((c = peek_raw(p)) >= 0 && c != '\n')
			take_raw(p);
	p->start = p->source->pos;
	if (c < 0 || c == '\n')
		line_end_read(p);
	else if (!operator_read(p))
		word_read(p);
	p->stop = p->source->pos;
	return p->token;
}

void token_take(struct parser *p)
{
	token_peek(p);
	p->ready = false;
	p->taken = p->stop;
}

bool token_is(struct parser *p, const char *op)
{
	return token_peek(p) == TOKEN_OP && strcmp(p->op, op) == 0;
}

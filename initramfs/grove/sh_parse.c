/*
 * From tokens to commands
 *
 *	list      and_or { (";" | "&" | newline) and_or }
 *	and_or    pipeline { ("&&" | "||") pipeline }
 *	pipeline  ["!"] command { "|" command }
 *	command   simple | name "()" command
 *	          | (if | while | until | for | case | "{" | "(") ... {redirect}
 *	simple    {assignment | redirect} {word | redirect}
 *
 * One function per line of the grammar, called with the first token peeked, not
 * taken. Words such as `if` are keywords only where a command may begin. A
 * mistake leaves through syntax_error(), so no function returns half a tree.
 *
 * Entry points: parse_line(), parse_until().
 */

#include "initramfs/grove/sh.h"

static struct node *parse_and_or(struct parser *p);
static struct node *parse_command(struct parser *p);

static struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *node = pool_alloc(p->pool, sizeof(*node));

	node->kind = kind;
	node->line = p->source->line;
	node->pool = p->pool;
	return node;
}

static _Noreturn void unexpected(struct parser *p)
{
	const char *what = "end of file";

	if (p->token == TOKEN_NEWLINE)
		what = "end of line";
	else if (p->token == TOKEN_OP)
		what = p->op;
	else if (p->token != TOKEN_END)
		what = scratch_printf("%.*s", (int)(p->stop - p->start),
				      p->source->text + p->start);
	syntax_error(p, scratch_printf("unexpected %s", what));
}

/* The next token, if it is an unquoted word that a keyword could be. */
static const char *keyword_peek(struct parser *p)
{
	const char *plain = token_peek(p) == TOKEN_WORD ? word_plain(p->word) : NULL;

	return plain ? plain : "";
}

static bool keyword_take(struct parser *p, const char *keyword)
{
	if (strcmp(keyword_peek(p), keyword) != 0)
		return false;
	token_take(p);
	return true;
}

static void keyword_want(struct parser *p, const char *keyword)
{
	if (!keyword_take(p, keyword))
		unexpected(p);
}

static void newlines_skip(struct parser *p)
{
	while (token_peek(p) == TOKEN_NEWLINE)
		token_take(p);
}

/* Lists */

static bool at_list_end(struct parser *p)
{
	static const char *const closers[] = {
		"then", "else", "elif", "fi", "do", "done", "esac", "}",
	};

	if (token_peek(p) == TOKEN_END || token_is(p, ")") || token_is(p, ";;"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(closers); i++)
		if (strcmp(keyword_peek(p), closers[i]) == 0)
			return true;
	return false;
}

/* Takes the `;` or `&` behind an and_or; false if there is none. */
static bool separator_take(struct parser *p, struct node *node)
{
	node->background = token_is(p, "&");
	if (!node->background && !token_is(p, ";"))
		return false;
	token_take(p);
	return true;
}

static struct node *parse_list(struct parser *p)
{
	struct node *first = NULL, **tail = &first;

	for (;;) {
		newlines_skip(p);
		if (at_list_end(p))
			return first;
		*tail = parse_and_or(p);
		if (!separator_take(p, *tail) && token_peek(p) != TOKEN_NEWLINE)
			return first;
		tail = &(*tail)->next;
	}
}

/* A list that may not be empty, and the keyword behind it. */
static struct node *parse_body(struct parser *p, const char *end)
{
	struct node *list = parse_list(p);

	if (!list)
		unexpected(p);
	keyword_want(p, end);
	return list;
}

struct node *parse_until(struct parser *p, const char *stop)
{
	struct node *list = parse_list(p);

	if (stop ? !token_is(p, stop) : token_peek(p) != TOKEN_END)
		unexpected(p);
	token_take(p);
	return list;
}

struct node *parse_line(struct parser *p, bool *end)
{
	struct node *first = NULL, **tail = &first;

	for (;;) {
		enum token_kind token = token_peek(p);

		if (token == TOKEN_END && !first)
			*end = true;
		if (token == TOKEN_END)
			return first;
		if (token == TOKEN_NEWLINE) {
			token_take(p);
			return first;
		}
		*tail = parse_and_or(p);
		if (!separator_take(p, *tail) && token_peek(p) != TOKEN_NEWLINE &&
		    token_peek(p) != TOKEN_END)
			unexpected(p);
		tail = &(*tail)->next;
	}
}

/* Compound commands */

static struct node *parse_if(struct parser *p)
{
	struct node *node = node_new(p, NODE_IF);

	node->test = parse_body(p, "then");
	node->body = parse_list(p);
	if (!node->body)
		unexpected(p);
	if (keyword_take(p, "elif"))
		node->otherwise = parse_if(p);
	else if (keyword_take(p, "else"))
		node->otherwise = parse_body(p, "fi");
	else
		keyword_want(p, "fi");
	return node;
}

static struct node *parse_while(struct parser *p, enum node_kind kind)
{
	struct node *node = node_new(p, kind);

	node->test = parse_body(p, "do");
	node->body = parse_body(p, "done");
	return node;
}

static struct node *parse_for(struct parser *p)
{
	struct node *node = node_new(p, NODE_FOR);
	struct word **tail = &node->words;
	const char *name = keyword_peek(p);

	if (!is_name(name, strlen(name)))
		unexpected(p);
	node->name = pool_strndup(p->pool, name, strlen(name));
	token_take(p);
	newlines_skip(p);
	node->in_params = !keyword_take(p, "in");
	while (!node->in_params && token_peek(p) == TOKEN_WORD) {
		*tail = p->word;
		tail = &p->word->next;
		token_take(p);
	}
	if (token_is(p, ";"))
		token_take(p);
	newlines_skip(p);
	keyword_want(p, "do");
	node->body = parse_body(p, "done");
	return node;
}

static struct case_arm *parse_arm(struct parser *p)
{
	struct case_arm *arm = pool_alloc(p->pool, sizeof(*arm));
	struct word **tail = &arm->patterns;

	if (token_is(p, "("))
		token_take(p);
	do {
		if (token_peek(p) != TOKEN_WORD)
			unexpected(p);
		*tail = p->word;
		tail = &p->word->next;
		token_take(p);
		if (token_is(p, ")"))
			break;
		if (!token_is(p, "|"))
			unexpected(p);
		token_take(p);
	} while (true);
	token_take(p);
	arm->body = parse_list(p);
	if (token_is(p, ";;"))
		token_take(p);
	else if (strcmp(keyword_peek(p), "esac") != 0)
		unexpected(p);
	newlines_skip(p);
	return arm;
}

static struct node *parse_case(struct parser *p)
{
	struct node *node = node_new(p, NODE_CASE);
	struct case_arm **tail = &node->arms;

	if (token_peek(p) != TOKEN_WORD)
		unexpected(p);
	node->words = p->word;
	token_take(p);
	newlines_skip(p);
	keyword_want(p, "in");
	newlines_skip(p);
	while (!keyword_take(p, "esac")) {
		*tail = parse_arm(p);
		tail = &(*tail)->next;
	}
	return node;
}

static struct node *parse_group(struct parser *p)
{
	struct node *node = node_new(p, NODE_GROUP);

	node->body = parse_body(p, "}");
	return node;
}

static struct node *parse_subshell(struct parser *p)
{
	struct node *node = node_new(p, NODE_SUBSHELL);

	if (token_is(p, ")"))
		unexpected(p);
	node->body = parse_until(p, ")");
	return node;
}

/* Simple commands */

/* A redirection, if one is next. Here-documents are noted for the line's end. */
static bool parse_redirect(struct parser *p, struct redirect ***tail)
{
	bool numbered = token_peek(p) == TOKEN_NUMBER;
	struct redirect *r;
	int fd = p->number;

	if (numbered)
		token_take(p);
	if (token_peek(p) != TOKEN_OP || !strchr("<>", p->op[0]))
		return false;
	r = pool_alloc(p->pool, sizeof(*r));
	strcpy(r->op, p->op);
	r->fd = numbered ? fd : r->op[0] == '>';
	token_take(p);
	if (token_peek(p) != TOKEN_WORD)
		unexpected(p);
	r->target = p->word;
	if (r->op[0] == '<' && r->op[1] == '<') {
		if (!p->pending_tail)
			p->pending_tail = &p->pending;
		*p->pending_tail = r;
		p->pending_tail = &r->next_pending;
	}
	token_take(p);
	**tail = r;
	*tail = &r->next;
	return true;
}

/* `name=value` becomes a part with the name, then the value's parts. */
static bool assignment_split(struct parser *p, struct word *word)
{
	struct part *first = word->parts, *rest;
	size_t len;

	if (!first || first->kind != PART_TEXT || first->quoted)
		return false;
	len = name_length(first->text);
	if (len == 0 || first->text[len] != '=')
		return false;
	if (first->text[len + 1]) {
		rest = pool_alloc(p->pool, sizeof(*rest));
		rest->text = first->text + len + 1;
		rest->next = first->next;
		first->next = rest;
	}
	first->text = pool_strndup(p->pool, first->text, len);
	return true;
}

static struct node *parse_function(struct parser *p, const char *name)
{
	struct node *node = node_new(p, NODE_FUNCTION);

	token_take(p);
	if (!token_is(p, ")") || !is_name(name, strlen(name)))
		unexpected(p);
	token_take(p);
	newlines_skip(p);
	node->name = pool_strndup(p->pool, name, strlen(name));
	node->body = parse_command(p);
	return node;
}

static struct node *parse_simple(struct parser *p)
{
	struct node *node = node_new(p, NODE_SIMPLE);
	struct word **words = &node->words, **assigns = &node->assigns;
	struct redirect **redirects = &node->redirects;
	bool any = false;

	for (;; any = true) {
		if (parse_redirect(p, &redirects))
			continue;
		if (token_peek(p) != TOKEN_WORD)
			break;
		if (!node->words && assignment_split(p, p->word)) {
			*assigns = p->word;
			assigns = &p->word->next;
		} else {
			*words = p->word;
			words = &p->word->next;
		}
		token_take(p);
		if (token_is(p, "(") && node->words && !node->words->next &&
		    word_plain(node->words) && !node->assigns && !node->redirects)
			return parse_function(p, word_plain(node->words));
	}
	if (!any)
		unexpected(p);
	return node;
}

static struct node *parse_compound(struct parser *p)
{
	static const struct {
		const char *keyword;
		struct node *(*parse)(struct parser *p);
	} known[] = {
		{"if", parse_if}, {"for", parse_for}, {"case", parse_case}, {"{", parse_group},
	};

	if (token_is(p, "(")) {
		token_take(p);
		return parse_subshell(p);
	}
	if (keyword_take(p, "while"))
		return parse_while(p, NODE_WHILE);
	if (keyword_take(p, "until"))
		return parse_while(p, NODE_UNTIL);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (keyword_take(p, known[i].keyword))
			return known[i].parse(p);
	return NULL;
}

static struct node *parse_command(struct parser *p)
{
	struct node *node;
	struct redirect **tail;

	if (at_list_end(p))
		unexpected(p);
	node = parse_compound(p);
	if (!node)
		return parse_simple(p);
	tail = &node->redirects;
	while (parse_redirect(p, &tail))
		;
	return node;
}

/* Pipelines and what joins them */

static char *source_since(struct parser *p, size_t start)
{
	char *text = pool_strndup(p->pool, p->source->text + start, p->taken - start);

	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	return text;
}

static struct node *parse_pipeline(struct parser *p)
{
	size_t start = (token_peek(p), p->start);
	bool negated = keyword_take(p, "!");
	struct node *node = parse_command(p), *pipe, **tail = &node->next;

	if (token_is(p, "|")) {
		pipe = node_new(p, NODE_PIPE);
		pipe->body = node;
		node = pipe;
	}
	while (token_is(p, "|")) {
		token_take(p);
		newlines_skip(p);
		*tail = parse_command(p);
		tail = &(*tail)->next;
	}
	node->source = source_since(p, start);
	if (negated) {
		struct node *not = node_new(p, NODE_NOT);

		not->body = node;
		not->source = node->source;
		node = not;
	}
	return node;
}

static struct node *parse_and_or(struct parser *p)
{
	size_t start = (token_peek(p), p->start);
	struct node *left = parse_pipeline(p);

	while (token_is(p, "&&") || token_is(p, "||")) {
		struct node *both = node_new(p, token_is(p, "&&") ? NODE_AND : NODE_OR);

		token_take(p);
		newlines_skip(p);
		both->test = left;
		both->body = parse_pipeline(p);
		both->source = source_since(p, start);
		left = both;
	}
	return left;
}

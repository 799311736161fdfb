/*
 * cmdline.c: the kernel's command line.
 *
 * One scanner, cmdline_next; everything else is a loop over it. The first '=' outside of quotes,
 * or inside of quotes that began the word, ends the key. A quote that is never closed reaches to
 * the end of the line.
 */
#include "lib/cmdline.h"

#include "lib/errno.h"
#include "lib/string.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the word at s: the first blank or NUL that is not within quotes. */
static const char *word_end(const char *s)
{
	bool quoted = false;

	for (; *s != '\0' && (quoted || !is_blank(*s)); s++)
		if (*s == '"')
			quoted = !quoted;
	return s;
}

/* Takes one pair of quotes (or a single opening one) from around the piece [*from, *end). */
static void strip_quotes(const char **from, const char **end)
{
	if (*from == *end || **from != '"')
		return;
	(*from)++;
	if (*from < *end && (*end)[-1] == '"')
		(*end)--;
}

bool cmdline_next(const char **cursor, struct cmdline_arg *arg)
{
	const char *word = *cursor;

	while (is_blank(*word))
		word++;
	if (*word == '\0') {
		*cursor = word;
		return false;
	}

	const char *end = word_end(word);

	*cursor = end;
	strip_quotes(&word, &end);
	const char *equals = memchr(word, '=', (size_t)(end - word));

	*arg = (struct cmdline_arg){ .key = word, .key_len = (size_t)(end - word) };
	if (equals == NULL)
		return true;
	arg->key_len = (size_t)(equals - word);
	arg->value = equals + 1;
	strip_quotes(&arg->value, &end);
	arg->value_len = (size_t)(end - arg->value);
	return true;
}

static char fold_dash(char c)
{
	return c == '-' ? '_' : c;
}

bool cmdline_is(const struct cmdline_arg *arg, const char *key)
{
	for (size_t i = 0; i < arg->key_len; i++)
		if (key[i] == '\0' || fold_dash(arg->key[i]) != fold_dash(key[i]))
			return false;
	return key[arg->key_len] == '\0';
}

/* Is it the bare word "--"? Compared byte by byte, since "__" is a key. */
static bool is_end(const struct cmdline_arg *arg)
{
	return arg->key_len == 2 && arg->key[0] == '-' && arg->key[1] == '-' && arg->value == NULL;
}

/* The last word with this key before "--". */
static bool find_last(const char *line, const char *key, struct cmdline_arg *found)
{
	struct cmdline_arg arg;
	bool any = false;

	while (cmdline_next(&line, &arg) && !is_end(&arg)) {
		if (!cmdline_is(&arg, key))
			continue;
		*found = arg;
		any = true;
	}
	return any;
}

int cmdline_find(const char *line, const char *key, char *buf, size_t size)
{
	struct cmdline_arg arg;

	if (!find_last(line, key, &arg))
		return -ENOENT;
	if (size == 0)
		return -E2BIG;

	size_t len = min(arg.value_len, size - 1);

	if (len > 0)
		memcpy(buf, arg.value, len);
	buf[len] = '\0';
	return len == arg.value_len ? (int)len : -E2BIG;
}

bool cmdline_has(const char *line, const char *key)
{
	struct cmdline_arg arg;

	return find_last(line, key, &arg);
}

int cmdline_size(const char *line, const char *key, uint64_t *out)
{
	char text[32];
	int len = cmdline_find(line, key, text, sizeof(text));

	if (len == -E2BIG)
		return -EINVAL;
	if (len < 0)
		return len;
	return size_parse(text, NULL, out);
}

const char *cmdline_rest(const char *line)
{
	struct cmdline_arg arg;

	while (cmdline_next(&line, &arg)) {
		if (!is_end(&arg))
			continue;
		while (is_blank(*line))
			line++;
		return line;
	}
	return line;
}

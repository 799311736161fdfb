/*
 * sort: lines in order
 *
 * All lines are read, then compared key by key (-k), and last by their bytes
 * as a whole so that the result does not depend on the order of input. -u and -s
 * leave that last comparison out.
 *
 * A key is "field.character" to "field.character", both counted from 1:
 *
 *	-k 2		from field 2 to the end of the line
 *	-k 2,2n		field 2 as a number
 *	-k 1.3,1.5	characters 3 to 5 of field 1
 *
 * Fields are split at each separator of -t; without it, where blanks begin, and
 * those blanks belong to the field that follows.
 */

#include "initramfs/grove/common.h"

#include <ctype.h>

enum key_flags { KEY_NUMERIC = 1, KEY_REVERSE = 2, KEY_FOLD = 4, KEY_BLANKS = 8 };

struct key {
	long field, character;		/* where it begins, from 0 */
	long end_field, end_character;	/* where it ends: this field whole if character is 0;
					 * field -1: at the end of the line */
	int flags;
};

struct line {
	char *text;
	size_t number;	/* place in the input: qsort() itself does not keep the order of equals */
};

/* qsort() passes no argument, so the order is set by these. */
static struct key *keys, whole_line;
static size_t key_count;
static int separator;
static bool unique, stable;

static int key_flag(char c)
{
	return c == 'n' ? KEY_NUMERIC : c == 'r' ? KEY_REVERSE : c == 'f' ? KEY_FOLD :
	       c == 'b' ? KEY_BLANKS : 0;
}

/* "F[.C][letters]" at *p, which moves past it. */
static void key_position(const char **p, long *field, long *character, int *flags)
{
	*field = strtol(*p, (char **)p, 10);
	if (**p == '.')
		*character = strtol(*p + 1, (char **)p, 10);
	for (; key_flag(**p); (*p)++)
		*flags |= key_flag(**p);
}

static void key_add(const char *text)
{
	struct key key = { .character = 1, .end_field = 0 };
	const char *p = text;

	key_position(&p, &key.field, &key.character, &key.flags);
	if (*p == ',') {
		p++;
		key_position(&p, &key.end_field, &key.end_character, &key.flags);
	}
	if (*p || key.field < 1 || key.character < 1 || key.end_field < 0)
		die("%s: invalid key", text);
	key.field--;
	key.character--;
	key.end_field--;
	keys = xrealloc(keys, (key_count + 1) * sizeof(*keys));
	keys[key_count++] = key;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p)
{
	while (blank(*p))
		p++;
	return p;
}

/* The end of the field that begins at p: its separator or the end of the line. */
static const char *field_end(const char *p)
{
	if (separator)
		return strchrnul(p, separator);
	p = skip_blanks(p);
	while (*p && !blank(*p))
		p++;
	return p;
}

static const char *field_start(const char *p, long field)
{
	for (; field > 0 && *p; field--) {
		p = field_end(p);
		if (separator && *p)
			p++;
	}
	return p;
}

static const char *advance(const char *p, long count)
{
	return p + strnlen(p, count);
}

/* The part of a line that a key is about. */
static const char *key_text(const struct key *key, const char *line, size_t *len)
{
	const char *start = field_start(line, key->field), *end;

	if (key->flags & KEY_BLANKS)
		start = skip_blanks(start);
	start = advance(start, key->character);
	end = key->end_field < 0 ? start + strlen(start) : field_start(line, key->end_field);
	if (key->end_field >= 0 && key->end_character == 0)
		end = field_end(end);
	else if (key->end_field >= 0)
		end = advance(key->flags & KEY_BLANKS ? skip_blanks(end) : end, key->end_character);
	*len = end > start ? end - start : 0;
	return start;
}

/* Digits with a sign and a point, and nothing else that strtod() would take. */
static long double number_value(const char *p, const char *end)
{
	long double value = 0, unit = 1;
	bool negative;

	while (p < end && blank(*p))
		p++;
	negative = p < end && *p == '-';
	p += negative;
	for (; p < end && isdigit((unsigned char)*p); p++)
		value = value * 10 + (*p - '0');
	if (p < end && *p == '.')
		for (p++; p < end && isdigit((unsigned char)*p); p++)
			value += (*p - '0') * (unit /= 10);
	return negative ? -value : value;
}

static int text_compare(const char *a, size_t a_len, const char *b, size_t b_len, bool fold)
{
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		int x = (unsigned char)a[i], y = (unsigned char)b[i];

		if (fold) {
			x = toupper(x);
			y = toupper(y);
		}
		if (x != y)
			return x - y;
	}
	return (a_len > b_len) - (a_len < b_len);
}

static int key_compare(const struct key *key, const char *a, const char *b)
{
	size_t a_len, b_len;
	int order;

	a = key_text(key, a, &a_len);
	b = key_text(key, b, &b_len);
	if (key->flags & KEY_NUMERIC) {
		long double x = number_value(a, a + a_len), y = number_value(b, b + b_len);

		order = (x > y) - (x < y);
	} else {
		order = text_compare(a, a_len, b, b_len, key->flags & KEY_FOLD);
	}
	return key->flags & KEY_REVERSE ? -order : order;
}

static int keys_compare(const char *a, const char *b)
{
	int order = 0;

	for (size_t i = 0; i < key_count && order == 0; i++)
		order = key_compare(&keys[i], a, b);
	return order;
}

static int line_compare(const void *left, const void *right)
{
	const struct line *a = left, *b = right;
	int order = keys_compare(a->text, b->text);

	if (order == 0 && !unique && !stable) {
		order = strcmp(a->text, b->text);
		if (whole_line.flags & KEY_REVERSE)
			order = -order;
	}
	return order ? order : (a->number > b->number) - (a->number < b->number);
}

static void lines_read(FILE *file, struct line **lines, size_t *count, size_t *room)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, file)) > 0) {
		if (*count == *room)
			*lines = xrealloc(*lines, (*room = 2 * *room + 64) * sizeof(**lines));
		(*lines)[*count] = (struct line){
			.text = xstrndup(line, len - (line[len - 1] == '\n')),
			.number = *count,
		};
		++*count;
	}
	free(line);
}

/* A key without letters of its own takes those given outside. */
static void keys_finish(void)
{
	if (key_count == 0) {
		whole_line.end_field = -1;
		keys = &whole_line;
		key_count = 1;
		return;
	}
	for (size_t i = 0; i < key_count; i++)
		if (keys[i].flags == 0)
			keys[i].flags = whole_line.flags;
}

static void lines_write(const struct line *lines, size_t count, const char *output)
{
	FILE *out = output ? fopen(output, "we") : stdout;

	if (!out)
		die_errno("%s", output);
	for (size_t i = 0; i < count; i++)
		if (!unique || i == 0 || keys_compare(lines[i - 1].text, lines[i].text) != 0)
			fprintf(out, "%s\n", lines[i].text);
	if (output && fclose(out) != 0)
		die_errno("%s", output);
}

APPLET(sort, "[-nrufbs] [-k KEY]... [-t SEPARATOR] [-o OUTPUT] [FILE]...\n"
	"  -n by number  -r reverse  -u first of equal lines  -f ignore case\n"
	"  -b ignore leading blanks  -s keep the order of equal keys\n"
	"  -k FIELD[.CHAR][nrfb][,FIELD[.CHAR][nrfb]]", "sort lines");
static int sort_main(int argc, char **argv)
{
	static char *const stdin_only[] = { "-", NULL };
	const char *output = NULL;
	size_t count = 0, room = 0;
	struct line *lines = NULL;
	int opt, status = 0;

	while ((opt = getopt(argc, argv, "nrufbsk:t:o:")) != -1) {
		switch (opt) {
		case 'k': key_add(optarg); break;
		case 't': separator = (unsigned char)*optarg; break;
		case 'o': output = optarg; break;
		case 'u': unique = true; break;
		case 's': stable = true; break;
		case '?': usage(2);
		default: whole_line.flags |= key_flag((char)opt);
		}
	}
	keys_finish();
	for (char *const *name = optind < argc ? argv + optind : stdin_only; *name; name++) {
		FILE *file = input_open(*name);

		if (!file) {
			status = 2;
			continue;
		}
		lines_read(file, &lines, &count, &room);
		input_close(file);
	}
	qsort(lines, count, sizeof(*lines), line_compare);
	lines_write(lines, count, output);
	return status;
}

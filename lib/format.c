/*
 * format.c: printf's formats.
 *
 * Three steps for each conversion: spec_parse reads what stands between '%' and the letter;
 * convert fetches the argument and turns it into a struct field, which is a body with perhaps a
 * sign or prefix and zeros in front; field_write pads that to the width:
 *
 *	|    |-|000|42|        |
 *	 pad   ^  ^  body  pad (if '-')
 *	  prefix  zeros
 */
#include "lib/format.h"

#include "lib/string.h"

/* All of l, ll, z, t and j are fetched as one type. */
static_assert(sizeof(long) == sizeof(long long) && sizeof(long) == sizeof(size_t) &&
	      sizeof(long) == sizeof(ptrdiff_t) && sizeof(long) == sizeof(intmax_t), "LP64");

enum length { LENGTH_CHAR, LENGTH_SHORT, LENGTH_INT, LENGTH_LONG };

struct spec {
	bool left, plus, space, zero, alternate; /* - + space 0 # */
	int width;
	int precision; /* -1: none given */
	enum length length;
	char conversion;
};

struct field {
	const char *prefix;
	int prefix_len;
	int zeros;
	const char *body;
	int body_len;
};

struct output {
	struct format_sink *sink;
	int count; /* bytes written so far */
};

/* In a struct a va_list can be handed on by pointer whatever its type is. */
struct arguments {
	va_list list;
};

static void output_write(struct output *out, const char *text, int len)
{
	if (len <= 0)
		return;
	out->sink->write(out->sink, text, (size_t)len);
	out->count += len;
}

static void output_fill(struct output *out, char c, int count)
{
	static const char spaces[] = "                ";
	static const char zeros[] = "0000000000000000";
	const int chunk = sizeof(spaces) - 1;

	for (; count > 0; count -= chunk)
		output_write(out, c == '0' ? zeros : spaces, min(count, chunk));
}

static void field_write(struct output *out, const struct spec *spec, const struct field *field)
{
	int pad = spec->width - field->prefix_len - field->zeros - field->body_len;

	if (!spec->left)
		output_fill(out, ' ', pad);
	output_write(out, field->prefix, field->prefix_len);
	output_fill(out, '0', field->zeros);
	output_write(out, field->body, field->body_len);
	if (spec->left)
		output_fill(out, ' ', pad);
}

/* Widths and precisions are held down so that sums of them cannot overflow an int. */
static int count_clamp(int count)
{
	return min(count, 1 << 16);
}

/* A width or precision: digits, or * for an argument. */
static const char *count_parse(const char *p, struct arguments *args, int *count)
{
	*count = 0;
	if (*p == '*') {
		*count = va_arg(args->list, int);
		return p + 1;
	}
	for (; *p >= '0' && *p <= '9'; p++)
		*count = count_clamp(*count * 10 + (*p - '0'));
	return p;
}

static const char *flags_parse(const char *p, struct spec *spec)
{
	for (;; p++) {
		switch (*p) {
		case '-':
			spec->left = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '#':
			spec->alternate = true;
			break;
		default:
			return p;
		}
	}
}

static const char *length_parse(const char *p, struct spec *spec)
{
	spec->length = LENGTH_INT;
	switch (*p) {
	case 'h':
		spec->length = p[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
		return p[1] == 'h' ? p + 2 : p + 1;
	case 'l':
		spec->length = LENGTH_LONG;
		return p[1] == 'l' ? p + 2 : p + 1;
	case 'z':
	case 't':
	case 'j':
		spec->length = LENGTH_LONG;
		return p + 1;
	default:
		return p;
	}
}

/* Reads from behind the '%' up to and including the letter; returns what follows. At the end of
 * the string the letter is NUL and not passed over. */
static const char *spec_parse(const char *p, struct arguments *args, struct spec *spec)
{
	*spec = (struct spec){ .precision = -1 };
	p = flags_parse(p, spec);
	p = count_parse(p, args, &spec->width);
	if (spec->width < 0) {
		/* A negative * is a '-' flag and a width. INT_MIN has no negative: clamp first. */
		spec->left = true;
		spec->width = -max(spec->width, -count_clamp(INT32_MAX));
	}
	spec->width = count_clamp(spec->width);
	if (*p == '.') {
		p = count_parse(p + 1, args, &spec->precision);
		/* A negative * is as if no precision were given. */
		spec->precision = max(count_clamp(spec->precision), -1);
	}
	p = length_parse(p, spec);
	spec->conversion = *p;
	return *p != '\0' ? p + 1 : p;
}

static int64_t signed_fetch(struct arguments *args, enum length length)
{
	if (length == LENGTH_LONG)
		return va_arg(args->list, long);

	int value = va_arg(args->list, int);

	if (length == LENGTH_SHORT)
		return (short)value;
	return length == LENGTH_CHAR ? (signed char)value : value;
}

static uint64_t unsigned_fetch(struct arguments *args, enum length length)
{
	if (length == LENGTH_LONG)
		return va_arg(args->list, unsigned long);

	unsigned value = va_arg(args->list, unsigned);

	if (length == LENGTH_SHORT)
		return (unsigned short)value;
	return length == LENGTH_CHAR ? (unsigned char)value : value;
}

/* Writes the digits of value so that the last stands just before end; returns the first. Zero
 * has none. */
static char *digits_put(char *end, uint64_t value, unsigned base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value != 0; value /= base)
		*--end = digits[value % base];
	return end;
}

static void number_write(struct output *out, const struct spec *spec, uint64_t value, unsigned base,
			 const char *prefix)
{
	char buf[22]; /* 2^64 - 1 in octal */
	char *digits = digits_put(buf + sizeof(buf), value, base, spec->conversion == 'X');
	int len = (int)(buf + sizeof(buf) - digits);
	struct field field = { prefix, (int)strlen(prefix), 0, digits, len };
	/* The least number of digits; by default one, so that zero shows. */
	int least = spec->precision < 0 ? 1 : spec->precision;

	if (base == 8 && spec->alternate)
		least = max(least, len + 1);
	if (spec->zero && !spec->left && spec->precision < 0)
		least = max(least, spec->width - field.prefix_len);
	field.zeros = max(least - len, 0);
	field_write(out, spec, &field);
}

static void signed_write(struct output *out, const struct spec *spec, int64_t value)
{
	const char *sign = spec->plus ? "+" : spec->space ? " " : "";

	if (value < 0)
		number_write(out, spec, -(uint64_t)value, 10, "-");
	else
		number_write(out, spec, (uint64_t)value, 10, sign);
}

static void hex_write(struct output *out, const struct spec *spec, uint64_t value)
{
	const char *prefix = spec->conversion == 'X' ? "0X" : "0x";

	number_write(out, spec, value, 16, spec->alternate && value != 0 ? prefix : "");
}

static void text_write(struct output *out, const struct spec *spec, const char *text, size_t len)
{
	struct field field = { "", 0, 0, text, (int)len };

	field_write(out, spec, &field);
}

static void string_write(struct output *out, const struct spec *spec, const char *s)
{
	/* With a precision the string need not be NUL-ended. */
	size_t max_len = spec->precision < 0 ? (size_t)INT32_MAX : (size_t)spec->precision;

	if (s == NULL)
		s = "(null)";
	text_write(out, spec, s, strnlen(s, max_len));
}

/* %p, or %pS: returns what follows in the format. */
static const char *pointer_write(struct output *out, const struct spec *spec, const char *rest,
				 uintptr_t address)
{
	char name[96];
	size_t len = 0;

	if (*rest == 'S') {
		rest++;
		if (out->sink->symbol != NULL)
			len = out->sink->symbol(address, name, sizeof(name));
	}
	if (len > 0)
		text_write(out, spec, name, min(len, sizeof(name)));
	else
		number_write(out, spec, address, 16, "0x");
	return rest;
}

/* One conversion, whose '%' is at fmt; returns what follows it. */
static const char *convert(struct output *out, const char *fmt, struct arguments *args)
{
	struct spec spec;
	const char *rest = spec_parse(fmt + 1, args, &spec);
	char c;

	switch (spec.conversion) {
	case 'd':
	case 'i':
		signed_write(out, &spec, signed_fetch(args, spec.length));
		break;
	case 'u':
		number_write(out, &spec, unsigned_fetch(args, spec.length), 10, "");
		break;
	case 'o':
		number_write(out, &spec, unsigned_fetch(args, spec.length), 8, "");
		break;
	case 'x':
	case 'X':
		hex_write(out, &spec, unsigned_fetch(args, spec.length));
		break;
	case 'c':
		c = (char)va_arg(args->list, int);
		text_write(out, &spec, &c, 1);
		break;
	case 's':
		string_write(out, &spec, va_arg(args->list, const char *));
		break;
	case 'p':
		return pointer_write(out, &spec, rest, (uintptr_t)va_arg(args->list, void *));
	case '%':
		output_write(out, "%", 1);
		break;
	default:
		output_write(out, fmt, (int)(rest - fmt));
		break;
	}
	return rest;
}

int format_v(struct format_sink *sink, const char *fmt, va_list list)
{
	struct output out = { .sink = sink };
	struct arguments args;

	va_copy(args.list, list);
	while (*fmt != '\0') {
		const char *literal = fmt;

		while (*fmt != '\0' && *fmt != '%')
			fmt++;
		output_write(&out, literal, (int)(fmt - literal));
		if (*fmt == '%')
			fmt = convert(&out, fmt, &args);
	}
	va_end(args.list);
	return out.count;
}

int format(struct format_sink *sink, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int count = format_v(sink, fmt, args);

	va_end(args);
	return count;
}

/* A sink that fills a string and leaves room for its NUL. */
struct string_sink {
	struct format_sink sink;
	char *next;
	size_t room;
};

static void string_sink_write(struct format_sink *sink, const char *text, size_t len)
{
	struct string_sink *string = container_of(sink, struct string_sink, sink);

	len = min(len, string->room);
	memcpy(string->next, text, len);
	string->next += len;
	string->room -= len;
}

int str_vformat(char *buf, size_t size, const char *fmt, va_list args)
{
	char nothing[1];
	struct string_sink string = {
		.sink.write = string_sink_write,
		.next = size > 0 ? buf : nothing,
		.room = size > 0 ? size - 1 : 0,
	};
	int count = format_v(&string.sink, fmt, args);

	*string.next = '\0';
	return count;
}

int str_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int count = str_vformat(buf, size, fmt, args);

	va_end(args);
	return count;
}

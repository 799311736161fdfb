/*
 * string.c: memory and strings.
 *
 * The copies move 8 bytes at a time, and only by aligned loads and stores, since a hart may trap
 * on others. A forward copy first brings the destination to a word boundary. If the source then
 * is on one too, words are copied as they are; if not, each destination word is put together from
 * two neighbouring source words:
 *
 *	source words      | . . . a b c d e | f g h i j k l m |
 *	destination word  |         a b c d e f g h           |     low bytes first
 *
 * Nothing outside of the source is ever read. A backward copy (memmove upwards over itself) uses
 * words only when both ends agree in alignment.
 *
 * A compiler that sees a loop that clears memory likes to call memset: in memset, for ever. For
 * gcc a pragma forbids that; clang does not do it under -ffreestanding.
 */
#include "lib/string.h"

#include "lib/errno.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#undef memcpy
#undef memmove
#undef memset
#undef strlen

#define WORD_SIZE sizeof(uint64_t)

/* A word that may lie over objects of any type. */
typedef uint64_t __attribute__((may_alias)) any_word;

static bool is_word_aligned(const void *p)
{
	return (uintptr_t)p % WORD_SIZE == 0;
}

/* Both aligned. */
static __unchecked void copy_words(any_word *dst, const any_word *src, size_t count)
{
	for (; count >= 4; count -= 4, dst += 4, src += 4) {
		uint64_t a = src[0], b = src[1], c = src[2], d = src[3];

		dst[0] = a;
		dst[1] = b;
		dst[2] = c;
		dst[3] = d;
	}
	for (; count > 0; count--)
		*dst++ = *src++;
}

/* dst aligned, src not; copies as many words as it can without reading beyond src + len, and
 * returns how many. Bytes are numbered from the low end: both x86 and RISC-V are little-endian. */
static __unchecked size_t copy_words_shifted(any_word *dst, const uint8_t *src, size_t len)
{
	size_t ahead = WORD_SIZE - (uintptr_t)src % WORD_SIZE; /* bytes up to a boundary: 1..7 */
	const any_word *next = (const any_word *)(src + ahead);
	unsigned low_bits = 8 * (unsigned)ahead;
	uint64_t low = 0;
	size_t count = len < ahead ? 0 : (len - ahead) / WORD_SIZE;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < ahead; i++)
		low |= (uint64_t)src[i] << 8 * i;
	for (size_t i = 0; i < count; i++) {
		uint64_t word = next[i];

		dst[i] = low | word << low_bits;
		low = word >> (64 - low_bits);
	}
	return count;
}

/* From low addresses to high ones. Right also where dst lies below src and they overlap: what is
 * stored at an address has always been loaded before. */
static __unchecked void copy_forward(uint8_t *dst, const uint8_t *src, size_t len)
{
	for (; len > 0 && !is_word_aligned(dst); len--)
		*dst++ = *src++;

	size_t words = len / WORD_SIZE;

	if (is_word_aligned(src))
		copy_words((any_word *)dst, (const any_word *)src, words);
	else
		words = copy_words_shifted((any_word *)dst, src, len);
	dst += words * WORD_SIZE;
	src += words * WORD_SIZE;
	for (len -= words * WORD_SIZE; len > 0; len--)
		*dst++ = *src++;
}

/* From high to low: for dst above src. Both point to the end. */
static __unchecked void copy_backward(uint8_t *dst, const uint8_t *src, size_t len)
{
	if ((uintptr_t)dst % WORD_SIZE == (uintptr_t)src % WORD_SIZE) {
		for (; len > 0 && !is_word_aligned(dst); len--)
			*--dst = *--src;
		for (; len >= WORD_SIZE; len -= WORD_SIZE) {
			dst -= WORD_SIZE;
			src -= WORD_SIZE;
			*(any_word *)dst = *(const any_word *)src;
		}
	}
	for (; len > 0; len--)
		*--dst = *--src;
}

__unchecked void *STRING_NAME(memcpy)(void *restrict dst, const void *restrict src, size_t len)
{
	copy_forward(dst, src, len);
	return dst;
}

__unchecked void *STRING_NAME(memmove)(void *dst, const void *src, size_t len)
{
	uintptr_t distance = (uintptr_t)dst - (uintptr_t)src;

	/* With dst below src the distance wraps to a large number, and forward is right. */
	if (distance >= len)
		copy_forward(dst, src, len);
	else
		copy_backward((uint8_t *)dst + len, (const uint8_t *)src + len, len);
	return dst;
}

__unchecked void *STRING_NAME(memset)(void *dst, int byte, size_t len)
{
	uint8_t *p = dst;
	uint64_t word = (uint64_t)(uint8_t)byte * 0x0101010101010101;

	for (; len > 0 && !is_word_aligned(p); len--)
		*p++ = (uint8_t)byte;
	for (; len >= 4 * WORD_SIZE; len -= 4 * WORD_SIZE, p += 4 * WORD_SIZE) {
		any_word *words = (any_word *)p;

		words[0] = word;
		words[1] = word;
		words[2] = word;
		words[3] = word;
	}
	for (; len >= WORD_SIZE; len -= WORD_SIZE, p += WORD_SIZE)
		*(any_word *)p = word;
	for (; len > 0; len--)
		*p++ = (uint8_t)byte;
	return dst;
}

__unchecked int STRING_NAME(memcmp)(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	if (is_word_aligned(x) && is_word_aligned(y)) {
		/* Skip what is equal; the word that differs is left to the loop below. */
		while (len >= WORD_SIZE && *(const any_word *)x == *(const any_word *)y) {
			x += WORD_SIZE;
			y += WORD_SIZE;
			len -= WORD_SIZE;
		}
	}
	for (; len > 0; len--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

void *STRING_NAME(memchr)(const void *mem, int byte, size_t len)
{
	const uint8_t *p = mem;

	for (; len > 0; len--, p++)
		if (*p == (uint8_t)byte)
			return (void *)p;
	return NULL;
}

size_t STRING_NAME(strlen)(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0')
		len++;
	return len;
}

size_t STRING_NAME(strnlen)(const char *s, size_t max)
{
	size_t len = 0;

	while (len < max && s[len] != '\0')
		len++;
	return len;
}

int STRING_NAME(strncmp)(const char *a, const char *b, size_t max)
{
	for (; max > 0; max--, a++, b++) {
		unsigned char x = (unsigned char)*a, y = (unsigned char)*b;

		if (x != y)
			return x < y ? -1 : 1;
		if (x == '\0')
			break;
	}
	return 0;
}

int STRING_NAME(strcmp)(const char *a, const char *b)
{
	return STRING_NAME(strncmp)(a, b, SIZE_MAX);
}

char *STRING_NAME(strchr)(const char *s, int c)
{
	/* The NUL is part of the string, so it can be looked for as well. */
	for (; *s != (char)c; s++)
		if (*s == '\0')
			return NULL;
	return (char *)s;
}

char *STRING_NAME(strrchr)(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++ != '\0');
	return (char *)found;
}

char *STRING_NAME(strstr)(const char *hay, const char *needle)
{
	size_t len = STRING_NAME(strlen)(needle);

	for (; STRING_NAME(strncmp)(hay, needle, len) != 0; hay++)
		if (*hay == '\0')
			return NULL;
	return (char *)hay;
}

int str_copy(char *dst, const char *src, size_t size)
{
	size_t len = STRING_NAME(strlen)(src);

	if (size == 0)
		return -E2BIG;
	if (len < size) {
		STRING_NAME(memcpy)(dst, src, len + 1);
		return (int)len;
	}
	STRING_NAME(memcpy)(dst, src, size - 1);
	dst[size - 1] = '\0';
	return -E2BIG;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && STRING_NAME(strchr)(set, c) != NULL;
}

char *str_token(char **rest, const char *delims)
{
	char *token = *rest;

	if (token == NULL)
		return NULL;
	while (is_one_of(*token, delims))
		token++;
	if (*token == '\0') {
		*rest = NULL;
		return NULL;
	}

	char *end = token;

	while (*end != '\0' && !is_one_of(*end, delims))
		end++;
	*rest = *end != '\0' ? end + 1 : NULL;
	*end = '\0';
	return token;
}

/* The value of a digit; 36, more than any base allows, for what is none. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A') + 10;
	return 36;
}

/* Skips a prefix that base allows, if a digit follows, and returns the base it stands for. */
static unsigned prefix_base(const char **s, unsigned base)
{
	const char *p = *s;
	unsigned named = 0;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		named = 16;
	else if (p[0] == '0' && (p[1] == 'b' || p[1] == 'B'))
		named = 2;
	if (named != 0 && (base == 0 || base == named) && digit_value(p[2]) < named) {
		*s += 2;
		return named;
	}
	if (base != 0)
		return base;
	return p[0] == '0' ? 8 : 10;
}

/* Reads digits and sets *end behind the last; -EINVAL if there is none. On overflow it reads on,
 * so that *end is the end of the number. */
static int digits_read(const char *s, const char **end, unsigned base, uint64_t *out)
{
	uint64_t value = 0;
	bool overflow = false;

	base = prefix_base(&s, base);
	if (digit_value(*s) >= base)
		return -EINVAL;
	for (; digit_value(*s) < base; s++) {
		unsigned digit = digit_value(*s);

		if (value > (UINT64_MAX - digit) / base)
			overflow = true;
		else
			value = value * base + digit;
	}
	*end = s;
	*out = value;
	return overflow ? -ERANGE : 0;
}

/* Hands `stop` to the caller who wants it; for one who does not, the string must end there. */
static int number_end(const char *stop, const char **end)
{
	if (end == NULL)
		return *stop == '\0' ? 0 : -EINVAL;
	*end = stop;
	return 0;
}

int str_to_u64(const char *s, const char **end, unsigned base, uint64_t *out)
{
	const char *stop;
	uint64_t value;
	int error = digits_read(s, &stop, base, &value);

	if (error == -EINVAL || number_end(stop, end) != 0)
		return -EINVAL;
	if (error == 0)
		*out = value;
	return error;
}

int str_to_i64(const char *s, const char **end, unsigned base, int64_t *out)
{
	bool negative = *s == '-';
	const char *stop;
	uint64_t value;
	int error = digits_read(s + (*s == '-' || *s == '+'), &stop, base, &value);

	if (error == -EINVAL || number_end(stop, end) != 0)
		return -EINVAL;
	if (error != 0)
		return error;
	if (value > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	/* Negated as unsigned, where INT64_MIN is no overflow. */
	*out = (int64_t)(negative ? -value : value);
	return 0;
}

int size_parse(const char *s, const char **end, uint64_t *out)
{
	static const char suffixes[] = "kKmMgGtTpPeE";
	const char *stop;
	uint64_t value;
	int error = digits_read(s, &stop, 0, &value);
	unsigned shift = 0;

	if (error == -EINVAL)
		return error;
	if (is_one_of(*stop, suffixes)) {
		shift = 10 * ((unsigned)(STRING_NAME(strchr)(suffixes, *stop) - suffixes) / 2 + 1);
		stop++;
	}
	if (number_end(stop, end) != 0)
		return -EINVAL;
	if (error != 0 || value > UINT64_MAX >> shift)
		return -ERANGE;
	*out = value << shift;
	return 0;
}

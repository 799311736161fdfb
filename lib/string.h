/*
 * string.h: memory and strings.
 *
 * First the functions that every C program knows, with the meaning that C gives them; the
 * compiler itself also calls memcpy, memmove, memset and memcmp. Then what C lacks: a copy that
 * says when it had to cut, a tokeniser without hidden state, and numbers with real errors.
 *
 * In the kernel (-ffreestanding) the standard names are ours. On the host they are the C
 * library's, and ours are called pando_memcpy and so on, so that a test can hold one against the
 * other in one program.
 */
#pragma once

#include "lib/types.h"

#if __STDC_HOSTED__
#include <string.h>
#define STRING_NAME(name) pando_##name
#else
#define STRING_NAME(name) name
#endif

void *STRING_NAME(memcpy)(void *restrict dst, const void *restrict src, size_t len);
void *STRING_NAME(memmove)(void *dst, const void *src, size_t len);
void *STRING_NAME(memset)(void *dst, int byte, size_t len);
int STRING_NAME(memcmp)(const void *a, const void *b, size_t len);
void *STRING_NAME(memchr)(const void *mem, int byte, size_t len);
size_t STRING_NAME(strlen)(const char *s);
size_t STRING_NAME(strnlen)(const char *s, size_t max);
int STRING_NAME(strcmp)(const char *a, const char *b);
int STRING_NAME(strncmp)(const char *a, const char *b, size_t max);
char *STRING_NAME(strchr)(const char *s, int c);
char *STRING_NAME(strrchr)(const char *s, int c);
char *STRING_NAME(strstr)(const char *hay, const char *needle);

#if !__STDC_HOSTED__
/* -ffreestanding takes the names' meaning away from the compiler; this gives it back, so that a
 * copy of a small known size is a few loads and stores and not a call. */
#define memcpy(dst, src, len)  __builtin_memcpy(dst, src, len)
#define memmove(dst, src, len) __builtin_memmove(dst, src, len)
#define memset(dst, byte, len) __builtin_memset(dst, byte, len)
#define strlen(s)	       __builtin_strlen(s)
#endif

/* Copies src with its NUL into dst, which holds `size` bytes. Returns the length of src, or
 * -E2BIG when it did not fit: then dst has the part that did, ended by NUL (if size > 0). */
int str_copy(char *dst, const char *src, size_t size);

/* Are they the same string? */
static inline bool str_equal(const char *a, const char *b)
{
	return STRING_NAME(strcmp)(a, b) == 0;
}

static inline bool str_starts(const char *s, const char *prefix)
{
	return STRING_NAME(strncmp)(s, prefix, STRING_NAME(strlen)(prefix)) == 0;
}

/* The next token of *rest, a string that is changed: delimiters become NULs. Neighbouring
 * delimiters count as one, so a token is never empty. NULL when there are no more. *rest starts
 * as the string and must be NULL or a string at each call. */
char *str_token(char **rest, const char *delims);

/* Reads an unsigned number: base 2 to 36, or 0 for C's prefixes 0x, 0b and 0. No blanks and no
 * sign are skipped. With end != NULL, *end is set to the first character that is not part of it;
 * with NULL the whole string must be the number. Returns 0; -EINVAL: no number, or trash after it;
 * -ERANGE: too large. *out is written only on success, *end only on 0 and -ERANGE. */
int __must_check str_to_u64(const char *s, const char **end, unsigned base, uint64_t *out);

/* The same, with an optional '-' or '+'. */
int __must_check str_to_i64(const char *s, const char **end, unsigned base, int64_t *out);

/* The same, base 0, with an optional suffix K M G T P (either case) for powers of 1024. */
int __must_check size_parse(const char *s, const char **end, uint64_t *out);

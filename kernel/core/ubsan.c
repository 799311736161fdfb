/*
 * SAN=undefined: what the compiler calls when the program does what C leaves undefined.
 *
 * With -fsanitize=undefined gcc and clang put a check before each operation that may be undefined
 * and, where it fails, a call to one of the functions below, whose names and arguments the two
 * agree on: a static record (place in the source, types) and the values. Each says
 *
 *	undefined behaviour at FILE:LINE:COLUMN: KIND: what happened, with the values
 *
 * and panics: undefined behaviour of a kernel is a bug even where the machine did what was meant.
 *
 * A type is described by its kind, its width and its name as in the source. A value of up to 64
 * bits is handed over as a register, a wider one by its address.
 */
#include "kernel/core/panic.h"

#include "lib/format.h"

struct source_place {
	const char *file;
	uint32_t line, column;
};

struct type_info {
	uint16_t kind;	/* 0: integer */
	uint16_t width; /* integer: bit 0 signed, above it log2 of its bits */
	char name[];	/* quoted */
};

/* One type: overflow of an operation, a value that the type can't have. */
struct value_data {
	struct source_place place;
	const struct type_info *type;
};

struct shift_data {
	struct source_place place;
	const struct type_info *left, *right;
};

struct bounds_data {
	struct source_place place;
	const struct type_info *array, *index;
};

struct access_data {
	struct source_place place;
	const struct type_info *type;
	uint8_t log2_align;
	uint8_t kind; /* index of access_names */
};

struct place_data {
	struct source_place place;
};

struct nonnull_data {
	struct source_place place, attribute;
	int argument;
};

struct builtin_data {
	struct source_place place;
	uint8_t kind;
};

/* In the order of the compilers' numbers. */
static const char *const access_names[] = {
	"load of",
	"store to",
	"reference to",
	"member access within",
	"member call on",
	"constructor call on",
	"downcast of",
	"downcast of",
	"upcast of",
	"cast to virtual base of",
	"nonnull binding to",
	"dynamic operation on",
};

/* What the compiler calls. Nobody else does, so no header declares them. */
void __ubsan_handle_add_overflow(const struct value_data *data, uintptr_t a, uintptr_t b);
void __ubsan_handle_sub_overflow(const struct value_data *data, uintptr_t a, uintptr_t b);
void __ubsan_handle_mul_overflow(const struct value_data *data, uintptr_t a, uintptr_t b);
void __ubsan_handle_negate_overflow(const struct value_data *data, uintptr_t a);
void __ubsan_handle_divrem_overflow(const struct value_data *data, uintptr_t a, uintptr_t b);
void __ubsan_handle_shift_out_of_bounds(const struct shift_data *data, uintptr_t a, uintptr_t b);
void __ubsan_handle_out_of_bounds(const struct bounds_data *data, uintptr_t index);
void __ubsan_handle_type_mismatch_v1(const struct access_data *data, uintptr_t ptr);
void __ubsan_handle_pointer_overflow(const struct place_data *data, uintptr_t from, uintptr_t to);
void __ubsan_handle_load_invalid_value(const struct value_data *data, uintptr_t value);
void __ubsan_handle_nonnull_arg(const struct nonnull_data *data);
void __ubsan_handle_nonnull_return_v1(const struct nonnull_data *data,
				      const struct source_place *place);
void __ubsan_handle_vla_bound_not_positive(const struct value_data *data, uintptr_t bound);
void __ubsan_handle_invalid_builtin(const struct builtin_data *data);
void __ubsan_handle_builtin_unreachable(const struct place_data *data);

/* --- values ----------------------------------------------------------------------------------- */

struct number {
	char text[24];
};

static bool is_signed(const struct type_info *type)
{
	return type->kind == 0 && (type->width & 1);
}

static unsigned bits_of(const struct type_info *type)
{
	return 1u << (type->width >> 1);
}

/* Signed and not below 64 bits: the register may hold more than the type does. */
static int64_t value_signed(const struct type_info *type, uintptr_t value)
{
	unsigned unused = 64 - bits_of(type);

	return (int64_t)(value << unused) >> unused;
}

/* The value as its type shows it. */
static struct number show(const struct type_info *type, uintptr_t value)
{
	struct number n;

	if (type->kind != 0)
		str_format(n.text, sizeof(n.text), "(no integer)");
	else if (bits_of(type) > 64)
		str_format(n.text, sizeof(n.text), "(%u bits)", bits_of(type));
	else if (is_signed(type))
		str_format(n.text, sizeof(n.text), "%ld", value_signed(type, value));
	else
		str_format(n.text, sizeof(n.text), "%lu", value);
	return n;
}

/* --- reports ---------------------------------------------------------------------------------- */

static __noreturn __printf(2, 3) void report(const struct source_place *at, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	str_vformat(what, sizeof(what), fmt, args);
	va_end(args);
	panic("undefined behaviour at %s:%u:%u: %s", at->file, at->line, at->column, what);
}

static __noreturn void report_overflow(const struct value_data *data, const char *operator,
				       uintptr_t a, uintptr_t b)
{
	report(&data->place, "signed overflow: %s %s %s can't be represented in %s",
	       show(data->type, a).text, operator, show(data->type, b).text, data->type->name);
}

void __ubsan_handle_add_overflow(const struct value_data *data, uintptr_t a, uintptr_t b)
{
	report_overflow(data, "+", a, b);
}

void __ubsan_handle_sub_overflow(const struct value_data *data, uintptr_t a, uintptr_t b)
{
	report_overflow(data, "-", a, b);
}

void __ubsan_handle_mul_overflow(const struct value_data *data, uintptr_t a, uintptr_t b)
{
	report_overflow(data, "*", a, b);
}

void __ubsan_handle_negate_overflow(const struct value_data *data, uintptr_t a)
{
	report(&data->place, "signed overflow: -(%s) can't be represented in %s",
	       show(data->type, a).text, data->type->name);
}

void __ubsan_handle_divrem_overflow(const struct value_data *data, uintptr_t a, uintptr_t b)
{
	if (b == 0)
		report(&data->place, "division by zero: %s / 0 of %s", show(data->type, a).text,
		       data->type->name);
	report_overflow(data, "/", a, b);
}

void __ubsan_handle_shift_out_of_bounds(const struct shift_data *data, uintptr_t a, uintptr_t b)
{
	struct number count = show(data->right, b);

	if (is_signed(data->right) && value_signed(data->right, b) < 0)
		report(&data->place, "shift by a negative number: %s", count.text);
	if (b >= bits_of(data->left))
		report(&data->place, "shift too far: by %s, %s has %u bits", count.text,
		       data->left->name, bits_of(data->left));
	report(&data->place, "shift of a value that it doesn't fit: %s by %s in %s",
	       show(data->left, a).text, count.text, data->left->name);
}

void __ubsan_handle_out_of_bounds(const struct bounds_data *data, uintptr_t index)
{
	report(&data->place, "array index out of bounds: %s of %s", show(data->index, index).text,
	       data->array->name);
}

void __ubsan_handle_type_mismatch_v1(const struct access_data *data, uintptr_t ptr)
{
	uintptr_t align = 1UL << data->log2_align;
	const char *access = data->kind < ARRAY_SIZE(access_names) ? access_names[data->kind]
								   : "access to";

	if (ptr == 0)
		report(&data->place, "null pointer: %s %s", access, data->type->name);
	if (ptr & (align - 1))
		report(&data->place, "misaligned: %s %s at 0x%lx, which needs %lu bytes alignment",
		       access, data->type->name, ptr, align);
	report(&data->place, "object too small: %s %s at 0x%lx", access, data->type->name, ptr);
}

void __ubsan_handle_pointer_overflow(const struct place_data *data, uintptr_t from, uintptr_t to)
{
	report(&data->place, "pointer overflow: from 0x%lx to 0x%lx", from, to);
}

void __ubsan_handle_load_invalid_value(const struct value_data *data, uintptr_t value)
{
	report(&data->place, "invalid value: %s is none of %s", show(data->type, value).text,
	       data->type->name);
}

void __ubsan_handle_nonnull_arg(const struct nonnull_data *data)
{
	report(&data->place, "null argument: number %d must not be null", data->argument);
}

void __ubsan_handle_nonnull_return_v1(const struct nonnull_data *data,
				      const struct source_place *place)
{
	report(place, "null returned by a function that never does");
}

void __ubsan_handle_vla_bound_not_positive(const struct value_data *data, uintptr_t bound)
{
	report(&data->place, "array of %s elements", show(data->type, bound).text);
}

void __ubsan_handle_invalid_builtin(const struct builtin_data *data)
{
	report(&data->place, "bit scan of zero (builtin %u)", data->kind);
}

void __ubsan_handle_builtin_unreachable(const struct place_data *data)
{
	report(&data->place, "unreachable code reached");
}

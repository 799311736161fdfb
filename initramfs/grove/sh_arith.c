/*
 * Arithmetic: $((expression))
 *
 * C's operators on 64-bit integers, by precedence climbing: one table gives each
 * binary operator its rank, and one loop does what a grammar rule per rank
 * would. `skip` evaluates without effect, for the side of && || ?: not taken.
 *
 * Entry point: arith_eval().
 */

#include "initramfs/grove/sh.h"

#include <ctype.h>

struct arith {
	const char *at, *all;
	int skip, depth;
};

/* Longer names first where one begins with another. */
static const struct operator {
	const char *name;
	int rank;
} operators[] = {
	{"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<<", 8}, {">>", 8}, {"<=", 7}, {">=", 7},
	{"|", 3}, {"^", 4}, {"&", 5}, {"<", 7}, {">", 7}, {"+", 9}, {"-", 9},
	{"*", 10}, {"/", 10}, {"%", 10},
};

static int64_t ternary(struct arith *a);

static _Noreturn void arith_fail(struct arith *a, const char *why)
{
	sh_fail(2, "arithmetic: %s in \"%s\"", why, a->all);
}

static bool accept(struct arith *a, const char *token)
{
	a->at += strspn(a->at, " \t\n");
	if (strncmp(a->at, token, strlen(token)) != 0)
		return false;
	a->at += strlen(token);
	return true;
}

/* Unsigned inside, so that overflow wraps; INT64_MIN / -1 wraps too. */
static int64_t apply(struct arith *a, const char *op, int64_t l, int64_t r)
{
	uint64_t ul = l, ur = r;

	if ((*op == '/' || *op == '%') && r == 0) {
		if (!a->skip)
			arith_fail(a, "division by zero");
		return 0;
	}
	switch (op[0] | (op[1] << 8)) {
	case '|': return l | r;
	case '^': return l ^ r;
	case '&': return l & r;
	case '+': return ul + ur;
	case '-': return ul - ur;
	case '*': return ul * ur;
	case '/': return r == -1 ? (int64_t)-ul : l / r;
	case '%': return r == -1 ? 0 : l % r;
	case '<': return l < r;
	case '>': return l > r;
	case '<' | '=' << 8: return l <= r;
	case '>' | '=' << 8: return l >= r;
	case '=' | '=' << 8: return l == r;
	case '!' | '=' << 8: return l != r;
	case '<' | '<' << 8: return ul << (ur & 63);
	case '>' | '>' << 8: return l >> (ur & 63);
	}
	return 0;
}

/* A variable's value is an expression itself, within reason. */
static int64_t variable_value(struct arith *a, const char *name)
{
	const char *value = var_get(name);
	struct arith inner = {.at = value, .all = value, .skip = a->skip, .depth = a->depth + 1};
	int64_t result;

	if (!value && sh.opt['u'] && !a->skip)
		sh_fail(2, "%s: parameter not set", name);
	if (!value || a->skip || value[strspn(value, " \t\n")] == '\0')
		return 0;
	if (inner.depth > 20)
		arith_fail(a, "endless recursion");
	result = ternary(&inner);
	if (inner.at[strspn(inner.at, " \t\n")])
		arith_fail(&inner, "no number");
	return result;
}

/* name, name = value, name op= value */
static int64_t variable(struct arith *a, size_t len)
{
	char *name = scratch_printf("%.*s", (int)len, a->at);
	static const char *const updates[] = {
		"<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
	};
	int64_t value;

	a->at += len;
	a->at += strspn(a->at, " \t\n");
	if (*a->at == '=' && a->at[1] != '=') {
		a->at++;
		value = ternary(a);
	} else {
		size_t i = 0;
		char op[3] = "";

		while (i < ARRAY_LEN(updates) && !accept(a, updates[i]))
			i++;
		if (i == ARRAY_LEN(updates))
			return variable_value(a, name);
		memcpy(op, updates[i], strlen(updates[i]) - 1);
		value = variable_value(a, name);
		value = apply(a, op, value, ternary(a));
	}
	if (!a->skip)
		var_set(name, scratch_printf("%lld", (long long)value));
	return value;
}

static int64_t primary(struct arith *a)
{
	int64_t value;
	char *end;

	if (accept(a, "(")) {
		value = ternary(a);
		if (!accept(a, ")"))
			arith_fail(a, "a ) is missing");
		return value;
	}
	if (accept(a, "!"))
		return !primary(a);
	if (accept(a, "~"))
		return ~primary(a);
	if (accept(a, "-"))
		return -(uint64_t)primary(a);
	if (accept(a, "+"))
		return primary(a);
	if (name_length(a->at) > 0)
		return variable(a, name_length(a->at));
	if (!isdigit((unsigned char)*a->at))
		arith_fail(a, "a number is missing");
	value = strtoll(a->at, &end, 0);
	a->at = end;
	return value;
}

static const struct operator *operator_peek(struct arith *a)
{
	a->at += strspn(a->at, " \t\n");
	for (size_t i = 0; i < ARRAY_LEN(operators); i++)
		if (strncmp(a->at, operators[i].name, strlen(operators[i].name)) == 0)
			return &operators[i];
	return NULL;
}

/* Everything joined by operators of at least this rank. */
static int64_t binary(struct arith *a, int rank)
{
	int64_t left = primary(a), right;
	const struct operator *op;

	while ((op = operator_peek(a)) != NULL && op->rank >= rank) {
		bool known = (op->rank == 1 && left) || (op->rank == 2 && !left);

		a->at += strlen(op->name);
		a->skip += known;
		right = binary(a, op->rank + 1);
		a->skip -= known;
		if (op->rank == 1)
			left = left || right;
		else if (op->rank == 2)
			left = left && right;
		else
			left = apply(a, op->name, left, right);
	}
	return left;
}

static int64_t ternary(struct arith *a)
{
	int64_t condition = binary(a, 1), yes, no;

	if (!accept(a, "?"))
		return condition;
	a->skip += !condition;
	yes = ternary(a);
	a->skip -= !condition;
	if (!accept(a, ":"))
		arith_fail(a, "a : is missing");
	a->skip += !!condition;
	no = ternary(a);
	a->skip -= !!condition;
	return condition ? yes : no;
}

int64_t arith_eval(const char *text)
{
	struct arith a = {.at = text, .all = text};
	int64_t value;

	if (text[strspn(text, " \t\n")] == '\0')
		return 0;
	value = ternary(&a);
	if (a.at[strspn(a.at, " \t\n")])
		arith_fail(&a, "something is left over");
	return value;
}

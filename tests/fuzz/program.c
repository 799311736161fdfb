/*
 * program.c: programs: made at random, changed, printed and read.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Would end the machine, or the program in a way that teaches nothing. */
static const char *const excluded[] = {"reboot", "rt_sigreturn", "exit_group", "exit", "pause"};

uint64_t draw(uint64_t *state)
{
	uint64_t x = *state ? *state : 0x2545f4914f6cdd1d;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x * 0x2545f4914f6cdd1d >> 11;
}

static bool is_excluded(const char *name)
{
	for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++)
		if (!strcmp(name, excluded[i]))
			return true;
	return false;
}

/* A call like an earlier one of the program, by name, or any. */
static unsigned choose_call(const struct program *p, uint64_t *state)
{
	unsigned call;

	if (below(state, 20) == 0)
		return call_count - 1; /* fail_nth */
	do {
		call = (unsigned)below(state, call_count - 1);
		if (p->count &&
		    below(state, 3) == 0) { /* neighbours in the table work on the same */
			unsigned near =
				p->at[below(state, p->count)].call + (unsigned)below(state, 7);

			call = near >= 3 && near - 3 < call_count - 1 ? near - 3 : call;
		}
	} while (is_excluded(calls[call].name));
	return call;
}

static void call_random(struct program *p, unsigned at, uint64_t *state)
{
	p->at[at].call = (uint16_t)choose_call(p, state);
	for (int i = 0; i < 6; i++)
		p->at[at].seed[i] = (uint32_t)below(state, 4096);
}

void program_random(struct program *p, uint64_t *state)
{
	unsigned count = 2 + (unsigned)below(state, 10);

	memset(p, 0, sizeof(*p));
	p->root = below(state, 2);
	for (; p->count < count; p->count++)
		call_random(p, p->count, state);
}

static void call_insert(struct program *p, unsigned at)
{
	if (p->count == PROGRAM_CALLS)
		p->count--;
	memmove(&p->at[at + 1], &p->at[at], (p->count - at) * sizeof(p->at[0]));
	p->count++;
}

static void call_remove(struct program *p, unsigned at)
{
	p->count--;
	memmove(&p->at[at], &p->at[at + 1], (p->count - at) * sizeof(p->at[0]));
}

void program_mutate(struct program *p, const struct program *other, uint64_t *state)
{
	do {
		unsigned at = (unsigned)below(state, p->count);

		switch (below(state, 8)) {
		case 0:
		case 1:
			if (p->count == PROGRAM_CALLS)
				at = at == PROGRAM_CALLS - 1 ? 0 : at;
			call_insert(p, at);
			call_random(p, at, state);
			break;
		case 2:
			if (p->count > 1)
				call_remove(p, at);
			break;
		case 3: { /* the other's end after this one's beginning */
			unsigned from = (unsigned)below(state, other->count);

			for (p->count = at + 1; p->count < PROGRAM_CALLS && from < other->count;)
				p->at[p->count++] = other->at[from++];
			break;
		}
		case 4: /* the same once more */
			if (p->count < PROGRAM_CALLS)
				p->at[p->count++] = p->at[at];
			break;
		default:
			p->at[at].seed[below(state, 6)] = (uint32_t)below(state, 4096);
		}
	} while (below(state, 3));
	if (below(state, 20) == 0)
		p->root = !p->root;
}

void program_print(const struct program *p, char text[PROGRAM_TEXT])
{
	int n = sprintf(text, "%s: ", p->root ? "root" : "user");

	for (unsigned i = 0; i < p->count; i++) {
		const struct call *c = &calls[p->at[i].call];

		n += sprintf(text + n, "%s%s(", i ? "; " : "", c->name);
		for (unsigned a = 0; a < c->count; a++)
			n += sprintf(text + n, a ? ",%x" : "%x", p->at[i].seed[a]);
		n += sprintf(text + n, ")");
	}
}

static bool call_parse(struct program *p, const char *text, const char **end)
{
	size_t length = strcspn(text, "(");

	for (unsigned i = 0; i < call_count; i++) {
		if (strncmp(text, calls[i].name, length) || calls[i].name[length])
			continue;
		p->at[p->count].call = (uint16_t)i;
		text += length;
		for (unsigned a = 0; a < calls[i].count; a++)
			p->at[p->count].seed[a] = (uint32_t)strtoul(text + 1, (char **)&text, 16);
		text = strchr(text, ')');
		p->count++;
		*end = text ? text + 1 : "";
		return text != NULL;
	}
	return false;
}

bool program_parse(struct program *p, const char *text)
{
	memset(p, 0, sizeof(*p));
	p->root = !strncmp(text, "root", 4);
	text = strchr(text, ':');
	while (text && p->count < PROGRAM_CALLS) {
		text += 1 + strspn(text + 1, " ");
		if (!*text || *text == '\n')
			break;
		if (!call_parse(p, text, &text))
			return false;
		text = strchr(text, ';');
	}
	return p->count > 0;
}

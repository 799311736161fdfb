/*
 * fuzz.h: what the fuzzer's files share.
 *
 * A program is a list of calls; a call is a number and, for each argument, a seed. From the seed
 * and the argument's kind (from kernel/sys/syscalls.tbl) values.c makes the value, at the moment of
 * the call: so a program is short, always valid, and the same each time it runs.
 *
 * As text, one line: who runs it, then the calls with their seeds in hexadecimal,
 *
 *	root: memfd_create(3f,0); ftruncate(12,4); mmap(0,7,1,22,8,0)
 *
 *	main.c		the guest's init: workers, the corpus, replaying
 *	program.c	programs: made at random, changed, as text
 *	values.c	a seed and a kind to a value
 *	choices.c	the flags and commands that are worth trying
 *	run.c		runs one program where it can do no harm to us
 */
#pragma once

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_NUMBER,
	KIND_FD,
	KIND_DIRFD,
	KIND_PATH,
	KIND_STRING,
	KIND_STRINGS,
	KIND_PID,
	KIND_ID,
	KIND_HANDLE,
	KIND_SIGNAL,
	KIND_SIGSET,
	KIND_MODE,
	KIND_ADDRESS,
	KIND_SIZE,
	KIND_OFFSET,
	KIND_STRUCT,
	KIND_BUFFER,
	KIND_WORD,
};

struct argument {
	enum kind kind;
	const char *name, *type;
};

#define CALL_FAIL_NTH (-1) /* always the last in the table */

struct call {
	long nr;
	const char *name;
	unsigned count;
	struct argument args[6];
};

extern const struct call calls[];
extern const unsigned call_count;

/* Values worth trying for an argument: one of them, or some of their bits together. */
struct choice {
	const char *call, *arg; /* call NULL: of any call */
	bool bits;
	unsigned count;
	const uint64_t *values;
};
const struct choice *choice_find(const struct call *c, unsigned arg);

enum { PROGRAM_CALLS = 24, PROGRAM_TEXT = 3900 };

struct program {
	bool root;
	unsigned count;
	struct {
		uint16_t call;
		uint32_t seed[6];
	} at[PROGRAM_CALLS];
};

/* xorshift; never 0. */
uint64_t draw(uint64_t *state);
static inline uint64_t below(uint64_t *state, uint64_t n)
{
	return draw(state) % n;
}

void program_random(struct program *p, uint64_t *state);
/* Changes p a little; other may lend a piece. */
void program_mutate(struct program *p, const struct program *other, uint64_t *state);
void program_print(const struct program *p, char text[PROGRAM_TEXT]);
bool program_parse(struct program *p, const char *text);

/* What a running program has so far. */
struct run {
	unsigned done;
	long results[PROGRAM_CALLS];
	size_t memory_used; /* of the memory that arguments lie in */
};

#define MEMORY_BASE 0x10000000ul /* arguments' memory: values.c fills it */
#define MEMORY_SIZE (64ul << 12)
#define REGION_BASE 0x20000000ul /* what calls about memory work on */
#define REGION_SIZE (64ul << 12)

uint64_t value_make(struct run *r, const struct call *c, unsigned arg, uint32_t seed);

/* Runs p in a box of its own; what it reaches goes to the recording open at coverage_fd (-1: none).
 * verbose: prints each call. False: it could not be ended. */
bool program_run(const struct program *p, int coverage_fd, bool verbose);

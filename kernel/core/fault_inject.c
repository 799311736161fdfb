/*
 * Failures on demand.
 *
 * A kernel's error paths run only when something is short, which in a test is never. So the three
 * sources of shortness - page frames, objects, user memory - ask here first, and a test says which
 * of the questions is answered with a failure. Two ways to say it:
 *
 *	echo 3 > /proc/pando/fail-nth	the third question that this task asks from now on fails
 *
 * is for walking through a system call: n = 1, 2, 3 ... until nothing is left to fail. And rules
 * for everybody, for running whatever there is with shortage everywhere, written to
 * /proc/pando/faults or given on the kernel's command line:
 *
 *	fail_page=N fail_slab=N fail_copy=N	one in N questions of that kind, at random; 0: none
 *	fail_seed=S	where the random numbers start: the same again
 *	fail_once=G	every place fails the first time that it asks; another number G starts anew,
 *			0 ends it
 *	fail_depth=D	a place is told from others by its D innermost callers (1, at first)
 *
 * of which these take away again:
 *
 *	fail_task=NAME	tasks of that name only; empty: all
 *	fail_site=FUNCTION	questions from that function only, or FUNCTION+0xOFFSET; empty: all
 *	fail_after=N	the next N that are left are spared
 *	fail_times=N	N failures at most, from now on; 0: no end
 *
 * Kernel threads, interrupts, init, and the task that wrote the rules are never hit.
 *
 * A question is filed under its site: the nearest callers that are not the allocator itself, found
 * by the chain of frame pointers, and the kind. Sites lie in a table hashed by that, larger than
 * the number of calls there are. A site is entered once and never leaves: compare-and-swap claims a
 * free entry, which is then filled in, and its key is stored last. Interrupts are off meanwhile:
 * their handlers ask too, and who meets a claimed entry waits for its key.
 *
 * The rules are single words that anyone may change at any time: a question under way is answered
 * by the old ones, the new ones, or some of each.
 *
 * An allocation inside the allocator (a slab for an object) is not asked about: its caller was.
 */
#include "kernel/core/fault_inject.h"

#include "arch/machine.h"
#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/task/task.h"
#include "lib/random.h"
#include "lib/string.h"

#define SITES	  8192 /* a power of two */
#define FRAMES	  16   /* the allocator's own functions are never nested deeper than DEPTH_MAX */
#define DEPTH_MAX 8
#define NAME_SIZE 64

/* Keys of no place. */
#define FREE	0u
#define CLAIMED 1u

struct fault_site {
	_Atomic uintptr_t key; /* or FREE, CLAIMED */
	uintptr_t pc;
	enum fault_kind kind;
	_Atomic uint64_t asked, failed;
	_Atomic uint64_t once; /* the fail_once in which it has failed */
};

static struct fault_site sites[SITES];

/* The rules that are numbers; the first three in the order of enum fault_kind. */
enum rule { RATE, SEED = FAULT_KINDS, ONCE, DEPTH, AFTER, TIMES, NUMBERS };

static const char *const rule_words[NUMBERS] = {
	"fail_page", "fail_slab",  "fail_copy",	 "fail_seed",
	"fail_once", "fail_depth", "fail_after", "fail_times",
};

static struct {
	_Atomic uint64_t number[NUMBERS]; /* [a] */
	_Atomic uint64_t draws;		  /* [a] random numbers since the seed was set */
	_Atomic uint64_t spared, failed;  /* [a] since AFTER and TIMES were set */
	char task[NAME_SIZE];		  /* always ends in NUL; empty: no such rule */
	char site[NAME_SIZE];		  /* the same */
} rules = { .number[DEPTH] = 1 };

static const char *const kind_names[FAULT_KINDS] = { "page", "slab", "copy" };

/* Between these lie the functions that provide: kernel.lds keeps them together. */
extern const char _providers_text[], _providers_etext[];

/* --- sites --- */

static bool is_provider(uintptr_t pc)
{
	return pc >= (uintptr_t)_providers_text && pc < (uintptr_t)_providers_etext;
}

/* The innermost caller that is not a provider, and what tells its site from others of any kind. */
static uintptr_t caller_pc(uintptr_t fp, enum fault_kind kind, uintptr_t *key)
{
	unsigned depth = (unsigned)atomic_load_explicit(&rules.number[DEPTH], memory_order_relaxed);
	uintptr_t pcs[FRAMES], pc;
	unsigned i, n = arch_backtrace(pcs, FRAMES, fp);

	for (i = 1; i + 1 < n && is_provider(pcs[i]);) /* 0 is the provider that asks */
		i++;
	pc = *key = i < n ? pcs[i] : 1;
	for (unsigned end = min(i + depth, n); ++i < end;)
		*key = *key * 31 + pcs[i];
	*key = *key * 31 + kind;
	return pc;
}

/* The key of an entry, which becomes ours if it is free: CLAIMED then. */
static uintptr_t key_or_claim(struct fault_site *s)
{
	uintptr_t seen;

	do {
		seen = FREE;
		if (atomic_compare_exchange_strong(&s->key, &seen, CLAIMED))
			return CLAIMED;
	} while (seen == CLAIMED);
	return seen;
}

/* The entry of a key, made if there is none; NULL when the table is full. Interrupts off. */
static struct fault_site *site_of(uintptr_t key, uintptr_t pc, enum fault_kind kind)
{
	for (unsigned i = 0; i < SITES; i++) {
		struct fault_site *s = &sites[(key / 2 * 2654435761u + i) & (SITES - 1)];
		uintptr_t seen = key_or_claim(s);

		if (seen == CLAIMED) {
			s->pc = pc;
			s->kind = kind;
			atomic_store(&s->key, key);
			return s;
		}
		if (seen == key)
			return s;
	}
	return NULL;
}

/* --- the rules --- */

static uint64_t rule(unsigned which)
{
	return atomic_load_explicit(&rules.number[which], memory_order_relaxed);
}

/* Does the place have this name: FUNCTION, or FUNCTION+0xOFFSET? */
static bool site_is_called(uintptr_t pc, const char *wanted)
{
	uint64_t wanted_offset;
	const char *name;
	size_t offset, n;

	name = symbol_name(pc, &offset);
	n = name != NULL ? strlen(name) : 0;
	if (name == NULL || memcmp(name, wanted, min(n, strlen(wanted) + 1)) != 0)
		return false;
	if (wanted[n] == '\0')
		return true;
	return wanted[n] == '+' && str_to_u64(wanted + n + 1, NULL, 0, &wanted_offset) == 0 &&
	       wanted_offset == offset;
}

/* Counts one up that has not reached its end. */
static bool count_below(_Atomic uint64_t *count, uint64_t end)
{
	return atomic_load(count) < end && atomic_fetch_add(count, 1) < end;
}

static bool is_meant(const struct task *t, uintptr_t pc)
{
	if (t->tid <= 1 || t->faults.spared)
		return false;
	if (rules.task[0] != '\0' && !str_equal(rules.task, t->comm))
		return false;
	if (rules.site[0] != '\0' && !site_is_called(pc, rules.site))
		return false;
	return rule(AFTER) == 0 || !count_below(&rules.spared, rule(AFTER));
}

static bool draw_hits(uint64_t rate)
{
	struct prng r;

	if (rate == 0)
		return false;
	prng_seed(&r, rule(SEED) + atomic_fetch_add(&rules.draws, 1));
	return prng_below(&r, rate) == 0;
}

static bool once_hits(struct fault_site *s)
{
	uint64_t round = rule(ONCE);

	return round != 0 && s != NULL && atomic_exchange(&s->once, round) != round;
}

static bool rules_hit(const struct task *t, struct fault_site *s, uintptr_t pc,
		      enum fault_kind kind)
{
	uint64_t times = rule(TIMES);

	if (rule(RATE + kind) == 0 && rule(ONCE) == 0)
		return false;
	if (!is_meant(t, pc) || (times != 0 && atomic_load(&rules.failed) >= times))
		return false;
	if (!once_hits(s) && !draw_hits(rule(RATE + kind)))
		return false;
	return times == 0 || count_below(&rules.failed, times);
}

static bool nth_hits(struct fault_state *f, struct fault_site *s)
{
	if (f->nth == 0 || --f->nth > 0)
		return false;
	f->last = s;
	return true;
}

bool fault_inject(enum fault_kind kind)
{
	struct task *t = current;
	struct fault_site *s;
	uintptr_t pc, key;
	irqflags_t irq;

	if (hart_table == NULL)
		return false;
	pc = caller_pc((uintptr_t)__builtin_frame_address(0), kind, &key);
	irq = irq_save();
	s = site_of(key, pc, kind);
	irq_restore(irq);
	if (s != NULL)
		atomic_fetch_add_explicit(&s->asked, 1, memory_order_relaxed);
	if (READ_ONCE(hart_this()->in_interrupt) || task_is(t, TASK_KTHREAD))
		return false;
	if (!nth_hits(&t->faults, s) && !rules_hit(t, s, pc, kind))
		return false;
	if (s != NULL)
		atomic_fetch_add_explicit(&s->failed, 1, memory_order_relaxed);
	t->faults.forgiven = true;
	return true;
}

void fault_forgive_end(void)
{
	current->faults.forgiven = false;
}

bool fault_was_injected(void)
{
	bool was = current->faults.forgiven;

	current->faults.forgiven = false;
	return was;
}

void fault_nth_set(unsigned nth)
{
	current->faults.nth = nth;
	current->faults.last = NULL;
}

unsigned fault_nth(void)
{
	return current->faults.nth;
}

const char *fault_nth_where(uintptr_t *pc)
{
	const struct fault_site *s = current->faults.last;

	if (s == NULL)
		return NULL;
	*pc = s->pc;
	return kind_names[s->kind];
}

/* --- setting them --- */

static void number_set(enum rule which, uint64_t value)
{
	atomic_store(&rules.number[which], value);
	if (which == SEED)
		atomic_store(&rules.draws, 0);
	if (which == AFTER)
		atomic_store(&rules.spared, 0);
	if (which == TIMES)
		atomic_store(&rules.failed, 0);
}

int fault_rule_set(const struct cmdline_arg *arg)
{
	bool of_task = cmdline_is(arg, "fail_task"), of_site = cmdline_is(arg, "fail_site");
	char text[NAME_SIZE] = "";
	uint64_t value;

	if (arg->value_len >= sizeof(text))
		return -EINVAL;
	if (arg->value_len > 0)
		memcpy(text, arg->value, arg->value_len);
	if (of_task || of_site) {
		memcpy(of_task ? rules.task : rules.site, text, sizeof(text));
		return 0;
	}
	for (unsigned i = 0; i < NUMBERS; i++) {
		if (!cmdline_is(arg, rule_words[i]))
			continue;
		if (str_to_u64(text, NULL, 0, &value) != 0)
			return -EINVAL;
		if (i == DEPTH && (value == 0 || value > DEPTH_MAX))
			return -EINVAL;
		number_set(i, value);
		return 0;
	}
	return -ENOENT;
}

int fault_rules_set(const char *text)
{
	struct cmdline_arg arg;

	current->faults.spared = true;
	while (cmdline_next(&text, &arg)) {
		if (fault_rule_set(&arg) != 0)
			return -EINVAL;
	}
	return 0;
}

void fault_sites_show(void (*show)(const char *kind, uintptr_t pc, uint64_t asked, uint64_t failed,
				   void *arg),
		      void *arg)
{
	for (unsigned i = 0; i < SITES; i++) {
		struct fault_site *s = &sites[i];

		if (atomic_load(&s->key) > CLAIMED)
			show(kind_names[s->kind], s->pc, atomic_load(&s->asked),
			     atomic_load(&s->failed), arg);
	}
}

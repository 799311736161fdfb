/*
 * Failures on demand.
 *
 * A kernel's error paths run only when something is short, which in a test is never. So the three
 * sources of shortness - page frames, objects, user memory - ask here first, and a test says which
 * of the questions is answered with a failure:
 *
 *	echo 3 > /proc/pando/fail-nth	the third question that this task asks from now on fails
 *	echo fail_slab=200 fail_seed=7 > /proc/pando/faults	every 200th or so, of any task
 *
 * The first is for walking through a system call: n = 1, 2, 3 ... until nothing is left to fail.
 * The second is for running whatever there is with shortage everywhere.
 *
 * A question is filed under its site: the nearest caller that is not the allocator itself, found by
 * the chain of frame pointers. Sites lie in a table hashed by address, larger than the number of
 * calls there are; a site is entered once by compare-and-swap and never leaves.
 *
 * An allocation inside the allocator (a slab for an object) is not asked about: its caller was.
 */
#include "kernel/core/fault_inject.h"

#include "arch/machine.h"
#include "kernel/core/hart.h"
#include "kernel/task/task.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/random.h"

#define SITES 2048 /* a power of two */
#define FRAMES 8   /* the allocator's own functions are never nested deeper */

struct site {
	_Atomic uintptr_t pc; /* 0: free */
	enum fault_kind kind;
	_Atomic uint64_t asked, failed;
};

static struct site sites[SITES];
static _Atomic uint64_t rates[FAULT_KINDS]; /* one in so many; 0: never */
static _Atomic uint64_t seed, draws;

static const char *const kind_names[FAULT_KINDS] = { "page", "slab", "copy" };
static const char *const rate_words[FAULT_KINDS] = { "fail_page", "fail_slab", "fail_copy" };

/* Between these lie the functions that provide: kernel.lds keeps them together. */
extern const char _providers_text[], _providers_etext[];

static bool is_provider(uintptr_t pc)
{
	return pc >= (uintptr_t)_providers_text && pc < (uintptr_t)_providers_etext;
}

static uintptr_t caller_pc(void)
{
	uintptr_t pcs[FRAMES];
	unsigned n = arch_backtrace(pcs, FRAMES, (uintptr_t)__builtin_frame_address(0));

	for (unsigned i = 1; i < n; i++) { /* 0 is the provider that asks */
		if (!is_provider(pcs[i]))
			return pcs[i];
	}
	return n > 0 ? pcs[n - 1] : 0;
}

/* The entry of pc, made if there is none; NULL when the table is full. */
static struct site *site_of(uintptr_t pc, enum fault_kind kind)
{
	for (unsigned i = 0; i < SITES; i++) {
		struct site *s = &sites[(pc / 2 * 2654435761u + i) & (SITES - 1)];
		uintptr_t seen = 0;

		if (atomic_compare_exchange_strong(&s->pc, &seen, pc)) {
			s->kind = kind;
			return s;
		}
		if (seen == pc)
			return s;
	}
	return NULL;
}

static bool rate_hits(enum fault_kind kind)
{
	uint64_t rate = atomic_load_explicit(&rates[kind], memory_order_relaxed);
	struct prng r;

	if (rate == 0 || current->tid <= 1)
		return false;
	prng_seed(&r, atomic_load(&seed) + atomic_fetch_add(&draws, 1));
	return prng_below(&r, rate) == 0;
}

static bool nth_hits(struct fault_state *f)
{
	if (f->nth == 0 || --f->nth > 0)
		return false;
	f->failed = true;
	return true;
}

bool fault_inject(enum fault_kind kind)
{
	struct task *t = current;
	struct site *s;

	if (hart_table == NULL || hart_this()->in_interrupt || (t->flags & TASK_KTHREAD))
		return false;
	s = site_of(caller_pc(), kind);
	if (s != NULL)
		atomic_fetch_add_explicit(&s->asked, 1, memory_order_relaxed);
	if (!nth_hits(&t->faults) && !rate_hits(kind))
		return false;
	if (s != NULL)
		atomic_fetch_add_explicit(&s->failed, 1, memory_order_relaxed);
	t->faults.forgiven = true;
	return true;
}

bool fault_was_injected(void)
{
	bool was = current->faults.forgiven;

	current->faults.forgiven = false;
	return was;
}

void fault_nth_set(unsigned nth)
{
	current->faults = (struct fault_state){ .nth = nth };
}

unsigned fault_nth(void)
{
	return current->faults.nth;
}

int fault_rates_set(const char *text)
{
	uint64_t wanted[FAULT_KINDS], start = atomic_load(&seed);
	int err = cmdline_size(text, "fail_seed", &start);

	for (unsigned i = 0; i < FAULT_KINDS && (err == 0 || err == -ENOENT); i++) {
		wanted[i] = atomic_load(&rates[i]);
		err = cmdline_size(text, rate_words[i], &wanted[i]);
	}
	if (err != 0 && err != -ENOENT)
		return -EINVAL;
	atomic_store(&seed, start);
	atomic_store(&draws, 0);
	for (unsigned i = 0; i < FAULT_KINDS; i++)
		atomic_store(&rates[i], wanted[i]);
	return 0;
}

void fault_sites_show(void (*show)(const char *kind, uintptr_t pc, uint64_t asked, uint64_t failed,
				   void *arg),
		      void *arg)
{
	for (unsigned i = 0; i < SITES; i++) {
		struct site *s = &sites[i];

		if (atomic_load(&s->pc) != 0)
			show(kind_names[s->kind], atomic_load(&s->pc), atomic_load(&s->asked),
			     atomic_load(&s->failed), arg);
	}
}

/*
 * Lock checking: finds the deadlock that did not happen.
 *
 * Each task carries a stack of the locks it holds (task->locks), sleeping ones included. Every lock
 * taken is checked against it, whether or not somebody else happens to have that lock:
 *
 * Ranks. kernel/core/lockrank.h puts all locks in one order. A lock's rank is above the rank of all
 * that is held; sleeping locks may also be of the same rank, where their owners define an order.
 *
 * The graph. Ranks that are equal say nothing, and a rank may be wrong. So the order in which
 * classes are taken is also learned: an edge A -> B is drawn when a B is first taken while an A is
 * held. If a chain of edges leads from B back to A by then, two tasks that run along both chains at
 * the same moment wait for each other for ever. Only the locks down to the topmost that was waited
 * for need an edge, the rest follows from theirs. What was tried rather than waited for closes no
 * ring, but what is waited for under it can.
 *
 *	held:  inode  pipe(tried)  +  mm wanted       inode -> mm, pipe -> mm
 *
 * Interrupts. A handler runs on top of the task it interrupted. A class that handlers take must
 * never be held with interrupts on, or the handler spins on its own hart for ever. Nor may a class
 * that others hold with interrupts on be waited for under it: the other hart's holder can be
 * interrupted, and its handler then waits for the first. In the graph: no chain leads from a class
 * used in interrupts to one used with interrupts on. The locks of the interrupted task are no
 * concern of the handler's order, since the handler never waits for that task.
 *
 * Sleeping. Whatever may sleep says so (might_sleep), also on the paths on which it does not.
 *
 * Ownership. A lock is dropped by the task that took it, once; no task waits for what it has; none
 * goes to user mode, or ends, with a lock.
 *
 * A fault found is a panic that names the classes, after lines that tell both chains. From then on
 * nothing is checked: the checks would only bury the first message.
 *
 * The order among locks of one class is their owner's business (addresses, the tree of
 * directories), and is not learned.
 *
 * Locking: graph_word, a bare word, taken with interrupts off, guards what is written to the graph.
 * Edges are only ever added and are complete when published, so the frequent question, "is this
 * edge known?", is asked without it.
 */
#include "kernel/core/lock_check.h"

#include <stdatomic.h>

#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/spinlock.h"
#include "kernel/task/task.h"

#ifdef PANDO_DEBUG

#define USED_IN_IRQ 1u	  /* taken by an interrupt handler */
#define USED_IRQS_OPEN 2u /* taken with interrupts on */

/* Memory for edges can't be asked for here: its allocators take locks. There are some 500. */
#define EDGES_MAX 4096
static struct lock_edge edges[EDGES_MAX]; /* [graph] */
static unsigned edge_count;		  /* [graph] */
static struct lock_class *classes;	  /* [graph] all that were ever taken */
static unsigned search_count;		  /* [graph] */
static atomic_uint graph_word;		  /* the lock called graph: 1 when held */
static bool fault_found;		  /* [a] and is being told: what that takes is in order */

static bool in_interrupt(void)
{
	return hart_table != NULL && READ_ONCE(hart_this()->in_interrupt);
}

static bool checks_are_off(void)
{
	return panic_in_progress() || __atomic_load_n(&fault_found, __ATOMIC_RELAXED);
}

static irqflags_t graph_lock(void)
{
	irqflags_t irq = irq_save();

	while (atomic_exchange_explicit(&graph_word, 1, memory_order_acquire) != 0)
		hart_relax();
	return irq;
}

static void graph_unlock(irqflags_t irq)
{
	atomic_store_explicit(&graph_word, 0, memory_order_release);
	irq_restore(irq);
}

/* --- the graph -------------------------------------------------------------------------------- */

/* All below up to the next line: graph held. */

static void class_know(struct lock_class *class)
{
	if (class->known)
		return;
	class->known = true;
	class->next = classes;
	classes = class;
}

/* The nearest class along the edges from `from` that is `to` or has one of `uses`, from itself
 * included; NULL: none. The way is in by and from of each class, back from the one found. */
static struct lock_class *graph_search(struct lock_class *from, const struct lock_class *to,
				       unsigned uses)
{
	struct lock_class *last = from, *c = from, *next;

	from->search = ++search_count;
	from->from = from->queue = NULL;
	for (; c != NULL; c = c->queue) {
		if (c == to || c->uses & uses)
			return c;
		for (struct lock_edge *e = c->after; e != NULL; e = e->next) {
			next = e->to;
			if (next->search == search_count)
				continue;
			next->search = search_count;
			next->by = e;
			next->from = c;
			next->queue = NULL;
			last = last->queue = next;
		}
	}
	return NULL;
}

/* A fault was found, which is told without the lock; the way that a search found stays. */
static void fault_begin(irqflags_t irq)
{
	__atomic_store_n(&fault_found, true, __ATOMIC_RELAXED);
	graph_unlock(irq);
}

/* Prints the way that graph_search found, last edge first. */
static void way_print(const struct lock_class *c)
{
	for (; c->from != NULL; c = c->from)
		pr_err("  \"%s\" is taken at %pS under \"%s\", taken at %pS", c->name,
		       (void *)c->by->to_pc, c->from->name, (void *)c->by->first_pc);
}

static void use_print(const struct lock_class *c, unsigned use)
{
	pr_err("  \"%s\" is taken %s at %pS", c->name,
	       use == USED_IN_IRQ ? "by an interrupt handler" : "with interrupts on",
	       (void *)c->use_pc[use - 1]);
}

/* Looks for a handler's class from which a way leads to one that is held with interrupts on. */
static void irq_rule_check(irqflags_t irq)
{
	for (struct lock_class *c = classes; c != NULL; c = c->next) {
		struct lock_class *open =
			c->uses & USED_IN_IRQ ? graph_search(c, NULL, USED_IRQS_OPEN) : NULL;

		if (open == NULL)
			continue;
		fault_begin(irq);
		use_print(c, USED_IN_IRQ);
		way_print(open);
		use_print(open, USED_IRQS_OPEN);
		if (open == c)
			panic("irq-unsafe lock: \"%s\" is taken by interrupt handlers, and also "
			      "with interrupts on", c->name);
		panic("irq-unsafe lock order: \"%s\", which interrupt handlers take, is held while "
		      "\"%s\" is waited for, which is held with interrupts on", c->name,
		      open->name);
	}
}

static void ring_check(const struct held_lock *held, const struct held_lock *wanted,
		       irqflags_t irq)
{
	struct lock_class *end = graph_search(wanted->class, held->class, 0);

	if (end == NULL)
		return;
	fault_begin(irq);
	pr_err("Tasks that do both of these at once wait for each other for ever. Now:");
	pr_err("  \"%s\" is wanted at %pS under \"%s\", taken at %pS", wanted->class->name,
	       (void *)wanted->pc, held->class->name, (void *)held->pc);
	pr_err("Before:");
	way_print(end);
	panic("possible deadlock: \"%s\" is wanted under \"%s\", which was taken under it before",
	      wanted->class->name, held->class->name);
}

/* ---------------------------------------------------------------------------------------------- */

static bool edge_is_known(const struct lock_class *from, const struct lock_class *to)
{
	const struct lock_edge *e = __atomic_load_n(&from->after, __ATOMIC_ACQUIRE);

	while (e != NULL && e->to != to)
		e = e->next;
	return e != NULL;
}

static void edge_learn(const struct held_lock *held, const struct held_lock *wanted)
{
	irqflags_t irq = graph_lock();
	struct lock_class *from = held->class;
	struct lock_edge *e = &edges[edge_count];

	class_know(from);
	class_know(wanted->class);
	if (edge_is_known(from, wanted->class) || edge_count == EDGES_MAX) {
		graph_unlock(irq);
		return;
	}
	ring_check(held, wanted, irq);
	*e = (struct lock_edge){ wanted->class, from->after, held->pc, wanted->pc };
	edge_count++;
	__atomic_store_n(&from->after, e, __ATOMIC_RELEASE);
	irq_rule_check(irq);
	graph_unlock(irq);
	if (edge_count == EDGES_MAX)
		pr_warn("lock order: %u edges are known, no more are learned", EDGES_MAX);
}

static void order_check(const struct held_lock *wanted)
{
	const struct lock_stack *s = &current->locks;

	for (unsigned i = s->depth; i-- > 0;) {
		const struct held_lock *held = &s->held[i];

		if ((held->how ^ wanted->how) & LOCK_IN_IRQ)
			continue;
		if (held->class != wanted->class && !edge_is_known(held->class, wanted->class))
			edge_learn(held, wanted);
		if (!(held->how & LOCK_TRIED))
			return;
	}
}

static void rank_check(const struct held_lock *wanted)
{
	const struct lock_stack *s = &current->locks;
	unsigned lowest = wanted->class->rank - (wanted->how & LOCK_SPINS ? 1 : 0);

	for (unsigned i = 0; i < s->depth; i++) {
		const struct held_lock *held = &s->held[i];

		if ((held->how ^ wanted->how) & LOCK_IN_IRQ || held->class->rank <= lowest)
			continue;
		panic("lock order: \"%s\" of rank %u is wanted while \"%s\" of rank %u is held",
		      wanted->class->name, wanted->class->rank, held->class->name,
		      held->class->rank);
	}
}

/* Notes that a spinlock is used as it is just now. */
static void use_check(const struct held_lock *l)
{
	struct lock_class *class = l->class;
	unsigned use = l->how & LOCK_IN_IRQ ? USED_IN_IRQ : irq_enabled() ? USED_IRQS_OPEN : 0;
	irqflags_t irq;

	/* Nobody waits for a lock by trying it, not even a handler. */
	if (use == 0 || (use == USED_IN_IRQ && l->how & LOCK_TRIED) ||
	    __atomic_load_n(&class->uses, __ATOMIC_RELAXED) & use)
		return;
	irq = graph_lock();
	class_know(class);
	class->use_pc[use - 1] = l->pc;
	__atomic_fetch_or(&class->uses, use, __ATOMIC_RELAXED);
	irq_rule_check(irq);
	graph_unlock(irq);
}

/* --- what the locks call ---------------------------------------------------------------------- */

static struct held_lock entry_make(const void *lock, struct lock_id id, unsigned how, uintptr_t pc)
{
	return (struct held_lock){ lock, id.class, pc, how | (in_interrupt() ? LOCK_IN_IRQ : 0) };
}

/* Its place in the stack, or depth. */
static unsigned held_find(const struct lock_stack *s, const void *lock)
{
	for (unsigned i = s->depth; i-- > 0;)
		if (s->held[i].lock == lock)
			return i;
	return s->depth;
}

void lock_check_want(const void *lock, struct lock_id id, unsigned how, uintptr_t pc)
{
	struct lock_stack *s = &current->locks;
	struct held_lock wanted;

	if (checks_are_off())
		return;
	if (pc == 0)
		pc = (uintptr_t)__builtin_return_address(0);
	wanted = entry_make(lock, id, how, pc);
	if (!(how & LOCK_SPINS))
		might_sleep();
	if (held_find(s, lock) != s->depth)
		panic("\"%s\" is taken twice by one task", id.class->name);
	order_check(&wanted);
	rank_check(&wanted);
	if (how & LOCK_SPINS)
		use_check(&wanted);
	s->wanted[in_interrupt()] = wanted;
}

/* Without interrupts, like taking out: a handler would use the same place for its own locks. */
static void held_push(struct task *t, const struct held_lock *l)
{
	struct lock_stack *s = &t->locks;
	irqflags_t irq = irq_save();

	if (s->depth == LOCKS_HELD_MAX && !panic_in_progress())
		panic("more than %u locks held", s->depth);
	if (s->depth < LOCKS_HELD_MAX)
		s->held[s->depth++] = *l;
	irq_restore(irq);
}

/* What current waits for, or the handler that runs on top of it. */
static void wanted_end(const void *lock)
{
	struct held_lock *wanted = &current->locks.wanted[in_interrupt()];

	if (wanted->lock == lock)
		wanted->lock = NULL;
}

void lock_check_got(const void *lock, struct lock_id id, unsigned how, uintptr_t pc)
{
	struct held_lock l =
		entry_make(lock, id, how, pc ? pc : (uintptr_t)__builtin_return_address(0));

	if (how & LOCK_TRIED && how & LOCK_SPINS && !checks_are_off())
		use_check(&l);
	wanted_end(lock);
	held_push(current, &l);
}

void lock_check_gave_up(const void *lock)
{
	wanted_end(lock);
}

/* Locks are mostly, but not always, dropped in the reverse order. */
static struct held_lock held_take_out(struct task *t, const void *lock, struct lock_id id)
{
	struct lock_stack *s = &t->locks;
	irqflags_t irq = irq_save();
	unsigned i = held_find(s, lock);
	struct held_lock l = { .lock = lock, .class = id.class };

	if (i < s->depth) {
		l = s->held[i];
		for (s->depth--; i < s->depth; i++)
			s->held[i] = s->held[i + 1];
	} else if (!panic_in_progress()) {
		panic("unlock of \"%s\", which this task does not hold", id.class->name);
	}
	irq_restore(irq);
	return l;
}

void lock_check_drop(const void *lock, struct lock_id id)
{
	(void)held_take_out(current, lock, id);
}

void lock_check_hand_over(const void *lock, struct lock_id id, struct task *from, struct task *to)
{
	struct held_lock l = held_take_out(from, lock, id);

	held_push(to, &l);
}

/* --- what others ask -------------------------------------------------------------------------- */

void might_sleep(void)
{
	const struct lock_stack *s = &current->locks;

	if (panic_in_progress())
		return;
	if (in_interrupt())
		panic("sleep in atomic context: an interrupt handler may sleep here");
	for (unsigned i = 0; i < s->depth; i++)
		if (s->held[i].how & LOCK_SPINS)
			panic("sleep in atomic context: spinlock \"%s\", taken at %pS, is held",
			      s->held[i].class->name, (void *)s->held[i].pc);
	if (hart_table != NULL && hart_this()->online && !irq_enabled())
		panic("sleep in atomic context: interrupts are off");
}

void lock_check_none_held(const char *when)
{
	const struct lock_stack *s = &current->locks;

	if (s->depth != 0 && !panic_in_progress())
		panic("\"%s\", taken at %pS, is held %s", s->held[0].class->name,
		      (void *)s->held[0].pc, when);
}

void lock_check_print(const struct task *t)
{
	const struct lock_stack *s = &t->locks;

	for (unsigned i = 2; i-- > 0;)
		if (s->wanted[i].lock != NULL)
			pr_err("  waits for \"%s\" (%p)%s, since %pS", s->wanted[i].class->name,
			       s->wanted[i].lock, i ? " in an interrupt" : "",
			       (void *)s->wanted[i].pc);
	for (unsigned i = min(s->depth, (unsigned)LOCKS_HELD_MAX); i-- > 0;)
		pr_err("  holds \"%s\" (%p)%s, taken at %pS", s->held[i].class->name,
		       s->held[i].lock, s->held[i].how & LOCK_IN_IRQ ? " in an interrupt" : "",
		       (void *)s->held[i].pc);
}

#endif

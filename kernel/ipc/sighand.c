/*
 * The table of signal handlers: made default, copied by fork, shared by threads, reset by exec.
 *
 * Most programs handle few of the 64 signals, and fork and exec are to be cheap: so the table knows
 * which ones it was ever asked to treat specially, and only these are copied and reset.
 */
#include "kernel/ipc/sighand.h"

#include "kernel/alloc/slab.h"
#include "lib/bits.h"
#include "lib/errno.h"

static CACHE_DEFINE(sighand_cache, struct sighand);

int sighand_create(struct sighand **out)
{
	struct sighand *s = cache_alloc(&sighand_cache, ALLOC_ZERO); /* SIG_DFL is 0 */

	if (s == NULL)
		return -ENOMEM;
	ref_init(&s->ref);
	spinlock_init(&s->lock, "sighand", LOCK_RANK_SIGHAND);
	*out = s;
	return 0;
}

int sighand_copy(struct sighand *from, struct sighand **out)
{
	int err = sighand_create(out);
	irqflags_t irq;

	if (err)
		return err;
	irq = spin_lock_irqsave(&from->lock);
	(*out)->touched = from->touched;
	for (uint64_t left = from->touched; left != 0; left &= left - 1) {
		unsigned i = bits_first(left);

		(*out)->action[i] = from->action[i];
	}
	spin_unlock_irqrestore(&from->lock, irq);
	return 0;
}

struct sighand *sighand_get(struct sighand *s)
{
	ref_get(&s->ref);
	return s;
}

void sighand_put(struct sighand *s)
{
	if (s != NULL && ref_put(&s->ref))
		cache_free(&sighand_cache, s);
}

struct abi_sigaction sighand_action(struct sighand *s, int signo)
{
	irqflags_t irq = spin_lock_irqsave(&s->lock);
	struct abi_sigaction action = s->action[signo - 1];

	spin_unlock_irqrestore(&s->lock, irq);
	return action;
}

void sighand_reset(struct sighand *s)
{
	irqflags_t irq;

	if (s == NULL)
		return;
	irq = spin_lock_irqsave(&s->lock);
	for (uint64_t left = s->touched; left != 0; left &= left - 1) {
		unsigned i = bits_first(left);
		uint64_t keep = s->action[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL;

		s->action[i] = (struct abi_sigaction){ .handler = keep };
		if (keep == SIG_DFL)
			s->touched &= ~SIG_BIT(i + 1);
	}
	spin_unlock_irqrestore(&s->lock, irq);
}

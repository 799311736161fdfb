/*
 * The table of signal handlers: made default, copied by fork, shared by threads, reset by exec.
 */
#include "kernel/ipc/sighand.h"

#include "kernel/alloc/slab.h"
#include "lib/errno.h"
#include "lib/string.h"

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
	memcpy((*out)->action, from->action, sizeof(from->action));
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
	for (unsigned i = 0; i < ARRAY_SIZE(s->action); i++) {
		uint64_t keep = s->action[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL;

		s->action[i] = (struct abi_sigaction){ .handler = keep };
	}
	spin_unlock_irqrestore(&s->lock, irq);
}

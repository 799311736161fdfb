/*
 * Pending signals: a bit per signal, and a queue of infos.
 *
 * A signal below SIGRTMIN is pending once, however often it was sent; real-time signals queue
 * up. The bit is set as long as anything of that signal is pending. It may be set without a
 * queued info, when there was no memory or the group has as many as RLIMIT_SIGPENDING allows:
 * then the receiver sees a SI_USER from nobody.
 *
 * NOTE(linux): RLIMIT_SIGPENDING is held against what is queued in one process, not by all of a
 * user's.
 */
#include "kernel/ipc/signal_queue.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "lib/bits.h"

static CACHE_DEFINE(sigqueue_cache, struct sigqueue);

struct waitq signal_arrivals = WAITQ_INIT(signal_arrivals);

/* May the signal be delivered without what came with it, rather than not at all? */
static bool info_is_dispensable(int signo, const struct abi_siginfo *info)
{
	return signo < SIGRTMIN || info->code == SI_USER || info->code == SI_KERNEL;
}

/* From the kernel or kill(), signals below SIGRTMIN are queued over the limit: there can only be
 * 31. */
static bool limit_allows(struct group *g, int signo, const struct abi_siginfo *info)
{
	if (signo < SIGRTMIN && info->code >= 0)
		return true;
	return g->sigqueue_count < group_rlimit(g, RLIMIT_SIGPENDING);
}

int sigqueue_add(struct group *g, struct sigpending *p, int signo, const struct abi_siginfo *info)
{
	struct sigqueue *q = NULL;

	if (signo < SIGRTMIN && (p->set & SIG_BIT(signo)))
		return 0;
	if (limit_allows(g, signo, info))
		q = cache_alloc(&sigqueue_cache, 0);
	if (q == NULL && !info_is_dispensable(signo, info))
		return -EAGAIN;
	if (q != NULL) {
		q->info = *info;
		q->account = g;
		q->taken = NULL;
		g->sigqueue_count++;
		q->home = p;
		list_add_tail(&q->link, &p->queue);
	}
	p->set |= SIG_BIT(signo);
	waitq_wake_all(&signal_arrivals, 0);
	return 0;
}

void sigqueue_add_entry(struct sigpending *p, struct sigqueue *q)
{
	assert(!list_is_linked(&q->link));
	q->home = p;
	list_add_tail(&q->link, &p->queue);
	p->set |= SIG_BIT(q->info.signo);
	waitq_wake_all(&signal_arrivals, 0);
}

static void sigqueue_free(struct sigqueue *q)
{
	list_del_init(&q->link);
	if (q->taken != NULL) {
		q->taken(q, NULL);
		return;
	}
	q->account->sigqueue_count--;
	cache_free(&sigqueue_cache, q);
}

static bool is_queued(const struct sigpending *p, int signo)
{
	const struct sigqueue *q;

	list_for_each_entry(q, &p->queue, link) {
		if (q->info.signo == signo)
			return true;
	}
	return false;
}

void sigqueue_remove_entry(struct sigqueue *q)
{
	if (!list_is_linked(&q->link))
		return;
	list_del_init(&q->link);
	if (!is_queued(q->home, q->info.signo))
		q->home->set &= ~SIG_BIT(q->info.signo);
}

void sigpending_take(struct sigpending *p, int signo, struct abi_siginfo *info)
{
	struct sigqueue *q, *found = NULL;
	bool more = false;

	list_for_each_entry(q, &p->queue, link) {
		if (q->info.signo != signo)
			continue;
		if (found != NULL) {
			more = true;
			break;
		}
		found = q;
	}
	if (!more)
		p->set &= ~SIG_BIT(signo);
	if (found == NULL) {
		*info = (struct abi_siginfo){ .signo = signo, .code = SI_USER };
		return;
	}
	*info = found->info;
	list_del_init(&found->link);
	if (found->taken != NULL)
		found->taken(found, info);
	else
		sigqueue_free(found);
}

void sigpending_drop(struct sigpending *p, uint64_t set)
{
	struct sigqueue *q, *next;

	if (!(p->set & set))
		return;
	p->set &= ~set;
	list_for_each_entry_safe(q, next, &p->queue, link) {
		if (set & SIG_BIT(q->info.signo))
			sigqueue_free(q);
	}
}

void sigpending_flush(struct sigpending *p)
{
	sigpending_drop(p, ~0UL);
}

int signal_next(uint64_t set, struct sigpending **from)
{
	uint64_t own = current->pending.set & set, shared = current->group->shared.set & set;
	uint64_t ready = own & SIG_SYNCHRONOUS;

	if (ready == 0)
		ready = own;
	*from = ready != 0 ? &current->pending : &current->group->shared;
	if (ready == 0)
		ready = (shared & SIG_SYNCHRONOUS) ? shared & SIG_SYNCHRONOUS : shared;
	return ready != 0 ? (int)bits_first(ready) + 1 : 0;
}

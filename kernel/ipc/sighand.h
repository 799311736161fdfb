/*
 * Signal handlers. One row of the resource table (CLONE_SIGHAND; CLONE_CLEAR_SIGHAND renews it).
 *
 * Read and written under sighand->lock, which is taken inside group->lock: groups may share one
 * table.
 */
#pragma once

#include "kernel/abi/signal.h"
#include "kernel/core/ref.h"
#include "kernel/core/spinlock.h"

struct sighand {
	struct ref ref; /* tasks that share it */
	struct spinlock lock;
	uint64_t touched; /* [lock] signals whose action may be other than all zero */
	struct abi_sigaction action[64]; /* [lock] signal n at n - 1 */
};

int sighand_create(struct sighand **out) __must_check; /* all default */
int sighand_copy(struct sighand *from, struct sighand **out) __must_check;
struct sighand *sighand_get(struct sighand *s);
void sighand_put(struct sighand *s);
/* The action of one signal. Takes the lock; group->lock may be held. */
struct abi_sigaction sighand_action(struct sighand *s, int signo);
/* exec, CLONE_CLEAR_SIGHAND: handlers become default, ignored stay ignored. */
void sighand_reset(struct sighand *s);

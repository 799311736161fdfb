/*
 * Futexes: wait, wake, requeue and the exit of a lock's holder; no sleeper is forgotten.
 *
 * Stands for: futex_wait (waiter_queue, waiter_lock, waiter_sleep), futex_wake, futex_waiter_wake in
 * kernel/ipc/futex.c; futex_requeue (pair_requeue, waiter_move) in kernel/ipc/futex_requeue.c;
 * futex_task_exit (robust_list_walk, lock_abandon) in kernel/ipc/futex_exit.c.
 *
 * A robust lock L and a condition C, each a word with a bucket of its own. The holder has L. It
 * announces the condition, moves the sleepers of C to L, gives L back - and may die between any two of
 * these steps, whereupon the kernel walks its list. Waiter 0 sleeps on C first and then wants L,
 * waiter 1 wants L at once. Either may give up a sleep once, as for a signal or a deadline. Who
 * takes L as a waiter marks it as waited for, as C libraries do after a sleep.
 *
 * L's word: who holds it (0 nobody, otherwise waiter + 1, or HOLDER), whether somebody may wait for
 * it, and whether its holder has died. One access to it is one step.
 *
 * broken: compare_outside null_first no_lock_again no_wake_of_pending no_mark_of_dead no_wake_at_death
 * broken: move_unlocked
 */
#define N 2
#define HOLDER 3
#define C 0
#define L 1
#define NOWHERE 2

byte c_word;
byte l_owner = HOLDER;
bool l_waiters, l_died;

/* Buckets: a lock, and who is in it in order of arrival. */
bool locked[2];
chan list[2] = [N] of { byte };

/* struct futex_waiter: on the waiter's stack while alive. */
bool alive[N];
byte bucket[N] = NOWHERE;
byte in_list[N] = NOWHERE;	/* where its link is; kept by who holds that bucket's lock */
bool awake[N] = true;		/* its task */
bool gone[N];			/* its task */

bool may_give_up[N] = true;
bool done[N];
byte inside;			/* how many are in the critical section */
bool holder_gone;

inline lock(b) { atomic { !locked[b] -> locked[b] = true } }
inline unlock(b) { locked[b] = false }

/* futex_waiter_wake; i's bucket is locked. */
inline wake_one(b, i) {
	assert(alive[i]);
	assert(in_list[i] == b);
	in_list[i] = NOWHERE;
#ifdef null_first
	bucket[i] = NOWHERE;
	assert(!gone[i]);
	awake[i] = true
#else
	assert(!gone[i]);
	awake[i] = true;
	assert(alive[i]);
	bucket[i] = NOWHERE
#endif
}

/* futex_wake(b, 1) */
inline wake(b, i) {
	lock(b);
	if
	:: list[b] ? i -> wake_one(b, i)
	:: empty(list[b])
	fi;
	unlock(b)
}

/* Is the word b still what was seen? */
#define same (b == C -> c_word == 0 : l_owner == seen && l_waiters)

active [N] proctype waiter() {
	byte i, b, at, seen, other;
	bool giving_up, wake_next;

	i = _pid;
	if
	:: i == 0 -> b = C
	:: else -> b = L
	fi;

look:	/* user space: is there a need to wait? */
	if
	:: b == C ->
		if
		:: c_word == 0
		:: c_word != 0 -> b = L; goto look
		fi
	:: b == L ->
		atomic {
			if
			:: l_owner == 0 -> l_owner = i + 1; l_waiters = true; l_died = false;
				goto critical
			:: else -> l_waiters = true; seen = l_owner
			fi
		}
	fi;

	/* futex_wait, waiter_queue */
	alive[i] = true;
#ifdef compare_outside
	if
	:: same -> lock(b)
	:: else -> goto left
	fi;
#else
	lock(b);
	if
	:: same
	:: else -> unlock(b); goto left
	fi;
#endif
	atomic { bucket[i] = b; in_list[i] = b; list[b] ! i; awake[i] = false };
	unlock(b);

asleep:	/* waiter_sleep */
	if
	:: awake[i] -> giving_up = false
	:: atomic { !awake[i] && may_give_up[i] -> awake[i] = true; may_give_up[i] = false;
		giving_up = true }
	fi;
again:	/* waiter_lock */
	at = bucket[i];
	if
	:: at == NOWHERE -> goto left
	:: else -> lock(at)
	fi;
#ifndef no_lock_again
	if
	:: bucket[i] == at
	:: else -> unlock(at); goto again
	fi;
#endif
	if
	:: giving_up ->
		/* list_del: its neighbours belong to the list that this lock guards */
		assert(in_list[i] == at);
		atomic { list[at] ?? eval(i); in_list[i] = NOWHERE; bucket[i] = NOWHERE };
		unlock(at)
	:: else -> awake[i] = false; unlock(at); goto asleep
	fi;
left:
	alive[i] = false;
	goto look;

critical:
	inside++;
	assert(inside == 1);
	inside--;
	atomic { l_owner = 0; wake_next = l_waiters; l_waiters = false };
	if
	:: wake_next -> wake(L, other)
	:: else
	fi;
	gone[i] = true;
	done[i] = true
}

/* futex_requeue from C to L, waking none. */
inline requeue(i) {
	lock(C);
#ifndef move_unlocked
	lock(L);
#endif
	do
	:: list[C] ? i ->
		assert(alive[i] && in_list[i] == C);
		in_list[i] = L;
		list[L] ! i;
		assert(locked[L]);
		bucket[i] = L
	:: empty(list[C]) -> break
	od;
#ifndef move_unlocked
	unlock(L);
#endif
	unlock(C)
}

/* lock_abandon, for a lock on the list or the one that was about to be taken or given back. */
inline abandon(is_pending, i) {
	if
#ifndef no_wake_of_pending
	:: is_pending && l_owner == 0 -> wake(L, i)
#endif
	:: atomic { l_owner == HOLDER ->
#ifndef no_mark_of_dead
		l_owner = 0;
#endif
		l_died = true; tell = l_waiters }
		if
#ifndef no_wake_at_death
		:: tell -> wake(L, i)
#endif
		:: else
		fi
	:: else
	fi
}

inline may_die() {
	if
	:: true -> goto dead
	:: true
	fi
}

active proctype holder() {
	byte i;
	bool listed = true, pending, tell;

	inside++;
	may_die();
	c_word = 1;
	may_die();
	l_waiters = true;	/* for those that are going to wait for it */
	may_die();
	requeue(i);
	may_die();
	/* unlock, as C libraries do it */
	pending = true;
	may_die();
	listed = false;
	may_die();
	inside--;
	atomic { l_owner = 0; tell = l_waiters; l_waiters = false };
	if
	:: true -> goto dead_outside
	:: true
	fi;
	if
	:: tell -> wake(L, i)
	:: else
	fi;
	pending = false;
	goto dead_outside;
dead:
	inside--;
dead_outside:
	/* robust_list_walk */
	if
	:: listed && !pending -> abandon(false, i)
	:: else
	fi;
	if
	:: pending -> abandon(true, i)
	:: else
	fi;
	/* somebody else sees to it that nobody waits for a condition that the dead would have
	 * announced */
	c_word = 1;
	wake(C, i)
}

active proctype judge() {
	timeout;
	assert(done[0] && done[1]);
	assert(!locked[C] && !locked[L]);
	assert(empty(list[C]) && empty(list[L]))
}

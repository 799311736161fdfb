/*
 * Exit against wait and reparenting: every dead process is buried once, by whoever is its parent then,
 * and nobody sleeps beside a child that he could bury.
 *
 * Stands for: task_exit (exit_leave_group, exit_notify, children_orphan, child_adopt, reaper_of) in
 * kernel/lifecycle/exit.c; wait_for_child (children_look, take_dead), wait_reap_locked, group_is_dead
 * in kernel/lifecycle/wait.c; signal_notify_parent_exit in kernel/ipc/signal_job.c.
 *
 * Process 0 is init: two threads, of which one may end; the other waits for children, for ever.
 * Process 1 has two threads; either may end at any time, and waits for its children before it does,
 * or not. It may ignore SIGCHLD. Process 2 is a child of its first thread and has two threads, which
 * end in any order. Process 3, of one thread, is process 1's parent and waits for it; so init hears
 * of process 2 only when it gets it. Thread t of process p is task 2p + t.
 *
 * tasks_lock makes one step of what happens under it. Leaving the group is a step before that, under
 * the group's own lock, as in exit_leave_group. A waiter queues itself, looks, and then sleeps
 * (sleep.pml has the details): here that is one step under tasks_lock, and a flag that a wake-up sets.
 *
 * broken: heir_may_be_dead no_word_to_new_parent last_thread_says_nothing leader_alone_counts
 * broken: thread_looks_at_own no_look_before_sleep
 */
#define TASKS 8
#define process(t) ((t) / 2)
#define is_leader(t) ((t) % 2 == 0)
#define NOBODY 15

mtype = { ALIVE, ZOMBIE, GONE };

mtype state[TASKS] = ALIVE;
bool exiting[TASKS];		/* TASK_EXITING, set under the group's lock */
byte parent[TASKS] = NOBODY;	/* of leaders: a task */
bool ignores_children[4];	/* SIGCHLD is ignored */
bool awake[TASKS];		/* has been woken since it queued itself at its group's wait_children */
byte burials[4];

/* The leader is a zombie, and no other thread is left. */
#ifdef leader_alone_counts
#define is_dead(p) (state[2 * (p)] == ZOMBIE)
#else
#define is_dead(p) (state[2 * (p)] == ZOMBIE && state[2 * (p) + 1] == GONE)
#endif

inline bury(p) {
	assert(state[2 * p] == ZOMBIE);
	assert(state[2 * p + 1] == GONE);
	state[2 * p] = GONE;
	burials[p]++;
	assert(burials[p] == 1)
}

/* signal_notify_parent_exit: wakes the parent's group; or he does not want to know. */
inline tell_parent(p) {
	awake[parent[2 * p]] = true;	/* all that wait there */
	awake[parent[2 * p] ^ 1] = true;
	if
	:: ignores_children[process(parent[2 * p])] -> bury(p)
	:: else
	fi
}

/* Who adopts children of t. */
inline find_heir(t, heir) {
	if
#ifdef heir_may_be_dead
	:: true -> heir = t ^ 1
#else
	:: !exiting[t ^ 1] -> heir = t ^ 1
#endif
	:: else ->
		if
		:: !exiting[0] -> heir = 0
		:: exiting[0] -> heir = 1	/* init's other thread; it never ends */
		fi
	fi
}

/* exit_notify's part under tasks_lock. */
inline notify(t, heir) {
	if
	:: state[4] != GONE && parent[4] == t && t != 4 && t != 5 ->
		find_heir(t, heir);
		parent[4] = heir;
		if
		:: process(heir) != process(t) ->
#ifndef no_word_to_new_parent
			if
			:: is_dead(2) -> tell_parent(2)
			:: else
			fi;
#endif
			skip
		:: else
		fi
	:: else
	fi;
	state[t] = ZOMBIE;
	if
	:: is_leader(t) ->
		if
		:: is_dead(process(t)) && t != 0 -> tell_parent(process(t))
		:: else
		fi
	:: else ->
		state[t] = GONE;	/* a thread buries itself */
#ifndef last_thread_says_nothing
		if
		:: is_dead(process(t)) && t != 1 -> tell_parent(process(t))
		:: else
		fi
#endif
	fi
}

inline leave(t, heir) {
	exiting[t] = true;	/* group->lock */
	d_step { notify(t, heir); heir = 0 }
}

/* May thread t bury process p? Any thread of the parent's process may. */
#ifdef thread_looks_at_own
#define is_mine(t, p) (parent[2 * (p)] == t)
#else
#define is_mine(t, p) (process(parent[2 * (p)]) == process(t))
#endif
#define child_of(t, p) (state[2 * (p)] != GONE && is_mine(t, p))

/* children_look: 0 none has changed, 1 one was buried, 2 there is none */
inline look(t, found) {
	found = (process(t) == 0 -> 0 : 2);	/* init has other children too */
	if
	:: child_of(t, 2) && is_dead(2) -> bury(2); found = 1
	:: child_of(t, 2) && !is_dead(2) -> found = 0
	:: else
	fi;
	if
	:: process(t) == 3 && child_of(t, 1) && is_dead(1) -> bury(1); found = 1
	:: process(t) == 3 && child_of(t, 1) && !is_dead(1) -> found = 0
	:: else
	fi
}

/* wait4; found as above */
inline wait_for_child(t, found) {
	do
	:: atomic {
#ifdef no_look_before_sleep
		awake[t] = false;
		found = 0
#else
		d_step { awake[t] = false; look(t, found) };
#endif
		if
		:: found != 0 -> break
		:: else
		fi
		};
end_asleep:	awake[t];
#ifdef no_look_before_sleep
		d_step { look(t, found) };
		if
		:: found != 0 -> break
		:: else
		fi
#endif
	od
}

/* init's first thread: ends at some time, or never. */
active proctype task_0() {
	byte heir;

	if
	:: true -> leave(0, heir)
	:: true
	fi
}

/* init's other thread waits for all, for ever. */
active proctype task_1() {
	byte found;

	(parent[2] != NOBODY);
	do
	:: wait_for_child(1, found)
	od
}

inline parent_thread(t) {
	(parent[2] != NOBODY);
	if
	:: true -> wait_for_child(t, found); found = 0
	:: true
	fi;
	leave(t, heir)
}

active proctype task_2() { byte found, heir; parent_thread(2) }
active proctype task_3() { byte found, heir; parent_thread(3) }
active proctype task_6() {
	byte found;

	(parent[2] != NOBODY);
	wait_for_child(6, found)
}

active proctype task_4() { byte heir; (parent[2] != NOBODY); leave(4, heir) }
active proctype task_5() { byte heir; (parent[2] != NOBODY); leave(5, heir) }

active proctype judge() {
	if
	:: ignores_children[1] = true
	:: true
	fi;
	d_step { parent[4] = 2; parent[2] = 6; state[7] = GONE };
	timeout;
	assert(burials[1] == 1 && burials[2] == 1)
}

/*
 * Wake-up against sleep: no wake-up and no signal is lost, and nobody touches a waiter that has left.
 *
 * Stands for: wait_prepare, wait_finish, waitq_wake (is_awaited, entry_wake, entry_take_out),
 * task_sleep in kernel/sched/wait.c; task_wake, task_state_set in kernel/sched/sched_wake.c; schedule
 * (leave_asleep) in kernel/sched/sched.c.
 *
 * One task waits for `cond`, interruptibly. One hart makes cond true and wakes the queue, one sends a
 * signal, one wakes the queue for nothing; each may come or not, at any moment.
 *
 * Memory: a hart's stores may stay in its store buffer until it passes a fence; meanwhile others see
 * the old values, as the hart's own loads do not. The waiter's buffer holds what wait_prepare stores
 * under the queue's lock, the lock's release included, in this order; so others find the lock held
 * until all of it is there. The wakers' buffers hold the one store that matters. Going to sleep
 * empties the buffer.
 *
 * broken: no_waker_fence no_state_fence no_task_wake_fence state_after_unlock no_second_look
 * broken: take_out_first
 */
mtype = { RUNNING, ASLEEP };

bool cond, cond_buffered;	/* what is waited for */
bool sig, sig_buffered;		/* WORK_SIGNAL in pending_work */

/* The queue with room for one. */
bool q_locked;
bool linked;			/* as others see it; and the waiter's link.next != NULL */
bool w_alive;			/* struct waiter is on the waiter's stack */

/* The task. */
mtype state = RUNNING;		/* as others see it */
bool rq_locked;
bool queued = true;		/* in a run queue, or running */
bool prepared_buffered;		/* wait_prepare's stores are in the buffer */
bool relink;			/* one of them is the link */
bool done;

inline lock(l) { atomic { !l -> l = true } }
inline unlock(l) { l = false }

inline drain_waiter() {
	d_step {
		if
		:: prepared_buffered ->
			linked = linked || relink;
			state = ASLEEP;
			q_locked = false;
			prepared_buffered = false
		:: else
		fi
	}
}

/* Buffers empty themselves whenever they like. */
active proctype memory() {
end:	do
	:: d_step { cond_buffered -> cond = true; cond_buffered = false }
	:: d_step { sig_buffered -> sig = true; sig_buffered = false }
	:: atomic { prepared_buffered -> drain_waiter() }
	od
}

inline prepare() {
	lock(q_locked);
#ifdef state_after_unlock
	linked = true;
	unlock(q_locked);
	state = ASLEEP;
#else
	/* link, state and the release of the lock: in the buffer, seen by nobody yet */
	d_step { relink = !linked; prepared_buffered = true };
#endif
#ifndef no_state_fence
	drain_waiter()
#endif
}

/* What the waiter itself sees. */
#define my_state (prepared_buffered -> ASLEEP : state)

inline go_to_sleep() {
	lock(rq_locked);
	drain_waiter();
	if
	:: my_state != RUNNING -> queued = false
	:: else
	fi;
	unlock(rq_locked);
end_sleeping:
	queued
}

active proctype waiter() {
	w_alive = true;
	do
	:: cond -> break
	:: else ->
		prepare();
#ifndef no_second_look
		if
		:: cond -> break
		:: else
		fi;
#endif
		/* task_sleep */
		if
		:: my_state == RUNNING
		:: else ->
			if
			:: sig -> break	/* -EINTR */
			:: else -> go_to_sleep()
			fi
		fi;
		if
		:: sig -> break
		:: else
		fi
	od;
	/* wait_finish */
	drain_waiter();
	state = RUNNING;
	if
	:: linked ->
		lock(q_locked);
		linked = false;
		unlock(q_locked)
	:: else
	fi;
	w_alive = false;
	done = true
}

inline task_wake() {
	if
	:: state == ASLEEP ->
		lock(rq_locked);
		if
		:: d_step { state == ASLEEP -> state = RUNNING } ;
			if
			:: !queued -> queued = true
			:: else
			fi
		:: else
		fi;
		unlock(rq_locked)
	:: else
	fi
}

inline entry_wake() {
	assert(w_alive);
#ifdef take_out_first
	linked = false;
	task_wake();
	assert(w_alive)		/* w->task is read for it */
#else
	task_wake();
	assert(w_alive);
	linked = false
#endif
}

inline waitq_wake() {
	if
	:: linked ->
		lock(q_locked);
		if
		:: linked -> entry_wake()
		:: else
		fi;
		unlock(q_locked)
	:: else
	fi
}

active proctype event() {
	if
	:: true ->
		cond_buffered = true;
#ifndef no_waker_fence
		!cond_buffered;	/* the fence in is_awaited */
#endif
		waitq_wake()
	:: true
	fi
}

active proctype signaller() {
	if
	:: true ->
		sig_buffered = true;
#ifndef no_task_wake_fence
		!sig_buffered;	/* the fence in task_wake */
#endif
		task_wake()
	:: true
	fi
}

active proctype for_nothing() {
	if
	:: true -> waitq_wake()
	:: true
	fi
}

active proctype judge() {
	timeout;
	assert(done || !(cond || sig));
	assert(!done || !linked)
}

/*
 * Leaf tables shared copy-on-write, against faults, fork and exit: nobody sees another's writes, one's
 * own are never lost, and every page and table is freed once.
 *
 * Stands for: pt_leaves_share, pt_leaf_show, pt_leaf_own (leaf_reclaim, leaf_copy, leaf_protect),
 * pt_leaf_put in kernel/mm/leaf.c; mm_fault_in, fault_read_only, fault_copy, entry_install,
 * entry_replace in kernel/mm/fault.c; pt_free_all in kernel/mm/page_table.c; mm_copy in
 * kernel/mm/copy.c.
 *
 * One leaf table with one page, to begin with, which both harts of address space 0 remember or not.
 * Hart 0 forks: address space 1, on hart 2. Every hart reads or writes up to ACCESSES times; then all end,
 * in any order. (Once, unless -DACCESSES says otherwise; twice makes 39 million states, holds too, and
 * is what some errors need.) With TWICE the child forks too: address space 2, hart 3.
 *
 * A hart remembers an entry (its TLB) and a table's address (its walker) until it is flushed, and with
 * GUESSES may walk at any moment. What a write stores is new for its address space, so that a read
 * can tell whether it sees what was written last there. Flushing several harts takes several steps.
 *
 * TWICE is never searched to its end: 37 million states of 148 bytes, in five minutes, were not all of it (GUESSES,
 * which is, has 15 million). So of a state that was seen only three bits of a hash are kept, by which one in some
 * thousands is taken for seen that was not; and each search goes deep first, in another order. Seen so far are runs of
 * up to 267 steps, and no error. That a third sharer changes nothing is thus made likely, not proven; what is proven is
 * for two.
 *
 * holds: GUESSES TWICE/2
 * broken: fork_without_flush copy_without_protect show_without_protect sharers_before_flush
 * broken: copy_without_flush replace_without_flush write_in_shared twin_without_get look_before_lock
 */
#ifndef ACCESSES
#ifdef BROKEN
#define ACCESSES 2
#else
#define ACCESSES 1
#endif
#endif
#ifdef TWICE
#define MMS 3
#define HARTS 4
#define TABLES 4
#define PAGES 6
#else
#define MMS 2
#define HARTS 3
#define TABLES 3
#define PAGES 5
#endif
#define NONE 15

/* struct page of a leaf table, and its entry. */
typedef struct_table { byte page = NONE; bool writable; byte sharers; bool locked; bool used };
struct_table table[TABLES];

/* struct page of a page. */
typedef struct_page { byte count; byte value };
struct_page page[PAGES];

/* Address spaces: the middle entry, its two bits, the locks, and what a read has to see. */
typedef struct_mm {
	byte middle = NONE; bool valid; bool shared;
	byte readers; bool writer; bool tables_lock;
	byte value; byte users
};
struct_mm mm[MMS];

typedef struct_hart { byte page = NONE; bool writable; byte table = NONE };
struct_hart hart[HARTS];

byte ended;

#define mm_of(h) (h < 2 -> 0 : h - 1)
#define own(m) (mm[m].valid && !mm[m].shared)

#define LOCK(l) atomic { !l -> l = true }

inline flush(h) { d_step { hart[h].page = NONE; hart[h].table = NONE } }

inline flush_mm(m) {
	if
	:: m == 0 -> flush(0); flush(1)
	:: else -> flush(m + 1)
	fi
}

inline page_new(p) {
	d_step {
		p = 0;
		do
		:: page[p].count != 0 -> p++
		:: else -> break
		od;
		page[p].count = 1
	}
}

inline table_new(t) {
	d_step {
		t = 0;
		do
		:: table[t].used -> t++
		:: else -> break
		od;
		table[t].used = true;
		table[t].sharers = 1;
		table[t].writable = false
	}
}

inline page_put(p) {
	d_step {
		assert(page[p].count > 0);
		page[p].count--;
		if
		:: page[p].count == 0 -> page[p].value = 0
		:: else
		fi
	}
}

/* What the hardware does: 0 done, 1 fault. One step: it uses what is remembered, or walks. */
#define walk_table(h) (hart[h].table != NONE -> hart[h].table : \
	(mm[mm_of(h)].valid -> mm[mm_of(h)].middle : NONE))

inline remember(h) {
	/* an entry that allows more than the remembered one is asked for: walk */
	hart[h].table = walk_table(h);
	if
	:: hart[h].table != NONE ->
		assert(table[hart[h].table].used);
		hart[h].page = table[hart[h].table].page;
		hart[h].writable = table[hart[h].table].writable
	:: else -> hart[h].page = NONE
	fi
}

inline access(h, m, write, fault) {
	d_step {
		if
		:: hart[h].page == NONE || (write && !hart[h].writable) -> remember(h)
		:: else
		fi;
		if
		:: hart[h].page == NONE || (write && !hart[h].writable) -> fault = true
		:: else ->
			fault = false;
			assert(page[hart[h].page].count > 0);
			if
			:: write ->
				mm[m].value = (mm[m].value == 2 * m + 1 -> 2 * m + 2 : 2 * m + 1);
				page[hart[h].page].value = mm[m].value
			:: else -> assert(page[hart[h].page].value == mm[m].value)
			fi
		fi
	}
}

/* pt_leaf_show: shown tells whether it did. */
inline leaf_show(h, m, shown) {
	LOCK(mm[m].tables_lock);
	shown = false;
	if
	:: !own(m) ->
		LOCK(table[mm[m].middle].locked);
		if
		:: table[mm[m].middle].sharers > 1 ->
#ifndef show_without_protect
			table[mm[m].middle].writable = false;
#endif
			mm[m].valid = true;
			shown = true
		:: else
		fi;
		table[mm[m].middle].locked = false
	:: else
	fi;
	mm[m].tables_lock = false;
	if
	:: shown -> flush(h)
	:: else
	fi
}

/* pt_leaf_own */
inline leaf_own(h, m, t, twin, seen) {
	LOCK(mm[m].tables_lock);
	if
	:: !own(m) ->
		t = mm[m].middle;
#ifdef look_before_lock
		seen = table[t].sharers == 1;
		LOCK(table[t].locked);
		if
		:: seen ->
#else
		LOCK(table[t].locked);
		if
		:: table[t].sharers == 1 ->
#endif
			d_step { mm[m].valid = true; mm[m].shared = false };
			table[t].locked = false;
			flush(h)
		:: else ->
			table_new(twin);
#ifndef copy_without_protect
			table[t].writable = false;
#endif
			table[twin].page = table[t].page;
			table[twin].writable = table[t].writable;
#ifndef twin_without_get
			page[table[t].page].count++;
#endif
			d_step {
				seen = mm[m].valid;
				mm[m].middle = twin;
				mm[m].valid = true;
				mm[m].shared = false
			};
#ifdef sharers_before_flush
			table[t].sharers--;
			table[t].locked = false;
#endif
#ifndef copy_without_flush
			if
			:: seen -> flush_mm(m)
			:: else -> flush(h)
			fi;
#endif
#ifndef sharers_before_flush
			table[t].sharers--;
			table[t].locked = false
#endif
		fi
	:: else
	fi;
	mm[m].tables_lock = false
}

/* fault_read_only, under table t */
inline write_fault(h, m, t, old, new) {
	LOCK(table[t].locked);
	old = table[t].page;
	if
	:: table[t].writable -> table[t].locked = false	/* somebody was faster */
	:: !table[t].writable && page[old].count == 1 ->
		table[t].writable = true;
		flush(h);
		table[t].locked = false
	:: else ->
		page[old].count++;
		table[t].locked = false;
		/* fault_copy */
		page_new(new);
		page[new].value = page[old].value;
		/* entry_install */
		LOCK(table[t].locked);
		if
		:: table[t].page == old && !table[t].writable ->
			table[t].page = NONE;
#ifndef replace_without_flush
			flush_mm(m);
#endif
			d_step { table[t].page = new; table[t].writable = true };
			table[t].locked = false;
			page_put(old)
		:: else ->
			table[t].locked = false;
			page_put(new)
		fi;
		page_put(old)
	fi
}

/* upcall_fault, mm_fault_in */
inline handle_fault(h, m, write, t, twin, seen, old, new) {
	atomic { !mm[m].writer -> mm[m].readers++ };
	seen = false;
#ifdef write_in_shared
	if
	:: !own(m) -> leaf_show(h, m, seen); seen = seen && !write
	:: else
	fi;
	if
	:: seen || (write && mm[m].valid)
	:: else -> leaf_own(h, m, t, twin, seen); seen = false
	fi;
#else
	if
	:: !own(m) && !write -> leaf_show(h, m, seen)
	:: else
	fi;
	if
	:: !seen && !own(m) -> leaf_own(h, m, t, twin, seen); seen = false
	:: else
	fi;
#endif
	if
	:: seen
	:: !seen && write && !table[mm[m].middle].writable ->
		t = mm[m].middle;
		write_fault(h, m, t, old, new)
	:: else -> flush(h)
	fi;
	mm[m].readers--
}

/* What no longer matters must not make states differ. */
inline forget() { t = 0; twin = 0; old = 0; new = 0; write = false; fault = false; seen = false }

inline work(h, m) {
	do
	:: done < ACCESSES ->
		if
		:: write = true
		:: write = false
		fi;
		do
		:: access(h, m, write, fault);
			if
			:: fault -> handle_fault(h, m, write, t, twin, seen, old, new)
			:: else -> break
			fi
		od;
		done++;
		d_step { forget() }
	:: true -> break
	od;
	done = 0;
	d_step { forget() }
}

/* mm_copy: address space m's child is to. */
inline fork(m, to, t) {
	atomic { !mm[m].writer && mm[m].readers == 0 -> mm[m].writer = true };
	t = mm[m].middle;
	if
	:: own(m) -> d_step { mm[m].valid = false; mm[m].shared = true }
	:: else
	fi;
	LOCK(table[t].locked);
	table[t].sharers++;
	d_step { mm[to].middle = t; mm[to].valid = mm[m].valid; mm[to].shared = true };
	table[t].locked = false;
#ifndef fork_without_flush
	flush_mm(m);
#endif
	d_step { mm[to].value = mm[m].value; mm[to].users = 1; mm[m].writer = false; t = 0 }
}

/* pt_free_all, pt_leaf_put */
inline leave(m, t, old) {
	d_step { mm[m].users--; seen = mm[m].users == 0 };
	if
	:: seen ->
		t = mm[m].middle;
		mm[m].valid = false;
		mm[m].middle = NONE;
		flush_mm(m);
		LOCK(table[t].locked);
		d_step { table[t].sharers--; seen = table[t].sharers == 0; table[t].locked = false };
		if
		:: seen ->
			old = table[t].page;
			page_put(old);
			d_step { table[t].used = false; table[t].page = NONE; table[t].writable = false }
		:: else
		fi
	:: else
	fi;
	d_step { ended++; forget() }
}

#define LOCALS byte done, t, twin, old, new; bool write, fault, seen

active proctype hart_0() {
	LOCALS;

	mm[0].users > 0;
	fork(0, 1, t);
	work(0, 0);
	leave(0, t, old)
}

active proctype hart_1() {
	LOCALS;

	mm[0].users > 0;
	work(1, 0);
	leave(0, t, old)
}

active proctype hart_2() {
	LOCALS;

	mm[1].users > 0;
	work(2, 1);
#ifdef TWICE
	fork(1, 2, t);
	work(2, 1);
#endif
	leave(1, t, old)
}

#ifdef TWICE
active proctype hart_3() {
	LOCALS;

	mm[2].users > 0;
	work(3, 2);
	leave(2, t, old)
}
#endif

#ifdef GUESSES
/* A hart walks on a guess, at any moment. */
active proctype guesses() {
end:	do
	:: d_step { mm[0].users > 0 && hart[0].page == NONE && walk_table(0) != NONE -> remember(0) }
	:: d_step { mm[0].users > 0 && hart[1].page == NONE && walk_table(1) != NONE -> remember(1) }
	:: d_step { mm[1].users > 0 && hart[2].page == NONE && walk_table(2) != NONE -> remember(2) }
	od
}
#endif

active proctype judge() {
	byte i;

	d_step {
		table[0].used = true; table[0].sharers = 1; table[0].page = 0; table[0].writable = true;
		page[0].count = 1;
		mm[0].middle = 0; mm[0].valid = true
	};
	if
	:: remember(0)
	:: true
	fi;
	if
	:: remember(1)
	:: true
	fi;
	mm[0].users = 2;
	ended == HARTS;
	d_step {
		i = 0;
		do
		:: i < PAGES -> assert(page[i].count == 0); i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < TABLES -> assert(!table[i].used); i++
		:: else -> break
		od
	}
}

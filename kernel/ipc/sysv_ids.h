/*
 * System V ids, keys and permissions: what segments, semaphore sets and message queues share.
 */
#pragma once

#include "kernel/abi/ipc.h"
#include "kernel/core/ref.h"
#include "kernel/core/spinlock.h"
#include "lib/rbtree.h"

/* An id is a place in the table and, above it, how often the table has gone round: so an old id
 * does not name a new object for long. */
#define IPC_INDEX_BITS 15
#define IPC_INDEX_MAX (1u << IPC_INDEX_BITS)

struct ipc_ns; /* kernel/ipc/ipc_ns.h */

/* The head of every object. */
struct ipc_object {
	struct ref ref;	      /* the table's, and whoever has dropped the lock meanwhile */
	struct spinlock lock; /* rank IPC_OBJECT: the object's contents */
	struct ipc_ns *ns;    /* [i] borrowed: in its table, or kept by who has a reference */
	bool removed;	      /* [lock] no id leads here any more: EIDRM */
	int id;		      /* [i] */
	unsigned seq;	      /* [i] */
	int key;	      /* [table lock] */
	struct rb_node key_node; /* [table lock] unless the key is IPC_PRIVATE */
	unsigned uid, gid;	 /* [lock] owner; all four as the kernel calls them */
	unsigned cuid, cgid;	 /* [i] creator */
	unsigned mode;		 /* [lock] nine bits; what is above belongs to the kind */
	int64_t ctime;		 /* [lock] seconds of CLOCK_REALTIME */
};

struct ipc_chunk;
struct ipc_get;

/* The objects of one kind in one namespace. */
struct ipc_table {
	struct spinlock lock;	  /* rank IPC_TABLE */
	struct ipc_chunk **chunks; /* [lock] places, 64 a chunk */
	unsigned chunk_count;	  /* [lock] room in chunks */
	unsigned in_use;	  /* [lock] */
	unsigned limit;		  /* [a] shmmni and the like */
	int last_index;		  /* [lock] given last */
	unsigned seq;		  /* [lock] rounds */
	atomic_int next_id;	  /* [a] what the next object is to be called; -1: in turn */
	struct rb_root keys;	  /* [lock] by key */
};

void ipc_table_init(struct ipc_table *t, unsigned limit);
/* Frees the places; no object is left. */
void ipc_table_destroy(struct ipc_table *t);

/* Dresses a fresh object: reference 1, owned by current, mode from the flags. */
void ipc_object_init(struct ipc_object *o, const struct ipc_get *get);

/* How a kind answers a get call. */
struct ipc_get {
	int key, flags;
	/* A fresh object, not in the table / throws one away that never was. */
	int (*create)(struct ipc_get *get, struct ipc_object **out);
	void (*discard)(struct ipc_object *o);
	/* Does it fit into the namespace's limits? Counts it if so. table lock held. NULL: yes. */
	int (*admit)(struct ipc_get *get, struct ipc_object *o);
	/* Will the one found do? o->lock held. */
	int (*match)(struct ipc_get *get, struct ipc_object *o);
	struct ipc_ns *ns;
	uint64_t size; /* bytes or semaphores */
};
/* shmget, semget, msgget: an id or -errno. Sleeps. */
int ipc_get(struct ipc_table *t, struct ipc_get *get);

/* The object that an id names, with its lock held; NULL: there is none. */
struct ipc_object *ipc_find_locked(struct ipc_table *t, int id);
/* As above by its place alone (SHM_STAT and the like). */
struct ipc_object *ipc_at_locked(struct ipc_table *t, int id);
/* The first object at or after place *index, with a reference and its place; NULL: no more. */
struct ipc_object *ipc_next(struct ipc_table *t, unsigned *index);
/* The highest place in use, 0 if none. table lock held by nobody. */
int ipc_highest(struct ipc_table *t);

/* Takes it out of the table and marks it; the table's reference is the caller's now. Both locks
 * held. */
void ipc_remove(struct ipc_table *t, struct ipc_object *o);
/* For who has a reference but no lock: takes both locks. False: somebody was faster, nothing is
 * locked. */
bool ipc_lock_to_remove(struct ipc_table *t, struct ipc_object *o)
	__acquires_if(true, o->lock, t->lock);
/* Only the key: nobody finds it by that from now on. Both locks held. */
void ipc_forget_key(struct ipc_table *t, struct ipc_object *o);

/* May current do what the low bits of flags (rwx, thrice) ask? o->lock held. 0 or -EACCES. */
int ipc_permission(const struct ipc_object *o, int flags) __must_check;
/* May current change or remove it? 0 or -EPERM. */
int ipc_may_control(const struct ipc_object *o) __must_check;
/* IPC_SET's common part: 0 or -EINVAL; IPC_STAT's. o->lock held. */
int ipc_perm_set(struct ipc_object *o, const struct abi_ipc_perm *from) __must_check;
void ipc_perm_show(const struct ipc_object *o, struct abi_ipc_perm *to);

/* IPC_SET where there is no more to it: 0, -EINVAL, -EPERM. */
int ipc_perm_change(struct ipc_table *t, int id, const struct abi_ipc_perm *perm) __must_check;
/* IPC_RMID's beginning: the object, with a reference, if current may remove it. 0, -EINVAL,
 * -EPERM. */
int ipc_find_to_remove(struct ipc_table *t, int id, struct ipc_object **out) __must_check;

/* Seconds of CLOCK_REALTIME, as the objects note them. */
int64_t ipc_now(void);

/* Who did something last. The object holds his struct pid, counted, so that each pid namespace is
 * told its own number for him, even when he is gone. */
struct pid *ipc_pid(void); /* current's process; borrowed */
/* *who, which may be NULL, is from now on `now`. o->lock held. */
void ipc_pid_note(struct pid **who, struct pid *now);
/* What current calls him; 0: nobody, or nobody it can see. o->lock held; _show takes it. */
int ipc_pid_out(const struct pid *who);
int ipc_pid_show(struct ipc_object *o, struct pid *const *who);

/*
 * Lists of semaphore undos: what is to be taken back when a process exits. One row of the resource
 * table (CLONE_SYSVSEM).
 */
#pragma once

#include "kernel/ipc/sysv_sem.h"

struct sem_undo_list {
	struct ref ref;
	struct spinlock lock;  /* rank IPC_UNDO */
	struct rb_root undos;  /* [lock] struct sem_undo by set */
};

/* What one list adds to the values of one set at the end. */
struct sem_undo {
	struct rb_node node;	    /* [list->lock] */
	struct list set_link;	    /* [set lock] in set->undos */
	struct sem_undo_list *list; /* [i] borrowed: its last put frees this */
	struct sem_set *set;	    /* [i] borrowed: its removal frees this */
	int16_t adjust[];	    /* [set lock] set->count of them */
};

int sem_undo_list_create(struct sem_undo_list **out) __must_check;
struct sem_undo_list *sem_undo_list_get(struct sem_undo_list *l);
/* The last one applies them all. Sleeps. NULL is legal. */
void sem_undo_list_put(struct sem_undo_list *l);

/* Current has a list from now on. 0, -ENOMEM. May sleep. */
int sem_undo_list_need(void) __must_check;
/* Current's undo for a set, made if there is none: whose lock is held, and dropped for a while if
 * one is made. 0; -ENOMEM, -EIDRM: then the lock is not held. */
int sem_undo_of_current(struct sem_set *set, struct sem_undo **out) __must_check;

/* The set's lock is held: a value was set, by which all that was to be undone is void; the set
 * goes. */
void sem_undo_clear(struct sem_set *set, unsigned num);
void sem_undo_forget_set(struct sem_set *set);

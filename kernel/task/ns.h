/*
 * Namespaces: what the same name means to different tasks.
 *
 * A namespace is a counted object of one of eight types: a struct of its own (uts_ns, pid_ns ...)
 * that begins with a struct ns. A task sees them through one pointer, its ns_set, so that a fork
 * without CLONE_NEW* costs one increment, however many types there are:
 *
 *	task->ns ---> ns_set { mnt, uts, ipc, pid, net, cgroup, time }     shared, immutable
 *	task->cred -> user_ns           in which its ids and capabilities count
 *	task->pid --> pid_ns            in which it has its number, for ever
 *	task->mm ---> time_ns           whose clocks its vDSO shows
 *
 * The last two are the task's own. What ns_set says of pid and time is for its next children:
 * that is why unshare(CLONE_NEWPID) changes nobody's number.
 *
 * Every namespace is owned by a user namespace: a capability over the things in it is a capability
 * in its owner. The types, with their clone flags and how each is made and entered, are the rows of
 * ns_kinds (kernel/lifecycle/namespaces.c).
 *
 * To add what lives in a namespace: put it in the type's struct, make it in its copy function, free
 * it in its destroy function. Current's is X_ns_current().
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/task/task.h"

struct user_ns; /* kernel/task/user_ns.h */
struct user;

enum ns_type {
	NS_MNT, NS_UTS, NS_IPC, NS_PID, NS_CGROUP, NS_NET, NS_TIME, /* in an ns_set */
	NS_SET_COUNT,
	NS_USER = NS_SET_COUNT, /* in the credentials */
	NS_TYPE_COUNT,
};

/* What all have in common; the first field of each. */
struct ns {
	struct ref ref;
	enum ns_type type;	    /* [i] */
	unsigned long ino;	    /* [i] its identity in user space: /proc/PID/ns/X */
	struct user_ns *owner;	    /* [i] counted; of a user namespace its parent; NULL: none */
	struct user *charged;	    /* [i] against whose limit it counts; counted */
	void (*destroy)(struct ns *ns); /* [i] frees it, after owner and charge have been let go */
};

/* A namespace that has always been there: owned by the first user namespace, never freed. */
#define NS_INIT(ns_type, number)                                                                   \
	{                                                                                          \
		.ref = { 1 }, .type = ns_type, .ino = number, .owner = &init_user_ns,              \
	}
/* Linux's numbers for them, which programs compare with. */
#define NS_INO_TIME 4026531834UL
#define NS_INO_CGROUP 4026531835UL
#define NS_INO_PID 4026531836UL
#define NS_INO_USER 4026531837UL
#define NS_INO_UTS 4026531838UL
#define NS_INO_IPC 4026531839UL
#define NS_INO_NET 4026531840UL
#define NS_INO_MNT 4026531841UL

/* Makes a header whole, with one reference, and charges the namespace to current's user: 0, -ENOSPC
 * (/proc/sys/user/max_*_namespaces), -ENOMEM, and then the caller frees the struct. May sleep. */
int ns_init(struct ns *ns, enum ns_type type, struct user_ns *owner,
	    void (*destroy)(struct ns *ns)) __must_check;
struct ns *ns_get(struct ns *ns);
void ns_put(struct ns *ns); /* NULL is legal. May sleep for mnt, net and ipc, never for others */

/* One row of the resource table: what a task sees of all types but user. */
struct ns_set {
	struct ref ref;
	struct ns *of[NS_SET_COUNT]; /* [i] counted; those of pid and time are for children */
};

/* A set to fill, with the same namespaces as `from` (NULL: with none), one reference. NULL: out of
 * memory. Nobody else has it yet: its slots may be replaced. */
struct ns_set *ns_set_create(const struct ns_set *from);
/* Puts ns, whose reference is consumed, into a set that is still private. */
void ns_set_replace(struct ns_set *set, struct ns *ns);
struct ns_set *ns_set_get(struct ns_set *set);
void ns_set_put(struct ns_set *set); /* NULL is legal. May sleep */
extern struct ns_set init_ns_set;    /* kernel/lifecycle/namespaces.c */

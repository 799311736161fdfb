/*
 * The table of namespace types, and what clone, unshare, setns, exec and /proc do with its rows.
 */
#pragma once

#include "kernel/abi/sched.h"
#include "kernel/fs/path.h"
#include "kernel/task/ns.h"

struct fs_context;
struct cred;

/* What a new namespace is made for. */
struct ns_making {
	struct user_ns *owner;
	uint64_t flags;
	struct fs_context *fs; /* whose root and cwd move along into a new mount namespace */
};

/* Where a task changes to: prepared whole, then committed. NULL: stays as it is. */
struct ns_change {
	struct cred *cred;  /* with another user namespace */
	struct ns_set *set; /* private until committed */
	struct path root;   /* what a mount namespace brings; dentry NULL: stays */
	struct ns *time;    /* entered at once, not by children only */
	bool ipc;	    /* an ipc namespace is among them, be it his own */
};
const struct cred *ns_change_cred(const struct ns_change *c);

struct ns_kind {
	const char *name;	   /* of its file in /proc/PID/ns */
	const char *children_name; /* of the file for what children get; NULL: the same as own */
	uint64_t flag;		   /* CLONE_NEW*; also its number for setns and NS_GET_NSTYPE */
	struct ns *init;	   /* the first one */
	/* A new one, after the pattern of the maker's. 0, -ENOMEM, -ENOSPC ... May sleep. NULL with
	 * a flag that is not done. */
	int (*copy)(struct ns *from, const struct ns_making *m, struct ns **out);
	/* What setns demands beyond CAP_SYS_ADMIN in its owner and in the caller's user namespace,
	 * and what it does beyond a slot of the set. NULL: nothing. 0 or -errno. */
	int (*enter)(struct ns *ns, struct ns_change *change);
	struct ns *(*parent)(struct ns *ns); /* borrowed; NULL: they form no tree */
};
extern const struct ns_kind ns_kinds[NS_TYPE_COUNT];

/* The flags of types that are in an ns_set. */
#define CLONE_NEW_SET                                                                              \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWCGROUP |              \
	 CLONE_NEWNET | CLONE_NEWTIME)

/* Gives the boot task the first namespace of every type; a user may have `max` of each. */
void namespaces_init(unsigned max);

/* For clone and unshare: a set like `from` but for the types in flags, which are made anew, owned
 * by cred's user namespace. 0, -EPERM without CAP_SYS_ADMIN there, -ENOSPC, -ENOMEM ... May
 * sleep. */
int ns_set_copy(const struct ns_set *from, uint64_t flags, const struct cred *cred,
		struct fs_context *fs, struct ns_set **out) __must_check;

/* The same for CLONE_NEWUSER: credentials like `from` in a new user namespace. 0, -EPERM in a
 * chroot or when the ids have no name here, -ENOSPC, -ENOMEM. */
int cred_copy_user_ns(const struct cred *from, struct cred **out) __must_check;

/* What t has of a type, counted; NULL if it has exited. children: what its children get. */
struct ns *ns_of_task(struct task *t, enum ns_type type, bool children);

/*
 * Mounts: which file system is seen where.
 *
 *	          (mount A, dentry /mnt)  --places-->  mount B, root dentry of B's file system
 *
 * A mount is attached (in a namespace's tree, which holds one reference) or detached (umount -l,
 * or internal): it lives while paths, files or working directories hold it. The tree hangs off one
 * struct mount_ns, so that there can be many.
 *
 * Locks: mount_mutex (rank MOUNT) for every change of a tree; mount_lock (spinlock, rank DENTRY)
 * guards places, parent and mountpoint for walkers.
 */
#pragma once

#include "kernel/abi/mount.h"
#include "kernel/core/ref.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/path.h"
#include "kernel/sched/mutex.h"
#include "kernel/task/ns.h"
#include "lib/list.h"
#include "lib/rbtree.h"

struct super;

struct mount_ns {
	struct ns ns;
	struct mount *root;   /* [mount_mutex] */
	struct list mounts;   /* [mount_mutex] in order of mounting */
	unsigned count;	      /* [mount_mutex] */
};

struct mount {
	struct ref ref;
	/* [mount_mutex to write] MS_RDONLY NOSUID NODEV NOEXEC NOSYMFOLLOW NOATIME NODIRATIME
	 * RELATIME, and MOUNT_SUPER_RDONLY, a copy of the super's MS_RDONLY, for all to look in
	 * one place */
	unsigned flags;
	struct super *sb;	 /* [i] counted */
	/* [i] counted: what is seen here, the super's root but for binds */
	struct dentry *root;
	struct mount *parent;	 /* [mount_lock] NULL: a root, or detached. Counted */
	struct dentry *mountpoint; /* [mount_lock] in parent. Counted */
	struct rb_node place;	 /* [mount_lock] in parent->places */
	struct rb_root places;	 /* [mount_lock] its children by mountpoint, the last on it first */
	struct list children;	 /* [mount_mutex] in the order of mounting */
	struct list child_link;	 /* [mount_mutex] in parent->children */
	struct list ns_link;	 /* [mount_mutex] */
	struct list sb_link;	 /* [mount_lock] in sb->mounts */
	struct mount_ns *ns;	 /* [mount_mutex] NULL: detached */
	bool locked;		 /* [mount_mutex] must stay where it is: it hides something */
	unsigned lock_flags;	 /* [mount_mutex] of flags, those that can't be taken back */
	int id;			 /* [i] mountinfo's */
	char *source;		 /* [i] as given to mount */
	atomic_int writers;	 /* [a] files open for writing */
};

extern struct mount_ns init_mount_ns;
extern struct mutex mount_mutex;

struct mount *mount_get(struct mount *m);
void mount_put(struct mount *m); /* NULL is legal; may sleep */

/* An unattached mount of sb; consumes the reference to sb, on failure too. */
int mount_create(struct super *sb, struct dentry *root, unsigned flags, const char *source,
		 struct mount **out) __must_check;
/* Makes root the tree of a namespace that has none yet; takes over the reference. */
void mount_ns_set_root(struct mount_ns *ns, struct mount *root);

/* A copy of ns for another owner or the same; fs, if it lies in `from`, moves into it. For the
 * table of namespaces. 0, -ENOMEM, -ENOSPC. */
struct fs_context;
int mount_ns_copy(struct ns *from, struct user_ns *owner, struct fs_context *fs,
		  struct ns **out) __must_check;
/* One with nothing in it but an empty directory, in which fs then has its places. 0, -ENOMEM,
 * -ENOSPC. */
int mount_ns_create_empty(struct user_ns *owner, struct fs_context *fs,
			  struct ns **out) __must_check;
/* Where whoever enters ns begins: what is mounted topmost at its root. *out has references. */
void mount_ns_root(struct mount_ns *ns, struct path *out);
/* May current change the mounts of its namespace? Is m one of these? */
bool mount_may(void);
bool mount_is_here(const struct mount *m);

/* p stands on a mount point: goes down to what is mounted there, as often as need be. True if it
 * moved. */
bool mount_cross_down(struct path *p);
/* p is the root of its mount: goes to the mount point it covers. False at the top. */
bool mount_cross_up(struct path *p);
/* Is anything mounted on d, in any namespace? Who has d's inode locked is told for sure: rmdir,
 * unlink and rename, which answer -EBUSY. */
static inline bool mount_on_dentry(const struct dentry *d)
{
	return READ_ONCE(d->mounts) != 0;
}

#define MOUNT_SUPER_RDONLY 0x80000000u
#define MOUNT_READ_ONLY (MS_RDONLY | MOUNT_SUPER_RDONLY)
/* May current write through this mount? 0 or -EROFS. */
int mount_may_write(const struct mount *m) __must_check;

/* A second mount of what is seen at from, in no place. */
int mount_clone(const struct path *from, struct mount **out) __must_check;

/* Mounts below top are copied to the same places below a copy of top. On failure what is done
 * already stays. mount_mutex held. */
struct mount_copy {
	struct dentry *below; /* only what is mounted below this name of top; NULL: all */
	bool less_privileged; /* the copies are locked */
	void (*copied)(struct mount *from, struct mount *to, void *arg); /* NULL: no need */
	void *arg;
};
int mount_copy_children(struct mount *top, struct mount *top_copy,
			struct mount_copy *c) __must_check __must_hold(mount_mutex);
/* Detaches top, unless it is the root of the tree, and all below, deepest first. mount_mutex
 * held. */
void mount_detach_tree(struct mount *top) __must_hold(mount_mutex);

/* For mount_ops.c and mount_ns.c; mount_mutex held. attach: a new mount appears at a place and in
 * its namespace, which takes a reference. relocate: one that is attached moves to another place.
 * exchange_root: `new` goes to the place of root, root to `at`. detach: it leaves its place and its
 * namespace, and the tree's reference goes, but only if at most max_refs hold m (MOUNT_ANY_REFS:
 * whoever does); false if not. Each is one step for who looks: a place that a mount goes to or
 * stays in can't be removed meanwhile. 0, -ENOENT (the place was removed); attach: -ENOTDIR,
 * -ENOSPC. */
#define MOUNTS_MAX 100000u /* in a namespace */
/* What all mounts of an instance have in common. Here a remount may change all but one. */
#define MOUNT_SUPER_FLAGS (MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_LAZYTIME)
#define MOUNT_LOCKABLE (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define MS_ATIME_FLAGS (MS_NOATIME | MS_NODIRATIME | MS_RELATIME) /* none of them: strict */
/* In lock_flags: MS_ATIME_FLAGS stay as they are, all of them. */
#define MOUNT_LOCK_ATIME MS_STRICTATIME
#define MOUNT_ANY_REFS (~0u)
int mount_attach(struct mount *m, const struct path *at) __must_check __must_hold(mount_mutex);
/* Gives an instance MOUNT_SUPER_FLAGS; makes one mount read-only. 0; -EBUSY, and all is as before:
 * read-only is new to it, and a file is open for writing. mount_mutex held. */
int mount_super_set_flags(struct super *sb, unsigned flags) __must_check __must_hold(mount_mutex);
int mount_freeze(struct mount *m) __must_check __must_hold(mount_mutex);
/* Does no mount but this show its instance? mount_mutex held. */
bool mount_is_only(const struct mount *m) __must_hold(mount_mutex);
int mount_relocate(struct mount *m, const struct path *at) __must_check __must_hold(mount_mutex);
int mount_exchange_root(struct mount *root, struct mount *new,
			const struct path *at) __must_check __must_hold(mount_mutex);
bool mount_detach(struct mount *m, unsigned max_refs);

/* mount(2), umount2(2): strings of the kernel, options never NULL. Capability checked inside. */
int mount_do(const char *source, const struct path *target, const char *type, unsigned flags,
	     const char *options) __must_check;
/* The forms that take a second path: MS_BIND (with MS_REC) and MS_MOVE. */
int mount_do_from(const struct path *from, const struct path *target, unsigned flags) __must_check;
int mount_umount(const struct path *target, unsigned flags) __must_check;
/* pivot_root(2): the mount at `new` becomes current's root, the old root goes to `old`. */
int mount_pivot(const struct path *new, const struct path *old) __must_check;
/* Mounts an instance of a type on a path: boot, devtmpfs. */
int mount_new(const char *type, const char *source, const char *options, unsigned flags,
	      const struct path *target) __must_check;

/* A line of /proc/mounts (or, with info, of mountinfo) about the n-th mount of ns as seen from
 * root: bytes written to buf, 0 past the last, -errno. A mount outside root gives an empty line's
 * worth: it is skipped (returns -ENOENT). */
ssize_t mount_show(struct mount_ns *ns, unsigned n, const struct path *root, bool info, char *buf,
		   size_t size);
/* The namespace that current sees. Borrowed. */
static inline struct mount_ns *mount_ns_current(void)
{
	return container_of(current->ns->of[NS_MNT], struct mount_ns, ns);
}

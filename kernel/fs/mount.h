/*
 * Mounts: which file system is seen where.
 *
 *	          (mount A, dentry /mnt)  --hash-->  mount B, root dentry of B's file system
 *
 * A mount is attached (in a namespace's tree, which holds one reference) or detached (umount -l,
 * or internal): it lives while paths, files or working directories hold it. The tree hangs off one
 * struct mount_ns, so that there can be many.
 *
 * Locks: mount_mutex (rank MOUNT) for every change of a tree; mount_lock (spinlock, rank DENTRY)
 * guards the hash, parent and mountpoint for walkers.
 */
#pragma once

#include "kernel/abi/mount.h"
#include "kernel/core/ref.h"
#include "kernel/fs/path.h"
#include "kernel/sched/mutex.h"
#include "kernel/task/ns.h"
#include "lib/list.h"

struct super;

struct mount_ns {
	struct ns ns;
	struct mount *root;   /* [mount_mutex] */
	struct list mounts;   /* [mount_mutex] in order of mounting */
	unsigned count;	      /* [mount_mutex] */
};

struct mount {
	struct ref ref;
	/* MS_RDONLY NOSUID NODEV NOEXEC NOATIME NODIRATIME RELATIME; changes under mount_mutex */
	unsigned flags;
	struct super *sb;	 /* [i] counted */
	/* [i] counted: what is seen here, the super's root but for binds */
	struct dentry *root;
	struct mount *parent;	 /* [mount_lock] NULL: a root, or detached. Counted */
	struct dentry *mountpoint; /* [mount_lock] in parent. Counted */
	struct hlist_node hash_link; /* [mount_lock] */
	struct list children;	 /* [mount_mutex] */
	struct list child_link;	 /* [mount_mutex] in parent->children */
	struct list ns_link;	 /* [mount_mutex] */
	struct mount_ns *ns;	 /* [mount_mutex] NULL: detached */
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

/* p stands on a mount point: goes down to what is mounted there, as often as need be. True if it
 * moved. */
bool mount_cross_down(struct path *p);
/* p is the root of its mount: goes to the mount point it covers. False at the top. */
bool mount_cross_up(struct path *p);
/* Nothing mounted on d in any namespace? For rmdir, unlink, rename: -EBUSY. */
bool mount_on_dentry(struct dentry *d);
/* May current write through this mount? 0 or -EROFS. */
int mount_may_write(const struct mount *m) __must_check;

/* For mount_ops.c; mount_mutex held. attach: m appears at a place and in its namespace, which
 * takes a reference (or moves there). unlink: leaves its place, not its namespace; detach: both,
 * and the tree's reference goes. The last two only if at most max_refs hold m (MOUNT_ANY_REFS:
 * whoever does); false if not. 0, -ENOTDIR, -ENOENT (the place was removed). */
#define MOUNT_ANY_REFS (~0u)
int mount_attach(struct mount *m, const struct path *at) __must_check;
bool mount_unlink(struct mount *m, unsigned max_refs);
bool mount_detach(struct mount *m, unsigned max_refs);

/* mount(2), umount2(2): strings of the kernel, options never NULL. Capability checked inside. */
int mount_do(const char *source, const struct path *target, const char *type, unsigned flags,
	     const char *options) __must_check;
/* The forms that take a second path: MS_BIND (with MS_REC) and MS_MOVE. */
int mount_do_from(const struct path *from, const struct path *target, unsigned flags) __must_check;
int mount_umount(const struct path *target, unsigned flags) __must_check;
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

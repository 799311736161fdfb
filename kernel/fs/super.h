/*
 * Mounted file systems, and the list of kinds there are.
 *
 * A struct super is one instance: a tmpfs, the procfs. Mounts hold it (several, when bound to
 * several places); the last super_put drops its name tree and destroys it.
 */
#pragma once

#include "kernel/abi/statfs.h"
#include "kernel/core/ref.h"
#include "kernel/core/spinlock.h"
#include "kernel/fs/inode.h"
#include "lib/list.h"

struct super;
struct user_ns;

struct super_ops {
	/* Frees an inode embedded in the file system's own struct. NULL: it came from
	 * inode_create. */
	void (*inode_free)(struct inode *inode);
	/* type, bsize, namelen are filled in before. NULL: nothing to add. */
	int (*statfs)(struct super *sb, struct abi_statfs *st);
	/* New options at mount -o remount; flags are the caller's business. NULL: options
	 * ignored. */
	int (*remount)(struct super *sb, const char *options);
	/* ",size=64k": options beyond the flags for /proc/mounts; bytes written, at most size. */
	size_t (*show_options)(struct super *sb, char *buf, size_t size);
	/* Everything dirty goes out. */
	int (*sync)(struct super *sb);
	/* The last user is gone, the names too: frees private. */
	void (*destroy)(struct super *sb);
};

/* Every name is pinned in the name cache: what is not there doesn't exist. */
#define SUPER_ALL_CACHED 2u
#define SUPER_INTERNAL 4u   /* not mountable by users: pipes, anonymous inodes */
#define SUPER_BINDABLE 8u   /* though internal, its files can be mounted: those of namespaces */
#define SUPER_FIXED 16u	    /* is never mounted anew with other options: nullfs */

struct super {
	struct ref ref;
	unsigned flags;		   /* [i] SUPER_* */
	unsigned mount_flags;	   /* [mount_mutex to write] MOUNT_SUPER_FLAGS (mount.h) */
	struct list mounts;	   /* [the mounts' lock] of it: mount.c */
	struct fs_type *type;	   /* [i] */
	const struct super_ops *ops; /* [i] */
	struct dentry *root;	   /* [i] after mount: counted */
	struct user_ns *owner;	   /* [i] counted: in which who made it is; may remount it */
	dev_t dev;		   /* [i] st_dev, 0:minor */
	uint64_t magic;		   /* [i] */
	uint64_t block_size;	   /* [i] */
	uint64_t max_bytes;	   /* [i] largest file */
	atomic_ulong next_ino;	   /* [a] */
	atomic_long inode_count;   /* [a] inodes alive */
	void *private;		   /* [i] */
	struct list link;	   /* in the list of all */
};

/* A kind of file system. */
struct fs_type {
	const char *name;
	unsigned flags; /* FS_* */
	/* Makes an instance, or gives a reference to the one there is; *out has its root. source,
	 * options: strings, never NULL. */
	int (*mount)(struct fs_type *type, const char *source, const char *options,
		     struct super **out);
	/* What of it current sees at the top of a new mount, counted. NULL: its root. */
	int (*root)(struct super *sb, struct dentry **out);
	/* Where who makes an instance needs CAP_SYS_ADMIN (FS_USER_NS): what it shows belongs to
	 * that user namespace. NULL: the caller's own. */
	const struct user_ns *(*owner)(void);
	struct list link;
};
#define FS_NEEDS_DEV 1u /* source is a block device; others are "nodev" in /proc/filesystems */
/* An instance may be made by who has CAP_SYS_ADMIN in a user namespace of his own. */
#define FS_USER_NS 2u
#define FS_SHOWS_SYSTEM 4u /* ... if he sees one already, whole: /proc, /sys */
/* One instance, where on Linux each mount is one: it may be mounted over itself. */
#define FS_ONE_FOR_ALL 8u
/* Takes none of the words that say flags of the instance ("ro"), which a mount leaves alone. */
#define FS_NO_WORDS 16u
/* The one instance takes the options and flags of every new mount. */
#define FS_REMOUNTED 32u

void fs_type_register(struct fs_type *type);
/* NULL: no such. */
struct fs_type *fs_type_find(const char *name);
/* The n-th registered one, NULL past the end: /proc/filesystems. */
struct fs_type *fs_type_at(unsigned n);

/* An instance with one reference, no root yet. Failing mounts give it back with super_put. NULL:
 * no memory. */
struct super *super_create(struct fs_type *type, const struct super_ops *ops, uint64_t magic);
/* The same filled: fill(sb, arg) sets private and flags, and the root. *out has one reference. 0,
 * -ENOMEM, or what fill answered. */
int super_make(struct fs_type *type, const struct super_ops *ops, uint64_t magic,
	       int (*fill)(struct super *sb, const void *arg), const void *arg,
	       struct super **out) __must_check;
struct super *super_get(struct super *sb);
/* The instance of a type with that private part, counted; NULL: there is none. For types that keep
 * one for each of something, whose mount lets only one at a time look and then make it. */
struct super *super_find(const struct fs_type *type, const void *private);
void super_put(struct super *sb);
/* Gives sb its root directory: consumes the inode's reference, on failure too. 0, -ENOMEM. */
int super_set_root(struct super *sb, struct inode *inode) __must_check;
int super_statfs(struct super *sb, struct abi_statfs *st) __must_check;
/* sync(2). */
void super_sync_all(void);

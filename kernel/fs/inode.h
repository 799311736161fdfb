/*
 * Inodes: a file as the file system knows it, whatever names lead to it.
 *
 * Made by a file system (inode_create, or embedded in its own struct with inode_init), held by
 * dentries, open files and whoever has a reference; the last inode_put frees it through
 * super_ops.inode_free. An inode whose nlink is 0 lives on until then: its contents go with it.
 */
#pragma once

#include "kernel/abi/stat.h"
#include "kernel/core/ref.h"
#include "kernel/fs/path.h"
#include "kernel/sched/mutex.h"
#include "lib/types.h"

struct super;
struct inode;
struct dentry;
struct file_ops;
struct page_cache;
struct cred;
struct lock_list;

/* A device number as user space writes it: minor bits 0-7, major 8-19, minor 20-31. */
typedef uint32_t dev_t;
#define DEV_MAKE(major, minor)                                                                     \
	((dev_t)(((minor) & 0xffu) | (((major) & 0xfffu) << 8) | (((minor) & ~0xffu) << 12)))
#define DEV_MAJOR(dev) (((dev) >> 8) & 0xfffu)
#define DEV_MINOR(dev) (((dev) & 0xffu) | (((dev) >> 12) & ~0xffu))

struct inode {
	struct ref ref;
	unsigned mode;	     /* [lock] type is [i] */
	unsigned uid, gid;   /* [lock] */
	unsigned nlink;	     /* [lock] */
	dev_t rdev;	     /* [i] of a device node */
	struct super *sb;    /* [i] outlives its inodes */
	uint64_t ino;	     /* [i] */
	uint64_t size;	     /* [lock] to change; read as one word */
	/* [lock] of 512 bytes; 0 for files in a page cache: counted from it */
	uint64_t blocks;
	int64_t atime, mtime, ctime, btime; /* ns since 1970; each one word */
	const struct inode_ops *ops;  /* [i] never NULL */
	/* [i] what open gives the file; NULL: by type (device, fifo) or -ENXIO */
	const struct file_ops *fops;
	/* rank DIR or INODE: names in a directory, contents and attributes of a file */
	struct mutex lock;
	struct page_cache *cache;     /* [i] contents, NULL if there are none to map */
	const char *link;	      /* [i] symlink whose text is here; NULL: ask ops->readlink */
	void *private;		      /* [i] the file system's */
	/* [lock] pipe of a fifo, socket of a socket node: its owner's */
	void *special;
	struct lock_list *locks;      /* flock and record locks, kernel/fs/lock.c; NULL: none */
	atomic_int writers;	      /* [a] files open for writing; < 0: exec forbids it */
	bool dead;		      /* [lock] a removed directory: nothing can be made in it */
	/* [lock] made by O_TMPFILE: may get a name although nlink is 0 */
	bool linkable;
};

/* What stat reports; getattr fills it. */
struct inode_stat {
	uint64_t dev, ino, rdev, size, blocks;
	unsigned mode, nlink, uid, gid, blksize;
	int64_t atime, mtime, ctime, btime; /* ns */
};

/* A change of attributes: which fields count says valid. */
struct inode_attr {
	unsigned valid; /* ATTR_* */
	unsigned mode, uid, gid;
	uint64_t size;
	int64_t atime, mtime; /* ns */
};
#define ATTR_MODE 1u
#define ATTR_UID 2u
#define ATTR_GID 4u
#define ATTR_SIZE 8u
#define ATTR_ATIME 16u
#define ATTR_MTIME 32u

/*
 * What a file system does. All optional: a missing one gives what Linux gives (EPERM, ENOTDIR,
 * EINVAL), missing getattr/setattr/permission take the inode's fields. May sleep. dir->lock is
 * held by the caller in lookup and in everything that changes names; dentry is then the (negative
 * or existing) name in question.
 */
struct inode_ops {
	/* Finds dentry->name in dir: dentry_instantiate(dentry, inode) and 0 when it is there. When
	 * not: 0 with the dentry left negative, which is remembered and may be created; or -ENOENT,
	 * which is neither. For a name that must not be cached: dentry->flags |= DENTRY_UNCACHED
	 * before. */
	int (*lookup)(struct inode *dir, struct dentry *dentry);
	/* Asked at every walk through a cached dentry, without locks: false drops it and looks up
	 * again. */
	bool (*revalidate)(struct dentry *dentry);
	/* Regular file, directory, device, fifo or socket, by mode's type; dentry_instantiate and
	 * dir's times and nlink. */
	int (*mknod)(struct inode *dir, struct dentry *dentry, unsigned mode, dev_t rdev);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*link)(struct inode *inode, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	/* new_dentry negative, or what is replaced, or (RENAME_EXCHANGE) exchanged. The caller
	 * moves the dentries. */
	int (*rename)(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
		      struct dentry *new_dentry, unsigned flags);
	/* A nameless regular file (O_TMPFILE), nlink 0, one reference. */
	int (*tmpfile)(struct inode *dir, unsigned mode, struct inode **out);
	/* A symlink's text without NUL: its length, cut at size. */
	ssize_t (*readlink)(struct inode *inode, char *buf, size_t size);
	/* A magic link: where it leads, with references; the text plays no part. Wins over
	 * readlink in walks. */
	int (*follow_link)(struct inode *inode, struct path *out);
	/* May current do MAY_* here? 0, -EACCES... Without it: mode bits, owner, groups,
	 * capabilities. */
	int (*permission)(struct inode *inode, unsigned mask);
	int (*getattr)(struct inode *inode, struct inode_stat *st);
	/* inode->lock held, permission checked. ATTR_SIZE must truncate contents. */
	int (*setattr)(struct inode *inode, const struct inode_attr *attr);
	/* May n bytes be written at pos? Lock held. 0 or -errno. Missing: yes. */
	int (*may_write)(struct inode *inode, uint64_t pos, size_t n);
	/* Allocates or (FALLOC_FL_PUNCH_HOLE) frees; lock held. */
	int (*fallocate)(struct inode *inode, unsigned mode, uint64_t offset, uint64_t len);
	/* The last reference is gone: give up private. Before super_ops.inode_free. */
	void (*destroy)(struct inode *inode);
};

#define MAY_EXEC 1u
#define MAY_WRITE 2u
#define MAY_READ 4u

/* A new inode of sb: one reference, mode with its type, owner root, nlink 1, times now, next
 * number of sb. NULL: no memory. */
struct inode *inode_create(struct super *sb, unsigned mode);
/* The same on memory of the caller, zeroed; super_ops.inode_free must then free it. */
void inode_init(struct inode *inode, struct super *sb, unsigned mode);
/* For a new file made by current in dir: owner by fsuid and fsgid (or the directory's group if it
 * is set-gid). */
void inode_init_owner(struct inode *inode, const struct inode *dir);
struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode); /* NULL is legal; may sleep */
/* Frees an inode made by inode_create: for a super_ops.inode_free that has done its own part. */
void inode_free_memory(struct inode *inode);

/* May current do mask (MAY_*)? 0, -EACCES, -EROFS (file system read-only).
 * kernel/fs/permission.c */
int inode_permission(struct inode *inode, unsigned mask) __must_check;
/* The same for given ids (access(2)) by mode bits alone. */
int inode_permission_cred(struct inode *inode, unsigned mask, const struct cred *cred) __must_check;
/* Owner, or CAP_FOWNER. */
/* Has current this capability over the file? */
bool inode_capable(const struct inode *inode, unsigned cap);
bool inode_owner_or_capable(const struct inode *inode);
/* Changes attributes with all checks that depend on who asks (kernel/fs/attr.c). */
int inode_change(struct inode *inode, const struct inode_attr *attr) __must_check;

void inode_stat(struct inode *inode, struct inode_stat *st);
int inode_getattr(struct inode *inode, struct inode_stat *st) __must_check;

/* Times now, as a read, a change of contents, a change of attributes leaves them. */
void inode_touch_atime(struct inode *inode);
void inode_touch_mtime(struct inode *inode); /* and ctime */
void inode_touch_ctime(struct inode *inode);

/* Writers and exec exclude each other: 0 or -ETXTBSY; each with its end. */
int inode_write_begin(struct inode *inode) __must_check;
void inode_write_end(struct inode *inode);
int inode_write_deny(struct inode *inode) __must_check;
void inode_write_allow(struct inode *inode);

/* inode_ops with nothing in it. */
extern const struct inode_ops inode_no_ops;

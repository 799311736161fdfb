/*
 * mount(2) and umount2(2): what is asked for, and whether it may be.
 *
 * mount_do sorts a request by its flags, as Linux does: remount, bind, move, a change of
 * propagation, or a new file system. umount takes away the topmost mount at a place if nobody is
 * inside it; with MNT_DETACH it takes it and all that is mounted below out of the tree at once,
 * and the rest happens when the last user leaves.
 *
 * Needs CAP_SYS_ADMIN in the owner of the caller's mount namespace throughout, and mounts of that
 * namespace. All changes happen under mount_mutex.
 *
 * Flags are of the mount or of the instance that it shows, MS_RDONLY is of both. Those of the
 * instance can be said as words of the options, too, and are those of its first mount, until a
 * remount of any changes them.
 *
 * NOTE(linux): mounts are private; MS_SHARED gives -EINVAL, MS_PRIVATE and MS_SLAVE (which is the
 * same for a mount that has no master) succeed.
 * LIMIT: MNT_EXPIRE and MS_UNBINDABLE give -EINVAL. MS_SYNCHRONOUS and its kind are shown and have
 * no effect: every file system here is in memory, and locks are advice.
 */
#include "kernel/abi/capability.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/mount_options.h"
#include "kernel/fs/super.h"
#include "kernel/task/cred.h"
#include "kernel/task/ns.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

/* The flags that a mount keeps. */
#define MOUNT_FLAGS                                                                                \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW | MS_ATIME_FLAGS)
#define MS_PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/* The flags as kept: relatime unless something else is asked for. */
static unsigned mount_flags(unsigned flags)
{
	if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
		flags |= MS_RELATIME;
	return flags & MOUNT_FLAGS;
}

/* Does the new mount m show once more what is mounted in this place already? Then mount was called
 * twice by mistake. */
static bool is_there_already(const struct mount *m, const struct path *target)
{
	return target->mnt->sb == m->sb && target->dentry == target->mnt->root &&
	       !(m->sb->type->flags & FS_ONE_FOR_ALL);
}

/* Attaches a new mount; consumes it. */
static int attach_new(struct mount *m, const struct path *target)
{
	int err = -EINVAL;

	mutex_lock(&mount_mutex);
	if (mount_is_here(target->mnt))
		err = is_there_already(m, target) ? -EBUSY : mount_attach(m, target);
	mutex_unlock(&mount_mutex);
	mount_put(m);
	return err;
}

/* Consumes sb. */
static int mount_create_top(struct fs_type *fs, struct super *sb, const char *source,
			    unsigned flags, struct mount **out)
{
	struct dentry *top = NULL;
	int err = fs->root != NULL ? fs->root(sb, &top) : 0;

	if (err) {
		super_put(sb);
		return err;
	}
	err = mount_create(sb, top != NULL ? top : sb->root, mount_flags(flags), source, out);
	if (top != NULL)
		dentry_put(top);
	return err;
}

/* The flags of an instance from those of a request and from the words of its options; *named: the
 * latter. 0, -EINVAL, -ENOMEM. */
static int super_flags(const struct fs_type *fs, const char *options, unsigned flags,
		       unsigned *out, unsigned *named)
{
	int err;

	*out = flags & MOUNT_SUPER_FLAGS;
	err = mount_options_flags(options, out, named);
	return !err && *named != 0 && (fs->flags & FS_NO_WORDS) ? -EINVAL : err;
}

/* A remount of the instance. What it cannot change of its flags may not be named. */
static int super_remount(struct super *sb, unsigned flags, const char *options)
	__must_hold(mount_mutex)
{
	unsigned old = sb->mount_flags, of_super, named;
	int err = super_flags(sb->type, options, flags, &of_super, &named);
	bool freezes;

	if (!err && (named & MS_DIRSYNC))
		err = -EINVAL;
	if (sb->type->flags & FS_NO_WORDS)
		of_super = sb->mount_flags;
	if (err)
		return err;
	of_super = (of_super & ~MS_DIRSYNC) | (old & MS_DIRSYNC);
	freezes = of_super & ~old & MS_RDONLY;
	if (freezes)
		err = mount_super_set_flags(sb, of_super);
	if (!err && sb->ops->remount) {
		err = sb->ops->remount(sb, options);
		if (err && freezes)
			(void)!mount_super_set_flags(sb, old); /* gives back: never busy */
	}
	return err ? err : mount_super_set_flags(sb, of_super);
}

/* The first mount of an instance says its flags, later ones find it as it is. */
static int super_flags_init(const struct mount *m, unsigned flags, const char *options)
{
	const struct fs_type *fs = m->sb->type;
	unsigned of_super, named;
	int err = super_flags(fs, options, flags, &of_super, &named);

	mutex_lock(&mount_mutex);
	if (!err && (fs->flags & FS_REMOUNTED))
		err = super_remount(m->sb, flags, options);
	else if (!err && !(fs->flags & FS_NO_WORDS) && mount_is_only(m))
		err = mount_super_set_flags(m->sb, of_super);
	mutex_unlock(&mount_mutex);
	return err;
}

int mount_new(const char *type, const char *source, const char *options, unsigned flags,
	      const struct path *target)
{
	struct fs_type *fs = fs_type_find(type);
	unsigned unused, named;
	struct super *sb;
	struct mount *m;
	int err;

	if (!fs)
		return -ENODEV;
	err = super_flags(fs, options, flags, &unused, &named); /* before anything is made */
	if (!err)
		err = fs->mount(fs, source, options, &sb);
	if (!err)
		err = mount_create_top(fs, sb, source, flags, &m);
	if (err)
		return err;
	err = super_flags_init(m, flags, options);
	if (!err)
		return attach_new(m, target);
	mount_put(m);
	return err;
}

/* A copy without what is mounted below would show what a locked mount hides. mount_mutex held. */
static bool hides_something(const struct path *p)
{
	struct mount *child;

	list_for_each_entry(child, &p->mnt->children, child_link) {
		if (child->locked && dentry_is_ancestor(p->dentry, child->mountpoint))
			return true;
	}
	return false;
}

/* What may be bound: the caller's own mounts, and files that stand for namespaces - but for mount
 * namespaces: a mount that keeps its own tree alive would never go, and putting the last one takes
 * the lock under which mounts are taken away. */
static bool may_bind(const struct path *from, bool recursive)
{
	const struct ns *ns = from->dentry->inode->private;

	if (from->mnt->sb->flags & SUPER_BINDABLE)
		return ns != NULL && ns->type != NS_MNT;
	return mount_is_here(from->mnt) && (recursive || !hides_something(from));
}

static int bind_attach(const struct path *from, struct mount *m, const struct path *target,
		       bool recursive) __must_hold(mount_mutex)
{
	struct mount_copy copy = { .below = from->dentry };
	int err;

	if (!mount_is_here(target->mnt) || !may_bind(from, recursive))
		return -EINVAL;
	err = mount_attach(m, target);
	if (err || !recursive)
		return err;
	err = mount_copy_children(from->mnt, m, &copy);
	if (err)
		mount_detach_tree(m);
	return err;
}

static int mount_bind(const struct path *from, const struct path *target, bool recursive)
{
	struct mount *m;
	int err = mount_clone(from, &m);

	if (err)
		return err;
	mutex_lock(&mount_mutex);
	err = bind_attach(from, m, target, recursive);
	mutex_unlock(&mount_mutex);
	mount_put(m);
	return err;
}

/* Is m at or below top? mount_mutex held. */
static bool mount_is_below(const struct mount *m, const struct mount *top)
{
	while (m && m != top)
		m = m->parent;
	return m != NULL;
}

static int mount_move(const struct path *from, const struct path *target)
{
	struct mount *m = from->mnt;
	int err;

	if (from->dentry != m->root)
		return -EINVAL;
	if (S_ISDIR(m->root->inode->mode) != S_ISDIR(target->dentry->inode->mode))
		return -ENOTDIR;
	mutex_lock(&mount_mutex);
	err = -EINVAL;
	if (!mount_is_here(m) || !mount_is_here(target->mnt) || !m->parent || m->locked)
		goto out;
	err = -ELOOP;
	if (mount_is_below(target->mnt, m))
		goto out;
	err = mount_relocate(m, target);
out:
	mutex_unlock(&mount_mutex);
	return err;
}

/* A mount's flags after a remount: what is said of access times stays when nothing is said. */
static unsigned remount_flags(const struct mount *m, unsigned flags)
{
	unsigned kept = mount_flags(flags);

	if (!(flags & (MS_ATIME_FLAGS | MS_STRICTATIME)))
		kept = (kept & ~MS_ATIME_FLAGS) | (m->flags & MS_ATIME_FLAGS);
	return kept;
}

static bool locks_forbid(const struct mount *m, unsigned flags)
{
	if ((m->lock_flags & MOUNT_LOCK_ATIME) && ((m->flags ^ flags) & MS_ATIME_FLAGS))
		return true;
	return m->lock_flags & MOUNT_LOCKABLE & ~flags;
}

static int mount_remount(const struct path *target, unsigned flags, const char *options)
{
	struct mount *m = target->mnt;
	unsigned kept = remount_flags(m, flags), old;
	struct super *sb = m->sb;
	int err = 0;

	if (target->dentry != m->root || !mount_is_here(m))
		return -EINVAL;
	if (locks_forbid(m, kept))
		return -EPERM;
	if (!(flags & MS_BIND) && (sb->flags & SUPER_FIXED))
		return -EINVAL;
	if (!(flags & MS_BIND) && !ns_capable(sb->owner, CAP_SYS_ADMIN))
		return -EPERM; /* the file system is not only the caller's */
	mutex_lock(&mount_mutex);
	old = m->flags;
	if ((flags & MS_RDONLY) && !(old & MOUNT_READ_ONLY))
		err = mount_freeze(m);
	if (!err && !(flags & MS_BIND))
		err = super_remount(sb, flags, options);
	if (err)
		kept = old & ~MOUNT_SUPER_RDONLY;
	WRITE_ONCE(m->flags, kept | (m->flags & MOUNT_SUPER_RDONLY));
	mutex_unlock(&mount_mutex);
	return err;
}

static int mount_propagation(const struct path *target, unsigned flags)
{
	unsigned kind = flags & MS_PROPAGATION;

	if (flags & ~(MS_PROPAGATION | MS_REC | MS_SILENT))
		return -EINVAL;
	if (target->dentry != target->mnt->root || !mount_is_here(target->mnt))
		return -EINVAL;
	return kind == MS_PRIVATE || kind == MS_SLAVE ? 0 : -EINVAL;
}

int mount_do_from(const struct path *from, const struct path *target, unsigned flags)
{
	if (!mount_may())
		return -EPERM;
	if (flags & MS_BIND)
		return mount_bind(from, target, flags & MS_REC);
	return mount_move(from, target);
}

/* Is a whole instance of a type mounted here, that nothing hides a part of? Whoever may see less of
 * the machine may not mount what would show more. */
static bool is_seen_whole(const struct fs_type *type)
{
	struct mount *m;
	bool seen = false;

	mutex_lock(&mount_mutex);
	list_for_each_entry(m, &mount_ns_current()->mounts, ns_link) {
		struct path top = { m, m->root };

		if (m->sb->type == type && m->root == m->sb->root && !hides_something(&top))
			seen = true;
	}
	mutex_unlock(&mount_mutex);
	return seen;
}

/* May current have a new instance? Most types are for those only who rule the machine. */
static int new_check(const char *name)
{
	const struct fs_type *type = fs_type_find(name);
	const struct user_ns *owner;

	if (type == NULL)
		return -ENODEV;
	if (capable(CAP_SYS_ADMIN))
		return 0;
	owner = type->owner != NULL ? type->owner() : current_cred()->user_ns;
	if (!(type->flags & FS_USER_NS) || !ns_capable(owner, CAP_SYS_ADMIN))
		return -EPERM;
	return !(type->flags & FS_SHOWS_SYSTEM) || is_seen_whole(type) ? 0 : -EPERM;
}

int mount_do(const char *source, const struct path *target, const char *type, unsigned flags,
	     const char *options)
{
	int err;

	if (!mount_may())
		return -EPERM;
	if (flags & MS_REMOUNT)
		return mount_remount(target, flags, options);
	if (flags & MS_PROPAGATION)
		return mount_propagation(target, flags);
	if (!type)
		return -EINVAL;
	err = new_check(type);
	if (err)
		return err;
	return mount_new(type, source ? source : "none", options, flags, target);
}

/* The whole tree's root: as Linux, it becomes read-only rather than go. mount_mutex held. */
static int umount_root(struct mount *m, unsigned flags) __must_hold(mount_mutex)
{
	if ((flags & MNT_DETACH) || (m->sb->flags & SUPER_FIXED))
		return -EINVAL;
	return mount_freeze(m);
}

int mount_umount(const struct path *target, unsigned flags)
{
	struct mount *m = target->mnt;
	int err = 0;

	if (!mount_may())
		return -EPERM;
	if (target->dentry != m->root || (flags & MNT_EXPIRE))
		return -EINVAL;
	mutex_lock(&mount_mutex);
	if (!mount_is_here(m) || m->locked)
		err = -EINVAL;
	else if (!m->parent)
		err = umount_root(m, flags);
	else if (flags & MNT_DETACH)
		mount_detach_tree(m);
	else if (!list_empty(&m->children) || !mount_detach(m, 2)) /* the tree's and the caller's */
		err = -EBUSY;
	mutex_unlock(&mount_mutex);
	return err;
}

/*
 * The mount tree: finding what is mounted where, attaching and detaching.
 *
 * A walk that stands on a dentry with DENTRY_MOUNTPOINT asks mount_cross_down; ".." at the root of
 * a mount asks mount_cross_up. Both look under mount_lock and leave with references.
 * kernel/fs/mount_ops.c has mount(2) and umount2(2), which change the tree through the functions
 * here.
 *
 *	references to a mount:  1 by the tree while attached
 *	                        1 by each child mount
 *	                        1 by each path (file, working directory, walk)
 *
 * Locking: mount_mutex serialises changes; mount_lock is what readers take. A dentry counts the
 * mounts that are on it, in whatever tree, which spares most walks the search; it goes up under the
 * directory's inode lock, so that rmdir and mount on the same directory exclude each other. A mount
 * that moves is in a place throughout, so that the places of mounts can't be removed from under
 * them.
 */
#include "kernel/fs/mount.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/super.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

struct mount_ns init_mount_ns = {
	.ns = NS_INIT(NS_MNT, NS_INO_MNT),
	.mounts = LIST_INIT(init_mount_ns.mounts),
};
struct mutex mount_mutex = MUTEX_INIT(mount_mutex, "mount", LOCK_RANK_MOUNT);

static CACHE_DEFINE(mount_cache, struct mount);
static struct spinlock mount_lock = SPINLOCK_INIT("mount", LOCK_RANK_DENTRY);
static int next_id = 20; /* [mount_mutex] */

struct mount *mount_get(struct mount *m)
{
	ref_get(&m->ref);
	return m;
}

void mount_put(struct mount *m)
{
	if (!m || !ref_put(&m->ref))
		return;
	spin_lock(&mount_lock);
	list_del(&m->sb_link);
	spin_unlock(&mount_lock);
	dentry_put(m->root);
	super_put(m->sb);
	kfree(m->source);
	cache_free(&mount_cache, m);
}

static unsigned flags_with_super(unsigned flags, unsigned of_super)
{
	return of_super & MS_RDONLY ? flags | MOUNT_SUPER_RDONLY : flags & ~MOUNT_SUPER_RDONLY;
}

int mount_create(struct super *sb, struct dentry *root, unsigned flags, const char *source,
		 struct mount **out)
{
	struct mount *m = cache_alloc(&mount_cache, ALLOC_ZERO);
	char *name = kstrdup(source);

	if (!m || !name) {
		cache_free(&mount_cache, m);
		kfree(name);
		super_put(sb);
		return -ENOMEM;
	}
	ref_init(&m->ref);
	m->sb = sb;
	m->root = dentry_get(root);
	m->source = name;
	m->id = __atomic_fetch_add(&next_id, 1, __ATOMIC_RELAXED);
	list_init(&m->children);
	spin_lock(&mount_lock);
	m->flags = flags_with_super(flags, sb->mount_flags);
	list_add_tail(&m->sb_link, &sb->mounts);
	spin_unlock(&mount_lock);
	*out = m;
	return 0;
}

int mount_freeze(struct mount *m)
{
	unsigned old = m->flags;

	WRITE_ONCE(m->flags, old | MS_RDONLY);
	atomic_thread_fence(memory_order_seq_cst); /* writer_begin counts, then asks */
	if (atomic_load(&m->writers) == 0)
		return 0;
	WRITE_ONCE(m->flags, old);
	return -EBUSY;
}

/* mount_lock held. */
static void super_flags_store(struct super *sb, unsigned flags) __must_hold(mount_lock)
{
	struct mount *m;

	WRITE_ONCE(sb->mount_flags, flags);
	list_for_each_entry(m, &sb->mounts, sb_link)
		WRITE_ONCE(m->flags, flags_with_super(m->flags, flags));
}

int mount_super_set_flags(struct super *sb, unsigned flags)
{
	unsigned old = sb->mount_flags;
	const struct mount *m;
	bool busy = false;

	spin_lock(&mount_lock);
	super_flags_store(sb, flags);
	if (flags & ~old & MS_RDONLY) {
		atomic_thread_fence(memory_order_seq_cst); /* as in mount_freeze */
		list_for_each_entry(m, &sb->mounts, sb_link)
			busy |= atomic_load(&m->writers) > 0;
	}
	if (busy)
		super_flags_store(sb, old);
	spin_unlock(&mount_lock);
	return busy ? -EBUSY : 0;
}

bool mount_is_only(const struct mount *m)
{
	bool only;

	spin_lock(&mount_lock);
	only = m->sb->mounts.next == &m->sb_link && m->sb->mounts.prev == &m->sb_link;
	spin_unlock(&mount_lock);
	return only;
}

void mount_ns_set_root(struct mount_ns *ns, struct mount *root)
{
	ns->root = root;
	root->ns = ns;
	list_add_tail(&root->ns_link, &ns->mounts);
	ns->count = 1;
}

static int place_compare(const void *mountpoint, const struct rb_node *node)
{
	uintptr_t other = (uintptr_t)rb_entry(node, struct mount, place)->mountpoint;

	return (uintptr_t)mountpoint < other ? -1 : (uintptr_t)mountpoint > other;
}

/* What is mounted at (parent, d), counted. */
static struct mount *mount_find(const struct mount *parent, const struct dentry *d)
{
	struct mount *m;

	spin_lock(&mount_lock);
	m = rb_entry_or_null(rb_find(&parent->places, d, place_compare), struct mount, place);
	if (m != NULL)
		mount_get(m);
	spin_unlock(&mount_lock);
	return m;
}

bool mount_cross_down(struct path *p)
{
	bool moved = false;

	while (mount_on_dentry(p->dentry)) {
		struct mount *m = mount_find(p->mnt, p->dentry);

		if (!m)
			break;
		path_put(p);
		p->mnt = m;
		p->dentry = dentry_get(m->root);
		moved = true;
	}
	return moved;
}

bool mount_cross_up(struct path *p)
{
	struct path up = { 0 };

	if (p->dentry != p->mnt->root)
		return false;
	spin_lock(&mount_lock);
	if (p->mnt->parent) {
		up.mnt = mount_get(p->mnt->parent);
		up.dentry = dentry_get(p->mnt->mountpoint);
	}
	spin_unlock(&mount_lock);
	if (!up.mnt)
		return false;
	path_put(p);
	*p = up;
	return true;
}

int mount_may_write(const struct mount *m)
{
	return m->flags & MOUNT_READ_ONLY ? -EROFS : 0;
}

/* m leaves its place. Where that was, with its references. mount_lock held. */
static struct path place_leave(struct mount *m) __must_hold(mount_lock)
{
	struct path old = { m->parent, m->mountpoint };

	rb_erase(&old.mnt->places, &m->place);
	WRITE_ONCE(old.dentry->mounts, old.dentry->mounts - 1);
	m->parent = NULL;
	m->mountpoint = NULL;
	return old;
}

/* m, which is in no place, is now at `at`, whose references it takes over, and hides what else is
 * there. mount_lock held. */
static void place_take(struct mount *m, struct path at) __must_hold(mount_lock)
{
	struct rb_node **link = &at.mnt->places.node, *parent = NULL;

	while (*link != NULL) {
		parent = *link;
		link = place_compare(at.dentry, parent) <= 0 ? &parent->left : &parent->right;
	}
	rb_insert(&at.mnt->places, &m->place, parent, link);
	WRITE_ONCE(at.dentry->mounts, at.dentry->mounts + 1);
	m->parent = at.mnt;
	m->mountpoint = at.dentry;
}

/* From now until place_settled nobody can remove the directory (or file); referenced. 0, or -ENOENT
 * and nothing is held: it was removed. */
__lock_unchecked static int place_claim(const struct path *at)
{
	mutex_lock(&at->dentry->inode->lock);
	if (dentry_is_dead(at->dentry)) {
		mutex_unlock(&at->dentry->inode->lock);
		return -ENOENT;
	}
	path_get(at);
	return 0;
}

__lock_unchecked static void place_settled(const struct path *at)
{
	mutex_unlock(&at->dentry->inode->lock);
}

int mount_attach(struct mount *m, const struct path *at)
{
	int err;

	if (S_ISDIR(at->dentry->inode->mode) != S_ISDIR(m->root->inode->mode))
		return -ENOTDIR;
	if (at->mnt->ns->count >= MOUNTS_MAX)
		return -ENOSPC;
	err = place_claim(at);
	if (err)
		return err;
	spin_lock(&mount_lock);
	place_take(m, *at);
	spin_unlock(&mount_lock);
	place_settled(at);
	list_add_tail(&m->child_link, &at->mnt->children);
	m->ns = at->mnt->ns;
	list_add_tail(&m->ns_link, &m->ns->mounts);
	m->ns->count++;
	mount_get(m);
	return 0;
}

int mount_relocate(struct mount *m, const struct path *at)
{
	struct path old;
	int err = place_claim(at);

	if (err)
		return err;
	spin_lock(&mount_lock);
	old = place_leave(m);
	place_take(m, *at);
	spin_unlock(&mount_lock);
	place_settled(at);
	list_move_tail(&m->child_link, &at->mnt->children);
	path_put(&old);
	return 0;
}

int mount_exchange_root(struct mount *root, struct mount *new, const struct path *at)
{
	struct path root_place, new_place;
	int err = place_claim(at);

	if (err)
		return err;
	spin_lock(&mount_lock);
	root_place = place_leave(root);
	new_place = place_leave(new);
	place_take(new, root_place);
	place_take(root, *at);
	spin_unlock(&mount_lock);
	place_settled(at);
	list_move_tail(&new->child_link, &root_place.mnt->children);
	list_move_tail(&root->child_link, &at->mnt->children);
	path_put(&new_place);
	return 0;
}

/* Out of its place, if at most max_refs hold it: nobody new can find it while the lock is held. */
static bool mount_displace(struct mount *m, unsigned max_refs, struct path *old)
{
	bool idle;

	spin_lock(&mount_lock);
	idle = ref_count(&m->ref) <= max_refs;
	if (idle)
		*old = place_leave(m);
	spin_unlock(&mount_lock);
	return idle;
}

bool mount_detach(struct mount *m, unsigned max_refs)
{
	struct path old;

	if (!mount_displace(m, max_refs, &old))
		return false;
	list_del(&m->child_link);
	path_put(&old);
	list_del(&m->ns_link);
	m->ns->count--;
	m->ns = NULL;
	mount_put(m);
	return true;
}

/*
 * Mount namespaces: copying a tree of mounts, and taking one down; pivot_root.
 *
 * A new namespace is a copy of its maker's: the same file systems at the same places, mounts of its
 * own. The maker's root and working directory move along to the copies of the mounts they lie in.
 * Or it is empty (CLONE_EMPTY_MNTNS): a directory with nothing in it, where the maker then stands.
 * When the last task and file let a namespace go, its mounts go too.
 *
 * A namespace owned by another user namespace than the one it was copied from is in the hands of
 * somebody with fewer rights. So what its mounts hide stays hidden and what they forbid stays
 * forbidden: each copy is locked, singly (MOUNT_LOCKED) and as to its flags (lock_flags).
 *
 * Trees are walked without recursion: who may mount decides how deep they are.
 *
 * NOTE(linux): a directory on which something is mounted in another namespace can't be removed
 * (EBUSY); there that mount would go. Files of mount namespaces can't be mounted.
 */
#include "kernel/fs/mount.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/nullfs.h"
#include "kernel/fs/super.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

static CACHE_DEFINE(mount_ns_cache, struct mount_ns);

bool mount_is_here(const struct mount *m)
{
	return m->ns == mount_ns_current();
}

bool mount_may(void)
{
	return ns_capable(mount_ns_current()->ns.owner, CAP_SYS_ADMIN);
}

int mount_clone(const struct path *from, struct mount **out)
{
	int err = mount_create(super_get(from->mnt->sb), from->dentry, from->mnt->flags,
			       from->mnt->source, out);

	if (!err)
		(*out)->lock_flags = from->mnt->lock_flags;
	return err;
}

/* One mount of a tree that is being copied, at the same place below its parent's copy. */
static int child_copy(struct mount *m, struct mount *parent, bool less_privileged,
		      struct mount **out) __must_hold(mount_mutex)
{
	struct path inner = { m, m->root }, place = { parent, m->mountpoint };
	int err = mount_clone(&inner, out);

	if (err)
		return err;
	(*out)->locked = m->locked || less_privileged;
	if (less_privileged)
		(*out)->lock_flags |= (m->flags & MOUNT_LOCKABLE) | MOUNT_LOCK_ATIME;
	err = mount_attach(*out, &place);
	mount_put(*out); /* the tree has it, or nobody */
	return err;
}

int mount_copy_children(struct mount *top, struct mount *top_copy, struct mount_copy *c)
{
	struct mount *m = top, *copy = top_copy, *child;
	struct list *at = top->children.next;

	for (;;) {
		if (at == &m->children) { /* all of m's are done: on with m's next sibling */
			if (m == top)
				return 0;
			at = m->child_link.next;
			m = m->parent;
			copy = copy->parent;
			continue;
		}
		child = container_of(at, struct mount, child_link);
		at = at->next;
		if (child == top_copy || (m == top && c->below != NULL &&
					  !dentry_is_ancestor(c->below, child->mountpoint)))
			continue;

		struct mount *child_made;
		int err = child_copy(child, copy, c->less_privileged, &child_made);

		if (err)
			return err;
		if (c->copied != NULL)
			c->copied(child, child_made, c->arg);
		m = child;
		copy = child_made;
		at = child->children.next;
	}
}

void mount_detach_tree(struct mount *top)
{
	struct mount *m = top;

	for (;;) {
		struct mount *parent = m->parent;

		if (!list_empty(&m->children)) {
			m = list_first_entry(&m->children, struct mount, child_link);
			continue;
		}
		if (parent != NULL)
			mount_detach(m, MOUNT_ANY_REFS);
		if (m == top)
			return;
		m = parent;
	}
}

/* All mounts of a tree whose namespace nobody has any more. */
static void tree_drop(struct mount *root)
{
	mutex_lock(&mount_mutex);
	mount_detach_tree(root);
	list_del(&root->ns_link);
	root->ns = NULL;
	mutex_unlock(&mount_mutex);
	mount_put(root);
}

static void mount_ns_destroy(struct ns *ns)
{
	struct mount_ns *m = container_of(ns, struct mount_ns, ns);

	if (m->root != NULL)
		tree_drop(m->root);
	cache_free(&mount_ns_cache, m);
}

/* Which copies a task's root and working directory lie in. */
struct places {
	const struct mount *root, *cwd;
	struct mount *new_root, *new_cwd;
};

static void places_note(struct mount *from, struct mount *to, void *arg)
{
	struct places *p = arg;

	if (from == p->root)
		p->new_root = to;
	if (from == p->cwd)
		p->new_cwd = to;
}

static void place_move(struct fs_context *fs, struct mount *to, const struct path *old,
		       void (*set)(struct fs_context *, const struct path *))
{
	struct path p = { to, old->dentry };

	if (to == NULL)
		return;
	path_get(&p);
	set(fs, &p);
}

/* The tree under the new namespace's hands, and fs's places in it. mount_mutex held. */
static int tree_copy(struct mount_ns *from, struct mount_ns *to, struct fs_context *fs)
	__must_hold(mount_mutex)
{
	struct path top = { from->root, from->root->root }, root, cwd;
	struct places places = { 0 };
	struct mount_copy copy = {
		.less_privileged = from->ns.owner != to->ns.owner,
		.copied = places_note,
		.arg = &places,
	};
	struct mount *made;
	int err = mount_clone(&top, &made);

	if (err)
		return err;
	mount_ns_set_root(to, made);
	fs_context_root(fs, &root);
	fs_context_cwd(fs, &cwd);
	places.root = root.mnt;
	places.cwd = cwd.mnt;
	places_note(from->root, made, &places);
	err = mount_copy_children(from->root, made, &copy);
	if (!err) {
		place_move(fs, places.new_root, &root, fs_context_set_root);
		place_move(fs, places.new_cwd, &cwd, fs_context_set_cwd);
	}
	path_put(&root);
	path_put(&cwd);
	return err;
}

/* One without a tree. */
static int mount_ns_create(struct user_ns *owner, struct mount_ns **out)
{
	struct mount_ns *ns = cache_alloc(&mount_ns_cache, ALLOC_ZERO);
	int err;

	if (ns == NULL)
		return -ENOMEM;
	err = ns_init(&ns->ns, NS_MNT, owner, mount_ns_destroy);
	if (err) {
		cache_free(&mount_ns_cache, ns);
		return err;
	}
	list_init(&ns->mounts);
	*out = ns;
	return 0;
}

int mount_ns_copy(struct ns *from, struct user_ns *owner, struct fs_context *fs, struct ns **out)
{
	struct mount_ns *ns;
	int err = mount_ns_create(owner, &ns);

	if (err)
		return err;
	mutex_lock(&mount_mutex);
	err = tree_copy(container_of(from, struct mount_ns, ns), ns, fs);
	mutex_unlock(&mount_mutex);
	if (err)
		ns_put(&ns->ns);
	else
		*out = &ns->ns;
	return err;
}

int mount_ns_create_empty(struct user_ns *owner, struct fs_context *fs, struct ns **out)
{
	struct mount_ns *ns;
	struct mount *root;
	int err = mount_ns_create(owner, &ns);

	if (err)
		return err;
	err = nullfs_mount_create(&root);
	if (err) {
		ns_put(&ns->ns);
		return err;
	}
	mutex_lock(&mount_mutex);
	mount_ns_set_root(ns, root);
	mutex_unlock(&mount_mutex);
	place_move(fs, root, &(struct path){ root, root->root }, fs_context_set_root);
	place_move(fs, root, &(struct path){ root, root->root }, fs_context_set_cwd);
	*out = &ns->ns;
	return 0;
}

void mount_ns_root(struct mount_ns *ns, struct path *out)
{
	*out = (struct path){ mount_get(ns->root), dentry_get(ns->root->root) };
	(void)mount_cross_down(out);
}

/* --- pivot_root ------------------------------------------------------------------------------- */

/* Does p lie at or below top, in the tree of mounts and names? mount_mutex held. */
static bool is_reachable(const struct path *p, const struct path *top)
{
	struct mount *m = p->mnt;
	struct dentry *d = p->dentry;

	while (m != top->mnt && m->parent != NULL) {
		d = m->mountpoint;
		m = m->parent;
	}
	return m == top->mnt && dentry_is_ancestor(top->dentry, d);
}

static int pivot_check(const struct path *new, const struct path *old, const struct path *root)
{
	if (!mount_is_here(root->mnt) || !mount_is_here(new->mnt) || !mount_is_here(old->mnt) ||
	    new->mnt->locked)
		return -EINVAL;
	if (dentry_is_dead(new->dentry))
		return -ENOENT;
	if (new->mnt == root->mnt || old->mnt == root->mnt)
		return -EBUSY;
	if (root->mnt->root != root->dentry || root->mnt->parent == NULL ||
	    new->mnt->root != new->dentry || new->mnt->parent == NULL)
		return -EINVAL;
	return is_reachable(old, new) && is_reachable(new, root) ? 0 : -EINVAL;
}

/* new goes to where root was, root to old. mount_mutex held; root and new have parents. */
static int pivot(const struct path *new, const struct path *old, const struct path *root)
	__must_hold(mount_mutex)
{
	int err = mount_exchange_root(root->mnt, new->mnt, old);

	if (err == 0 && root->mnt->locked) {
		new->mnt->locked = true;
		root->mnt->locked = false;
	}
	return err;
}

int mount_pivot(const struct path *new, const struct path *old)
{
	struct path root;
	int err;

	if (!mount_may())
		return -EPERM;
	fs_context_root(current->fs, &root);
	mutex_lock(&mount_mutex);
	err = pivot_check(new, old, &root);
	if (!err)
		err = pivot(new, old, &root);
	mutex_unlock(&mount_mutex);
	if (!err)
		fs_contexts_move(&root, new);
	path_put(&root);
	return err;
}

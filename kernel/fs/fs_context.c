/*
 * Root, working directory, umask: made once at boot, then shared or copied by clone.
 *
 * A path that goes out has its own references, so a chdir in another thread never pulls the ground
 * from under a walk.
 *
 * fs->lock is held with interrupts off: fs_contexts_move takes it under tasks_lock, which interrupt
 * handlers take.
 */
#include "kernel/fs/fs_context.h"

#include "kernel/alloc/slab.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/mount.h"
#include "lib/errno.h"

static CACHE_DEFINE(fs_context_cache, struct fs_context);

int fs_context_create(const struct path *root, struct fs_context **out)
{
	struct fs_context *fs = cache_alloc(&fs_context_cache, ALLOC_ZERO);

	if (!fs)
		return -ENOMEM;
	ref_init(&fs->ref);
	spinlock_init(&fs->lock, "fs", LOCK_RANK_FS);
	fs->root = fs->cwd = *root;
	path_get(root);
	path_get(root);
	fs->umask = 022;
	*out = fs;
	return 0;
}

int fs_context_copy(struct fs_context *from, struct fs_context **out)
{
	struct path root;
	struct path cwd;
	int err;

	fs_context_root(from, &root);
	fs_context_cwd(from, &cwd);
	err = fs_context_create(&root, out);
	if (!err) {
		path_put(&(*out)->cwd);
		(*out)->cwd = cwd;
		(*out)->umask = READ_ONCE(from->umask);
	} else {
		path_put(&cwd);
	}
	path_put(&root);
	return err;
}

struct fs_context *fs_context_get(struct fs_context *fs)
{
	ref_get(&fs->ref);
	return fs;
}

void fs_context_put(struct fs_context *fs)
{
	if (!fs || !ref_put(&fs->ref))
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	cache_free(&fs_context_cache, fs);
}

void fs_context_root(struct fs_context *fs, struct path *out)
{
	irqflags_t irq = spin_lock_irqsave(&fs->lock);

	*out = fs->root;
	path_get(out);
	spin_unlock_irqrestore(&fs->lock, irq);
}

void fs_context_cwd(struct fs_context *fs, struct path *out)
{
	irqflags_t irq = spin_lock_irqsave(&fs->lock);

	*out = fs->cwd;
	path_get(out);
	spin_unlock_irqrestore(&fs->lock, irq);
}

/* Puts a path in place of another of fs; consumes it. */
static void replace(struct fs_context *fs, struct path *slot, const struct path *with)
{
	irqflags_t irq = spin_lock_irqsave(&fs->lock);
	struct path old;

	old = *slot;
	*slot = *with;
	spin_unlock_irqrestore(&fs->lock, irq);
	path_put(&old);
}

void fs_context_set_cwd(struct fs_context *fs, const struct path *cwd)
{
	replace(fs, &fs->cwd, cwd);
}

void fs_context_set_root(struct fs_context *fs, const struct path *root)
{
	replace(fs, &fs->root, root);
}

unsigned fs_context_set_umask(struct fs_context *fs, unsigned mask)
{
	irqflags_t irq = spin_lock_irqsave(&fs->lock);
	unsigned old;

	old = fs->umask;
	WRITE_ONCE(fs->umask, mask & 0777);
	spin_unlock_irqrestore(&fs->lock, irq);
	return old;
}

bool fs_context_is_chrooted(struct fs_context *fs)
{
	struct mount *first = mount_get(mount_ns_current()->root);
	struct path top = { first, dentry_get(first->root) }, root;
	bool yes;

	(void)mount_cross_down(&top); /* a root that was mounted over the first one is as good */
	fs_context_root(fs, &root);
	yes = root.mnt != top.mnt || root.dentry != top.dentry;
	path_put(&root);
	path_put(&top);
	return yes;
}

static bool is_at(const struct path *p, const struct path *place)
{
	return p->mnt == place->mnt && p->dentry == place->dentry;
}

/* One reference taken and one dropped, which is not the last: the caller has one. */
static void path_move(struct path *p, const struct path *from, const struct path *to)
{
	if (!is_at(p, from))
		return;
	path_get(to);
	path_put(p);
	*p = *to;
}

void fs_contexts_move(const struct path *from, const struct path *to)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t;

	list_for_each_entry(t, &task_list, all_link) {
		struct fs_context *fs = t->fs;

		if (fs == NULL)
			continue;
		spin_lock(&fs->lock);
		path_move(&fs->root, from, to);
		path_move(&fs->cwd, from, to);
		spin_unlock(&fs->lock);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
}

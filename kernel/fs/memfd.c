/*
 * memfd_create: a file of tmpfs on an instance that is mounted nowhere, with a name that only
 * /proc shows. It lives as long as somebody has it open or mapped.
 *
 * Seals say what can never be done to a file again, so that one who gets it from a stranger may
 * rely on it. Every regular file of a tmpfs has them; ordinary ones are born sealed against
 * sealing. tmpfs_file.c enforces them in write, truncate, fallocate and mmap; this file sets them.
 *
 *	SEAL           no further seals         SHRINK, GROW   size
 *	WRITE          contents                 EXEC           execute bits of the mode
 *	FUTURE_WRITE   contents, but through mappings that exist
 *
 * WRITE can be set only while no area could write to the file. Seal first, then look: a mapping
 * that is being made looks at the seals once more when it is on the list of mappings, so either
 * it sees the seal, or the sealer sees it and takes the seal back.
 *
 * Locking: seals change under the inode's lock.
 */
#include "kernel/fs/memfd.h"

#include "kernel/abi/fcntl.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/mm/vma.h"
#include "lib/errno.h"
#include "lib/format.h"

#define SEALS_ALL                                                                                  \
	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE |          \
	 F_SEAL_EXEC)

static struct fs_type memfd_type = { .name = "tmpfs", .mount = tmpfs_mount };
static struct mount *memfd_mount; /* [i] after memfd_init, never put */

int memfd_init(void)
{
	struct super *sb;
	int err = tmpfs_mount(&memfd_type, "none", "size=0,nr_inodes=0", &sb);

	if (err)
		return err;
	sb->flags |= SUPER_INTERNAL;
	return mount_create(sb, sb->root, 0, "none", &memfd_mount);
}

/* The new file under the name that /proc is to show. */
static int memfd_path(const char *name, unsigned mode, struct path *out)
{
	struct inode *dir = memfd_mount->sb->root->inode, *inode;
	char text[MEMFD_NAME_MAX + sizeof("/memfd: (deleted)")];
	struct name n = { .text = text };
	struct dentry *d;
	int err = dir->ops->tmpfile(dir, S_IFREG | mode, &inode);

	if (err)
		return err;
	n.len = (unsigned)str_format(text, sizeof(text), "/memfd:%s (deleted)", name);
	d = dentry_create(memfd_mount->sb, NULL, &n);
	if (!d) {
		inode_put(inode);
		return -ENOMEM;
	}
	dentry_instantiate(d, inode);
	*out = (struct path){ mount_get(memfd_mount), d };
	return 0;
}

int memfd_create(const char *name, unsigned flags, struct file **out)
{
	bool no_exec = flags & MFD_NOEXEC_SEAL;
	struct path p;
	int err = memfd_path(name, no_exec ? 0666 : 0777, &p);

	if (err)
		return err;
	if (no_exec)
		*tmpfs_seals(p.dentry->inode) = F_SEAL_EXEC;
	else if (flags & MFD_ALLOW_SEALING)
		*tmpfs_seals(p.dentry->inode) = 0;
	err = file_open_path(&p, O_RDWR | O_LARGEFILE, current->cred, out);
	path_put(&p);
	return err;
}

static bool writable_mapping_exists(struct page_cache *c)
{
	struct vma *v;
	bool found = false;

	mutex_lock(&c->map_lock);
	list_for_each_entry(v, &c->mappings, cache_link) {
		if ((v->flags & VM_SHARED) && (v->flags & VM_MAYWRITE))
			found = true;
	}
	mutex_unlock(&c->map_lock);
	return found;
}

/* inode->lock held. */
static int seals_add(struct inode *inode, unsigned *seals, unsigned more)
{
	unsigned before = *seals;

	if (before & F_SEAL_SEAL)
		return -EPERM;
	/* What can be executed must not be changed either. */
	if ((more & F_SEAL_EXEC) && (inode->mode & 0111))
		more |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	__atomic_store_n(seals, before | more, __ATOMIC_SEQ_CST);
	if ((more & ~before & F_SEAL_WRITE) && writable_mapping_exists(inode->cache)) {
		WRITE_ONCE(*seals, before);
		return -EBUSY;
	}
	return 0;
}

long memfd_seals_add(struct file *f, unsigned long more)
{
	unsigned *seals = tmpfs_seals(f->inode);
	int err;

	if (!(f->mode & FILE_WRITE))
		return -EPERM;
	if ((more & ~(unsigned long)SEALS_ALL) || !seals)
		return -EINVAL;
	mutex_lock(&f->inode->lock);
	err = seals_add(f->inode, seals, (unsigned)more);
	mutex_unlock(&f->inode->lock);
	return err;
}

long memfd_seals_get(const struct file *f)
{
	const unsigned *seals = tmpfs_seals(f->inode);

	return seals ? (long)READ_ONCE(*seals) : -EINVAL;
}

int memfd_check_write(const struct file *f)
{
	const unsigned *seals = tmpfs_seals(f->inode);

	return seals && (READ_ONCE(*seals) & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) ? -EPERM : 0;
}

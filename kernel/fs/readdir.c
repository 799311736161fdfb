/*
 * Reading directories: getdents64's buffer filled by a file's iterate.
 *
 * Entries are built one at a time on the stack and copied out whole, so a fault leaves the entries
 * before it, and the directory's position behind the last one that the user has. A directory that
 * was removed reads as empty.
 */
#include "kernel/fs/readdir.h"

#include "arch/uaccess.h"
#include "kernel/abi/dirent.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/mount.h"
#include "lib/errno.h"
#include "lib/string.h"

struct getdents {
	struct dir_emit emit;
	char __user *buf; /* the rest of it */
	size_t room;
	int err; /* why the last entry was refused */
};

static bool getdents_emit(struct dir_emit *e, const char *name, size_t len, uint64_t ino,
			  unsigned type, uint64_t next_pos)
{
	struct getdents *g = container_of(e, struct getdents, emit);
	union {
		struct abi_dirent64 entry;
		char space[ALIGN_UP(sizeof(struct abi_dirent64) + NAME_MAX + 1, 8)];
	} u;
	size_t used = offsetof(struct abi_dirent64, name) + len + 1, size = ALIGN_UP(used, 8);

	if (size > g->room || len > NAME_MAX) {
		g->err = -EINVAL;
		return false;
	}
	u.entry.ino = ino;
	u.entry.off = (int64_t)next_pos;
	u.entry.reclen = (uint16_t)size;
	u.entry.type = (uint8_t)type;
	memcpy(u.entry.name, name, len);
	memset(u.entry.name + len, 0, size - used + 1);
	if (user_copy_out(g->buf, &u, size)) {
		g->err = -EFAULT;
		return false;
	}
	g->buf += size;
	g->room -= size;
	return true;
}

bool dir_emit_dots(struct file *dir, struct dir_emit *emit)
{
	if (dir->pos == 0 && !dir_emit_entry(dir, emit, ".", 1, dir->inode->ino, DT_DIR, 1))
		return false;
	if (dir->pos == 1) {
		struct dentry *parent = dentry_parent(dir->path.dentry);
		bool taken = dir_emit_entry(dir, emit, "..", 2, parent->inode->ino, DT_DIR, 2);

		dentry_put(parent);
		return taken;
	}
	return true;
}

int dir_iterate_cached(struct file *dir, struct dir_emit *emit)
{
	struct dentry *top = dir->path.dentry, *d;

	if (!dir_emit_dots(dir, emit))
		return 0;
	for (d = dentry_child_from(top, dir->pos); d; d = dentry_next_child(top, d)) {
		if (dir_emit_entry(dir, emit, d->name, d->name_len, d->inode->ino,
				   DT_OF_MODE(d->inode->mode), d->cookie + 1))
			continue;
		dentry_put(d);
		break;
	}
	return 0;
}

static int dir_iterate(struct file *f, struct dir_emit *emit)
{
	struct inode *inode = f->inode;
	int err;

	mutex_lock(&inode->lock);
	err = inode->dead ? -ENOENT : f->ops->iterate(f, emit);
	mutex_unlock(&inode->lock);
	return err;
}

ssize_t dir_read(struct file *f, void __user *buf, size_t size)
{
	struct getdents g = { .emit.fn = getdents_emit, .buf = buf, .room = size };
	int err;

	if (!f->ops->iterate)
		return -ENOTDIR;
	mutex_lock(&f->pos_lock);
	err = dir_iterate(f, &g.emit);
	mutex_unlock(&f->pos_lock);
	if (!(f->path.mnt->flags & (MS_NOATIME | MS_NODIRATIME | MOUNT_READ_ONLY)))
		inode_touch_atime(f->inode);
	if (g.room < size)
		return (ssize_t)(size - g.room);
	return err ? err : g.err;
}

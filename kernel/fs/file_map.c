/*
 * Files in address spaces: the ops by which kernel/mm, which knows no files, handles the file
 * behind an area.
 */
#include "kernel/fs/file_map.h"

#include "kernel/abi/fcntl.h"
#include "kernel/abi/mman.h"
#include "kernel/fs/attr.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/memfd.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/path_walk.h"
#include "kernel/fs/super.h"
#include "kernel/mm/vma.h"
#include "lib/errno.h"
#include "lib/string.h"

static int map_file_name(struct file *f, char *buf, size_t size)
{
	char *text = path_text_link(&f->path, buf, size);
	size_t len;

	if (IS_ERR(text))
		return PTR_ERR(text);
	len = strlen(text);
	memmove(buf, text, len + 1);
	return (int)len;
}

static void map_file_ids(struct file *f, uint64_t *dev, uint64_t *ino)
{
	*dev = f->inode->sb->dev;
	*ino = f->inode->ino;
}

/* A seal against writing may have come between the first look and now. */
static int map_file_mapped(struct file *f, const struct vma *v)
{
	return (v->flags & VM_SHARED) && (v->flags & VM_MAYWRITE) ? memfd_check_write(f) : 0;
}

static int map_file_punch(struct file *f, uint64_t offset, uint64_t len)
{
	return file_fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (int64_t)offset,
			      (int64_t)len);
}

/* As mincore has it there: who may not change a file is not told what others read of it. */
static bool map_file_may_tell(struct file *f)
{
	return inode_owner_or_capable(f->inode) || inode_permission(f->inode, MAY_WRITE) == 0;
}

static const struct vma_ops file_vma_ops = {
	.file_get = file_get,
	.file_put = file_put,
	.file_name = map_file_name,
	.file_ids = map_file_ids,
	.file_mapped = map_file_mapped,
	.file_punch = map_file_punch,
	.file_may_tell = map_file_may_tell,
};

struct file *file_map_peek(const struct vma *v)
{
	return v->ops == &file_vma_ops ? v->file : NULL;
}

int file_map_attach(struct file *file, struct vma *vma)
{
	if (!file->ops->mmap)
		return -ENODEV;
	vma->ops = &file_vma_ops;
	if (!(file->path.mnt->flags & (MS_NOATIME | MOUNT_READ_ONLY)))
		inode_touch_atime(file->inode);
	return file->ops->mmap(file, vma);
}

int file_map_check(struct file *file, unsigned prot, bool shared, bool *allow_write)
{
	*allow_write = file->mode & FILE_WRITE;
	if (shared && (prot & PROT_WRITE) && !*allow_write)
		return -EACCES;
	if (!(file->mode & FILE_READ))
		return -EACCES;
	if ((prot & PROT_EXEC) && (file->path.mnt->flags & MS_NOEXEC))
		return -EPERM;
	return file->ops->mmap ? 0 : -ENODEV;
}

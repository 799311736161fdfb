/*
 * Start of the file systems: from nothing to a "/" that the first task can stand on.
 */
#include "kernel/fs/fs_init.h"

#include "kernel/fs/anon.h"
#include "kernel/fs/cgroupfs.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/memfd.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/mqueue.h"
#include "kernel/fs/pidfd.h"
#include "kernel/fs/super.h"
#include "kernel/fs/tmpfs.h"

/* The root is a tmpfs that may take nearly all memory: the initramfs is unpacked into it, and
 * nothing else is there yet. */
static struct fs_type rootfs_type = { .name = "rootfs", .mount = tmpfs_mount };

static int root_mount(struct mount **out)
{
	struct super *sb;
	int err = tmpfs_mount(&rootfs_type, "rootfs", "size=90%,nr_inodes=0,mode=755", &sb);

	return err ? err : mount_create(sb, sb->root, MS_RELATIME, "rootfs", out);
}

int fs_init(struct fs_context **out)
{
	struct mount *root = NULL;
	int err;

	dentry_cache_init();
	file_limits_init();
	tmpfs_init();
	cgroupfs_init();
	mqueue_init();
	err = anon_init();
	if (!err)
		err = pidfs_init();
	if (!err)
		err = devfs_init();
	if (!err)
		err = mem_devices_init();
	if (!err)
		err = memfd_init();
	if (!err)
		err = root_mount(&root);
	if (err)
		return err;
	mount_ns_set_root(&init_mount_ns, root);

	struct path top = { root, root->root };

	return fs_context_create(&top, out);
}

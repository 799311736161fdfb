/*
 * sysfs.c: the few files of /sys that programs depend on: which terminal is the console, and which
 * processors there are. The file system "sysfs" is made of the same rows as /proc; there is an
 * instance for each network namespace, as there might be devices.
 *
 * LIMIT: devices are not shown.
 */
#include "kernel/procfs/proc.h"

#include "kernel/core/hart.h"
#include "kernel/fs/mount_options.h"
#include "kernel/fs/super.h"
#include "kernel/sched/mutex.h"
#include "kernel/tty/tty.h"
#include "lib/errno.h"

#define SYSFS_MAGIC 0x62656572

static int show_active(struct text *out, struct task *unused)
{
	struct tty *tty = tty_console();

	text_printf(out, "%s\n", tty != NULL ? tty->name : "");
	return 0;
}

static int show_cpus_possible(struct text *out, struct task *unused)
{
	text_printf(out, hart_count > 1 ? "0-%u\n" : "%u\n", hart_count - 1);
	return 0;
}

static int show_cpus_online(struct text *out, struct task *unused)
{
	struct hart_mask online = { 0 };

	for (unsigned i = 0; i < hart_count; i++) {
		if (hart_table[i].online)
			hart_mask_set(&online, i);
	}
	proc_hart_list(out, &online);
	text_put(out, "\n", 1);
	return 0;
}

static const struct proc_entry console_rows[] = { PROC_TEXT("active", show_active), { 0 } };
static const struct proc_entry tty_rows[] = { PROC_DIR("console", console_rows), { 0 } };
static const struct proc_entry class_rows[] = { PROC_DIR("tty", tty_rows), { 0 } };
static const struct proc_entry cpu_rows[] = {
	PROC_TEXT("online", show_cpus_online),
	PROC_TEXT("possible", show_cpus_possible),
	PROC_TEXT("present", show_cpus_possible),
	{ 0 },
};
static const struct proc_entry system_rows[] = { PROC_DIR("cpu", cpu_rows), { 0 } };
static const struct proc_entry devices_rows[] = { PROC_DIR("system", system_rows), { 0 } };
static const struct proc_entry empty_rows[] = { { 0 } }; /* where cgroup2 is mounted */
static const struct proc_entry fs_rows[] = { PROC_DIR("cgroup", empty_rows), { 0 } };
static const struct proc_entry top_rows[] = {
	PROC_DIR("class", class_rows),
	PROC_DIR("devices", devices_rows),
	PROC_DIR("fs", fs_rows),
	{ 0 },
};
static const struct proc_entry top_entry = PROC_DIR("", top_rows);

/* One looks for the instance of its network namespace, and makes it, at a time. */
static struct mutex mount_lock = MUTEX_INIT(mount_lock, "sysfs mount", LOCK_RANK_PROC);

static void sysfs_destroy(struct super *sb)
{
	ns_put(sb->private);
}

static int sysfs_remount(struct super *sb, const char *options)
{
	return mount_options_none(options);
}

static const struct super_ops sysfs_super_ops = { .inode_free = proc_inode_free,
						  .destroy = sysfs_destroy,
						  .remount = sysfs_remount };

static int super_fill(struct super *sb, const void *unused)
{
	sb->private = ns_get(current->ns->of[NS_NET]);
	return proc_super_fill(sb, &top_entry);
}

static int sysfs_mount(struct fs_type *type, const char *source, const char *options,
		       struct super **out)
{
	struct ns *ns = current->ns->of[NS_NET];
	int err = mount_options_none(options);

	if (err)
		return err;
	mutex_lock(&mount_lock);
	*out = super_find(type, ns);
	if (*out == NULL)
		err = super_make(type, &sysfs_super_ops, SYSFS_MAGIC, super_fill, NULL, out);
	mutex_unlock(&mount_lock);
	return err;
}

static const struct user_ns *sysfs_owner(void)
{
	return current->ns->of[NS_NET]->owner;
}

static struct fs_type sysfs_type = { .name = "sysfs",
				      .flags = FS_USER_NS | FS_SHOWS_SYSTEM,
				      .owner = sysfs_owner,
				      .mount = sysfs_mount };

void sysfs_init(void)
{
	fs_type_register(&sysfs_type);
}

/*
 * sysfs.c: the few files of /sys that programs depend on: which terminal is the console, and which
 * processors there are. The file system "sysfs" is made of the same rows as /proc.
 *
 * LIMIT: devices are not shown.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/stat.h"
#include "kernel/core/hart.h"
#include "kernel/fs/super.h"
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

#define ROW(row, function) { .name = row, .mode = S_IFREG | 0444, .show = function }
#define DIR(row, table) { .name = row, .mode = S_IFDIR | 0555, .below = table }

static const struct proc_entry console_rows[] = { ROW("active", show_active), { 0 } };
static const struct proc_entry tty_rows[] = { DIR("console", console_rows), { 0 } };
static const struct proc_entry class_rows[] = { DIR("tty", tty_rows), { 0 } };
static const struct proc_entry cpu_rows[] = {
	ROW("online", show_cpus_online),
	ROW("possible", show_cpus_possible),
	ROW("present", show_cpus_possible),
	{ 0 },
};
static const struct proc_entry system_rows[] = { DIR("cpu", cpu_rows), { 0 } };
static const struct proc_entry devices_rows[] = { DIR("system", system_rows), { 0 } };
static const struct proc_entry empty_rows[] = { { 0 } }; /* where cgroup2 is mounted */
static const struct proc_entry fs_rows[] = { DIR("cgroup", empty_rows), { 0 } };
static const struct proc_entry top_rows[] = {
	DIR("class", class_rows),
	DIR("devices", devices_rows),
	DIR("fs", fs_rows),
	{ 0 },
};
static const struct proc_entry top_entry = DIR("", top_rows);

static int sysfs_mount(struct fs_type *type, const char *source, const char *options,
		       struct super **out)
{
	return proc_super_create(type, SYSFS_MAGIC, &top_entry, out);
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

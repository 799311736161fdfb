/*
 * proc_system.c: the files of /proc that are about the machine, and the table of what lies at its
 * top.
 */
#include "kernel/procfs/proc.h"

#include "arch/hart.h"
#include "kernel/abi/stat.h"
#include "kernel/core/boot.h"
#include "kernel/core/clock.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/super.h"
#include "kernel/mm/time.h"
#include "kernel/sched/sched.h"
#include "kernel/task/usage.h"
#include "kernel/task/uts_ns.h"
#include "lib/format.h"
#include "lib/string.h"

/* --- time and load ---------------------------------------------------------------------------- */

static uint64_t idle_all_ns(void)
{
	uint64_t ns = 0;

	for (unsigned i = 0; i < hart_count; i++)
		ns += sched_idle_ns(i);
	return ns;
}

static int show_uptime(struct text *out, struct task *unused)
{
	uint64_t up = clock_shown_ns(TIME_BOOT, clock_mono_ns()) / 10000000;
	uint64_t idle = idle_all_ns() / 10000000;

	text_printf(out, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
	return 0;
}

static int show_loadavg(struct text *out, struct task *unused)
{
	uint64_t avg[3];

	sched_load_avg(avg);
	for (int i = 0; i < 3; i++)
		text_printf(out, "%lu.%02lu ", avg[i] >> 11, ((avg[i] & 2047) * 100) >> 11);
	text_printf(out, "%u/%u %d\n", sched_nr_running(), atomic_load(&task_count),
		    pid_last_given(pid_ns_current()));
	return 0;
}

struct hart_time {
	uint64_t user_ns, kernel_ns, idle_ns;
};

static void hart_time_add(struct hart_time *sum, unsigned hart)
{
	uint64_t user, kernel;

	sched_busy_ns(hart, &user, &kernel);
	sum->user_ns += user;
	sum->kernel_ns += kernel;
	sum->idle_ns += sched_idle_ns(hart);
}

static void stat_line(struct text *out, const char *name, const struct hart_time *t)
{
	text_printf(out, "%s %ld 0 %ld %ld 0 0 0 0 0 0\n", name, ticks_of_ns(t->user_ns),
		    ticks_of_ns(t->kernel_ns), ticks_of_ns(t->idle_ns));
}

static int show_stat(struct text *out, struct task *unused)
{
	uint64_t booted_ns = clock_real_ns() - clock_shown_ns(TIME_BOOT, clock_mono_ns());
	struct hart_time all = { 0 };
	char name[16];

	for (unsigned i = 0; i < hart_count; i++)
		hart_time_add(&all, i);
	stat_line(out, "cpu ", &all);
	for (unsigned i = 0; i < hart_count; i++) {
		struct hart_time one = { 0 };

		hart_time_add(&one, i);
		str_format(name, sizeof(name), "cpu%u", i);
		stat_line(out, name, &one);
	}
	text_printf(out, "ctxt %lu\nbtime %lu\nprocesses %d\nprocs_running %u\n", sched_switches(),
		    booted_ns / NSEC_PER_SEC, pid_last_given(&init_pid_ns), sched_nr_running());
	return 0;
}

/* --- the machine ------------------------------------------------------------------------------ */

static int show_cpuinfo(struct text *out, struct task *unused)
{
	for (unsigned i = 0; i < hart_count; i++) {
		if (!hart_table[i].online)
			continue;
		text_printf(out, "processor\t: %u\nhart\t\t: %lu\nisa\t\t: %s\nmmu\t\t: sv39\n\n",
			    i, hart_table[i].hartid, arch_isa_string(i));
	}
	return 0;
}

static int show_version(struct text *out, struct task *unused)
{
	const struct abi_utsname *name = &init_uts_ns.name;

	text_printf(out, "%s version %s (%s)\n", name->sysname, name->release, name->version);
	return 0;
}

static int show_kernel_cmdline(struct text *out, struct task *unused)
{
	text_printf(out, "%s\n", boot_info.cmdline);
	return 0;
}

static int show_filesystems(struct text *out, struct task *unused)
{
	struct fs_type *type;

	for (unsigned n = 0; (type = fs_type_at(n)) != NULL; n++)
		text_printf(out, "%s\t%s\n", type->flags & FS_NEEDS_DEV ? "" : "nodev", type->name);
	return 0;
}

static int show_devices(struct text *out, struct task *unused)
{
	const char *name;
	unsigned major;

	text_printf(out, "Character devices:\n");
	for (unsigned n = 0; dev_char_at(n, &major, &name); n++)
		text_printf(out, "%3u %s\n", major, name);
	text_printf(out, "\nBlock devices:\n");
	return 0;
}

/* --- the table ------------------------------------------------------------------------------- */

static const struct proc_entry pando_rows[] = {
	PROC_TEXT("objects", proc_show_objects),
	{ .name = "trace", .mode = S_IFREG | 0400, .show = proc_show_trace_events },
	PROC_FAULT_ROWS PROC_COVERAGE_ROWS
	{ 0 },
};
static const struct proc_entry sysvipc_rows[] = {
	PROC_TEXT("shm", proc_show_sysv_shm),
	PROC_TEXT("sem", proc_show_sysv_sem),
	PROC_TEXT("msg", proc_show_sysv_msg),
	{ 0 },
};

static ssize_t mounts_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t n = min(size, strlen("self/mounts"));

	memcpy(buf, "self/mounts", n);
	return (ssize_t)n;
}

static const struct inode_ops mounts_ops = { .readlink = mounts_readlink };

const struct proc_entry proc_system_entries[] = {
	{ .name = "sysrq-trigger", .mode = S_IFREG | 0200, .store = proc_store_sysrq },
	PROC_TEXT("meminfo", proc_show_meminfo),
	PROC_TEXT("vmstat", proc_show_vmstat),
	PROC_TEXT("buddyinfo", proc_show_buddyinfo),
	PROC_TEXT("uptime", show_uptime),
	PROC_TEXT("loadavg", show_loadavg),
	PROC_TEXT("stat", show_stat),
	PROC_TEXT("cpuinfo", show_cpuinfo),
	PROC_TEXT("version", show_version),
	PROC_TEXT("cmdline", show_kernel_cmdline),
	PROC_TEXT("filesystems", show_filesystems),
	PROC_TEXT("devices", show_devices),
	{ .name = "slabinfo", .mode = S_IFREG | 0400, .show = proc_show_slabinfo },
	{ .name = "mounts", .mode = S_IFLNK | 0777, .dir_ops = &mounts_ops },
	PROC_DIR("sys", proc_sys_rows),
	PROC_DIR("sysvipc", sysvipc_rows),
	PROC_DIR("pando", pando_rows),
	{ 0 },
};

/*
 * proc_system.c: the files of /proc that are about the machine, and /proc/sys.
 */
#include "kernel/procfs/proc.h"

#include "arch/hart.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/stat.h"
#include "kernel/core/boot.h"
#include "kernel/core/clock.h"
#include "kernel/core/random.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/super.h"
#include "kernel/lifecycle/clone.h"
#include "kernel/mm/check.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/time.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cred.h"
#include "kernel/task/usage.h"
#include "kernel/task/uts_ns.h"
#include "lib/errno.h"
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

/* --- /proc/sys -------------------------------------------------------------------------------- */

static int show_name(struct text *out, size_t field)
{
	struct abi_utsname name;

	uts_names(&name);
	text_printf(out, "%s\n", (const char *)&name + field);
	return 0;
}

static int store_name(enum uts_name which, const char *value)
{
	char text[UTS_LEN] = { 0 };

	str_copy(text, value, UTS_LEN);
	return uts_rename(which, text);
}

static int show_hostname(struct text *out, struct task *unused)
{
	return show_name(out, offsetof(struct abi_utsname, nodename));
}

static int store_hostname(struct task *unused, const char *value)
{
	return store_name(UTS_HOST, value);
}

static int show_domainname(struct text *out, struct task *unused)
{
	return show_name(out, offsetof(struct abi_utsname, domainname));
}

static int store_domainname(struct task *unused, const char *value)
{
	return store_name(UTS_DOMAIN, value);
}

static int show_ostype(struct text *out, struct task *unused)
{
	return show_name(out, offsetof(struct abi_utsname, sysname));
}

static int show_osrelease(struct text *out, struct task *unused)
{
	return show_name(out, offsetof(struct abi_utsname, release));
}

static int show_osversion(struct text *out, struct task *unused)
{
	return show_name(out, offsetof(struct abi_utsname, version));
}

static int show_pid_max(struct text *out, struct task *unused)
{
	text_printf(out, "%d\n", pid_max);
	return 0;
}

static int store_pid_max(struct task *unused, const char *value)
{
	uint64_t n;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (str_to_u64(value, NULL, 10, &n) || n < 301 || n > 4194304)
		return -EINVAL;
	pid_max = (int)n;
	return 0;
}

static int show_randomize(struct text *out, struct task *unused)
{
	text_printf(out, "%u\n", READ_ONCE(layout_randomize));
	return 0;
}

static int store_randomize(struct task *unused, const char *value)
{
	uint64_t n;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (str_to_u64(value, NULL, 10, &n) || n > INT32_MAX)
		return -EINVAL;
	WRITE_ONCE(layout_randomize, (unsigned)n);
	return 0;
}

static int show_threads_max(struct text *out, struct task *unused)
{
	text_printf(out, "%u\n", task_max);
	return 0;
}

static int store_threads_max(struct task *unused, const char *value)
{
	uint64_t n;

	if (str_to_u64(value, NULL, 10, &n) || n < TASK_MAX_LEAST || n > TASK_MAX_MOST)
		return -EINVAL;
	WRITE_ONCE(task_max, (unsigned)n);
	return 0;
}

static int show_cap_last_cap(struct text *out, struct task *unused)
{
	text_printf(out, "%d\n", CAP_LAST_CAP);
	return 0;
}

static int show_ngroups_max(struct text *out, struct task *unused)
{
	text_printf(out, "65536\n");
	return 0;
}

static int show_overflow_id(struct text *out, struct task *unused)
{
	text_printf(out, "65534\n");
	return 0;
}

static void show_uuid_bytes(struct text *out, const uint8_t *b)
{
	text_printf(out, "%02x%02x%02x%02x-%02x%02x-4%x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\n",
		    b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7], (b[8] & 0x3f) | 0x80, b[9],
		    b[10], b[11], b[12], b[13], b[14], b[15]);
}

static int show_uuid(struct text *out, struct task *unused)
{
	uint8_t bytes[16];

	random_bytes(bytes, sizeof(bytes));
	show_uuid_bytes(out, bytes);
	return 0;
}

static int show_boot_id(struct text *out, struct task *unused)
{
	static uint8_t bytes[16];
	static atomic_uint made;

	if (!atomic_exchange(&made, 1))
		random_bytes(bytes, sizeof(bytes));
	show_uuid_bytes(out, bytes);
	return 0;
}

static int show_pipe_max(struct text *out, struct task *unused)
{
	text_printf(out, "1048576\n");
	return 0;
}

static int show_nr_open(struct text *out, struct task *unused)
{
	text_printf(out, "1048576\n");
	return 0;
}

static int show_file_max(struct text *out, struct task *unused)
{
	text_printf(out, "%lu\n", file_max);
	return 0;
}

static int store_file_max(struct task *unused, const char *value)
{
	uint64_t n;

	if (str_to_u64(value, NULL, 10, &n) || n > INT64_MAX)
		return -EINVAL;
	WRITE_ONCE(file_max, n);
	return 0;
}

static int show_file_nr(struct text *out, struct task *unused)
{
	text_printf(out, "%u\t0\t%lu\n", file_count_get(), file_max);
	return 0;
}

/* What the last run of the checker found; writing anything runs it. */
static int show_check(struct text *out, struct task *unused)
{
	struct mm_check last;

	mm_check_last(&last);
	text_printf(out,
		    "address_spaces %lu\nleaf_tables %lu\nshared_tables %lu\nentries %lu\n"
		    "anonymous_pages %lu\ndisagreements %lu\n",
		    last.spaces, last.tables, last.shared, last.entries, last.anon_pages,
		    last.disagreements);
	return 0;
}

static int store_check(struct task *unused, const char *value)
{
	struct mm_check result;

	mm_check(&result);
	return 0;
}

#define ROW(row, function) { .name = row, .mode = S_IFREG | 0444, .show = function }
#define DIR(row, table) { .name = row, .mode = S_IFDIR | 0555, .below = table }

#define ROW_LIMIT(row)                                                                             \
	{ .name = #row,                                                                            \
	  .mode = S_IFREG | 0644,                                                                  \
	  .show = proc_show_##row,                                                                 \
	  .store = proc_store_##row },

static const struct proc_entry sys_random_rows[] = {
	ROW("boot_id", show_boot_id), ROW("uuid", show_uuid), {0}};
static const struct proc_entry sys_kernel_rows[] = {
	{.name = "hostname",
	 .mode = S_IFREG | 0644,
	 .show = show_hostname,
	 .store = store_hostname},
	{.name = "domainname",
	 .mode = S_IFREG | 0644,
	 .show = show_domainname,
	 .store = store_domainname},
	ROW("ostype", show_ostype),
	ROW("osrelease", show_osrelease),
	ROW("version", show_osversion),
	{.name = "pid_max", .mode = S_IFREG | 0644, .show = show_pid_max, .store = store_pid_max},
	{.name = "threads-max",
	 .mode = S_IFREG | 0644,
	 .show = show_threads_max,
	 .store = store_threads_max},
	{.name = "randomize_va_space",
	 .mode = S_IFREG | 0644,
	 .show = show_randomize,
	 .store = store_randomize},
	ROW("cap_last_cap", show_cap_last_cap),
	ROW("ngroups_max", show_ngroups_max),
	ROW("overflowuid", show_overflow_id),
	ROW("overflowgid", show_overflow_id),
	DIR("random", sys_random_rows),
	PROC_IPC_LIMITS(ROW_LIMIT)
	PROC_WATCH_ROWS(ROW_LIMIT)
	{0},
};
static const struct proc_entry mqueue_rows[] = { PROC_MQUEUE_LIMITS(ROW_LIMIT) { 0 } };
static const struct proc_entry sys_fs_rows[] = {ROW("pipe-max-size", show_pipe_max),
						ROW("nr_open", show_nr_open),
						{.name = "file-max",
						 .mode = S_IFREG | 0644,
						 .show = show_file_max,
						 .store = store_file_max},
						ROW("file-nr", show_file_nr),
						DIR("mqueue", mqueue_rows),
						{0}};
static const struct proc_entry sys_pando_rows[] = {
	{ .name = "check", .mode = S_IFREG | 0600, .show = show_check, .store = store_check },
	{ .name = "trace", .mode = S_IFREG | 0600, .show = proc_show_trace,
	  .store = proc_store_trace },
	{ .name = "trace_shown", .mode = S_IFREG | 0600, .show = proc_show_trace_shown,
	  .store = proc_store_trace_shown },
	{ 0 },
};
static const struct proc_entry sys_rows[] = {DIR("kernel", sys_kernel_rows),
					     DIR("vm", proc_sys_vm_entries),
					     DIR("fs", sys_fs_rows),
					     DIR("user", proc_sys_user_rows),
					     DIR("pando", sys_pando_rows),
					     {0}};
static const struct proc_entry pando_rows[] = {
	ROW("objects", proc_show_objects),
	{ .name = "trace", .mode = S_IFREG | 0400, .show = proc_show_trace_events },
	PROC_FAULT_ROWS PROC_COVERAGE_ROWS { 0 }
};
static const struct proc_entry sysvipc_rows[] = { ROW("shm", proc_show_sysv_shm),
						  ROW("sem", proc_show_sysv_sem),
						  ROW("msg", proc_show_sysv_msg),
						  { 0 } };

static ssize_t mounts_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t n = min(size, strlen("self/mounts"));

	memcpy(buf, "self/mounts", n);
	return (ssize_t)n;
}

const struct inode_ops proc_mounts_ops = { .readlink = mounts_readlink };

const struct proc_entry proc_system_entries[] = {
	{ .name = "sysrq-trigger", .mode = S_IFREG | 0200, .store = proc_store_sysrq },
	ROW("meminfo", proc_show_meminfo),
	ROW("vmstat", proc_show_vmstat),
	ROW("buddyinfo", proc_show_buddyinfo),
	ROW("uptime", show_uptime),
	ROW("loadavg", show_loadavg),
	ROW("stat", show_stat),
	ROW("cpuinfo", show_cpuinfo),
	ROW("version", show_version),
	ROW("cmdline", show_kernel_cmdline),
	ROW("filesystems", show_filesystems),
	ROW("devices", show_devices),
	{ .name = "slabinfo", .mode = S_IFREG | 0400, .show = proc_show_slabinfo },
	{ .name = "mounts", .mode = S_IFLNK | 0777, .dir_ops = &proc_mounts_ops },
	DIR("sys", sys_rows),
	DIR("sysvipc", sysvipc_rows),
	DIR("pando", pando_rows),
	{ 0 },
};

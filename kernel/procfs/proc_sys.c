/*
 * proc_sys.c: /proc/sys, the settings of the kernel: of names, of numbers of tasks, files and ids.
 * Those of memory, System V, queues and the watchdog are shown by files of their own and listed
 * here.
 *
 * A setting that is refused says EINVAL, or EPERM where more than the file's mode is asked.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/stat.h"
#include "kernel/core/random.h"
#include "kernel/fs/files.h"
#include "kernel/lifecycle/clone.h"
#include "kernel/mm/check.h"
#include "kernel/mm/layout.h"
#include "kernel/task/cred.h"
#include "kernel/task/uts_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

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
	text_printf(out, "%d\n", READ_ONCE(pid_max));
	return 0;
}

static int store_pid_max(struct task *unused, const char *value)
{
	uint64_t n;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (str_to_u64(value, NULL, 10, &n) || n < 301 || n > 4194304)
		return -EINVAL;
	WRITE_ONCE(pid_max, (int)n);
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
	text_printf(out, "%u\n", READ_ONCE(task_max));
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

static uint8_t boot_id[16]; /* [i] after boot */

static int show_boot_id(struct text *out, struct task *unused)
{
	show_uuid_bytes(out, boot_id);
	return 0;
}

static int show_pipe_max(struct text *out, struct task *unused)
{
	text_printf(out, "1048576\n");
	return 0;
}

static int show_nr_open(struct text *out, struct task *unused)
{
	text_printf(out, "%u\n", READ_ONCE(descriptor_max));
	return 0;
}

static int store_nr_open(struct task *unused, const char *value)
{
	uint64_t n;

	if (str_to_u64(value, NULL, 10, &n) || n < DESCRIPTOR_MAX_LEAST || n > DESCRIPTOR_MAX_MOST)
		return -EINVAL;
	WRITE_ONCE(descriptor_max, (unsigned)n);
	return 0;
}

static int show_file_max(struct text *out, struct task *unused)
{
	text_printf(out, "%lu\n", READ_ONCE(file_max));
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
	text_printf(out, "%u\t0\t%lu\n", file_count_get(), READ_ONCE(file_max));
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

#define PROC_LIMIT(row) PROC_SETTING(#row, proc_show_##row, proc_store_##row),

static const struct proc_entry random_rows[] = {
	PROC_TEXT("boot_id", show_boot_id),
	PROC_TEXT("uuid", show_uuid),
	{ 0 },
};
static const struct proc_entry kernel_rows[] = {
	PROC_SETTING("hostname", show_hostname, store_hostname),
	PROC_SETTING("domainname", show_domainname, store_domainname),
	PROC_TEXT("ostype", show_ostype),
	PROC_TEXT("osrelease", show_osrelease),
	PROC_TEXT("version", show_osversion),
	PROC_SETTING("pid_max", show_pid_max, store_pid_max),
	PROC_SETTING("threads-max", show_threads_max, store_threads_max),
	PROC_SETTING("randomize_va_space", show_randomize, store_randomize),
	PROC_TEXT("cap_last_cap", show_cap_last_cap),
	PROC_TEXT("ngroups_max", show_ngroups_max),
	PROC_TEXT("overflowuid", show_overflow_id),
	PROC_TEXT("overflowgid", show_overflow_id),
	PROC_DIR("random", random_rows),
	PROC_IPC_LIMITS(PROC_LIMIT)
	PROC_WATCH_ROWS(PROC_LIMIT)
	{ 0 },
};
static const struct proc_entry mqueue_rows[] = { PROC_MQUEUE_LIMITS(PROC_LIMIT) { 0 } };
static const struct proc_entry fs_rows[] = {
	PROC_TEXT("pipe-max-size", show_pipe_max),
	PROC_SETTING("nr_open", show_nr_open, store_nr_open),
	PROC_SETTING("file-max", show_file_max, store_file_max),
	PROC_TEXT("file-nr", show_file_nr),
	PROC_DIR("mqueue", mqueue_rows),
	{ 0 },
};
static const struct proc_entry pando_rows[] = {
	{ .name = "check", .mode = S_IFREG | 0600, .show = show_check, .store = store_check },
	{ .name = "trace", .mode = S_IFREG | 0600, .show = proc_show_trace,
	  .store = proc_store_trace },
	{ .name = "trace_shown", .mode = S_IFREG | 0600, .show = proc_show_trace_shown,
	  .store = proc_store_trace_shown },
	{ 0 },
};

const struct proc_entry proc_sys_rows[] = {
	PROC_DIR("kernel", kernel_rows),
	PROC_DIR("vm", proc_sys_vm_entries),
	PROC_DIR("fs", fs_rows),
	PROC_DIR("user", proc_sys_user_rows),
	PROC_DIR("pando", pando_rows),
	{ 0 },
};

void proc_sys_init(void)
{
	random_bytes(boot_id, sizeof(boot_id));
}

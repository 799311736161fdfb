/*
 * proc_sys_vm.c: /proc/sys/vm, what root decides about memory.
 *
 * Who may write is told by the files' modes. A value out of range is refused with EINVAL, as on
 * Linux.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/stat.h"
#include "kernel/alloc/page.h"
#include "kernel/ipc/oom.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/map.h"
#include "kernel/mm/reclaim.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "lib/format.h"

static int show_number(struct text *out, uint64_t n)
{
	text_printf(out, "%lu\n", n);
	return 0;
}

static int number_parse(const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
	if (str_to_u64(value, NULL, 10, out) || *out < least || *out > most)
		return -EINVAL;
	return 0;
}

/* A setting that is one number: its two functions. */
#define NUMBER(name, variable, least, most)                                                        \
	static int show_##name(struct text *out, struct task *unused)                              \
	{                                                                                          \
		return show_number(out, (uint64_t)(variable));                                     \
	}                                                                                          \
	static int store_##name(struct task *unused, const char *value)                            \
	{                                                                                          \
		uint64_t n;                                                                        \
		int err = number_parse(value, least, most, &n);                                    \
												   \
		if (err == 0)                                                                      \
			__atomic_store_n(&(variable), n, __ATOMIC_RELAXED);                        \
		return err;                                                                        \
	}

NUMBER(overcommit, commit_settings.overcommit, 0, OVERCOMMIT_NEVER)
NUMBER(admin_reserve, commit_settings.admin_reserve_kib, 0, UINT64_MAX >> 12)
NUMBER(user_reserve, commit_settings.user_reserve_kib, 0, UINT64_MAX >> 12)
NUMBER(panic, oom_settings.panic, 0, 2)
NUMBER(kill_allocating, oom_settings.kill_allocating, 0, INT32_MAX)
NUMBER(dump_tasks, oom_settings.dump_tasks, 0, INT32_MAX)
NUMBER(map_count, commit_settings.max_map_count, 0, INT32_MAX)

/* NOTE(linux): fixed. */
static int show_min_addr(struct text *out, struct task *unused)
{
	return show_number(out, MAP_LOWEST);
}

/* Of ratio and size the one that was set last counts; the other reads as 0. */
static int show_ratio(struct text *out, struct task *unused)
{
	return show_number(out, commit_settings.ratio);
}

static int store_ratio(struct task *unused, const char *value)
{
	uint64_t n;
	int err = number_parse(value, 0, INT32_MAX, &n);

	if (err)
		return err;
	WRITE_ONCE(commit_settings.ratio, (unsigned)n);
	WRITE_ONCE(commit_settings.limit_kib, 0);
	return 0;
}

static int show_kbytes(struct text *out, struct task *unused)
{
	return show_number(out, commit_settings.limit_kib);
}

static int store_kbytes(struct task *unused, const char *value)
{
	uint64_t n;
	int err = number_parse(value, 0, UINT64_MAX >> 12, &n);

	if (err)
		return err;
	WRITE_ONCE(commit_settings.limit_kib, n);
	WRITE_ONCE(commit_settings.ratio, 0);
	return 0;
}

static int show_min_free(struct text *out, struct task *unused)
{
	return show_number(out, page_marks.min * (PAGE_SIZE / 1024));
}

/* A quarter of memory at most: a machine that keeps all of it free does nothing. */
static int store_min_free(struct task *unused, const char *value)
{
	struct page_stats s;
	uint64_t n;
	int err;

	page_stats_get(&s);
	err = number_parse(value, 0, INT32_MAX, &n);
	if (err == 0)
		page_marks_set(min(n / (PAGE_SIZE / 1024), s.total / 4));
	return err;
}

static int store_drop_caches(struct task *unused, const char *value)
{
	uint64_t n;
	int err = number_parse(value, 1, 4, &n);

	if (err == 0)
		reclaim_drop((unsigned)n & 3);
	return err;
}

/* Of the pid namespace of who asks; never less than above it. */
static int show_memfd_noexec(struct text *out, struct task *unused)
{
	return show_number(out, pid_ns_memfd_noexec(pid_ns_current()));
}

static int store_memfd_noexec(struct task *unused, const char *value)
{
	struct pid_ns *ns = pid_ns_current();
	uint64_t n;
	int err = number_parse(value, pid_ns_memfd_noexec(ns->parent), 2, &n);

	if (err == 0)
		WRITE_ONCE(ns->memfd_noexec, (unsigned)n);
	return err;
}

#define SETTING(row, function)                                                                     \
	{                                                                                          \
		.name = row, .mode = S_IFREG | 0644, .show = show_##function,                      \
		.store = store_##function                                                          \
	}

const struct proc_entry proc_sys_vm_entries[] = {
	SETTING("overcommit_memory", overcommit),
	SETTING("overcommit_ratio", ratio),
	SETTING("overcommit_kbytes", kbytes),
	SETTING("admin_reserve_kbytes", admin_reserve),
	SETTING("user_reserve_kbytes", user_reserve),
	SETTING("panic_on_oom", panic),
	SETTING("oom_kill_allocating_task", kill_allocating),
	SETTING("oom_dump_tasks", dump_tasks),
	SETTING("max_map_count", map_count),
	SETTING("memfd_noexec", memfd_noexec),
	{ .name = "mmap_min_addr", .mode = S_IFREG | 0444, .show = show_min_addr },
	SETTING("min_free_kbytes", min_free),
	{ .name = "drop_caches", .mode = S_IFREG | 0200, .store = store_drop_caches },
	{ 0 },
};

/*
 * proc_trace.c: trace events (kernel/core/trace.h) for who has CAP_SYS_ADMIN.
 *
 *	/proc/pando/trace		the events that the rings hold, in order of time
 *	/proc/sys/pando/trace		which kinds are recorded: "+clone ... -syscall". Written
 *					in the same form, what is not named stays as it is
 *	/proc/sys/pando/trace_shown	which are also shown on the console
 *
 * System calls are the kind to ask for: they are not recorded otherwise.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/core/trace.h"
#include "kernel/core/upcall.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"
#include "lib/string.h"

/* The file's mode is not enough: uid 0 in a user namespace of its own owns it as well. */
int proc_show_trace_events(struct text *out, struct task *unused)
{
	struct trace_cursor *at;
	struct trace_event e;
	char line[TRACE_LINE_MAX];
	unsigned hart;
	int err = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	at = kcalloc(hart_count, sizeof(*at));
	if (at == NULL)
		return -ENOMEM;
	trace_rewind(at, UINT32_MAX);
	while (!err && trace_next(at, &e, &hart)) {
		uint64_t us = trace_event_ns(&e) / NSEC_PER_USEC;

		upcall_trace_text(&e, hart, line, sizeof(line));
		text_printf(out, "[%5lu.%06lu] %s\n", us / 1000000, us % 1000000, line);
		err = sched_checkpoint_killable();
	}
	kfree(at);
	return err;
}

static int set_show(struct text *out, enum trace_set set)
{
	for (unsigned kind = 0; kind < TRACE_KIND_COUNT; kind++)
		text_printf(out, "%s%s%s", kind > 0 ? " " : "",
			    trace_set_has(set, kind) ? "+" : "-", trace_kinds[kind].name);
	text_printf(out, "\n");
	return 0;
}

static int set_store(enum trace_set set, const char *value)
{
	return capable(CAP_SYS_ADMIN) ? trace_set_change(set, value, strlen(value)) : -EPERM;
}

int proc_show_trace(struct text *out, struct task *unused)
{
	return set_show(out, TRACE_RECORDED);
}

int proc_store_trace(struct task *unused, const char *value)
{
	return set_store(TRACE_RECORDED, value);
}

int proc_show_trace_shown(struct text *out, struct task *unused)
{
	return set_show(out, TRACE_SHOWN);
}

int proc_store_trace_shown(struct task *unused, const char *value)
{
	return set_store(TRACE_SHOWN, value);
}

/*
 * What the files of a control group say, and what writing to them does.
 *
 * The first is cgroup.procs (CGROUP_ATTR_PROCS counts on it). show runs under tasks_lock, store
 * takes it.
 */
#include "kernel/fs/cgroup_files.h"

#include "kernel/fs/cgroupfs.h"
#include "kernel/ipc/freeze.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

/* A decimal number within bounds. 0, -EINVAL, or out_of_bounds. */
static int number_of(const char *value, int64_t low, int64_t high, int out_of_bounds, int64_t *out)
{
	const char *end;

	if (str_to_i64(value, &end, 10, out) || *end != '\0' || end == value)
		return -EINVAL;
	return *out < low || *out > high ? out_of_bounds : 0;
}

/* --- Processes -------------------------------------------------------------------------------- */

static void show_process(struct group *g, void *out) __must_hold(tasks_lock)
{
	text_printf(out, "%d\n", pid_nr(g->pid));
}

static void show_procs(struct text *out, struct cgroup *c) __must_hold(tasks_lock)
{
	cgroup_for_each(c, show_process, out);
}

static void show_its_threads(struct group *g, void *out) __must_hold(tasks_lock)
{
	struct task *t;

	for_each_thread(t, g) {
		if (atomic_load(&t->state) != TASK_ZOMBIE)
			text_printf(out, "%d\n", pid_nr(t->pid));
	}
}

static void show_threads(struct text *out, struct cgroup *c) __must_hold(tasks_lock)
{
	cgroup_for_each(c, show_its_threads, out);
}

static int move_locked(struct cgroup *to, int nr, bool thread, const struct cred *cred)
	__must_hold(tasks_lock)
{
	struct task *t = nr == 0 ? current : task_peek(nr);
	struct group *g = t != NULL ? t->group : NULL;
	int err;

	if (g == NULL)
		return -ESRCH;
	if (task_is(t, TASK_KTHREAD))
		return -EINVAL;
	err = cgroup_may_move(cgroup_of(g), to, cred);
	if (err)
		return err;
	if (thread && cgroup_of(g) != to)
		return -EOPNOTSUPP; /* threads of a process stay together */
	if (READ_ONCE(g->live) > 0) { /* the dead are left where they are */
		cgroup_move(g, to);
		cgroup_freeze_moved(g);
	}
	return 0;
}

static int move(struct cgroup *to, const char *value, bool thread, const struct cred *cred)
{
	irqflags_t irq;
	int64_t nr;
	int err = number_of(value, 0, INT32_MAX, -EINVAL, &nr);

	if (err)
		return err;
	irq = spin_lock_irqsave(&tasks_lock);
	err = move_locked(to, (int)nr, thread, cred);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

static int store_procs(struct cgroup *c, char *value, const struct cred *cred)
{
	return move(c, value, false, cred);
}

static int store_threads(struct cgroup *c, char *value, const struct cred *cred)
{
	return move(c, value, true, cred);
}

static void show_type(struct text *out, struct cgroup *c)
{
	(void)c;
	text_printf(out, "domain\n");
}

static int store_type(struct cgroup *c, char *value, const struct cred *cred)
{
	(void)c;
	(void)cred;
	return strcmp(value, "threaded") == 0 ? -EOPNOTSUPP : -EINVAL;
}

/* --- Events, killing and freezing ------------------------------------------------------------- */

static void show_events(struct text *out, struct cgroup *c) __must_hold(tasks_lock)
{
	text_printf(out, "populated %d\nfrozen %d\n", cgroup_is_populated(c), cgroup_is_frozen(c));
}

static struct cgroup_notice *notice_events(struct cgroup *c)
{
	return &c->events;
}

static int store_kill(struct cgroup *c, char *value, const struct cred *cred)
{
	irqflags_t irq;
	int64_t one;
	int err = number_of(value, 1, 1, -ERANGE, &one);

	(void)cred;
	if (err)
		return err;
	irq = spin_lock_irqsave(&tasks_lock);
	cgroup_kill(c);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return 0;
}

static void show_freeze(struct text *out, struct cgroup *c)
{
	text_printf(out, "%d\n", c->freeze);
}

static int store_freeze(struct cgroup *c, char *value, const struct cred *cred)
{
	irqflags_t irq;
	int64_t on;
	int err = number_of(value, 0, 1, -ERANGE, &on);

	(void)cred;
	if (err)
		return err;
	irq = spin_lock_irqsave(&tasks_lock);
	cgroup_freeze(c, on);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return 0;
}

static void show_stat(struct text *out, struct cgroup *c) __must_hold(tasks_lock)
{
	text_printf(out, "nr_descendants %u\nnr_dying_descendants 0\n", cgroup_count_below(c));
}

/* --- Controllers ------------------------------------------------------------------------------ */

static void show_controller_set(struct text *out, unsigned set)
{
	if (set & CGROUP_PIDS)
		text_printf(out, "pids\n");
}

static void show_controllers(struct text *out, struct cgroup *c)
{
	show_controller_set(out, c->parent != NULL ? c->parent->enabled : CGROUP_CONTROLLERS);
}

static void show_subtree_control(struct text *out, struct cgroup *c)
{
	show_controller_set(out, c->enabled);
}

/* "+pids -pids" */
static int parse_controllers(char *value, unsigned *enable, unsigned *disable)
{
	*enable = *disable = 0;
	while (*value != '\0') {
		const char *end = strchr(value, ' ');
		size_t len = end != NULL ? (size_t)(end - value) : strlen(value);
		unsigned *set = *value == '+' ? enable : *value == '-' ? disable : NULL;

		if (len > 0 && (set == NULL || len != 5 || memcmp(value + 1, "pids", 4) != 0))
			return -EINVAL;
		if (len > 0) {
			*enable &= ~CGROUP_PIDS; /* the last word counts */
			*disable &= ~CGROUP_PIDS;
			*set |= CGROUP_PIDS;
		}
		value += len + (value[len] == ' ');
	}
	return 0;
}

static int store_subtree_control(struct cgroup *c, char *value, const struct cred *cred)
{
	unsigned enable, disable;
	irqflags_t irq;
	int err = parse_controllers(value, &enable, &disable);

	(void)cred;
	if (err)
		return err;
	irq = spin_lock_irqsave(&tasks_lock);
	err = cgroup_enable(c, enable, disable);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

static void show_limit(struct text *out, unsigned limit)
{
	if (limit == CGROUP_NO_LIMIT)
		text_printf(out, "max\n");
	else
		text_printf(out, "%u\n", limit);
}

static void show_pids_max(struct text *out, struct cgroup *c)
{
	show_limit(out, c->tasks_max);
}

static int store_pids_max(struct cgroup *c, char *value, const struct cred *cred)
{
	irqflags_t irq;
	int64_t limit = CGROUP_NO_LIMIT;
	int err = 0;

	(void)cred;
	if (strcmp(value, "max") != 0)
		err = number_of(value, 0, READ_ONCE(pid_max), -EINVAL, &limit);
	if (err)
		return err;
	irq = spin_lock_irqsave(&tasks_lock);
	c->tasks_max = (unsigned)limit;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return 0;
}

static void show_pids_current(struct text *out, struct cgroup *c)
{
	text_printf(out, "%u\n", c->tasks);
}

static void show_pids_peak(struct text *out, struct cgroup *c)
{
	text_printf(out, "%u\n", c->tasks_peak);
}

static void show_pids_events(struct text *out, struct cgroup *c)
{
	text_printf(out, "max %lu\n", c->limit_hits);
}

static void show_pids_events_local(struct text *out, struct cgroup *c)
{
	text_printf(out, "max %lu\n", c->limit_hits_own);
}

static struct cgroup_notice *notice_limit(struct cgroup *c)
{
	return &c->limit_events;
}

/* --- The table -------------------------------------------------------------------------------- */

const struct cgroup_file cgroup_files[] = {
	{ "cgroup.procs", 0644, true, 0, show_procs, store_procs, NULL },
	{ "cgroup.threads", 0644, true, 0, show_threads, store_threads, NULL },
	{ "cgroup.controllers", 0444, true, 0, show_controllers, NULL, NULL },
	{ "cgroup.subtree_control", 0644, true, 0, show_subtree_control, store_subtree_control,
	  NULL },
	{ "cgroup.stat", 0444, true, 0, show_stat, NULL, NULL },
	{ "cgroup.type", 0644, false, 0, show_type, store_type, NULL },
	{ "cgroup.events", 0444, false, 0, show_events, NULL, notice_events },
	{ "cgroup.freeze", 0644, false, 0, show_freeze, store_freeze, NULL },
	{ "cgroup.kill", 0200, false, 0, NULL, store_kill, NULL },
	{ "pids.max", 0644, false, CGROUP_PIDS, show_pids_max, store_pids_max, NULL },
	{ "pids.current", 0444, false, CGROUP_PIDS, show_pids_current, NULL, NULL },
	{ "pids.peak", 0444, false, CGROUP_PIDS, show_pids_peak, NULL, NULL },
	{ "pids.events", 0444, false, CGROUP_PIDS, show_pids_events, NULL, notice_limit },
	{ "pids.events.local", 0444, false, CGROUP_PIDS, show_pids_events_local, NULL,
	  notice_limit },
};
const unsigned cgroup_file_count = ARRAY_SIZE(cgroup_files);
_Static_assert(ARRAY_SIZE(cgroup_files) < CGROUP_ATTRS, "each file's owner has a place");

bool cgroup_file_is_shown(const struct cgroup_file *file, const struct cgroup *c)
{
	if (c->parent == NULL)
		return file->in_root;
	return file->controller == 0 || (READ_ONCE(c->parent->enabled) & file->controller);
}

/*
 * proc_status.c: how a task is doing: stat, status, limits. Formats as proc(5) has them.
 */
#include "kernel/procfs/proc.h"

#include "kernel/abi/sched.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_context.h"
#include "kernel/ipc/sighand.h"
#include "kernel/mm/time.h"
#include "kernel/mm/vma.h"
#include "kernel/sched/sched.h"
#include "kernel/task/usage.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "kernel/tty/tty.h"
#include "lib/errno.h"
#include "lib/format.h"

#define KIB(pages) ((pages) * (PAGE_SIZE / 1024))

/* What has to be read under tasks_lock, once. */
struct snapshot {
	int tgid, tid, ppid, pgrp, session, tty, foreground, threads;
	char state;
	unsigned umask;
	unsigned fd_size;
	bool has_fs;
};

static void snapshot_take(struct snapshot *s, struct task *t, const struct pid_ns *ns)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct group *g = t->group;

	*s = (struct snapshot){
		.tgid = pid_nr_in(g->pid, ns),
		.tid = pid_nr_in(t->pid, ns),
		.foreground = -1,
		.state = task_state_letter(t),
	};
	if (g->leader != NULL && g->pgrp != NULL) {
		s->ppid = pid_nr_in(g->leader->parent->group->pid, ns);
		s->pgrp = pid_nr_in(g->pgrp, ns);
		s->session = pid_nr_in(g->session, ns);
		if (g->tty != NULL) { /* the session's: only as long as we are in it */
			s->tty = (int)g->tty->dev;
			if (g->tty->foreground != NULL)
				s->foreground = pid_nr_in(g->tty->foreground, ns);
		}
	}
	s->threads = (int)list_length(&g->threads);
	if (t->fs != NULL) {
		s->umask = READ_ONCE(t->fs->umask);
		s->has_fs = true;
	}
	s->fd_size = t->files != NULL ? READ_ONCE(t->files->size) : 0;
	spin_unlock_irqrestore(&tasks_lock, irq);
}

struct signals {
	uint64_t pending, shared, blocked, ignored, caught;
	unsigned queued;
};

static void signals_take(struct signals *s, struct task *t)
{
	irqflags_t irq = spin_lock_irqsave(&t->group->lock);

	*s = (struct signals){ .pending = t->pending.set, .shared = t->group->shared.set,
			       .blocked = t->sigmask, .queued = t->group->sigqueue_count };
	if (t->sighand != NULL) {
		spin_lock(&t->sighand->lock);
		for (int i = 0; i < NSIG; i++) {
			uint64_t handler = t->sighand->action[i].handler;

			s->ignored |= (uint64_t)(handler == SIG_IGN) << i;
			s->caught |= (uint64_t)(handler != SIG_IGN && handler != SIG_DFL) << i;
		}
		spin_unlock(&t->sighand->lock);
	}
	spin_unlock_irqrestore(&t->group->lock, irq);
}

static int priority_of(const struct task *t)
{
	return t->sched.rt_priority != 0 ? -1 - t->sched.rt_priority : 20 + t->sched.nice;
}

/* Of Linux's internal flags those that programs look at: has not called exec since it was forked;
 * is a kernel thread. */
static unsigned stat_flags(const struct task *t)
{
	return (task_is(t, TASK_FORKNOEXEC) ? 0x40u : 0) |
	       (task_is(t, TASK_KTHREAD) ? 0x200000u : 0);
}

/* Fields 1 to 22: who it is and what it used. */
static void stat_first(struct text *out, struct task *t, const struct snapshot *s,
		       const struct usage *u, const struct usage *children)
{
	text_printf(out, "%d (%s) %c %d %d %d %d %d %u %lu %lu %lu %lu ", s->tgid,
		    task_name_get(t).text, s->state, s->ppid, s->pgrp, s->session, s->tty,
		    s->foreground, stat_flags(t), u->min_faults, children->min_faults,
		    u->maj_faults, children->maj_faults);
	text_printf(out, "%ld %ld %ld %ld %d %d %d 0 %lu ", ticks_of_ns(u->utime_ns),
		    ticks_of_ns(u->stime_ns), ticks_of_ns(children->utime_ns),
		    ticks_of_ns(children->stime_ns), priority_of(t), t->sched.nice, s->threads,
		    ticks_of_ns(clock_shown_ns(TIME_BOOT, t->start_ns)));
}

/* Fields 23 to 52: memory, signals, scheduling. */
static void stat_rest(struct text *out, struct task *t, struct mm *mm)
{
	struct signals sig;
	bool look = mm != NULL && proc_may_look(t) == 0;
	uint64_t limit = t->group->rlimits[RLIMIT_RSS].cur;

	signals_take(&sig, t);
	text_printf(out, "%lu %lu %lu %lu %lu %lu 0 0 ", mm ? mm->total_pages << PAGE_SHIFT : 0,
		    mm ? mm_rss(mm) : 0, limit, look ? mm->code_start : 0, look ? mm->code_end : 0,
		    look ? mm->stack_start : 0);
	text_printf(out, "%lu %lu %lu %lu 0 0 0 %d %u %u %u 0 0 0 ", sig.pending & 0x7fffffff,
		    sig.blocked & 0x7fffffff, sig.ignored & 0x7fffffff, sig.caught & 0x7fffffff,
		    t->exit_signal, atomic_load(&t->hart), t->sched.rt_priority, t->sched.policy);
	if (look)
		text_printf(out, "%lu %lu %lu %lu %lu %lu %lu ", mm->data_start, mm->data_end,
			    mm->brk_start, mm->arg_start, mm->arg_end, mm->env_start, mm->env_end);
	else
		text_printf(out, "0 0 0 0 0 0 0 ");
	text_printf(out, "%d\n", look && t->exit_code ? t->exit_code : 0);
}

int proc_stat(struct text *out, struct task *t, bool whole_group)
{
	struct usage own, children = { 0 };
	struct mm *mm = mm_of_task(t);
	struct snapshot s;

	snapshot_take(&s, t, out->pid_ns);
	if (whole_group) {
		group_usage(t->group, &own);
		children = t->group->children;
	} else {
		task_usage(t, &own);
		s.tgid = s.tid;
	}
	stat_first(out, t, &s, &own, &children);
	stat_rest(out, t, mm);
	mm_put(mm);
	return 0;
}

static const char *state_word(char letter)
{
	switch (letter) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "disk sleep";
	case 'I':
		return "idle";
	case 'T':
		return "stopped";
	case 't':
		return "tracing stop";
	case 'Z':
		return "zombie";
	default:
		return "dead";
	}
}

/* The number in each pid namespace from the reader's to its own. */
static void numbers_line(struct text *out, const char *name, const struct pid *p)
{
	text_printf(out, "%s:", name);
	for (unsigned i = out->pid_ns->level; i <= p->level; i++)
		text_printf(out, "\t%d", p->numbers[i].nr);
	text_printf(out, "\n");
}

static void status_numbers(struct text *out, struct task *t)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct group *g = t->group;

	numbers_line(out, "NStgid", g->pid);
	numbers_line(out, "NSpid", t->pid);
	if (g->pgrp != NULL) {
		numbers_line(out, "NSpgid", g->pgrp);
		numbers_line(out, "NSsid", g->session);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	text_printf(out, "Kthread:\t%d\n", task_is(t, TASK_KTHREAD));
}

static void status_ids(struct text *out, struct task *t, const struct snapshot *s)
{
	struct cred *c = cred_of_task(t);

	text_printf(out, "Name:\t%s\n", task_name_get(t).text);
	if (s->has_fs)
		text_printf(out, "Umask:\t%04o\n", s->umask);
	text_printf(out,
		    "State:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		    s->state, state_word(s->state), s->tgid, s->tid, s->ppid);
	text_printf(out, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t",
		    uid_out(c->uid), uid_out(c->euid), uid_out(c->suid), uid_out(c->fsuid),
		    gid_out(c->gid), gid_out(c->egid), gid_out(c->sgid), gid_out(c->fsgid),
		    s->fd_size);
	for (unsigned i = 0; i < c->group_count; i++)
		text_printf(out, "%u ", gid_out(c->groups[i]));
	text_printf(out, "\n");
	cred_put(c);
	status_numbers(out, t);
}

/* Pages of areas that can be executed and not written: the program's and its libraries'. */
static uint64_t executable_pages(struct mm *mm)
{
	uint64_t bytes = 0;
	struct vma *v;

	rwlock_read_lock(&mm->lock);
	rb_for_each_entry(v, &mm->areas, node) {
		if ((v->flags & (VM_EXEC | VM_WRITE | VM_STACK)) == VM_EXEC)
			bytes += v->end - v->start;
	}
	rwlock_read_unlock(&mm->lock);
	return bytes >> PAGE_SHIFT;
}

/* LIMIT: pages of shared memory count as RssFile; RssShmem is 0. */
static void status_memory(struct text *out, struct mm *mm)
{
	uint64_t all = executable_pages(mm);
	uint64_t code = (ALIGN_UP(mm->code_end, PAGE_SIZE) - (mm->code_start & PAGE_MASK)) >>
			PAGE_SHIFT;

	text_printf(out,
		    "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmPin:\t       0 kB\n",
		    KIB(mm->peak_pages), KIB(mm->total_pages), KIB(mm->locked_pages));
	text_printf(out, "VmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\nRssAnon:\t%8lu kB\nRssFile:\t%8lu kB\n",
		    KIB(mm_rss_peak(mm)), KIB(mm_rss(mm)),
		    KIB((uint64_t)atomic_load(&mm->rss_anon)),
		    KIB((uint64_t)atomic_load(&mm->rss_file)));
	text_printf(out,
		    "RssShmem:\t       0 kB\nVmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu "
		    "kB\nVmLib:\t%8lu kB\n",
		    KIB(mm->data_pages), KIB(mm->stack_pages), KIB(min(code, all)),
		    KIB(all - min(code, all)));
	text_printf(out,
		    "VmPTE:\t%8lu kB\nVmSwap:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t0\n",
		    KIB((uint64_t)atomic_load(&mm->table_pages)));
}

static void status_signals(struct text *out, struct task *t)
{
	struct signals s;
	struct cred *c = cred_of_task(t);

	signals_take(&s, t);
	text_printf(out,
		    "SigQ:\t%u/"
		    "%lu\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%"
		    "016lx\nSigCgt:\t%016lx\n",
		    s.queued, t->group->rlimits[RLIMIT_SIGPENDING].cur, s.pending, s.shared,
		    s.blocked, s.ignored, s.caught);
	text_printf(out,
		    "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%"
		    "016lx\n",
		    c->cap_inheritable, c->cap_permitted, c->cap_effective, c->cap_bounding,
		    c->cap_ambient);
	text_printf(out, "NoNewPrivs:\t%u\nSeccomp:\t0\n", c->no_new_privs);
	cred_put(c);
}

void proc_hart_list(struct text *out, const struct hart_mask *mask)
{
	const char *comma = "";

	for (unsigned i = 0; i < hart_count; i++) {
		unsigned end = i;

		if (!hart_mask_test(mask, i))
			continue;
		while (end + 1 < hart_count && hart_mask_test(mask, end + 1))
			end++;
		if (end > i)
			text_printf(out, "%s%u-%u", comma, i, end);
		else
			text_printf(out, "%s%u", comma, i);
		comma = ",";
		i = end;
	}
}

static void status_sched(struct text *out, struct task *t)
{
	uint64_t mask = t->affinity.bits[0];

	if (hart_count < 64)
		mask &= (1UL << hart_count) - 1;
	text_printf(out, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t", mask);
	proc_hart_list(out, &t->affinity);
	text_printf(out, "\nvoluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		    t->nvcsw, t->nivcsw);
}

int proc_show_status(struct text *out, struct task *t)
{
	struct mm *mm = mm_of_task(t);
	struct snapshot s;

	snapshot_take(&s, t, out->pid_ns);
	status_ids(out, t, &s);
	if (mm != NULL)
		status_memory(out, mm);
	text_printf(out, "Threads:\t%d\n", s.threads);
	status_signals(out, t);
	status_sched(out, t);
	mm_put(mm);
	return 0;
}

static const struct {
	const char *name, *unit;
} limit_names[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[RLIMIT_DATA] = { "Max data size", "bytes" },
	[RLIMIT_STACK] = { "Max stack size", "bytes" },
	[RLIMIT_CORE] = { "Max core file size", "bytes" },
	[RLIMIT_RSS] = { "Max resident set", "bytes" },
	[RLIMIT_NPROC] = { "Max processes", "processes" },
	[RLIMIT_NOFILE] = { "Max open files", "files" },
	[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[RLIMIT_AS] = { "Max address space", "bytes" },
	[RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[RLIMIT_NICE] = { "Max nice priority", "" },
	[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
	[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};

static void limit_value(struct text *out, uint64_t value)
{
	if (value == RLIM_INFINITY)
		text_printf(out, "%-20s ", "unlimited");
	else
		text_printf(out, "%-20lu ", value);
}

int proc_show_limits(struct text *out, struct task *t)
{
	text_printf(out, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		text_printf(out, "%-25s ", limit_names[i].name);
		limit_value(out, t->group->rlimits[i].cur);
		limit_value(out, t->group->rlimits[i].max);
		text_printf(out, "%-10s\n", limit_names[i].unit);
	}
	return 0;
}

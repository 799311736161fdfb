/*
 * The two tables, and the one function that applies them. What needs more than flags to decide (is
 * the caller init, is the descriptor a cgroup, may it) is checked where that is known: in clone.c
 * and sys_clone.c.
 *
 * NOTE(linux): AUTOREAP, NNP, PIDFD_AUTOKILL and EMPTY_MNTNS are newer than Linux 6.12, where they
 * are EINVAL; here they do what later versions say.
 *
 * LIMIT: PTRACE and UNTRACED are taken and mean nothing yet: there is no tracing.
 */
#include "kernel/lifecycle/clone_flags.h"

#include "lib/errno.h"

#define TASK_CALLS (BY_CLONE | BY_CLONE3 | BY_KERNEL)

#define FLAG(flag, by, text) { CLONE_##flag, #flag, by, text }

const struct clone_flag clone_flags[] = {
	FLAG(NEWTIME, BY_CLONE3 | BY_UNSHARE, "time namespace for children"),
	FLAG(VM, BY_ANY, "share the address space"),
	FLAG(FS, BY_ANY, "share root, working directory and umask"),
	FLAG(FILES, BY_ANY, "share the descriptor table"),
	FLAG(SIGHAND, BY_ANY, "share the signal handlers"),
	FLAG(PIDFD, TASK_CALLS, "give the parent a pidfd"),
	FLAG(PTRACE, TASK_CALLS, "the caller's tracer also traces the child"),
	FLAG(VFORK, TASK_CALLS, "the caller sleeps until the child execs or exits"),
	FLAG(PARENT, TASK_CALLS, "the child is the caller's sibling"),
	FLAG(THREAD, BY_ANY, "same thread group"),
	FLAG(NEWNS, BY_ANY, "new mount namespace"),
	FLAG(SYSVSEM, BY_ANY, "share the semaphore undo list"),
	FLAG(SETTLS, TASK_CALLS, "the child's thread pointer is the tls argument"),
	FLAG(PARENT_SETTID, TASK_CALLS, "store the tid in the parent's memory"),
	FLAG(CHILD_CLEARTID, TASK_CALLS, "at exit clear the tid and wake its futex"),
	FLAG(DETACHED, BY_CLONE | BY_KERNEL, "nothing"),
	FLAG(UNTRACED, TASK_CALLS, "no tracer may follow"),
	FLAG(CHILD_SETTID, TASK_CALLS, "store the tid in the child's memory"),
	FLAG(NEWCGROUP, BY_ANY, "new cgroup namespace"),
	FLAG(NEWUTS, BY_ANY, "new host and domain name"),
	FLAG(NEWIPC, BY_ANY, "new System V and POSIX message objects"),
	FLAG(NEWUSER, BY_ANY, "new user namespace"),
	FLAG(NEWPID, BY_ANY, "the child is pid 1 of a new pid namespace"),
	FLAG(NEWNET, BY_ANY, "new network namespace"),
	FLAG(IO, TASK_CALLS, "share the io context"),
	FLAG(CLEAR_SIGHAND, BY_CLONE3 | BY_KERNEL, "handlers to default, ignored stay ignored"),
	FLAG(INTO_CGROUP, BY_CLONE3, "start in the cgroup of a descriptor"),
	FLAG(AUTOREAP, BY_CLONE3, "the child leaves no zombie and no status"),
	FLAG(NNP, BY_CLONE3, "the child can gain no rights by exec"),
	FLAG(PIDFD_AUTOKILL, BY_CLONE3, "the child dies when its pidfd is closed"),
	FLAG(EMPTY_MNTNS, BY_CLONE3 | BY_UNSHARE, "NEWNS, with nothing in it; bit 20 in unshare"),
};
const unsigned clone_flag_count = ARRAY_SIZE(clone_flags);

#define F(flag) CLONE_##flag

const struct clone_rule clone_rules[] = {
	/* set, missing, where, error, reason */
	{F(SIGHAND), F(VM), TASK_CALLS, EINVAL,
	 "a handler is an address: it means nothing in another address space"},
	{F(THREAD), F(SIGHAND), TASK_CALLS, EINVAL,
	 "a signal to the process may run on any thread, so all need the same handlers"},
	{F(SIGHAND) | F(CLEAR_SIGHAND), 0, TASK_CALLS, EINVAL, "clearing would clear the caller's"},
	{F(FS) | F(NEWNS), 0, TASK_CALLS, EINVAL,
	 "a shared root and working directory would lie in two mount namespaces"},
	{F(FS) | F(NEWUSER), 0, TASK_CALLS, EINVAL,
	 "capabilities in the new user namespace would reach the caller's root by chroot"},
	{F(THREAD) | F(NEWUSER), 0, TASK_CALLS, EINVAL,
	 "threads of a process have one user namespace"},
	{F(THREAD) | F(NEWPID), 0, TASK_CALLS, EINVAL,
	 "a process has one number in each namespace"},
	{F(PIDFD) | F(DETACHED), 0, TASK_CALLS, EINVAL, "kept free for a pidfd of a thread"},
	{F(PIDFD) | F(PARENT_SETTID), 0, BY_CLONE, EINVAL,
	 "legacy clone stores both at parent_tid"},
	{F(AUTOREAP) | F(THREAD), 0, BY_CLONE3, EINVAL, "a process is reaped as a whole"},
	{F(AUTOREAP) | F(PARENT), 0, BY_CLONE3, EINVAL, "the parent has not asked for that"},
	{F(NNP) | F(THREAD), 0, BY_CLONE3, EINVAL, "threads of a process gain the same rights"},
	{F(PIDFD_AUTOKILL), F(PIDFD), BY_CLONE3, EINVAL, "there would be nothing to close"},
	{F(PIDFD_AUTOKILL), F(AUTOREAP), BY_CLONE3, EINVAL,
	 "who has closed its pidfd will not wait for it"},
	{F(PIDFD_AUTOKILL) | F(THREAD), 0, BY_CLONE3, EINVAL, "a process dies as a whole"},
	{F(SYSVSEM) | F(NEWIPC), 0, BY_LATE, EINVAL,
	 "an undo list names semaphores of one ipc namespace"},
};
const unsigned clone_rule_count = ARRAY_SIZE(clone_rules);

static bool rule_is_broken(const struct clone_rule *rule, uint64_t flags, unsigned by)
{
	return (rule->calls & by) && (flags & rule->set) == rule->set && !(flags & rule->missing);
}

/* The flags that a call takes, put together from the table at its first use. */
static uint64_t flags_allowed(unsigned by)
{
	static uint64_t allowed[BY_ANY + 1];

	if (allowed[by] == 0) {
		uint64_t flags = 0;

		for (unsigned i = 0; i < clone_flag_count; i++) {
			if (clone_flags[i].calls & by)
				flags |= clone_flags[i].bit;
		}
		__atomic_store_n(&allowed[by], flags, __ATOMIC_RELAXED); /* all compute the same */
	}
	return allowed[by];
}

uint64_t clone_flags_implied(uint64_t flags, unsigned by)
{
	if (by == BY_UNSHARE && (flags & UNSHARE_EMPTY_MNTNS))
		flags = (flags & ~UNSHARE_EMPTY_MNTNS) | CLONE_EMPTY_MNTNS;
	return (flags & CLONE_EMPTY_MNTNS) ? flags | CLONE_NEWNS : flags;
}

int clone_flags_check(uint64_t flags, unsigned by)
{
	if (by != BY_LATE && (flags & ~flags_allowed(by)))
		return -EINVAL;
	for (unsigned i = 0; i < clone_rule_count; i++) {
		if (rule_is_broken(&clone_rules[i], flags, by))
			return -clone_rules[i].error;
	}
	return 0;
}

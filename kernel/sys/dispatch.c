/*
 * From the trap to the function: the number in a7 indexes the table made from syscalls.tbl, the
 * arguments are a0 to a5. What is not there answers ENOSYS.
 */
#include "kernel/sys/dispatch.h"

#include "arch/trap.h"
#include "gen/syscalls_nr.h"
#include "gen/syscalls_table.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/trace.h"
#include "kernel/core/upcall.h"
#include "kernel/ipc/signal.h"
#include "kernel/task/task.h"
#include "lib/errno.h"

const struct syscall syscall_table[NR_syscalls] = { SYSCALL_TABLE_ROWS };
const unsigned syscall_count = NR_syscalls;

/* While calls are traced no number is below trace_direct_calls, so that all come here: others do
 * not pay for it. */
static __noinline long syscall_traced(struct trapframe *tf, uint64_t nr)
{
	long ret = -ENOSYS;

	trace(TRACE_SYSCALL, nr, tf->a0, tf->a1);
	if (nr < NR_syscalls && syscall_table[nr].fn != NULL)
		ret = syscall_table[nr].fn(&tf->a0);
	trace(TRACE_RETURN, nr, (uint64_t)ret, 0);
	return ret;
}

void upcall_syscall(struct trapframe *tf)
{
	uint64_t nr = tf->a7;
	long ret;

	current->syscall_nr = nr;
	fault_forgive_end();
	if (nr < READ_ONCE(trace_direct_calls) && syscall_table[nr].fn != NULL)
		ret = syscall_table[nr].fn(&tf->a0);
	else
		ret = syscall_traced(tf, nr);
	lock_check_none_held("at the end of a system call");
	tf->a0 = (uint64_t)ret;
	/* The signal code turns it into a restart or EINTR, even if another thread took the signal
	 * meanwhile. */
	if (unlikely(signal_is_restart(ret)))
		atomic_fetch_or(&current->pending_work, WORK_SIGNAL);
}

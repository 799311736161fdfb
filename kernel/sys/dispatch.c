/*
 * From the trap to the function: the number in a7 indexes the table made from syscalls.tbl, the
 * arguments are a0 to a5. What is not there answers ENOSYS.
 */
#include "kernel/sys/dispatch.h"

#include "arch/trap.h"
#include "gen/syscalls_nr.h"
#include "gen/syscalls_table.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/upcall.h"
#include "kernel/ipc/signal.h"
#include "kernel/task/task.h"
#include "lib/errno.h"

const struct syscall syscall_table[NR_syscalls] = { SYSCALL_TABLE_ROWS };
const unsigned syscall_count = NR_syscalls;

void upcall_syscall(struct trapframe *tf)
{
	uint64_t nr = tf->a7;
	long ret = -ENOSYS;

	current->syscall_nr = nr;
	fault_forgive_end();
	if (nr < NR_syscalls && syscall_table[nr].fn != NULL)
		ret = syscall_table[nr].fn(&tf->a0);
	lock_check_none_held("at the end of a system call");
	tf->a0 = (uint64_t)ret;
	/* The signal code turns it into a restart or EINTR, even if another thread took the signal
	 * meanwhile. */
	if (unlikely(signal_is_restart(ret)))
		atomic_fetch_or(&current->pending_work, WORK_SIGNAL);
}

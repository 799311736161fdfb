/*
 * membarrier(2): a memory barrier in every other running thread, so that fast paths of user space
 * can do without one of their own.
 *
 * The private ones interrupt the harts that have the caller's address space loaded. A hart that
 * loads it later has passed a barrier by then, since it enters the mask of such harts by an atomic
 * operation before it runs user code (mm.c). The global ones interrupt all harts.
 *
 * Registration changes nothing here; it is remembered because the private commands are refused
 * without. A child of fork inherits it, a new program does not.
 *
 * NOTE(linux): MEMBARRIER_CMD_GLOBAL waits for interrupted harts, not for a grace period, and takes
 * microseconds. No commands for restartable sequences, as on a Linux without them.
 */
#include "gen/syscalls_proto.h"

#include "kernel/abi/membarrier.h"
#include "kernel/mm/icache.h"
#include "kernel/sched/hart_fence.h"
#include "lib/errno.h"

#define COMMANDS                                                                                   \
	(MEMBARRIER_GLOBAL | MEMBARRIER_GLOBAL_EXPEDITED | MEMBARRIER_REGISTER_GLOBAL_EXPEDITED |  \
	 MEMBARRIER_PRIVATE_EXPEDITED | MEMBARRIER_REGISTER_PRIVATE_EXPEDITED |                    \
	 MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE |                                                  \
	 MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_GET_REGISTRATIONS)

static long private_barrier(unsigned registration, bool sync_core)
{
	struct mm *mm = current->mm;

	if (!(atomic_load(&mm->barriers) & registration))
		return -EPERM;
	if (sync_core)
		icache_changed(mm);
	harts_fence(&mm->harts);
	return 0;
}

long sys_membarrier(int cmd, unsigned flags, int cpu)
{
	(void)cpu; /* means something only with a flag that is refused */
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_QUERY:
		return COMMANDS;
	case MEMBARRIER_GLOBAL:
	case MEMBARRIER_GLOBAL_EXPEDITED:
		harts_fence(NULL);
		return 0;
	case MEMBARRIER_PRIVATE_EXPEDITED:
		return private_barrier(MEMBARRIER_REGISTER_PRIVATE_EXPEDITED, false);
	case MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE:
		return private_barrier(MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, true);
	case MEMBARRIER_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		atomic_fetch_or(&current->mm->barriers, (unsigned)cmd);
		return 0;
	case MEMBARRIER_GET_REGISTRATIONS:
		return (long)atomic_load(&current->mm->barriers);
	default:
		return -EINVAL;
	}
}

/*
 * mlock, mlock2, munlock, mlockall, munlockall: flags checked, one function of kernel/mm/lock.c
 * called.
 */
#include "gen/syscalls_proto.h"

#include "kernel/abi/mman.h"
#include "kernel/mm/map.h"
#include "lib/errno.h"

long sys_mlock(unsigned long addr, size_t len)
{
	return mm_lock_range(current->mm, addr, len, false);
}

long sys_mlock2(unsigned long addr, size_t len, unsigned flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return mm_lock_range(current->mm, addr, len, flags & MLOCK_ONFAULT);
}

long sys_munlock(unsigned long addr, size_t len)
{
	return mm_unlock_range(current->mm, addr, len);
}

long sys_mlockall(unsigned flags)
{
	if (flags == 0 || flags == MCL_ONFAULT ||
	    (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)))
		return -EINVAL;
	if (!mm_can_lock())
		return -EPERM;
	return mm_lock_all(current->mm, flags);
}

long sys_munlockall(void)
{
	return mm_unlock_all(current->mm);
}

/*
 * A signal mask for the length of one call: ppoll, pselect6, epoll_pwait.
 */
#pragma once

#include "arch/uaccess.h"
#include "kernel/ipc/signal.h"

/* Borrows the user's mask; NULL: none. 0, -EINVAL, -EFAULT. */
static inline int __must_check user_sigmask_borrow(const uint64_t __user *umask, size_t size)
{
	uint64_t mask;

	if (umask == NULL)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	signal_mask_borrow(mask);
	return 0;
}

/* The other end. interrupted: the signal is to be handled under the borrowed mask. */
static inline void user_sigmask_return(const uint64_t __user *umask, bool interrupted)
{
	if (umask != NULL)
		signal_mask_return(interrupted);
}

/*
 * memfd_create(2): flags and name checked, one function called.
 *
 * What neither MFD_EXEC nor MFD_NOEXEC_SEAL means is said by vm.memfd_noexec, for each pid
 * namespace.
 *
 * NOTE(linux): MFD_HUGETLB gives ENOSYS, as on a Linux without hugetlbfs.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/files.h"
#include "kernel/fs/memfd.h"
#include "kernel/task/pid.h"

/* 0, or -EACCES: who makes such a file may not. */
static int noexec_apply(unsigned *flags)
{
	unsigned noexec = pid_ns_memfd_noexec(pid_ns_current());

	if (!(*flags & (MFD_EXEC | MFD_NOEXEC_SEAL)))
		*flags |= noexec > 0 ? MFD_NOEXEC_SEAL : MFD_EXEC;
	return noexec > 1 && (*flags & MFD_EXEC) ? -EACCES : 0;
}

long sys_memfd_create(const char __user *uname, unsigned flags)
{
	unsigned known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC;
	char name[MEMFD_NAME_MAX + 1];
	struct file *f;
	long len;
	int err;

	if (flags & MFD_HUGETLB)
		known |= MFD_HUGE_MASK;
	if ((flags & ~known) || ((flags & MFD_EXEC) && (flags & MFD_NOEXEC_SEAL)))
		return -EINVAL;
	err = noexec_apply(&flags);
	if (err)
		return err;
	len = user_string_in(name, uname, sizeof(name));
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	if (flags & MFD_HUGETLB)
		return -ENOSYS;
	err = memfd_create(name, flags, &f);
	return err ? err : fd_add(f, flags & MFD_CLOEXEC);
}

/*
 * memfd_create(2): flags and name checked, one function called.
 *
 * NOTE(linux): MFD_HUGETLB gives ENOSYS, as on a Linux without hugetlbfs. Neither MFD_EXEC nor
 * MFD_NOEXEC_SEAL means MFD_EXEC, as there by default (vm.memfd_noexec 0).
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/files.h"
#include "kernel/fs/memfd.h"

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
	len = user_string_in(name, uname, sizeof(name));
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	if (flags & MFD_HUGETLB)
		return -ENOSYS;
	err = memfd_create(name, flags, &f);
	return err ? err : fd_add(f, flags & MFD_CLOEXEC);
}

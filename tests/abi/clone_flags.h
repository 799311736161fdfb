/*
 * clone_flags.h: the flags of clone and clone3 by bit and name, those that share, and the
 * combinations that programs use. For the tests that go through all of them.
 */
#ifndef TESTS_ABI_CLONE_FLAGS_H
#define TESTS_ABI_CLONE_FLAGS_H

#include "tests/abi/abi.h"
#include <linux/sched.h>
#include <sched.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

struct flag {
	uint64_t bit;
	const char *name;
};

/* In the order of their bits. The last four are newer than Linux 6.12. */
#define F(name) { CLONE_##name, #name }
static const struct flag flags[] = {
	F(NEWTIME), F(VM), F(FS), F(FILES), F(SIGHAND), F(PIDFD), F(PTRACE), F(VFORK), F(PARENT),
	F(THREAD), F(NEWNS), F(SYSVSEM), F(SETTLS), F(PARENT_SETTID), F(CHILD_CLEARTID),
	F(DETACHED), F(UNTRACED), F(CHILD_SETTID), F(NEWCGROUP), F(NEWUTS), F(NEWIPC), F(NEWUSER),
	F(NEWPID), F(NEWNET), F(IO), F(CLEAR_SIGHAND), F(INTO_CGROUP),
	{ 1ULL << 34, "AUTOREAP" }, { 1ULL << 35, "NNP" }, { 1ULL << 36, "PIDFD_AUTOKILL" },
	{ 1ULL << 37, "EMPTY_MNTNS" },
};
enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };

static const uint64_t sharing[] = { CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_THREAD,
				    CLONE_SYSVSEM, CLONE_IO, CLONE_PARENT, CLONE_VFORK };
enum { SHARING = sizeof(sharing) / sizeof(sharing[0]) };

#define A_THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define A_PTHREAD (A_THREAD | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)

/* What programs use (clone-flags: fork, vfork, posix_spawn, threads of glibc, musl and Go,
 * containers). */
static const uint64_t real[] = {
	CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
	CLONE_VFORK | CLONE_VM,
	CLONE_CLEAR_SIGHAND | CLONE_VM | CLONE_VFORK,
	A_PTHREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
	A_PTHREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED,
	A_PTHREAD,
	A_PTHREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID |
		CLONE_IO,
	CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWUTS,
	CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWUSER,
	CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWUSER |
		CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_PIDFD,
	CLONE_NEWUSER | CLONE_NEWPID | CLONE_VFORK | CLONE_VM,
	CLONE_PIDFD | CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND,
	CLONE_VM | CLONE_SIGHAND | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_IO,
	CLONE_INTO_CGROUP | CLONE_NEWCGROUP | CLONE_NEWUSER,
};

static inline void name_of_flags(uint64_t bits, char *text, size_t size)
{
	size_t used = 0;

	*text = 0;
	for (int i = 0; i < FLAGS; i++)
		if (bits & flags[i].bit)
			used += snprintf(text + used, size - used, "%s%s", used ? "+" : "",
					 flags[i].name);
	if (!bits)
		snprintf(text, size, "none");
}

#endif

/*
 * both.h: tests that run twice, as root and as an ordinary user (name and name_user).
 */
#ifndef TESTS_ABI_BOTH_H
#define TESTS_ABI_BOTH_H

#include "tests/abi/abi.h"
#include <grp.h>

enum { ORDINARY_UID = 1000, OTHER_UID = 1001 };

/* Raw calls: glibc's would carry the change to all threads. Dumpable again, as after a login: a
 * change of ids makes a process secretive. */
static inline void become(unsigned uid)
{
	CHECK_EQ(syscall(SYS_setgroups, 0, NULL), 0);
	CHECK_EQ(syscall(SYS_setresgid, uid, uid, uid), 0);
	CHECK_EQ(syscall(SYS_setresuid, uid, uid, uid), 0);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
}

#define TEST_BOTH(name)                                                                        \
	static void both_##name(void);                                                         \
	TEST(name)                                                                             \
	{                                                                                      \
		both_##name();                                                                 \
	}                                                                                      \
	TEST(name##_user)                                                                      \
	{                                                                                      \
		become(ORDINARY_UID);                                                          \
		both_##name();                                                                 \
	}                                                                                      \
	static void both_##name(void)

#endif

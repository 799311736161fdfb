/*
 * pty.h: a pair of pseudo-terminals for the tests of terminals.
 */
#ifndef TESTS_ABI_PTY_H
#define TESTS_ABI_PTY_H

#include "tests/abi/abi.h"
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>

static int master, slave, number;

static inline void open_pty(void)
{
	int unlock = 0;
	char path[40];

	mkdir("/dev/pts", 0755);
	if (access("/dev/pts/ptmx", F_OK))
		mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666");
	master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0)
		master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0)
		SKIP("no pseudo-terminals");
	CHECK_EQ(ioctl(master, TIOCSPTLCK, &unlock), 0);
	CHECK_EQ(ioctl(master, TIOCGPTN, &number), 0);
	snprintf(path, sizeof(path), "/dev/pts/%d", number);
	slave = open(path, O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
}

#endif

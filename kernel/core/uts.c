/*
 * The release says Linux's number because programs ask it for the ABI that they may expect; the
 * version says what really runs.
 */
#include "kernel/core/uts.h"

#ifndef PANDO_VERSION
#define PANDO_VERSION "0.1"
#endif

struct uts uts = {
	.lock = SPINLOCK_INIT("uts", LOCK_RANK_DEVICE),
	.name = {
		.sysname = "Linux",
		.nodename = "pando",
		.release = "6.12.0-pando",
		.version = "Pando " PANDO_VERSION,
		.machine = "riscv64",
		.domainname = "(none)",
	},
};

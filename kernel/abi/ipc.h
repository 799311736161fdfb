/*
 * Linux/riscv64 ABI: what System V's three kinds of objects have in common. Numbers as in
 * linux/ipc.h.
 */
#pragma once

#include "lib/types.h"

#define IPC_PRIVATE 0 /* key: a new object that no key finds */

/* Flags of the get calls; below them the nine permission bits. */
#define IPC_CREAT 01000
#define IPC_EXCL 02000
/* Of the calls that may sleep. */
#define IPC_NOWAIT 04000

/* Commands of the ctl calls. */
#define IPC_RMID 0
#define IPC_SET 1
#define IPC_STAT 2
#define IPC_INFO 3

struct abi_ipc_perm {
	int key;
	unsigned uid, gid, cuid, cgid;
	unsigned mode;
	uint16_t seq, pad;
	uint64_t unused[2];
};
_Static_assert(sizeof(struct abi_ipc_perm) == 48, "ipc64_perm ABI");

/*
 * Linux/riscv64 ABI: System V shared memory. Numbers as in linux/shm.h.
 */
#pragma once

#include "kernel/abi/ipc.h"

#define SHM_HUGETLB 04000    /* shmget */
#define SHM_NORESERVE 010000 /* shmget */

#define SHM_EXEC 0100000  /* shmat */
#define SHM_RDONLY 010000 /* shmat */
#define SHM_RND 020000	  /* shmat: round the address down */
#define SHM_REMAP 040000  /* shmat: over what is there */

#define SHM_DEST 01000	 /* mode: goes with the last attachment */
#define SHM_LOCKED 02000 /* mode */

#define SHM_LOCK 11 /* shmctl */
#define SHM_UNLOCK 12
#define SHM_STAT 13
#define SHM_INFO 14
#define SHM_STAT_ANY 15

#define SHMMNI 4096
#define SHMMAX (UINT64_MAX - (1UL << 24))
#define SHMALL (UINT64_MAX - (1UL << 24))

struct abi_shmid_ds {
	struct abi_ipc_perm perm;
	uint64_t segsz;
	int64_t atime, dtime, ctime;
	int cpid, lpid;
	uint64_t nattch;
	uint64_t unused[2];
};
_Static_assert(sizeof(struct abi_shmid_ds) == 112, "shmid64_ds ABI");

struct abi_shminfo {
	uint64_t shmmax, shmmin, shmmni, shmseg, shmall;
	uint64_t unused[4];
};
_Static_assert(sizeof(struct abi_shminfo) == 72, "shminfo64 ABI");

struct abi_shm_info {
	int used_ids;
	uint64_t tot, rss, swp; /* pages */
	uint64_t swap_attempts, swap_successes;
};
_Static_assert(sizeof(struct abi_shm_info) == 48, "shm_info ABI");

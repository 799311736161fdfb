/*
 * Linux/riscv64 ABI: System V semaphores. Numbers as in linux/sem.h.
 */
#pragma once

#include "kernel/abi/ipc.h"

#define SEM_UNDO 0x1000 /* semop: take it back when the process exits */

#define SEM_GETPID 11 /* semctl */
#define SEM_GETVAL 12
#define SEM_GETALL 13
#define SEM_GETNCNT 14
#define SEM_GETZCNT 15
#define SEM_SETVAL 16
#define SEM_SETALL 17
#define SEM_STAT 18
#define SEM_INFO 19
#define SEM_STAT_ANY 20

#define SEMMNI 32000
#define SEMMSL 32000
#define SEMMNS (SEMMNI * SEMMSL)
#define SEMOPM 500
#define SEMVMX 32767 /* highest value */
#define SEMAEM 32767 /* largest adjustment at exit */
#define SEMUSZ 20

struct abi_sembuf {
	uint16_t num;
	int16_t op;
	int16_t flags;
};
_Static_assert(sizeof(struct abi_sembuf) == 6, "sembuf ABI");

struct abi_semid_ds {
	struct abi_ipc_perm perm;
	int64_t otime, ctime;
	uint64_t nsems;
	uint64_t unused[2];
};
_Static_assert(sizeof(struct abi_semid_ds) == 88, "semid64_ds ABI");

struct abi_seminfo {
	int semmap, semmni, semmns, semmnu, semmsl, semopm, semume, semusz, semvmx, semaem;
};
_Static_assert(sizeof(struct abi_seminfo) == 40, "seminfo ABI");

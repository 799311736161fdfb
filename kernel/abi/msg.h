/*
 * Linux/riscv64 ABI: System V message queues. Numbers as in linux/msg.h.
 */
#pragma once

#include "kernel/abi/ipc.h"

#define MSG_NOERROR 010000 /* msgrcv: cut a message that is too long */
#define MSG_EXCEPT 020000  /* any type but that */
#define MSG_COPY 040000	   /* the n-th, and leave it there */

#define MSG_STAT 11 /* msgctl */
#define MSG_INFO 12
#define MSG_STAT_ANY 13

#define MSGMNI 32000
#define MSGMAX 8192  /* bytes of a message */
#define MSGMNB 16384 /* bytes of a queue */

struct abi_msqid_ds {
	struct abi_ipc_perm perm;
	int64_t stime, rtime, ctime;
	uint64_t cbytes, qnum, qbytes;
	int lspid, lrpid;
	uint64_t unused[2];
};
_Static_assert(sizeof(struct abi_msqid_ds) == 120, "msqid64_ds ABI");

struct abi_msginfo {
	int msgpool, msgmap, msgmax, msgmnb, msgmni, msgssz, msgtql;
	uint16_t msgseg;
};
_Static_assert(sizeof(struct abi_msginfo) == 32, "msginfo ABI");

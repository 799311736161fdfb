/*
 * Linux ABI: futex operations and robust lists. Numbers as in linux/futex.h.
 */
#pragma once

#include "lib/types.h"

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_FD 2
#define FUTEX_REQUEUE 3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5
#define FUTEX_LOCK_PI 6
#define FUTEX_UNLOCK_PI 7
#define FUTEX_TRYLOCK_PI 8
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_WAIT_REQUEUE_PI 11
#define FUTEX_CMP_REQUEUE_PI 12
#define FUTEX_LOCK_PI2 13

#define FUTEX_PRIVATE_FLAG 128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_CMD_MASK (~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu

/* futex_waitv: one of the words to wait on. */
struct abi_futex_waitv {
	uint64_t val;
	uint64_t addr;
	uint32_t flags;
	uint32_t reserved;
};
_Static_assert(sizeof(struct abi_futex_waitv) == 24, "futex_waitv ABI");
#define FUTEX_WAITV_MAX 128
#define FUTEX2_SIZE_U32 2u
#define FUTEX2_SIZE_MASK 3u
#define FUTEX2_PRIVATE 128u

/* A robust lock's word: who holds it, and what became of it. */
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu

/* FUTEX_WAKE_OP's third value: op << 28 | cmp << 24 | oparg << 12 | cmparg. */
#define FUTEX_OP_SET 0
#define FUTEX_OP_ADD 1
#define FUTEX_OP_OR 2
#define FUTEX_OP_ANDN 3
#define FUTEX_OP_XOR 4
#define FUTEX_OP_OPARG_SHIFT 8
#define FUTEX_OP_CMP_EQ 0
#define FUTEX_OP_CMP_NE 1
#define FUTEX_OP_CMP_LT 2
#define FUTEX_OP_CMP_LE 3
#define FUTEX_OP_CMP_GT 4
#define FUTEX_OP_CMP_GE 5

/* A thread's list of the robust locks that it holds: a ring of user pointers through the head.
 * Bit 0 of a pointer marks a priority-inheriting lock. */
struct abi_robust_list_head {
	uint64_t next;
	int64_t futex_offset; /* from a list entry to its futex word */
	uint64_t pending;     /* being taken or released right now, so perhaps not on the ring */
};
_Static_assert(sizeof(struct abi_robust_list_head) == 24, "robust list ABI");
#define ROBUST_LIST_LIMIT 2048

/*
 * Linux/riscv64 ABI: epoll. Numbers as in linux/eventpoll.h; the event bits below 2^16 are poll's.
 */
#pragma once

#include "lib/types.h"

#define EPOLL_CLOEXEC 02000000

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)

struct abi_epoll_event {
	uint32_t events;
	uint64_t data;
};
static_assert(sizeof(struct abi_epoll_event) == 16, "struct epoll_event: packed on x86 only");

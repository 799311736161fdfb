/*
 * Linux ABI: what kcmp compares (linux/kcmp.h).
 */
#pragma once

#include "lib/types.h"

#define KCMP_FILE 0
#define KCMP_VM 1
#define KCMP_FILES 2
#define KCMP_FS 3
#define KCMP_SIGHAND 4
#define KCMP_IO 5
#define KCMP_SYSVSEM 6
#define KCMP_EPOLL_TFD 7
#define KCMP_TYPES 8

struct abi_kcmp_epoll_slot {
	uint32_t efd;
	uint32_t tfd;
	uint32_t toff; /* the toff-th of those watched under number tfd */
};

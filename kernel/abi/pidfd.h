/*
 * Linux ABI: flags of the pidfd calls (linux/pidfd.h).
 */
#pragma once

#include "kernel/abi/fcntl.h"

#define PIDFD_NONBLOCK O_NONBLOCK
#define PIDFD_THREAD O_EXCL /* for one thread, not for its process */

#define PIDFD_SIGNAL_THREAD 1u
#define PIDFD_SIGNAL_THREAD_GROUP 2u
#define PIDFD_SIGNAL_PROCESS_GROUP 4u

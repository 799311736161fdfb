/*
 * Process groups and sessions (POSIX job control).
 */
#pragma once

#include "kernel/task/pid.h"

/* setpgid(2): pid 0 is the caller, pgid 0 the process's own number. 0, -ESRCH, -EPERM, -EACCES,
 * -EINVAL. */
int pgrp_set(int pid, int pgid) __must_check;
/* setsid(2): the caller leads a new session and process group without a terminal. Its number, or
 * -EPERM. */
int session_create(void) __must_check;

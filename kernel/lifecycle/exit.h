/*
 * The end of tasks.
 */
#pragma once

#include "kernel/task/task.h"

/* Ends current with a wait status (kernel/abi/wait.h). Never returns. No lock may be held. */
__noreturn void task_exit(int status);
/* Ends all threads of current's group with that status; the first of several group exits decides
 * it. */
__noreturn void task_exit_group(int status);

/* Current is the last thread of a pid namespace's process 1, not the first's: takes all others in
 * it along. Sleeps until they are gone. */
void exit_pid_ns(void);
/* reboot(2) inside a pid namespace: ends it. Its init is seen to have died of signo. */
__noreturn void reboot_pid_ns(int signo);

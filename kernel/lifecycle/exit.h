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

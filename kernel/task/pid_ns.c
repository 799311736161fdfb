/*
 * pid namespaces: how they are made, and how they end.
 */
#include "kernel/task/pid_ns.h"

#include "kernel/task/user_ns.h"

struct pid_ns init_pid_ns = { .ns = NS_INIT(NS_PID, NS_INO_PID) };

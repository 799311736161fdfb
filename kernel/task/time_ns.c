/*
 * Time namespaces: the first, whose offsets are 0.
 */
#include "kernel/task/time_ns.h"

#include "kernel/task/user_ns.h"

struct time_ns init_time_ns = { .ns = NS_INIT(NS_TIME, NS_INO_TIME) };

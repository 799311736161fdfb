/*
 * pid namespaces: tables of numbers, one inside the other.
 */
#pragma once

#include "kernel/task/ns.h"

struct pid_ns {
	struct ns ns;
	struct pid_ns *parent; /* [i] counted; NULL: init_pid_ns */
	unsigned level;	       /* [i] 0: init_pid_ns */
};
extern struct pid_ns init_pid_ns;

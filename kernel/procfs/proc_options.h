/*
 * The options of a /proc: from whom it hides processes.
 */
#pragma once

#include "lib/types.h"

struct super;
struct task;

/* hidepid=. Each hides more than the one before. */
enum proc_hiding {
	HIDE_NOTHING,
	HIDE_CONTENTS,	 /* of /proc/PID, which is seen */
	HIDE_PROCESSES,	 /* that there is one, too */
	HIDE_UNTRACEABLE = 4, /* the same, from members of the group as well */
};

struct proc_options {
	enum proc_hiding hiding; /* [a] */
	unsigned gid;		 /* [a] its members see all but for HIDE_UNTRACEABLE */
};

/* Changes what text names. 0, -EINVAL, -ENOMEM; then *o may have been changed in part. */
int proc_options_parse(const char *text, struct proc_options *o) __must_check;
/* ",gid=5,hidepid=invisible": bytes written, at most size. */
size_t proc_options_show(const struct proc_options *o, char *buf, size_t size);
/* Is what `kind` says hidden from current of process t? Takes tasks_lock. */
bool proc_options_hide(const struct proc_options *o, struct task *t, enum proc_hiding kind);

/*
 * The files of a control group's directory.
 */
#pragma once

#include "kernel/fs/text.h"
#include "kernel/task/cgroup.h"

struct cred;

struct cgroup_file {
	const char *name;
	unsigned mode;
	bool in_root;	      /* the root's directory has it too */
	unsigned controller;  /* only where the parent has enabled it; 0: everywhere */
	/* Either may be NULL. show: tasks_lock held. store: a NUL-ended value without blanks around
	 * it; cred: who has opened the file. 0 or -errno. */
	void (*show)(struct text *out, struct cgroup *c);
	int (*store)(struct cgroup *c, char *value, const struct cred *cred);
	struct cgroup_notice *(*notice)(struct cgroup *c); /* NULL: nothing to poll for */
};

extern const struct cgroup_file cgroup_files[];
extern const unsigned cgroup_file_count;

bool cgroup_file_is_shown(const struct cgroup_file *file, const struct cgroup *c);

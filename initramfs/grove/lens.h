/* The flags of clone as lens knows them: names, combinations, reasons. */
#ifndef GROVE_LENS_H
#define GROVE_LENS_H

#include "initramfs/grove/grove.h"

#include <linux/sched.h>

/* Those that older C libraries' headers lack. */
#define LENS_NEWTIME 0x80ULL
#define LENS_CLEAR_SIGHAND (1ULL << 32)
#define LENS_INTO_CGROUP (1ULL << 33)

#define LENS_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
			 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | LENS_NEWTIME)

struct lens_flag {
	const char *name;	/* without CLONE_ */
	uint64_t bit;
	const char *meaning;
};

extern const struct lens_flag lens_flags[];	/* by bit, ended by a NULL name */

/* "VM,files|CLONE_FS" or a preset, as a mask, or die(). INTO_CGROUP=FOLDER opens *cgroup. */
uint64_t lens_parse(const char *text, int *cgroup);

/* A mask as "VM|FILES|FS"; a static buffer. */
const char *lens_text(uint64_t flags);

/* Why a kernel refuses these flags with this error, in words. */
const char *lens_reason(uint64_t flags, int error);

/* Print all flags and presets. 0. */
int lens_list(void);

#endif

/*
 * Files in memory that have no name: memfd_create, and the seals of files in memory.
 */
#pragma once

#include "kernel/fs/file.h"

#define MEMFD_NAME_MAX 249 /* characters that a caller may choose */

/* flags: MFD_*, known and consistent. name: its text, at most MEMFD_NAME_MAX. 0, -ENOMEM. */
int memfd_create(const char *name, unsigned flags, struct file **out) __must_check;
int memfd_init(void) __must_check;

/* fcntl(F_ADD_SEALS, F_GET_SEALS): seals or 0, -EPERM (not open for writing, sealed against
 * sealing), -EBUSY (a writable mapping exists), -EINVAL (not a file in memory). */
long memfd_seals_add(struct file *f, unsigned long seals);
long memfd_seals_get(const struct file *f);
/* 0, or -EPERM: f's file is sealed against new writing. */
int memfd_check_write(const struct file *f) __must_check;

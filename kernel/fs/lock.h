/*
 * Advisory locks: flock (whole files, owned by the open file) and fcntl record locks (byte ranges,
 * owned by the process's descriptor table, or by the open file for F_OFD_*).
 */
#pragma once

#include "kernel/abi/fcntl.h"
#include "kernel/fs/file.h"

struct files;
struct inode;

/* flock(2): LOCK_SH, LOCK_EX, LOCK_UN, with LOCK_NB. 0, -EINVAL, -EBADF, -EAGAIN, -ERESTARTSYS,
 * -ENOLCK (no memory). */
int lock_flock(struct file *file, unsigned operation) __must_check;
/* F_GETLK ... F_OFD_SETLKW. *fl is checked here; F_GETLK writes to it. */
int lock_fcntl(struct file *file, unsigned cmd, struct abi_flock *fl) __must_check;

/* A descriptor of this table was closed: the table's record locks on the file go. The file is
 * about to go: its own do. */
void lock_release_owner(struct inode *inode, const void *owner);
void lock_list_destroy(struct inode *inode);


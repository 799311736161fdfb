/*
 * POSIX message queues.
 */
#pragma once

#include "kernel/abi/mqueue.h"
#include "kernel/abi/signal.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/ipc/ipc_ns.h"

struct msg; /* kernel/ipc/sysv_msg.h: both kinds of queues pass the same messages */

/* Finds or makes a queue by its name, without a slash, and opens it. attr NULL: the defaults. */
int mqueue_open(const char *name, unsigned flags, unsigned mode, const struct abi_mq_attr *attr,
		struct file **out) __must_check;
int mqueue_unlink(const char *name) __must_check;

/* On an open file; -EBADF if it is no queue, or not open for that. Deadlines in CLOCK_MONOTONIC. */
/* m is consumed if it returns 0; its type is its priority. -EMSGSIZE, -EAGAIN, -ETIMEDOUT,
 * -ERESTARTSYS. */
int mqueue_send(struct file *f, struct msg *m, uint64_t deadline_ns) __must_check;
/* The oldest of the highest priority; room: of the caller's buffer. */
int mqueue_receive(struct file *f, size_t room, uint64_t deadline_ns,
		   struct msg **out) __must_check;
/* May it be sent at all? Asked before the message is made. */
int mqueue_may_send(struct file *f, size_t size) __must_check;
/* Current's process is told when a message comes into the empty queue; NULL: no more. -EBUSY:
 * another is. */
int mqueue_notify(struct file *f, const struct abi_sigevent *event) __must_check;
int mqueue_attr(struct file *f, struct abi_mq_attr *out) __must_check;

/* Registers the file system type. */
void mqueue_init(void);

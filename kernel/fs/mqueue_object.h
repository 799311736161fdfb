/*
 * The inside of a POSIX message queue; for mqueue.c and mqueue_fs.c.
 */
#pragma once

#include "kernel/fs/mqueue.h"
#include "kernel/fs/poll.h"

struct user;

struct mqueue {
	struct inode inode;
	struct spinlock lock;	 /* rank IPC_OBJECT */
	uint64_t max_msgs;	 /* [i] */
	uint64_t msg_size;	 /* [i] bytes of one at most */
	uint64_t count, bytes;	 /* [lock] what is in it */
	struct rb_root messages; /* [lock] struct msg; higher priorities first, older first */
	struct list senders;	 /* [lock] struct mq_waiter with a message, while it is full */
	struct list receivers;	 /* [lock] while it is empty */
	struct waitq poll;
	struct pid *notify_pid;	 /* [lock] process to be told; counted. NULL: nobody */
	struct abi_sigevent notify; /* [lock] how */
	struct user *user;	 /* [i] charged with it */
	uint64_t charge;	 /* [i] bytes */
};

extern const struct file_ops mqueue_file_ops;

static inline struct mqueue *mqueue_of(const struct inode *inode)
{
	return container_of(inode, struct mqueue, inode);
}

/* Makes the fields after inode whole / frees what they hold. */
void mqueue_object_init(struct mqueue *q);
void mqueue_object_empty(struct mqueue *q);

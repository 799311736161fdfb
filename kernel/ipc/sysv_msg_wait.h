/*
 * Those who wait at a message queue; for kernel/ipc's own files. The queue's lock is held in all of
 * these.
 */
#pragma once

#include "kernel/ipc/sysv_msg.h"

#define MSG_WAITING 1

struct msg_sender {
	struct list link; /* in queue->senders */
	struct task *task;
	struct msg *msg;
	struct pid *pid;
	atomic_int status; /* MSG_WAITING until somebody else has finished it */
};

/* Which message a receiver wants. */
struct msg_wish {
	enum { WISH_ANY, WISH_TYPE, WISH_EXCEPT, WISH_UP_TO, WISH_NTH } mode;
	int64_t type;
};

struct msg_receiver {
	struct list link;      /* in queue->receivers */
	struct rb_node node;   /* or, WISH_TYPE, in queue->typed_receivers */
	uint64_t ticket;
	struct task *task;
	struct msg_wish wish;
	size_t max;	   /* longer ones are an error */
	struct pid *pid;
	struct msg *msg;   /* what it has been given */
	atomic_int status; /* as a sender's */
};

/* A message arrives, for which there is room: to the receiver that has waited longest for such a
 * one, or into the queue. */
void msg_deliver(struct msg_queue *q, struct msg *m, struct pid *sender);
/* There is room: senders that fit go on, in order. */
void msg_senders_settle(struct msg_queue *q);
bool msg_fits(const struct msg_queue *q, const struct msg *m);
/* Ends all waiting with an error; -EAGAIN: they try again by themselves. */
void msg_expel(struct msg_queue *q, int err);
void msg_receiver_add(struct msg_queue *q, struct msg_receiver *r);
void msg_receiver_remove(struct msg_queue *q, struct msg_receiver *r);

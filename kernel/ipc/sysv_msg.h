/*
 * System V message queues.
 */
#pragma once

#include "kernel/abi/msg.h"
#include "kernel/ipc/ipc_ns.h"
#include "lib/list.h"

/* A message; its owner is whoever has it, or the queue that it is in. */
struct msg {
	struct list link;	/* [queue lock] in order of arrival */
	struct rb_node by_type; /* [queue lock] and, of one type, of arrival */
	int64_t type;
	size_t size;
	char text[];
};

struct msg_queue {
	struct ipc_object head; /* its lock is "the queue's lock" and guards all of this */
	uint64_t bytes, count;	/* of the messages in it */
	uint64_t max_bytes;
	int64_t stime, rtime;
	struct pid *lspid, *lrpid;   /* counted; NULL: nobody yet */
	struct list messages;	     /* struct msg */
	struct rb_root types;	     /* the same by type */
	struct list senders;	     /* struct msg_sender: wait for room */
	struct list receivers;	     /* struct msg_receiver: wait for one of many types */
	struct rb_root typed_receivers; /* those that wait for one type, by it */
	uint64_t next_ticket;	     /* of receivers, in order of arrival */
};

/* msgget: an id or -errno. */
int msg_get(struct ipc_ns *ns, int key, int flags);
/* A message to fill. NULL: out of memory. */
struct msg *msg_create(size_t size);
void msg_free(struct msg *m); /* NULL is legal */
/* msgsnd: m is consumed if it returns 0. -EAGAIN, -EIDRM, -EINVAL, -EACCES, -ERESTARTNOHAND. */
int msg_send(struct ipc_ns *ns, int id, struct msg *m, int flags) __must_check;
/* msgrcv: *out is the caller's. -ENOMSG, -E2BIG (longer than max), -EIDRM... */
int msg_receive(struct ipc_ns *ns, int id, int64_t type, size_t max, int flags,
		struct msg **out) __must_check;

/* msgctl's commands. */
int msg_remove(struct ipc_ns *ns, int id) __must_check;
int msg_set(struct ipc_ns *ns, int id, const struct abi_ipc_perm *perm,
	    uint64_t max_bytes) __must_check;
int msg_stat(struct ipc_ns *ns, int id, int cmd, struct abi_msqid_ds *out) __must_check;
int msg_info(struct ipc_ns *ns, int cmd, struct abi_msginfo *out);

void msg_queue_put(struct msg_queue *q);
void sysv_msg_ns_destroy(struct ipc_ns *ns);

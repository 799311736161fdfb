/*
 * IPC namespaces: what System V ids and keys, and the names of POSIX message queues, mean.
 */
#pragma once

#include "kernel/ipc/sysv_ids.h"
#include "kernel/sched/work.h"
#include "kernel/task/ns.h"

struct ipc_ns {
	struct ns ns; /* held by tasks, attachments of shared memory, mounts, open files */
	struct ipc_table shm, sem, msg;

	/* Limits, written through /proc/sys/kernel: [a] */
	uint64_t shm_max;   /* bytes of one segment */
	uint64_t shm_all;   /* pages of all */
	unsigned sem_msl;   /* semaphores in a set */
	unsigned sem_mns;   /* in all sets */
	unsigned sem_opm;   /* operations in a semop */
	unsigned msg_max;   /* bytes of a message */
	unsigned msg_mnb;   /* default of a queue's msg_qbytes */

	uint64_t shm_pages; /* [shm.lock] of all segments */
	unsigned sem_count; /* [sem.lock] in all sets */
	atomic_ulong msg_bytes, msg_count; /* [a] in all queues */

	/* POSIX message queues: limits, as above; the file system of their names, which is to the
	 * right of here, and how to let go of it. [a] NULL: not needed yet */
	unsigned mq_queues_max;
	unsigned mq_msg_max, mq_msgsize_max;	     /* what an ordinary user may ask for */
	unsigned mq_msg_default, mq_msgsize_default; /* what he gets who doesn't ask */
	void *_Atomic mqueue_mount;
	void (*mqueue_put)(void *mount);

	struct work destroy_work;
};

extern struct ipc_ns init_ipc_ns;
/* Makes that one, but for its header. At boot. */
void ipc_init(void);

static inline struct ipc_ns *ipc_ns_current(void)
{
	return container_of(current->ns->of[NS_IPC], struct ipc_ns, ns);
}

/* An empty one with the default limits. 0, -ENOMEM, -ENOSPC. */
int ipc_ns_create(struct user_ns *owner, struct ipc_ns **out) __must_check;
/* The last reference destroys all its objects, a little later and in a kernel thread: the dropper
 * may hold an address space's lock. */
struct ipc_ns *ipc_ns_get(struct ipc_ns *ns);
void ipc_ns_put(struct ipc_ns *ns);

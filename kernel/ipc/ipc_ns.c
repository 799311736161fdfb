/*
 * IPC namespaces: made with the default limits, emptied when the last reference goes.
 *
 * Emptying frees semaphore sets and queues with all that sleeps in no one: whoever could sleep on
 * an object here has a reference to the namespace. Segments are gone by then for the same reason:
 * every attachment has one. It is done by a kernel thread because the last reference may be dropped
 * with an address space locked.
 */
#include "kernel/ipc/ipc_ns.h"

#include "kernel/abi/shm.h"
#include "kernel/alloc/slab.h"
#include "kernel/ipc/sysv_msg.h"
#include "kernel/ipc/sysv_sem.h"
#include "kernel/ipc/sysv_shm.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

static CACHE_DEFINE(ipc_ns_cache, struct ipc_ns);
struct ipc_ns init_ipc_ns = { .ns = NS_INIT(NS_IPC, NS_INO_IPC) };

static void ipc_ns_empty(struct work *w)
{
	struct ipc_ns *ns = container_of(w, struct ipc_ns, destroy_work);

	if (ns->mqueue_mount != NULL)
		ns->mqueue_put(ns->mqueue_mount);
	sysv_shm_ns_destroy(ns);
	sysv_sem_ns_destroy(ns);
	sysv_msg_ns_destroy(ns);
	ipc_table_destroy(&ns->shm);
	ipc_table_destroy(&ns->sem);
	ipc_table_destroy(&ns->msg);
	cache_free(&ipc_ns_cache, ns);
}

static void ipc_ns_destroy(struct ns *ns)
{
	work_queue(&container_of(ns, struct ipc_ns, ns)->destroy_work);
}

static void ipc_ns_init(struct ipc_ns *ns)
{
	ns->destroy_work.fn = ipc_ns_empty;
	ns->shm_max = SHMMAX;
	ns->shm_all = SHMALL;
	ipc_table_init(&ns->shm, SHMMNI);
	ns->sem_msl = SEMMSL;
	ns->sem_mns = SEMMNS;
	ns->sem_opm = SEMOPM;
	ipc_table_init(&ns->sem, SEMMNI);
	ns->msg_max = MSGMAX;
	ns->msg_mnb = MSGMNB;
	ipc_table_init(&ns->msg, MSGMNI);
	ns->mq_queues_max = 256;
	ns->mq_msg_max = ns->mq_msg_default = 10;
	ns->mq_msgsize_max = ns->mq_msgsize_default = 8192;
}

void ipc_init(void)
{
	ipc_ns_init(&init_ipc_ns);
}

int ipc_ns_create(struct user_ns *owner, struct ipc_ns **out)
{
	struct ipc_ns *ns = cache_alloc(&ipc_ns_cache, ALLOC_ZERO);
	int err;

	if (ns == NULL)
		return -ENOMEM;
	err = ns_init(&ns->ns, NS_IPC, owner, ipc_ns_destroy);
	if (err) {
		cache_free(&ipc_ns_cache, ns);
		return err;
	}
	ipc_ns_init(ns);
	*out = ns;
	return 0;
}

struct ipc_ns *ipc_ns_get(struct ipc_ns *ns)
{
	ns_get(&ns->ns);
	return ns;
}

void ipc_ns_put(struct ipc_ns *ns)
{
	ns_put(&ns->ns);
}

/*
 * msgctl's commands, one function each.
 */
#include "kernel/ipc/sysv_msg.h"

#include "kernel/abi/capability.h"
#include "kernel/ipc/sysv_msg_wait.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct msg_queue *queue_find_locked(struct ipc_ns *ns, int id)
{
	struct ipc_object *o = ipc_find_locked(&ns->msg, id);

	return o != NULL ? container_of(o, struct msg_queue, head) : NULL;
}

/* Out of the table, everybody woken. The caller has a reference and no lock. False: it was gone. */
static bool queue_finish(struct ipc_ns *ns, struct msg_queue *q)
{
	if (!ipc_lock_to_remove(&ns->msg, &q->head))
		return false;
	ipc_remove(&ns->msg, &q->head);
	msg_expel(q, -EIDRM);
	spin_unlock(&q->head.lock);
	spin_unlock(&ns->msg.lock);
	msg_queue_put(q);
	return true;
}

int msg_remove(struct ipc_ns *ns, int id)
{
	struct ipc_object *o;
	struct msg_queue *q;
	int err = ipc_find_to_remove(&ns->msg, id, &o);

	if (err)
		return err;
	q = container_of(o, struct msg_queue, head);
	err = queue_finish(ns, q) ? 0 : -EIDRM;
	msg_queue_put(q);
	return err;
}

int msg_set(struct ipc_ns *ns, int id, const struct abi_ipc_perm *perm, uint64_t max_bytes)
{
	struct msg_queue *q = queue_find_locked(ns, id);
	int err;

	if (q == NULL)
		return -EINVAL;
	spin_assert_held(&q->head.lock);
	err = ipc_may_control(&q->head);
	if (err == 0 && max_bytes > ns->msg_mnb && !ns_capable(ns->ns.owner, CAP_SYS_RESOURCE))
		err = -EPERM;
	if (err == 0)
		err = ipc_perm_set(&q->head, perm);
	if (err == 0) {
		q->max_bytes = max_bytes;
		msg_senders_settle(q);
		msg_expel(q, -EAGAIN); /* who waits may have lost the right to */
	}
	spin_unlock(&q->head.lock);
	return err;
}

int msg_stat(struct ipc_ns *ns, int id, int cmd, struct abi_msqid_ds *out)
{
	struct ipc_object *o =
		cmd == IPC_STAT ? ipc_find_locked(&ns->msg, id) : ipc_at_locked(&ns->msg, id);
	struct msg_queue *q = container_of(o, struct msg_queue, head);
	int err;

	if (o == NULL)
		return -EINVAL;
	spin_assert_held(&o->lock);
	err = cmd == MSG_STAT_ANY ? 0 : ipc_permission(o, 0444);
	memset(out, 0, sizeof(*out));
	ipc_perm_show(o, &out->perm);
	out->stime = q->stime;
	out->rtime = q->rtime;
	out->ctime = o->ctime;
	out->cbytes = q->bytes;
	out->qnum = q->count;
	out->qbytes = q->max_bytes;
	out->lspid = ipc_pid_out(q->lspid);
	out->lrpid = ipc_pid_out(q->lrpid);
	if (err == 0 && cmd != IPC_STAT)
		err = o->id;
	spin_unlock(&o->lock);
	return err;
}

int msg_info(struct ipc_ns *ns, int cmd, struct abi_msginfo *out)
{
	*out = (struct abi_msginfo){ .msgpool = MSGMNI * MSGMNB / 1024, .msgmap = MSGMNB,
				     .msgmax = (int)ns->msg_max, .msgmnb = (int)ns->msg_mnb,
				     .msgmni = (int)ns->msg.limit, .msgssz = 16, .msgtql = MSGMNB,
				     .msgseg = 0xffff };
	if (cmd == MSG_INFO) {
		out->msgpool = (int)ns->msg.in_use;
		out->msgmap = (int)atomic_load(&ns->msg_count);
		out->msgtql = (int)atomic_load(&ns->msg_bytes);
	}
	return ipc_highest(&ns->msg);
}

void sysv_msg_ns_destroy(struct ipc_ns *ns)
{
	struct ipc_object *o;

	for (unsigned i = 0; (o = ipc_next(&ns->msg, &i)) != NULL; i++) {
		struct msg_queue *q = container_of(o, struct msg_queue, head);

		queue_finish(ns, q);
		msg_queue_put(q);
	}
}

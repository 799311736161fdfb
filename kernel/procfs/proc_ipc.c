/*
 * proc_ipc.c: /proc/sysvipc, a line for each System V object of the reader's namespace, and the
 * namespace's limits in /proc/sys/kernel.
 */
#include "kernel/procfs/proc.h"

#include "kernel/ipc/sysv_msg.h"
#include "kernel/ipc/sysv_sem.h"
#include "kernel/ipc/sysv_shm.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

int proc_show_sysv_shm(struct text *out, struct task *unused)
{
	struct ipc_ns *ns = ipc_ns_current();
	struct ipc_object *o;

	text_printf(out, "       key      shmid perms                  size  cpid  lpid nattch"
			 "   uid   gid  cuid  cgid      atime      dtime      ctime"
			 "                   rss                  swap\n");
	for (unsigned i = 0; (o = ipc_next(&ns->shm, &i)) != NULL; i++) {
		struct shm_segment *s = container_of(o, struct shm_segment, head);

		text_printf(out, "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u"
				 " %10lu %10lu %10lu %21lu %21lu\n",
			    o->key, o->id, o->mode, s->size, ipc_pid_show(o, &s->cpid),
			    ipc_pid_show(o, &s->lpid), s->nattch,
			    uid_out(o->uid), gid_out(o->gid), uid_out(o->cuid), gid_out(o->cgid),
			    s->atime, s->dtime, o->ctime,
			    shm_resident_pages(s) << PAGE_SHIFT, 0ul);
		shm_segment_put(s);
	}
	return 0;
}

int proc_show_sysv_sem(struct text *out, struct task *unused)
{
	struct ipc_ns *ns = ipc_ns_current();
	struct ipc_object *o;

	text_printf(out, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime"
			 "      ctime\n");
	for (unsigned i = 0; (o = ipc_next(&ns->sem, &i)) != NULL; i++) {
		struct sem_set *set = container_of(o, struct sem_set, head);

		text_printf(out, "%10d %10d  %4o %10u %5u %5u %5u %5u %10lu %10lu\n", o->key, o->id,
			    o->mode, set->count, uid_out(o->uid), gid_out(o->gid), uid_out(o->cuid),
			    gid_out(o->cgid), set->otime, o->ctime);
		sem_set_put(set);
	}
	return 0;
}

static void show_msg_line(struct text *out, struct msg_queue *q)
{
	struct ipc_object *o = &q->head;

	text_printf(out, "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10lu %10lu %10lu\n",
		    o->key, o->id, o->mode, q->bytes, q->count,
		    ipc_pid_show(o, &q->lspid), ipc_pid_show(o, &q->lrpid), uid_out(o->uid),
		    gid_out(o->gid), uid_out(o->cuid), gid_out(o->cgid), q->stime, q->rtime,
		    o->ctime);
}

int proc_show_sysv_msg(struct text *out, struct task *unused)
{
	struct ipc_ns *ns = ipc_ns_current();
	struct ipc_object *o;

	text_printf(out, "       key      msqid perms      cbytes       qnum lspid lrpid   uid"
			 "   gid  cuid  cgid      stime      rtime      ctime\n");
	for (unsigned i = 0; (o = ipc_next(&ns->msg, &i)) != NULL; i++) {
		struct msg_queue *q = container_of(o, struct msg_queue, head);

		show_msg_line(out, q);
		msg_queue_put(q);
	}
	return 0;
}

/* --- limits: a row of functions each */

static int limit_parse(const char *value, uint64_t max, uint64_t *out)
{
	return str_to_u64(value, NULL, 10, out) || *out > max ? -EINVAL : 0;
}

#define LIMIT_ROW(row, field, max)                                                                 \
	int proc_show_##row(struct text *out, struct task *unused)                                 \
	{                                                                                          \
		text_printf(out, "%lu\n", (uint64_t)ipc_ns_current()->field);                    \
		return 0;                                                                          \
	}                                                                                          \
	int proc_store_##row(struct task *unused, const char *value)                               \
	{                                                                                          \
		uint64_t n;                                                                        \
		int err = limit_parse(value, max, &n);                                             \
\
		if (err == 0)                                                                      \
			ipc_ns_current()->field = (__typeof__(init_ipc_ns.field))n;              \
		return err;                                                                        \
	}

LIMIT_ROW(shmmax, shm_max, UINT64_MAX)
LIMIT_ROW(shmall, shm_all, UINT64_MAX)
LIMIT_ROW(shmmni, shm.limit, IPC_INDEX_MAX)
LIMIT_ROW(queues_max, mq_queues_max, INT32_MAX)
LIMIT_ROW(msg_max, mq_msg_max, 65536)
LIMIT_ROW(msgsize_max, mq_msgsize_max, 16 << 20)
LIMIT_ROW(msg_default, mq_msg_default, 65536)
LIMIT_ROW(msgsize_default, mq_msgsize_default, 16 << 20)
LIMIT_ROW(msgmax, msg_max, INT32_MAX)
LIMIT_ROW(msgmnb, msg_mnb, INT32_MAX)
LIMIT_ROW(msgmni, msg.limit, IPC_INDEX_MAX)

/* What the next object is to be called: -1 again as soon as there is one. */
#define NEXT_ROW(row, table)                                                                       \
	int proc_show_##row(struct text *out, struct task *unused)                                 \
	{                                                                                          \
		text_printf(out, "%d\n", atomic_load(&ipc_ns_current()->table.next_id));           \
		return 0;                                                                          \
	}                                                                                          \
	int proc_store_##row(struct task *unused, const char *value)                               \
	{                                                                                          \
		uint64_t id;                                                                       \
		int err = limit_parse(value, INT32_MAX, &id);                                      \
\
		if (err == 0)                                                                      \
			atomic_store(&ipc_ns_current()->table.next_id, (int)id);                   \
		return err;                                                                        \
	}

NEXT_ROW(shm_next_id, shm)
NEXT_ROW(sem_next_id, sem)
NEXT_ROW(msg_next_id, msg)

/* Four in one: SEMMSL, SEMMNS, SEMOPM, SEMMNI. */
int proc_show_sem(struct text *out, struct task *unused)
{
	const struct ipc_ns *ns = ipc_ns_current();

	text_printf(out, "%u\t%u\t%u\t%u\n", ns->sem_msl, ns->sem_mns, ns->sem_opm, ns->sem.limit);
	return 0;
}

int proc_store_sem(struct task *unused, const char *value)
{
	static const uint64_t most[4] = { SEMMSL, INT32_MAX, 4096, IPC_INDEX_MAX };
	struct ipc_ns *ns = ipc_ns_current();
	uint64_t n[4] = { ns->sem_msl, ns->sem_mns, ns->sem_opm, ns->sem.limit };

	for (unsigned i = 0; i < ARRAY_SIZE(n) && *value != '\0'; i++) {
		if (str_to_u64(value, &value, 10, &n[i]) || n[i] > most[i])
			return -EINVAL;
		while (*value == ' ' || *value == '\t')
			value++;
	}
	ns->sem_msl = (unsigned)n[0];
	ns->sem_mns = (unsigned)n[1];
	ns->sem_opm = (unsigned)n[2];
	ns->sem.limit = (unsigned)n[3];
	return 0;
}

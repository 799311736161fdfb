/*
 * System V shared memory.
 */
#pragma once

#include "kernel/abi/shm.h"
#include "kernel/ipc/ipc_ns.h"
#include "kernel/mm/vma.h"

struct shm_object;

struct shm_segment {
	struct ipc_object head;
	struct shm_object *memory; /* [i] */
	uint64_t size;		   /* [i] bytes as asked for */
	int first_key;		   /* [i] which a doomed one still shows in maps */
	uint64_t nattch;	   /* [head.lock] areas that show it, and shmat calls at work */
	int64_t atime, dtime;	   /* [head.lock] */
	struct pid *cpid, *lpid;   /* [cpid i, lpid head.lock] counted; lpid NULL: nobody yet */
	struct user *locked_by;	   /* [head.lock] SHM_LOCK charged it; NULL: not locked */
};

/* shmget, shmat, shmdt. */
int shm_get(struct ipc_ns *ns, int key, uint64_t size, int flags);
int shm_attach(struct ipc_ns *ns, int id, vaddr_t addr, int flags, vaddr_t *out) __must_check;
int shm_detach(vaddr_t addr) __must_check;

/* shmctl's commands. */
int shm_remove(struct ipc_ns *ns, int id) __must_check;
int shm_set(struct ipc_ns *ns, int id, const struct abi_ipc_perm *perm) __must_check;
int shm_lock(struct ipc_ns *ns, int id, bool lock) __must_check;
/* IPC_STAT, and SHM_STAT and SHM_STAT_ANY, which return the id. */
int shm_stat(struct ipc_ns *ns, int id, int cmd, struct abi_shmid_ds *out) __must_check;
/* Both return the highest place in use. */
int shm_limits(struct ipc_ns *ns, struct abi_shminfo *out);
int shm_usage(struct ipc_ns *ns, struct abi_shm_info *out);

/* Pages in memory; a moment's number. */
uint64_t shm_resident_pages(const struct shm_segment *s);
/* A reference that ipc_next gave. */
void shm_segment_put(struct shm_segment *s);

/* A namespace without users: what was never attached goes. */
void sysv_shm_ns_destroy(struct ipc_ns *ns);

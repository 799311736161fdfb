/*
 * What shmat and shmctl share; for kernel/ipc's own files.
 */
#pragma once

#include "kernel/ipc/sysv_shm.h"

/* IPC_RMID: gone at once, or with its last attachment. The caller has a reference and no lock. */
void shm_segment_doom(struct shm_segment *s);

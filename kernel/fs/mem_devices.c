/*
 * The devices that are no device: null, zero, full, random, urandom, kmsg.
 *
 * random and urandom are the same, as on Linux once its generator is seeded; ours is at boot.
 * Writing to them mixes what is written in. A long read ends early when a signal comes.
 */
#include "kernel/abi/mman.h"
#include "kernel/core/random.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/file_cache.h"
#include "kernel/fs/io_buf.h"
#include "kernel/fs/kmsg.h"
#include "kernel/ipc/signal.h"
#include "kernel/mm/shm_object.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

#define CHUNK 256u

static ssize_t null_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	(void)f, (void)to, (void)pos;
	return 0;
}

static ssize_t null_write(struct file *f, struct io_buf *from, uint64_t *pos)
{
	size_t n = from->remaining;

	(void)f, (void)pos;
	from->remaining = 0;
	return (ssize_t)n;
}

static ssize_t zero_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	size_t wanted = to->remaining, n;

	(void)f, (void)pos;
	while (to->remaining > 0) {
		size_t piece = min(to->remaining, PAGE_SIZE);

		n = io_buf_zero(to, piece);
		if (n < piece)
			break;
		if (to->remaining == 0)
			break;
		if (signal_pending())
			break;
		sched_checkpoint();
	}
	n = wanted - to->remaining;
	return n || !wanted ? (ssize_t)n : -EFAULT;
}

static ssize_t full_write(struct file *f, struct io_buf *from, uint64_t *pos)
{
	(void)f, (void)from, (void)pos;
	return -ENOSPC;
}

/* A private mapping is plain anonymous memory, a shared one a shared object of its own. */
static int zero_mmap(struct file *f, struct vma *vma)
{
	(void)f;
	return vma->flags & VM_SHARED ? shm_object_attach(vma) : 0;
}

static ssize_t random_read(struct file *f, struct io_buf *to, uint64_t *pos)
{
	size_t wanted = to->remaining, done;
	uint8_t chunk[CHUNK];

	(void)f, (void)pos;
	while (to->remaining > 0) {
		size_t piece = min_t(size_t, to->remaining, CHUNK);

		random_bytes(chunk, piece);
		if (io_buf_put(to, chunk, piece) < piece)
			break;
		if (signal_pending() && (wanted - to->remaining) % PAGE_SIZE == 0)
			break;
		sched_checkpoint();
	}
	done = wanted - to->remaining;
	return done || !wanted ? (ssize_t)done : -EFAULT;
}

static ssize_t random_write(struct file *f, struct io_buf *from, uint64_t *pos)
{
	size_t offered = from->remaining, done;
	uint8_t chunk[CHUNK];

	(void)f, (void)pos;
	while (from->remaining > 0) {
		size_t piece = min_t(size_t, from->remaining, CHUNK);
		size_t got = io_buf_get(from, chunk, piece);

		random_mix(chunk, got);
		if (got < piece)
			break;
		if (signal_pending() && (offered - from->remaining) % PAGE_SIZE == 0)
			break;
		sched_checkpoint();
	}
	done = offered - from->remaining;
	return done || !offered ? (ssize_t)done : -EFAULT;
}

static const struct file_ops null_ops = {
	.read = null_read,
	.write = null_write,
	.seek = file_seek_zero,
};
static const struct file_ops zero_ops = {
	.read = zero_read,
	.write = null_write,
	.seek = file_seek_zero,
	.mmap = zero_mmap,
};
static const struct file_ops full_ops = {
	.read = zero_read,
	.write = full_write,
	.seek = file_seek_zero,
};
static const struct file_ops random_ops = {
	.read = random_read,
	.write = random_write,
	.seek = file_seek_zero,
};

int mem_devices_init(void)
{
	static const struct {
		unsigned minor, mode;
		const char *name;
		const struct file_ops *ops;
	} devices[] = {
		{ 3, 0666, "null", &null_ops },	    { 5, 0666, "zero", &zero_ops },
		{ 7, 0666, "full", &full_ops },	    { 8, 0666, "random", &random_ops },
		{ 9, 0666, "urandom", &random_ops }, { 11, 0644, "kmsg", &kmsg_ops },
	};

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		int err = dev_register_char(DEV_MAKE(1, devices[i].minor), devices[i].name,
					    devices[i].mode, devices[i].ops);

		if (err)
			return err;
	}
	return 0;
}

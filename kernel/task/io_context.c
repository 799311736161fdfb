/*
 * A task has no io context until its priority is set: most never do, and their forks have nothing
 * to copy. (So CLONE_IO shares nothing when the parent has none yet, as on Linux.)
 *
 * Locking: tasks_lock for the task's pointer.
 *
 * LIMIT: no queue of a block device looks at the priority yet.
 */
#include "kernel/task/io_context.h"

#include "kernel/abi/ioprio.h"
#include "kernel/abi/sched.h"
#include "kernel/alloc/slab.h"
#include "lib/errno.h"

static CACHE_DEFINE(io_context_cache, struct io_context);

static int io_context_create(unsigned ioprio, struct io_context **out)
{
	struct io_context *io = cache_alloc(&io_context_cache, 0);

	if (io == NULL)
		return -ENOMEM;
	ref_init(&io->ref);
	atomic_init(&io->ioprio, ioprio);
	*out = io;
	return 0;
}

struct io_context *io_context_get(struct io_context *io)
{
	ref_get(&io->ref);
	return io;
}

void io_context_put(struct io_context *io)
{
	if (io != NULL && ref_put(&io->ref))
		cache_free(&io_context_cache, io);
}

int io_context_copy(struct io_context *from, struct io_context **out)
{
	unsigned ioprio = atomic_load(&from->ioprio);

	*out = NULL;
	return IOPRIO_CLASS(ioprio) == IOPRIO_CLASS_NONE ? 0 : io_context_create(ioprio, out);
}

unsigned io_priority_set_of(const struct task *t)
{
	return t->io != NULL ? atomic_load(&t->io->ioprio) : 0;
}

unsigned io_priority_of(const struct task *t)
{
	unsigned set = io_priority_set_of(t), level = (unsigned)(t->sched.nice + 20) / 5;

	if (IOPRIO_CLASS(set) != IOPRIO_CLASS_NONE)
		return set;
	switch (t->sched.policy) {
	case SCHED_IDLE:
		return IOPRIO_VALUE(IOPRIO_CLASS_IDLE, level);
	case SCHED_FIFO:
	case SCHED_RR:
		return IOPRIO_VALUE(IOPRIO_CLASS_RT, level);
	default:
		return IOPRIO_VALUE(IOPRIO_CLASS_BE, level);
	}
}

int io_priority_set(struct task *t, unsigned ioprio)
{
	if (t->io == NULL)
		return io_context_create(ioprio, &t->io);
	atomic_store(&t->io->ioprio, ioprio);
	return 0;
}

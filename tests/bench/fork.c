/*
 * fork.c: what fork + exit of the child + wait costs by the memory that the parent has written, and
 * what is paid later by the writing of either.
 *
 * `first` is the first fork after all was written; `again` the ones that follow without a write in
 * between. The memory is aligned to 2 MiB, so that Linux can use huge pages if it may.
 */
#include "bench.h"

static char *area_written(size_t len)
{
	uintptr_t at = (uintptr_t)map_private(len + 2 * MIB);

	at = (at + 2 * MIB - 1) & ~(2UL * MIB - 1);
	write_pages((char *)at, len);
	return (char *)at;
}

static void fork_once(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		absent("fork");
	waitpid(pid, NULL, 0);
}

/* Once before, so that the code that forks is itself in memory. */
static void fork_first(size_t len)
{
	fork_once();
	area_written(len);
	MEASURE_ONCE(1, fork_once());
}

static void fork_again(size_t len)
{
	area_written(len);
	fork_once();
	MEASURE(fork_once());
}

ROW("fork.0", "fork + exit + wait") { MEASURE(fork_once()); }
ROW("fork.1.first", "the first with 1 MiB written") { fork_first(1 * MIB); }
ROW("fork.1.again", "repeated with 1 MiB") { fork_again(1 * MIB); }
ROW("fork.8.first", "the first with 8 MiB written") { fork_first(8 * MIB); }
ROW("fork.8.again", "repeated with 8 MiB") { fork_again(8 * MIB); }
ROW("fork.64.first", "the first with 64 MiB written") { fork_first(64 * MIB); }
ROW("fork.64.again", "repeated with 64 MiB") { fork_again(64 * MIB); }
ROW("fork.512.first", "the first with 512 MiB written") { fork_first(512 * MIB); }
ROW("fork.512.again", "repeated with 512 MiB") { fork_again(512 * MIB); }
ROW("fork.1024.first", "the first with 1 GiB written") { fork_first(1024UL * MIB); }
ROW("fork.1024.again", "repeated with 1 GiB") { fork_again(1024UL * MIB); }

static void fork_child_writes(char *at, size_t len)
{
	pid_t pid = fork();

	if (pid == 0) {
		write_pages(at, len);
		_exit(0);
	}
	if (pid < 0)
		absent("fork");
	waitpid(pid, NULL, 0);
}

/* The child lives until all is written. */
static void fork_parent_writes(char *at, size_t len, int gate[2])
{
	pid_t pid = fork();
	char byte;

	if (pid == 0) {
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) != 0);
	}
	if (pid < 0)
		absent("fork");
	write_pages(at, len);
	close(gate[1]);
	waitpid(pid, NULL, 0);
}

ROW("fork.write.child", "fork, the child writes all 64 MiB, exit, wait")
{
	fork_once();
	char *at = area_written(64 * MIB);
	MEASURE_ONCE(1, fork_child_writes(at, 64 * MIB));
}

ROW("fork.write.parent", "fork, the parent writes all 64 MiB, exit, wait")
{
	int gate[2];

	must(pipe(gate), "pipe");
	fork_once();
	char *at = area_written(64 * MIB);
	MEASURE_ONCE(1, fork_parent_writes(at, 64 * MIB, gate));
}

/* The child is gone before the parent writes: what fork left behind on its pages. */
ROW("fork.write.after", "fork + exit + wait, then the parent writes all 64 MiB")
{
	fork_once();
	char *at = area_written(64 * MIB);
	MEASURE_ONCE(1, fork_once(); write_pages(at, 64 * MIB));
}

/*
 * switch.c: what it costs to go from one task to another on one hart: yields, pipes, futexes,
 * sockets, rings.
 */
#include "bench.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/socket.h>

enum { PARTNERS_MAX = 256 };

/* --- yields ----------------------------------------------------------------------------------- */

struct yielders {
	volatile uint64_t count[PARTNERS_MAX]; /* how often each has yielded */
	volatile int stop;
};

static struct yielders *yielders_create(void)
{
	void *at = mmap(NULL, sizeof(struct yielders), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		absent("mmap");
	return at;
}

static void yield_until_stop(struct yielders *y, unsigned me)
{
	while (!y->stop) {
		y->count[me]++;
		call3(SYS_sched_yield, 0, 0, 0);
	}
}

static uint64_t yields_total(const struct yielders *y, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += y->count[i];
	return sum;
}

/* All n yield, this task among them; the cost of one. */
static void yields_measure(struct yielders *y, unsigned n)
{
	uint64_t before, took;

	for (unsigned i = 0; i < 100; i++)
		call3(SYS_sched_yield, 0, 0, 0);
	before = yields_total(y, n);
	mark_begin();
	took = ticks();
	while (ticks() - took < FINE) {
		y->count[0]++;
		call3(SYS_sched_yield, 0, 0, 0);
	}
	took = ticks() - took;
	mark_end();
	report(took, yields_total(y, n) - before);
	y->stop = 1;
}

static void yield_processes(unsigned n)
{
	struct yielders *y = yielders_create();

	for (unsigned i = 1; i < n; i++) {
		if (must(fork(), "fork") == 0) {
			yield_until_stop(y, i);
			_exit(0);
		}
	}
	yields_measure(y, n);
	while (wait(NULL) > 0)
		;
}

struct yield_thread {
	struct yielders *y;
	unsigned me;
};

static void *yield_thread(void *argument)
{
	struct yield_thread *t = argument;

	yield_until_stop(t->y, t->me);
	return NULL;
}

static void yield_threads(unsigned n)
{
	struct yielders *y = yielders_create();
	struct yield_thread threads[PARTNERS_MAX];
	pthread_t ids[PARTNERS_MAX];

	for (unsigned i = 1; i < n; i++) {
		threads[i] = (struct yield_thread){y, i};
		must(-pthread_create(&ids[i], NULL, yield_thread, &threads[i]), "pthread_create");
	}
	yields_measure(y, n);
	for (unsigned i = 1; i < n; i++)
		pthread_join(ids[i], NULL);
}

ROW("yield.process.2", "sched_yield among 2 processes") { yield_processes(2); }
ROW("yield.process.16", "sched_yield among 16 processes") { yield_processes(16); }
ROW("yield.thread.2", "sched_yield among 2 threads") { yield_threads(2); }
ROW("yield.thread.16", "sched_yield among 16 threads") { yield_threads(16); }

/* --- pipes ------------------------------------------------------------------------------------ */

static void move_byte(int from, int to)
{
	char byte = 0;

	if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
		_exit(0);
}

static void push_byte(int to)
{
	char byte = 0;

	must(write(to, &byte, 1), "write");
}

static void pull_byte(int from)
{
	char byte;

	must(read(from, &byte, 1), "read");
}

ROW("pipe.self", "pipe: write + read 1 byte, oneself")
{
	int ends[2];

	must(pipe(ends), "pipe");
	MEASURE(push_byte(ends[1]); pull_byte(ends[0]));
}

/* A child that sends back each byte; `there` and `back` are pairs of descriptors. */
static pid_t echo_start(int there[2], int back[2])
{
	pid_t pid = must(fork(), "fork");

	if (pid == 0)
		for (;;)
			move_byte(there[0], back[1]);
	return pid;
}

static void echo_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

ROW("pipe.pingpong", "pipe: round trip of a byte between 2 processes")
{
	int there[2], back[2];

	must(pipe(there) | pipe(back), "pipe");
	pid_t pid = echo_start(there, back);
	MEASURE(push_byte(there[1]); pull_byte(back[0]));
	echo_stop(pid);
}

ROW("socket.pingpong", "unix socketpair: round trip of a byte")
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	int theirs[2] = {ends[1], ends[1]};
	pid_t pid = echo_start(theirs, theirs);
	MEASURE(push_byte(ends[0]); pull_byte(ends[0]));
	echo_stop(pid);
}

static void pipe_bulk(size_t chunk)
{
	int ends[2];
	char *buf = map_private(chunk);

	must(pipe(ends), "pipe");
	write_pages(buf, chunk);
	uint64_t n = 1, took;
	for (;; n *= 2) {
		mark_reset();
		mark_begin();
		took = ticks();
		for (uint64_t i = 0; i < n; i++) {
			if (write(ends[1], buf, chunk) != (ssize_t)chunk ||
			    read(ends[0], buf, chunk) != (ssize_t)chunk)
				absent("a whole chunk");
		}
		took = ticks() - took;
		mark_end();
		if (took >= FINE)
			break;
	}
	report(took, n * (chunk / KIB));
}

ROW("pipe.bulk.4k", "pipe: a KiB through it, in pieces of 4 KiB") { pipe_bulk(4 * KIB); }
ROW("pipe.bulk.64k", "pipe: a KiB through it, in pieces of 64 KiB") { pipe_bulk(64 * KIB); }

/* --- rings ------------------------------------------------------------------------------------ */

static void ring(unsigned n)
{
	int first[2], last[2], next[2];

	must(pipe(first), "pipe");
	last[0] = first[0];
	for (unsigned i = 1; i < n; i++) {
		must(pipe(next), "pipe");
		if (must(fork(), "fork") == 0) {
			close(next[0]);
			close(first[1]);
			for (;;)
				move_byte(last[0], next[1]);
		}
		close(next[1]);
		if (i > 1)
			close(last[0]);
		last[0] = next[0];
	}
	close(first[0]);
	uint64_t rounds = 1, took;
	for (;; rounds *= 2) {
		mark_reset();
		mark_begin();
		took = ticks();
		for (uint64_t i = 0; i < rounds; i++) {
			push_byte(first[1]);
			pull_byte(last[0]);
		}
		took = ticks() - took;
		mark_end();
		if (took >= FINE)
			break;
	}
	report(took, rounds * n);
	close(first[1]);
	while (wait(NULL) > 0)
		;
}

ROW("ring.16", "ring of 16 processes: a hop") { ring(16); }
ROW("ring.256", "ring of 256 processes: a hop") { ring(256); }

/* --- futex ------------------------------------------------------------------------------------ */

static volatile int turn;

static void turn_wait(int mine)
{
	while (turn != mine)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
}

static void turn_give(int theirs)
{
	turn = theirs;
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *futex_partner(void *unused)
{
	(void)unused;
	for (;;) {
		turn_wait(1);
		turn_give(0);
	}
	return NULL;
}

ROW("futex.pingpong", "futex: round trip between 2 threads")
{
	pthread_t id;

	must(-pthread_create(&id, NULL, futex_partner, NULL), "pthread_create");
	MEASURE(turn_give(1); turn_wait(0));
	_exit(0);
}

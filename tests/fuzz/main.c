/*
 * main.c: init of the fuzzing machine.
 *
 * Variables, from the kernel's command line: SEED, SECONDS, WORKERS. A worker takes a program of
 * the corpus, changes it, runs it, and looks in its recording (/proc/pando/coverage, a kernel made
 * with COV=1) for code that no program had reached before; if there is any, the program joins the
 * corpus. Without COV programs are only made at random.
 *
 * A crash takes the machine down in the middle of a program. So before each run its text goes into
 * a page of the worker's journal, marked by JOURNAL_MARK, which tools/fuzz finds in the machine's
 * memory afterwards; the corpus lies there in the same way, under CORPUS_MARK.
 *
 * With a file /replay the programs in it, one a line, are run instead, TIMES times, by all workers.
 * Programs in a file /corpus are where the corpus begins.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_MARK "pando-fuzz-ran\n"
#define CORPUS_MARK  "pando-fuzz-kept"

enum { WORKERS_MAX = 16, JOURNAL = 16, CORPUS_MAX = 4096, MAP_WORDS = 32768 };

/* A page: mark, worker and number, text. */
struct record {
	char mark[16];
	uint64_t worker, number;
	char text[4096 - 32];
};

struct shared {
	struct record journal[WORKERS_MAX][JOURNAL];
	struct record kept[CORPUS_MAX];
	struct program corpus[CORPUS_MAX];
	atomic_uint corpus_ready[CORPUS_MAX];
	atomic_uint corpus_count;
	atomic_ulong programs, reached, stuck;
	atomic_ulong map[MAP_WORDS];
};

static struct shared *shared;
static unsigned long seed;
static unsigned worker_count, seconds;

static unsigned long number_from_env(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static int64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void record_program(struct record *r, const char *mark, unsigned worker,
			   const struct program *p)
{
	memcpy(r->mark, mark, 16);
	r->worker = worker;
	r->number++;
	program_print(p, r->text);
}

/* Adds what was recorded to what anybody has reached. How much of it was new. */
static unsigned reached_new(int coverage_fd)
{
	static uint64_t words[MAP_WORDS];
	ssize_t size = read(coverage_fd, words, sizeof(words));
	unsigned count = 0;

	for (ssize_t i = 0; i < size / 8; i++)
		if (words[i] & ~shared->map[i])
			count += (unsigned)__builtin_popcountl(
				words[i] & ~atomic_fetch_or(&shared->map[i], words[i]));
	atomic_fetch_add(&shared->reached, count);
	return count;
}

static void corpus_add(const struct program *p, unsigned worker)
{
	unsigned at = atomic_fetch_add(&shared->corpus_count, 1);

	if (at >= CORPUS_MAX)
		return;
	shared->corpus[at] = *p;
	record_program(&shared->kept[at], CORPUS_MARK, worker, p);
	shared->corpus_ready[at] = 1;
}

static const struct program *corpus_any(uint64_t *state)
{
	unsigned count = shared->corpus_count < CORPUS_MAX ? shared->corpus_count : CORPUS_MAX, at;

	if (!count)
		return NULL;
	at = (unsigned)below(state, count);
	if (below(state, 3) == 0 && count > 50) /* what is new is worth more */
		at = count - 1 - (unsigned)below(state, 50);
	return shared->corpus_ready[at] ? &shared->corpus[at] : NULL;
}

static void make_program(struct program *p, uint64_t *state)
{
	const struct program *from = corpus_any(state), *other = corpus_any(state);

	if (!from || !other || below(state, 8) == 0) {
		program_random(p, state);
		return;
	}
	*p = *from;
	program_mutate(p, other, state);
}

static void worker_run(unsigned worker, const struct program *p, int coverage_fd, bool verbose)
{
	struct record *r = &shared->journal[worker][0];

	for (unsigned i = 1; i < JOURNAL; i++) /* the one written longest ago */
		if (shared->journal[worker][i].number < r->number)
			r = &shared->journal[worker][i];
	record_program(r, JOURNAL_MARK, worker, p);
	r->number = shared->programs + 1;
	if (coverage_fd >= 0)
		lseek(coverage_fd, 0, SEEK_SET);
	if (!program_run(p, coverage_fd, verbose)) {
		fprintf(stderr, "fuzz: stuck: %s\n", r->text);
		shared->stuck++;
	}
	shared->programs++;
	if (coverage_fd >= 0 && reached_new(coverage_fd))
		corpus_add(p, worker);
}

static void worker_main(unsigned worker)
{
	uint64_t state = seed * 1000003 + worker + 1;
	int coverage_fd = open("/proc/pando/coverage", O_RDWR | O_CLOEXEC);
	int64_t end = now_s() + seconds;
	struct program p;

	while (now_s() < end && !shared->stuck) {
		make_program(&p, &state);
		worker_run(worker, &p, coverage_fd, false);
	}
	_exit(0);
}

/* The programs of a file; how many. */
static unsigned programs_read(const char *path, struct program *into, unsigned max)
{
	FILE *file = fopen(path, "r");
	static char line[PROGRAM_TEXT];
	unsigned count = 0;

	while (file && count < max && fgets(line, sizeof(line), file)) {
		if (program_parse(&into[count], line))
			count++;
		else
			fprintf(stderr, "fuzz: not a program: %s", line);
	}
	if (file)
		fclose(file);
	return count;
}

static void replay_main(unsigned worker, const struct program *list, unsigned count)
{
	unsigned times = (unsigned)number_from_env("TIMES", 1);

	for (unsigned i = 0; i < times && !shared->stuck; i++)
		for (unsigned k = 0; k < count; k++)
			worker_run(worker, &list[k], -1, times == 1 && worker == 0);
	_exit(0);
}

static void print_state(void)
{
	printf("fuzz: %lu programs, %u kept, %lu blocks reached\n", shared->programs,
	       shared->corpus_count, shared->reached);
	fflush(stdout);
}

/* Objects that are out, by kind, in all. */
static void print_objects(const char *when)
{
	FILE *file = fopen("/proc/pando/objects", "r");
	char line[200];

	while (file && fgets(line, sizeof(line), file))
		printf("objects %s: %s", when, line);
	if (file)
		fclose(file);
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mkdir("/box", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	for (int fd = open("/dev/console", O_RDWR); fd >= 0 && fd < 2;
	     fd = open("/dev/console", O_RDWR))
		;
}

static void check_memory(void)
{
	int fd = open("/proc/sys/pando/check", O_WRONLY);

	if (fd >= 0 && write(fd, "1", 1) < 0)
		printf("fuzz: the memory check failed: %s\n", strerror(errno));
	close(fd);
}

/* No program should be able to end a worker. */
static void print_end(const pid_t workers[WORKERS_MAX], pid_t pid, int status)
{
	for (unsigned i = 0; i < worker_count; i++)
		if (workers[i] == pid)
			printf("fuzz: worker %u came to an end with status %#x\n", i, status);
}

int main(int argc, char **argv)
{
	static struct program replay[1024];
	pid_t workers[WORKERS_MAX] = { 0 };
	unsigned replays, begin;

	if (argc < 1 || getpid() != 1)
		return 0; /* executed by a program */
	(void)argv;
	mount_all();
	seed = number_from_env("SEED", 1);
	seconds = (unsigned)number_from_env("SECONDS", 60);
	worker_count = (unsigned)number_from_env("WORKERS", 4);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || worker_count > WORKERS_MAX)
		return 1;
	replays = programs_read("/replay", replay, 1024);
	begin = programs_read("/corpus", shared->corpus, CORPUS_MAX / 2);
	for (unsigned i = 0; i < begin; i++)
		corpus_add(&shared->corpus[i], 0);
	printf("fuzz: SEED=%lu SECONDS=%u WORKERS=%u, a corpus of %u, %u to replay\n", seed,
	       seconds, worker_count, begin, replays);
	print_objects("before");
	fflush(stdout);
	for (unsigned i = 0; i < worker_count; i++) {
		workers[i] = fork();
		if (workers[i] == 0) {
			if (replays)
				replay_main(i, replay, replays);
			worker_main(i);
		}
	}
	for (int64_t next = now_s() + 20;;) {
		int status;
		pid_t got = waitpid(-1, &status, WNOHANG);

		if (got < 0)
			break;
		if (got > 0 && status != 0)
			print_end(workers, got, status);
		if (now_s() >= next) {
			print_state();
			next += 20;
		}
		usleep(got ? 0 : 50000);
	}
	print_state();
	usleep(200000);
	print_objects("after");
	check_memory();
	printf(shared->stuck ? "fuzz: ended stuck\n" : "fuzz: done\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}

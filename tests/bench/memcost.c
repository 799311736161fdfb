/*
 * memcost.c: how much of the machine's memory one more process, thread, file and pipe costs.
 *
 * MemFree before and after a thousand of them, divided. So everything counts, whatever the kernel
 * calls it: stacks, page tables, objects, and the few pages that a child has of its own (a minimal
 * process touches its stack and data: three pages here on both kernels). What harts keep at hand
 * counts as free on Pando and not on Linux, less than a page each.
 */
#include "bench.h"

#include <pthread.h>
#include <sys/resource.h>

enum { LIVE = 1000, STACK = 65536 };

static long free_bytes(void)
{
	static char text[8192];
	int fd = open("/proc/meminfo", O_RDONLY);
	ssize_t got = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[got > 0 ? got : 0] = 0;
	char *at = strstr(text, "MemFree:");
	if (!at)
		absent("MemFree");
	return atol(at + strlen("MemFree:")) * 1024;
}

/* When what an earlier row has left for reuse is dropped. */
static long free_bytes_clean(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	(void)!write(fd, "3", 1);
	close(fd);
	sleep(1);
	return free_bytes();
}

static void report_each(long before)
{
	report_unit((double)(before - free_bytes()) / LIVE, "bytes");
}

static void wait_for_end(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0)
		;
	_exit(0);
}

ROW("memory.process", "a live process: memory")
{
	int gate[2];

	must(pipe(gate), "pipe");
	long before = free_bytes_clean();
	for (unsigned i = 0; i < LIVE; i++) {
		if (must(fork(), "fork") == 0) {
			close(gate[1]);
			wait_for_end(gate[0]);
		}
	}
	sleep(1);
	report_each(before);
	close(gate[1]);
	while (wait(NULL) > 0)
		;
}

static void *sleeper(void *unused)
{
	pause();
	return unused;
}

/* The stacks are one mapping, of which each thread touches its page or two: counted apart. */
ROW("memory.thread", "a live thread: memory, its stack's pages included")
{
	char *stacks = map_private((size_t)LIVE * STACK);
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	long before = free_bytes_clean();
	for (unsigned i = 0; i < LIVE; i++) {
		pthread_attr_setstack(&attr, stacks + (size_t)i * STACK, STACK);
		must(-pthread_create(&id, &attr, sleeper, NULL), "pthread_create");
	}
	sleep(1);
	report_each(before);
	_exit(0);
}

static void files_allow(void)
{
	struct rlimit limit = {4 * LIVE, 4 * LIVE};

	must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

ROW("memory.pipe", "a pipe, empty: memory")
{
	int ends[2];

	files_allow();
	long before = free_bytes_clean();
	for (unsigned i = 0; i < LIVE; i++)
		must(pipe(ends), "pipe");
	report_each(before);
}

ROW("memory.file", "an open file of /proc: memory")
{
	files_allow();
	long before = free_bytes_clean();
	for (unsigned i = 0; i < LIVE; i++)
		must(open("/proc/self/status", O_RDONLY), "open");
	report_each(before);
}

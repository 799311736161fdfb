/*
 * memory.c: faults, and the calls that change an address space.
 *
 * Rows of faults give the cost of one fault, the access that raises it included; they go over AREA
 * bytes at a time. Linux with transparent huge pages takes fewer, larger faults there.
 */
#include "bench.h"

enum { AREA = 4 * MIB, ROUNDS = 4, SPAN = 64 * KIB };

/* A child that shares our memory copy-on-write until it is stopped. */
static pid_t sharer_start(void)
{
	pid_t pid = must(fork(), "fork");

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void sharer_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static unsigned read_pages(const volatile char *at, size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i < len; i += PAGE)
		sum += at[i];
	return sum;
}

ROW("fault.first", "fault: first write to a page")
{
	uint64_t took = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char *at = map_private(AREA);

		mark_begin();
		uint64_t start = ticks();
		write_pages(at, AREA);
		took += ticks() - start;
		mark_end();
		munmap(at, AREA);
	}
	report(took, ROUNDS * (AREA / PAGE));
}

ROW("fault.zero", "fault: first read of a page (the zero page)")
{
	uint64_t took = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char *at = map_private(AREA);

		mark_begin();
		uint64_t start = ticks();
		read_pages(at, AREA);
		took += ticks() - start;
		mark_end();
		munmap(at, AREA);
	}
	report(took, ROUNDS * (AREA / PAGE));
}

ROW("fault.copy", "fault: write to a page shared after fork (copy)")
{
	uint64_t took = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char *at = map_private(AREA);

		write_pages(at, AREA);
		pid_t pid = sharer_start();
		mark_begin();
		uint64_t start = ticks();
		write_pages(at, AREA);
		took += ticks() - start;
		mark_end();
		sharer_stop(pid);
		munmap(at, AREA);
	}
	report(took, ROUNDS * (AREA / PAGE));
}

ROW("fault.reuse", "fault: write to a page whose sharers are gone")
{
	uint64_t took = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char *at = map_private(AREA);

		write_pages(at, AREA);
		sharer_stop(sharer_start());
		mark_begin();
		uint64_t start = ticks();
		write_pages(at, AREA);
		took += ticks() - start;
		mark_end();
		munmap(at, AREA);
	}
	report(took, ROUNDS * (AREA / PAGE));
}

ROW("map.untouched", "mmap + munmap 64 KiB")
{
	MEASURE(munmap(map_private(SPAN), SPAN));
}

ROW("map.touched", "mmap + write 16 pages + munmap 64 KiB")
{
	MEASURE(char *at = map_private(SPAN); write_pages(at, SPAN); munmap(at, SPAN));
}

/* Areas with holes of a page between them, so that room has to be looked for. */
#define HOLES 10000

ROW("map.holes", "mmap + munmap 64 KiB among 10,000 areas with holes between")
{
	char *at = map_private(2 * HOLES * PAGE);

	for (size_t i = 0; i < HOLES; i++)
		munmap(at + 2 * i * PAGE, PAGE);
	MEASURE(munmap(map_private(SPAN), SPAN));
	munmap(at, 2 * HOLES * PAGE);
}

ROW("protect", "mprotect 64 KiB of written pages, to read-only and back: each")
{
	char *at = map_private(SPAN);

	int prot = PROT_READ | PROT_WRITE;

	write_pages(at, SPAN);
	MEASURE(prot ^= PROT_WRITE; mprotect(at, SPAN, prot));
}

ROW("protect.touch", "mprotect 64 KiB to read-only and back, write 16 pages")
{
	char *at = map_private(SPAN);

	write_pages(at, SPAN);
	MEASURE(mprotect(at, SPAN, PROT_READ); mprotect(at, SPAN, PROT_READ | PROT_WRITE);
		write_pages(at, SPAN));
}

ROW("remap.grow", "mremap: grow 64 KiB to 128 in place and shrink back")
{
	char *at = map_private(2 * SPAN);

	write_pages(at, SPAN);
	munmap(at + SPAN, SPAN);
	if (mremap(at, SPAN, 2 * SPAN, 0) == MAP_FAILED)
		absent("mremap");
	MEASURE(mremap(at, 2 * SPAN, SPAN, 0); mremap(at, SPAN, 2 * SPAN, 0));
}

/* Two places of len bytes in turn. */
static void remap_move(size_t len)
{
	char *room = map_private(2 * len + 4 * MIB);
	int there = 1;
	char *place[2] = {(char *)(((uintptr_t)room + 2 * MIB - 1) & ~(2UL * MIB - 1))};

	place[1] = place[0] + ((len + 2 * MIB - 1) & ~(2UL * MIB - 1));
	write_pages(place[0], len);
	if (mremap(place[0], len, len, MREMAP_MAYMOVE | MREMAP_FIXED, place[1]) == MAP_FAILED)
		absent("mremap");
	MEASURE(mremap(place[there], len, len, MREMAP_MAYMOVE | MREMAP_FIXED, place[!there]);
		there = !there);
}

ROW("remap.move.64k", "mremap: move 64 KiB of written pages") { remap_move(SPAN); }
ROW("remap.move.64m", "mremap: move 64 MiB of written pages") { remap_move(64 * MIB); }

ROW("brk", "brk: grow by 64 KiB and shrink back")
{
	/* From the start of a leaf table: a random place may lie so that the end crosses one. */
	long end = (call3(SYS_brk, 0, 0, 0) | (2 * MIB - 1)) + 1;

	if (call3(SYS_brk, end + SPAN, 0, 0) != end + SPAN)
		absent("brk");
	MEASURE(call3(SYS_brk, end, 0, 0); call3(SYS_brk, end + SPAN, 0, 0));
}

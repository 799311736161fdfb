/*
 * cow_torture.c: trees of forks with threads, for SECONDS (environment or first argument; 3 if not
 * given), from a seed (SEED or second argument; 1 if not given) that is printed.
 *
 * Each process has an area of a few page tables, in slices, one for a thread, and keeps a record of
 * what it wrote where. Threads write, read, unmap, forbid, move, drop and fork, in their slice; a
 * child finds the area as it was at the fork, checks it against the record it inherits, and goes on
 * in the same way, until it exits, execs, or is killed, at any moment. So each checks its own view
 * while parents, siblings and children change theirs.
 *
 * A page's record says what it holds (now) and what it is about to hold (next): another thread may
 * have been between the two at the moment of the fork. While a slice's mappings change it is
 * `busy`, and a child that finds it so starts it anew.
 *
 * On a kernel with /proc/sys/pando/check the page tables are checked all the while, and at the end;
 * and no object may have been lost. Repeat a run with: cow_torture SECONDS SEED.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 100000
#include "tests/abi/objects.h"
#include <pthread.h>
#include <sched.h>

enum {
	PAGE = 4096,
	TABLE = 512,
	SLICES = 3,
	SLICE = 400, /* pages */
	SKEW = 200,  /* so that tables hold parts of two slices */
	PAGES = SLICES * SLICE,
	DEPTH = 4,
	STACK = 64 << 10,
	CHILDREN = 3, /* that one thread has at a time */
	FILE_PAGES = 64,
	ZERO = 0,
	ABSENT = 1,
	FIRST_VALUE = 16,
};

static unsigned seconds = 10, seed;
static int64_t end_ms;
static char *area, *aside; /* where a slice's pages are moved to for a moment */
static char *files;
static int check_fd = -1;

static volatile struct record {
	uint64_t now, next;
} record[PAGES];
static volatile bool busy[SLICES];

/* In memory that all processes share. */
static struct common {
	_Atomic int processes, limit;
	_Atomic uint64_t forks, values;
} *common;

static __thread uint64_t random_state;
static __thread pid_t children[CHILDREN];

static unsigned pick(unsigned below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % below;
}

static volatile uint64_t *word(int page, int which)
{
	return (uint64_t *)(area + (size_t)page * PAGE + (which ? PAGE - 8 : page * 8 % 4000));
}

static void page_write(int page)
{
	uint64_t value = common->values++ * 65536 + page + FIRST_VALUE;

	record[page].next = value;
	*word(page, 0) = value;
	*word(page, 1) = value;
	record[page].now = value;
}

static void page_check(int page)
{
	uint64_t now = record[page].now;

	if (now == ABSENT)
		return;
	for (int which = 0; which < 2; which++)
		if (*word(page, which) != now)
			FAIL("page %d, word %d is %#lx, not %#lx, in process %d; seed %u", page,
			     which, (long)*word(page, which), (long)now, getpid(), seed);
}

static void pages_record(int first, int count, uint64_t what)
{
	for (int i = first; i < first + count; i++)
		record[i].now = record[i].next = what;
}

static bool all_present(int first, int count)
{
	for (int i = first; i < first + count; i++)
		if (record[i].now == ABSENT)
			return false;
	return true;
}

static void *at(int page)
{
	return area + (size_t)page * PAGE;
}

static void map_fresh(int first, int count)
{
	CHECK(mmap(at(first), (size_t)count * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at(first));
	pages_record(first, count, ZERO);
}

/* --- what a thread does ----------------------------------------------------------------------- */

static void move_and_back(int slice, int first, int count)
{
	size_t len = (size_t)count * PAGE;
	char *away = aside + (size_t)slice * TABLE * PAGE;

	/* Linux may have more than one area there, and refuses to move those. */
	if (mremap(at(first), len, len, MREMAP_MAYMOVE | MREMAP_FIXED, away) != away) {
		CHECK_EQ(errno, EFAULT);
		return;
	}
	CHECK_EQ(*(volatile uint64_t *)(away + PAGE - 8), record[first].now);
	CHECK(mremap(away, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, at(first)) == at(first));
}

static void change_mappings(int slice, int first, int count)
{
	size_t len = (size_t)count * PAGE;

	busy[slice] = true;
	switch (pick(6)) {
	case 0:
		CHECK_EQ(munmap(at(first), len), 0);
		pages_record(first, count, ABSENT);
		break;
	case 1:
		map_fresh(first, count);
		break;
	case 2:
		if (!all_present(first, count))
			break;
		CHECK_EQ(madvise(at(first), len, MADV_DONTNEED), 0);
		pages_record(first, count, ZERO);
		break;
	case 3:
		if (!all_present(first, count))
			break;
		CHECK_EQ(mprotect(at(first), len, pick(2) ? PROT_READ : PROT_NONE), 0);
		CHECK_EQ(mprotect(at(first), len, PROT_READ | PROT_WRITE), 0);
		break;
	case 4:
		if (all_present(first, count))
			move_and_back(slice, first, count);
		break;
	case 5:
		if (!all_present(first, count))
			break;
		CHECK_EQ(madvise(at(first), len, pick(2) ? MADV_DONTFORK : MADV_WIPEONFORK), 0);
		CHECK_EQ(madvise(at(first), len, MADV_DOFORK), 0);
		CHECK_EQ(madvise(at(first), len, MADV_KEEPONFORK), 0);
		break;
	}
	busy[slice] = false;
}

/* 0, or what is wrong with how a child ended. */
static int end_of(int status)
{
	common->processes--;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return 0;
	return status;
}

static void reap(bool all)
{
	int status;

	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = children[i];

		if (!pid)
			continue;
		if (pick(8) == 0)
			kill(pid, SIGKILL);
		pid_t got = waitpid(pid, &status, all ? 0 : WNOHANG);
		if (got == 0)
			continue;
		CHECK_EQ(got, pid);
		children[i] = 0;
		if (end_of(status))
			FAIL("a child ended with wait status %#x; repeat: cow_torture %u %u",
			     status, seconds, seed);
	}
}

static void child_main(int slice, int depth) __attribute__((noreturn));

static void fork_one(int slice, int depth)
{
	int i = 0;

	while (i < CHILDREN && children[i])
		i++;
	if (i == CHILDREN || depth == DEPTH)
		return;
	if (common->processes++ >= common->limit) {
		common->processes--;
		return;
	}
	uint64_t number = common->forks++;
	pid_t pid = fork();
	if (!pid) {
		random_state = seed * 1000003ULL + number;
		child_main(slice, depth + 1);
	}
	if (pid < 0) {
		common->processes--;
		CHECK(errno == EAGAIN || errno == ENOMEM);
		return;
	}
	children[i] = pid;
}

/* A file that is shown privately shrinks and grows again, while parent and child show the same
 * tables of it; each keeps its copies and what is left of the file. */
static void cut_file(int slice)
{
	char *at = files + (size_t)slice * TABLE * PAGE;
	int fd = memfd_create("cow", MFD_CLOEXEC);
	char letter = 'a' + pick(26);

	CHECK(fd >= 0);
	for (int i = 0; i < FILE_PAGES; i++)
		CHECK_EQ(pwrite(fd, &letter, 1, i * PAGE), 1);
	CHECK(mmap(at, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
	      at);
	for (int i = 0; i < FILE_PAGES; i++)
		CHECK_EQ(at[i * PAGE], letter);
	at[3 * PAGE] = 'A';
	pid_t pid = fork();
	CHECK(pid >= 0);
	for (int round = 0; round < 3; round++) {
		if (pid) {
			CHECK_EQ(ftruncate(fd, FILE_PAGES / 2 * PAGE), 0);
			CHECK_EQ(ftruncate(fd, FILE_PAGES * PAGE), 0);
			CHECK_EQ(at[(FILE_PAGES - 1) * PAGE], 0);
		} else if (round == 1) {
			at[5 * PAGE] = 'B';
		}
		for (int i = 6; i < FILE_PAGES / 2; i++)
			CHECK_EQ(at[i * PAGE], letter);
		CHECK_EQ(at[3 * PAGE], 'A');
	}
	CHECK_EQ(at[5 * PAGE], pid ? letter : 'B');
	if (!pid)
		_exit(0);
	CHECK_EXITED(pid, 0);
	CHECK(mmap(at, FILE_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		   0) == at);
	close(fd);
}

static void exec_one(void)
{
	pid_t pid = pick(2) ? fork() : vfork();

	CHECK(pid >= 0);
	if (!pid) {
		execl("/proc/self/exe", "cow_torture", "--quit", (char *)NULL);
		_exit(1);
	}
	CHECK_EXITED(pid, 0);
}

static void work(int slice, int depth, int steps)
{
	while (steps-- > 0 && now_ms() < end_ms) {
		int first = slice * SLICE + pick(SLICE);
		int count = 1 + pick(pick(4) ? 20 : SLICE);

		if (first + count > (slice + 1) * SLICE)
			count = (slice + 1) * SLICE - first;
		switch (pick(10)) {
		case 0 ... 3:
			for (int i = first; i < first + count; i++)
				if (record[i].now != ABSENT)
					page_write(i);
			break;
		case 4 ... 5:
			for (int i = first; i < first + count; i++)
				page_check(i);
			break;
		case 6 ... 7:
			change_mappings(slice, first, count);
			break;
		case 8:
			fork_one(slice, depth);
			break;
		case 9:
			if (pick(4) == 0)
				exec_one();
			if (pick(4) == 0)
				cut_file(slice);
			reap(false);
			break;
		}
	}
	reap(true);
	for (int i = slice * SLICE; i < (slice + 1) * SLICE; i++)
		page_check(i);
}

struct job {
	int slice, depth, steps;
	uint64_t random;
};

static void *thread_main(void *arg)
{
	struct job *job = arg;

	random_state = job->random;
	memset(children, 0, sizeof(children));
	work(job->slice, job->depth, job->steps);
	return NULL;
}

/* Not from mmap: it could choose a place where a slice has a hole at the moment. A process uses
 * those of its depth, so that it does not use the one its own first thread may have run on. */
static char stacks[DEPTH + 1][SLICES][STACK] __attribute__((aligned(4096)));

/* One to three threads, each in its slice. */
static void crowd(int depth, int steps)
{
	pthread_attr_t attr;
	struct job job[SLICES];
	pthread_t thread[SLICES];
	int threads = 1 + pick(SLICES);

	for (int i = 1; i < threads; i++) {
		job[i] = (struct job){ i, depth, steps, random_state + i };
		pthread_attr_init(&attr);
		CHECK_EQ(pthread_attr_setstack(&attr, stacks[depth][i], STACK), 0);
		CHECK_EQ(pthread_create(&thread[i], &attr, thread_main, &job[i]), 0);
	}
	work(0, depth, steps);
	for (int i = 1; i < threads; i++)
		CHECK_EQ(pthread_join(thread[i], NULL), 0);
}

/* What another thread was about to write at the moment of the fork may be there or not. */
static void page_settle(int page)
{
	uint64_t now = record[page].now, next = record[page].next;

	if (now == ABSENT)
		return;
	for (int which = 0; which < 2; which++)
		if (*word(page, which) != now && *word(page, which) != next)
			FAIL("page %d, word %d is %#lx, neither %#lx nor %#lx, in the new process "
			     "%d; seed %u", page, which, (long)*word(page, which), (long)now,
			     (long)next, getpid(), seed);
	if (now != next || *word(page, 0) != *word(page, 1))
		page_write(page);
}

/* The slice of who forked is as its record says; others may be in the middle of something. */
static void child_main(int slice, int depth)
{
	memset(children, 0, sizeof(children));
	for (int other = 0; other < SLICES; other++) {
		CHECK(mmap(aside + (size_t)other * TABLE * PAGE, SLICE * PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
		if (other != slice && busy[other])
			map_fresh(other * SLICE, SLICE);
		busy[other] = false;
		for (int i = other * SLICE; i < (other + 1) * SLICE; i++) {
			if (other == slice)
				page_check(i);
			else
				page_settle(i);
		}
	}
	crowd(depth, 1 + pick(40));
	switch (pick(3)) {
	case 0:
		execl("/proc/self/exe", "cow_torture", "--quit", (char *)NULL);
		_exit(1);
	case 1:
		kill(getpid(), SIGKILL);
	}
	_exit(0);
}

/* --- the run ---------------------------------------------------------------------------------- */

static void tables_check(void)
{
	char text[1000];

	if (check_fd < 0)
		return;
	CHECK_EQ(pwrite(check_fd, "1", 1, 0), 1);
	CHECK(read_file("/proc/sys/pando/check", text, sizeof(text)) > 0);
	if (!strstr(text, "disagreements 0\n"))
		FAIL("page tables disagree with counts: %s", text);
}

static char *reserve(size_t tables)
{
	size_t span = TABLE * PAGE;
	char *room = mmap(NULL, (tables + 1) * span, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(room != MAP_FAILED);
	return (char *)(((uintptr_t)room + span - 1) & ~(span - 1));
}

static void worker(int number)
{
	random_state = seed * 7919ULL + number;
	area = reserve(4) + SKEW * PAGE;
	aside = reserve(SLICES);
	files = reserve(SLICES);
	map_fresh(0, PAGES);
	while (now_ms() < end_ms)
		crowd(0, 50);
	_exit(0);
}

static void torture(unsigned for_seconds)
{
	int count = (int)sysconf(_SC_NPROCESSORS_ONLN), failed = 0, status = 0;

	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	CHECK(common != MAP_FAILED);
	common->limit = 6 * count < 30 ? 6 * count : 30;
	end_ms = now_ms() + for_seconds * 1000LL;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			worker(i);
	}
	/* Orphans end here too. */
	for (int64_t next = now_ms() + 500;;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0)
			break;
		if (pid > 0) {
			failed |= end_of(status);
			continue;
		}
		sleep_ms(5);
		if (now_ms() > next) {
			tables_check();
			next = now_ms() + 500;
		}
	}
	if (failed)
		FAIL("a process ended with wait status %#x; repeat: cow_torture %u %u", failed,
		     seconds, seed);
	tables_check();
	munmap(common, sizeof(*common));
}

TEST(everybody_keeps_their_view)
{
	torture(seconds);
}

static void short_torture(void)
{
	torture(seconds > 20 ? 3 : 1);
}

TEST(nothing_is_left)
{
	if (!objects_check(short_torture))
		SKIP("the kernel does not count its objects");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--quit"))
		return 0;
	check_fd = open("/proc/sys/pando/check", O_WRONLY | O_CLOEXEC);
	seconds = abi_option(argc, argv, 1, "SECONDS", 3);
	seed = abi_option(argc, argv, 2, "SEED", 1);
	abi_print("cow_torture: %u seconds, seed %u", seconds, seed);
	return abi_main(1, argv);
}

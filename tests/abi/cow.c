/*
 * cow.c: what parent, child and grandchild see of each other's memory after fork: nothing. With
 * memory in large areas, so that a kernel which shares page tables after fork shares some here, and
 * with changes that go through the middle of them.
 *
 * On a kernel that can check its page tables (/proc/sys/pando/check) the last test has it do so.
 */
#define ABI_TIMEOUT 30
#include "tests/abi/abi.h"
#include <pthread.h>
#include <sys/uio.h>

enum { PAGE = 4096, TABLE = 512, PAGES = 3 * TABLE };

static char *area; /* PAGES pages, aligned to what one page table maps */

static char *map_aligned(size_t pages, int flags, int fd)
{
	size_t span = TABLE * PAGE;
	char *room = mmap(NULL, pages * PAGE + span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(room != MAP_FAILED);
	char *at = (char *)(((uintptr_t)room + span - 1) & ~(span - 1));
	CHECK_EQ(munmap(room, pages * PAGE + span), 0);
	CHECK(mmap(at, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) == at);
	return at;
}

/* A page says who wrote it and which one it is. */
static void page_write(size_t page, int who)
{
	*(uint64_t *)(area + page * PAGE) = (uint64_t)who << 32 | page;
	*(uint64_t *)(area + page * PAGE + PAGE - 8) = ~((uint64_t)who << 32 | page);
}

static void page_check(size_t page, int who)
{
	CHECK_EQ(*(uint64_t *)(area + page * PAGE), (uint64_t)who << 32 | page);
	CHECK_EQ(*(uint64_t *)(area + page * PAGE + PAGE - 8), ~((uint64_t)who << 32 | page));
}

static void fill(size_t first, size_t count, int who)
{
	for (size_t i = first; i < first + count; i++)
		page_write(i, who);
}

static void check(size_t first, size_t count, int who)
{
	for (size_t i = first; i < first + count; i++)
		page_check(i, who);
}

static void check_zero(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		CHECK_EQ(*(uint64_t *)(area + i * PAGE), 0);
}

static void start(void)
{
	area = map_aligned(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	fill(0, PAGES, 1);
}

/* Two pipes by which parent and child take turns. */
static int to_child[2], to_parent[2];

static void turns_begin(void)
{
	CHECK_EQ(pipe(to_child), 0);
	CHECK_EQ(pipe(to_parent), 0);
}

static void turn_give(int fds[2])
{
	CHECK_EQ(write(fds[1], "x", 1), 1);
}

static void turn_take(int fds[2])
{
	char c;

	CHECK_EQ(read(fds[0], &c, 1), 1);
}

TEST(child_writes_parent_keeps)
{
	start();
	IN_CHILD(check(0, PAGES, 1); fill(0, PAGES, 2); check(0, PAGES, 2));
	check(0, PAGES, 1);
	fill(0, PAGES, 3);
	check(0, PAGES, 3);
}

TEST(parent_writes_child_keeps)
{
	start();
	turns_begin();
	pid_t pid = fork();
	if (!pid) {
		turn_take(to_child);
		check(0, PAGES, 1);
		_exit(0);
	}
	fill(0, PAGES, 2);
	turn_give(to_child);
	CHECK_EXITED(pid, 0);
	check(0, PAGES, 2);
}

TEST(child_reads_then_parent_writes)
{
	start();
	turns_begin();
	pid_t pid = fork();
	if (!pid) {
		check(0, PAGES, 1);
		turn_give(to_parent);
		turn_take(to_child);
		check(0, PAGES, 1);
		fill(5, 1, 2);
		check(0, 5, 1);
		check(6, PAGES - 6, 1);
		_exit(0);
	}
	turn_take(to_parent);
	check(0, PAGES, 1);
	fill(0, PAGES, 3);
	turn_give(to_child);
	CHECK_EXITED(pid, 0);
	check(0, PAGES, 3);
}

TEST(grandchild_outlives_child)
{
	start();
	turns_begin();
	pid_t pid = fork();
	if (!pid) {
		page_write(700, 2);
		if (!fork()) {
			turn_take(to_child);
			check(0, 700, 1);
			page_check(700, 2);
			check(701, PAGES - 701, 1);
			fill(0, PAGES, 4);
			check(0, PAGES, 4);
			turn_give(to_parent);
			_exit(0);
		}
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	page_write(700, 3);
	turn_give(to_child);
	turn_take(to_parent);
	check(0, 700, 1);
	page_check(700, 3);
	check(701, PAGES - 701, 1);
}

TEST(forks_one_after_the_other)
{
	start();
	for (int round = 0; round < 20; round++) {
		IN_CHILD(check(0, PAGES, 1); page_write(round * 31, 9));
		if (round % 3 == 0)
			IN_CHILD(_exit(0));
	}
	check(0, PAGES, 1);
}

TEST(chain_of_forks)
{
	start();
	for (int depth = 0; depth < 12; depth++) {
		pid_t pid = fork();
		if (pid) {
			CHECK_EXITED(pid, 0);
			for (int i = 0; i < PAGES; i++)
				page_check(i, i % 100 < depth ? i % 100 + 10 : 1);
			_exit(0);
		}
		for (int i = depth; i < PAGES; i += 100)
			page_write(i, depth + 10);
	}
}

/* What each changes in its own view through the middle of the tables; the others don't notice. */
#define VIEWS(change_in_child)                                                                 \
	do {                                                                                   \
		start();                                                                       \
		turns_begin();                                                                 \
		pid_t pid = fork();                                                            \
		if (!pid) {                                                                    \
			pid_t grandchild = fork();                                             \
			if (!grandchild) {                                                     \
				turn_take(to_child);                                           \
				check(0, PAGES, 1);                                            \
				fill(0, PAGES, 3);                                             \
				check(0, PAGES, 3);                                            \
				_exit(0);                                                      \
			}                                                                      \
			change_in_child;                                                       \
			turn_give(to_parent);                                                  \
			CHECK_EXITED(grandchild, 0);                                           \
			_exit(0);                                                              \
		}                                                                              \
		turn_take(to_parent);                                                          \
		check(0, PAGES, 1);                                                            \
		turn_give(to_child);                                                           \
		CHECK_EXITED(pid, 0);                                                          \
		check(0, PAGES, 1);                                                            \
		fill(0, PAGES, 5);                                                             \
		check(0, PAGES, 5);                                                            \
	} while (0)

TEST(unmap_in_the_middle)
{
	VIEWS({
		CHECK_EQ(munmap(area + 300 * PAGE, 10 * PAGE), 0);
		CHECK_EQ(fault_of(area + 305 * PAGE, false), SIGSEGV);
		check(0, 300, 1);
		check(310, PAGES - 310, 1);
		fill(0, 300, 2);
		check(310, PAGES - 310, 1);
	});
}

TEST(unmap_across_tables)
{
	VIEWS({
		CHECK_EQ(munmap(area + 300 * PAGE, 900 * PAGE), 0);
		CHECK_EQ(fault_of(area + 700 * PAGE, true), SIGSEGV);
		check(0, 300, 1);
		check(1200, PAGES - 1200, 1);
		fill(1200, 10, 2);
		check(1210, PAGES - 1210, 1);
	});
}

TEST(unmap_all)
{
	VIEWS({
		CHECK_EQ(munmap(area, PAGES * PAGE), 0);
		CHECK_EQ(fault_of(area, false), SIGSEGV);
		CHECK_EQ(fault_of(area + (PAGES - 1) * PAGE, true), SIGSEGV);
	});
}

TEST(unmap_in_parent)
{
	start();
	turns_begin();
	pid_t pid = fork();
	if (!pid) {
		turn_take(to_child);
		check(0, PAGES, 1);
		fill(0, PAGES, 2);
		check(0, PAGES, 2);
		_exit(0);
	}
	CHECK_EQ(munmap(area, (TABLE + 7) * PAGE), 0);
	check(TABLE + 7, PAGES - TABLE - 7, 1);
	turn_give(to_child);
	CHECK_EXITED(pid, 0);
	check(TABLE + 7, PAGES - TABLE - 7, 1);
}

TEST(protect_in_the_middle)
{
	VIEWS({
		CHECK_EQ(mprotect(area + 100 * PAGE, 600 * PAGE, PROT_READ), 0);
		CHECK_EQ(fault_of(area + 650 * PAGE, true), SIGSEGV);
		check(0, PAGES, 1);
		CHECK_EQ(mprotect(area + 650 * PAGE, PAGE, PROT_NONE), 0);
		CHECK_EQ(fault_of(area + 650 * PAGE, false), SIGSEGV);
		CHECK_EQ(mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE), 0);
		check(0, PAGES, 1);
		fill(0, PAGES, 2);
		check(0, PAGES, 2);
	});
}

TEST(forbidden_pages_are_inherited)
{
	start();
	CHECK_EQ(mprotect(area + 10 * PAGE, 700 * PAGE, PROT_NONE), 0);
	IN_CHILD({
		CHECK_EQ(fault_of(area + 10 * PAGE, false), SIGSEGV);
		CHECK_EQ(fault_of(area + 709 * PAGE, true), SIGSEGV);
		CHECK_EQ(mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE), 0);
		check(0, PAGES, 1);
		fill(0, PAGES, 2);
	});
	CHECK_EQ(fault_of(area + 600 * PAGE, false), SIGSEGV);
	CHECK_EQ(mprotect(area, PAGES * PAGE, PROT_READ), 0);
	check(0, PAGES, 1);
}

TEST(move_out_of_the_middle)
{
	VIEWS({
		char *to = mmap(NULL, 600 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *from = area;
		CHECK(mremap(area + 200 * PAGE, 600 * PAGE, 600 * PAGE,
			     MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
		CHECK_EQ(fault_of(area + 799 * PAGE, false), SIGSEGV);
		check(0, 200, 1);
		check(800, PAGES - 800, 1);
		area = to - 200 * PAGE;
		check(200, 600, 1);
		fill(200, 600, 2);
		area = from;
	});
}

TEST(move_whole_tables)
{
	VIEWS({
		char *from = area;
		area = map_aligned(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		fill(0, PAGES, 7);
		CHECK(mremap(from, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			     area) == area);
		check(0, PAGES, 1);
		fill(0, PAGES, 2);
		check(0, PAGES, 2);
		CHECK_EQ(fault_of(from, false), SIGSEGV);
		area = from;
	});
}

TEST(moved_then_forked)
{
	start();
	char *to = map_aligned(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK(mremap(area, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	area = to;
	IN_CHILD(check(0, PAGES, 1); fill(0, PAGES, 2));
	check(0, PAGES, 1);
}

TEST(shrink_and_grow)
{
	VIEWS({
		CHECK(mremap(area, PAGES * PAGE, 700 * PAGE, 0) == area);
		CHECK_EQ(fault_of(area + 700 * PAGE, false), SIGSEGV);
		CHECK(mremap(area, 700 * PAGE, 1000 * PAGE, 0) == area);
		check(0, 700, 1);
		check_zero(700, 300);
		fill(0, 1000, 2);
	});
}

TEST(dontneed_in_the_middle)
{
	VIEWS({
		CHECK_EQ(madvise(area + 5 * PAGE, 1000 * PAGE, MADV_DONTNEED), 0);
		check(0, 5, 1);
		check_zero(5, 1000);
		check(1005, PAGES - 1005, 1);
		fill(0, PAGES, 2);
		check(0, PAGES, 2);
	});
}

TEST(map_over_the_middle)
{
	VIEWS({
		CHECK(mmap(area + 400 * PAGE, 300 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area + 400 * PAGE);
		check(0, 400, 1);
		check_zero(400, 300);
		check(700, PAGES - 700, 1);
		fill(400, 300, 2);
		check(0, 400, 1);
	});
}

TEST(map_beside_pages_in_a_table)
{
	area = map_aligned(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_EQ(munmap(area + 300 * PAGE, 100 * PAGE), 0);
	fill(0, 300, 1);
	fill(400, PAGES - 400, 1);
	turns_begin();
	pid_t pid = fork();
	if (!pid) {
		CHECK(mmap(area + 300 * PAGE, 100 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area + 300 * PAGE);
		check_zero(300, 50);
		fill(300, 100, 2);
		turn_give(to_parent);
		turn_take(to_child);
		check(0, 300, 1);
		check(300, 100, 2);
		_exit(0);
	}
	turn_take(to_parent);
	CHECK_EQ(fault_of(area + 310 * PAGE, false), SIGSEGV);
	check(0, 300, 1);
	fill(0, 300, 3);
	turn_give(to_child);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(fault_of(area + 310 * PAGE, true), SIGSEGV);
}

TEST(break_moves)
{
	char *low = (char *)(((uintptr_t)sbrk(0) + PAGE - 1) & -(uintptr_t)PAGE);
	CHECK_EQ(brk(low + PAGES * PAGE), 0);
	area = low;
	fill(0, PAGES, 1);
	turns_begin();
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(brk(low + 700 * PAGE), 0);
		check(0, 700, 1);
		CHECK_EQ(brk(low + 900 * PAGE), 0);
		check_zero(700, 200);
		fill(0, 900, 2);
		turn_give(to_parent);
		turn_take(to_child);
		check(0, 900, 2);
		_exit(0);
	}
	turn_take(to_parent);
	check(0, PAGES, 1);
	fill(0, PAGES, 3);
	turn_give(to_child);
	CHECK_EXITED(pid, 0);
	check(0, PAGES, 3);
}

TEST(dontfork_in_the_middle)
{
	start();
	CHECK_EQ(madvise(area + 600 * PAGE, 20 * PAGE, MADV_DONTFORK), 0);
	IN_CHILD({
		CHECK_EQ(fault_of(area + 600 * PAGE, false), SIGSEGV);
		CHECK_EQ(fault_of(area + 619 * PAGE, true), SIGSEGV);
		check(0, 600, 1);
		check(620, PAGES - 620, 1);
		fill(0, 600, 2);
	});
	check(0, PAGES, 1);
	CHECK_EQ(madvise(area, PAGES * PAGE, MADV_DOFORK), 0);
	IN_CHILD(check(0, PAGES, 1); fill(0, PAGES, 2));
	check(0, PAGES, 1);
}

TEST(wipeonfork_in_the_middle)
{
	start();
	CHECK_EQ(madvise(area + 600 * PAGE, 20 * PAGE, MADV_WIPEONFORK), 0);
	IN_CHILD({
		check(0, 600, 1);
		check_zero(600, 20);
		check(620, PAGES - 620, 1);
		fill(0, PAGES, 2);
		IN_CHILD(check(0, 600, 2); check_zero(600, 20));
	});
	check(0, PAGES, 1);
}

/* The table is shared already when the child sets what only its own child is to miss. */
TEST(dontfork_under_a_shared_table)
{
	start();
	IN_CHILD({
		check(0, PAGES, 1);
		CHECK_EQ(madvise(area + 10 * PAGE, 20 * PAGE, MADV_DONTFORK), 0);
		IN_CHILD({
			CHECK_EQ(fault_of(area + 10 * PAGE, false), SIGSEGV);
			check(30, PAGES - 30, 1);
			fill(30, 100, 3);
		});
		check(0, PAGES, 1);
		fill(0, PAGES, 2);
	});
	check(0, PAGES, 1);
}

TEST(shared_memory_stays_shared)
{
	area = map_aligned(PAGES, MAP_SHARED | MAP_ANONYMOUS, -1);
	fill(0, PAGES, 1);
	CHECK(mmap(area + 200 * PAGE, 600 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area + 200 * PAGE);
	fill(200, 600, 1);
	IN_CHILD(check(0, PAGES, 1); fill(0, PAGES, 2));
	check(0, 200, 2);
	check(200, 600, 1);
	check(800, PAGES - 800, 2);
}

static int pattern_file(void)
{
	static char page[PAGE];

	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK(fd >= 0);
	for (int i = 0; i < PAGES; i++) {
		memset(page, 'a' + i % 26, PAGE);
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	}
	return fd;
}

TEST(private_file_pages)
{
	int fd = pattern_file();

	area = map_aligned(PAGES, MAP_PRIVATE, fd);
	for (int i = 0; i < PAGES; i += 2)
		CHECK_EQ(area[i * PAGE], 'a' + i % 26);
	for (int i = 0; i < PAGES; i += 5)
		page_write(i, 1);
	IN_CHILD({
		for (int i = 0; i < PAGES; i++) {
			if (i % 5 == 0)
				page_check(i, 1);
			else
				CHECK_EQ(area[i * PAGE], 'a' + i % 26);
		}
		fill(0, PAGES, 2);
	});
	for (int i = 0; i < PAGES; i++) {
		if (i % 5 == 0)
			page_check(i, 1);
		else
			CHECK_EQ(area[i * PAGE], 'a' + i % 26);
	}
}

/* The file shrinks while tables that show it are shared by three, and one of them has a copy. */
TEST(file_is_cut_under_shared_tables)
{
	int fd = pattern_file();

	area = map_aligned(PAGES, MAP_PRIVATE, fd);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(area[i * PAGE], 'a' + i % 26);
	page_write(530, 1);
	turns_begin();
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(area[5 * PAGE], 'f');
		page_write(540, 2);
		pid_t grandchild = fork();
		if (grandchild)
			turn_give(to_parent);
		turn_take(to_child);
		CHECK_EQ(fault_of(area + 700 * PAGE, false), SIGBUS);
		CHECK_EQ(fault_of(area + 1200 * PAGE, true), SIGBUS);
		page_check(530, 1);
		page_check(540, 2);
		CHECK_EQ(area[100 * PAGE], 'a' + 100 % 26);
		if (grandchild)
			CHECK_EXITED(grandchild, 0);
		_exit(0);
	}
	turn_take(to_parent);
	CHECK_EQ(ftruncate(fd, 550 * PAGE), 0);
	CHECK_EQ(fault_of(area + 550 * PAGE, false), SIGBUS);
	CHECK_EQ(fault_of(area + 600 * PAGE, false), SIGBUS);
	turn_give(to_child);
	turn_give(to_child);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(area[549 * PAGE], 'a' + 549 % 26);
	CHECK_EQ(area[540 * PAGE], 'a' + 540 % 26);
	page_check(530, 1);
}

TEST(zero_pages_become_own)
{
	area = map_aligned(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	check_zero(0, PAGES);
	IN_CHILD(check_zero(0, PAGES); fill(0, PAGES, 2); check(0, PAGES, 2));
	check_zero(0, PAGES);
	fill(0, PAGES, 1);
	check(0, PAGES, 1);
}

static _Atomic bool stop_writing;

static void *writer(void *arg)
{
	size_t first = (size_t)arg;

	for (int round = 2; !stop_writing; round++) {
		fill(first, 64, round);
		check(first, 64, round);
	}
	return NULL;
}

/* A fork is a moment: in the child the pages of each thread are of one round, the next, and one
 * that is half written. */
TEST(threads_write_while_forking)
{
	pthread_t thread[4];

	start();
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, writer, (void *)(i * 400L)), 0);
	for (int round = 0; round < 4; round++) {
		pid_t pid = fork();
		if (!pid) {
			for (size_t i = 0; i < 4; i++) {
				uint64_t first = *(uint64_t *)(area + i * 400 * PAGE) >> 32;
				uint64_t last = *(uint64_t *)(area + (i * 400 + 63) * PAGE) >> 32;
				CHECK(last == first || last + 1 == first);
			}
			for (size_t i = 64; i < 400; i++)
				page_check(i, 1);
			fill(0, PAGES, 999);
			check(0, PAGES, 999);
			_exit(0);
		}
		CHECK(pid > 0);
		CHECK_EXITED(pid, 0);
	}
	stop_writing = true;
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	check(64, 336, 1);
}

enum { STEP = 64 }; /* in an emulator a shoot-down takes long: not all pages */

static void *touch_some(void *arg)
{
	size_t self = (size_t)arg;

	for (size_t i = self; i < PAGES; i += STEP) {
		page_check(i, 1);
		page_write(i, 20 + self);
	}
	for (size_t i = self; i < PAGES; i += STEP)
		page_check(i, 20 + self);
	return NULL;
}

static void touch_with_threads(void)
{
	pthread_t thread[8];

	for (size_t i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, touch_some, (void *)i), 0);
	for (size_t i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < PAGES; i++)
		page_check(i, i % STEP < 8 ? 20 + i % STEP : 1);
}

TEST(threads_fault_on_shared_tables)
{
	pid_t pid[3];

	start();
	for (int i = 0; i < 3; i++)
		if (!(pid[i] = fork())) {
			touch_with_threads();
			_exit(0);
		}
	check(0, PAGES, 1);
	for (int i = 0; i < 3; i++)
		CHECK_EXITED(pid[i], 0);
	check(0, PAGES, 1);
}

TEST(exec_and_kill_give_tables_back)
{
	start();
	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();
		if (!pid) {
			page_write(i * 300, 2);
			dup2(open("/dev/null", O_WRONLY), 1);
			execl("/proc/self/exe", "cow", "--list", (char *)NULL);
			_exit(1);
		}
		pid_t other = fork();
		if (!other) {
			page_write(i * 301, 3);
			for (;;)
				pause();
		}
		sleep_ms(5);
		kill(other, SIGKILL);
		wait_status(other);
		kill(pid, SIGKILL);
		wait_status(pid);
		page_write(i, 1);
	}
	check(0, PAGES, 1);
}

TEST(vfork_writes_through)
{
	start();
	IN_CHILD({
		pid_t pid = vfork();
		if (!pid) {
			page_write(700, 2);
			_exit(0);
		}
		CHECK_EXITED(pid, 0);
		page_check(700, 2);
		check(701, PAGES - 701, 1);
	});
	check(0, PAGES, 1);
}

TEST(kernel_writes_into_shared_tables)
{
	int fds[2];

	start();
	CHECK_EQ(pipe(fds), 0);
	IN_CHILD({
		static char text[PAGE];
		memset(text, 'r', PAGE);
		CHECK_EQ(write(fds[1], text, PAGE), PAGE);
		CHECK_EQ(read(fds[0], area + 900 * PAGE, PAGE), PAGE);
		CHECK_EQ(area[900 * PAGE + 17], 'r');
	});
	check(0, PAGES, 1);
}

static long status_kb(const char *name)
{
	static char text[8192];

	CHECK(read_file("/proc/self/status", text, sizeof(text)) > 0);
	char *line = strstr(text, name);
	CHECK(line != NULL);
	return strtol(line + strlen(name), NULL, 10);
}

/* Pages that are shared through a table are resident in each who shares it. */
TEST(resident_pages_are_counted)
{
	start();
	long before = status_kb("RssAnon:");
	CHECK(before >= PAGES * 4);
	IN_CHILD({
		CHECK(labs(status_kb("RssAnon:") - before) < 1200);
		CHECK_EQ(munmap(area, TABLE * PAGE), 0);
		CHECK(labs(status_kb("RssAnon:") - before + TABLE * 4) < 1200);
		page_write(TABLE + 9, 2);
		CHECK_EQ(munmap(area + TABLE * PAGE, TABLE * PAGE), 0);
		CHECK(labs(status_kb("RssAnon:") - before + 2 * TABLE * 4) < 1200);
		CHECK(status_kb("VmHWM:") >= before);
	});
	CHECK(labs(status_kb("RssAnon:") - before) < 1200);
}

TEST(z_tables_are_in_order)
{
	char text[1000];
	int fd = open("/proc/sys/pando/check", O_WRONLY);

	if (fd < 0)
		SKIP("this kernel has no checker");
	CHECK_EQ(write(fd, "1", 1), 1);
	CHECK(read_file("/proc/sys/pando/check", text, sizeof(text)) > 0);
	CHECK(strstr(text, "disagreements 0\n") != NULL);
}

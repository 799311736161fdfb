/*
 * scale.c: many threads in one process, and many processes, all alive at once, and then all gone.
 *
 * THREADS and PROCESSES (environment, so words of the kernel's command line) say how many; 300 and
 * 150 if not given. `make scale` asks for 10,000 and 5,000 on a machine of 1 GiB.
 *
 * Where a limit is in the way root raises it as one does on Linux: RLIMIT_NPROC, threads-max and
 * pid_max under /proc/sys/kernel. Each thread is a raw clone with the flags of pthread_create on a
 * stack of one page; each process is a fork. They sleep until all have been counted. What one costs
 * is MemFree before, less MemFree while all are alive; it is printed, with the time that they took
 * to come and to go, and not judged. When all are gone, so must be what they had: the kernel's
 * counts of objects are where they were, but for what it keeps at hand.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 1000
#include "tests/abi/clone_observe.h"
#include "tests/abi/objects.h"
#include <linux/futex.h>
#include <sys/resource.h>

enum { STACK = 4096, PATIENCE_MS = 300000 };

#define A_PTHREAD                                                                                  \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |        \
	 CLONE_SETTLS | CLONE_CHILD_CLEARTID)

static int threads_wanted, processes_wanted;

/* In memory that processes share too. */
static struct common {
	_Atomic int alive;
	_Atomic int go; /* futex */
} *common;

static long meminfo_kb(const char *name)
{
	char text[4000], *at;

	CHECK(read_file("/proc/meminfo", text, sizeof(text)) > 0);
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

static void number_raise(const char *path, long wanted)
{
	char text[32];

	CHECK(read_file(path, text, sizeof(text)) > 0);
	if (strtol(text, NULL, 10) >= wanted)
		return;
	snprintf(text, sizeof(text), "%ld", wanted);
	write_file(path, text, strlen(text));
}

static void prepare(int wanted)
{
	struct rlimit many = { 4 * wanted, 4 * wanted };

	CHECK_EQ(setrlimit(RLIMIT_NPROC, &many), 0);
	number_raise("/proc/sys/kernel/threads-max", 2 * wanted);
	number_raise("/proc/sys/kernel/pid_max", 3 * wanted);
	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	CHECK(common != MAP_FAILED);
}

static void stand(void)
{
	common->alive++;
	while (!common->go)
		RAW(SYS_futex, &common->go, FUTEX_WAIT, 0, NULL);
}

static void thread(void *unused)
{
	(void)unused;
	stand();
	for (;;)
		RAW(SYS_exit, 0);
}

/* All have come: says what each costs. */
static void tell(const char *what, int wanted, long free_kb, int64_t since_ms)
{
	int64_t late = now_ms() + PATIENCE_MS;

	while (common->alive < wanted && now_ms() < late)
		sleep_ms(5);
	CHECK_EQ(common->alive, wanted);
	free_kb -= meminfo_kb("MemFree:");
	abi_print("scale: %d %s alive after %ld ms, %ld bytes each", wanted, what,
		  (long)(now_ms() - since_ms), free_kb * 1024 / wanted);
}

static int64_t let_go(int wanted)
{
	int64_t since = now_ms();

	common->go = 1;
	RAW(SYS_futex, &common->go, FUTEX_WAKE, wanted);
	return since;
}

static void threads_stand(void)
{
	size_t len = (size_t)threads_wanted * STACK;
	int *gone = calloc(threads_wanted, sizeof(*gone)); /* cleared, and woken, at an end */
	char *stacks = mmap(NULL, len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	long free_kb = meminfo_kb("MemFree:");
	int64_t since = now_ms();

	CHECK(gone && stacks != MAP_FAILED);
	for (int i = 0; i < threads_wanted; i++) {
		long args[5] = { A_PTHREAD, (long)(stacks + (size_t)(i + 1) * STACK), 0,
				 (long)__builtin_thread_pointer(), (long)&gone[i] };

		gone[i] = 1;
		CHECK(raw_clone(SYS_clone, args, thread, NULL) > 0);
	}
	tell("threads", threads_wanted, free_kb, since);
	since = let_go(threads_wanted);
	for (int i = 0; i < threads_wanted; i++)
		while (*(volatile int *)&gone[i])
			RAW(SYS_futex, &gone[i], FUTEX_WAIT, 1, NULL);
	abi_print("scale: threads gone after %ld ms", (long)(now_ms() - since));
}

static void processes_stand(void)
{
	long free_kb = meminfo_kb("MemFree:");
	int64_t since = now_ms();

	for (int i = 0; i < processes_wanted; i++) {
		pid_t pid = fork();

		if (!pid) {
			stand();
			_exit(0);
		}
		CHECK(pid > 0);
	}
	tell("processes", processes_wanted, free_kb, since);
	since = let_go(processes_wanted);
	for (int i = 0; i < processes_wanted; i++)
		CHECK(wait(NULL) > 0);
	abi_print("scale: processes gone after %ld ms", (long)(now_ms() - since));
}

/*
 * What harts keep at hand once caches have been dropped: a few objects of each slab cache, and
 * kernel stacks. A tenth of what has been is far above that with full numbers, and far below what
 * would stay if something were forgotten with each task.
 */
static void check_gone(const struct objects *before, int wanted)
{
	static struct objects after;
	long slack = 400 + wanted / 10;

	write_file("/proc/sys/vm/drop_caches", "3", 1);
	if (!before->count || !objects_settle(&after))
		return;
	for (int i = 0; i < after.count; i++) {
		const char *name = after.kind[i].name;
		long was = objects_value(before, name);

		if (strcmp(name, "committed") && after.kind[i].value > was + slack)
			FAIL("%s: %ld before, %ld after", name, was, after.kind[i].value);
	}
}

static void run(void (*work)(void), int wanted)
{
	static struct objects before;
	pid_t pid;

	prepare(wanted);
	write_file("/proc/sys/vm/drop_caches", "3", 1);
	objects_settle(&before);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		work();
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	check_gone(&before, wanted);
}

TEST(threads)
{
	run(threads_stand, threads_wanted);
}

TEST(processes)
{
	run(processes_stand, processes_wanted);
}

static int number_from_env(const char *name, int otherwise)
{
	const char *text = getenv(name);

	return text ? atoi(text) : otherwise;
}

int main(int argc, char **argv)
{
	threads_wanted = number_from_env("THREADS", 300);
	processes_wanted = number_from_env("PROCESSES", 150);
	return abi_main(argc, argv);
}

/*
 * stress.c: everything at once, for SECONDS (environment or first argument; 3 if not given), from
 * a seed (SEED or second argument; 1 if not given) that is printed. Workers, two per processor,
 * each do random work: fork trees, thread crowds, pipes, signals, mappings, files, exec, kills. At
 * the end nothing may have leaked.
 *
 * A worker that finds a wrong result says what and exits; that, or a worker that does not end,
 * fails the run. Repeat a run with: stress SECONDS SEED.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 100000
#include "tests/abi/objects.h"
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>

static unsigned seconds = 10, seed;

static __thread uint64_t random_state;

static unsigned pick(unsigned below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % below;
}

static void grow_tree(int depth)
{
	int branches = 1 + pick(3);

	for (int i = 0; i < branches; i++) {
		random_state += i;
		pid_t pid = fork();
		if (!pid) {
			if (depth > 0)
				grow_tree(depth - 1);
			_exit(0);
		}
		if (pid < 0)
			CHECK(errno == EAGAIN || errno == ENOMEM);
	}
	int status;
	while (wait(&status) > 0)
		CHECK_EQ(status, 0);
}

static void *work_in_thread(void *arg)
{
	_Atomic int *counter = arg;
	char *memory = malloc(5000);

	memset(memory, 1, 5000);
	for (int i = 0; i < 100; i++)
		++*counter;
	sched_yield();
	free(memory);
	return NULL;
}

static void crowd_of_threads(void)
{
	static _Atomic int counter;
	pthread_t threads[16];
	int count = 1 + pick(16);

	counter = 0;
	for (int i = 0; i < count; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work_in_thread, &counter), 0);
	for (int i = 0; i < count; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(counter, count * 100);
}

static void pump_a_pipe(void)
{
	static unsigned char block[20000];
	int fds[2];
	size_t total = 1 + pick(200000), got = 0;

	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		close(fds[0]);
		for (size_t sent = 0; sent < total;) {
			size_t part = 1 + pick(sizeof(block));
			part = part < total - sent ? part : total - sent;
			for (size_t i = 0; i < part; i++)
				block[i] = (unsigned char)((sent + i) * 31 >> 3);
			CHECK_EQ(write(fds[1], block, part), part);
			sent += part;
		}
		_exit(0);
	}
	close(fds[1]);
	for (ssize_t part; (part = read(fds[0], block, 1 + pick(sizeof(block)))) > 0; got += part)
		for (ssize_t i = 0; i < part; i++)
			CHECK_EQ(block[i], (unsigned char)((got + i) * 31 >> 3));
	CHECK_EQ(got, total);
	close(fds[0]);
	CHECK_EXITED(pid, 0);
}

static volatile int signals_seen;

static void count_signal(int sig)
{
	(void)sig;
	signals_seen++;
}

static void storm_of_signals(void)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
	pid_t parent = getpid();
	int sends = 1 + pick(100);
	sigset_t set;

	sigaction(SIGRTMIN, &action, NULL);
	signals_seen = 0;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		for (int i = 0; i < sends; i++)
			while (sigqueue(parent, SIGRTMIN, (union sigval){ .sival_int = i }))
				sched_yield();
		_exit(0);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	for (int i = 0; i < 20; i++) {
		sigprocmask(i % 2 ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
		sched_yield();
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(signals_seen, sends);
}

static void shuffle_mappings(void)
{
	enum { SLOTS = 12, PAGES = 16 };
	unsigned char *slot[SLOTS] = { 0 };

	for (int i = 0; i < 60; i++) {
		int at = pick(SLOTS);
		if (slot[at]) {
			size_t page = pick(PAGES);
			CHECK_EQ(slot[at][page * 4096], at + 1);
			CHECK_EQ(mprotect(slot[at] + page * 4096, 4096, PROT_READ), 0);
			CHECK_EQ(mprotect(slot[at], PAGES * 4096, PROT_READ | PROT_WRITE), 0);
			if (pick(2))
				IN_CHILD(memset(slot[at], 99, PAGES * 4096));
			CHECK_EQ(slot[at][page * 4096], at + 1);
			CHECK_EQ(munmap(slot[at], PAGES * 4096), 0);
			slot[at] = NULL;
			continue;
		}
		slot[at] = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(slot[at] != MAP_FAILED);
		memset(slot[at], at + 1, PAGES * 4096);
	}
	for (int at = 0; at < SLOTS; at++)
		if (slot[at])
			munmap(slot[at], PAGES * 4096);
}

static void juggle_files(void)
{
	char folder[60], from[80], to[80], text[100];

	snprintf(folder, sizeof(folder), "/tmp/stress-%d", getpid());
	CHECK_EQ(mkdir(folder, 0755), 0);
	for (int i = 0; i < 20; i++) {
		snprintf(from, sizeof(from), "%s/a%d", folder, pick(5));
		snprintf(to, sizeof(to), "%s/b%d", folder, pick(5));
		write_file(from, from, strlen(from));
		CHECK_EQ(rename(from, to), 0);
		CHECK_EQ(read_file(to, text, sizeof(text)), strlen(from));
		CHECK_STR(text, from);
		if (pick(2))
			CHECK_EQ(unlink(to), 0);
	}
	for (int i = 0; i < 5; i++) {
		snprintf(to, sizeof(to), "%s/b%d", folder, i);
		unlink(to);
	}
	CHECK_EQ(rmdir(folder), 0);
}

static void exec_something(void)
{
	pid_t pid = pick(2) ? fork() : vfork();

	CHECK(pid >= 0);
	if (!pid) {
		execl("/proc/self/exe", "stress", "--quit", (char *)NULL);
		_exit(1);
	}
	CHECK_EXITED(pid, 0);
}

static void kill_something(void)
{
	static _Atomic int spin;
	bool threaded = pick(2);
	pthread_t thread;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		if (threaded)
			pthread_create(&thread, NULL, work_in_thread, &spin);
		for (;;)
			spin++;
	}
	if (pick(2))
		sched_yield();
	if (pick(3) == 0) {
		kill(pid, SIGSTOP);
		CHECK_EQ(waitpid(pid, NULL, WUNTRACED), pid);
	}
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

static void do_something(void)
{
	switch (pick(8)) {
	case 0: grow_tree(pick(3)); break;
	case 1: crowd_of_threads(); break;
	case 2: pump_a_pipe(); break;
	case 3: storm_of_signals(); break;
	case 4: shuffle_mappings(); break;
	case 5: juggle_files(); break;
	case 6: exec_something(); break;
	case 7: kill_something(); break;
	}
}

static unsigned phase_seconds;

static void run_workers(void)
{
	int count = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN);
	int64_t end = now_ms() + phase_seconds * 1000LL;

	for (int i = 0; i < count; i++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (pid)
			continue;
		random_state = seed * 1000003ULL + i;
		do
			do_something();
		while (now_ms() < end);
		_exit(0);
	}
	int status, failed = 0;
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		FAIL("a worker ended with wait status %#x; repeat: stress %u %u", failed, seconds,
		     seed);
}

TEST(everything_at_once)
{
	phase_seconds = seconds;
	run_workers();
}

/* Short phases of the same load after the long one: see objects.h. */
TEST(nothing_is_left)
{
	phase_seconds = seconds > 20 ? 3 : 1;
	if (!objects_check(run_workers))
		SKIP("the kernel does not count its objects");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--quit"))
		return 0;
	seconds = abi_option(argc, argv, 1, "SECONDS", 3);
	seed = abi_option(argc, argv, 2, "SEED", 1);
	abi_print("stress: %u seconds, seed %u", seconds, seed);
	return abi_main(1, argv);
}

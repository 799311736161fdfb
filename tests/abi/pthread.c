/*
 * pthread.c: threads as glibc makes them - clone3, futexes, TLS, robust lists, cancellation - and
 * what a process with threads does at exit and exec.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

enum { CROWD = 64 };

static pthread_t begin(void *(*run)(void *), void *arg)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run, arg);

	if (error)
		FAIL("pthread_create: %s", strerrorname_np(error));
	return thread;
}

static void *end(pthread_t thread)
{
	void *result;

	CHECK_EQ(pthread_join(thread, &result), 0);
	return result;
}

static void *add_one(void *arg)
{
	return (char *)arg + 1;
}

static void *pause_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

TEST(create_and_join)
{
	CHECK(end(begin(add_one, (void *)41)) == (void *)42);
}

TEST(two_hundred_one_after_another)
{
	for (intptr_t i = 0; i < 200; i++)
		CHECK(end(begin(add_one, (void *)i)) == (void *)(i + 1));
}

static pthread_barrier_t gate;

static void *meet(void *arg)
{
	pthread_barrier_wait(&gate);
	return arg;
}

TEST(many_at_once)
{
	pthread_t threads[CROWD];

	pthread_barrier_init(&gate, NULL, CROWD);
	for (intptr_t i = 0; i < CROWD; i++)
		threads[i] = begin(meet, (void *)i);
	for (intptr_t i = 0; i < CROWD; i++)
		CHECK(end(threads[i]) == (void *)i);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;

static void *count_with_mutex(void *rounds)
{
	for (intptr_t i = 0; i < (intptr_t)rounds; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 100 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

TEST(mutex_contention)
{
	pthread_t threads[8];

	for (int i = 0; i < 8; i++)
		threads[i] = begin(count_with_mutex, (void *)5000);
	for (int i = 0; i < 8; i++)
		end(threads[i]);
	CHECK_EQ(counter, 40000);
}

static _Atomic long atomic_counter;

static void *count_atomically(void *rounds)
{
	for (intptr_t i = 0; i < (intptr_t)rounds; i++)
		atomic_counter++;
	return NULL;
}

TEST(atomics_across_threads)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = begin(count_atomically, (void *)100000);
	for (int i = 0; i < 4; i++)
		end(threads[i]);
	CHECK_EQ(atomic_counter, 400000);
}

static int turn;

static void *take_turns(void *arg)
{
	intptr_t mine = (intptr_t)arg;

	for (int i = 0; i < 300; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 3 != mine)
			pthread_cond_wait(&condition, &mutex);
		turn++;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

TEST(condition_variable_ring)
{
	pthread_t threads[3];

	for (intptr_t i = 0; i < 3; i++)
		threads[i] = begin(take_turns, (void *)i);
	for (int i = 0; i < 3; i++)
		end(threads[i]);
	CHECK_EQ(turn, 900);
}

TEST(condition_timedwait_times_out)
{
	struct timespec deadline;
	int64_t before = now_ms();

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_nsec += 60000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_nsec -= 1000000000;
		deadline.tv_sec++;
	}
	pthread_mutex_lock(&mutex);
	CHECK_EQ(pthread_cond_timedwait(&condition, &mutex, &deadline), ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
	CHECK(now_ms() - before >= 50);
}

static void *barrier_rounds(void *arg)
{
	intptr_t serial = 0;

	(void)arg;
	for (int i = 0; i < 50; i++)
		serial += pthread_barrier_wait(&gate) == PTHREAD_BARRIER_SERIAL_THREAD;
	return (void *)serial;
}

TEST(barrier_has_one_serial_thread_a_round)
{
	pthread_t threads[5];
	intptr_t total = 0;

	pthread_barrier_init(&gate, NULL, 5);
	for (int i = 0; i < 5; i++)
		threads[i] = begin(barrier_rounds, NULL);
	for (int i = 0; i < 5; i++)
		total += (intptr_t)end(threads[i]);
	CHECK_EQ(total, 50);
}

static __thread long mine = 1000;
static __thread char zeroed[300];

static void *use_tls(void *arg)
{
	bool fresh = mine == 1000 && !zeroed[0] && !zeroed[299];

	mine += (intptr_t)arg;
	zeroed[299] = 1;
	pthread_barrier_wait(&gate);
	return (void *)(intptr_t)(fresh && mine == 1000 + (intptr_t)arg);
}

TEST(tls_is_per_thread)
{
	pthread_t threads[8];

	pthread_barrier_init(&gate, NULL, 8);
	for (intptr_t i = 0; i < 8; i++)
		threads[i] = begin(use_tls, (void *)i);
	for (int i = 0; i < 8; i++)
		CHECK(end(threads[i]));
	CHECK_EQ(mine, 1000);
}

static void *errno_is_ours(void *arg)
{
	(void)arg;
	bool right = close(-1) == -1 && errno == EBADF;
	pthread_barrier_wait(&gate);
	return (void *)(intptr_t)(right && errno == EBADF);
}

TEST(errno_is_per_thread)
{
	pthread_barrier_init(&gate, NULL, 2);
	pthread_t thread = begin(errno_is_ours, NULL);
	errno = 0;
	pthread_barrier_wait(&gate);
	CHECK_EQ(errno, 0);
	CHECK(end(thread));
}

static pthread_mutex_t *make_robust(int shared)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t *robust = shared_page();

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, shared);
	CHECK_EQ(pthread_mutex_init(robust, &attributes), 0);
	return robust;
}

static void *lock_and_end(void *robust)
{
	pthread_mutex_lock(robust);
	return NULL;
}

TEST(robust_mutex_survives_a_thread)
{
	pthread_mutex_t *robust = make_robust(PTHREAD_PROCESS_PRIVATE);

	end(begin(lock_and_end, robust));
	CHECK_EQ(pthread_mutex_lock(robust), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(robust), 0);
	CHECK_EQ(pthread_mutex_unlock(robust), 0);
	CHECK_EQ(pthread_mutex_lock(robust), 0);
}

TEST(robust_mutex_wakes_a_waiter_at_process_death)
{
	pthread_mutex_t *robust = make_robust(PTHREAD_PROCESS_SHARED);
	volatile int *locked = (int *)((char *)robust + 2048);
	pid_t pid = fork();

	if (!pid) {
		pthread_mutex_lock(robust);
		*locked = 1;
		sleep_ms(50);
		raise(SIGKILL);
	}
	CHECK_SOON(*locked);
	CHECK_EQ(pthread_mutex_lock(robust), EOWNERDEAD);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(process_shared_semaphore)
{
	sem_t *pair = shared_page();

	sem_init(&pair[0], 1, 0);
	sem_init(&pair[1], 1, 0);
	pid_t pid = fork();
	if (!pid) {
		for (int i = 0; i < 200; i++) {
			sem_wait(&pair[0]);
			sem_post(&pair[1]);
		}
		_exit(0);
	}
	for (int i = 0; i < 200; i++) {
		sem_post(&pair[0]);
		sem_wait(&pair[1]);
	}
	CHECK_EXITED(pid, 0);
}

TEST(cancel_a_sleeping_thread)
{
	pthread_t thread = begin(pause_forever, NULL);

	sleep_ms(10);
	CHECK_EQ(pthread_cancel(thread), 0);
	CHECK(end(thread) == PTHREAD_CANCELED);
}

static volatile int cleaned;

static void clean(void *arg)
{
	cleaned = (int)(intptr_t)arg;
}

static void *spin_cancellable(void *arg)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	pthread_cleanup_push(clean, (void *)6);
	for (;;)
		asm volatile("" ::: "memory");
	pthread_cleanup_pop(0);
	return arg;
}

TEST(cancel_a_running_thread)
{
	pthread_t thread = begin(spin_cancellable, NULL);

	sleep_ms(10);
	CHECK_EQ(pthread_cancel(thread), 0);
	CHECK(end(thread) == PTHREAD_CANCELED);
	CHECK_EQ(cleaned, 6);
}

static void *exit_later(void *arg)
{
	sleep_ms(30);
	exit((int)(intptr_t)arg);
}

TEST(main_thread_may_end_first)
{
	pid_t pid = fork();

	if (!pid) {
		begin(exit_later, (void *)8);
		pthread_exit(NULL);
	}
	sleep_ms(15);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG),
		 0); /* a dead leader with live threads is not to be waited for */
	CHECK_EXITED(pid, 8);
}

TEST(last_thread_ends_the_process)
{
	pid_t pid = fork();

	if (!pid) {
		begin(add_one, NULL);
		pthread_exit(NULL);
	}
	CHECK_EXITED(pid, 0);
}

static void *exec_self(void *arg)
{
	char pid[20];

	(void)arg;
	snprintf(pid, sizeof(pid), "%d", getpid());
	execl("/proc/self/exe", "pthread", "--exec-target", pid, (char *)NULL);
	_exit(99);
}

TEST(exec_from_a_thread_takes_the_pid)
{
	pid_t pid = fork();

	if (!pid) {
		begin(pause_forever, NULL);
		begin(exec_self, NULL);
		pause_forever(NULL);
	}
	CHECK_EXITED(pid, 21);
}

static void *die_by_signal(void *arg)
{
	*(volatile int *)arg = 1;
	return NULL;
}

TEST(a_fatal_fault_ends_all_threads)
{
	pid_t pid = fork();

	if (!pid) {
		begin(pause_forever, NULL);
		begin(die_by_signal, (void *)16);
		pause_forever(NULL);
	}
	CHECK_KILLED(pid, SIGSEGV);
}

static volatile int handled_by;

static void note_thread(int sig)
{
	(void)sig;
	handled_by = gettid();
}

static void *wait_for_handler(void *tid_out)
{
	*(volatile int *)tid_out = gettid();
	while (!handled_by)
		sleep_ms(1);
	return NULL;
}

TEST(pthread_kill_reaches_that_thread)
{
	volatile int tid = 0;

	signal(SIGUSR1, note_thread);
	pthread_t thread = begin(wait_for_handler, (void *)&tid);
	CHECK_SOON(tid);
	CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
	end(thread);
	CHECK_EQ(handled_by, tid);
}

TEST(process_signal_goes_to_a_thread_that_lets_it)
{
	volatile int tid = 0;
	sigset_t set;

	signal(SIGUSR1, note_thread);
	pthread_t thread = begin(wait_for_handler, (void *)&tid);
	CHECK_SOON(tid);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	end(thread);
	CHECK_EQ(handled_by, tid);
}

TEST(fork_from_a_threaded_process_has_one_thread)
{
	char text[4096];

	pthread_t thread = begin(pause_forever, NULL);
	IN_CHILD(CHECK(read_file("/proc/self/status", text, sizeof(text)) > 0);
		 CHECK(strstr(text, "Threads:\t1\n")));
	pthread_cancel(thread);
	end(thread);
}

TEST(detached_threads_vanish)
{
	pthread_attr_t attributes;
	pthread_t thread;
	char text[4096];

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(pthread_create(&thread, &attributes, add_one, NULL), 0);
	CHECK_SOON(read_file("/proc/self/status", text, sizeof(text)) > 0 &&
		   strstr(text, "Threads:\t1\n"));
}

TEST(rwlock_and_once)
{
	static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

	CHECK_EQ(pthread_rwlock_rdlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_tryrdlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_trywrlock(&lock), EBUSY);
	CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_wrlock(&lock), 0);
	CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
}

int main(int argc, char **argv)
{
	char text[4096];

	if (argc > 2 && !strcmp(argv[1], "--exec-target")) {
		bool alone = read_file("/proc/self/status", text, sizeof(text)) > 0 &&
			     strstr(text, "Threads:\t1\n");
		return alone && getpid() == atoi(argv[2]) && gettid() == getpid() ? 21 : 22;
	}
	return abi_main(argc, argv);
}

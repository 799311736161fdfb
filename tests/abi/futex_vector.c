/*
 * futex_vector.c: futex_waitv, which waits for the first of several words.
 */
#include "tests/abi/abi.h"
#include <linux/futex.h>
#include <pthread.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

enum { WORDS = 128 };

struct wait_word {
	uint64_t val, addr;
	uint32_t flags, reserved;
};

static volatile uint32_t words[WORDS + 1];
static struct wait_word vector[WORDS + 1];

static long waitv(void *list, unsigned count, unsigned flags, const struct timespec *at, int clock)
{
	return syscall(SYS_futex_waitv, list, count, flags, at, clock);
}

static long wake(volatile void *word, int op, int count)
{
	return syscall(SYS_futex, word, op, count, NULL, NULL, 0);
}

static void fill(unsigned flags)
{
	for (int i = 0; i <= WORDS; i++) {
		words[i] = 0;
		vector[i] = (struct wait_word){ 0, (uintptr_t)&words[i], 2 | flags, 0 };
	}
}

static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec at;

	clock_gettime(clock, &at);
	at.tv_sec += (at.tv_nsec + ms * 1000000) / 1000000000;
	at.tv_nsec = (at.tv_nsec + ms * 1000000) % 1000000000;
	return at;
}

static volatile int waiter_tid, waiter_done;
static volatile long waiter_result;
static unsigned waiter_count;

static void *wait_thread(void *arg)
{
	waiter_tid = gettid();
	waiter_result = waitv(arg, waiter_count, 0, NULL, 0);
	if (waiter_result < 0)
		waiter_result = -errno;
	waiter_done = 1;
	return NULL;
}

/* Moving a word's waiter to the same word leaves all as it was, and counts it. */
static bool is_queued(unsigned word)
{
	volatile uint32_t *at = (volatile uint32_t *)vector[word].addr;
	int op = FUTEX_REQUEUE | (vector[word].flags & 128);

	return syscall(SYS_futex, at, op, 0, (void *)1, at, 0) == 1;
}

static pthread_t start_waiter(unsigned count)
{
	pthread_t thread;

	waiter_tid = waiter_done = 0;
	waiter_count = count;
	CHECK_EQ(pthread_create(&thread, NULL, wait_thread, vector), 0);
	CHECK_SOON(is_queued(count - 1));
	return thread;
}

TEST(any_of_them_wakes)
{
	static const int which[] = { 0, 1, 63, 126, 127 };

	for (unsigned private = 0; private <= 128; private += 128) {
		fill(private);
		for (unsigned i = 0; i < sizeof(which) / sizeof(*which); i++) {
			pthread_t thread = start_waiter(WORDS);

			CHECK_EQ(wake(&words[which[i]], FUTEX_WAKE | private, 1), 1);
			pthread_join(thread, NULL);
			CHECK_EQ(waiter_result, which[i]);
			/* and nothing is left of the others */
			for (int j = 0; j < WORDS; j++)
				CHECK_EQ(wake(&words[j], FUTEX_WAKE | private, 1), 0);
		}
	}
}

TEST(private_and_shared_words_differ)
{
	pthread_t thread;

	fill(128);
	vector[1].flags = 2;
	thread = start_waiter(2);
	CHECK_EQ(wake(&words[0], FUTEX_WAKE, 1), 0);
	CHECK_EQ(wake(&words[1], FUTEX_WAKE_PRIVATE, 1), 0);
	CHECK_EQ(wake(&words[1], FUTEX_WAKE, 1), 1);
	pthread_join(thread, NULL);
	CHECK_EQ(waiter_result, 1);
}

TEST(a_changed_word_is_eagain)
{
	fill(128);
	words[77] = 1;
	CHECK_ERRNO(waitv(vector, WORDS, 0, NULL, 0), EAGAIN);
	for (int j = 0; j < WORDS; j++)
		CHECK_EQ(wake(&words[j], FUTEX_WAKE_PRIVATE, 1), 0);
}

TEST(times)
{
	static const int clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME };
	struct timespec at, bad = { 0, 1000000000 };

	fill(128);
	for (int i = 0; i < 2; i++) {
		int64_t before = now_ms();

		at = in_ms(clocks[i], 40);
		CHECK_ERRNO(waitv(vector, 3, 0, &at, clocks[i]), ETIMEDOUT);
		CHECK(now_ms() - before >= 38);
		at = (struct timespec){ 1, 0 };
		CHECK_ERRNO(waitv(vector, 3, 0, &at, clocks[i]), ETIMEDOUT);
	}
	CHECK_ERRNO(waitv(vector, 3, 0, &bad, CLOCK_MONOTONIC), EINVAL);
	CHECK_ERRNO(waitv(vector, 3, 0, &at, CLOCK_BOOTTIME), EINVAL);
	CHECK_ERRNO(waitv(vector, 3, 0, (void *)8, CLOCK_MONOTONIC), EFAULT);
}

TEST(bad_arguments)
{
	fill(128);
	CHECK_ERRNO(waitv(vector, 0, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(vector, WORDS + 1, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(NULL, 1, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(vector, 1, 1, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv((void *)8, 1, 0, NULL, 0), EFAULT);
	vector[0].flags = 128; /* bytes */
	CHECK_ERRNO(waitv(vector, 1, 0, NULL, 0), EINVAL);
	vector[0].flags = 2 | 128 | 64;
	CHECK_ERRNO(waitv(vector, 1, 0, NULL, 0), EINVAL);
	vector[0].flags = 2 | 128;
	vector[0].reserved = 1;
	CHECK_ERRNO(waitv(vector, 1, 0, NULL, 0), EINVAL);
	vector[0].reserved = 0;
	vector[0].val = 1ull << 32;
	CHECK_ERRNO(waitv(vector, 1, 0, NULL, 0), EINVAL);
	vector[0].val = 0;
	vector[1].addr++;
	CHECK_ERRNO(waitv(vector, 2, 0, NULL, 0), EINVAL);
	vector[1].addr = 8;
	CHECK_ERRNO(waitv(vector, 2, 0, NULL, 0), EFAULT);
	CHECK_EQ(wake(&words[0], FUTEX_WAKE_PRIVATE, 1), 0);
}

TEST(pages_that_are_not_there_yet)
{
	enum { PAGE = 4096, COUNT = 16 };
	char *start = mmap(NULL, COUNT * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct timespec at = in_ms(CLOCK_MONOTONIC, 20);

	CHECK(start != MAP_FAILED);
	fill(128);
	for (int i = 0; i < COUNT; i++)
		vector[i].addr = (uintptr_t)(start + i * PAGE);
	CHECK_ERRNO(waitv(vector, COUNT, 0, &at, CLOCK_MONOTONIC), ETIMEDOUT);
}

TEST(the_same_word_twice)
{
	pthread_t thread;

	fill(128);
	vector[2].addr = vector[0].addr;
	thread = start_waiter(3);
	CHECK_EQ(wake(&words[0], FUTEX_WAKE_PRIVATE, 10), 2);
	pthread_join(thread, NULL);
	CHECK(waiter_result == 0 || waiter_result == 2);
}

TEST(moved_while_it_waits)
{
	pthread_t thread;

	fill(128);
	thread = start_waiter(3);
	/* word 1's waiter goes to word 50 */
	CHECK_EQ(syscall(SYS_futex, &words[1], FUTEX_REQUEUE_PRIVATE, 0, (void *)1, &words[50], 0),
		 1);
	CHECK_EQ(wake(&words[1], FUTEX_WAKE_PRIVATE, 1), 0);
	CHECK_EQ(wake(&words[50], FUTEX_WAKE_PRIVATE, 1), 1);
	pthread_join(thread, NULL);
	CHECK_EQ(waiter_result, 1);
}

static void nothing(int sig)
{
	(void)sig;
}

static void interrupt_waiter(int flags, pthread_t thread)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = flags };

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
}

TEST(signals)
{
	pthread_t thread;

	fill(128);
	thread = start_waiter(5);
	interrupt_waiter(SA_RESTART, thread);
	sleep_ms(30);
	CHECK_SOON(is_queued(4));
	CHECK_EQ(waiter_done, 0);
	interrupt_waiter(0, thread);
	pthread_join(thread, NULL);
	CHECK_EQ(waiter_result, -EINTR);
	CHECK_EQ(wake(&words[3], FUTEX_WAKE_PRIVATE, 1), 0);
}

/* Every wake is answered by one return, whichever words two wakers choose. */
static volatile int rounds_left;

static void *keep_waking(void *arg)
{
	uint32_t word = (uint32_t)(uintptr_t)arg;

	while (rounds_left > 0) {
		__atomic_fetch_add(&words[word], 1, __ATOMIC_SEQ_CST);
		wake(&words[word], FUTEX_WAKE_PRIVATE, 1);
	}
	return NULL;
}

TEST(a_race_of_wakers)
{
	pthread_t threads[2];

	fill(128);
	rounds_left = 2000;
	for (uintptr_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, keep_waking, (void *)(i * 5)), 0);
	while (rounds_left > 0) {
		for (int i = 0; i < 6; i++)
			vector[i].val = words[i];
		long got = waitv(vector, 6, 0, NULL, 0);
		CHECK(got == 0 || got == 5 || (got == -1 && errno == EAGAIN));
		rounds_left--;
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

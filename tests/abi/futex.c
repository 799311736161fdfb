/*
 * futex.c: the futex calls as libraries make them: wait and wake, bitsets, requeueing, sharing
 * between processes, clocks, and the robust list that the kernel walks at a thread's death.
 */
#include "tests/abi/abi.h"
#include <linux/futex.h>
#include <pthread.h>

static long futex(volatile void *word, int op, uint32_t value, const struct timespec *timeout,
		  volatile void *word2, uint32_t value3)
{
	return syscall(SYS_futex, word, op, value, timeout, word2, value3);
}

/* The count argument of the requeue operations travels in the timeout's place. */
static const struct timespec *as_timeout(uintptr_t count)
{
	return (const struct timespec *)count;
}

static volatile uint32_t word_a, word_b;

struct sleeper {
	pthread_t thread;
	volatile uint32_t *word;
	int op;
	uint32_t bits;
	volatile int started, result;
};

static void *sleep_on_word(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->started = gettid();
	long result = futex(sleeper->word, sleeper->op, 0, NULL, NULL, sleeper->bits);
	sleeper->result = result ? errno : -1;
	return NULL;
}

/* Starts a thread and returns when it sleeps in the futex (its word must hold 0). */
static void start_sleeper(struct sleeper *sleeper, volatile uint32_t *word, int op, uint32_t bits)
{
	*sleeper = (struct sleeper){ .word = word, .op = op, .bits = bits };
	CHECK_EQ(pthread_create(&sleeper->thread, NULL, sleep_on_word, sleeper), 0);
	CHECK_SOON(sleeper->started);
	CHECK_SOON(task_state(sleeper->started) == 'S');
}

TEST(wait_on_a_changed_word_is_eagain)
{
	word_a = 5;
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT, 4, NULL, NULL, 0), EAGAIN);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT_PRIVATE, 4, NULL, NULL, 0), EAGAIN);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT_BITSET, 4, NULL, NULL, ~0u), EAGAIN);
}

TEST(bad_arguments)
{
	struct timespec bad = { 0, 1000000000 };

	CHECK_ERRNO(futex((char *)&word_a + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex((char *)&word_a + 2, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex((void *)8, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex((void *)8, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex((void *)8, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	CHECK_EQ(futex((void *)8, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0),
		 0); /* a private wake never looks */
	CHECK_ERRNO(futex(&word_a, 120, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT, 0, as_timeout(8), NULL, 0), EFAULT);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word_a, FUTEX_REQUEUE, 1, as_timeout(1), (void *)9, 0), EINVAL);
}

TEST(relative_timeout)
{
	struct timespec brief = { 0, 40000000 };
	int64_t before = now_ms();

	word_a = 0;
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT, 0, &brief, NULL, 0), ETIMEDOUT);
	CHECK(now_ms() - before >= 38);
	CHECK(now_ms() - before < 1500);
}

static struct timespec in_40_ms(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	at.tv_nsec += 40000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

TEST(absolute_timeout_on_two_clocks)
{
	struct timespec at = in_40_ms(CLOCK_MONOTONIC), past = { 1, 0 };
	int64_t before = now_ms();

	word_a = 0;
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT_BITSET, 0, &at, NULL, ~0u), ETIMEDOUT);
	CHECK(now_ms() - before >= 38);
	before = now_ms();
	at = in_40_ms(CLOCK_REALTIME);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &at, NULL, ~0u),
		    ETIMEDOUT);
	CHECK(now_ms() - before >= 38);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAIT_BITSET, 0, &past, NULL, ~0u), ETIMEDOUT);
}

TEST(wake_counts_whom_it_woke)
{
	struct sleeper sleepers[5];

	CHECK_EQ(futex(&word_a, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 0);
	for (int i = 0; i < 5; i++)
		start_sleeper(&sleepers[i], &word_a, FUTEX_WAIT_PRIVATE, 0);
	CHECK_EQ(futex(&word_a, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0), 2);
	CHECK_EQ(futex(&word_a, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 3);
	for (int i = 0; i < 5; i++) {
		pthread_join(sleepers[i].thread, NULL);
		CHECK_EQ(sleepers[i].result, -1);
	}
}

TEST(bitsets_select)
{
	struct sleeper one, two;

	start_sleeper(&one, &word_a, FUTEX_WAIT_BITSET_PRIVATE, 1);
	start_sleeper(&two, &word_a, FUTEX_WAIT_BITSET_PRIVATE, 2);
	CHECK_EQ(futex(&word_a, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 4), 0);
	CHECK_EQ(futex(&word_a, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 2), 1);
	pthread_join(two.thread, NULL);
	CHECK_EQ(futex(&word_a, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 1);
	pthread_join(one.thread, NULL);
}

TEST(requeue_moves_sleepers)
{
	struct sleeper sleepers[4];

	for (int i = 0; i < 4; i++)
		start_sleeper(&sleepers[i], &word_a, FUTEX_WAIT_PRIVATE, 0);
	CHECK_EQ(futex(&word_a, FUTEX_REQUEUE_PRIVATE, 1, as_timeout(2), &word_b, 0),
		 3); /* the manual says 1 */
	CHECK_EQ(futex(&word_b, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 2);
	CHECK_EQ(futex(&word_a, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 1);
	for (int i = 0; i < 4; i++)
		pthread_join(sleepers[i].thread, NULL);
}

TEST(cmp_requeue_compares)
{
	struct sleeper sleepers[3];

	for (int i = 0; i < 3; i++)
		start_sleeper(&sleepers[i], &word_a, FUTEX_WAIT_PRIVATE, 0);
	CHECK_ERRNO(futex(&word_a, FUTEX_CMP_REQUEUE_PRIVATE, 1, as_timeout(5), &word_b, 99),
		    EAGAIN);
	CHECK_EQ(futex(&word_a, FUTEX_CMP_REQUEUE_PRIVATE, 1, as_timeout(5), &word_b, 0),
		 3); /* woken and moved */
	CHECK_EQ(futex(&word_b, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 2);
	for (int i = 0; i < 3; i++)
		pthread_join(sleepers[i].thread, NULL);
}

TEST(wake_op)
{
	struct sleeper one, two;

	word_b = 0;
	start_sleeper(&one, &word_a, FUTEX_WAIT_PRIVATE, 0);
	start_sleeper(&two, &word_b, FUTEX_WAIT_PRIVATE, 0);
	uint32_t op = FUTEX_OP(FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ, 0);
	long woken = futex(&word_a, FUTEX_WAKE_OP_PRIVATE, 1, as_timeout(1), &word_b, op);
	SKIP_IF_ENOSYS(woken);
	CHECK_EQ(woken, 2);
	CHECK_EQ(word_b, 7);
	pthread_join(one.thread, NULL);
	pthread_join(two.thread, NULL);
}

/* Nobody waits: what counts is the word, and that only what is known is done. */
static long wake_op(uint32_t before, unsigned op, unsigned arg, unsigned compare, unsigned with)
{
	word_b = before;
	return futex(&word_a, FUTEX_WAKE_OP_PRIVATE, 1, as_timeout(1), &word_b,
		     FUTEX_OP(op, arg, compare, with));
}

TEST(wake_op_computes)
{
	static const struct {
		unsigned op, arg;
		uint32_t before, after;
	} cases[] = {
		{ FUTEX_OP_SET, 7, 1, 7 },	    { FUTEX_OP_SET, 0xfff, 1, -1 },
		{ FUTEX_OP_ADD, 7, 5, 12 },	    { FUTEX_OP_ADD, 0xfff, 5, 4 },
		{ FUTEX_OP_OR, 6, 3, 7 },	    { FUTEX_OP_ANDN, 6, 15, 9 },
		{ FUTEX_OP_XOR, 6, 3, 5 },	    { FUTEX_OP_ADD, 1, 0xffffffff, 0 },
		{ FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 4, 0, 16 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long woken = wake_op(cases[i].before, cases[i].op, cases[i].arg, FUTEX_OP_CMP_EQ,
				     0);

		SKIP_IF_ENOSYS(woken);
		CHECK_EQ(woken, 0);
		CHECK_EQ(word_b, cases[i].after);
	}
	CHECK_ERRNO(wake_op(0, 5, 1, FUTEX_OP_CMP_EQ, 0), ENOSYS);
	CHECK_ERRNO(wake_op(0, FUTEX_OP_SET, 1, 6, 0), ENOSYS);
}

TEST(wake_op_compares_the_old_value)
{
	static const struct {
		unsigned compare;
		bool less, equal, greater; /* than 5 */
	} cases[] = {
		{ FUTEX_OP_CMP_EQ, false, true, false }, { FUTEX_OP_CMP_NE, true, false, true },
		{ FUTEX_OP_CMP_LT, true, false, false }, { FUTEX_OP_CMP_LE, true, true, false },
		{ FUTEX_OP_CMP_GT, false, false, true }, { FUTEX_OP_CMP_GE, false, true, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int before = 4; before <= 6; before++) {
			bool wakes = before < 5	  ? cases[i].less
				     : before > 5 ? cases[i].greater
						  : cases[i].equal;
			struct sleeper sleeper;

			word_b = 0;
			start_sleeper(&sleeper, &word_b, FUTEX_WAIT_PRIVATE, 0);
			long woken = wake_op((uint32_t)before, FUTEX_OP_SET, (unsigned)before,
					     cases[i].compare, 5);
			SKIP_IF_ENOSYS(woken);
			CHECK_EQ(woken, wakes);
			if (!wakes)
				CHECK_EQ(futex(&word_b, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
			pthread_join(sleeper.thread, NULL);
		}
	}
}

TEST(wake_op_needs_both_words)
{
	uint32_t op = FUTEX_OP(FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ, 0);
	int private = MAP_PRIVATE | MAP_ANONYMOUS;
	uint32_t *fresh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, private, -1, 0);
	uint32_t *locked = mmap(NULL, 4096, PROT_READ, private, -1, 0);

	CHECK_EQ(futex(&word_a, FUTEX_WAKE_OP_PRIVATE, 1, as_timeout(1), fresh, op), 0);
	CHECK_EQ(*fresh, 7); /* a page that was not there yet */
	CHECK_ERRNO(futex(&word_a, FUTEX_WAKE_OP_PRIVATE, 1, as_timeout(1), locked, op), EFAULT);
	CHECK_ERRNO(futex(&word_a, FUTEX_WAKE_OP_PRIVATE, 1, as_timeout(1), (uint32_t *)2, op),
		    EINVAL);
}

static void on_signal(int sig)
{
	(void)sig;
}

TEST(signals_interrupt)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sleeper sleeper;

	sigaction(SIGUSR1, &action, NULL);
	start_sleeper(&sleeper, &word_a, FUTEX_WAIT_PRIVATE, 0);
	pthread_kill(sleeper.thread, SIGUSR1);
	pthread_join(sleeper.thread, NULL);
	CHECK_EQ(sleeper.result, EINTR);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	start_sleeper(&sleeper, &word_a, FUTEX_WAIT_PRIVATE, 0);
	pthread_kill(sleeper.thread, SIGUSR1);
	sleep_ms(20);
	CHECK_EQ(sleeper.result, 0);
	CHECK_EQ(futex(&word_a, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
	pthread_join(sleeper.thread, NULL);
}

/* A child waits on the word; how many does a wake in the parent reach? */
static long wake_a_child(volatile uint32_t *word, int private)
{
	pid_t pid = fork();

	if (!pid)
		_exit(futex(word, FUTEX_WAIT | private, 0, &(struct timespec){0, 300000000}, NULL,
			    0)
			      ? 1
			      : 0);
	CHECK_SOON(task_state(pid) == 'S');
	sleep_ms(20);
	long woken = futex(word, FUTEX_WAKE | private, 1, NULL, NULL, 0);
	CHECK_EQ(wait_status(pid), woken ? 0 : 0x100);
	return woken;
}

TEST(shared_memory_connects_processes)
{
	volatile uint32_t *shared = shared_page();
	volatile uint32_t *private =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*private = 0;
	CHECK_EQ(wake_a_child(shared, 0), 1);
	CHECK_EQ(wake_a_child(shared, FUTEX_PRIVATE_FLAG), 0);
	CHECK_EQ(wake_a_child(private, 0), 0);
}

TEST(one_file_at_two_addresses_is_one_futex)
{
	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	volatile uint32_t *one = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	volatile uint32_t *two = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct sleeper sleeper;

	CHECK(one != two);
	start_sleeper(&sleeper, one, FUTEX_WAIT, 0);
	CHECK_EQ(futex(two, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	pthread_join(sleeper.thread, NULL);
}

/* A mutex as the robust list knows it: the list node, then the futex word at a fixed offset. */
struct robust_lock {
	struct robust_list node;
	volatile uint32_t word;
};

static void *die_holding(void *arg)
{
	static struct robust_list_head head;
	struct robust_lock *lock = arg;

	head.list.next = &lock->node;
	lock->node.next = &head.list;
	head.futex_offset = offsetof(struct robust_lock, word);
	lock->word = gettid() | FUTEX_WAITERS;
	if (syscall(SYS_set_robust_list, &head, sizeof(head)))
		lock->word = 1;
	sleep_ms(50);
	syscall(SYS_exit, 0);
	return NULL;
}

TEST(robust_list_marks_and_wakes)
{
	static struct robust_lock lock;
	pthread_t thread;
	uint32_t held;

	CHECK_EQ(pthread_create(&thread, NULL, die_holding, &lock), 0);
	CHECK_SOON(lock.word);
	while (!((held = lock.word) & FUTEX_OWNER_DIED))
		futex(&lock.word, FUTEX_WAIT, held, NULL, NULL, 0);
	CHECK_EQ(held & FUTEX_TID_MASK, 0);
	CHECK(held & FUTEX_WAITERS);
}

TEST(robust_list_calls)
{
	struct robust_list_head *head;
	size_t length;

	CHECK_ERRNO(syscall(SYS_set_robust_list, 8, 23), EINVAL);
	CHECK_EQ(syscall(SYS_get_robust_list, 0, &head, &length), 0);
	CHECK_EQ(length, sizeof(*head));
	CHECK_ERRNO(syscall(SYS_get_robust_list, 9999999, &head, &length), ESRCH);
}

TEST(a_circular_or_wild_robust_list_is_survived)
{
	static struct robust_list_head head;
	static struct robust_lock first, second;

	CHECK_DIES(SIGKILL, {
		head.list.next = &first.node;
		first.node.next = &second.node;
		second.node.next = &first.node;
		head.futex_offset = offsetof(struct robust_lock, word);
		syscall(SYS_set_robust_list, &head, sizeof(head));
		raise(SIGKILL);
	});
	CHECK_DIES(SIGKILL, syscall(SYS_set_robust_list, 0xffffffc000000000, sizeof(head));
		   raise(SIGKILL));
	CHECK_DIES(SIGKILL, head.list.next = (void *)0x123457;
		   syscall(SYS_set_robust_list, &head, sizeof(head)); raise(SIGKILL));
}

static volatile uint32_t ping, pong;

static void *answer_pings(void *rounds)
{
	for (uint32_t i = 1; i <= (uint32_t)(uintptr_t)rounds; i++) {
		while (ping < i)
			futex(&ping, FUTEX_WAIT_PRIVATE, i - 1, NULL, NULL, 0);
		pong = i;
		futex(&pong, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	return NULL;
}

TEST(no_wakeup_is_lost_in_two_thousand_rounds)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, answer_pings, (void *)2000), 0);
	for (uint32_t i = 1; i <= 2000; i++) {
		ping = i;
		futex(&ping, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		while (pong < i)
			futex(&pong, FUTEX_WAIT_PRIVATE, i - 1, NULL, NULL, 0);
	}
	pthread_join(thread, NULL);
}

/*
 * sysv_stress.c: System V objects and message queues under many processes at once, which remove
 * them below each other's hands and are killed at random, for SECONDS (environment; else 3), from a
 * seed (SEED; else the clock) that is printed when something is wrong. All in an ipc namespace of
 * its own.
 *
 * At the end there must be nothing left but what is removed then, and the values of semaphores that
 * were only changed with SEM_UNDO are what they were.
 */
#define ABI_TIMEOUT 1000
#include "tests/abi/abi.h"
#include <mqueue.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum { WORKERS = 12, KEYS = 4, STEADY_KEY = 99, STEADY_VALUE = 5 };

static unsigned seed;

static unsigned pick(unsigned below)
{
	return rand_r(&seed) % below;
}

static key_t some_key(void)
{
	return 1 + (key_t)pick(KEYS);
}

static void work_shm(void)
{
	int id = shmget(some_key(), 4 * 4096, IPC_CREAT | 0600);
	char *at = shmat(id, NULL, 0);

	if (at == (char *)-1)
		return;
	at[4096 * pick(4)] = 1;
	if (pick(2))
		mprotect(at + 4096, 4096, PROT_READ);
	if (pick(3) == 0 && fork() == 0)
		_exit(0);
	if (pick(3) == 0)
		shmctl(id, IPC_RMID, NULL);
	if (pick(2))
		shmdt(at);
	else
		munmap(at, 4 * 4096);
}

/* Takes two of three, holds them, gives them back. */
static void work_steady(void)
{
	int id = semget(STEADY_KEY, 3, 0), a = pick(3), b = (a + 1 + pick(2)) % 3;
	struct sembuf take[] = { { a, -1 - (int)pick(3), SEM_UNDO }, { b, -1, SEM_UNDO } };
	struct sembuf give[] = { { a, -take[0].sem_op, SEM_UNDO }, { b, 1, SEM_UNDO } };

	if (semop(id, take, 2) == 0 && semop(id, give, 2) != 0)
		FAIL("giving back failed");
}

static void work_sem(void)
{
	int id = semget(some_key(), 3, IPC_CREAT | 0600);
	struct timespec soon = { 0, 1000000 };
	struct sembuf ops[] = { { pick(3), (int)pick(5) - 2, pick(2) ? SEM_UNDO : 0 },
				{ pick(3), (int)pick(5) - 2, pick(2) ? SEM_UNDO : 0 },
				{ pick(3), 0, 0 } };

	semtimedop(id, ops, 1 + pick(3), &soon);
	if (pick(4) == 0)
		semctl(id, pick(3), SETVAL, pick(3));
	if (pick(20) == 0)
		semctl(id, 0, IPC_RMID);
}

static void work_msg(void)
{
	struct {
		long type;
		char text[6000];
	} m = { 1 + pick(4), "" };
	int id = msgget(some_key(), IPC_CREAT | 0600);

	if (pick(2))
		msgsnd(id, &m, pick(6000), pick(3) ? 0 : IPC_NOWAIT);
	else
		msgrcv(id, &m, sizeof(m.text), (long)pick(9) - 4,
		       (pick(3) ? 0 : IPC_NOWAIT) | (pick(4) ? 0 : MSG_NOERROR));
	if (pick(30) == 0)
		msgctl(id, IPC_RMID, NULL);
}

static void work_mqueue(void)
{
	char name[] = "/s0", text[64];
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 64 };
	struct sigevent event = { .sigev_notify = SIGEV_NONE };

	name[2] += (char)pick(KEYS);
	mqd_t q = mq_open(name, O_CREAT | O_RDWR | (pick(2) ? O_NONBLOCK : 0), 0600, &attr);
	if (q < 0)
		return;
	if (pick(4) == 0)
		mq_notify(q, &event);
	if (pick(2))
		mq_send(q, text, pick(64), pick(4));
	else
		mq_receive(q, text, sizeof(text), NULL);
	if (pick(8) == 0)
		mq_unlink(name);
	mq_close(q);
}

static void worker(void)
{
	static void (*const kinds[])(void) = { work_shm, work_steady, work_sem, work_msg,
					       work_mqueue };

	signal(SIGCHLD, SIG_IGN);
	for (;;)
		kinds[pick(5)]();
}

static pid_t worker_start(void)
{
	unsigned its_seed = (unsigned)rand_r(&seed);
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		seed = its_seed;
		worker();
	}
	return pid;
}

static void remove_all(void)
{
	char name[] = "/s0";

	for (int key = 1; key <= KEYS; key++) {
		shmctl(shmget(key, 0, 0), IPC_RMID, NULL);
		semctl(semget(key, 0, 0), 0, IPC_RMID);
		msgctl(msgget(key, 0), IPC_RMID, NULL);
	}
	for (; name[2] < '0' + KEYS; name[2]++)
		mq_unlink(name);
}

TEST(everything_at_once)
{
	const char *want_seed = getenv("SEED"), *want_seconds = getenv("SECONDS");
	int64_t end = now_ms() + 1000 * (want_seconds ? atoi(want_seconds) : 3);
	unsigned first_seed = want_seed ? (unsigned)atol(want_seed) : (unsigned)time(NULL);
	struct shm_info shm;
	struct seminfo sem;
	struct msginfo msg;
	pid_t pids[WORKERS];

	if (geteuid())
		SKIP("needs root");
	CHECK_EQ(unshare(CLONE_NEWIPC), 0);
	seed = first_seed;
	int steady = semget(STEADY_KEY, 3, IPC_CREAT | 0600);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(semctl(steady, i, SETVAL, STEADY_VALUE), 0);
	for (int i = 0; i < WORKERS; i++)
		pids[i] = worker_start();
	while (now_ms() < end) {
		int i = pick(WORKERS), status;
		sleep_ms(pick(8));
		kill(pids[i], SIGKILL);
		status = wait_status(pids[i]);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
			FAIL("SEED=%u: a worker ended with %#x", first_seed, status);
		pids[i] = worker_start();
	}
	for (int i = 0; i < WORKERS; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < WORKERS; i++)
		wait_status(pids[i]);
	for (int i = 0; i < 3; i++)
		if (semctl(steady, i, GETVAL) != STEADY_VALUE || semctl(steady, i, GETNCNT) != 0)
			FAIL("SEED=%u: semaphore %d is %d, %d wait", first_seed, i,
			     semctl(steady, i, GETVAL), semctl(steady, i, GETNCNT));
	CHECK_EQ(semctl(steady, 0, IPC_RMID), 0);
	remove_all();
	CHECK_SOON(shmctl(0, SHM_INFO, (void *)&shm) >= 0 && shm.used_ids == 0);
	CHECK_EQ(shm.shm_tot, 0);
	CHECK_EQ(shm.shm_rss, 0);
	CHECK(semctl(0, 0, SEM_INFO, &sem) >= 0 && sem.semusz == 0 && sem.semaem == 0);
	CHECK(msgctl(0, MSG_INFO, (void *)&msg) >= 0 && msg.msgpool == 0 && msg.msgmap == 0);
}

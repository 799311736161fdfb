/*
 * sysv_sem.c: System V semaphores: semget, semop, semtimedop, semctl, undo lists,
 * /proc/sysvipc/sem.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>

static int make(int count, int flags)
{
	int id = semget(IPC_PRIVATE, count, flags);

	CHECK(id >= 0);
	return id;
}

static int op(int id, int num, int n, int flags)
{
	struct sembuf one = { num, n, flags };

	return semop(id, &one, 1);
}

static int value(int id, int num)
{
	return semctl(id, num, GETVAL);
}

static int set(int id, int num, int n)
{
	return semctl(id, num, SETVAL, n);
}

static struct semid_ds stat_of(int id)
{
	struct semid_ds ds;

	CHECK_EQ(semctl(id, 0, IPC_STAT, &ds), 0);
	return ds;
}

/* A child that does one operation and exits with its errno. */
static pid_t child_op(int id, int num, int n, int flags)
{
	pid_t pid = fork();

	if (!pid)
		_exit(op(id, num, n, flags) ? errno : 0);
	CHECK(pid > 0);
	return pid;
}

static void no_handler(int signo)
{
	(void)signo;
}

TEST(get)
{
	key_t key = 0x50420000 | (getpid() & 0xffff);

	CHECK_ERRNO(semget(IPC_PRIVATE, 0, 0600), EINVAL);
	CHECK_ERRNO(semget(IPC_PRIVATE, -1, 0600), EINVAL);
	CHECK_ERRNO(semget(IPC_PRIVATE, 32001, 0600), EINVAL);
	CHECK_ERRNO(semget(key, 1, 0600), ENOENT);
	int id = semget(key, 3, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(id >= 0);
	CHECK_EQ(semget(key, 3, 0), id);
	CHECK_EQ(semget(key, 0, 0), id);
	CHECK_ERRNO(semget(key, 4, 0), EINVAL);
	CHECK_ERRNO(semget(key, 3, IPC_CREAT | IPC_EXCL), EEXIST);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
	CHECK_ERRNO(semctl(id, 0, IPC_RMID), EINVAL);
	CHECK_ERRNO(op(id, 0, 1, 0), EINVAL);
	id = make(32000, 0600);
	CHECK_EQ(op(id, 31999, 5, 0), 0);
	CHECK_EQ(value(id, 31999), 5);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(values)
{
	unsigned short all[3] = { 1, 2, 32767 }, read_back[3];
	int id = make(3, 0600);

	CHECK_EQ(value(id, 0), 0);
	CHECK_EQ(set(id, 1, 32767), 0);
	CHECK_EQ(value(id, 1), 32767);
	CHECK_ERRNO(set(id, 1, 32768), ERANGE);
	CHECK_ERRNO(set(id, 1, -1), ERANGE);
	CHECK_ERRNO(set(id, 3, 1), EINVAL);
	CHECK_ERRNO(value(id, 3), EINVAL);
	CHECK_ERRNO(value(id, -1), EINVAL);
	CHECK_EQ(semctl(id, 0, SETALL, all), 0);
	CHECK_EQ(semctl(id, 99, GETALL, read_back), 0);
	CHECK(!memcmp(all, read_back, sizeof(all)));
	all[0] = 32768;
	CHECK_ERRNO(semctl(id, 0, SETALL, all), ERANGE);
	CHECK_EQ(value(id, 0), 1);
	CHECK_ERRNO(syscall(SYS_semctl, id, 0, GETALL, 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_semctl, id, 0, SETALL, 8), EFAULT);
	CHECK_ERRNO(semctl(id, 0, 99), EINVAL);
	CHECK_ERRNO(semctl(-1, 0, GETVAL), EINVAL);
	CHECK_EQ(semctl(id, 0, GETPID), getpid());
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(operations_and_their_errors)
{
	static struct sembuf many[501];
	int id = make(2, 0600);
	struct timespec bad = { 0, 1000000000 };
	struct sembuf one = { 0, 1, 0 };

	CHECK_EQ(op(id, 0, 3, 0), 0);
	CHECK_EQ(op(id, 0, -2, 0), 0);
	CHECK_EQ(value(id, 0), 1);
	CHECK_ERRNO(op(id, 0, -2, IPC_NOWAIT), EAGAIN);
	CHECK_ERRNO(op(id, 0, 0, IPC_NOWAIT), EAGAIN);
	CHECK_EQ(op(id, 1, 0, IPC_NOWAIT), 0);
	CHECK_ERRNO(op(id, 2, 1, 0), EFBIG);
	CHECK_ERRNO(op(id, 0, 32767, 0), ERANGE);
	CHECK_EQ(value(id, 0), 1);
	CHECK_ERRNO(semop(id, many, 501), E2BIG);
	CHECK_EQ(semop(id, many + 1, 0), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_ERRNO(syscall(SYS_semtimedop, id, 8, 1, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_semtimedop, id, &one, 1, 8), EFAULT);
	CHECK_ERRNO(semtimedop(id, &one, 1, &bad), EINVAL);
	CHECK_ERRNO(semop(-1, &one, 1), EINVAL);
	for (int i = 0; i < 500; i++)
		many[i] = (struct sembuf){ 1, 1, 0 };
	CHECK_EQ(semop(id, many, 500), 0);
	CHECK_EQ(value(id, 1), 500);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(all_or_nothing)
{
	int id = make(3, 0600);
	struct sembuf two[] = { { 0, 5, 0 }, { 1, -1, IPC_NOWAIT }, { 2, 1, 0 } };
	struct sembuf same[] = { { 0, 1, 0 }, { 0, -1, 0 }, { 0, 0, 0 }, { 0, 4, 0 } };
	struct sembuf over[] = { { 0, 1, 0 }, { 1, 32767, 0 }, { 1, 1, 0 } };

	CHECK_ERRNO(semop(id, two, 3), EAGAIN);
	CHECK_EQ(value(id, 0), 0);
	CHECK_EQ(semop(id, same, 4), 0);
	CHECK_EQ(value(id, 0), 4);
	CHECK_ERRNO(semop(id, over, 3), ERANGE);
	CHECK_EQ(value(id, 0), 4);
	CHECK_EQ(value(id, 1), 0);
	pid_t pid = fork();
	if (!pid) {
		struct sembuf both[] = { { 1, -1, 0 }, { 2, -1, 0 } };
		_exit(semop(id, both, 2) ? 1 : 0);
	}
	CHECK_SOON(semctl(id, 1, GETNCNT) == 1);
	CHECK_EQ(op(id, 1, 1, 0), 0);
	CHECK_SOON(semctl(id, 2, GETNCNT) == 1);
	CHECK_EQ(semctl(id, 1, GETNCNT), 0);
	CHECK_EQ(value(id, 1), 1);
	CHECK_EQ(op(id, 2, 1, 0), 0);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(value(id, 1), 0);
	CHECK_EQ(value(id, 2), 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(waiting_for_more_and_for_zero)
{
	int id = make(1, 0600);

	CHECK_EQ(set(id, 0, 1), 0);
	pid_t zero = child_op(id, 0, 0, 0), zero2 = child_op(id, 0, 0, 0);
	CHECK_SOON(semctl(id, 0, GETZCNT) == 2);
	pid_t more = child_op(id, 0, -3, 0);
	CHECK_SOON(semctl(id, 0, GETNCNT) == 1);
	CHECK_EQ(op(id, 0, 1, 0), 0);
	CHECK_EQ(semctl(id, 0, GETNCNT), 1);
	CHECK_EQ(op(id, 0, 1, 0), 0);
	CHECK_EXITED(more, 0);
	CHECK_EQ(value(id, 0), 0);
	CHECK_EXITED(zero, 0);
	CHECK_EXITED(zero2, 0);
	CHECK_EQ(semctl(id, 0, GETPID) == zero || semctl(id, 0, GETPID) == zero2, 1);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(one_wakes_the_next)
{
	int id = make(3, 0600);
	struct sembuf relay[2];
	pid_t pids[2];

	/* The first takes 0 and gives 1; the second takes 1 and gives 2. */
	for (int i = 0; i < 2; i++) {
		relay[0] = (struct sembuf){ i, -1, 0 };
		relay[1] = (struct sembuf){ i + 1, 1, 0 };
		pids[i] = fork();
		if (!pids[i])
			_exit(semop(id, relay, 2) ? 1 : 0);
		CHECK_SOON(semctl(id, i, GETNCNT) == 1);
	}
	CHECK_EQ(op(id, 0, 1, 0), 0);
	CHECK_EQ(value(id, 2), 1);
	CHECK_EXITED(pids[0], 0);
	CHECK_EXITED(pids[1], 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(a_lock_made_of_wait_for_zero)
{
	int id = make(1, 0600);
	int *counter = shared_page();
	pid_t pids[4];

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			struct sembuf take[] = { { 0, 0, 0 }, { 0, 1, SEM_UNDO } };
			for (int n = 0; n < 200; n++) {
				CHECK_EQ(semop(id, take, 2), 0);
				*(volatile int *)counter += 1;
				CHECK_EQ(op(id, 0, -1, SEM_UNDO), 0);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_EXITED(pids[i], 0);
	CHECK_EQ(*counter, 800);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(waiting_for_zero_after_an_own_operation)
{
	int id = make(1, 0600);

	CHECK_EQ(set(id, 0, 3), 0);
	pid_t pid = fork();
	if (!pid) {
		struct sembuf exactly_one[] = { { 0, -1, 0 }, { 0, 0, 0 } };
		_exit(semop(id, exactly_one, 2) ? 1 : 0);
	}
	CHECK_SOON(semctl(id, 0, GETZCNT) == 1);
	CHECK_EQ(op(id, 0, -1, 0), 0);
	CHECK_EQ(semctl(id, 0, GETZCNT), 1);
	CHECK_EQ(op(id, 0, -1, 0), 0);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(value(id, 0), 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(first_come_first_served)
{
	int id = make(2, 0600);
	int *order = shared_page();
	pid_t pids[5];

	for (int i = 0; i < 5; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			CHECK_EQ(op(id, 0, -1, 0), 0);
			order[__atomic_fetch_add(&order[10], 1, __ATOMIC_SEQ_CST)] = i;
			CHECK_EQ(op(id, 1, 1, 0), 0);
			_exit(0);
		}
		CHECK_SOON(semctl(id, 0, GETNCNT) == i + 1);
	}
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(op(id, 0, 1, 0), 0);
		CHECK_EQ(op(id, 1, -1, 0), 0);
	}
	for (int i = 0; i < 5; i++) {
		CHECK_EXITED(pids[i], 0);
		CHECK_EQ(order[i], i);
	}
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(timeouts)
{
	int id = make(1, 0600);
	struct sembuf one = { 0, -1, 0 };
	struct timespec soon = { 0, 50000000 }, now = { 0, 0 };
	int64_t begin = now_ms();

	CHECK_ERRNO(semtimedop(id, &one, 1, &soon), EAGAIN);
	CHECK(now_ms() - begin >= 50);
	CHECK_ERRNO(semtimedop(id, &one, 1, &now), EAGAIN);
	CHECK_EQ(semctl(id, 0, GETNCNT), 0);
	CHECK_EQ(set(id, 0, 1), 0);
	CHECK_EQ(semtimedop(id, &one, 1, &now), 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(a_signal_ends_it_even_with_sa_restart)
{
	int id = make(1, 0600);
	struct sigaction action = { .sa_handler = no_handler, .sa_flags = SA_RESTART };

	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
		CHECK_EQ(op(id, 0, 1, 0), 0);
		_exit(op(id, 0, -2, 0) ? errno : 0);
	}
	CHECK_SOON(semctl(id, 0, GETNCNT) == 1);
	kill(pid, SIGUSR1);
	CHECK_EXITED(pid, EINTR);
	CHECK_EQ(semctl(id, 0, GETNCNT), 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(removal_wakes)
{
	int id = make(2, 0600);
	pid_t pids[3] = { child_op(id, 0, -1, 0), child_op(id, 1, -1, SEM_UNDO), 0 };

	CHECK_SOON(semctl(id, 0, GETNCNT) == 1 && semctl(id, 1, GETNCNT) == 1);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
	CHECK_EXITED(pids[0], EIDRM);
	CHECK_EXITED(pids[1], EIDRM);
}

TEST(permissions)
{
	int closed = make(1, 0600), readable = make(1, 0604), writable = make(1, 0602);

	IN_CHILD({
		struct semid_ds ds;
		become_nobody();
		CHECK_ERRNO(value(closed, 0), EACCES);
		CHECK_EQ(value(readable, 0), 0);
		CHECK_ERRNO(op(readable, 0, 1, 0), EACCES);
		CHECK_EQ(op(readable, 0, 0, 0), 0);
		CHECK_EQ(op(writable, 0, 1, 0), 0);
		CHECK_ERRNO(op(writable, 0, 0, IPC_NOWAIT), EACCES);
		CHECK_ERRNO(value(writable, 0), EACCES);
		CHECK_EQ(set(writable, 0, 4), 0);
		CHECK_ERRNO(set(readable, 0, 4), EACCES);
		CHECK_ERRNO(semctl(writable, 0, IPC_STAT, &ds), EACCES);
		CHECK_EQ(semctl(readable, 0, IPC_STAT, &ds), 0);
		CHECK_ERRNO(semctl(readable, 0, IPC_SET, &ds), EPERM);
		CHECK_ERRNO(semctl(readable, 0, IPC_RMID), EPERM);
	});
	CHECK_EQ(semctl(closed, 0, IPC_RMID), 0);
	CHECK_EQ(semctl(readable, 0, IPC_RMID), 0);
	CHECK_EQ(semctl(writable, 0, IPC_RMID), 0);
}

TEST(stat_set_and_info)
{
	time_t before = time(NULL);
	int id = make(4, 0640);
	struct semid_ds ds = stat_of(id);
	struct seminfo info;

	CHECK_EQ(ds.sem_nsems, 4);
	CHECK_EQ(ds.sem_perm.mode, 0640);
	CHECK_EQ(ds.sem_otime, 0);
	CHECK(ds.sem_ctime >= before);
	CHECK_EQ(op(id, 0, 0, 0), 0);
	CHECK(stat_of(id).sem_otime >= before);
	ds.sem_perm.mode = 0600;
	ds.sem_perm.uid = 77;
	CHECK_EQ(semctl(id, 0, IPC_SET, &ds), 0);
	CHECK_EQ(stat_of(id).sem_perm.uid, 77);
	CHECK_EQ(stat_of(id).sem_perm.mode, 0600);
	CHECK(semctl(0, 0, IPC_INFO, &info) >= 0);
	CHECK_EQ(info.semmni, 32000);
	CHECK_EQ(info.semmsl, 32000);
	CHECK_EQ(info.semmns, 1024000000);
	CHECK_EQ(info.semopm, 500);
	CHECK_EQ(info.semvmx, 32767);
	CHECK_EQ(info.semaem, 32767);
	CHECK_EQ(info.semmap, 1024000000);
	CHECK_EQ(info.semmnu, 1024000000);
	CHECK_EQ(info.semume, 500);
	CHECK_EQ(info.semusz, 20);
	CHECK(semctl(0, 0, SEM_INFO, &info) >= (id & 0x7fff));
	CHECK_EQ(info.semusz, 1);
	CHECK_EQ(info.semaem, 4);
	CHECK_EQ(semctl(id & 0x7fff, 0, SEM_STAT, &ds), id);
	CHECK_EQ(ds.sem_nsems, 4);
	CHECK_EQ(semctl(id & 0x7fff, 0, 20 /* SEM_STAT_ANY */, &ds), id);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(proc_files)
{
	char text[600], expected[300];
	int id = make(3, 0640);

	CHECK(read_file("/proc/sysvipc/sem", text, sizeof(text)) > 0);
	snprintf(expected, sizeof(expected),
		 "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      "
		 "ctime\n%10d %10d  %4o %10u %5u %5u %5u %5u %10lu %10lu\n",
		 0, id, 0640, 3, 0, 0, 0, 0, 0ul, (unsigned long)stat_of(id).sem_ctime);
	CHECK_STR(text, expected);
	CHECK(read_file("/proc/sys/kernel/sem", text, sizeof(text)) > 0);
	CHECK_STR(text, "32000\t1024000000\t500\t32000\n");
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(undo_at_exit)
{
	int id = make(2, 0600);

	CHECK_EQ(set(id, 0, 5), 0);
	CHECK_EQ(set(id, 1, 5), 0);
	IN_CHILD({
		CHECK_EQ(op(id, 0, -3, SEM_UNDO), 0);
		CHECK_EQ(op(id, 0, 1, SEM_UNDO), 0);
		CHECK_EQ(op(id, 1, -4, 0), 0);
		CHECK_EQ(value(id, 0), 3);
	});
	CHECK_EQ(value(id, 0), 5);
	CHECK_EQ(value(id, 1), 1);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(op(id, 0, -5, SEM_UNDO), 0);
		for (;;)
			pause();
	}
	CHECK_SOON(value(id, 0) == 0);
	pid_t waiter = child_op(id, 0, -5, 0);
	CHECK_SOON(semctl(id, 0, GETNCNT) == 1);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	CHECK_EXITED(waiter, 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(undo_is_clamped)
{
	int id = make(2, 0600);

	IN_CHILD({
		CHECK_EQ(op(id, 0, 5, SEM_UNDO), 0);
		CHECK_EQ(op(id, 0, -3, 0), 0);
		CHECK_EQ(set(id, 1, 32767), 0);
		CHECK_EQ(op(id, 1, -3, SEM_UNDO), 0);
		CHECK_EQ(op(id, 1, 3, 0), 0);
	});
	CHECK_EQ(value(id, 0), 0);
	CHECK_EQ(value(id, 1), 32767);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(undo_has_limits)
{
	int id = make(1, 0600);

	IN_CHILD({
		CHECK_EQ(op(id, 0, 32767, SEM_UNDO), 0);
		CHECK_EQ(op(id, 0, -32767, 0), 0);
		CHECK_EQ(op(id, 0, 1, SEM_UNDO), 0);
		CHECK_ERRNO(op(id, 0, 1, SEM_UNDO), ERANGE);
		CHECK_EQ(value(id, 0), 1);
	});
	CHECK_EQ(value(id, 0), 0);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(setting_forgets_undos)
{
	int id = make(2, 0600);
	unsigned short all[2] = { 3, 4 };

	IN_CHILD({
		CHECK_EQ(op(id, 0, 7, SEM_UNDO), 0);
		CHECK_EQ(op(id, 1, 7, SEM_UNDO), 0);
		CHECK_EQ(set(id, 0, 9), 0);
	});
	CHECK_EQ(value(id, 0), 9);
	CHECK_EQ(value(id, 1), 0);
	IN_CHILD({
		CHECK_EQ(op(id, 0, 7, SEM_UNDO), 0);
		CHECK_EQ(semctl(id, 0, SETALL, all), 0);
	});
	CHECK_EQ(value(id, 0), 3);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(undo_of_a_removed_set_is_nothing)
{
	IN_CHILD({
		int id = make(1, 0600);
		CHECK_EQ(op(id, 0, 7, SEM_UNDO), 0);
		CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
		id = make(1, 0600);
		CHECK_EQ(op(id, 0, 7, SEM_UNDO), 0);
		CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
	});
}

TEST(fork_does_not_inherit_undos)
{
	int id = make(1, 0600);

	CHECK_EQ(set(id, 0, 5), 0);
	IN_CHILD({
		CHECK_EQ(op(id, 0, -1, SEM_UNDO), 0);
		IN_CHILD();
		CHECK_EQ(value(id, 0), 4);
	});
	CHECK_EQ(value(id, 0), 5);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(exec_keeps_undos)
{
	int id = make(1, 0600);
	int pipes[2];
	char byte;

	CHECK_EQ(set(id, 0, 5), 0);
	CHECK_EQ(pipe(pipes), 0);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(op(id, 0, -2, SEM_UNDO), 0);
		dup2(pipes[0], 0);
		close(pipes[1]);
		dup2(open("/dev/null", O_WRONLY), 1);
		execl("/proc/self/exe", "sysv_sem", "--wait", NULL);
		_exit(1);
	}
	close(pipes[0]);
	CHECK_SOON(value(id, 0) == 3);
	sleep_ms(50);
	CHECK_EQ(value(id, 0), 3);
	CHECK_EQ(write(pipes[1], "x", 1), 1);
	CHECK_EXITED(pid, 7);
	CHECK_EQ(value(id, 0), 5);
	(void)byte;
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

/* A child by raw clone: a process with some things shared. */
static pid_t clone_process(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0, NULL, 0, NULL);
}

TEST(sysvsem_shares_the_list)
{
	int id = make(1, 0600);

	CHECK_EQ(set(id, 0, 5), 0);
	IN_CHILD({
		pid_t pid = clone_process(CLONE_SYSVSEM);
		if (!pid) {
			CHECK_EQ(op(id, 0, -2, SEM_UNDO), 0);
			_exit(0);
		}
		CHECK_EXITED(pid, 0);
		CHECK_EQ(value(id, 0), 3);
		pid = clone_process(0);
		if (!pid) {
			CHECK_EQ(op(id, 0, -1, SEM_UNDO), 0);
			_exit(0);
		}
		CHECK_EXITED(pid, 0);
		CHECK_EQ(value(id, 0), 3);
	});
	CHECK_EQ(value(id, 0), 5);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(unshare_applies_or_leaves)
{
	int id = make(1, 0600);

	CHECK_EQ(set(id, 0, 9), 0);
	IN_CHILD({
		CHECK_EQ(op(id, 0, -1, SEM_UNDO), 0);
		CHECK_EQ(unshare(CLONE_SYSVSEM), 0);
		CHECK_EQ(value(id, 0), 9);
		CHECK_EQ(op(id, 0, -2, SEM_UNDO), 0);
		pid_t pid = clone_process(CLONE_SYSVSEM);
		if (!pid) {
			CHECK_EQ(unshare(CLONE_SYSVSEM), 0);
			CHECK_EQ(value(id, 0), 7);
			CHECK_EQ(op(id, 0, -4, SEM_UNDO), 0);
			CHECK_EQ(value(id, 0), 3);
			_exit(0);
		}
		CHECK_EXITED(pid, 0);
		CHECK_EQ(value(id, 0), 7);
	});
	CHECK_EQ(value(id, 0), 9);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

static void *take_one(void *arg)
{
	CHECK_EQ(op(*(int *)arg, 0, -1, SEM_UNDO), 0);
	return NULL;
}

TEST(threads_share_the_list)
{
	int id = make(1, 0600);

	CHECK_EQ(set(id, 0, 5), 0);
	IN_CHILD({
		pthread_t thread;
		CHECK_EQ(pthread_create(&thread, NULL, take_one, &id), 0);
		CHECK_EQ(pthread_join(thread, NULL), 0);
		CHECK_EQ(value(id, 0), 4);
	});
	CHECK_EQ(value(id, 0), 5);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(a_new_ipc_namespace)
{
	key_t key = 0x50430000 | (getpid() & 0xffff);
	int id = semget(key, 1, IPC_CREAT | 0600);

	if (geteuid())
		SKIP("needs root");
	CHECK_EQ(set(id, 0, 9), 0);
	IN_CHILD({
		CHECK_EQ(op(id, 0, -1, SEM_UNDO), 0);
		int before = open("/proc/self/ns/ipc", O_RDONLY);
		CHECK_EQ(unshare(CLONE_NEWIPC), 0);
		CHECK_ERRNO(semget(key, 1, 0), ENOENT);
		int inner = semget(key, 2, IPC_CREAT | 0600);
		CHECK(inner >= 0);
		CHECK_EQ(set(inner, 1, 3), 0);
		CHECK_EQ(op(inner, 1, -1, SEM_UNDO), 0);
		int inside = open("/proc/self/ns/ipc", O_RDONLY);
		CHECK_EQ(setns(before, CLONE_NEWIPC), 0);
		CHECK_EQ(value(id, 0), 9);
		CHECK_EQ(semget(key, 1, 0), id);
		CHECK_EQ(setns(inside, CLONE_NEWIPC), 0);
		CHECK_EQ(value(inner, 1), 3);
	});
	CHECK_EQ(value(id, 0), 9);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

/* Even when it is his own, an ipc namespace entered settles what was to be undone. */
TEST(entering_ones_own_ipc_namespace_undoes)
{
	int id = make(1, 0600), own = open("/proc/self/ns/ipc", O_RDONLY);
	int uts = open("/proc/self/ns/uts", O_RDONLY);

	if (geteuid())
		SKIP("needs root");
	CHECK_EQ(set(id, 0, 9), 0);
	CHECK_EQ(op(id, 0, -1, SEM_UNDO), 0);
	CHECK_EQ(setns(uts, CLONE_NEWUTS), 0);
	CHECK_EQ(value(id, 0), 8);
	CHECK_EQ(setns(own, CLONE_NEWIPC), 0);
	CHECK_EQ(value(id, 0), 9);
	CHECK_EQ(op(id, 0, -2, SEM_UNDO), 0);
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	CHECK_EQ(setns(pidfd, CLONE_NEWUTS), 0);
	CHECK_EQ(value(id, 0), 7);
	CHECK_EQ(setns(pidfd, CLONE_NEWUTS | CLONE_NEWIPC), 0);
	CHECK_EQ(value(id, 0), 9);
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

/* Each is told by the number that he has for the asker, dead or alive. */
TEST(pids_are_the_readers)
{
	int id = make(1, 0600), told[2];
	pid_t outside = 0, inside, inner = 0;

	if (geteuid())
		SKIP("needs root");
	CHECK_EQ(pipe(told), 0);
	CHECK_EQ(set(id, 0, 1), 0);
	CHECK_EQ(semctl(id, 0, GETPID), getpid());
	inside = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (inside == 0) {
		CHECK_EQ(semctl(id, 0, GETPID), 0); /* he is not to be seen from here */
		CHECK_EQ(op(id, 0, 1, 0), 0);
		CHECK_EQ(semctl(id, 0, GETPID), 1);
		for (int i = 0; i < 3; i++) {
			inner = fork();
			if (inner == 0) {
				CHECK_EQ(op(id, 0, 1, 0), 0);
				_exit(0);
			}
			CHECK_EXITED(inner, 0);
			CHECK_EQ(semctl(id, 0, GETPID), inner);
			CHECK_EQ(inner, 2 + i);
		}
		CHECK_EQ(write(told[1], "", 1), 1);
		pause();
	}
	CHECK_EQ(read(told[0], &outside, 1), 1);
	outside = semctl(id, 0, GETPID);
	CHECK(outside > 0 && outside != getpid() && outside != inside);
	CHECK_ERRNO(kill(outside, 0), ESRCH);
	kill(inside, SIGKILL);
	CHECK_EQ(waitpid(inside, NULL, 0), inside);
	CHECK_EQ(semctl(id, 0, GETPID), outside); /* its namespace is gone as well */
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

/* Whoever is killed gives back what he held: in the end all is as at the beginning. */
TEST(killed_amid_operations)
{
	int id = make(3, 0600);
	unsigned seed = 7;

	for (int i = 0; i < 3; i++)
		CHECK_EQ(set(id, i, 2), 0);
	for (int round = 0; round < 15; round++) {
		pid_t pids[6];
		for (int i = 0; i < 6; i++) {
			pids[i] = fork();
			if (!pids[i])
				for (unsigned n = i;; n++) {
					struct sembuf two[] = { { n % 3, -1, SEM_UNDO },
								{ (n + 1) % 3, -1, SEM_UNDO } };
					struct sembuf back[] = { { n % 3, 1, SEM_UNDO },
								 { (n + 1) % 3, 1, SEM_UNDO } };
					if (semop(id, two, 2) || semop(id, back, 2))
						_exit(1);
				}
		}
		for (int i = 0; i < 6; i++) {
			sleep_ms(rand_r(&seed) % 4);
			kill(pids[i], SIGKILL);
			CHECK_KILLED(pids[i], SIGKILL);
		}
		for (int i = 0; i < 3; i++) {
			CHECK_EQ(value(id, i), 2);
			CHECK_EQ(semctl(id, i, GETNCNT), 0);
		}
	}
	CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
}

TEST(removed_amid_operations)
{
	for (int round = 0; round < 10; round++) {
		int id = make(2, 0600);
		pid_t pids[4];
		for (int i = 0; i < 4; i++) {
			pids[i] = fork();
			if (!pids[i]) {
				while (!op(id, i % 2, 1, SEM_UNDO) && !op(id, i % 2, -1, SEM_UNDO))
					;
				_exit(errno == EIDRM || errno == EINVAL ? 0 : 1);
			}
		}
		sleep_ms(5 + round);
		CHECK_EQ(semctl(id, 0, IPC_RMID), 0);
		for (int i = 0; i < 4; i++)
			CHECK_EXITED(pids[i], 0);
	}
}

int main(int argc, char **argv)
{
	char byte;

	if (argc > 1 && !strcmp(argv[1], "--wait"))
		return read(0, &byte, 1) == 1 ? 7 : 1;
	return abi_main(argc, argv);
}

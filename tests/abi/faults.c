/*
 * faults.c: every allocation and every user copy inside clone, unshare, setns, execve and the calls
 * of System V objects and message queues made to fail, one after the other.
 *
 * A kernel built with FAULTS=1 (or DEBUG=1) has /proc/pando/fail-nth: the nth question of this task
 * for memory or for a user copy is answered with a failure. For each call, n = 1, 2, 3 ... until
 * the call no longer gets that far; each time the call must say ENOMEM, EAGAIN or EFAULT - or
 * succeed, where what failed could be done without - and afterwards the kernel's counts of its
 * objects must be what they were (objects.h). The number of points is printed.
 *
 * execve's points go on into the new program's start, until it can ask what is left.
 *
 * Other kernels have no such file, and the tests are skipped there.
 *
 * FULL=1 in the environment: all pairs of flags, not only each flag and what programs use.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 400
#include "tests/abi/clone_flags.h"
#include "tests/abi/objects.h"
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

enum { NOTE_FD = 690, FAR_OFF = 1000000, FAILED_WELL = 0, DID_WITHOUT = 78, WRONG_ERROR = 100 };

static int nth_fd, null_fd;
static long points, without;
static bool with_partner;

/* What a try leaves behind, seen by who started it. */
static struct {
	long questions; /* asked from arming on, asking how many included */
	long result;	/* of the call, when nothing failed */
} *note;

static void nth_arm(int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", n);

	CHECK_EQ(pwrite(nth_fd, text, length, 0), length);
}

static int nth_left(void)
{
	char text[16] = "";

	return pread(nth_fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : -1;
}

/* Somebody to share with, so that unshare has something to copy. */
static pid_t partner_start(void)
{
	pid_t pid = with_partner ? syscall(SYS_clone, CLONE_FILES | CLONE_FS | CLONE_SYSVSEM, NULL,
					   NULL, NULL, NULL)
				 : -1;

	while (pid == 0)
		pause();
	return pid;
}

static void partner_end(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
	}
}

/* The call in a process of its own, its nth question failing; the process's wait status. */
static int try_once(long (*call)(uint64_t arg), uint64_t arg, int n)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		pid_t partner = partner_start();

		nth_arm(n);
		long result = call(arg);
		if (n == FAR_OFF) {
			note->questions = n - nth_left();
			note->result = result;
		}
		if (result > 0)
			waitpid(result, NULL, __WALL);
		partner_end(partner);
		if (result >= 0)
			_exit(DID_WITHOUT);
		if (result == -ENOMEM || result == -EAGAIN || result == -EFAULT ||
		    result == note->result)
			_exit(FAILED_WELL);
		_exit(WRONG_ERROR + (int)-result % 100);
	}
	int status = wait_status(pid);
	while (waitpid(-1, NULL, __WALL) > 0) /* CLONE_PARENT made it this process's child */
		;
	return status;
}

/* Questions that reading the file asks itself. */
static long questions_of_asking(void)
{
	nth_arm(FAR_OFF);
	return FAR_OFF - nth_left();
}

/* How far the call gets when nothing fails. */
static long questions_of(long (*call)(uint64_t arg), uint64_t arg)
{
	note->questions = note->result = 0;
	try_once(call, arg, FAR_OFF);
	return note->questions - questions_of_asking();
}

/* All points of one call. A program that dies in execve behind the point of no return has no one
 * to be told of it but by the signal. */
static void try_all(const char *name, long (*call)(uint64_t arg), uint64_t arg)
{
	long last = questions_of(call, arg);

	for (int n = 1; n <= last; n++) {
		int status = try_once(call, arg, n);

		if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGSEGV
					: WEXITSTATUS(status) >= WRONG_ERROR &&
						  WEXITSTATUS(status) != 127)
			FAIL("%s: failing at point %d of %ld: wait status %#x", name, n, last,
			     status);
		points++;
		without += WIFEXITED(status) && WEXITSTATUS(status) == DID_WITHOUT;
	}
}

static long call_clone3(uint64_t bits)
{
	static char stack[16384] __attribute__((aligned(16)));
	static int words[4];
	struct clone_args args = {
		.flags = bits,
		.exit_signal = bits & (CLONE_THREAD | CLONE_PARENT) ? 0 : SIGCHLD,
		.pidfd = (uint64_t)&words[0],
		.parent_tid = (uint64_t)&words[1],
		.child_tid = (uint64_t)&words[2],
		.tls = (uint64_t)&words[3],
	};
	register long a0 __asm__("a0") = (long)&args;
	register long a1 __asm__("a1") = sizeof(args);
	register long a7 __asm__("a7") = SYS_clone3;

	if (bits & CLONE_VM) {
		args.stack = (uint64_t)stack;
		args.stack_size = sizeof(stack);
	}
	/* The child ends at once, on whatever stack it has. */
	__asm__ volatile("ecall\n\t"
			 "bnez a0, 1f\n\t"
			 "li a7, %[exit]\n\t"
			 "ecall\n"
			 "1:"
			 : "+r"(a0), "+r"(a7)
			 : "r"(a1), [exit] "i"(SYS_exit)
			 : "memory");
	return a0;
}

static long call_unshare(uint64_t bits)
{
	return syscall(SYS_unshare, bits) ? -errno : 0;
}

static const char *const ns_names[] = { "mnt", "uts", "ipc", "pid", "net", "cgroup", "time" };

static long call_setns(uint64_t which)
{
	long result;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/1/ns/%s", ns_names[which]);
	/* Opened before the failure is due: what is tried here is setns. */
	fd = (int)which + 700;
	result = syscall(SYS_setns, fd, 0);
	return result ? -errno : 0;
}

static long call_exec(uint64_t unused)
{
	(void)unused;
	dup2(null_fd, STDERR_FILENO); /* the C library's start says what it could not get */
	execl("/proc/self/exe", "faults", "--after-exec", NULL);
	return -errno;
}

static void try_flags(uint64_t bits)
{
	char name[200];

	name_of_flags(bits, name, sizeof(name));
	try_all(name, call_clone3, bits);
}

static void work_singles(void)
{
	points = without = 0;
	try_flags(0);
	for (int i = 0; i < FLAGS; i++) {
		try_flags(flags[i].bit);
		try_flags(flags[i].bit | A_THREAD);
	}
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++)
		try_flags(real[i]);
}

static void work_pairs(void)
{
	points = without = 0;
	for (int i = 0; i < FLAGS; i++)
		for (int j = i + 1; j < FLAGS; j++)
			try_flags(flags[i].bit | flags[j].bit);
	for (int i = 0; i < SHARING; i++)
		for (int j = i + 1; j < SHARING; j++)
			for (int k = j + 1; k < SHARING; k++)
				try_flags(sharing[i] | sharing[j] | sharing[k]);
}

static void work_unshare(void)
{
	points = without = 0;
	with_partner = true;
	for (int i = 0; i < FLAGS; i++) {
		try_all(flags[i].name, call_unshare, flags[i].bit);
		for (int j = i + 1; j < FLAGS; j++)
			try_all(flags[j].name, call_unshare, flags[i].bit | flags[j].bit);
	}
}

static void work_setns(void)
{
	points = without = 0;
	if (access("/proc/1/ns/uts", F_OK))
		SKIP("no files for namespaces");
	for (size_t i = 0; i < sizeof(ns_names) / sizeof(ns_names[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/1/ns/%s", ns_names[i]);
		int fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		dup2(fd, 700 + i);
		close(fd);
		try_all(ns_names[i], call_setns, i);
		close(700 + i);
	}
}

static void work_exec(void)
{
	points = without = 0;
	try_all("execve", call_exec, 0);
}

/* A result, or -errno. */
static long result_of(long got)
{
	return got == -1 ? -errno : got;
}

static long ipc_shm(void)
{
	long id = result_of(shmget(IPC_PRIVATE, 8192, 0600));
	char *at = id < 0 ? NULL : shmat(id, NULL, 0);
	long ret = at == (char *)-1 ? -errno : id < 0 ? id : 0;

	if (ret == 0)
		ret = result_of(madvise(at, 8192, MADV_POPULATE_WRITE));
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	return ret;
}

static long ipc_sem(void)
{
	struct sembuf ops[9] = { { 0, 1, SEM_UNDO }, { 0, -1, 0 } }; /* the rest: 0 is 0 */
	unsigned short values[3];
	long id = result_of(semget(IPC_PRIVATE, 3, 0600));
	long ret = id < 0 ? id : result_of(semop(id, ops, 9));

	if (ret == 0)
		ret = result_of(semctl(id, 0, GETALL, values));
	if (id >= 0)
		semctl(id, 0, IPC_RMID);
	return ret;
}

static long ipc_msg(void)
{
	struct msgbuf m = { 1, "x" };
	long id = result_of(msgget(IPC_PRIVATE, 0600));
	long ret = id < 0 ? id : result_of(msgsnd(id, &m, 1, 0));

	if (ret == 0)
		ret = result_of(msgrcv(id, &m, 1, 0, MSG_COPY | IPC_NOWAIT));
	if (ret > 0)
		ret = result_of(msgrcv(id, &m, 1, 0, 0)) < 0 ? -errno : 0;
	if (id >= 0)
		msgctl(id, IPC_RMID, NULL);
	return ret;
}

static long ipc_mqueue(void)
{
	char byte[8192];
	long q = result_of(syscall(SYS_mq_open, "faults", O_CREAT | O_RDWR, 0600, NULL));
	long ret = q < 0 ? q : result_of(mq_send(q, "x", 1, 0));

	if (ret == 0)
		ret = result_of(mq_receive(q, byte, sizeof(byte), NULL)) < 0 ? -errno : 0;
	close(q);
	while (syscall(SYS_mq_unlink, "faults") == -1 && errno != ENOENT) /* may be made to fail */
		;
	return ret;
}

static long (*const ipc_calls[])(void) = { ipc_shm, ipc_sem, ipc_msg, ipc_mqueue };
static const char *const ipc_names[] = { "shm", "sem", "msg", "mqueue" };

static long call_ipc(uint64_t which)
{
	return ipc_calls[which]();
}

static void work_ipc(void)
{
	points = without = 0;
	with_partner = false;
	for (int i = 0; i < 4; i++)
		try_all(ipc_names[i], call_ipc, i);
}

static void run_group(const char *what, void (*work)(void))
{
	if (nth_fd < 0)
		SKIP("a kernel without FAULTS=1");
	objects_check(work);
	if (points == 0)
		FAIL("nothing could be made to fail");
	abi_print("   %s: %ld points failed, %ld of them could be done without", what, points,
		  without);
}

TEST(clone)
{
	run_group("clone", work_singles);
}

TEST(clone_pairs)
{
	if (!getenv("FULL"))
		SKIP("long; FULL=1 runs it");
	run_group("pairs and triples", work_pairs);
}

TEST(unshare)
{
	run_group("unshare", work_unshare);
}

TEST(setns)
{
	run_group("setns", work_setns);
}

TEST(ipc)
{
	run_group("ipc", work_ipc);
}

TEST(execve)
{
	run_group("execve", work_exec);
}

int main(int argc, char **argv)
{
	int left;

	nth_fd = open("/proc/pando/fail-nth", O_RDWR);
	null_fd = open("/dev/null", O_WRONLY);
	if (argc > 1 && !strcmp(argv[1], "--after-exec")) { /* what call_exec runs */
		note = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, NOTE_FD, 0);
		if (note != MAP_FAILED && (left = nth_left()) > FAR_OFF / 2)
			note->questions = FAR_OFF - left;
		return DID_WITHOUT;
	}
	int fd = open("/tmp/faults.note", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && dup2(fd, NOTE_FD) == NOTE_FD && ftruncate(fd, 4096) == 0);
	close(fd);
	unlink("/tmp/faults.note");
	note = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, NOTE_FD, 0);
	CHECK(note != MAP_FAILED);
	return abi_main(argc, argv);
}

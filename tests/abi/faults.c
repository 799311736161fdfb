/*
 * faults.c: every allocation and every user copy inside clone, unshare, setns, execve and the calls
 * of System V objects and message queues made to fail, one after the other.
 *
 * A kernel built with FAULTS=1 (or DEBUG=1) has /proc/pando/fail-nth: the nth question of this task
 * for memory or for a user copy is answered with a failure. For each call, n = 1, 2, 3 ... until
 * the call no longer gets that far. The call must say ENOMEM when memory was refused and EFAULT
 * when a copy was, or end as it does when nothing fails, where it could do without; and afterwards
 * the kernel's counts of its objects must be what they were (objects.h). A call that asks nothing
 * at all is a failure of the test, unless the call is refused before it begins or the test says
 * why (asks_nothing). The numbers are printed: points, and the places in the kernel where they lie.
 *
 * execve has a point of no return: failures from there on end the program with SIGSEGV, and no
 * error may be told after the first that did so. Its points go on into the new program's start,
 * whose C library may give up, until it can ask what is left.
 *
 * Other kernels have no such file, and the tests are skipped there.
 *
 * FULL=1 in the environment: all pairs of flags and triples of those that share, not only each flag
 * and what programs use; execve also of scripts, from threads, and with shared descriptors.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 3000
#include "tests/abi/clone_flags.h"
#include "tests/abi/objects.h"
#include <mqueue.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

enum { NOTE_FD = 690, FAR_OFF = 1000000, SITES_MAX = 512, NOTE_SIZE = 65536 };
enum { SAID_SO = 0, DID_WITHOUT = 78, GAVE_UP = 127 };

static int nth_fd, null_fd;
static bool with_partner, in_thread;
static bool asks_nothing; /* the call has no need of memory */
static pid_t holder; /* of namespaces that setns goes to; 0: none */
static long points, without, missed; /* of the work under way */

/* Seen by all processes. The first part is what a try leaves behind. */
static struct {
	long questions; /* asked from arming on, asking how many included */
	long result;	/* of the call */
	pid_t partner;	/* -1: none */
	char where[96]; /* the failure's kind and place; empty: the call did not get there */
	long all_points, all_without, complaints;
	char complaint[300];
	int sites;
	char site[SITES_MAX][96];
} *note;

static void nth_arm(int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", n);

	while (pwrite(nth_fd, text, length, 0) != length) /* what was armed before may hit this */
		;
}

/* Questions left, and where the failure was if it has happened. */
static int nth_left(char where[96])
{
	char text[128] = "";
	int left = -1;

	if (where)
		where[0] = 0;
	if (pread(nth_fd, text, sizeof(text) - 1, 0) > 0)
		sscanf(text, where ? "%d %95[^\n]" : "%d", &left, where);
	return left;
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

static struct {
	long (*call)(uint64_t arg);
	uint64_t arg;
	int n;
} try;

/* What the process of a try does: in its first thread, or in a second. */
static void *try_body(void *unused)
{
	nth_arm(try.n);
	long result = try.call(try.arg);
	note->questions = try.n - nth_left(note->where);
	nth_arm(0);
	note->result = result;
	if (result > 0)
		waitpid(result, NULL, __WALL);
	partner_end(note->partner);
	_exit(result >= 0 ? DID_WITHOUT : SAID_SO);
	return unused;
}

/* The call in a process of its own, its nth question failing; the process's wait status. */
static int try_once(long (*call)(uint64_t arg), uint64_t arg, int n)
{
	pthread_t thread;

	try.call = call;
	try.arg = arg;
	try.n = n;
	note->where[0] = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		note->partner = partner_start();
		if (in_thread && !pthread_create(&thread, NULL, try_body, NULL))
			pause();
		try_body(NULL);
	}
	int status = wait_status(pid);
	while (!holder && waitpid(-1, NULL, __WALL) > 0) /* CLONE_PARENT made it a child of this */
		;
	if (note->partner > 0) /* its parent has become another program, or died */
		kill(note->partner, SIGKILL);
	return status;
}

/* Questions that reading the file asks itself. */
static long questions_of_asking(void)
{
	nth_arm(FAR_OFF);
	long asked = FAR_OFF - nth_left(NULL);
	nth_arm(0);
	return asked;
}

static void site_enter(const char *where)
{
	for (int i = 0; i < note->sites; i++)
		if (!strcmp(note->site[i], where))
			return;
	if (note->sites < SITES_MAX)
		strcpy(note->site[note->sites++], where);
}

static bool is_execve(const char *name)
{
	return !strncmp(name, "execve", 6);
}

/* Goes on: one run tells of all faults, the first one with a line of its own. */
__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!note->complaints++)
		strcpy(note->complaint, text);
	if (note->complaints <= 20)
		abi_print("   %s", text);
}

/* What the call answers must fit what failed. plain: what it answers when nothing fails. */
static void check_answer(const char *name, int n, long plain)
{
	long expected = strncmp(note->where, "copy", 4) ? -ENOMEM : -EFAULT;

	if (note->result != expected && note->result != plain && (note->result < 0 || plain < 0))
		complain("%s: point %d, %s: answers %ld", name, n, note->where, note->result);
}

/* All points of one call. A program that dies in execve behind the point of no return has no one
 * to be told of it but by the signal. */
static void try_all(const char *name, long (*call)(uint64_t arg), uint64_t arg)
{
	long before = points, last, plain;
	int first_death = 0;

	note->questions = note->result = 0;
	try_once(call, arg, FAR_OFF);
	plain = note->result;
	last = note->questions - questions_of_asking();
	for (int n = 1; n <= last; n++) {
		note->result = plain;
		int status = try_once(call, arg, n);

		if (is_execve(name) && (status == SIGSEGV || status == GAVE_UP << 8)) {
			first_death = first_death ?: n;
			points++;
			continue;
		}
		if (!WIFEXITED(status))
			complain("%s: point %d of %ld, %s: wait status %#x", name, n, last,
				 note->where, status);
		if (!note->where[0]) {
			missed++;
			continue;
		}
		check_answer(name, n, plain);
		if (first_death && WEXITSTATUS(status) == SAID_SO)
			complain("%s: point %d, %s: an error is told, but point %d was deadly",
				 name, n, note->where, first_death);
		site_enter(note->where);
		points++;
		without += WEXITSTATUS(status) == DID_WITHOUT;
	}
	if (points == before && plain >= 0 && !asks_nothing)
		complain("%s: there is nothing to fail", name);
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

static const struct {
	const char *file;
	long flag;
} spaces[] = {
	{ "user", CLONE_NEWUSER }, { "mnt", CLONE_NEWNS },	  { "uts", CLONE_NEWUTS },
	{ "ipc", CLONE_NEWIPC },   { "pid", CLONE_NEWPID },	  { "net", CLONE_NEWNET },
	{ "time", CLONE_NEWTIME }, { "cgroup", CLONE_NEWCGROUP },
};
enum { SPACES = sizeof(spaces) / sizeof(spaces[0]), SPACE_FD = 700, PIDFD_FD = 720 };

/* The descriptors are opened before the failure is due: what is tried here is setns. */
static long call_setns(uint64_t which)
{
	return syscall(SYS_setns, SPACE_FD + which, 0) ? -errno : 0;
}

static long call_setns_pidfd(uint64_t bits)
{
	return syscall(SYS_setns, PIDFD_FD, bits) ? -errno : 0;
}

static char *const exec_argv[] = { "faults", "--after-exec", NULL };

static long call_exec(uint64_t file)
{
	dup2(null_fd, STDERR_FILENO); /* the C library's start says what it could not get */
	execv((const char *)file, exec_argv);
	return -errno;
}

static void work_begin(void)
{
	points = without = missed = 0;
	with_partner = in_thread = asks_nothing = false;
	note->complaints = 0;
}

static void try_flags(uint64_t bits)
{
	char name[200];

	name_of_flags(bits, name, sizeof(name));
	try_all(name, call_clone3, bits);
}

static void work_singles(void)
{
	work_begin();
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
	work_begin();
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
	char name[200];

	work_begin();
	with_partner = true;
	for (int i = 0; i < FLAGS; i++)
		for (int j = i; j < FLAGS; j++) {
			uint64_t bits = flags[i].bit | flags[j].bit;

			/* There is one thread: nothing of these is shared. */
			asks_nothing = !(bits & ~(A_THREAD | CLONE_SYSVSEM));
			name_of_flags(bits, name, sizeof(name));
			try_all(name, call_unshare, bits);
		}
}

/* A process in namespaces of its own, for setns to go to. */
static pid_t spaces_open(void)
{
	long all = 0;

	for (int i = 0; i < SPACES; i++)
		all |= spaces[i].flag;
	pid_t pid = syscall(SYS_clone, all | SIGCHLD, NULL, NULL, NULL, NULL);
	while (!pid)
		pause();
	CHECK(pid > 0);
	for (int i = 0; i < SPACES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, spaces[i].file);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0 && dup2(fd, SPACE_FD + i) >= 0);
		close(fd);
	}
	int fd = syscall(SYS_pidfd_open, pid, 0);
	CHECK(fd >= 0 && dup2(fd, PIDFD_FD) >= 0);
	close(fd);
	return pid;
}

static void work_setns(void)
{
	char name[200];
	long all = 0;

	work_begin();
	if (access("/proc/1/ns/uts", F_OK))
		SKIP("no files for namespaces");
	holder = spaces_open();
	for (int i = 0; i < SPACES; i++)
		try_all(spaces[i].file, call_setns, i);
	for (int i = 0; i < SPACES; i++) {
		all |= spaces[i].flag;
		for (int j = i; j < SPACES; j++) {
			name_of_flags(spaces[i].flag | spaces[j].flag, name, sizeof(name));
			try_all(name, call_setns_pidfd, spaces[i].flag | spaces[j].flag);
		}
	}
	try_all("all of them", call_setns_pidfd, all);
	for (int i = 0; i < SPACES; i++)
		close(SPACE_FD + i);
	close(PIDFD_FD);
	kill(holder, SIGKILL);
	CHECK_EQ(wait_status(holder), SIGKILL);
	holder = 0;
}

static void work_exec(void)
{
	static const char script[] = "#!/proc/self/exe --after-exec\n";

	work_begin();
	try_all("execve", call_exec, (uint64_t)"/proc/self/exe");
	if (!getenv("FULL"))
		return;
	write_file("/tmp/faults.script", script, strlen(script));
	try_all("execve of a script", call_exec, (uint64_t)"/tmp/faults.script");
	try_all("execve of nothing", call_exec, (uint64_t)"/tmp/faults.none");
	with_partner = true;
	try_all("execve with shared descriptors", call_exec, (uint64_t)"/proc/self/exe");
	in_thread = true;
	try_all("execve from a thread", call_exec, (uint64_t)"/proc/self/exe");
	unlink("/tmp/faults.script");
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
	work_begin();
	for (int i = 0; i < 4; i++)
		try_all(ipc_names[i], call_ipc, i);
}

static void run_group(const char *what, void (*work)(void))
{
	if (nth_fd < 0)
		SKIP("a kernel without FAULTS=1");
	objects_check(work);
	if (note->complaints)
		FAIL("%s; and %ld more", note->complaint, note->complaints - 1);
	note->all_points += points;
	note->all_without += without;
	abi_print("   %s: %ld points failed, %ld of them could be done without; %ld not met again",
		  what, points, without, missed);
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

/* What call_exec runs: how far was it? */
static int after_exec(void)
{
	char where[96];
	int left = nth_left(where);

	nth_arm(0);
	note = mmap(NULL, NOTE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, NOTE_FD, 0);
	if (note != MAP_FAILED) {
		note->questions = left > FAR_OFF / 2 ? FAR_OFF - left : 0;
		strcpy(note->where, where);
	}
	return DID_WITHOUT;
}

int main(int argc, char **argv)
{
	do /* after exec this may be the call that was to fail */
		nth_fd = open("/proc/pando/fail-nth", O_RDWR);
	while (nth_fd < 0 && errno != ENOENT);
	null_fd = open("/dev/null", O_WRONLY);
	if (argc > 1 && !strcmp(argv[1], "--after-exec"))
		return after_exec();
	int fd = open("/tmp/faults.note", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && dup2(fd, NOTE_FD) == NOTE_FD && ftruncate(fd, NOTE_SIZE) == 0);
	close(fd);
	unlink("/tmp/faults.note");
	note = mmap(NULL, NOTE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, NOTE_FD, 0);
	CHECK(note != MAP_FAILED);
	int failures = abi_main(argc, argv);
	if (nth_fd >= 0)
		abi_print("   all: %ld points failed at %d places, %ld could be done without",
			  note->all_points, note->sites, note->all_without);
	return failures;
}

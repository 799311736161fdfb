/*
 * leak.c: one kind of work after another, each over and over: does the kernel end with what it
 * began with? What counts is said in objects.h. On Linux, which does not count for us, the work is
 * done and skipped.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 60
#include "tests/abi/objects.h"
#include <linux/sched.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#define LEAK_TEST(name)                                                                        \
	static void work_##name(void);                                                         \
	TEST(name)                                                                             \
	{                                                                                      \
		if (!objects_check(work_##name))                                               \
			SKIP("the kernel does not count its objects");                         \
	}                                                                                      \
	static void work_##name(void)

LEAK_TEST(nothing)
{
	getpid();
}

LEAK_TEST(fork_and_exit)
{
	for (int i = 0; i < 50; i++)
		IN_CHILD();
}

LEAK_TEST(fork_with_touched_memory)
{
	char *memory =
		mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(memory, 1, 4 << 20);
	for (int i = 0; i < 10; i++)
		IN_CHILD(memset(memory, 2, 2 << 20));
	munmap(memory, 4 << 20);
}

LEAK_TEST(killed_children)
{
	for (int i = 0; i < 30; i++) {
		pid_t pid = fork();
		if (!pid)
			for (;;)
				pause();
		kill(pid, SIGKILL);
		CHECK_KILLED(pid, SIGKILL);
	}
}

LEAK_TEST(orphans)
{
	for (int i = 0; i < 20; i++)
		IN_CHILD(if (!fork()) { sleep_ms(2); _exit(0); });
	sleep_ms(50);
}

LEAK_TEST(exec)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		if (!pid) {
			execl("/proc/self/exe", "leak", "--quit", (char *)NULL);
			_exit(1);
		}
		CHECK_EXITED(pid, 0);
	}
}

LEAK_TEST(failing_exec)
{
	for (int i = 0; i < 50; i++) {
		CHECK(execl("/nowhere", "x", (char *)NULL) == -1);
		CHECK(execl("/proc/version", "x", (char *)NULL) == -1);
		CHECK(execl("/tmp", "x", (char *)NULL) == -1);
	}
}

static void *return_at_once(void *arg)
{
	return arg;
}

static void *pause_in_thread(void *arg)
{
	for (;;)
		pause();
	return arg;
}

LEAK_TEST(threads)
{
	pthread_t threads[8];

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 8; i++)
			CHECK_EQ(pthread_create(&threads[i], NULL, return_at_once, NULL), 0);
		for (int i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
	}
}

LEAK_TEST(exit_with_live_threads)
{
	pthread_t thread;

	for (int i = 0; i < 10; i++)
		IN_CHILD(for (int j = 0; j < 4; j++)
				 pthread_create(&thread, NULL, pause_in_thread, NULL));
}

static int exit_child(void *arg)
{
	return (int)(intptr_t)arg;
}

LEAK_TEST(every_combination_of_shared_resources)
{
	static const unsigned long shares[] = {CLONE_FS, CLONE_FILES, CLONE_SYSVSEM, CLONE_IO,
					       CLONE_VM};
	static char stack[65536] __attribute__((aligned(16)));

	for (int set = 0; set < 32; set++) {
		unsigned long flags = SIGCHLD;
		for (int i = 0; i < 5; i++)
			if (set & 1 << i)
				flags |= shares[i];
		pid_t pid = clone(exit_child, stack + sizeof(stack), (int)flags, NULL);
		CHECK(pid > 0);
		CHECK_EXITED(pid, 0);
	}
}

LEAK_TEST(refused_clones)
{
	struct clone_args args = { .flags = CLONE_SIGHAND, .exit_signal = SIGCHLD };
	pid_t taken[1] = { 1 };

	for (int i = 0; i < 50; i++) {
		CHECK(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0) == -1);
		CHECK(syscall(SYS_clone3, &args, sizeof(args)) == -1);
		struct clone_args again = {
			.exit_signal = SIGCHLD, .set_tid = (uintptr_t)taken, .set_tid_size = 1};
		CHECK(syscall(SYS_clone3, &again, sizeof(again)) == -1);
	}
}

LEAK_TEST(descriptors_left_open)
{
	IN_CHILD(int fds[2]; for (int i = 0; i < 100; i++) {
		CHECK_EQ(pipe(fds), 0);
		CHECK_EQ(write(fds[1], "data", 4), 4);
		CHECK(open("/proc/self/status", O_RDONLY) >= 0);
		CHECK(dup(fds[0]) >= 0);
	});
}

static void leave_scratch(void)
{
	char cwd[100];

	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(rmdir(cwd), 0);
}

LEAK_TEST(files_and_folders)
{
	char name[50];

	enter_scratch();
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		write_file(name, "some text", 9);
		CHECK_EQ(mkdir("d", 0755), 0);
		CHECK_EQ(rename(name, "d/f"), 0);
		CHECK_EQ(link("d/f", "l"), 0);
		CHECK_EQ(symlink("l", "s"), 0);
		CHECK_EQ(truncate("s", 100000), 0);
		CHECK(open("absent", O_RDONLY) == -1);
		CHECK_EQ(unlink("s") | unlink("l") | unlink("d/f") | rmdir("d"), 0);
	}
	leave_scratch();
}

LEAK_TEST(mounts)
{
	mkdir("/tmp/leak-mount", 0755);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(mount("t", "/tmp/leak-mount", "tmpfs", 0, NULL), 0);
		write_file("/tmp/leak-mount/file", "text", 4);
		CHECK_EQ(umount("/tmp/leak-mount"), 0);
	}
}

LEAK_TEST(mappings)
{
	enter_scratch();
	write_file("f", "text", 4);
	int fd = open("f", O_RDWR);
	CHECK_EQ(ftruncate(fd, 40960), 0);
	for (int i = 0; i < 30; i++) {
		char *shared = mmap(NULL, 40960, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		char *private = mmap(NULL, 40960, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		memset(shared, i, 40960);
		memset(private, i, 40960);
		CHECK_EQ(mprotect(private + 4096, 8192, PROT_READ), 0);
		CHECK_EQ(munmap(private + 12288, 4096), 0);
		CHECK_EQ(munmap(private, 40960) | munmap(shared, 40960), 0);
	}
	close(fd);
	unlink("f");
	leave_scratch();
}

LEAK_TEST(signals_pending_at_death)
{
	for (int i = 0; i < 10; i++)
		IN_CHILD(sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, NULL);
			 for (int j = 0; j < 20; j++) sigqueue(getpid(), SIGRTMIN + j % 5,
							       (union sigval){.sival_int = j});
			 raise(SIGUSR1));
}

LEAK_TEST(timers_running_at_death)
{
	timer_t timer;
	struct itimerspec hour = { { 0, 0 }, { 3600, 0 } };

	for (int i = 0; i < 10; i++)
		IN_CHILD(alarm(1000); if (!timer_create(CLOCK_MONOTONIC, NULL, &timer))
			 timer_settime(timer, 0, &hour, NULL));
}

LEAK_TEST(faults)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	for (int i = 0; i < 10; i++)
		CHECK_DIES(SIGSEGV, *(volatile char *)(uintptr_t)(16 + i) = 1);
}

LEAK_TEST(vfork_and_exec)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = vfork();
		if (!pid) {
			execl("/proc/self/exe", "leak", "--quit", (char *)NULL);
			_exit(1);
		}
		CHECK_EXITED(pid, 0);
	}
}

LEAK_TEST(sessions_and_groups)
{
	for (int i = 0; i < 20; i++)
		IN_CHILD(setsid(); if (!fork()) { setpgid(0, 0); _exit(0); } wait(NULL));
}

LEAK_TEST(reading_proc)
{
	static char text[65536];
	char path[60];

	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();
		if (!pid)
			for (;;)
				pause();
		static const char *names[] = {"stat",    "status", "maps",  "statm",
					      "cmdline", "comm",   "wchan", "limits"};
		for (int j = 0; j < 8; j++) {
			snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[j]);
			read_file(path, text, sizeof(text));
		}
		kill(pid, SIGKILL);
		CHECK_KILLED(pid, SIGKILL);
		CHECK(access(path, F_OK) == -1);
	}
}

LEAK_TEST(pidfds)
{
	for (int i = 0; i < 20; i++) {
		int fd = -1;
		struct clone_args args = { .flags = CLONE_PIDFD, .exit_signal = SIGCHLD,
					   .pidfd = (uintptr_t)&fd };
		long pid = syscall(SYS_clone3, &args, sizeof(args));

		while (!pid)
			pause();
		CHECK(pid > 0);
		int other = (int)syscall(SYS_pidfd_open, pid, 0);
		close((int)syscall(SYS_pidfd_getfd, other, 1, 0));
		CHECK_EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), 0);
		CHECK_KILLED((pid_t)pid, SIGKILL);
		close(fd);
		close(other);
		args.pidfd = 8; /* fails late */
		CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EFAULT);
	}
}

LEAK_TEST(io_contexts)
{
	for (int i = 0; i < 20; i++)
		IN_CHILD(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 3); IN_CHILD());
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

LEAK_TEST(cgroups)
{
	mkdir("/tmp/leak.cgroup", 0755);
	CHECK_EQ(mount("none", "/tmp/leak.cgroup", "cgroup2", 0, NULL), 0);
	CHECK_EQ(chdir("/tmp/leak.cgroup"), 0);
	write_text("cgroup.subtree_control", "+pids");
	for (int i = 0; i < 10; i++) {
		char text[12];

		CHECK_EQ(mkdir("leak", 0755), 0);
		CHECK_EQ(mkdir("leak/below", 0755), 0);
		pid_t pid = fork();
		while (!pid)
			pause();
		snprintf(text, sizeof(text), "%d", pid);
		write_text("leak/below/cgroup.procs", text);
		write_text("leak/pids.max", "1");
		write_text("leak/cgroup.freeze", "1");
		write_text("leak/cgroup.kill", "1");
		CHECK_KILLED(pid, SIGKILL);
		CHECK_EQ(rmdir("leak/below"), 0);
		CHECK_EQ(rmdir("leak"), 0);
	}
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(umount("/tmp/leak.cgroup"), 0);
}

/* Objects of every kind, some removed, some left to their namespace; and who is killed at work. */
static void sysv_objects(void)
{
	struct sembuf take = { 0, -1, SEM_UNDO }, give = { 0, 1, SEM_UNDO };
	struct msgbuf m = { 1, "x" };
	int shm = shmget(IPC_PRIVATE, 3 * 4096, 0600), sem = semget(IPC_PRIVATE, 300, 0600);
	int msg = msgget(IPC_PRIVATE, 0600), full = msgget(IPC_PRIVATE, 0600);
	char *at = shmat(shm, NULL, 0);
	mqd_t q = mq_open("/leak", O_CREAT | O_RDWR, 0600, NULL);

	CHECK(shm >= 0 && sem >= 0 && msg >= 0 && full >= 0 && at != (char *)-1 && q >= 0);
	at[4096] = 1;
	CHECK_EQ(semop(sem, &give, 1), 0);
	CHECK_EQ(msgsnd(full, &m, 1, 0), 0);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();
		if (!pid && i == 0)
			semop(sem, &take, 1), semop(sem, &take, 1);
		else if (!pid && i == 1)
			msgrcv(msg, &m, 1, 0, 0);
		else if (!pid && i == 2)
			mprotect(shmat(shm, NULL, 0), 4096, PROT_READ), pause();
		else if (!pid)
			mq_receive(q, at, 8192, NULL), mq_receive(q, at, 8192, NULL), pause();
		CHECK_SOON(task_state(pid) == 'S');
		kill(pid, SIGKILL);
		CHECK_KILLED(pid, SIGKILL);
	}
	CHECK_EQ(shmctl(shm, IPC_RMID, NULL), 0);
	CHECK_EQ(shmdt(at), 0);
	CHECK_EQ(semctl(sem, 0, IPC_RMID), 0);
	CHECK_EQ(msgctl(msg, IPC_RMID, NULL), 0);
	CHECK_EQ(msgctl(full, IPC_RMID, NULL), 0);
	CHECK_EQ(mq_unlink("/leak"), 0);
	CHECK_EQ(mq_close(q), 0);
}

LEAK_TEST(ipc_objects)
{
	for (int i = 0; i < 10; i++)
		sysv_objects();
}

LEAK_TEST(ipc_namespaces)
{
	for (int i = 0; i < 10; i++)
		IN_CHILD({
			struct sembuf give = { 0, 1, SEM_UNDO };
			struct msgbuf m = { 1, "x" };
			CHECK_EQ(unshare(CLONE_NEWIPC), 0);
			sysv_objects();
			CHECK(shmat(shmget(5, 8192, IPC_CREAT | 0600), NULL, 0) != (void *)-1);
			CHECK_EQ(semop(semget(5, 9, IPC_CREAT | 0600), &give, 1), 0);
			CHECK_EQ(msgsnd(msgget(5, IPC_CREAT | 0600), &m, 1, 0), 0);
			mqd_t q = mq_open("/leak", O_CREAT | O_RDWR, 0600, NULL);
			CHECK_EQ(mq_send(q, "x", 1, 0), 0);
		});
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--quit"))
		return 0;
	return abi_main(argc, argv);
}

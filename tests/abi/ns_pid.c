/*
 * ns_pid.c: pid namespaces: numbers, what is seen from where, and the rules for their init.
 */
#include "tests/abi/ns.h"
#include <pthread.h>
#include <stdatomic.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/reboot.h>

TEST(the_first_is_one)
{
	pid_t pid = fork_new(CLONE_NEWPID);

	CHECK(pid == 0 || pid > 1);
	if (pid == 0) {
		pid_t child;

		CHECK_EQ(getpid(), 1);
		CHECK_EQ(syscall(SYS_gettid), 1);
		CHECK_EQ(getppid(), 0);
		CHECK_EQ(getpgrp(), 0);
		CHECK_EQ(getsid(0), 0);
		child = fork();
		if (child == 0) {
			CHECK_EQ(getpid(), 2);
			CHECK_EQ(getppid(), 1);
			_exit(7);
		}
		CHECK_EQ(child, 2);
		CHECK_EXITED(child, 7);
		CHECK_EQ(setsid(), 1);
		CHECK_EQ(getsid(0), 1);
		CHECK_EQ(getpgid(0), 1);
		_exit(3);
	}
	CHECK_EXITED(pid, 3);
}

TEST(unshare_is_for_children)
{
	pid_t self = getpid(), pid;
	unsigned long number = ns_number(0, "pid");
	char text[64];

	CHECK_EQ(unshare(CLONE_NEWPID), 0);
	CHECK_EQ(getpid(), self);
	CHECK_EQ(ns_number(0, "pid"), number);
	CHECK_ERRNO(readlink("/proc/self/ns/pid_for_children", text, sizeof(text)), ENOENT);
	CHECK_ERRNO(unshare(CLONE_NEWPID), EINVAL);
	CHECK_ERRNO(syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0),
		    EINVAL);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(getpid(), 1);
		_exit(0);
	}
	CHECK(pid > 1);
	CHECK_EXITED(pid, 0);
	CHECK_ERRNO(fork(), ENOMEM); /* its init has gone */
}

TEST(outside_is_not_seen)
{
	pid_t outside = getpid();
	pid_t pid = fork_new(CLONE_NEWPID);

	if (pid == 0) {
		if (outside > 2)
			CHECK_ERRNO(kill(outside, 0), ESRCH);
		CHECK_ERRNO(getpgid(outside + 1000), ESRCH);
		CHECK_ERRNO(kill(-1, 0), ESRCH);
		CHECK_EQ(kill(1, 0), 0);
		CHECK_EQ(kill(getpid(), 0), 0);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

TEST(init_takes_only_what_it_handles)
{
	pid_t pid = fork_new(CLONE_NEWPID);

	if (pid == 0) {
		CHECK_EQ(kill(1, SIGTERM), 0);
		CHECK_EQ(kill(1, SIGKILL), 0);
		CHECK_EQ(kill(1, SIGSTOP), 0);
		CHECK_EQ(raise(SIGTSTP), 0);
		IN_CHILD(CHECK_EQ(kill(1, SIGKILL), 0); CHECK_EQ(kill(1, SIGINT), 0));
		for (;;)
			pause();
	}
	sleep_ms(100);
	CHECK_EQ(kill(pid, SIGTERM), 0); /* nor from above, but for what can't be handled */
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	int status;

	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_KILLED(pid, SIGKILL);
}

static volatile int seen_pid = -1;

static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	seen_pid = info->si_pid;
}

TEST(a_sender_from_outside_has_no_number)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	sigset_t usr, old;
	pid_t pid;

	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr, &old);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	pid = fork_new(CLONE_NEWPID);
	if (pid == 0) {
		sigsuspend(&old);
		CHECK_EQ(seen_pid, 0);
		IN_CHILD(CHECK_EQ(kill(1, SIGUSR1), 0));
		sigsuspend(&old);
		CHECK_EQ(seen_pid, 2);
		_exit(0);
	}
	CHECK_EQ(kill(pid, SIGUSR1), 0);
	CHECK_EXITED(pid, 0);
}

TEST(the_end_of_init_is_the_end_of_all)
{
	int alive[2];
	char byte;
	pid_t pid;

	CHECK_EQ(pipe(alive), 0);
	pid = fork_new(CLONE_NEWPID);
	if (pid == 0) {
		for (int i = 0; i < 5; i++) {
			if (fork() == 0) {
				setsid();
				signal(SIGTERM, SIG_IGN);
				if (fork() == 0)
					pause();
				for (;;)
					pause();
			}
		}
		sleep_ms(50);
		_exit(5);
	}
	close(alive[1]);
	CHECK_EXITED(pid, 5);
	CHECK_EQ(read(alive[0], &byte, 1), 0); /* nobody holds the other end */
}

/* The threads of a namespace's init end at one moment, its children outlive the leader. */
static atomic_int ending_now;

static void *end_with_the_others(void *how)
{
	while (!ending_now)
		;
	syscall(how ? SYS_exit : SYS_exit_group, 0);
	return NULL;
}

static void end_as_init(int round)
{
	pthread_t thread;

	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			for (;;)
				pause();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&thread, NULL, end_with_the_others,
					(round + i) % 3 ? &thread : NULL), 0);
	ending_now = 1;
	for (int i = 0; i < round % 50; i++)
		atomic_fetch_add(&ending_now, 1);
	syscall(SYS_exit, 0);
}

TEST(all_threads_of_init_end_at_once)
{
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork_new(CLONE_NEWPID);

		if (pid == 0)
			end_as_init(i);
		CHECK_EXITED(pid, 0);
	}
}

TEST(orphans_go_to_init)
{
	pid_t pid = fork_new(CLONE_NEWPID);

	if (pid == 0) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			if (fork() == 0) {
				while (getppid() == 2)
					sleep_ms(1);
				CHECK_EQ(getppid(), 1);
				_exit(9);
			}
			_exit(1);
		}
		CHECK_EXITED(child, 1);
		CHECK_EQ(wait(&status), 3);
		CHECK_EQ(WEXITSTATUS(status), 9);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

TEST(nested_numbers)
{
	char text[4096], *line;
	int ready[2], go[2];
	char byte;
	pid_t pid;

	CHECK_EQ(pipe(ready), 0);
	CHECK_EQ(pipe(go), 0);
	pid = fork_new(CLONE_NEWPID);
	if (pid == 0) {
		long inner = clone_new(CLONE_NEWPID);

		if (inner == 0) {
			CHECK_EQ(getpid(), 1);
			CHECK_EQ(write(ready[1], "x", 1), 1);
			CHECK_EQ(read(go[0], &byte, 1), 1);
			_exit(4);
		}
		CHECK_EQ(inner, 2);
		CHECK_EXITED((pid_t)inner, 4);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	snprintf(text, sizeof(text), "/proc/%d/status", pid);
	CHECK(read_file(text, text, sizeof(text)) > 0);
	line = strstr(text, "NSpid:");
	CHECK(line);
	long a = 0, b = 0;
	CHECK_EQ(sscanf(line, "NSpid:\t%ld\t%ld", &a, &b), 2);
	CHECK_EQ(a, pid);
	CHECK_EQ(b, 1);
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EXITED(pid, 0);
}

TEST(setns_gives_children_to_it)
{
	int fd, own;
	char path[64];
	pid_t pid = fork_new(CLONE_NEWPID);
	pid_t child;

	if (pid == 0) {
		for (;;)
			pause();
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	fd = open(path, O_RDONLY);
	own = open("/proc/self/ns/pid", O_RDONLY);
	CHECK(fd >= 0 && own >= 0);
	CHECK_EQ(setns(fd, CLONE_NEWPID), 0);
	child = fork();
	if (child == 0) {
		CHECK_EQ(getpid(), 2);
		CHECK_EQ(getppid(), 0);
		CHECK_ERRNO(setns(own, CLONE_NEWPID), EINVAL);
		CHECK_EQ(kill(1, SIGKILL), 0);
		CHECK_EQ(kill(1, 0), 0);
		_exit(0);
	}
	CHECK(child > 2);
	CHECK_EXITED(child, 0);
	CHECK_EQ(setns(own, 0), 0);
	IN_CHILD(CHECK(getpid() > 2));
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(chosen_numbers)
{
	pid_t tids[3] = { 1, 0, 0 };
	struct clone_args args = { .flags = CLONE_NEWPID, .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)tids, .set_tid_size = 1 };
	pid_t pid;

	pid = syscall(SYS_clone3, &args, sizeof(args));
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(getpid() == 1 ? 0 : 1);
	CHECK_EXITED(pid, 0);
	tids[0] = 5;
	CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL); /* the first must be 1 */
	tids[0] = 1;
	tids[1] = 31313;
	args.set_tid_size = 2;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(getpid() == 1 ? 0 : 1);
	CHECK_EQ(pid, 31313);
	CHECK_EXITED(pid, 0);
	args.set_tid_size = 3;
	CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
}

TEST(proc_from_inside)
{
	pid_t pid = fork_new(CLONE_NEWPID | CLONE_NEWNS);

	if (pid == 0) {
		char text[4096];
		struct stat st;

		CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
		CHECK(readlink("/proc/self", text, sizeof(text)) > 1 || getpid() == 1);
		CHECK_EQ(mount("proc", "/proc", "proc", 0, NULL), 0);
		memset(text, 0, sizeof(text));
		CHECK_EQ(readlink("/proc/self", text, sizeof(text)), 1);
		CHECK_STR(text, "1");
		CHECK_EQ(stat("/proc/1", &st), 0);
		CHECK_ERRNO(stat("/proc/2", &st), ENOENT);
		CHECK(read_file("/proc/self/status", text, sizeof(text)) > 0);
		CHECK(strstr(text, "\nPid:\t1\n"));
		CHECK(strstr(text, "\nNSpid:\t1\n"));
		CHECK_EQ(ns_number(0, "pid"), ns_number(1, "pid"));
		/* How many there are outside is nobody's business here. */
		CHECK(read_file("/proc/loadavg", text, sizeof(text)) > 0);
		CHECK_STR(strrchr(text, ' '), " 1\n");
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

TEST(reboot_ends_it)
{
	pid_t pid = fork_new(CLONE_NEWPID);

	if (pid == 0) {
		if (fork() == 0) {
			CHECK_ERRNO(reboot(RB_ENABLE_CAD), EINVAL);
			reboot(RB_AUTOBOOT);
			_exit(1);
		}
		for (;;)
			pause();
	}
	CHECK_KILLED(pid, SIGHUP);
	pid = fork_new(CLONE_NEWPID);
	if (pid == 0) {
		reboot(RB_POWER_OFF);
		_exit(1);
	}
	CHECK_KILLED(pid, SIGINT);
}

TEST(locks_name_the_owner_by_the_readers_number)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd, ready[2];
	char byte;
	pid_t pid;

	enter_scratch();
	fd = open("locked", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(pipe(ready), 0);
	CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
	pid = fork_new(CLONE_NEWPID);
	if (pid == 0) {
		CHECK_EQ(fcntl(fd, F_GETLK, &lock), 0);
		CHECK_EQ(lock.l_type, F_WRLCK);
		CHECK_EQ(lock.l_pid, 0);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	lock = (struct flock){ .l_type = F_UNLCK };
	CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
	pid = fork_new(CLONE_NEWPID);
	if (pid == 0) {
		lock = (struct flock){ .l_type = F_WRLCK };
		CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
		CHECK_EQ(write(ready[1], "x", 1), 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	lock = (struct flock){ .l_type = F_WRLCK };
	CHECK_EQ(fcntl(fd, F_GETLK, &lock), 0);
	CHECK_EQ(lock.l_pid, pid);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(deep)
{
	/* Each makes the next inside its own; the innermost says how deep it got. */
	int depth = 0;
	pid_t pid;

	while ((pid = (pid_t)clone_new(CLONE_NEWPID)) == 0)
		depth++;
	if (pid < 0) {
		CHECK_EQ(errno, ENOSPC);
		CHECK_EQ(depth, 32);
		_exit(0);
	}
	int status = wait_status(pid);

	if (depth > 0)
		_exit(status ? 1 : 0);
	CHECK_EQ(status, 0);
}

TEST(setsid_and_groups_across)
{
	pid_t pid = fork_new(CLONE_NEWPID);

	if (pid == 0) {
		setsid();
		for (;;)
			pause();
	}
	CHECK_SOON(getsid(pid) == pid);
	CHECK_EQ(getpgid(pid), pid);
	CHECK_EQ(kill(-pid, SIGKILL), 0);
	CHECK_KILLED(pid, SIGKILL);
}

/*
 * pidfd.c: tasks as files: opening, polling, waiting, signals, descriptors of others; and kcmp.
 */
#include "tests/abi/both.h"
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#define PIDFD_THREAD_FLAG O_EXCL
enum { TO_THREAD = 1, TO_PROCESS = 2, TO_PGRP = 4 };
#define P_PIDFD_ID ((idtype_t)3)

static int pidfd_open_raw(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static long pidfd_signal(int pidfd, int signo, siginfo_t *info, unsigned flags)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signo, info, flags);
}

static long pidfd_getfd_raw(int pidfd, int fd, unsigned flags)
{
	return syscall(SYS_pidfd_getfd, pidfd, fd, flags);
}

static long clone3_raw(struct clone_args *args)
{
	return syscall(SYS_clone3, args, sizeof(*args));
}

static int poll_now(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDNORM };
	int got = poll(&p, 1, timeout_ms);

	CHECK(got >= 0);
	return got ? p.revents : 0;
}

/* --- opening ---------------------------------------------------------------------------------- */

TEST_BOTH(open_checks)
{
	CHECK_ERRNO(pidfd_open_raw(0, 0), EINVAL);
	CHECK_ERRNO(pidfd_open_raw(-1, 0), EINVAL);
	CHECK_ERRNO(pidfd_open_raw(getpid(), 1), EINVAL);
	CHECK_ERRNO(pidfd_open_raw(getpid(), O_CLOEXEC), EINVAL);
	CHECK_ERRNO(pidfd_open_raw(4000000, 0), ESRCH);
	int fd = pidfd_open_raw(getpid(), 0);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_EXCL), O_RDWR);
	fd = pidfd_open_raw(1, O_NONBLOCK | PIDFD_THREAD_FLAG);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_EXCL),
		 O_RDWR | O_NONBLOCK | O_EXCL);
}

TEST(open_of_a_group_number_only)
{
	pid_t leader = fork(), member;
	int tell[2];

	CHECK_EQ(pipe(tell), 0);
	if (!leader) {
		setpgid(0, 0);
		_exit(0);
	}
	setpgid(leader, leader);
	member = idle_child();
	CHECK_EQ(setpgid(member, leader), 0);
	wait_status(leader);
	CHECK_ERRNO(pidfd_open_raw(leader, 0), EINVAL);
	CHECK_ERRNO(pidfd_open_raw(leader, PIDFD_THREAD_FLAG), EINVAL);
	end_child(member);
	CHECK_ERRNO(pidfd_open_raw(leader, 0), ESRCH);
}

TEST_BOTH(no_reading_nor_seeking)
{
	int fd = pidfd_open_raw(getpid(), 0);
	char byte;

	CHECK_ERRNO(read(fd, &byte, 1), EINVAL);
	CHECK_ERRNO(write(fd, "", 1), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, SEEK_SET), ESPIPE);
	CHECK_ERRNO(fchmod(fd, 0777), EPERM);
	CHECK_ERRNO(fchown(fd, -1, getgid()), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENODEV);
}

TEST_BOTH(same_inode_for_the_same_task)
{
	pid_t pid = idle_child();
	int a = pidfd_open_raw(pid, 0), b = pidfd_open_raw(pid, PIDFD_THREAD_FLAG);
	int other = pidfd_open_raw(getpid(), 0);
	struct stat sa, sb, so;
	struct statfs fs;

	CHECK_EQ(fstat(a, &sa), 0);
	CHECK_EQ(fstat(b, &sb), 0);
	CHECK_EQ(fstat(other, &so), 0);
	CHECK_EQ(sa.st_ino, sb.st_ino);
	CHECK_EQ(sa.st_dev, sb.st_dev);
	CHECK_EQ(sa.st_dev, so.st_dev);
	CHECK(sa.st_ino != so.st_ino);
	CHECK_EQ(sa.st_mode, 0700);
	CHECK_EQ(sa.st_size, 0);
	CHECK_EQ(sa.st_nlink, 1);
	CHECK_EQ(fstatfs(a, &fs), 0);
	CHECK_EQ(fs.f_type, 0x50494446);
	close(a);
	close(b);
	a = pidfd_open_raw(pid, 0);
	CHECK_EQ(fstat(a, &sb), 0);
	CHECK_EQ(sa.st_ino, sb.st_ino);
	end_child(pid);
	CHECK_EQ(fstat(a, &sb), 0);
	CHECK_EQ(sa.st_ino, sb.st_ino);
}

static void fdinfo_lines(int fd, char *pid_line, char *ns_line)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	CHECK(read_file(path, text, sizeof(text)) > 0);
	at = strstr(text, "\nPid:");
	CHECK(at);
	CHECK_EQ(sscanf(at, "\nPid: %20s NSpid: %20s", pid_line, ns_line), 2);
}

TEST_BOTH(fdinfo_tells_the_number)
{
	pid_t pid = idle_child();
	int fd = pidfd_open_raw(pid, 0);
	char nr[24], ns[24], link[64], path[64];

	fdinfo_lines(fd, nr, ns);
	CHECK_EQ(atoi(nr), pid);
	CHECK_EQ(atoi(ns), pid);
	kill(pid, SIGKILL);
	poll_now(fd, 5000);
	fdinfo_lines(fd, nr, ns);
	CHECK_EQ(atoi(nr), pid); /* a zombie still has it */
	wait_status(pid);
	fdinfo_lines(fd, nr, ns);
	CHECK_EQ(atoi(nr), -1);
	CHECK_EQ(atoi(ns), -1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(path, link, sizeof(link) - 1);
	CHECK(length > 0);
	link[length] = 0;
	CHECK_STR(link, "anon_inode:[pidfd]");
}

/* --- clone ------------------------------------------------------------------------------------ */

TEST_BOTH(legacy_clone_gives_one)
{
	int pidfd = -1;
	long pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL);

	CHECK(pid >= 0);
	if (!pid)
		_exit(4);
	CHECK(pidfd >= 0);
	CHECK_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(poll_now(pidfd, 5000), POLLIN | POLLRDNORM);
	CHECK_EXITED(pid, 4);
	CHECK_ERRNO(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, NULL, NULL, NULL), EFAULT);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
}

TEST_BOTH(clone3_gives_one)
{
	int pidfd = -1, tid = -1;
	struct clone_args args = { .flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uintptr_t)&pidfd,
				   .parent_tid = (uintptr_t)&tid };
	int next = dup(0);
	long pid;

	close(next);
	pid = clone3_raw(&args);
	CHECK(pid >= 0);
	if (!pid)
		_exit(fcntl(next, F_GETFD) == -1 ? 5 : 6); /* the child doesn't get it */
	CHECK_EQ(pidfd, next);
	CHECK_EQ(tid, pid);
	CHECK_EXITED(pid, 5);
	close(pidfd);
	args.parent_tid = args.pidfd;
	CHECK_ERRNO(clone3_raw(&args), EINVAL);
	args.flags = CLONE_PIDFD;
	args.pidfd = 0;
	CHECK_ERRNO(clone3_raw(&args), EFAULT);
	args.pidfd = 16;
	CHECK_ERRNO(clone3_raw(&args), EFAULT);
	args.flags = CLONE_PIDFD | CLONE_DETACHED;
	CHECK_ERRNO(clone3_raw(&args), EINVAL);
	CHECK_EQ(dup(0), next); /* the failures left nothing open */
}

TEST_BOTH(clone_without_room_for_it)
{
	int pidfd = -1, fd;
	struct clone_args args = { .flags = CLONE_PIDFD, .exit_signal = SIGCHLD,
				   .pidfd = (uintptr_t)&pidfd };

	do
		fd = dup(0);
	while (fd >= 0);
	CHECK_EQ(errno, EMFILE);
	CHECK_ERRNO(clone3_raw(&args), EMFILE);
	CHECK_ERRNO(pidfd_open_raw(getpid(), 0), EMFILE);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
}

/* --- polling ---------------------------------------------------------------------------------- */

TEST_BOTH(poll_sees_zombie_and_reaped)
{
	pid_t pid = idle_child();
	int fd = pidfd_open_raw(pid, 0);

	CHECK_EQ(poll_now(fd, 0), 0);
	CHECK_EQ(poll_now(fd, 20), 0);
	kill(pid, SIGKILL);
	CHECK_EQ(poll_now(fd, 5000), POLLIN | POLLRDNORM);
	CHECK_EQ(poll_now(fd, 0), POLLIN | POLLRDNORM);
	wait_status(pid);
	CHECK_EQ(poll_now(fd, 0), POLLIN | POLLRDNORM | POLLHUP);
}

TEST_BOTH(epoll_sees_it)
{
	pid_t pid = idle_child();
	int fd = pidfd_open_raw(pid, 0), ep = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = 7 }, got;

	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event), 0);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
	kill(pid, SIGKILL);
	CHECK_EQ(epoll_wait(ep, &got, 1, 5000), 1);
	CHECK_EQ(got.events, EPOLLIN);
	CHECK_EQ(got.data.u32, 7);
	wait_status(pid);
	CHECK_EQ(epoll_wait(ep, &got, 1, 5000), 1);
	CHECK_EQ(got.events, EPOLLIN | EPOLLHUP);
}

struct thread {
	pthread_t handle;
	volatile pid_t tid;
	volatile int stop;
};

static void *thread_run(void *arg)
{
	struct thread *t = arg;

	t->tid = (pid_t)syscall(SYS_gettid);
	while (!t->stop)
		sleep_ms(1);
	return NULL;
}

static void thread_start(struct thread *t)
{
	*t = (struct thread){ 0 };
	CHECK_EQ(pthread_create(&t->handle, NULL, thread_run, t), 0);
	CHECK_SOON(t->tid != 0);
}

TEST_BOTH(thread_pidfd)
{
	struct thread t;
	int fd;

	thread_start(&t);
	CHECK_ERRNO(pidfd_open_raw(t.tid, 0), EINVAL);
	fd = pidfd_open_raw(t.tid, PIDFD_THREAD_FLAG);
	CHECK(fd >= 0);
	CHECK_EQ(poll_now(fd, 0), 0);
	CHECK_ERRNO(waitid(P_PIDFD_ID, fd, NULL, WEXITED), ECHILD);
	t.stop = 1;
	CHECK_EQ(poll_now(fd, 5000) & POLLIN, POLLIN);
	pthread_join(t.handle, NULL);
	CHECK_SOON(poll_now(fd, 0) == (POLLIN | POLLRDNORM | POLLHUP));
	CHECK_ERRNO(pidfd_signal(fd, 0, NULL, 0), ESRCH);
}

static void *outlive_leader(void *arg)
{
	sleep_ms(*(int *)arg);
	syscall(SYS_exit, 7);
	return NULL;
}

/* The leader goes first: that is nobody's end but its own; an exec of the other would give it back
 * its number. */
TEST_BOTH(leader_that_ends_first)
{
	static int delay = 300;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		pthread_t t;

		CHECK_EQ(pthread_create(&t, NULL, outlive_leader, &delay), 0);
		syscall(SYS_exit, 3);
	}
	int process = pidfd_open_raw(pid, 0), thread = pidfd_open_raw(pid, PIDFD_THREAD_FLAG);

	CHECK_SOON(task_state(pid) == 'Z');
	CHECK_EQ(poll_now(thread, 0), 0);
	CHECK_EQ(poll_now(process, 0), 0);
	CHECK_EQ(poll_now(thread, 5000), POLLIN | POLLRDNORM);
	CHECK_EQ(poll_now(process, 5000), POLLIN | POLLRDNORM);
	CHECK_EXITED(pid, 7); /* the last one's */
}

TEST_BOTH(clone_thread_gives_a_thread_pidfd)
{
	static char stack[65536] __attribute__((aligned(16)));
	int pidfd = -1;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		struct clone_args args = { .flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD |
						    CLONE_PIDFD,
					   .stack = (uintptr_t)stack,
					   .stack_size = sizeof(stack),
					   .pidfd = (uintptr_t)&pidfd };
		long tid = clone3_raw(&args);

		if (!tid)
			syscall(SYS_exit, 0);
		CHECK(tid > 0);
		CHECK(fcntl(pidfd, F_GETFL) & PIDFD_THREAD_FLAG);
		CHECK_EQ(poll_now(pidfd, 5000) & POLLIN, POLLIN);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

/* --- waiting ---------------------------------------------------------------------------------- */

TEST_BOTH(waitid_by_pidfd)
{
	pid_t pid = idle_child(), other = idle_child();
	int fd = pidfd_open_raw(pid, 0);
	siginfo_t info = { 0 };

	CHECK_ERRNO(waitid(P_PIDFD_ID, -1, &info, WEXITED), EINVAL);
	CHECK_ERRNO(waitid(P_PIDFD_ID, 900, &info, WEXITED), EBADF);
	CHECK_ERRNO(waitid(P_PIDFD_ID, 1, &info, WEXITED), EBADF);
	CHECK_EQ(waitid(P_PIDFD_ID, fd, &info, WEXITED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	kill(other, SIGKILL);
	kill(pid, SIGTERM);
	CHECK_EQ(waitid(P_PIDFD_ID, fd, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);
	CHECK_ERRNO(waitid(P_PIDFD_ID, fd, &info, WEXITED), ECHILD);
	CHECK_ERRNO(waitid(P_PIDFD_ID, pidfd_open_raw(getpid(), 0), &info, WEXITED), ECHILD);
	wait_status(other);
}

TEST_BOTH(waitid_by_nonblocking_pidfd)
{
	pid_t pid = idle_child();
	int fd = pidfd_open_raw(pid, O_NONBLOCK);
	siginfo_t info = { .si_pid = 99 };

	CHECK_ERRNO(waitid(P_PIDFD_ID, fd, &info, WEXITED), EAGAIN);
	CHECK_EQ(info.si_pid, 0); /* errors clear it too */
	CHECK_EQ(waitid(P_PIDFD_ID, fd, &info, WEXITED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	kill(pid, SIGKILL);
	poll_now(fd, 5000);
	CHECK_EQ(waitid(P_PIDFD_ID, fd, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_ERRNO(waitid(P_PIDFD_ID, fd, &info, WEXITED), ECHILD);
	CHECK_EQ(info.si_pid, 0);
	CHECK_ERRNO(waitid(P_PIDFD_ID, fd, (siginfo_t *)8, WEXITED), EFAULT);
}

/* --- signals ---------------------------------------------------------------------------------- */

static volatile int got_signo, got_code, got_tid;

static void note(int signo, siginfo_t *info, void *context)
{
	(void)context;
	got_tid = (int)syscall(SYS_gettid);
	got_code = info->si_code;
	got_signo = signo;
}

static void note_signal(int signo)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(signo, &action, NULL), 0);
	got_signo = 0;
}

TEST_BOTH(signal_flags)
{
	int fd = pidfd_open_raw(getpid(), 0);

	CHECK_ERRNO(pidfd_signal(fd, 0, NULL, 8), EINVAL);
	CHECK_ERRNO(pidfd_signal(fd, 0, NULL, TO_THREAD | TO_PROCESS), EINVAL);
	CHECK_ERRNO(pidfd_signal(-1, 0, NULL, 8), EINVAL);
	CHECK_ERRNO(pidfd_signal(-1, 0, NULL, 0), EBADF);
	CHECK_ERRNO(pidfd_signal(1, 0, NULL, 0), EBADF);
	CHECK_ERRNO(pidfd_signal(fd, 65, NULL, 0), EINVAL);
	CHECK_ERRNO(pidfd_signal(fd, -1, NULL, 0), EINVAL);
	CHECK_EQ(pidfd_signal(fd, 0, NULL, 0), 0);
	CHECK_EQ(pidfd_signal(fd, 0, NULL, TO_THREAD), 0);
	CHECK_EQ(pidfd_signal(fd, 0, NULL, TO_PROCESS), 0);
	CHECK_EQ(pidfd_signal(fd, 0, NULL, TO_PGRP), 0); /* the harness made us its leader */
}

TEST_BOTH(signal_to_process_and_thread)
{
	struct thread t;
	int process = pidfd_open_raw(getpid(), 0), thread;

	note_signal(SIGUSR1);
	CHECK_EQ(pidfd_signal(process, SIGUSR1, NULL, 0), 0);
	CHECK_EQ(got_signo, SIGUSR1);
	CHECK_EQ(got_code, SI_USER);
	thread_start(&t);
	thread = pidfd_open_raw(t.tid, PIDFD_THREAD_FLAG);
	note_signal(SIGUSR2);
	CHECK_EQ(pidfd_signal(thread, SIGUSR2, NULL, 0), 0);
	CHECK_SOON(got_signo == SIGUSR2);
	CHECK_EQ(got_tid, t.tid);
	CHECK_EQ(got_code, SI_TKILL);
	note_signal(SIGUSR1);
	CHECK_EQ(pidfd_signal(thread, SIGUSR1, NULL, TO_PROCESS), 0);
	CHECK_SOON(got_signo == SIGUSR1);
	CHECK_EQ(got_code, SI_USER);
	note_signal(SIGUSR1);
	CHECK_EQ(pidfd_signal(process, SIGUSR1, NULL, TO_THREAD), 0);
	CHECK_SOON(got_signo == SIGUSR1);
	CHECK_EQ(got_tid, getpid());
	CHECK_EQ(got_code, SI_TKILL);
	CHECK_ERRNO(pidfd_signal(thread, SIGUSR1, NULL, TO_PGRP), ESRCH);
	t.stop = 1;
	pthread_join(t.handle, NULL);
}

TEST_BOTH(signal_to_a_process_group)
{
	pid_t leader = idle_child(), member = idle_child();
	int fd = pidfd_open_raw(leader, 0);

	CHECK_ERRNO(pidfd_signal(fd, SIGTERM, NULL, TO_PGRP), ESRCH); /* no leader yet */
	CHECK_EQ(setpgid(leader, leader), 0);
	CHECK_EQ(setpgid(member, leader), 0);
	CHECK_EQ(pidfd_signal(fd, SIGTERM, NULL, TO_PGRP), 0);
	CHECK_KILLED(leader, SIGTERM);
	CHECK_KILLED(member, SIGTERM);
	CHECK_ERRNO(pidfd_signal(fd, SIGTERM, NULL, TO_PGRP), ESRCH);
	CHECK_ERRNO(pidfd_signal(fd, SIGTERM, NULL, 0), ESRCH);
}

TEST_BOTH(signal_with_info)
{
	pid_t pid = idle_child();
	int self = pidfd_open_raw(getpid(), 0), fd = pidfd_open_raw(pid, 0);
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };

	note_signal(SIGUSR1);
	CHECK_EQ(pidfd_signal(self, SIGUSR1, &info, 0), 0);
	CHECK_EQ(got_code, SI_QUEUE);
	info.si_code = SI_USER;
	CHECK_EQ(pidfd_signal(self, SIGUSR1, &info, 0), 0);
	CHECK_ERRNO(pidfd_signal(fd, SIGUSR1, &info, 0), EPERM);
	info.si_code = SI_TKILL;
	CHECK_ERRNO(pidfd_signal(fd, SIGUSR1, &info, 0), EPERM);
	CHECK_ERRNO(pidfd_signal(fd, SIGUSR2, &info, 0), EINVAL);
	CHECK_ERRNO(pidfd_signal(fd, SIGUSR2, (siginfo_t *)8, 0), EFAULT);
	info.si_code = SI_QUEUE;
	CHECK_EQ(pidfd_signal(fd, SIGUSR1, &info, 0), 0);
	CHECK_KILLED(pid, SIGUSR1);
}

TEST_BOTH(signal_by_proc_directory)
{
	pid_t pid = idle_child();
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	int dir = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0);
	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, pid);
	int task_dir = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(task_dir >= 0);
	CHECK_ERRNO(pidfd_signal(task_dir, SIGTERM, NULL, 0), EBADF);
	CHECK_ERRNO(waitid(P_PIDFD_ID, dir, NULL, WEXITED), EBADF);
	CHECK_ERRNO(pidfd_getfd_raw(dir, 0, 0), EBADF);
	CHECK_EQ(pidfd_signal(dir, SIGTERM, NULL, 0), 0);
	CHECK_KILLED(pid, SIGTERM);
	CHECK_ERRNO(pidfd_signal(dir, SIGTERM, NULL, 0), ESRCH);
}

TEST(signal_needs_permission)
{
	pid_t pid = idle_child();
	int fd = pidfd_open_raw(pid, 0);

	become(ORDINARY_UID);
	CHECK_ERRNO(pidfd_signal(fd, 0, NULL, 0), EPERM);
	CHECK_ERRNO(pidfd_signal(fd, SIGTERM, NULL, 0), EPERM);
	CHECK_ERRNO(pidfd_signal(fd, SIGTERM, NULL, TO_THREAD), EPERM);
	CHECK_ERRNO(pidfd_signal(fd, 99, NULL, 0), EINVAL);
}

/* --- descriptors of others -------------------------------------------------------------------- */

TEST_BOTH(getfd_shares_the_open_file)
{
	int ends[2];

	CHECK_EQ(pipe2(ends, 0), 0);
	int high = fcntl(ends[1], F_DUPFD, 300);
	pid_t pid = idle_child();
	int fd = pidfd_open_raw(pid, 0);

	close(high);
	CHECK_ERRNO(pidfd_getfd_raw(fd, 300, 1), EINVAL);
	CHECK_ERRNO(pidfd_getfd_raw(fd, 301, 0), EBADF);
	CHECK_ERRNO(pidfd_getfd_raw(fd, -1, 0), EBADF);
	CHECK_ERRNO(pidfd_getfd_raw(ends[0], 0, 0), EBADF);
	CHECK_ERRNO(pidfd_getfd_raw(-1, 0, 0), EBADF);
	int got = (int)pidfd_getfd_raw(fd, 300, 0);
	CHECK(got >= 0);
	CHECK_EQ(fcntl(got, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(syscall(SYS_kcmp, getpid(), pid, KCMP_FILE, got, 300), 0);
	CHECK_EQ(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, got, ends[1]), 0);
	kill(pid, SIGKILL);
	poll_now(fd, 5000);
	CHECK_ERRNO(pidfd_getfd_raw(fd, 300, 0), ESRCH); /* a zombie */
	wait_status(pid);
	CHECK_ERRNO(pidfd_getfd_raw(fd, 300, 0), ESRCH);
}

TEST(getfd_needs_ptrace_rights)
{
	pid_t roots = idle_child();
	int of_root = pidfd_open_raw(roots, 0);

	become(ORDINARY_UID);
	CHECK_ERRNO(pidfd_getfd_raw(of_root, 0, 0), EPERM);
	pid_t mine = idle_child();
	int fd = pidfd_open_raw(mine, 0);
	CHECK(pidfd_getfd_raw(fd, 1, 0) >= 0);
	pid_t secretive = fork();
	if (!secretive) {
		prctl(PR_SET_DUMPABLE, 0);
		for (;;)
			pause();
	}
	int of_secretive = pidfd_open_raw(secretive, 0);
	CHECK_SOON(pidfd_getfd_raw(of_secretive, 1, 0) == -1);
	CHECK_EQ(errno, EPERM);
	end_child(mine);
	end_child(secretive);
}

/* --- kcmp ------------------------------------------------------------------------------------- */

static long kcmp(pid_t a, pid_t b, int type, unsigned long x, unsigned long y)
{
	return syscall(SYS_kcmp, a, b, type, x, y);
}

TEST_BOTH(kcmp_arguments)
{
	CHECK_ERRNO(kcmp(getpid(), 4000000, KCMP_VM, 0, 0), ESRCH);
	CHECK_ERRNO(kcmp(0, getpid(), KCMP_VM, 0, 0), ESRCH);
	CHECK_ERRNO(kcmp(getpid(), getpid(), 8, 0, 0), EINVAL);
	CHECK_ERRNO(kcmp(getpid(), getpid(), -1, 0, 0), EINVAL);
	CHECK_ERRNO(kcmp(getpid(), getpid(), KCMP_FILE, 0, 800), EBADF);
	CHECK_ERRNO(kcmp(getpid(), getpid(), KCMP_FILE, -1, 0), EBADF);
	for (int type = KCMP_VM; type <= KCMP_IO; type++)
		CHECK_EQ(kcmp(getpid(), getpid(), type, 0, 0), 0);
}

TEST_BOTH(kcmp_order_is_total)
{
	int fds[20], less = 0;

	for (int i = 0; i < 20; i++)
		fds[i] = open("/dev/null", O_RDONLY);
	for (int i = 0; i < 20; i++) {
		for (int j = 0; j < 20; j++) {
			long ij = kcmp(getpid(), getpid(), KCMP_FILE, fds[i], fds[j]);
			long ji = kcmp(getpid(), getpid(), KCMP_FILE, fds[j], fds[i]);

			CHECK_EQ(ij == 0, i == j);
			CHECK_EQ(ij + ji, i == j ? 0 : 3); /* 1 one way, 2 the other */
			less += ij == 1;
			for (int k = 0; ij == 1 && k < 20; k++)
				if (kcmp(getpid(), getpid(), KCMP_FILE, fds[j], fds[k]) == 1)
					CHECK_EQ(kcmp(getpid(), getpid(), KCMP_FILE, fds[i],
						      fds[k]), 1);
		}
	}
	CHECK_EQ(less, 190);
}

TEST_BOTH(kcmp_across_fork)
{
	pid_t pid = idle_child();

	CHECK(kcmp(getpid(), pid, KCMP_VM, 0, 0) > 0);
	CHECK(kcmp(getpid(), pid, KCMP_FILES, 0, 0) > 0);
	CHECK(kcmp(getpid(), pid, KCMP_FS, 0, 0) > 0);
	CHECK(kcmp(getpid(), pid, KCMP_SIGHAND, 0, 0) > 0);
	CHECK_EQ(kcmp(getpid(), pid, KCMP_FILE, 1, 1), 0);
	CHECK_EQ(kcmp(getpid(), pid, KCMP_IO, 0, 0), 0); /* neither has one */
	end_child(pid);
}

TEST(kcmp_needs_rights_over_both)
{
	pid_t roots = idle_child();

	become(ORDINARY_UID);
	CHECK_ERRNO(kcmp(getpid(), roots, KCMP_VM, 0, 0), EPERM);
	CHECK_ERRNO(kcmp(roots, getpid(), KCMP_VM, 0, 0), EPERM);
	CHECK_ERRNO(kcmp(roots, getpid(), 99, 0, 0), EPERM);
}

TEST_BOTH(kcmp_epoll)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct kcmp_epoll_slot slot;
	int ends[2], ep = epoll_create1(0), moved;

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &event), 0);
	slot = (struct kcmp_epoll_slot){ .efd = ep, .tfd = ends[0] };
	CHECK_EQ(kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, ends[0], (uintptr_t)&slot), 0);
	CHECK(kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, ends[1], (uintptr_t)&slot) > 0);
	CHECK_ERRNO(kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, 800, (uintptr_t)&slot), EBADF);
	CHECK_ERRNO(kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, 800, 8), EFAULT);
	slot.toff = 1;
	CHECK_ERRNO(kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, ends[0], (uintptr_t)&slot), ENOENT);
	/* A second file under the same number: the first lives on in a duplicate. */
	moved = dup(ends[0]);
	CHECK_EQ(dup2(ends[1], ends[0]), ends[0]);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &event), 0);
	long first = kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, moved, (uintptr_t)&slot);
	slot.toff = 0;
	long second = kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, moved, (uintptr_t)&slot);
	CHECK((first == 0) != (second == 0));
	slot.efd = ends[1];
	CHECK_ERRNO(kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, moved, (uintptr_t)&slot), EINVAL);
	slot.efd = 800;
	CHECK_ERRNO(kcmp(getpid(), getpid(), KCMP_EPOLL_TFD, moved, (uintptr_t)&slot), EBADF);
}

/* --- io contexts ------------------------------------------------------------------------------ */

static long ioprio_of(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

static long ioprio_put(int which, int who, int ioprio)
{
	return syscall(SYS_ioprio_set, which, who, ioprio);
}

enum { BEST_EFFORT_3 = 2 << 13 | 3, IDLE = 3 << 13, REAL_TIME_1 = 1 << 13 | 1 };

TEST_BOTH(ioprio_values)
{
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PROCESS, 0), 0);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PGRP, 0), 2 << 13 | 4);
	CHECK_ERRNO(ioprio_of(0, 0), EINVAL);
	CHECK_ERRNO(ioprio_of(4, 0), EINVAL);
	CHECK_ERRNO(ioprio_put(4, 0, BEST_EFFORT_3), EINVAL);
	CHECK_ERRNO(ioprio_put(IOPRIO_WHO_PROCESS, 4000000, BEST_EFFORT_3), ESRCH);
	CHECK_ERRNO(ioprio_put(IOPRIO_WHO_PGRP, 4000000, BEST_EFFORT_3), ESRCH);
	CHECK_ERRNO(ioprio_put(IOPRIO_WHO_USER, 4000000, BEST_EFFORT_3), ESRCH);
	CHECK_ERRNO(ioprio_of(IOPRIO_WHO_USER, 4000000), ESRCH);
	CHECK_ERRNO(ioprio_put(IOPRIO_WHO_PROCESS, 0, 4 << 13), EINVAL);
	CHECK_ERRNO(ioprio_put(IOPRIO_WHO_PROCESS, 0, 3), EINVAL);
	CHECK_EQ(ioprio_put(IOPRIO_WHO_PROCESS, 0, BEST_EFFORT_3), 0);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PROCESS, 0), BEST_EFFORT_3);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PGRP, 0), BEST_EFFORT_3);
	CHECK_EQ(ioprio_put(IOPRIO_WHO_PROCESS, getpid(), IDLE), 0);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PROCESS, 0), IDLE);
	CHECK_EQ(ioprio_put(IOPRIO_WHO_PGRP, 0, BEST_EFFORT_3), 0);
	CHECK_EQ(ioprio_put(IOPRIO_WHO_PROCESS, 0, 0), 0);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PROCESS, 0), 0);
	if (getuid())
		CHECK_ERRNO(ioprio_put(IOPRIO_WHO_PROCESS, 0, REAL_TIME_1), EPERM);
	else
		CHECK_EQ(ioprio_put(IOPRIO_WHO_PROCESS, 0, REAL_TIME_1), 0);
	if (getuid())
		CHECK_ERRNO(ioprio_put(IOPRIO_WHO_PROCESS, 1, BEST_EFFORT_3), EPERM);
}

static pid_t idle_clone(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	CHECK(pid >= 0);
	while (!pid)
		pause();
	return (pid_t)pid;
}

TEST_BOTH(io_context_is_shared_or_copied)
{
	pid_t none, shares, copies;

	none = idle_clone(CLONE_IO); /* there is nothing to share yet */
	CHECK_EQ(ioprio_put(IOPRIO_WHO_PROCESS, 0, BEST_EFFORT_3), 0);
	CHECK(kcmp(getpid(), none, KCMP_IO, 0, 0) > 0);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PROCESS, none), 0);
	shares = idle_clone(CLONE_IO);
	copies = idle_clone(0);
	CHECK_EQ(kcmp(getpid(), shares, KCMP_IO, 0, 0), 0);
	CHECK(kcmp(getpid(), copies, KCMP_IO, 0, 0) > 0);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PROCESS, copies), BEST_EFFORT_3);
	CHECK_EQ(ioprio_put(IOPRIO_WHO_PROCESS, shares, IDLE), 0);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PROCESS, 0), IDLE);
	CHECK_EQ(ioprio_of(IOPRIO_WHO_PROCESS, copies), BEST_EFFORT_3);
	end_child(none);
	end_child(shares);
	end_child(copies);
}

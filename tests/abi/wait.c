/*
 * wait.c: how children end, stop and continue, who hears of it, and who reaps whom.
 */
#include "tests/abi/abi.h"
#include <pthread.h>
#include <sys/resource.h>

static pid_t child_that_exits(int code)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid)
		_exit(code);
	return pid;
}

TEST(exit_codes_are_eight_bits)
{
	CHECK_EXITED(child_that_exits(0), 0);
	CHECK_EXITED(child_that_exits(255), 255);
	CHECK_EXITED(child_that_exits(0x1234), 0x34);
}

TEST(wait_any_finds_all)
{
	int seen = 0, status;

	for (int i = 0; i < 8; i++)
		child_that_exits(i);
	for (int i = 0; i < 8; i++) {
		CHECK(wait(&status) > 0);
		seen |= 1 << WEXITSTATUS(status);
	}
	CHECK_EQ(seen, 255);
	CHECK_ERRNO(wait(&status), ECHILD);
}

TEST(nohang_gives_zero)
{
	pid_t pid = idle_child();

	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), 0);
	end_child(pid);
}

TEST(echild_and_einval)
{
	siginfo_t info;

	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
	CHECK_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD);
	CHECK_ERRNO(waitpid(1, NULL, 0), ECHILD);
	CHECK_ERRNO(waitpid(getpid(), NULL, 0), ECHILD);
	CHECK_ERRNO(waitpid(-1, NULL, 0x100), EINVAL);
	CHECK_ERRNO(syscall(SYS_wait4, 0x80000000UL, NULL, 0, NULL), ESRCH);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, 0), EINVAL);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WNOHANG), EINVAL);
	CHECK_ERRNO(waitid((idtype_t)9, 0, &info, WEXITED), EINVAL);
	CHECK_ERRNO(waitid(P_PID, 0, &info, WEXITED), EINVAL);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
}

TEST(bad_status_pointer_is_efault)
{
	pid_t pid = child_that_exits(0);

	CHECK_ERRNO(syscall(SYS_wait4, pid, 8, 0, NULL), EFAULT);
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD); /* it was reaped before the store failed */
}

TEST(waitid_tells_of_exit)
{
	siginfo_t info = { 0 };
	pid_t pid = child_that_exits(33);

	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED), 0);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_uid, getuid());
	CHECK_EQ(info.si_status, 33);
}

TEST(waitid_tells_of_kill)
{
	siginfo_t info = { 0 };
	pid_t pid = idle_child();

	kill(pid, SIGTERM);
	CHECK_EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);
	CHECK_EQ(info.si_pid, pid);
}

TEST(waitid_nohang_clears_pid)
{
	siginfo_t info = { .si_signo = 5 };
	pid_t pid = idle_child();

	info.si_pid = 77;
	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	CHECK_EQ(info.si_signo, 0);
	end_child(pid);
}

TEST(nowait_leaves_the_zombie)
{
	siginfo_t info = { 0 };
	pid_t pid = child_that_exits(5);

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
		CHECK_EQ(info.si_status, 5);
	}
	CHECK_EQ(task_state(pid), 'Z');
	CHECK_EXITED(pid, 5);
	CHECK_EQ(kill(pid, 0), -1);
}

TEST(zombies_take_signals_quietly)
{
	pid_t pid = child_that_exits(6);

	CHECK_SOON(task_state(pid) == 'Z');
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EXITED(pid, 6);
	CHECK_ERRNO(kill(pid, 0), ESRCH);
}

TEST(stopped_and_continued)
{
	int status;
	pid_t pid = idle_child();

	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(task_state(pid), 'T');
	CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(status, 0xffff);
	CHECK_EQ(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	CHECK_SOON(task_state(pid) == 'S');
	end_child(pid);
}

TEST(waitid_tells_of_stop_and_continue)
{
	siginfo_t info = { 0 };
	pid_t pid = idle_child();

	kill(pid, SIGTSTP);
	CHECK_EQ(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT), 0);
	CHECK_EQ(waitid(P_PID, pid, &info, WSTOPPED), 0);
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_status, SIGTSTP);
	kill(pid, SIGCONT);
	CHECK_EQ(waitid(P_PID, pid, &info, WCONTINUED), 0);
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	CHECK_EQ(info.si_status, SIGCONT);
	end_child(pid);
}

TEST(a_stopped_child_can_be_killed)
{
	int status;
	pid_t pid = idle_child();

	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	kill(pid, SIGTERM);
	sleep_ms(10);
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(a_stopped_child_does_not_run)
{
	volatile long *count = shared_page();
	int status;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			++*count;
	CHECK_SOON(*count > 1000);
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	long seen = *count;
	sleep_ms(20);
	CHECK_EQ(*count, seen);
	kill(pid, SIGCONT);
	CHECK_SOON(*count > seen);
	end_child(pid);
}

TEST(wait_by_process_group)
{
	pid_t in_group = idle_child(), outside = child_that_exits(1);
	int status;

	CHECK_EQ(setpgid(in_group, in_group), 0);
	CHECK_ERRNO(waitpid(-999999, NULL, 0), ECHILD);
	kill(in_group, SIGKILL);
	CHECK_EQ(waitpid(-in_group, &status, 0), in_group);
	CHECK_ERRNO(waitpid(-in_group, &status, 0), ECHILD);
	CHECK_EQ(waitpid(0, &status, 0), outside);
}

TEST(rusage_of_children)
{
	struct rusage usage, total;
	pid_t pid = fork();

	if (!pid) {
		struct timespec spent;
		do
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
		while (spent.tv_nsec < 60000000 && !spent.tv_sec);
		_exit(0);
	}
	CHECK_EQ(wait4(pid, NULL, 0, &usage), pid);
	long spent_us =
		usage.ru_utime.tv_usec + usage.ru_stime.tv_usec + usage.ru_utime.tv_sec * 1000000;
	CHECK(spent_us >= 40000);
	CHECK(spent_us < 5000000);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &total), 0);
	CHECK(total.ru_utime.tv_usec + total.ru_stime.tv_usec + total.ru_utime.tv_sec * 1000000 >=
	      spent_us);
	CHECK_ERRNO(getrusage(5, &total), EINVAL);
}

TEST(orphans_go_to_init)
{
	pid_t *seen = shared_page();
	pid_t init = 1, middle = fork();

	if (!middle) {
		if (!fork()) {
			pid_t parent = getppid();
			seen[2] = 1;
			while (getppid() == parent)
				sleep_ms(1);
			seen[0] = getppid();
			seen[1] = 1;
			_exit(0);
		}
		while (!seen[2])
			sleep_ms(1);
		_exit(0);
	}
	CHECK_EXITED(middle, 0);
	CHECK_SOON(seen[1]);
	CHECK_EQ(seen[0], init);
}

TEST(orphans_go_to_a_subreaper)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 && errno == EINVAL)
		SKIP("no subreapers");
	pid_t middle = fork();
	if (!middle) {
		if (!fork()) {
			sleep_ms(30);
			_exit(44);
		}
		_exit(0);
	}
	CHECK_EXITED(middle, 0);
	int status;
	CHECK(wait(&status) > 0);
	CHECK_EQ(WEXITSTATUS(status), 44);
}

TEST(ignored_sigchld_reaps_itself)
{
	signal(SIGCHLD, SIG_IGN);
	pid_t pid = fork();
	if (!pid) {
		sleep_ms(20);
		_exit(0);
	}
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD); /* only once the child is gone */
	CHECK_SOON(kill(pid, 0) == -1 && errno == ESRCH);
}

static volatile int chld_count;
static volatile siginfo_t chld_info;

static void on_chld(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	chld_info = *info;
	chld_count++;
}

static void handle_chld(int flags)
{
	struct sigaction action = { .sa_sigaction = on_chld, .sa_flags = SA_SIGINFO | flags };

	CHECK_EQ(sigaction(SIGCHLD, &action, NULL), 0);
}

TEST(nocldwait_signals_but_leaves_no_zombie)
{
	handle_chld(SA_NOCLDWAIT | SA_RESTART);
	child_that_exits(0);
	CHECK_SOON(chld_count == 1);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
}

TEST(sigchld_tells_of_exit)
{
	handle_chld(0);
	pid_t pid = child_that_exits(12);
	CHECK_SOON(chld_count == 1);
	CHECK_EQ(chld_info.si_code, CLD_EXITED);
	CHECK_EQ(chld_info.si_pid, pid);
	CHECK_EQ(chld_info.si_status, 12);
	CHECK_EXITED(pid, 12);
}

TEST(sigchld_tells_of_stop_unless_nocldstop)
{
	handle_chld(0);
	pid_t pid = idle_child();
	kill(pid, SIGSTOP);
	CHECK_SOON(chld_count == 1);
	CHECK_EQ(chld_info.si_code, CLD_STOPPED);
	CHECK_EQ(chld_info.si_status, SIGSTOP);
	kill(pid, SIGCONT);
	CHECK_SOON(chld_count == 2);
	CHECK_EQ(chld_info.si_code, CLD_CONTINUED);
	handle_chld(SA_NOCLDSTOP);
	kill(pid, SIGSTOP);
	CHECK_SOON(task_state(pid) == 'T');
	sleep_ms(10);
	CHECK_EQ(chld_count, 2);
	handle_chld(SA_NOCLDSTOP | SA_RESTART);
	end_child(pid);
}

TEST(wait_is_interrupted_without_restart)
{
	struct sigaction action = { .sa_sigaction = on_chld, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &action, NULL);
	pid_t parent = getpid(), sleeper = idle_child(), pid = fork();
	if (!pid) {
		sleep_ms(30);
		kill(parent, SIGUSR1);
		_exit(0);
	}
	CHECK_ERRNO(waitpid(sleeper, NULL, 0), EINTR);
	CHECK_EXITED(pid, 0);
	end_child(sleeper);
}

static void *wait_in_thread(void *pid)
{
	int status = 0;

	waitpid((pid_t)(intptr_t)pid, &status, 0);
	return (void *)(intptr_t)status;
}

TEST(a_thread_waits_for_a_sibling_threads_child)
{
	pthread_t thread;
	void *status;
	pid_t pid = child_that_exits(9);

	CHECK_EQ(pthread_create(&thread, NULL, wait_in_thread, (void *)(intptr_t)pid), 0);
	pthread_join(thread, &status);
	CHECK_EQ(WEXITSTATUS((int)(intptr_t)status), 9);
}

TEST(wnothread_sees_only_its_own)
{
	pthread_t thread;
	void *result;
	pid_t pid = child_that_exits(9);

	CHECK_EQ(pthread_create(&thread, NULL, wait_in_thread, (void *)(intptr_t)pid), 0);
	pthread_join(thread, &result);
	pid = child_that_exits(3);
	CHECK_EQ(waitpid(pid, NULL, __WNOTHREAD), pid);
}

TEST(core_flag_and_fatal_signals)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	CHECK_DIES(SIGABRT, abort());
	CHECK_DIES(SIGTERM, raise(SIGTERM));
	CHECK_DIES(SIGRTMAX, raise(SIGRTMAX));
}

TEST(pdeathsig_follows_the_parent)
{
	pid_t *seen = shared_page();

	if (!fork()) {
		pid_t pid = fork();
		if (!pid) {
			if (prctl(PR_SET_PDEATHSIG, SIGKILL))
				seen[2] = 1;
			seen[1] = 1;
			for (;;)
				pause();
		}
		seen[0] = pid;
		while (!seen[1])
			sleep_ms(1);
		_exit(0);
	}
	CHECK(wait(NULL) > 0);
	if (seen[2])
		SKIP("no PR_SET_PDEATHSIG");
	CHECK_SOON(kill(seen[0], 0) == -1 && errno == ESRCH);
}

/* Set after the children were made: it counts for their orphans all the same. */
TEST(subreaper_of_children_that_were_there)
{
	int *seen = shared_page(), status;
	pid_t child = fork();

	if (!child) {
		while (!seen[0])
			sleep_ms(1);
		pid_t orphan = fork();
		if (!orphan) {
			while (!seen[2])
				sleep_ms(1);
			_exit(7);
		}
		seen[1] = orphan;
		_exit(0);
	}
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	seen[0] = 1;
	CHECK_EQ(waitpid(child, &status, 0), child);
	seen[2] = 1;
	CHECK_EQ(waitpid(seen[1], &status, 0), seen[1]);
	CHECK_EQ(WEXITSTATUS(status), 7);
}

/*
 * clone.c: what each flag of clone shares, what it does to parent and child, and what is refused.
 *
 * Children that share the address space run on stacks of their own through glibc's clone(); as long
 * as they also share the caller's TLS they keep to raw results and never touch errno while the
 * parent could.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char stacks[4][65536] __attribute__((aligned(64)));
static volatile int shared_word;

static pid_t start(int stack, int (*run)(void *), unsigned long flags, void *arg)
{
	return clone(run, stacks[stack] + sizeof(stacks[0]), (int)flags, arg, NULL, NULL, NULL);
}

/* Starts it, waits for it with any exit signal, gives its exit code. */
static int run_to_end(int (*run)(void *), unsigned long flags, void *arg)
{
	pid_t pid = start(0, run, flags, arg);

	CHECK(pid > 0);
	int status = wait_status(pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int set_word(void *arg)
{
	shared_word = (int)(intptr_t)arg;
	return 0;
}

TEST(fork_gives_pid_and_zero)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (!pid)
		_exit(getppid() == parent && getpid() != parent ? 7 : 1);
	CHECK(pid > 0);
	CHECK_EXITED(pid, 7);
}

TEST(fork_copies_memory)
{
	shared_word = 1;
	IN_CHILD(CHECK_EQ(shared_word, 1); shared_word = 2);
	CHECK_EQ(shared_word, 1);
}

TEST(many_forks_have_distinct_pids)
{
	pid_t pids[60];

	for (int i = 0; i < 60; i++) {
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		if (!pids[i])
			_exit(i);
		for (int j = 0; j < i; j++)
			CHECK(pids[i] != pids[j]);
	}
	for (int i = 0; i < 60; i++)
		CHECK_EXITED(pids[i], i);
}

TEST(fork_chain_of_depth_20)
{
	int depth = 0;

	while (depth < 20) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid) {
			CHECK_EXITED(pid, depth + 1);
			_exit(depth);
		}
		depth++;
	}
	_exit(depth);
}

TEST(vfork_shares_memory_and_suspends_parent)
{
	static volatile int order;

	order = 0;
	pid_t pid = vfork();
	if (!pid) {
		struct timespec pause = { 0, 50000000 };
		nanosleep(&pause, NULL);
		order = 1;
		_exit(3);
	}
	CHECK_EQ(order, 1);
	CHECK_EXITED(pid, 3);
}

TEST(vfork_parent_resumes_at_exec)
{
	pid_t pid = vfork();

	if (!pid) {
		execl("/proc/self/exe", "clone", "--block", (char *)NULL);
		_exit(99);
	}
	CHECK_EQ(kill(pid, 0), 0);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(vfork_parent_resumes_when_child_is_killed)
{
	pid_t pid = vfork();

	if (!pid)
		kill(getpid(), SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(vm_shares_memory)
{
	shared_word = 0;
	CHECK_EQ(run_to_end(set_word, CLONE_VM | SIGCHLD, (void *)5), 0);
	CHECK_EQ(shared_word, 5);
}

TEST(without_vm_memory_is_copied)
{
	shared_word = 0;
	CHECK_EQ(run_to_end(set_word, SIGCHLD, (void *)5), 0);
	CHECK_EQ(shared_word, 0);
}

static int map_at(void *arg)
{
	return mmap(arg, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != arg;
}

TEST(vm_shares_mappings)
{
	char *page = shared_page();

	CHECK_EQ(munmap(page, 4096), 0);
	CHECK_EQ(run_to_end(map_at, CLONE_VM | SIGCHLD, page), 0);
	page[5] = 1;
	CHECK_EQ(page[5], 1);
}

static int change_fs(void *arg)
{
	umask(0123);
	return chdir(arg) != 0;
}

TEST(fs_shares_cwd_and_umask)
{
	char cwd[256];

	umask(022);
	CHECK_EQ(chdir("/tmp"), 0);
	CHECK_EQ(run_to_end(change_fs, SIGCHLD, "/proc"), 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/tmp");
	CHECK_EQ(umask(022), 022);
	CHECK_EQ(run_to_end(change_fs, CLONE_FS | SIGCHLD, "/proc"), 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/proc");
	CHECK_EQ(umask(022), 0123);
}

static int dup_to_50(void *arg)
{
	(void)arg;
	return dup2(1, 50) != 50;
}

TEST(files_shares_descriptors)
{
	CHECK_EQ(run_to_end(dup_to_50, SIGCHLD, NULL), 0);
	CHECK_ERRNO(fcntl(50, F_GETFD), EBADF);
	CHECK_EQ(run_to_end(dup_to_50, CLONE_FILES | SIGCHLD, NULL), 0);
	CHECK_EQ(fcntl(50, F_GETFD), 0);
}

TEST(copied_descriptors_share_the_offset)
{
	char buffer[4];

	enter_scratch();
	write_file("f", "abcdef", 6);
	int fd = open("f", O_RDONLY);
	IN_CHILD(CHECK_EQ(read(fd, buffer, 3), 3));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
}

static void on_signal(int sig)
{
	shared_word = sig;
}

static int handle_usr1(void *arg)
{
	struct sigaction action = { .sa_handler = on_signal };

	(void)arg;
	return sigaction(SIGUSR1, &action, NULL) != 0;
}

TEST(sighand_shares_handlers)
{
	struct sigaction now;

	CHECK_EQ(run_to_end(handle_usr1, CLONE_VM | SIGCHLD, NULL), 0);
	sigaction(SIGUSR1, NULL, &now);
	CHECK(now.sa_handler == SIG_DFL);
	CHECK_EQ(run_to_end(handle_usr1, CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL), 0);
	sigaction(SIGUSR1, NULL, &now);
	CHECK(now.sa_handler == on_signal);
}

struct who {
	pid_t pid, tid, ppid;
	volatile int done;
};

static int tell_who(void *arg)
{
	struct who *who = arg;

	who->pid = getpid();
	who->ppid = getppid();
	who->tid = (pid_t)syscall(SYS_gettid);
	who->done = 1;
	return 0;
}

#define GO_THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_THREAD)

TEST(thread_is_in_the_same_process)
{
	static struct who who;
	pid_t tid = start(0, tell_who, GO_THREAD, &who);

	CHECK(tid > 0);
	CHECK_SOON(who.done);
	CHECK_EQ(who.pid, getpid());
	CHECK_EQ(who.ppid, getppid());
	CHECK_EQ(who.tid, tid);
	CHECK(tid != getpid());
	CHECK_ERRNO(waitpid(tid, NULL, __WALL), ECHILD);
}

static int pause_forever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

TEST(exit_group_ends_clone_threads)
{
	pid_t pid = fork();

	if (!pid) {
		start(0, pause_forever, GO_THREAD, NULL);
		start(1, pause_forever, GO_THREAD, NULL);
		_exit(4);
	}
	CHECK_EXITED(pid, 4);
}

static int tell_tp(void *arg)
{
	return __builtin_thread_pointer() != arg;
}

TEST(settls_sets_the_thread_pointer)
{
	static void *block[64];

	block[0] = block;
	pid_t pid = clone(tell_tp, stacks[0] + sizeof(stacks[0]), CLONE_VM | CLONE_SETTLS | SIGCHLD,
			  block, NULL, block, NULL);
	CHECK_EXITED(pid, 0);
}

static int same_as_tid(void *arg)
{
	return *(volatile pid_t *)arg != getpid();
}

TEST(settid_stores)
{
	static volatile pid_t parent_word, child_word;
	void *top = stacks[0] + sizeof(stacks[0]);

	pid_t pid = clone(same_as_tid, top, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD,
			  (void *)&child_word, &parent_word, NULL, &child_word);
	CHECK(pid > 0);
	CHECK_EQ(parent_word, pid);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(child_word, 0);
}

TEST(parent_settid_to_bad_memory_is_ignored)
{
	pid_t pid = clone(set_word, stacks[0] + sizeof(stacks[0]), CLONE_PARENT_SETTID | SIGCHLD,
			  NULL, (void *)8, NULL, NULL);
	CHECK(pid > 0);
	CHECK_EXITED(pid, 0);
}

TEST(child_settid_to_bad_memory_is_ignored)
{
	pid_t pid = clone(set_word, stacks[0] + sizeof(stacks[0]),
			  CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL,
			  (void *)8);
	CHECK(pid > 0);
	CHECK_EXITED(pid, 0);
}

static int sleep_a_little(void *arg)
{
	struct timespec pause = { 0, 20000000 };

	(void)arg;
	return (int)syscall(SYS_nanosleep, &pause, NULL);
}

TEST(child_cleartid_zeroes_and_wakes)
{
	static volatile int word;

	word = 77;
	pid_t pid = clone(sleep_a_little, stacks[0] + sizeof(stacks[0]),
			  CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL, &word);
	CHECK(pid > 0);
	while (word == 77)
		syscall(SYS_futex, &word, FUTEX_WAIT, 77, NULL, NULL, 0);
	CHECK_EQ(word, 0);
	CHECK_EXITED(pid, 0);
}

TEST(exit_signal_is_sent_and_needs_wclone)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	shared_word = 0;
	pid_t pid = start(0, set_word, SIGUSR1, NULL);
	CHECK(pid > 0);
	CHECK_SOON(shared_word == SIGUSR1);
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
	CHECK_EQ(waitpid(pid, NULL, __WCLONE), pid);
}

TEST(exit_signal_zero_is_silent)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGCHLD, &action, NULL);
	shared_word = 0;
	pid_t pid = start(0, set_word, 0, NULL);
	CHECK(pid > 0);
	CHECK_SOON(task_state(pid) == 'Z');
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
	CHECK_EQ(waitpid(pid, NULL, __WALL), pid);
	CHECK_EQ(shared_word, 0);
}

TEST(wclone_does_not_see_sigchld_children)
{
	pid_t pid = start(0, set_word, SIGCHLD, NULL);

	CHECK_ERRNO(waitpid(pid, NULL, __WCLONE), ECHILD);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

TEST(legacy_exit_signal_may_be_no_signal)
{
	pid_t pid = start(0, set_word, 200, NULL);

	CHECK(pid > 0);
	CHECK_EXITED(pid, 0);
}

TEST(parent_makes_a_sibling)
{
	struct who *who = shared_page();
	pid_t middle = fork();

	if (!middle) {
		CHECK(start(0, tell_who, CLONE_PARENT, who) > 0);
		CHECK_ERRNO(waitpid(-1, NULL, __WALL), ECHILD);
		_exit(0);
	}
	CHECK_EXITED(middle, 0);
	CHECK_SOON(who->done);
	CHECK_EQ(who->ppid, getpid());
	CHECK_EQ(waitpid(who->pid, NULL, 0),
		 who->pid); /* it took the exit signal of its maker: SIGCHLD */
}

static int sibling_maker(void *arg)
{
	struct who *who = arg;

	while (getppid() == who->tid)
		sleep_ms(1);
	who->ppid = start(0, tell_who, CLONE_PARENT | SIGCHLD, who + 1);
	who->done = 1;
	return 0;
}

/* A thread knows who its process's parent is even when that has changed since it was made. */
TEST(sibling_made_by_a_thread_of_an_orphan)
{
	struct who *who = shared_page();
	pid_t middle;

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	middle = fork();
	if (!middle) {
		if (!fork()) {
			who->tid = getppid();
			CHECK(start(1, sibling_maker, GO_THREAD, who) > 0);
			who->pid = getpid();
			CHECK_SOON(who->done);
			_exit(0);
		}
		CHECK_SOON(who->pid);
		_exit(0);
	}
	CHECK_EXITED(middle, 0);
	CHECK_SOON(who[1].done);
	CHECK_SOON(who->done); /* by then its number is there */
	CHECK_EQ(who[1].ppid, getpid());
	CHECK_EQ(waitpid(who->ppid, NULL, 0), who->ppid);
	CHECK_EQ(waitpid(who->pid, NULL, 0), who->pid);
}

static int alt_stack_disabled(void *arg)
{
	stack_t now;

	(void)arg;
	return syscall(SYS_sigaltstack, NULL, &now) ? 2 : !!(now.ss_flags & SS_DISABLE);
}

TEST(vm_clears_the_alternate_stack)
{
	stack_t alternate = { .ss_sp = stacks[3], .ss_size = sizeof(stacks[3]) };

	CHECK_EQ(sigaltstack(&alternate, NULL), 0);
	CHECK_EQ(run_to_end(alt_stack_disabled, SIGCHLD, NULL), 0);
	CHECK_EQ(run_to_end(alt_stack_disabled, CLONE_VM | SIGCHLD, NULL), 1);
	CHECK_EQ(run_to_end(alt_stack_disabled, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL), 0);
}

TEST(io_sysvsem_untraced_detached_are_accepted)
{
	CHECK_EQ(run_to_end(set_word,
			    CLONE_IO | CLONE_SYSVSEM | CLONE_UNTRACED | CLONE_DETACHED | SIGCHLD,
			    0),
		 0);
}

TEST(nproc_limit_gives_eagain)
{
	pid_t pid = fork();

	if (!pid) {
		struct rlimit limit = { 1, 1 };

		CHECK_EQ(setresuid(12345, 12345, 12345), 0);
		CHECK_EQ(setrlimit(RLIMIT_NPROC, &limit), 0);
		CHECK_ERRNO(fork(), EAGAIN);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

/* 0 when a child made with these flags shares that resource with us, as kcmp sees it. */
static long kcmp_child(int type, int flags)
{
	pid_t mate = start(0, sleep_a_little, flags | SIGCHLD, NULL);

	CHECK(mate > 0);
	long result = syscall(SYS_kcmp, getpid(), mate, type, 0, 0);
	int saved = errno;
	wait_status(mate);
	errno = saved;
	SKIP_IF_ENOSYS(result);
	return result;
}

TEST(kcmp_tells_what_is_shared)
{
	CHECK_EQ(kcmp_child(KCMP_VM, CLONE_VM), 0);
	CHECK(kcmp_child(KCMP_VM, 0) > 0);
	CHECK_EQ(kcmp_child(KCMP_FILES, CLONE_FILES), 0);
	CHECK(kcmp_child(KCMP_FILES, 0) > 0);
	CHECK_EQ(kcmp_child(KCMP_FS, CLONE_FS), 0);
	CHECK(kcmp_child(KCMP_FS, 0) > 0);
	CHECK_EQ(kcmp_child(KCMP_SIGHAND, CLONE_VM | CLONE_SIGHAND), 0);
	CHECK(kcmp_child(KCMP_SIGHAND, CLONE_VM) > 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--block"))
		for (;;)
			pause();
	return abi_main(argc, argv);
}

/*
 * task.c: what it costs to make tasks of every kind, run programs in them and see them end.
 */
#include "bench.h"

#include <linux/futex.h>
#include <pthread.h>
#include <spawn.h>

enum { STACK = 16 * KIB, LIVE = 1000 };

extern char **environ;

static const char *const tiny = "/bench/tiny", *const glibc_static = "/bench/glibc_static";

static void reap(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		absent("a child");
}

static void vfork_exit(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	reap(pid);
}

static void vfork_exec(const char *program)
{
	char *arguments[] = {(char *)program, NULL};
	pid_t pid = vfork();

	if (pid == 0) {
		execve(program, arguments, environ);
		_exit(127);
	}
	reap(pid);
}

static void fork_exec(const char *program)
{
	char *arguments[] = {(char *)program, NULL};
	pid_t pid = fork();

	if (pid == 0) {
		execve(program, arguments, environ);
		_exit(127);
	}
	reap(pid);
}

static void spawn(const char *program)
{
	char *arguments[] = {(char *)program, NULL};
	pid_t pid;
	int err = posix_spawn(&pid, program, NULL, NULL, arguments, environ);

	if (err)
		absent("posix_spawn");
	reap(pid);
}

ROW("vfork.exit", "vfork + exit + wait") { MEASURE(vfork_exit()); }
ROW("vfork.exec.tiny", "vfork + exec a tiny static program + wait") { MEASURE(vfork_exec(tiny)); }
ROW("fork.exec.tiny", "fork + exec a tiny static program + wait") { MEASURE(fork_exec(tiny)); }
ROW("spawn.tiny", "posix_spawn a tiny static program + wait") { MEASURE(spawn(tiny)); }
ROW("vfork.exec.glibc", "vfork + exec a static glibc program + wait")
{
	MEASURE(vfork_exec(glibc_static));
}

/* --- threads ---------------------------------------------------------------------------------- */

#define THREAD_FLAGS                                                                           \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |    \
	 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

static char stack[STACK] __attribute__((aligned(16)));
static volatile int tid;

/* clone by hand: the child has nothing to do but exit. */
static long thread_raw(void)
{
	register long a0 __asm__("a0") = THREAD_FLAGS;
	register long a1 __asm__("a1") = (long)(stack + STACK);
	register long a2 __asm__("a2") = (long)&tid;
	register long a3 __asm__("a3") = 0;
	register long a4 __asm__("a4") = (long)&tid;
	register long a7 __asm__("a7") = SYS_clone;

	__asm__ volatile("ecall\n\t"
			 "bnez a0, 1f\n\t"
			 "li a7, %[exit]\n\t"
			 "ecall\n"
			 "1:"
			 : "+r"(a0), "+r"(a7)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), [exit] "i"(SYS_exit)
			 : "memory");
	return a0;
}

static void thread_raw_join(void)
{
	must(thread_raw(), "clone");
	for (int seen = tid; seen != 0; seen = tid)
		syscall(SYS_futex, &tid, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void *nothing(void *unused)
{
	return unused;
}

static void thread_join(void)
{
	pthread_t id;

	must(-pthread_create(&id, NULL, nothing, NULL), "pthread_create");
	pthread_join(id, NULL);
}

ROW("thread.raw", "thread: clone + exit + futex join") { MEASURE(thread_raw_join()); }
ROW("thread.pthread", "thread: pthread_create + join") { MEASURE(thread_join()); }

/* --- many alive at once ----------------------------------------------------------------------- */

static void *sleeper(void *unused)
{
	pause();
	return unused;
}

ROW("live.threads", "1,000 live threads: create each")
{
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	mark_begin();
	uint64_t took = ticks();
	for (unsigned i = 0; i < LIVE; i++)
		must(-pthread_create(&id, &attr, sleeper, NULL), "pthread_create");
	took = ticks() - took;
	mark_end();
	report(took, LIVE);
	_exit(0);
}

ROW("live.processes", "1,000 live processes: create each")
{
	int gate[2];
	char byte;

	must(pipe(gate), "pipe");
	mark_begin();
	uint64_t took = ticks();
	for (unsigned i = 0; i < LIVE; i++) {
		if (must(fork(), "fork") == 0) {
			close(gate[1]);
			_exit(read(gate[0], &byte, 1) != 0);
		}
	}
	took = ticks() - took;
	mark_end();
	report(took, LIVE);
	close(gate[1]);
	while (wait(NULL) > 0)
		;
}

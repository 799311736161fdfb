/*
 * lens: look at what clone() makes
 *
 *	lens VM,FILES		make a task that shares memory and descriptors
 *	lens thread		the flags of pthread_create()
 *	lens container -- sh	a shell that is pid 1 of its own little world
 *
 * A task is made with just the flags asked for. Then both sides look: the child
 * writes a word to memory, opens a descriptor, changes folder, umask and a signal
 * handler, and the caller sees whether it all happened to him too. What was
 * asked and what was observed are printed side by side; where they differ, the
 * kernel (or lens) is wrong, and the exit status is 1.
 *
 *	caller                      child
 *	clone3()  ----------------> waits for "go" (not with VFORK: the caller sleeps)
 *	"go"      ----------------> acts on everything it has
 *	          <---------------- report through a pipe
 *	looks, prints
 *	"go"      ----------------> execs the command, or exits
 *
 * The child may share the caller's memory but not its stack, and may have a
 * thread pointer that the C library knows nothing about. So it runs on a stack of
 * its own, makes system calls and nothing else, and ends by exit(2), which ends one
 * task and not its group. The C library has no function that makes such a task;
 * lens_enter() below is a few instructions of assembly.
 *
 * A pipe carries the report because it works whatever is shared: descriptors
 * are inherited with and without FILES.
 */

#include "initramfs/grove/lens.h"

#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/*
 * Make system call `number` with five arguments. In a new task call child(), which
 * must not return; in the caller give the result, a tid or -errno. Nothing is kept
 * on the stack between the system call and child(), since the stack is another one.
 */
long lens_enter(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
		unsigned long e, void (*child)(void), long number);

#if defined(__riscv)
asm(".text; .globl lens_enter; .type lens_enter, @function; lens_enter:\n"
	"mv a7, a6; ecall; bnez a0, 1f; jalr a5; 1: ret");
#define CLONE_ORDER(parent_tid, tls, child_tid) parent_tid, tls, child_tid
#elif defined(__x86_64__)
asm(".text; .globl lens_enter; .type lens_enter, @function; lens_enter:\n"
	"mov 8(%rsp), %rax; mov %rcx, %r10; syscall; test %rax, %rax; jnz 1f;"
	"xor %ebp, %ebp; call *%r9; 1: ret");
#define CLONE_ORDER(parent_tid, tls, child_tid) parent_tid, child_tid, tls
#endif

#define CHILD_WORD 0x9a4d0
#define TLS_SIZE 8192
#define STACK_SIZE 65536
#define REPORT_WAIT_MS 5000

static const struct { const char *name, *link; uint64_t flag; } namespaces[] = {
	{ "mounts", "ns/mnt", CLONE_NEWNS }, { "cgroup", "ns/cgroup", CLONE_NEWCGROUP },
	{ "uts", "ns/uts", CLONE_NEWUTS }, { "ipc", "ns/ipc", CLONE_NEWIPC },
	{ "user", "ns/user", CLONE_NEWUSER }, { "pid", "ns/pid", CLONE_NEWPID },
	{ "net", "ns/net", CLONE_NEWNET }, { "time", "ns/time", LENS_NEWTIME },
};

#define NS_COUNT ARRAY_LEN(namespaces)

/* What the kernel says of a task. */
struct proc_view {
	char links[NS_COUNT][32];	/* "uts:[4026531838]", or empty */
	char sharing[2048];		/* the text of /proc/.../sharing, or empty */
};

/* What the child found. Less than PIPE_BUF, so one write() passes it whole. */
struct report {
	int pid, tid, parent, descriptor, child_tid;
	unsigned long thread_pointer;
	bool cleared;	/* the caller's handler had become the default */
	struct proc_view view;	/* only with VFORK; else the caller looks by itself */
};

static struct {
	uint64_t flags;
	bool legacy, sleeps;		/* use clone(2); the caller sleeps (VFORK) */
	int exit_signal, cgroup;
	int report[2], go[2];		/* pipes */
	char **command, *command_path;
	char cwd[4096];
	mode_t mask;
	sigset_t signals;		/* the mask before lens blocked the exit signal */
	volatile int word;
	volatile int parent_tid, child_tid, pidfd;
	bool early;			/* the report was there when clone returned */
	int differing;
} lens;

static char stack[STACK_SIZE] __attribute__((aligned(16)));
static char tls_block[TLS_SIZE] __attribute__((aligned(16)));

static void handler_before(int sig) { (void)sig; }
static void handler_after(int sig) { (void)sig; }

/* --- the child: system calls only --- */

/* No string is built here: names are relative to the task's folder. */
static void view_take(const char *folder, struct proc_view *view)
{
	long dir = syscall(SYS_openat, AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), fd;
	size_t used = 0;
	long n;

	for (size_t i = 0; i < NS_COUNT; i++)
		syscall(SYS_readlinkat, dir, namespaces[i].link, view->links[i],
			sizeof(view->links[i]) - 1);
	fd = syscall(SYS_openat, dir, "sharing", O_RDONLY | O_CLOEXEC, 0);
	while (fd >= 0 && (n = syscall(SYS_read, fd, view->sharing + used,
				       sizeof(view->sharing) - 1 - used)) > 0)
		used += n;
	syscall(SYS_close, fd);
	syscall(SYS_close, dir);
}

static void child_act(struct report *report)
{
	struct sigaction action = { .sa_handler = handler_after }, old;

	lens.word = CHILD_WORD;
	report->pid = (int)syscall(SYS_getpid);
	report->tid = (int)syscall(SYS_gettid);
	report->parent = (int)syscall(SYS_getppid);
	report->descriptor = (int)syscall(SYS_fcntl, lens.go[0], F_DUPFD_CLOEXEC, 100);
	report->child_tid = lens.child_tid;
	report->thread_pointer = (unsigned long)__builtin_thread_pointer();
	sigaction(SIGUSR2, &action, &old);
	report->cleared = old.sa_handler == SIG_DFL;
	syscall(SYS_chdir, strcmp(lens.cwd, "/") == 0 ? "/proc" : "/");
	syscall(SYS_umask, lens.mask ^ 0111);
}

/* With FS the caller puts folder and umask back, for both. exec resets the handlers. */
static void child_exec(void)
{
	if (!(lens.flags & CLONE_FS)) {
		syscall(SYS_chdir, lens.cwd);
		syscall(SYS_umask, lens.mask);
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &lens.signals, NULL, 8);
	syscall(SYS_execve, lens.command_path, lens.command, environ);
	syscall(SYS_exit, 127);
}

static void child_wait(void)
{
	char go;

	if (!lens.sleeps)
		syscall(SYS_read, lens.go[0], &go, 1);
}

static void child_main(void)
{
	struct report report = { 0 };

	if (!(lens.flags & CLONE_FILES))
		syscall(SYS_close, lens.go[1]);	/* so that a dead caller is an end of file */
	child_wait();
	child_act(&report);
	if (lens.sleeps && !(lens.flags & CLONE_THREAD))
		view_take("/proc/self", &report.view);
	syscall(SYS_write, lens.report[1], &report, sizeof(report));
	child_wait();
	if (lens.command)
		child_exec();
	syscall(SYS_exit, 0);
	__builtin_unreachable();
}

/* --- making it --- */

static unsigned long address(const volatile void *p)
{
	return (unsigned long)p;
}

/* A child with the caller's memory cannot use the caller's stack; with a copy it can. */
static long clone_now(void)
{
	bool own_stack = lens.flags & CLONE_VM;
	unsigned long tls = address(tls_block + TLS_SIZE / 2);
	struct clone_args args = {
		.flags = lens.flags,
		.pidfd = address(&lens.pidfd),
		.child_tid = address(&lens.child_tid),
		.parent_tid = address(&lens.parent_tid),
		.exit_signal = lens.exit_signal,
		.stack = own_stack ? address(stack) : 0,
		.stack_size = own_stack ? STACK_SIZE : 0,
		.tls = tls,
		.cgroup = lens.cgroup,
	};
	size_t size = lens.flags & LENS_INTO_CGROUP ? CLONE_ARGS_SIZE_VER2 : CLONE_ARGS_SIZE_VER0;
	long result = -ENOSYS;

	*(unsigned long *)tls = tls;	/* x86 reads its thread pointer from here */
	if (!lens.legacy)
		result = lens_enter(address(&args), size, 0, 0, 0, child_main, SYS_clone3);
	if (result != -ENOSYS)
		return result;
	lens.legacy = true;
	if (lens.flags & (~0xffffff00ULL))
		die("clone has no room for %s: only clone3 has",
		    lens_text(lens.flags & ~0xffffff00ULL));
	return lens_enter(lens.flags | lens.exit_signal,
			  own_stack ? address(stack + STACK_SIZE) : 0,
			  CLONE_ORDER(lens.flags & CLONE_PIDFD ? address(&lens.pidfd)
							       : address(&lens.parent_tid),
				      tls, address(&lens.child_tid)),
			  child_main, SYS_clone);
}

/* Where the command is; an applet that has no file of its own is in this one. */
static char *command_find(const char *name)
{
	char *path = xstrdup(getenv("PATH") ? getenv("PATH") : "/bin:/sbin:/usr/bin"), *rest = path,
	     *dir;

	if (strchr(name, '/'))
		return xstrdup(name);
	while ((dir = strsep(&rest, ":"))) {
		char *file = path_join(*dir ? dir : ".", name);

		if (access(file, X_OK) == 0)
			return file;
		free(file);
	}
	if (!applet_find(name))
		die("%s: not found", name);
	return xstrdup("/proc/self/exe");
}

static void prepare(void)
{
	struct sigaction before = { .sa_handler = handler_before };
	sigset_t exit_set;

	if (!getcwd(lens.cwd, sizeof(lens.cwd)))
		die_errno("getcwd");
	lens.mask = umask(0);
	umask(lens.mask);
	sigaction(SIGUSR2, &before, NULL);
	sigemptyset(&exit_set);
	if (lens.exit_signal)
		sigaddset(&exit_set, lens.exit_signal);
	sigprocmask(SIG_BLOCK, &exit_set, &lens.signals);
	if (pipe2(lens.report, O_CLOEXEC) < 0 || pipe2(lens.go, O_CLOEXEC) < 0)
		die_errno("pipe");
	lens.sleeps = lens.flags & CLONE_VFORK;
	lens.parent_tid = lens.child_tid = lens.pidfd = -1;
	fflush(stdout);
}

/* --- looking --- */

static void row(const char *what, const char *asked, const char *observed, const char *how)
{
	bool differs = *observed != '?' && strcmp(asked, observed) != 0;

	lens.differing += differs;
	printf("%-10s %-9s %-9s %s%s\n", what, asked, observed, differs ? "DIFFERS: " : "", how);
}

/* "shared" or "copied" by a flag, against what was seen. */
static void row_shared(const char *what, uint64_t flag, bool shared, const char *yes,
		       const char *no)
{
	row(what, lens.flags & flag ? "shared" : "copied", shared ? "shared" : "copied",
	    shared ? yes : no);
}

/* Only what was asked for is of interest. */
static void row_if_asked(uint64_t flag, const char *what, bool done, const char *how)
{
	if (lens.flags & flag)
		row(what, "yes", done ? "yes" : "no", how);
}

/* Before the clone the caller had a handler; `cleared`: the child began without it. */
static void handlers_print(bool cleared, bool changed)
{
	row("sighand", lens.flags & CLONE_SIGHAND ? "shared" :
	    lens.flags & LENS_CLEAR_SIGHAND ? "cleared" : "copied",
	    changed ? "shared" : cleared ? "cleared" : "copied",
	    changed ? "the child changed the caller's handler" :
	    cleared ? "the child began with default handlers" :
	    "the child began with the caller's handlers");
}

static void resources_print(const struct report *r)
{
	char cwd[4096] = "";
	struct sigaction now;
	mode_t mask = umask(lens.mask);
	bool moved = !getcwd(cwd, sizeof(cwd)) || strcmp(cwd, lens.cwd) != 0;

	sigaction(SIGUSR2, NULL, &now);
	row_shared("memory", CLONE_VM, lens.word == CHILD_WORD,
		   "the child's word is in the caller's memory",
		   "the child's word is in its own memory");
	row_shared("files", CLONE_FILES, fcntl(r->descriptor, F_GETFD) >= 0,
		   "the child's new descriptor is the caller's too",
		   "only the child has its new descriptor");
	row_shared("fs", CLONE_FS, moved && mask != lens.mask,
		   "the child moved the caller to another folder",
		   moved != (mask != lens.mask) ? "only one of folder and umask is shared"
						: "the caller kept its folder and umask");
	handlers_print(r->cleared, now.sa_handler == handler_after);
	if (moved && chdir(lens.cwd) < 0)
		warn_errno("%s", lens.cwd);
}

static void identity_print(const struct report *r, int tid)
{
	char how[80];
	bool sibling = lens.flags & (CLONE_PARENT | CLONE_THREAD);

	snprintf(how, sizeof(how), "the child's pid %d tid %d, the caller's pid %d", r->pid, r->tid,
		 getpid());
	row("group", lens.flags & CLONE_THREAD ? "joined" : "own",
	    r->pid == getpid() && r->tid != r->pid ? "joined" : "own", how);
	snprintf(how, sizeof(how), "the child's getppid() is %d", r->parent);
	row("parent", sibling ? "caller's" : "caller", r->parent == 0 ? "?" :
	    r->parent == getpid() ? "caller" : r->parent == getppid() ? "caller's" : "other", how);
	row("return", lens.flags & CLONE_VFORK ? "after" : "at once",
	    lens.early ? "after" : "at once",
	    lens.early ? "the child was done when clone returned"
		       : "the child waited for the caller");
	row_if_asked(CLONE_SETTLS, "tls", r->thread_pointer == address(tls_block + TLS_SIZE / 2),
		     "the child's thread pointer is the one asked for");
	row_if_asked(CLONE_PARENT_SETTID, "parent_tid", lens.parent_tid == tid,
		     "the tid in the caller's memory");
	row_if_asked(CLONE_CHILD_SETTID, "child_tid", r->child_tid == r->tid,
		     "the tid in the child's memory");
	row_if_asked(CLONE_PIDFD, "pidfd",
		     lens.pidfd >= 0 && fcntl(lens.pidfd, F_GETFD) == FD_CLOEXEC,
		     "a descriptor that closes on exec");
}

static void namespaces_print(const struct proc_view *child)
{
	struct proc_view own = { 0 };

	view_take("/proc/self", &own);
	for (size_t i = 0; i < NS_COUNT; i++) {
		bool asked = lens.flags & namespaces[i].flag;
		bool known = *own.links[i] && *child->links[i];
		bool same = strcmp(own.links[i], child->links[i]) == 0;

		if (asked || (known && !same))
			row(namespaces[i].name, asked ? "new" : "same",
			    !known ? "?"
			    : same ? "same"
				   : "new",
			    known ? child->links[i] : "/proc does not tell");
	}
}

static void report_print(const struct report *r, long tid)
{
	const uint64_t unseen = CLONE_PTRACE | CLONE_UNTRACED | CLONE_SYSVSEM | CLONE_IO |
				CLONE_DETACHED | LENS_INTO_CGROUP | 0xfULL << 34;
	struct proc_view view = r->view;
	char *folder =
		xasprintf("/proc/%ld/task/%ld", lens.flags & CLONE_THREAD ? getpid() : tid, tid);

	if (!lens.sleeps)
		view_take(folder, &view);
	printf("%-10s %-9s %-9s %s\n", "resource", "asked", "observed", "how it was seen");
	resources_print(r);
	identity_print(r, (int)tid);
	namespaces_print(&view);
	if (lens.flags & unseen)
		printf("not to be seen from inside: %s\n", lens_text(lens.flags & unseen));
	if (*view.sharing)
		printf("the kernel says of task %ld (%s/sharing):\n%s", tid, folder, view.sharing);
	free(folder);
}

/* --- the end --- */

/* A thread is nobody's to wait for, and a sibling is the caller's parent's: see it go. */
static bool child_gone(long tid)
{
	for (int i = 0; i < 1000 && syscall(SYS_tkill, tid, 0) == 0; i++)
		usleep(1000);
	return syscall(SYS_tkill, tid, 0) < 0;
}

static void end_print(long tid)
{
	int status;

	if (lens.flags & CLONE_THREAD) {
		printf("%-10s %s\n", "end",
		       child_gone(tid) ? "the thread is gone; nobody waits for it"
				       : "the thread is still there");
	} else if (lens.flags & CLONE_PARENT) {
		printf("%-10s %s\n", "end", "left to the caller's parent to wait for");
	} else if (waitpid((pid_t)tid, &status, __WALL) < 0) {
		printf("%-10s wait: %s\n", "end", strerror(errno));
	} else if (WIFSIGNALED(status)) {
		printf("%-10s killed by SIG%s\n", "end", signal_name(WTERMSIG(status)));
	} else {
		printf("%-10s exit status %d\n", "end", WEXITSTATUS(status));
	}
	if (lens.flags & CLONE_CHILD_CLEARTID && lens.flags & CLONE_VM && !lens.command)
		row("clear_tid", "yes", lens.child_tid == 0 ? "yes" : "no",
		    "the word became 0 at exit");
}

static int observe(void)
{
	struct pollfd reported;
	struct report report;
	int waiting = 0;
	long tid = clone_now();

	ioctl(lens.report[0], FIONREAD, &waiting);
	lens.early = waiting > 0;
	printf("%s({%s, exit_signal=%s}) = ", lens.legacy ? "clone" : "clone3",
	       lens_text(lens.flags), lens.exit_signal ? signal_name(lens.exit_signal) : "0");
	if (tid < 0) {
		printf("%s (%s)\nwhy: %s\n", strerrorname_np((int)-tid), strerror((int)-tid),
		       lens_reason(lens.flags, (int)-tid));
		return 1;
	}
	printf("%ld\n", tid);
	fflush(stdout);
	write_all(lens.go[1], "g", 1);
	reported = (struct pollfd){ .fd = lens.report[0], .events = POLLIN };
	if (poll(&reported, 1, REPORT_WAIT_MS) <= 0 ||
	    read(lens.report[0], &report, sizeof(report)) != sizeof(report))
		die("the child did not report");
	report_print(&report, tid);
	if (lens.command && lens.flags & CLONE_THREAD)
		printf("exec by a thread ends all others of its group: here lens ends\n");
	fflush(stdout);
	write_all(lens.go[1], "g", 1);
	end_print(tid);
	return lens.differing > 0;
}

APPLET(lens, "[-l] [-s SIGNAL] FLAG[,FLAG]... [-- COMMAND [ARG]...] | --list\n"
	"  FLAG is a clone flag, with or without CLONE_, in any case; or a preset,\n"
	"  in lower case: fork vfork spawn thread container\n"
	"  -l through clone, not clone3  -s the signal that its exit sends  --list all flags",
	"make a task with any clone flags and show what it shares");
static int lens_main(int argc, char **argv)
{
	static const struct option words[] = { { "list", no_argument, NULL, 'L' }, { 0 } };
	int opt;

	lens.cgroup = -1;
	lens.exit_signal = -1;
	while ((opt = getopt_long(argc, argv, "+ls:", words, NULL)) != -1) {
		if (opt == 'L')
			return lens_list();
		if (opt == '?')
			usage(2);
		lens.legacy |= opt == 'l';
		if (opt == 's' && (lens.exit_signal = signal_from_name(optarg)) < 0)
			die("%s: invalid signal", optarg);
	}
	if (optind == argc)
		usage(2);
	lens.flags = lens_parse(argv[optind++], &lens.cgroup);
	if (lens.exit_signal < 0)
		lens.exit_signal = lens.flags & (CLONE_THREAD | CLONE_PARENT) ? 0 : SIGCHLD;
	if (optind < argc && strcmp(argv[optind], "--") == 0)
		optind++;
	if (optind < argc) {
		lens.command = argv + optind;
		lens.command_path = command_find(argv[optind]);
	}
	prepare();
	return observe();
}

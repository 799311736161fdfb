/*
 * badptr.c: every pointer argument of every system call, given a pointer that lies.
 *
 * syscalls_args.h is made from kernel/sys/syscalls.tbl: one row per call with the kinds of its
 * arguments. Each pointer argument in turn is
 *
 *	null      0
 *	kernel    an address in the kernel's half
 *	top       -1
 *	unmapped  a page that is not there
 *	readonly  a page of zeroes that may not be written
 *	cross     two bytes before a page that is not there
 *
 * while the other arguments are plausible. Each case runs in a child of its own and is one line of
 * output that carries the outcome, so that the comparison with Linux compares the errors too:
 *
 *	ok badptr.read.1.kernel=EFAULT
 *
 * A case fails by itself only when the call hangs; what it answers is for the comparison. Blocking
 * calls are ended by a timer after 100 ms. Calls whose pointers travel in an integer (ioctl, fcntl,
 * prctl) have rows by hand. The clock, the host's name and the console's modes are put back at the
 * end.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <termios.h>

enum kind { ARG_NONE, ARG_INT, ARG_LONG, ARG_FD, ARG_PTR, ARG_STR, ARG_SIZE };

struct row {
	int nr;
	const char *name;
	int count;
	enum kind kinds[6];
	long preset[6];
};

static const struct row generated[] = {
#define SYSCALL_ROW(nr, name, count, ...) { nr, name, count, { __VA_ARGS__ }, { 0 } },
#include "syscalls_args.h"
};

static const struct row by_hand[] = {
	{ SYS_fcntl, "fcntl:getlk", 3, { ARG_FD, ARG_INT, ARG_PTR }, { 0, F_GETLK } },
	{ SYS_fcntl, "fcntl:setlk", 3, { ARG_FD, ARG_INT, ARG_PTR }, { 0, F_SETLK } },
	{ SYS_ioctl, "ioctl:fionread", 3, { ARG_FD, ARG_INT, ARG_PTR }, { 0, FIONREAD } },
	{ SYS_ioctl, "ioctl:fionbio", 3, { ARG_FD, ARG_INT, ARG_PTR }, { 0, FIONBIO } },
	{ SYS_ioctl, "ioctl:tcgets", 3, { ARG_INT, ARG_INT, ARG_PTR }, { -2, TCGETS } },
	{ SYS_ioctl, "ioctl:tcsets", 3, { ARG_INT, ARG_INT, ARG_PTR }, { -2, TCSETS } },
	{ SYS_ioctl, "ioctl:tiocgwinsz", 3, { ARG_INT, ARG_INT, ARG_PTR }, { -2, TIOCGWINSZ } },
	{ SYS_prctl, "prctl:set_name", 2, { ARG_INT, ARG_PTR }, { PR_SET_NAME } },
	{ SYS_prctl, "prctl:get_name", 2, { ARG_INT, ARG_PTR }, { PR_GET_NAME } },
	{ SYS_prctl, "prctl:get_pdeathsig", 2, { ARG_INT, ARG_PTR }, { PR_GET_PDEATHSIG } },
};

/* Integer arguments without which a call would not reach its pointers. A preset of -2 above is the
 * console. */
static const struct {
	const char *name;
	int index;
	long value;
} needed[] = {
	{"readv", 2, 1},
	{"writev", 2, 1},
	{"preadv", 2, 1},
	{"pwritev", 2, 1},
	{"preadv2", 2, 1},
	{"pwritev2", 2, 1},
	{"ppoll", 1, 1},
	{"pselect6", 0, 1},
	{"getdents64", 2, 1024},
	{"readlinkat", 3, 64},
	{"syslog", 0, 3},
	{"syslog", 2, 8192},
	{"sethostname", 1, 4},
	{"setdomainname", 1, 4},
	{"getgroups", 0, 1},
	{"setgroups", 0, 1},
	{"getcwd", 1, 4096},
	{"rt_sigaction", 0, SIGUSR1},
	{"rt_sigaction", 3, 8},
	{"rt_sigprocmask", 3, 8},
	{"rt_sigpending", 1, 8},
	{"rt_sigsuspend", 1, 8},
	{"rt_sigtimedwait", 3, 8},
	{"signalfd4", 0, -1},
	{"signalfd4", 2, 8},
	{"ppoll", 4, 8},
	{"epoll_pwait", 2, 1},
	{"epoll_pwait", 5, 8},
	{"epoll_ctl", 1, 1},
	{"futex", 2, 1},
	{"clone", 0, SIGCHLD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID},
	{"clone3", 1, 64},
	{"wait4", 0, -1},
	{"waitid", 3, WEXITED},
	{"set_robust_list", 1, 24},
	{"sched_setaffinity", 1, 8},
	{"sched_getaffinity", 1, 128},
	{"sched_getattr", 2, 48},
	{"openat2", 3, 24},
	{"statx", 3, 0x7ff},
	{"rseq", 1, 32},
	{"prlimit64", 1, RLIMIT_CORE},
	{"setrlimit", 0, RLIMIT_CORE},
	{"mincore", 1, 4096},
	{"rt_sigqueueinfo", 1, SIGURG},
	{"rt_tgsigqueueinfo", 2, SIGURG},
	{"faccessat2", 3, 0},
	{"riscv_hwprobe", 1, 1},
	{"get_mempolicy", 2, 64},
};

static const char *const bad_kinds[] = { "null", "kernel", "top", "unmapped", "readonly", "cross" };

static char *unmapped, *readonly_page, *edge;
static volatile int *outcome;
static int console;

static void prepare_pages(void)
{
	int private = MAP_PRIVATE | MAP_ANONYMOUS;

	unmapped = mmap(NULL, 8192, PROT_NONE, private, -1, 0);
	readonly_page = mmap(NULL, 4096, PROT_READ, private, -1, 0);
	edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, private, -1, 0);
	if (unmapped == MAP_FAILED || readonly_page == MAP_FAILED || edge == MAP_FAILED)
		_exit(ABI_FAILED);
	munmap(unmapped, 8192);
	munmap(edge + 4096, 4096);
	outcome = shared_page();
}

static long bad_pointer(const char *kind, bool is_string)
{
	if (!strcmp(kind, "null"))
		return 0;
	if (!strcmp(kind, "kernel"))
		return (long)0xffffffc000000000;
	if (!strcmp(kind, "top"))
		return -1;
	if (!strcmp(kind, "unmapped"))
		return (long)unmapped;
	if (!strcmp(kind, "readonly"))
		return (long)readonly_page;
	if (is_string)
		memcpy(edge + 4094, "xx", 2);
	return (long)(edge + 4094);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* The world of one case: a folder with a file, a link and a subfolder; a zombie; a POSIX timer; an
 * alarm. */
static void prepare_child(const struct row *row)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval soon = { { 0, 0 }, { 0, 100000 } };
	char kilobyte[1024];
	int timer;

	mkdir("/tmp/badptr", 0755);
	if (chdir("/tmp/badptr"))
		_exit(ABI_FAILED);
	memset(kilobyte, 'k', sizeof(kilobyte));
	unlink("plain");
	write_file("plain", kilobyte, sizeof(kilobyte));
	unlink("link");
	if (symlink("plain", "link"))
		_exit(ABI_FAILED);
	if (!strncmp(row->name, "wait", 4) && !fork())
		_exit(0);
	if (!strcmp(row->name, "rt_sigtimedwait")) {
		sigset_t urgent;

		sigemptyset(&urgent);
		sigaddset(&urgent, SIGURG);
		sigprocmask(SIG_BLOCK, &urgent, NULL);
		raise(SIGURG);
	}
	syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timer);
	setgroups(1, (gid_t[]){ 0 });
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

static long plausible_pointer(const struct row *row, int index)
{
	static uint64_t buffers[6][1024] __attribute__((aligned(4096)));
	static const char *argv[] = { "quit", NULL };

	memset(buffers[index], 0, sizeof(buffers[index]));
	if (!strncmp(row->name, "cap", 3) && index == 0)
		buffers[index][0] = _LINUX_CAPABILITY_VERSION_3;
	if (!strcmp(row->name, "sigaltstack"))
		buffers[index][1] = SS_DISABLE;
	if (!strcmp(row->name, "timer_create"))
		buffers[index][1] = (uint64_t)SIGEV_NONE << 32;
	if (!strcmp(row->name, "rt_sigtimedwait") && index == 0)
		buffers[index][0] = 1ULL << (SIGURG - 1);
	if (!strncmp(row->name, "exec", 4) && index == 1 + !strcmp(row->name, "execveat"))
		return (long)argv;
	return (long)buffers[index];
}

static long plausible_string(const struct row *row, int index)
{
	if (!strncmp(row->name, "exec", 4))
		return (long)"/proc/self/exe";
	if (!strcmp(row->name, "readlinkat"))
		return (long)"/tmp/badptr/link";
	if (strstr(row->name, "xattr")) /* where Linux keeps no attributes either */
		return (long)(index ? "user.x" : "/proc/version");
	return (long)"/tmp/badptr/plain";
}

static long plausible_descriptor(const struct row *row, int index)
{
	if (!strncmp(row->name, "epoll", 5) && index == 0)
		return epoll_create1(0);
	if (!strcmp(row->name, "getdents64"))
		return open(".", O_RDONLY);
	if (strstr(row->name, "xattr"))
		return open("/proc/version", O_RDONLY);
	return open("plain", O_RDWR);
}

static long plausible(const struct row *row, int index)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (needed[i].index == index && !strcmp(needed[i].name, row->name))
			return needed[i].value;
	if (row->preset[index])
		return row->preset[index] == -2 ? console : row->preset[index];
	switch (row->kinds[index]) {
	case ARG_PTR:
		return plausible_pointer(row, index);
	case ARG_STR:
		return plausible_string(row, index);
	case ARG_FD:
		return plausible_descriptor(row, index);
	case ARG_SIZE:
		return 64;
	default:
		return 0;
	}
}

static const char *error_name(int error)
{
	return error ? strerrorname_np(error) ?: "unknown" : "success";
}

/* Makes the call in this child and leaves the outcome in shared memory. */
static void make_call(const struct row *row, int index, const char *kind)
{
	long arg[6] = { 0 };

	prepare_child(row);
	for (int i = 0; i < row->count; i++)
		arg[i] = plausible(row, i);
	arg[index] = bad_pointer(kind, row->kinds[index] == ARG_STR);
	pid_t pid = getpid();
	long result = syscall(row->nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	int error = errno;
	if (syscall(SYS_getpid) == pid)
		*outcome = result == -1 ? error : 0;
	_exit(0);
}

static void run_case(const struct row *row, int index, const char *kind, int *failures)
{
	int status = 0;

	*outcome = -1;
	pid_t pid = fork();
	if (pid < 0) {
		abi_print("not ok badptr.%s.%d.%s - fork: %s", row->name, index, kind,
			  strerrorname_np(errno));
		++*failures;
		return;
	}
	if (!pid)
		make_call(row, index, kind);
	int64_t deadline = now_ms() + 5000;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct timespec pause = { 0, 300000 };
		nanosleep(&pause, NULL);
		if (now_ms() < deadline)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		abi_print("not ok badptr.%s.%d.%s - hang", row->name, index, kind);
		++*failures;
		return;
	}
	if (WIFSIGNALED(status))
		abi_print("ok badptr.%s.%d.%s=SIG%s", row->name, index, kind,
			  sigabbrev_np(WTERMSIG(status)));
	else
		abi_print("ok badptr.%s.%d.%s=%s", row->name, index, kind,
			  *outcome == -1 ? "left" : error_name(*outcome));
}

static int run_rows(const struct row *rows, size_t count, char **only)
{
	int failures = 0;

	for (size_t i = 0; i < count; i++) {
		if (!abi_selected(rows[i].name, only))
			continue;
		for (int index = 0; index < rows[i].count; index++) {
			if (rows[i].kinds[index] != ARG_PTR && rows[i].kinds[index] != ARG_STR)
				continue;
			for (size_t kind = 0; kind < sizeof(bad_kinds) / sizeof(bad_kinds[0]);
			     kind++)
				run_case(&rows[i], index, bad_kinds[kind], &failures);
		}
	}
	return failures;
}

int main(int argc, char **argv)
{
	struct utsname host;
	struct timespec real, before, after;
	struct termios modes;

	if (!argc || !argv[0][0] || !strcmp(argv[0], "quit"))
		return 0; /* exec'd by one of the cases */
	abi_program = "badptr";
	prepare_pages();
	console = open("/dev/console", O_RDWR | O_NOCTTY);
	bool has_modes = tcgetattr(console, &modes) == 0;
	uname(&host);
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &before);
	int failures = run_rows(generated, sizeof(generated) / sizeof(generated[0]), argv + 1);
	failures += run_rows(by_hand, sizeof(by_hand) / sizeof(by_hand[0]), argv + 1);
	clock_gettime(CLOCK_MONOTONIC, &after);
	real.tv_sec += after.tv_sec - before.tv_sec;
	clock_settime(CLOCK_REALTIME, &real);
	sethostname(host.nodename, strlen(host.nodename));
	setdomainname(host.domainname, strlen(host.domainname));
	if (has_modes)
		tcsetattr(console, TCSANOW, &modes);
	abi_print("ok badptr.survived");
	return failures > 100 ? 100 : failures;
}

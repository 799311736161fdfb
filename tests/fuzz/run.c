/*
 * run.c: runs one program in a box of its own.
 *
 *	the worker      waits until the box is gone, ends it when it takes too long
 *	  the box       init of new pid, mount, ipc, uts and cgroup namespaces; makes a file system
 *	    the program calls; as root or as user 1000
 *
 * When the box's init ends, all that is in it ends too: nothing is left of a program, its kill(-1)
 * reaches nobody else, and it finds the same numbers and files each time.
 *
 * A task that a program clones can't return into C: it may share the stack. So the call is made by
 * a few instructions that let the child make the program's next call, with arguments that its maker
 * has put into registers, and end. That gives each clone something to do beside its maker.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BEGIN_MS 20000 /* that a box may take to be made */
#define LIMIT_MS 120   /* of one call */
#define STUCK_MS 30000 /* that a killed box may take to be gone */

/* One call; if it returns a second time, in a child, that makes the call `next` and ends. */
long fuzz_call(long nr, const uint64_t args[6], long next_nr, const uint64_t next[6]);
__asm__(".text\n.global fuzz_call\nfuzz_call:\n"
	"	addi sp, sp, -64\n"
	"	sd s0, 0(sp)\n	sd s1, 8(sp)\n	sd s2, 16(sp)\n	sd s3, 24(sp)\n"
	"	sd s4, 32(sp)\n	sd s5, 40(sp)\n	sd s6, 48(sp)\n"
	"	mv s6, a2\n"
	"	ld s0, 0(a3)\n	ld s1, 8(a3)\n	ld s2, 16(a3)\n	ld s3, 24(a3)\n"
	"	ld s4, 32(a3)\n	ld s5, 40(a3)\n"
	"	mv a7, a0\n	mv t0, a1\n"
	"	ld a0, 0(t0)\n	ld a1, 8(t0)\n	ld a2, 16(t0)\n	ld a3, 24(t0)\n"
	"	ld a4, 32(t0)\n	ld a5, 40(t0)\n"
	"	mv t1, a7\n"
	"	ecall\n"
	"	bnez a0, 2f\n"
	"	li t2, 220\n	beq t1, t2, 1f\n"
	"	li t2, 435\n	bne t1, t2, 2f\n"
	"1:	mv a7, s6\n	mv a0, s0\n	mv a1, s1\n	mv a2, s2\n	mv a3, s3\n"
	"	mv a4, s4\n	mv a5, s5\n"
	"	ecall\n"
	"	li a7, 93\n	li a0, 0\n	ecall\n"
	"2:	ld s0, 0(sp)\n	ld s1, 8(sp)\n	ld s2, 16(sp)\n	ld s3, 24(sp)\n"
	"	ld s4, 32(sp)\n	ld s5, 40(sp)\n	ld s6, 48(sp)\n"
	"	addi sp, sp, 64\n"
	"	ret\n");

/* How many calls the worker's program has begun; shared with the box. */
static volatile unsigned *progress;

static void on_signal(int sig)
{
	(void)sig;
}

static void write_text(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, mode);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		_exit(3);
	close(fd);
}

/* The box's file system: what values.c's paths name. */
static void make_files(void)
{
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (mount("box", "/box", "tmpfs", 0, "size=4m,mode=777") || chdir("/box"))
		_exit(3);
	mkdir("d", 0777);
	mkdir("m", 0777);
	mkdir("proc", 0755);
	mkdir("pts", 0755);
	mkdir("cg", 0755);
	write_text("f", "0123456789abcdef", 0666);
	write_text("g", "g", 0600);
	write_text("d/f", "#!/bin\n", 0777);
	write_text("script", "#!/bin x y\n", 0755);
	if (symlink("d", "l") || symlink("loop", "loop") || symlink("pts/ptmx", "ptmx"))
		_exit(3);
	mkfifo("p", 0666);
	mknod("null", S_IFCHR | 0666, makedev(1, 3));
	mknod("tty", S_IFCHR | 0666, makedev(5, 0));
	write_text("bin", "", 0755);
	mount("/fuzz-exit", "bin", NULL, MS_BIND, NULL);
	mount("proc", "proc", "proc", 0, NULL);
	mount("pts", "pts", "devpts", 0, "newinstance,ptmxmode=0666");
	mount("cg", "cg", "cgroup2", 0, NULL);
	if (chroot(".") || chdir("/"))
		_exit(3);
}

/* Descriptors 3 to 20, one of each kind. */
static void open_files(void)
{
	int pair[2];
	sigset_t some;

	sigemptyset(&some);
	sigaddset(&some, SIGUSR1);
	if (pipe(pair) || pipe2(pair, O_NONBLOCK))
		_exit(3);
	open("f", O_RDWR);
	open("f", O_RDONLY);
	open("/", O_RDONLY | O_DIRECTORY);
	open("d", O_RDONLY | O_PATH);
	eventfd(0, EFD_NONBLOCK);
	epoll_create1(0);
	timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	syscall(SYS_signalfd4, -1, &some, 8, O_NONBLOCK);
	memfd_create("m", MFD_ALLOW_SEALING);
	syscall(SYS_pidfd_open, getpid(), 0);
	open("p", O_RDWR | O_NONBLOCK);
	open("ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	open("proc/self/ns/user", O_RDONLY);
	open("cg", O_RDONLY | O_DIRECTORY);
}

static void make_memory(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	if (mmap((void *)MEMORY_BASE, MEMORY_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) ==
		    MAP_FAILED ||
	    mmap((void *)REGION_BASE, REGION_SIZE / 2, PROT_READ | PROT_WRITE, flags, -1, 0) ==
		    MAP_FAILED)
		_exit(3);
}

/* Calls that block are interrupted by a signal every 5 ms. */
static void become(bool root)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct itimerval often = {{0, 5000}, {0, 5000}};

	setrlimit(RLIMIT_AS, &(struct rlimit){256 << 20, 256 << 20});
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, 1 << 20});
	setrlimit(RLIMIT_NPROC, &(struct rlimit){100, 100});
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	if (!root && (setgroups(0, NULL) || setgid(1000) || setuid(1000)))
		_exit(3);
}

static void print_call(const struct call *c, const uint64_t args[6], long result)
{
	char line[400];
	int n = sprintf(line, "  %s(", c->name);

	for (unsigned a = 0; a < c->count; a++) {
		bool text = c->args[a].kind == KIND_PATH || c->args[a].kind == KIND_STRING;

		n += text && args[a] >= MEMORY_BASE && args[a] < MEMORY_BASE + MEMORY_SIZE
			     ? sprintf(line + n, "%s\"%.40s\"", a ? ", " : "", (char *)args[a])
			     : sprintf(line + n, "%s%#lx", a ? ", " : "", args[a]);
	}
	sprintf(line + n, ") = %ld%s%s\n", result, result < 0 && result > -4096 ? " " : "",
		result < 0 && result > -4096 ? strerrorname_np((int)-result) ?: "" : "");
	fputs(line, stderr);
}

/* Only in kernels made with FAULTS=1, and where the program has left /proc. */
static long fail_nth(uint64_t nth)
{
	int fd = open("/proc/pando/fail-nth", O_WRONLY);
	char text[24];
	long n = -1;

	if (fd >= 0)
		n = write(fd, text, (size_t)sprintf(text, "%lu", nth % 1000));
	close(fd);
	return n > 0 ? 0 : -1;
}

static void make_args(struct run *r, const struct program *p, unsigned at, uint64_t args[6])
{
	const struct call *c = &calls[p->at[at].call];

	for (unsigned a = 0; a < c->count; a++)
		args[a] = value_make(r, c, a, p->at[at].seed[a]);
}

static void make_calls(const struct program *p, bool verbose)
{
	static struct run r;

	for (unsigned i = 0; i < p->count; i++) {
		const struct call *c = &calls[p->at[i].call];
		const struct call *following = &calls[p->at[i + 1 < p->count ? i + 1 : i].call];
		uint64_t args[6] = {0}, next[6] = {0};

		if (c->nr == SYS_clone || c->nr == SYS_clone3)
			make_args(&r, p, i + 1 < p->count ? i + 1 : i, next);
		++*progress;
		make_args(&r, p, i, args);
		if (verbose)
			print_call(c, args, 0);
		r.results[i] = c->nr == CALL_FAIL_NTH
				       ? fail_nth(args[0])
				       : fuzz_call(c->nr, args, following->nr, next);
		r.done = i + 1;
		if (verbose && r.results[i])
			fprintf(stderr, "    = %ld\n", r.results[i]);
	}
}

static void program_main(const struct program *p, int coverage_fd, bool verbose)
{
	make_memory();
	if (coverage_fd >= 0)
		dup2(coverage_fd, 900);
	if (!verbose)
		close_range(0, 2, 0);
	close_range(3, coverage_fd >= 0 ? 899 : ~0u, 0);
	if (!verbose)
		for (int i = 0; i < 3; i++)
			open("null", O_RDWR);
	open_files();
	become(p->root);
	if (coverage_fd >= 0) {
		if (write(900, "1", 1) < 0)
			_exit(3);
		close_range(900, ~0u, 0);
	}
	make_calls(p, verbose);
	_exit(0);
}

/* Its init reaps whoever is orphaned, until the program itself is done. */
static void box_main(const struct program *p, int coverage_fd, bool verbose)
{
	pid_t pid, got;

	setsid(); /* kill(0) reaches a whole process group, whatever namespaces it is in */
	make_files();
	pid = fork();
	if (pid == 0)
		program_main(p, coverage_fd, verbose);
	do
		got = waitpid(-1, NULL, 0);
	while (got != pid && (got > 0 || errno == EINTR));
	_exit(0);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until it ends by itself or a call takes too long. */
static void box_wait(const sigset_t *child)
{
	struct timespec slice = { 0, 20 * 1000000 };
	int64_t since = now_ms();
	unsigned seen = 0;

	while (sigtimedwait(child, NULL, &slice) < 0) {
		int64_t now = now_ms();

		if (*progress != seen) {
			seen = *progress;
			since = now;
		}
		if (now - since > (seen ? LIMIT_MS : BEGIN_MS))
			break;
	}
}

bool program_run(const struct program *p, int coverage_fd, bool verbose)
{
	unsigned long flags =
		CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
	sigset_t child;
	int64_t deadline;
	pid_t pid;

	if (!progress)
		progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				0);
	*progress = 0;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	sigtimedwait(&child, NULL, &(struct timespec){ 0, 0 }); /* an earlier one's */
	pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, NULL, 0, NULL);
	if (pid == 0)
		box_main(p, coverage_fd, verbose);
	if (pid < 0) {
		fprintf(stderr, "fuzz: clone: %s\n", strerror(errno));
		usleep(10000);
		return true;
	}
	box_wait(&child);
	kill(pid, SIGKILL);
	for (deadline = now_ms() + STUCK_MS; waitpid(pid, NULL, WNOHANG) == 0; usleep(500))
		if (now_ms() > deadline)
			return false;
	return true;
}

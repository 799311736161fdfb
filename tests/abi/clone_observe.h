/*
 * clone_observe.h: make a child by one raw clone or clone3 and find out what it shares.
 *
 * Three tasks take part. The subject is a fresh process for each case: it calls clone with the
 * flags in question. The child looks around from inside - numbers, ids, thread pointer, handlers,
 * namespaces - and then leaves a mark in each thing that could be shared: a word, a descriptor, a
 * working directory, a handler, a host name, a mount, a System V segment, an io priority. The
 * subject looks which marks it can see, asks kcmp, lets the child go and looks at what its end did.
 *
 * The child may run on the subject's memory, with a thread pointer that points to nothing: its code
 * uses raw system calls and its own stack only. What it saw it leaves in a struct seen in memory
 * that both share whatever the flags say.
 *
 * With VFORK the subject sleeps until the child has ended, so what needs both alive (kcmp) is
 * asked by the child, and the marks are looked at afterwards.
 */
#ifndef TESTS_ABI_CLONE_OBSERVE_H
#define TESTS_ABI_CLONE_OBSERVE_H

#include "tests/abi/abi.h"
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/utsname.h>

enum {
	MARK_FD = 777,
	MARK_KEY = 0x50616e64,
	NS_COUNT = 10,
	LINK_SIZE = 48,
	STACK_BYTES = 64 * 1024,
};

#define MARK_DIR "/tmp/pairs"
#define MARK_MOUNT "/tmp/pairs/mnt"
#define TLS_MARK 0x7e57a000UL
#define IO_BEFORE ((2 << 13) | 5) /* best effort, level 5 */
#define IO_MARK ((2 << 13) | 3)

/* The kinds of /proc/PID/ns, and what stands for each in an outcome. */
static const char *const ns_names[NS_COUNT] = { "mnt", "uts", "ipc", "user", "pid",
						"pid_for_children", "net", "cgroup", "time",
						"time_for_children" };

/* kcmp's types, in the order of the letters in an outcome. */
static const int kcmp_types[] = { KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO,
				  KCMP_SYSVSEM };
#define KCMP_LETTERS "VFRHIU"

struct clone_case {
	uint64_t flags;
	bool clone3;
	bool as_user; /* without any privilege */
	int cgroup_fd;
};

/* What travels between the tasks of a case: in shared memory. */
struct seen {
	/* From the subject to the child. */
	struct clone_case c;
	int subject_pid, subject_ppid;
	int sem_id;
	char ns_before[NS_COUNT][LINK_SIZE];
	volatile int go;
	/* From the child. */
	volatile int looked, done;
	int pid, ppid, tid, uid;
	unsigned long tp;
	unsigned caps;
	int usr1_kept, usr2_ignored, altstack_on, no_new_privs, child_tid_stored;
	char ns_inside[NS_COUNT][LINK_SIZE];
	char cgroup[64];
	long kcmp[6];
	/* From the subject to whoever prints. */
	char outcome[400];
};

static volatile int memory_mark;	   /* shared only with CLONE_VM */
static volatile int parent_tid_word, child_tid_word, pidfd_word;

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;
	register long a7 __asm__("a7") = nr;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
			 : "memory");
	return a0;
}
#define RAW(nr, ...) RAW_PICK(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define RAW_PICK(nr, a, b, c, d, e, f, ...)                                                        \
	raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* clone or clone3 whose child runs entry(arg) on the new stack and never returns here. */
static inline long raw_clone(long nr, const long args[5], void (*entry)(void *), void *arg)
{
	register long a0 __asm__("a0") = args[0];
	register long a1 __asm__("a1") = args[1];
	register long a2 __asm__("a2") = args[2];
	register long a3 __asm__("a3") = args[3];
	register long a4 __asm__("a4") = args[4];
	register long a7 __asm__("a7") = nr;
	register void *s1 __asm__("s1") = arg;
	register void (*s2)(void *) __asm__("s2") = entry;

	__asm__ volatile("ecall\n\t"
			 "bnez a0, 1f\n\t"
			 "mv a0, s1\n\t"
			 "jalr s2\n"
			 "1:"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7), "r"(s1), "r"(s2)
			 : "memory", "ra");
	return a0;
}

static void usr1_handler(int sig)
{
	(void)sig;
}

static void winch_mark(int sig)
{
	(void)sig;
}

/* The kernel's struct sigaction. */
struct raw_action {
	void (*handler)(int);
	unsigned long flags, mask;
};

static inline void raw_pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	RAW(SYS_nanosleep, &t, 0);
}

static inline void ns_path(char *path, const char *name)
{
	const char *folder = "/proc/thread-self/ns/";

	while (*folder)
		*path++ = *folder++;
	do
		*path++ = *name;
	while (*name++);
}

static inline void child_looks(struct seen *s)
{
	struct raw_action act = { 0, 0, 0 };
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	stack_t alt = { 0 };

	__asm__ volatile("mv %0, tp" : "=r"(s->tp));
	s->pid = RAW(SYS_getpid);
	s->ppid = RAW(SYS_getppid);
	s->tid = RAW(SYS_gettid);
	s->uid = RAW(SYS_getuid);
	s->child_tid_stored = child_tid_word == s->tid;
	RAW(SYS_rt_sigaction, SIGUSR1, 0, &act, 8);
	s->usr1_kept = act.handler == usr1_handler;
	RAW(SYS_rt_sigaction, SIGUSR2, 0, &act, 8);
	s->usr2_ignored = act.handler == SIG_IGN;
	RAW(SYS_sigaltstack, 0, &alt);
	s->altstack_on = !(alt.ss_flags & SS_DISABLE);
	s->no_new_privs = RAW(SYS_prctl, PR_GET_NO_NEW_PRIVS);
	RAW(SYS_capget, &head, data);
	s->caps = data[0].effective;
	for (int i = 0; i < NS_COUNT; i++) {
		char path[64];

		ns_path(path, ns_names[i]);
		if (RAW(SYS_readlinkat, AT_FDCWD, path, s->ns_inside[i], LINK_SIZE - 1) < 0)
			s->ns_inside[i][0] = '!';
	}
	int fd = RAW(SYS_openat, AT_FDCWD, "/proc/thread-self/cgroup", O_RDONLY);
	if (fd >= 0) {
		RAW(SYS_read, fd, s->cgroup, sizeof(s->cgroup) - 1);
		RAW(SYS_close, fd);
	}
}

static inline void child_leaves_marks(struct seen *s)
{
	struct raw_action act = { winch_mark, 0, 0 };
	struct sembuf up = { 0, 1, SEM_UNDO };

	memory_mark = 1;
	RAW(SYS_chdir, MARK_DIR);
	RAW(SYS_dup3, 1, MARK_FD, 0);
	RAW(SYS_rt_sigaction, SIGWINCH, &act, 0, 8);
	RAW(SYS_sethostname, "marked", 6);
	RAW(SYS_mount, "none", MARK_MOUNT, "tmpfs", 0, 0);
	RAW(SYS_shmget, MARK_KEY, 4096, IPC_CREAT | 0666);
	RAW(SYS_ioprio_set, 1, 0, IO_MARK);
	RAW(SYS_semop, s->sem_id, &up, 1);
}

static void child_entry(void *arg)
{
	struct seen *s = arg;

	child_looks(s);
	child_leaves_marks(s);
	if (s->c.flags & CLONE_VFORK) {
		for (int i = 0; i < 6; i++)
			s->kcmp[i] = s->c.flags & CLONE_NEWPID
					     ? 9
					     : RAW(SYS_kcmp, s->subject_pid, s->tid, kcmp_types[i]);
		raw_pause_ms(3);
	}
	s->looked = 1;
	while (!s->go && !(s->c.flags & CLONE_VFORK))
		raw_pause_ms(1);
	s->done = 1;
	for (;;)
		RAW(SYS_exit, 7);
}

/* --- the subject's side --- */

static inline void subject_prepare(struct seen *s)
{
	static char altstack[16384];
	stack_t alt = { .ss_sp = altstack, .ss_size = sizeof(altstack) };
	sigset_t chld;
	int fd = open("/dev/null", O_RDONLY);

	if (fd == 0 || dup2(fd, 0) != 0)
		CHECK(fd >= 0);
	if (s->c.as_user) {
		CHECK_EQ(syscall(SYS_setgroups, 0, NULL), 0);
		CHECK_EQ(setresgid(1000, 1000, 1000), 0);
		CHECK_EQ(setresuid(1000, 1000, 1000), 0);
		CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	}
	signal(SIGUSR1, usr1_handler);
	signal(SIGUSR2, SIG_IGN);
	CHECK_EQ(sigaltstack(&alt, NULL), 0);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &chld, NULL), 0);
	CHECK_EQ(chdir("/"), 0);
	s->subject_pid = getpid();
	s->subject_ppid = getppid();
	s->sem_id = semget(IPC_PRIVATE, 1, 0666);
	syscall(SYS_ioprio_set, 1, 0, IO_BEFORE); /* an io context to share comes with it */
	for (int i = 0; i < NS_COUNT; i++) {
		char path[64];

		ns_path(path, ns_names[i]);
		if (readlink(path, s->ns_before[i], LINK_SIZE - 1) < 0)
			s->ns_before[i][0] = '!';
	}
}

static inline long subject_clones(struct seen *s, char *stack)
{
	uint64_t f = s->c.flags;

	if (s->c.clone3) {
		struct clone_args args = {
			.flags = f,
			.pidfd = (uint64_t)&pidfd_word,
			.child_tid = (uint64_t)&child_tid_word,
			.parent_tid = (uint64_t)&parent_tid_word,
			.exit_signal = f & (CLONE_THREAD | CLONE_PARENT) ? 0 : SIGCHLD,
			.stack = (uint64_t)stack,
			.stack_size = STACK_BYTES,
			.tls = TLS_MARK,
			.cgroup = s->c.cgroup_fd,
		};
		long list[5] = { (long)&args, sizeof(args) };

		return raw_clone(SYS_clone3, list, child_entry, s);
	}
	long list[5] = { f | SIGCHLD, (long)stack + STACK_BYTES,
			 f & CLONE_PIDFD ? (long)&pidfd_word : (long)&parent_tid_word, TLS_MARK,
			 (long)&child_tid_word };

	return raw_clone(SYS_clone, list, child_entry, s);
}

/* Appends " word" to the outcome; blanks are not for names, so a comma. */
__attribute__((format(printf, 2, 3))) static inline void say(struct seen *s, const char *format,
							     ...)
{
	size_t used = strlen(s->outcome);
	va_list args;

	if (used)
		s->outcome[used++] = ',';
	va_start(args, format);
	vsnprintf(s->outcome + used, sizeof(s->outcome) - used, format, args);
	va_end(args);
}

static inline void say_if(struct seen *s, bool condition, const char *text)
{
	if (condition)
		say(s, "%s", text);
}

static inline bool dir_is_mount(const char *path)
{
	struct stat here, above;

	return stat(path, &here) == 0 && stat(MARK_DIR, &above) == 0 && here.st_dev != above.st_dev;
}

/* Which of the child's marks show here; takes them away again. */
static inline void say_marks(struct seen *s)
{
	char cwd[64] = "";
	struct sigaction act;
	struct utsname uts;
	int id;

	say_if(s, memory_mark, "vm");
	say_if(s, fcntl(MARK_FD, F_GETFD) >= 0, "files");
	say_if(s, getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, MARK_DIR), "fs");
	sigaction(SIGWINCH, NULL, &act);
	say_if(s, act.sa_handler == winch_mark, "sighand");
	uname(&uts);
	say_if(s, !strcmp(uts.nodename, "marked"), "hostname");
	sethostname("pairs", 5);
	say_if(s, dir_is_mount(MARK_MOUNT), "mount");
	umount2(MARK_MOUNT, MNT_DETACH);
	id = shmget(MARK_KEY, 0, 0);
	say_if(s, id >= 0, "shm");
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	say_if(s, syscall(SYS_ioprio_get, 1, 0) == IO_MARK, "io");
}

static inline void say_inside(struct seen *s, long tid)
{
	say_if(s, s->pid == s->subject_pid, "thread");
	say_if(s, s->pid == 1, "pid1");
	say_if(s, s->ppid == s->subject_ppid && s->ppid != 0, "sibling");
	say_if(s, s->ppid == s->subject_pid, "mychild");
	say_if(s, s->tid == tid, "tid");
	say_if(s, s->tp == TLS_MARK, "tls");
	say_if(s, parent_tid_word == tid, "ptid");
	say_if(s, s->child_tid_stored, "ctid");
	say_if(s, s->uid == 65534, "nobody");
	say_if(s, s->caps != 0, "caps");
	say_if(s, !s->usr1_kept, "reset");
	say_if(s, !s->usr2_ignored, "unignored");
	say_if(s, s->altstack_on, "altstack");
	say_if(s, s->no_new_privs == 1, "nnp");
	for (int i = 0; i < NS_COUNT; i++) {
		say_if(s, strcmp(s->ns_inside[i], s->ns_before[i]), ns_names[i]);
		say_if(s, s->ns_before[i][0] == '!', "nolink");
	}
	say(s, "%.*s", (int)strcspn(s->cgroup, "\n"), s->cgroup);
}

static inline void say_kcmp(struct seen *s, long tid)
{
	char letters[8] = "";

	for (int i = 0; i < 6; i++) {
		long r = s->c.flags & CLONE_VFORK
				 ? s->kcmp[i]
				 : RAW(SYS_kcmp, s->subject_pid, tid, kcmp_types[i]);

		letters[i] = r == 0 ? KCMP_LETTERS[i] : r > 0 && r <= 3 ? '.' : r == 9 ? '?' : 'e';
	}
	say(s, "kcmp:%s", letters);
}

static inline void say_pidfd(struct seen *s, long tid)
{
	char path[64], text[512] = "";
	const char *line;

	if (!(s->c.flags & CLONE_PIDFD))
		return;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd_word);
	read_file(path, text, sizeof(text));
	line = strstr(text, "\nPid:");
	say(s, "pidfd:%d%d", fcntl(pidfd_word, F_GETFD), line && atoi(line + 5) == tid);
}

/* The end of the child: who may wait for it, what signal came, which word was cleared. */
static inline void say_end(struct seen *s, long tid)
{
	struct timespec zero = { 0, 0 };
	int status = 0, tries = 3000;
	sigset_t chld;
	bool group = s->c.flags & CLONE_THREAD;
	bool ours = !(s->c.flags & (CLONE_THREAD | CLONE_PARENT));

	s->go = 1;
	while (!s->done && --tries)
		sleep_ms(1);
	if (ours) {
		long got = syscall(SYS_wait4, tid, &status, __WALL, NULL);
		say(s, got == tid ? "waited:%#x" : "wait:none", status);
	} else {
		while (syscall(SYS_tgkill, group ? s->subject_pid : tid, tid, 0) == 0 && --tries)
			sleep_ms(1);
		say(s, syscall(SYS_wait4, tid, &status, __WALL | WNOHANG, NULL) < 0 ? "notmine"
										    : "mine");
	}
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	say_if(s, sigtimedwait(&chld, NULL, &zero) == SIGCHLD, "sigchld");
	say_if(s, (s->c.flags & CLONE_VM) && child_tid_word == 0, "cleared");
	say(s, "sem:%d", semctl(s->sem_id, 0, GETVAL));
}

/* One case, in the subject: the outcome is an errno, or all that was seen. */
static inline void subject_run(struct seen *s)
{
	char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	long tid;

	CHECK(stack != MAP_FAILED);
	subject_prepare(s);
	child_tid_word = 0x5a5a;
	tid = subject_clones(s, stack);
	if (tid < 0) {
		say(s, "%s", strerrorname_np(-tid) ?: "?");
		semctl(s->sem_id, 0, IPC_RMID);
		return;
	}
	say_if(s, s->done, "vfork");
	while (!s->looked)
		sleep_ms(1);
	say_inside(s, tid);
	say_kcmp(s, tid);
	say_pidfd(s, tid);
	say_marks(s);
	say_end(s, tid);
	semctl(s->sem_id, 0, IPC_RMID);
}

#endif

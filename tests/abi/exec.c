/*
 * exec.c: what a new program is given, what survives exec, and everything that exec refuses.
 *
 * The program is its own exec target: with --report it prints what it was asked about and exits.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>

extern char **environ;
static char self[300];

/* Execs with these strings in a child and gives what it printed; the child's status goes to
 * *status. */
static char *exec_output(const char *path, char **argv, char **envp, int *status)
{
	static char text[8192];
	int fds[2];
	size_t length = 0;
	ssize_t got;

	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execve(path, argv, envp);
		_exit(errno);
	}
	close(fds[1]);
	while ((got = read(fds[0], text + length, sizeof(text) - 1 - length)) > 0)
		length += got;
	text[length] = 0;
	close(fds[0]);
	*status = wait_status(pid);
	return text;
}

/* The errno with which exec of this path fails (255 when it does not fail but dies). */
static int exec_error(const char *path)
{
	int status;

	exec_output(path, (char *[]){ (char *)path, NULL }, environ, &status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void find_self(void)
{
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	CHECK(length > 0);
	self[length] = 0;
	enter_scratch();
}

TEST(arguments_and_environment_arrive)
{
	int status;
	char *argv[] = { "zero", "--report", "args", "", "two words", NULL };
	char *envp[] = { "A=1", "EMPTY=", "noequals", NULL };

	find_self();
	CHECK_STR(exec_output(self, argv, envp, &status),
		  "[zero][--report][args][][two words] [A=1][EMPTY=][noequals]\n");
	CHECK_EQ(status, 0);
}

TEST(empty_argv_gets_one_empty_string)
{
	int status;
	char *argv[] = { NULL };

	find_self();
	CHECK_STR(exec_output(self, argv, (char *[]){"REPORT=args", NULL}, &status),
		  "[] [REPORT=args]\n");
}

TEST(null_argv_and_envp)
{
	int status;

	find_self();
	exec_output(self, NULL, (char *[]){ "REPORT=args", NULL }, &status);
	CHECK_EQ(status, 0);
}

TEST(auxiliary_vector)
{
	int status;
	char *argv[] = { "x", "--report", "auxv", NULL };

	find_self();
	CHECK_STR(exec_output(self, argv, environ, &status), "ok\n");
}

TEST(random_bytes_differ)
{
	char first[200];
	int status;
	char *argv[] = { "x", "--report", "random", NULL };

	find_self();
	strcpy(first, exec_output(self, argv, environ, &status));
	CHECK_EQ(strlen(first), 33);
	CHECK(strcmp(first, exec_output(self, argv, environ, &status)));
}

TEST(argument_string_limit)
{
	static char big[131072 + 1];
	int status;

	find_self();
	memset(big, 'a', sizeof(big));
	big[131071] = 0;
	exec_output(self, (char *[]){ "x", "--report", "count", big, NULL }, environ, &status);
	CHECK_EQ(status, 0);
	big[131071] = 'a';
	big[131072] = 0;
	exec_output(self, (char *[]){ "x", "--report", "count", big, NULL }, environ, &status);
	CHECK_EQ(WEXITSTATUS(status), E2BIG);
}

TEST(total_argument_limit)
{
	static char kilo[1024];
	static char *argv[8000];
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };
	int status;

	find_self();
	memset(kilo, 'k', sizeof(kilo) - 1);
	argv[0] = "x", argv[1] = "--report", argv[2] = "count";
	for (int i = 3; i < 203; i++)
		argv[i] = kilo;
	CHECK_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
	CHECK_STR(exec_output(self, argv, environ, &status), "203\n");
	for (int i = 203; i < 300; i++)
		argv[i] = kilo; /* more than a quarter of the stack limit */
	exec_output(self, argv, environ, &status);
	CHECK_EQ(WEXITSTATUS(status), E2BIG);
}

TEST(bad_pointers_are_efault)
{
	find_self();
	CHECK_ERRNO(syscall(SYS_execve, 8, NULL, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_execve, self, 8, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_execve, self, (char *[]){ (char *)8, NULL }, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_execve, self, NULL, 8), EFAULT);
}

static void write_script(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
	chmod(path, 0755);
}

TEST(script_without_argument)
{
	char text[600];
	int status;

	find_self();
	snprintf(text, sizeof(text), "#!%s\nnever read\n", self);
	write_script("s", text);
	snprintf(text, sizeof(text), "[%s][./s][a][b] [REPORT=args]\n", self);
	CHECK_STR(exec_output("./s", (char *[]){"gone", "a", "b", NULL},
			      (char *[]){"REPORT=args", NULL}, &status),
		  text);
}

TEST(script_with_one_argument)
{
	char text[600];
	int status;

	find_self();
	snprintf(text, sizeof(text), "#! \t%s  an argument \t\nx", self);
	write_script("s", text);
	snprintf(text, sizeof(text), "[%s][an argument][./s][a] [REPORT=args]\n", self);
	CHECK_STR(exec_output("./s", (char *[]){"gone", "a", NULL}, (char *[]){"REPORT=args", NULL},
			      &status),
		  text);
}

TEST(nested_scripts)
{
	char text[600], name[20];
	int status;

	find_self();
	snprintf(text, sizeof(text), "#!%s\n", self);
	write_script("s0", text);
	for (int i = 1; i < 8; i++) {
		snprintf(text, sizeof(text), "#!./s%d\n", i - 1);
		snprintf(name, sizeof(name), "s%d", i);
		write_script(name, text);
	}
	snprintf(text, sizeof(text), "[%s][./s0][./s1][./s2] [REPORT=args]\n", self);
	CHECK_STR(exec_output("./s2", (char *[]){"x", NULL}, (char *[]){"REPORT=args", NULL},
			      &status),
		  text);
	CHECK_EQ(exec_error("./s7"), ELOOP);
	write_script("self", "#!./self\n");
	CHECK_EQ(exec_error("./self"), ELOOP);
}

TEST(bad_scripts)
{
	find_self();
	write_script("s", "#!/nowhere\n");
	CHECK_EQ(exec_error("./s"), ENOENT);
	write_script("s", "#!\n");
	CHECK_EQ(exec_error("./s"), ENOEXEC);
	write_script("s", "#!  \t \n");
	CHECK_EQ(exec_error("./s"), ENOEXEC);
	write_script("s", "#!/tmp\n");
	CHECK_EQ(exec_error("./s"), EACCES);
}

TEST(errors)
{
	find_self();
	CHECK_EQ(exec_error("./absent"), ENOENT);
	CHECK_EQ(exec_error(""), ENOENT);
	CHECK_EQ(exec_error("/proc/self/exe/x"), ENOTDIR);
	CHECK_EQ(exec_error("/tmp"), EACCES);
	CHECK_EQ(exec_error("/dev/null"), EACCES);
	write_file("plain", "echo hello\n", 11);
	CHECK_EQ(exec_error("./plain"), ENOEXEC);
	write_file("empty", "", 0);
	CHECK_EQ(exec_error("./empty"), ENOEXEC);
	CHECK_EQ(chmod("plain", 0644), 0);
	CHECK_EQ(exec_error("./plain"), EACCES);
	CHECK_EQ(symlink("loop", "loop"), 0);
	CHECK_EQ(exec_error("./loop"), ELOOP);
}

static void copy_self(const char *path)
{
	static char data[4 << 20];
	ssize_t length = read_file(self, data, sizeof(data));

	CHECK(length > 0 && length < (ssize_t)sizeof(data) - 1);
	write_file(path, data, length);
}

TEST(text_file_busy)
{
	find_self();
	copy_self("copy");
	int fd = open("copy", O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(exec_error("./copy"), ETXTBSY);
	close(fd);
	int fds[2];
	char byte;
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (!pid) {
		execl("./copy", "copy", "--report", "pause", (char *)NULL);
		_exit(1);
	}
	close(fds[1]);
	CHECK_EQ(read(fds[0], &byte, 1), 0); /* exec has closed the writing end */
	CHECK_ERRNO(open("copy", O_WRONLY), ETXTBSY);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	CHECK(open("copy", O_WRONLY) >= 0);
}

TEST(close_on_exec)
{
	int status;
	char *argv[] = { "x", "--report", "fds", NULL };

	find_self();
	for (int fd = 3; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	CHECK_EQ(dup2(1, 10), 10);
	CHECK_EQ(dup3(1, 11, O_CLOEXEC), 11);
	CHECK_EQ(dup2(1, 12), 12);
	CHECK_EQ(fcntl(12, F_SETFD, FD_CLOEXEC), 0);
	CHECK_STR(exec_output(self, argv, environ, &status), "10 \n");
}

static void on_signal(int sig)
{
	(void)sig;
}

TEST(signal_state_across_exec)
{
	int status;
	sigset_t set;
	char *argv[] = { "x", "--report", "signals", NULL };

	find_self();
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	static char alternate[65536];
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	sigaltstack(&stack, NULL);
	CHECK_STR(exec_output(self, argv, environ, &status),
		  "USR1 default, USR2 ignored, HUP blocked, no altstack\n");
}

TEST(pending_signal_survives_exec)
{
	pid_t pid = fork();

	if (!pid) {
		sigset_t set;

		find_self();
		sigemptyset(&set);
		sigaddset(&set, SIGHUP);
		sigprocmask(SIG_BLOCK, &set, NULL);
		raise(SIGHUP);
		execl(self, "x", "--report", "pending", (char *)NULL);
	}
	CHECK_EXITED(pid, 1);
}

/* Whatever signal clone was told, a program that was exec'd ends with SIGCHLD. */
TEST(exit_signal_becomes_sigchld)
{
	find_self();
	long pid = syscall(SYS_clone, SIGUSR1, NULL, NULL, NULL, NULL);
	if (!pid)
		execl(self, "x", "--report", "pending", (char *)NULL);
	CHECK(pid > 0);
	CHECK_SOON(waitpid((pid_t)pid, NULL, WNOHANG) == pid); /* without __WCLONE */
}

TEST(comm_and_cmdline_follow)
{
	int status;

	find_self();
	CHECK_EQ(symlink(self, "a_long_name_for_comm"), 0);
	CHECK_STR(exec_output("./a_long_name_for_comm",
			      (char *[]){"zero", "--report", "comm", NULL}, environ, &status),
		  "a_long_name_for\n");
}

TEST(fexecve_by_descriptor)
{
	find_self();
	int fd = open(self, O_RDONLY | O_CLOEXEC);
	char *argv[] = { "x", "--report", "none", NULL };
	pid_t pid = fork();
	if (!pid) {
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(errno);
	}
	int status = wait_status(pid);
	if (WEXITSTATUS(status) == ENOSYS)
		SKIP("execveat: ENOSYS");
	CHECK_EQ(status, 0);
}

/* What a script says when it is run by descriptor; -errno of the exec. */
static int run_script_at(int fd, const char *path, int flags)
{
	char *argv[] = { "script", NULL };
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		close(1);
		syscall(SYS_execveat, fd, path, argv, environ, flags);
		_exit(100 + errno);
	}
	return WEXITSTATUS(wait_status(pid));
}

TEST(a_script_by_a_descriptor_that_closes)
{
	const char *script = "#!/proc/self/exe\n";
	int fd, dir, closing, closing_dir;

	enter_scratch();
	write_file("script", script, strlen(script));
	write_file("binary", "\177ELF", 4);
	CHECK_EQ(chmod("script", 0755) | chmod("binary", 0755), 0);
	fd = open("script", O_RDONLY);
	dir = open(".", O_RDONLY);
	closing = open("script", O_RDONLY | O_CLOEXEC);
	closing_dir = open(".", O_RDONLY | O_CLOEXEC);
	/* As far as its interpreter, whatever that makes of its arguments. */
	CHECK(run_script_at(fd, "", AT_EMPTY_PATH) != 100 + ENOENT);
	CHECK(run_script_at(dir, "script", 0) != 100 + ENOENT);
	CHECK_EQ(run_script_at(closing, "", AT_EMPTY_PATH), 100 + ENOENT);
	CHECK_EQ(run_script_at(closing_dir, "script", 0), 100 + ENOENT);
	CHECK_EQ(run_script_at(closing_dir, "binary", 0), 100 + ENOEXEC);
}

TEST(setuid_bits)
{
	int status;
	char *argv[] = { "x", "--report", "uids", NULL };

	find_self();
	copy_self("suid");
	CHECK_EQ(chown("suid", 77, 88), 0);
	CHECK_EQ(chmod("suid", 06755), 0);
	chmod(".", 0755);
	CHECK_STR(exec_output("./suid", argv, environ, &status), "0 77 77 0 88 88 secure 1\n");
}

/* A signal that the program before has chosen could kill one with more rights. */
TEST(a_childs_end_is_told_by_sigchld)
{
	int gate[2], status;
	char fd[16], c;
	sigset_t both;

	find_self();
	CHECK_EQ(pipe(gate), 0);
	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGCHLD);
	snprintf(fd, sizeof(fd), "%d", gate[1]);
	pid_t pid = fork();
	if (!pid) {
		int out[2];
		char text[32] = "";

		CHECK_EQ(sigprocmask(SIG_BLOCK, &both, NULL), 0);
		CHECK_EQ(pipe(out), 0);
		pid_t execs = fork();
		if (!execs) {
			if (syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0) == 0) {
				close(gate[1]);
				_exit(read(gate[0], &c, 1) != 0);
			}
			dup2(out[1], 1);
			execl(self, "x", "--report", "exit-signal", fd, (char *)NULL);
			_exit(errno);
		}
		close(gate[1]);
		CHECK_EXITED(execs, 0);
		CHECK(read(out[0], text, sizeof(text) - 1) > 0);
		CHECK_STR(text, "CHLD\n");
		_exit(0);
	}
	close(gate[1]);
	status = wait_status(pid);
	CHECK_EQ(status, 0);
}

static void report_strings(char **strings)
{
	for (; *strings; strings++)
		printf("[%s]", *strings);
}

static bool is_aux_right(void)
{
	const ElfW(Phdr) *phdr = (void *)getauxval(AT_PHDR);
	const char *name = (char *)getauxval(AT_EXECFN);

	return getauxval(AT_PAGESZ) == 4096 && getauxval(AT_PHENT) == sizeof(*phdr) &&
	       getauxval(AT_PHNUM) > 2 && phdr && phdr->p_type && getauxval(AT_ENTRY) &&
	       getauxval(AT_RANDOM) && name && strlen(name) && !access(name, X_OK) &&
	       getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid() &&
	       getauxval(AT_SECURE) == 0 && getauxval(AT_CLKTCK) == 100 &&
	       getauxval(AT_SYSINFO_EHDR) &&
	       !memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, SELFMAG) &&
	       getauxval(AT_HWCAP) && (uintptr_t)__builtin_frame_address(0) % 16 == 0;
}

static void report_signals(void)
{
	struct sigaction usr1, usr2;
	sigset_t mask;
	stack_t stack;

	sigaction(SIGUSR1, NULL, &usr1);
	sigaction(SIGUSR2, NULL, &usr2);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigaltstack(NULL, &stack);
	printf("USR1 %s, USR2 %s, HUP %s, %s\n", usr1.sa_handler == SIG_DFL ? "default" : "set",
	       usr2.sa_handler == SIG_IGN ? "ignored" : "set",
	       sigismember(&mask, SIGHUP) ? "blocked" : "open",
	       stack.ss_flags == SS_DISABLE ? "no altstack" : "altstack");
}

static void report_ids(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	printf("%d %d %d %d %d %d secure %ld\n", r, e, s, rg, eg, sg, getauxval(AT_SECURE));
}

/* The fd keeps the child that the program before had from ending. */
static void report_exit_signal(int fd)
{
	sigset_t pending;

	close(fd);
	while (waitpid(-1, NULL, __WALL) == -1 && errno == EINTR)
		;
	sigpending(&pending);
	printf("%s%s\n", sigismember(&pending, SIGUSR1) ? "USR1 " : "",
	       sigismember(&pending, SIGCHLD) ? "CHLD" : "");
}

static int report(const char *what, int argc, char **argv)
{
	char text[100];
	sigset_t pending;
	unsigned char *random = (unsigned char *)getauxval(AT_RANDOM);

	if (!strcmp(what, "args"))
		report_strings(argv), printf(" "), report_strings(environ), printf("\n");
	else if (!strcmp(what, "count"))
		printf("%d\n", argc);
	else if (!strcmp(what, "auxv"))
		printf(is_aux_right() ? "ok\n" : "wrong\n");
	else if (!strcmp(what, "random"))
		for (int i = 0; i <= 16; i++)
			printf(i < 16 ? "%02x" : "\n", random[i % 16]);
	else if (!strcmp(what, "signals"))
		report_signals();
	else if (!strcmp(what, "uids"))
		report_ids();
	else if (!strcmp(what, "comm") && read_file("/proc/self/comm", text, sizeof(text)) > 0)
		printf("%s", text);
	else if (!strcmp(what, "pending"))
		return sigpending(&pending) || sigismember(&pending, SIGHUP);
	else if (!strcmp(what, "exit-signal") && argc > 3)
		report_exit_signal(atoi(argv[3]));
	else if (!strcmp(what, "pause"))
		pause();
	else if (!strcmp(what, "fds")) {
		for (int fd = 3; fd < 1024; fd++)
			if (fcntl(fd, F_GETFD) != -1)
				printf("%d ", fd);
		printf("\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "--report"))
		return report(argv[2], argc, argv);
	if (getenv("REPORT"))
		return report(getenv("REPORT"), argc, argv);
	return abi_main(argc, argv);
}

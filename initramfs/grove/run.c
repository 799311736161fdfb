/*
 * env, nice, taskset, time, sleep, pwd, kill: running commands, and what
 * a running command has
 *
 * env, nice and taskset change this process and then become the command, so it
 * has the same pid; time makes a child, because someone must wait and measure.
 */

#include "initramfs/grove/common.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

APPLET(env,
	"[-i] [-u NAME]... [NAME=VALUE]... [COMMAND [ARG]...]\n"
	"  -i start with nothing  -u without NAME",
	"run a command in a changed environment, or show it");
static int env_main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+iu:")) != -1) {
		if (opt == '?')
			usage(125);
		if (opt == 'i')
			clearenv();
		else
			unsetenv(optarg);
	}
	for (; optind < argc && strchr(argv[optind], '='); optind++)
		putenv(argv[optind]);
	if (optind < argc)
		return command_exec(argv + optind);
	for (char **variable = environ; variable && *variable; variable++)
		puts(*variable);
	return 0;
}

APPLET(nice, "[-n STEP] [COMMAND [ARG]...]\n  -n how much nicer (10 without it)",
	"run a command at another priority, or show the present one");
static int nice_main(int argc, char **argv)
{
	int opt, step = 10;

	while ((opt = getopt(argc, argv, "+n:")) != -1) {
		if (opt == '?')
			usage(125);
		step = (int)parse_number(optarg, -40, 40);
	}
	if (optind == argc) {
		printf("%d\n", getpriority(PRIO_PROCESS, 0));
		return 0;
	}
	errno = 0;
	if (nice(step) == -1 && errno)
		warn_errno("cannot set niceness");
	return command_exec(argv + optind);
}

/* --- taskset --- */

/* "0,2-4" as a set. */
static void cpu_list_parse(const char *p, cpu_set_t *set)
{
	char *end;

	CPU_ZERO(set);
	do {
		long first = strtol(p, &end, 10), last = first;

		if (end != p && *end == '-')
			last = strtol(p = end + 1, &end, 10);
		if (end == p || first < 0 || last < first || last >= CPU_SETSIZE)
			die("failed to parse CPU list");
		for (; first <= last; first++)
			CPU_SET(first, set);
		p = end + 1;
	} while (*end == ',');
	if (*end)
		die("failed to parse CPU list");
}

static void cpu_mask_parse(const char *p, cpu_set_t *set)
{
	char *end;
	unsigned long long mask = strtoull(p, &end, 16);

	if (end == p || *end)
		die("failed to parse CPU mask: %s", p);
	CPU_ZERO(set);
	for (int cpu = 0; cpu < 64; cpu++)
		if (mask >> cpu & 1)
			CPU_SET(cpu, set);
}

static void cpu_set_print(int pid, const char *when, bool as_list)
{
	unsigned long long mask = 0;
	const char *comma = "";
	cpu_set_t set;

	if (sched_getaffinity(pid, sizeof(set), &set) < 0)
		die_errno("failed to get pid %d's affinity", pid);
	printf("pid %d's %s affinity %s: ", pid, when, as_list ? "list" : "mask");
	for (int cpu = 0, last; as_list && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		for (last = cpu; last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set);)
			last++;
		printf(last > cpu ? "%s%d-%d" : "%s%d", comma, cpu, last);
		comma = ",";
		cpu = last;
	}
	for (int cpu = 0; cpu < 64; cpu++)
		mask |= (unsigned long long)(CPU_ISSET(cpu, &set) != 0) << cpu;
	if (as_list)
		putchar('\n');
	else
		printf("%llx\n", mask);
}

APPLET(taskset, "[-c] MASK COMMAND [ARG]... | -p [-c] [MASK] PID\n"
	"  -c MASK is a list like 0,2-3, not a hexadecimal mask  -p of a running task",
	"choose the harts a task may run on");
static int taskset_main(int argc, char **argv)
{
	bool as_list = false, running = false;
	cpu_set_t set;
	int opt, pid = 0;

	while ((opt = getopt(argc, argv, "+cp")) != -1) {
		if (opt == '?')
			usage(1);
		as_list |= opt == 'c';
		running |= opt == 'p';
	}
	if (argc - optind < (running ? 1 : 2))
		usage(1);
	if (running) {
		pid = (int)parse_number(argv[argc - 1], 0, INT32_MAX);
		cpu_set_print(pid, "current", as_list);
		if (argc - optind == 1)
			return 0;
	}
	if (as_list)
		cpu_list_parse(argv[optind], &set);
	else
		cpu_mask_parse(argv[optind], &set);
	if (sched_setaffinity(pid, sizeof(set), &set) < 0)
		die_errno("failed to set pid %d's affinity", pid);
	if (!running)
		return command_exec(argv + optind + 1);
	cpu_set_print(pid, "new", as_list);
	return 0;
}

/* --- time and sleep --- */

static void time_print(const char *label, long long us, bool posix)
{
	if (posix)
		fprintf(stderr, "%s %lld.%02lld\n", label, us / 1000000, us / 10000 % 100);
	else
		fprintf(stderr, "%s\t%lldm%lld.%03llds\n", label, us / 60000000, us / 1000000 % 60,
			us / 1000 % 1000);
}

static long long timeval_us(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

APPLET(time, "[-p] COMMAND [ARG]...\n  -p in seconds", "run a command and tell how long it took");
static int time_main(int argc, char **argv)
{
	bool posix = argc > 1 && strcmp(argv[1], "-p") == 0;
	struct timespec start, end;
	struct rusage used;
	int status;
	pid_t pid;

	if (argc < 2 + posix)
		usage(125);
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0) {
		status = command_exec(argv + 1 + posix);
		fflush(stdout);
		_exit(status);
	}
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			die_errno("wait4");
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (!posix)
		fputc('\n', stderr);
	time_print("real", (end.tv_sec - start.tv_sec) * 1000000LL +
		   (end.tv_nsec - start.tv_nsec) / 1000, posix);
	time_print("user", timeval_us(used.ru_utime), posix);
	time_print("sys", timeval_us(used.ru_stime), posix);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

APPLET(sleep, "NUMBER[smhd]...", "wait for the sum of the times");
static int sleep_main(int argc, char **argv)
{
	static const struct { char letter; double seconds; } units[] = {
		{ '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
	};
	double total = 0, value;
	struct timespec left;

	if (argc < 2)
		usage(1);
	for (int i = 1; i < argc; i++) {
		char *end;
		size_t unit = 0;

		value = strtod(argv[i], &end);
		while (unit < ARRAY_LEN(units) && units[unit].letter != *end)
			unit++;
		if (end == argv[i] || unit == ARRAY_LEN(units) || (*end && end[1]) || !(value >= 0))
			die("invalid time interval '%s'", argv[i]);
		total += value * units[unit].seconds;
	}
	total = total < 1e15 ? total : 1e15;
	left.tv_sec = (time_t)total;
	left.tv_nsec = (long)((total - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) < 0)
		if (errno != EINTR)
			die_errno("nanosleep");
	return 0;
}

/* --- pwd and kill --- */

/* $PWD may be believed only if it leads to the same folder as ".". */
APPLET_NOFORK(pwd, "[-LP]\n  -L as it was reached, through links  -P without links",
	      "print the current folder");
static int pwd_main(int argc, char **argv)
{
	const char *logical = getenv("PWD");
	struct stat here, there;
	bool physical = true;
	char *path;
	int opt;

	while ((opt = getopt(argc, argv, "LP")) != -1) {
		if (opt == '?')
			usage(1);
		physical = opt == 'P';
	}
	if (!physical && logical && *logical == '/' && stat(".", &here) == 0 &&
	    stat(logical, &there) == 0 && here.st_dev == there.st_dev &&
	    here.st_ino == there.st_ino) {
		puts(logical);
		return 0;
	}
	path = getcwd(NULL, 0);
	if (!path)
		die_errno("getcwd");
	puts(path);
	free(path);
	return 0;
}

/* The names of all signals, or of the one called by number, or its number by name. */
static int kill_list(char **names)
{
	for (int sig = 1; !*names && sig < NSIG; sig++)
		if (signal_name(sig))
			printf("%2d %s\n", sig, signal_name(sig));
	for (; *names; names++) {
		int sig = signal_from_name(*names);

		if (sig > 128)
			sig -= 128;	/* a shell's $? */
		if (sig <= 0 || !signal_name(sig))
			die("%s: invalid signal", *names);
		if (**names >= '0' && **names <= '9')
			puts(signal_name(sig));
		else
			printf("%d\n", sig);
	}
	return 0;
}

APPLET_NOFORK(kill,
	      "[-s SIGNAL | -SIGNAL] PID... | -l [SIGNAL]...\n  a negative PID is a process group",
	      "send a signal");
static int kill_main(int argc, char **argv)
{
	int sig = SIGTERM, i = 1, status = 0;
	const char *name = NULL;

	if (argc > 1 && strcmp(argv[1], "-l") == 0)
		return kill_list(argv + 2);
	if (argc > 2 && (strcmp(argv[1], "-s") == 0 || strcmp(argv[1], "-n") == 0)) {
		name = argv[2];
		i = 3;
	} else if (argc > 1 && argv[1][0] == '-' && argv[1][1] && strcmp(argv[1], "--") != 0) {
		name = argv[1] + 1;
		i = 2;
	}
	if (name)
		sig = signal_from_name(name);
	if (sig < 0)
		die("%s: invalid signal", name);
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i >= argc)
		usage(2);
	for (; i < argc; i++) {
		int pid = (int)parse_number(argv[i], INT32_MIN, INT32_MAX);

		if (kill(pid, sig) < 0) {
			warn_errno("(%s)", argv[i]);
			status = 1;
		}
	}
	return status;
}

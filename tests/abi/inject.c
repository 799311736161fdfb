/*
 * inject.c: the other programs of /tests with shortage everywhere.
 *
 * On a kernel built with FAULTS=1, each program is run under the rule fail_once
 * (kernel/core/fault_inject.c): every place in the kernel that asks for memory, or copies from or
 * to a program, fails the first time that it is come by. The program is run again until a run has
 * met no new place. What its tests say then is of no interest; but the machine must stand, every
 * process must be there to be ended, and the counts of the kernel's objects must be what they were.
 *
 *	main		a test for each program; at the end, the places and what became of them
 *	  test		rounds, with a snapshot of the counts after each (objects.h)
 *	    keeper	namespaces and /tmp for one round, so that what disrupted programs leave
 *			behind goes with it; sets the rules, which do not hold for itself
 *	      program	in a session of its own, at most RUN_LIMIT_S
 *
 * Long: it runs when INJECT is set in the environment. `make faults` does that. INJECT=a,b: these
 * programs only.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT    2000
#define OBJECTS_ROUNDS 5
#include "tests/abi/abi.h"
#include "tests/abi/objects.h"
#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { RUNS_MAX = 400, RUN_LIMIT_S = 90, TEXT_SIZE = 1 << 20 };

static int rules_fd;
static struct {
	long runs, failures, hangs;
	unsigned once; /* the last number of fail_once */
} *count;	       /* shared by all processes */

static void rules_set(const char *text)
{
	CHECK_EQ(pwrite(rules_fd, text, strlen(text), 0), strlen(text));
}

/* How many failures there have been. */
static long failures_now(void)
{
	static char text[TEXT_SIZE];
	long sum = 0, failed;

	CHECK(read_file("/proc/pando/faults", text, sizeof(text)) > 0);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%*s %*s %*s %ld", &failed) == 1)
			sum += failed;
	return sum;
}

/* Kills the children, which those of killed children become. True: there was one. */
static bool children_kill(void)
{
	DIR *proc = opendir("/proc");
	bool any = false;
	struct dirent *entry;

	CHECK(proc != NULL);
	while ((entry = readdir(proc)) != NULL) {
		char path[300], text[400], *at;
		pid_t pid = atoi(entry->d_name);

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		if (pid <= 1 || read_file(path, text, sizeof(text)) <= 0)
			continue;
		at = strrchr(text, ')');
		if (!at || atoi(at + 4) != getpid())
			continue;
		any = true;
		kill(pid, SIGKILL);
	}
	closedir(proc);
	return any;
}

/* Everybody that the program has left behind. */
static void children_end(void)
{
	int64_t deadline = now_ms() + 60000;

	while (children_kill()) {
		while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
			;
		if (now_ms() > deadline)
			FAIL("a process cannot be ended");
		sleep_ms(2);
	}
}

static void program_exec(const char *name)
{
	char path[300];
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	setsid();
	snprintf(path, sizeof(path), "/tests/%s", name);
	execl(path, name, NULL);
	_exit(127);
}

static void program_run(const char *name)
{
	int64_t deadline = now_ms() + RUN_LIMIT_S * 1000;
	pid_t pid = fork(), got;

	CHECK(pid >= 0);
	if (!pid)
		program_exec(name);
	count->runs++;
	while ((got = waitpid(-1, NULL, __WALL | WNOHANG)) != pid && now_ms() < deadline)
		if (got <= 0)
			sleep_ms(2);
	count->hangs += got != pid;
	children_end();
}

static void keeper(const char *name)
{
	char text[64];
	long before;

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CHECK_EQ(unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET), 0);
	CHECK_EQ(mount("tmp", "/tmp", "tmpfs", 0, NULL), 0);
	chmod("/tmp", 01777);
	snprintf(text, sizeof(text), "fail_once=%u", ++count->once);
	rules_set(text);
	for (int run = 0; run < RUNS_MAX; run++) {
		before = failures_now();
		program_run(name);
		long after = failures_now();
		count->failures += after - before;
		if (after == before)
			break;
	}
	rules_set("fail_once=0");
}

static void round_of_program(void)
{
	IN_CHILD(keeper(abi_current));
}

static void test_program(void)
{
	rules_set("fail_once=0"); /* and this one */
	count->runs = count->failures = count->hangs = 0;
	objects_check(round_of_program);
	int fd = open("/proc/sys/pando/check", O_WRONLY);
	CHECK(fd < 0 || write(fd, "1", 1) == 1);
	close(fd);
	abi_print("   %s: %ld failures in %ld runs, %ld of them ended by force", abi_current,
		  count->failures, count->runs, count->hangs);
}

/* Every place, for tools/fault-sites. */
static void sites_print(void)
{
	static char text[TEXT_SIZE];

	if (read_file("/proc/pando/faults", text, sizeof(text)) > 0)
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			abi_print("   site %s", line);
}

static int is_meant(const struct dirent *entry)
{
	const char *wanted = getenv("INJECT"), *name = entry->d_name;
	const char *at = wanted ? strstr(wanted, name) : NULL;
	char end = at ? at[strlen(name)] : 1;

	if (name[0] == '.' || !strcmp(name, "inject") || !strcmp(name, "faults"))
		return false;
	if (wanted && (!strcmp(wanted, "all") || !strcmp(wanted, "1")))
		return true;
	return at && (at == wanted || at[-1] == ',') && (!end || end == ',');
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int n = getenv("INJECT") ? scandir("/tests", &entries, is_meant, alphasort) : 0;

	rules_fd = open("/proc/pando/faults", O_RDWR);
	if (n <= 0 || rules_fd < 0) {
		abi_print("skip inject.all - long, and for a kernel with FAULTS=1: make faults");
		return 0;
	}
	setenv("ABI_LIMIT", "4", 1);
	setenv("SECONDS", "1", 1);
	unsetenv("INJECT");
	rules_set("fail_once=0"); /* from now on this process is spared */
	count = shared_page();
	for (int i = 0; i < n; i++)
		abi_tests[abi_test_count++] = (struct abi_test){ entries[i]->d_name, test_program };
	int failures = abi_main(argc, argv);
	sites_print();
	return failures;
}

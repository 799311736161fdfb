/*
 * inject.c: the other programs of /tests with shortage everywhere.
 *
 * On a kernel built with FAULTS=1, the programs are run under the rule fail_once
 * (kernel/core/fault_inject.c): every place in the kernel that asks for memory, or copies from or
 * to a program, fails the first time that it is come by. Each program is run again until a run has
 * met no new place. What its tests say then is of no interest; but the machine must stand, every
 * program must end by itself and every process must be there to be ended, and the counts of the
 * kernel's objects must be what they were after a round of all programs, in which each place has
 * failed once.
 *
 *	main		at the end, prints the places and what became of them
 *	  test		rounds, with a snapshot of the counts after each (objects.h)
 *	    keeper	for each program, namespaces and /tmp, so that what disrupted programs leave
 *			behind goes with it; sets the rules, which do not hold for itself; removes
 *			the control groups, of which there is one tree for all
 *	      program	in a session of its own, at most RUN_LIMIT_S
 *
 * Long: it runs when INJECT is set in the environment. `make faults` does that. INJECT=a,b: these
 * programs only.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT    20000
#define OBJECTS_ROUNDS 5
#include "tests/abi/abi.h"
#include "tests/abi/objects.h"
#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { RUNS_MAX = 400, RUN_LIMIT_S = 300, TEXT_SIZE = 1 << 20 };

static int rules_fd;
static struct dirent **programs;
static int program_count;
static struct {
	long runs, failures, hangs;
	unsigned round; /* the number of fail_once */
} *count;		/* shared by all processes */

static void rules_set(const char *text)
{
	while (pwrite(rules_fd, text, strlen(text), 0) < 0) /* the old rules may hit this */
		CHECK(errno == ENOMEM || errno == EFAULT);
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
	setenv("ABI_LIMIT", "4", 1);
	setenv("SECONDS", "1", 1);
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
	if (got != pid) {
		count->hangs++;
		abi_print("   %s was ended by force", name);
	}
	children_end();
}

/* Removes the groups below one, which nobody is in. */
static void groups_remove(const char *path)
{
	char inner[PATH_MAX];
	struct dirent *entry;
	DIR *group = opendir(path);

	CHECK(group != NULL);
	while ((entry = readdir(group)) != NULL) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		CHECK(snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) > 0);
		groups_remove(inner);
		CHECK_EQ(rmdir(inner), 0);
	}
	closedir(group);
}

static void groups_end(void)
{
	CHECK_EQ(mkdir("/tmp/groups", 0700), 0);
	CHECK_EQ(mount("groups", "/tmp/groups", "cgroup2", 0, NULL), 0);
	groups_remove("/tmp/groups");
}

static void keeper(const char *name)
{
	char text[64];

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CHECK_EQ(unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET), 0);
	CHECK_EQ(mount("tmp", "/tmp", "tmpfs", 0, NULL), 0);
	chmod("/tmp", 01777);
	snprintf(text, sizeof(text), "fail_once=%u", count->round);
	rules_set(text);
	for (int run = 0; run < RUNS_MAX; run++) {
		long before = failures_now();
		program_run(name);
		long failures = failures_now() - before;
		count->failures += failures;
		if (failures == 0)
			break;
	}
	rules_set("fail_once=0");
	groups_end();
}

static void round_of_all(void)
{
	count->runs = count->failures = count->hangs = 0;
	count->round++;
	for (int i = 0; i < program_count; i++)
		IN_CHILD(keeper(programs[i]->d_name));
	abi_print("   round %d: %ld failures in %ld runs of %d programs, %ld ended by force",
		  count->round, count->failures, count->runs, program_count, count->hangs);
	CHECK_EQ(count->hangs, 0);
}

static void test_all(void)
{
	rules_set("fail_once=0"); /* from now on this process is spared */
	objects_check(round_of_all);
	int fd = open("/proc/sys/pando/check", O_WRONLY);
	CHECK(fd < 0 || write(fd, "1", 1) == 1);
	close(fd);
}

/* Every place, for tools/fault-sites. */
static void sites_print(void)
{
	static char text[TEXT_SIZE];

	if (read_file("/proc/pando/faults", text, sizeof(text)) > 0)
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			abi_print("   site %s", line);
}

/* Is it one of the words between commas? */
static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == length && !strncmp(at, word, length))
			return true;
	return false;
}

/* Called only where INJECT is set. Who makes failures himself is left out. */
static int is_meant(const struct dirent *entry)
{
	const char *wanted = getenv("INJECT"), *name = entry->d_name;

	if (name[0] == '.' || has_word("inject,faults,fault_rules", name))
		return false;
	return !strcmp(wanted, "all") || !strcmp(wanted, "1") || has_word(wanted, name);
}

int main(int argc, char **argv)
{
	if (getenv("INJECT"))
		program_count = scandir("/tests", &programs, is_meant, alphasort);
	rules_fd = open("/proc/pando/faults", O_RDWR);
	if (program_count <= 0 || rules_fd < 0) {
		abi_print("skip inject.all - long, and for a kernel with FAULTS=1: make faults");
		return 0;
	}
	rules_set("fail_once=0"); /* from now on this process is spared */
	count = shared_page();
	abi_tests[abi_test_count++] = (struct abi_test){ "all", test_all };
	int failures = abi_main(argc, argv);
	sites_print();
	return failures;
}

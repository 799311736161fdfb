/*
 * libc.c: what a static glibc builds out of many calls: shells and spawned programs, streams,
 * temporary files, many allocations. An image without a shell gets this program as /bin/sh: it
 * knows three commands.
 */
#define ABI_OWN_MAIN
#include "tests/abi/abi.h"
#include <ftw.h>
#include <glob.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/time.h>

extern char **environ;

static void need_shell(void)
{
	if (!access("/bin/sh", X_OK))
		return;
	mkdir("/bin", 0755);
	char self[300] = "";
	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	CHECK_EQ(symlink(self, "/bin/sh"), 0);
}

/* exit N; echo WORD; read LINE and see whether it is "given" */
static int be_a_shell(const char *command)
{
	char line[50] = "";

	if (!strncmp(command, "exit ", 5))
		return atoi(command + 5);
	if (!strncmp(command, "echo ", 5))
		return puts(command + 5) < 0;
	if (!strncmp(command, "read line;", 10))
		return !fgets(line, sizeof(line), stdin) || strcmp(line, "given\n");
	return 127;
}

TEST(posix_spawn_runs_a_program)
{
	pid_t pid;
	char *argv[] = { "libc", "--exit", "17", NULL };

	CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
	CHECK_EXITED(pid, 17);
	CHECK_EQ(posix_spawn(&pid, "/nowhere", NULL, NULL, argv, environ), ENOENT);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
}

TEST(posix_spawn_file_actions_and_attributes)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char text[20] = "";
	int fds[2];
	pid_t pid;
	char *argv[] = { "libc", "--say", "hello", NULL };
	sigset_t set;

	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawnattr_init(&attributes);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attributes, &set);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv, environ), 0);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(read(fds[0], text, sizeof(text)), 6);
	CHECK_STR(text, "hello\n");
}

TEST(system_runs_a_shell)
{
	need_shell();
	CHECK_EQ(system("exit 5"), 5 << 8);
	CHECK_EQ(system("exit 0"), 0);
	CHECK(system(NULL) != 0);
}

TEST(system_without_a_shell_says_127)
{
	enter_scratch();
	CHECK_EQ(chroot("."), 0);
	CHECK_EQ(system("true"), 127 << 8);
	CHECK_EQ(system(NULL), 0);
}

TEST(popen_reads_and_writes)
{
	char line[50] = "";

	need_shell();
	FILE *stream = popen("echo from the shell", "r");
	CHECK(stream);
	CHECK(fgets(line, sizeof(line), stream));
	CHECK_STR(line, "from the shell\n");
	CHECK_EQ(pclose(stream), 0);
	stream = popen("read line; test \"$line\" = given", "w");
	CHECK(fputs("given\n", stream) >= 0);
	CHECK_EQ(pclose(stream), 0);
}

TEST(streams)
{
	char line[100];
	int a;
	double b;

	enter_scratch();
	FILE *file = fopen("f", "w+");
	CHECK(file);
	for (int i = 0; i < 3000; i++)
		fprintf(file, "%d %.3f\n", i, i * 0.125);
	rewind(file);
	for (int i = 0; i < 3000; i++) {
		CHECK(fgets(line, sizeof(line), file));
		CHECK_EQ(sscanf(line, "%d %lf", &a, &b), 2);
		CHECK(a == i && b == i * 0.125);
	}
	CHECK(!fgets(line, sizeof(line), file));
	CHECK_EQ(fseek(file, -2, SEEK_END), 0);
	CHECK_EQ(fgetc(file), '5');
	CHECK_EQ(fclose(file), 0);
}

TEST(temporary_files)
{
	char name[] = "/tmp/tXXXXXX";
	int fd = mkstemp(name);

	CHECK(fd >= 0);
	CHECK_EQ(unlink(name), 0);
	FILE *file = tmpfile();
	CHECK(file);
	CHECK(fputs("x", file) >= 0);
	CHECK_EQ(fclose(file), 0);
}

static int entries;

static int count_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)path, (void)st, (void)type, (void)walk;
	entries++;
	return 0;
}

TEST(tree_walk_and_glob)
{
	glob_t found;

	enter_scratch();
	CHECK_EQ(mkdir("a", 0755) | mkdir("a/b", 0755) | mkdir("a/b/c", 0755), 0);
	write_file("a/1.txt", "", 0);
	write_file("a/b/2.txt", "", 0);
	write_file("a/b/3.dat", "", 0);
	CHECK_EQ(nftw(".", count_entry, 10, FTW_PHYS), 0);
	CHECK_EQ(entries, 7);
	CHECK_EQ(glob("a/*/*.txt", 0, NULL, &found), 0);
	CHECK_EQ(found.gl_pathc, 1);
	CHECK_STR(found.gl_pathv[0], "a/b/2.txt");
	char resolved[4096];
	CHECK(realpath("a/../a/b/./2.txt", resolved));
	CHECK_STR(strrchr(resolved, '/'), "/2.txt");
}

TEST(allocator_under_load)
{
	char *blocks[500] = { 0 };
	unsigned seed = 12345;

	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		int slot = seed >> 16 & 0x1ff;
		size_t size = 1 + (seed >> 8) % (i % 100 == 0 ? 300000 : 2000);
		if (slot >= 500)
			continue;
		if (blocks[slot])
			CHECK_EQ(blocks[slot][0], (char)slot);
		free(blocks[slot]);
		blocks[slot] = malloc(size);
		CHECK(blocks[slot]);
		memset(blocks[slot], slot, size);
	}
}

static void *allocate_in_thread(void *arg)
{
	for (int i = 1; i < 2000; i++) {
		char *block = malloc(i * 7 % 5000 + 1);
		block[0] = 1;
		free(block);
	}
	return arg;
}

TEST(allocator_in_threads)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, allocate_in_thread, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

TEST(daemonise)
{
	pid_t *seen = shared_page();
	pid_t pid = fork();

	if (!pid) {
		CHECK_EQ(daemon(0, 0), 0);
		seen[0] = getpid();
		seen[1] = getsid(0);
		seen[2] = 1;
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK_SOON(seen[2]);
	CHECK_EQ(seen[0], seen[1]);
}

TEST(ttyname_isatty_and_sysconf)
{
	int null = open("/dev/null", O_RDWR);

	CHECK(!isatty(null));
	CHECK_EQ(sysconf(_SC_PAGESIZE), 4096);
	CHECK_EQ(sysconf(_SC_CLK_TCK), 100);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK(sysconf(_SC_PHYS_PAGES) > 1000);
	CHECK(sysconf(_SC_AVPHYS_PAGES) > 100);
	CHECK_EQ(pathconf("/tmp", _PC_NAME_MAX), 255);
}

TEST(gettimeofday_settime_and_time)
{
	struct timeval now;
	struct timespec precise;

	CHECK_EQ(gettimeofday(&now, NULL), 0);
	clock_gettime(CLOCK_REALTIME, &precise);
	CHECK(precise.tv_sec - now.tv_sec <= 1);
	CHECK(llabs(time(NULL) - now.tv_sec) <= 1);
	if (geteuid() == 0 && now.tv_sec < 1000000) {
		now.tv_sec += 3600;
		CHECK_EQ(settimeofday(&now, NULL), 0);
		CHECK(time(NULL) >= now.tv_sec);
	}
}

static volatile int exit_order;

static void first(void)
{
	if (exit_order != 1)
		_exit(1);
}

static void second(void)
{
	exit_order = 1;
}

TEST(atexit_runs_backwards)
{
	pid_t pid = fork();

	if (!pid) {
		atexit(first);
		atexit(second);
		exit(33);
	}
	CHECK_EXITED(pid, 33);
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[0], "sh"))
		return be_a_shell(argv[argc - 1]);
	if (argc > 2 && !strcmp(argv[1], "--exit"))
		return atoi(argv[2]);
	if (argc > 2 && !strcmp(argv[1], "--say"))
		return puts(argv[2]) < 0;
	return abi_main(argc, argv);
}

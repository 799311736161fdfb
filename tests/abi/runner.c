/*
 * runner.c: /init of a test image.
 *
 * Mounts what the tests expect (proc, devtmpfs, a tmpfs on /tmp), runs every program of /tests in
 * the order of their names, from the one after AFTER=name on if that is given, or ONLY=name - the
 * kernel hands NAME=value words of its command line to init's environment - and switches the
 * machine off. It does the same on Linux and on Pando.
 *
 *	== prog                 (what the program prints)
 *	== prog lasts N s       every ten seconds: the machine is alive, and so is the program
 *	== prog exit N in S s | == prog signal N in S s | == prog hang in S s
 *	== prog stuck           what it left cannot be killed; the machine is switched off
 *	== prog no /proc left   it has taken away what others need; a new one is mounted
 *	== done
 *
 * A program gets LIMIT seconds (variable, default 120), and SECONDS of a stress test come on top of
 * that. After it, in time or not, everything that it left is killed and, this being pid 1, reaped:
 * programs do not meet. Of a program that was late a line for each task stays on the console, with
 * its state and where it sleeps.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILL_LIMIT_S = 20 };

static void mount_at(const char *type, const char *path)
{
	mkdir(path, 0755);
	if (mount(type, path, type, 0, NULL) && errno != EBUSY)
		printf("== cannot mount %s on %s: %s\n", type, path, strerror(errno));
}

/* The console may not have been there before devtmpfs was. */
static void open_console(void)
{
	if (fcntl(1, F_GETFD) != -1)
		return;
	int fd = open("/dev/console", O_RDWR);
	for (int i = 0; i < 3; i++)
		if (fd >= 0 && fd != i)
			dup2(fd, i);
}

static void switch_off(void)
{
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

static int number_from_env(const char *name, int otherwise)
{
	const char *text = getenv(name);

	return text ? atoi(text) : otherwise;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void read_line(const char *pid, const char *name, char *text, size_t size)
{
	char path[300];
	ssize_t got = -1;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		got = read(fd, text, size - 1);
		close(fd);
	}
	text[got > 0 ? got : 0] = 0;
	text[strcspn(text, "\n")] = 0;
}

/* A line for each process: its stat up to the session, and the function that it sleeps in. */
static void tell_processes(void)
{
	char stat[80], wchan[80];
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		read_line(entry->d_name, "stat", stat, 50);
		read_line(entry->d_name, "wchan", wchan, sizeof(wchan));
		if (!strstr(stat, " 2 0 0 ")) /* Linux's kernel threads */
			printf("==   %s ... in %s\n", stat, wchan);
	}
	if (proc)
		closedir(proc);
	fflush(stdout);
}

/* Kills whatever is left and reaps it; false when something outlives that for long. */
static int kill_the_rest(void)
{
	double late = seconds_now() + KILL_LIMIT_S;

	for (;;) {
		pid_t got = waitpid(-1, NULL, WNOHANG | __WALL);

		if (got < 0 && errno == ECHILD)
			return 1;
		if (got > 0)
			continue;
		if (seconds_now() > late)
			return 0;
		kill(-1, SIGKILL);
		usleep(5000);
	}
}

/* Reaps whatever ends until this program does or its time is up; false when it was late. */
static int wait_for(pid_t pid, const char *name, double start, int *status)
{
	int limit_s = number_from_env("LIMIT", 120) + number_from_env("SECONDS", 0);
	int told_s = 0;

	for (;;) {
		int any;
		pid_t got = waitpid(-1, &any, WNOHANG | __WALL);
		double lasts_s = seconds_now() - start;

		if (got == pid) {
			*status = any;
			return 1;
		}
		if (got > 0)
			continue;
		if (lasts_s > limit_s)
			return 0;
		if (lasts_s >= told_s + 10) {
			told_s += 10;
			printf("== %s lasts %d s\n", name, told_s);
			fflush(stdout);
		}
		usleep(5000);
	}
}

/* The programs after one that took /proc away would all fail. */
static void mend_proc(const char *name)
{
	if (access("/proc/self/status", R_OK) == 0)
		return;
	printf("== %s no /proc left\n", name);
	mount_at("proc", "/proc");
}

/* Does not return where no further program can be run. */
static void run_program(const char *name)
{
	int status = 0;
	char path[300];
	double start = seconds_now();

	snprintf(path, sizeof(path), "/tests/%s", name);
	printf("== %s\n", name);
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0) {
		printf("== %s no fork: %s\n", name, strerror(errno));
		return;
	}
	if (!pid) {
		setsid();
		execl(path, name, (char *)NULL);
		printf("== %s no exec: %s\n", name, strerror(errno));
		fflush(stdout);
		_exit(127);
	}
	int in_time = wait_for(pid, name, start, &status);
	if (!in_time)
		tell_processes();
	int all_gone = kill_the_rest();
	if (!in_time)
		printf("== %s hang", name);
	else if (WIFSIGNALED(status))
		printf("== %s signal %d", name, WTERMSIG(status));
	else
		printf("== %s exit %d", name, WEXITSTATUS(status));
	printf(" in %.1f s\n", seconds_now() - start);
	fflush(stdout);
	if (!all_gone) {
		tell_processes();
		printf("== %s stuck\n", name);
		switch_off();
	}
	mend_proc(name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_folder(void)
{
	struct dirent **entries;
	int count = scandir("/tests", &entries, is_visible, alphasort);

	const char *after = getenv("AFTER"), *only = getenv("ONLY");

	for (int i = 0; i < count; i++)
		if ((!after || strcmp(entries[i]->d_name, after) > 0) &&
		    (!only || !strcmp(entries[i]->d_name, only)))
			run_program(entries[i]->d_name);
	if (count < 0)
		printf("== cannot read /tests: %s\n", strerror(errno));
}

int main(void)
{
	mount_at("proc", "/proc");
	mount_at("devtmpfs", "/dev");
	mount_at("tmpfs", "/tmp");
	chmod("/tmp", 01777);
	chmod("/", 0755); /* whatever folder the image was packed from */
	open_console();

	run_folder();
	printf("== done\n");
	switch_off();
}

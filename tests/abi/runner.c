/*
 * runner.c: /init of a test image.
 *
 * Mounts what the tests expect (proc, devtmpfs, a tmpfs on /tmp), runs every program of /tests in
 * the order of their names - or those that TESTS=a,b names; the kernel hands NAME=value words of
 * its command line to init's environment - and switches the machine off. It does the same on Linux
 * and on Pando.
 *
 *	== prog                 (what the program prints)
 *	== prog exit N | == prog signal N | == prog hang
 *	== done
 *
 * As pid 1 it also reaps every orphan that a test leaves. A program gets LIMIT seconds (variable,
 * default 120), and SECONDS of a stress test come on top of that.
 */
#define _GNU_SOURCE
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

/* Reaps whatever ends until this program does or its time is up; false when it was late. */
static int wait_for(pid_t pid, int limit_s, int *status)
{
	double deadline = seconds_now() + limit_s;
	int late = 0;

	for (;;) {
		int any;
		pid_t got = waitpid(-1, &any, late ? 0 : WNOHANG);

		if (got == pid) {
			*status = any;
			return !late;
		}
		if (got > 0)
			continue;
		if (!late && seconds_now() > deadline) {
			late = 1;
			kill(pid, SIGKILL);
		}
		usleep(2000);
	}
}

static void run_program(const char *name)
{
	int status = 0;
	char path[300];

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
	int limit_s = number_from_env("LIMIT", 120) + number_from_env("SECONDS", 0);
	if (!wait_for(pid, limit_s, &status))
		printf("== %s hang\n", name);
	else if (WIFSIGNALED(status))
		printf("== %s signal %d\n", name, WTERMSIG(status));
	else
		printf("== %s exit %d\n", name, WEXITSTATUS(status));
	fflush(stdout);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_folder(void)
{
	struct dirent **entries;
	int count = scandir("/tests", &entries, is_visible, alphasort);

	for (int i = 0; i < count; i++)
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

	char *names = getenv("TESTS");
	if (names && *names)
		for (char *name = strtok(names, ","); name; name = strtok(NULL, ","))
			run_program(name);
	else
		run_folder();
	printf("== done\n");
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}

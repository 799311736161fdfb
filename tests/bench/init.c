/*
 * init.c: /init of the image that tools/bench boots.
 *
 * Mounts what the programs expect, lets the machine rest for ten virtual seconds - both kernels put
 * off work at boot, which would otherwise be counted - and runs the programs that PROGRAMS names,
 * with the row prefixes of ROWS as arguments (the kernel hands NAME=value words of its command line
 * to init). Then it switches the machine off.
 *
 * The programs lie at the same addresses each time. Where chance puts them moves fork's cost by
 * three per cent, by the empty entries between its page tables, and another build draws another
 * number.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK = 100 };

static void mount_at(const char *type, const char *path)
{
	mkdir(path, 0755);
	if (mount(type, path, type, 0, NULL) && errno != EBUSY)
		printf("== cannot mount %s on %s: %s\n", type, path, strerror(errno));
}

static void run_program(const char *name, char **arguments)
{
	char path[300];
	int status = 0;

	snprintf(path, sizeof(path), "/bench/%s", name);
	arguments[0] = path;
	printf("== %s\n", name);
	fflush(stdout);
	pid_t pid = vfork();
	if (pid == 0) {
		personality(ADDR_NO_RANDOMIZE);
		execv(path, arguments);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	printf("== %s %s %d\n", name, WIFSIGNALED(status) ? "signal" : "exit",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	fflush(stdout);
}

static void run_all(char *programs, char *rows)
{
	/* Each row has a letter and a comma; before them the program's name, behind them NULL. */
	char **arguments = calloc(strlen(rows) / 2 + 3, sizeof(*arguments)), *more;
	unsigned count = 1;

	if (!arguments) {
		printf("== no memory for the list of rows\n");
		return;
	}
	for (char *row = strtok(rows, ","); row; row = strtok(NULL, ","))
		arguments[count++] = row;
	for (char *name = strtok_r(programs, ",", &more); name; name = strtok_r(NULL, ",", &more))
		run_program(name, arguments);
	free(arguments);
}

int main(void)
{
	uint64_t started;
	char none[] = "", *programs = getenv("PROGRAMS"), *rows = getenv("ROWS");

	__asm__ volatile("rdtime %0" : "=r"(started));
	printf("row boot %lu instructions reset to the first line of init, firmware included\n",
	       (unsigned long)started * TICK);
	mount_at("proc", "/proc");
	mount_at("devtmpfs", "/dev");
	mount_at("tmpfs", "/tmp");
	fflush(stdout);
	sleep(10);
	run_all(programs ? programs : none, rows ? rows : none);
	printf("== done\n");
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}

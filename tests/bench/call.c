/*
 * call.c: what a system call costs that does little: the way in and out, the clock, descriptors,
 * files on tmpfs, signals.
 */
#include "bench.h"

#include <sys/stat.h>
#include <time.h>

ROW("call.null", "null system call (getppid)")
{
	MEASURE(call3(SYS_getppid, 0, 0, 0));
}

ROW("call.clock", "clock_gettime by system call")
{
	struct timespec now;

	MEASURE(call3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0));
}

ROW("call.clock.vdso", "clock_gettime by vDSO")
{
	struct timespec now;

	MEASURE(clock_gettime(CLOCK_MONOTONIC, &now));
}

ROW("file.open", "open + close on tmpfs")
{
	must(close(must(open("/tmp/bench", O_RDWR | O_CREAT, 0600), "open")), "close");
	MEASURE(close(open("/tmp/bench", O_RDONLY)));
}

ROW("file.stat", "stat on tmpfs")
{
	struct stat info;

	must(close(must(open("/tmp/bench", O_RDWR | O_CREAT, 0600), "open")), "close");
	MEASURE(stat("/tmp/bench", &info));
}

ROW("file.create", "creat + close + unlink on tmpfs")
{
	must(close(must(creat("/tmp/fresh", 0600), "creat")), "close");
	MEASURE(close(creat("/tmp/fresh", 0600)); unlink("/tmp/fresh"));
}

ROW("file.dup", "dup + close")
{
	MEASURE(close(dup(1)));
}

ROW("file.zero", "read 1 byte of /dev/zero")
{
	int fd = must(open("/dev/zero", O_RDONLY), "open");
	char byte;

	MEASURE(read(fd, &byte, 1));
}

ROW("file.null", "write 1 byte to /dev/null")
{
	int fd = must(open("/dev/null", O_WRONLY), "open");
	char byte = 0;

	MEASURE(write(fd, &byte, 1));
}

static void on_signal(int number)
{
	(void)number;
}

ROW("signal.install", "signal: install a handler")
{
	struct sigaction action = {.sa_handler = on_signal};

	MEASURE(sigaction(SIGUSR1, &action, NULL));
}

ROW("signal.deliver", "signal: kill oneself, handle, return")
{
	struct sigaction action = {.sa_handler = on_signal};
	pid_t self = getpid();

	must(sigaction(SIGUSR1, &action, NULL), "sigaction");
	MEASURE(kill(self, SIGUSR1));
}

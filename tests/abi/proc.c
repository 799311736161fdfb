/*
 * proc.c: the files of /proc that programs read: their fields, their formats, who may open what.
 */
#include "tests/abi/abi.h"
#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>

static char text[65536];

static const char *read_proc(const char *path)
{
	if (read_file(path, text, sizeof(text)) < 0)
		FAIL("%s: %s", path, strerrorname_np(errno));
	return text;
}

static const char *read_of(pid_t pid, const char *name)
{
	char path[100];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return read_proc(path);
}

/* The text after `key` up to the end of the line, or a failure. */
static const char *value_of(const char *key)
{
	static char value[300];
	char *at = text;

	for (; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (!strncmp(at, key, strlen(key)))
			break;
	if (!at || !*at)
		FAIL("no line %s", key);
	at += strlen(key);
	at += strspn(at, ": \t");
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\n"), at);
	return value;
}

static pid_t start_pauser(void)
{
	pid_t pid = idle_child();

	CHECK_SOON(task_state(pid) == 'S');
	return pid;
}

TEST(self_is_this_process)
{
	char target[50] = "", own[50];

	snprintf(own, sizeof(own), "%d", getpid());
	CHECK(readlink("/proc/self", target, sizeof(target) - 1) > 0);
	CHECK_STR(target, own);
	IN_CHILD(CHECK(readlink("/proc/self", target, sizeof(target) - 1) > 0);
		 CHECK_EQ(atoi(target), getpid()));
	memset(target, 0, sizeof(target));
	snprintf(own, sizeof(own), "%d/task/%d", getpid(), gettid());
	CHECK(readlink("/proc/thread-self", target, sizeof(target) - 1) > 0);
	CHECK_STR(target, own);
}

TEST(a_descriptor_has_one_name)
{
	static const char *none[] = {"00", "01", "+0", " 0", "0 ", "-0", "0x0", "4294967296"};
	char path[40], target[100];

	CHECK(readlink("/proc/self/fd/0", target, sizeof(target)) > 0);
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%s", none[i]);
		CHECK_ERRNO(readlink(path, target, sizeof(target)), ENOENT);
	}
}

/* The word of flags is Linux's own affair, but programs know kernel threads by it. */
TEST(kernel_threads_are_known_as_such)
{
	char text[4096];
	unsigned flags = 0;

	CHECK(read_file("/proc/2/status", text, sizeof(text)) > 0);
	CHECK(strstr(text, "\nKthread:\t1\n") != NULL);
	CHECK(read_file("/proc/self/status", text, sizeof(text)) > 0);
	CHECK(strstr(text, "\nKthread:\t0\n") != NULL);
	CHECK(read_file("/proc/2/stat", text, sizeof(text)) > 0);
	CHECK_EQ(sscanf(text, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %u", &flags), 1);
	CHECK(flags & 0x200000);
}

TEST(stat_has_52_fields)
{
	int fields = 0;

	prctl(PR_SET_NAME, "a) (b c");
	read_proc("/proc/self/stat");
	char *rest = strrchr(text, ')');
	CHECK(rest);
	CHECK(strstr(text, "(a) (b c)"));
	for (char *word = strtok(rest + 1, " \n"); word; word = strtok(NULL, " \n"))
		fields++;
	CHECK_EQ(fields + 2, 52);
}

TEST(stat_values)
{
	int pid, ppid, group, session;
	char state;

	pid_t child = start_pauser();
	read_of(child, "stat");
	CHECK_EQ(sscanf(text, "%d (proc) %c %d %d %d", &pid, &state, &ppid, &group, &session), 5);
	CHECK_EQ(pid, child);
	CHECK_EQ(state, 'S');
	CHECK_EQ(ppid, getpid());
	CHECK_EQ(group, getpgrp());
	CHECK_EQ(session, getsid(0));
	end_child(child);
	CHECK_EQ(task_state(getpid()), 'R');
}

TEST(stat_counts_threads_memory_and_time)
{
	long threads = 0, start = 0, size = 0, resident = 0;

	touch_memory();
	read_proc("/proc/self/stat");
	CHECK_EQ(sscanf(strrchr(text, ')') + 1,
			" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld "
			"%*d %ld %ld %ld",
			&threads, &start, &size, &resident),
		 4);
	CHECK_EQ(threads, 1);
	CHECK(start > 0 && size > 100000 && resident > 5);
	CHECK(resident * 4096 <= size);
}

TEST(status_keys)
{
	static const char *keys[] = {"Name:",
				     "Umask:",
				     "State:",
				     "Tgid:",
				     "Pid:",
				     "PPid:",
				     "TracerPid:",
				     "Uid:",
				     "Gid:",
				     "FDSize:",
				     "Groups:",
				     "VmPeak:",
				     "VmSize:",
				     "VmRSS:",
				     "VmData:",
				     "VmStk:",
				     "VmExe:",
				     "Threads:",
				     "SigQ:",
				     "SigPnd:",
				     "ShdPnd:",
				     "SigBlk:",
				     "SigIgn:",
				     "SigCgt:",
				     "Cpus_allowed:",
				     "Cpus_allowed_list:",
				     "voluntary_ctxt_switches:",
				     "nonvoluntary_ctxt_switches:"};

	read_proc("/proc/self/status");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		value_of(keys[i]);
	CHECK_STR(value_of("Name:"), "proc");
	CHECK_STR(value_of("State:"), "R (running)");
	CHECK_EQ(atoi(value_of("Pid:")), getpid());
	CHECK_EQ(atoi(value_of("Tgid:")), getpid());
	CHECK_EQ(atoi(value_of("PPid:")), getppid());
	CHECK_STR(value_of("Uid:"), "0\t0\t0\t0");
	CHECK_EQ(atoi(value_of("Threads:")), 1);
	CHECK(strstr(value_of("VmRSS:"), " kB"));
}

TEST(status_signal_masks)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGRTMAX);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR1, SIG_IGN);
	raise(SIGHUP);
	read_proc("/proc/self/status");
	CHECK_STR(value_of("SigBlk:"), "8000000000000001");
	CHECK_STR(value_of("SigIgn:"), "0000000000000200");
	CHECK_EQ(strtoul(value_of("SigPnd:"), NULL, 16) | strtoul(value_of("ShdPnd:"), NULL, 16),
		 1);
}

TEST(states)
{
	pid_t pid = start_pauser();

	CHECK_STR((read_of(pid, "status"), value_of("State:")), "S (sleeping)");
	kill(pid, SIGSTOP);
	CHECK_SOON(task_state(pid) == 'T');
	CHECK_STR((read_of(pid, "status"), value_of("State:")), "T (stopped)");
	kill(pid, SIGKILL);
	CHECK_SOON(task_state(pid) == 'Z');
	CHECK_STR((read_of(pid, "status"), value_of("State:")), "Z (zombie)");
	CHECK_STR(read_of(pid, "cmdline"), "");
	CHECK_KILLED(pid, SIGKILL);
}

TEST(comm_and_cmdline)
{
	CHECK_STR(read_proc("/proc/self/comm"), "proc\n");
	CHECK_EQ(prctl(PR_SET_NAME, "twenty_letters_long_"), 0);
	CHECK_STR(read_proc("/proc/self/comm"), "twenty_letters_\n");
	int fd = open("/proc/self/comm", O_WRONLY);
	CHECK_EQ(write(fd, "new", 3), 3);
	CHECK_STR(read_proc("/proc/self/comm"), "new\n");
	ssize_t length = read_file("/proc/self/cmdline", text, sizeof(text));
	CHECK(length > 4 && text[length - 1] == 0);
	CHECK(strstr(text, "proc"));
}

TEST(descriptor_links)
{
	char path[60], target[200] = "", expected[200];
	int fds[2], count = 0;
	struct stat st;

	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(pipe(fds), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(getcwd(expected, sizeof(expected) - 2));
	strcat(expected, "/f");
	CHECK(readlink(path, target, sizeof(target)) > 0);
	CHECK_STR(target, expected);
	CHECK(open(path, O_RDONLY) >= 0);
	CHECK_EQ(unlink("f"), 0);
	strcat(expected, " (deleted)");
	memset(target, 0, sizeof(target));
	CHECK(readlink(path, target, sizeof(target)) > 0);
	CHECK_STR(target, expected);
	CHECK(open(path, O_RDONLY) >= 0); /* by its file, not by its name */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	CHECK_EQ(fstat(fds[0], &st), 0);
	snprintf(expected, sizeof(expected), "pipe:[%lu]", (unsigned long)st.st_ino);
	memset(target, 0, sizeof(target));
	CHECK(readlink(path, target, sizeof(target)) > 0);
	CHECK_STR(target, expected);
	DIR *dir = opendir("/proc/self/fd");
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.' && atoi(entry->d_name) >= fd &&
			 atoi(entry->d_name) <= fds[1];
	CHECK_EQ(count, fds[1] - fd + 1);
	CHECK_ERRNO(readlink("/proc/self/fd/9999", target, sizeof(target)), ENOENT);
}

TEST(exe_cwd_root)
{
	char target[200] = "", cwd[200];

	CHECK(readlink("/proc/self/exe", target, sizeof(target)) > 0);
	CHECK_STR(strrchr(target, '/'), "/proc");
	enter_scratch();
	CHECK(getcwd(cwd, sizeof(cwd)));
	memset(target, 0, sizeof(target));
	CHECK(readlink("/proc/self/cwd", target, sizeof(target)) > 0);
	CHECK_STR(target, cwd);
	CHECK_EQ(readlink("/proc/self/root", target, sizeof(target)), 1);
	CHECK_EQ(target[0], '/');
	CHECK_EQ(chdir("/proc/self/root/proc/self/cwd/.."), 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/tmp");
}

TEST(maps_lines)
{
	unsigned long start, stop, offset, inode, last = 0;
	char mode[5], name[200];
	bool stack = false, code = false, vdso = false;
	char *mapped = mmap(NULL, 12288, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	read_proc("/proc/self/maps");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		name[0] = 0;
		CHECK(sscanf(line, "%lx-%lx %4s %lx %*x:%*x %lu %199s", &start, &stop, mode,
			     &offset, &inode, name) >= 5);
		CHECK(start < stop && start >= last && start % 4096 == 0);
		last = stop;
		stack |= !strcmp(name, "[stack]") && (uintptr_t)mode >= start &&
			 (uintptr_t)mode < stop;
		vdso |= !strcmp(name, "[vdso]");
		code |= strstr(name, "/proc") && !strcmp(mode, "r-xp") && inode &&
			(uintptr_t)start_pauser >= start && (uintptr_t)start_pauser < stop;
		if (start == (uintptr_t)mapped)
			CHECK_STR(mode, "r--s");
	}
	CHECK(stack && code && vdso);
}

TEST(statm_agrees)
{
	long size, resident, shared;

	CHECK_EQ(sscanf(read_proc("/proc/self/statm"), "%ld %ld %ld", &size, &resident, &shared),
		 3);
	CHECK(size > resident && resident > 0 && shared >= 0);
}

static void *pause_in_thread(void *arg)
{
	*(volatile int *)arg = gettid();
	for (;;)
		pause();
	return NULL;
}

TEST(task_folder)
{
	volatile int tid = 0;
	char path[100];
	pthread_t thread;
	int count = 0;

	CHECK_EQ(pthread_create(&thread, NULL, pause_in_thread, (void *)&tid), 0);
	CHECK_SOON(tid);
	DIR *dir = opendir("/proc/self/task");
	CHECK(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (isdigit(entry->d_name[0])) {
			CHECK(atoi(entry->d_name) == getpid() || atoi(entry->d_name) == tid);
			count++;
		}
	CHECK_EQ(count, 2);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	read_proc(path);
	CHECK_EQ(atoi(value_of("Pid:")), tid);
	CHECK_EQ(atoi(value_of("Tgid:")), getpid());
	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	CHECK_STR(read_proc(path), "proc\n"); /* a thread can be looked up but is not listed */
	read_proc("/proc/self/status");
	CHECK_EQ(atoi(value_of("Threads:")), 2);
}

TEST(processes_are_listed)
{
	bool self = false, init = false;
	DIR *dir = opendir("/proc");

	CHECK(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		self |= atoi(entry->d_name) == getpid();
		init |= !strcmp(entry->d_name, "1");
	}
	CHECK(self && init);
	CHECK_ERRNO(open("/proc/99999999", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/nothing", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/nothing", O_RDWR | O_CREAT, 0600), ENOENT);
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	char path[50];
	snprintf(path, sizeof(path), "/proc/%d", pid);
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	CHECK_EXITED(pid, 0);
	CHECK_ERRNO(openat(fd, "stat", O_RDONLY), ESRCH);
	CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
}

TEST(meminfo)
{
	read_proc("/proc/meminfo");
	long total = atol(value_of("MemTotal:")), free = atol(value_of("MemFree:"));
	long available = atol(value_of("MemAvailable:"));

	CHECK(total > 4096 && free > 0 && free < total && available <= total);
	CHECK(strstr(value_of("MemTotal:"), " kB"));
	value_of("Buffers:");
	value_of("Cached:");
	value_of("Shmem:");
	value_of("SwapTotal:");
}

TEST(uptime_and_loadavg)
{
	double up, idle, one, five, fifteen;
	int running, all, last;
	struct timespec now;

	CHECK_EQ(sscanf(read_proc("/proc/uptime"), "%lf %lf", &up, &idle), 2);
	clock_gettime(CLOCK_BOOTTIME, &now);
	CHECK(up > now.tv_sec - 2 && up < now.tv_sec + 2);
	CHECK_EQ(sscanf(read_proc("/proc/loadavg"), "%lf %lf %lf %d/%d %d", &one, &five, &fifteen,
			&running, &all, &last),
		 6);
	CHECK(running >= 1 && all >= running && last >= getpid());
}

TEST(cpuinfo_and_stat)
{
	int cpus = 0;

	read_proc("/proc/cpuinfo");
	value_of("processor");
	read_proc("/proc/stat");
	CHECK(!strncmp(text, "cpu  ", 5));
	for (char *at = text; (at = strstr(at, "\ncpu")); at++)
		cpus++;
	CHECK_EQ(cpus, sysconf(_SC_NPROCESSORS_ONLN));
	value_of("btime");
	CHECK(atol(value_of("processes")) > 1);
	CHECK(atol(value_of("ctxt")) > 0);
	CHECK(atol(value_of("procs_running")) >= 1);
}

TEST(version_mounts_filesystems_cmdline)
{
	read_proc("/proc/version");
	CHECK(strstr(text, " version "));
	CHECK(strchr(text, '\n'));
	read_proc("/proc/self/mounts");
	CHECK(strstr(text, " /proc proc "));
	CHECK(strstr(text, " / "));
	CHECK(strstr(text, " /tmp tmpfs "));
	CHECK(strstr(read_proc("/proc/mounts"), " /proc proc "));
	read_proc("/proc/filesystems");
	CHECK(strstr(text, "nodev\tproc\n"));
	CHECK(strstr(text, "nodev\ttmpfs\n"));
	CHECK(strchr(read_proc("/proc/cmdline"), '\n'));
}

static int write_proc(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY), err;

	CHECK(fd >= 0);
	err = write(fd, value, strlen(value)) < 0 ? errno : 0;
	close(fd);
	return err;
}

/* What is done about panics, lockups and hung tasks: a number each; the same number goes in, what
 * is none or out of range does not. */
TEST(trouble_settings)
{
	static const struct {
		const char *path, *too_much;
	} row[] = {
		{ "/proc/sys/kernel/panic", "9999999999999" },
		{ "/proc/sys/kernel/watchdog_thresh", "61" },
		{ "/proc/sys/kernel/softlockup_panic", "2" },
		{ "/proc/sys/kernel/hung_task_timeout_secs", "99999999999999999999" },
		{ "/proc/sys/kernel/hung_task_panic", "2" },
	};
	char before[32];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(before, sizeof(before), "%s", read_proc(row[i].path));
		CHECK(isdigit(before[0]) || before[0] == '-');
		CHECK_EQ(write_proc(row[i].path, before), 0);
		CHECK_EQ(write_proc(row[i].path, "much"), EINVAL);
		CHECK_EQ(write_proc(row[i].path, row[i].too_much), EINVAL);
		CHECK(!strcmp(read_proc(row[i].path), before));
	}
}

TEST(files_are_read_in_pieces)
{
	char piece[4], whole[4096];
	size_t length = 0;
	ssize_t got;
	int fd = open("/proc/version", O_RDONLY);
	struct stat st;

	while ((got = read(fd, piece, 3)) > 0) {
		memcpy(whole + length, piece, got);
		length += got;
	}
	whole[length] = 0;
	CHECK_STR(read_proc("/proc/version"), whole);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, piece, 3), 3);
	CHECK(!memcmp(piece, whole, 3));
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0444);
	CHECK_EQ(st.st_size, 0);
	CHECK_ERRNO(unlink("/proc/version"), EPERM);
}

TEST(environ_and_other_peoples_files)
{
	pid_t pid = start_pauser();
	char path[100];

	IN_CHILD(CHECK_EQ(setresuid(500, 500, 500), 0);
		 snprintf(path, sizeof(path), "/proc/%d/fd", pid);
		 CHECK_ERRNO(open(path, O_RDONLY), EACCES);
		 snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		 CHECK_ERRNO(readlink(path, text, sizeof(text)), EACCES);
		 snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		 CHECK(open(path, O_RDONLY) >= 0));
	end_child(pid);
}

/* Whoever has given up root still finds its own descriptors there. */
TEST(own_descriptors_without_root)
{
	CHECK_EQ(chmod("/proc/self/fd", 0700), -1);
	CHECK_EQ(setresuid(500, 500, 500), 0);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	CHECK(open("/proc/self/fd", O_RDONLY) >= 0);
	CHECK(readlink("/proc/self/fd/0", text, sizeof(text)) > 0);
	CHECK(open("/proc/self/fdinfo/0", O_RDONLY) >= 0);
	int fd = open("/proc/self/oom_score_adj", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "10", 2), 2);
	CHECK_ERRNO(write(fd, "-500", 4), EACCES);
}

/* Is this version 4 of RFC 9562 as text: random but for six bits? */
static bool is_random_uuid(const char *id)
{
	static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx\n";

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		const char *digits = form[i] == 'x' ? "0123456789abcdef" : "89ab";

		if (form[i] == 'x' || form[i] == 'y' ? !id[i] || !strchr(digits, id[i])
						     : id[i] != form[i])
			return false;
	}
	return strlen(id) == sizeof(form) - 1;
}

TEST(boot_id_stays_and_uuid_is_another_each_time)
{
	char id[64], uuid[64];

	snprintf(id, sizeof(id), "%.63s", read_proc("/proc/sys/kernel/random/boot_id"));
	CHECK(is_random_uuid(id));
	IN_CHILD({
		CHECK(!strcmp(read_proc("/proc/sys/kernel/random/boot_id"), id));
	});
	snprintf(uuid, sizeof(uuid), "%.63s", read_proc("/proc/sys/kernel/random/uuid"));
	CHECK(is_random_uuid(uuid));
	CHECK(strcmp(uuid, id) != 0);
	CHECK(strcmp(read_proc("/proc/sys/kernel/random/uuid"), uuid) != 0);
}

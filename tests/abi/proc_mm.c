/*
 * proc_mm.c: what /proc says of an address space: maps, smaps, smaps_rollup, statm, status,
 * pagemap, map_files; that the numbers agree with one another; and of the call that a task is in.
 */
#include "tests/abi/abi.h"
#include <dirent.h>
#include <sys/stat.h>

enum { PAGE = 4096, NOBODY = 65534 };

static char text[1 << 18];

static const char *slurp(const char *path)
{
	CHECK(read_file(path, text, sizeof(text)) > 0);
	return text;
}

static char *map_pages(size_t pages, int prot, int flags)
{
	char *start = mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(start != MAP_FAILED);
	return start;
}

/* The line of maps or smaps that begins with this area. */
static char *area_line(const char *path, const void *start)
{
	char head[32];

	slurp(path);
	snprintf(head, sizeof(head), "%08lx-", (unsigned long)start);
	char *line = strstr(text, head);
	if (!line)
		FAIL("no area at %s in %s", head, path);
	return line;
}

/* A number of an area in smaps, in KiB. */
static long area_kib(const void *start, const char *key)
{
	char *line = area_line("/proc/self/smaps", start), *at = strstr(line, key);

	CHECK(at);
	return strtol(at + strlen(key), NULL, 10);
}

static bool has_flag(const void *start, const char *flag)
{
	char *line = strstr(area_line("/proc/self/smaps", start), "\nVmFlags: "), with_blanks[8];

	CHECK(line);
	*strchr(line + 1, '\n') = 0;
	snprintf(with_blanks, sizeof(with_blanks), " %s ", flag);
	return strstr(line, with_blanks);
}

static long status_kib(const char *key)
{
	char *line = strstr(slurp("/proc/self/status"), key);

	CHECK(line);
	return strtol(line + strlen(key), NULL, 10);
}

TEST(maps_lines)
{
	char *start = map_pages(3, PROT_READ | PROT_WRITE, MAP_PRIVATE), line[200], want[200];

	/* Two neighbours of different protection, so that nothing is joined with it. */
	CHECK_EQ(mprotect(start, PAGE, PROT_NONE), 0);
	CHECK_EQ(mprotect(start + 2 * PAGE, PAGE, PROT_EXEC), 0);
	sscanf(area_line("/proc/self/maps", start + PAGE), "%199[^\n]", line);
	snprintf(want, sizeof(want), "%08lx-%08lx rw-p 00000000 00:00 0 ",
		 (unsigned long)start + PAGE, (unsigned long)start + 2 * PAGE);
	CHECK_STR(line, want);
	enter_scratch();
	int fd = open("a file", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(ftruncate(fd, 3 * PAGE), 0);
	char *file = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
	sscanf(area_line("/proc/self/maps", file), "%199[^\n]", line);
	CHECK(strstr(line, " r--s 00002000 00:"));
	CHECK_EQ(line[73], '/');
	CHECK_STR(line + strlen(line) - 6, "a file");
	unlink("a file");
	sscanf(area_line("/proc/self/maps", file), "%199[^\n]", line);
	CHECK(strstr(line, "/a file (deleted)"));
	slurp("/proc/self/maps");
	CHECK(strstr(text, "[stack]\n") && strstr(text, "[heap]\n") && strstr(text, "[vdso]\n"));
	CHECK(strstr(text, "/dev/zero (deleted)") == NULL);
	map_pages(1, PROT_READ, MAP_SHARED);
	CHECK(strstr(slurp("/proc/self/maps"), "/dev/zero (deleted)\n"));
}

TEST(sizes_agree)
{
	unsigned long total = 0, from, to;
	char *at;

	map_pages(100, PROT_READ, MAP_PRIVATE);
	slurp("/proc/self/maps");
	for (at = text; *at; at = strchr(at, '\n') + 1) {
		CHECK_EQ(sscanf(at, "%lx-%lx", &from, &to), 2);
		total += to - from;
	}
	CHECK_EQ(status_kib("VmSize:"), total / 1024);
	CHECK_EQ(strtol(slurp("/proc/self/statm"), NULL, 10), total / PAGE);
	CHECK(status_kib("VmPeak:") >= status_kib("VmSize:"));
	CHECK(status_kib("VmHWM:") >= status_kib("VmRSS:"));
	CHECK_EQ(status_kib("VmExe:") > 0, 1);
	CHECK_EQ(status_kib("VmPin:"), 0);
	CHECK_EQ(status_kib("VmSwap:"), 0);
}

/* The slack is what Linux may be short of in its counts, one part of which each CPU keeps. */
TEST(status_follows_what_is_done)
{
	long size = status_kib("VmSize:"), data = status_kib("VmData:");
	long rss = status_kib("RssAnon:");
	char *start = map_pages(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	CHECK_EQ(status_kib("VmSize:"), size + 16384);
	CHECK_EQ(status_kib("VmData:"), data + 16384);
	memset(start, 1, 4000 * PAGE);
	long grown = status_kib("RssAnon:") - rss;
	CHECK(grown >= 15000 && grown < 17000);
	CHECK_EQ(madvise(start, 4000 * PAGE, MADV_DONTNEED), 0);
	CHECK(status_kib("RssAnon:") < rss + 1000);
	CHECK(status_kib("VmHWM:") >= rss + 15000);
	CHECK_EQ(munmap(start, 4096 * PAGE), 0);
	CHECK_EQ(status_kib("VmSize:"), size);
	CHECK_EQ(status_kib("VmPeak:"), size + 16384);
}

TEST(smaps_of_private_memory)
{
	char *start = map_pages(16, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	CHECK_EQ(mprotect(start + 15 * PAGE, PAGE, PROT_NONE), 0);
	CHECK_EQ(madvise(start, 15 * PAGE, MADV_DONTDUMP), 0); /* joined with nobody */
	memset(start, 1, 4 * PAGE);
	CHECK_EQ(start[10 * PAGE], 0); /* the zero page doesn't count */
	CHECK_EQ(area_kib(start, "\nSize:"), 60);
	CHECK_EQ(area_kib(start, "\nKernelPageSize:"), 4);
	CHECK_EQ(area_kib(start, "\nRss:"), 16);
	CHECK_EQ(area_kib(start, "\nPss:"), 16);
	CHECK_EQ(area_kib(start, "\nPrivate_Dirty:"), 16);
	CHECK_EQ(area_kib(start, "\nShared_Dirty:"), 0);
	CHECK_EQ(area_kib(start, "\nAnonymous:"), 16);
	CHECK_EQ(area_kib(start, "\nLocked:"), 0);
	CHECK_EQ(mlock(start, 15 * PAGE), 0);
	CHECK_EQ(area_kib(start, "\nLocked:"), 60);
}

TEST(smaps_of_shared_memory)
{
	char *start = map_pages(8, PROT_READ | PROT_WRITE, MAP_SHARED);
	int fds[2];
	char byte;

	memset(start, 1, 8 * PAGE);
	CHECK_EQ(area_kib(start, "\nPss:"), 32);
	CHECK_EQ(area_kib(start, "\nPrivate_Dirty:"), 32);
	CHECK_EQ(area_kib(start, "\nAnonymous:"), 0);
	CHECK_EQ(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		for (int i = 0; i < 8; i++)
			start[i * PAGE]++;
		CHECK_EQ(write(fds[1], "x", 1), 1);
		pause();
	}
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(area_kib(start, "\nRss:"), 32);
	CHECK_EQ(area_kib(start, "\nPss:"), 16);
	CHECK_EQ(area_kib(start, "\nShared_Dirty:"), 32);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(smaps_after_fork)
{
	char *start = map_pages(8, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	CHECK_EQ(madvise(start, 8 * PAGE, MADV_DONTDUMP), 0);
	memset(start, 1, 8 * PAGE);
	pid_t pid = fork();
	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(area_kib(start, "\nShared_Dirty:"), 32);
	CHECK_EQ(area_kib(start, "\nPss:"), 16);
	start[0] = 2;
	CHECK_EQ(area_kib(start, "\nShared_Dirty:"), 28);
	CHECK_EQ(area_kib(start, "\nPrivate_Dirty:"), 4);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	CHECK_EQ(area_kib(start, "\nPrivate_Dirty:"), 32);
}

TEST(smaps_flags)
{
	char *start = map_pages(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	CHECK(has_flag(start, "rd") && has_flag(start, "wr") && !has_flag(start, "ex"));
	CHECK(has_flag(start, "mr") && has_flag(start, "mw") && has_flag(start, "me"));
	CHECK(has_flag(start, "ac") && !has_flag(start, "sh"));
	CHECK_EQ(madvise(start, 4 * PAGE, MADV_DONTFORK), 0);
	CHECK_EQ(madvise(start, 4 * PAGE, MADV_WIPEONFORK), 0);
	CHECK_EQ(madvise(start, 4 * PAGE, MADV_RANDOM), 0);
	CHECK(has_flag(start, "dc") && has_flag(start, "wf") && has_flag(start, "rr"));
	CHECK_EQ(madvise(start, 4 * PAGE, MADV_NORMAL), 0);
	CHECK_EQ(mlock(start, 4 * PAGE), 0);
	CHECK(!has_flag(start, "rr") && has_flag(start, "lo"));
	start = map_pages(1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE);
	CHECK(has_flag(start, "sh") && has_flag(start, "ms") && has_flag(start, "nr"));
	start = map_pages(4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_GROWSDOWN);
	CHECK(has_flag(start, "gd"));
}

TEST(smaps_form)
{
	static const char *const keys[] = {
		"\nSize:           ", "\nKernelPageSize: ", "\nMMUPageSize:    ",
		"\nRss:            ", "\nPss:            ", "\nPss_Dirty:      ",
		"\nShared_Clean:   ", "\nShared_Dirty:   ", "\nPrivate_Clean:  ",
		"\nPrivate_Dirty:  ", "\nReferenced:     ", "\nAnonymous:      ",
		"\nKSM:            ", "\nLazyFree:       ", "\nAnonHugePages:  ",
		"\nShmemPmdMapped: ", "\nFilePmdMapped:  ", "\nShared_Hugetlb: ",
		"\nPrivate_Hugetlb:", "\nSwap:           ", "\nSwapPss:        ",
		"\nLocked:         ", "\nTHPeligible:    ", "\nVmFlags: ",
	};
	char *at = area_line("/proc/self/smaps", map_pages(1, PROT_READ, MAP_PRIVATE));

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *next = strstr(at, keys[i]);
		if (!next || next != strchr(at + 1, '\n'))
			FAIL("%s is not the next line", keys[i] + 1);
		if (i < 22)
			CHECK(!strncmp(next + 1 + 24, " kB\n", 4));
		at = next;
	}
	CHECK(strstr(slurp("/proc/self/smaps_rollup"), " ---p 00000000 00:00 0 "));
	CHECK(strstr(text, "  [rollup]\nRss:            "));
	CHECK(strstr(text, "\nPss_Anon:       ") && strstr(text, "\nPss_Shmem:      "));
	CHECK(!strstr(text, "VmFlags") && !strstr(text, "\nSize:"));
}

static int open_pagemap(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);

	CHECK(fd >= 0);
	return fd;
}

static uint64_t entry(int fd, const void *at)
{
	uint64_t word;

	CHECK_EQ(pread(fd, &word, 8, (uintptr_t)at / PAGE * 8), 8);
	return word;
}

TEST(pagemap)
{
	uint64_t present = 1UL << 63, file = 1UL << 61, exclusive = 1UL << 56, words[4];
	uint64_t frame = (1UL << 55) - 1;
	char *start = map_pages(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *shared = map_pages(2, PROT_READ | PROT_WRITE, MAP_SHARED);
	int fd = open_pagemap();

	start[0] = start[2 * PAGE] = shared[0] = 1;
	CHECK_EQ(entry(fd, start) & ~frame, present | exclusive);
	CHECK(entry(fd, start) & frame);
	CHECK_EQ(entry(fd, start + PAGE), 0);
	CHECK_EQ(entry(fd, shared) & ~frame, present | file | exclusive);
	CHECK_EQ(pread(fd, words, 32, (uintptr_t)start / PAGE * 8), 32);
	CHECK(words[0] && !words[1] && words[2] && !words[3]);
	CHECK(words[0] != words[2]);
	pid_t pid = fork();
	if (!pid)
		for (;;)
			pause();
	CHECK_EQ(entry(fd, start) & ~frame, present);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	CHECK_ERRNO(pread(fd, words, 7, 0), EINVAL);
	CHECK_ERRNO(pread(fd, words, 8, 4), EINVAL);
	CHECK_EQ(pread(fd, words, 0, 0), 0);
	CHECK_EQ(pread(fd, words, 8, 1L << 60), 0);
	/* Who may not know addresses of memory is told the rest. */
	CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	fd = open_pagemap();
	CHECK_EQ(entry(fd, start), present | exclusive);
}

TEST(the_peak_can_be_forgotten)
{
	char *start = map_pages(1024, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	memset(start, 1, 1024 * PAGE);
	CHECK_EQ(munmap(start, 1024 * PAGE), 0);
	long before = status_kib("VmHWM:");
	int fd = open("/proc/self/clear_refs", O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "5", 1), 1);
	CHECK(status_kib("VmHWM:") < before - 3000);
	CHECK_ERRNO(write(fd, "9", 1), EINVAL);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	CHECK_ERRNO(read(open("/proc/self/clear_refs", O_RDONLY), &fd, 1), EINVAL);
	fd = open("/proc/sys/vm/drop_caches", O_RDONLY); /* says what was written last */
	CHECK(fd < 0 || read(fd, &fd, 1) <= 1);
}

TEST(others_may_not_look)
{
	CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
	CHECK_ERRNO(open("/proc/1/smaps", O_RDONLY), EACCES);
	CHECK_ERRNO(open("/proc/1/smaps_rollup", O_RDONLY), EACCES);
	CHECK_ERRNO(open("/proc/1/pagemap", O_RDONLY), EACCES);
	CHECK_ERRNO(open("/proc/1/maps", O_RDONLY), EACCES);
	CHECK(open("/proc/1/statm", O_RDONLY) >= 0);
}

/* --- what a task is doing --------------------------------------------------------------------- */

TEST(the_call_that_a_task_is_in)
{
	char words[256] = "", expected[128], path[32];
	pid_t pid = idle_child();
	long nr = -2;
	int fd = open("/proc/self/syscall", O_RDONLY);

	CHECK(fd >= 0);
	CHECK(syscall(SYS_read, fd, words, sizeof(words) - 1) > 0);
	snprintf(expected, sizeof(expected), "%d %#lx %#lx %#lx ", SYS_read, (long)fd, (long)words,
		 (long)sizeof(words) - 1);
	CHECK(!strncmp(words, expected, strlen(expected)));
	CHECK_SOON(task_state(pid) == 'S');
	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	CHECK_EQ(sscanf(slurp(path), "%ld 0x%*x 0x%*x", &nr), 1);
	CHECK(nr >= 0); /* whatever libc makes of pause */
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_KILLED(pid, SIGKILL);
	IN_CHILD(CHECK_EQ(setresuid(65534, 65534, 65534), 0);
		 CHECK_ERRNO(open("/proc/1/syscall", O_RDONLY), EACCES));
}

TEST(files_by_the_memory_that_shows_them)
{
	char path[100], target[100] = "";
	int pages = 4096 * 2, seen = 0;
	struct stat st, mapped;
	struct dirent *entry;

	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK_EQ(ftruncate(fd, pages), 0);
	char *start = mmap(NULL, pages, PROT_READ, MAP_SHARED, fd, 0);
	char *anon = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(start != MAP_FAILED && anon != MAP_FAILED);
	CHECK_EQ(fstat(fd, &st), 0);
	close(fd);
	CHECK_EQ(unlink("f"), 0);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)start,
		 (long)start + pages);
	CHECK(readlink(path, target, sizeof(target) - 1) > 0);
	CHECK(strstr(target, "/f (deleted)"));
	CHECK_EQ(stat(path, &mapped), 0);
	CHECK_EQ(mapped.st_ino, st.st_ino);
	CHECK_EQ(lstat(path, &mapped), 0);
	CHECK_EQ(mapped.st_mode, S_IFLNK | 0600);
	DIR *dir = opendir("/proc/self/map_files");
	CHECK(dir);
	while ((entry = readdir(dir)))
		seen += !strcmp(entry->d_name, strrchr(path, '/') + 1);
	CHECK_EQ(seen, 1);
	DIR *none = opendir("/proc/2/map_files"); /* a kernel thread */
	CHECK(none && readdir(none) && readdir(none) && !readdir(none));
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)start,
		 (long)start + 4096);
	CHECK_ERRNO(readlink(path, target, sizeof(target)), ENOENT);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)anon,
		 (long)anon + 4096);
	CHECK_ERRNO(readlink(path, target, sizeof(target)), ENOENT);
	CHECK_ERRNO(readlink("/proc/self/map_files/0-0x1000", target, sizeof(target)), ENOENT);
	IN_CHILD(CHECK_EQ(setresuid(65534, 65534, 65534), 0);
		 CHECK_ERRNO(open("/proc/1/map_files", O_RDONLY), EACCES));
}

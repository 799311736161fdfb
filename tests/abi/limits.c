/*
 * limits.c: what is refused before there is too much: RLIMIT_AS, DATA, STACK, FSIZE, NPROC, the
 * number of areas, the modes of overcommit, and the limits of a tmpfs.
 */
#include "tests/abi/abi.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>

enum { PAGE = 4096 };
#define MIB (1UL << 20)

static void limit_set(int which, unsigned long soft)
{
	struct rlimit limit;

	CHECK_EQ(getrlimit(which, &limit), 0);
	limit.rlim_cur = soft;
	CHECK_EQ(setrlimit(which, &limit), 0);
}

static char *map(size_t size, int protection, int flags)
{
	return mmap(NULL, size, protection, flags | MAP_ANONYMOUS, -1, 0);
}

static unsigned long status_kib(const char *key)
{
	static char text[8192];

	CHECK(read_file("/proc/self/status", text, sizeof(text)) > 0);
	char *at = strstr(text, key);
	CHECK(at);
	return strtoul(at + strlen(key), NULL, 10);
}

TEST(address_space)
{
	limit_set(RLIMIT_AS, status_kib("VmSize:") * 1024 + 2 * MIB);
	char *one = map(MIB, PROT_NONE, MAP_PRIVATE);
	CHECK(one != MAP_FAILED);
	CHECK_ERRNO((long)map(2 * MIB, PROT_READ, MAP_PRIVATE), ENOMEM);
	CHECK_ERRNO((long)map(2 * MIB, PROT_READ, MAP_SHARED), ENOMEM);
	CHECK_ERRNO((long)mremap(one, MIB, 4 * MIB, MREMAP_MAYMOVE), ENOMEM);
	/* What is replaced doesn't count. */
	CHECK(mmap(one, MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == one);
	CHECK_EQ(munmap(one, MIB), 0);
	CHECK(map(MIB, PROT_NONE, MAP_PRIVATE) != MAP_FAILED);
}

TEST(address_space_at_fork)
{
	CHECK(map(4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
	limit_set(RLIMIT_AS, MIB);
	limit_set(RLIMIT_DATA, MIB);
	IN_CHILD((void)0);
}

TEST(data_by_mmap)
{
	limit_set(RLIMIT_DATA, status_kib("VmData:") * 1024 + 2 * MIB);
	CHECK_ERRNO((long)map(4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE), ENOMEM);
	CHECK(map(4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED) != MAP_FAILED);
	CHECK(map(MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
	char *later = map(4 * MIB, PROT_READ, MAP_PRIVATE);
	CHECK(later != MAP_FAILED);
	CHECK_ERRNO(mprotect(later, 4 * MIB, PROT_READ | PROT_WRITE), ENOMEM);
	CHECK_EQ(mprotect(later, PAGE, PROT_READ | PROT_WRITE), 0);
}

TEST(data_by_file_mapping)
{
	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(ftruncate(fd, 4 * MIB), 0);
	limit_set(RLIMIT_DATA, status_kib("VmData:") * 1024 + 2 * MIB);
	CHECK_ERRNO((long)mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), ENOMEM);
	CHECK(mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
	CHECK(mmap(NULL, 4 * MIB, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
}

TEST(data_by_brk)
{
	char *start = sbrk(0);

	limit_set(RLIMIT_DATA, status_kib("VmData:") * 1024 + MIB);
	CHECK_ERRNO((long)sbrk(8 * MIB), ENOMEM);
	CHECK(sbrk(0) == start);
	CHECK(sbrk(PAGE) == start);
}

static __attribute__((noinline)) int eat_stack(int depth)
{
	volatile char room[64 * 1024];

	room[0] = room[sizeof(room) - 1] = (char)depth;
	return depth ? eat_stack(depth - 1) + room[0] : room[1];
}

TEST(stack)
{
	CHECK_DIES(SIGSEGV, limit_set(RLIMIT_STACK, MIB); eat_stack(40));
	IN_CHILD(limit_set(RLIMIT_STACK, 6 * MIB); eat_stack(40));
	/* Growing counts in the address space too. */
	CHECK_DIES(SIGSEGV, limit_set(RLIMIT_AS, status_kib("VmSize:") * 1024); eat_stack(40));
}

TEST(arguments_at_exec)
{
	static char big[100 * 1024];
	char *args[] = { "x", big, big, big, NULL }, *none[] = { NULL };

	memset(big, 'a', sizeof(big) - 1);
	limit_set(RLIMIT_STACK, MIB);
	CHECK_ERRNO(execve("/proc/self/exe", args, none), E2BIG);
}

TEST(file_size)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	char block[3000] = "";

	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_DIES(SIGXFSZ, limit_set(RLIMIT_FSIZE, 5000); pwrite(fd, "x", 1, 5000));
	CHECK_DIES(SIGXFSZ, limit_set(RLIMIT_FSIZE, 5000); ftruncate(fd, 5001));
	CHECK_DIES(SIGXFSZ, limit_set(RLIMIT_FSIZE, 5000); truncate("f", 5001));
	CHECK_DIES(SIGXFSZ, limit_set(RLIMIT_FSIZE, 5000); fallocate(fd, 0, 0, 5001));
	sigaction(SIGXFSZ, &ignore, NULL);
	limit_set(RLIMIT_FSIZE, 5000);
	CHECK_EQ(write(fd, block, sizeof(block)), 3000);
	CHECK_EQ(write(fd, block, sizeof(block)), 2000);
	CHECK_ERRNO(write(fd, block, 1), EFBIG);
	CHECK_ERRNO(ftruncate(fd, 5001), EFBIG);
	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_EQ(ftruncate(fd, 5000), 0);
	CHECK_ERRNO(fallocate(fd, 0, 0, 5001), EFBIG);
	CHECK_EQ(fallocate(fd, 0, 0, 5000), 0);
}

TEST(processes_of_a_user)
{
	int pipes[2];

	CHECK_EQ(pipe(pipes), 0);
	IN_CHILD(struct rlimit four = { 4, 4 };
		 CHECK_EQ(setrlimit(RLIMIT_NPROC, &four), 0);
		 CHECK_EQ(syscall(SYS_setresuid, 4711, 4711, 4711), 0);
		 int made = 0; pid_t pid;
		 while ((pid = fork()) > 0)
			 made++;
		 if (!pid) {
			 char c;
			 close(pipes[1]);
			 (void)!read(pipes[0], &c, 1);
			 _exit(0);
		 }
		 CHECK_EQ(errno, EAGAIN);
		 CHECK_EQ(made, 3));
	close(pipes[1]);
}

TEST(default_limits)
{
	struct rlimit tasks, signals;
	char text[100];

	CHECK(read_file("/proc/sys/kernel/threads-max", text, sizeof(text)) > 0);
	CHECK_EQ(getrlimit(RLIMIT_NPROC, &tasks), 0);
	CHECK_EQ(getrlimit(RLIMIT_SIGPENDING, &signals), 0);
	CHECK_EQ(tasks.rlim_cur, atol(text) / 2);
	CHECK_EQ(tasks.rlim_max, atol(text) / 2);
	CHECK_EQ(signals.rlim_cur, atol(text) / 2);
}

/* --- areas --- */

static int areas(void)
{
	static char text[1 << 20];
	int lines = 0;

	CHECK(read_file("/proc/self/maps", text, sizeof(text)) > 0);
	for (char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static char setting[64];

static void put_back(void)
{
	write_file("/proc/sys/vm/max_map_count", setting, strlen(setting));
}

TEST(number_of_areas)
{
	char now[32];
	char *place = map(400 * PAGE, PROT_READ, MAP_PRIVATE);
	int made = 0;

	CHECK(read_file("/proc/sys/vm/max_map_count", setting, sizeof(setting)) > 0);
	snprintf(now, sizeof(now), "%d\n", areas() + 100);
	write_file("/proc/sys/vm/max_map_count", now, strlen(now));
	atexit(put_back);
	while (made < 200 && mprotect(place + 2 * made * PAGE, PAGE, PROT_NONE) == 0)
		made++;
	int error = errno;
	put_back();
	CHECK_EQ(error, ENOMEM);
	CHECK(made > 45 && made < 52);
}

/* --- overcommit --- */

static void sysctl(const char *name, long value)
{
	char path[100], text[32];

	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	snprintf(text, sizeof(text), "%ld\n", value);
	write_file(path, text, strlen(text));
}

static unsigned long meminfo_kib(const char *key)
{
	static char text[8192];

	CHECK(read_file("/proc/meminfo", text, sizeof(text)) > 0);
	char *at = strstr(text, key);
	CHECK(at);
	return strtoul(at + strlen(key), NULL, 10);
}

static void overcommit_default(void)
{
	sysctl("overcommit_memory", 0);
	sysctl("overcommit_ratio", 50);
}

/* As an ordinary user, for whom the reserves are not. */
static void be_nobody(void)
{
	CHECK_EQ(syscall(SYS_setresuid, 65534, 65534, 65534), 0);
}

TEST(overcommit_guess)
{
	size_t all = meminfo_kib("MemTotal:") * 1024;

	CHECK(map(all / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
	CHECK(map(all / 2 + MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
	CHECK_ERRNO((long)map(all + 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE), ENOMEM);
	CHECK_ERRNO((long)map(all + 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED), ENOMEM);
	char *big = map(all + 16 * MIB, PROT_READ, MAP_PRIVATE);
	CHECK(big != MAP_FAILED);
	CHECK_ERRNO(mprotect(big, all + 16 * MIB, PROT_READ | PROT_WRITE), ENOMEM);
	CHECK(map(all + 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE) !=
	      MAP_FAILED);
	CHECK(map(all + 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE) !=
	      MAP_FAILED);
	CHECK_ERRNO((long)sbrk((intptr_t)(all + 16 * MIB)), ENOMEM);
}

TEST(overcommit_always)
{
	size_t all = meminfo_kib("MemTotal:") * 1024;

	sysctl("overcommit_memory", 1);
	atexit(overcommit_default);
	char *big = map(4 * all, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	overcommit_default();
	CHECK(big != MAP_FAILED);
}

TEST(overcommit_never)
{
	static char *places[4];
	static pid_t pid;
	static int error;
	static size_t left;

	sysctl("overcommit_memory", 2);
	atexit(overcommit_default);
	left = (meminfo_kib("CommitLimit:") - meminfo_kib("Committed_AS:")) * 1024;
	IN_CHILD(be_nobody();
		 places[0] = map(left + MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		 CHECK(places[0] == MAP_FAILED && errno == ENOMEM);
		 /* Reserving nothing is not to be had. */
		 places[0] = map(left + MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE);
		 CHECK(places[0] == MAP_FAILED && errno == ENOMEM);
		 places[0] = map(left + MIB, PROT_READ, MAP_PRIVATE);
		 CHECK(places[0] != MAP_FAILED);
		 CHECK_ERRNO(mprotect(places[0], left + MIB, PROT_READ | PROT_WRITE), ENOMEM);
		 places[1] = mmap(places[0], left + MIB, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		 CHECK(places[1] == MAP_FAILED && errno == ENOMEM);
		 places[0] = map(left + MIB, PROT_READ, MAP_PRIVATE);
		 places[1] = map(left / 5 * 3, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		 CHECK(places[1] != MAP_FAILED);
		 CHECK_ERRNO(mprotect(places[0], left / 5 * 3, PROT_READ | PROT_WRITE), ENOMEM);
		 /* The child would promise it again. */
		 pid = fork(); error = errno; CHECK_EQ(pid, -1); CHECK_EQ(error, ENOMEM);
		 CHECK_EQ(munmap(places[1], left / 5 * 3), 0);
		 places[1] = map(left / 5 * 3, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		 CHECK(places[1] != MAP_FAILED));
	overcommit_default();
}

TEST(committed)
{
	enum { MIBS = 40 };
	unsigned long before = meminfo_kib("Committed_AS:"), now;
	char *private = map(MIBS * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	now = meminfo_kib("Committed_AS:");
	CHECK(now >= before + (MIBS - 4) * 1024 && now <= before + (MIBS + 4) * 1024);
	char *shared = map(MIBS * MIB, PROT_READ | PROT_WRITE, MAP_SHARED);
	now = meminfo_kib("Committed_AS:");
	CHECK(now >= before + (2 * MIBS - 4) * 1024 && now <= before + (2 * MIBS + 4) * 1024);
	CHECK_EQ(munmap(private + MIB, (MIBS - 1) * MIB), 0);
	CHECK_EQ(munmap(shared, MIBS * MIB), 0);
	char *none = map(MIBS * MIB, PROT_NONE, MAP_PRIVATE);
	now = meminfo_kib("Committed_AS:");
	CHECK(now <= before + 8 * 1024);
	CHECK_EQ(mprotect(none, MIBS * MIB, PROT_READ | PROT_WRITE), 0);
	now = meminfo_kib("Committed_AS:");
	CHECK(now >= before + (MIBS - 4) * 1024 && now <= before + (MIBS + 8) * 1024);
}

TEST(settings_are_checked)
{
	int fd = open("/proc/sys/vm/overcommit_memory", O_RDWR);

	CHECK(fd >= 0);
	CHECK_ERRNO(write(fd, "3", 1), EINVAL);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	CHECK_EQ(write(fd, "0", 1), 1);
	IN_CHILD(be_nobody();
		 CHECK_ERRNO(open("/proc/sys/vm/overcommit_memory", O_WRONLY), EACCES));
	IN_CHILD(be_nobody(); CHECK_ERRNO(open("/proc/slabinfo", O_RDONLY), EACCES));
}

/* --- tmpfs --- */

static void mount_tmpfs(const char *options)
{
	enter_scratch();
	CHECK_EQ(mkdir("m", 0700), 0);
	CHECK_EQ(mount("none", "m", "tmpfs", 0, options), 0);
}

TEST(tmpfs_size)
{
	static char block[PAGE];
	struct statfs st;

	mount_tmpfs("size=64k");
	CHECK_EQ(statfs("m", &st), 0);
	CHECK_EQ(st.f_blocks, 16);
	CHECK_EQ(st.f_bfree, 16);
	int fd = open("m/f", O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(write(fd, block, PAGE), PAGE);
	CHECK_ERRNO(write(fd, block, PAGE), ENOSPC);
	CHECK_EQ(statfs("m", &st), 0);
	CHECK_EQ(st.f_bfree, 0);
	CHECK_EQ(pwrite(fd, block, PAGE, 0), PAGE);
	CHECK_ERRNO(mount("none", "m", "tmpfs", MS_REMOUNT, "size=32k"), EINVAL);
	CHECK_EQ(mount("none", "m", "tmpfs", MS_REMOUNT, "size=72k"), 0);
	CHECK_EQ(pwrite(fd, block, PAGE, 16 * PAGE), PAGE);
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	CHECK_EQ(statfs("m", &st), 0);
	CHECK_EQ(st.f_blocks, 18);
	CHECK_EQ(st.f_bfree, 17);
	CHECK_EQ(fallocate(fd, 0, 0, 16 * PAGE), 0);
	CHECK_ERRNO(fallocate(fd, 0, 0, 19 * PAGE), ENOSPC);
	/* A page of a hole that can't be had when it is touched. */
	CHECK_EQ(ftruncate(fd, 64 * PAGE), 0);
	char *place = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(place != MAP_FAILED);
	CHECK_DIES(SIGBUS, memset(place, 1, 64 * PAGE));
	CHECK_EQ(munmap(place, 64 * PAGE), 0);
	close(fd);
	CHECK_EQ(umount("m"), 0);
}

TEST(tmpfs_blocks_and_inodes)
{
	struct statfs st;
	char name[20];
	int made = 0;

	mount_tmpfs("nr_blocks=8,nr_inodes=10");
	CHECK_EQ(statfs("m", &st), 0);
	CHECK_EQ(st.f_blocks, 8);
	CHECK_EQ(st.f_files, 10);
	do
		snprintf(name, sizeof(name), "m/%d", made);
	while (mknod(name, S_IFREG | 0600, 0) == 0 && ++made < 20);
	CHECK_EQ(errno, ENOSPC);
	CHECK_EQ(made, 9);
	CHECK_EQ(unlink("m/0"), 0);
	CHECK_EQ(mkdir("m/d", 0700), 0);
	CHECK_EQ(umount("m"), 0);
}

TEST(tmpfs_default)
{
	struct statfs st;
	unsigned long half = meminfo_kib("MemTotal:") / 8;

	mount_tmpfs("");
	CHECK_EQ(statfs("m", &st), 0);
	CHECK(st.f_blocks > half - half / 8 && st.f_blocks < half + half / 8);
	CHECK(st.f_files > half - half / 8 && st.f_files < half + half / 8);
	CHECK_EQ(umount("m"), 0);
}

TEST(sysinfo_is_like_meminfo)
{
	struct sysinfo info;
	unsigned long free;

	CHECK_EQ(sysinfo(&info), 0);
	CHECK_EQ(info.totalram * info.mem_unit / 1024, meminfo_kib("MemTotal:"));
	free = meminfo_kib("MemFree:");
	CHECK(info.freeram * info.mem_unit / 1024 > free - 4096);
	CHECK(info.freeram * info.mem_unit / 1024 < free + 4096);
	CHECK(info.sharedram * info.mem_unit / 1024 <= meminfo_kib("Shmem:") + 1024);
	CHECK_EQ(info.totalswap, 0);
}

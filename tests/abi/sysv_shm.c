/*
 * sysv_shm.c: System V shared memory: shmget, shmat, shmdt, shmctl, /proc/sysvipc/shm.
 */
#include "tests/abi/abi.h"
#include <grp.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>

enum { PAGE = 4096 };

static int make(size_t size, int flags)
{
	int id = shmget(IPC_PRIVATE, size, flags);

	CHECK(id >= 0);
	return id;
}

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds ds;

	CHECK_EQ(shmctl(id, IPC_STAT, &ds), 0);
	return ds;
}

static void *attach(int id, int flags)
{
	void *at = shmat(id, NULL, flags);

	CHECK(at != (void *)-1);
	return at;
}

/* A key that nobody else uses. */
static key_t fresh_key(void)
{
	return 0x50410000 | (getpid() & 0xffff);
}

TEST(two_processes_see_one_memory)
{
	int id = make(3 * PAGE, 0600);
	char *at = attach(id, 0);

	CHECK_EQ(at[0], 0);
	strcpy(at + 2 * PAGE, "from the parent");
	IN_CHILD({
		char *mine = attach(id, 0);
		CHECK_STR(mine + 2 * PAGE, "from the parent");
		CHECK_STR(at + 2 * PAGE, "from the parent");
		strcpy(mine, "from the child");
	});
	CHECK_STR(at, "from the child");
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(keys)
{
	key_t key = fresh_key();

	CHECK_ERRNO(shmget(key, PAGE, 0600), ENOENT);
	int id = shmget(key, PAGE, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK_EQ(shmget(key, PAGE, 0), id);
	CHECK_EQ(shmget(key, 0, 0), id);
	CHECK_EQ(shmget(key, 10, IPC_CREAT | 0600), id);
	CHECK_ERRNO(shmget(key, PAGE, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	CHECK_ERRNO(shmget(key, PAGE + 1, 0600), EINVAL);
	CHECK_EQ(stat_of(id).shm_perm.__key, key);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	CHECK_ERRNO(shmget(key, PAGE, 0600), ENOENT);
	CHECK_ERRNO(shmctl(id, IPC_STAT, NULL), EINVAL);
	CHECK_ERRNO(shmat(id, NULL, 0) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK_ERRNO(shmctl(id, IPC_RMID, NULL), EINVAL);
}

TEST(an_id_is_not_used_again_at_once)
{
	int first = make(PAGE, 0600);

	CHECK_EQ(shmctl(first, IPC_RMID, NULL), 0);
	int second = make(PAGE, 0600);
	CHECK(second != first);
	CHECK_EQ(shmctl(second, IPC_RMID, NULL), 0);
}

TEST(sizes)
{
	CHECK_ERRNO(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
	CHECK_ERRNO(shmget(IPC_PRIVATE, ~0ul, 0600), EINVAL);
	CHECK_ERRNO(shmget(IPC_PRIVATE, ~0ul - (1ul << 25), 0600), EINVAL);
	CHECK_ERRNO(shmget(IPC_PRIVATE, ~0ul >> 1, 0600), ENOMEM);
	CHECK_ERRNO(shmget(IPC_PRIVATE, 1ul << 44, 0600), ENOMEM);
	int id = make(1ul << 34, 0600 | SHM_NORESERVE);
	CHECK_EQ(stat_of(id).shm_segsz, 1ul << 34);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	id = make(100, 0600);
	CHECK_EQ(stat_of(id).shm_segsz, 100);
	char *at = attach(id, 0);
	at[PAGE - 1] = 1;
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(huge_pages_there_are_none)
{
	CHECK_ERRNO(shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | 0600), ENOMEM);
	IN_CHILD({
		become_nobody();
		CHECK_ERRNO(shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | 0600), EPERM);
	});
}

TEST(stat_tells_what_was_done)
{
	time_t before = time(NULL);
	int id = make(PAGE, 0640);
	struct shmid_ds ds = stat_of(id);

	CHECK_EQ(ds.shm_perm.mode, 0640);
	CHECK_EQ(ds.shm_perm.uid, geteuid());
	CHECK_EQ(ds.shm_perm.cuid, geteuid());
	CHECK_EQ(ds.shm_perm.gid, getegid());
	CHECK_EQ(ds.shm_perm.__seq, (unsigned)id >> 15);
	CHECK_EQ(ds.shm_cpid, getpid());
	CHECK_EQ(ds.shm_lpid, 0);
	CHECK_EQ(ds.shm_atime, 0);
	CHECK_EQ(ds.shm_dtime, 0);
	CHECK(ds.shm_ctime >= before && ds.shm_ctime <= time(NULL));
	CHECK_EQ(ds.shm_nattch, 0);
	void *at = attach(id, 0);
	ds = stat_of(id);
	CHECK_EQ(ds.shm_nattch, 1);
	CHECK_EQ(ds.shm_lpid, getpid());
	CHECK(ds.shm_atime >= before);
	CHECK_EQ(ds.shm_dtime, 0);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(shmdt(at), 0);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	ds = stat_of(id);
	CHECK_EQ(ds.shm_nattch, 1);
	CHECK_EQ(ds.shm_lpid, pid);
	CHECK(ds.shm_dtime >= before);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(set_changes_owner_and_mode)
{
	int id = make(PAGE, 0600);
	struct shmid_ds ds = stat_of(id);

	ds.shm_perm.mode = 07644;
	ds.shm_perm.uid = 12;
	ds.shm_perm.gid = 34;
	CHECK_EQ(shmctl(id, IPC_SET, &ds), 0);
	ds = stat_of(id);
	CHECK_EQ(ds.shm_perm.mode, 0644);
	CHECK_EQ(ds.shm_perm.uid, 12);
	CHECK_EQ(ds.shm_perm.gid, 34);
	CHECK_EQ(ds.shm_perm.cuid, 0);
	ds.shm_perm.uid = -1;
	CHECK_ERRNO(shmctl(id, IPC_SET, &ds), EINVAL);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(permissions)
{
	int closed = make(PAGE, 0600), readable = make(PAGE, 0604);
	key_t key = fresh_key();
	int keyed = shmget(key, PAGE, IPC_CREAT | 0644);

	IN_CHILD({
		struct shmid_ds ds;
		become_nobody();
		CHECK_ERRNO(shmctl(closed, IPC_STAT, &ds), EACCES);
		CHECK_EQ(shmctl(readable, IPC_STAT, &ds), 0);
		CHECK_ERRNO(shmctl(readable, IPC_RMID, NULL), EPERM);
		CHECK_ERRNO(shmctl(readable, IPC_SET, &ds), EPERM);
		CHECK_ERRNO(shmctl(readable, SHM_LOCK, NULL), EPERM);
		CHECK_ERRNO(shmctl(readable, SHM_UNLOCK, NULL), EPERM);
		CHECK_ERRNO(shmat(closed, NULL, SHM_RDONLY) == (void *)-1 ? -1 : 0, EACCES);
		CHECK_ERRNO(shmat(readable, NULL, 0) == (void *)-1 ? -1 : 0, EACCES);
		CHECK_ERRNO(shmat(readable, NULL, SHM_RDONLY | SHM_EXEC) == (void *)-1 ? -1 : 0,
			    EACCES);
		attach(readable, SHM_RDONLY);
		CHECK_EQ(shmget(key, PAGE, 0444), keyed);
		CHECK_ERRNO(shmget(key, PAGE, 0600), EACCES);
		CHECK_ERRNO(shmget(key, PAGE, 0002), EACCES);
		int own = make(PAGE, 0);
		CHECK_ERRNO(shmctl(own, IPC_STAT, &ds), EACCES);
		CHECK_EQ(shmctl(own, IPC_RMID, NULL), 0);
	});
	int root_may_all = make(PAGE, 0);
	attach(root_may_all, 0);
	CHECK_EQ(shmctl(root_may_all, IPC_RMID, NULL), 0);
	CHECK_EQ(shmctl(closed, IPC_RMID, NULL), 0);
	CHECK_EQ(shmctl(readable, IPC_RMID, NULL), 0);
	CHECK_EQ(shmctl(keyed, IPC_RMID, NULL), 0);
}

TEST(the_group_has_its_own_bits)
{
	int id = make(PAGE, 0060);

	IN_CHILD({
		gid_t group = 0;
		struct shmid_ds ds;
		CHECK_EQ(setgroups(1, &group), 0);
		become_nobody();
		CHECK_EQ(shmctl(id, IPC_STAT, &ds), 0);
	});
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(read_only_means_it)
{
	int id = make(PAGE, 0600);
	char *at = attach(id, SHM_RDONLY);

	CHECK_EQ(at[0], 0);
	CHECK_DIES(SIGSEGV, at[0] = 1);
	CHECK_ERRNO(mprotect(at, PAGE, PROT_READ | PROT_WRITE), EACCES);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(places)
{
	int id = make(2 * PAGE, 0600);
	char *room = mmap(NULL, 8 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_ERRNO(shmat(id, room, 0) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK_ERRNO(shmat(id, room + 1, SHM_REMAP) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK_ERRNO(shmat(id, NULL, SHM_REMAP) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK_ERRNO(shmat(id, (void *)1, SHM_REMAP | SHM_RND) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK_ERRNO(shmat(id, (void *)(-3L * PAGE), 0) == (void *)-1 ? -1 : 0, ENOMEM);
	CHECK_ERRNO(shmat(id, (void *)(-1L * PAGE), 0) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK_EQ(shmat(id, room + PAGE, SHM_REMAP), room + PAGE);
	room[PAGE] = 'a';
	CHECK_EQ(shmat(id, room + 3 * PAGE + 77, SHM_REMAP | SHM_RND), room + 3 * PAGE);
	CHECK_EQ(room[3 * PAGE], 'a');
	munmap(room + 5 * PAGE, 3 * PAGE);
	CHECK_EQ(shmat(id, room + 5 * PAGE, 0), room + 5 * PAGE);
	CHECK_EQ(room[5 * PAGE], 'a');
	CHECK_EQ(stat_of(id).shm_nattch, 3);
	CHECK_ERRNO(shmat(-1, NULL, 0) == (void *)-1 ? -1 : 0, EINVAL);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(detaching)
{
	int id = make(4 * PAGE, 0600);
	char *at = attach(id, 0);

	CHECK_ERRNO(shmdt(at + 1), EINVAL);
	CHECK_ERRNO(shmdt(at + PAGE), EINVAL);
	CHECK_ERRNO(shmdt(NULL), EINVAL);
	CHECK_EQ(shmdt(at), 0);
	CHECK_ERRNO(shmdt(at), EINVAL);
	CHECK_EQ(stat_of(id).shm_nattch, 0);
	char *plain = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_ERRNO(shmdt(plain), EINVAL);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(every_area_counts_as_an_attachment)
{
	int id = make(6 * PAGE, 0600);
	char *at = attach(id, 0);

	CHECK_EQ(mprotect(at + PAGE, PAGE, PROT_READ), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 3);
	CHECK_EQ(munmap(at + 3 * PAGE, PAGE), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 4);
	IN_CHILD(CHECK_EQ(stat_of(id).shm_nattch, 8));
	CHECK_SOON(stat_of(id).shm_nattch == 4);
	at[4 * PAGE] = 'x';
	CHECK_EQ(shmdt(at), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 0);
	CHECK_ERRNO(msync(at + 4 * PAGE, PAGE, MS_ASYNC), ENOMEM);
	at = attach(id, 0);
	CHECK_EQ(at[4 * PAGE], 'x');
	char *moved = mremap(at, 6 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_EQ(moved[4 * PAGE], 'x');
	CHECK_DIES(SIGBUS, moved[6 * PAGE] = 1);
	CHECK_EQ(shmdt(moved), 0);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(a_part_moved_away_is_detached_with_the_rest)
{
	int id = make(4 * PAGE, 0600);
	char *at = attach(id, 0);
	char *tail = mremap(at + 2 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			    at + 64 * PAGE);

	CHECK_EQ(tail, at + 64 * PAGE);
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_EQ(shmdt(at), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_EQ(shmdt(tail - 2 * PAGE), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 0);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(removed_goes_with_the_last_attachment)
{
	key_t key = fresh_key();
	int id = shmget(key, PAGE, IPC_CREAT | 0600);
	char *at = attach(id, 0);

	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	struct shmid_ds ds = stat_of(id);
	CHECK_EQ(ds.shm_perm.mode, 01600);
	CHECK_EQ(ds.shm_perm.__key, 0);
	CHECK_ERRNO(shmget(key, PAGE, 0), ENOENT);
	int second = shmget(key, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(second >= 0 && second != id);
	char *again = attach(id, 0);
	at[7] = 'y';
	CHECK_EQ(again[7], 'y');
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	CHECK_EQ(shmdt(at), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_EQ(shmdt(again), 0);
	CHECK_ERRNO(shmctl(id, IPC_STAT, &ds), EINVAL);
	CHECK_EQ(shmctl(second, IPC_RMID, NULL), 0);
}

TEST(exec_and_exit_detach)
{
	int id = make(PAGE, 0600);

	attach(id, 0);
	pid_t pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "sysv_shm", "--list", NULL);
		_exit(1);
	}
	CHECK(wait_status(pid) >= 0);
	CHECK_SOON(stat_of(id).shm_nattch == 1);
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	CHECK_SOON(stat_of(id).shm_nattch == 2);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	CHECK_SOON(stat_of(id).shm_nattch == 1);
	CHECK_EQ(stat_of(id).shm_lpid, pid);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(locking)
{
	int id = make(PAGE, 0600);

	CHECK_EQ(shmctl(id, SHM_LOCK, NULL), 0);
	CHECK_EQ(stat_of(id).shm_perm.mode, 02600);
	CHECK_EQ(shmctl(id, SHM_LOCK, NULL), 0);
	CHECK_EQ(shmctl(id, SHM_UNLOCK, NULL), 0);
	CHECK_EQ(stat_of(id).shm_perm.mode, 0600);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	IN_CHILD({
		struct rlimit limit = { 2 * PAGE, 2 * PAGE };
		CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
		become_nobody();
		id = make(2 * PAGE, 0600);
		int more = make(PAGE, 0600);
		CHECK_EQ(shmctl(id, SHM_LOCK, NULL), 0);
		CHECK_ERRNO(shmctl(more, SHM_LOCK, NULL), ENOMEM);
		CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
		CHECK_EQ(shmctl(more, SHM_LOCK, NULL), 0);
		limit = (struct rlimit){ 0, 0 };
		CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
		CHECK_EQ(shmctl(more, SHM_UNLOCK, NULL), 0);
		CHECK_ERRNO(shmctl(more, SHM_LOCK, NULL), EPERM);
		CHECK_EQ(shmctl(more, IPC_RMID, NULL), 0);
	});
}

TEST(info)
{
	struct shminfo limits;
	struct shm_info before, now;
	struct shmid_ds ds;

	CHECK(shmctl(0, IPC_INFO, (void *)&limits) >= 0);
	CHECK_EQ(limits.shmmni, 4096);
	CHECK_EQ(limits.shmmin, 1);
	CHECK_EQ(limits.shmmax, ~0ul - (1ul << 24));
	CHECK_EQ(limits.shmall, ~0ul - (1ul << 24));
	CHECK_EQ(limits.shmseg, 4096);
	CHECK(shmctl(0, SHM_INFO, (void *)&before) >= 0);
	int id = make(3 * PAGE - 5, 0600);
	char *at = attach(id, 0);
	at[0] = at[PAGE] = 1;
	int highest = shmctl(0, SHM_INFO, (void *)&now);
	CHECK(highest >= (id & 0x7fff));
	CHECK_EQ(now.used_ids, before.used_ids + 1);
	CHECK_EQ(now.shm_tot, before.shm_tot + 3);
	CHECK_EQ(now.shm_rss, before.shm_rss + 2);
	CHECK_EQ(now.shm_swp, 0);
	CHECK_EQ(shmctl(id & 0x7fff, SHM_STAT, &ds), id);
	CHECK_EQ(ds.shm_segsz, 3 * PAGE - 5);
	CHECK_EQ(shmctl(id & 0x7fff, 15 /* SHM_STAT_ANY */, &ds), id);
	IN_CHILD({
		become_nobody();
		CHECK_ERRNO(shmctl(id & 0x7fff, SHM_STAT, &ds), EACCES);
		CHECK_EQ(shmctl(id & 0x7fff, 15, &ds), id);
	});
	CHECK_ERRNO(shmctl(0x7ffe, SHM_STAT, &ds), EINVAL);
	CHECK_ERRNO(shmctl(-1, IPC_INFO, &ds), EINVAL);
	CHECK_ERRNO(shmctl(id, 99, &ds), EINVAL);
	CHECK_ERRNO(shmctl(id, -1, &ds), EINVAL);
	CHECK_ERRNO(syscall(SYS_shmctl, id, IPC_STAT, 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_shmctl, id, IPC_SET, 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_shmctl, id, IPC_INFO, 8), EFAULT);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

/* The line of an object in one of /proc/sysvipc's files. */
static bool sysvipc_line(const char *path, int id, char *line, size_t size)
{
	FILE *file = fopen(path, "r");
	bool found = false;
	int key, its_id;

	CHECK(file);
	while (!found && fgets(line, size, file))
		found = sscanf(line, "%d %d", &key, &its_id) == 2 && its_id == id;
	fclose(file);
	return found;
}

TEST(proc_sysvipc)
{
	char line[400], expected[400], head[400];
	key_t key = fresh_key();
	int id = shmget(key, 5000, IPC_CREAT | 0604);
	char *at = attach(id, 0);

	at[0] = 1;
	CHECK(read_file("/proc/sysvipc/shm", head, sizeof(head)) > 0);
	*strchr(head, '\n') = 0;
	CHECK_STR(head, "       key      shmid perms                  size  cpid  lpid nattch   "
			"uid   gid  cuid  cgid      atime      dtime      ctime                   "
			"rss                  swap");
	CHECK(sysvipc_line("/proc/sysvipc/shm", id, line, sizeof(line)));
	struct shmid_ds ds = stat_of(id);
	snprintf(expected, sizeof(expected),
		 "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10lu %10lu %10lu %21lu "
		 "%21lu\n",
		 key, id, 0604, 5000ul, getpid(), getpid(), 1ul, 0, 0, 0, 0,
		 (unsigned long)ds.shm_atime, 0ul, (unsigned long)ds.shm_ctime, 4096ul, 0ul);
	CHECK_STR(line, expected);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	CHECK(sysvipc_line("/proc/sysvipc/shm", id, line, sizeof(line)));
	CHECK_EQ(shmdt(at), 0);
	CHECK(!sysvipc_line("/proc/sysvipc/shm", id, line, sizeof(line)));
}

/* Each is told by the number that he has for the asker. */
TEST(pids_are_the_readers)
{
	int id = make(PAGE, 0600);
	char *at = attach(id, 0), line[4096], numbers[32];
	pid_t inside;

	if (geteuid())
		SKIP("needs root");
	inside = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (inside == 0) {
		CHECK_EQ(stat_of(id).shm_cpid, 0);
		CHECK_EQ(stat_of(id).shm_lpid, 0);
		CHECK_EQ(shmdt(attach(id, 0)), 0);
		CHECK_EQ(stat_of(id).shm_lpid, 1);
		_exit(0);
	}
	CHECK_EXITED(inside, 0);
	CHECK_EQ(stat_of(id).shm_cpid, getpid());
	CHECK_EQ(stat_of(id).shm_lpid, inside);
	CHECK(read_file("/proc/sysvipc/shm", line, sizeof(line)) > 0);
	snprintf(numbers, sizeof(numbers), " %5d %5d ", getpid(), inside);
	CHECK(strstr(line, numbers));
	CHECK_EQ(shmdt(at), 0);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(name_in_maps)
{
	static char maps[65536];
	char expected[100];
	key_t key = fresh_key();
	int id = shmget(key, 2 * PAGE, IPC_CREAT | 0600);
	char *at = attach(id, 0);

	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
	CHECK(read_file("/proc/self/maps", maps, sizeof(maps)) > 0);
	snprintf(expected, sizeof(expected), "%lx-%lx rw-s 00000000 00:01 %d ", (long)at,
		 (long)at + 2 * PAGE, id);
	char *line = strstr(maps, expected);
	CHECK(line);
	*strchr(line, '\n') = 0;
	snprintf(expected, sizeof(expected), "/SYSV%08x (deleted)", key);
	CHECK_STR(strchr(line, '/'), expected);
}

TEST(limits_can_be_changed)
{
	char text[64];

	if (geteuid())
		SKIP("needs root");
	CHECK(read_file("/proc/sys/kernel/shmmax", text, sizeof(text)) > 0);
	CHECK_STR(text, "18446744073692774399\n");
	CHECK(read_file("/proc/sys/kernel/shmmni", text, sizeof(text)) > 0);
	CHECK_STR(text, "4096\n");
	write_file("/proc/sys/kernel/shmmax", "8192", 4);
	int ok = shmget(IPC_PRIVATE, 8192, 0600);
	int too_large = shmget(IPC_PRIVATE, 8193, 0600);
	int why = errno;
	write_file("/proc/sys/kernel/shmmax", "18446744073692774399", 20);
	CHECK(ok >= 0);
	CHECK_EQ(shmctl(ok, IPC_RMID, NULL), 0);
	CHECK_EQ(too_large, -1);
	CHECK_EQ(why, EINVAL);
}

TEST(as_many_as_the_limit_says)
{
	static int ids[5000];
	int count = 0;

	while (count < 5000 && (ids[count] = shmget(IPC_PRIVATE, PAGE, 0600)) >= 0)
		count++;
	int why = errno;
	struct shm_info info;
	CHECK(shmctl(0, SHM_INFO, (void *)&info) >= 0);
	for (int i = 0; i < count; i++)
		CHECK_EQ(shmctl(ids[i], IPC_RMID, NULL), 0);
	CHECK_EQ(why, ENOSPC);
	CHECK_EQ(info.used_ids, 4096);
}

TEST(futexes_work_across_processes)
{
	int id = make(PAGE, 0600);
	uint32_t *word = attach(id, 0);

	pid_t pid = fork();
	if (!pid) {
		uint32_t *mine = attach(id, 0);
		while (__atomic_load_n(mine, __ATOMIC_SEQ_CST) == 0)
			syscall(SYS_futex, mine, FUTEX_WAIT, 0, NULL, NULL, 0);
		_exit(3);
	}
	sleep_ms(30);
	CHECK_EQ(shmdt(word), 0);
	word = attach(id, 0);
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
	CHECK_EXITED(pid, 3);
	CHECK_EQ(shmctl(id, IPC_RMID, NULL), 0);
}

TEST(killed_amid_attaching)
{
	key_t key = fresh_key();

	for (int round = 0; round < 10; round++) {
		pid_t pids[4];
		for (int i = 0; i < 4; i++) {
			pids[i] = fork();
			if (!pids[i])
				for (;;) {
					int id = shmget(key, 4 * PAGE, IPC_CREAT | 0600);
					char *at = shmat(id, NULL, 0);
					if (at != (void *)-1)
						at[PAGE] = 1;
					shmctl(id, IPC_RMID, NULL);
					if (at != (void *)-1)
						shmdt(at);
				}
		}
		sleep_ms(10 + round * 3);
		for (int i = 0; i < 4; i++)
			kill(pids[i], SIGKILL);
		for (int i = 0; i < 4; i++)
			CHECK_KILLED(pids[i], SIGKILL);
	}
	shmctl(shmget(key, 0, 0), IPC_RMID, NULL);
	struct shm_info info;
	CHECK(shmctl(0, SHM_INFO, (void *)&info) >= 0);
	CHECK_EQ(info.used_ids, 0);
}

/*
 * ns_mnt.c: mount namespaces: each task's own tree, pivot_root, and what a user namespace may do.
 */
#include "tests/abi/ns.h"
#include <dirent.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#define TMPFS 0x01021994

static long fs_type(const char *path)
{
	struct statfs st;

	CHECK_EQ(statfs(path, &st), 0);
	return st.f_type;
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* A mount namespace of one's own, cut off from the other, and a directory with a tmpfs in it. */
static void enter_own(void)
{
	enter_scratch();
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(mkdir("own", 0755), 0);
	CHECK_EQ(mount("none", "own", "tmpfs", 0, NULL), 0);
}

TEST(mounts_are_ones_own)
{
	char text[4096], cwd[256];
	unsigned long number = ns_number(0, "mnt");

	enter_scratch();
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_EQ(mkdir("d", 0755), 0);
	IN_CHILD(CHECK_EQ(unshare(CLONE_NEWNS), 0); CHECK(ns_number(0, "mnt") != number);
		 CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
		 CHECK_EQ(mount("inner", "d", "tmpfs", 0, NULL), 0);
		 CHECK_EQ(close(creat("d/file", 0600)), 0); CHECK(exists("d/file"));
		 CHECK(read_file("/proc/self/mounts", text, sizeof(text)) > 0);
		 CHECK(strstr(text, "inner ")));
	CHECK(!exists("d/file"));
	CHECK_EQ(rmdir("d"), 0);
	CHECK(read_file("/proc/self/mounts", text, sizeof(text)) > 0);
	CHECK(!strstr(text, "inner "));
	CHECK_EQ(rmdir(cwd), 0);
}

TEST(clone_moves_the_childs_places_along)
{
	pid_t pid;

	enter_scratch();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mount("none", "d", "tmpfs", 0, NULL), 0);
	CHECK_EQ(chdir("d"), 0);
	pid = fork_new(CLONE_NEWNS);
	if (pid == 0) {
		CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
		CHECK_EQ(mkdir("sub", 0755), 0);
		CHECK_EQ(mount("none", "sub", "tmpfs", 0, NULL), 0);
		CHECK_EQ(chdir("sub"), 0);
		CHECK_EQ(close(creat("seen", 0600)), 0);
		CHECK_EQ(chdir(".."), 0);
		CHECK(exists("sub/seen"));
		CHECK_EQ(umount("sub"), 0);
		CHECK_EQ(chdir(".."), 0);
		CHECK_EQ(umount2("d", MNT_DETACH), 0);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK(exists("sub"));
	CHECK(!exists("sub/seen"));
	CHECK_EQ(fs_type("."), TMPFS);
	CHECK_EQ(chdir(".."), 0);
	CHECK_EQ(umount("d"), 0);
}

TEST(goes_with_the_last_user)
{
	enter_scratch();
	CHECK_EQ(mkdir("d", 0755), 0);
	for (int i = 0; i < 20; i++)
		IN_CHILD(CHECK_EQ(unshare(CLONE_NEWNS), 0);
			 CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
			 CHECK_EQ(mount("none", "d", "tmpfs", 0, NULL), 0);
			 CHECK_EQ(mkdir("d/e", 0755), 0);
			 CHECK_EQ(mount("d", "d/e", NULL, MS_BIND, NULL), 0));
	CHECK_EQ(rmdir("d"), 0);
}

TEST(setns_goes_back_to_the_root)
{
	int outside = open("/proc/self/ns/mnt", O_RDONLY);

	CHECK(outside >= 0);
	enter_own();
	CHECK_EQ(chdir("own"), 0);
	CHECK_EQ(setns(outside, CLONE_NEWNS), 0);
	char cwd[256];

	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
}

TEST(setns_needs_directories_of_ones_own)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY);
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FS | CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0,
				   0);

	if (pid == 0)
		_exit(setns(fd, CLONE_NEWNS) == -1 && errno == EINVAL ? 0 : 1);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(setns(fd, CLONE_NEWNS), 0);
}

TEST(not_ones_own_mounts)
{
	int root = open("/", O_RDONLY | O_DIRECTORY);
	char path[64];

	enter_own();
	/* A directory of the other namespace is no place to mount. */
	CHECK_EQ(fchdir(root), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", root);
	CHECK_ERRNO(mount("none", path, "tmpfs", 0, NULL), EINVAL);
	CHECK_ERRNO(mount(path, "/tmp", NULL, MS_BIND, NULL), EINVAL);
	CHECK_ERRNO(umount2(path, MNT_DETACH), EINVAL);
}

TEST(pivot)
{
	pid_t pid;

	enter_own();
	CHECK_EQ(mkdir("own/old", 0755), 0);
	CHECK_EQ(close(creat("own/mark", 0600)), 0);
	/* The root file system itself can't be pivoted away: change to one with a parent first. */
	CHECK_EQ(mkdir("base", 0755), 0);
	CHECK_EQ(mount("/", "base", NULL, MS_BIND, NULL), 0);
	CHECK_EQ(chdir("base"), 0);
	CHECK_EQ(mount(".", "/", NULL, MS_MOVE, NULL), 0);
	CHECK_EQ(chroot("."), 0);
	CHECK_EQ(mkdir("/tmp/pivot", 0755), 0);
	CHECK_EQ(mount("none", "/tmp/pivot", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("/tmp/pivot/old", 0755), 0);
	CHECK_EQ(close(creat("/tmp/pivot/mark", 0600)), 0);
	CHECK_ERRNO(syscall(SYS_pivot_root, "/tmp", "/tmp/pivot/old"), EBUSY);
	CHECK_ERRNO(syscall(SYS_pivot_root, "/tmp/pivot", "/tmp"), EBUSY);
	CHECK_ERRNO(syscall(SYS_pivot_root, "/tmp/pivot/old", "/tmp/pivot/old"), EINVAL);
	CHECK_ERRNO(syscall(SYS_pivot_root, "/tmp/pivot/mark", "/tmp/pivot/old"), ENOTDIR);
	CHECK_EQ(chdir("/"), 0);
	pid = fork();
	if (pid == 0) {
		while (!exists("/mark"))
			sleep_ms(1); /* whoever had the old root has the new one */
		_exit(0);
	}
	CHECK_EQ(syscall(SYS_pivot_root, "/tmp/pivot", "/tmp/pivot/old"), 0);
	CHECK(exists("/mark"));
	CHECK(exists("/old/tmp"));
	CHECK(exists("mark"));
	CHECK_EXITED(pid, 0);
	CHECK_EQ(umount2("/old", MNT_DETACH), 0);
	CHECK(!exists("/old/tmp"));
	CHECK_EQ(rmdir("/old"), 0);
}

/* Until killed, removes the directory as often as it can. */
static pid_t fork_remover(const char *dir)
{
	pid_t pid = fork_new(0);

	if (pid != 0)
		return pid;
	for (;;) {
		if (rmdir(dir) == 0)
			CHECK_EQ(mkdir(dir, 0755), 0);
	}
}

static void remover_end(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

TEST(a_mount_in_motion_keeps_its_old_place)
{
	char from[64], to[64];
	pid_t remover;
	int old, gone;

	enter_own();
	CHECK_EQ(mkdir("gone", 0755), 0);
	old = open("own", O_PATH);
	gone = open("gone", O_PATH);
	CHECK_EQ(rmdir("gone"), 0);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", old);
	snprintf(to, sizeof(to), "/proc/self/fd/%d", gone);
	remover = fork_remover("own");
	for (int i = 0; i < 3000; i++)
		CHECK_ERRNO(mount(from, to, NULL, MS_MOVE, NULL), ENOENT);
	remover_end(remover);
	CHECK_ERRNO(rmdir("own"), EBUSY);
}

TEST(a_root_that_is_replaced_keeps_its_place)
{
	pid_t remover;

	enter_own();
	remover = fork_remover("own");
	CHECK_EQ(chroot("own"), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(mkdir("/b", 0755), 0);
	CHECK_EQ(mount("none", "/b", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("/b/b", 0755), 0);
	for (int i = 0; i < 3000; i++)
		CHECK_EQ(syscall(SYS_pivot_root, "/b", "/b/b"), 0);
	remover_end(remover);
}

TEST(pivot_of_the_first_root)
{
	enter_own();
	CHECK_EQ(mkdir("own/old", 0755), 0);
	CHECK_ERRNO(syscall(SYS_pivot_root, "own", "own/old"), EINVAL);
	become(1000);
	CHECK_ERRNO(syscall(SYS_pivot_root, "own", "own/old"), EPERM);
}

TEST(an_ordinary_user_mounts_in_his_own)
{
	char dir[64];

	enter_scratch();
	CHECK_EQ(chmod(".", 0777), 0);
	CHECK(getcwd(dir, sizeof(dir)));
	become(1000);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_ERRNO(unshare(CLONE_NEWNS), EPERM);
	CHECK_ERRNO(mount("none", "d", "tmpfs", 0, NULL), EPERM);
	enter_user_ns();
	CHECK_ERRNO(mount("none", "d", "tmpfs", 0, NULL), EPERM);
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount("none", "d", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mkdir("d/sub", 0755), 0);
	CHECK_EQ(mount("d", "d/sub", NULL, MS_BIND, NULL), 0);
	CHECK_EQ(umount("d/sub"), 0);
	CHECK_EQ(umount("d"), 0);
	CHECK_ERRNO(mount("none", "d", "devtmpfs", 0, NULL), EPERM);
	CHECK_ERRNO(mount("none", "d", "nosuch", 0, NULL), ENODEV);
}

TEST(whose_file_system_it_is_remounts_it)
{
	enter_scratch();
	CHECK_EQ(chmod(".", 0777), 0);
	CHECK_EQ(mkdir("d", 0777) | mkdir("e", 0777), 0);
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount("none", "d", "tmpfs", 0, "mode=0777"), 0);
	become(1000);
	enter_user_ns();
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_ERRNO(mount("none", "d", NULL, MS_REMOUNT, "size=64k"), EPERM);
	CHECK_EQ(mount("none", "e", "tmpfs", 0, NULL), 0);
	CHECK_EQ(mount("none", "e", NULL, MS_REMOUNT | MS_NOATIME, "size=64k"), 0);
	IN_CHILD(enter_user_ns(); CHECK_EQ(unshare(CLONE_NEWNS), 0);
		 CHECK_ERRNO(mount("none", "e", NULL, MS_REMOUNT | MS_NOATIME, "size=1m"), EPERM));
}

TEST(what_came_along_is_locked)
{
	enter_scratch();
	CHECK_EQ(chmod(".", 0777), 0);
	CHECK_EQ(mkdir("d", 0777), 0);
	CHECK_EQ(mkdir("e", 0777), 0);
	CHECK_EQ(mkdir("f", 0777), 0);
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount("none", "d", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0777"), 0);
	become(1000);
	enter_user_ns();
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_ERRNO(umount("d"), EINVAL);
	CHECK_ERRNO(umount2("d", MNT_DETACH), EINVAL);
	CHECK_ERRNO(mount("d", "e", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_ERRNO(mount(".", "e", NULL, MS_BIND, NULL), EINVAL);
	CHECK_EQ(mount(".", "e", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_EQ(mount("d", "f", NULL, MS_BIND, NULL), 0);
	CHECK_ERRNO(mount("none", "f", NULL, MS_BIND | MS_REMOUNT, NULL), EPERM);
	CHECK_EQ(mount("none", "f", NULL, MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV, NULL), 0);
	CHECK_EQ(umount("f"), 0);
}

static int remount_bind(const char *at, unsigned long flags)
{
	return mount("none", at, NULL, MS_BIND | MS_REMOUNT | flags, NULL);
}

TEST(what_came_along_keeps_its_access_times)
{
	enter_scratch();
	CHECK_EQ(chmod(".", 0777), 0);
	CHECK_EQ(mkdir("d", 0777), 0);
	CHECK_EQ(mkdir("e", 0777), 0);
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount("none", "d", "tmpfs", MS_STRICTATIME, "mode=0777"), 0);
	CHECK_EQ(mount("none", "e", "tmpfs", MS_NOATIME, "mode=0777"), 0);
	become(1000);
	enter_user_ns();
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_ERRNO(remount_bind("d", MS_NOATIME), EPERM);
	CHECK_ERRNO(remount_bind("d", MS_RELATIME), EPERM);
	CHECK_ERRNO(remount_bind("d", MS_STRICTATIME | MS_NODIRATIME), EPERM);
	CHECK_EQ(remount_bind("d", MS_STRICTATIME), 0);
	CHECK_EQ(remount_bind("d", 0), 0);
	CHECK_ERRNO(remount_bind("e", MS_STRICTATIME), EPERM);
	CHECK_ERRNO(remount_bind("e", MS_NOATIME | MS_NODIRATIME), EPERM);
	CHECK_EQ(remount_bind("e", MS_NOATIME), 0);
}

TEST(a_namespace_file_can_be_mounted)
{
	struct stat a, b;
	int fd;

	enter_scratch();
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	close(creat("kept", 0600));
	IN_CHILD(CHECK_EQ(unshare(CLONE_NEWUTS), 0); CHECK_EQ(sethostname("kept", 4), 0);
		 CHECK_EQ(mount("/proc/self/ns/uts", "kept", NULL, MS_BIND, NULL), 0));
	CHECK_EQ(stat("kept", &a), 0);
	CHECK_EQ(stat("/proc/self/ns/uts", &b), 0);
	CHECK_EQ(a.st_dev, b.st_dev);
	CHECK(a.st_ino != b.st_ino);
	fd = open("kept", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(setns(fd, CLONE_NEWUTS), 0);
	char name[64];

	CHECK_EQ(gethostname(name, sizeof(name)), 0);
	CHECK_STR(name, "kept");
	close(fd);
	CHECK_EQ(umount("kept"), 0);
}

/* It would keep itself alive. */
TEST(ones_own_tree_can_not_be_mounted)
{
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	write_file("/tmp/mnt_ns_file", "", 0);
	CHECK_ERRNO(mount("/proc/self/ns/mnt", "/tmp/mnt_ns_file", NULL, MS_BIND, NULL), EINVAL);
	unlink("/tmp/mnt_ns_file");
}

TEST(proc_of_another_shows_its_mounts)
{
	char path[64], text[8192];
	int ready[2];
	char byte;
	pid_t pid;

	enter_scratch();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(pipe(ready), 0);
	pid = fork_new(CLONE_NEWNS);
	if (pid == 0) {
		CHECK_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
		CHECK_EQ(mount("theirs", "d", "tmpfs", 0, NULL), 0);
		CHECK_EQ(write(ready[1], "x", 1), 1);
		pause();
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	CHECK(read_file(path, text, sizeof(text)) > 0);
	CHECK(strstr(text, " - tmpfs theirs "));
	CHECK(read_file("/proc/self/mountinfo", text, sizeof(text)) > 0);
	CHECK(!strstr(text, " - tmpfs theirs "));
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
}

TEST(a_failed_unshare_moves_nothing)
{
	enter_scratch();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mount("t", "d", "tmpfs", 0, NULL), 0);
	CHECK_EQ(put_text("/proc/sys/user/max_ipc_namespaces", "0"), 0);
	CHECK_ERRNO(unshare(CLONE_NEWNS | CLONE_NEWIPC), ENOSPC);
	CHECK_EQ(put_text("/proc/sys/user/max_ipc_namespaces", "1000"), 0);
	CHECK_EQ(umount("d"), 0);
}

/* Those show the tasks of a pid namespace, the devices of a net namespace. */
TEST(proc_and_sysfs_belong_to_whom_they_show)
{
	pid_t pid;

	become(1000);
	enter_user_ns();
	CHECK_EQ(unshare(CLONE_NEWNS | CLONE_NEWPID), 0);
	CHECK_ERRNO(mount("p", "/tmp", "proc", 0, NULL), EPERM);
	CHECK_ERRNO(mount("s", "/tmp", "sysfs", 0, NULL), EPERM);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(mount("p", "/tmp", "proc", 0, NULL), 0);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

/* It shows the queues of an ipc namespace. */
static unsigned new_terminals_mode(void)
{
	int master = open("terminals/ptmx", O_RDWR | O_NOCTTY), number;
	struct stat st;
	char path[32];

	CHECK(master >= 0);
	CHECK_EQ(ioctl(master, TIOCGPTN, &number), 0);
	snprintf(path, sizeof(path), "terminals/%d", number);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(close(master), 0);
	return st.st_mode;
}

TEST(an_ordinary_user_opens_nobodys_terminals)
{
	unsigned mode;

	enter_own();
	CHECK_EQ(chmod(".", 0777), 0);
	CHECK_EQ(mkdir("terminals", 0755), 0);
	CHECK_EQ(mount("none", "terminals", "devpts", 0, NULL), 0);
	mode = new_terminals_mode();
	IN_CHILD(become(1000); enter_user_ns(); CHECK_EQ(unshare(CLONE_NEWNS), 0);
		 CHECK_EQ(mkdir("pts", 0755), 0);
		 mount("none", "pts", "devpts", 0, "mode=0666,ptmxmode=0666"));
	CHECK_EQ(new_terminals_mode(), mode);
}

TEST(mqueue_belongs_to_the_ipc_namespace)
{
	become(1000);
	enter_user_ns();
	CHECK_EQ(unshare(CLONE_NEWNS), 0);
	CHECK_ERRNO(mount("q", "/tmp", "mqueue", 0, NULL), EPERM);
	CHECK_EQ(unshare(CLONE_NEWIPC), 0);
	CHECK_EQ(mount("q", "/tmp", "mqueue", 0, NULL), 0);
}

/* What covers the root is reached by going up from it. */
TEST(the_root_can_be_covered)
{
	enter_own();
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	CHECK_EQ(mkdir("/tmp/uncovered", 0755), 0);
	CHECK_EQ(mount("none", "/", "tmpfs", 0, NULL), 0);
	CHECK(exists("/tmp/uncovered"));
	CHECK_EQ(rmdir("/tmp/uncovered"), 0);
	CHECK_EQ(chdir("/.."), 0);
	CHECK_EQ(fs_type("."), TMPFS);
	CHECK(!exists("tmp"));
	CHECK_EQ(chroot("."), 0);
	CHECK_EQ(mkdir("/fresh", 0755), 0);
	CHECK(exists("/../fresh"));
	CHECK_EQ(fchdir(fd), 0);
	CHECK(exists("tmp"));
}

/* --- empty ones: newer than Linux 6.12 */

#define EMPTY_MNTNS (1ULL << 37)
#define UNSHARE_EMPTY 0x00100000
#define NULLFS 0x4e554c4c

static long clone3_new(uint64_t flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return syscall(SYS_clone3, &args, sizeof(args));
}

static pid_t fork_empty(uint64_t flags)
{
	long pid = clone3_new(EMPTY_MNTNS | flags);

	if (pid == -1 && errno == EINVAL && access("/proc/pando", F_OK))
		SKIP("newer than this Linux");
	CHECK(pid >= 0);
	return (pid_t)pid;
}

static void check_nothing_there(void)
{
	char cwd[64];
	DIR *dir = opendir("/");

	CHECK_EQ(fs_type("/"), NULLFS);
	CHECK_EQ(fs_type("."), NULLFS);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
	CHECK(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		CHECK_EQ(entry->d_name[0], '.');
	closedir(dir);
	CHECK_ERRNO(access("/proc", F_OK), ENOENT);
	CHECK_EQ(chdir("/.."), 0);
	CHECK_ERRNO(mkdir("d", 0755), EPERM);
	CHECK_ERRNO(open("f", O_CREAT | O_RDWR, 0600), EPERM);
	CHECK_ERRNO(symlink("x", "l"), EPERM);
	CHECK_ERRNO(chmod("/", 0777), EPERM);
	CHECK_ERRNO(mount("none", "/", NULL, MS_REMOUNT | MS_RDONLY, NULL), EINVAL);
	CHECK_ERRNO(umount("/"), EINVAL);
	CHECK_ERRNO(umount2("/", MNT_DETACH), EINVAL);
}

TEST(empty_has_nothing_but_a_root)
{
	enter_scratch();
	pid_t pid = fork_empty(0);

	if (!pid) {
		check_nothing_there();
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	CHECK(exists("/proc/self"));
	pid = fork_empty(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS);
	if (!pid) {
		check_nothing_there();
		_exit(getpid());
	}
	CHECK_EXITED(pid, 1);
}

TEST(empty_by_unshare)
{
	int outside = open("/proc/self/ns/mnt", O_RDONLY);

	if (unshare(UNSHARE_EMPTY) == -1 && errno == EINVAL && access("/proc/pando", F_OK))
		SKIP("newer than this Linux");
	check_nothing_there();
	CHECK_EQ(setns(outside, CLONE_NEWNS), 0);
	CHECK(exists("/proc/self"));
	CHECK_EQ(unshare(UNSHARE_EMPTY | CLONE_NEWNS | CLONE_NEWIPC), 0);
	check_nothing_there();
}

TEST(empty_keeps_the_rules_of_newns)
{
	int fd;
	pid_t pid = fork_empty(0);

	if (!pid)
		_exit(0);
	CHECK_EXITED(pid, 0);
	CHECK_ERRNO(clone3_new(EMPTY_MNTNS | CLONE_FS), EINVAL);
	CHECK_ERRNO(syscall(SYS_unshare, EMPTY_MNTNS), EINVAL);
	become(1000);
	CHECK_ERRNO(clone3_new(EMPTY_MNTNS), EPERM);
	CHECK_ERRNO(unshare(UNSHARE_EMPTY), EPERM);
	pid = fork_empty(CLONE_NEWUSER | CLONE_NEWPID);
	if (!pid) {
		check_nothing_there();
		/* He sees no whole /proc already. */
		CHECK_ERRNO(mount("none", "/", "proc", 0, NULL), EPERM);
		CHECK_EQ(mount("none", "/", "tmpfs", 0, NULL), 0);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
	fd = open("/proc/self/ns/mnt", O_RDONLY);
	CHECK_ERRNO(setns(fd, CLONE_NEWNS), EPERM);
}

TEST(empty_is_filled_from_the_root)
{
	pid_t pid = fork_empty(0);

	if (!pid) {
		CHECK_EQ(mount("none", "/", "tmpfs", 0, NULL), 0);
		CHECK_EQ(chdir("/.."), 0);
		CHECK_EQ(chroot("."), 0);
		CHECK_EQ(mkdir("/proc", 0755), 0);
		CHECK_EQ(mount("none", "/proc", "proc", 0, NULL), 0);
		CHECK(exists("/proc/self"));
		CHECK_EQ(mkdir("/new", 0755), 0);
		CHECK_EQ(mount("none", "/new", "tmpfs", 0, NULL), 0);
		CHECK_EQ(mkdir("/new/old", 0755), 0);
		CHECK_EQ(syscall(SYS_pivot_root, "/new", "/new/old"), 0);
		CHECK(exists("/old/proc/self"));
		CHECK_EQ(umount2("/old", MNT_DETACH), 0);
		CHECK_ERRNO(access("/old/proc", F_OK), ENOENT);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

TEST(empty_can_be_entered)
{
	char path[64];
	pid_t pid = fork_empty(0);

	if (!pid)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	int fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(setns(fd, CLONE_NEWNS), 0);
	check_nothing_there();
}

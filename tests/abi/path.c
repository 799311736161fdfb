/*
 * path.c: names: folders, links, renaming, metadata, the walk and its limits, mounts.
 */
#include "tests/abi/abi.h"
#include <dirent.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <utime.h>

static void create(const char *path)
{
	write_file(path, path, strlen(path));
}

static struct stat stat_of(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		FAIL("lstat %s: %s", path, strerrorname_np(errno));
	return st;
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

TEST(folders)
{
	enter_scratch();
	umask(022);
	CHECK_EQ(mkdir("d", 0777), 0);
	CHECK_EQ(stat_of("d").st_mode, S_IFDIR | 0755);
	CHECK_EQ(stat_of("d").st_nlink, 2);
	CHECK_ERRNO(mkdir("d", 0777), EEXIST);
	CHECK_ERRNO(mkdir("absent/d", 0777), ENOENT);
	CHECK_EQ(mkdir("d/e/", 0700), 0);
	CHECK_EQ(stat_of("d").st_nlink, 3);
	CHECK_ERRNO(rmdir("d"), ENOTEMPTY);
	CHECK_ERRNO(rmdir("d/e/."), EINVAL);
	CHECK_ERRNO(rmdir("d/e/.."), ENOTEMPTY);
	CHECK_ERRNO(unlink("d/e"), EISDIR);
	CHECK_EQ(rmdir("d/e"), 0);
	CHECK_EQ(rmdir("d"), 0);
	CHECK_ERRNO(rmdir("d"), ENOENT);
	create("f");
	CHECK_ERRNO(rmdir("f"), ENOTDIR);
	CHECK_ERRNO(unlink("f/"), ENOTDIR);
	CHECK_ERRNO(mkdir("f/d", 0700), ENOTDIR);
	CHECK_ERRNO(rmdir("/"), EBUSY);
}

TEST(a_removed_folder_is_dead)
{
	char cwd[100];

	enter_scratch();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(chdir("d"), 0);
	CHECK_EQ(rmdir("../d"), 0);
	CHECK_ERRNO(open("f", O_CREAT | O_WRONLY, 0600), ENOENT);
	CHECK_ERRNO(mkdir("x", 0700), ENOENT);
	CHECK_ERRNO(syscall(SYS_getcwd, cwd, sizeof(cwd)), ENOENT);
	CHECK_EQ(chdir(".."), 0);
}

TEST(reading_a_folder)
{
	int seen[300] = { 0 }, dots = 0;
	char name[20];

	enter_scratch();
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		create(name);
	}
	DIR *dir = opendir(".");
	CHECK(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.') {
			CHECK_EQ(entry->d_type, DT_DIR);
			dots++;
			continue;
		}
		CHECK_EQ(entry->d_type, DT_REG);
		CHECK_EQ(entry->d_ino, stat_of(entry->d_name).st_ino);
		seen[atoi(entry->d_name + 5)]++;
	}
	CHECK_EQ(dots, 2);
	for (int i = 0; i < 300; i++)
		CHECK_EQ(seen[i], 1);
	rewinddir(dir);
	CHECK(readdir(dir));
}

TEST(getdents_errors_and_removal_while_reading)
{
	char buffer[1024], name[20];
	int left = 0;

	enter_scratch();
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%d", i);
		create(name);
	}
	int fd = open(".", O_RDONLY);
	CHECK_ERRNO(syscall(SYS_getdents64, fd, buffer, 10), EINVAL);
	CHECK_ERRNO(syscall(SYS_getdents64, fd, 8, 1024), EFAULT);
	CHECK_ERRNO(syscall(SYS_getdents64, open("0", O_RDONLY), buffer, 1024), ENOTDIR);
	DIR *dir = fdopendir(fd);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			CHECK_EQ(unlink(entry->d_name), 0);
	dir = opendir(".");
	while (readdir(dir))
		left++;
	CHECK_EQ(left, 2);
}

TEST(hard_links)
{
	enter_scratch();
	create("f");
	CHECK_EQ(link("f", "g"), 0);
	CHECK_EQ(stat_of("f").st_nlink, 2);
	CHECK_EQ(stat_of("f").st_ino, stat_of("g").st_ino);
	CHECK_ERRNO(link("f", "g"), EEXIST);
	CHECK_ERRNO(link("absent", "h"), ENOENT);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_ERRNO(link("d", "h"), EPERM);
	CHECK_ERRNO(link("f", "/dev/x"), EXDEV);
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(stat_of("g").st_nlink, 1);
}

TEST(symbolic_links)
{
	char target[100] = "";

	enter_scratch();
	create("f");
	CHECK_EQ(symlink("f", "s"), 0);
	CHECK_EQ(stat_of("s").st_mode, S_IFLNK | 0777);
	CHECK_EQ(stat_of("s").st_size, 1);
	CHECK_EQ(readlink("s", target, sizeof(target)), 1);
	CHECK_STR(target, "f");
	CHECK_ERRNO(readlink("f", target, sizeof(target)), EINVAL);
	CHECK_ERRNO(readlink("s", target, 0), EINVAL);
	CHECK_ERRNO(symlink("x", "s"), EEXIST);
	CHECK_ERRNO(symlink("", "t"), ENOENT);
	CHECK_ERRNO(open("s", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_EQ(symlink("absent", "dangling"), 0);
	CHECK_ERRNO(open("dangling", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
	CHECK(open("dangling", O_CREAT | O_WRONLY, 0600) >= 0);
	CHECK(exists("absent"));
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(symlink("d", "ds"), 0);
	create("ds/inside");
	CHECK(exists("d/inside"));
	CHECK_ERRNO(rmdir("ds"), ENOTDIR);
	CHECK_ERRNO(open("ds", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(mkdir("ds", 0755), EEXIST);
}

TEST(link_loops)
{
	char name[10], target[10];

	enter_scratch();
	CHECK_EQ(symlink("b", "a"), 0);
	CHECK_EQ(symlink("a", "b"), 0);
	CHECK_ERRNO(open("a", O_RDONLY), ELOOP);
	create("l0");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		CHECK_EQ(symlink(target, name), 0);
	}
	CHECK(open("l40", O_RDONLY) >= 0);
	CHECK_ERRNO(open("l41", O_RDONLY), ELOOP);
}

TEST(name_lengths)
{
	static char path[5000];

	enter_scratch();
	memset(path, 'n', 255);
	CHECK_EQ(mkdir(path, 0755), 0);
	path[255] = 'n';
	CHECK_ERRNO(mkdir(path, 0755), ENAMETOOLONG);
	for (int i = 0; i < 4095; i += 2)
		memcpy(path + i, "./", 2);
	path[4095] = 0;
	CHECK_EQ(access(path, F_OK), 0);
	path[4095] = '.', path[4096] = 0;
	CHECK_ERRNO(access(path, F_OK), ENAMETOOLONG);
}

TEST(renaming)
{
	enter_scratch();
	create("a");
	create("b");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("d/e", 0755), 0);
	ino_t inode = stat_of("a").st_ino;
	CHECK_EQ(rename("a", "b"), 0);
	CHECK(!exists("a"));
	CHECK_EQ(stat_of("b").st_ino, inode);
	CHECK_EQ(rename("b", "d/b"), 0);
	CHECK_ERRNO(rename("d", "d/e/x"), EINVAL);
	CHECK_ERRNO(rename("d/b", "d/e"), EISDIR);
	CHECK_ERRNO(rename("d/e", "d/b"), ENOTDIR);
	CHECK_ERRNO(rename("absent", "x"), ENOENT);
	CHECK_ERRNO(rename("d/b", "/proc/x"), EXDEV);
	CHECK_EQ(mkdir("empty", 0755), 0);
	CHECK_ERRNO(rename("empty", "d"), ENOTEMPTY);
	CHECK_EQ(rename("d", "empty"), 0);
	CHECK(exists("empty/b"));
	CHECK_EQ(link("empty/b", "same"), 0);
	CHECK_EQ(rename("same", "empty/b"), 0); /* two names of one file: nothing happens */
	CHECK(exists("same") && exists("empty/b"));
	CHECK_ERRNO(rename("empty", "same"), ENOTDIR);
	CHECK_EQ(stat_of(".").st_nlink, 3);
}

TEST(renameat2_flags)
{
	enter_scratch();
	create("a");
	CHECK_EQ(mkdir("d", 0755), 0);
	int result = renameat2(AT_FDCWD, "a", AT_FDCWD, "d", RENAME_NOREPLACE);
	SKIP_IF_ENOSYS(result);
	CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "d", RENAME_NOREPLACE), EEXIST);
	CHECK_EQ(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE), 0);
	CHECK_EQ(renameat2(AT_FDCWD, "b", AT_FDCWD, "d", RENAME_EXCHANGE), 0);
	CHECK(S_ISDIR(stat_of("b").st_mode) && S_ISREG(stat_of("d").st_mode));
	CHECK_ERRNO(renameat2(AT_FDCWD, "b", AT_FDCWD, "x", RENAME_EXCHANGE), ENOENT);
	CHECK_ERRNO(renameat2(AT_FDCWD, "b", AT_FDCWD, "d", RENAME_EXCHANGE | RENAME_NOREPLACE),
		    EINVAL);
	CHECK_ERRNO(renameat2(AT_FDCWD, "b", AT_FDCWD, "d", 64), EINVAL);
}

TEST(modes_and_owners)
{
	enter_scratch();
	create("f");
	CHECK_EQ(chmod("f", 0604), 0);
	CHECK_EQ(stat_of("f").st_mode, S_IFREG | 0604);
	CHECK_EQ(chmod("f", 07777), 0);
	CHECK_EQ(stat_of("f").st_mode, S_IFREG | 07777);
	CHECK_EQ(chown("f", 12, 34), 0);
	CHECK_EQ(stat_of("f").st_uid, 12);
	CHECK_EQ(stat_of("f").st_gid, 34);
	CHECK_EQ(stat_of("f").st_mode & 07000, 01000); /* chown takes set-uid and set-gid away */
	CHECK_EQ(chown("f", -1, 56), 0);
	CHECK_EQ(stat_of("f").st_uid, 12);
	int fd = open("f", O_RDONLY);
	CHECK_EQ(fchmod(fd, 0600), 0);
	CHECK_EQ(fchown(fd, 0, 0), 0);
	CHECK_EQ(stat_of("f").st_mode, S_IFREG | 0600);
	umask(027);
	close(open("g", O_CREAT | O_WRONLY, 0666));
	CHECK_EQ(stat_of("g").st_mode, S_IFREG | 0640);
}

TEST(permission_checks)
{
	enter_scratch();
	create("mine");
	CHECK_EQ(chmod("mine", 0600), 0);
	CHECK_EQ(mkdir("shut", 0700), 0);
	create("shut/inside");
	CHECK_EQ(mkdir("sticky", 0777), 0);
	CHECK_EQ(chmod("sticky", 01777), 0);
	create("sticky/file");
	CHECK_EQ(chmod(".", 0755), 0);
	IN_CHILD(CHECK_EQ(setresgid(500, 500, 500), 0); CHECK_EQ(setresuid(500, 500, 500), 0);
		 CHECK_ERRNO(open("mine", O_RDONLY), EACCES);
		 CHECK_ERRNO(access("mine", R_OK), EACCES); CHECK_EQ(access("mine", F_OK), 0);
		 CHECK_ERRNO(open("shut/inside", O_RDONLY), EACCES);
		 CHECK_ERRNO(chdir("shut"), EACCES);
		 CHECK_ERRNO(open("x", O_CREAT | O_WRONLY, 0600), EACCES);
		 CHECK_ERRNO(mkdir("x", 0700), EACCES); CHECK_ERRNO(unlink("mine"), EACCES);
		 CHECK_ERRNO(chmod("mine", 0666), EPERM);
		 CHECK_ERRNO(chown("mine", 500, 500), EPERM);
		 CHECK_ERRNO(unlink("sticky/file"), EPERM); CHECK_ERRNO(chroot("."), EPERM);
		 CHECK_ERRNO(mount("t", ".", "tmpfs", 0, NULL), EPERM));
	CHECK_EQ(access("mine", R_OK | W_OK), 0);
	CHECK_ERRNO(access("mine", X_OK), EACCES);
	CHECK_ERRNO(access("mine", 64), EINVAL);
}

TEST(stat_fields)
{
	enter_scratch();
	int64_t before = time(NULL);
	create("f");
	struct stat st = stat_of("f");

	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_uid, getuid());
	CHECK_EQ(st.st_size, 1);
	CHECK_EQ(st.st_blksize, 4096);
	CHECK_EQ(st.st_blocks, 8);
	CHECK(st.st_ino > 0 && st.st_dev > 0);
	CHECK(st.st_mtime >= before - 1 && st.st_mtime <= time(NULL));
	CHECK_EQ(st.st_dev, stat_of(".").st_dev);
	CHECK(st.st_dev != stat_of("/proc").st_dev);
	CHECK_ERRNO(syscall(SYS_newfstatat, AT_FDCWD, "f", &st, 0x8000), EINVAL);
	CHECK_EQ(fstatat(open("f", O_RDONLY), "", &st, AT_EMPTY_PATH), 0);
	CHECK_ERRNO(fstatat(999, "f", &st, 0), EBADF);
	CHECK_EQ(fstatat(999, "/proc", &st, 0), 0);
	CHECK_ERRNO(fstatat(open("f", O_RDONLY), "x", &st, 0), ENOTDIR);
}

TEST(statx_agrees_with_stat)
{
	struct statx stx;

	enter_scratch();
	create("f");
	int result = statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &stx);
	SKIP_IF_ENOSYS(result);
	struct stat st = stat_of("f");
	CHECK_EQ(result, 0);
	CHECK_EQ(stx.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(stx.stx_ino, st.st_ino);
	CHECK_EQ(stx.stx_mode, st.st_mode);
	CHECK_EQ(stx.stx_size, st.st_size);
	CHECK_EQ(makedev(stx.stx_dev_major, stx.stx_dev_minor), st.st_dev);
	CHECK_EQ(stx.stx_mtime.tv_nsec, st.st_mtim.tv_nsec);
	CHECK_ERRNO(statx(AT_FDCWD, "f", 0, 0x80000000, &stx), EINVAL);
}

TEST(times)
{
	struct timespec set[2] = { { 1000, 5 }, { 2000, 6 } };

	enter_scratch();
	create("f");
	CHECK_EQ(utimensat(AT_FDCWD, "f", set, 0), 0);
	CHECK_EQ(stat_of("f").st_atim.tv_sec, 1000);
	CHECK_EQ(stat_of("f").st_atim.tv_nsec, 5);
	CHECK_EQ(stat_of("f").st_mtim.tv_sec, 2000);
	set[0].tv_nsec = UTIME_OMIT;
	set[1].tv_nsec = UTIME_NOW;
	CHECK_EQ(utimensat(AT_FDCWD, "f", set, 0), 0);
	CHECK_EQ(stat_of("f").st_atim.tv_sec, 1000);
	CHECK(stat_of("f").st_mtim.tv_sec > 2000);
	set[0].tv_nsec = 1000000000;
	CHECK_ERRNO(utimensat(AT_FDCWD, "f", set, 0), EINVAL);
	CHECK_EQ(utimensat(AT_FDCWD, "f", NULL, 0), 0);
	CHECK(stat_of("f").st_atim.tv_sec > 1000);
	set[0] = set[1] = (struct timespec){ 3000, 0 };
	CHECK_EQ(utimensat(AT_FDCWD, ".", set, 0), 0);
	CHECK_EQ(stat_of(".").st_mtim.tv_sec, 3000);
	create("g"); /* changes the folder */
	CHECK(stat_of(".").st_mtim.tv_sec > 3000);
}

TEST(working_folder)
{
	char cwd[200], scratch[200];

	enter_scratch();
	CHECK(getcwd(scratch, sizeof(scratch)));
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(chdir("d/./../d"), 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	strcat(scratch, "/d");
	CHECK_STR(cwd, scratch);
	CHECK_ERRNO(syscall(SYS_getcwd, cwd, 3), ERANGE);
	CHECK_ERRNO(chdir("absent"), ENOENT);
	CHECK_EQ(rename("../d", "../renamed"), 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK(strstr(cwd, "/renamed"));
	CHECK_EQ(chdir("/../../"), 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
}

TEST(chroot_moves_the_root)
{
	char cwd[200];
	int self = open("/proc/self", O_RDONLY);

	enter_scratch();
	CHECK_EQ(mkdir("jail", 0755), 0);
	create("jail/f");
	create("outside");
	CHECK_EQ(chroot("jail"), 0);
	CHECK_EQ(access("/f", F_OK), 0);
	CHECK_EQ(access("outside", F_OK), 0); /* the working folder stays where it was */
	CHECK_EQ(syscall(SYS_getcwd, cwd, sizeof(cwd)) > 0, 1);
	CHECK(!strncmp(cwd, "(unreachable)", 13));
	CHECK(readlinkat(self, "cwd", cwd, sizeof(cwd)) > 0);
	CHECK(!strncmp(cwd, "/tmp/abi.", 9)); /* only getcwd says so */
	CHECK_EQ(chdir("/.."), 0);
	CHECK_EQ(access("f", F_OK), 0);
	CHECK_ERRNO(access("/../outside", F_OK), ENOENT);
}

TEST(mount_and_umount_tmpfs)
{
	struct statfs fs;

	enter_scratch();
	CHECK_EQ(mkdir("m", 0755), 0);
	create("m/below");
	CHECK_EQ(mount("tmpfs", "m", "tmpfs", 0, NULL), 0);
	CHECK(!exists("m/below"));
	create("m/above");
	CHECK_EQ(statfs("m", &fs), 0);
	CHECK_EQ(fs.f_type, 0x01021994);
	CHECK_EQ(fs.f_bsize, 4096);
	CHECK_EQ(fs.f_namelen, 255);
	CHECK(stat_of("m").st_dev != stat_of(".").st_dev);
	CHECK_ERRNO(rename("m/above", "above"), EXDEV);
	CHECK_ERRNO(rmdir("m"), EBUSY);
	int fd = open("m/above", O_RDONLY);
	CHECK_ERRNO(umount("m"), EBUSY);
	close(fd);
	CHECK_EQ(umount("m"), 0);
	CHECK(exists("m/below"));
	CHECK_ERRNO(umount("m"), EINVAL);
	CHECK_ERRNO(mount("x", "m", "nosuchfs", 0, NULL), ENODEV);
	CHECK_ERRNO(mount("x", "absent", "tmpfs", 0, NULL), ENOENT);
	CHECK_ERRNO(mount("x", "m/below", "tmpfs", 0, NULL), ENOTDIR);
}

TEST(special_files)
{
	enter_scratch();
	CHECK_EQ(mkfifo("p", 0600), 0);
	CHECK(S_ISFIFO(stat_of("p").st_mode));
	CHECK_EQ(mknod("null", S_IFCHR | 0666, makedev(1, 3)), 0);
	CHECK_EQ(stat_of("null").st_rdev, makedev(1, 3));
	int fd = open("null", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(mknod("plain", 0600, 0), 0);
	CHECK(S_ISREG(stat_of("plain").st_mode));
	CHECK_ERRNO(mknod("p", 0600, 0), EEXIST);
	CHECK_EQ(mknod("none", S_IFCHR | 0666, makedev(250, 99)), 0);
	CHECK_ERRNO(open("none", O_RDWR), ENXIO);
}

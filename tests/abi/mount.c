/*
 * mount.c: the mount tree, the limits of tmpfs, and openat2's ways to stay inside a place.
 */
#include "abi.h"

#include <dirent.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void create(const char *path)
{
	write_file(path, "x", 1);
}

static dev_t dev_of(const char *path)
{
	struct stat st;

	CHECK_EQ(lstat(path, &st), 0);
	return st.st_dev;
}

/* A tmpfs of its own to mount things in, so that nothing is shared with what was there. */
static void enter_tmpfs(const char *options)
{
	enter_scratch();
	CHECK_EQ(mkdir("fs", 0755), 0);
	CHECK_EQ(mount("test", "fs", "tmpfs", 0, options), 0);
	CHECK_EQ(chdir("fs"), 0);
}

TEST(bind_shows_the_same_files)
{
	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("a", 0755) | mkdir("b", 0755) | mkdir("a/sub", 0755), 0);
	CHECK_EQ(mount("a", "b", NULL, MS_BIND, NULL), 0);
	create("b/new");
	CHECK(exists("a/new"));
	CHECK_EQ(dev_of("a"), dev_of("b"));
	CHECK_ERRNO(rename("a/new", "b/other"), EXDEV);
	CHECK_ERRNO(link("a/new", "b/other"), EXDEV);
	CHECK_EQ(umount("b"), 0);
	CHECK(!exists("b/new"));
	create("file");
	create("over");
	CHECK_EQ(mount("file", "over", NULL, MS_BIND, NULL), 0);
	CHECK_ERRNO(unlink("over"), EBUSY);
	CHECK_EQ(umount("over"), 0);
	CHECK_ERRNO(mount("file", "a", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_ERRNO(mount("a", "file", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_ERRNO(mount(NULL, "a", NULL, MS_BIND, NULL), EINVAL);
}

TEST(recursive_bind_takes_what_is_mounted_below)
{
	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("a", 0755) | mkdir("a/m", 0755) | mkdir("b", 0755) | mkdir("c", 0755), 0);
	CHECK_EQ(mount("t", "a/m", "tmpfs", 0, NULL), 0);
	create("a/m/inside");
	CHECK_EQ(mount("a", "b", NULL, MS_BIND, NULL), 0);
	CHECK(!exists("b/m/inside"));
	CHECK_EQ(mount("a", "c", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK(exists("c/m/inside"));
	CHECK_ERRNO(umount("c"), EBUSY);
	CHECK_EQ(umount2("c", MNT_DETACH), 0);
	CHECK(!exists("c/m"));
	CHECK(exists("a/m/inside"));
}

TEST(moving_a_mount)
{
	enter_tmpfs(NULL);
	CHECK_EQ(mount(NULL, ".", NULL, MS_PRIVATE, NULL), 0);
	CHECK_EQ(mkdir("a", 0755) | mkdir("b", 0755), 0);
	CHECK_EQ(mount("t", "a", "tmpfs", 0, NULL), 0);
	create("a/inside");
	CHECK_EQ(mkdir("a/deep", 0755), 0);
	CHECK_ERRNO(mount("a", "a/deep", NULL, MS_MOVE, NULL), ELOOP);
	CHECK_ERRNO(mount("a/deep", "b", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_EQ(mount("a", "b", NULL, MS_MOVE, NULL), 0);
	CHECK(!exists("a/inside"));
	CHECK(exists("b/inside"));
	CHECK_EQ(umount("b"), 0);
}

TEST(mounts_stack_on_one_place)
{
	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("one", "m", "tmpfs", 0, NULL), 0);
	create("m/one");
	CHECK_EQ(mount("two", "m", "tmpfs", 0, NULL), 0);
	CHECK(!exists("m/one"));
	create("m/two");
	CHECK_EQ(chdir("m"), 0);
	CHECK(exists("two"));
	CHECK(exists("../m/two"));
	CHECK_EQ(chdir(".."), 0);
	CHECK_EQ(umount("m"), 0);
	CHECK(exists("m/one"));
	CHECK_EQ(umount("m"), 0);
}

/* Types of which each mount is an instance of its own lie on themselves; of the others the same
 * instance is refused where it is mounted already, and only there. */
TEST(an_instance_is_not_mounted_over_itself)
{
	static const struct {
		const char *type;
		int err;
	} cases[] = {
		{ "tmpfs", 0 },	 { "proc", 0 },	     { "devpts", 0 },	  { "sysfs", EBUSY },
		{ "mqueue", EBUSY }, { "cgroup2", EBUSY }, { "devtmpfs", EBUSY },
	};

	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755) | mkdir("n", 0755), 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *type = cases[i].type;
		int err;

		CHECK_EQ(mount("one", "m", type, 0, NULL), 0);
		err = mount("two", "m", type, 0, NULL) ? errno : 0;
		if (err != cases[i].err)
			printf("# %s: errno %d\n", type, err);
		CHECK_EQ(err, cases[i].err);
		CHECK_EQ(mount("three", "n", type, 0, NULL), 0);
		if (strcmp(type, "devpts") !=
		    0) /* of which Pando has one, and yet lets it lie on itself */
			CHECK_EQ(dev_of("m") == dev_of("n"), err != 0);
		CHECK_EQ(mount("m", "m", NULL, MS_BIND, NULL), 0);
		CHECK_EQ(umount("n") | umount("m") | umount("m"), 0);
		if (!err)
			CHECK_EQ(umount("m"), 0);
	}
}

TEST(an_instance_may_lie_on_a_directory_of_its_own)
{
	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("one", "m", "sysfs", 0, NULL), 0);
	CHECK_EQ(mount("two", "m/class", "sysfs", 0, NULL), 0);
	CHECK(exists("m/class/class/tty"));
	CHECK_ERRNO(mount("three", "m/class", "sysfs", 0, NULL), EBUSY);
	CHECK_EQ(umount("m/class") | umount("m"), 0);
}

TEST(detached_mounts_live_while_used)
{
	char text[8] = "";

	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", 0, NULL), 0);
	write_file("m/f", "alive", 5);
	int dir = open("m", O_RDONLY | O_DIRECTORY);
	CHECK_ERRNO(umount("m"), EBUSY);
	CHECK_EQ(umount2("m", MNT_DETACH), 0);
	CHECK(!exists("m/f"));
	int fd = openat(dir, "f", O_RDONLY);
	CHECK_EQ(read(fd, text, 5), 5);
	CHECK_STR(text, "alive");
	CHECK_EQ(mkdirat(dir, "new", 0755), 0);
	CHECK_EQ(openat(dir, "../m", O_PATH) >= 0, 0);
	CHECK_EQ(rmdir("m"), 0);
}

TEST(read_only_and_back)
{
	struct statvfs st;

	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", 0, NULL), 0);
	create("m/f");
	int fd = open("m/f", O_WRONLY);
	CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	close(fd);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	CHECK_EQ(statvfs("m", &st), 0);
	CHECK(st.f_flag & ST_RDONLY);
	CHECK_ERRNO(open("m/f", O_WRONLY), EROFS);
	CHECK_ERRNO(open("m/new", O_WRONLY | O_CREAT, 0644), EROFS);
	CHECK_EQ(close(open("m/f", O_RDONLY | O_CREAT, 0644)), 0);
	CHECK_ERRNO(mkdir("m/new", 0755), EROFS);
	CHECK_ERRNO(mkdir("m/f", 0755), EEXIST);
	CHECK_ERRNO(unlink("m/f"), EROFS);
	CHECK_ERRNO(symlink("x", "m/l"), EROFS);
	CHECK_ERRNO(rename("m/f", "m/g"), EROFS);
	CHECK_ERRNO(chmod("m/f", 0600), EROFS);
	CHECK_ERRNO(truncate("m/f", 0), EROFS);
	CHECK_ERRNO(access("m/f", W_OK), EROFS);
	CHECK_ERRNO(utimensat(AT_FDCWD, "m/f", NULL, 0), EROFS);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, NULL), 0);
	CHECK_EQ(unlink("m/f"), 0);
}

static atomic_bool is_open, over;

static void *open_and_close(void *arg)
{
	(void)arg;
	while (!over) {
		int fd = open("m/f", O_WRONLY);

		if (fd < 0) {
			sched_yield();
			continue;
		}
		is_open = true;
		sched_yield();
		is_open = false;
		close(fd);
	}
	return NULL;
}

/* A mount that has become read-only has no file open for writing, whoever was about to open one. */
TEST(nobody_writes_to_what_has_become_read_only)
{
	pthread_t thread;

	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", 0, NULL), 0);
	create("m/f");
	CHECK_EQ(pthread_create(&thread, NULL, open_and_close, NULL), 0);
	for (int round = 0; round < 500; round++) {
		if (mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0) {
			CHECK_EQ(errno, EBUSY);
			sched_yield();
			continue;
		}
		for (int look = 0; look < 20; look++) {
			CHECK(!is_open);
			sched_yield();
		}
		CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, NULL), 0);
	}
	over = true;
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

TEST(a_mount_forbids_devices_and_programs)
{
	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", MS_NODEV | MS_NOEXEC, NULL), 0);
	CHECK_EQ(mknod("m/null", S_IFCHR | 0666, makedev(1, 3)), 0);
	CHECK_ERRNO(open("m/null", O_RDONLY), EACCES);
	write_file("m/prog", "#!/bin/sh\n", 10);
	CHECK_EQ(chmod("m/prog", 0755), 0);
	CHECK_ERRNO(execl("m/prog", "prog", NULL), EACCES);
	CHECK_ERRNO(access("m/prog", X_OK), EACCES);
	int fd = open("m/prog", O_RDONLY);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	close(fd);
	CHECK_EQ(umount("m"), 0);
}

#define MOUNT_NOSYMFOLLOW 256
#define STATFS_NOSYMFOLLOW 0x2000

TEST(a_mount_forbids_links)
{
	char text[4096] = "";
	struct statfs st;

	enter_tmpfs(NULL);
	create("file");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(symlink("file", "link") | symlink(".", "d/dot"), 0);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_flags & STATFS_NOSYMFOLLOW, 0);
	CHECK(exists("link"));
	CHECK_EQ(mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MOUNT_NOSYMFOLLOW, NULL), 0);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK(st.f_flags & STATFS_NOSYMFOLLOW);
	CHECK_ERRNO(open("link", O_RDONLY), ELOOP);
	CHECK_ERRNO(open("d/dot/dot", O_RDONLY), ELOOP);
	CHECK_ERRNO(open("link", O_RDWR | O_CREAT, 0600), ELOOP);
	CHECK_EQ(readlink("link", text, sizeof(text)), 4);
	CHECK_EQ(unlink("d/dot"), 0);
	CHECK(read_file("/proc/self/mounts", text, sizeof(text)) > 0);
	CHECK(strstr(text, "nosymfollow"));
	CHECK_EQ(mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	CHECK(exists("link"));
}

TEST(mount_errors)
{
	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_ERRNO(mount("t", "m", NULL, 0, NULL), EINVAL);
	CHECK_ERRNO(mount("t", (char *)8, "tmpfs", 0, NULL), EFAULT);
	CHECK_ERRNO(mount("t", "m", (char *)8, 0, NULL), EFAULT);
	CHECK_ERRNO(mount("t", "m", "tmpfs", 0, "nonsense=1"), EINVAL);
	CHECK_ERRNO(mount("t", "m", "tmpfs", 0, "size=1x"), EINVAL);
	CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT, NULL), EINVAL);
	CHECK_ERRNO(umount2("m", 0x100), EINVAL);
	CHECK_ERRNO(umount("absent"), ENOENT);
	IN_CHILD({
		CHECK_EQ(setuid(1000), 0);
		CHECK_ERRNO(mount("t", "m", "tmpfs", 0, NULL), EPERM);
		CHECK_ERRNO(umount("."), EPERM);
	});
}

TEST(tmpfs_size_limit)
{
	static char block[4096];
	struct statfs st;
	int written = 0;

	enter_tmpfs("size=64k");
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_blocks, 16);
	CHECK_EQ(st.f_bfree, 16);
	int fd = open("f", O_CREAT | O_RDWR, 0644);
	while (write(fd, block, sizeof(block)) == sizeof(block))
		written++;
	CHECK_EQ(errno, ENOSPC);
	CHECK_EQ(written, 16);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_bfree, 15);
	CHECK_EQ(pwrite(fd, block, 1, 1 << 20), 1);
	CHECK_ERRNO(fallocate(fd, 0, 0, 1 << 20), ENOSPC);
	CHECK_EQ(unlink("f"), 0);
	close(fd);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_bfree, 16);
	CHECK_EQ(mount(NULL, ".", NULL, MS_REMOUNT, "size=128k"), 0);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_blocks, 32);
}

TEST(tmpfs_inode_limit)
{
	struct statfs st;

	enter_tmpfs("nr_inodes=3");
	create("one");
	CHECK_EQ(mkdir("two", 0755), 0);
	CHECK_ERRNO(open("three", O_CREAT | O_WRONLY, 0644), ENOSPC);
	CHECK_ERRNO(mkdir("three", 0755), ENOSPC);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_ffree, 0);
	CHECK_EQ(unlink("one"), 0);
	CHECK_EQ(mkdir("three", 0755), 0);
}

/* Or memory could be filled with names of one file. */
TEST(tmpfs_names_count_as_inodes)
{
	struct statfs st;

	enter_tmpfs("nr_inodes=4");
	create("one");
	CHECK_EQ(link("one", "two"), 0);
	CHECK_EQ(link("one", "three"), 0);
	CHECK_ERRNO(link("one", "four"), ENOSPC);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_ffree, 0);
	CHECK_EQ(unlink("one"), 0);
	create("four");
	CHECK_EQ(rename("four", "two"), 0);
	create("five");
	CHECK_EQ(unlink("two"), 0);
	CHECK_EQ(unlink("three"), 0);
	CHECK_EQ(unlink("five"), 0);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_ffree, 3);
}

/* What statfs tells of a tmpfs made with these options; errno where it is refused. */
static int options_try(const char *options, struct statfs *st)
{
	int err = mount("t", "m", "tmpfs", 0, options) ? errno : 0;

	if (err)
		return err;
	CHECK_EQ(statfs("m", st), 0);
	CHECK_EQ(umount("m"), 0);
	return 0;
}

#define MANY "size=1m,size=2m,size=3m,size=4m,size=5m,size=6m,size=7m,size=8m,size=9m,"

TEST(tmpfs_size_is_read_with_care)
{
	static const struct {
		const char *options;
		int err;
		unsigned long blocks;
	} cases[] = {
		{ "size=4097", 0, 2 },
		{ "size=64K", 0, 16 },
		{ "size=1m,size=64k", 0, 16 },
		{ ",,size=64k,", 0, 16 },
		{ MANY MANY MANY MANY "size=64k", 0, 16 },
		{ "size=0x10000", 0, 16 },
		{ "size=0200000", 0, 16 },
		{ "size=8E", 0, 1UL << 51 },
		{ "size=9223372036854775807", 0, 1UL << 51 },
		{ "size=0", 0, 0 },
		{ "size=", EINVAL, 0 },
		{ "size", EINVAL, 0 },
		{ "size=-1", EINVAL, 0 },
		{ "size=1.5m", EINVAL, 0 },
		{ "size=64kb", EINVAL, 0 },
		{ "size=50%%", EINVAL, 0 },
		{ "nr_blocks=16", 0, 16 },
		{ "nr_blocks=1k", 0, 1024 },
		{ "nr_blocks=50%", EINVAL, 0 },
		{ "nr_blocks=9223372036854775807", 0, (1UL << 63) - 1 },
		{ "nr_blocks=9223372036854775808", EINVAL, 0 },
	};
	struct statfs st;

	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = options_try(cases[i].options, &st);

		if (err != cases[i].err || (!err && st.f_blocks != cases[i].blocks))
			printf("# %s: errno %d, blocks %lu\n", cases[i].options, err,
			       err ? 0 : (unsigned long)st.f_blocks);
		CHECK_EQ(err, cases[i].err);
		if (!err)
			CHECK_EQ(st.f_blocks, cases[i].blocks);
	}
}

TEST(tmpfs_inode_limit_is_read_with_care)
{
	static const struct {
		const char *options;
		int err;
		unsigned long files;
	} cases[] = {
		{ "nr_inodes=5", 0, 5 },
		{ "nr_inodes=1k", 0, 1024 },
		{ "nr_inodes=0", 0, 0 },
		{ "nr_inodes=18014398509481983", 0, (1UL << 54) - 1 },
		{ "nr_inodes=18014398509481984", EINVAL, 0 },
		{ "nr_inodes=50%", EINVAL, 0 },
		{ "nr_inodes=", EINVAL, 0 },
		{ "nr_inodes=-1", EINVAL, 0 },
		{ "nr_inodes=five", EINVAL, 0 },
		{ "nr_inodes=5,nr_inodes", EINVAL, 0 },
	};
	struct statfs st;

	enter_tmpfs(NULL);
	CHECK_EQ(mkdir("m", 0755), 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = options_try(cases[i].options, &st);

		if (err != cases[i].err || (!err && st.f_files != cases[i].files))
			printf("# %s: errno %d, files %lu\n", cases[i].options, err,
			       err ? 0 : (unsigned long)st.f_files);
		CHECK_EQ(err, cases[i].err);
		if (!err)
			CHECK_EQ(st.f_files, cases[i].files);
	}
}

TEST(tmpfs_limits_change_with_a_remount)
{
	struct statfs st;

	enter_tmpfs("nr_inodes=4,size=16k");
	create("one");
	create("two");
	CHECK_ERRNO(mount(NULL, ".", NULL, MS_REMOUNT, "nr_inodes=2"), EINVAL);
	CHECK_ERRNO(mount(NULL, ".", NULL, MS_REMOUNT, "size=4k"), EINVAL);
	CHECK_EQ(mount(NULL, ".", NULL, MS_REMOUNT, "nr_inodes=3"), 0);
	CHECK_ERRNO(open("three", O_CREAT | O_WRONLY, 0644), ENOSPC);
	CHECK_EQ(statfs(".", &st), 0);
	CHECK_EQ(st.f_files, 3);
	CHECK_EQ(st.f_blocks, 4);
	CHECK_EQ(mount(NULL, ".", NULL, MS_REMOUNT, "nr_inodes=5,size=8k"), 0);
	CHECK_EQ(close(open("three", O_CREAT | O_WRONLY, 0644)), 0);
}

TEST(tmpfs_root_options)
{
	struct stat st;

	enter_tmpfs("mode=0700,uid=7,gid=8");
	CHECK_EQ(stat(".", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0700);
	CHECK_EQ(st.st_uid, 7);
	CHECK_EQ(st.st_gid, 8);
}

static int openat2_at(int dfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return syscall(SYS_openat2, dfd, path, &how, sizeof(how));
}

TEST(openat2_stays_inside)
{
	enter_scratch();
	CHECK_EQ(mkdir("root", 0755) | mkdir("root/sub", 0755), 0);
	create("root/f");
	create("outside");
	CHECK_EQ(symlink("/f", "root/absolute") | symlink("../outside", "root/up"), 0);
	CHECK_EQ(symlink("f", "root/inside"), 0);
	int root = open("root", O_PATH);
	CHECK(openat2_at(root, "inside", O_RDONLY, RESOLVE_BENEATH) >= 0);
	CHECK(openat2_at(root, "sub/../f", O_RDONLY, RESOLVE_BENEATH) >= 0);
	CHECK_ERRNO(openat2_at(root, "absolute", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(openat2_at(root, "up", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(openat2_at(root, "..", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERRNO(openat2_at(root, "/f", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK(openat2_at(root, "absolute", O_RDONLY, RESOLVE_IN_ROOT) >= 0);
	CHECK_ERRNO(openat2_at(root, "up", O_RDONLY, RESOLVE_IN_ROOT), ENOENT);
	CHECK(openat2_at(root, "/f", O_RDONLY, RESOLVE_IN_ROOT) >= 0);
	CHECK_ERRNO(openat2_at(root, "inside", O_RDONLY, RESOLVE_NO_SYMLINKS), ELOOP);
	CHECK(openat2_at(root, "f", O_RDONLY, RESOLVE_NO_SYMLINKS) >= 0);
	CHECK_ERRNO(openat2_at(AT_FDCWD, "/proc/self/exe", O_RDONLY, RESOLVE_NO_MAGICLINKS), ELOOP);
	CHECK_ERRNO(openat2_at(AT_FDCWD, "/proc/self", O_RDONLY, RESOLVE_NO_XDEV), EXDEV);
}

TEST(openat2_refuses_what_it_does_not_know)
{
	struct {
		struct open_how how;
		uint64_t more;
	} big = { .how.flags = O_RDONLY };

	enter_scratch();
	CHECK_ERRNO(openat2_at(AT_FDCWD, ".", 1UL << 40, 0), EINVAL);
	CHECK_ERRNO(openat2_at(AT_FDCWD, ".", O_RDONLY, 0x80), EINVAL);
	CHECK_ERRNO(openat2_at(AT_FDCWD, ".", O_PATH | O_RDWR, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, ".", &big, 16), EINVAL);
	CHECK(syscall(SYS_openat2, AT_FDCWD, ".", &big, sizeof(big)) >= 0);
	big.more = 1;
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, ".", &big, sizeof(big)), E2BIG);
	big.more = 0;
	big.how.mode = 0644;
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, ".", &big, sizeof(big.how)), EINVAL);
}

TEST(creating_through_a_dangling_link)
{
	struct stat st;

	enter_scratch();
	CHECK_EQ(symlink("target", "link"), 0);
	CHECK_ERRNO(open("link", O_CREAT | O_EXCL | O_WRONLY, 0644), EEXIST);
	CHECK_ERRNO(open("link", O_CREAT | O_NOFOLLOW | O_WRONLY, 0644), ELOOP);
	CHECK_EQ(close(open("link", O_CREAT | O_WRONLY, 0644)), 0);
	CHECK_EQ(lstat("target", &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_ERRNO(open("fresh/", O_CREAT | O_WRONLY, 0644), EISDIR);
	CHECK_ERRNO(open(".", O_CREAT | O_RDONLY, 0644), EISDIR);
	CHECK_ERRNO(open("target/", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(mkdir("link", 0755), EEXIST);
	CHECK_EQ(symlink("nowhere/", "slashed"), 0);
	CHECK_ERRNO(mkdir("slashed/", 0755), EEXIST);
}

TEST(nameless_files)
{
	char text[8] = "", path[64];
	struct stat st;

	enter_scratch();
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(write(fd, "hidden", 6), 6);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_TMPFILE | O_RDWR), O_TMPFILE | O_RDWR);
	CHECK_ERRNO(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_EQ(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW), 0);
	CHECK_EQ(read_file("named", text, sizeof(text)), 6);
	CHECK_STR(text, "hidden");
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 1);
}

TEST(many_names_in_one_folder)
{
	enum { COUNT = 1000 };
	char name[300];
	int seen = 0;

	enter_scratch();
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "%s%d",
			 i % 3 ? "n" : "a-name-that-does-not-fit-into-the-struct-", i);
		create(name);
	}
	DIR *dir = opendir(".");
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.') {
			CHECK_EQ(unlink(e->d_name), 0);
			seen++;
		}
	CHECK_EQ(seen, COUNT);
	closedir(dir);
	CHECK_EQ(chdir("/"), 0);
}

TEST(renaming_between_folders_keeps_the_tree_whole)
{
	struct stat before, after;

	enter_scratch();
	CHECK_EQ(mkdir("a", 0755) | mkdir("a/b", 0755) | mkdir("a/b/c", 0755), 0);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_ERRNO(rename("a", "a/b/c/a"), EINVAL);
	CHECK_ERRNO(rename("a/b/c", "a"), ENOTEMPTY);
	CHECK_EQ(stat("a/b", &before), 0);
	CHECK_EQ(rename("a/b", "d/moved"), 0);
	CHECK_EQ(stat("d/moved", &after), 0);
	CHECK_EQ(before.st_ino, after.st_ino);
	CHECK_EQ(stat("d/moved/..", &after), 0);
	CHECK_EQ(stat("d", &before), 0);
	CHECK_EQ(before.st_ino, after.st_ino);
	CHECK_EQ(before.st_nlink, 3);
	CHECK_EQ(stat("a", &after), 0);
	CHECK_EQ(after.st_nlink, 2);
	CHECK_EQ(rename("d", "a/"), 0);
	CHECK(exists("a/moved/c"));
	create("f");
	CHECK_ERRNO(rename("f", "g/"), ENOTDIR);
	CHECK_ERRNO(rename("f/", "g"), ENOTDIR);
	CHECK_ERRNO(rename("f", "a"), EISDIR);
	CHECK_ERRNO(rename("a", "f"), ENOTDIR);
	CHECK_ERRNO(rename("a/.", "x"), EBUSY);
	CHECK_ERRNO(rename("f", ".."), EBUSY);
}

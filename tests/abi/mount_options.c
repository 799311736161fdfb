/*
 * mount_options.c: the text of options that mount(2) takes: words for every type, and what each
 * type knows of its own.
 */
#include "abi.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const types[] = { "tmpfs", "proc", "sysfs", "devtmpfs", "mqueue", "cgroup2" };

/* Into a tmpfs of its own with a directory "m" to mount on. */
static void enter(void)
{
	enter_scratch();
	CHECK_EQ(mkdir("fs", 0755), 0);
	CHECK_EQ(mount("test", "fs", "tmpfs", 0, NULL), 0);
	CHECK_EQ(chdir("fs"), 0);
	CHECK_EQ(mkdir("m", 0755) | mkdir("n", 0755), 0);
}

/* Does /proc/self/mounts say this of the options of what is mounted on name? */
static bool shows(const char *name, const char *options)
{
	char line[1024], dir[512], place[600], where[600], has[256];
	FILE *mounts = fopen("/proc/self/mounts", "r");
	bool found = false;

	CHECK(mounts != NULL);
	CHECK(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(place, sizeof(place), "%s/%s", dir, name);
	while (fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %599s %*s %255s", where, has) == 2 && !strcmp(where, place))
			found = !strncmp(has, options, strlen(options));
	}
	fclose(mounts);
	return found;
}

static unsigned long flags_of(const char *path)
{
	struct statvfs st;

	CHECK_EQ(statvfs(path, &st), 0);
	return st.f_flag & (ST_RDONLY | ST_SYNCHRONOUS | ST_MANDLOCK);
}

/* A file system refuses what it does not know: it may have been meant to protect. */
TEST(unknown_options_are_refused)
{
	static const char *const types[] = { "proc", "sysfs", "mqueue", "cgroup2" };
	static const char *const options[] = { "nonsense", "nonsense=1", "size=64k", "hidepid=9",
					       "ro,nonsense" };

	enter();
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (unsigned j = 0; j < sizeof(options) / sizeof(options[0]); j++)
			CHECK_ERRNO(mount("t", "m", types[i], 0, options[j]), EINVAL);
		CHECK_EQ(mount("t", "m", types[i], 0, ""), 0);
		CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT, "nonsense"), EINVAL);
		CHECK_EQ(umount("m"), 0);
		CHECK_EQ(mount("t", "m", types[i], 0, ",rw,"), 0);
		CHECK_EQ(umount("m"), 0);
	}
	CHECK_EQ(mount("t", "m", "proc", 0, "hidepid=0"), 0);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "hidepid=off"), 0);
	CHECK_EQ(umount("m"), 0);
	CHECK_ERRNO(mount("t", "m", "proc", 0, "hidepid"), EINVAL);
	CHECK_ERRNO(mount("t", "m", "proc", 0, "hidepid="), EINVAL);
}


/* These are flags of the instance, and a value behind them is ignored. */
TEST(words_of_every_type)
{
	static const char *const words[] = { "rw", "async", "lazytime", "nolazytime", "nomand",
					     "rw=0", "async=1", "ro,rw", ",,rw,", "" };

	enter();
	for (unsigned i = 0; i < COUNT(types); i++) {
		for (unsigned j = 0; j < COUNT(words); j++) {
			CHECK_EQ(mount("t", "m", types[i], 0, words[j]), 0);
			CHECK_EQ(flags_of("m"), 0);
			CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, words[j]), 0);
			CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, ""), 0);
			CHECK_EQ(umount("m"), 0);
		}
	}
}

/* These are flags of a mount: mount(8) says them so, not as words. */
TEST(words_of_no_type)
{
	static const char *const words[] = {
		"noatime", "atime", "relatime", "strictatime", "nosuid", "nodev", "noexec",
		"defaults", "remount", "bind", "silent", "loud", "iversion", "quiet", "user", "acl",
	};

	enter();
	for (unsigned i = 0; i < COUNT(types); i++) {
		for (unsigned j = 0; j < COUNT(words); j++)
			CHECK_ERRNO(mount("t", "m", types[i], 0, words[j]), EINVAL);
	}
}

TEST(devpts_takes_none)
{
	static const char *const words[] = { "ro", "rw", "sync", "dirsync", "nomand" };

	enter();
	for (unsigned j = 0; j < COUNT(words); j++)
		CHECK_ERRNO(mount("t", "m", "devpts", 0, words[j]), EINVAL);
}

TEST(read_only_by_a_word)
{
	enter();
	CHECK_EQ(mount("t", "m", "tmpfs", 0, "size=64k,ro"), 0);
	CHECK_EQ(flags_of("m"), ST_RDONLY);
	CHECK(shows("m", "ro,relatime,size=64k"));
	CHECK_ERRNO(mkdir("m/d", 0700), EROFS);
	CHECK_ERRNO(open("m/f", O_CREAT | O_WRONLY, 0600), EROFS);
	CHECK_ERRNO(chmod("m", 0700), EROFS);
	CHECK_ERRNO(access("m", W_OK), EROFS);
	/* The instance is, not the mount: a second one too, and it stays when that is written. */
	CHECK_EQ(mount("m", "n", NULL, MS_BIND, NULL), 0);
	CHECK_EQ(mount(NULL, "n", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	CHECK_ERRNO(mkdir("n/d", 0700), EROFS);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, NULL), 0);
	CHECK_EQ(flags_of("n"), 0);
	CHECK_EQ(mkdir("n/d", 0700), 0);
	/* Not while something of it is open for writing, wherever it was opened. */
	int fd = open("n/f", O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0);
	CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT, "ro"), EBUSY);
	CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	close(fd);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "ro"), 0);
	CHECK_EQ(flags_of("m") & flags_of("n"), ST_RDONLY);
	CHECK_EQ(umount("n") | umount("m"), 0);
}

TEST(a_flag_is_of_both_and_a_word_of_the_instance)
{
	enter();
	CHECK_EQ(mount("t", "m", "tmpfs", MS_RDONLY, "rw"), 0);
	CHECK_EQ(flags_of("m"), ST_RDONLY);
	CHECK_EQ(mount("m", "n", NULL, MS_BIND, NULL), 0);
	CHECK_EQ(mount(NULL, "n", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	CHECK_EQ(mkdir("n/d", 0700), 0);
	CHECK_EQ(umount("n") | umount("m"), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", MS_RDONLY, ""), 0);
	CHECK_EQ(mount("m", "n", NULL, MS_BIND, NULL), 0);
	CHECK_EQ(mount(NULL, "n", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	CHECK_ERRNO(mkdir("n/d", 0700), EROFS);
	CHECK_EQ(umount("n") | umount("m"), 0);
}

/* What is mounted elsewhere stays as it is; a remount changes it. */
TEST(the_first_mount_says_the_flags)
{
	static const char *const shared[] = { "sysfs", "mqueue", "cgroup2" };

	enter();
	for (unsigned i = 0; i < COUNT(shared); i++) {
		CHECK_EQ(mount("t", "m", shared[i], 0, ""), 0);
		CHECK_EQ(mount("t", "n", shared[i], 0, "ro"), 0);
		CHECK_EQ(flags_of("m") | flags_of("n"), 0);
		CHECK_EQ(mount(NULL, "n", NULL, MS_REMOUNT, "ro"), 0);
		CHECK_EQ(flags_of("m") & flags_of("n"), ST_RDONLY);
		CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "rw"), 0);
		CHECK_EQ(flags_of("m") | flags_of("n"), 0);
		CHECK_EQ(umount("n") | umount("m"), 0);
	}
}

TEST(flags_of_the_instance_are_shown)
{
	enter();
	CHECK_EQ(mount("t", "m", "tmpfs", 0, "sync,mand"), 0);
	CHECK_EQ(flags_of("m"), ST_SYNCHRONOUS | ST_MANDLOCK);
	CHECK(shows("m", "rw,sync,mand,relatime"));
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "lazytime"), 0);
	CHECK_EQ(flags_of("m"), 0);
	CHECK(shows("m", "rw,lazytime,relatime"));
	CHECK_EQ(umount("m"), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", MS_SYNCHRONOUS | MS_DIRSYNC, "async"), 0);
	CHECK(shows("m", "rw,dirsync,relatime"));
	CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT, "dirsync"), EINVAL);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, ""), 0);
	CHECK(shows("m", "rw,dirsync,relatime"));
	CHECK_EQ(umount("m"), 0);
}

/* A tmpfs underneath, the same for all, which every mount changes. */
TEST(devtmpfs_takes_the_options_of_a_tmpfs)
{
	static const char *const refused[] = { "nonsense", "nonsense=1", "size=1x", "size",
					       "hidepid=0", "uid=-1", "gid", "dirsync" };
	static const char *const taken[] = { "mode=700", "uid=5", "gid=5", "size=50%",
					     "huge=never", "inode64", "mpol=default" };
	struct statvfs st;
	struct stat top;

	enter();
	for (unsigned i = 0; i < COUNT(refused); i++) {
		CHECK_ERRNO(mount("t", "m", "devtmpfs", 0, refused[i]), EINVAL);
		CHECK_EQ(mount("t", "m", "devtmpfs", 0, NULL), 0);
		CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT, refused[i]), EINVAL);
		CHECK_EQ(umount("m"), 0);
	}
	for (unsigned i = 0; i < COUNT(taken); i++) {
		CHECK_EQ(mount("t", "m", "devtmpfs", 0, taken[i]), 0);
		/* The top directory was there before. */
		CHECK_EQ(stat("m", &top), 0);
		CHECK_EQ(top.st_mode, S_IFDIR | 0755);
		CHECK_EQ(top.st_uid | top.st_gid, 0);
		CHECK_EQ(umount("m"), 0);
	}
	CHECK_EQ(mount("t", "m", "devtmpfs", 0, NULL), 0);
	CHECK_EQ(mount("t", "n", "devtmpfs", 0, "size=1m"), 0);
	CHECK_EQ(statvfs("m", &st), 0);
	CHECK_EQ(st.f_blocks, 256);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "size=50%,rw"), 0);
	CHECK_EQ(umount("n"), 0);
	CHECK_EQ(mount("t", "n", "devtmpfs", 0, "ro"), 0);
	CHECK_EQ(flags_of("m") & flags_of("n"), ST_RDONLY);
	CHECK_ERRNO(mkdir("m/d", 0700), EROFS);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, NULL), 0);
	CHECK_EQ(umount("n") | umount("m"), 0);
}

/*
 * hidepid.c: mounts of proc that hide processes from those who may not look inside them.
 */
#include "abi.h"

#include <dirent.h>
#include <grp.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static pid_t hidden; /* a process of root's */

/* In a folder with "m", on which is a /proc with these options; beside a process to be hidden. */
static void enter(const char *options)
{
	enter_scratch();
	CHECK_EQ(mkdir("fs", 0755), 0);
	CHECK_EQ(mount("test", "fs", "tmpfs", 0, "mode=755"), 0);
	CHECK_EQ(chdir("fs"), 0);
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("t", "m", "proc", 0, options), 0);
	hidden = getpid();
}

static void become_user(gid_t gid)
{
	CHECK_EQ(setgroups(0, NULL), 0);
	CHECK_EQ(setresgid(gid, gid, gid), 0);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
}

static bool is_listed(pid_t pid)
{
	DIR *folder = opendir("m");
	struct dirent *entry;
	bool found = false;

	CHECK(folder != NULL);
	while ((entry = readdir(folder)))
		found |= atoi(entry->d_name) == pid;
	closedir(folder);
	return found;
}

static const char *of(pid_t pid, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "m/%d%s", pid, name);
	return path;
}

/* What current sees of a process: whether it is listed, what stat says, what open of a file that
 * all may read says. */
static void check_seen(pid_t pid, bool listed, int stat_errno, int open_errno)
{
	struct stat st;
	int fd;

	CHECK_EQ(is_listed(pid), listed);
	CHECK_EQ(stat(of(pid, ""), &st) ? errno : 0, stat_errno);
	fd = open(of(pid, "/status"), O_RDONLY);
	CHECK_EQ(fd < 0 ? errno : 0, open_errno);
	if (fd >= 0)
		close(fd);
	CHECK_EQ(chdir(of(pid, "")) ? errno : 0, open_errno);
}

static void check_as_user(const char *options, gid_t gid, bool listed, int stat_errno,
			  int open_errno)
{
	enter(options);
	IN_CHILD({
		become_user(gid);
		check_seen(hidden, listed, stat_errno, open_errno);
	});
	IN_CHILD({
		become_user(gid);
		check_seen(getpid(), true, 0, 0); /* oneself is never hidden */
	});
	IN_CHILD({
		check_seen(hidden, true, 0, 0); /* nor anything from root */
	});
	CHECK_EQ(umount("m"), 0);
}

TEST(nothing_is_hidden)
{
	check_as_user("hidepid=0", 1000, true, 0, 0);
}

TEST(contents_are_hidden)
{
	check_as_user("hidepid=1", 1000, true, 0, EPERM);
}

TEST(processes_are_hidden)
{
	check_as_user("hidepid=invisible", 1000, false, ENOENT, ENOENT);
}

TEST(untraceable_processes_are_hidden)
{
	check_as_user("hidepid=4", 1000, false, ENOENT, ENOENT);
}

TEST(a_group_sees_all)
{
	check_as_user("hidepid=1,gid=77", 77, true, 0, 0);
}

TEST(a_group_sees_invisible_ones)
{
	check_as_user("hidepid=2,gid=77", 77, true, 0, 0);
}

TEST(a_group_does_not_see_untraceable_ones)
{
	check_as_user("hidepid=4,gid=77", 77, false, ENOENT, ENOENT);
}

TEST(the_group_is_roots_if_none_is_said)
{
	check_as_user("hidepid=2", 0, true, 0, 0);
}

TEST(a_group_among_others)
{
	gid_t groups[] = { 5, 77, 90 };

	enter("hidepid=2,gid=77");
	IN_CHILD({
		CHECK_EQ(setgroups(COUNT(groups), groups), 0);
		CHECK_EQ(setresgid(1000, 1000, 1000), 0);
		CHECK_EQ(setresuid(1000, 1000, 1000), 0);
		check_seen(hidden, true, 0, 0);
	});
	CHECK_EQ(umount("m"), 0);
}

/* An open folder is no way around what is hidden later. */
TEST(an_open_folder_is_asked_again)
{
	enter("hidepid=0");
	int folder = open(of(hidden, ""), O_RDONLY | O_DIRECTORY);
	CHECK(folder >= 0);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "hidepid=1"), 0);
	IN_CHILD({
		become_user(1000);
		CHECK_ERRNO(openat(folder, "status", O_RDONLY), EPERM);
	});
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "hidepid=2"), 0);
	IN_CHILD({
		become_user(1000);
		CHECK_ERRNO(openat(folder, "status", O_RDONLY), ENOENT);
	});
	close(folder);
	CHECK_EQ(umount("m"), 0);
}

static bool mounts_say(const char *options)
{
	char line[1024], dir[512], place[600], where[600], has[256];
	FILE *mounts = fopen("/proc/self/mounts", "r");
	bool found = false;

	CHECK(mounts != NULL);
	CHECK(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(place, sizeof(place), "%s/m", dir);
	while (fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %599s %*s %255s", where, has) == 2 && !strcmp(where, place))
			found = !strcmp(has, options);
	}
	fclose(mounts);
	return found;
}

TEST(options_are_read_and_shown)
{
	static const struct {
		const char *options, *shown;
	} good[] = {
		{ "hidepid=0", "" },
		{ "hidepid=off", "" },
		{ "hidepid=1", ",hidepid=noaccess" },
		{ "hidepid=noaccess", ",hidepid=noaccess" },
		{ "hidepid=02", ",hidepid=invisible" },
		{ "hidepid=0x2", ",hidepid=invisible" },
		{ "hidepid=4", ",hidepid=ptraceable" },
		{ "hidepid=ptraceable", ",hidepid=ptraceable" },
		{ "gid=5", ",gid=5" },
		{ "gid=0x5", ",gid=5" },
		{ "gid=0", "" },
		{ "hidepid=2,gid=1000", ",gid=1000,hidepid=invisible" },
		{ "hidepid=1,hidepid=0", "" },
	};
	static const char *const bad[] = {
		"hidepid=3", "hidepid=5", "hidepid=-1", "hidepid=2 ", "hidepid=INVISIBLE",
		"hidepid=", "hidepid", "gid=", "gid", "gid=-1", "gid=x", "subset=x", "uid=5",
	};
	char shown[64];

	enter(NULL);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		CHECK_ERRNO(mount("t", "m", "proc", 0, bad[i]), EINVAL);
		CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT, bad[i]), EINVAL);
	}
	CHECK(mounts_say("rw,relatime"));
	CHECK_EQ(umount("m"), 0);
	for (unsigned i = 0; i < COUNT(good); i++) {
		CHECK_EQ(mount("t", "m", "proc", 0, good[i].options), 0);
		snprintf(shown, sizeof(shown), "rw,relatime%s", good[i].shown);
		CHECK(mounts_say(shown));
		CHECK_EQ(umount("m"), 0);
	}
	/* A remount changes what it names. */
	CHECK_EQ(mount("t", "m", "proc", 0, "hidepid=2,gid=5"), 0);
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "gid=6"), 0);
	CHECK(mounts_say("rw,relatime,gid=6,hidepid=invisible"));
	CHECK_EQ(mount(NULL, "m", NULL, MS_REMOUNT, "hidepid=1"), 0);
	CHECK(mounts_say("rw,relatime,gid=6,hidepid=noaccess"));
	CHECK_EQ(umount("m"), 0);
}

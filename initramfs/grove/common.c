/*
 * What several applets share: input files, names of users, texts of modes and
 * sizes, running a command.
 *
 * NOTE(linux): users and groups come from /etc/passwd and /etc/group alone.
 * getpwuid() would load the C library's name-service modules at run time, which
 * a static program cannot count on.
 */

#include "initramfs/grove/common.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <sys/ioctl.h>

FILE *input_open(const char *name)
{
	struct stat st;
	FILE *file;

	if (strcmp(name, "-") == 0)
		return stdin;
	file = fopen(name, "re");
	if (file && fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(file);
		file = NULL;
		errno = EISDIR;
	}
	if (!file)
		warn_errno("%s", name);
	return file;
}

void input_close(FILE *file)
{
	if (file != stdin)
		fclose(file);
}

void obsolete_count(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1]))
		argv[1] = xasprintf("-n%s", argv[1] + 1);
}

const char *user_name(uid_t uid)
{
	static char name[64];
	static uid_t known = -1;
	FILE *file;
	struct passwd *entry;

	if (uid == known)
		return *name ? name : NULL;
	known = uid;
	*name = '\0';
	file = fopen("/etc/passwd", "re");
	while (file && (entry = fgetpwent(file)))
		if (entry->pw_uid == uid) {
			snprintf(name, sizeof(name), "%s", entry->pw_name);
			break;
		}
	if (file)
		fclose(file);
	return *name ? name : NULL;
}

const char *group_name(gid_t gid)
{
	static char name[64];
	static gid_t known = -1;
	FILE *file;
	struct group *entry;

	if (gid == known)
		return *name ? name : NULL;
	known = gid;
	*name = '\0';
	file = fopen("/etc/group", "re");
	while (file && (entry = fgetgrent(file)))
		if (entry->gr_gid == gid) {
			snprintf(name, sizeof(name), "%s", entry->gr_name);
			break;
		}
	if (file)
		fclose(file);
	return *name ? name : NULL;
}

static const char *id_label(const char *name, unsigned id, char text[16])
{
	snprintf(text, 16, "%u", id);
	return name ? name : text;
}

const char *user_label(uid_t uid)
{
	static char digits[16];

	return id_label(user_name(uid), uid, digits);
}

const char *group_label(gid_t gid)
{
	static char digits[16];

	return id_label(group_name(gid), gid, digits);
}

static char mode_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return 'd';
	case S_IFLNK: return 'l';
	case S_IFCHR: return 'c';
	case S_IFBLK: return 'b';
	case S_IFIFO: return 'p';
	case S_IFSOCK: return 's';
	default: return '-';
	}
}

void mode_text(mode_t mode, char text[11])
{
	static const mode_t special[] = { S_ISUID, S_ISGID, S_ISVTX };

	text[0] = mode_type(mode);
	for (int i = 0; i < 9; i++)
		text[i + 1] = mode & (0400 >> i) ? "rwx"[i % 3] : '-';
	for (int i = 0; i < 3; i++)
		if (mode & special[i])
			text[3 * i + 3] = (text[3 * i + 3] == 'x' ? "sst" : "SST")[i];
	text[10] = '\0';
}

const char *size_text(unsigned long long bytes)
{
	static char text[24];
	unsigned long long unit = 1, tenths;
	const char *letter = "\0KMGTPE";

	while (bytes / unit >= 1024) {
		unit *= 1024;
		letter++;
	}
	tenths = unit == 1 ? bytes * 10
			   : (bytes / unit) * 10 + (bytes % unit * 10 + unit - 1) / unit;
	if (unit > 1 && tenths < 100)
		snprintf(text, sizeof(text), "%llu.%llu%c", tenths / 10, tenths % 10, *letter);
	else
		snprintf(text, sizeof(text), "%llu%.1s", (tenths + 9) / 10, letter);
	return text;
}

int terminal_width(int otherwise)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return otherwise;
	return size.ws_col ? size.ws_col : 80;
}

int command_exec(char **argv)
{
	const struct applet *applet;
	int argc = 0, error;

	fflush(stdout);
	execvp(argv[0], argv);
	error = errno;
	applet = applet_find(argv[0]);
	if (error == ENOENT && applet) {
		while (argv[argc])
			argc++;
		return applet_run(applet, argc, argv);
	}
	errno = error;
	warn_errno("%s", argv[0]);
	return error == ENOENT ? 127 : 126;
}

/*
 * ls: what is in a folder
 *
 * ls gathers all entries of one folder, sorts them, and only then prints, since
 * columns are as wide as their widest entry. Files named as arguments come first,
 * as one such group, and then the folders.
 */

#include "initramfs/grove/common.h"

#include <dirent.h>
#include <sys/sysmacros.h>
#include <time.h>

#define HALF_YEAR_S (31556952 / 2)	/* an older date shows its year, as in coreutils */

static struct {
	bool all, almost_all, one_column, directory, by_inode_column, human, details, recursive;
	bool by_time, by_size, reverse, marks, numeric, several;
} ls;

struct ls_entry {
	char *name;	/* as printed */
	char *path;
	struct stat st;
};

struct ls_group {
	struct ls_entry *entries;
	size_t count;
};

static bool ls_add(struct ls_group *group, const char *name, const char *path, bool follow)
{
	struct ls_entry entry = { 0 };

	if ((!follow || stat(path, &entry.st) < 0) && lstat(path, &entry.st) < 0) {
		warn_errno("cannot access '%s'", path);
		return false;
	}
	entry.name = xstrdup(name);
	entry.path = xstrdup(path);
	group->entries = xrealloc(group->entries, (group->count + 1) * sizeof(entry));
	group->entries[group->count++] = entry;
	return true;
}

static void ls_free(struct ls_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		free(group->entries[i].name);
		free(group->entries[i].path);
	}
	free(group->entries);
}

static int ls_compare(const void *left, const void *right)
{
	const struct ls_entry *a = left, *b = right;
	const struct timespec *s = &a->st.st_mtim, *t = &b->st.st_mtim;
	int order = 0;

	if (ls.by_size)
		order = (a->st.st_size < b->st.st_size) - (a->st.st_size > b->st.st_size);
	if (ls.by_time)
		order = (s->tv_sec < t->tv_sec) - (s->tv_sec > t->tv_sec);
	if (ls.by_time && order == 0)
		order = (s->tv_nsec < t->tv_nsec) - (s->tv_nsec > t->tv_nsec);
	if (order == 0)
		order = strcmp(a->name, b->name);
	return ls.reverse ? -order : order;
}

/* --- one line of ls -l --- */

enum { COL_INODE, COL_LINKS, COL_OWNER, COL_GROUP, COL_SIZE, COL_COUNT };

static const char *ls_column(const struct ls_entry *entry, int column, char text[40])
{
	const struct stat *st = &entry->st;

	if (column == COL_OWNER && !ls.numeric)
		return user_label(st->st_uid);
	if (column == COL_GROUP && !ls.numeric)
		return group_label(st->st_gid);
	if (column == COL_SIZE && (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)))
		snprintf(text, 40, "%u, %3u", major(st->st_rdev), minor(st->st_rdev));
	else if (column == COL_SIZE && ls.human)
		return size_text(st->st_size);
	else
		snprintf(text, 40, "%llu",
			 column == COL_INODE ? (unsigned long long)st->st_ino :
			 column == COL_LINKS ? (unsigned long long)st->st_nlink :
			 column == COL_OWNER ? st->st_uid :
			 column == COL_GROUP ? st->st_gid : (unsigned long long)st->st_size);
	return text;
}

static void ls_widths(const struct ls_group *group, int widths[COL_COUNT])
{
	char text[40];

	for (int column = 0; column < COL_COUNT; column++)
		for (size_t i = 0; i < group->count; i++) {
			int width = (int)strlen(ls_column(&group->entries[i], column, text));

			widths[column] = width > widths[column] ? width : widths[column];
		}
}

static const char *ls_date(time_t when)
{
	static char text[32];
	time_t now = time(NULL);
	bool recent = when <= now && when > now - HALF_YEAR_S;

	strftime(text, sizeof(text), recent ? "%b %e %H:%M" : "%b %e  %Y", localtime(&when));
	return text;
}

static int ls_mark(const struct ls_entry *entry)
{
	mode_t mode = entry->st.st_mode;

	if (!ls.marks)
		return 0;
	return S_ISDIR(mode) ? '/' : S_ISLNK(mode) && !ls.details ? '@' : S_ISFIFO(mode) ? '|' :
	       S_ISSOCK(mode) ? '=' : S_ISREG(mode) && mode & 0111 ? '*' : 0;
}

static void ls_details(const struct ls_entry *entry, const int widths[COL_COUNT])
{
	char text[40], mode[11], target[4096];
	ssize_t len;

	mode_text(entry->st.st_mode, mode);
	printf("%s %*s", mode, widths[COL_LINKS], ls_column(entry, COL_LINKS, text));
	printf(" %-*s", widths[COL_OWNER], ls_column(entry, COL_OWNER, text));
	printf(" %-*s", widths[COL_GROUP], ls_column(entry, COL_GROUP, text));
	printf(" %*s", widths[COL_SIZE], ls_column(entry, COL_SIZE, text));
	printf(" %s %s", ls_date(entry->st.st_mtim.tv_sec), entry->name);
	if (S_ISLNK(entry->st.st_mode) &&
	    (len = readlink(entry->path, target, sizeof(target))) >= 0)
		printf(" -> %.*s", (int)len, target);
}

/* --- a group --- */

/* Names downwards in as many columns as fit. */
static void ls_columns(const struct ls_group *group, const int widths[COL_COUNT], int terminal)
{
	size_t widest = 1, across, rows;
	int inode = ls.by_inode_column ? widths[COL_INODE] + 1 : 0;

	for (size_t i = 0; i < group->count; i++) {
		size_t len = strlen(group->entries[i].name) + inode + ls.marks;

		widest = len > widest ? len : widest;
	}
	across = (terminal + 2) / (widest + 2);
	across = across ? across : 1;
	rows = (group->count + across - 1) / across;
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < group->count; i += rows) {
			const struct ls_entry *entry = &group->entries[i];
			int used = 0, mark = ls_mark(entry);

			if (inode)
				used = printf("%*llu ", inode - 1,
					      (unsigned long long)entry->st.st_ino);
			used += printf("%s", entry->name);
			used += mark ? printf("%c", mark) : 0;
			if (i + rows < group->count)
				printf("%*s", (int)widest + 2 - used, "");
		}
		putchar('\n');
	}
}

static void ls_print(struct ls_group *group)
{
	int widths[COL_COUNT] = { 0 }, terminal = isatty(STDOUT_FILENO) ? terminal_width(80) : 0;

	qsort(group->entries, group->count, sizeof(*group->entries), ls_compare);
	ls_widths(group, widths);
	if (terminal && !ls.one_column && !ls.details) {
		ls_columns(group, widths, terminal);
		return;
	}
	for (size_t i = 0; i < group->count; i++) {
		const struct ls_entry *entry = &group->entries[i];
		int mark = ls_mark(entry);

		if (ls.by_inode_column)
			printf("%*llu ", widths[COL_INODE], (unsigned long long)entry->st.st_ino);
		if (ls.details)
			ls_details(entry, widths);
		else
			fputs(entry->name, stdout);
		if (mark)
			putchar(mark);
		putchar('\n');
	}
}

static void ls_total(const struct ls_group *group)
{
	unsigned long long blocks = 0;

	for (size_t i = 0; i < group->count; i++)
		blocks += group->entries[i].st.st_blocks;
	if (ls.human)
		printf("total %s\n", size_text(blocks * 512));
	else
		printf("total %llu\n", blocks / 2);
}

static bool ls_wants(const char *name)
{
	bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;

	return ls.all || (ls.almost_all ? !dots : name[0] != '.');
}

static int ls_folder(const char *path, bool *first)
{
	struct ls_group group = { 0 };
	DIR *dir = opendir(path);
	struct dirent *found;
	int status = 0;

	if (!dir) {
		warn_errno("cannot open directory '%s'", path);
		return 2;
	}
	while ((found = readdir(dir))) {
		char *child = path_join(path, found->d_name);

		if (ls_wants(found->d_name) && !ls_add(&group, found->d_name, child, false))
			status = 1;
		free(child);
	}
	closedir(dir);
	if (ls.several)
		printf("%s%s:\n", *first ? "" : "\n", path);
	*first = false;
	if (ls.details)
		ls_total(&group);
	ls_print(&group);
	for (size_t i = 0; ls.recursive && i < group.count; i++) {
		const char *name = group.entries[i].name;

		if (S_ISDIR(group.entries[i].st.st_mode) && strcmp(name, ".") && strcmp(name, ".."))
			status |= ls_folder(group.entries[i].path, first);
	}
	ls_free(&group);
	return status;
}

static void ls_options(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "aA1dihlRtSrFn")) != -1) {
		switch (opt) {
		case 'a': ls.all = true; break;
		case 'A': ls.almost_all = true; break;
		case '1': ls.one_column = true; break;
		case 'd': ls.directory = true; break;
		case 'i': ls.by_inode_column = true; break;
		case 'h': ls.human = true; break;
		case 'l': ls.details = true; break;
		case 'R': ls.recursive = ls.several = true; break;
		case 't': ls.by_time = true; break;
		case 'S': ls.by_size = true; break;
		case 'r': ls.reverse = true; break;
		case 'F': ls.marks = true; break;
		case 'n': ls.numeric = ls.details = true; break;
		default: usage(2);
		}
	}
}

APPLET(ls, "[-aA1dihlRtSrFn] [FILE]...\n"
	"  -a all  -A all but . and ..  -l details  -n ids in digits  -h sizes in K, M, G\n"
	"  -1 one a line  -d folders themselves  -i inode numbers  -R folders below\n"
	"  -t newest first  -S largest first  -r reverse  -F mark the types", "list files");
static int ls_main(int argc, char **argv)
{
	static char *here[] = { ".", NULL };
	struct ls_group files = { 0 }, folders = { 0 };
	int status = 0;
	bool first = true;

	memset(&ls, 0, sizeof(ls));
	ls_options(argc, argv);
	for (char **name = optind < argc ? argv + optind : here; *name; name++) {
		struct stat st;
		/* -l, -d and -F show a link itself, not where it leads. */
		bool follow = !ls.details && !ls.directory && !ls.marks;
		bool found = (follow ? stat(*name, &st) : lstat(*name, &st)) == 0;
		bool folder = found && !ls.directory && S_ISDIR(st.st_mode);

		if (!ls_add(folder ? &folders : &files, *name, *name, follow))
			status = 2;
	}
	ls.several |= files.count + folders.count > 1;
	if (files.count)
		ls_print(&files);
	first = files.count == 0;
	qsort(folders.entries, folders.count, sizeof(*folders.entries), ls_compare);
	for (size_t i = 0; i < folders.count; i++)
		status |= ls_folder(folders.entries[i].path, &first);
	ls_free(&files);
	ls_free(&folders);
	return status;
}

/*
 * cp, mv, rm, mkdir, rmdir, ln, touch, chmod: changing the tree of files
 *
 * Whatever walks down a tree does it by plain recursion, a name longer at each
 * level. Links are never followed on the way down, so a walk ends and stays
 * inside what was named.
 *
 * LIMIT: cp does not keep hard links between copied files, nor holes in them.
 */

#include "initramfs/grove/common.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

/* Call `each` with the path of everything in a folder. 1 if any call said 1. */
static int folder_each(const char *path, int (*each)(const char *child, void *arg), void *arg)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int status = 0;

	if (!dir) {
		warn_errno("cannot open directory '%s'", path);
		return 1;
	}
	while ((entry = readdir(dir))) {
		char *child;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		child = path_join(path, entry->d_name);
		status |= each(child, arg);
		free(child);
	}
	closedir(dir);
	return status;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The last part of a path that may end in slashes; the caller frees. */
static char *last_part(const char *path)
{
	size_t len = strlen(path);
	char *trimmed, *name;

	while (len > 1 && path[len - 1] == '/')
		len--;
	trimmed = xstrndup(path, len);
	name = xstrdup(path_base(trimmed));
	free(trimmed);
	return name;
}

/*
 * What cp, mv and ln have in common: SOURCE DEST, or SOURCE... FOLDER, or only
 * SOURCE... when `folder_given` is "." (ln). Calls `each` with both full names.
 */
static int sources_each(int count, char **names, int (*each)(const char *from, const char *to))
{
	const char *target = names[count - 1];
	bool into = is_folder(target);
	int status = 0;

	if (count < 2)
		die(count ? "missing destination file operand after '%s'" : "missing file operand",
		    names[0]);
	if (count > 2 && !into) {
		errno = access(target, F_OK) < 0 ? errno : ENOTDIR;
		die_errno("target '%s'", target);
	}
	for (int i = 0; i < count - 1; i++) {
		char *name = last_part(names[i]);
		char *to = into ? path_join(target, name) : xstrdup(target);

		status |= each(names[i], to);
		free(name);
		free(to);
	}
	return status;
}

/* --- cp --- */

static struct {
	bool recursive, preserve, force, links;
	struct stat top;	/* the copy's own top folder, never to be copied into itself */
	bool top_known;
} cp;

static int copy_any(const char *from, const char *to);

static int copy_failed(const char *what, const char *path)
{
	warn_errno("%s '%s'", what, path);
	return 1;
}

static int copy_file(const char *from, const char *to, const struct stat *st)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, status = 0;
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;

	if (in < 0)
		return copy_failed("cannot open", from);
	out = open(to, flags, st->st_mode & 0777);
	if (out < 0 && cp.force && unlink(to) == 0)
		out = open(to, flags, st->st_mode & 0777);
	if (out < 0)
		status = copy_failed("cannot create regular file", to);
	else if (copy_fd(in, out) < 0)
		status = copy_failed("error copying to", to);
	if (out >= 0 && close(out) < 0)
		status = copy_failed("error writing", to);
	close(in);
	return status;
}

static int copy_link(const char *from, const char *to)
{
	char target[4096];
	ssize_t len = readlink(from, target, sizeof(target) - 1);

	if (len < 0)
		return copy_failed("cannot read symbolic link", from);
	target[len] = '\0';
	if (cp.force || cp.preserve)
		unlink(to);
	return symlink(target, to) < 0 ? copy_failed("cannot create symbolic link", to) : 0;
}

struct copy_target {
	const char *folder;
};

static int copy_child(const char *child, void *arg)
{
	const struct copy_target *target = arg;
	char *to = path_join(target->folder, path_base(child));
	int status = copy_any(child, to);

	free(to);
	return status;
}

static int copy_folder(const char *from, const char *to, const struct stat *st)
{
	struct copy_target target = { to };
	struct stat made;
	int status;

	if (cp.top_known && st->st_dev == cp.top.st_dev && st->st_ino == cp.top.st_ino) {
		warn("cannot copy a directory, '%s', into itself", from);
		return 1;
	}
	/* Writable while it is being filled, whatever mode it will have. */
	if (mkdir(to, st->st_mode | 0700) < 0 && (errno != EEXIST || !is_folder(to)))
		return copy_failed("cannot create directory", to);
	if (!cp.top_known)
		cp.top_known = stat(to, &cp.top) == 0;
	status = folder_each(from, copy_child, &target);
	if (!cp.preserve && stat(to, &made) == 0 && !(st->st_mode & 0200))
		chmod(to, made.st_mode & st->st_mode);
	return status;
}

static int copy_special(const char *to, const struct stat *st)
{
	if (cp.force)
		unlink(to);
	if (mknod(to, st->st_mode, st->st_rdev) < 0)
		return copy_failed("cannot create special file", to);
	return 0;
}

/* Owner first: changing it takes set-user-id bits away. */
static void copy_attributes(const char *to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	bool owned = lchown(to, st->st_uid, st->st_gid) == 0;

	if (!S_ISLNK(st->st_mode))
		chmod(to, owned ? st->st_mode & 07777 : st->st_mode & 0777);
	utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_any(const char *from, const char *to)
{
	struct stat st, old;
	int status;

	if ((cp.recursive || cp.links ? lstat : stat)(from, &st) < 0)
		return copy_failed("cannot stat", from);
	if (S_ISDIR(st.st_mode) && !cp.recursive) {
		warn("-r not specified; omitting directory '%s'", from);
		return 1;
	}
	if (stat(to, &old) == 0) {
		if (st.st_dev == old.st_dev && st.st_ino == old.st_ino) {
			warn("'%s' and '%s' are the same file", from, to);
			return 1;
		}
		if (S_ISDIR(old.st_mode) != S_ISDIR(st.st_mode)) {
			warn(S_ISDIR(st.st_mode)
				     ? "cannot overwrite non-directory '%s' with directory '%s'"
				     : "cannot overwrite directory '%s' with non-directory '%s'",
			     to, from);
			return 1;
		}
	}
	if (S_ISDIR(st.st_mode))
		status = copy_folder(from, to, &st);
	else if (S_ISLNK(st.st_mode))
		status = copy_link(from, to);
	else if (S_ISREG(st.st_mode) || !cp.recursive)
		status = copy_file(from, to, &st);
	else
		status = copy_special(to, &st);
	if (cp.preserve && status == 0)
		copy_attributes(to, &st);
	return status;
}

static int copy_top(const char *from, const char *to)
{
	cp.top_known = false;
	return copy_any(from, to);
}

APPLET(cp, "[-rpaf] SOURCE DEST | SOURCE... FOLDER\n"
	"  -r, -R folders too  -p keep owner, mode, times  -a both\n"
	"  -f replace what can't be opened",
	"copy files");
static int cp_main(int argc, char **argv)
{
	int opt;

	memset(&cp, 0, sizeof(cp));
	while ((opt = getopt(argc, argv, "rRpafPd")) != -1) {
		switch (opt) {
		case 'r':
		case 'R': cp.recursive = true; break;
		case 'p': cp.preserve = true; break;
		case 'a': cp.recursive = cp.preserve = true; break;
		case 'f': cp.force = true; break;
		case 'P':
		case 'd': cp.links = true; break;
		default: usage(1);
		}
	}
	return sources_each(argc - optind, argv + optind, copy_top);
}

/* --- rm --- */

static bool rm_recursive, rm_force;

static int remove_any(const char *path, void *unused)
{
	struct stat st;
	int status = 0;

	(void)unused;
	if (lstat(path, &st) < 0) {
		if (rm_force && (errno == ENOENT || errno == ENOTDIR))
			return 0;
		return copy_failed("cannot remove", path);
	}
	if (S_ISDIR(st.st_mode) && rm_recursive) {
		status = folder_each(path, remove_any, NULL);
		return status ? status : rmdir(path) < 0 ? copy_failed("cannot remove", path) : 0;
	}
	if (S_ISDIR(st.st_mode))
		errno = EISDIR;
	else if (unlink(path) == 0)
		return 0;
	return copy_failed("cannot remove", path);
}

APPLET(rm, "[-rf] FILE...\n  -r, -R folders and what is in them  -f no word about missing files",
	"remove files");
static int rm_main(int argc, char **argv)
{
	int opt, status = 0;

	rm_recursive = rm_force = false;
	while ((opt = getopt(argc, argv, "rRf")) != -1) {
		if (opt == '?')
			usage(1);
		rm_recursive |= opt != 'f';
		rm_force |= opt == 'f';
	}
	if (optind == argc && !rm_force)
		die("missing operand");
	for (int i = optind; i < argc; i++) {
		char *name = last_part(argv[i]);

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "/") == 0) {
			warn("refusing to remove '%s'", argv[i]);
			status = 1;
		} else {
			status |= remove_any(argv[i], NULL);
		}
		free(name);
	}
	return status;
}

/* --- mv --- */

/* Within a file system a move is one rename; across two it is a copy, then a removal. */
static int move_one(const char *from, const char *to)
{
	struct stat st;

	if (lstat(from, &st) < 0)
		return copy_failed("cannot stat", from);
	if (rename(from, to) == 0)
		return 0;
	if (errno != EXDEV) {
		warn_errno("cannot move '%s' to '%s'", from, to);
		return 1;
	}
	cp.recursive = cp.preserve = cp.force = true;
	if (copy_top(from, to))
		return 1;
	rm_recursive = true;
	return remove_any(from, NULL);
}

APPLET(mv, "[-f] SOURCE DEST | SOURCE... FOLDER", "move or rename files");
static int mv_main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "f")) != -1)
		if (opt == '?')
			usage(1);
	return sources_each(argc - optind, argv + optind, move_one);
}

/* --- ln --- */

static bool ln_symbolic, ln_force;

static int link_one(const char *from, const char *to)
{
	struct stat st;

	if (!ln_symbolic && lstat(from, &st) < 0)
		return copy_failed("failed to access", from);
	if (ln_force)
		unlink(to);
	if ((ln_symbolic ? symlink(from, to) : link(from, to)) == 0)
		return 0;
	warn_errno("failed to create %s link '%s'", ln_symbolic ? "symbolic" : "hard", to);
	return 1;
}

APPLET(ln, "[-sf] TARGET [LINK] | TARGET... FOLDER\n  -s symbolic  -f replace what is there",
	"make links");
static int ln_main(int argc, char **argv)
{
	char *here[2];
	int opt;

	ln_symbolic = ln_force = false;
	while ((opt = getopt(argc, argv, "sf")) != -1) {
		if (opt == '?')
			usage(1);
		ln_symbolic |= opt == 's';
		ln_force |= opt == 'f';
	}
	if (argc - optind != 1)
		return sources_each(argc - optind, argv + optind, link_one);
	here[0] = argv[optind];
	here[1] = ".";
	return sources_each(2, here, link_one);
}

/* --- touch --- */

APPLET(touch, "[-cam] [-r FILE] FILE...\n"
	"  -c don't create  -a only access time  -m only change time  -r times of that file",
	"set a file's times to now, creating it if need be");
static int touch_main(int argc, char **argv)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	bool create = true;
	struct stat model;
	int opt, status = 0, fd;

	while ((opt = getopt(argc, argv, "camr:")) != -1) {
		if (opt == '?')
			usage(1);
		if (opt == 'r' && stat(optarg, &model) < 0)
			die_errno("failed to get attributes of '%s'", optarg);
		if (opt == 'r')
			times[0] = model.st_atim, times[1] = model.st_mtim;
		if (opt == 'c')
			create = false;
		if (opt == 'a' || opt == 'm')
			times[opt == 'a'].tv_nsec = UTIME_OMIT;
	}
	if (optind == argc)
		die("missing file operand");
	for (int i = optind; i < argc; i++) {
		if (utimensat(AT_FDCWD, argv[i], times, 0) == 0 || (errno == ENOENT && !create))
			continue;
		fd = errno == ENOENT ? open(argv[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
		if (fd < 0 || futimens(fd, times) < 0) {
			warn_errno("cannot touch '%s'", argv[i]);
			status = 1;
		}
		if (fd >= 0)
			close(fd);
	}
	return status;
}

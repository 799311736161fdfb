/*
 * mkdir, rmdir, chmod: folders, and who may do what
 *
 * A mode is written in octal (755) or as changes to the present mode, with
 * commas between them: who (u g o a), then = + or -, then what (r w x X s t) or
 * whose present bits to copy (u g o). With no "who", all are meant, except bits
 * that the umask holds back.
 */

#include "initramfs/grove/common.h"

#include <ctype.h>
#include <dirent.h>

#define ALL_BITS 07777

static mode_t present_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

/* rwx bits 0-7 spread over user, group and others. */
static mode_t spread(mode_t bits)
{
	return bits << 6 | bits << 3 | bits;
}

/* The bits a letter after the operator stands for, before "who" limits them. */
static bool mode_letter(char letter, mode_t mode, bool folder, mode_t *bits)
{
	switch (letter) {
	case 'r': *bits |= 0444; return true;
	case 'w': *bits |= 0222; return true;
	case 'x': *bits |= 0111; return true;
	case 'X': *bits |= folder || mode & 0111 ? 0111 : 0; return true;
	case 's': *bits |= S_ISUID | S_ISGID; return true;
	case 't': *bits |= S_ISVTX; return true;
	case 'u': *bits |= spread(mode >> 6 & 7); return true;
	case 'g': *bits |= spread(mode >> 3 & 7); return true;
	case 'o': *bits |= spread(mode & 7); return true;
	default: return false;
	}
}

/* "who" letters at *p, as the mode bits that each covers. */
static mode_t mode_who(const char **p)
{
	mode_t who = 0;

	for (; **p && strchr("ugoa", **p); (*p)++)
		who |= **p == 'u' ? S_ISUID | 0700 : **p == 'g' ? S_ISGID | 0070 :
		       **p == 'o' ? S_ISVTX | 0007 : ALL_BITS;
	return who;
}

/* Apply a mode text to *mode. False if it is no mode. */
static bool mode_apply(const char *p, bool folder, mode_t *mode)
{
	if (isdigit((unsigned char)*p)) {
		char *end;
		unsigned long value = strtoul(p, &end, 8);

		*mode = (mode_t)value;
		return *end == '\0' && value <= ALL_BITS;
	}
	do {
		mode_t who = mode_who(&p), held = 0;

		if (who == 0) {
			who = ALL_BITS;
			held = present_umask();
		}
		if (!*p || !strchr("=+-", *p))
			return false;
		while (*p && strchr("=+-", *p)) {
			char operator = *p++;
			mode_t bits = 0;

			while (mode_letter(*p, *mode, folder, &bits))
				p++;
			bits &= who & ~held;
			if (operator == '=')
				*mode &= ~(who & (folder ? 01777 : ALL_BITS));
			*mode = operator == '-' ? *mode & ~bits : *mode | bits;
		}
	} while (*p == ',' && p++);
	return *p == '\0';
}

static int chmod_one(const char *path, const char *text, bool recursive)
{
	struct stat st;
	struct dirent *entry;
	mode_t mode;
	DIR *dir;
	int status = 0;

	if (stat(path, &st) < 0) {
		warn_errno("cannot access '%s'", path);
		return 1;
	}
	mode = st.st_mode & ALL_BITS;
	if (!mode_apply(text, S_ISDIR(st.st_mode), &mode))
		die("invalid mode: '%s'", text);
	if (chmod(path, mode) < 0) {
		warn_errno("changing permissions of '%s'", path);
		return 1;
	}
	if (!recursive || !S_ISDIR(st.st_mode))
		return 0;
	dir = opendir(path);
	if (!dir) {
		warn_errno("cannot read directory '%s'", path);
		return 1;
	}
	while ((entry = readdir(dir))) {
		char *child = path_join(path, entry->d_name);
		bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;

		/* A link met on the way down may lead out of the tree: left alone. */
		if (!dots && lstat(child, &st) == 0 && !S_ISLNK(st.st_mode))
			status |= chmod_one(child, text, true);
		free(child);
	}
	closedir(dir);
	return status;
}

/* By hand and not by getopt(), which would take "-w" for options. */
APPLET(chmod, "[-R] MODE FILE...\n  -R folders and what is in them\n"
	"  MODE is octal, or like u+rwx,g-w,o=r,a+X", "change who may do what with files");
static int chmod_main(int argc, char **argv)
{
	bool recursive = argc > 1 && strcmp(argv[1], "-R") == 0;
	int first = 1 + recursive, status = 0;

	if (argc - first < 2)
		usage(1);
	for (int i = first + 1; i < argc; i++)
		status |= chmod_one(argv[i], argv[first], recursive);
	return status;
}

/* Each missing folder above `path`, passable for the owner whatever the umask. */
static int make_parents(const char *path)
{
	char *part = xstrdup(path);
	int status = 0;

	for (char *slash = strchr(part + 1, '/'); slash && !status;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0777) == 0)
			chmod(part, (0777 & ~present_umask()) | 0300);
		else if (errno != EEXIST)
			status = 1;
		*slash = '/';
	}
	free(part);
	return status;
}

APPLET(mkdir, "[-p] [-m MODE] FOLDER...\n  -p parents too, and no error if it exists",
	"make folders");
static int mkdir_main(int argc, char **argv)
{
	const char *text = NULL;
	bool parents = false;
	mode_t mode = 0777;
	struct stat st;
	int opt, status = 0;

	while ((opt = getopt(argc, argv, "pm:")) != -1) {
		if (opt == '?')
			usage(1);
		parents |= opt == 'p';
		text = opt == 'm' ? optarg : text;
	}
	if (optind == argc)
		die("missing operand");
	if (text && !mode_apply(text, true, &mode))
		die("invalid mode '%s'", text);
	for (int i = optind; i < argc; i++) {
		if (parents && stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			continue;
		if ((parents && make_parents(argv[i])) || mkdir(argv[i], 0777) < 0 ||
		    (text && chmod(argv[i], mode) < 0)) {
			warn_errno("cannot create directory '%s'", argv[i]);
			status = 1;
		}
	}
	return status;
}

APPLET(rmdir, "[-p] FOLDER...\n  -p then its parents, as long as they are empty",
	"remove empty folders");
static int rmdir_main(int argc, char **argv)
{
	bool parents = false;
	int opt, status = 0;

	while ((opt = getopt(argc, argv, "p")) != -1) {
		if (opt == '?')
			usage(1);
		parents = true;
	}
	if (optind == argc)
		die("missing operand");
	for (int i = optind; i < argc; i++) {
		char *path = xstrdup(argv[i]), *slash;
		int error;

		while ((error = rmdir(path)) == 0 && parents && (slash = strrchr(path, '/')) &&
		       slash > path)
			*slash = '\0';
		if (error < 0) {
			warn_errno("failed to remove '%s'", path);
			status = 1;
		}
		free(path);
	}
	return status;
}

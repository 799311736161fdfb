/*
 * stat: what is known of a file
 *
 * stat's usual output is itself a format of the kind -c takes, so there is one
 * function that turns a directive into text, and a table of nothing but text.
 */

#include "initramfs/grove/common.h"

#include <sys/sysmacros.h>
#include <time.h>

struct subject {
	const char *name;
	struct stat st;
};

static const char usual_format[] =
	"  File: %Q\n"
	"  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n"
	"Device: %Hd,%Ld\tInode: %-10i  Links: %h\n"
	"Access: (%04a/%A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n"
	"Access: %x\nModify: %y\nChange: %z\n";

static const char *type_words(const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFDIR: return "directory";
	case S_IFLNK: return "symbolic link";
	case S_IFCHR: return "character special file";
	case S_IFBLK: return "block special file";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	default: return st->st_size ? "regular file" : "regular empty file";
	}
}

static void time_words(char *text, size_t size, const struct timespec *when)
{
	struct tm *tm = localtime(&when->tv_sec);
	size_t len = strftime(text, size, "%Y-%m-%d %H:%M:%S", tm);

	len += snprintf(text + len, size - len, ".%09ld ", when->tv_nsec);
	strftime(text + len, size - len, "%z", tm);
}

/* A name, in quotes if asked, and where it leads if it is a link. */
static void name_words(char *text, size_t size, const struct subject *s, const char *quote)
{
	int len = snprintf(text, size, "%s%s%s", quote, s->name, quote);
	char target[4096];
	ssize_t target_len =
		S_ISLNK(s->st.st_mode) ? readlink(s->name, target, sizeof(target)) : -1;

	if (target_len >= 0 && len < (int)size)
		snprintf(text + len, size - len, " -> %s%.*s%s", quote, (int)target_len, target,
			 quote);
}

/* The time a letter stands for: x access, y change of contents, z of anything. */
static const struct timespec *subject_time(const struct subject *s, char letter)
{
	return letter == 'x' ? &s->st.st_atim : letter == 'y' ? &s->st.st_mtim : &s->st.st_ctim;
}

/* The number a letter stands for, with the printf conversion that fits. */
static bool subject_number(const struct stat *st, char letter, unsigned long long *value,
			   const char **conversion)
{
	*conversion = "llu";
	switch (letter) {
	case 's': *value = st->st_size; break;
	case 'b': *value = st->st_blocks; break;
	case 'B': *value = 512; break;
	case 'o': *value = st->st_blksize; break;
	case 'i': *value = st->st_ino; break;
	case 'h': *value = st->st_nlink; break;
	case 'u': *value = st->st_uid; break;
	case 'g': *value = st->st_gid; break;
	case 'd': *value = st->st_dev; break;
	case 'X': *value = st->st_atim.tv_sec; break;
	case 'Y': *value = st->st_mtim.tv_sec; break;
	case 'Z': *value = st->st_ctim.tv_sec; break;
	case 'a': *value = st->st_mode & 07777; *conversion = "llo"; break;
	case 'f': *value = st->st_mode; *conversion = "llx"; break;
	case 't': *value = major(st->st_rdev); *conversion = "llx"; break;
	case 'T': *value = minor(st->st_rdev); *conversion = "llx"; break;
	default: return false;
	}
	return true;
}

static void subject_text(const struct subject *s, char letter, char *text, size_t size)
{
	switch (letter) {
	case 'n': snprintf(text, size, "%s", s->name); break;
	case 'N': name_words(text, size, s, "'"); break;
	case 'Q': name_words(text, size, s, ""); break;
	case 'F': snprintf(text, size, "%s", type_words(&s->st)); break;
	case 'A': mode_text(s->st.st_mode, text); break;
	case 'U': snprintf(text, size, "%s", user_name(s->st.st_uid) ? : "UNKNOWN"); break;
	case 'G': snprintf(text, size, "%s", group_name(s->st.st_gid) ? : "UNKNOWN"); break;
	case 'x':
	case 'y':
	case 'z': time_words(text, size, subject_time(s, letter)); break;
	default: snprintf(text, size, "%c", letter); break;
	}
}

/* One directive whose % is at `p`; gives its last character. */
static const char *directive_print(const struct subject *s, const char *p)
{
	size_t flags = strspn(p + 1, "-0123456789.+ #");
	char spec[40], text[8300];
	const char *conversion;
	unsigned long long value;

	p += flags;
	flags = flags < 16 ? flags : 16;
	if ((p[1] == 'H' || p[1] == 'L') && p[2] && strchr("dr", p[2])) {
		dev_t device = p[2] == 'd' ? s->st.st_dev : s->st.st_rdev;

		printf("%u", p[1] == 'H' ? major(device) : minor(device));
		return p + 2;
	}
	if (subject_number(&s->st, p[1], &value, &conversion)) {
		snprintf(spec, sizeof(spec), "%%%.*s%s", (int)flags, p + 1 - flags, conversion);
		printf(spec, value);
	} else {
		subject_text(s, p[1], text, sizeof(text));
		snprintf(spec, sizeof(spec), "%%%.*ss", (int)flags, p + 1 - flags);
		printf(spec, text);
	}
	return p + 1;
}

APPLET(stat, "[-L] [-c FORMAT] FILE...\n"
	"  -L follow links  -c text with %n name, %s size, %a mode, %A rwx, %F type, %i inode,\n"
	"  %h links, %u %U owner, %g %G group, %x %y %z times, %X %Y %Z in seconds, %b blocks",
	"show what is known of a file");
static int stat_main(int argc, char **argv)
{
	const char *format = usual_format;
	int (*look)(const char *path, struct stat *st) = lstat;
	int opt, status = 0;

	while ((opt = getopt(argc, argv, "Lc:")) != -1) {
		if (opt == '?')
			usage(1);
		if (opt == 'L')
			look = stat;
		else
			format = optarg;
	}
	if (optind == argc)
		usage(1);
	for (int i = optind; i < argc; i++) {
		struct subject s = { .name = argv[i] };

		if (look(argv[i], &s.st) < 0) {
			warn_errno("cannot statx '%s'", argv[i]);
			status = 1;
			continue;
		}
		for (const char *p = format; *p; p++) {
			if (*p == '%' && p[1])
				p = directive_print(&s, p);
			else
				putchar(*p);
		}
		if (format != usual_format)
			putchar('\n');
	}
	return status;
}

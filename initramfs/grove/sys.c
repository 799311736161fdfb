/*
 * date, uname, hostname, id, dmesg, mount, umount, clear, reset, poweroff,
 * reboot, halt: the machine and who uses it
 */

#include "initramfs/grove/common.h"

#include <signal.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>

/* --- date --- */

/* "@seconds", or a date with or without time, in local time. */
static time_t date_parse(const char *text)
{
	static const char *const formats[] = {
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d",
	};

	if (*text == '@')
		return parse_number(text + 1, INT64_MIN, INT64_MAX);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, formats[i], &tm);

		if (end && *end == '\0')
			return mktime(&tm);
	}
	die("invalid date '%s'", text);
}

/* The format with %N replaced, which strftime() doesn't know. */
static const char *date_nanoseconds(const char *format, long ns)
{
	const char *found = strstr(format, "%N");

	return found ? xasprintf("%.*s%09ld%s", (int)(found - format), format, ns, found + 2)
		     : format;
}

APPLET(date,
	"[-u] [-d DATE | -s DATE] [+FORMAT]\n"
	"  -u in UTC  -d show that date  -s set the clock; DATE is @SECONDS\n"
	"  or YYYY-MM-DD [HH:MM[:SS]]",
	"show or set the date");
static int date_main(int argc, char **argv)
{
	const char *format = "%a %b %e %H:%M:%S %Z %Y", *shown = NULL, *set = NULL;
	struct timespec now;
	char text[512];
	int opt;

	while ((opt = getopt(argc, argv, "ud:s:")) != -1) {
		if (opt == '?')
			usage(1);
		if (opt == 'u')
			setenv("TZ", "UTC0", 1);
		if (opt == 'd')
			shown = optarg;
		if (opt == 's')
			set = optarg;
	}
	if (optind < argc && argv[optind][0] != '+')
		die("invalid date '%s'", argv[optind]);
	if (optind < argc)
		format = argv[optind] + 1;
	clock_gettime(CLOCK_REALTIME, &now);
	if (shown || set)
		now = (struct timespec){ .tv_sec = date_parse(shown ? shown : set) };
	if (set && clock_settime(CLOCK_REALTIME, &now) < 0)
		die_errno("cannot set date");
	format = date_nanoseconds(format, now.tv_nsec);
	printf("%.*s\n", (int)strftime(text, sizeof(text), format, localtime(&now.tv_sec)), text);
	return 0;
}

/* --- uname, hostname, id --- */

APPLET(uname,
	"[-asnrvmo]\n  -s kernel  -n host  -r release  -v version  -m machine  -o system  -a all",
	"tell which kernel this is");
static int uname_main(int argc, char **argv)
{
	const char letters[] = "snrvmo";
	unsigned chosen = 0;
	struct utsname u;
	int opt;

	while ((opt = getopt(argc, argv, "asnrvmo")) != -1) {
		if (opt == '?')
			usage(1);
		chosen |= opt == 'a' ? 0x3f : 1u << (strchr(letters, opt) - letters);
	}
	if (uname(&u) < 0)
		die_errno("uname");
	chosen = chosen ? chosen : 1;
	const char *const words[] = {u.sysname, u.nodename, u.release,
				     u.version, u.machine,  "GNU/Linux"};

	for (int i = 0; i < 6; i++)
		if (chosen & 1u << i)
			printf("%s%s", words[i], chosen >> (i + 1) ? " " : "\n");
	return 0;
}

APPLET(hostname, "[NAME]", "show or set the name of this host");
static int hostname_main(int argc, char **argv)
{
	struct utsname u;

	if (argc > 2)
		usage(1);
	if (argc == 2 && sethostname(argv[1], strlen(argv[1])) < 0)
		die_errno("sethostname");
	if (argc == 1 && uname(&u) == 0)
		puts(u.nodename);
	return 0;
}

static void id_print(const char *label, unsigned id, const char *name)
{
	printf("%s%u", label, id);
	if (name)
		printf("(%s)", name);
}

/* All groups, the effective one first: as "0(root),4(adm)", "root adm" or "0 4". */
static void id_groups(bool both, bool names)
{
	gid_t groups[1024], own = getegid();
	int count = getgroups(ARRAY_LEN(groups), groups);

	for (int i = -1; i < count; i++) {
		gid_t gid = i < 0 ? own : groups[i];

		if (i >= 0 && gid == own)
			continue;
		if (both)
			id_print(i < 0 ? " groups=" : ",", gid, group_name(gid));
		else if (names)
			printf("%s%s", i < 0 ? "" : " ", group_label(gid));
		else
			printf("%s%u", i < 0 ? "" : " ", gid);
	}
}

APPLET(id, "[-u | -g | -G] [-n]\n  -u user  -g group  -G all groups  -n names",
	"tell who runs this");
static int id_main(int argc, char **argv)
{
	bool names = false;
	int opt, what = 0;

	while ((opt = getopt(argc, argv, "ugGn")) != -1) {
		if (opt == '?')
			usage(1);
		names |= opt == 'n';
		what = opt == 'n' ? what : opt;
	}
	if (what == 'G') {
		id_groups(false, names);
	} else if (what && names) {
		printf("%s", what == 'u' ? user_label(geteuid()) : group_label(getegid()));
	} else if (what) {
		printf("%u", what == 'u' ? geteuid() : getegid());
	} else {
		id_print("uid=", getuid(), user_name(getuid()));
		id_print(" gid=", getgid(), group_name(getgid()));
		if (geteuid() != getuid())
			id_print(" euid=", geteuid(), user_name(geteuid()));
		id_groups(true, true);
	}
	putchar('\n');
	return 0;
}

/* --- dmesg --- */

enum { SYSLOG_READ_ALL = 3, SYSLOG_READ_CLEAR = 4, SYSLOG_CONSOLE_LEVEL = 8, SYSLOG_SIZE = 10 };

APPLET(dmesg, "[-c] [-r] [-n LEVEL]\n  -c and clear  -r with <level>  -n what reaches the console",
	"print the kernel's messages");
static int dmesg_main(int argc, char **argv)
{
	bool raw = false;
	int opt, action = SYSLOG_READ_ALL, size;
	char *log, *line, *rest;

	while ((opt = getopt(argc, argv, "crn:")) != -1) {
		if (opt == '?')
			usage(1);
		raw |= opt == 'r';
		if (opt == 'c')
			action = SYSLOG_READ_CLEAR;
		if (opt == 'n' &&
		    klogctl(SYSLOG_CONSOLE_LEVEL, NULL, (int)parse_number(optarg, 1, 8)) == 0)
			return 0;
		if (opt == 'n')
			die_errno("klogctl");
	}
	size = klogctl(SYSLOG_SIZE, NULL, 0);
	if (size < 0)
		die_errno("read kernel buffer failed");
	rest = log = xmalloc(size + 1);
	size = klogctl(action, log, size);
	if (size < 0)
		die_errno("read kernel buffer failed");
	log[size] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		char *level_end = *line == '<' ? strchr(line, '>') : NULL;

		if (rest || *line)
			puts(level_end && !raw ? level_end + 1 : line);
	}
	free(log);
	return 0;
}

/* --- mount and umount --- */

struct mount_options {
	unsigned long flags;
	char data[1024];	/* what is not a flag goes to the file system as text */
};

static void mount_option(struct mount_options *o, const char *word)
{
	static const struct {
		const char *name;
		unsigned long set, clear;
	} known[] = {
		{"ro", MS_RDONLY, 0},
		{"rw", 0, MS_RDONLY},
		{"nosuid", MS_NOSUID, 0},
		{"nodev", MS_NODEV, 0},
		{"noexec", MS_NOEXEC, 0},
		{"sync", MS_SYNCHRONOUS, 0},
		{"noatime", MS_NOATIME, 0},
		{"relatime", MS_RELATIME, 0},
		{"remount", MS_REMOUNT, 0},
		{"bind", MS_BIND, 0},
		{"rbind", MS_BIND | MS_REC, 0},
		{"move", MS_MOVE, 0},
		{"private", MS_PRIVATE, 0},
		{"shared", MS_SHARED, 0},
		{"slave", MS_SLAVE, 0},
		{"rprivate", MS_PRIVATE | MS_REC, 0},
		{"defaults", 0, 0},
	};
	size_t used = strlen(o->data);

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(word, known[i].name) == 0) {
			o->flags = (o->flags | known[i].set) & ~known[i].clear;
			return;
		}
	snprintf(o->data + used, sizeof(o->data) - used, "%s%s", used ? "," : "", word);
}

APPLET(mount,
	"[-t TYPE] [-o OPTION[,OPTION]...] [SOURCE FOLDER]\n"
	"  ro rw nosuid nodev noexec noatime remount bind move private shared, or what the\n"
	"  file system itself knows",
	"mount a file system, or list the mounted ones");
static int mount_main(int argc, char **argv)
{
	struct mount_options options = { 0 };
	const char *type = NULL;
	char *list, *word, *mounts;
	int opt;

	while ((opt = getopt(argc, argv, "t:o:r")) != -1) {
		if (opt == '?')
			usage(1);
		if (opt == 't')
			type = optarg;
		if (opt == 'r')
			options.flags |= MS_RDONLY;
		for (list = opt == 'o' ? optarg : NULL; list && (word = strsep(&list, ","));)
			mount_option(&options, word);
	}
	if (optind == argc) {
		mounts = read_file("/proc/mounts", NULL);
		if (!mounts)
			die_errno("/proc/mounts");
		fputs(mounts, stdout);
		free(mounts);
		return 0;
	}
	if (argc - optind != 2 && !(argc - optind == 1 && options.flags))
		usage(1);
	if (mount(argv[optind], argv[argc - 1], type, options.flags, options.data) < 0)
		die_errno("mounting %s on %s failed", argv[optind], argv[argc - 1]);
	return 0;
}

APPLET(umount, "[-lf] FOLDER...\n  -l when it is no longer used  -f by force",
	"unmount file systems");
static int umount_main(int argc, char **argv)
{
	int opt, flags = 0, status = 0;

	while ((opt = getopt(argc, argv, "lf")) != -1) {
		if (opt == '?')
			usage(1);
		flags |= opt == 'l' ? MNT_DETACH : MNT_FORCE;
	}
	if (optind == argc)
		usage(1);
	for (int i = optind; i < argc; i++)
		if (umount2(argv[i], flags) < 0) {
			warn_errno("can't unmount %s", argv[i]);
			status = 1;
		}
	return status;
}

/* --- the terminal --- */

APPLET(clear, "", "clear the screen");
static int clear_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	fputs("\033[H\033[2J\033[3J", stdout);
	return 0;
}

APPLET(reset, "", "bring the terminal back to its senses");
static int reset_main(int argc, char **argv)
{
	struct termios t;

	(void)argc, (void)argv;
	if (tcgetattr(STDIN_FILENO, &t) == 0) {
		t.c_iflag = (t.c_iflag | BRKINT | ICRNL | IXON) & ~(IGNCR | INLCR | ISTRIP);
		t.c_oflag |= OPOST | ONLCR;
		t.c_lflag |= ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
		t.c_cc[VINTR] = 003, t.c_cc[VQUIT] = 034, t.c_cc[VERASE] = 0177;
		t.c_cc[VKILL] = 025, t.c_cc[VEOF] = 004, t.c_cc[VSUSP] = 032;
		tcsetattr(STDIN_FILENO, TCSANOW, &t);
	}
	fputs("\033c\033[0m\033[?25h", stdout);
	return 0;
}

/* --- the end --- */

/* Ask init, which ends everything in order; with -f tell the kernel, at once. */
static int shut_down(int argc, char **argv, int signal_to_init, int command)
{
	bool force = argc > 1 && strcmp(argv[1], "-f") == 0;

	if (argc > 1 + force)
		usage(1);
	if (!force && kill(1, signal_to_init) == 0)
		return 0;
	sync();
	if (!force || reboot(command) < 0)
		die_errno(force ? "reboot" : "init");
	return 0;
}

APPLET(poweroff, "[-f]\n  -f at once, without asking init", "switch the machine off");
static int poweroff_main(int argc, char **argv)
{
	return shut_down(argc, argv, SIGUSR2, RB_POWER_OFF);
}

APPLET(reboot, "[-f]\n  -f at once, without asking init", "start the machine again");
static int reboot_main(int argc, char **argv)
{
	return shut_down(argc, argv, SIGTERM, RB_AUTOBOOT);
}

APPLET(halt, "[-f]\n  -f at once, without asking init", "stop the machine");
static int halt_main(int argc, char **argv)
{
	return shut_down(argc, argv, SIGUSR1, RB_HALT_SYSTEM);
}

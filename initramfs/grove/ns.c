/*
 * unshare, nsenter, box: namespaces
 *
 * box shows that a container is one clone: a child with everything new, which then makes itself at
 * home - a host name, a root, a /proc of its own - and becomes the command. An ordinary user gets a
 * user namespace with it, in which he is root.
 */

#include "initramfs/grove/common.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The types, by the letters of unshare and nsenter. In this order they are entered. */
static const struct type {
	char letter;
	const char *file; /* in /proc/PID/ns */
	unsigned flag;
} types[] = {
	{ 'U', "user", CLONE_NEWUSER },
	{ 'm', "mnt", CLONE_NEWNS },
	{ 'u', "uts", CLONE_NEWUTS },
	{ 'i', "ipc", CLONE_NEWIPC },
	{ 'p', "pid", CLONE_NEWPID },
	{ 'C', "cgroup", CLONE_NEWCGROUP },
	{ 'n', "net", CLONE_NEWNET },
	{ 'T', "time", 0x80 }, /* CLONE_NEWTIME, which not every <sched.h> has */
};
#define LETTERS "UmuipCnT"

static unsigned flag_of(int letter)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (types[i].letter == letter)
			return types[i].flag;
	}
	return 0;
}

static void file_fill(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		die_errno("%s", path);
	close(fd);
}

/* Root here is who the caller is outside. */
static void map_root(unsigned uid, unsigned gid)
{
	char *text = xasprintf("0 %u 1", uid);

	file_fill("/proc/self/uid_map", text);
	free(text);
	text = xasprintf("0 %u 1", gid);
	file_fill("/proc/self/setgroups", "deny");
	file_fill("/proc/self/gid_map", text);
	free(text);
}

/* Whatever is mounted from now on is this namespace's own affair. */
static void mounts_private(void)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die_errno("cannot make the mounts private");
}

static int status_of(pid_t pid)
{
	int status;

	signal(SIGINT, SIG_IGN); /* it is the command's to take */
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die_errno("wait");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The command, or a shell. */
static int become(char **argv)
{
	char *shell[] = { "sh", NULL };

	return command_exec(*argv ? argv : shell);
}

static int run(bool in_child, char **argv)
{
	pid_t pid = in_child ? fork() : 0;

	if (pid < 0)
		die_errno("fork");
	return pid ? status_of(pid) : become(argv);
}

APPLET(unshare,
	"[-" LETTERS "rf] [COMMAND [ARG]...]\n"
	"  new namespaces: -U user -m mounts -u host name -i ipc -p pid -C cgroup -n net -T time\n"
	"  -r user, and root in it  -f run the command in a child",
	"run a command in namespaces of its own");
static int unshare_main(int argc, char **argv)
{
	unsigned uid = geteuid(), gid = getegid(), flags = 0;
	bool root = false, in_child = false;
	int opt;

	while ((opt = getopt(argc, argv, "+" LETTERS "rf")) != -1) {
		if (opt == '?')
			usage(1);
		root |= opt == 'r';
		in_child |= opt == 'f';
		flags |= opt == 'r' ? CLONE_NEWUSER : flag_of(opt);
	}
	if (unshare((int)flags))
		die_errno("unshare");
	if (root)
		map_root(uid, gid);
	if (flags & CLONE_NEWNS)
		mounts_private();
	return run(in_child, argv + optind);
}

APPLET(nsenter,
	"-t PID [-" LETTERS "a] [COMMAND [ARG]...]\n"
	"  -t whose  -a all of them  the others as of unshare",
	"run a command in the namespaces of a process");
static int nsenter_main(int argc, char **argv)
{
	int opt, fds[ARRAY_LEN(types)];
	unsigned flags = 0;
	long long pid = 0;

	while ((opt = getopt(argc, argv, "+" LETTERS "at:")) != -1) {
		if (opt == '?')
			usage(1);
		if (opt == 't')
			pid = parse_number(optarg, 1, INT32_MAX);
		flags |= opt == 'a' ? ~(unsigned)CLONE_NEWUSER : flag_of(opt);
	}
	if (pid == 0)
		usage(1);
	/* All are opened before the first is entered: afterwards /proc may be another. */
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		char *path = xasprintf("/proc/%lld/ns/%s", pid, types[i].file);

		fds[i] = flags & types[i].flag ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if ((flags & types[i].flag) && fds[i] < 0)
			die_errno("%s", path);
		free(path);
	}
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (fds[i] >= 0 && setns(fds[i], (int)types[i].flag))
			die_errno("cannot enter its %s namespace", types[i].file);
	}
	return run(flags & CLONE_NEWPID, argv + optind);
}

/* A folder becomes the root: mounted on itself, then moved to where the old root is. */
static void root_change(const char *root)
{
	if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) || chdir(root) ||
	    mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die_errno("%s", root);
}

APPLET(box,
	"[-h NAME] [-r FOLDER] [COMMAND [ARG]...]\n"
	"  -h its host name (box without it)  -r what it sees as its root",
	"run a command in a container");
static int box_main(int argc, char **argv)
{
	unsigned uid = geteuid(), gid = getegid();
	unsigned long all = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID |
			    CLONE_NEWNET | CLONE_NEWCGROUP | (uid ? CLONE_NEWUSER : 0);
	const char *name = "box", *root = NULL;
	long pid;
	int opt;

	while ((opt = getopt(argc, argv, "+h:r:")) != -1) {
		if (opt == '?')
			usage(1);
		*(opt == 'h' ? &name : &root) = optarg;
	}
	pid = syscall(SYS_clone, all | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		die_errno("clone");
	if (pid > 0)
		return status_of((pid_t)pid);
	if (uid)
		map_root(uid, gid);
	mounts_private();
	if (sethostname(name, strlen(name)))
		die_errno("%s", name);
	if (root)
		root_change(root);
	if (mount("proc", "/proc", "proc", 0, NULL))
		die_errno("/proc");
	return become(argv + optind);
}

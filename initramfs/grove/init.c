/*
 * init: the first program (pid 1)
 *
 * The kernel starts it as /init with the console on descriptors 0 to 2, and
 * panics if it ever ends, so it never does. It mounts what programs expect,
 * starts what /etc/inittab lists (that file explains its format), collects
 * every orphan's exit status, and takes the machine down in order when asked:
 *
 *	SIGTERM  reboot		SIGUSR1  halt		SIGUSR2  power off
 *	SIGINT   the entries `ctrlaltdel`, then reboot
 *
 * Those signals and SIGCHLD stay blocked and are taken one by one with
 * sigtimedwait(), so nothing here runs in a signal handler.
 *
 * A word RUN="commands" on the kernel command line becomes an environment
 * variable of init. Then the table is left alone: the commands run on the
 * console, their exit status is printed as "run: exit status N", and the machine
 * powers off. The test suite drives whole boots this way.
 *
 * An entry's life:
 *
 *	waiting --start--> running --exit--> waiting (respawn, after a pause if it
 *	                                     ended within a second)
 *	                                 \-> done (once)
 *
 * Entry points: the applet; its table is parsed by table_parse().
 */

#include "initramfs/grove/grove.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define SHORT_LIFE_S 1		/* a respawned command that ends sooner earns a pause ... */
#define LONGEST_PAUSE_S 30	/* ... doubled each time up to this */
#define TERM_GRACE_MS 3000	/* from SIGTERM to SIGKILL at shutdown */

static const char default_table[] = "console:respawn:-sh\n";

struct entry {
	struct entry *next;
	char *id, *action, *command;
	pid_t pid;	/* 0: not running */
	bool done;
	time_t started, start_at;
	int pause_s;
};

static struct entry *entries;
static sigset_t handled;

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Table */

static bool action_known(const char *action)
{
	static const char *const known[] = {"sysinit", "once", "respawn", "ctrlaltdel", "shutdown"};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i], action) == 0)
			return true;
	return false;
}

/* Takes the text apart in place; the entries keep pointers into it. */
static void table_parse(char *text)
{
	struct entry **tail = &entries;
	int number = 0;

	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		char *id = strsep(&line, ":"), *action = line ? strsep(&line, ":") : NULL;
		struct entry *e;

		number++;
		if (*id == '#' || (*id == '\0' && !action))
			continue;
		if (!action || !line || !action_known(action)) {
			warn("/etc/inittab line %d is not id:action:command", number);
			continue;
		}
		e = xmalloc(sizeof(*e));
		*e = (struct entry){.id = id, .action = action, .command = line};
		*tail = e;
		tail = &e->next;
	}
}

static void table_load(void)
{
	char *text = read_file("/etc/inittab", NULL);

	if (text)
		table_parse(text);
	if (!entries)
		table_parse(xstrdup(default_table));
}

/* Starting commands */

/*
 * The terminal behind /dev/console, where sysfs names it: Linux stops no background
 * reader of /dev/console itself, so job control wants the real one. The caller frees.
 */
static char *console_path(void)
{
	char *names = read_file("/sys/class/tty/console/active", NULL), *last, *path;

	if (!names)
		return xstrdup("/dev/console");
	names[strcspn(names, "\n")] = '\0';
	last = strrchr(names, ' ');
	path = path_join("/dev", last ? last + 1 : names);
	if (access(path, R_OK | W_OK) < 0) {
		free(path);
		path = xstrdup("/dev/console");
	}
	free(names);
	return path;
}

/* The child's half: its own session with `tty` as its terminal. */
static void session_open(const char *tty)
{
	bool console = *tty == '\0' || strcmp(tty, "console") == 0;
	char *path = console ? console_path() : path_join("/dev", tty);
	int fd;

	setsid();
	fd = open(path, O_RDWR);
	if (fd < 0)
		warn_errno("%s", path);
	free(path);
	if (fd < 0)
		return;
	ioctl(fd, TIOCSCTTY, 1);
	for (int target = 0; target <= 2; target++)
		dup2(fd, target);
	if (fd > 2)
		close(fd);
}

static _Noreturn void shell_exec(const char *command)
{
	bool login = *command == '-';
	char *name = login ? "-sh" : "sh";
	char *text = login ? NULL : (char *)command;
	char *argv[] = {name, "-c", text, NULL};
	const struct applet *sh = applet_find("sh");

	if (login && strcmp(command, "-sh") != 0)
		execlp(command + 1, command, NULL);
	if (login)
		argv[1] = NULL;
	execv("/bin/sh", argv);
	if (sh)
		_exit(applet_run(sh, login ? 1 : 3, argv));
	_exit(127);
}

/* The new process's id, or -1 after saying why there is none. */
static pid_t command_start(const char *tty, const char *command)
{
	pid_t pid = fork();

	if (pid < 0)
		warn_errno("cannot start %s", command);
	if (pid != 0)
		return pid;
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &handled, NULL);
	session_open(tty);
	shell_exec(command);
}

static void entry_start(struct entry *e)
{
	e->started = now_s();
	e->pid = command_start(e->id, e->command);
	if (e->pid < 0) {
		e->pid = 0;
		e->start_at = e->started + 1;
	}
}

static void entry_ended(struct entry *e)
{
	e->pid = 0;
	e->done = strcmp(e->action, "respawn") != 0;
	if (now_s() - e->started >= SHORT_LIFE_S) {
		e->pause_s = 0;
	} else {
		e->pause_s = e->pause_s ? e->pause_s * 2 : 1;
		if (e->pause_s > LONGEST_PAUSE_S)
			e->pause_s = LONGEST_PAUSE_S;
	}
	if (!e->done && e->pause_s > 1)
		warn("%s ended at once; next try in %d s", e->command, e->pause_s);
	e->start_at = now_s() + (e->pause_s > 1 ? e->pause_s : 0);
}

/* Collect every child that has ended, ours or orphaned to us. */
static void reap(void)
{
	for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
		for (struct entry *e = entries; e; e = e->next)
			if (e->pid == pid)
				entry_ended(e);
}

/* Run a command to its end, collecting others meanwhile; its wait status. */
static int command_run(const char *tty, const char *command)
{
	pid_t pid = command_start(tty, command), ended;
	int status = 127 << 8;

	while (pid > 0 && (ended = waitpid(-1, &status, 0)) != pid)
		if (ended < 0 && errno != EINTR)
			break;
	return status;
}

static void action_run(const char *action)
{
	for (struct entry *e = entries; e; e = e->next)
		if (strcmp(e->action, action) == 0)
			command_run(e->id, e->command);
}

/* Start what is due; the seconds until something else will be, or -1. */
static time_t entries_start(void)
{
	time_t soonest = -1, now = now_s();

	for (struct entry *e = entries; e; e = e->next) {
		if (e->pid || e->done ||
		    (strcmp(e->action, "respawn") != 0 && strcmp(e->action, "once") != 0))
			continue;
		if (e->start_at <= now)
			entry_start(e);
		if (!e->pid && (soonest < 0 || e->start_at - now < soonest))
			soonest = e->start_at > now ? e->start_at - now : 1;
	}
	return soonest;
}

/* Up and down */

static void mount_all(void)
{
	static const struct { const char *type, *dir; bool quiet; } wanted[] = {
		{"proc", "/proc", false}, {"devtmpfs", "/dev", false}, {"tmpfs", "/tmp", false},
		{"sysfs", "/sys", true}, {"devpts", "/dev/pts", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		mkdir(wanted[i].dir, 0755);
		if (mount(wanted[i].type, wanted[i].dir, wanted[i].type, 0, NULL) < 0 &&
		    errno != EBUSY && !wanted[i].quiet)
			warn_errno("mount %s", wanted[i].dir);
	}
	chmod("/tmp", 01777);
}

/* Last mounted first, as they lie on top of each other. */
static void umount_all(void)
{
	char *text = read_file("/proc/mounts", NULL), *line;

	for (size_t len = text ? strlen(text) : 0; len > 0;) {
		char *dir, *end;

		text[len - 1] = '\0';	/* the newline that ends the last line */
		line = strrchr(text, '\n');
		line = line ? line + 1 : text;
		len = line - text;
		dir = strchr(line, ' ');
		end = dir ? strchr(dir + 1, ' ') : NULL;
		if (!end)
			continue;
		*end = '\0';
		if (strcmp(dir + 1, "/") != 0)
			umount2(dir + 1, MNT_DETACH);
	}
	mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
}

/* Collect what has ended; is nobody left? Orphans come to us, so no child means no process. */
static bool all_gone(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid < 0 && errno == ECHILD;
}

/* SIGHUP is for interactive shells, which ignore SIGTERM. */
static void kill_all(void)
{
	struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

	kill(-1, SIGHUP);
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	for (int ms = 0; ms < TERM_GRACE_MS; ms += 20) {
		if (all_gone())
			return;
		nanosleep(&pause, NULL);
	}
	kill(-1, SIGKILL);
	all_gone();
}

static _Noreturn void machine_stop(int how)
{
	action_run("shutdown");
	kill_all();
	sync();
	umount_all();
	if (reboot(how) < 0)
		warn_errno("the kernel would not stop");
	for (;;)
		pause();
}

static void signal_act(int sig)
{
	if (sig == SIGINT)
		action_run("ctrlaltdel");
	if (sig == SIGINT || sig == SIGTERM)
		machine_stop(RB_AUTOBOOT);
	if (sig == SIGUSR1)
		machine_stop(RB_HALT_SYSTEM);
	if (sig == SIGUSR2)
		machine_stop(RB_POWER_OFF);
}

static void setup(void)
{
	char *name;
	size_t len;

	mount_all();
	if (fcntl(STDERR_FILENO, F_GETFD) < 0) {
		for (int fd = open("/dev/console", O_RDWR); fd >= 0 && fd < 2;)
			fd = dup(fd);
	}
	name = read_file("/etc/hostname", &len);
	if (name)
		sethostname(name, strcspn(name, "\n"));
	free(name);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", access("/root", F_OK) == 0 ? "/root" : "/", 1);
	setenv("TERM", "linux", 0);
	reboot(RB_DISABLE_CAD);
}

/* A handler that does nothing: pid 1 only gets the signals it has a handler for. */
static void signal_noted(int sig)
{
	(void)sig;
}

static void signals_block(void)
{
	static const int list[] = {SIGCHLD, SIGTERM, SIGINT, SIGUSR1, SIGUSR2};

	sigemptyset(&handled);
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		sigaddset(&handled, list[i]);
		signal(list[i], signal_noted);
	}
	sigprocmask(SIG_BLOCK, &handled, NULL);
}

static void run_and_stop(const char *command)
{
	int status = command_run("console", command);

	printf("run: exit status %d\n",
	       WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	fflush(stdout);
	machine_stop(RB_POWER_OFF);
}

APPLET(init, "\nSIGTERM reboots, SIGUSR1 halts, SIGUSR2 powers off; /etc/inittab says what runs.",
	"start the system; only as the first process");
static int init_main(int argc, char **argv)
{
	const char *command;

	(void)argc, (void)argv;
	if (getpid() != 1)
		die("only the kernel starts init, as process 1");
	signals_block();
	setup();
	command = getenv("RUN");
	if (command)
		run_and_stop(command);
	table_load();
	action_run("sysinit");
	for (;;) {
		time_t due = entries_start();
		struct timespec limit = {.tv_sec = due < 0 ? 3600 : due};
		int sig = sigtimedwait(&handled, NULL, &limit);

		if (sig < 0 && errno != EAGAIN && errno != EINTR)
			sleep(1);	/* a kernel without the call: poll instead */
		reap();
		signal_act(sig);
	}
}

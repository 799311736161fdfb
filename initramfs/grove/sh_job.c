/*
 * Jobs: the processes of a pipeline, and who has the terminal
 *
 * Every pipeline that needs processes is a job. With job control (set -m, on in
 * an interactive shell) each job is a process group of its own; the one in the
 * foreground owns the terminal, so ^C and ^Z reach it and not us. Parent and
 * child both call setpgid() and tcsetpgrp(), because either may run first.
 *
 *	            fork                 ends
 *	running ----------> foreground --------> gone
 *	   ^   \ &            | ^ fg       ends, told at the prompt or by wait
 *	   |    `-> background +-+-----------------> gone
 *	   |            ^     | ^Z
 *	   |     bg     |     v
 *	   +------------+-- stopped
 *
 * A job gets its number when it is first in the background or stopped. The list
 * is ordered by how recently that was: its first numbered entry is %+.
 *
 * Entry points: job_create(), job_fork(), then job_wait() or job_background().
 */

#include "initramfs/grove/sh.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

enum state { RUNNING, STOPPED, DONE };

struct process {
	pid_t pid;
	enum state state;
	int status;	/* as waitpid() gave it */
};

struct job {
	struct job *next;
	int number;		/* 0: none yet */
	pid_t pgid;
	char *source;
	struct process *list;
	int count;
	bool changed;		/* since it was last told of */
	bool has_modes;		/* it was stopped in the foreground ... */
	struct termios modes;	/* ... with the terminal so */
};

static struct job *jobs;
static struct termios shell_modes;
static pid_t first_owner;	/* of the terminal, before us */

static enum state job_state(struct job *job)
{
	enum state state = DONE;

	for (int i = 0; i < job->count; i++) {
		if (job->list[i].state == RUNNING)
			return RUNNING;
		if (job->list[i].state == STOPPED)
			state = STOPPED;
	}
	return state;
}

/* $? of a job: its last process's. */
static int job_status(struct job *job)
{
	int status = job->count ? job->list[job->count - 1].status : 2 << 8;

	if (WIFSTOPPED(status))
		return 128 + WSTOPSIG(status);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct job *job_create(const char *source)
{
	struct job *job = xmalloc(sizeof(*job));

	*job = (struct job){.next = jobs, .source = xstrdup(source)};
	jobs = job;
	return job;
}

static void job_unlink(struct job *job)
{
	struct job **link = &jobs;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
}

static void job_destroy(struct job *job)
{
	job_unlink(job);
	free(job->source);
	free(job->list);
	free(job);
}

void jobs_forget(void)
{
	while (jobs)
		job_destroy(jobs);
}

/* Make it the most recent, with a number one above the largest. */
static void job_number(struct job *job)
{
	int largest = 0;

	for (struct job *j = jobs; j; j = j->next)
		if (j->number > largest)
			largest = j->number;
	if (!job->number)
		job->number = largest + 1;
	job_unlink(job);
	job->next = jobs;
	jobs = job;
}

static const char *state_text(struct job *job)
{
	int status = job->count ? job->list[job->count - 1].status : 0;

	if (job_state(job) == RUNNING)
		return "Running";
	if (job_state(job) == STOPPED)
		return "Stopped";
	if (WIFSIGNALED(status))
		return strsignal(WTERMSIG(status));
	return WEXITSTATUS(status) ? scratch_printf("Done(%d)", WEXITSTATUS(status)) : "Done";
}

static void job_print(struct job *job, FILE *out, bool ids)
{
	struct job *first = jobs, *second;

	while (first && !first->number)
		first = first->next;
	second = first ? first->next : NULL;
	while (second && !second->number)
		second = second->next;
	fprintf(out, "[%d]%c ", job->number, job == first ? '+' : job == second ? '-' : ' ');
	if (ids)
		fprintf(out, "%d ", job->pgid);
	fprintf(out, "%-10s %s\n", state_text(job), job->source);
	fflush(out);
	job->changed = false;
}

/* Children */

static void job_child(struct job *job, bool background, bool first)
{
	bool control = sh.opt['m'];
	int null;

	if (control) {
		setpgid(0, job->pgid);
		if (!background)
			tcsetpgrp(sh.tty, getpgrp());
	}
	subshell_enter(control);
	if (control || !background)
		return;
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	null = first ? open("/dev/null", O_RDONLY) : -1;
	if (null > 0) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
}

pid_t job_fork(struct job *job, bool background)
{
	bool first = job->count == 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		sh_warn("cannot fork: %s", strerror(errno));
	if (pid < 0)
		return pid;
	if (pid == 0) {
		job_child(job, background, first);
		return 0;
	}
	if (first)
		job->pgid = pid;
	if (sh.opt['m']) {
		setpgid(pid, job->pgid);
		if (!background && first)
			tcsetpgrp(sh.tty, job->pgid);
	}
	job->list = xrealloc(job->list, (job->count + 1) * sizeof(*job->list));
	job->list[job->count++] = (struct process){.pid = pid};
	return pid;
}

static void process_changed(pid_t pid, int status)
{
	for (struct job *job = jobs; job; job = job->next)
		for (int i = 0; i < job->count; i++) {
			struct process *p = &job->list[i];

			if (p->pid != pid || p->state == DONE)
				continue;
			p->state = WIFSTOPPED(status) ? STOPPED :
				   WIFCONTINUED(status) ? RUNNING : DONE;
			p->status = status;
			job->changed = p->state != RUNNING;
			return;
		}
}

/* Note one change among the children; false if there is none to be had. */
static bool reap(int options)
{
	int status;
	pid_t pid = waitpid(-1, &status, options | WUNTRACED | WCONTINUED);

	if (pid > 0)
		process_changed(pid, status);
	return pid > 0 || (pid < 0 && errno == EINTR);
}

/* Take the terminal back. A program that was stopped or killed may have left it raw. */
static void terminal_take(struct job *job)
{
	int status = job->count ? job->list[job->count - 1].status : 0;

	if (!sh.opt['m'])
		return;
	tcsetpgrp(sh.tty, sh.pgid);
	if (job_state(job) == STOPPED)
		job->has_modes = tcgetattr(sh.tty, &job->modes) == 0;
	if (job_state(job) == STOPPED || WIFSIGNALED(status))
		tcsetattr(sh.tty, TCSADRAIN, &shell_modes);
	else
		tcgetattr(sh.tty, &shell_modes);
}

static void tell_signal(int status)
{
	int sig = WTERMSIG(status);

	if (!WIFSIGNALED(status) || sig == SIGPIPE)
		return;
	if (sig != SIGINT)
		fprintf(stderr, "%s%s\n", strsignal(sig),
			WCOREDUMP(status) ? " (core dumped)" : "");
	else if (sh.interactive)
		fprintf(stderr, "\n");
}

int job_wait(struct job *job)
{
	int status, last;

	while (job_state(job) == RUNNING && reap(0))
		;
	terminal_take(job);
	status = job_status(job);
	last = job->count ? job->list[job->count - 1].status : 0;
	if (job_state(job) == STOPPED) {
		job_number(job);
		fprintf(stderr, "\n");
		job_print(job, stderr, false);
		return status;
	}
	tell_signal(last);
	job_destroy(job);
	if (sh.interactive && WIFSIGNALED(last) && WTERMSIG(last) == SIGINT)
		sh_interrupt();
	return status;
}

void job_background(struct job *job)
{
	if (job->count == 0) {
		job_destroy(job);
		return;
	}
	job_number(job);
	sh.last_background = job->list[job->count - 1].pid;
	if (sh.interactive)
		fprintf(stderr, "[%d] %d\n", job->number, sh.last_background);
}

void jobs_notify(void)
{
	while (reap(WNOHANG))
		;
	for (struct job *job = jobs, *next; job; job = next) {
		next = job->next;
		if (!job->changed || !job->number)
			continue;
		job_print(job, stderr, false);
		if (job_state(job) == DONE)
			job_destroy(job);
	}
}

/* Commands */

/* %2, %+, %%, %-, %name, or a process id; NULL is %+. NULL with a message if there is none. */
static struct job *job_find(const char *spec)
{
	int skip = spec && strcmp(spec, "%-") == 0;
	bool current = !spec || skip || strcmp(spec, "%%") == 0 || strcmp(spec, "%+") == 0;
	const char *name = spec && *spec == '%' ? spec + 1 : NULL;
	int number = name ? atoi(name) : 0, pid = spec && !name ? atoi(spec) : 0;

	for (struct job *job = jobs; job; job = job->next) {
		if (pid && job->count && job->list[job->count - 1].pid == pid)
			return job;
		if (!job->number)
			continue;
		if (current && skip-- == 0)
			return job;
		if (!current && name && (number ? job->number == number :
					 strncmp(job->source, name, strlen(name)) == 0))
			return job;
	}
	sh_warn("%s: no such job", spec ? spec : "current");
	return NULL;
}

int jobs_main(int argc, char **argv)
{
	bool ids = argc > 1 && strcmp(argv[1], "-l") == 0;
	bool only_ids = argc > 1 && strcmp(argv[1], "-p") == 0;

	while (reap(WNOHANG))
		;
	for (int n = 1, more = 1; more; n++) {
		struct job *job = jobs;

		more = 0;
		for (struct job *j = jobs; j; j = j->next)
			more = more || j->number > n;
		while (job && job->number != n)
			job = job->next;
		if (job && only_ids)
			printf("%d\n", job->pgid);
		else if (job)
			job_print(job, stdout, ids);
		if (job && job_state(job) == DONE)
			job_destroy(job);
	}
	return 0;
}

/* fg and bg: let a job go on, with or without the terminal. */
int fg_main(int argc, char **argv)
{
	bool foreground = strcmp(argv[0], "fg") == 0;
	struct job *job;

	if (!sh.opt['m']) {
		sh_warn("%s: no job control", argv[0]);
		return 1;
	}
	job = job_find(argc > 1 ? argv[1] : NULL);
	if (!job)
		return 1;
	printf(foreground ? "%s\n" : "%s &\n", job->source);
	fflush(stdout);
	if (foreground) {
		tcsetpgrp(sh.tty, job->pgid);
		if (job->has_modes)
			tcsetattr(sh.tty, TCSADRAIN, &job->modes);
		job->has_modes = false;
	}
	for (int i = 0; i < job->count; i++)
		if (job->list[i].state == STOPPED)
			job->list[i].state = RUNNING;
	kill(-job->pgid, SIGCONT);
	if (foreground)
		return job_wait(job);
	job_number(job);
	return 0;
}

/* A signal that has a trap ends the wait. */
static int wait_for(struct job *job)
{
	int status;

	while (job_state(job) == RUNNING && !signals_pending())
		if (!reap(0))
			break;
	if (signals_pending())
		return 128 + signals_pending();
	status = job_status(job);
	if (job_state(job) == DONE)
		job_destroy(job);
	return status;
}

static struct job *job_running(void)
{
	for (struct job *job = jobs; job; job = job->next)
		if (job->number && job_state(job) == RUNNING)
			return job;
	return NULL;
}

int wait_main(int argc, char **argv)
{
	struct job *job;
	int status = 0;

	if (argc == 1) {
		while ((job = job_running()) != NULL && !signals_pending())
			wait_for(job);
		return signals_pending() ? 128 + signals_pending() : 0;
	}
	for (int i = 1; i < argc; i++) {
		job = job_find(argv[i]);
		status = job ? wait_for(job) : 127;
	}
	return status;
}

/* kill, with %job replaced by its process group; a stopped job is woken to notice. */
int sh_kill_main(int argc, char **argv)
{
	char **args = scratch_alloc((argc + 2) * sizeof(*args));
	int count = 0, status;

	args[count++] = argv[0];
	if (argc > 1 && *argv[1] == '%')
		args[count++] = "--";
	for (int i = 1; i < argc; i++) {
		struct job *job = *argv[i] == '%' ? job_find(argv[i]) : NULL;

		if (*argv[i] == '%' && !job)
			return 1;
		args[count++] = job ? scratch_printf("%d", -job->pgid) : argv[i];
	}
	args[count] = NULL;
	status = applet_run(applet_find("kill"), count, args);
	for (int i = 1; i < argc; i++) {
		struct job *job = *argv[i] == '%' ? job_find(argv[i]) : NULL;

		if (job && job_state(job) == STOPPED && !strstr(args[1], "STOP"))
			kill(-job->pgid, SIGCONT);
	}
	return status;
}

/* The terminal */

void jobs_init(void)
{
	sh.tty = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	sh.pgid = getpgrp();
	first_owner = sh.tty < 0 ? -1 : tcgetpgrp(sh.tty);
	if (first_owner < 0) {
		sh_warn("no job control on this terminal");
		sh.opt['m'] = false;
		return;
	}
	while (tcgetpgrp(sh.tty) != getpgrp())
		kill(0, SIGTTIN);
	setpgid(0, 0);
	sh.pgid = getpgrp();
	sh.opt['m'] = tcsetpgrp(sh.tty, sh.pgid) == 0;
	tcgetattr(sh.tty, &shell_modes);
}

void jobs_leave(void)
{
	if (sh.opt['m'] && first_owner > 0 && first_owner != sh.pgid)
		tcsetpgrp(sh.tty, first_owner);
}

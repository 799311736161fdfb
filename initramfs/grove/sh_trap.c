/*
 * Signals, traps, and the ways out of the shell
 *
 * A signal's handler only notes it; the trap runs between two commands, from
 * signals_check(). A trap for a signal that comes while a program runs in the
 * foreground so waits for that program's end, as POSIX wants it. Slot 0 is EXIT.
 *
 * Entry points: trap_main() (the builtin), signals_check(), sh_exit().
 */

#include "initramfs/grove/sh.h"

static char *actions[NSIG];	/* NULL: default; "": ignored */
static volatile sig_atomic_t pending[NSIG];
static volatile sig_atomic_t any_pending;

static void note(int sig)
{
	pending[sig] = 1;
	any_pending = 1;
}

/* Without SA_RESTART: read and wait come back, so that the shell notices. */
static void catch(int sig, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

int signals_pending(void)
{
	for (int sig = 1; sig < NSIG && any_pending; sig++)
		if (pending[sig])
			return sig;
	return 0;
}

bool trap_on_exit(void)
{
	return actions[0] != NULL;
}

void signals_init(void)
{
	catch(SIGINT, note);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
}

/* An ignored signal stays ignored in children; a caught one is dropped. */
void signals_child(bool job)
{
	for (int sig = 0; sig < NSIG; sig++) {
		if (actions[sig] && *actions[sig] == '\0' && sig > 0)
			continue;
		if (actions[sig] && sig > 0)
			signal(sig, SIG_DFL);
		free(actions[sig]);
		actions[sig] = NULL;
		pending[sig] = 0;
	}
	if (!sh.interactive)
		return;
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (!job)
		return;
	signal(SIGTSTP, SIG_DFL);
	signal(SIGTTIN, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
}

static void trap_run(int sig)
{
	char *action = xstrdup(actions[sig]);
	int status = sh.status;

	run_string(action, false);
	sh.status = status;
	free(action);
}

void signals_check(void)
{
	if (!any_pending)
		return;
	any_pending = 0;
	for (int sig = 1; sig < NSIG; sig++) {
		if (!pending[sig])
			continue;
		pending[sig] = 0;
		if (actions[sig] && *actions[sig])
			trap_run(sig);
		else if (sig == SIGINT)
			sh_interrupt();
	}
}

_Noreturn void sh_interrupt(void)
{
	pending[SIGINT] = 0;
	if (!sh.top)
		sh_exit(128 + SIGINT);
	sh.status = 128 + SIGINT;
	longjmp(*sh.top, 1);
}

_Noreturn void process_exit(int status)
{
	if (fflush(stdout) != 0 && status == 0)
		status = 1;
	_exit(status);
}

/* The trap may itself call exit; by then it is no longer set. */
_Noreturn void sh_exit(int status)
{
	char *action = actions[0];

	actions[0] = NULL;
	sh.status = status;
	sh.leave = LEAVE_NOT;
	sh.top = NULL;
	if (action)
		run_string(action, false);
	jobs_leave();
	process_exit(status);
}

static int trap_number(const char *name)
{
	return strcmp(name, "EXIT") == 0 ? 0 : signal_from_name(name);
}

static void trap_set(int sig, const char *action)
{
	free(actions[sig]);
	actions[sig] = action ? xstrdup(action) : NULL;
	if (sig == 0)
		return;
	if (action)
		catch(sig, *action ? note : SIG_IGN);
	else if (sh.interactive)
		catch(sig, sig == SIGINT ? note : sig == SIGTERM || sig == SIGQUIT ||
		      sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU ? SIG_IGN : SIG_DFL);
	else
		catch(sig, SIG_DFL);
}

static int traps_print(void)
{
	for (int sig = 0; sig < NSIG; sig++)
		if (actions[sig])
			printf("trap -- '%s' %s\n", actions[sig], sig ? signal_name(sig) : "EXIT");
	return 0;
}

/* trap ACTION SIGNAL... ; trap - SIGNAL... ; trap SIGNAL resets too */
int trap_main(int argc, char **argv)
{
	const char *action;
	int i = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1, status = 0;

	if (i >= argc)
		return traps_print();
	action = argv[i];
	if (strcmp(action, "-") == 0 || i + 1 == argc || trap_number(action) > 0)
		action = NULL;
	if (action || strcmp(argv[i], "-") == 0)
		i++;
	for (; i < argc; i++) {
		int sig = trap_number(argv[i]);

		if (sig < 0) {
			sh_warn("trap: %s: no such signal", argv[i]);
			status = 1;
			continue;
		}
		trap_set(sig, action);
	}
	return status;
}

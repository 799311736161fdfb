/*
 * Running trees
 *
 * exec_node() runs one command and returns its status. What the shell can do
 * inside itself (builtins, functions, small applets, loops) costs no process;
 * a program costs one fork, and none where the process would end after it anyway
 * (RUN_LAST): in a pipeline's children and in the last command of sh -c.
 *
 *	NAME is looked up as: special builtin, function, builtin, inline applet,
 *	program on PATH, any other applet
 *
 * break, continue and return don't jump: they set sh.leave, which every list and
 * loop looks at after each step. Only errors and ^C jump, to the prompt.
 *
 * Entry points: exec_list(), exec_node(), exec_argv().
 */

#include "initramfs/grove/sh.h"

#include <fcntl.h>
#include <fnmatch.h>

/* Simple commands */

static void assign(struct word *list, bool temporary, bool export)
{
	for (; list; list = list->next) {
		const char *name = list->parts->text;
		char *value = expand_string(list->parts->next);

		if (temporary)
			var_local(name);
		var_set(name, value);
		if (export)
			var_flag(name, VAR_EXPORT);
	}
}

static int exec_assignments(struct node *node)
{
	struct undo *depth = redirect_depth();
	bool opened = redirect_apply(node->redirects, true);

	if (opened)
		assign(node->assigns, false, false);
	redirect_undo(depth);
	if (!opened)
		return 2;
	return sh.substitution > 0 ? sh.substitution : 0;
}

static _Noreturn void exec_child(struct node *node, char **argv)
{
	if (node && !redirect_apply(node->redirects, false))
		process_exit(2);
	if (node)
		assign(node->assigns, false, true);
	exec_program(argv);
}

/* A program. `node` has its redirections and assignments, if any. */
static int exec_external(struct node *node, char **argv, int flags)
{
	struct job *job;
	pid_t pid;

	if (flags & RUN_LAST && !trap_on_exit())
		exec_child(node, argv);
	job = job_create(node && node->source ? node->source : argv[0]);
	pid = job_fork(job, false);
	if (pid == 0)
		exec_child(node, argv);
	return job_wait(job);
}

static int argv_count(char **argv)
{
	int count = 0;

	while (argv[count])
		count++;
	return count;
}

/* What can run without a process of its own; false if `name` is nothing of the kind. */
static bool is_internal(const char *name, bool functions_too)
{
	const struct applet *applet = applet_find(name);

	return builtin_find(name) || (functions_too && function_find(name)) ||
	       (applet && applet->flags & APPLET_INLINE);
}

static int exec_internal(char **argv, bool functions_too)
{
	const struct builtin *builtin = builtin_find(argv[0]);
	struct node *function = functions_too ? function_find(argv[0]) : NULL;
	int count = argv_count(argv), status;

	if (function && !(builtin && builtin->special))
		return exec_function(function, argv);
	if (!builtin)
		return applet_run(applet_find(argv[0]), count, argv);
	status = builtin->main(count, argv);
	if (fflush(stdout) != 0) {
		sh_warn("%s: %s", argv[0], strerror(errno));
		clearerr(stdout);
		status = 1;
	}
	return status;
}

int exec_argv(char **argv, bool functions_too, int flags)
{
	if (is_internal(argv[0], functions_too))
		return exec_internal(argv, functions_too);
	return exec_external(NULL, argv, flags);
}

static int exec_inside(struct node *node, char **argv)
{
	const struct builtin *builtin = builtin_find(argv[0]);
	bool special = builtin && builtin->special;
	struct undo *depth = redirect_depth();
	int status = 2;

	if (!redirect_apply(node->redirects, true)) {
		redirect_undo(depth);
		if (special && !sh.interactive)
			sh_exit(2);
		return status;
	}
	if (!special)
		scope_push();
	assign(node->assigns, !special, !special || strcmp(argv[0], "exec") == 0);
	status = exec_internal(argv, true);
	if (!special)
		scope_pop();
	if (sh.keep_redirects)
		redirect_keep(depth);
	else
		redirect_undo(depth);
	sh.keep_redirects = false;
	return status;
}

static void trace(struct node *node, char **argv)
{
	struct text line = {0};
	const char *ps4 = var_get("PS4");

	text_add(&line, ps4 ? ps4 : "+ ", ps4 ? strlen(ps4) : 2);
	for (struct word *w = node->assigns; w; w = w->next) {
		char *s = scratch_printf("%s=%s ", w->parts->text, expand_string(w->parts->next));

		text_add(&line, s, strlen(s));
	}
	for (; *argv; argv++) {
		text_add(&line, *argv, strlen(*argv));
		text_char(&line, argv[1] ? ' ' : '\n');
	}
	line.data[line.len - 1] = '\n';
	write_all(STDERR_FILENO, line.data, line.len);
}

static int exec_simple(struct node *node, int flags)
{
	struct mark mark = scratch_mark();
	char **argv;
	int status;

	sh.substitution = -1;
	argv = expand_words(node->words);
	if (sh.opt['x'])
		trace(node, argv);
	if (!argv[0])
		status = exec_assignments(node);
	else if (is_internal(argv[0], true))
		status = exec_inside(node, argv);
	else
		status = exec_external(node, argv, flags);
	scratch_release(mark);
	return status;
}

/* Pipelines */

/* One command of a pipeline, in its child: read from `in`, write to out[1]. */
static _Noreturn void pipe_child(struct node *node, int in, const int *out)
{
	if (in >= 0) {
		dup2(in, STDIN_FILENO);
		close(in);
	}
	if (out[1] >= 0) {
		close(out[0]);
		dup2(out[1], STDOUT_FILENO);
		close(out[1]);
	}
	sh_exit(exec_node(node, RUN_LAST));
}

static void pipe_start(struct job *job, struct node *chain, bool background)
{
	int in = -1;

	for (struct node *node = chain; node; node = node->next) {
		int out[2] = {-1, -1};
		pid_t pid;

		if (node->next && pipe2(out, O_CLOEXEC) < 0) {
			sh_warn("cannot make a pipe: %s", strerror(errno));
			break;
		}
		pid = job_fork(job, background);
		if (pid == 0)
			pipe_child(node, in, out);
		if (in >= 0)
			close(in);
		if (out[1] >= 0)
			close(out[1]);
		in = out[0];
		if (pid < 0)
			break;
	}
	if (in >= 0)
		close(in);
}

static int exec_pipe(struct node *node)
{
	struct job *job = job_create(node->source);

	pipe_start(job, node->body, false);
	return job_wait(job);
}

static void exec_background(struct node *node)
{
	struct job *job = job_create(node->source);

	if (node->kind == NODE_PIPE)
		pipe_start(job, node->body, true);
	else if (job_fork(job, true) == 0)
		sh_exit(exec_node(node, RUN_LAST));
	job_background(job);
}

static int exec_subshell(struct node *node, int flags)
{
	struct job *job;

	if (flags & RUN_LAST && !trap_on_exit())
		sh_exit(exec_list(node->body, RUN_LAST));
	job = job_create(node->source ? node->source : "( )");
	if (job_fork(job, false) == 0)
		sh_exit(exec_list(node->body, RUN_LAST));
	return job_wait(job);
}

/* Compound commands */

static int exec_test(struct node *list)
{
	int status;

	sh.tested++;
	status = exec_list(list, 0);
	sh.tested--;
	return status;
}

/* After a round: is this loop over? A break of several levels goes on outward. */
static bool loop_over(void)
{
	bool over = sh.leave == LEAVE_BREAK;

	if (sh.leave == LEAVE_NOT)
		return false;
	if (sh.leave == LEAVE_RETURN || --sh.leave_depth > 0)
		return true;
	sh.leave = LEAVE_NOT;
	return over;
}

static int exec_while(struct node *node)
{
	int status = 0;

	sh.loops++;
	for (;;) {
		bool yes = exec_test(node->test) == 0;

		if (loop_over() || yes != (node->kind == NODE_WHILE))
			break;
		status = exec_list(node->body, 0);
		if (loop_over())
			break;
	}
	sh.loops--;
	return sh.leave == LEAVE_RETURN ? sh.status : status;
}

static int exec_for(struct node *node)
{
	struct mark mark = scratch_mark();
	struct part all = {.kind = PART_PARAM, .quoted = true, .text = "@"};
	struct word params = {.parts = &all};
	char **list = expand_words(node->in_params ? &params : node->words);
	int status = 0;

	sh.loops++;
	for (; *list; list++) {
		var_set(node->name, *list);
		status = exec_list(node->body, 0);
		if (loop_over())
			break;
	}
	sh.loops--;
	scratch_release(mark);
	return status;
}

static int exec_case(struct node *node, int flags)
{
	struct mark mark = scratch_mark();
	char *value = expand_string(node->words->parts);
	struct case_arm *arm;
	bool found = false;

	for (arm = node->arms; arm; arm = arm->next) {
		for (struct word *w = arm->patterns; w && !found; w = w->next)
			found = fnmatch(expand_pattern(w->parts), value, 0) == 0;
		if (found)
			break;
	}
	scratch_release(mark);
	return arm ? exec_list(arm->body, flags) : 0;
}

static int exec_and_or(struct node *node, int flags)
{
	int status;

	sh.tested++;
	status = exec_node(node->test, 0);
	sh.tested--;
	if (sh.leave || (status == 0) != (node->kind == NODE_AND))
		return status;
	return exec_node(node->body, flags);
}

static int exec_kind(struct node *node, int flags)
{
	switch (node->kind) {
	case NODE_SIMPLE:
		return exec_simple(node, flags);
	case NODE_PIPE:
		return exec_pipe(node);
	case NODE_NOT:
		sh.tested++;
		flags = exec_node(node->body, 0) == 0;
		sh.tested--;
		return flags;
	case NODE_AND:
	case NODE_OR:
		return exec_and_or(node, flags);
	case NODE_IF:
		if (exec_test(node->test) == 0)
			return exec_list(node->body, flags);
		return sh.leave ? sh.status : exec_list(node->otherwise, flags);
	case NODE_WHILE:
	case NODE_UNTIL:
		return exec_while(node);
	case NODE_FOR:
		return exec_for(node);
	case NODE_CASE:
		return exec_case(node, flags);
	case NODE_GROUP:
		return exec_list(node->body, flags);
	case NODE_SUBSHELL:
		return exec_subshell(node, flags);
	case NODE_FUNCTION:
		function_set(node);
		return 0;
	}
	return 0;
}

int exec_node(struct node *node, int flags)
{
	struct undo *depth = redirect_depth();
	bool around = node->redirects && node->kind != NODE_SIMPLE;
	bool leaf = node->kind == NODE_SIMPLE || node->kind == NODE_PIPE ||
		    node->kind == NODE_SUBSHELL;

	signals_check();
	sh.line = node->line;
	if (around && !redirect_apply(node->redirects, true))
		sh.status = 2;
	else
		sh.status = exec_kind(node, flags);
	if (around)
		redirect_undo(depth);
	if (sh.status != 0 && sh.opt['e'] && leaf && !sh.tested && !sh.leave)
		sh_exit(sh.status);
	return sh.status;
}

int exec_list(struct node *list, int flags)
{
	if (!list)
		sh.status = 0;
	for (; list && !sh.leave; list = list->next) {
		if (list->background) {
			exec_background(list);
			sh.status = 0;
		} else {
			exec_node(list, list->next ? 0 : flags);
		}
	}
	return sh.status;
}

void subshell_enter(bool job)
{
	signals_child(job);
	jobs_forget();
	sh.opt['m'] = sh.opt['i'] = sh.interactive = false;
	sh.top = NULL;
}

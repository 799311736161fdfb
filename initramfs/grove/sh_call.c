/*
 * Calling: functions of the shell, and programs
 *
 * A function call is a frame that keeps the caller's parameters, and a scope of
 * variables. Its body lies in the pool of the line it was defined on, which the
 * function's entry holds. A program replaces the process that calls it.
 *
 * Entry points: exec_function(), function_find(), exec_program(), path_search().
 */

#include "initramfs/grove/sh.h"

#include <sys/prctl.h>

#define DEEPEST_CALL 1000

struct call {
	struct call *below;
	char **params;	/* the caller's */
	int param_count, loops;
};

struct function {
	struct function *next;
	struct node *node;	/* in its pool, of which we hold a reference */
};

static struct call *calls;
static struct function *functions;

/* Functions */

struct node *function_find(const char *name)
{
	for (struct function *f = functions; f; f = f->next)
		if (strcmp(f->node->name, name) == 0)
			return f->node;
	return NULL;
}

void function_unset(const char *name)
{
	for (struct function **link = &functions, *f; (f = *link) != NULL; link = &f->next) {
		if (strcmp(f->node->name, name) != 0)
			continue;
		*link = f->next;
		pool_put(f->node->pool);
		free(f);
		return;
	}
}

void function_set(struct node *node)
{
	struct function *f = xmalloc(sizeof(*f));

	pool_get(node->pool);
	function_unset(node->name);
	*f = (struct function){.next = functions, .node = node};
	functions = f;
}

static void call_end(void)
{
	struct call *call = calls;

	calls = call->below;
	params_free(sh.params);
	sh.params = call->params;
	sh.param_count = call->param_count;
	sh.loops = call->loops;
	sh.functions--;
	free(call);
}

void calls_unwind(void)
{
	while (calls)
		call_end();
	while (scope_any())
		scope_pop();
}

/* The pool reference keeps the body while it runs, even if it redefines itself. */
int exec_function(struct node *function, char **argv)
{
	struct call *call = xmalloc(sizeof(*call));
	int status;

	*call = (struct call){calls, sh.params, sh.param_count, sh.loops};
	calls = call;
	params_set(argv + 1);
	sh.loops = 0;
	if (++sh.functions > DEEPEST_CALL)
		sh_fail(2, "%s: functions call each other too deeply", argv[0]);
	scope_push();
	pool_get(function->pool);
	status = exec_node(function->body, 0);
	if (sh.leave == LEAVE_RETURN) {
		sh.leave = LEAVE_NOT;
		status = sh.status;
	}
	scope_pop();
	call_end();
	pool_put(function->pool);
	return status;
}

/* Programs */

char *path_search(const char *name)
{
	const char *path = var_get("PATH");

	while (path && *name) {
		size_t len = strcspn(path, ":");
		char *file = scratch_printf("%.*s%s%s", (int)len, path, len ? "/" : "", name);

		if (access(file, X_OK) == 0)
			return file;
		path = path[len] ? path + len + 1 : NULL;
	}
	return NULL;
}

/* A text file without #!: a script for us. */
static void exec_script(const char *path, char **argv, char **environment)
{
	int count = 0;
	char **args;

	while (argv[count])
		count++;
	args = scratch_alloc((count + 2) * sizeof(*args));
	args[0] = "sh";
	args[1] = (char *)path;
	memcpy(args + 2, argv + 1, count * sizeof(*args));
	execve("/proc/self/exe", args, environment);
}

/* Through exec, so that ps shows the applet's own command line; without /proc by a call. */
static void exec_applet(char **argv, char **environment)
{
	const struct applet *applet = applet_find(argv[0]);
	int count = 0;

	if (!applet)
		return;
	execve("/proc/self/exe", argv, environment);
	while (argv[count])
		count++;
	prctl(PR_SET_NAME, argv[0]);
	environ = environment;
	process_exit(applet_run(applet, count, argv));
}

_Noreturn void exec_program(char **argv)
{
	char **environment = var_environment();
	char *path = strchr(argv[0], '/') ? argv[0] : path_search(argv[0]);
	int error = ENOENT;

	if (path) {
		execve(path, argv, environment);
		error = errno;
		if (error == ENOEXEC)
			exec_script(path, argv, environment);
	} else {
		exec_applet(argv, environment);
	}
	sh_warn("%s: %s", argv[0], error == ENOENT && !strchr(argv[0], '/') ? "not found" :
		strerror(error));
	process_exit(error == ENOENT || error == ENOTDIR ? 127 : 126);
}

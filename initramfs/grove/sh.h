/*
 * What the parts of the shell share. Text becomes a tree, and the tree is run:
 *
 *	edit.c, a file, -c --> sh_lex.c --> sh_parse.c --> sh_exec.c --> processes
 *	                       words        commands        |     ^
 *	                                                    v     |
 *	                              sh_expand.c, sh_arith.c   sh_job.c
 *
 *	sh_call.c: functions and programs; sh_redirect.c; sh_mem.c: memory;
 *	sh_var.c: variables; sh_builtin.c, sh_set.c, sh_read.c: commands of the
 *	shell itself; sh_trap.c: signals and leaving.
 *
 * The shell is one thread, so its state is one global, `sh`.
 */
#ifndef GROVE_SH_H
#define GROVE_SH_H

#include "initramfs/grove/grove.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/types.h>

/* Memory (sh_mem.c) */

/* A pool's memory goes all at once, when its last reference is put. */
struct pool;
struct pool *pool_create(void);
struct pool *pool_get(struct pool *pool);
void pool_put(struct pool *pool);
void *pool_alloc(struct pool *pool, size_t size);	/* zeroed */
char *pool_strndup(struct pool *pool, const char *s, size_t len);

/* The scratch pool is a stack: what was taken since a mark is released together. */
struct mark {
	struct chunk *chunk;
	size_t used;
};
struct mark scratch_mark(void);
void scratch_release(struct mark mark);
void *scratch_alloc(size_t size);
char *scratch_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A string that grows, in scratch memory; always ended by a NUL once added to. */
struct text {
	char *data;
	size_t len, room;
};
void text_add(struct text *text, const char *s, size_t len);
void text_char(struct text *text, char c);

/* Words and commands (sh_lex.c, sh_parse.c) */

enum part_kind { PART_TEXT, PART_PARAM, PART_COMMAND, PART_ARITH };

/* A word is a list of parts: a"b$c"$(d) is TEXT, TEXT, PARAM, COMMAND. */
struct part {
	struct part *next;
	enum part_kind kind;
	bool quoted;
	char *text;		/* TEXT: the characters; PARAM: the name */
	char op;		/* PARAM: 0, one of - = ? + # %, H for ##, P for %%, L length */
	bool colon;		/* PARAM: the op has a colon, so an empty value counts as unset */
	struct part *operand;	/* PARAM: what stands behind the op; ARITH: the expression */
	struct node *tree;	/* COMMAND */
};

struct word {
	struct word *next;
	struct part *parts;
};

struct redirect {
	struct redirect *next;
	struct redirect *next_pending;	/* here-documents that begin after the same line */
	int fd;
	char op[4];		/* < > >> <> >| <& >& << <<- */
	struct word *target;	/* a here-document: its delimiter, then, once read, its body */
};

struct case_arm {
	struct case_arm *next;
	struct word *patterns;
	struct node *body;
};

enum node_kind {
	NODE_SIMPLE,	/* assigns words redirects */
	NODE_PIPE,	/* body: a chain of commands */
	NODE_NOT,	/* ! body */
	NODE_AND,	/* test && body */
	NODE_OR,	/* test || body */
	NODE_IF,	/* if test; then body; else otherwise */
	NODE_WHILE,	/* while test; do body */
	NODE_UNTIL,
	NODE_FOR,	/* for name in words; do body */
	NODE_CASE,	/* case words in arms */
	NODE_GROUP,	/* { body } */
	NODE_SUBSHELL,	/* ( body ) */
	NODE_FUNCTION,	/* name() body */
};

/* Lists are chains by `next`; every node may have redirects. */
struct node {
	enum node_kind kind;
	int line;
	bool background;	/* followed by & */
	bool in_params;		/* for without `in`: over "$@" */
	struct node *next, *test, *body, *otherwise;
	struct word *assigns, *words;
	struct redirect *redirects;
	struct case_arm *arms;
	char *name;
	char *source;		/* a pipeline as it was typed, for job listings */
	struct pool *pool;	/* borrowed: what the node lies in */
};

/* Where command text comes from. */
struct source {
	char *text;		/* malloc'd if `more` is set, else borrowed */
	size_t pos, len;
	int line;
	bool ended;		/* `more` has said so; it is not asked twice */
	bool (*more)(struct source *source);	/* append a line; false: the end; NULL: no more */
};

enum token_kind { TOKEN_END, TOKEN_NEWLINE, TOKEN_WORD, TOKEN_NUMBER, TOKEN_OP };

struct parser {
	struct source *source;
	struct pool *pool;
	bool ready;		/* `token` is the next one */
	enum token_kind token;
	char op[4];		/* TOKEN_OP */
	int number;		/* TOKEN_NUMBER: the descriptor before < or > */
	struct word *word;	/* TOKEN_WORD */
	size_t start, stop;	/* where `token` lies in the source */
	size_t taken;		/* where the token before it ended */
	struct redirect *pending;	/* here-documents that begin after this line */
	struct redirect **pending_tail;
};

/* The next token, left in place; token_take() consumes it. */
enum token_kind token_peek(struct parser *p);
void token_take(struct parser *p);
bool token_is(struct parser *p, const char *op);
/* The characters of a word that is one unquoted piece of text, else NULL. */
const char *word_plain(const struct word *word);
bool is_name(const char *s, size_t len);
/* The characters a variable name at s takes; 0 if none begins there. */
size_t name_length(const char *s);
_Noreturn void syntax_error(struct parser *p, const char *what);

/* One line of commands, as a chain; NULL for an empty one, with *end set at the end. */
struct node *parse_line(struct parser *p, bool *end);
/* Commands up to the operator `stop`, which is taken, or, if NULL, to the end. */
struct node *parse_until(struct parser *p, const char *stop);

/* State */

enum leave { LEAVE_NOT, LEAVE_BREAK, LEAVE_CONTINUE, LEAVE_RETURN };

struct shell {
	int status;		/* $? */
	int substitution;	/* status of the last $( ), or -1 */
	int line;		/* of the running command */
	pid_t pid, last_background;	/* $$ $! */
	const char *name;	/* $0 */
	char **params;		/* $1 ... ; malloc'd, ended by NULL */
	int param_count;
	bool opt[128];		/* by letter: e f m n u x C i */
	bool interactive;	/* prompts, survives errors */
	int tty;		/* job control's terminal; -1 without */
	pid_t pgid;		/* our own process group */
	enum leave leave;	/* what the running lists are being left for ... */
	int leave_depth;	/* ... and how many loops that ends */
	int loops, functions;	/* how deep we are in them */
	int tested;		/* inside a condition, where set -e is off */
	bool keep_redirects;	/* `exec` without a command asks for it */
	jmp_buf *top;		/* the prompt, for errors; NULL: errors exit */
};
extern struct shell sh;

/* Say "sh: line N: ..." and go back to the prompt, or exit with this status. */
_Noreturn void sh_fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sh_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Run the text of a source; returns $?. `last`: the process ends after it. */
int run_source(struct source *source, bool last);
int run_string(const char *text, bool last);
int run_file(const char *path);	/* `.`; -1 with errno if it cannot be read */

/* Variables (sh_var.c) */

enum { VAR_EXPORT = 1, VAR_READONLY = 2 };
const char *var_get(const char *name);
void var_set(const char *name, const char *value);	/* sh_fail()s on a readonly one */
void var_flag(const char *name, int flags);
void var_unset(const char *name);
void var_import(char **environment);
char **var_environment(void);	/* in scratch */
void var_print(const char *prefix, int flags);
void scope_push(void);
void scope_pop(void);
void var_local(const char *name);	/* restored when the innermost scope is popped */
bool scope_any(void);

/* Expansion (sh_expand.c, sh_arith.c); results in scratch */

char **expand_words(struct word *words);
char *expand_string(struct part *parts);	/* one string: no splitting, no globbing */
/* The same for fnmatch(), with quoted characters escaped. */
char *expand_pattern(struct part *parts);
char *join_params(void);			/* "$*" */
char **glob_expand(const char *pattern);	/* sorted; NULL if nothing matches */
int64_t arith_eval(const char *text);

/* Running (sh_exec.c) */

enum { RUN_LAST = 1 };	/* the process ends after this: run in place of it, without fork */
int exec_list(struct node *list, int flags);
int exec_node(struct node *node, int flags);
/* Run argv as a command: builtin, applet or program; functions only if asked. */
int exec_argv(char **argv, bool functions, int flags);
/* Call a function defined by `node` with argv. */
int exec_function(struct node *node, char **argv);
/* Become the program argv[0]; never returns. */
_Noreturn void exec_program(char **argv);
char *path_search(const char *name);	/* in scratch; NULL if not on PATH */
/* Redirections are undone down to a depth taken before; without `save` they stay. */
bool redirect_apply(struct redirect *list, bool save);
struct undo *redirect_depth(void);
void redirect_undo(struct undo *depth);
void redirect_keep(struct undo *depth);	/* `exec`: make them permanent */
struct node *function_find(const char *name);
void function_set(struct node *node);
void function_unset(const char *name);
/* Drop every function call and scope under way: an error goes back to the prompt. */
void calls_unwind(void);
/* A child of the shell begins: default signals, no traps, no job control. */
void subshell_enter(bool job);
/* Leave a child or the whole shell at once, with output written. */
_Noreturn void process_exit(int status);

/* Jobs (sh_job.c) */

struct job;
struct job *job_create(const char *source);
/* fork() into the job. 0 in the child; in the parent the child's id, or -1 after a message. */
pid_t job_fork(struct job *job, bool background);
int job_wait(struct job *job);		/* in the foreground; its status */
void job_background(struct job *job);	/* announce it and let it run */
void jobs_forget(void);
void jobs_notify(void);			/* tell what has ended since */
void jobs_init(void);
void jobs_leave(void);			/* give the terminal back to whoever had it */
int jobs_main(int argc, char **argv);
int fg_main(int argc, char **argv);
int wait_main(int argc, char **argv);
int sh_kill_main(int argc, char **argv);

/* Builtins (sh_builtin.c, sh_set.c) */

struct builtin {
	const char *name;
	int (*main)(int argc, char **argv);
	bool special;	/* POSIX: assignments before it last, and its errors end a script */
};
const struct builtin *builtin_find(const char *name);
const struct builtin *builtin_table(void);	/* ended by a NULL name */
int read_main(int argc, char **argv);
int set_main(int argc, char **argv);
int getopts_main(int argc, char **argv);
int export_main(int argc, char **argv);
int unset_main(int argc, char **argv);
int shift_main(int argc, char **argv);
int local_main(int argc, char **argv);
int umask_main(int argc, char **argv);
int ulimit_main(int argc, char **argv);
bool set_options(const char *word);	/* "-eu" or "+x"; false: an unknown letter */
void params_set(char **argv);		/* copies them; the old ones are the caller's to free */
void params_free(char **params);

/* Signals (sh_trap.c) */

int trap_main(int argc, char **argv);
void signals_init(void);	/* what an interactive shell ignores and catches */
void signals_child(bool job);	/* back to what a program expects; job: ^Z stops it */
void signals_check(void);	/* run pending traps; an untrapped ^C ends in sh_interrupt() */
int signals_pending(void);	/* the first one signals_check() would act on, or 0 */
_Noreturn void sh_interrupt(void);
_Noreturn void sh_exit(int status);	/* the EXIT trap, then leave */
bool trap_on_exit(void);

#endif

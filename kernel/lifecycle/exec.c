/*
 * exec: a task renews its address space and keeps everything else that it is.
 *
 *	gather   arguments and environment are copied into the kernel
 *	open     the file, and as long as it begins with #! the interpreter that it names instead
 *	load     into a new address space: segments, stack, vDSO. The old program is untouched
 *	         and any failure so far is an errno
 *	alone    other threads are killed; a shared descriptor or handler table is copied
 *	         (resource_unshare)
 *	commit   the new space is installed. From that line on nothing can fail: handlers go to
 *	         default, close-on-exec descriptors close, credentials change, registers are reset
 *
 * NOTE(linux): if there is no memory to copy a shared table, exec returns ENOMEM to a caller that
 * has lost its other threads already; Linux kills it.
 */
#include "kernel/lifecycle/exec.h"

#include "arch/task.h"
#include "arch/uaccess.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/personality.h"
#include "kernel/abi/resource.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/random.h"
#include "kernel/core/trace.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/open.h"
#include "kernel/fs/path_walk.h"
#include "kernel/ipc/futex.h"
#include "kernel/ipc/itimer.h"
#include "kernel/ipc/sighand.h"
#include "kernel/lifecycle/clone.h"
#include "kernel/lifecycle/program.h"
#include "kernel/lifecycle/resource.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/time.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/user.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define SCRIPT_DEPTH_MAX 5 /* #! lines that lead to #! lines */

static void program_release(struct program *p)
{
	if (p->file != NULL) {
		file_exec_done(p->file);
		file_put(p->file);
	}
	arg_list_release(&p->argv);
	arg_list_release(&p->envp);
	cred_put(p->cred);
	mm_put(p->mm);
	kfree(p->name);
	kfree(p);
}

static int program_open(struct program *p, int dfd, const char *path, unsigned flags)
{
	struct file *file;
	ssize_t got;
	int err = file_open_exec(dfd, path, flags, &file);

	if (err)
		return err;
	if (p->file != NULL) {
		file_exec_done(p->file);
		file_put(p->file);
	}
	p->file = file;
	memset(p->head, 0, sizeof(p->head));
	got = file_read_kernel(file, p->head, sizeof(p->head) - 1, 0);
	return got < 0 ? (int)got : 0;
}

/* Splits "#! interpreter [one argument]" in place; *arg NULL if there is none. -ENOEXEC if there is
 * no interpreter, or the line is cut in the middle of its name. */
static int script_parse(char *head, char **interp, char **arg)
{
	char *end = strchr(head, '\n'), *s = head + 2;
	bool whole = end != NULL;

	if (end == NULL)
		end = head + strlen(head);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	while (*s == ' ' || *s == '\t')
		s++;
	*interp = s;
	while (*s != '\0' && *s != ' ' && *s != '\t')
		s++;
	if (s == *interp || (*s == '\0' && !whole && end == head + PROGRAM_HEAD - 1))
		return -ENOEXEC;
	*arg = NULL;
	if (*s == '\0')
		return 0;
	*s++ = '\0';
	while (*s == ' ' || *s == '\t')
		s++;
	*arg = s;
	return 0;
}

/* A script is run as: interpreter, its argument, the script's name, the arguments. */
static int program_follow_script(struct program *p, const char *script)
{
	struct arg_list argv = { 0 };
	char *interp, *arg;
	int err = script_parse(p->head, &interp, &arg);

	if (err)
		return err;
	err = arg_list_add(&argv, interp);
	if (err == 0 && arg != NULL)
		err = arg_list_add(&argv, arg);
	if (err == 0)
		err = arg_list_add(&argv, script);
	if (err == 0)
		err = arg_list_add_rest(&argv, &p->argv, 1);
	if (err) {
		arg_list_release(&argv);
		return err;
	}
	arg_list_release(&p->argv);
	p->argv = argv;
	return program_open(p, AT_FDCWD, p->argv.data, 0);
}

static int program_find(struct program *p, int dfd, const char *path, unsigned flags)
{
	char script[PROGRAM_HEAD];
	int err = program_open(p, dfd, path, flags);

	for (unsigned depth = 0; err == 0 && p->head[0] == '#' && p->head[1] == '!'; depth++) {
		if (depth == SCRIPT_DEPTH_MAX)
			return -ELOOP;
		if (p->name_closes)
			return -ENOENT; /* its interpreter could not open it */
		if (depth == 0) {
			err = program_follow_script(p, p->name);
			continue;
		}
		/* A script that is an interpreter has its name as argv[0], which is replaced. */
		str_copy(script, p->argv.data, sizeof(script));
		err = program_follow_script(p, script);
	}
	return err;
}

/* Each address space keeps writers off the file that it runs, so that its code does not change
 * under it. */
static struct file *exe_get(struct file *f)
{
	/* Can't fail: they are kept off already, by the space that this one takes over from. */
	(void)!inode_write_deny(f->inode);
	return file_get(f);
}

static void exe_put(struct file *f)
{
	file_exec_done(f);
	file_put(f);
}

/* Must others not look into it? It has rights that the caller hasn't, or that came or went with
 * the exec, or the caller may run the file but not read it. */
static bool keeps_secrets(const struct program *p)
{
	const struct cred *old = current_cred(), *new = p->cred;

	return p->secure || new->euid != new->uid || new->egid != new->gid ||
	       new->euid != old->euid || new->egid != old->egid || new->fsuid != old->fsuid ||
	       new->fsgid != old->fsgid || (new->cap_permitted & ~old->cap_permitted) ||
	       inode_permission(p->file->inode, MAY_READ) != 0;
}

/* The level of the user namespace whose rulers may look into the program: the caller's, or if he
 * can't read the file, one in which its owners have names. */
static unsigned rulers_level(const struct program *p)
{
	const struct user_ns *ns = p->cred->user_ns;
	const struct inode *inode = p->file->inode;

	if (inode_permission(p->file->inode, MAY_READ) == 0)
		return ns->level;
	while (user_ns_id_out(ns, ID_UID, inode->uid) == ID_NONE ||
	       user_ns_id_out(ns, ID_GID, inode->gid) == ID_NONE)
		ns = user_ns_parent(ns); /* in the first all ids have names */
	return ns->level;
}

/* One draw for all that is random about a program. */
static void program_plan(struct program *p)
{
	uint8_t random[LAYOUT_RANDOM + sizeof(p->random)];
	unsigned clear = PER_MASK | (p->secure ? PER_CLEAR_ON_SETID : 0);

	p->persona = current->personality & ~clear;
	random_bytes(random, sizeof(random));
	memcpy(p->random, random + LAYOUT_RANDOM, sizeof(p->random));
	mm_layout_plan(p->mm, p->persona, group_rlimit(current->group, RLIMIT_STACK), random);
}

static int program_load(struct program *p)
{
	int err = mm_create(&p->mm);

	if (err == 0)
		err = exec_cred_prepare(p);
	if (err == 0)
		err = mm_time_set(p->mm, time_ns_of(current->ns->of[NS_TIME]));
	if (err)
		return err;
	p->mm->deny_exec = current->mm != NULL ? mm_deny_exec_inherited(current->mm) : 0;
	program_plan(p);
	err = elf_load(p);
	if (err == 0)
		err = exec_stack_build(p);
	if (err)
		return err;
	p->mm->exe = exe_get(p->file);
	p->mm->dumpable = !keeps_secrets(p);
	p->mm->ns_level = rulers_level(p);
	p->mm->exe_get = exe_get;
	p->mm->exe_put = exe_put;
	return 0;
}

/* The base name becomes the task's. */
static void program_name_task(const struct program *p)
{
	const char *slash = strrchr(p->name, '/');

	task_name_set(current, slash != NULL ? slash + 1 : p->name);
}

/* What the parent sees of it, and by which signal it will see its end. */
static void program_tell_family(const struct program *p)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	if (!current->group->autoreap)
		current->exit_signal = SIGCHLD;
	current->group->execs++;
	if (p->secure)
		current->pdeath_signal = 0;
	spin_unlock_irqrestore(&tasks_lock, irq);
}

/* The point of no return lies behind: nothing here can fail. */
static void program_commit(struct program *p)
{
	futex_task_exit(); /* robust lists and clear_child_tid belong to the old space */
	mm_put(mm_install(p->mm));
	p->mm = NULL;
	vfork_release();
	sighand_reset(current->sighand);
	files_close_on_exec(current->files);
	itimer_group_exec(current->group);
	cred_install(p->cred);
	p->cred = NULL;
	current->personality = p->persona;
	program_name_task(p);
	trace_text(TRACE_EXEC, p->name);
	program_tell_family(p);
	WRITE_ONCE(current->flags, current->flags & ~(TASK_FORKNOEXEC | TASK_KTHREAD));
	current->altstack_sp = current->altstack_size = 0;
	current->altstack_flags = SS_DISABLE;
	arch_task_exec(current, p->entry, p->sp);
}

static int program_start(struct program *p)
{
	int err = exec_alone();

	if (err == 0)
		err = resource_unshare(&resources[ROW_FILES]);
	if (err == 0)
		err = resource_unshare(&resources[ROW_SIGHAND]);
	if (err == 0 && p->secure)
		err = resource_unshare(&resources[ROW_FS]);
	if (err)
		return err;
	/* ---- From this line on nothing can fail. ---- */
	program_commit(p);
	return 0;
}

/* Linux: a quarter of the stack limit, and never more than 6 MiB. */
static size_t arg_limit(void)
{
	uint64_t stack = group_rlimit(current->group, RLIMIT_STACK);

	return clamp(stack / 4, (uint64_t)ARG_STRING_MAX, (uint64_t)ARG_TOTAL_MAX);
}

/* What AT_EXECFN says of a program that was named by descriptor. */
static char *program_name(int dfd, const char *path)
{
	size_t size = strlen(path) + 24;
	char *name = kmalloc(size, 0);

	if (name == NULL)
		return NULL;
	if (dfd == AT_FDCWD || path[0] == '/')
		str_copy(name, path, size);
	else if (path[0] == '\0')
		str_format(name, size, "/dev/fd/%d", dfd);
	else
		str_format(name, size, "/dev/fd/%d/%s", dfd, path);
	return name;
}

/* p's argument lists are filled. */
static int program_run(struct program *p, int dfd, const char *path, unsigned flags)
{
	int err = 0;

	p->name = program_name(dfd, path);
	if (p->name == NULL)
		err = -ENOMEM;
	p->name_closes = dfd != AT_FDCWD && path[0] != '/' && fd_cloexec_get(dfd) > 0;
	if (err == 0 && p->argv.count == 0)
		err = arg_list_add(&p->argv, ""); /* no program can cope with argc 0 */
	if (err == 0)
		err = program_find(p, dfd, path, flags);
	if (err == 0)
		err = program_load(p);
	if (err == 0)
		err = program_start(p);
	return err;
}

int task_exec(int dfd, const char __user *path, const uint64_t __user *argv,
	      const uint64_t __user *envp, int flags)
{
	struct path_name name;
	struct program *p;
	int err;

	if ((current->flags & TASK_OVER_NPROC) && user_is_over_limit(current, 0))
		return -EAGAIN;
	WRITE_ONCE(current->flags, current->flags & ~TASK_OVER_NPROC);
	err = path_name_fetch(&name, path);
	if (err)
		return err;
	p = kzalloc(sizeof(*p));
	if (p == NULL) {
		path_name_release(&name);
		return -ENOMEM;
	}
	err = arg_list_fetch(&p->argv, argv, arg_limit());
	if (err == 0)
		err = arg_list_fetch(&p->envp, envp, arg_limit() - p->argv.used);
	if (err == 0)
		err = program_run(p, dfd, name.text, flags);
	program_release(p);
	path_name_release(&name);
	return err;
}

static int arg_list_add_all(struct arg_list *l, const char *const *strings)
{
	int err = 0;

	for (; *strings != NULL && err == 0; strings++)
		err = arg_list_add(l, *strings);
	return err;
}

int task_exec_kernel(const char *path, const char *const *argv, const char *const *envp)
{
	struct program *p = kzalloc(sizeof(*p));
	int err;

	if (p == NULL)
		return -ENOMEM;
	err = arg_list_add_all(&p->argv, argv);
	if (err == 0)
		err = arg_list_add_all(&p->envp, envp);
	if (err == 0)
		err = program_run(p, AT_FDCWD, path, 0);
	program_release(p);
	return err;
}

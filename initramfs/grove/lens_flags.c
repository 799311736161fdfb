/*
 * The words of lens: every clone flag, the presets, the reasons for refusal
 *
 * Three tables and the functions that read them. The rules are those of Linux's
 * manual and source; only combinations that some kernel refuses are listed.
 *
 * Entry points: lens_parse(), lens_text(), lens_list(), lens_reason().
 */

#include "initramfs/grove/lens.h"

#include <fcntl.h>

const struct lens_flag lens_flags[] = {
	{ "NEWTIME", LENS_NEWTIME, "a time namespace of its own (clone3 only)" },
	{ "VM", CLONE_VM, "share the address space" },
	{ "FS", CLONE_FS, "share root, current folder and umask" },
	{ "FILES", CLONE_FILES, "share the descriptor table" },
	{ "SIGHAND", CLONE_SIGHAND, "share the signal handlers" },
	{ "PIDFD", CLONE_PIDFD, "give the caller a descriptor for the child" },
	{ "PTRACE", CLONE_PTRACE, "whoever traces the caller traces the child too" },
	{ "VFORK", CLONE_VFORK, "the caller sleeps until the child execs or exits" },
	{ "PARENT", CLONE_PARENT, "the child's parent is the caller's parent" },
	{ "THREAD", CLONE_THREAD, "join the caller's thread group" },
	{ "NEWNS", CLONE_NEWNS, "a mount namespace of its own" },
	{ "SYSVSEM", CLONE_SYSVSEM, "share the list of semaphore undos" },
	{ "SETTLS", CLONE_SETTLS, "set the child's thread pointer" },
	{ "PARENT_SETTID", CLONE_PARENT_SETTID, "store the child's tid in the caller's memory" },
	{ "CHILD_CLEARTID", CLONE_CHILD_CLEARTID, "at exit zero the tid, wake a futex" },
	{ "DETACHED", CLONE_DETACHED, "nothing; clone3 refuses it" },
	{ "UNTRACED", CLONE_UNTRACED, "a tracer cannot force PTRACE on the child" },
	{ "CHILD_SETTID", CLONE_CHILD_SETTID, "store the child's tid in the child's memory" },
	{ "NEWCGROUP", CLONE_NEWCGROUP, "a cgroup namespace of its own" },
	{ "NEWUTS", CLONE_NEWUTS, "a host name of its own" },
	{ "NEWIPC", CLONE_NEWIPC, "SysV queues, semaphores and memory of its own" },
	{ "NEWUSER", CLONE_NEWUSER, "a user namespace of its own" },
	{ "NEWPID", CLONE_NEWPID, "be pid 1 in a new pid namespace" },
	{ "NEWNET", CLONE_NEWNET, "a network of its own" },
	{ "IO", CLONE_IO, "share the I/O context" },
	{ "CLEAR_SIGHAND", LENS_CLEAR_SIGHAND, "handlers back to default (clone3 only)" },
	{ "INTO_CGROUP", LENS_INTO_CGROUP, "start in a cgroup: INTO_CGROUP=FOLDER (clone3 only)" },
	{ "AUTOREAP", 1ULL << 34, "leave no zombie (newer than Linux 6.12)" },
	{ "NNP", 1ULL << 35, "no new privileges (newer than Linux 6.12)" },
	{ "PIDFD_AUTOKILL", 1ULL << 36, "die when the pidfd is closed (newer than Linux 6.12)" },
	{ "EMPTY_MNTNS", 1ULL << 37, "an empty mount namespace (newer than Linux 6.12)" },
	{ NULL, 0, NULL },
};

static const struct lens_flag presets[] = {
	{ "fork", CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, "what glibc's fork() asks for" },
	{ "vfork", CLONE_VM | CLONE_VFORK, "vfork()" },
	{ "spawn", CLONE_VM | CLONE_VFORK | LENS_CLEAR_SIGHAND, "glibc's posix_spawn()" },
	{ "thread", CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
	  CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
	  "pthread_create()" },
	{ "container", CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID, "systemd-nspawn" },
};

/* Broken when all of `with`, one of `any` (if any) and none of `without` are asked for. */
static const struct {
	int error;
	uint64_t with, any, without;
	const char *why;
} rules[] = {
	{ EINVAL, CLONE_SIGHAND, 0, CLONE_VM,
	  "SIGHAND needs VM: a handler is an address in that memory" },
	{ EINVAL, CLONE_THREAD, 0, CLONE_SIGHAND,
	  "THREAD needs SIGHAND: a signal to the group may run in any thread" },
	{ EINVAL, CLONE_FS, CLONE_NEWNS | CLONE_NEWUSER, 0,
	  "FS excludes NEWNS and NEWUSER: a root lies in one namespace" },
	{ EINVAL, CLONE_SIGHAND | LENS_CLEAR_SIGHAND, 0, 0,
	  "SIGHAND excludes CLEAR_SIGHAND: clearing would clear the caller's" },
	{ EINVAL, CLONE_THREAD, CLONE_NEWUSER | CLONE_NEWPID, 0,
	  "a thread group lies in one pid and one user namespace" },
	{ EINVAL, CLONE_SYSVSEM | CLONE_NEWIPC, 0, 0,
	  "SYSVSEM excludes NEWIPC: the undos are for the old semaphores" },
	{ EINVAL, CLONE_PIDFD | CLONE_DETACHED, 0, 0,
	  "PIDFD excludes DETACHED" },
	{ EINVAL, CLONE_DETACHED, 0, 0,
	  "clone3 refuses DETACHED; clone (lens -l) takes it and does nothing" },
	{ EINVAL, CLONE_PIDFD | CLONE_PARENT_SETTID, 0, 0,
	  "clone (lens -l) has one argument for PIDFD and PARENT_SETTID" },
	{ EINVAL, 0, 0xfULL << 34, 0,
	  "flags 34 and up are newer than this kernel" },
	{ EINVAL, CLONE_PARENT, 0, 0,
	  "PARENT is not for an init, and excludes an exit signal" },
	{ EINVAL, CLONE_THREAD, 0, 0,
	  "THREAD excludes an exit signal" },
	{ EINVAL, 0, LENS_NAMESPACES, 0,
	  "perhaps this kernel has no such namespace" },
	{ EPERM, CLONE_NEWUSER, 0, 0,
	  "NEWUSER is not for a task in a chroot or with unmapped ids" },
	{ EPERM, 0, LENS_NAMESPACES, 0,
	  "namespaces need CAP_SYS_ADMIN, or NEWUSER beside them" },
	{ ENOSPC, 0, LENS_NAMESPACES, 0,
	  "the limit of namespaces, in depth or in number, is reached" },
	{ EAGAIN, 0, 0, 0,
	  "the limit of tasks is reached (RLIMIT_NPROC, threads-max)" },
	{ EBADF, LENS_INTO_CGROUP, 0, 0,
	  "INTO_CGROUP needs a folder of a cgroup2 file system" },
};

const char *lens_reason(uint64_t flags, int error)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i].error == error && (flags & rules[i].with) == rules[i].with &&
		    (!rules[i].any || flags & rules[i].any) && !(flags & rules[i].without))
			return rules[i].why;
	return "no rule that lens knows explains it";
}

static bool word_is(const char *word, size_t len, const char *name)
{
	return strncasecmp(name, word, len) == 0 && name[len] == '\0';
}

/* Lower-case "thread" and "vfork" are the presets, "THREAD" and "VFORK" the flags. */
static const struct lens_flag *word_find(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(presets); i++)
		if (word_is(word, len, presets[i].name) && *word == *presets[i].name)
			return &presets[i];
	if (len > 6 && strncasecmp(word, "CLONE_", 6) == 0) {
		word += 6;
		len -= 6;
	}
	for (const struct lens_flag *f = lens_flags; f->name; f++)
		if (word_is(word, len, f->name))
			return f;
	return NULL;
}

uint64_t lens_parse(const char *text, int *cgroup)
{
	char *copy = xstrdup(text), *rest = copy, *word, *end;
	uint64_t flags = 0;

	while ((word = strsep(&rest, ",|+"))) {
		char *value = strchr(word, '=');
		const struct lens_flag *flag = word_find(word, strcspn(word, "="));

		if (strncmp(word, "0x", 2) == 0 && strtoull(word, &end, 16) && !*end) {
			flags |= strtoull(word, NULL, 16);
			continue;
		}
		if (!flag || (value && flag->bit != LENS_INTO_CGROUP))
			die("%s: no such flag (lens --list shows them)", word);
		flags |= flag->bit;
		if (value)
			*cgroup = open(value + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (value && *cgroup < 0)
			die_errno("%s", value + 1);
	}
	free(copy);
	return flags;
}

const char *lens_text(uint64_t flags)
{
	static char text[512];
	size_t len = 0;

	text[0] = '\0';
	for (const struct lens_flag *f = lens_flags; f->name && len < sizeof(text); f++)
		if (flags & f->bit) {
			len += snprintf(text + len, sizeof(text) - len, "%s%s", len ? "|" : "",
					f->name);
			flags &= ~f->bit;
		}
	if (flags && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, "%s%#llx", len ? "|" : "",
			 (unsigned long long)flags);
	return text[0] ? text : "0";
}

int lens_list(void)
{
	for (const struct lens_flag *f = lens_flags; f->name; f++)
		printf("%2d  %#12llx  CLONE_%-15s %s\n", __builtin_ctzll(f->bit),
		       (unsigned long long)f->bit, f->name, f->meaning);
	putchar('\n');
	for (size_t i = 0; i < ARRAY_LEN(presets); i++)
		printf("%-9s  %s: %s\n", presets[i].name, presets[i].meaning,
		       lens_text(presets[i].bit));
	return 0;
}

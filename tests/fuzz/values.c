/*
 * values.c: from an argument's kind and a seed to its value.
 *
 * Most values are plausible - a descriptor that is likely open, a path that exists, a time of a few
 * milliseconds - because a call with three senseless arguments is refused at the first. One in
 * twenty or so is not. What pointers lead to lies in the pages at MEMORY_BASE, handed out upwards;
 * futex words and the like lie at the beginning of it, so that calls meet on them.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define WORDS_SIZE 1024ul /* at MEMORY_BASE: words that calls share */

static const char *const paths[] = {
	"f",
	"g",
	"d",
	"d/f",
	"l",
	"loop",
	"p",
	".",
	"..",
	"/",
	"",
	"none",
	"d/none",
	"d/../f",
	"null",
	"tty",
	"m",
	"m/f",
	"bin",
	"script",
	"proc/self/maps",
	"proc/self/status",
	"proc/self/fd/3",
	"proc/self/ns/pid",
	"proc/self/ns/user",
	"proc/self/ns/mnt",
	"proc/self/ns/uts",
	"proc/self/exe",
	"proc/self/cwd",
	"proc/self/root",
	"proc/self/fd",
	"proc/self/task",
	"proc/1/status",
	"proc/self/sharing",
	"proc/self/uid_map",
	"proc/self/setgroups",
	"proc/self/mountinfo",
	"proc/self/pagemap",
	"proc/self/comm",
	"proc/self/oom_score_adj",
	"proc/meminfo",
	"proc/sys/kernel/hostname",
	"proc/sys/vm/overcommit_memory",
	"proc/self/smaps",
	"ptmx",
	"pts/0",
	"proc/self/fdinfo/5",
	"proc/self/fdinfo",
	"proc/self/limits",
	"proc/self/cmdline",
	"cg",
	"cg/a",
	"cg/cgroup.procs",
	"cg/a/cgroup.freeze",
	"cg/a/pids.max",
};
static const char *const strings[] = {
	"tmpfs", "proc",   "devpts",    "sysfs",    "cgroup2", "mqueue", "x", "",     "/q",
	"/r",    "user.x", "trusted.y", "size=64k", "host",    "0 0 1",  "1", "deny", "ro,remount",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* n bytes of zeroed memory, at times right before a page that is not there or misaligned. */
static void *memory_take(struct run *r, size_t n, uint64_t *state)
{
	size_t at = r->memory_used;

	if (below(state, 24) == 0)
		at += 1 + below(state, 7);
	if (at + n > MEMORY_SIZE || below(state, 40) == 0)
		at = MEMORY_SIZE - n;
	else
		r->memory_used = (at + n + 15) & ~15ul;
	memset((void *)(MEMORY_BASE + at), 0, n);
	return (void *)(MEMORY_BASE + at);
}

static uint64_t odd_number(uint64_t *state)
{
	static const uint64_t odd[] = {
		0,          1,         -1,        0x7fffffff,         0x80000000,
		0xffffffff, 1ul << 32, 1ul << 63, 0x7fffffffffffffff, 4095,
		4096,       65536,     -4096};

	return odd[below(state, COUNT(odd))];
}

static uint64_t bad_pointer(uint64_t *state)
{
	static const uint64_t bad[] = {0,
				       -1,
				       0xffffffff80000000,
				       0xffffffc000000000,
				       MEMORY_BASE + MEMORY_SIZE,
				       MEMORY_BASE + MEMORY_SIZE - 2,
				       REGION_BASE,
				       REGION_BASE + REGION_SIZE - 1,
				       8,
				       0x3ffffffff8,
				       0x4000000000,
				       0x8000000000000000};

	return bad[below(state, COUNT(bad))];
}

static uint64_t chosen(const struct choice *c, uint64_t *state)
{
	uint64_t value = c->values[below(state, c->count)];

	while (c->bits && below(state, 5) < 3)
		value |= c->values[below(state, c->count)];
	return c->bits && below(state, 5) == 0 ? 0 : value;
}

static uint64_t any_result(const struct run *r, uint64_t *state)
{
	return r->done ? (uint64_t)r->results[below(state, r->done)] : 0;
}

static uint64_t make_size(uint64_t *state)
{
	static const unsigned sizes[] = {0,   1,   2,    3,    4,    7,    8,    12,  16,
					 24,  32,  48,   56,   64,   88,   100,  128, 200,
					 256, 512, 1000, 4096, 5000, 8192, 65536};

	return sizes[below(state, COUNT(sizes))];
}

static int64_t make_time_ns(uint64_t *state)
{
	static const int64_t times[] = {0,       1,         1000,       1000000, 3000000,
					8000000, 999999999, 1000000000, -1,      0x7fffffff};

	return times[below(state, COUNT(times))];
}

static uint64_t make_address(uint64_t *state)
{
	switch (below(state, 16)) {
	case 0:
		return bad_pointer(state);
	case 1:
		return 0;
	case 2:
		return REGION_BASE + below(state, REGION_SIZE);
	case 3:
		return (uint64_t)sbrk(0) + (below(state, 8) << 12);
	default:
		return REGION_BASE + (below(state, 64) << 12);
	}
}

static uint64_t make_pid(const struct run *r, uint64_t *state)
{
	switch (below(state, 8)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return odd_number(state);
	case 3:
	case 4:
		return any_result(r, state);
	default:
		return 2 + below(state, 4); /* the program is 2, its children come after */
	}
}

static uint64_t make_string(struct run *r, const char *text, uint64_t *state)
{
	char *copy = memory_take(r, strlen(text) + 1, state);

	strcpy(copy, text);
	return (uint64_t)copy;
}

/* Names one after the other: up and down, through links and mounts. */
static uint64_t make_long_path(struct run *r, uint64_t *state)
{
	static const char *const names[] = { "d", "f", "..", ".", "l", "", "loop", "m", "proc",
					     "self", "cwd", "root", "fd", "3", "5", "cg", "pts" };
	char path[128] = "";

	for (uint64_t n = 1 + below(state, 7); n > 0; n--) {
		strcat(path, below(state, 8) ? "/" : "");
		strcat(path, names[below(state, COUNT(names))]);
	}
	return make_string(r, path + below(state, 2), state);
}

static uint64_t make_path(struct run *r, uint64_t *state)
{
	if (below(state, 60) == 0) {
		char *longest = memory_take(r, 4097, state);

		memset(longest, below(state, 2) ? '/' : 'a', 4096);
		return (uint64_t)longest;
	}
	if (below(state, 5) == 0)
		return make_long_path(r, state);
	/* The first few most of the time: programs are about the same files. */
	return make_string(r, paths[below(state, below(state, 2) ? 12 : COUNT(paths))], state);
}

static uint64_t make_strings(struct run *r, uint64_t *state)
{
	uint64_t count = below(state, 4), *list = memory_take(r, 8 * 5, state);

	for (uint64_t i = 0; i < count; i++)
		list[i] = below(state, 30)
				  ? make_string(r, strings[below(state, COUNT(strings))], state)
				  : bad_pointer(state);
	return (uint64_t)list;
}

static uint64_t make_signals(uint64_t *state)
{
	static const unsigned often[] = {SIGUSR1, SIGALRM, SIGCHLD, SIGPIPE, SIGTERM,
					 SIGCONT, SIGTSTP, SIGURG,  34,      64};
	uint64_t set = 0;

	while (below(state, 3))
		set |= 1ul << (often[below(state, COUNT(often))] - 1);
	return below(state, 10) ? set : draw(state);
}

static uint64_t make_buffer(struct run *r, uint64_t *state)
{
	static const unsigned sizes[] = {16, 64, 256, 4096};
	unsigned size = sizes[below(state, COUNT(sizes))];
	char *buffer = memory_take(r, size, state);

	if (below(state, 2)) { /* text, or words that read as small numbers */
		strcpy(buffer, strings[below(state, 3) ? 15 : below(state, COUNT(strings) - 6)]);
	} else {
		for (unsigned i = 0; i + 8 <= size && i < 64; i += 8)
			memcpy(buffer + i, &(uint64_t){below(state, 8)}, 8);
	}
	return (uint64_t)buffer;
}

static uint64_t make_iovec(struct run *r, uint64_t *state)
{
	uint64_t *iov = memory_take(r, 4 * 16, state);

	for (int i = 0; i < 4; i++) {
		iov[2 * i] = below(state, 12) ? make_buffer(r, state) : bad_pointer(state);
		iov[2 * i + 1] = below(state, 16) ? make_size(state) : odd_number(state);
		if (below(state, 3) == 0)
			iov[2 * i] = REGION_BASE + (below(state, 64) << 12);
	}
	return (uint64_t)iov;
}

static const struct call *call_named(const char *name)
{
	for (unsigned i = 0; i < call_count; i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	return &calls[0];
}

static uint64_t make_clone_args(struct run *r, uint64_t *state)
{
	static const struct argument flags_of_clone = {KIND_NUMBER, "flags", "unsigned long"};
	const struct call like = {0, "clone", 1, {flags_of_clone}};
	struct clone_args *a = memory_take(r, sizeof(*a), state);

	a->flags = chosen(choice_find(&like, 0), state) & ~0xfful;
	a->exit_signal = below(state, 4) ? SIGCHLD : below(state, 70);
	a->pidfd = MEMORY_BASE + 8 * below(state, 8);
	a->child_tid = MEMORY_BASE + 8 * below(state, 8);
	a->parent_tid = MEMORY_BASE + 8 * below(state, 8);
	if (below(state, 4) == 0) {
		a->stack = REGION_BASE;
		a->stack_size = 8192;
	}
	if (below(state, 8) == 0) {
		a->set_tid = (uint64_t)memory_take(r, 8, state);
		a->set_tid_size = below(state, 3);
		*(int *)a->set_tid = (int)(2 + below(state, 40));
	}
	if (below(state, 8) == 0) {
		a->flags |= CLONE_INTO_CGROUP;
		a->cgroup = 3 + below(state, 16);
	}
	return (uint64_t)a;
}

static uint64_t make_sigaction(struct run *r, uint64_t *state)
{
	uint64_t *a = memory_take(r, 32, state);
	static const uint64_t flags[] = {
		SA_RESTART, SA_NOCLDSTOP, SA_NOCLDWAIT,          SA_SIGINFO,
		SA_ONSTACK, SA_NODEFER,   (uint32_t)SA_RESETHAND};

	a[0] = below(state, 4) ? below(state, 2)
			       : REGION_BASE; /* default, ignored, a wild handler */
	a[1] = below(state, 2) ? flags[below(state, COUNT(flags))] : 0;
	a[2] = make_signals(state);
	return (uint64_t)a;
}

static uint64_t make_sched_attr(struct run *r, uint64_t *state)
{
	struct sched_attr *a = memory_take(r, sizeof(*a), state);

	a->size = below(state, 8) ? sizeof(*a) : make_size(state);
	a->sched_policy = below(state, 7);
	a->sched_flags = below(state, 4) ? 0 : below(state, 128);
	a->sched_nice = (int)below(state, 41) - 20;
	a->sched_priority = below(state, 3) ? 0 : below(state, 101);
	return (uint64_t)a;
}

/* Structs of which it matters what is where; of others any few small words will do. */
static uint64_t make_struct(struct run *r, const char *type, uint64_t *state)
{
	uint64_t *w;

	if (strstr(type, "iovec"))
		return make_iovec(r, state);
	if (strstr(type, "clone_args"))
		return make_clone_args(r, state);
	if (strstr(type, "sigaction"))
		return make_sigaction(r, state);
	if (strstr(type, "sched_attr"))
		return make_sched_attr(r, state);
	w = memory_take(r, 256, state);
	if (strstr(type, "timespec") || strstr(type, "timeval") || strstr(type, "itimer")) {
		for (int i = 0; i < 4; i++)
			w[i] = i % 2 ? (uint64_t)make_time_ns(state) : below(state, 20) / 19;
	} else if (strstr(type, "open_how")) {
		w[0] = chosen(choice_find(call_named("openat"), 2), state);
		w[1] = below(state, 2) ? 0644 : 0;
		w[2] = below(state, 2) ? 0 : below(state, 64);
	} else if (strstr(type, "epoll_event")) {
		w[0] = below(state, 2) ? EPOLLIN | EPOLLOUT : draw(state) & 0xf000ffff;
		w[1] = below(state, 30);
	} else if (strstr(type, "pollfd")) {
		for (int i = 0; i < 8; i++)
			w[i] = below(state, 24) | below(state, 64) << 32;
	} else if (strstr(type, "sembuf")) {
		for (int i = 0; i < 8; i++)
			memcpy((char *)w + 6 * i,
			       (short[]){(short)below(state, 3), (short)(below(state, 4) - 1),
					 below(state, 2) ? 04000 : 010000},
			       6);
	} else if (strstr(type, "cap_header")) {
		w[0] = below(state, 8) ? 0x20080522 : draw(state);
	} else if (strstr(type, "sigevent")) {
		w[1] = (34 + below(state, 4)) | below(state, 5) << 32;
		w[2] = 2 + below(state, 2);
	} else if (strstr(type, "siginfo")) {
		w[0] = 34;
		w[1] = (uint32_t)-1 - below(state, 3);
	} else if (strstr(type, "mq_attr")) {
		w[1] = below(state, 12), w[2] = make_size(state);
	} else if (strstr(type, "abi_stack")) {
		w[0] = REGION_BASE, w[1] = below(state, 4),
		w[2] = below(state, 2) ? 8192 : make_size(state);
	} else if (strstr(type, "rlimit")) {
		w[0] = below(state, 3) ? 1ul << below(state, 24) : odd_number(state);
		w[1] = below(state, 2) ? w[0] * 2 : odd_number(state);
	} else {
		for (int i = 0; i < 8; i++)
			w[i] = below(state, 3) ? below(state, 4) : odd_number(state);
	}
	return (uint64_t)w;
}

static uint64_t make_number(struct run *r, const struct call *c, unsigned arg, uint64_t *state)
{
	const struct choice *choice = choice_find(c, arg);

	if (choice && below(state, 12))
		return chosen(choice, state);
	if (below(state, 6) == 0)
		return odd_number(state);
	if (!strcmp(c->args[arg].name, "arg") && below(state, 2))
		return make_buffer(r, state); /* ioctl, fcntl, semctl: a pointer in a number */
	return below(state, below(state, 2) ? 4 : 70);
}

static uint64_t make_pointer(struct run *r, const struct argument *a, uint64_t *state)
{
	if (below(state, 20) == 0)
		return bad_pointer(state);
	switch (a->kind) {
	case KIND_PATH:
		return make_path(r, state);
	case KIND_STRING:
		return make_string(r, strings[below(state, COUNT(strings))], state);
	case KIND_STRINGS:
		return make_strings(r, state);
	case KIND_STRUCT:
		return below(state, 8) ? make_struct(r, a->type, state) : 0;
	case KIND_BUFFER:
		return make_buffer(r, state);
	case KIND_SIGSET: {
		uint64_t *set = memory_take(r, 8, state);

		*set = make_signals(state);
		return below(state, 4) ? (uint64_t)set : 0;
	}
	default: /* KIND_WORD */
		return MEMORY_BASE + 8 * below(state, 8);
	}
}

uint64_t value_make(struct run *r, const struct call *c, unsigned arg, uint32_t seed)
{
	const struct argument *a = &c->args[arg];
	uint64_t state = seed * 0x9e3779b97f4a7c15ul + 0x1234567;

	if (r->memory_used < WORDS_SIZE)
		r->memory_used = WORDS_SIZE;
	draw(&state);
	switch (choice_find(c, arg) ? KIND_NUMBER : a->kind) {
	case KIND_NUMBER:
		return make_number(r, c, arg, &state);
	case KIND_DIRFD:
		if (below(&state, 4))
			return (uint64_t)AT_FDCWD;
		/* fall through */
	case KIND_FD:
		return below(&state, 16) ? 3 + below(&state, 22) : odd_number(&state);
	case KIND_PID:
		return make_pid(r, &state);
	case KIND_ID:
		return below(&state, 4) ? below(&state, 2) * 1000 : odd_number(&state);
	case KIND_HANDLE:
		return below(&state, 3) ? any_result(r, &state) : below(&state, 3);
	case KIND_SIGNAL:
		return below(&state, 3) ? 10 + 2 * below(&state, 2) : below(&state, 67);
	case KIND_MODE:
		return below(&state, 2) ? 0777 : below(&state, 010000);
	case KIND_ADDRESS:
		return make_address(&state);
	case KIND_SIZE:
		return below(&state, 20) == 0   ? odd_number(&state)
		       : strstr(c->name, "sig") ? 8
		       : below(&state, 4) == 0  ? (1 + below(&state, 64)) << 12
						: make_size(&state);
	case KIND_OFFSET:
		return below(&state, 6) ? below(&state, 5) << 12 : odd_number(&state);
	default:
		return make_pointer(r, a, &state);
	}
}

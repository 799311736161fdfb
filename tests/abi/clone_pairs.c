/*
 * clone_pairs.c: clone and clone3 with every flag, every pair of flags, every three of the flags
 * that share, the combinations that real programs use, and every kind of mistake in clone3's
 * struct; as root and as an ordinary user.
 *
 * A case is one line that carries its outcome - an errno, or everything that could be observed of
 * what the child shares - so the comparison with Linux is over all of it:
 *
 *	ok clone_pairs.clone3.user.VM+FILES=mychild,tid,...,kcmp:VF....,vm,files,waited:0x700
 *
 * What is observed, and how, stands in clone_observe.h. A case fails by itself only when it hangs.
 *
 * Apart from Linux, the kernel is held to its own table of flags and rules (clone_table.h is made
 * of it): whatever the table refuses is refused with that errno, and for root nothing else is.
 *
 * Usage: clone_pairs [word...]: only cases whose name holds one of the words.
 */
#define ABI_OWN_MAIN
#include "tests/abi/clone_flags.h"
#include "tests/abi/clone_observe.h"
#include "clone_table.h"
#include <poll.h>

static int failures, table_faults;
static char **wanted;
static int cgroup_fd = -1;

static bool is_wanted(const char *name)
{
	for (char **w = wanted; *w; w++)
		if (strstr(name, *w))
			return true;
	return !*wanted;
}

/* Runs fn(arg) in a process of its own, for at most ten seconds; reaps whatever it left. */
static bool run_alone(void (*fn)(void *), void *arg)
{
	int64_t deadline = now_ms() + 10000;
	bool late = false;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		setpgid(0, 0);
		fn(arg);
		syscall(SYS_exit_group, 0);
	}
	setpgid(pid, pid);
	for (bool more = true; more;) {
		pid_t got = waitpid(-1, NULL, __WALL | WNOHANG);

		more = got > 0 || (got == 0 && !late);
		if (got == 0 && more) {
			late = now_ms() > deadline;
			if (late)
				kill(-pid, SIGKILL);
			usleep(200);
		}
	}
	while (late && waitpid(-1, NULL, __WALL) > 0)
		;
	return !late;
}

static void subject(void *arg)
{
	subject_run(arg);
}

/* --- what the kernel's own table says --- */

static bool table_rule_breaks(const struct table_rule *r, uint64_t bits, unsigned call)
{
	return (r->calls & call) && (bits & r->set) == r->set && !(bits & r->missing);
}

/* The errno; 0: nothing against it. call: TABLE_*. */
static int table_errno(uint64_t bits, unsigned call)
{
	uint64_t known = 0;

	for (size_t i = 0; i < sizeof(table_flags) / sizeof(table_flags[0]); i++)
		if (table_flags[i].calls & call)
			known |= table_flags[i].bit;
	if (call != TABLE_LATE && (bits & ~known))
		return EINVAL;
	for (size_t i = 0; i < sizeof(table_rules) / sizeof(table_rules[0]); i++)
		if (table_rule_breaks(&table_rules[i], bits, call))
			return table_rules[i].error;
	return 0;
}

static void table_check(const char *name, const struct clone_case *c, const char *outcome)
{
	uint64_t bits = c->flags;
	int error = table_errno(bits, c->clone3 ? TABLE_CLONE3 : TABLE_CLONE);
	bool refused = strncmp(outcome, "EINVAL", 6) == 0;

	if (bits >> 34)
		return; /* a Linux that has not got the last four refuses them */
	if (!error && !c->as_user)
		error = table_errno(bits, TABLE_LATE);
	if (error ? !strcmp(outcome, strerrorname_np(error)) : !refused || c->as_user)
		return;
	if (table_faults++ < 10)
		abi_print("the table says %s of %s, and it was %s",
			  error ? strerrorname_np(error) : "nothing", name, outcome);
}

static void table_verdict(void)
{
	for (int i = 0; i < FLAGS; i++)
		table_faults += flags[i].bit != table_flags[i].bit ||
				strcmp(flags[i].name, table_flags[i].name) != 0;
	table_faults += FLAGS != sizeof(table_flags) / sizeof(table_flags[0]);
	if (table_faults)
		abi_print("not ok clone_pairs.as_the_table_says - %d times not", table_faults);
	else
		abi_print("ok clone_pairs.as_the_table_says");
	failures += table_faults;
}

/* --- the cases --- */

static void run_case(uint64_t bits, bool clone3, bool as_user, const char *base)
{
	static struct seen *s;
	char text[300], name[400];

	name_of_flags(bits, text, sizeof(text));
	snprintf(name, sizeof(name), "clone_pairs.%s.%s.%s%s", clone3 ? "clone3" : "clone",
		 as_user ? "user" : "root", base, text);
	if (!is_wanted(name))
		return;
	if (!s)
		s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			 0);
	memset(s, 0, sizeof(*s));
	s->c = (struct clone_case){ bits, clone3, as_user, cgroup_fd };
	if (run_alone(subject, s)) {
		abi_print("ok %s=%s", name, s->outcome);
		table_check(name, &s->c, s->outcome);
	} else {
		abi_print("not ok %s - hang after %s", name, s->outcome);
		failures++;
	}
}

/* Legacy clone has only the lower bits, and its lowest are the exit signal. */
static bool fits_legacy(uint64_t bits)
{
	return !(bits & ~0xffffff00ULL);
}

static void run_both_calls(uint64_t bits, const char *base)
{
	for (int as_user = 0; as_user < 2; as_user++) {
		if (fits_legacy(bits))
			run_case(bits, false, as_user, base);
		run_case(bits, true, as_user, base);
	}
}

static void run_singles_and_pairs(void)
{
	run_both_calls(0, "");
	for (int i = 0; i < FLAGS; i++) {
		run_both_calls(flags[i].bit, "");
		run_both_calls(flags[i].bit | A_THREAD, "thread:");
		for (int j = i + 1; j < FLAGS; j++)
			run_both_calls(flags[i].bit | flags[j].bit, "");
	}
}

static void run_triples(void)
{
	for (int i = 0; i < SHARING; i++)
		for (int j = i + 1; j < SHARING; j++)
			for (int k = j + 1; k < SHARING; k++)
				run_both_calls(sharing[i] | sharing[j] | sharing[k], "");
}

/* --- mistakes in the struct --- */

/* Eight bytes of clone_args by their index, and the size of the struct, that make a mistake. */
struct mistake {
	const char *name;
	size_t size;
	int field;
	uint64_t value;
	int field2;
	uint64_t value2;
	bool as_user;
};

enum { FLAGS_, PIDFD, CHILD_TID, PARENT_TID, EXIT_SIGNAL, STACK, STACK_SIZE, TLS, SET_TID,
	SET_TID_SIZE, CGROUP, TAIL };


#define ONE(n, s, f, v) { .name = n, .size = s, .field = f, .value = v }
#define TWO(n, s, f, v, f2, v2)                                                                \
	{ .name = n, .size = s, .field = f, .value = v, .field2 = f2, .value2 = v2 }

static const struct mistake mistakes[] = {
	ONE("size_0", 0, FLAGS_, 0), ONE("size_63", 63, FLAGS_, 0), ONE("size_64", 64, FLAGS_, 0),
	ONE("size_65", 65, FLAGS_, 0), ONE("size_72", 72, FLAGS_, 0), ONE("size_80", 80, FLAGS_, 0),
	ONE("size_88", 88, FLAGS_, 0),
	ONE("size_96", 96, FLAGS_, 0), ONE("size_page", 4096, FLAGS_, 0),
	ONE("size_over_page", 4097, FLAGS_, 0),
	ONE("size_huge", 1UL << 40, FLAGS_, 0),
	ONE("tail_not_zero", 96, TAIL, 1),
	ONE("exit_signal_64", 88, EXIT_SIGNAL, 64), ONE("exit_signal_65", 88, EXIT_SIGNAL, 65),
	ONE("exit_signal_256", 88, EXIT_SIGNAL, 256),
	ONE("exit_signal_high", 88, EXIT_SIGNAL, 1UL << 40),
	ONE("exit_signal_0", 88, EXIT_SIGNAL, 0),
	ONE("exit_signal_usr1", 88, EXIT_SIGNAL, SIGUSR1),
	TWO("thread_exit_signal", 88, FLAGS_, A_THREAD, EXIT_SIGNAL, SIGCHLD),
	TWO("parent_exit_signal", 88, FLAGS_, CLONE_PARENT, EXIT_SIGNAL, SIGCHLD),
	ONE("stack_without_size", 88, STACK, 0x10000),
	ONE("size_without_stack", 88, STACK_SIZE, 4096),
	TWO("stack_in_kernel", 88, STACK, -4096UL, STACK_SIZE, 4096),
	TWO("stack_wraps", 88, STACK, -4096UL, STACK_SIZE, 8192),
	ONE("csignal_bit", 88, FLAGS_, 1), ONE("csignal_bit_40", 88, FLAGS_, 0x40),
	ONE("detached", 88, FLAGS_, CLONE_DETACHED),
	ONE("unknown_40", 88, FLAGS_, 1ULL << 40), ONE("unknown_63", 88, FLAGS_, 1ULL << 63),
	TWO("pidfd_null", 88, FLAGS_, CLONE_PIDFD, PIDFD, 0),
	TWO("pidfd_kernel", 88, FLAGS_, CLONE_PIDFD, PIDFD, -4096UL),
	TWO("pidfd_unmapped", 88, FLAGS_, CLONE_PIDFD, PIDFD, 0x1000),
	TWO("parent_tid_kernel", 88, FLAGS_, CLONE_PARENT_SETTID, PARENT_TID, -4096UL),
	TWO("parent_tid_null", 88, FLAGS_, CLONE_PARENT_SETTID, PARENT_TID, 0),
	TWO("child_tid_kernel", 88, FLAGS_, CLONE_CHILD_SETTID, CHILD_TID, -4096UL),
	ONE("set_tid_without_size", 88, SET_TID, 0x1000),
	ONE("size_without_set_tid", 88, SET_TID_SIZE, 1),
	TWO("set_tid_bad_pointer", 88, SET_TID, 0x1000, SET_TID_SIZE, 1),
	TWO("set_tid_33", 88, SET_TID, 0x1000, SET_TID_SIZE, 33),
	TWO("set_tid_32", 88, SET_TID, 0x1000, SET_TID_SIZE, 32),
	TWO("set_tid_2_levels", 88, SET_TID, 1, SET_TID_SIZE, 2),
	TWO("set_tid_own", 88, SET_TID, 2, SET_TID_SIZE, 1),
	TWO("set_tid_1", 88, SET_TID, 3, SET_TID_SIZE, 1),
	TWO("set_tid_0", 88, SET_TID, 4, SET_TID_SIZE, 1),
	TWO("set_tid_negative", 88, SET_TID, 5, SET_TID_SIZE, 1),
	TWO("set_tid_over_max", 88, SET_TID, 6, SET_TID_SIZE, 1),
	TWO("set_tid_free", 88, SET_TID, 7, SET_TID_SIZE, 1),
	{ .name = "set_tid_free_user", .size = 88, .field = SET_TID, .value = 7,
	  .field2 = SET_TID_SIZE, .value2 = 1, .as_user = true },
	TWO("cgroup_bad_fd", 88, FLAGS_, CLONE_INTO_CGROUP, CGROUP, 999),
	TWO("cgroup_no_dir", 88, FLAGS_, CLONE_INTO_CGROUP, CGROUP, 1),
	TWO("cgroup_negative", 88, FLAGS_, CLONE_INTO_CGROUP, CGROUP, -1UL),
	TWO("cgroup_over_int", 88, FLAGS_, CLONE_INTO_CGROUP, CGROUP, 1UL << 31),
	ONE("cgroup_unused", 88, CGROUP, 999),
	TWO("cgroup_size_80", 80, FLAGS_, CLONE_INTO_CGROUP, CGROUP, 1),
};

/* Small values of SET_TID stand for lists of numbers. */
static uint64_t tid_list(uint64_t value)
{
	static int32_t lists[8][2];

	if (value == 0 || value > 7)
		return value;
	lists[1][0] = 4000, lists[1][1] = 4001;
	lists[2][0] = getpid();
	lists[3][0] = 1;
	lists[4][0] = 0;
	lists[5][0] = -5;
	lists[6][0] = 0x7ffffff0;
	lists[7][0] = 30111;
	return (uint64_t)lists[value];
}

struct mistake_run {
	const struct mistake *m;
	char outcome[64];
};

static void mistake_subject(void *arg)
{
	struct mistake_run *run = arg;
	const struct mistake *m = run->m;
	uint64_t *args = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			      0);

	args[EXIT_SIGNAL] = SIGCHLD;
	if (m->value || m->field)
		args[m->field] = m->value;
	if (m->value2 || m->field2)
		args[m->field2] = m->value2;
	args[SET_TID] = tid_list(args[SET_TID]);
	signal(SIGUSR1, SIG_IGN);
	signal(64, SIG_IGN);
	if (m->as_user)
		CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	long tid = raw6(SYS_clone3, (long)args, m->size, 0, 0, 0, 0);
	if (tid == 0)
		RAW(SYS_exit, 0);
	snprintf(run->outcome, sizeof(run->outcome), "%s",
		 tid >= 0 ? (args[SET_TID] && tid == 30111 ? "made30111" : "made")
			  : strerrorname_np(-tid));
}

static void run_mistakes(void)
{
	struct mistake_run *run = shared_page();

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		char name[100];

		snprintf(name, sizeof(name), "clone_pairs.struct.%s", mistakes[i].name);
		if (!is_wanted(name))
			continue;
		run->m = &mistakes[i];
		strcpy(run->outcome, "died");
		if (run_alone(mistake_subject, run)) {
			abi_print("ok %s=%s", name, run->outcome);
		} else {
			abi_print("not ok %s - hang", name);
			failures++;
		}
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	wanted = argv + 1;
	abi_program = "clone_pairs";
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* nothing that a case leaves behind gets away */
	mkdir(MARK_DIR, 0777);
	mkdir(MARK_MOUNT, 0777);
	mkdir("/tmp/pairs.cgroup", 0755);
	mount("none", "/tmp/pairs.cgroup", "cgroup2", 0, NULL);
	mkdir("/tmp/pairs.cgroup/sub", 0755);
	cgroup_fd = open("/tmp/pairs.cgroup/sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sethostname("pairs", 5);
	run_mistakes();
	run_singles_and_pairs();
	run_triples();
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++)
		run_both_calls(real[i], "real:");
	table_verdict();
	rmdir("/tmp/pairs.cgroup/sub");
	umount2("/tmp/pairs.cgroup", MNT_DETACH);
	return failures > 100 ? 100 : failures;
}

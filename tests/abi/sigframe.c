/*
 * sigframe.c: the machine side of signals: faults and what they report, alternate stacks, registers
 * saved and restored around a handler, and frames that a program has changed or broken.
 */
#include "tests/abi/abi.h"
#include <sched.h>
#include <setjmp.h>
#include <sys/resource.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile siginfo_t seen;
static volatile int hits;

static void jump_back(int sig, siginfo_t *info, void *context)
{
	(void)context;
	seen = *info;
	hits++;
	siglongjmp(back, sig);
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	CHECK_EQ(sigaction(sig, &action, NULL), 0);
}

/* Runs the statement; the value is the signal that it raised, or 0. */
#define FAULT(statement)                                                                       \
	({                                                                                     \
		seen = (siginfo_t){ 0 };                                                       \
		int fault = sigsetjmp(back, 1);                                                \
		if (!fault) {                                                                  \
			statement;                                                             \
		}                                                                              \
		fault;                                                                         \
	})

static volatile char sink;
static char *volatile nowhere = (char *)16;

static char *map_page(int protection)
{
	char *page = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

TEST(segv_maperr)
{
	char *page = map_page(PROT_READ | PROT_WRITE);

	munmap(page, 4096);
	handle(SIGSEGV, jump_back, 0);
	CHECK_EQ(FAULT(sink = page[123]), SIGSEGV);
	CHECK_EQ(seen.si_code, SEGV_MAPERR);
	CHECK(seen.si_addr == page + 123);
	CHECK_EQ(FAULT(page[77] = 1), SIGSEGV);
	CHECK_EQ(seen.si_code, SEGV_MAPERR);
	CHECK(seen.si_addr == page + 77);
}

TEST(segv_accerr)
{
	char *page = map_page(PROT_READ);

	handle(SIGSEGV, jump_back, 0);
	CHECK_EQ(FAULT(sink = page[5]), 0);
	CHECK_EQ(FAULT(page[5] = 1), SIGSEGV);
	CHECK_EQ(seen.si_code, SEGV_ACCERR);
	CHECK(seen.si_addr == page + 5);
	CHECK_EQ(mprotect(page, 4096, PROT_NONE), 0);
	CHECK_EQ(FAULT(sink = page[6]), SIGSEGV);
	CHECK_EQ(seen.si_code, SEGV_ACCERR);
}

TEST(segv_executing_data)
{
	char *page = map_page(PROT_READ | PROT_WRITE);

	handle(SIGSEGV, jump_back, 0);
	CHECK_EQ(FAULT(((void (*)(void))(page + 64))()), SIGSEGV);
	CHECK_EQ(seen.si_code, SEGV_ACCERR);
	CHECK(seen.si_addr == page + 64);
}

TEST(segv_executing_nothing)
{
	handle(SIGSEGV, jump_back, 0);
	CHECK_EQ(FAULT(((void (*)(void))4096)()), SIGSEGV);
	CHECK_EQ(seen.si_code, SEGV_MAPERR);
	CHECK(seen.si_addr == (void *)4096);
}

TEST(segv_kernel_address)
{
	volatile char *kernel = (char *)0xffffffff80000000UL;

	handle(SIGSEGV, jump_back, 0);
	CHECK_EQ(FAULT(sink = *kernel), SIGSEGV);
	CHECK_EQ(FAULT(*kernel = 1), SIGSEGV);
}

TEST(bus_past_end_of_file)
{
	enter_scratch();
	write_file("f", "hello", 5);
	int fd = open("f", O_RDWR);
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(pages != MAP_FAILED);
	handle(SIGBUS, jump_back, 0);
	CHECK_EQ(FAULT(sink = pages[4095]), 0);
	CHECK_EQ(FAULT(sink = pages[4096]), SIGBUS);
	CHECK_EQ(seen.si_code, BUS_ADRERR);
	CHECK(seen.si_addr == pages + 4096);
}

TEST(blocked_or_ignored_fault_kills)
{
	struct rlimit none = { 0, 0 };
	sigset_t set;

	setrlimit(RLIMIT_CORE, &none);
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	handle(SIGSEGV, jump_back, 0);
	CHECK_DIES(SIGSEGV, sigprocmask(SIG_BLOCK, &set, NULL); *nowhere = 1);
	CHECK_DIES(SIGSEGV, signal(SIGSEGV, SIG_IGN); *nowhere = 1);
	CHECK_DIES(SIGSEGV, signal(SIGSEGV, SIG_DFL); *nowhere = 1);
}

static char alternate[65536];
static volatile uintptr_t handler_sp;
static volatile int flags_in_handler;

static void note_stack(int sig, siginfo_t *info, void *context)
{
	char local;
	stack_t now;

	(void)info;
	(void)context;
	handler_sp = (uintptr_t)&local;
	sigaltstack(NULL, &now);
	flags_in_handler = now.ss_flags;
	hits++;
	if (sig == SIGSEGV)
		siglongjmp(back, sig);
}

static bool on_alternate(void)
{
	return handler_sp >= (uintptr_t)alternate &&
	       handler_sp < (uintptr_t)alternate + sizeof(alternate);
}

TEST(alternate_stack)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) }, old;

	CHECK_EQ(sigaltstack(NULL, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	handle(SIGUSR1, note_stack, SA_ONSTACK);
	handle(SIGUSR2, note_stack, 0);
	raise(SIGUSR1);
	CHECK(on_alternate());
	CHECK_EQ(flags_in_handler, SS_ONSTACK);
	raise(SIGUSR2);
	CHECK(!on_alternate());
	CHECK_EQ(flags_in_handler, 0);
	stack.ss_size = 100;
	CHECK_ERRNO(sigaltstack(&stack, NULL), ENOMEM);
	stack = (stack_t){ .ss_flags = 0x40 };
	CHECK_ERRNO(sigaltstack(&stack, NULL), EINVAL);
	stack = (stack_t){ .ss_flags = SS_DISABLE };
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	raise(SIGUSR1);
	CHECK(!on_alternate());
}

__attribute__((noinline)) static int recurse(int depth)
{
	volatile char frame[512];

	frame[depth % 512] = 1;
	return depth > 100000000 ? 0 : recurse(depth + 1) + frame[0];
}

TEST(stack_overflow_is_caught_on_the_alternate_stack)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	handle(SIGSEGV, note_stack, SA_ONSTACK);
	CHECK_EQ(FAULT(recurse(0)), SIGSEGV);
	CHECK(on_alternate());
	CHECK_DIES(SIGSEGV, signal(SIGSEGV, SIG_DFL); recurse(0));
	handle(SIGSEGV, note_stack, 0); /* no room for the frame: the handler cannot run */
	CHECK_DIES(SIGSEGV, recurse(0));
}

TEST(altstack_cannot_change_in_use)
{
	static volatile int result;

	void try_change(int sig, siginfo_t *info, void *context)
	{
		stack_t none = { .ss_flags = SS_DISABLE };

		(void)sig, (void)info, (void)context;
		result = sigaltstack(&none, NULL) == -1 ? errno : 0;
	}
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	handle(SIGUSR1, try_change, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK_EQ(result, EPERM);
}

static void clobber_registers(int sig)
{
	double product = 1.5;

	for (int i = 0; i < 50; i++)
		product = product * 1.25 - i;
	sink = (char)(int)(product - (long)product);
	(void)sig;
}

TEST(arithmetic_survives_an_interval_of_signals)
{
	struct sigaction action = { .sa_handler = clobber_registers };
	pid_t parent = getpid();
	double sum = 0;
	long whole = 0;

	sigaction(SIGUSR1, &action, NULL);
	pid_t pid = fork();
	if (!pid) {
		for (int i = 0; i < 300; i++) {
			kill(parent, SIGUSR1);
			sched_yield();
		}
		_exit(0);
	}
	do {
		sum = 0, whole = 0;
		for (int i = 1; i <= 10000; i++) {
			sum += i * 0.5;
			whole += i * 3;
		}
		CHECK(sum == 25002500.0);
		CHECK_EQ(whole, 150015000);
	} while (waitpid(pid, NULL, WNOHANG) == 0);
}

TEST(restored_mask_comes_from_the_frame)
{
	sigset_t now;

	void change_mask(int sig, siginfo_t *info, void *context)
	{
		ucontext_t *frame = context;

		(void)sig, (void)info;
		sigaddset(&frame->uc_sigmask, SIGHUP);
	}
	handle(SIGUSR1, change_mask, 0);
	raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGHUP) == 1);
}

#ifdef __riscv
#include "tests/abi/sigframe_riscv.h"
#endif

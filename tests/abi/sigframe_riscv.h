/*
 * sigframe_riscv.h: the tests of sigframe.c that name RISC-V registers and instructions.
 */

TEST(illegal_instruction)
{
	extern char bad_instruction[];

	handle(SIGILL, jump_back, 0);
	CHECK_EQ(FAULT(asm volatile(".global bad_instruction\nbad_instruction: .4byte 0xffffffff")),
		 SIGILL);
	CHECK_EQ(seen.si_code, ILL_ILLOPC);
	CHECK(seen.si_addr == bad_instruction);
}

TEST(privileged_instruction)
{
	handle(SIGILL, jump_back, 0);
	CHECK_EQ(FAULT(asm volatile("csrr t0, 0x100" ::: "t0")), SIGILL);
	CHECK_EQ(FAULT(asm volatile(".4byte 0x10500073 /* wfi */\n.4byte 0x10200073 /* sret */")),
		 SIGILL);
}

TEST(ebreak_traps)
{
	extern char breakpoint_here[];

	handle(SIGTRAP, jump_back, 0);
	CHECK_EQ(FAULT(asm volatile(".global breakpoint_here\nbreakpoint_here: ebreak")), SIGTRAP);
	CHECK_EQ(seen.si_code, TRAP_BRKPT);
	CHECK(seen.si_addr == breakpoint_here);
}

TEST(pc_is_that_of_the_faulting_instruction)
{
	static volatile uintptr_t pc;
	extern char faulting_load[];

	void skip_instruction(int sig, siginfo_t *info, void *context)
	{
		ucontext_t *frame = context;

		(void)sig, (void)info;
		pc = frame->uc_mcontext.__gregs[REG_PC];
		frame->uc_mcontext.__gregs[REG_PC] += 4;
		frame->uc_mcontext.__gregs[REG_A0] = 4711;
	}
	long value;

	handle(SIGSEGV, skip_instruction, 0);
	asm volatile("li a0, 16\n.option push\n.option norvc\n.global faulting_load\n"
		     "faulting_load: ld a0, 0(a0)\n.option pop\nmv %0, a0"
		     : "=r"(value)::"a0", "memory");
	CHECK(pc == (uintptr_t)faulting_load);
	CHECK_EQ(value, 4711);
}

TEST(all_integer_registers_survive)
{
	static unsigned long after[8];

	void destroy(int sig)
	{
		(void)sig;
		asm volatile("li t3, 1\nli t4, 1\nli t5, 1\nli a3, 1\nli a4, 1\nli a5, 1\nli a6, 1"
			     ::: "t3", "t4", "t5", "a3", "a4", "a5", "a6");
	}
	signal(SIGUSR1, destroy);
	pid_t pid = getpid(), tid = gettid();
	register long number asm("a7") = SYS_tgkill;
	register long a0 asm("a0") = pid;
	register long a1 asm("a1") = tid;
	register long a2 asm("a2") = SIGUSR1;
	asm volatile(
		"li t3, 103\nli t4, 104\nli t5, 105\nli a3, 13\nli a4, 14\nli a5, 15\nli a6, 16\n"
		"ecall\n"
		"sd t3, 0(%[out])\nsd t4, 8(%[out])\nsd t5, 16(%[out])\n"
		"sd a3, 24(%[out])\nsd a4, 32(%[out])\nsd a5, 40(%[out])\nsd a6, 48(%[out])"
		: "+r"(a0)
		: [out] "r"(after), "r"(number), "r"(a1), "r"(a2)
		: "t3", "t4", "t5", "a3", "a4", "a5", "a6", "memory");
	const unsigned long expected[] = { 103, 104, 105, 13, 14, 15, 16 };
	CHECK_EQ(a0, 0);
	for (int i = 0; i < 7; i++)
		CHECK_EQ(after[i], expected[i]);
}

TEST(fp_registers_survive_and_can_be_changed)
{
	static volatile unsigned long in_frame, fcsr_in_frame;
	unsigned long f8, f9, fcsr;

	void change_fp(int sig, siginfo_t *info, void *context)
	{
		ucontext_t *frame = context;

		(void)sig, (void)info;
		in_frame = frame->uc_mcontext.__fpregs.__d.__f[8];
		fcsr_in_frame = frame->uc_mcontext.__fpregs.__d.__fcsr;
		frame->uc_mcontext.__fpregs.__d.__f[9] = 0x4045000000000000;
		asm volatile("fmv.d.x f8, zero\nfmv.d.x f9, zero\nfscsr zero" ::: "f8", "f9");
	}
	handle(SIGUSR1, change_fp, 0);
	pid_t pid = getpid(), tid = gettid();
	register long number asm("a7") = SYS_tgkill;
	register long a0 asm("a0") = pid;
	register long a1 asm("a1") = tid;
	register long a2 asm("a2") = SIGUSR1;
	asm volatile("fmv.d.x f8, %[value]\nfmv.d.x f9, %[value]\nli t0, 0x61\nfscsr t0\n"
		     "ecall\n"
		     "fmv.x.d %[f8], f8\nfmv.x.d %[f9], f9\nfrcsr %[fcsr]\nfscsr zero"
		     : "+r"(a0), [f8] "=&r"(f8), [f9] "=&r"(f9), [fcsr] "=&r"(fcsr)
		     : [value] "r"(0x3ff8000000000000), "r"(number), "r"(a1), "r"(a2)
		     : "t0", "f8", "f9", "memory");
	CHECK_EQ(in_frame, 0x3ff8000000000000);
	CHECK_EQ(fcsr_in_frame, 0x61);
	CHECK_EQ(f8, 0x3ff8000000000000);
	CHECK_EQ(f9, 0x4045000000000000);
	CHECK_EQ(fcsr, 0x61);
}

TEST(handler_arguments_and_return_address)
{
	static volatile bool right;

	void look(int sig, siginfo_t *info, void *context)
	{
		ucontext_t *frame = context;
		uintptr_t sp = frame->uc_mcontext.__gregs[REG_SP];

		right = sig == SIGUSR1 && info->si_signo == SIGUSR1 &&
			(uintptr_t)context % 16 == 0 && (uintptr_t)info < (uintptr_t)context &&
			(uintptr_t)context < sp &&
			(uintptr_t)context - (uintptr_t)info == sizeof(siginfo_t);
	}
	handle(SIGUSR1, look, 0);
	raise(SIGUSR1);
	CHECK(right);
}

TEST(sigreturn_with_a_bad_frame_kills)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	CHECK_DIES(SIGSEGV, asm volatile("li sp, 64\nli a7, 139\necall"));
	CHECK_DIES(SIGSEGV, asm volatile("li sp, -4096\nli a7, 139\necall"));
}

/* A frame of zeroes names pc 0: the return itself is fine and the next fetch is not. */
TEST(sigreturn_with_a_zero_frame_dies_in_user_mode)
{
	static char zero[8192] __attribute__((aligned(16)));
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	CHECK_DIES(SIGSEGV, asm volatile("mv sp, %0\nli a7, 139\necall" ::"r"(zero)));
}

/* The kernel takes no privilege from a frame: fields that user mode may not set are ignored or
 * refused. */
TEST(sigreturn_keeps_reserved_zero)
{
	struct rlimit none = { 0, 0 };

	void dirty(int sig, siginfo_t *info, void *context)
	{
		ucontext_t *frame = context;

		(void)sig, (void)info;
		frame->uc_mcontext.__fpregs.__q.__glibc_reserved[0] = 1;
	}
	setrlimit(RLIMIT_CORE, &none);
	handle(SIGUSR1, dirty, 0);
	CHECK_DIES(SIGSEGV, raise(SIGUSR1));
}

TEST(misaligned_access_works_or_is_a_bus_error)
{
	static char bytes[32] __attribute__((aligned(16)));
	static unsigned long value;

	for (int i = 0; i < 32; i++)
		bytes[i] = i;
	handle(SIGBUS, jump_back, 0);
	int fault = FAULT(asm volatile("ld %0, 3(%1)" : "=r"(value) : "r"(bytes)));
	CHECK(fault == SIGBUS || value == 0x0a09080706050403);
}

/*
 * Linux/riscv64 ABI: signals. Numbers and layouts as in asm-generic/signal.h, siginfo.h and
 * asm/ucontext.h.
 */
#pragma once

#include "lib/types.h"

#define NSIG 64
#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPWR 30
#define SIGSYS 31
#define SIGRTMIN 32
#define SIGRTMAX 64

#define SIG_BIT(signo) (1UL << ((signo) - 1))

#define SIG_DFL 0UL
#define SIG_IGN 1UL

#define SA_NOCLDSTOP 0x00000001UL
#define SA_NOCLDWAIT 0x00000002UL
#define SA_SIGINFO 0x00000004UL
#define SA_UNSUPPORTED 0x00000400UL
#define SA_EXPOSE_TAGBITS 0x00000800UL
#define SA_RESTORER 0x04000000UL
#define SA_ONSTACK 0x08000000UL
#define SA_RESTART 0x10000000UL
#define SA_NODEFER 0x40000000UL
#define SA_RESETHAND 0x80000000UL

#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SS_ONSTACK 1
#define SS_DISABLE 2
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ 2048

struct abi_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t mask;
};
_Static_assert(sizeof(struct abi_sigaction) == 24, "sigaction ABI: riscv64 has no restorer");

struct abi_stack {
	uint64_t sp;
	int32_t flags;
	int32_t pad;
	uint64_t size;
};
_Static_assert(sizeof(struct abi_stack) == 24, "stack_t ABI");

union abi_sigval {
	int32_t sival_int;
	uint64_t sival_ptr;
};

struct abi_siginfo {
	int32_t signo;
	int32_t errnum;
	int32_t code;
	int32_t pad0;
	union {
		struct { /* kill, sigqueue */
			int32_t pid;
			uint32_t uid;
			union abi_sigval value;
		};
		struct { /* POSIX timers */
			int32_t timer_id;
			int32_t overrun;
			union abi_sigval timer_value;
			int32_t timer_private;
		};
		struct { /* SIGCHLD */
			int32_t child_pid;
			uint32_t child_uid;
			int32_t status;
			int32_t pad1;
			int64_t utime, stime; /* clock ticks, 100 a second */
		};
		struct { /* SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP */
			uint64_t addr;
			int16_t addr_lsb;
		};
		struct { /* SIGIO */
			int64_t band;
			int32_t fd;
		};
		struct { /* SIGSYS */
			uint64_t call_addr;
			int32_t syscall;
			uint32_t arch;
		};
		uint8_t bytes[112];
	};
};
_Static_assert(sizeof(struct abi_siginfo) == 128, "siginfo ABI");

#define SI_USER 0
#define SI_KERNEL 0x80
#define SI_QUEUE (-1)
#define SI_TIMER (-2)
#define SI_MESGQ (-3)
#define SI_ASYNCIO (-4)
#define SI_SIGIO (-5)
#define SI_TKILL (-6)
#define ILL_ILLOPC 1
#define ILL_ILLTRP 4
#define FPE_INTDIV 1
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define TRAP_BRKPT 1
#define TRAP_TRACE 2
#define CLD_EXITED 1
#define CLD_KILLED 2
#define CLD_DUMPED 3
#define CLD_TRAPPED 4
#define CLD_STOPPED 5
#define CLD_CONTINUED 6

#define SIGEV_SIGNAL 0
#define SIGEV_NONE 1
#define SIGEV_THREAD 2
#define SIGEV_THREAD_ID 4

struct abi_sigevent {
	union abi_sigval value;
	int32_t signo;
	int32_t notify;
	int32_t tid;
	int32_t pad[11];
};
_Static_assert(sizeof(struct abi_sigevent) == 64, "sigevent ABI");

/* The context that a handler is given, laid out by linux's asm/ptrace.h, sigcontext.h and
 * ucontext.h. */
struct abi_sigcontext {
	uint64_t regs[32]; /* pc, then x1 .. x31 */
	union {
		struct {
			uint64_t f[32];
			uint32_t fcsr;
		} d;
		struct {
			uint64_t q[64] __attribute__((aligned(16)));
			uint32_t fcsr;
			uint32_t reserved[3]; /* must be 0: no extension records follow */
		} q;
	} fpregs;
};
_Static_assert(sizeof(struct abi_sigcontext) == 256 + 528, "sigcontext ABI");

struct abi_ucontext {
	uint64_t flags;
	uint64_t link;
	struct abi_stack stack;
	uint64_t sigmask;
	uint8_t unused[1024 / 8 - sizeof(uint64_t)];
	struct abi_sigcontext mcontext;
};

struct abi_rt_sigframe {
	struct abi_siginfo info;
	struct abi_ucontext uc;
};

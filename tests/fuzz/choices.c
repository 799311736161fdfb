/*
 * choices.c: flags, commands and options that are worth trying, by call and argument.
 *
 * What is not here is tried with small numbers and odd ones. Every argument also gets values that
 * are in no list.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LIST(...) sizeof((uint64_t[]){ __VA_ARGS__ }) / 8, (uint64_t[]){ __VA_ARGS__ }
#define ONE(call, arg, ...) { call, arg, false, LIST(__VA_ARGS__) }
#define BITS(call, arg, ...) { call, arg, true, LIST(__VA_ARGS__) }

#define OPEN_FLAGS                                                                                 \
	O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NONBLOCK, O_DIRECTORY,   \
		O_NOFOLLOW, O_CLOEXEC, O_PATH, O_TMPFILE, O_NOCTTY, O_SYNC
#define CLONE_FLAGS                                                                                \
	SIGCHLD, CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_VFORK, CLONE_PARENT,        \
		CLONE_THREAD, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, CLONE_NEWNS, CLONE_SYSVSEM, \
		CLONE_SETTLS, CLONE_PARENT_SETTID, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID,       \
		CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,          \
		CLONE_NEWNET, CLONE_IO, CLONE_PIDFD, 0x80
#define CLOCKS                                                                                     \
	CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,        \
		CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE,                \
		CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM, CLOCK_TAI
#define AT_FLAGS                                                                                   \
	AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH,      \
		AT_EACCESS

static const struct choice choices[] = {
	ONE("eventfd2", "initial", 0, 1, 7, 0xffffffff),
	BITS("eventfd2", "flags", EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE),
	BITS("epoll_create1", "flags", EPOLL_CLOEXEC),
	ONE("epoll_ctl", "op", EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD),
	ONE(NULL, "max", 0, 1, 2, 8, -1),
	ONE(NULL, "timeout_ms", 0, 1, 5, -1),
	BITS("dup3", "flags", O_CLOEXEC),
	ONE("fcntl", "cmd", F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW,
	    F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG, F_SETOWN_EX, F_GETOWN_EX, F_OFD_GETLK,
	    F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_GETLEASE, F_NOTIFY, F_DUPFD_CLOEXEC,
	    F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS),
	ONE("fcntl", "arg", 0, 1, 2, 4, 8, 15, O_NONBLOCK, O_APPEND, 4096, 65536, 1 << 20),
	ONE("ioctl", "cmd", FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TCGETS, TCSETS, TCSETSW, TCSETSF,
	    TCSBRK, TCXONC, TCFLSH, TIOCSCTTY, TIOCNOTTY, TIOCGPGRP, TIOCSPGRP, TIOCGSID,
	    TIOCGWINSZ, TIOCSWINSZ, TIOCOUTQ, TIOCGPTN, TIOCSPTLCK, TIOCGPTLCK, TIOCGPTPEER,
	    TIOCPKT, TIOCEXCL, TIOCNXCL, TIOCSTI, FS_IOC_GETFLAGS, 0xb701, 0xb702, 0xb703, 0xb704),
	BITS("flock", "operation", LOCK_SH, LOCK_EX, LOCK_UN, LOCK_NB),
	ONE("mknodat", "mode", S_IFREG | 0644, S_IFIFO | 0666, S_IFCHR | 0666, S_IFBLK | 0600,
	    S_IFSOCK | 0777, S_IFDIR | 0755),
	ONE("mknodat", "dev", 0x103, 0x105, 0x107, 0x108, 0x500, 0x502, 0xffffffff),
	BITS("umount2", "flags", MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW),
	BITS("mount", "flags", MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND,
	     MS_MOVE, MS_REC, MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE, MS_NOATIME),
	BITS("fallocate", "mode", FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, 8, 16, 32),
	ONE("faccessat", "mode", 0, 1, 2, 4, 7),
	ONE("faccessat2", "mode", 0, 1, 2, 4, 7),
	BITS("openat", "flags", OPEN_FLAGS),
	BITS("pipe2", "flags", O_NONBLOCK, O_CLOEXEC, O_DIRECT),
	ONE("lseek", "whence", SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE),
	BITS("signalfd4", "flags", O_CLOEXEC, O_NONBLOCK),
	ONE("timerfd_create", "clock", CLOCKS),
	BITS("timerfd_create", "flags", O_CLOEXEC, O_NONBLOCK),
	BITS("timerfd_settime", "flags", TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET),
	ONE("waitid", "which", P_ALL, P_PID, P_PGID, P_PIDFD),
	BITS(NULL, "options", WNOHANG, WUNTRACED, WEXITED, WCONTINUED, WNOWAIT, __WNOTHREAD, __WALL,
	     __WCLONE),
	BITS("unshare", "flags", CLONE_FLAGS),
	BITS("setns", "flags", CLONE_FLAGS),
	BITS("clone", "flags", CLONE_FLAGS),
	ONE("futex", "op", FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP,
	    FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET,
	    FUTEX_WAIT | FUTEX_PRIVATE_FLAG, FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
	    FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME),
	ONE("futex", "val", 0, 1, 2, 0x7fffffff, 0x80000000),
	ONE("getitimer", "which", 0, 1, 2),
	ONE("setitimer", "which", 0, 1, 2),
	ONE(NULL, "clock", CLOCKS),
	BITS("timer_settime", "flags", TIMER_ABSTIME),
	BITS("clock_nanosleep", "flags", TIMER_ABSTIME),
	ONE("syslog", "type", 2, 3, 9, 10),
	ONE(NULL, "policy", SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE, 6,
	    SCHED_OTHER | SCHED_RESET_ON_FORK),
	ONE("rt_sigprocmask", "how", SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK),
	ONE("setpriority", "which", 0, 1, 2),
	ONE("getpriority", "which", 0, 1, 2),
	ONE("setpriority", "nice", 0, 1, 10, 19, -20, -5),
	ONE("ioprio_set", "which", 1, 2, 3),
	ONE("ioprio_get", "which", 1, 2, 3),
	ONE("ioprio_set", "ioprio", 0, 0x2004, 0x4001, 0x6000),
	ONE("getrlimit", "which", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
	ONE("setrlimit", "which", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
	ONE("prlimit64", "which", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
	ONE("prctl", "option", PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE,
	    PR_GET_KEEPCAPS, PR_SET_KEEPCAPS, PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ,
	    PR_CAPBSET_DROP, PR_GET_SECUREBITS, PR_SET_SECUREBITS, PR_SET_TIMERSLACK,
	    PR_GET_TIMERSLACK, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_CAP_AMBIENT,
	    PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER, PR_GET_TID_ADDRESS, PR_SET_THP_DISABLE,
	    PR_GET_THP_DISABLE, PR_SET_MM, PR_SET_VMA, PR_GET_SECCOMP),
	ONE("prctl", "a", 0, 1, 2, 3, 4, 9, 15, 21, 40, MEMORY_BASE),
	BITS("mq_open", "flags", O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NONBLOCK),
	ONE(NULL, "key", IPC_PRIVATE, 1, 2),
	BITS("msgget", "flags", IPC_CREAT, IPC_EXCL, 0666),
	ONE("msgctl", "cmd", IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO, MSG_INFO, MSG_STAT, 13),
	ONE("msgrcv", "type", 0, 1, 2, -2),
	BITS("msgrcv", "flags", IPC_NOWAIT, MSG_NOERROR, 020000, 040000),
	BITS("msgsnd", "flags", IPC_NOWAIT),
	BITS("semget", "flags", IPC_CREAT, IPC_EXCL, 0666),
	ONE("semget", "count", 0, 1, 2, 5, 32000),
	ONE("semctl", "cmd", IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO, SEM_INFO, SEM_STAT, GETVAL,
	    SETVAL, GETALL, SETALL, GETPID, GETNCNT, GETZCNT, 20),
	ONE("semctl", "num", 0, 1, 2, -1),
	BITS("shmget", "flags", IPC_CREAT, IPC_EXCL, 0666, 04000),
	ONE("shmctl", "cmd", IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO, SHM_INFO, SHM_STAT, SHM_LOCK,
	    SHM_UNLOCK, 15),
	BITS("shmat", "flags", SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC),
	BITS("mremap", "flags", MREMAP_MAYMOVE, MREMAP_FIXED, MREMAP_DONTUNMAP),
	BITS(NULL, "prot", PROT_READ, PROT_WRITE, PROT_EXEC, PROT_READ | PROT_WRITE),
	BITS("mmap", "flags", MAP_PRIVATE, MAP_SHARED, MAP_ANONYMOUS, MAP_PRIVATE | MAP_ANONYMOUS,
	     MAP_FIXED, MAP_GROWSDOWN, MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE, MAP_STACK,
	     MAP_FIXED_NOREPLACE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS),
	ONE("fadvise64", "advice", 0, 1, 2, 3, 4, 5),
	BITS("msync", "flags", MS_ASYNC, MS_SYNC, MS_INVALIDATE),
	BITS("mlockall", "flags", MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT),
	BITS("mlock2", "flags", 1),
	ONE(NULL, "advice", MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,
	    MADV_FREE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_HUGEPAGE,
	    MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK,
	    MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE, 24),
	ONE("kcmp", "type", 0, 1, 2, 3, 4, 5, 6, 7),
	BITS("renameat2", "flags", RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT),
	BITS("getrandom", "flags", 1, 2, 4),
	BITS("memfd_create", "flags", MFD_CLOEXEC, MFD_ALLOW_SEALING, 8, 16),
	ONE("membarrier", "cmd", 0, 1, 2, 4, 8, 16, 32, 64, 128, 256),
	BITS("membarrier", "flags", 1),
	BITS("preadv2", "flags", 1, 2, 4, 8, 16),
	BITS("pwritev2", "flags", 1, 2, 4, 8, 16),
	ONE("statx", "mask", 0, 0x7ff, 0xfff, 0x80000000),
	BITS("pidfd_send_signal", "flags", 1, 2, 4),
	BITS("pidfd_open", "flags", O_NONBLOCK, O_EXCL),
	BITS("close_range", "flags", CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC),
	ONE("close_range", "first", 0, 3, 5, 20, 100),
	ONE("close_range", "last", 3, 8, 20, 0xffffffff),
	ONE("personality", "persona", 0, 0xffffffff, 0x40000, 8),
	ONE("sysinfo", "x", 0),
	ONE(NULL, "nth", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 25, 30, 40),
	BITS(NULL, "flags", AT_FLAGS),
};

const struct choice *choice_find(const struct call *c, unsigned arg)
{
	const char *name = c->args[arg].name;

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (!strcmp(choices[i].arg, name) &&
		    (!choices[i].call || !strcmp(choices[i].call, c->name)))
			return &choices[i];
	return NULL;
}

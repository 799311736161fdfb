/*
 * Linux ABI: options of wait4 and waitid.
 */
#pragma once

#define WNOHANG 0x00000001
#define WUNTRACED 0x00000002
#define WSTOPPED WUNTRACED
#define WEXITED 0x00000004
#define WCONTINUED 0x00000008
#define WNOWAIT 0x01000000
#define __WNOTHREAD 0x20000000
#define __WALL 0x40000000
#define __WCLONE 0x80000000

#define P_ALL 0
#define P_PID 1
#define P_PGID 2
#define P_PIDFD 3

/* A wait status: exit code << 8, or the signal, with WCOREFLAG when it would have dumped. */
#define WAIT_STATUS_EXIT(code) (((code) & 0xff) << 8)
#define WAIT_STATUS_STOPPED(signo) ((signo) << 8 | 0x7f)
#define WAIT_STATUS_CONTINUED 0xffff
#define WAIT_STATUS_CORE 0x80

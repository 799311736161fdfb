/*
 * The order of all locks, in one list: a lock may be taken only while every lock held has a lower
 * rank.
 *
 * Outermost first. Two locks of one rank are taken in address order, through spin_lock_two().
 * Mutexes come before all spinlocks because they sleep. Debug builds assert the order at every
 * acquire.
 */
#pragma once

enum lock_rank {
	LOCK_RANK_NONE,

	/* Mutexes. */
	LOCK_RANK_FILE,   /* file offset: held across a whole read or write */
	LOCK_RANK_PROC,   /* one reader of a file of /proc */
	LOCK_RANK_MOUNT,  /* mount tree changes */
	LOCK_RANK_EXEC,   /* a group's credentials and mm while exec replaces them */
	LOCK_RANK_RENAME, /* directory moves */
	LOCK_RANK_DIR,    /* inode lock of a directory; parents before children, then by address */
	LOCK_RANK_INODE,  /* inode lock of a file: contents and size */
	LOCK_RANK_TTY,    /* line discipline */
	LOCK_RANK_EPOLL,
	LOCK_RANK_PIPE,       /* pipe contents */
	LOCK_RANK_MM_WORLD,   /* the list of all address spaces, and the checker against the rest */
	LOCK_RANK_FENCE,      /* who has barriers executed on other harts */
	LOCK_RANK_MM,         /* address space: areas and tables */
	LOCK_RANK_MAPPINGS,   /* which areas show a page cache */
	LOCK_RANK_CACHE_PAGE, /* one page of a file being filled */

	/* Spinlocks. */
	LOCK_RANK_TASKS,   /* task list, family tree, groups, sessions, pid tables */
	LOCK_RANK_GROUP,   /* thread group: signals, exit state */
	LOCK_RANK_SIGHAND, /* handlers, which groups may share */
	LOCK_RANK_FILES,   /* descriptor table */
	LOCK_RANK_FS,      /* root, cwd */
	LOCK_RANK_DENTRY,  /* name cache */
	LOCK_RANK_INODE_TABLE,
	LOCK_RANK_PAGE_CACHE, /* one file's tree of pages */
	LOCK_RANK_PAGE_LRU,   /* which pages can be read again, by age */
	LOCK_RANK_TABLES,     /* an address space's upper page tables */
	LOCK_RANK_PAGE_TABLE, /* one leaf table */
	LOCK_RANK_FUTEX,      /* one futex bucket */
	LOCK_RANK_IPC_TABLE,  /* the ids of one kind of System V object */
	LOCK_RANK_IPC_OBJECT, /* one segment, semaphore set or message queue */
	LOCK_RANK_IPC_UNDO,   /* one list of semaphore undos */
	LOCK_RANK_TTY_BUFFER, /* tty input ring, filled from interrupts */
	LOCK_RANK_ITIMER,
	LOCK_RANK_TIMER, /* a hart's timer queue */
	LOCK_RANK_WORK,
	LOCK_RANK_WAITQ,    /* one wait queue */
	LOCK_RANK_EPOLL_LINKS, /* who watches which file; inside the queues that epoll watches */
	LOCK_RANK_EPOLL_READY, /* one epoll's list of ready files */
	LOCK_RANK_EPOLL_WAITQ, /* who waits for an epoll */
	LOCK_RANK_RUNQUEUE, /* a hart's run queue */
	LOCK_RANK_USERS,	/* table of users */
	LOCK_RANK_DEVICE,
	LOCK_RANK_KMAP,
	LOCK_RANK_SLAB,  /* one object cache */
	LOCK_RANK_PAGES, /* page-frame allocator */
	LOCK_RANK_RANDOM,
	LOCK_RANK_TRACE, /* which events are recorded and shown */
	LOCK_RANK_LOG,  /* message ring and consoles: anything may print */
	LOCK_RANK_UART, /* registers of a serial port: consoles print under the log's lock */
};

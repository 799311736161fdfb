/*
 * sysv_msg.c: System V message queues: msgget, msgsnd, msgrcv, msgctl, /proc/sysvipc/msg.
 */
#include "tests/abi/abi.h"
#include <limits.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message {
	long type;
	char text[20000];
};

static int make(int flags)
{
	int id = msgget(IPC_PRIVATE, flags);

	CHECK(id >= 0);
	return id;
}

static int send(int id, long type, const char *text, int flags)
{
	static struct message m;

	m.type = type;
	strcpy(m.text, text);
	return msgsnd(id, &m, strlen(text), flags);
}

static struct message got;

/* The length, and the message in `got`, its text ended. */
static ssize_t receive(int id, size_t size, long type, int flags)
{
	ssize_t length = msgrcv(id, &got, size, type, flags);

	got.text[length > 0 ? length : 0] = 0;
	return length;
}

static struct msqid_ds stat_of(int id)
{
	struct msqid_ds ds;

	CHECK_EQ(msgctl(id, IPC_STAT, &ds), 0);
	return ds;
}

static void no_handler(int signo)
{
	(void)signo;
}

TEST(get)
{
	key_t key = 0x50440000 | (getpid() & 0xffff);

	CHECK_ERRNO(msgget(key, 0600), ENOENT);
	int id = msgget(key, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK_EQ(msgget(key, 0), id);
	CHECK_ERRNO(msgget(key, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
	CHECK_ERRNO(msgctl(id, IPC_RMID, NULL), EINVAL);
	CHECK_ERRNO(send(id, 1, "x", 0), EINVAL);
	CHECK_ERRNO(receive(id, 10, 0, IPC_NOWAIT), EINVAL);
}

TEST(order_and_types)
{
	int id = make(0600);

	CHECK_EQ(send(id, 3, "three", 0), 0);
	CHECK_EQ(send(id, 1, "one", 0), 0);
	CHECK_EQ(send(id, 2, "two", 0), 0);
	CHECK_EQ(send(id, 1, "one again", 0), 0);
	CHECK_EQ(send(id, 5, "", 0), 0);
	CHECK_EQ(stat_of(id).msg_qnum, 5);
	CHECK_EQ(stat_of(id).__msg_cbytes, 20);
	CHECK_EQ(receive(id, 100, 2, 0), 3);
	CHECK_STR(got.text, "two");
	CHECK_EQ(got.type, 2);
	CHECK_EQ(receive(id, 100, -2, 0), 3);
	CHECK_STR(got.text, "one");
	CHECK_EQ(receive(id, 100, 3, MSG_EXCEPT), 9);
	CHECK_STR(got.text, "one again");
	CHECK_ERRNO(receive(id, 100, -2, IPC_NOWAIT), ENOMSG);
	CHECK_ERRNO(receive(id, 100, 4, IPC_NOWAIT), ENOMSG);
	CHECK_EQ(receive(id, 100, 0, 0), 5);
	CHECK_STR(got.text, "three");
	CHECK_EQ(receive(id, 100, LONG_MIN, 0), 0);
	CHECK_EQ(got.type, 5);
	CHECK_ERRNO(receive(id, 100, 0, IPC_NOWAIT), ENOMSG);
	CHECK_EQ(stat_of(id).__msg_cbytes, 0);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(sizes_and_errors)
{
	static struct message m = { .type = 1 };
	int id = make(0600);

	CHECK_ERRNO(send(id, 0, "x", 0), EINVAL);
	CHECK_ERRNO(send(id, -1, "x", 0), EINVAL);
	CHECK_ERRNO(msgsnd(id, &m, 8193, 0), EINVAL);
	CHECK_ERRNO(msgsnd(id, &m, -1, 0), EINVAL);
	CHECK_ERRNO(msgsnd(-1, &m, 1, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_msgsnd, id, 8, 1, 0), EFAULT);
	CHECK_ERRNO(receive(id, -1, 0, IPC_NOWAIT), EINVAL);
	CHECK_ERRNO(receive(-1, 1, 0, IPC_NOWAIT), EINVAL);
	CHECK_EQ(send(id, 1, "0123456789", 0), 0);
	CHECK_ERRNO(receive(id, 9, 0, 0), E2BIG);
	CHECK_EQ(receive(id, 4, 0, MSG_NOERROR), 4);
	CHECK_STR(got.text, "0123");
	CHECK_EQ(stat_of(id).msg_qnum, 0);
	CHECK_EQ(send(id, 1, "lost", 0), 0);
	CHECK_ERRNO(syscall(SYS_msgrcv, id, 8, 100, 0, 0), EFAULT);
	CHECK_EQ(stat_of(id).msg_qnum, 0);
	CHECK_EQ(msgsnd(id, &m, 8192, 0), 0);
	CHECK_EQ(msgsnd(id, &m, 8192, 0), 0);
	CHECK_ERRNO(msgsnd(id, &m, 1, IPC_NOWAIT), EAGAIN);
	CHECK_EQ(msgsnd(id, &m, 0, IPC_NOWAIT), 0);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(the_number_of_empty_messages_is_limited)
{
	int id = make(0600);
	struct msqid_ds ds = stat_of(id);
	struct message m = { .type = 1 };

	ds.msg_qbytes = 10;
	CHECK_EQ(msgctl(id, IPC_SET, &ds), 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(msgsnd(id, &m, 0, IPC_NOWAIT), 0);
	CHECK_ERRNO(msgsnd(id, &m, 0, IPC_NOWAIT), EAGAIN);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(copies)
{
	int id = make(0600);

	CHECK_EQ(send(id, 7, "zero", 0), 0);
	CHECK_EQ(send(id, 8, "first", 0), 0);
	CHECK_EQ(receive(id, 100, 1, MSG_COPY | IPC_NOWAIT), 5);
	CHECK_STR(got.text, "first");
	CHECK_EQ(got.type, 8);
	CHECK_EQ(stat_of(id).msg_qnum, 2);
	CHECK_ERRNO(receive(id, 100, 2, MSG_COPY | IPC_NOWAIT), ENOMSG);
	CHECK_ERRNO(receive(id, 100, 0, MSG_COPY), EINVAL);
	CHECK_ERRNO(receive(id, 100, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT), EINVAL);
	CHECK_ERRNO(receive(id, 3, 0, MSG_COPY | IPC_NOWAIT), E2BIG);
	CHECK_ERRNO(receive(id, 3, 0, MSG_COPY | IPC_NOWAIT | MSG_NOERROR), EINVAL);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

static pid_t child_receive(int id, size_t size, long type, int flags)
{
	pid_t pid = fork();

	if (!pid) {
		ssize_t length = receive(id, size, type, flags);
		_exit(length < 0 ? errno : 100 + got.text[0] - '0');
	}
	CHECK(pid > 0);
	CHECK_SOON(task_state(pid) == 'S');
	return pid;
}

TEST(waiting_receivers)
{
	int id = make(0600);
	pid_t typed = child_receive(id, 100, 4, 0), any = child_receive(id, 100, 0, 0);
	pid_t low = child_receive(id, 100, -2, 0), except = child_receive(id, 100, 9, MSG_EXCEPT);
	pid_t small = child_receive(id, 1, 20, 0), second = child_receive(id, 100, 20, 0);

	CHECK_EQ(send(id, 20, "6 and more", 0), 0);
	CHECK_EXITED(any, 106);
	CHECK_EQ(send(id, 4, "1", 0), 0);
	CHECK_EXITED(typed, 101);
	CHECK_EQ(send(id, 1, "2", 0), 0);
	CHECK_EXITED(low, 102);
	CHECK_EQ(send(id, 9, "3", 0), 0);
	CHECK_EQ(stat_of(id).msg_qnum, 1);
	CHECK_EQ(send(id, 8, "4", 0), 0);
	CHECK_EXITED(except, 104);
	CHECK_EQ(send(id, 20, "5 and more", 0), 0);
	CHECK_EXITED(small, E2BIG);
	CHECK_EXITED(second, 105);
	CHECK_EQ(stat_of(id).msg_lrpid, second);
	CHECK_EQ(stat_of(id).msg_qnum, 1);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(waiting_senders)
{
	static struct message m = { .type = 1 };
	int id = make(0600);
	pid_t pids[2];

	CHECK_EQ(msgsnd(id, &m, 8192, 0), 0);
	CHECK_EQ(msgsnd(id, &m, 8000, 0), 0);
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(send(id, 10 + i, i ? "small" : (memset(m.text, 'a', 8000), m.text), 0)
				      ? errno
				      : 0);
		if (!i)
			CHECK_SOON(task_state(pids[i]) == 'S');
	}
	CHECK_EXITED(pids[1], 0);
	CHECK_EQ(receive(id, 8192, 0, 0), 8192);
	CHECK_EXITED(pids[0], 0);
	CHECK_EQ(receive(id, 8192, 10, IPC_NOWAIT), 8000);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(a_larger_queue_lets_senders_go_on)
{
	static struct message m = { .type = 1 };
	int id = make(0600);
	struct msqid_ds ds = stat_of(id);

	ds.msg_qbytes = 100;
	CHECK_EQ(msgctl(id, IPC_SET, &ds), 0);
	pid_t pid = fork();
	if (!pid)
		_exit(msgsnd(id, &m, 200, 0) ? errno : 0);
	CHECK_SOON(task_state(pid) == 'S');
	ds.msg_qbytes = 1000;
	CHECK_EQ(msgctl(id, IPC_SET, &ds), 0);
	CHECK_EXITED(pid, 0);
	ds.msg_qbytes = 16385;
	CHECK_EQ(msgctl(id, IPC_SET, &ds), 0);
	ds.msg_perm.uid = 65534;
	CHECK_EQ(msgctl(id, IPC_SET, &ds), 0);
	IN_CHILD({
		become_nobody();
		ds.msg_qbytes = 16386;
		CHECK_ERRNO(msgctl(id, IPC_SET, &ds), EPERM);
		ds.msg_qbytes = 16384;
		CHECK_EQ(msgctl(id, IPC_SET, &ds), 0);
	});
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(a_lost_right_ends_the_wait)
{
	int id = make(0666);
	struct msqid_ds ds = stat_of(id);

	pid_t pid = fork();
	if (!pid) {
		become_nobody();
		_exit(receive(id, 100, 0, 0) < 0 ? errno : 0);
	}
	CHECK_SOON(task_state(pid) == 'S');
	ds.msg_perm.mode = 0600;
	CHECK_EQ(msgctl(id, IPC_SET, &ds), 0);
	CHECK_EXITED(pid, EACCES);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(removal_and_signals)
{
	static struct message m = { .type = 1 };
	int id = make(0600), full = make(0600);
	struct sigaction action = { .sa_handler = no_handler, .sa_flags = SA_RESTART };

	CHECK_EQ(msgsnd(full, &m, 8192, 0), 0);
	CHECK_EQ(msgsnd(full, &m, 8192, 0), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	pid_t receiver = child_receive(id, 10, 0, 0), sender = fork();
	if (!sender)
		_exit(msgsnd(full, &m, 1, 0) ? errno : 0);
	CHECK_SOON(task_state(sender) == 'S');
	kill(receiver, SIGUSR1);
	kill(sender, SIGUSR1);
	CHECK_EXITED(receiver, EINTR);
	CHECK_EXITED(sender, EINTR);
	receiver = child_receive(id, 10, 3, 0);
	sender = fork();
	if (!sender)
		_exit(msgsnd(full, &m, 1, 0) ? errno : 0);
	CHECK_SOON(task_state(sender) == 'S');
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
	CHECK_EQ(msgctl(full, IPC_RMID, NULL), 0);
	CHECK_EXITED(receiver, EIDRM);
	CHECK_EXITED(sender, EIDRM);
}

TEST(permissions)
{
	int closed = make(0600), readable = make(0604), writable = make(0602);

	CHECK_EQ(send(readable, 1, "x", 0), 0);
	IN_CHILD({
		struct msqid_ds ds;
		become_nobody();
		CHECK_ERRNO(send(closed, 1, "x", 0), EACCES);
		CHECK_ERRNO(receive(closed, 1, 0, IPC_NOWAIT), EACCES);
		CHECK_ERRNO(send(readable, 1, "x", 0), EACCES);
		CHECK_EQ(receive(readable, 1, 0, IPC_NOWAIT), 1);
		CHECK_EQ(send(writable, 1, "x", 0), 0);
		CHECK_ERRNO(receive(writable, 1, 0, IPC_NOWAIT), EACCES);
		CHECK_ERRNO(msgctl(writable, IPC_STAT, &ds), EACCES);
		CHECK_EQ(msgctl(readable, IPC_STAT, &ds), 0);
		CHECK_ERRNO(msgctl(readable, IPC_SET, &ds), EPERM);
		CHECK_ERRNO(msgctl(readable, IPC_RMID, NULL), EPERM);
	});
	CHECK_EQ(msgctl(closed, IPC_RMID, NULL), 0);
	CHECK_EQ(msgctl(readable, IPC_RMID, NULL), 0);
	CHECK_EQ(msgctl(writable, IPC_RMID, NULL), 0);
}

TEST(stat_info_and_proc)
{
	char text[600], expected[400];
	struct msginfo info;
	struct msqid_ds ds;
	time_t before = time(NULL);
	int id = make(0640);

	CHECK_EQ(send(id, 1, "abc", 0), 0);
	CHECK_EQ(send(id, 1, "defg", 0), 0);
	CHECK_EQ(receive(id, 10, 0, 0), 3);
	ds = stat_of(id);
	CHECK_EQ(ds.msg_qbytes, 16384);
	CHECK_EQ(ds.msg_qnum, 1);
	CHECK_EQ(ds.__msg_cbytes, 4);
	CHECK_EQ(ds.msg_lspid, getpid());
	CHECK_EQ(ds.msg_lrpid, getpid());
	CHECK(ds.msg_stime >= before && ds.msg_rtime >= before && ds.msg_ctime >= before);
	CHECK(msgctl(0, IPC_INFO, (void *)&info) >= 0);
	CHECK_EQ(info.msgmax, 8192);
	CHECK_EQ(info.msgmnb, 16384);
	CHECK_EQ(info.msgmni, 32000);
	CHECK_EQ(info.msgpool, 512000);
	CHECK_EQ(info.msgmap, 16384);
	CHECK_EQ(info.msgssz, 16);
	CHECK_EQ(info.msgtql, 16384);
	CHECK_EQ(info.msgseg, 0xffff);
	CHECK(msgctl(0, MSG_INFO, (void *)&info) >= (id & 0x7fff));
	CHECK_EQ(info.msgpool, 1);
	CHECK_EQ(info.msgmap, 1);
	CHECK_EQ(info.msgtql, 4);
	CHECK_EQ(msgctl(id & 0x7fff, MSG_STAT, &ds), id);
	CHECK_EQ(msgctl(id & 0x7fff, 13 /* MSG_STAT_ANY */, &ds), id);
	CHECK_ERRNO(msgctl(id, 99, &ds), EINVAL);
	CHECK_ERRNO(syscall(SYS_msgctl, id, IPC_STAT, 8), EFAULT);
	CHECK(read_file("/proc/sysvipc/msg", text, sizeof(text)) > 0);
	snprintf(expected, sizeof(expected),
		 "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  "
		 "cuid  cgid      stime      rtime      ctime\n"
		 "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10lu %10lu %10lu\n",
		 0, id, 0640, 4ul, 1ul, getpid(), getpid(), 0, 0, 0, 0,
		 (unsigned long)ds.msg_stime, (unsigned long)ds.msg_rtime,
		 (unsigned long)ds.msg_ctime);
	CHECK_STR(text, expected);
	CHECK(read_file("/proc/sys/kernel/msgmax", text, sizeof(text)) > 0);
	CHECK_STR(text, "8192\n");
	CHECK(read_file("/proc/sys/kernel/msgmnb", text, sizeof(text)) > 0);
	CHECK_STR(text, "16384\n");
	CHECK(read_file("/proc/sys/kernel/msgmni", text, sizeof(text)) > 0);
	CHECK_STR(text, "32000\n");
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(a_new_ipc_namespace_is_empty_and_goes_with_its_messages)
{
	key_t key = 0x50450000 | (getpid() & 0xffff);
	int id = msgget(key, IPC_CREAT | 0600);

	if (geteuid())
		SKIP("needs root");
	IN_CHILD({
		CHECK_EQ(unshare(CLONE_NEWIPC), 0);
		CHECK_ERRNO(msgget(key, 0), ENOENT);
		int inner = msgget(key, IPC_CREAT | 0600);
		CHECK_EQ(send(inner, 1, "never read", 0), 0);
	});
	CHECK_EQ(stat_of(id).msg_qnum, 0);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

/* Requests of type 1, answers of the client's own: as a server and its clients do. */
/* Each is told by the number that he has for the asker, even when he is gone. */
TEST(pids_are_the_readers)
{
	int id = make(0600);
	pid_t inside;

	if (geteuid())
		SKIP("needs root");
	CHECK_EQ(send(id, 1, "outside", 0), 0);
	inside = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (inside == 0) {
		CHECK_EQ(stat_of(id).msg_lspid, 0);
		CHECK_EQ(receive(id, 100, 0, 0), 7);
		CHECK_EQ(stat_of(id).msg_lrpid, 1);
		pid_t inner = fork();
		if (inner == 0) {
			CHECK_EQ(send(id, 1, "inside", 0), 0);
			_exit(0);
		}
		CHECK_EXITED(inner, 0);
		CHECK_EQ(stat_of(id).msg_lspid, inner);
		_exit(0);
	}
	CHECK_EXITED(inside, 0);
	CHECK_EQ(stat_of(id).msg_lrpid, inside);
	CHECK(stat_of(id).msg_lspid > 0 && stat_of(id).msg_lspid != inside);
	CHECK_ERRNO(kill(stat_of(id).msg_lspid, 0), ESRCH);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(a_server_and_its_clients)
{
	int id = make(0600);
	pid_t server = fork(), clients[6];

	if (!server)
		for (;;) {
			long client;
			CHECK_EQ(receive(id, 100, 1, 0), sizeof(client));
			memcpy(&client, got.text, sizeof(client));
			struct message m = { .type = client };
			CHECK_EQ(msgsnd(id, &m, 3, 0), 0);
		}
	for (int i = 0; i < 6; i++) {
		clients[i] = fork();
		if (!clients[i]) {
			for (int n = 0; n < 50; n++) {
				struct message m = { .type = 1 };
				long me = getpid();
				memcpy(m.text, &me, sizeof(me));
				CHECK_EQ(msgsnd(id, &m, sizeof(me), 0), 0);
				CHECK_EQ(receive(id, 100, me, 0), 3);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 6; i++)
		CHECK_EXITED(clients[i], 0);
	kill(server, SIGKILL);
	CHECK_KILLED(server, SIGKILL);
	CHECK_EQ(stat_of(id).msg_qnum, 0);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

TEST(killed_amid_passing)
{
	int id = make(0600);
	unsigned seed = 3;

	for (int round = 0; round < 10; round++) {
		pid_t pids[6];
		for (int i = 0; i < 6; i++) {
			pids[i] = fork();
			if (!pids[i])
				for (unsigned n = 1;; n++) {
					static struct message m;
					m.type = 1 + n % 3;
					if (i % 2)
						msgsnd(id, &m, n * 37 % 8000, 0);
					else
						receive(id, 8192, n % 5 - 2, 0);
				}
		}
		for (int i = 0; i < 6; i++) {
			sleep_ms(rand_r(&seed) % 5);
			kill(pids[i], SIGKILL);
			CHECK_KILLED(pids[i], SIGKILL);
		}
	}
	while (receive(id, 8192, 0, IPC_NOWAIT) >= 0)
		;
	CHECK_EQ(errno, ENOMSG);
	CHECK_EQ(stat_of(id).__msg_cbytes, 0);
	CHECK_EQ(stat_of(id).msg_qnum, 0);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
}

/* --- restoring: msg_next_id, MSG_COPY --------------------------------------------------------- */

static const char next_path[] = "/proc/sys/kernel/msg_next_id";

static void next_id_set(int id)
{
	char text[16];

	write_file(next_path, text, (size_t)snprintf(text, sizeof(text), "%d", id));
}

static int next_id(void)
{
	char text[16];

	CHECK(read_file(next_path, text, sizeof(text)) > 0);
	return atoi(text);
}

TEST(a_queue_with_the_id_it_had)
{
	int id = make(0600), wanted = id + (7 << 15), other;

	CHECK_EQ(next_id(), -1);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
	next_id_set(wanted);
	CHECK_EQ(next_id(), wanted);
	id = make(0600);
	CHECK_EQ(id, wanted);
	CHECK_EQ(next_id(), -1);
	next_id_set(wanted); /* taken: the next place, of the same round */
	other = make(0600);
	CHECK_EQ(other, wanted + 1);
	CHECK_EQ(msgctl(id, IPC_RMID, NULL), 0);
	CHECK_EQ(msgctl(other, IPC_RMID, NULL), 0);
	other = make(0600); /* and then in turn again */
	CHECK(other >> 15 != 7 + (wanted >> 15));
	CHECK_EQ(msgctl(other, IPC_RMID, NULL), 0);
	int fd = open(next_path, O_WRONLY);
	CHECK_ERRNO(write(fd, "-5", 2), EINVAL);
}

/*
 * mqueue.c: POSIX message queues: mq_open, mq_unlink, mq_timedsend, mq_timedreceive, mq_notify,
 * mq_getsetattr, and the mqueue file system.
 */
#include "tests/abi/abi.h"
#include <dirent.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static char name[64];

/* A name that nobody else uses, without a queue. */
static const char *fresh_name(void)
{
	snprintf(name, sizeof(name), "/abi.%d", getpid());
	mq_unlink(name);
	return name;
}

static mqd_t make(int flags, long maxmsg, long msgsize)
{
	struct mq_attr attr = { .mq_maxmsg = maxmsg, .mq_msgsize = msgsize };
	mqd_t q = mq_open(fresh_name(), O_CREAT | O_EXCL | O_RDWR | flags, 0600, &attr);

	CHECK(q >= 0);
	return q;
}

static int raw_open(const char *raw_name, int flags, int mode, const void *attr)
{
	return syscall(SYS_mq_open, raw_name, flags, mode, attr);
}

static void no_handler(int signo)
{
	(void)signo;
}

static char buffer[8192];
static unsigned priority;

static ssize_t receive(mqd_t q)
{
	ssize_t n = mq_receive(q, buffer, sizeof(buffer), &priority);

	buffer[n > 0 ? n : 0] = 0;
	return n;
}

static long curmsgs(mqd_t q)
{
	struct mq_attr attr;

	CHECK_EQ(mq_getattr(q, &attr), 0);
	return attr.mq_curmsgs;
}

TEST(opening)
{
	struct stat st;

	CHECK_ERRNO(mq_open(fresh_name(), O_RDWR), ENOENT);
	mqd_t q = mq_open(name, O_CREAT | O_RDWR, 0640, NULL);
	CHECK(q >= 0);
	CHECK_EQ(fcntl(q, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fstat(q, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_size, 80);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_ERRNO(mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, NULL), EEXIST);
	mqd_t again = mq_open(name, O_CREAT | O_RDONLY, 0600, NULL);
	CHECK(again >= 0);
	CHECK_ERRNO(mq_send(again, "x", 1, 0), EBADF);
	CHECK_EQ(mq_close(again), 0);
	again = mq_open(name, O_WRONLY);
	CHECK_ERRNO(receive(again), EBADF);
	CHECK_ERRNO(mq_open(name, O_ACCMODE), EINVAL);
	CHECK_EQ(mq_unlink(name), 0);
	CHECK_ERRNO(mq_unlink(name), ENOENT);
	CHECK_EQ(mq_send(again, "still there", 11, 0), 0);
	CHECK_EQ(receive(q), 11);
	CHECK_ERRNO(receive(0), EBADF);
	CHECK_ERRNO(mq_send(0, "x", 1, 0), EBADF);
	CHECK_ERRNO(receive(99), EBADF);
}

TEST(names)
{
	char longest[300];

	memset(longest, 'n', sizeof(longest));
	longest[255] = 0;
	CHECK_ERRNO(raw_open("", O_RDWR, 0, NULL), ENOENT);
	CHECK_ERRNO(raw_open("a/b", O_CREAT | O_RDWR, 0600, NULL), EACCES);
	CHECK_ERRNO(raw_open("/a", O_CREAT | O_RDWR, 0600, NULL), EACCES);
	CHECK_ERRNO(raw_open(".", O_CREAT | O_RDWR, 0600, NULL), EACCES);
	CHECK_ERRNO(raw_open("..", O_CREAT | O_RDWR, 0600, NULL), EACCES);
	CHECK(raw_open(longest, O_CREAT | O_RDWR, 0600, NULL) >= 0);
	CHECK_EQ(syscall(SYS_mq_unlink, longest), 0);
	longest[255] = 'n';
	longest[256] = 0;
	CHECK_ERRNO(raw_open(longest, O_CREAT | O_RDWR, 0600, NULL), ENAMETOOLONG);
	CHECK_ERRNO(raw_open((char *)8, O_RDWR, 0, NULL), EFAULT);
	CHECK_ERRNO(raw_open("x", O_RDWR, 0, (void *)8), EFAULT);
	CHECK_ERRNO(syscall(SYS_mq_unlink, ""), ENOENT);
	CHECK_ERRNO(syscall(SYS_mq_unlink, "a/b"), EACCES);
	CHECK_ERRNO(syscall(SYS_mq_unlink, 8), EFAULT);
}

TEST(attributes)
{
	struct mq_attr attr, set = { .mq_flags = O_NONBLOCK, .mq_maxmsg = 77 };
	mqd_t q = mq_open(fresh_name(), O_CREAT | O_RDWR, 0600, NULL);

	CHECK_EQ(mq_getattr(q, &attr), 0);
	CHECK_EQ(attr.mq_flags, 0);
	CHECK_EQ(attr.mq_maxmsg, 10);
	CHECK_EQ(attr.mq_msgsize, 8192);
	CHECK_EQ(attr.mq_curmsgs, 0);
	CHECK_EQ(mq_setattr(q, &set, &attr), 0);
	CHECK_EQ(attr.mq_flags, 0);
	CHECK_EQ(mq_getattr(q, &attr), 0);
	CHECK_EQ(attr.mq_flags, O_NONBLOCK);
	CHECK_EQ(attr.mq_maxmsg, 10);
	CHECK_EQ(fcntl(q, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	set.mq_flags = O_APPEND;
	CHECK_ERRNO(mq_setattr(q, &set, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_mq_getsetattr, q, 8, 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_mq_getsetattr, q, 0, 8), EFAULT);
	CHECK_ERRNO(mq_getattr(0, &attr), EBADF);
	CHECK_EQ(mq_unlink(name), 0);
}

TEST(limits)
{
	struct mq_attr attr = { .mq_maxmsg = 0, .mq_msgsize = 1 };
	struct rlimit limit = { 1 << 20, 1 << 20 };

	CHECK_ERRNO(mq_open(fresh_name(), O_CREAT | O_RDWR, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = 0 };
	CHECK_ERRNO(mq_open(name, O_CREAT | O_RDWR, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 65537, .mq_msgsize = 1 };
	CHECK_ERRNO(mq_open(name, O_CREAT | O_RDWR, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = (16 << 20) + 1 };
	CHECK_ERRNO(mq_open(name, O_CREAT | O_RDWR, 0600, &attr), EINVAL);
	CHECK_EQ(setrlimit(RLIMIT_MSGQUEUE, &limit), 0);
	attr = (struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = 1 << 20 };
	CHECK_ERRNO(mq_open(name, O_CREAT | O_RDWR, 0600, &attr), EMFILE);
	attr.mq_msgsize -= 96;
	mqd_t q = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	CHECK(q >= 0);
	attr.mq_msgsize = 1;
	CHECK_ERRNO(mq_open("/another", O_CREAT | O_RDWR, 0600, &attr), EMFILE);
	CHECK_EQ(mq_unlink(name), 0);
	CHECK_EQ(mq_close(q), 0);
	q = mq_open("/another", O_CREAT | O_RDWR, 0600, &attr);
	CHECK(q >= 0);
	CHECK_EQ(mq_unlink("/another"), 0);
	IN_CHILD({
		become_nobody();
		attr = (struct mq_attr){ .mq_maxmsg = 11, .mq_msgsize = 1 };
		CHECK_ERRNO(mq_open(name, O_CREAT | O_RDWR, 0600, &attr), EINVAL);
		attr = (struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = 8193 };
		CHECK_ERRNO(mq_open(name, O_CREAT | O_RDWR, 0600, &attr), EINVAL);
		attr = (struct mq_attr){ .mq_maxmsg = 10, .mq_msgsize = 8192 };
		CHECK(mq_open(name, O_CREAT | O_RDWR, 0600, &attr) >= 0);
		CHECK_EQ(mq_unlink(name), 0);
	});
}

TEST(permissions)
{
	mqd_t q = make(0, 4, 16);

	CHECK_EQ(fchmod(q, 0604), 0);
	IN_CHILD({
		become_nobody();
		CHECK(mq_open(name, O_RDONLY) >= 0);
		CHECK_ERRNO(mq_open(name, O_WRONLY), EACCES);
		CHECK_ERRNO(mq_open(name, O_RDWR | O_CREAT, 0600, NULL), EACCES);
		CHECK_ERRNO(syscall(SYS_mq_unlink, name + 1), EPERM);
	});
	CHECK_EQ(mq_unlink(name), 0);
}

TEST(priorities)
{
	mqd_t q = make(0, 10, 16);

	CHECK_EQ(mq_send(q, "low", 3, 1), 0);
	CHECK_EQ(mq_send(q, "high", 4, 32767), 0);
	CHECK_EQ(mq_send(q, "middle", 6, 5), 0);
	CHECK_EQ(mq_send(q, "middle 2", 8, 5), 0);
	CHECK_EQ(mq_send(q, "", 0, 0), 0);
	CHECK_ERRNO(mq_send(q, "x", 1, 32768), EINVAL);
	CHECK_ERRNO(mq_send(q, buffer, 17, 1), EMSGSIZE);
	CHECK_ERRNO(mq_receive(q, buffer, 15, NULL), EMSGSIZE);
	CHECK_EQ(curmsgs(q), 5);
	CHECK_EQ(receive(q), 4);
	CHECK_EQ(priority, 32767);
	CHECK_EQ(receive(q), 6);
	CHECK_EQ(receive(q), 8);
	CHECK_STR(buffer, "middle 2");
	CHECK_EQ(receive(q), 3);
	CHECK_EQ(priority, 1);
	CHECK_EQ(mq_receive(q, buffer, 16, NULL), 0);
	CHECK_EQ(mq_unlink(name), 0);
}

TEST(nonblocking_and_timeouts)
{
	mqd_t q = make(0, 1, 16);
	struct mq_attr nonblock = { .mq_flags = O_NONBLOCK };
	struct timespec when, bad = { 0, 1000000000 }, past = { 1, 0 };

	CHECK_ERRNO(mq_timedreceive(q, buffer, 16, NULL, &bad), EINVAL);
	CHECK_ERRNO(mq_timedreceive(q, buffer, 16, NULL, &past), ETIMEDOUT);
	clock_gettime(CLOCK_REALTIME, &when);
	when.tv_nsec += 50000000;
	when.tv_sec += when.tv_nsec / 1000000000;
	when.tv_nsec %= 1000000000;
	CHECK_ERRNO(mq_timedreceive(q, buffer, 16, NULL, &when), ETIMEDOUT);
	CHECK_EQ(mq_timedsend(q, "x", 1, 0, &past), 0);
	CHECK_ERRNO(mq_timedsend(q, "y", 1, 0, &past), ETIMEDOUT);
	CHECK_EQ(mq_setattr(q, &nonblock, NULL), 0);
	CHECK_ERRNO(mq_send(q, "y", 1, 0), EAGAIN);
	CHECK_EQ(receive(q), 1);
	CHECK_ERRNO(receive(q), EAGAIN);
	CHECK_ERRNO(syscall(SYS_mq_timedsend, q, 8, 1, 0, NULL), EFAULT);
	CHECK_EQ(mq_send(q, "y", 1, 0), 0);
	CHECK_ERRNO(syscall(SYS_mq_timedreceive, q, 8, 16, NULL, NULL), EFAULT);
	CHECK_EQ(curmsgs(q), 0);
	CHECK_EQ(mq_unlink(name), 0);
}

TEST(waiting)
{
	mqd_t q = make(0, 2, 16);
	pid_t receiver = fork();

	if (!receiver)
		_exit(receive(q) == 3 ? 0 : 1);
	CHECK_SOON(task_state(receiver) == 'S');
	CHECK_EQ(mq_send(q, "abc", 3, 9), 0);
	CHECK_EXITED(receiver, 0);
	CHECK_EQ(mq_send(q, "1", 1, 1), 0);
	CHECK_EQ(mq_send(q, "2", 1, 2), 0);
	pid_t sender = fork();
	if (!sender)
		_exit(mq_send(q, "3", 1, 3) ? errno : 0);
	CHECK_SOON(task_state(sender) == 'S');
	CHECK_EQ(receive(q), 1);
	CHECK_STR(buffer, "2");
	CHECK_EXITED(sender, 0);
	CHECK_EQ(receive(q), 1);
	CHECK_STR(buffer, "3");
	CHECK_EQ(receive(q), 1);
	struct sigaction action = { .sa_handler = no_handler };
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	receiver = fork();
	if (!receiver)
		_exit(receive(q) < 0 ? errno : 0);
	CHECK_SOON(task_state(receiver) == 'S');
	kill(receiver, SIGUSR1);
	CHECK_EXITED(receiver, EINTR);
	action.sa_flags = SA_RESTART;
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	receiver = fork();
	if (!receiver)
		_exit(receive(q) < 0 ? errno : 0);
	CHECK_SOON(task_state(receiver) == 'S');
	kill(receiver, SIGUSR1);
	sleep_ms(20);
	CHECK_EQ(mq_send(q, "3", 1, 3), 0);
	CHECK_EXITED(receiver, 0);
	CHECK_EQ(mq_unlink(name), 0);
}

TEST(polling)
{
	mqd_t q = make(0, 1, 16);
	struct pollfd p = { q, POLLIN | POLLOUT, 0 };

	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLOUT);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	p.events = POLLOUT;
	pid_t pid = fork();
	if (!pid)
		_exit(poll(&p, 1, 5000) == 1 ? 0 : 1);
	CHECK_SOON(task_state(pid) == 'S');
	CHECK_EQ(receive(q), 1);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(mq_unlink(name), 0);
}

static siginfo_t told;
static volatile int told_times;

static void note(int signo, siginfo_t *info, void *context)
{
	(void)signo, (void)context;
	told = *info;
	told_times++;
}

TEST(notification)
{
	mqd_t q = make(0, 3, 16);
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
				  .sigev_value.sival_int = 1234 };

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(mq_notify(q, NULL), 0);
	CHECK_EQ(mq_notify(q, &event), 0);
	CHECK_ERRNO(mq_notify(q, &event), EBUSY);
	IN_CHILD({
		CHECK_ERRNO(mq_notify(q, &event), EBUSY);
		CHECK_EQ(mq_notify(q, NULL), 0);
		CHECK_ERRNO(mq_notify(q, &event), EBUSY);
	});
	pid_t pid = fork();
	if (!pid)
		_exit(mq_send(q, "x", 1, 0) ? 1 : 0);
	CHECK_EXITED(pid, 0);
	CHECK_SOON(told_times == 1);
	CHECK_EQ(told.si_code, SI_MESGQ);
	CHECK_EQ(told.si_value.sival_int, 1234);
	CHECK_EQ(told.si_pid, pid);
	CHECK_EQ(told.si_uid, getuid());
	CHECK_EQ(mq_notify(q, &event), 0);
	CHECK_EQ(mq_send(q, "not the first", 13, 0), 0);
	CHECK_EQ(receive(q), 1);
	CHECK_EQ(receive(q), 13);
	CHECK_EQ(told_times, 1);
	CHECK_EQ(mq_send(q, "now", 3, 0), 0);
	CHECK_EQ(told_times, 2);
	CHECK_EQ(receive(q), 3);
	CHECK_EQ(mq_send(q, "only once", 9, 0), 0);
	CHECK_EQ(told_times, 2);
	CHECK_EQ(mq_notify(q, &event), 0);
	CHECK_EQ(mq_close(dup(q)), 0);
	CHECK_EQ(mq_notify(q, &event), 0);
	CHECK_EQ(mq_notify(q, NULL), 0);
	event.sigev_signo = 65;
	CHECK_ERRNO(mq_notify(q, &event), EINVAL);
	event.sigev_notify = 77;
	CHECK_ERRNO(mq_notify(q, &event), EINVAL);
	CHECK_ERRNO(syscall(SYS_mq_notify, q, 8), EFAULT);
	CHECK_ERRNO(mq_notify(0, NULL), EBADF);
	CHECK_EQ(mq_unlink(name), 0);
}

TEST(a_waiting_receiver_comes_before_notification)
{
	mqd_t q = make(0, 3, 16);
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(mq_notify(q, &event), 0);
	pid_t pid = fork();
	if (!pid)
		_exit(receive(q) == 1 ? 0 : 1);
	CHECK_SOON(task_state(pid) == 'S');
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(told_times, 0);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_SOON(told_times == 1);
	CHECK_EQ(mq_unlink(name), 0);
}

TEST(the_file_system)
{
	char text[200], expected[200];
	struct dirent *entry;
	struct statfs fs;
	struct stat st;
	int seen = 0;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 0 };

	if (geteuid())
		SKIP("needs root");
	enter_scratch();
	CHECK_EQ(mkdir("q", 0700), 0);
	CHECK_EQ(unshare(CLONE_NEWIPC), 0);
	CHECK_EQ(mount("mqueue", "q", "mqueue", 0, NULL), 0);
	mqd_t q = make(0, 3, 16);
	CHECK_EQ(mq_send(q, "12345", 5, 0), 0);
	CHECK_EQ(mq_send(q, "678", 3, 0), 0);
	event.sigev_signo = SIGUSR2;
	CHECK_EQ(mq_notify(q, &event), 0);
	CHECK_EQ(chdir("q"), 0);
	CHECK_EQ(statfs(".", &fs), 0);
	CHECK_EQ(fs.f_type, 0x19800202);
	CHECK_EQ(stat(".", &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 01777);
	CHECK_EQ(stat(name + 1, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK(read_file(name + 1, text, sizeof(text)) > 0);
	snprintf(expected, sizeof(expected), "QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
		 8, 0, SIGUSR2, getpid());
	/* read_file closes a descriptor of the queue, and so ends the notification afterwards. */
	CHECK_STR(text, expected);
	CHECK(read_file(name + 1, text, sizeof(text)) > 0);
	snprintf(expected, sizeof(expected), "QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
		 8, 0, 0, 0);
	CHECK_STR(text, expected);
	int fd = open("made-by-open", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(mq_send(fd, "x", 1, 0), 0);
	CHECK_EQ(curmsgs(fd), 1);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	CHECK_ERRNO(mkdir("d", 0700), EPERM);
	CHECK_ERRNO(symlink("x", "l"), EPERM);
	DIR *dir = opendir(".");
	while ((entry = readdir(dir)) != NULL)
		seen += !strcmp(entry->d_name, "made-by-open") || !strcmp(entry->d_name, name + 1);
	closedir(dir);
	CHECK_EQ(seen, 2);
	CHECK_EQ(unlink(name + 1), 0);
	CHECK_ERRNO(mq_open(name, O_RDONLY), ENOENT);
	CHECK_EQ(unshare(CLONE_NEWIPC), 0);
	CHECK_ERRNO(mq_open("/made-by-open", O_RDONLY), ENOENT);
	CHECK_EQ(access("made-by-open", F_OK), 0);
	CHECK_EQ(chdir(".."), 0);
	close(fd);
	CHECK_EQ(umount("q"), 0);
}

TEST(sysctls)
{
	static const char *const files[] = { "queues_max", "msg_max", "msgsize_max", "msg_default",
					     "msgsize_default" };
	static const char *const values[] = { "256\n", "10\n", "8192\n", "10\n", "8192\n" };
	char path[100], text[100];

	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "/proc/sys/fs/mqueue/%s", files[i]);
		CHECK(read_file(path, text, sizeof(text)) > 0);
		CHECK_STR(text, values[i]);
	}
}

TEST(killed_amid_passing)
{
	mqd_t q = make(0, 3, 64);
	unsigned seed = 5;

	for (int round = 0; round < 10; round++) {
		pid_t pids[6];
		for (int i = 0; i < 6; i++) {
			pids[i] = fork();
			if (!pids[i])
				for (unsigned n = 0;; n++) {
					if (i % 2)
						mq_send(q, buffer, n % 64, n % 7);
					else
						receive(q);
				}
		}
		for (int i = 0; i < 6; i++) {
			sleep_ms(rand_r(&seed) % 5);
			kill(pids[i], SIGKILL);
			CHECK_KILLED(pids[i], SIGKILL);
		}
	}
	while (curmsgs(q) > 0)
		CHECK(receive(q) >= 0);
	CHECK_EQ(mq_unlink(name), 0);
}

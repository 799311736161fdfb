/*
 * pty.c: what only a pseudo-terminal's master can do: packet mode, flushing, signals, opening the
 * other side; and the folder that the other sides are in.
 */
#include "tests/abi/pty.h"
#include <dirent.h>
#include <poll.h>
#include <pthread.h>

static void make_raw(void)
{
	struct termios settings;

	CHECK_EQ(tcgetattr(slave, &settings), 0);
	cfmakeraw(&settings);
	CHECK_EQ(tcsetattr(slave, TCSANOW, &settings), 0);
}

/* Is there something to read within 200 ms? */
static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 200) == 1 && (p.revents & POLLIN);
}

TEST(lock_and_packet_state_can_be_asked)
{
	int lock = 1, value = -1;

	open_pty();
	CHECK_EQ(ioctl(master, TIOCGPTLCK, &value), 0);
	CHECK_EQ(value, 0);
	CHECK_EQ(ioctl(master, TIOCSPTLCK, &lock), 0);
	CHECK_EQ(ioctl(master, TIOCGPTLCK, &value), 0);
	CHECK_EQ(value, 1);
	CHECK_EQ(ioctl(master, TIOCGPKT, &value), 0);
	CHECK_EQ(value, 0);
	CHECK_EQ(ioctl(master, TIOCPKT, &lock), 0);
	CHECK_EQ(ioctl(master, TIOCGPKT, &value), 0);
	CHECK_EQ(value, 1);
	CHECK_ERRNO(ioctl(slave, TIOCGPTN, &value), ENOTTY);
}

TEST(peer_is_opened_without_its_name)
{
	char text[8], link[64], where[64], wanted[64];
	ssize_t n;

	open_pty();
	make_raw();
	int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(peer >= 0);
	CHECK_EQ(fcntl(peer, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(write(peer, "hello", 5), 5);
	CHECK(readable(master));
	CHECK_EQ(read(master, text, sizeof(text)), 5);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", peer);
	n = readlink(link, where, sizeof(where) - 1);
	CHECK(n > 0);
	where[n] = '\0';
	snprintf(wanted, sizeof(wanted), "/dev/pts/%d", number);
	CHECK(!strcmp(where, wanted));
}

TEST(packets_begin_with_what_happened)
{
	char text[16];
	int on = 1;

	open_pty();
	make_raw();
	CHECK_EQ(ioctl(master, TIOCPKT, &on), 0);
	CHECK_EQ(write(slave, "abc", 3), 3);
	CHECK(readable(master));
	CHECK_EQ(read(master, text, sizeof(text)), 4);
	CHECK_EQ(text[0], TIOCPKT_DATA);
	CHECK(!memcmp(text + 1, "abc", 3));
	CHECK_EQ(ioctl(slave, TCXONC, TCOOFF), 0);
	struct pollfd p = { .fd = master, .events = POLLPRI };
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK(text[0] & TIOCPKT_STOP);
	CHECK_EQ(ioctl(slave, TCXONC, TCOON), 0);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK(text[0] & TIOCPKT_START);
	CHECK_EQ(ioctl(slave, TCFLSH, TCIFLUSH), 0);
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK_EQ(text[0], TIOCPKT_FLUSHREAD);
	CHECK_EQ(ioctl(slave, TCFLSH, TCOFLUSH), 0);
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK_EQ(text[0], TIOCPKT_FLUSHWRITE);
}

TEST(packets_tell_whether_keys_stop_output)
{
	struct termios settings;
	char text[16];
	int on = 1;

	open_pty();
	make_raw();
	CHECK_EQ(ioctl(master, TIOCPKT, &on), 0);
	CHECK_EQ(tcgetattr(slave, &settings), 0);
	settings.c_iflag |= IXON;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &settings), 0);
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK_EQ(text[0], TIOCPKT_DOSTOP);
	CHECK_EQ(write(master, "\x13", 1), 1); /* ^S */
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK_EQ(text[0], TIOCPKT_STOP);
	CHECK_EQ(write(master, "\x11", 1), 1); /* ^Q */
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK_EQ(text[0], TIOCPKT_START);
	settings.c_iflag &= ~IXON;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &settings), 0);
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK_EQ(text[0], TIOCPKT_NOSTOP);
}

TEST(flushing_throws_input_away)
{
	char text[8];

	open_pty();
	make_raw();
	CHECK_EQ(write(master, "abc", 3), 3);
	CHECK(readable(slave));
	CHECK_EQ(ioctl(slave, TCFLSH, TCIFLUSH), 0);
	CHECK(!readable(slave));
	CHECK_EQ(write(master, "de", 2), 2);
	CHECK(readable(slave));
	CHECK_EQ(read(slave, text, sizeof(text)), 2);
	CHECK_ERRNO(ioctl(slave, TCFLSH, 3), EINVAL);
}

TEST(stopped_output_waits)
{
	char text[8];

	open_pty();
	make_raw();
	CHECK_EQ(ioctl(slave, TCXONC, TCOOFF), 0);
	CHECK_EQ(fcntl(slave, F_SETFL, O_NONBLOCK), 0);
	CHECK_ERRNO(write(slave, "abc", 3), EAGAIN);
	CHECK(!readable(master));
	CHECK_EQ(ioctl(slave, TCXONC, TCOON), 0);
	CHECK_EQ(write(slave, "abc", 3), 3);
	CHECK(readable(master));
	CHECK_EQ(read(master, text, sizeof(text)), 3);
	CHECK_ERRNO(ioctl(slave, TCXONC, 4), EINVAL);
}

static volatile int got;

static void on_signal(int sig)
{
	got = sig;
}

TEST(master_sends_signals)
{
	open_pty();
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;

		signal(SIGINT, on_signal);
		CHECK(setsid() > 0);
		CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
		CHECK_EQ(write(slave, "r", 1), 1);
		sigemptyset(&none);
		for (int i = 0; i < 500 && !got; i++)
			usleep(10000);
		_exit(got == SIGINT ? 0 : 1);
	}
	int status, foreground = 0;

	CHECK(readable(master));
	CHECK_EQ(ioctl(master, TIOCGPGRP, &foreground), 0);
	CHECK_EQ(foreground, pid);
	CHECK_ERRNO(ioctl(master, TIOCSIG, SIGHUP), EINVAL);
	CHECK_EQ(ioctl(master, TIOCSIG, SIGINT), 0); /* and the child ends */
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(folder_lists_the_open_ones)
{
	struct dirent *entry;
	bool found = false, ptmx = false;
	char name[16];

	open_pty();
	snprintf(name, sizeof(name), "%d", number);
	DIR *folder = opendir("/dev/pts");
	CHECK(folder != NULL);
	while ((entry = readdir(folder))) {
		found |= !strcmp(entry->d_name, name) && entry->d_type == DT_CHR;
		ptmx |= !strcmp(entry->d_name, "ptmx");
	}
	CHECK(found && ptmx);
	closedir(folder);
}

TEST(speed_and_second_settings)
{
	struct termios settings;

	open_pty();
	CHECK_EQ(tcgetattr(slave, &settings), 0);
	CHECK_EQ(cfsetspeed(&settings, B115200), 0);
	CHECK_EQ(tcsetattr(slave, TCSADRAIN, &settings), 0);
	CHECK_EQ(tcgetattr(slave, &settings), 0);
	CHECK_EQ(cfgetospeed(&settings), B115200);
	uint32_t second[11 + 8] = { 0 }; /* struct termios2: four words, 20 bytes, two speeds */
	CHECK_EQ(ioctl(slave, 0x802c542a, second), 0);
	CHECK_EQ(second[9], 115200);
	CHECK_EQ(second[10], 115200);
}

/* The settings as they are asked for, but for TOSTOP, which changes with every round. */
static void *change_settings(void *unused)
{
	struct termios settings;

	CHECK_EQ(tcgetattr(slave, &settings), 0);
	for (int i = 0; i < 300; i++) {
		settings.c_lflag ^= TOSTOP;
		CHECK_EQ(tcsetattr(slave, TCSANOW, &settings), 0);
	}
	return unused;
}

static void *change_packet_mode(void *unused)
{
	for (int i = 0; i < 300; i++) {
		int on = i & 1;

		CHECK_EQ(ioctl(master, TIOCPKT, &on), 0);
	}
	return unused;
}

/* Who writes and reads meanwhile sees the one or the other (and a kernel that looks for races, none
 * here). A byte that comes with packets is one more. */
TEST(settings_change_while_others_write_and_read)
{
	pthread_t settings, packets;
	char text[16];
	int got = 0;

	open_pty();
	make_raw();
	CHECK_EQ(pthread_create(&settings, NULL, change_settings, NULL), 0);
	CHECK_EQ(pthread_create(&packets, NULL, change_packet_mode, NULL), 0);
	for (int i = 0; i < 300; i++) {
		CHECK_EQ(write(slave, "a", 1), 1);
		do {
			ssize_t n = read(master, text, sizeof(text));

			CHECK(n > 0);
			got = text[n - 1] == 'a';
		} while (!got);
	}
	CHECK_EQ(pthread_join(settings, NULL) | pthread_join(packets, NULL), 0);
}

/*
 * tty.c: the terminal: settings, line editing, job control. A pseudo-terminal is used where there
 * is one; otherwise the console is asked only what can be asked without typing.
 */
#include "tests/abi/pty.h"
#include <poll.h>
#include <sys/sysmacros.h>

static int open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0 || !isatty(fd))
		SKIP("no console");
	return fd;
}

static void type(const char *keys)
{
	CHECK_EQ(write(master, keys, strlen(keys)), strlen(keys));
}

static const char *take(int fd)
{
	static char text[1000];
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	if (poll(&poller, 1, 1000) != 1)
		return "(nothing)";
	sleep_ms(20); /* Linux hands over what was written piece by piece */
	ssize_t got = read(fd, text, sizeof(text) - 1);
	text[got < 0 ? 0 : got] = 0;
	return text;
}

static void set_local(tcflag_t set, tcflag_t clear)
{
	struct termios settings;

	CHECK_EQ(tcgetattr(slave, &settings), 0);
	settings.c_lflag = (settings.c_lflag | set) & ~clear;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &settings), 0);
}

TEST(console_is_a_terminal)
{
	struct termios settings;
	struct winsize size;
	struct stat st;
	int fd = open_console();

	CHECK_EQ(tcgetattr(fd, &settings), 0);
	CHECK(settings.c_lflag & ICANON);
	CHECK(settings.c_cflag & CREAD);
	CHECK_EQ(settings.c_cc[VINTR], 3);
	CHECK_EQ(settings.c_cc[VEOF], 4);
	CHECK_EQ(ioctl(fd, TIOCGWINSZ, &size), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(stat("/dev/tty", &st), 0);
	CHECK_EQ(st.st_rdev, makedev(5, 0));
}

TEST(console_settings_can_be_changed)
{
	struct termios before, changed, after;
	int fd = open_console();

	CHECK_EQ(tcgetattr(fd, &before), 0);
	changed = before;
	changed.c_lflag &= ~(ECHO | ICANON);
	changed.c_cc[VMIN] = 3;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &changed), 0);
	CHECK_EQ(tcgetattr(fd, &after), 0);
	CHECK_EQ(tcsetattr(fd, TCSANOW, &before), 0);
	CHECK_EQ(after.c_lflag & (ECHO | ICANON), 0);
	CHECK_EQ(after.c_cc[VMIN], 3);
}

TEST(no_controlling_terminal)
{
	IN_CHILD(setsid(); CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
		 read_file("/proc/self/stat", (char[1000]){ 0 }, 1000));
}

TEST(defaults_of_a_new_terminal)
{
	struct termios settings;

	open_pty();
	CHECK_EQ(tcgetattr(slave, &settings), 0);
	CHECK_EQ(settings.c_iflag, ICRNL | IXON);
	CHECK_EQ(settings.c_oflag, OPOST | ONLCR);
	CHECK_EQ(settings.c_lflag,
		 ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
	CHECK_EQ(settings.c_cflag, B38400 | CS8 | CREAD);
	CHECK_EQ(settings.c_cc[VERASE], 127);
	CHECK_EQ(settings.c_cc[VKILL], 'U' - 64);
}

TEST(canonical_input)
{
	int waiting;

	open_pty();
	set_local(0, ECHO);
	type("hel");
	CHECK_EQ(ioctl(slave, FIONREAD, &waiting), 0);
	CHECK_EQ(waiting, 0);
	type("lo\rnext\n");
	CHECK_STR(take(slave), "hello\n");
	CHECK_STR(take(slave), "next\n");
	type("abc\x7f\x7fX\n");
	CHECK_STR(take(slave), "aX\n");
	type("gone\x15kept\n");
	CHECK_STR(take(slave), "kept\n");
	type("two words\x17three\n");
	CHECK_STR(take(slave), "two three\n");
	type("part\x04");
	CHECK_STR(take(slave), "part");
	type("\x04");
	CHECK_STR(take(slave), "");
	type("\x16\x03\n");
	CHECK_STR(take(slave), "\x03\n");
}

TEST(short_reads_leave_the_rest_of_a_line)
{
	char bytes[4] = "";

	open_pty();
	type("abcdef\n");
	CHECK_EQ(read(slave, bytes, 3), 3);
	CHECK_STR(bytes, "abc");
	CHECK_STR(take(slave), "def\n");
}

TEST(echo)
{
	open_pty();
	type("hi\r");
	CHECK_STR(take(slave), "hi\n");
	CHECK_STR(take(master), "hi\r\n");
	type("a\x7f");
	CHECK_STR(take(master), "a\b \b");
	set_local(NOFLSH, 0);
	type("\x03");
	CHECK_STR(take(master), "^C");
}

TEST(output_processing)
{
	struct termios settings;

	open_pty();
	CHECK_EQ(write(slave, "a\nb", 3), 3);
	CHECK_STR(take(master), "a\r\nb");
	tcgetattr(slave, &settings);
	settings.c_oflag &= ~OPOST;
	CHECK_EQ(tcsetattr(slave, TCSADRAIN, &settings), 0);
	CHECK_EQ(write(slave, "a\nb", 3), 3);
	CHECK_STR(take(master), "a\nb");
}

static void make_raw(int min, int time)
{
	struct termios settings;

	tcgetattr(slave, &settings);
	cfmakeraw(&settings);
	settings.c_cc[VMIN] = min;
	settings.c_cc[VTIME] = time;
	CHECK_EQ(tcsetattr(slave, TCSAFLUSH, &settings), 0);
}

TEST(raw_input)
{
	char bytes[10] = "";

	open_pty();
	make_raw(1, 0);
	type("\x03\r\x04");
	CHECK_STR(take(slave), "\x03\r\x04");
	make_raw(0, 0);
	CHECK_EQ(read(slave, bytes, 10), 0);
	make_raw(0, 1);
	int64_t before = now_ms();
	CHECK_EQ(read(slave, bytes, 10), 0);
	CHECK(now_ms() - before >= 80);
	make_raw(3, 0);
	pid_t pid = fork();
	if (!pid) {
		type("x");
		sleep_ms(30);
		type("yz");
		_exit(0);
	}
	CHECK_EQ(read(slave, bytes, 10), 3);
	CHECK_EXITED(pid, 0);
}

TEST(window_size)
{
	struct winsize size = { .ws_row = 33, .ws_col = 101 }, seen = { 0 };

	open_pty();
	CHECK_EQ(ioctl(master, TIOCSWINSZ, &size), 0);
	CHECK_EQ(ioctl(slave, TIOCGWINSZ, &seen), 0);
	CHECK_EQ(seen.ws_row, 33);
	CHECK_EQ(seen.ws_col, 101);
}

TEST(hang_up)
{
	char byte;

	open_pty();
	close(slave);
	CHECK_ERRNO(read(master, &byte, 1), EIO);
	open_pty();
	close(master);
	CHECK_EQ(read(slave, &byte, 1), 0);
	CHECK_ERRNO(write(slave, "x", 1), EIO);
}

/* In a child that leads a session whose terminal is a fresh pty. */
static void lead_session(void)
{
	prctl(PR_SET_PDEATHSIG,
	      SIGKILL); /* out of the test's group, so the harness cannot end it */
	CHECK(setsid() > 0);
	open_pty();
	CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
	CHECK_EQ(tcgetpgrp(slave), getpid());
	CHECK_EQ(tcgetsid(slave), getpid());
	signal(SIGHUP, SIG_IGN);
}

TEST(keys_send_signals_to_the_foreground)
{
	static const struct {
		const char *key;
		int signal;
	} keys[] = { { "\x03", SIGINT }, { "\x1c", SIGQUIT } };

	IN_CHILD(lead_session(); for (int i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (!pid) {
			setpgid(0, 0);
			signal(SIGTTOU, SIG_IGN);
			tcsetpgrp(slave, getpid());
			sleep_ms(20);
			type(keys[i].key);
			for (;;)
				pause();
		}
		int status = wait_status(pid);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), keys[i].signal);
	});
}

TEST(control_z_stops)
{
	int status;

	IN_CHILD(lead_session(); pid_t pid = fork(); if (!pid) {
		setpgid(0, 0);
		for (;;)
			pause();
	} setpgid(pid, pid);
		 CHECK_EQ(tcsetpgrp(slave, pid), 0); type("\x1a");
		 CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid); CHECK(WIFSTOPPED(status));
		 CHECK_EQ(WSTOPSIG(status), SIGTSTP); kill(pid, SIGKILL);
		 CHECK_KILLED(pid, SIGKILL));
}

TEST(background_reader_stops)
{
	int status;

	IN_CHILD(lead_session(); pid_t pid = fork(); if (!pid) {
		char byte;
		setpgid(0, 0);
		_exit(read(slave, &byte, 1) == 1 ? 0 : 1);
	} CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		 CHECK(WIFSTOPPED(status)); CHECK_EQ(WSTOPSIG(status), SIGTTIN); type("x\n");
		 signal(SIGTTOU, SIG_IGN); CHECK_EQ(tcsetpgrp(slave, pid), 0); kill(-pid, SIGCONT);
		 CHECK_EXITED(pid, 0));
}

TEST(background_reader_that_ignores_sigttin_gets_eio)
{
	IN_CHILD(lead_session(); pid_t pid = fork(); if (!pid) {
		char byte;
		setpgid(0, 0);
		signal(SIGTTIN, SIG_IGN);
		CHECK_ERRNO(read(slave, &byte, 1), EIO);
		_exit(0);
	} CHECK_EXITED(pid, 0));
}

TEST(background_writer_stops_only_with_tostop)
{
	int status;

	IN_CHILD(lead_session(); pid_t pid = fork(); if (!pid) {
		setpgid(0, 0);
		_exit(write(slave, "x", 1) == 1 ? 0 : 1);
	} CHECK_EXITED(pid, 0);
		 set_local(TOSTOP, 0); pid = fork(); if (!pid) {
		setpgid(0, 0);
		_exit(write(slave, "x", 1) == 1 ? 0 : 1);
	} CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		 CHECK(WIFSTOPPED(status)); CHECK_EQ(WSTOPSIG(status), SIGTTOU); kill(pid, SIGKILL);
		 CHECK_KILLED(pid, SIGKILL));
}

TEST(background_settings_change_stops)
{
	int status;
	struct termios settings;

	IN_CHILD(lead_session(); pid_t pid = fork(); if (!pid) {
		setpgid(0, 0);
		tcgetattr(slave, &settings);
		_exit(tcsetattr(slave, TCSANOW, &settings));
	} CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		 CHECK(WIFSTOPPED(status)); CHECK_EQ(WSTOPSIG(status), SIGTTOU); kill(pid, SIGKILL);
		 CHECK_KILLED(pid, SIGKILL));
}

TEST(foreground_rules)
{
	IN_CHILD(lead_session(); CHECK_ERRNO(tcsetpgrp(slave, 1), EPERM);
		 CHECK_ERRNO(tcsetpgrp(slave, -5), EINVAL);
		 CHECK_ERRNO(tcsetpgrp(slave, 9999999), ESRCH); int fd = open("/dev/tty", O_RDWR);
		 CHECK(fd >= 0); CHECK_EQ(tcgetpgrp(fd), getpid());
		 CHECK_EQ(ioctl(slave, TIOCNOTTY), 0); CHECK_ERRNO(tcgetpgrp(slave), ENOTTY);
		 CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO));
}

TEST(leader_death_hangs_up_the_foreground)
{
	volatile pid_t *seen = shared_page();

	pid_t leader = fork();
	if (!leader) {
		lead_session();
		pid_t pid = fork();
		if (!pid) {
			setpgid(0, 0);
			signal(SIGHUP, SIG_DFL);
			seen[1] = 1;
			for (;;)
				pause();
		}
		setpgid(pid, pid);
		CHECK_EQ(tcsetpgrp(slave, pid), 0);
		seen[0] = pid;
		CHECK_SOON(seen[1]);
		_exit(0);
	}
	CHECK_EXITED(leader, 0);
	CHECK_SOON(kill(seen[0], 0) == -1 && errno == ESRCH);
}

static const char *slave_path(void)
{
	static char path[40];
	int number;

	CHECK_EQ(ioctl(master, TIOCGPTN, &number), 0);
	snprintf(path, sizeof(path), "/dev/pts/%d", number);
	return path;
}

TEST(opening_takes_the_terminal_unless_noctty)
{
	IN_CHILD(CHECK(setsid() > 0); open_pty();
		 CHECK_ERRNO(tcgetpgrp(slave), ENOTTY);
		 int fd = open(slave_path(), O_RDWR); CHECK(fd >= 0);
		 CHECK_EQ(tcgetpgrp(fd), getpid()));
}

TEST(slave_begins_locked)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY), unlock = 0;

	open_pty();
	close(master);
	master = fd >= 0 ? fd : open("/dev/pts/ptmx", O_RDWR | O_NOCTTY);
	CHECK_ERRNO(open(slave_path(), O_RDWR | O_NOCTTY), EIO);
	CHECK_EQ(ioctl(master, TIOCSPTLCK, &unlock), 0);
	CHECK(open(slave_path(), O_RDWR | O_NOCTTY) >= 0);
}

TEST(node_goes_with_the_master)
{
	char path[40];

	open_pty();
	snprintf(path, sizeof(path), "%s", slave_path());
	CHECK_EQ(access(path, F_OK), 0);
	close(master);
	CHECK_ERRNO(access(path, F_OK), ENOENT);
}

#define BULK 200000

static void send_bulk(int fd)
{
	unsigned char part[777];

	for (int sent = 0; sent < BULK;) {
		int n = BULK - sent < 777 ? BULK - sent : 777;

		for (int i = 0; i < n; i++)
			part[i] = (sent + i) % 251;
		n = write(fd, part, n);
		CHECK(n > 0);
		sent += n;
	}
}

static void receive_bulk(int from, int to)
{
	unsigned char part[1000];
	pid_t pid = fork();

	if (!pid) {
		send_bulk(to);
		_exit(0);
	}
	for (int got = 0; got < BULK;) {
		ssize_t n = read(from, part, sizeof(part));

		CHECK(n > 0);
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(part[i], (got + i) % 251);
		got += n;
	}
	CHECK_EXITED(pid, 0);
}

TEST(full_rings_lose_nothing)
{
	open_pty();
	make_raw(1, 0);
	receive_bulk(master, slave);
	receive_bulk(slave, master);
}

TEST(master_close_hangs_up_the_session)
{
	int ready[2];
	char byte;

	CHECK_EQ(pipe(ready), 0);
	open_pty();
	const char *path = slave_path();
	pid_t pid = fork();
	if (!pid) {
		close(master);
		setsid();
		signal(SIGHUP, SIG_IGN);
		int fd = open(path, O_RDWR);
		CHECK_EQ(tcgetpgrp(fd), getpid());
		CHECK_EQ(write(ready[1], "r", 1), 1);
		CHECK_ERRNO(read(fd, &byte, 1), EIO);
		CHECK_SOON(read(fd, &byte, 1) == 0); /* EIO until the hang-up is through */
		CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	sleep_ms(20);
	close(master);
	CHECK_EXITED(pid, 0);
}

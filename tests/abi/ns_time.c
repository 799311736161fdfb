/*
 * ns_time.c: time namespaces: clocks that count from boot are shifted, for children and after exec.
 */
#define ABI_OWN_MAIN
#include "tests/abi/ns.h"
#include <linux/futex.h>
#include <linux/sched.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

enum { SHIFT = 100000 };

static int64_t raw_seconds(int clock)
{
	struct timespec ts;

	CHECK_EQ(syscall(SYS_clock_gettime, clock, &ts), 0);
	return ts.tv_sec;
}

static int64_t seconds(int clock)
{
	struct timespec ts;

	CHECK_EQ(clock_gettime(clock, &ts), 0); /* the vDSO's */
	return ts.tv_sec;
}

static void unshare_shifted(void)
{
	CHECK_EQ(unshare(CLONE_NEWTIME), 0);
	CHECK_EQ(put_text("/proc/self/timens_offsets", "monotonic 100000 0\nboottime 200000 5"), 0);
}

static void check_shifted(int64_t now)
{
	CHECK(seconds(CLOCK_MONOTONIC) >= now + SHIFT);
	CHECK(seconds(CLOCK_MONOTONIC) < now + SHIFT + 9);
	CHECK(raw_seconds(CLOCK_MONOTONIC) >= now + SHIFT);
	CHECK(seconds(CLOCK_MONOTONIC_RAW) >= now + SHIFT);
	CHECK(seconds(CLOCK_MONOTONIC_COARSE) >= now + SHIFT);
	CHECK(seconds(CLOCK_BOOTTIME) >= now + 2 * SHIFT);
	CHECK(raw_seconds(CLOCK_BOOTTIME) < now + 2 * SHIFT + 9);
	CHECK(seconds(CLOCK_REALTIME) - time(NULL) < 2);
}

TEST(only_children_are_shifted)
{
	int64_t now = seconds(CLOCK_MONOTONIC);
	char text[128];

	CHECK(read_file("/proc/self/timens_offsets", text, sizeof(text)) > 0);
	CHECK_STR(text, "monotonic           0         0\nboottime            0         0\n");
	unshare_shifted();
	CHECK(read_file("/proc/self/timens_offsets", text, sizeof(text)) > 0);
	CHECK_STR(text, "monotonic      100000         0\nboottime       200000         5\n");
	CHECK(ns_number(0, "time") != ns_number(0, "time_for_children"));
	CHECK(seconds(CLOCK_MONOTONIC) < now + 9);
	CHECK(raw_seconds(CLOCK_MONOTONIC) < now + 9);
	IN_CHILD(check_shifted(now);
		 CHECK_EQ(ns_number(0, "time"), ns_number(0, "time_for_children"));
		 IN_CHILD(check_shifted(now)));
	CHECK(seconds(CLOCK_MONOTONIC) < now + 9);
}

TEST(vfork_shares_exec_changes)
{
	int64_t now = seconds(CLOCK_MONOTONIC);
	char text[32];
	pid_t pid;

	unshare_shifted();
	snprintf(text, sizeof(text), "%lld", (long long)now);
	pid = (pid_t)syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		if (raw_seconds(CLOCK_MONOTONIC) > now + 9)
			_exit(7);
		execl("/proc/self/exe", "ns_time", "--shifted", text, NULL);
		_exit(8);
	}
	CHECK_EXITED(pid, 0);
}

TEST(offsets_are_for_who_has_not_begun)
{
	CHECK_ERRNO(put_text("/proc/self/timens_offsets", "monotonic 1 0"), EACCES);
	unshare_shifted();
	CHECK_ERRNO(put_text("/proc/self/timens_offsets", "realtime 1 0"), EINVAL);
	CHECK_ERRNO(put_text("/proc/self/timens_offsets", "monotonic 1 1000000000"), EINVAL);
	CHECK_ERRNO(put_text("/proc/self/timens_offsets", "monotonic 1"), EINVAL);
	CHECK_ERRNO(put_text("/proc/self/timens_offsets", "monotonic -100000000 0"), ERANGE);
	CHECK_ERRNO(put_text("/proc/self/timens_offsets", "monotonic 99999999999 0"), ERANGE);
	CHECK_EQ(put_text("/proc/self/timens_offsets", "1 5 0\n7 6 0\n"), 0);
	IN_CHILD(CHECK_ERRNO(put_text("/proc/self/timens_offsets", "monotonic 2 0"), EACCES));
	CHECK_ERRNO(put_text("/proc/self/timens_offsets", "monotonic 2 0"), EACCES);
}

TEST(needs_rights)
{
	become(1000);
	CHECK_ERRNO(unshare(CLONE_NEWTIME), EPERM);
	enter_user_ns();
	unshare_shifted();
	int64_t now = seconds(CLOCK_MONOTONIC);

	IN_CHILD(check_shifted(now));
}

TEST(deadlines_are_in_shown_time)
{
	unshare_shifted();
	pid_t pid = fork();

	if (pid == 0) {
		struct timespec at;
		struct itimerspec when = { { 0, 0 }, { 0, 0 } };
		uint32_t word = 0;
		uint64_t ticks;
		int64_t before = now_ms();
		int fd;

		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec++;
		CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0);
		CHECK(now_ms() - before >= 900 && now_ms() - before < 5000);
		before = now_ms();
		clock_gettime(CLOCK_BOOTTIME, &at);
		at.tv_sec++;
		CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL), 0);
		CHECK(now_ms() - before >= 900 && now_ms() - before < 5000);
		before = now_ms();
		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec++;
		CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &at, NULL, ~0u),
			    ETIMEDOUT);
		CHECK(now_ms() - before >= 900 && now_ms() - before < 5000);
		before = now_ms();
		fd = timerfd_create(CLOCK_MONOTONIC, 0);
		clock_gettime(CLOCK_MONOTONIC, &when.it_value);
		when.it_value.tv_sec++;
		CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL), 0);
		CHECK_EQ(read(fd, &ticks, 8), 8);
		CHECK(now_ms() - before >= 900 && now_ms() - before < 5000);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

TEST(uptime_is_shifted)
{
	unshare_shifted();
	pid_t pid = fork();

	if (pid == 0) {
		struct sysinfo info;
		char text[64];

		CHECK_EQ(sysinfo(&info), 0);
		CHECK(info.uptime >= 2 * SHIFT);
		CHECK(read_file("/proc/uptime", text, sizeof(text)) > 0);
		CHECK(strtol(text, NULL, 10) >= 2 * SHIFT);
		_exit(0);
	}
	CHECK_EXITED(pid, 0);
}

TEST(setns_is_at_once)
{
	int64_t now = seconds(CLOCK_MONOTONIC);
	int own = open("/proc/self/ns/time", O_RDONLY), fd;

	unshare_shifted();
	fd = open("/proc/self/ns/time_for_children", O_RDONLY);
	CHECK(fd >= 0 && own >= 0);
	CHECK_EQ(setns(fd, CLONE_NEWTIME), 0);
	check_shifted(now);
	CHECK_EQ(setns(own, 0), 0);
	CHECK(seconds(CLOCK_MONOTONIC) < now + 9);
	IN_CHILD(CHECK(seconds(CLOCK_MONOTONIC) < now + 9));
}

TEST(by_clone3)
{
	struct clone_args args = { .flags = CLONE_NEWTIME, .exit_signal = SIGCHLD };
	unsigned long number = ns_number(0, "time");
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(ns_number(0, "time") != number ? 0 : 1);
	CHECK_EXITED((pid_t)pid, 0);
	CHECK_EQ(ns_number(0, "time"), number);
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "--shifted")) {
		int64_t now = atoll(argv[2]);

		return seconds(CLOCK_MONOTONIC) >= now + SHIFT &&
				       raw_seconds(CLOCK_MONOTONIC) >= now + SHIFT ?
			       0 :
			       9;
	}
	return abi_main(argc, argv);
}

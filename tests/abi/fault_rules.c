/*
 * fault_rules.c: the rules of /proc/pando/faults (kernel/core/fault_inject.c), in kernels built
 * with FAULTS=1; skipped elsewhere.
 *
 * A rule is written by the test's process, for which it does not hold, and tried by a child with a
 * name of its own, so that nobody else on the machine is hit.
 */
#include "tests/abi/abi.h"
#include <sys/eventfd.h>
#include <sys/utsname.h>

#define VICTIM "abi-victim"

static int rules_fd;

static void rules_set(const char *text)
{
	CHECK_EQ(pwrite(rules_fd, text, strlen(text), 0), strlen(text));
}

static void begin(void)
{
	rules_fd = open("/proc/pando/faults", O_RDWR);
	if (rules_fd < 0)
		SKIP("a kernel without FAULTS=1");
	rules_set("fail_task=" VICTIM " fail_site= fail_after=0 fail_times=0 fail_depth=1");
}

static void end(void)
{
	rules_set("fail_page=0 fail_slab=0 fail_copy=0 fail_once=0 fail_after=0 fail_times=0 "
		  "fail_task= fail_site=");
	close(rules_fd);
}

static int try_event(void)
{
	int fd = eventfd(0, 0);

	if (fd < 0)
		CHECK_EQ(errno, ENOMEM);
	else
		close(fd);
	return fd < 0;
}

static int try_pipe(void)
{
	int fds[2];

	if (pipe(fds)) {
		CHECK_EQ(errno, ENOMEM);
		return 1;
	}
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static int try_uname(void)
{
	struct utsname name;

	if (!uname(&name))
		return 0;
	CHECK_EQ(errno, EFAULT);
	return 1;
}

/* The victim does it so many times; a bit is set for each that failed. */
static uint64_t failed_of(int (*what)(void), int times)
{
	uint64_t *bits = shared_page();

	IN_CHILD({
		CHECK_EQ(prctl(PR_SET_NAME, VICTIM), 0);
		for (int i = 0; i < times; i++)
			*bits |= (uint64_t)what() << i;
	});
	uint64_t failed = *bits;
	munmap(bits, 4096);
	return failed;
}

TEST(words)
{
	static const char *const wrong[] = { "fail_nothing=1", "fail_slab", "fail_slab=x",
					     "fail_depth=0",   "fail_depth=9", "nonsense" };

	begin();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_ERRNO(pwrite(rules_fd, wrong[i], strlen(wrong[i]), 0), EINVAL);
	end();
}

TEST(count)
{
	begin();
	rules_set("fail_slab=1 fail_times=2");
	CHECK_EQ(failed_of(try_event, 5), 0x3);
	rules_set("fail_times=3 fail_after=0");
	CHECK_EQ(failed_of(try_pipe, 5), 0x7);
	end();
}

TEST(after)
{
	begin();
	rules_set("fail_site=eventfd_create fail_after=3 fail_slab=1 fail_times=1");
	CHECK_EQ(failed_of(try_event, 6), 0x8);
	end();
}

TEST(task)
{
	begin();
	rules_set("fail_task=somebody-else fail_slab=1");
	CHECK_EQ(failed_of(try_event, 4), 0);
	rules_set("fail_task=" VICTIM);
	CHECK_EQ(failed_of(try_event, 4), 0xf);
	CHECK_EQ(try_event(), 0); /* who wrote the rules */
	end();
}

TEST(site)
{
	begin();
	rules_set("fail_site=eventfd_create fail_slab=1");
	CHECK_EQ(failed_of(try_event, 3), 0x7);
	CHECK_EQ(failed_of(try_pipe, 3), 0);
	rules_set("fail_site=eventfd_create+0x1"); /* between two instructions: nobody's */
	CHECK_EQ(failed_of(try_event, 3), 0);
	end();
}

TEST(once)
{
	char text[64];

	begin();
	for (int round = 0; round < 2; round++) {
		snprintf(text, sizeof(text), "fail_site=eventfd_create fail_once=%d",
			 getpid() * 2 + round);
		rules_set(text);
		CHECK_EQ(failed_of(try_event, 5), 0x1);
	}
	end();
}

TEST(seed)
{
	begin();
	rules_set("fail_copy=3 fail_seed=7");
	uint64_t first = failed_of(try_uname, 60);
	rules_set("fail_seed=7");
	CHECK_EQ(failed_of(try_uname, 60), first);
	CHECK(first != 0 && first != (1ULL << 60) - 1);
	rules_set("fail_seed=8");
	CHECK(failed_of(try_uname, 60) != first);
	end();
}

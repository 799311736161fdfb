/*
 * The system as a whole: names, figures, messages, random numbers, the end.
 *
 * LIMIT: syslog(2) can't read on from where a reader was (READ, SIZE_UNREAD): /dev/kmsg can.
 */
#include "gen/syscalls_proto.h"

#include "arch/machine.h"
#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/signal.h"
#include "kernel/abi/system.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/random.h"
#include "kernel/ipc/signal.h"
#include "kernel/mm/page_cache.h"
#include "kernel/lifecycle/exit.h"
#include "kernel/mm/time.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "kernel/task/uts_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

long sys_uname(struct abi_utsname __user *out)
{
	struct abi_utsname name;

	uts_names(&name);
	return copy_to_user(out, &name, sizeof(name));
}

static long name_set(enum uts_name which, const char __user *name, int len)
{
	char text[UTS_LEN] = { 0 };

	if (!ns_capable(uts_ns_current()->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len >= UTS_LEN)
		return -EINVAL;
	if (copy_from_user(text, name, (size_t)len))
		return -EFAULT;
	return uts_rename(which, text);
}

long sys_sethostname(const char __user *name, int len)
{
	return name_set(UTS_HOST, name, len);
}

long sys_setdomainname(const char __user *name, int len)
{
	return name_set(UTS_DOMAIN, name, len);
}

long sys_sysinfo(struct abi_sysinfo __user *out)
{
	struct abi_sysinfo info = { .mem_unit = 1 };
	struct page_stats pages;
	uint64_t load[3];

	page_stats_get(&pages);
	sched_load_avg(load);
	info.uptime = (int64_t)(clock_shown_ns(TIME_BOOT, clock_mono_ns()) / NSEC_PER_SEC);
	for (int i = 0; i < 3; i++)
		info.loads[i] = load[i] << 5; /* 11 fractional bits to 16 */
	info.totalram = pages.total << PAGE_SHIFT;
	info.freeram = pages.free << PAGE_SHIFT;
	info.sharedram = (pages.file - min(page_cache_droppable(), pages.file)) << PAGE_SHIFT;
	info.procs = (uint16_t)min(atomic_load(&task_count), 65535u);
	return copy_to_user(out, &info, sizeof(info));
}

static bool reboot_magic_ok(unsigned magic1, unsigned magic2)
{
	return magic1 == REBOOT_MAGIC1 &&
	       (magic2 == REBOOT_MAGIC2 || magic2 == REBOOT_MAGIC2A || magic2 == REBOOT_MAGIC2B ||
		magic2 == REBOOT_MAGIC2C);
}

/* Inside a pid namespace it is that which ends. */
static long reboot_inside(unsigned cmd)
{
	switch (cmd) {
	case REBOOT_RESTART:
		reboot_pid_ns(SIGHUP);
	case REBOOT_POWER_OFF:
	case REBOOT_HALT:
		reboot_pid_ns(SIGINT);
	default:
		return -EINVAL;
	}
}

long sys_reboot(unsigned magic1, unsigned magic2, unsigned cmd, void __user *arg)
{
	if (!ns_capable(pid_ns_current()->ns.owner, CAP_SYS_BOOT))
		return -EPERM;
	if (!reboot_magic_ok(magic1, magic2))
		return -EINVAL;
	if (pid_ns_current() != &init_pid_ns)
		return reboot_inside(cmd);
	switch (cmd) {
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0; /* no keyboard sends Ctrl-Alt-Del here: on or off, none ever comes */
	case REBOOT_RESTART:
		pr_notice("restarting");
		arch_reboot();
	case REBOOT_POWER_OFF:
		pr_notice("power off");
		arch_power_off();
	case REBOOT_HALT:
		pr_notice("halted: it is safe to switch off");
		arch_stop_others();
		arch_halt();
	default:
		return -EINVAL;
	}
}

#define SYSLOG_CLOSE 0
#define SYSLOG_OPEN 1
#define SYSLOG_READ 2
#define SYSLOG_READ_ALL 3
#define SYSLOG_READ_CLEAR 4
#define SYSLOG_CLEAR 5
#define SYSLOG_CONSOLE_OFF 6
#define SYSLOG_CONSOLE_ON 7
#define SYSLOG_CONSOLE_LEVEL 8
#define SYSLOG_SIZE_UNREAD 9
#define SYSLOG_SIZE_BUFFER 10

static uint64_t syslog_cleared; /* READ_ALL begins here */

/* The newest messages that fit, oldest of them first. */
static long syslog_read_all(char __user *out, int len, bool clear)
{
	uint64_t seq = max(log_tail_seq((size_t)len, true), syslog_cleared), end = log_next_seq();
	char *buf = kmalloc(PAGE_SIZE, 0);
	long done = 0;

	if (buf == NULL)
		return -ENOMEM;
	while (seq < end && done < len) {
		size_t n = log_read(&seq, buf, min((size_t)(len - done), PAGE_SIZE), true);

		if (n == 0)
			break;
		if (copy_to_user(out + done, buf, n)) {
			done = -EFAULT;
			break;
		}
		done += (long)n;
	}
	kfree(buf);
	if (clear && done >= 0)
		syslog_cleared = end;
	return done;
}

long sys_syslog(int type, char __user *buf, int len)
{
	static int level_before = 7;

	if (type != SYSLOG_READ_ALL && type != SYSLOG_SIZE_BUFFER && !capable(CAP_SYSLOG))
		return -EPERM;
	switch (type) {
	case SYSLOG_OPEN:
	case SYSLOG_CLOSE:
		return 0;
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		if (buf == NULL || len < 0)
			return -EINVAL;
		return syslog_read_all(buf, len, type == SYSLOG_READ_CLEAR);
	case SYSLOG_CLEAR:
		syslog_cleared = log_next_seq();
		return 0;
	case SYSLOG_CONSOLE_OFF:
		level_before = console_loglevel;
		console_loglevel = 1;
		return 0;
	case SYSLOG_CONSOLE_ON:
		console_loglevel = level_before;
		return 0;
	case SYSLOG_CONSOLE_LEVEL:
		if (len < 1 || len > 8)
			return -EINVAL;
		console_loglevel = len;
		return 0;
	case SYSLOG_SIZE_BUFFER:
		return LOG_TEXT_SIZE;
	default:
		return -EINVAL;
	}
}

long sys_getrandom(void __user *buf, size_t len, unsigned flags)
{
	uint8_t chunk[256];
	size_t done = 0;

	if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	len = min(len, (size_t)INT32_MAX);
	while (done < len) {
		size_t n = min(len - done, sizeof(chunk)), left;

		random_bytes(chunk, n);
		left = user_copy_out((char __user *)buf + done, chunk, n);
		done += n - left;
		if (left != 0)
			return done > 0 ? (long)done : -EFAULT;
		if (done % PAGE_SIZE == 0 && signal_pending())
			break;
		sched_checkpoint();
	}
	return (long)done;
}

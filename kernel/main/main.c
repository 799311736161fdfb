/*
 * main.c: the order in which the kernel comes to life.
 *
 * The boot hart enters kernel_main with paging on, interrupts off and the early map of
 * arch/riscv/boot.S, as boot_task, on the boot stack. Each step below needs the ones above it; what
 * goes wrong in one is said on the console, and is fatal only if nothing can be done without it. At
 * the end boot_task is the idle task of this hart, pid 1 goes on in init.c, and nothing of this
 * file runs again.
 */
#include "arch/clock.h"
#include "arch/irq.h"
#include "arch/machine.h"
#include "arch/tlb.h"
#include "kernel/alloc/boot_mem.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/asan.h"
#include "kernel/core/boot.h"
#include "kernel/core/clock.h"
#include "kernel/core/ktest.h"
#include "kernel/core/panic.h"
#include "kernel/core/plant.h"
#include "kernel/core/printk.h"
#include "kernel/core/race.h"
#include "kernel/core/trace.h"
#include "kernel/core/upcall.h"
#include "kernel/dev/driver.h"
#include "kernel/dev/serial.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_init.h"
#include "kernel/ipc/futex.h"
#include "kernel/ipc/ipc_ns.h"
#include "kernel/ipc/oom.h"
#include "kernel/ipc/sighand.h"
#include "kernel/lifecycle/clone.h"
#include "kernel/lifecycle/kthread.h"
#include "kernel/main/firmware.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/lifecycle/nsfs.h"
#include "kernel/main/harts.h"
#include "kernel/main/init.h"
#include "kernel/main/options.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/reclaim.h"
#include "kernel/procfs/proc.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/work.h"
#include "kernel/task/task.h"
#include "lib/errno.h"

/* Who runs until there are tasks; then this hart's idle task. Its stack is arch/riscv/kernel.lds's
 * _boot_stack. */
struct task boot_task = { .comm = "boot" };

/* Nothing can go on without this. */
static void must(int err, const char *what)
{
	if (err)
		panic("%s: %s", what, errno_name(err));
}

static void memory_start(void)
{
	struct page_stats stats;

	paging_init();
	asan_start();
	harts_find(boot_info.fdt, boot_info.boot_hartid, boot_options.maxcpus);
	boot_mem_hand_over();
	must(page_init(), "no memory for the page allocator");
	commit_init();
	clone_limits_init();
	page_stats_get(&stats);
	pr_info("memory: %lu KiB free of %lu KiB", stats.free * (PAGE_SIZE / 1024),
		stats.total * (PAGE_SIZE / 1024));
}

static bool trace_rings_make(struct trace_ring *rings, unsigned events)
{
	for (unsigned i = 0; i < hart_count; i++) {
		rings[i].events = kcalloc(events, sizeof(struct trace_event));
		rings[i].mask = events - 1;
		if (rings[i].events == NULL)
			return false;
	}
	return true;
}

/* The events of all harts may take a 4096th of memory, and of each hart at least 2 KiB. A ring is a
 * power of two and allocated for itself, so that nothing is lost to rounding. */
static void trace_rings_start(void)
{
	size_t share = boot_info.ram_bytes / 4096 / hart_count / sizeof(struct trace_event);
	struct trace_ring *rings = kcalloc(hart_count, sizeof(*rings));
	struct trace_cursor *cursors = kcalloc(hart_count, sizeof(*cursors));
	unsigned events = 32;

	while (events * 2 <= share && events < 4096)
		events *= 2;
	if (rings != NULL && cursors != NULL && trace_rings_make(rings, events)) {
		trace_start(rings, cursors);
		return;
	}
	pr_warn("no memory for the rings of trace events: nothing is recorded");
	for (unsigned i = 0; rings != NULL && i < hart_count; i++)
		kfree(rings[i].events);
	kfree(rings);
	kfree(cursors);
}

static void tasks_start(void)
{
	struct hart *h = &hart_table[0];

	h->idle = &boot_task;
	trace_rings_start();
	sched_init();
	must(task_boot_init(&boot_task), "no memory for the first task");
	namespaces_init(task_max / 2);
	hart_mask_set(&boot_task.affinity, 0);
	arch_hart_init();
	sched_hart_init(h);
	__atomic_store_n(&h->online, true, __ATOMIC_RELEASE);
	irq_enable();
}

/* Before any hart listens, so that nothing the boot loader left enabled can storm in. */
static void interrupts_start(void)
{
	int err = irq_controllers_init(boot_info.fdt);

	if (err)
		pr_err("No interrupt controller (PLIC) that I can drive: %s. Devices are polled "
		       "where that is possible.",
		       errno_name(err));
}

/* After the harts: a line goes to one that runs. */
static void devices_start(void)
{
	drivers_probe(boot_info.fdt);
	serial_choose_console(boot_info.fdt, boot_info.cmdline);
}

static void files_start(void)
{
	must(fs_init(&boot_task.fs), "the file systems can't be started");
	must(files_create(&boot_task.files), "no memory for a descriptor table");
	must(sighand_create(&boot_task.sighand), "no memory for signal handlers");
	must(futex_init(), "no memory for the futex table");
	must(nsfs_init(), "the files of namespaces can't be started");
	ipc_init();
	must(procfs_init(), "/proc can't be started");
	must(serial_ttys_init(), "the console can't be made a device");
}

/* Pid 1's first steps, in a task that may sleep. */
static int first_task(void *unused)
{
	int err = kthread_create(work_thread_main, NULL, "kworker", NULL);

	must(err, "no memory for the worker thread");
	err = kthread_create(reclaim_thread_main, NULL, "kreclaim", NULL);
	must(err, "no memory for the thread that takes memory back");
	err = kthread_create(oom_reaper_main, NULL, "oom_reaper", NULL);
	must(err, "no memory for the thread that takes a victim's memory");
	if (ktest_wanted())
		(void)ktest_run(kthread_create);
	plant_run();
	return init_main(unused);
}

void kernel_main(uint64_t hartid, paddr_t fdt)
{
	arch_firmware_init();
	firmware_read(hartid, fdt);
	pr_info("Pando, a RISC-V kernel around one clone(). Boot hart %lu, %s", hartid,
		boot_info.cmdline[0] ? boot_info.cmdline : "no command line");
	arch_init(boot_info.fdt, hartid);
	clock_init();
	memory_start();
	interrupts_start();
	tasks_start();
	harts_start();
	race_start();
	devices_start();
	files_start();
	kthread_boot(first_task);
	sched_idle();
}

/*
 * From the kernel to user space: pid 1 begins here as a kernel function and ends by executing a
 * program.
 *
 * The program is looked for as on Linux:
 *
 *	rdinit= or /init		in the initramfs
 *	init=				if given, it or nothing
 *	/sbin/init /etc/init /bin/init /bin/sh
 *
 * When none can be executed the machine stops, with a sentence that says what was tried and what
 * would help.
 */
#include "kernel/main/init.h"

#include "arch/page.h"
#include "kernel/alloc/page.h"
#include "kernel/core/boot.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/fs/dir.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_init.h"
#include "kernel/fs/open.h"
#include "kernel/lifecycle/exec.h"
#include "kernel/main/options.h"
#include "lib/cmdline.h"
#include "lib/errno.h"

/* Gives the pages of the archive to the page allocator; the first and last may be shared with
 * something else. */
static void initrd_release(void)
{
	paddr_t start = ALIGN_UP(boot_info.initrd_start, PAGE_SIZE);
	paddr_t end = ALIGN_DOWN(boot_info.initrd_start + boot_info.initrd_len, PAGE_SIZE);

	if (start < end)
		page_range_release(start, end);
}

/* What Linux's built-in archive holds: an initramfs that forgets the console node has one. */
static void root_seed(void)
{
	int err = dir_mkdir(AT_FDCWD, "/dev", 0755);

	if (!err)
		err = dir_mknod(AT_FDCWD, "/dev/console", S_IFCHR | 0600, DEV_MAKE(5, 1));
	if (!err)
		err = dir_mkdir(AT_FDCWD, "/root", 0700);
	if (err)
		pr_err("The root directory can't be filled: %s.", errno_name(err));
}

static void initrd_unpack(void)
{
	int err;

	if (!boot_info.initrd_len) {
		pr_notice("No initramfs was given: the file system is empty.");
		return;
	}
	err = initramfs_unpack(phys_to_virt(boot_info.initrd_start), boot_info.initrd_len);
	if (err)
		pr_err("The initramfs (%lu bytes) is damaged or does not fit in memory: %s.",
		       boot_info.initrd_len, errno_name(err));
	initrd_release();
}

/* Descriptors 0, 1 and 2. An init can live without them. */
static void console_open(void)
{
	struct file *file;
	int err = file_open_name("/dev/console", O_RDWR, &file);

	for (int fd = 0; err == 0 && fd <= 2; fd++) {
		if (fd > 0)
			file_get(file);
		if (fd_add(file, false) < 0)
			err = -ENOMEM;
	}
	if (err)
		pr_warn("Init starts without a console: /dev/console can't be opened (%s).",
			errno_name(err));
}

/* Returns only if it could not be executed. */
static int program_run(const char *path, struct init_args *args)
{
	int err;

	args->argv[0] = path;
	err = task_exec_kernel(path, args->argv, args->envp);
	if (err == 0)
		pr_info("init is %s", path);
	else if (err != -ENOENT)
		pr_err("%s can't be executed: %s", path, errno_name(err));
	return err;
}

/* The value of rdinit= or init=; the default if there is none. */
static const char *program_option(const char *key, const char *standard, char *buf, size_t size)
{
	int len = cmdline_find(boot_info.cmdline, key, buf, size);

	return len > 0 ? buf : standard;
}

static int programs_try(struct init_args *args)
{
	static const char *const standard[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	static char path[256];
	int err = program_run(program_option("rdinit", "/init", path, sizeof(path)), args);

	if (err == -ENOENT && cmdline_has(boot_info.cmdline, "rdinit"))
		pr_warn("There is no %s, which rdinit= names: trying the usual programs.", path);
	if (err && boot_options.init_given) {
		err = program_run(program_option("init", "/sbin/init", path, sizeof(path)), args);
		if (err)
			panic("The init program of the command line, init=%s, can't be executed: "
			      "%s.",
			      path, errno_name(err));
	}
	for (unsigned i = 0; err && i < ARRAY_SIZE(standard); i++)
		err = program_run(standard[i], args);
	return err;
}

int init_main(void *unused)
{
	static struct init_args args;

	root_seed();
	initrd_unpack();
	console_open();
	options_init_args(boot_info.cmdline, &args);
	if (programs_try(&args) != 0)
		panic("No init program: tried %s and /sbin/init, /etc/init, /bin/init, /bin/sh. "
		      "Give an initramfs with an "
		      "executable /init (-initrd), or name one with rdinit=.",
		      cmdline_has(boot_info.cmdline, "rdinit") ? "the one of rdinit=" : "/init");
	return 0;
}

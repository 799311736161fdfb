/*
 * top: who uses the harts and the memory, again and again
 *
 * Two looks at /proc, some seconds apart; a task's share of the processor is the
 * time it used between them. The first picture compares with the start of the
 * machine, as there is nothing earlier to compare with.
 *
 * On a terminal the screen is redrawn in place and keys are read one by one, so
 * the terminal's mode is changed and must be put back however top ends.
 */

#include "initramfs/grove/proc.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

/* The numbers after "cpu" in /proc/stat, in ticks. */
enum { CPU_USER, CPU_NICE, CPU_SYSTEM, CPU_IDLE, CPU_IOWAIT, CPU_IRQ, CPU_SOFTIRQ, CPU_KINDS };

struct look {
	struct proc_task *tasks;
	size_t count;
	unsigned long long cpu[CPU_KINDS], cpu_total;
	int harts;
};

static struct termios saved_mode;
static volatile sig_atomic_t stopped;

static struct look look_take(void)
{
	struct look look = { .tasks = proc_tasks(false, &look.count) };
	char *text = read_file("/proc/stat", NULL);
	unsigned long long *c = look.cpu;

	if (!text)
		die_errno("/proc/stat");
	sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu", &c[0], &c[1], &c[2], &c[3], &c[4],
	       &c[5], &c[6]);
	for (int i = 0; i < CPU_KINDS; i++)
		look.cpu_total += c[i];
	for (const char *p = text; (p = strstr(p, "\ncpu")); p++)
		look.harts++;
	free(text);
	return look;
}

/* A task's ticks in the look before, or 0 when it is new. */
static unsigned long long ticks_before(const struct look *before, const struct proc_task *task)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->tasks[i].pid == task->pid)
			return before->tasks[i].ticks <= task->ticks ? before->tasks[i].ticks : 0;
	return 0;
}

/* What a task used since the look before. */
struct usage {
	const struct proc_task *task;
	unsigned long long ticks;
};

static int usage_compare(const void *left, const void *right)
{
	const struct usage *a = left, *b = right;

	if (a->ticks != b->ticks)
		return a->ticks < b->ticks ? 1 : -1;
	return a->task->pid - b->task->pid;
}

static double percent(unsigned long long part, unsigned long long whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void header_draw(const struct look *now, const struct look *before, const char *memory)
{
	unsigned long long total = now->cpu_total - before->cpu_total, part[CPU_KINDS];
	unsigned long long kib = proc_field(memory, "MemTotal:"),
			   free_kib = proc_field(memory, "MemFree:");
	char *up = read_file("/proc/uptime", NULL);
	long long seconds = up ? atoll(up) : 0;
	int running = 0;

	for (size_t i = 0; i < now->count; i++)
		running += now->tasks[i].state == 'R';
	for (int i = 0; i < CPU_KINDS; i++)
		part[i] = now->cpu[i] - before->cpu[i];
	printf("top - up %lld:%02lld:%02lld, load average: %s\n", seconds / 3600,
	       seconds / 60 % 60, seconds % 60, proc_load());
	printf("Tasks: %zu, %d running    Harts: %d\n", now->count, running, now->harts);
	printf("Cpu: %.1f%% user, %.1f%% system, %.1f%% nice, %.1f%% idle\n",
	       percent(part[CPU_USER], total),
	       percent(part[CPU_SYSTEM] + part[CPU_IRQ] + part[CPU_SOFTIRQ], total),
	       percent(part[CPU_NICE], total), percent(part[CPU_IDLE] + part[CPU_IOWAIT], total));
	printf("Mem: %llu KiB, %llu used, %llu free, %llu available\n", kib, kib - free_kib,
	       free_kib, proc_field(memory, "MemAvailable:"));
	free(up);
}

static void row_draw(const struct usage *usage, unsigned long long hart_ticks,
		     unsigned long long memory_kib, int width)
{
	const struct proc_task *t = usage->task;
	unsigned long long hundredths = t->ticks * 100 / sysconf(_SC_CLK_TCK);
	char *command = proc_command(t), clock[32], sizes[2][24];
	int used;

	snprintf(clock, sizeof(clock), "%llu:%02llu.%02llu", hundredths / 6000,
		 hundredths / 100 % 60, hundredths % 100);
	snprintf(sizes[0], sizeof(sizes[0]), "%s", size_text(t->virtual_bytes));
	snprintf(sizes[1], sizeof(sizes[1]), "%s", size_text(t->resident_bytes));
	used = printf("%5d %-8.8s %3d %3d %6s %6s %c %5.1f %5.1f %9s ", t->pid, user_label(t->uid),
		      t->priority, t->nice, sizes[0], sizes[1], t->state,
		      percent(usage->ticks, hart_ticks),
		      percent(t->resident_bytes / 1024, memory_kib), clock);
	if (width > used)
		printf("%.*s\n", width - used, command);
	else
		puts(width ? "" : command);
	free(command);
}

/* One picture; `rows` limits the tasks shown, 0 means all. 100% is one hart all the time. */
static void top_draw(const struct look *now, const struct look *before, int rows, int width)
{
	struct usage *usages = xmalloc(now->count * sizeof(*usages));
	unsigned long long hart_ticks =
		(now->cpu_total - before->cpu_total) / (now->harts ? now->harts : 1);
	char *memory = read_file("/proc/meminfo", NULL);

	for (size_t i = 0; i < now->count; i++)
		usages[i] = (struct usage){
			.task = &now->tasks[i],
			.ticks = now->tasks[i].ticks - ticks_before(before, &now->tasks[i]),
		};
	qsort(usages, now->count, sizeof(*usages), usage_compare);
	header_draw(now, before, memory);
	printf("\n  PID USER      PR  NI   VIRT    RES S  %%CPU  %%MEM     TIME+ COMMAND\n");
	for (size_t i = 0; i < now->count && (rows == 0 || (int)i < rows); i++)
		row_draw(&usages[i], hart_ticks, proc_field(memory, "MemTotal:"), width);
	fflush(stdout);
	free(memory);
	free(usages);
}

static void stop_handler(int sig)
{
	(void)sig;
	stopped = 1;
}

/* Keys come at once and unseen. ^C still makes a signal, which ends the loop. */
static bool keys_on(void)
{
	struct sigaction stop = { .sa_handler = stop_handler };
	struct termios mode;

	if (tcgetattr(STDIN_FILENO, &saved_mode) < 0)
		return false;
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	mode = saved_mode;
	mode.c_lflag &= ~(ICANON | ECHO);
	return tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0;
}

/* Wait; true if the user wants to leave. */
static bool wait_for_quit(bool keys, double seconds)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	if (!keys) {
		usleep((useconds_t)(seconds * 1e6));
		return stopped;
	}
	if (poll(&input, 1, (int)(seconds * 1000)) > 0)
		return read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q';
	return stopped;
}

APPLET(top,
	"[-b] [-n TIMES] [-d SECONDS]\n  -b plain text, no keys  -n so many times  -d how often",
	"show who uses the machine, until q");
static int top_main(int argc, char **argv)
{
	struct look before = { 0 }, now;
	struct winsize size = { 0 };
	double seconds = 2;
	long times = -1;
	bool batch = !isatty(STDOUT_FILENO), keys;
	int opt;

	while ((opt = getopt(argc, argv, "bn:d:")) != -1) {
		if (opt == '?')
			usage(1);
		if (opt == 'b')
			batch = true;
		else if (opt == 'n')
			times = (long)parse_number(optarg, 1, INT32_MAX);
		else
			seconds = strtod(optarg, NULL);
	}
	seconds = seconds >= 0.1 && seconds <= 3600 ? seconds : 2;
	keys = !batch && keys_on();
	while (true) {
		now = look_take();
		if (!batch && (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0))
			size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
		if (!batch)
			printf("\033[H\033[2J");
		top_draw(&now, &before,
			 batch             ? 0
			 : size.ws_row > 8 ? size.ws_row - 7
					   : 1,
			 size.ws_col);
		free(before.tasks);
		before = now;
		if ((times > 0 && --times == 0) || wait_for_quit(keys, seconds))
			break;
		if (batch)
			putchar('\n');
	}
	free(before.tasks);
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved_mode);
	return 0;
}

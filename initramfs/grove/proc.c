/*
 * ps, free, uptime, and the reading of /proc
 *
 * /proc is text, and a task may end between the listing of its folder and the
 * reading of its file: whatever can't be read is left out without a word.
 *
 * Entry points for other files: proc_tasks(), proc_command(), proc_field(), proc_load().
 * `ps --share` is in share.c.
 */

#include "initramfs/grove/proc.h"
#include "initramfs/grove/share.h"

#include <dirent.h>
#include <getopt.h>
#include <time.h>

/* The name is in parentheses and may itself hold any character, ")" too: the last one counts. */
static bool stat_parse(const char *text, struct proc_task *task)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned long long user, system;
	long long resident;

	if (!open || !close)
		return false;
	snprintf(task->name, sizeof(task->name), "%.*s", (int)(close - open - 1), open + 1);
	task->tid = atoi(text);
	if (sscanf(close + 1, " %c %d %d %d %*d %d %*u %*u %*u %*u %*u %llu %llu %*d %*d %d %d %d "
		   "%*d %*u %llu %lld", &task->state, &task->parent, &task->group, &task->session,
		   &task->terminal_group, &user, &system, &task->priority, &task->nice,
		   &task->threads, &task->virtual_bytes, &resident) != 12)
		return false;
	task->ticks = user + system;
	task->resident_bytes = resident * sysconf(_SC_PAGESIZE);
	return true;
}

static bool task_read(const char *folder, struct proc_task *task)
{
	char *path = path_join(folder, "stat"), *text = read_file(path, NULL);
	struct stat st;
	bool good;

	memset(task, 0, sizeof(*task));
	good = text && stat_parse(text, task) && stat(folder, &st) == 0;
	if (good)
		task->uid = st.st_uid;
	free(text);
	free(path);
	return good;
}

static int tid_compare(const void *a, const void *b)
{
	return ((const struct proc_task *)a)->tid - ((const struct proc_task *)b)->tid;
}

/* Add each task whose number is a name in `folder`; `pid` is 0 for processes, which say it. */
static void folder_read(const char *folder, int pid, bool threads, struct proc_task **tasks,
			size_t *count)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t first = *count;

	while (dir && (entry = readdir(dir))) {
		struct proc_task task;
		char *path;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		path = path_join(folder, entry->d_name);
		if (threads && !pid) {
			char *below = path_join(path, "task");

			folder_read(below, atoi(entry->d_name), true, tasks, count);
			free(below);
		} else if (task_read(path, &task)) {
			task.pid = pid ? pid : task.tid;
			*tasks = xrealloc(*tasks, (*count + 1) * sizeof(task));
			(*tasks)[(*count)++] = task;
		}
		free(path);
	}
	if (dir)
		closedir(dir);
	if (*count > first)
		qsort(*tasks + first, *count - first, sizeof(**tasks), tid_compare);
}

struct proc_task *proc_tasks(bool threads, size_t *count)
{
	struct proc_task *tasks = NULL;

	*count = 0;
	folder_read("/proc", 0, threads, &tasks, count);
	if (*count == 0)
		die("/proc tells nothing: is it mounted?");
	return tasks;
}

char *proc_command(const struct proc_task *task)
{
	char *path = xasprintf("/proc/%d/cmdline", task->pid), *text;
	size_t len = 0;

	text = read_file(path, &len);
	free(path);
	while (text && len > 0 && text[len - 1] == '\0')
		len--;
	if (!text || len == 0) {
		free(text);
		return xasprintf("[%s]", task->name);
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ')
			text[i] = ' ';
	return text;
}

unsigned long long proc_field(const char *text, const char *label)
{
	const char *found = text ? strstr(text, label) : NULL;

	return found ? strtoull(found + strlen(label), NULL, 10) : 0;
}

const char *proc_load(void)
{
	static char text[64];
	char *load = read_file("/proc/loadavg", NULL), one[16] = "?", five[16] = "?",
	     fifteen[16] = "?";

	if (load)
		sscanf(load, "%15s %15s %15s", one, five, fifteen);
	snprintf(text, sizeof(text), "%s, %s, %s", one, five, fifteen);
	free(load);
	return text;
}

/* --- ps --- */

/* The state letter, then: < N priority, s session leader, l threads, + foreground. */
static const char *state_text(const struct proc_task *t)
{
	static char text[8];

	snprintf(text, sizeof(text), "%c%s%s%s%s", t->state,
		 t->nice < 0 ? "<" : t->nice > 0 ? "N" : "", t->session == t->pid ? "s" : "",
		 t->threads > 1 ? "l" : "", t->group == t->terminal_group ? "+" : "");
	return text;
}

static const char *ticks_text(unsigned long long ticks)
{
	static char text[32];
	unsigned long long s = ticks / sysconf(_SC_CLK_TCK);

	if (s >= 86400)
		snprintf(text, sizeof(text), "%llud%02lluh%02llu", s / 86400, s / 3600 % 24,
			 s / 60 % 60);
	else
		snprintf(text, sizeof(text), "%llu:%02llu", s / 60, s % 60);
	return text;
}

static int ps_list(bool threads)
{
	int width = isatty(STDOUT_FILENO) ? terminal_width(80) : 0;
	struct proc_task *tasks;
	size_t count;

	tasks = proc_tasks(threads, &count);
	printf("  PID %s PPID USER     STAT   TIME COMMAND\n", threads ? "  TID " : "");
	for (size_t i = 0; i < count; i++) {
		const struct proc_task *t = &tasks[i];
		char *command = t->tid == t->pid ? proc_command(t) : xasprintf("{%s}", t->name);
		int used = printf("%5d ", t->pid);

		if (threads)
			used += printf("%5d ", t->tid);
		used += printf("%5d %-8.8s %-4s %6s ", t->parent, user_label(t->uid), state_text(t),
			       ticks_text(t->ticks));
		if (width > used)
			printf("%.*s\n", width - used, command);
		else
			puts(command);
		free(command);
	}
	free(tasks);
	return 0;
}

/* The letters that other systems' habits add ("ps aux", "ps -ef") change nothing here. */
APPLET(ps, "[-T] [--share]\n  -T threads too  --share a tree that shows who shares what",
	"list the tasks");
static int ps_main(int argc, char **argv)
{
	static const struct option words[] = { { "share", no_argument, NULL, 's' }, { 0 } };
	bool threads = false, share = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "TeAf", words, NULL)) != -1) {
		if (opt == '?')
			usage(1);
		threads |= opt == 'T';
		share |= opt == 's';
	}
	return share ? share_print() : ps_list(threads);
}

/* --- free and uptime --- */

APPLET(free, "[-b | -k | -m | -h]\n  in bytes, KiB (the usual), MiB, or what reads best",
	"show how memory is used");
static int free_main(int argc, char **argv)
{
	static const char *const labels[] = {
		"MemTotal:", "", "MemFree:", "Shmem:", "", "MemAvailable:",
	};
	char *info = read_file("/proc/meminfo", NULL);
	unsigned long long kib[6], swap, swap_free, unit = 1024;
	int opt;

	while ((opt = getopt(argc, argv, "bkmh")) != -1) {
		if (opt == '?')
			usage(1);
		unit = opt == 'b' ? 1 : opt == 'm' ? 1 << 20 : opt == 'h' ? 0 : 1024;
	}
	if (!info)
		die_errno("/proc/meminfo");
	for (int i = 0; i < 6; i++)
		kib[i] = *labels[i] ? proc_field(info, labels[i]) : 0;
	kib[4] = proc_field(info, "Buffers:") + proc_field(info, "\nCached:") +
		 proc_field(info, "SReclaimable:");
	kib[1] = kib[0] - kib[5];
	swap = proc_field(info, "SwapTotal:");
	swap_free = proc_field(info, "SwapFree:");
	const unsigned long long rows[2][6] = {
		{ kib[0], kib[1], kib[2], kib[3], kib[4], kib[5] },
		{ swap, swap - swap_free, swap_free },
	};

	printf("%19s %11s %11s %11s %11s %11s\n", "total", "used", "free", "shared", "buff/cache",
	       "available");
	for (int row = 0; row < 2; row++) {
		printf(row ? "Swap:  " : "Mem:   ");
		for (int i = 0; i < (row ? 3 : 6); i++) {
			if (unit)
				printf(" %11llu", rows[row][i] * 1024 / unit);
			else
				printf(" %11s", size_text(rows[row][i] * 1024));
		}
		putchar('\n');
	}
	free(info);
	return 0;
}

APPLET(uptime, "", "tell how long the machine has been up, and how busy");
static int uptime_main(int argc, char **argv)
{
	char *up = read_file("/proc/uptime", NULL), now[16];
	long long seconds = up ? atoll(up) : 0;
	time_t t = time(NULL);

	(void)argc, (void)argv;
	if (!up)
		die_errno("/proc/uptime");
	strftime(now, sizeof(now), "%H:%M:%S", localtime(&t));
	printf(" %s up ", now);
	if (seconds >= 86400)
		printf("%lld day%s, ", seconds / 86400, seconds >= 2 * 86400 ? "s" : "");
	if (seconds % 86400 >= 3600)
		printf("%2lld:%02lld", seconds / 3600 % 24, seconds / 60 % 60);
	else
		printf("%lld min", seconds / 60 % 60);
	printf(", load average: %s\n", proc_load());
	free(up);
	return 0;
}

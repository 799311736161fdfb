/*
 * ps --share: the tree of tasks that shows who shares what
 *
 * In Pando a task is a thin thing that points to resources, and a process, a
 * thread and everything between differ only in which of them they share. The file
 * /proc/PID/task/TID/sharing says it of one task, a line for each resource:
 *
 *	mm       a41f03c2 2 CLONE_VM      12,13
 *	^name    ^which   ^count  ^flag   ^the tasks that point to it
 *
 * Here all those files are put side by side. Each resource is a column. An object
 * with several sharers gets a letter, so the same letter in one column is the same
 * object; an object of one's own is a dot, and "-" is a task without any.
 *
 *	  TID  mm files fs sighand group  TASK
 *	    1   .     .  .       .     .  init
 *	   12   A     .  A       A     .  |-- worker
 *	   13   A     .  A       A     .  |   `-- {worker}
 *
 * Threads hang under the leader of their group, and leaders under their parent.
 */

#include "initramfs/grove/share.h"
#include "initramfs/grove/proc.h"

#define MAX_KINDS 24
#define MAX_WORD 40

struct object {
	char identity[MAX_WORD];
	int sharers;
	char letter[4];
};

/* A column: one kind of resource, and all objects of it that were met. */
struct kind {
	char name[MAX_WORD], flag[MAX_WORD];
	struct object *objects;
	size_t object_count;
	bool everywhere;	/* all tasks share one object: not worth a column */
};

struct share_task {
	struct proc_task proc;
	int object[MAX_KINDS];	/* index into the kind's objects, or -1 */
};

static struct kind kinds[MAX_KINDS];
static size_t kind_count, task_count;
static struct share_task *tasks;

static size_t kind_find(const char *name, const char *flag)
{
	size_t i = 0;

	while (i < kind_count && strcmp(kinds[i].name, name) != 0)
		i++;
	if (i == kind_count && i < MAX_KINDS) {
		kinds[kind_count++] = (struct kind){ .objects = NULL };
		snprintf(kinds[i].name, sizeof(kinds[i].name), "%s", name);
		snprintf(kinds[i].flag, sizeof(kinds[i].flag), "%s", flag);
	}
	return i;
}

static int object_find(struct kind *kind, const char *identity)
{
	size_t i = 0;

	while (i < kind->object_count && strcmp(kind->objects[i].identity, identity) != 0)
		i++;
	if (i == kind->object_count) {
		kind->objects = xrealloc(kind->objects, (i + 1) * sizeof(*kind->objects));
		kind->objects[kind->object_count++] = (struct object){ .letter = "." };
		snprintf(kind->objects[i].identity, MAX_WORD, "%s", identity);
	}
	kind->objects[i].sharers++;
	return (int)i;
}

/* Fill in a task's objects. False if the kernel has no such file (or the task is gone). */
static bool sharing_read(struct share_task *task)
{
	char *path = xasprintf("/proc/%d/task/%d/sharing", task->proc.pid, task->proc.tid);
	char *text = read_file(path, NULL), *rest = text, *line;
	char name[MAX_WORD], identity[MAX_WORD], flag[MAX_WORD];

	for (int i = 0; i < MAX_KINDS; i++)
		task->object[i] = -1;
	while (text && (line = strsep(&rest, "\n"))) {
		size_t kind;

		if (sscanf(line, "%39s %39s %*s %39s", name, identity, flag) != 3 ||
		    strcmp(identity, "-") == 0)
			continue;
		kind = kind_find(name, flag);
		if (kind < MAX_KINDS)
			task->object[kind] = object_find(&kinds[kind], identity);
	}
	free(path);
	free(text);
	return text != NULL;
}

/* A to Z, then A1 to Z1 and so on, for the objects that are shared. */
static void letters_give(void)
{
	for (size_t k = 0; k < kind_count; k++) {
		int given = 0;

		for (size_t i = 0; i < kinds[k].object_count; i++) {
			struct object *object = &kinds[k].objects[i];

			if (object->sharers < 2)
				continue;
			object->letter[0] = (char)('A' + given % 26);
			object->letter[1] = given < 26 ? '\0' : (char)('0' + given / 26 % 10);
			given++;
		}
		kinds[k].everywhere = kinds[k].object_count == 1 && task_count > 1 &&
				      kinds[k].objects[0].sharers == (int)task_count;
	}
}

static void row_print(const struct share_task *task, const char *branch)
{
	printf("%5d ", task->proc.tid);
	for (size_t k = 0; k < kind_count; k++)
		if (!kinds[k].everywhere)
			printf(" %*s", (int)strlen(kinds[k].name), task->object[k] < 0 ? "-" :
			       kinds[k].objects[task->object[k]].letter);
	printf(task->proc.tid == task->proc.pid ? "  %s%s\n" : "  %s{%s}\n", branch,
	       task->proc.name);
}

static bool is_child(const struct share_task *task, const struct share_task *of)
{
	if (task->proc.tid != task->proc.pid)
		return task->proc.pid == of->proc.tid;
	return task != of && task->proc.parent != 0 && task->proc.parent == of->proc.pid &&
	       of->proc.tid == of->proc.pid;
}

/* `stem` is what goes before the rows below this one: a bar for each level that continues. */
static void branch_print(const struct share_task *task, const char *stem, const char *joint)
{
	size_t left = 0;
	char *branch = xasprintf("%s%s", stem, joint), *below;

	row_print(task, branch);
	free(branch);
	below = xasprintf("%s%s", stem, *joint == '|' ? "|   " : *joint ? "    " : "");
	for (size_t i = 0; i < task_count; i++)
		left += is_child(&tasks[i], task);
	for (size_t i = 0; i < task_count; i++)
		if (is_child(&tasks[i], task))
			branch_print(&tasks[i], below, --left ? "|-- " : "`-- ");
	free(below);
}

static void tids_print(size_t kind, int object)
{
	const char *comma = "";

	for (size_t i = 0; i < task_count; i++)
		if (tasks[i].object[kind] == object) {
			printf("%s%d", comma, tasks[i].proc.tid);
			comma = ",";
		}
}

static void legend_print(void)
{
	const char *common = "Every task shares the same: ";

	printf("\nSame letter in a column: the same object. \".\" one's own, \"-\" none.\n");
	for (size_t k = 0; k < kind_count; k++)
		for (size_t i = 0; i < kinds[k].object_count && !kinds[k].everywhere; i++) {
			const struct object *object = &kinds[k].objects[i];

			if (object->sharers < 2)
				continue;
			printf("  %-8s %-2s %-14s tasks ", kinds[k].name, object->letter,
			       kinds[k].flag);
			tids_print(k, (int)i);
			putchar('\n');
		}
	for (size_t k = 0; k < kind_count; k++)
		if (kinds[k].everywhere) {
			printf("%s%s", common, kinds[k].name);
			common = ", ";
		}
	if (*common == ',')
		putchar('\n');
}

int share_print(void)
{
	size_t found;
	struct proc_task *list = proc_tasks(true, &found);

	tasks = xmalloc(found * sizeof(*tasks));
	kind_count = task_count = 0;
	for (size_t i = 0; i < found; i++) {
		tasks[task_count].proc = list[i];
		task_count += sharing_read(&tasks[task_count]);
	}
	free(list);
	if (task_count == 0)
		die("this kernel does not tell who shares what: /proc/PID/sharing is Pando's own");
	letters_give();
	printf("  TID ");
	for (size_t k = 0; k < kind_count; k++)
		if (!kinds[k].everywhere)
			printf(" %s", kinds[k].name);
	printf("  TASK\n");
	for (size_t i = 0; i < task_count; i++)
		if (tasks[i].proc.tid == tasks[i].proc.pid && tasks[i].proc.parent == 0)
			branch_print(&tasks[i], "", "");
	legend_print();
	free(tasks);
	return 0;
}

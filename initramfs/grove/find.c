/*
 * find: files below a folder that meet conditions
 *
 * The conditions are all to be met, in the order written, and the actions among
 * them (-print, -exec) are conditions too, as in every find; without an action
 * the path is printed.
 *
 * LIMIT: no -o, !, parentheses or -exec ... +; names of a folder come sorted.
 */

#include "initramfs/grove/common.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/wait.h>

struct condition {
	enum { FIND_NAME, FIND_TYPE, FIND_PRINT, FIND_EXEC } kind;
	const char *value;
	char **words;	/* -exec: the command, up to ";" */
};

static struct condition *conditions;
static size_t condition_count;
static long max_depth, min_depth;

/* Run the words up to ";" with {} replaced by the path. True if it exits with 0. */
static bool exec_run(char **words, char *path)
{
	char *argv[64];
	int argc = 0, status;
	pid_t pid;

	for (; strcmp(*words, ";") != 0 && argc < 63; words++)
		argv[argc++] = strcmp(*words, "{}") == 0 ? path : *words;
	argv[argc] = NULL;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(command_exec(argv));
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static bool condition_met(const struct condition *c, char *path, const struct stat *st)
{
	char mode[11];

	switch (c->kind) {
	case FIND_NAME:
		return fnmatch(c->value, path_base(path), 0) == 0;
	case FIND_TYPE:
		mode_text(st->st_mode, mode);
		return (mode[0] == '-' ? 'f' : mode[0]) == *c->value;
	case FIND_EXEC:
		return exec_run(c->words, path);
	default:
		return puts(path) >= 0;
	}
}

static void condition_add(int kind, const char *value, char **words)
{
	conditions = xrealloc(conditions, (condition_count + 1) * sizeof(*conditions));
	conditions[condition_count++] = (struct condition){ kind, value, words };
}

/* Turn the words into conditions. True if one of them is an action. */
static bool conditions_parse(char **word)
{
	bool action = false;

	while (*word) {
		const char *name = *word++, *value = *word;

		if (strcmp(name, "-print") == 0) {
			condition_add(FIND_PRINT, NULL, NULL);
			action = true;
			continue;
		}
		if (!value)
			die("unknown condition, or missing argument: '%s'", name);
		if (strcmp(name, "-name") == 0) {
			condition_add(FIND_NAME, value, NULL);
		} else if (strcmp(name, "-type") == 0) {
			condition_add(FIND_TYPE, value, NULL);
		} else if (strcmp(name, "-maxdepth") == 0) {
			max_depth = (long)parse_number(value, 0, INT32_MAX);
		} else if (strcmp(name, "-mindepth") == 0) {
			min_depth = (long)parse_number(value, 0, INT32_MAX);
		} else if (strcmp(name, "-exec") == 0) {
			condition_add(FIND_EXEC, NULL, word);
			action = true;
			while (*word && strcmp(*word, ";") != 0)
				word++;
			if (!*word)
				die("-exec without ';'");
		} else {
			die("unknown condition '%s'", name);
		}
		word++;
	}
	return action;
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int find_walk(char *path, long depth)
{
	struct dirent **entries;
	struct stat st;
	int count, status = 0;
	bool met = depth >= min_depth;

	if (lstat(path, &st) < 0) {
		warn_errno("'%s'", path);
		return 1;
	}
	for (size_t i = 0; i < condition_count && met; i++)
		met = condition_met(&conditions[i], path, &st);
	if (!S_ISDIR(st.st_mode) || depth >= max_depth)
		return 0;
	count = scandir(path, &entries, not_dots, alphasort);
	if (count < 0) {
		warn_errno("'%s'", path);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		char *child = path_join(path, entries[i]->d_name);

		status |= find_walk(child, depth + 1);
		free(child);
		free(entries[i]);
	}
	free(entries);
	return status;
}

/* Not APPLET(find ...): that would declare applet_find, which is a function. */
APPLET_NAMED(find_files, "find", 0, "[FOLDER]... [CONDITION]...\n"
	"  -name PATTERN  -type f|d|l|c|b|p|s  -maxdepth N  -mindepth N  -print  -exec COMMAND ;",
	"find files below a folder");
static int find_files_main(int argc, char **argv)
{
	int first = 1, status = 0;

	while (first < argc && argv[first][0] != '-')
		first++;
	max_depth = INT32_MAX;
	min_depth = 0;
	condition_count = 0;
	if (!conditions_parse(argv + first))
		condition_add(FIND_PRINT, NULL, NULL);
	if (first == 1)
		return find_walk((char[]){ "." }, 0);
	for (int i = 1; i < first; i++)
		status |= find_walk(argv[i], 0);
	return status;
}

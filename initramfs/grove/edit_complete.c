/*
 * Completion: what a word at the prompt may become
 *
 * The first word of a command is the name of a builtin, an applet or a program
 * on PATH, unless it has a slash; any other word is a file.
 *
 * Entry point: complete().
 */

#include "initramfs/grove/sh.h"
#include "initramfs/grove/edit.h"

#include <dirent.h>
#include <sys/stat.h>

struct candidates {
	char **list;
	size_t count, room;
};

static void candidate_add(struct candidates *c, const char *prefix, char *word)
{
	if (strncmp(word, prefix, strlen(prefix)) != 0) {
		free(word);
		return;
	}
	if (c->count + 1 >= c->room)
		c->list = xrealloc(c->list, (c->room = 2 * c->room + 16) * sizeof(*c->list));
	c->list[c->count++] = word;
}

/* `shown` is what stands before the names in the words: "" for commands, else the folder. */
static void add_directory(struct candidates *c, const char *prefix, const char *path,
			  const char *shown, bool programs)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		char *file = path_join(path, entry->d_name);
		struct stat st;
		bool folder = stat(file, &st) == 0 && S_ISDIR(st.st_mode);
		bool hidden = *entry->d_name == '.' && prefix[strlen(shown)] != '.';

		if (!hidden && !(programs && (folder || access(file, X_OK) < 0)))
			candidate_add(c, prefix, xasprintf("%s%s%s", shown, entry->d_name,
							   folder ? "/" : ""));
		free(file);
	}
	if (dir)
		closedir(dir);
}

static void add_commands(struct candidates *c, const char *prefix)
{
	char *path = xstrdup(var_get("PATH") ? var_get("PATH") : ""), *rest = path;

	for (const struct builtin *b = builtin_table(); b->name; b++)
		candidate_add(c, prefix, xstrdup(b->name));
	for (size_t i = 0; applet_at(i); i++)
		candidate_add(c, prefix, xstrdup(applet_at(i)->name));
	for (char *dir; (dir = strsep(&rest, ":")) != NULL;)
		if (*dir)
			add_directory(c, prefix, dir, "", true);
	free(path);
}

static void add_files(struct candidates *c, const char *prefix)
{
	const char *slash = strrchr(prefix, '/');
	char *shown = xstrndup(prefix, slash ? slash + 1 - prefix : 0);

	add_directory(c, prefix, *shown ? shown : ".", shown, false);
	free(shown);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t complete_start(const char *line, size_t end)
{
	while (end > 0 && !strchr(" \t;|&()<>=`", line[end - 1]))
		end--;
	return end;
}

static bool is_command(const char *line, size_t start)
{
	while (start > 0 && strchr(" \t", line[start - 1]))
		start--;
	return start == 0 || strchr(";|&(`", line[start - 1]);
}

char **complete(const char *line, size_t start, size_t end)
{
	struct candidates c = {0};
	char *prefix = xstrndup(line + start, end - start);
	size_t kept = 0;

	if (is_command(line, start) && !strchr(prefix, '/'))
		add_commands(&c, prefix);
	else
		add_files(&c, prefix);
	free(prefix);
	if (c.count == 0)
		return NULL;
	qsort(c.list, c.count, sizeof(*c.list), compare);
	for (size_t i = 0; i < c.count; i++) {
		if (kept > 0 && strcmp(c.list[i], c.list[kept - 1]) == 0)
			free(c.list[i]);
		else
			c.list[kept++] = c.list[i];
	}
	c.list[kept] = NULL;
	return c.list;
}

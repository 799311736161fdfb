/*
 * Globbing: the files that a pattern matches
 *
 * The pattern is walked component by component; only one with * ? or [ needs
 * its directory read. A backslash makes the next character stand for itself.
 *
 * Entry point: glob_expand().
 */

#include "initramfs/grove/sh.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

struct matches {
	char **list;
	size_t count, room;
};

static void walk(struct matches *m, const char *prefix, const char *pattern);

static void match_add(struct matches *m, const char *path)
{
	if (m->count + 1 >= m->room)
		m->list = xrealloc(m->list, (m->room = 2 * m->room + 32) * sizeof(*m->list));
	m->list[m->count++] = scratch_printf("%s", path);
}

static bool has_magic(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (strchr("*?[", *s))
			return true;
	}
	return false;
}

static char *unescape(const char *s)
{
	struct text plain = {0};

	text_add(&plain, "", 0);
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		text_char(&plain, *s);
	}
	return plain.data;
}

static void walk_directory(struct matches *m, const char *prefix, const char *component,
			   const char *rest)
{
	DIR *dir = opendir(*prefix ? prefix : ".");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		if (fnmatch(component, entry->d_name, FNM_PERIOD) == 0)
			walk(m, scratch_printf("%s%s", prefix, entry->d_name), rest);
	if (dir)
		closedir(dir);
}

/* `prefix` is matched already; `pattern` is empty or begins with / except at first. */
static void walk(struct matches *m, const char *prefix, const char *pattern)
{
	size_t slashes = strspn(pattern, "/"), len = strcspn(pattern + slashes, "/");
	char *component = scratch_printf("%.*s", (int)len, pattern + slashes);
	const char *rest = pattern + slashes + len;
	struct stat st;

	prefix = scratch_printf("%s%.*s", prefix, (int)slashes, pattern);
	if (len == 0) {
		if (lstat(prefix, &st) == 0)
			match_add(m, prefix);
	} else if (has_magic(component)) {
		walk_directory(m, prefix, component, rest);
	} else {
		walk(m, scratch_printf("%s%s", prefix, unescape(component)), rest);
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **glob_expand(const char *pattern)
{
	struct matches m = {0};
	char **list = NULL;

	walk(&m, "", pattern);
	if (m.count > 0) {
		qsort(m.list, m.count, sizeof(*m.list), compare);
		list = scratch_alloc((m.count + 1) * sizeof(*list));
		memcpy(list, m.list, m.count * sizeof(*list));
		list[m.count] = NULL;
	}
	free(m.list);
	return list;
}

/*
 * Variables
 *
 * One hash table of names. `local` and assignments before a command work by
 * saving: a scope is a stack of old values, put back when it is popped. An
 * unset variable may stay in the table with no value, for its flags.
 */

#include "initramfs/grove/sh.h"

#define BUCKETS 64

struct variable {
	struct variable *next;
	char *name, *value;	/* value NULL: unset */
	int flags;
};

/* What a variable was before the scope; a NULL name begins a scope. */
struct saved {
	struct saved *below;
	char *name, *value;
	int flags;
};

static struct variable *table[BUCKETS];
static struct saved *scopes;

static struct variable *var_find(const char *name, bool create)
{
	unsigned hash = 0;
	struct variable **link, *v;

	for (const char *c = name; *c; c++)
		hash = hash * 31 + (unsigned char)*c;
	for (link = &table[hash % BUCKETS]; (v = *link); link = &v->next)
		if (strcmp(v->name, name) == 0)
			return v;
	if (!create)
		return NULL;
	v = xmalloc(sizeof(*v));
	*v = (struct variable){.name = xstrdup(name)};
	*link = v;
	return v;
}

const char *var_get(const char *name)
{
	struct variable *v = var_find(name, false);

	return v ? v->value : NULL;
}

void var_set(const char *name, const char *value)
{
	struct variable *v = var_find(name, true);
	char *copy;

	if (v->flags & VAR_READONLY)
		sh_fail(2, "%s: is read only", name);
	copy = xstrdup(value);
	free(v->value);
	v->value = copy;
}

void var_flag(const char *name, int flags)
{
	var_find(name, true)->flags |= flags;
}

void var_unset(const char *name)
{
	struct variable *v = var_find(name, false);

	if (!v)
		return;
	if (v->flags & VAR_READONLY)
		sh_fail(2, "%s: is read only", name);
	free(v->value);
	v->value = NULL;
	v->flags = 0;
}

void var_import(char **environment)
{
	for (char **e = environment; *e; e++) {
		size_t len = name_length(*e);
		char *name;

		if (len == 0 || (*e)[len] != '=')
			continue;
		name = xstrndup(*e, len);
		var_set(name, *e + len + 1);
		var_flag(name, VAR_EXPORT);
		free(name);
	}
}

char **var_environment(void)
{
	size_t count = 0;
	char **list;

	for (int i = 0; i < BUCKETS; i++)
		for (struct variable *v = table[i]; v; v = v->next)
			count++;
	list = scratch_alloc((count + 1) * sizeof(*list));
	count = 0;
	for (int i = 0; i < BUCKETS; i++)
		for (struct variable *v = table[i]; v; v = v->next)
			if (v->value && v->flags & VAR_EXPORT)
				list[count++] = scratch_printf("%s=%s", v->name, v->value);
	list[count] = NULL;
	return list;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* 'it'\''s': a single-quoted string that the shell reads back. */
static char *quote(const char *s)
{
	struct text text = {0};

	text_char(&text, '\'');
	for (; *s; s++)
		text_add(&text, *s == '\'' ? "'\\''" : s, *s == '\'' ? 4 : 1);
	text_char(&text, '\'');
	return text.data;
}

/* All variables that have these flags, sorted, as commands that set them. */
void var_print(const char *prefix, int flags)
{
	char *lines[1024];
	size_t count = 0;

	for (int i = 0; i < BUCKETS; i++)
		for (struct variable *v = table[i]; v && count < ARRAY_LEN(lines); v = v->next) {
			if ((v->flags & flags) != flags || (!flags && !v->value))
				continue;
			lines[count++] = scratch_printf("%s%s%s%s", prefix, v->name,
							v->value ? "=" : "",
							v->value ? quote(v->value) : "");
		}
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		puts(lines[i]);
}

/* Scopes */

static void saved_push(char *name, char *value, int flags)
{
	struct saved *saved = xmalloc(sizeof(*saved));

	*saved = (struct saved){.below = scopes, .name = name, .value = value, .flags = flags};
	scopes = saved;
}

void scope_push(void)
{
	saved_push(NULL, NULL, 0);
}

void scope_pop(void)
{
	for (bool last = false; !last;) {
		struct saved *saved = scopes;

		scopes = saved->below;
		last = !saved->name;
		if (!last) {
			struct variable *v = var_find(saved->name, true);

			free(v->value);
			v->value = saved->value;
			v->flags = saved->flags;
			free(saved->name);
		}
		free(saved);
	}
}

bool scope_any(void)
{
	return scopes != NULL;
}

void var_local(const char *name)
{
	struct variable *v = var_find(name, true);

	saved_push(xstrdup(name), v->value ? xstrdup(v->value) : NULL, v->flags);
}

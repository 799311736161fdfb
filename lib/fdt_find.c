/*
 * fdt_find.c: finds nodes of a flattened device tree by name, path, alias, phandle or compatible
 * string, and says where a node stands.
 *
 * All are plain walks: a tree has a few hundred nodes and is read once, at boot.
 */
#include "lib/fdt.h"

#include "lib/errno.h"
#include "lib/string.h"

/* name[0..len) is the node's name, or that without its unit address if it gives none itself. */
static bool name_matches(const char *node_name, const char *name, size_t len)
{
	if (strncmp(node_name, name, len) != 0)
		return false;
	if (node_name[len] == '\0')
		return true;
	return node_name[len] == '@' && memchr(name, '@', len) == NULL;
}

bool fdt_node_is(const void *blob, int node, const char *name)
{
	return name_matches(fdt_node_name(blob, node), name, strlen(name));
}

static int child_find_len(const void *blob, int node, const char *name, size_t len)
{
	int child;

	fdt_for_each_child(child, blob, node)
		if (name_matches(fdt_node_name(blob, child), name, len))
			return child;
	return -ENOENT;
}

int fdt_child_find(const void *blob, int node, const char *name)
{
	return child_find_len(blob, node, name, strlen(name));
}

/* The length of the path's next component. */
static size_t component_len(const char *path)
{
	size_t len = 0;

	while (path[len] != '\0' && path[len] != '/' && path[len] != ':')
		len++;
	return len;
}

/* Follows a path down from a node; slashes may stand anywhere between components. */
static int path_walk(const void *blob, int node, const char *path)
{
	while (node >= 0) {
		while (*path == '/')
			path++;

		size_t len = component_len(path);

		if (len == 0)
			break;
		node = child_find_len(blob, node, path, len);
		path += len;
	}
	return node;
}

/* The node that a name from /aliases stands for. */
static int alias_find(const void *blob, const char *alias, size_t len)
{
	int aliases = fdt_child_find(blob, fdt_root(blob), "aliases");
	const char *name;
	const void *value;
	size_t value_len;

	if (aliases < 0)
		return -ENOENT;
	for (unsigned i = 0; fdt_prop_at(blob, aliases, i, &name, &value, &value_len) == 0; i++) {
		if (strlen(name) != len || memcmp(name, alias, len) != 0)
			continue;
		/* An alias of an alias there is not; and so no loop of them. */
		const char *path = fdt_prop_string(blob, aliases, name);

		if (path == NULL || *path != '/')
			return -EINVAL;
		return path_walk(blob, fdt_root(blob), path);
	}
	return -ENOENT;
}

int fdt_path_find(const void *blob, const char *path)
{
	size_t len = component_len(path);

	if (*path == '/')
		return path_walk(blob, fdt_root(blob), path);
	if (len == 0)
		return -ENOENT;
	return path_walk(blob, alias_find(blob, path, len), path + len);
}

int fdt_phandle_find(const void *blob, uint32_t phandle)
{
	uint32_t value;
	int node;

	/* 0 and -1 are nobody's. */
	if (phandle == 0 || phandle == UINT32_MAX)
		return -ENOENT;
	fdt_for_each_node(node, blob) {
		if (fdt_prop_u32(blob, node, "phandle", &value) == 0 && value == phandle)
			return node;
		if (fdt_prop_u32(blob, node, "linux,phandle", &value) == 0 && value == phandle)
			return node;
	}
	return -ENOENT;
}

bool fdt_is_compatible(const void *blob, int node, const char *compatible)
{
	const char *string;

	for (unsigned i = 0;; i++) {
		string = fdt_prop_stringlist(blob, node, "compatible", i);
		if (string == NULL)
			return false;
		if (str_equal(string, compatible))
			return true;
	}
}

int fdt_compatible_next(const void *blob, int from, const char *compatible)
{
	int node = from;

	do
		node = fdt_node_next(blob, node);
	while (node >= 0 && !fdt_is_compatible(blob, node, compatible));
	return node;
}

bool fdt_status_ok(const void *blob, int node)
{
	const char *status = fdt_prop_string(blob, node, "status");

	/* A status that is no string is not okay either. */
	if (status == NULL)
		return fdt_prop(blob, node, "status", NULL) == NULL;
	return str_equal(status, "okay") || str_equal(status, "ok");
}

int fdt_node_path(const void *blob, int node, char *buf, size_t size)
{
	int path[FDT_DEPTH_MAX];
	int depth = fdt_ancestors(blob, node, path);
	size_t len = 0;

	if (depth < 0)
		return depth;
	if (size == 0)
		return -E2BIG;
	buf[0] = '\0';
	if (depth == 1)
		return str_copy(buf, "/", size);
	for (int i = 1; i < depth; i++) {
		if (size - len < 2)
			return -E2BIG;
		buf[len++] = '/';

		int added = str_copy(buf + len, fdt_node_name(blob, path[i]), size - len);

		if (added < 0)
			return added;
		len += (size_t)added;
	}
	return (int)len;
}

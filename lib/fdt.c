/*
 * fdt.c: reads flattened device trees: checks, nodes and properties. The searches are in
 * fdt_find.c, buses and interrupts in fdt_bus.c.
 *
 *	header | memory reservations | structure block | strings block
 *
 * The structure block is a list of tokens, each at a multiple of 4:
 *
 *	BEGIN_NODE  name NUL           a node opens
 *	PROP        len name value     a property of the node that opened last; name is an offset
 *	                               into the strings block
 *	END_NODE                       the node closes
 *	NOP                            nothing
 *	END                            the end of the block
 *
 * token_read() reads one token and checks it against the blocks' bounds; a bad one reads as
 * TOKEN_BAD, at which every loop stops. fdt_check() walks all tokens once and proves that there is
 * none, and that nodes nest; so the loops below need no error paths for the structure.
 */
#include "lib/fdt.h"

#include "lib/bytes.h"
#include "lib/errno.h"
#include "lib/string.h"

#define FDT_MAGIC   0xd00dfeed
#define FDT_VERSION 17
#define HEADER_SIZE 40
#define RESERVE_SIZE 16

/* Fields of the header, by their offset. */
enum header_field {
	HEADER_MAGIC = 0,
	HEADER_TOTAL_SIZE = 4,
	HEADER_STRUCT = 8,
	HEADER_STRINGS = 12,
	HEADER_RESERVES = 16,
	HEADER_VERSION = 20,
	HEADER_LAST_COMPATIBLE = 24,
	HEADER_BOOT_HART = 28,
	HEADER_STRINGS_SIZE = 32,
	HEADER_STRUCT_SIZE = 36,
};

enum token_type {
	TOKEN_BAD = 0,
	TOKEN_BEGIN_NODE = 1,
	TOKEN_END_NODE = 2,
	TOKEN_PROP = 3,
	TOKEN_NOP = 4,
	TOKEN_END = 9,
};

struct token {
	enum token_type type;
	uint32_t start;	  /* its offset in the structure block */
	uint32_t next;	  /* that of the token after it */
	const char *name; /* of a node or property */
	const void *value;
	uint32_t value_len;
};

static uint32_t header_get(const void *blob, enum header_field field)
{
	return load_be32((const char *)blob + field);
}

/* Where the string at p ends, counted with its NUL; 0 if that is not within max bytes. */
static size_t string_size(const char *p, size_t max)
{
	size_t len = strnlen(p, max);

	return len < max ? len + 1 : 0;
}

static struct token token_bad(uint32_t start)
{
	return (struct token){ .type = TOKEN_BAD, .start = start, .next = start };
}

/* A BEGIN_NODE whose name starts at `at`. */
static struct token node_token(const char *block, uint32_t size, uint32_t start, uint32_t at)
{
	size_t name_size = string_size(block + at, size - at);

	if (name_size == 0)
		return token_bad(start);
	return (struct token){
		.type = TOKEN_BEGIN_NODE,
		.start = start,
		.next = (uint32_t)ALIGN_UP(at + name_size, 4),
		.name = block + at,
	};
}

/* A PROP whose length and name stand at `at`. */
static struct token prop_token(const void *blob, const char *block, uint32_t size, uint32_t start,
			       uint32_t at)
{
	const char *strings = (const char *)blob + header_get(blob, HEADER_STRINGS);

	if (size - at < 8)
		return token_bad(start);

	uint32_t len = load_be32(block + at);
	uint32_t name = load_be32(block + at + 4);

	at += 8;
	if (len > size - at || name >= header_get(blob, HEADER_STRINGS_SIZE))
		return token_bad(start);
	return (struct token){
		.type = TOKEN_PROP,
		.start = start,
		.next = ALIGN_UP(at + len, 4),
		.name = strings + name,
		.value = block + at,
		.value_len = len,
	};
}

/* The token at an offset. It trusts only that the header's blocks lie in the blob. */
static struct token token_read(const void *blob, uint32_t start)
{
	const char *block = (const char *)blob + header_get(blob, HEADER_STRUCT);
	uint32_t size = header_get(blob, HEADER_STRUCT_SIZE);

	if (size < 4 || start > size - 4)
		return token_bad(start);

	uint32_t type = load_be32(block + start);

	switch (type) {
	case TOKEN_BEGIN_NODE:
		return node_token(block, size, start, start + 4);
	case TOKEN_PROP:
		return prop_token(blob, block, size, start, start + 4);
	case TOKEN_END_NODE:
	case TOKEN_NOP:
	case TOKEN_END:
		return (struct token){ .type = type, .start = start, .next = start + 4 };
	default:
		return token_bad(start);
	}
}

/* The same, past NOPs. */
static struct token token_next(const void *blob, uint32_t start)
{
	struct token token = token_read(blob, start);

	while (token.type == TOKEN_NOP)
		token = token_read(blob, token.next);
	return token;
}

/* --- check --------------------------------------------------------------------------------- */

static bool block_is_inside(const void *blob, enum header_field start, uint32_t size)
{
	uint32_t total = header_get(blob, HEADER_TOTAL_SIZE);
	uint32_t offset = header_get(blob, start);

	return offset >= HEADER_SIZE && offset <= total && size <= total - offset;
}

static bool header_is_good(const void *blob, size_t len_max)
{
	uint32_t total = header_get(blob, HEADER_TOTAL_SIZE);

	/* A node is an int, so the tree has to be smaller than 2 GiB. */
	return header_get(blob, HEADER_MAGIC) == FDT_MAGIC && total >= HEADER_SIZE &&
	       total <= len_max && total <= INT32_MAX &&
	       header_get(blob, HEADER_VERSION) >= FDT_VERSION &&
	       header_get(blob, HEADER_LAST_COMPATIBLE) <= FDT_VERSION &&
	       block_is_inside(blob, HEADER_STRUCT, header_get(blob, HEADER_STRUCT_SIZE)) &&
	       block_is_inside(blob, HEADER_STRINGS, header_get(blob, HEADER_STRINGS_SIZE)) &&
	       block_is_inside(blob, HEADER_RESERVES, 0);
}

/* Does an entry of zeros end the reservations before the blob does? */
static bool reserves_are_good(const void *blob)
{
	uint32_t start = header_get(blob, HEADER_RESERVES);
	uint32_t total = header_get(blob, HEADER_TOTAL_SIZE);

	for (; total - start >= RESERVE_SIZE; start += RESERVE_SIZE) {
		const char *entry = (const char *)blob + start;

		if (load_be64(entry) == 0 && load_be64(entry + 8) == 0)
			return true;
	}
	return false;
}

/* Is the last byte of the strings block a NUL? Then every name in it ends inside. */
static bool strings_are_good(const void *blob)
{
	const char *strings = (const char *)blob + header_get(blob, HEADER_STRINGS);
	uint32_t size = header_get(blob, HEADER_STRINGS_SIZE);

	return size == 0 || strings[size - 1] == '\0';
}

/* One root, nested nodes, properties before children, and END. */
static bool structure_is_good(const void *blob)
{
	struct token token = token_next(blob, 0);
	enum token_type before = TOKEN_BAD;
	unsigned depth = 0;

	if (token.type != TOKEN_BEGIN_NODE)
		return false;
	do {
		if (token.type == TOKEN_BEGIN_NODE)
			depth++;
		else if (token.type == TOKEN_END_NODE)
			depth--;
		else if (token.type != TOKEN_PROP || before == TOKEN_END_NODE)
			return false;
		if (depth > FDT_DEPTH_MAX)
			return false;
		before = token.type;
		token = token_next(blob, token.next);
	} while (depth > 0);
	return token.type == TOKEN_END;
}

int fdt_check(const void *blob, size_t len_max)
{
	if (len_max < HEADER_SIZE || !header_is_good(blob, len_max))
		return -EINVAL;
	if (!reserves_are_good(blob) || !strings_are_good(blob) || !structure_is_good(blob))
		return -EINVAL;
	return 0;
}

size_t fdt_total_size(const void *blob)
{
	if (header_get(blob, HEADER_MAGIC) != FDT_MAGIC)
		return 0;
	return header_get(blob, HEADER_TOTAL_SIZE);
}

uint32_t fdt_boot_hart(const void *blob)
{
	return header_get(blob, HEADER_BOOT_HART);
}

int fdt_memreserve(const void *blob, unsigned index, uint64_t *addr, uint64_t *size)
{
	const char *entry = (const char *)blob + header_get(blob, HEADER_RESERVES);

	/* Entry by entry, since only the last one says that there are no more. */
	for (;; index--, entry += RESERVE_SIZE) {
		*addr = load_be64(entry);
		*size = load_be64(entry + 8);
		if (*addr == 0 && *size == 0)
			return -ENOENT;
		if (index == 0)
			return 0;
	}
}

/* --- nodes --------------------------------------------------------------------------------- */

int fdt_root(const void *blob)
{
	return (int)token_next(blob, 0).start;
}

/* The first token inside a node: behind its name. */
static struct token node_enter(const void *blob, int node)
{
	return token_next(blob, token_read(blob, (uint32_t)node).next);
}

int fdt_child_first(const void *blob, int node)
{
	struct token token = node_enter(blob, node);

	while (token.type == TOKEN_PROP)
		token = token_next(blob, token.next);
	return token.type == TOKEN_BEGIN_NODE ? (int)token.start : -ENOENT;
}

int fdt_sibling_next(const void *blob, int node)
{
	struct token token = token_read(blob, (uint32_t)node);
	int depth = 0;

	do {
		if (token.type == TOKEN_BEGIN_NODE)
			depth++;
		else if (token.type == TOKEN_END_NODE)
			depth--;
		token = token_next(blob, token.next);
	} while (depth > 0 && token.type != TOKEN_BAD);
	return token.type == TOKEN_BEGIN_NODE ? (int)token.start : -ENOENT;
}

int fdt_node_next(const void *blob, int from)
{
	struct token token = from < 0 ? token_next(blob, 0) : node_enter(blob, from);

	while (token.type == TOKEN_PROP || token.type == TOKEN_END_NODE)
		token = token_next(blob, token.next);
	return token.type == TOKEN_BEGIN_NODE ? (int)token.start : -ENOENT;
}

int fdt_ancestors(const void *blob, int node, int path[FDT_DEPTH_MAX])
{
	struct token token = token_next(blob, 0);
	int depth = 0;

	for (; token.type != TOKEN_END && token.type != TOKEN_BAD;
	     token = token_next(blob, token.next)) {
		if (token.type == TOKEN_END_NODE)
			depth--;
		if (token.type != TOKEN_BEGIN_NODE)
			continue;
		path[depth++] = (int)token.start;
		if ((int)token.start == node)
			return depth;
	}
	return -ENOENT;
}

int fdt_parent(const void *blob, int node)
{
	int path[FDT_DEPTH_MAX];
	int depth = fdt_ancestors(blob, node, path);

	return depth >= 2 ? path[depth - 2] : -ENOENT;
}

const char *fdt_node_name(const void *blob, int node)
{
	return token_read(blob, (uint32_t)node).name;
}

/* --- properties ---------------------------------------------------------------------------- */

const void *fdt_prop(const void *blob, int node, const char *name, size_t *len)
{
	struct token token = node_enter(blob, node);

	for (; token.type == TOKEN_PROP; token = token_next(blob, token.next)) {
		if (!str_equal(token.name, name))
			continue;
		if (len != NULL)
			*len = token.value_len;
		return token.value;
	}
	return NULL;
}

int fdt_prop_at(const void *blob, int node, unsigned index, const char **name, const void **value,
		size_t *len)
{
	struct token token = node_enter(blob, node);

	for (; token.type == TOKEN_PROP && index > 0; index--)
		token = token_next(blob, token.next);
	if (token.type != TOKEN_PROP)
		return -ENOENT;
	*name = token.name;
	*value = token.value;
	*len = token.value_len;
	return 0;
}

int fdt_prop_u32(const void *blob, int node, const char *name, uint32_t *out)
{
	size_t len;
	const void *value = fdt_prop(blob, node, name, &len);

	if (value == NULL)
		return -ENOENT;
	if (len != 4)
		return -EINVAL;
	*out = load_be32(value);
	return 0;
}

int fdt_prop_u64(const void *blob, int node, const char *name, uint64_t *out)
{
	size_t len;
	const void *value = fdt_prop(blob, node, name, &len);

	if (value == NULL)
		return -ENOENT;
	if (len != 4 && len != 8)
		return -EINVAL;
	*out = len == 4 ? load_be32(value) : load_be64(value);
	return 0;
}

int fdt_prop_cell(const void *blob, int node, const char *name, unsigned index, uint32_t *out)
{
	size_t len;
	const char *value = fdt_prop(blob, node, name, &len);

	if (value == NULL || index >= len / 4)
		return -ENOENT;
	*out = load_be32(value + 4 * (size_t)index);
	return 0;
}

const char *fdt_prop_string(const void *blob, int node, const char *name)
{
	return fdt_prop_stringlist(blob, node, name, 0);
}

const char *fdt_prop_stringlist(const void *blob, int node, const char *name, unsigned index)
{
	size_t len;
	const char *string = fdt_prop(blob, node, name, &len);

	if (string == NULL)
		return NULL;
	for (;; index--) {
		size_t size = string_size(string, len);

		if (size == 0)
			return NULL;
		if (index == 0)
			return string;
		string += size;
		len -= size;
	}
}

/*
 * User namespaces: the tree, what capabilities reach, and the maps of ids.
 *
 * A map is a few ranges: `count` ids from `first` on are the kernel's from `kernel` on. It is kept
 * twice, sorted either way, so that both directions are a binary search; most have one range. The
 * first namespace has none: there each id is its own name.
 *
 * A map is written once and whole. Who may write what (user_namespaces(7)): somebody who has
 * CAP_SYS_ADMIN in the namespace, from it or from its parent, and either has CAP_SETUID (or
 * CAP_SETGID) in the parent, or maps nothing but his own id - with groups only after he has given
 * up setgroups(2), by which he could drop a group that denies him something. "Somebody" is who
 * opened the file, so that a program with rights, whom an ordinary user hands it as its output,
 * writes no map for him; CAP_SETUID or CAP_SETGID the writer needs too.
 *
 * Locking: none. A map appears by one atomic exchange; setgroups_allowed only ever goes to false.
 */
#include "kernel/task/user_ns.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/task/cred.h"
#include "kernel/task/user.h"
#include "lib/errno.h"
#include "lib/sort.h"
#include "lib/string.h"

#define ID_RANGES_MAX 340u

struct user_ns init_user_ns = {
	.ns = { .ref = { 1 }, .type = NS_USER, .ino = NS_INO_USER },
	.setgroups_allowed = true,
	.max = { [0 ... NS_TYPE_COUNT - 1] = UINT32_MAX },
};

bool cred_capable(const struct cred *cred, const struct user_ns *ns, unsigned cap)
{
	for (; ns->level > cred->user_ns->level; ns = user_ns_parent(ns)) {
		if (user_ns_parent(ns) == cred->user_ns && ns->owner_uid == cred->euid)
			return true;
	}
	return ns == cred->user_ns && (cred->cap_effective >> cap & 1);
}

bool ns_capable(const struct user_ns *ns, unsigned cap)
{
	return cred_capable(current_cred(), ns, cap);
}

struct id_range {
	unsigned first, kernel, count;
};

struct id_map {
	unsigned count;
	struct id_range *by_kernel; /* sorted by `kernel`; points into the same block */
	struct id_range by_first[];
};

static CACHE_DEFINE(user_ns_cache, struct user_ns);

static struct id_map *map_of(const struct user_ns *ns, enum id_kind kind)
{
	return __atomic_load_n(&ns->maps[kind], __ATOMIC_ACQUIRE);
}

/* The last range whose key is not above id. */
static const struct id_range *range_find(const struct id_range *r, unsigned count, unsigned id,
					 size_t key)
{
	unsigned low = 0, high = count;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (*(const unsigned *)((const char *)&r[mid] + key) <= id)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 ? &r[low - 1] : NULL;
}

/* The kernel ids of a whole range, if one range of the map holds it. */
static unsigned range_in(const struct user_ns *ns, enum id_kind kind, unsigned id, unsigned count)
{
	const struct id_map *map = map_of(ns, kind);
	const struct id_range *r;

	if (ns->level == 0)
		return id;
	if (map == NULL)
		return ID_NONE;
	r = range_find(map->by_first, map->count, id, offsetof(struct id_range, first));
	if (r == NULL || id - r->first >= r->count || count > r->count - (id - r->first))
		return ID_NONE;
	return r->kernel + (id - r->first);
}

unsigned user_ns_id_in(const struct user_ns *ns, enum id_kind kind, unsigned id)
{
	return range_in(ns, kind, id, 1);
}

unsigned user_ns_id_out(const struct user_ns *ns, enum id_kind kind, unsigned kernel_id)
{
	const struct id_map *map;
	const struct id_range *r;

	if (ns->level == 0)
		return kernel_id;
	map = map_of(ns, kind);
	if (map == NULL)
		return ID_NONE;
	r = range_find(map->by_kernel, map->count, kernel_id, offsetof(struct id_range, kernel));
	if (r == NULL || kernel_id - r->kernel >= r->count)
		return ID_NONE;
	return r->first + (kernel_id - r->kernel);
}

unsigned uid_in(unsigned uid)
{
	return user_ns_id_in(current_cred()->user_ns, ID_UID, uid);
}

unsigned gid_in(unsigned gid)
{
	return user_ns_id_in(current_cred()->user_ns, ID_GID, gid);
}

static unsigned shown(unsigned id)
{
	return id == ID_NONE ? ID_OVERFLOW : id;
}

unsigned uid_out(unsigned kernel_uid)
{
	return shown(user_ns_id_out(current_cred()->user_ns, ID_UID, kernel_uid));
}

unsigned gid_out(unsigned kernel_gid)
{
	return shown(user_ns_id_out(current_cred()->user_ns, ID_GID, kernel_gid));
}

bool capable_here(unsigned cap)
{
	return ns_capable(current_cred()->user_ns, cap);
}

/* --- making one ------------------------------------------------------------------------------- */

static void user_ns_destroy(struct ns *ns)
{
	struct user_ns *u = container_of(ns, struct user_ns, ns);

	for (unsigned i = 0; i < ID_KIND_COUNT; i++)
		kfree(u->maps[i]);
	cache_free(&user_ns_cache, u);
}

static bool has_names(const struct user_ns *ns, const struct cred *c)
{
	return user_ns_id_out(ns, ID_UID, c->euid) != ID_NONE &&
	       user_ns_id_out(ns, ID_GID, c->egid) != ID_NONE;
}

/* Whoever is first in it, or enters it, may do everything there and has nothing from outside. */
void cred_set_user_ns(struct cred *c, struct user_ns *ns)
{
	user_ns_put(c->user_ns);
	c->user_ns = ns;
	c->securebits = 0;
	c->cap_inheritable = c->cap_ambient = 0;
	c->cap_permitted = c->cap_effective = c->cap_bounding = CAP_FULL_SET;
}

int user_ns_create(struct cred *c)
{
	struct user_ns *parent = c->user_ns, *ns;
	int err;

	if (parent->level > USER_NS_LEVEL_MAX)
		return -ENOSPC;
	ns = cache_alloc(&user_ns_cache, ALLOC_ZERO);
	if (ns == NULL)
		return -ENOMEM;
	err = ns_init(&ns->ns, NS_USER, parent, user_ns_destroy);
	if (err) {
		cache_free(&user_ns_cache, ns);
		return err;
	}
	if (!has_names(parent, c)) {
		user_ns_put(ns);
		return -EPERM;
	}
	ns->level = parent->level + 1;
	ns->owner_uid = c->euid;
	ns->owner_gid = c->egid;
	ns->parent_may_setfcap = c->cap_effective >> CAP_SETFCAP & 1;
	ns->setgroups_allowed = parent->setgroups_allowed;
	for (unsigned i = 0; i < NS_TYPE_COUNT; i++)
		ns->max[i] = INT32_MAX;
	cred_set_user_ns(c, ns);
	return 0;
}

/* --- writing a map ---------------------------------------------------------------------------- */

static int compare_first(const void *a, const void *b)
{
	unsigned x = ((const struct id_range *)a)->first, y = ((const struct id_range *)b)->first;

	return x < y ? -1 : x > y;
}

static int compare_kernel(const void *a, const void *b)
{
	unsigned x = ((const struct id_range *)a)->kernel, y = ((const struct id_range *)b)->kernel;

	return x < y ? -1 : x > y;
}

/* A number and the blanks that must follow it, unless it ends the line. */
static int parse_number(const char **text, unsigned *out)
{
	const char *end;
	uint64_t n;

	if (str_to_u64(*text, &end, 10, &n))
		return -EINVAL;
	if (*end != ' ' && *end != '\t' && *end != '\n' && *end != '\0')
		return -EINVAL;
	while (*end == ' ' || *end == '\t')
		end++;
	*text = end;
	*out = (unsigned)n;
	return 0;
}

/* One line: three numbers; `kernel` is the parent's id yet. Leaves *text on the next line. */
static int parse_range(const char **text, struct id_range *r)
{
	while (**text == ' ' || **text == '\t')
		++*text;
	if (parse_number(text, &r->first) || parse_number(text, &r->kernel) ||
	    parse_number(text, &r->count) || (**text != '\n' && **text != '\0'))
		return -EINVAL;
	if (**text == '\n' && *++*text == '\0')
		return -EINVAL; /* an empty line: the last newline has been taken off */
	if (r->first == ID_NONE || r->kernel == ID_NONE || r->first + r->count <= r->first ||
	    r->kernel + r->count <= r->kernel)
		return -EINVAL;
	return 0;
}

static bool sorted_overlap(const struct id_range *r, unsigned count, size_t key)
{
	for (unsigned i = 1; i < count; i++) {
		unsigned before = *(const unsigned *)((const char *)&r[i - 1] + key);
		unsigned here = *(const unsigned *)((const char *)&r[i] + key);

		if (here - before < r[i - 1].count)
			return true;
	}
	return false;
}

/* The second copy, sorted the other way. */
static void sort_by_kernel(struct id_map *map)
{
	memcpy(map->by_kernel, map->by_first, map->count * sizeof(map->by_first[0]));
	sort(map->by_kernel, map->count, sizeof(map->by_kernel[0]), compare_kernel, NULL);
}

static int map_parse(const char *text, struct id_map *map, unsigned max)
{
	for (; *text != '\0'; map->count++) {
		if (map->count == max || parse_range(&text, &map->by_first[map->count]))
			return -EINVAL;
	}
	if (map->count == 0)
		return -EINVAL;
	sort(map->by_first, map->count, sizeof(map->by_first[0]), compare_first, NULL);
	sort_by_kernel(map);
	if (sorted_overlap(map->by_first, map->count, offsetof(struct id_range, first)) ||
	    sorted_overlap(map->by_kernel, map->count, offsetof(struct id_range, kernel)))
		return -EINVAL;
	return 0;
}

/* To map the parent's root is to be trusted with it: file capabilities are stamped with it. */
static bool map_root_allowed(const struct user_ns *ns, const struct id_map *map,
			     const struct cred *opener)
{
	if (map->by_kernel[0].kernel != 0)
		return true;
	if (opener->user_ns == ns)
		return ns->parent_may_setfcap;
	return cred_capable(opener, user_ns_parent(ns), CAP_SETFCAP);
}

/* Nothing but the opener's own id: of no use to somebody who can't be that anyway. */
static bool map_is_own(const struct user_ns *ns, enum id_kind kind, const struct id_map *map,
		       const struct cred *c)
{
	unsigned id = user_ns_id_in(user_ns_parent(ns), kind, map->by_first[0].kernel);

	if (map->count != 1 || map->by_first[0].count != 1 || ns->owner_uid != c->euid)
		return false;
	return kind == ID_UID ? id == c->euid : id == c->egid && !ns->setgroups_allowed;
}

static bool map_allowed(const struct user_ns *ns, enum id_kind kind, const struct id_map *map,
			const struct cred *opener)
{
	unsigned cap = kind == ID_UID ? CAP_SETUID : CAP_SETGID;

	if (kind == ID_PROJID)
		return true;
	if (kind == ID_UID && !map_root_allowed(ns, map, opener))
		return false;
	return map_is_own(ns, kind, map, opener) ||
	       (ns_capable(user_ns_parent(ns), cap) &&
		cred_capable(opener, user_ns_parent(ns), cap));
}

/* From the parent's ids to the kernel's. */
static int map_to_kernel(const struct user_ns *ns, enum id_kind kind, struct id_map *map)
{
	for (unsigned i = 0; i < map->count; i++) {
		struct id_range *r = &map->by_first[i];

		r->kernel = range_in(user_ns_parent(ns), kind, r->kernel, r->count);
		if (r->kernel == ID_NONE)
			return -EPERM;
	}
	sort_by_kernel(map);
	return 0;
}

static int map_make(const struct user_ns *ns, enum id_kind kind, const char *text,
		    const struct cred *opener, struct id_map **out)
{
	unsigned max = 1;
	struct id_map *map;
	int err;

	for (const char *s = text; *s != '\0'; s++)
		max += *s == '\n';
	max = min(max, ID_RANGES_MAX);
	map = kmalloc(sizeof(*map) + 2 * max * sizeof(struct id_range), ALLOC_ZERO);
	if (map == NULL)
		return -ENOMEM;
	map->by_kernel = map->by_first + max;
	err = map_parse(text, map, max);
	if (err == 0)
		err = map_allowed(ns, kind, map, opener) ? map_to_kernel(ns, kind, map) : -EPERM;
	if (err)
		kfree(map);
	else
		*out = map;
	return err;
}

int user_ns_map_write(struct user_ns *ns, enum id_kind kind, const char *text,
		      const struct cred *opener)
{
	struct user_ns *mine = opener->user_ns;
	struct id_map *map, *none = NULL;
	int err;

	if (ns->level == 0 || (mine != ns && mine != user_ns_parent(ns)))
		return -EPERM;
	if (map_of(ns, kind) != NULL)
		return -EPERM;
	if (kind != ID_PROJID && !cred_capable(opener, ns, CAP_SYS_ADMIN))
		return -EPERM;
	err = map_make(ns, kind, text, opener, &map);
	if (err)
		return err;
	if (__atomic_compare_exchange_n(&ns->maps[kind], &none, map, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return 0;
	kfree(map);
	return -EPERM;
}

bool user_ns_map_at(const struct user_ns *ns, enum id_kind kind, unsigned n, unsigned out[3])
{
	const struct user_ns *mine = current_cred()->user_ns;
	const struct id_map *map = map_of(ns, kind);
	struct id_range all = { 0, 0, ID_NONE }, r;

	if (n >= (ns->level == 0 ? 1 : map != NULL ? map->count : 0))
		return false;
	r = ns->level == 0 ? all : map->by_first[n];
	if (mine == ns && ns->level > 0)
		mine = user_ns_parent(ns);
	out[0] = r.first;
	out[1] = user_ns_id_out(mine, kind, r.kernel);
	out[2] = r.count;
	return true;
}

int user_ns_setgroups_write(struct user_ns *ns, bool allow)
{
	if (allow)
		return ns->setgroups_allowed ? 0 : -EPERM;
	if (map_of(ns, ID_GID) != NULL)
		return -EPERM;
	ns->setgroups_allowed = false;
	return 0;
}

bool user_ns_may_setgroups(const struct user_ns *ns)
{
	return ns->setgroups_allowed && (ns->level == 0 || map_of(ns, ID_GID) != NULL);
}

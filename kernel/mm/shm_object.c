/*
 * A page cache that fills with zeros, counted by the areas that show it; in vma->file stands the
 * object, which only vma->ops interprets.
 *
 * Its memory is promised when it is made, all of it; with VM_NORESERVE page by page, as it gets
 * them.
 */
#include "kernel/mm/shm_object.h"

#include "kernel/alloc/slab.h"
#include "kernel/mm/commit.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

struct shm_object {
	struct ref ref;
	struct page_cache cache;
	uint64_t promised; /* [i] pages; 0: they are promised one by one */
};

static CACHE_DEFINE(shm_cache, struct shm_object);

static int shm_fill(struct page_cache *c, struct page *p, uint64_t index)
{
	memset(page_address(p), 0, PAGE_SIZE);
	return 0;
}

static int shm_charge(struct page_cache *c, long n)
{
	struct shm_object *o = container_of(c, struct shm_object, cache);

	if (o->promised != 0)
		return 0;
	if (n > 0)
		return commit_reserve(current->mm, (uint64_t)n);
	commit_release((uint64_t)-n);
	return 0;
}

static const struct page_cache_ops shm_cache_ops = { .fill = shm_fill, .charge = shm_charge };

static void shm_put(void *owner)
{
	struct shm_object *o = owner;

	if (!ref_put(&o->ref))
		return;
	page_cache_destroy(&o->cache);
	commit_release(o->promised);
	cache_free(&shm_cache, o);
}

static struct file *shm_file_get(struct file *f)
{
	ref_get(&((struct shm_object *)f)->ref);
	return f;
}

static void shm_file_put(struct file *f)
{
	shm_put(f);
}

static int shm_file_name(struct file *f, char *buf, size_t size)
{
	return str_copy(buf, "/dev/zero (deleted)", size);
}

static void shm_file_ids(struct file *f, uint64_t *dev, uint64_t *ino)
{
	*dev = 1;
	*ino = (uintptr_t)f >> 6 & 0xffffff;
}

static int shm_file_punch(struct file *f, uint64_t offset, uint64_t len)
{
	page_cache_punch(&((struct shm_object *)f)->cache, offset >> PAGE_SHIFT,
			 (offset + len) >> PAGE_SHIFT);
	return 0;
}

static const struct vma_ops shm_vma_ops = {
	.file_punch = shm_file_punch,
	.file_get = shm_file_get,
	.file_put = shm_file_put,
	.file_name = shm_file_name,
	.file_ids = shm_file_ids,
};

struct shm_object *shm_object_create(uint64_t size, uint64_t promised)
{
	struct shm_object *o = cache_alloc(&shm_cache, ALLOC_ZERO);

	if (o == NULL)
		return NULL;
	if (commit_reserve(current->mm, promised)) {
		cache_free(&shm_cache, o);
		return NULL;
	}
	o->promised = promised;
	ref_init(&o->ref);
	page_cache_init(&o->cache, &shm_cache_ops, o);
	o->cache.owner_ref = &o->ref;
	o->cache.owner_put = shm_put;
	o->cache.size = size;
	return o;
}

void shm_object_put(struct shm_object *o)
{
	shm_put(o);
}

struct page_cache *shm_object_cache(struct shm_object *o)
{
	return &o->cache;
}

int shm_object_attach(struct vma *v)
{
	/* The area is what bounds it. */
	struct shm_object *o = shm_object_create(UINT64_MAX - PAGE_SIZE,
						 v->flags & VM_NORESERVE ? 0 : vma_pages(v));

	if (o == NULL)
		return -ENOMEM;
	v->cache = &o->cache;
	v->file = (struct file *)o;
	v->ops = &shm_vma_ops;
	return 0;
}

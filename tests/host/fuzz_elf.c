/*
 * Any bytes as a program: kernel/lifecycle/elf.c as it is, above an address space that only checks
 * what it is asked for.
 *
 * Whatever interpreter it asks for is itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/lifecycle/elf.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *contents;
static size_t contents_size;
static struct file *the_file = (struct file *)&contents;
static struct page a_page;
struct page *zero_page = &a_page;
static vaddr_t next_free;

ssize_t file_read_kernel(struct file *f, void *buf, size_t n, uint64_t offset)
{
	size_t there = offset < contents_size ? contents_size - offset : 0;

	if (f != the_file)
		abort();
	if (n > there)
		n = there;
	memcpy(buf, contents + (there ? offset : 0), n);
	return (ssize_t)n;
}

int file_open_exec(int dfd, const char *name, unsigned flags, struct file **out)
{
	if (strlen(name) >= 256)
		abort();
	*out = the_file;
	return 0;
}

void file_exec_done(struct file *f)
{
}

void file_put(struct file *f)
{
}

int file_map_attach(struct file *file, struct vma *vma)
{
	return 0;
}

/* What mm_map promises to check is checked here; what it relies on ends the test. */
int mm_map(struct mm *mm, const struct mm_map_request *r, vaddr_t *at)
{
	if ((r->flags & MAP_FIXED) && r->addr % PAGE_SIZE)
		abort();
	if (r->file && r->offset % PAGE_SIZE)
		abort();
	if (r->len == 0)
		return -EINVAL;
	if (r->len > USER_END || r->addr > USER_END - r->len)
		return -ENOMEM;
	*at = r->flags & MAP_FIXED ? r->addr : (next_free += PAGE_SIZE);
	return 0;
}

int mm_unmap(struct mm *mm, vaddr_t start, size_t len)
{
	return 0;
}

size_t mm_write_remote(struct mm *mm, vaddr_t addr, const void *buf, size_t n)
{
	if (n >= PAGE_SIZE || addr > USER_END - n)
		abort();
	return n;
}

void *kcalloc(size_t n, size_t size)
{
	return calloc(n, size);
}

void kfree(const void *p)
{
	free((void *)p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm mm;
	struct program p = { .file = the_file, .mm = &mm };

	mm.layout.pie_base = 0x10000;
	next_free = 0x20000000;
	contents = data;
	contents_size = size;
	(void)!elf_load(&p);
	return 0;
}

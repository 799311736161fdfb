/*
 * Loading ELF programs: statically linked, position-independent, and with an interpreter (the
 * dynamic linker, which is then loaded beside it and entered first).
 *
 *	ET_EXEC   segments lie where they say
 *	ET_DYN    with an interpreter or static-pie: at the layout's pie_base, aligned as its
 *	          segments ask; the interpreter itself: where mmap finds room for all of it
 *
 * Every field of the headers is hostile: sizes are checked before they are added, everything goes
 * into the new address space through mm_map, which knows the user's half.
 *
 * NOTE(linux): everything is mapped before the old program is given up, so a bad segment is an
 * error of exec, where Linux kills the caller.
 */
#include "kernel/lifecycle/program.h"

#include "kernel/abi/elf.h"
#include "kernel/abi/mman.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/file.h"
#include "kernel/fs/file_map.h"
#include "kernel/fs/open.h"
#include "kernel/mm/mm.h"
#include "lib/errno.h"
#include "lib/string.h"

#define ALIGN_MOST (1UL << 30) /* a segment that asks for more is not given it */
/* 56 KiB of program headers: more than any linker makes, as Linux's 64 KiB. */
#define PHDRS_MAX 1024

struct elf_image {
	struct file *file;
	struct elf_header header;
	struct elf_phdr *phdr;	 /* header.phnum of them */
	vaddr_t bias;		 /* added to every address in the file */
	vaddr_t low, high;	 /* span of the PT_LOADs, page aligned, before bias */
	size_t align;		 /* of the bias, as the segments ask; a power of two */
};

static int read_exactly(struct file *f, void *buf, size_t n, uint64_t offset)
{
	ssize_t got = file_read_kernel(f, buf, n, offset);

	if (got < 0)
		return (int)got;
	return (size_t)got == n ? 0 : -ENOEXEC;
}

static bool header_ok(const struct elf_header *h)
{
	return memcmp(h->ident, ELF_MAGIC, 4) == 0 && h->ident[4] == ELF_CLASS_64 &&
	       h->ident[5] == ELF_DATA_LSB && (h->type == ET_EXEC || h->type == ET_DYN) &&
	       h->machine == EM_RISCV && h->phentsize == sizeof(struct elf_phdr) && h->phnum > 0 &&
	       h->phnum <= PHDRS_MAX;
}

/* The span of pages that the segments cover. -EINVAL: one lies about itself; -ENOEXEC: there is
 * none. */
static int image_span(struct elf_image *image)
{
	image->low = UINT64_MAX;
	image->align = PAGE_SIZE;
	for (unsigned i = 0; i < image->header.phnum; i++) {
		const struct elf_phdr *ph = &image->phdr[i];

		if (ph->type != PT_LOAD)
			continue;
		if (ph->filesz > ph->memsz || ph->memsz > USER_END ||
		    ph->vaddr > USER_END - ph->memsz || (ph->vaddr - ph->offset) % PAGE_SIZE != 0)
			return -EINVAL;
		image->low = min(image->low, ph->vaddr & PAGE_MASK);
		image->high = max(image->high, ALIGN_UP(ph->vaddr + ph->memsz, PAGE_SIZE));
		if ((ph->align & (ph->align - 1)) == 0 && ph->align <= ALIGN_MOST)
			image->align = max(image->align, ph->align);
	}
	return image->high > image->low ? 0 : -ENOEXEC;
}

/* short_file: the error for a file that ends within its header. */
static int image_open(struct elf_image *image, struct file *file, int short_file)
{
	int err;

	image->file = file;
	err = read_exactly(file, &image->header, sizeof(image->header), 0);
	if (err)
		return err == -ENOEXEC ? short_file : err;
	if (!header_ok(&image->header))
		return -ENOEXEC;
	image->phdr = kcalloc(image->header.phnum, sizeof(*image->phdr));
	if (image->phdr == NULL)
		return -ENOMEM;
	err = read_exactly(file, image->phdr, image->header.phnum * sizeof(*image->phdr),
			   image->header.phoff);
	return err ? err : image_span(image);
}

static unsigned segment_prot(const struct elf_phdr *ph)
{
	return (ph->flags & PF_R ? PROT_READ : 0) | (ph->flags & PF_W ? PROT_WRITE : 0) |
	       (ph->flags & PF_X ? PROT_EXEC : 0);
}

static int map_file_part(struct mm *mm, struct elf_image *image, const struct elf_phdr *ph)
{
	size_t lead = ph->vaddr % PAGE_SIZE;
	struct mm_map_request req = {
		.addr = image->bias + ph->vaddr - lead,
		.len = ph->filesz + lead,
		.prot = segment_prot(ph),
		.flags = MAP_PRIVATE | MAP_FIXED,
		.file = image->file,
		.offset = ph->offset - lead,
		.attach = file_map_attach,
	};
	vaddr_t at;

	return ph->filesz == 0 ? 0 : mm_map(mm, &req, &at);
}

/* What memsz has beyond filesz is zero: the rest of the last file page, then anonymous pages. */
static int map_zero_part(struct mm *mm, struct elf_image *image, const struct elf_phdr *ph)
{
	vaddr_t from = image->bias + ph->vaddr + ph->filesz;
	vaddr_t end = ALIGN_UP(image->bias + ph->vaddr + ph->memsz, PAGE_SIZE);
	vaddr_t page = ph->filesz == 0 ? from & PAGE_MASK : ALIGN_UP(from, PAGE_SIZE);
	struct mm_map_request req = {
		.addr = page,
		.len = end - page,
		.prot = segment_prot(ph),
		.flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS,
	};
	vaddr_t at;

	if (ph->memsz == ph->filesz)
		return 0;
	if (from < page && (ph->flags & PF_W)) {
		size_t n = page - from; /* less than a page */

		if (mm_write_remote(mm, from, page_address(zero_page), n) != n)
			return -ENOMEM;
	}
	return end > page ? mm_map(mm, &req, &at) : 0;
}

static int image_map(struct mm *mm, struct elf_image *image)
{
	for (unsigned i = 0; i < image->header.phnum; i++) {
		int err;

		if (image->phdr[i].type != PT_LOAD)
			continue;
		err = map_file_part(mm, image, &image->phdr[i]);
		if (err == 0)
			err = map_zero_part(mm, image, &image->phdr[i]);
		if (err)
			return err;
	}
	return 0;
}

/* Where the program headers lie in memory: inside the segment that holds that part of the file. */
static vaddr_t image_phdr_address(const struct elf_image *image)
{
	uint64_t offset = image->header.phoff;

	for (unsigned i = 0; i < image->header.phnum; i++) {
		const struct elf_phdr *ph = &image->phdr[i];

		if (ph->type == PT_LOAD && offset >= ph->offset && offset - ph->offset < ph->filesz)
			return image->bias + ph->vaddr + (offset - ph->offset);
	}
	return 0;
}

/* Code and data bounds for /proc/PID/stat, and the break behind the last segment. */
static void image_tell_mm(struct mm *mm, const struct elf_image *image)
{
	mm->code_start = UINT64_MAX;
	for (unsigned i = 0; i < image->header.phnum; i++) {
		const struct elf_phdr *ph = &image->phdr[i];
		vaddr_t start = image->bias + ph->vaddr;

		if (ph->type != PT_LOAD)
			continue;
		if (ph->flags & PF_X) {
			mm->code_start = min(mm->code_start, start);
			mm->code_end = max(mm->code_end, start + ph->filesz);
		}
		mm->data_start = max(mm->data_start, start);
		mm->data_end = max(mm->data_end, start + ph->filesz);
	}
	mm->brk_start = mm->brk = image->bias + image->high + mm->layout.brk_gap;
}

/* Room for a whole image whose place is free to choose: found by mapping it as a block and letting
 * go. */
static int find_room(struct mm *mm, size_t len, vaddr_t *out)
{
	struct mm_map_request req = {.len = len,
				     .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE};
	int err = mm_map(mm, &req, out);

	return err ? err : mm_unmap(mm, *out, len);
}

/* The interpreter's name is a string in the file: opened as the program itself was. NULL in *out if
 * there is none. */
static int interp_open(const struct elf_image *image, struct file **out)
{
	const struct elf_phdr *ph = image->phdr;
	const struct elf_phdr *end = ph + image->header.phnum;
	char name[256];
	int err;

	*out = NULL;
	while (ph < end && ph->type != PT_INTERP)
		ph++;
	if (ph == end)
		return 0;
	if (ph->filesz < 2 || ph->filesz > sizeof(name))
		return -ENOEXEC;
	err = read_exactly(image->file, name, ph->filesz, ph->offset);
	if (err)
		return err;
	if (name[ph->filesz - 1] != '\0')
		return -ENOEXEC;
	return file_open_exec(AT_FDCWD, name, 0, out);
}

static int interp_load(struct program *p, struct file *file)
{
	struct elf_image image = { 0 };
	vaddr_t at;
	int err = image_open(&image, file, -EIO);

	if (err == 0 && image.header.type == ET_DYN) {
		err = find_room(p->mm, image.high - image.low, &at);
		image.bias = at - image.low;
	}
	if (err == 0)
		err = image_map(p->mm, &image);
	p->entry = image.bias + image.header.entry;
	p->interp_base = image.bias;
	kfree(image.phdr);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

/* The program itself, and its interpreter if it names one. */
static int image_load(struct program *p, struct elf_image *image)
{
	struct file *interp;
	int err = image_open(image, p->file, -ENOEXEC);

	if (err)
		return err;
	if (image->header.type == ET_DYN)
		image->bias = ALIGN_UP(p->mm->layout.pie_base - image->low, image->align);
	err = image_map(p->mm, image);
	if (err)
		return err;
	image_tell_mm(p->mm, image);
	p->program_entry = p->entry = image->bias + image->header.entry;
	p->phdr = image_phdr_address(image);
	p->phnum = image->header.phnum;
	for (unsigned i = 0; i < image->header.phnum; i++) {
		if (image->phdr[i].type == PT_GNU_STACK)
			p->stack_exec = image->phdr[i].flags & PF_X;
	}
	err = interp_open(image, &interp);
	if (err || interp == NULL)
		return err;
	err = interp_load(p, interp);
	file_exec_done(interp);
	file_put(interp);
	return err;
}

int elf_load(struct program *p)
{
	struct elf_image image = { 0 };
	int err = image_load(p, &image);

	kfree(image.phdr);
	return err;
}

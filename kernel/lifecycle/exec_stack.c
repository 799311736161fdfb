/*
 * What a new program finds on its stack (System V ABI for RISC-V, "process initialisation"):
 *
 *	stack_top  8 zero bytes
 *		   name of the program (AT_EXECFN)
 *		   environment strings
 *		   argument strings
 *		   16 random bytes (AT_RANDOM)
 *		   padding to 16
 *		   auxiliary vector, ended by AT_NULL
 *		   envp[], NULL
 *		   argv[], NULL
 *	sp ->	   argc
 *
 * All of it is put together in one kernel buffer and written once.
 */
#include "kernel/lifecycle/program.h"

#include "arch/machine.h"
#include "arch/page.h"
#include "kernel/abi/elf.h"
#include "kernel/abi/mman.h"
#include "kernel/abi/signal.h"
#include "kernel/alloc/buffer.h"
#include "kernel/mm/mm.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

#define STACK_FIRST (132UL << 10) /* mapped at start; it grows by faults */
#define AUXV_PAIRS 20

struct layout {
	char *buf;     /* image of the stack's end */
	size_t size;
	vaddr_t base;  /* where buf[0] will lie */
	vaddr_t name, env, args, random;
};

/* Where the parts lie, from the top down; the vectors below the strings, sp at a multiple of 16. */
static void layout_plan(struct layout *l, const struct program *p)
{
	size_t vectors = 8 * (1 + p->argv.count + 1 + p->envp.count + 1 + 2 * AUXV_PAIRS);
	vaddr_t top = p->mm->layout.stack_top;

	l->name = top - 8 - (strlen(p->name) + 1);
	l->env = l->name - p->envp.used;
	l->args = l->env - p->argv.used;
	l->random = ALIGN_DOWN(l->args - 16, 16);
	l->base = ALIGN_DOWN(l->random - vectors, 16);
	l->size = top - l->base;
}

static void *layout_at(const struct layout *l, vaddr_t va)
{
	return l->buf + (va - l->base);
}

/* Addresses of consecutive strings, ended by NULL. Returns where the vector ends. */
static uint64_t *vector_put(uint64_t *out, vaddr_t strings, const struct arg_list *list)
{
	const char *s = list->data;

	for (unsigned i = 0; i < list->count; i++) {
		*out++ = strings + (vaddr_t)(s - list->data);
		s += strlen(s) + 1;
	}
	*out++ = 0;
	return out;
}

static void auxv_put(uint64_t *out, const struct program *p, const struct layout *l)
{
	const uint64_t pairs[AUXV_PAIRS][2] = {
		{ AT_SYSINFO_EHDR, p->mm->vdso },
		{ AT_HWCAP, arch_elf_hwcap() },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, 100 },
		{ AT_PHDR, p->phdr },
		{ AT_PHENT, sizeof(struct elf_phdr) },
		{ AT_PHNUM, p->phnum },
		{ AT_BASE, p->interp_base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, p->program_entry },
		{ AT_UID, uid_out(p->cred->uid) },
		{ AT_EUID, uid_out(p->cred->euid) },
		{ AT_GID, gid_out(p->cred->gid) },
		{ AT_EGID, gid_out(p->cred->egid) },
		{ AT_SECURE, p->secure },
		{ AT_RANDOM, l->random },
		{ AT_EXECFN, l->name },
		{ AT_MINSIGSTKSZ, sizeof(struct abi_rt_sigframe) + 16 },
		{ AT_NULL, 0 },
	};

	memcpy(out, pairs, sizeof(pairs));
	_Static_assert(sizeof(pairs) <= sizeof(p->mm->auxv), "mm keeps them for /proc/PID/auxv");
	memcpy(p->mm->auxv, pairs, sizeof(pairs));
}

/* An empty list has no text to point to. */
static void strings_put(char *at, const struct arg_list *list)
{
	if (list->used > 0)
		memcpy(at, list->data, list->used);
}

static void layout_fill(const struct layout *l, const struct program *p)
{
	uint64_t *out = (uint64_t *)l->buf;

	*out++ = p->argv.count;
	out = vector_put(out, l->args, &p->argv);
	out = vector_put(out, l->env, &p->envp);
	auxv_put(out, p, l);
	memcpy(layout_at(l, l->random), p->random, sizeof(p->random));
	strings_put(layout_at(l, l->args), &p->argv);
	strings_put(layout_at(l, l->env), &p->envp);
	memcpy(layout_at(l, l->name), p->name, strlen(p->name) + 1);
}

static void layout_tell_mm(const struct layout *l, const struct program *p)
{
	p->mm->stack_start = l->base;
	p->mm->arg_start = l->args;
	p->mm->arg_end = p->mm->env_start = l->env;
	p->mm->env_end = l->name;
}

static int stack_map(struct mm *mm, size_t size, bool exec)
{
	size_t len = ALIGN_UP(size + STACK_FIRST, PAGE_SIZE);
	struct mm_map_request req = {
		.addr = mm->layout.stack_top - len,
		.len = len,
		.prot = PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0),
		.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN | MAP_STACK,
	};
	vaddr_t at;

	return mm_map(mm, &req, &at);
}

int exec_stack_build(struct program *p)
{
	struct layout l;
	int err = mm_map_vdso(p->mm);

	if (err)
		return err;
	layout_plan(&l, p);
	err = stack_map(p->mm, l.size, p->stack_exec);
	if (err)
		return err;
	l.buf = buffer_alloc(l.size);
	if (l.buf == NULL)
		return -ENOMEM;
	memset(l.buf, 0, l.size);
	layout_fill(&l, p);
	layout_tell_mm(&l, p);
	p->sp = l.base;
	if (mm_write_remote(p->mm, l.base, l.buf, l.size) != l.size)
		err = -ENOMEM;
	buffer_free(l.buf, l.size);
	return err;
}

/*
 * A program on its way to being run: what exec gathers before it gives up the old one.
 */
#pragma once

#include "kernel/lifecycle/arg_list.h"
#include "kernel/task/task.h"

struct file;
struct cred;

#define PROGRAM_HEAD 256 /* bytes read to tell its format: as much of a #! line as counts */

struct program {
	struct file *file;	 /* the binary; for a script in the end its interpreter */
	char *name; /* as it is told in AT_EXECFN: what the caller said, or /dev/fd/N */
	bool name_closes;	 /* by a descriptor that exec closes: nobody can open it by that */
	char head[PROGRAM_HEAD]; /* the file's first bytes, zero-filled */
	struct arg_list argv, envp;
	struct cred *cred;	 /* what it will run with */
	bool secure;		 /* AT_SECURE: more rights than the caller */
	unsigned persona;	 /* what becomes of the caller's */
	uint8_t random[16];	 /* AT_RANDOM */

	struct mm *mm;		 /* the new address space */
	vaddr_t entry;		 /* where it begins: the interpreter's entry if there is one */
	vaddr_t program_entry;	 /* AT_ENTRY */
	vaddr_t phdr;		 /* AT_PHDR in the new space; 0: not mapped */
	unsigned phnum;
	vaddr_t interp_base;	 /* AT_BASE */
	bool stack_exec;	 /* PT_GNU_STACK asks for it */
	vaddr_t sp;		 /* once the stack is built */
};

/* Loads p->file into p->mm: segments, break, interpreter. 0, -ENOEXEC, -ENOMEM, -EINVAL, -EIO,
 * -ELIBBAD... Sleeps. */
int elf_load(struct program *p) __must_check;

/* Maps the stack and the vDSO and lays out strings, vectors and auxv; sets p->sp. Sleeps. */
int exec_stack_build(struct program *p) __must_check;

/* Credentials after exec of p->file: set-id bits, capabilities. Sets p->cred and p->secure. */
int exec_cred_prepare(struct program *p) __must_check;

/* Makes current the only thread of its group, with the group's number: all others are killed and
 * gone. 0, or -EAGAIN (another thread is at it), -EINTR (current is killed itself). Sleeps. */
int exec_alone(void) __must_check;

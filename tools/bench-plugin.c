/*
 * bench-plugin.c: a QEMU TCG plugin that counts kinds of instructions between the marks of
 * tests/bench/bench.h. Built and loaded by tools/bench (--counts, --profile).
 *
 * The marks are HINTs, slti zero, zero, N: they do nothing, and no compiler makes them.
 *
 *	0x50 reset	forget what was counted
 *	0x51 begin	count from here
 *	0x52 end	to here; pairs add up until the next reset
 *	0x53 report	write a record
 *
 * A record is a line "counts" with the counters in the order of `kind_names` and, if the plugin is
 * given profile=1, lines "at ADDRESS N" for every instruction of the kernel that ran.
 *
 * Each counter is raised by code that QEMU lays into the translation, so nothing is missed and the
 * guest sees no difference. `begin` notes where the counters stand, `end` takes the difference.
 *
 * QEMU's plugin header is in no Debian package; what is used of the interface (version 1) is
 * declared here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- QEMU's interface ------------------------------------------------------------------------- */

struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { INLINE_ADD_U64 = 0, CALLBACK_NO_REGS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int op, void *counter,
						uint64_t step);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *,
					    void (*cb)(unsigned vcpu, void *), int flags, void *);
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* --- counters --------------------------------------------------------------------------------- */

enum kind { USER, FIRMWARE, KERNEL, LOAD, STORE, AMO, FENCE, FENCE_I, SFENCE, SATP, SSTATUS, SBI, KINDS };

static const char *const kind_names[KINDS] = {
	"user", "firmware", "kernel", "load", "store", "amo",
	"fence", "fence.i", "sfence.vma", "satp", "sstatus", "sbi",
};

struct counter {
	uint64_t now, at_begin, sum;
};

struct place {
	uint64_t address;
	struct counter count;
	struct place *next;
};

enum { BUCKETS = 1 << 16 };

static struct counter kinds[KINDS];
static struct place *places[BUCKETS];
static int profile;
static FILE *out;

static void each_counter(void (*visit)(struct counter *))
{
	for (unsigned i = 0; i < KINDS; i++)
		visit(&kinds[i]);
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct place *p = places[i]; p; p = p->next)
			visit(&p->count);
}

static void counter_reset(struct counter *c)
{
	c->sum = 0;
}

static void counter_begin(struct counter *c)
{
	c->at_begin = c->now;
}

static void counter_end(struct counter *c)
{
	c->sum += c->now - c->at_begin;
}

static struct counter *place_counter(uint64_t address)
{
	struct place **bucket = &places[(address >> 1) % BUCKETS];

	for (struct place *p = *bucket; p; p = p->next)
		if (p->address == address)
			return &p->count;
	struct place *fresh = calloc(1, sizeof(*fresh));
	if (!fresh)
		abort();
	fresh->address = address;
	fresh->next = *bucket;
	*bucket = fresh;
	return &fresh->count;
}

static void record_write(void)
{
	fputs("counts", out);
	for (unsigned i = 0; i < KINDS; i++)
		fprintf(out, " %s=%llu", kind_names[i], (unsigned long long)kinds[i].sum);
	fputc('\n', out);
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct place *p = places[i]; p; p = p->next)
			if (p->count.sum)
				fprintf(out, "at %llx %llu\n", (unsigned long long)p->address,
					(unsigned long long)p->count.sum);
	fflush(out);
}

static void on_mark(unsigned vcpu, void *data)
{
	(void)vcpu;
	switch ((intptr_t)data) {
	case 0:
		each_counter(counter_reset);
		break;
	case 1:
		each_counter(counter_begin);
		break;
	case 2:
		each_counter(counter_end);
		break;
	default:
		record_write();
	}
}

/* --- instructions ----------------------------------------------------------------------------- */

/* The mark's number, 0 to 3, or -1. */
static int mark_of(uint32_t insn)
{
	return (insn & 0xffcfffff) == 0x05002013 ? (int)(insn >> 20 & 3) : -1;
}

static int kind_of_compressed(uint32_t insn)
{
	unsigned quadrant = insn & 3, op = insn >> 13 & 7;

	if (quadrant == 1 || (op & 3) == 0)
		return KINDS;
	return op & 4 ? STORE : LOAD;
}

static int kind_of_system(uint32_t insn)
{
	unsigned op = insn >> 12 & 7, csr = insn >> 20, source = insn >> 15 & 31;

	if (insn == 0x73)
		return SBI;
	if ((insn & 0xfe007fff) == 0x12000073)
		return SFENCE;
	if (op == 0 || ((op & 3) != 1 && source == 0))
		return KINDS; /* not a csr instruction, or one that only reads */
	return csr == 0x180 ? SATP : csr == 0x100 ? SSTATUS : KINDS;
}

/* KINDS: none of those that are counted. */
static int kind_of(uint32_t insn, size_t size)
{
	if (size == 2)
		return kind_of_compressed(insn & 0xffff);
	switch (insn & 0x7f) {
	case 0x03:
	case 0x07:
		return LOAD;
	case 0x23:
	case 0x27:
		return STORE;
	case 0x2f:
		return AMO;
	case 0x0f:
		return insn >> 12 & 7 ? FENCE_I : FENCE;
	case 0x73:
		return kind_of_system(insn);
	default:
		return KINDS;
	}
}

static void count(struct qemu_plugin_insn *insn, struct counter *c)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &c->now, 1);
}

static void instrument(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	size_t size = qemu_plugin_insn_size(insn);
	uint32_t code = 0;
	int mark, kind;

	memcpy(&code, qemu_plugin_insn_data(insn), size);
	mark = size == 4 ? mark_of(code) : -1;
	if (mark >= 0)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, CALLBACK_NO_REGS,
						       (void *)(intptr_t)mark);
	if (address >> 63 == 0) {
		/* OpenSBI lies in the first 2 MiB of memory, at physical addresses. */
		count(insn, &kinds[address >> 21 == 0x80000000 >> 21 ? FIRMWARE : USER]);
		return;
	}
	count(insn, &kinds[KERNEL]);
	kind = kind_of(code, size);
	if (kind < KINDS)
		count(insn, &kinds[kind]);
	if (profile)
		count(insn, place_counter(address));
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		instrument(qemu_plugin_tb_get_insn(tb, i));
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info,
								int argc, char **argv)
{
	const char *path = "bench-counts.txt";

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			path = argv[i] + 4;
		profile |= strncmp(argv[i], "profile=", 8) == 0 && argv[i][8] != '0' &&
			   strcmp(argv[i] + 8, "off") != 0;
	}
	out = fopen(path, "w");
	if (!out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}

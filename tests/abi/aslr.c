/*
 * aslr.c: where exec puts stack, break, mappings, vDSO and position-independent programs:
 * differently each time, unless personality(2) or /proc/sys/kernel/randomize_va_space say not to.
 *
 * The program runs itself: with the argument `tell` it writes a struct places to descriptor 3.
 * Since the tests are linked to fixed addresses, the position-independent program is an ELF file
 * made here, whose few instructions write the address that they find themselves at.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 60
#include "abi.h"

#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <elf.h>

#define SAMPLES 12
#define MIB (1UL << 20)
#define GIB (1UL << 30)
#define RANDOMIZE "/proc/sys/kernel/randomize_va_space"
#define GUARD (256 * 4096UL)

struct places {
	uint64_t stack, brk, map, second_map, vdso, end, random[2];
	unsigned persona;
};

static void tell(void)
{
	struct places p;
	extern char end[];
	char local;

	p.stack = (uint64_t)&local;
	p.brk = (uint64_t)syscall(SYS_brk, 0);
	p.map = (uint64_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p.second_map = (uint64_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p.vdso = getauxval(AT_SYSINFO_EHDR);
	p.end = (uint64_t)end;
	memcpy(p.random, (void *)getauxval(AT_RANDOM), 16);
	p.persona = personality(0xffffffff);
	_exit(write(3, &p, sizeof(p)) != sizeof(p));
}

/* Runs `path` with what it writes to descriptor 3 going to `out`; -1: take the persona as it is. */
static void run_told(const char *path, long persona, void *out, size_t size)
{
	int ends[2], status;

	CHECK(pipe(ends) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (persona >= 0)
			CHECK(personality(persona) >= 0);
		CHECK(dup2(ends[1], 3) == 3);
		execl(path, path, "tell", (char *)NULL);
		FAIL("exec %s: errno %d", path, errno);
	}
	CHECK(pid > 0);
	close(ends[1]);
	CHECK_EQ(read(ends[0], out, size), (long)size);
	close(ends[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static struct places places_with(long persona)
{
	struct places p;

	run_told("/proc/self/exe", persona, &p, sizeof(p));
	return p;
}

/* The end of user space, which is one of several on Linux: whole GiB. */
static uint64_t user_top(void)
{
	return (places_with(ADDR_NO_RANDOMIZE).stack + GIB) & ~(GIB - 1);
}

static int values_differ(const uint64_t *v, size_t stride)
{
	int different = 0;

	for (int i = 0; i < SAMPLES; i++) {
		int seen = 0;
		for (int j = 0; j < i; j++)
			seen |= v[i * stride] == v[j * stride];
		different += !seen;
	}
	return different;
}

static void randomize_set(const char *value)
{
	int fd = open(RANDOMIZE, O_WRONLY);

	if (fd < 0 || write(fd, value, 1) != 1)
		SKIP("cannot write " RANDOMIZE);
	close(fd);
}

static int randomize_get(void)
{
	char text[8] = "";
	int fd = open(RANDOMIZE, O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return atoi(text);
}

#define STRIDE (sizeof(struct places) / 8)
#define DISTINCT(sample, field) values_differ(&sample[0].field, STRIDE)

/* With 18 bits each, that of 12 draws two are alike happens once in 4,000 runs: allow for one. */
TEST(execs_differ)
{
	struct places p[SAMPLES];

	_Static_assert(sizeof(struct places) % 8 == 0, "stride");
	CHECK_EQ(randomize_get(), 2);
	for (int i = 0; i < SAMPLES; i++)
		p[i] = places_with(0);
	CHECK(DISTINCT(p, stack) >= SAMPLES - 1);
	CHECK(DISTINCT(p, brk) >= SAMPLES - 1);
	CHECK(DISTINCT(p, map) >= SAMPLES - 1);
	CHECK(DISTINCT(p, vdso) >= SAMPLES - 1);
	CHECK_EQ(DISTINCT(p, random[0]), SAMPLES);
	CHECK_EQ(DISTINCT(p, random[1]), SAMPLES);
}

/* Distances are drawn each on their own. */
TEST(distances_differ)
{
	uint64_t apart[SAMPLES];

	for (int i = 0; i < SAMPLES; i++) {
		struct places p = places_with(0);
		apart[i] = p.stack - p.map;
	}
	CHECK(values_differ(apart, 1) >= SAMPLES - 1);
}

TEST(ranges)
{
	uint64_t top = user_top();

	for (int i = 0; i < SAMPLES; i++) {
		struct places p = places_with(0);

		CHECK(p.stack < top && p.stack > top - GIB - MIB);
		CHECK(p.brk >= p.end && p.brk < p.end + GIB + MIB);
		CHECK_EQ(p.map % 4096, 0);
		CHECK_EQ(p.vdso % 4096, 0);
		CHECK(p.second_map < p.map);
		CHECK(p.map < p.stack - 8 * MIB - GUARD);
		CHECK(p.map > top - 4 * GIB);
	}
}

static void check_same_places(const struct places *a, const struct places *b)
{
	CHECK_EQ(a->stack, b->stack);
	CHECK_EQ(a->brk, b->brk);
	CHECK_EQ(a->map, b->map);
	CHECK_EQ(a->vdso, b->vdso);
	CHECK(a->random[0] != b->random[0]);
}

TEST(no_randomize)
{
	struct places a = places_with(ADDR_NO_RANDOMIZE), b = places_with(ADDR_NO_RANDOMIZE);

	check_same_places(&a, &b);
	CHECK_EQ(a.persona, ADDR_NO_RANDOMIZE);
	CHECK(a.brk >= a.end && a.brk < a.end + MIB);
	CHECK(a.stack > user_top() - MIB);
}

/* fork and exec hand it on; a fork changes no address. */
TEST(persona_is_inherited)
{
	int status;

	CHECK_EQ(personality(ADDR_NO_RANDOMIZE), 0);
	CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
		struct places a = places_with(-1), b = places_with(-1);
		check_same_places(&a, &b);
		CHECK_EQ(a.persona, ADDR_NO_RANDOMIZE);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(persona_in_proc)
{
	char text[16] = "";
	int fd;

	CHECK_EQ(personality(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT), 0);
	fd = open("/proc/self/personality", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, text, sizeof(text)), 9);
	CHECK(strcmp(text, "00240000\n") == 0);
}

TEST(sysctl_0_nothing)
{
	randomize_set("0");
	struct places a = places_with(0), b = places_with(0);
	randomize_set("2");
	check_same_places(&a, &b);
	CHECK_EQ(a.persona, 0);
}

TEST(sysctl_1_all_but_the_break)
{
	struct places p[SAMPLES];

	randomize_set("1");
	for (int i = 0; i < SAMPLES; i++)
		p[i] = places_with(0);
	randomize_set("2");
	CHECK(DISTINCT(p, stack) >= SAMPLES - 1);
	CHECK(DISTINCT(p, map) >= SAMPLES - 1);
	CHECK_EQ(DISTINCT(p, brk), 1);
}

TEST(compat_layout_goes_upwards)
{
	struct places a = places_with(ADDR_COMPAT_LAYOUT), b = places_with(ADDR_COMPAT_LAYOUT);
	uint64_t base = ((1UL << 39) / 3 + 4095) & ~4095UL;

	CHECK(a.second_map > a.map);
	CHECK(a.map != b.map);
	CHECK(a.map >= base - MIB && a.map < base + GIB + MIB);
	struct places fixed = places_with(ADDR_COMPAT_LAYOUT | ADDR_NO_RANDOMIZE);
	CHECK(fixed.map >= base - MIB && fixed.map < base + MIB);
}

TEST(unlimited_stack_goes_upwards)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	CHECK(setrlimit(RLIMIT_STACK, &limit) == 0);
	struct places p = places_with(0);
	CHECK(p.second_map > p.map);
	CHECK(p.map < user_top() - 8 * GIB);
}

TEST(large_stack_limit_moves_mappings_down)
{
	struct rlimit limit = {16 * GIB, 16 * GIB};

	CHECK(setrlimit(RLIMIT_STACK, &limit) == 0);
	struct places p = places_with(0);
	CHECK(p.map < p.stack - 16 * GIB);
	CHECK(p.second_map < p.map);
}

/* Mappings up and down: gaps are found and used again. */
TEST(compat_layout_room)
{
	CHECK(personality(ADDR_COMPAT_LAYOUT) >= 0);
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		execl("/proc/self/exe", "aslr", "--nofork", "room", (char *)NULL);
		_exit(127);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(room)
{
	enum { N = 50, LEN = 3 * 4096 };
	char *at[N];

	for (int i = 0; i < N; i++) {
		at[i] = mmap(NULL, LEN, i & 1 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
		CHECK(at[i] != MAP_FAILED);
	}
	for (int i = 0; i < N; i += 2)
		CHECK(munmap(at[i], LEN) == 0);
	for (int i = 0; i < N; i += 2) {
		char *again = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int found = 0;
		for (int j = 0; j < N; j += 2)
			found |= again == at[j];
		CHECK(found);
	}
}

/* --- a position-independent program ----------------------------------------------------------- */

struct pie {
	Elf64_Ehdr header;
	Elf64_Phdr load;
	uint32_t code[16];
};

/* Writes the address of its first instruction to descriptor 3 and exits. */
static const uint32_t pie_code[] = {
	0x00000297, /* auipc t0, 0 */
	0xff010113, /* addi sp, sp, -16 */
	0x00513023, /* sd t0, 0(sp) */
	0x00300513, /* li a0, 3 */
	0x00010593, /* mv a1, sp */
	0x00800613, /* li a2, 8 */
	0x04000893, /* li a7, write */
	0x00000073, /* ecall */
	0x00000513, /* li a0, 0 */
	0x05d00893, /* li a7, exit */
	0x00000073, /* ecall */
};

static void pie_write(const char *path, uint64_t align)
{
	struct pie p = {
		.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			   .e_type = ET_DYN,
			   .e_machine = EM_RISCV,
			   .e_version = EV_CURRENT,
			   .e_entry = offsetof(struct pie, code),
			   .e_phoff = offsetof(struct pie, load),
			   .e_ehsize = sizeof(Elf64_Ehdr),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 1},
		.load = {.p_type = PT_LOAD,
			 .p_flags = PF_R | PF_X,
			 .p_filesz = sizeof(struct pie),
			 .p_memsz = sizeof(struct pie),
			 .p_align = align},
	};
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0755);

	memcpy(p.code, pie_code, sizeof(pie_code));
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, &p, sizeof(p)), (long)sizeof(p));
	close(fd);
}

TEST(pie_differs)
{
	uint64_t base[SAMPLES], fixed[2];

	pie_write("/tmp/aslr-pie", 4096);
	for (int i = 0; i < SAMPLES; i++) {
		run_told("/tmp/aslr-pie", 0, &base[i], 8);
		CHECK_EQ(base[i] % 4096, offsetof(struct pie, code));
	}
	CHECK(values_differ(base, 1) >= SAMPLES - 1);
	for (int i = 0; i < 2; i++)
		run_told("/tmp/aslr-pie", ADDR_NO_RANDOMIZE, &fixed[i], 8);
	CHECK_EQ(fixed[0], fixed[1]);
	unlink("/tmp/aslr-pie");
}

TEST(pie_is_aligned_as_it_asks)
{
	uint64_t base;

	pie_write("/tmp/aslr-pie", 2 * MIB);
	for (int i = 0; i < SAMPLES; i++) {
		run_told("/tmp/aslr-pie", 0, &base, 8);
		CHECK_EQ(base % (2 * MIB), offsetof(struct pie, code));
	}
	unlink("/tmp/aslr-pie");
}

/* --- set-id programs, and reading for executing ----------------------------------------------- */

TEST(set_id_forgets_the_persona)
{
	char data[65536], path[] = "/tmp/aslr-suid";
	int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_CREAT | O_WRONLY, 0755);
	struct places p;
	ssize_t n;
	int status;

	CHECK(from >= 0 && to >= 0);
	while ((n = read(from, data, sizeof(data))) > 0)
		CHECK_EQ(write(to, data, n), n);
	CHECK(fchown(to, 1001, 1001) == 0);
	CHECK(fchmod(to, 04755) == 0);
	close(to);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(setresuid(1000, 1000, 1000) == 0);
		run_told(path, ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC, &p, sizeof(p));
		CHECK_EQ(p.persona, 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	unlink(path);
	CHECK_EQ(status, 0);
}

static int may_execute(void *at)
{
	char line[256], *end;
	FILE *maps = fopen("/proc/self/maps", "r");
	int found = -1;

	CHECK(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long low = strtoul(line, &end, 16), high = strtoul(end + 1, &end, 16);
		if (low <= (unsigned long)at && (unsigned long)at < high)
			found = end[3] == 'x';
	}
	fclose(maps);
	return found;
}

TEST(read_implies_exec)
{
	char *plain = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(personality(READ_IMPLIES_EXEC) >= 0);
	char *readable = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(may_execute(plain), 0);
	CHECK_EQ(may_execute(readable), 1);
	CHECK_EQ(may_execute(none), 0);
	CHECK(mprotect(plain, 4096, PROT_READ | PROT_WRITE) == 0);
	CHECK_EQ(may_execute(plain), 1);
}

/* --- the gap below a stack -------------------------------------------------------------------- */

/* Nothing that may go anywhere is put right below an area that grows down. */
TEST(guard_gap)
{
	size_t len = 4096;
	char *room = mmap(NULL, 16 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *stack = room + 8 * MIB;

	CHECK(room != MAP_FAILED);
	CHECK(munmap(room, 16 * MIB) == 0);
	CHECK(mmap(stack, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0) == stack);
	for (size_t below = 4096; below <= 64 * 4096; below *= 2) {
		char *hint = stack - below;
		char *at = mmap(hint, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(at != MAP_FAILED);
		CHECK(at + len <= stack - GUARD || at > stack);
		CHECK(munmap(at, len) == 0);
	}
	stack[-4096] = 1; /* it grows, and the gap moves with it */
	stack -= 4096;
	for (int i = 0; i < 40; i++) {
		char *at = mmap(NULL, 256 * 1024, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(at != MAP_FAILED);
		CHECK(at + 256 * 1024 <= stack - GUARD || at > stack);
	}
	CHECK_EQ(stack[0], 1);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "tell") == 0)
		tell();
	return abi_main(argc, argv);
}

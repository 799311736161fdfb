/*
 * exec_elf.c: programs with a broken ELF header. Every field of the file header and of every
 * program header is set in turn to each of a row of bad values; exec must then fail with an error,
 * or the new program must run or die by a signal. It must never hang and never harm the kernel.
 *
 * Which of these happens depends on the field, and on Linux in some cases on luck (what lies at the
 * wrong entry point), so only the fields whose errors are certain are pinned by tests of their own.
 */
#define ABI_OWN_MAIN
#define ABI_TIMEOUT 60
#include "tests/abi/abi.h"
#include <elf.h>
#include <sys/resource.h>

static char image[4 << 20];
static ssize_t image_size;

static void load_self(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	image_size = read_file("/proc/self/exe", image, sizeof(image));
	CHECK(image_size > 0);
	enter_scratch();
}

static void put_bytes(size_t offset, size_t size)
{
	int fd = open("image", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(pwrite(fd, image + offset, size, offset), size);
	close(fd);
}

/* Execs the file with --quit: wait status, or -1 when it hung. */
static int exec_file(void)
{
	int status;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		struct rlimit seconds = { 1, 1 };
		setrlimit(RLIMIT_CPU, &seconds);
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execl("./image", "image", "--quit", (char *)NULL);
		_exit(errno);
	}
	for (int ms = 0; ms < 3000; ms++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		sleep_ms(1);
	}
	kill(pid, SIGKILL);
	wait_status(pid);
	return -1;
}

static int exec_image(ssize_t size)
{
	unlink("image");
	write_file("image", image, size);
	return exec_file();
}

/* Tries bad values in one field of the image and puts it back. */
static void corrupt_field(size_t offset, size_t size, const char *what)
{
	static const uint64_t values[] = { 0, 1, 0xffff, 0x7fffffff, 0xffffffffffff, -4096ULL };
	char saved[8];

	memcpy(saved, image + offset, size);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		memcpy(image + offset, &values[i], size);
		put_bytes(offset, size);
		int status = exec_file();
		if (status == -1)
			FAIL("%s at %zu = %#llx: the program hangs", what, offset,
			     (long long)values[i]);
		if (!WIFEXITED(status) && !WIFSIGNALED(status))
			FAIL("%s at %zu = %#llx: wait status %#x", what, offset,
			     (long long)values[i], status);
		memcpy(image + offset, saved, size);
		put_bytes(offset, size);
	}
}

TEST(file_header_fields)
{
	load_self();
	write_file("image", image, image_size);
	for (size_t i = 0; i < EI_NIDENT; i++)
		corrupt_field(i, 1, "e_ident");
	corrupt_field(offsetof(Elf64_Ehdr, e_type), 2, "e_type");
	corrupt_field(offsetof(Elf64_Ehdr, e_machine), 2, "e_machine");
	corrupt_field(offsetof(Elf64_Ehdr, e_version), 4, "e_version");
	corrupt_field(offsetof(Elf64_Ehdr, e_entry), 8, "e_entry");
	corrupt_field(offsetof(Elf64_Ehdr, e_phoff), 8, "e_phoff");
	corrupt_field(offsetof(Elf64_Ehdr, e_shoff), 8, "e_shoff");
	corrupt_field(offsetof(Elf64_Ehdr, e_flags), 4, "e_flags");
	for (size_t offset = offsetof(Elf64_Ehdr, e_ehsize); offset < sizeof(Elf64_Ehdr);
	     offset += 2)
		corrupt_field(offset, 2, "a 16-bit size or count");
}

TEST(program_header_fields)
{
	load_self();
	write_file("image", image, image_size);
	Elf64_Ehdr *header = (void *)image;
	for (int i = 0; i < header->e_phnum; i++) {
		size_t at = header->e_phoff + i * sizeof(Elf64_Phdr);

		corrupt_field(at + offsetof(Elf64_Phdr, p_type), 4, "p_type");
		corrupt_field(at + offsetof(Elf64_Phdr, p_flags), 4, "p_flags");
		for (size_t field = offsetof(Elf64_Phdr, p_offset); field < sizeof(Elf64_Phdr);
		     field += 8)
			corrupt_field(at + field, 8, "a program header's field");
	}
}

TEST(truncated_at_every_interesting_length)
{
	static const int lengths[] = {1,   3,   4,    16,   63,   64,    65,    120,
				      200, 400, 4095, 4096, 4097, 65536, 200000};

	load_self();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int status = exec_image(lengths[i]);
		if (status == -1 || status == 0)
			FAIL("%d bytes of a program: wait status %#x", lengths[i], status);
	}
}

#define CHECK_REFUSED(field, value, expected)                                                  \
	do {                                                                                   \
		__typeof__(field) saved = (field);                                             \
		(field) = (value);                                                             \
		int refused_status = exec_image(image_size);                                   \
		if (!WIFEXITED(refused_status) || WEXITSTATUS(refused_status) != (expected))   \
			FAIL("%s = %s: wait status %#x, expected %s", #field, #value,          \
			     refused_status, #expected);                                       \
		(field) = saved;                                                               \
	} while (0)

TEST(certain_errors)
{
	load_self();
	Elf64_Ehdr *header = (void *)image;

	CHECK_REFUSED(header->e_ident[1], 'X', ENOEXEC);
	CHECK_REFUSED(header->e_machine, EM_68K, ENOEXEC);
	CHECK_REFUSED(header->e_type, ET_REL, ENOEXEC);
	CHECK_REFUSED(header->e_type, ET_CORE, ENOEXEC);
	CHECK_REFUSED(header->e_phentsize, 32, ENOEXEC);
	CHECK_REFUSED(header->e_phnum, 0, ENOEXEC);
	CHECK_REFUSED(header->e_machine, header->e_machine, 0);
}

/* An interpreter that is not there, or is no program, is exec's error, not the child's death. */
TEST(bad_interpreters)
{
	load_self();
	Elf64_Ehdr *header = (void *)image;
	Elf64_Phdr *last = (Elf64_Phdr *)(image + header->e_phoff) + header->e_phnum - 1;
	size_t end = image_size;

	last->p_type = PT_INTERP;
	last->p_offset = end;
	strcpy(image + end, "/nowhere/ld.so");
	last->p_filesz = sizeof("/nowhere/ld.so");
	image_size = end + last->p_filesz;
	CHECK_REFUSED(last->p_flags, PF_R, ENOENT);
	CHECK_REFUSED(last->p_filesz, 5, ENOEXEC);
	strcpy(image + end, "/dev/null");
	last->p_filesz = sizeof("/dev/null");
	CHECK_REFUSED(last->p_flags, PF_R, EACCES);
	write_file("text", "hello", 5);
	strcpy(image + end, "./text");
	last->p_filesz = sizeof("./text");
	CHECK_REFUSED(last->p_flags, PF_R, EIO);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--quit"))
		return 0;
	return abi_main(argc, argv);
}

/*
 * sbi.c: the calls of sbi.h. One ecall each: a7 = extension, a6 = function, arguments in a0 and up.
 *
 * All harts may call all of these at any time, but for sbi_getchar; the firmware does its own
 * locking.
 */
#include "arch/riscv/sbi.h"

#include "arch/page.h"
#include "lib/errno.h"

/* Extensions: four letters packed into a word, or the legacy numbers. */
#define EXT_BASE 0x10
#define EXT_TIME 0x54494d45
#define EXT_IPI	 0x735049
#define EXT_RFENCE 0x52464e43
#define EXT_HSM	 0x48534d
#define EXT_RESET 0x53525354
#define EXT_DEBUG_CONSOLE 0x4442434e

#define LEGACY_SET_TIMER   0
#define LEGACY_PUTCHAR	   1
#define LEGACY_GETCHAR	   2
#define LEGACY_SEND_IPI	   4
#define LEGACY_FENCE_I	   5
#define LEGACY_SFENCE_VMA  6
#define LEGACY_SHUTDOWN	   8

#define BASE_PROBE 3
#define BASE_MVENDORID 4
#define BASE_MARCHID 5
#define BASE_MIMPID 6
#define DEBUG_CONSOLE_READ 1
#define DEBUG_CONSOLE_WRITE_BYTE 2

#define SBI_ERR_INVALID_PARAM	  (-3)
#define SBI_ERR_ALREADY_AVAILABLE (-6)

/* [i] after sbi_init */
static bool has_time, has_ipi, has_rfence, has_hsm, has_reset, has_debug_console;

static struct sbi_result sbi_call(uint64_t ext, uint64_t fn, uint64_t arg0, uint64_t arg1,
				  uint64_t arg2, uint64_t arg3)
{
	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a3 __asm__("a3") = arg3;
	register uint64_t a6 __asm__("a6") = fn;
	register uint64_t a7 __asm__("a7") = ext;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_result){ .error = (long)a0, .value = (long)a1 };
}

static bool sbi_probe(uint64_t ext)
{
	struct sbi_result r = sbi_call(EXT_BASE, BASE_PROBE, ext, 0, 0, 0);

	return r.error == 0 && r.value != 0;
}

void sbi_init(void)
{
	has_time = sbi_probe(EXT_TIME);
	has_ipi = sbi_probe(EXT_IPI);
	has_rfence = sbi_probe(EXT_RFENCE);
	has_hsm = sbi_probe(EXT_HSM);
	has_reset = sbi_probe(EXT_RESET);
	has_debug_console = sbi_probe(EXT_DEBUG_CONSOLE);
}

static uint64_t base_read(uint64_t fn)
{
	struct sbi_result r = sbi_call(EXT_BASE, fn, 0, 0, 0, 0);

	return r.error == 0 ? (uint64_t)r.value : 0;
}

struct sbi_machine sbi_machine(void)
{
	return (struct sbi_machine){
		.vendor = base_read(BASE_MVENDORID),
		.arch = base_read(BASE_MARCHID),
		.impl = base_read(BASE_MIMPID),
	};
}

/* --- console --------------------------------------------------------------------------------- */

void sbi_putchar(char c)
{
	if (has_debug_console)
		sbi_call(EXT_DEBUG_CONSOLE, DEBUG_CONSOLE_WRITE_BYTE, (uint8_t)c, 0, 0, 0);
	else
		sbi_call(LEGACY_PUTCHAR, 0, (uint8_t)c, 0, 0, 0);
}

/* The firmware writes the byte to physical memory, so it can't be on a stack. */
static int debug_console_getchar(void)
{
	static char byte;
	struct sbi_result r = sbi_call(EXT_DEBUG_CONSOLE, DEBUG_CONSOLE_READ, 1,
				       virt_to_phys(&byte), 0, 0);

	return r.error == 0 && r.value == 1 ? (uint8_t)READ_ONCE(byte) : -1;
}

int sbi_getchar(void)
{
	long c;

	if (has_debug_console)
		return debug_console_getchar();
	c = sbi_call(LEGACY_GETCHAR, 0, 0, 0, 0, 0).error;
	return c >= 0 && c <= 0xff ? (int)c : -1;
}

/* --- timer, other harts ---------------------------------------------------------------------- */

void sbi_timer_set(uint64_t tick)
{
	if (has_time)
		sbi_call(EXT_TIME, 0, tick, 0, 0, 0);
	else
		sbi_call(LEGACY_SET_TIMER, 0, tick, 0, 0, 0);
}

/*
 * The legacy calls take the address of a bit mask that begins at hart 0. The firmware reads it with
 * our own address translation. Harts from 64 on are out of their reach here: no firmware that old
 * drives such a machine.
 */
static void legacy_masked(uint64_t call, uint64_t mask, uint64_t base, uint64_t start, uint64_t len)
{
	uint64_t word = base < 64 ? mask << base : 0;

	sbi_call(call, 0, (uint64_t)&word, start, len, 0);
}

void sbi_ipi_send(uint64_t mask, uint64_t base)
{
	if (has_ipi)
		sbi_call(EXT_IPI, 0, mask, base, 0, 0);
	else
		legacy_masked(LEGACY_SEND_IPI, mask, base, 0, 0);
}

void sbi_remote_fence_i(uint64_t mask, uint64_t base)
{
	if (has_rfence)
		sbi_call(EXT_RFENCE, 0, mask, base, 0, 0);
	else
		legacy_masked(LEGACY_FENCE_I, mask, base, 0, 0);
}

void sbi_remote_sfence(uint64_t mask, uint64_t base, uint64_t start, uint64_t len)
{
	if (has_rfence)
		sbi_call(EXT_RFENCE, 1, mask, base, start, len);
	else
		legacy_masked(LEGACY_SFENCE_VMA, mask, base, start, len);
}

int sbi_hart_start(uint64_t hartid, paddr_t start, uint64_t opaque)
{
	struct sbi_result r;

	if (!has_hsm)
		return -ENOSYS;
	r = sbi_call(EXT_HSM, 0, hartid, start, opaque, 0);
	switch (r.error) {
	case 0:
		return 0;
	case SBI_ERR_INVALID_PARAM:
		return -ENODEV;
	case SBI_ERR_ALREADY_AVAILABLE:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/* --- power ----------------------------------------------------------------------------------- */

void sbi_shutdown(void)
{
	if (has_reset)
		sbi_call(EXT_RESET, 0, 0, 0, 0, 0);
}

void sbi_legacy_shutdown(void)
{
	sbi_call(LEGACY_SHUTDOWN, 0, 0, 0, 0, 0);
}

void sbi_reboot(void)
{
	if (!has_reset)
		return;
	sbi_call(EXT_RESET, 0, 1, 0, 0, 0); /* cold */
	sbi_call(EXT_RESET, 0, 2, 0, 0, 0); /* warm */
}

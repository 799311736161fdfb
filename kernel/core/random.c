/*
 * Random bytes: one ChaCha20 generator with fast key erasure (D. J. Bernstein, 2017).
 *
 * The state is a key. A request turns the key into a stream; its first 32 bytes become the next key
 * at once and only what follows is given out. So whoever reads the kernel's memory later cannot
 * compute what was given out before. A long request works on a key of its own, drawn like any other
 * 32 bytes, and holds no lock meanwhile.
 *
 * Entropy mixed in is folded into the key by encrypting: key' = stream(key xor block). It can only
 * add. The seed is what the boot code finds (the device tree's rng-seed) and the jitter of the
 * counter at each interrupt and request.
 *
 * LIMIT: nothing estimates entropy and nothing blocks: without an rng-seed, as on boards whose
 * firmware gives none, early bytes are as good as the timing jitter of booting.
 */
#include "kernel/core/random.h"

#include "arch/clock.h"
#include "kernel/core/spinlock.h"
#include "lib/random.h"
#include "lib/string.h"

static struct spinlock random_lock = SPINLOCK_INIT("random", LOCK_RANK_RANDOM);
static uint8_t key[CHACHA20_KEY_SIZE]; /* [random_lock] */
static uint64_t requests; /* [random_lock] the nonce: no key and nonce pair occurs twice */

/* Replaces the key and fills a block's other half with fresh bytes. random_lock held. */
static void key_turn(uint8_t out[CHACHA20_BLOCK_SIZE - CHACHA20_KEY_SIZE])
{
	struct chacha20 cipher;
	uint8_t nonce[CHACHA20_NONCE_SIZE] = { 0 };
	uint8_t block[CHACHA20_BLOCK_SIZE];
	uint64_t jitter = arch_clock_ticks();

	requests++;
	memcpy(nonce, &requests, 4);
	memcpy(nonce + 4, &jitter, 8);
	chacha20_init(&cipher, key, (uint32_t)(requests >> 32), nonce);
	chacha20_block(&cipher, block);
	memcpy(key, block, sizeof(key));
	memcpy(out, block + sizeof(key), sizeof(block) - sizeof(key));
}

static void key_draw(uint8_t out[CHACHA20_KEY_SIZE])
{
	irqflags_t irq = spin_lock_irqsave(&random_lock);

	key_turn(out);
	spin_unlock_irqrestore(&random_lock, irq);
}

void random_bytes(void *buf, size_t n)
{
	static const uint8_t nonce[CHACHA20_NONCE_SIZE];
	uint8_t drawn[CHACHA20_KEY_SIZE], block[CHACHA20_BLOCK_SIZE];
	struct chacha20 cipher;
	uint8_t *out = buf;

	key_draw(drawn);
	if (n <= sizeof(drawn)) {
		memcpy(out, drawn, n);
		return;
	}
	chacha20_init(&cipher, drawn, 0, nonce);
	for (size_t part; n > 0; n -= part, out += part) {
		part = min(n, sizeof(block));
		chacha20_block(&cipher, block);
		memcpy(out, block, part);
	}
}

uint64_t random_u64(void)
{
	uint64_t x;

	random_bytes(&x, sizeof(x));
	return x;
}

void random_mix(const void *buf, size_t n)
{
	const uint8_t *in = buf;
	uint8_t unused[CHACHA20_BLOCK_SIZE - CHACHA20_KEY_SIZE];
	irqflags_t irq = spin_lock_irqsave(&random_lock);

	do {
		size_t part = min(n, sizeof(key));

		for (size_t i = 0; i < part; i++)
			key[i] ^= in[i];
		key_turn(unused);
		in += part;
		n -= part;
	} while (n > 0);
	spin_unlock_irqrestore(&random_lock, irq);
}

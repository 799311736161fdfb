/*
 * Any text as the kernel's command line, looked through for words it may hold.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "console", "init", "mem", "quiet", "a", "" };
	char *line = malloc(size + 1), value[8];
	const char *cursor = line;
	struct cmdline_arg arg;
	uint64_t number;

	memcpy(line, data, size);
	line[size] = '\0';
	while (cmdline_next(&cursor, &arg)) {
		if (arg.key + arg.key_len > line + strlen(line))
			abort();
		if (arg.value && arg.value + arg.value_len > line + strlen(line))
			abort();
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		for (size_t room = 0; room <= sizeof(value); room++)
			(void)cmdline_find(line, keys[i], value, room);
		(void)cmdline_has(line, keys[i]);
		(void)cmdline_size(line, keys[i], &number);
	}
	if (cmdline_rest(line) > line + strlen(line))
		abort();
	free(line);
	return 0;
}

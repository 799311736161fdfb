/* calls.c: the table of calls, made from kernel/sys/syscalls.tbl by tools/syscalls.py. */
#include "tests/fuzz/fuzz.h"

const struct call calls[] = {
#include "syscalls_fuzz.h"
};
const unsigned call_count = sizeof(calls) / sizeof(calls[0]);

/*
 * calls.c: the table of calls, made from kernel/sys/syscalls.tbl by tools/syscalls.py, and one that
 * is none: the nth allocation or user copy from now on fails (/proc/pando/fail-nth).
 */
#include "tests/fuzz/fuzz.h"

const struct call calls[] = {
#include "syscalls_fuzz.h"
	{ CALL_FAIL_NTH, "fail_nth", 1, { { KIND_NUMBER, "nth", "int" } } },
};
const unsigned call_count = sizeof(calls) / sizeof(calls[0]);

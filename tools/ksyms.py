#!/usr/bin/env python3
"""Turn `nm -n pando.elf` into the symbol table that the kernel carries for its backtraces.

Reads nm's output on stdin, writes assembly on stdout with four symbols:

    uint32_t ksyms_count            how many functions
    uint64_t ksyms_addrs[count]     their addresses, ascending
    uint32_t ksyms_name_offs[count] where each name starts in ksyms_names
    char     ksyms_names[]          the names, each ended by a NUL

An empty input gives an empty table: the first of the two links uses that one. Only text symbols are listed, and only
one name for an address.
"""
import sys


def read_symbols(stream):
    """Text symbols as (address, name), sorted, local compiler labels left out."""
    symbols = {}
    for line in stream:
        parts = line.split()
        if len(parts) != 3 or parts[1] not in "TtWw":
            continue
        address, name = int(parts[0], 16), parts[2]
        if name.startswith((".L", "$")):
            continue
        symbols.setdefault(address, name)
    return sorted(symbols.items())


def emit(symbols):
    out = ['\t.section .rodata.ksyms,"a"', "\t.balign 8"]
    out.append("\t.global ksyms_addrs\nksyms_addrs:")
    out += [f"\t.quad {address:#x}" for address, _ in symbols]
    out.append("\t.global ksyms_count\nksyms_count:")
    out.append(f"\t.long {len(symbols)}")
    out.append("\t.global ksyms_name_offs\nksyms_name_offs:")
    offset = 0
    for _, name in symbols:
        out.append(f"\t.long {offset}")
        offset += len(name) + 1
    out.append("\t.global ksyms_names\nksyms_names:")
    out += [f'\t.asciz "{name}"' for _, name in symbols]
    out.append("\t.byte 0")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    sys.stdout.write(emit(read_symbols(sys.stdin)))

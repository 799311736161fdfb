#!/usr/bin/python3
"""Every #include keeps to the arrow of the layers.

    abi <- lib <- core <- alloc <- sched <- task <- mm <- ipc <- fs <- tty, net <- dev <- lifecycle <- procfs, sys
        <- main

A folder includes itself and what stands to its left. Visible everywhere: kernel/task/task.h, the arch/ contract,
kernel/core/upcall.h, and lib/types.h, which only names types. arch/riscv itself sees the contract, abi, lib, core and
alloc. Standard headers: only those that a freestanding compiler brings along (and <string.h> in lib/string.h, for the
builds on the host).
"""
import os
import re

import tree

ORDER = ["abi", "lib", "core", "alloc", "sched", "task", "mm", "ipc", "fs", "tty net", "dev", "lifecycle", "procfs sys",
         "main", "test"]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names.split()}
EVERYWHERE = {"kernel/task/task.h", "kernel/core/upcall.h", "gen/syscalls_nr.h", "lib/types.h"}
STANDARD = {"stddef.h", "stdint.h", "stdbool.h", "stdarg.h", "stdalign.h", "stdnoreturn.h", "limits.h", "stdatomic.h"}
ARCH_SEES = {"abi", "lib", "core", "alloc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def layer_of(path):
    parts = path.split("/")
    if parts[0] == "kernel" and len(parts) > 2:
        return parts[1]
    return parts[0] if parts[0] in ("lib", "gen", "arch") else None


def fault_of(path, bracket, included):
    """What is wrong with this #include, or None."""
    if bracket == "<":
        host = path == "lib/string.h" and included == "string.h"
        return None if host or included in STANDARD else f"<{included}> is no freestanding header"
    if included in EVERYWHERE or included.startswith("arch/") and not included.startswith("arch/riscv/"):
        return None
    source, target = layer_of(path), layer_of(included)
    if target == "gen":
        return None if source == "sys" else f"{included} belongs to kernel/sys"
    if target is None or target != "arch" and target not in RANK:
        return f"{included} is in no folder that the layers know: include by full path from the root"
    if target == "arch":
        return None if source == "arch" else f"{included} is private to arch/riscv: use the contract in arch/"
    if source == "arch":
        return None if target in ARCH_SEES else f"arch may not include {target}: {included}"
    if source == target or RANK[target] < RANK[source]:
        return None
    return f"{source} may not include {target}: {included}"


def main():
    args = tree.root_from_args(__doc__).parse_args()
    faults = tree.Faults()
    for path in tree.find_files(args.root, tree.KERNEL, (".c", ".h", ".S")):
        layer = layer_of(path)
        if layer != "arch" and layer not in RANK:
            faults.add(path, 1, "is in no folder that the layers know")
            continue
        text = tree.read(args.root, path)
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            what = fault_of(path, match[1], match[2])
            if what:
                faults.add(path, line, what)
        own = os.path.splitext(path)[0] + ".h"
        first = INCLUDE.search(text)
        if path.endswith(".c") and os.path.exists(os.path.join(args.root, own)) and (not first or first[2] != own):
            faults.add(path, 1, f"includes {own} first (style.md)")
    faults.leave()


if __name__ == "__main__":
    main()

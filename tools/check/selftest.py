#!/usr/bin/python3
"""A check that never fails proves nothing: plant each fault in a small tree and see that it is caught, alone."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ESSAY = "/* What this is. */\n"
CLEAN = {
    "lib/list.h": ESSAY + "#pragma once\n",
    "kernel/task/task.h": ESSAY + "#pragma once\n",
    "kernel/core/upcall.h": ESSAY + "#pragma once\n",
    "kernel/fs/file.h": ESSAY + "#pragma once\n#include \"lib/list.h\"\n",
    "kernel/fs/file.c": ESSAY + """#include "kernel/fs/file.h"
#include <stdint.h>
#include "arch/page.h"
#include "kernel/task/task.h"

int file_open(void)
{
}
""",
    "kernel/sys/sys_fs.c": ESSAY + "#include \"kernel/fs/file.h\"\n#include \"gen/syscalls_table.h\"\n",
    "arch/riscv/trap.c": ESSAY + "#include \"arch/trap.h\"\n#include \"kernel/core/upcall.h\"\n",
}


def long_function(comment):
    return ESSAY + f"{comment}int f(void)\n{{\n" + "\tg();\n" * 70 + "}\n"


# (check, what is planted, text of the complaint; None: no complaint)
PLANTED = [
    ("layers", {"kernel/mm/a.c": ESSAY + '#include "kernel/fs/file.h"\n'}, "mm may not include fs"),
    ("layers", {"kernel/tty/a.h": ESSAY, "kernel/net/b.c": ESSAY + '#include "kernel/tty/a.h"\n'},
     "net may not include tty"),
    ("layers", {"lib/a.c": ESSAY + '#include "kernel/core/printk.h"\n'}, "lib may not include core"),
    ("layers", {"arch/riscv/a.c": ESSAY + '#include "kernel/mm/mm.h"\n'}, "arch may not include mm"),
    ("layers", {"kernel/fs/a.c": ESSAY + '#include "arch/riscv/plic.h"\n'}, "private to arch/riscv"),
    ("layers", {"kernel/fs/a.c": ESSAY + "#include <stdio.h>\n"}, "no freestanding header"),
    ("layers", {"kernel/fs/a.c": ESSAY + '#include "file.h"\n'}, "full path"),
    ("layers", {"kernel/odd/a.c": ESSAY}, "in no folder"),
    ("layers", {"kernel/fs/file.c": ESSAY + '#include "lib/list.h"\n#include "kernel/fs/file.h"\n'}, "file.h first"),
    ("shape", {"lib/a.c": long_function("")}, "f has 73 lines"),
    ("shape", {"lib/a.c": long_function("/* LONG: one table. */\n")}, None),
    ("shape", {"lib/a.c": ESSAY + "int f(void)\n{\n#ifdef A\n\tg();\n#endif\n}\n"}, "conditional"),
    ("shape", {"lib/a.c": ESSAY + "int x; /* " + "y" * 100 + " */\n"}, "columns"),
    ("shape", {"lib/a.c": ESSAY + "/* TO" "DO: more */\n"}, "unfinished"),
    ("shape", {"lib/a.c": ESSAY + "int x;\n" * 601}, "split it"),
    ("shape", {"lib/a.c": "int x;\n"}, "no comment"),
    ("shape", {"lib/a.c": ESSAY + "int f(void)\n{\n    return 0;\n}\n"}, "tabs"),
    ("reading_order", {"lib/new.c": ESSAY}, "lib/new.c is not listed"),
    ("reading_order", {"docs/reading-order.txt": "lib/gone.c\n"}, "lib/gone.c does not exist"),
    ("deviations", {"lib/a.c": ESSAY + "/* LIMIT: no more than 3. */\n"}, "not current"),
    ("command_line",
     {"kernel/main/options.c": ESSAY + "} options[] = {\n\t{ \"root\", NULL },\n};\n"},
     "nothing is said of root"),
    ("command_line", {"docs/command-line.md": "| `root=X` | | the disk |\n"}, "root is not in the table"),
]


def run(check, root, *more):
    done = subprocess.run([sys.executable, os.path.join(HERE, check + ".py"), "--root", root, *more],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def plant(root, files):
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)


def try_one(check, files, complaint):
    """None when the check behaves, else what it did."""
    with tempfile.TemporaryDirectory() as root:
        plant(root, CLEAN)
        os.makedirs(os.path.join(root, "docs"))
        run("reading_order", root, "--add")
        run("deviations", root, "--write")
        status, output = run(check, root)
        if status:
            return f"complains about a clean tree: {output}"
        plant(root, files)
        status, output = run(check, root)
        if complaint is None:
            return f"complains: {output}" if status else None
        if not status or complaint not in output:
            return f"misses it: {output!r}"
    return None


def main():
    failed = 0
    for check, files, complaint in PLANTED:
        wrong = try_one(check, files, complaint)
        if wrong:
            failed += 1
            print(f"selftest: {check} with {list(files)}, expecting {complaint!r}: {wrong}")
    print(f"selftest: {len(PLANTED) - failed} of {len(PLANTED)} planted faults behave")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

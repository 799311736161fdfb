#!/usr/bin/python3
"""Write docs/clone.md, the reference of clone's flags and rules, from the tables that the kernel itself goes by.

The flags and rules are read by the C compiler (tools/clone_docs.c includes kernel/lifecycle/clone_flags.c and prints
them); from the text come only the lines they stand on, and the rows of kernel/lifecycle/resource.c, which cannot be
built without the rest of the kernel.

    tools/clone_docs.py --write     write the page
    tools/clone_docs.py             check that it is current
"""
import argparse
import errno
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = "docs/clone.md"
FLAGS = "kernel/lifecycle/clone_flags.c"
ROWS = "kernel/lifecycle/resource.c"

HEAD = f"""# clone: flags and rules

Made by `tools/clone_docs.py` from `{FLAGS}` and `{ROWS}`. Do not edit.

A call of clone makes a task. For each row of the resource table the child shares its maker's resource, or has one of
its own, as the flags say; a call that breaks a rule is refused. For unshare a flag that shares means: share no longer.
"""


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def records():
    """The lines of tools/clone_docs.c, split."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "clone_docs")
        subprocess.run([os.environ.get("HOST_CC", "cc"), "-std=gnu17", "-I.", "-o", program, "tools/clone_docs.c"],
                       cwd=ROOT, check=True)
        output = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line.split("\t") for line in output.splitlines()]


def lines_matching(path, pattern):
    """[(text of the first group, line number)], in order."""
    found = []
    for number, line in enumerate(read(path).split("\n"), 1):
        if match := re.search(pattern, line):
            found.append((match[1], number))
    return found


def link(path, line):
    return f"[{os.path.basename(path)}:{line}](../{path}#L{line})"


def resource_rows():
    """[(name, share, renew, kept until reaped, line)] of the resource table."""
    text = read(ROWS)
    table = text[text.index("const struct resource resources[]"):]
    table = table[:table.index("\n};")]
    first = text[:text.index(table)].count("\n") + 1
    found = []
    for entry in re.finditer(r"\[ROW_\w+\] = \{(.*?)\}", table, re.S):
        name = re.search(r'(?:ROW_BEGIN\(|\.name = )"(\w+)"', entry[1])
        share = re.search(r"ROW_BEGIN\([^)]*CLONE_(\w+)\)", entry[1])
        renew = re.search(r"\.renew = CLONE_(\w+)", entry[1])
        if not name:
            sys.exit(f"clone_docs: a row of {ROWS} that is not understood: {entry[0]}")
        kept = ".until_reaped = true" in entry[1]
        line = first + table[:entry.start()].count("\n")
        found.append((name[1], share and share[1], renew and renew[1], kept, line))
    if len(found) != table.count("[ROW_"):
        sys.exit(f"clone_docs: not all rows of {ROWS} are understood")
    return found


def touches(flag, rows):
    """What of the resource table a flag shares or renews."""
    words = [f"shares `{name}`" for name, share, _, _, _ in rows if share == flag]
    words += [f"renews `{name}`" for name, _, renew, _, _ in rows if renew == flag]
    if flag.startswith("NEW") or flag == "EMPTY_MNTNS":
        words += [f"renews `{name}`" for name, _, renew, _, _ in rows if renew == "NEW_SET"]
    return ", ".join(words)


def called_by(calls):
    """In words; a kernel thread's maker is no program."""
    names = [name for name in calls.split(",") if name not in ("kernel", "")]
    return ", ".join("clone, clone3 (when the rights are there)" if name == "late" else name for name in names)


def flag_names(names, joint):
    return joint.join(f"`{name}`" for name in names.split("+") if name)


def flag_table(flags, rows):
    at = dict(lines_matching(FLAGS, r"^\tFLAG\((\w+),"))
    yield "\n## Flags\n\n`CLONE_` is left out. A call that a flag is not listed for answers it with EINVAL.\n"
    yield "| flag | bit | set means | resource | taken by | source |\n|---|---|---|---|---|---|"
    for name, bit, calls, meaning in flags:
        source = link(FLAGS, at[name])
        yield f"| `{name}` | {bit} | {meaning} | {touches(name, rows)} | {called_by(calls)} | {source} |"


def rule_table(rules):
    at = [line for _, line in lines_matching(FLAGS, r"^\t(\{F\()")]
    if len(at) != len(rules):
        sys.exit(f"clone_docs: {len(rules)} rules on {len(at)} lines of {FLAGS}")
    yield "\n## Rules\n\nIn this order; the first that is broken gives the error.\n"
    yield "| flags | calls | error | reason | source |\n|---|---|---|---|---|"
    for (given, missing, calls, error, reason), line in zip(rules, at):
        what = flag_names(given, " with ") + (" without " + flag_names(missing, " and ") if missing else "")
        yield f"| {what} | {called_by(calls)} | {errno.errorcode[int(error)]} | {reason} | {link(FLAGS, line)} |"


def row_table(rows):
    yield "\n## Resources\n\nWhat a task points to. Without either flag the child gets a copy; of `group` and"
    yield "`sysvsem` nothing is copied, the child begins anew.\n"
    yield "| resource | shared by | fresh by | a zombie keeps it | source |\n|---|---|---|---|---|"
    for name, share, renew, kept, line in rows:
        fresh = "any `NEW*`" if renew == "NEW_SET" else f"`{renew}`" if renew else ""
        shared = f"`{share}`" if share else "all who ask for nothing new"
        yield f"| `{name}` | {shared} | {fresh} | {'yes' if kept else ''} | {link(ROWS, line)} |"


def make_page():
    found, rows = records(), resource_rows()
    flags = [record[1:] for record in found if record[0] == "flag"]
    rules = [record[1:] for record in found if record[0] == "rule"]
    parts = [HEAD.rstrip("\n"), *flag_table(flags, rows), *rule_table(rules), *row_table(rows)]
    return "\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    page = make_page()
    path = os.path.join(ROOT, PAGE)
    if parser.parse_args().write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
    elif not os.path.exists(path) or read(PAGE) != page:
        sys.exit(f"{PAGE} is not current: make docs")


if __name__ == "__main__":
    main()

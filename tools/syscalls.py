#!/usr/bin/env python3
"""Make everything that must agree about system calls from the one list, kernel/sys/syscalls.tbl.

A line of the list is one call; `#` starts a comment, and the comment of a call goes to the reference page:

    63   read     (int fd, void __user *buf, size_t count)      # short reads are legal
    172  getpid   (void)
    18   lookup_dcookie  -                                      # known by name, answers ENOSYS

Written to --out:

    syscalls_proto.h  long sys_read(int fd, void __user *buf, size_t count);
    syscalls_nr.h     #define NR_read 63 ... and NR_syscalls, one more than the highest
    syscalls_table.h  a thunk for each call and SYSCALL_TABLE_ROWS, designated initialisers
                      [63] = { thunk_read, "read", 3, "fd:fd, buf:ptr, count:size" };
                      a call known by name only has a NULL thunk
    syscalls_args.h   rows for the pointer test: SYSCALL_ROW(63, "read", 3, ARG_FD, ARG_PTR, ARG_SIZE, ARG_NONE, ...)
    syscalls_fuzz.h   rows for the fuzzer, with what an argument means: { 63, "read", 3, { { KIND_FD, "fd", "int" }, ...

What an argument means is told by its type and its name, so names in the list follow a convention (FUZZ_NAMES below):
a descriptor is called fd or ends in fd, one that a path begins at dfd, a process pid, tid or tgid, a signal signo, a
path path, an address addr, and so on.

`--markdown` prints the reference page docs/syscalls.md, `--c-args` prints syscalls_args.h; `--check FILE` compares the
page with FILE.
"""
import argparse
import os
import re
import sys

LINE = re.compile(r"^(\d+)\s+(\w+)\s+(\(.*\)|-)$")
HEADER = "/* Made by tools/syscalls.py from kernel/sys/syscalls.tbl. Do not edit. */\n"
STRING_NAMES = ("path", "name", "target", "link", "source", "fstype", "type", "key")

# What the fuzzer takes a scalar for, by its name; what matches nothing is a number, and tests/fuzz/choices.c may know
# values for it.
FUZZ_NAMES = [
    (r"(old_|new_)?dfd", "DIRFD"), (r".*fd", "FD"), (r"pid\d?|tid|tgid|pgid|who|nr", "PID"), (r".*[ugi]id", "ID"),
    (r"id|key|idx\d", "HANDLE"), (r"signo", "SIGNAL"), (r"mode|mask", "MODE"),
    (r"(new_)?addr|start|end|brk|stack|tls", "ADDRESS"), (r".*(size|len|count)", "SIZE"),
    (r".*offset|length", "OFFSET"),
]
FUZZ_STRINGS = dict.fromkeys("path target source new_root put_old old_path new_path".split(), "PATH")
FUZZ_STRINGS.update(dict.fromkeys(("name", "uname", "type"), "STRING"))


class Arg:
    """One argument: C type, name, and the kind that the trace formats and the pointer test know."""

    def __init__(self, text, where):
        match = re.match(r"^(.*?[\s*])(\w+)$", text.strip())
        if not match:
            sys.exit(f"{where}: an argument needs a type and a name: {text!r}")
        self.type, self.name = match[1].strip(), match[2]
        self.kind = self.find_kind()

    def find_kind(self):
        bare = " ".join(self.type.replace("__user", "").replace("const", "").split())
        if "*" in bare:
            if bare == "char *" and "const" in self.type and any(s in self.name for s in STRING_NAMES):
                return "str"
            return "ptr"
        if bare in ("int", "unsigned int", "unsigned") and (self.name.endswith("fd") or self.name.startswith("fd")):
            return "fd"
        if bare in ("size_t", "ssize_t"):
            return "size"
        if bare in ("long", "unsigned long", "uint64_t", "int64_t", "loff_t", "off_t", "vaddr_t", "uintptr_t"):
            return "long"
        return "int"

    def fuzz_kind(self):
        bare = " ".join(self.type.replace("__user", "").replace("const", "").split())
        if "struct" in bare:
            return "STRUCT"
        if bare == "char *":
            return FUZZ_STRINGS.get(self.name, "BUFFER")
        if bare == "void *":
            return "BUFFER"
        if "*" in bare:
            if self.name in ("argv", "envp"):
                return "STRINGS"
            return "SIGSET" if bare == "uint64_t *" and re.search("mask|set", self.name) else "WORD"
        return next((kind for names, kind in FUZZ_NAMES if re.fullmatch(names, self.name)), "NUMBER")

    def cast(self, index):
        return f"({self.type})a[{index}]"

    def shown(self):
        return f"{self.type}{'' if self.type.endswith('*') else ' '}{self.name}"


class Call:
    def __init__(self, number, name, args, note):
        self.number, self.name, self.args, self.note = number, name, args, note

    @property
    def present(self):
        return self.args is not None

    def prototype(self):
        inside = ", ".join(a.shown() for a in self.args) or "void"
        return f"long sys_{self.name}({inside})"


def parse(path):
    calls = {}
    names = set()
    with open(path, encoding="utf-8") as file:
        for count, raw in enumerate(file, 1):
            where = f"{path}:{count}"
            text, _, note = raw.partition("#")
            text = " ".join(text.split())
            if not text:
                continue
            match = LINE.match(text)
            if not match:
                sys.exit(f"{where}: not a call line: {raw.strip()!r}")
            number, name = int(match[1]), match[2]
            if number in calls or name in names:
                sys.exit(f"{where}: {number} {name} is listed twice")
            names.add(name)
            calls[number] = Call(number, name, parse_args(match[3], where), note.strip())
    return [calls[number] for number in sorted(calls)]


def parse_args(text, where):
    if text == "-":
        return None
    inside = text[1:-1].strip()
    if inside in ("", "void"):
        return []
    args = [Arg(part, where) for part in inside.split(",")]
    if len(args) > 6:
        sys.exit(f"{where}: more than six arguments")
    return args


def make_proto(calls):
    structs = sorted({s for c in calls if c.present for a in c.args for s in re.findall(r"struct \w+", a.type)})
    out = [HEADER, "#pragma once", "#include <stddef.h>", "#include <stdint.h>", '#include "lib/types.h"', ""]
    out += ["#ifndef __user", "#define __user", "#endif", ""]
    out += [f"{s};" for s in structs] + [""]
    out += [c.prototype() + ";" for c in calls if c.present]
    return "\n".join(out) + "\n"


def make_nr(calls):
    out = [HEADER, "#pragma once"]
    out += [f"#define NR_{c.name} {c.number}" for c in calls]
    out.append(f"#define NR_syscalls {calls[-1].number + 1 if calls else 0}")
    return "\n".join(out) + "\n"


def make_table(calls):
    """Thunks first, then the initialisers under SYSCALL_TABLE_ROWS so that the includer names its own array."""
    out = [HEADER, '#include "gen/syscalls_proto.h"', ""]
    for call in calls:
        if not call.present:
            continue
        passed = ", ".join(a.cast(i) for i, a in enumerate(call.args))
        out += [f"static long thunk_{call.name}(const uint64_t a[6])", "{", "\t(void)a;",
                f"\treturn sys_{call.name}({passed});", "}", ""]
    out.append("#define SYSCALL_TABLE_ROWS \\")
    for call in calls:
        thunk = f"thunk_{call.name}" if call.present else "NULL"
        args = call.args or []
        formats = ", ".join(f"{a.name}:{a.kind}" for a in args)
        out.append(f'\t[{call.number}] = {{ {thunk}, "{call.name}", {len(args)}, "{formats}" }}, \\')
    out.append("")
    return "\n".join(out) + "\n"


def make_args(calls):
    """One SYSCALL_ROW per call that is there; the includer defines the macro and the ARG_ names."""
    out = [HEADER, "/* kinds: ARG_NONE ARG_INT ARG_LONG ARG_FD ARG_PTR ARG_STR ARG_SIZE */"]
    for call in calls:
        if not call.present:
            continue
        kinds = [f"ARG_{a.kind.upper()}" for a in call.args] + ["ARG_NONE"] * (6 - len(call.args))
        out.append(f'SYSCALL_ROW({call.number}, "{call.name}", {len(call.args)}, {", ".join(kinds)})')
    return "\n".join(out) + "\n"


def make_fuzz(calls):
    out = [HEADER]
    for call in calls:
        if call.present:
            args = ", ".join(f'{{ KIND_{a.fuzz_kind()}, "{a.name}", "{a.type}" }}' for a in call.args)
            out.append(f'{{ {call.number}, "{call.name}", {len(call.args)}, {{ {args or "{ 0 }"} }} }},')
    return "\n".join(out) + "\n"


def make_markdown(calls):
    here = [c for c in calls if c.present]
    absent = [c for c in calls if not c.present]
    out = ["# System calls", "",
           "Made by `tools/syscalls.py --markdown` from `kernel/sys/syscalls.tbl`. Do not edit.", "",
           f"{len(here)} calls are there. Numbers, argument order and structures are Linux's for riscv64.", "",
           "| nr | call | notes |", "|---|---|---|"]
    for call in here:
        inside = ", ".join(a.shown() for a in call.args) or "void"
        out.append(f"| {call.number} | `{call.name}({inside})` | {call.note} |")
    out += ["", "## Not there", "",
            "These are known by name and answer ENOSYS, as does every number that is not listed.", ""]
    out += [f"- {c.number} `{c.name}`" + (f": {c.note}" if c.note else "") for c in absent] or ["None is listed."]
    return "\n".join(out) + "\n"


def write_if_changed(path, text):
    """A file that says the same keeps its time, so nothing that includes it is rebuilt."""
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("table", nargs="?", default=os.path.join(root, "kernel/sys/syscalls.tbl"))
    parser.add_argument("--out", help="folder for the headers")
    parser.add_argument("--markdown", action="store_true", help="print the reference page")
    parser.add_argument("--c-args", action="store_true", help="print syscalls_args.h")
    parser.add_argument("--check", metavar="FILE", help="fail when FILE is not the reference page")
    args = parser.parse_args()
    calls = parse(args.table)
    if args.out:
        os.makedirs(args.out, exist_ok=True)
        for name, make in (("proto", make_proto), ("nr", make_nr), ("table", make_table), ("args", make_args),
                           ("fuzz", make_fuzz)):
            write_if_changed(os.path.join(args.out, f"syscalls_{name}.h"), make(calls))
    if args.markdown:
        sys.stdout.write(make_markdown(calls))
    if args.c_args:
        sys.stdout.write(make_args(calls))
    if args.check:
        with open(args.check, encoding="utf-8") as file:
            if file.read() != make_markdown(calls):
                sys.exit(f"{args.check} is not current: tools/syscalls.py {args.table} --markdown > {args.check}")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""The shape of the C code: function and file length, line width, no #if in a function, no TODO, tabs, an essay on top.

A function has at most 70 lines, or a comment right above it that says `LONG:` and why. A file has at most 600; 450 is
the advised limit, and files over it are listed with --report. Both count every line. The kernel, lib and initramfs are
held to all of it, tests to width and TODO.
"""
import re

import tree

FUNCTION_LINES, FILE_LINES, ADVISED_LINES, WIDTH = 70, 600, 450, 100
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\w)")
CONDITIONAL = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b")


def check_lines(path, lines, faults):
    for number, line in enumerate(lines, 1):
        width = len(line.expandtabs(8))
        if width > WIDTH:
            faults.add(path, number, f"{width} columns; {WIDTH} is the limit")
        if UNFINISHED.search(line) and "XXXXXX" not in line:
            faults.add(path, number, "unfinished: say LIMIT: and what is missing, or do it")
        if line != line.rstrip():
            faults.add(path, number, "blanks at the end of the line")
        if line.startswith("    ") and not line.strip().startswith("*"):
            faults.add(path, number, "indent with tabs")


def comment_above(lines, first):
    """The comment that ends right above line `first` (counted from 1)."""
    last = first - 2
    if last < 0 or not lines[last].rstrip().endswith("*/"):
        return ""
    start = last
    while start > 0 and "/*" not in lines[start]:
        start -= 1
    return "\n".join(lines[start:last + 1])


def check_functions(path, text, lines, faults):
    for name, first, last in tree.functions(text):
        length = last - first + 1
        if length > FUNCTION_LINES and "LONG:" not in comment_above(lines, first):
            faults.add(path, first, f"{name} has {length} lines; {FUNCTION_LINES} is the limit without a LONG: reason")
        for number in range(first, last + 1):
            if CONDITIONAL.match(lines[number - 1]):
                faults.add(path, number, f"a conditional of the preprocessor inside {name}")


def check_file(path, text, lines, faults):
    if len(lines) > FILE_LINES:
        faults.add(path, 1, f"{len(lines)} lines; split it ({ADVISED_LINES} is the advised limit)")
    if not re.match(r"(\s*#(include|pragma|ifndef|define)[^\n]*\n)*\s*/\*", text):
        faults.add(path, 1, "opens with no comment that says what it is")


def main():
    parser = tree.root_from_args(__doc__)
    parser.add_argument("--report", action="store_true", help="list the longest files and functions")
    args = parser.parse_args()
    faults = tree.Faults()
    sizes = []
    for path in tree.find_files(args.root, tree.ALL_C, (".c", ".h", ".S")):
        text = tree.read(args.root, path)
        lines = text.rstrip("\n").split("\n")
        check_lines(path, lines, faults)
        if path.startswith("tests/"):
            continue
        check_file(path, text, lines, faults)
        if path.endswith((".c", ".h")):
            check_functions(path, text, lines, faults)
            sizes += [(last - first + 1, f"{path}:{name}") for name, first, last in tree.functions(text)]
        if args.report and len(lines) > ADVISED_LINES:
            print(f"note: {path} has {len(lines)} lines")
    if args.report:
        for length, where in sorted(sizes, reverse=True)[:10]:
            print(f"note: {length:4} lines {where}")
    faults.leave()


if __name__ == "__main__":
    main()

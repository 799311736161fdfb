"""What the checks share: the list of source files, comments blanked out, functions found, faults collected.

Every check is a script `NAME.py [--root DIR]` that prints one line per fault, `path:line: what`, and exits 1 when there
is one. --root is for the self-test, which plants faults in a small tree of its own.
"""
import argparse
import os
import re
import sys

KERNEL = ("arch", "kernel", "lib")
ALL_C = KERNEL + ("initramfs", "tests")


def root_from_args(description):
    parser = argparse.ArgumentParser(description=description)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)))
    return parser


def find_files(root, folders, endings):
    """Paths relative to root, sorted."""
    found = []
    for folder in folders:
        for path, folders_here, names in os.walk(os.path.join(root, folder)):
            folders_here[:] = [f for f in folders_here if not f.startswith((".", "build", "__pycache__"))]
            found += [os.path.relpath(os.path.join(path, n), root) for n in names if n.endswith(endings)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def blank_comments(text):
    """The same text with comments, strings and character constants turned to blanks; lines stay where they are."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def functions(text):
    """(name, first line, last line) of each function: the brace stands alone in column 0 (style.md)."""
    lines = blank_comments(text).split("\n")
    found = []
    for i, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        first = i - 1
        while first > 0 and lines[first - 1].strip() and not re.match(r"[}#]|.*[;{}]\s*$", lines[first - 1]):
            first -= 1
        head = " ".join(lines[first:i])
        name = re.search(r"(\w+)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)|__\w+\s*\([^()]*\)\s*$", " ", head))
        last = next((j for j in range(i, len(lines)) if lines[j].startswith("}")), len(lines) - 1)
        if name:
            found.append((name[1], first + 1, last + 1))
    return found


class Faults:
    def __init__(self):
        self.count = 0

    def add(self, path, line, what):
        print(f"{path}:{line}: {what}")
        self.count += 1

    def leave(self):
        sys.exit(1 if self.count else 0)

#!/usr/bin/python3
"""docs/reading-order.txt lists every source file once, in the order in which to read it.

`--add` puts files that are not listed at the end of their folder's part and takes out those that are gone; move them to
their right place by hand afterwards.
"""
import os

import tree

LIST = "docs/reading-order.txt"
FOLDERS = ("arch", "kernel", "lib", "initramfs")


def entries(text):
    return [line.strip() for line in text.split("\n") if line.strip() and not line.startswith("#")]


def add_missing(text, present):
    """Unlisted files go after the last listed one of the same folder."""
    lines = [line for line in text.rstrip("\n").split("\n")
             if not line.strip() or line.startswith("#") or line.strip() in present]
    for path in present:
        if path in lines:
            continue
        folder = os.path.dirname(path)
        same = [i for i, line in enumerate(lines) if os.path.dirname(line) == folder and not line.startswith("#")]
        if same:
            lines.insert(same[-1] + 1, path)
        else:
            lines += ["", f"# {folder}", path]
    return "\n".join(lines) + "\n"


def main():
    parser = tree.root_from_args(__doc__)
    parser.add_argument("--add", action="store_true")
    args = parser.parse_args()
    present = tree.find_files(args.root, FOLDERS, (".c", ".S", ".h", ".tbl", ".lds"))
    path = os.path.join(args.root, LIST)
    text = tree.read(args.root, LIST) if os.path.exists(path) else ""
    if args.add:
        with open(path, "w", encoding="utf-8") as file:
            file.write(add_missing(text, present))
        return
    faults = tree.Faults()
    listed = entries(text)
    for name in sorted(set(listed)):
        if listed.count(name) > 1:
            faults.add(LIST, 1, f"{name} is listed {listed.count(name)} times")
        if name not in present:
            faults.add(LIST, 1, f"{name} does not exist")
    for name in present:
        if name not in listed:
            faults.add(LIST, 1, f"{name} is not listed (tools/check/reading_order.py --add)")
    faults.leave()


if __name__ == "__main__":
    main()

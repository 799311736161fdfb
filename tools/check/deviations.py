#!/usr/bin/python3
"""Collect `NOTE(linux):` and `LIMIT:` from the comments into docs/deviations.md.

A note runs to the next blank line of its comment, the next note, or the comment's end. Without options the check that
the page is current; `--write` makes it so.
"""
import os
import re

import tree

PAGE = "docs/deviations.md"
MARK = re.compile(r"(NOTE\(linux\)|LIMIT):\s*")
KINDS = {"NOTE(linux)": "Where Pando differs from Linux on purpose", "LIMIT": "Known gaps"}


def notes(text):
    """(kind, sentence) of each note in the comments of one file."""
    found = []
    for comment in re.findall(r"/\*.*?\*/", text, re.S):
        body = [re.sub(r"^\s*(/\*+|\*(?!/))?[ \t]?", "", line) for line in comment[:-2].split("\n")]
        paragraph = None
        for line in body + [""]:
            pieces = MARK.split(line)
            if len(pieces) > 1:
                if paragraph and pieces[0].strip():
                    paragraph[1] += " " + pieces[0]
                for kind, rest in zip(pieces[1::2], pieces[2::2]):
                    paragraph = [kind, rest]
                    found.append(paragraph)
            elif not line.strip():
                paragraph = None
            elif paragraph:
                paragraph[1] += " " + line
    return [(kind, " ".join(words.split()).strip(" *-")) for kind, words in found]


def make_page(root):
    collected = {kind: [] for kind in KINDS}
    for path in tree.find_files(root, ("arch", "kernel", "lib", "initramfs"), (".c", ".h", ".S")):
        for kind, sentence in notes(tree.read(root, path)):
            collected[kind].append((path, sentence))
    out = ["# Deviations and limits", "",
           "Made by `tools/check/deviations.py --write` from the comments `NOTE(linux):` and `LIMIT:`. Do not edit."]
    for kind, title in KINDS.items():
        out += ["", f"## {title}", ""]
        out += [f"- `{path}`: {sentence}" for path, sentence in collected[kind]] or ["None."]
    return "\n".join(out) + "\n"


def main():
    parser = tree.root_from_args(__doc__)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    page = make_page(args.root)
    path = os.path.join(args.root, PAGE)
    if args.write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        return
    faults = tree.Faults()
    if not os.path.exists(path) or tree.read(args.root, PAGE) != page:
        faults.add(PAGE, 1, "is not current: tools/check/deviations.py --write")
    faults.leave()


if __name__ == "__main__":
    main()

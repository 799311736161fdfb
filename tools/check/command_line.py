#!/usr/bin/python3
"""The words in kernel/main/options.c and those in docs/command-line.md must be the same."""
import os
import re

import tree

TABLE = "kernel/main/options.c"
PAGE = "docs/command-line.md"


def words_of_table(text):
    body = re.search(r"\} options\[\] = \{\n(.*?)\n\};", text, re.S)
    return set(re.findall(r'^\t\{ "([^"]+)"', body[1], re.M)) if body else set()


def words_of_page(text):
    """What stands in backquotes in the first column of a table, or in the last section."""
    tables, _, rest = text.partition("\n## Known and without effect\n")
    cells = [line.split("|")[1] for line in tables.split("\n") if line.startswith("| `")]
    return {word.split("=")[0] for place in cells + [rest] for word in re.findall(r"`([^`]+)`", place)}


def main():
    root = tree.root_from_args(__doc__).parse_args().root
    faults = tree.Faults()
    table = words_of_table(tree.read(root, TABLE)) if os.path.exists(os.path.join(root, TABLE)) else set()
    page = words_of_page(tree.read(root, PAGE)) if os.path.exists(os.path.join(root, PAGE)) else set()
    for word in sorted(table - page):
        faults.add(PAGE, 1, f"nothing is said of {word}, which {TABLE} knows")
    for word in sorted(page - table):
        faults.add(PAGE, 1, f"{word} is not in the table of {TABLE}")
    faults.leave()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Sees that the code in pages of documentation is that of compiled, tested files.

usage: quotes.py ROOT PAGE.md…

Each ```cpp block follows a line `<!-- path/of/file.cpp -->`, and its lines stand in that file, in a
row, as they are. Prints `page:line: message` for each that does not.
"""

import re
import sys
from pathlib import Path

FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```[ \t]*$", re.M | re.S)
SOURCE = re.compile(r"<!-- (\S+) -->\n\Z")
LANGUAGES = ("cpp", "c++")


def breaches(text, page, read):
    """[message]; `read` gives the text of a file, or raises OSError."""
    found = []
    for match in FENCE.finditer(text):
        if match.group(1) not in LANGUAGES:
            continue
        where = f"{page}:{text.count(chr(10), 0, match.start()) + 1}"
        source = SOURCE.search(text[:match.start()])
        code = match.group(2)
        if not source:
            found.append(f"{where}: no line `<!-- file -->` before it says where the code is from")
        elif not code.strip():
            found.append(f"{where}: the block is empty")
        else:
            try:
                original = read(source.group(1))
            except OSError as problem:
                found.append(f"{where}: {source.group(1)}: {problem.strerror}")
                continue
            if "\n" + code not in "\n" + original:
                found.append(f"{where}: this is not what {source.group(1)} says")
    return found


def main():
    root, *pages = sys.argv[1:]
    found = []
    for page in pages:
        text = (Path(root) / page).read_text(encoding="utf-8")
        found += breaches(text, page, lambda name: (Path(root) / name).read_text(encoding="utf-8"))
        if not FENCE.search(text):
            found.append(f"{page}:1: no code at all")
    print("\n".join(found))
    sys.exit(1 if found or not pages else 0)


if __name__ == "__main__":
    main()

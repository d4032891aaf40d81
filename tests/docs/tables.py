#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Sees that the tables of a page are those that a program prints, or puts them there.

usage: tables.py [--write] PROGRAM PAGE.md

A table stands between `<!-- name -->` and `<!-- end -->`, in the page and in what the program prints. Prints
each table that is another in the page, as it should be.
"""

import re
import subprocess
import sys
from pathlib import Path

TABLE = re.compile(r"^<!-- ([\w-]+) -->\n(.*?)^<!-- end -->\n", re.M | re.S)
WIDTH_MAX = 110


def tables(text):
    return {match.group(1): match.group(2) for match in TABLE.finditer(text)}


def breaches(page, printed):
    """[message]"""
    found = []
    mine = tables(page)
    for name in mine.keys() - printed.keys():
        found.append(f"table {name}: nobody prints it")
    for name, table in printed.items():
        if mine.get(name, "").strip() != table.strip():
            found.append(f"table {name} is another, namely:\n{table}")
        found += [f"table {name}: a line of {len(line)} characters: {line}"
                  for line in table.split("\n") if len(line) > WIDTH_MAX]
    return found


def replaced(page, printed):
    return TABLE.sub(lambda m: f"<!-- {m.group(1)} -->\n\n{printed[m.group(1)].strip()}\n\n<!-- end -->\n", page)


def main():
    write = sys.argv[1] == "--write"
    program, page = sys.argv[-2:]
    printed = tables(subprocess.run([program], check=True, capture_output=True, text=True).stdout)
    text = Path(page).read_text(encoding="utf-8")
    if write:
        text = replaced(text, printed)
        Path(page).write_text(text, encoding="utf-8")
    found = breaches(text, printed)
    print("\n".join(found))
    sys.exit(1 if found or not printed else 0)


if __name__ == "__main__":
    main()

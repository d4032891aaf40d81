#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Cuts the first whole program out of a Markdown file: the first ```cpp block with an `int main(`.

usage: extract.py README.md OUT.cpp

The program must be short enough to be read at a glance, LINES_MAX lines. It keeps its line numbers,
so that the compiler's messages point into the Markdown file.
"""

import re
import sys

LINES_MAX = 25
BLOCK = re.compile(r"^```(?:cpp|c\+\+)[^\n]*\n(.*?)^```[ \t]*$", re.M | re.S)


def extract(text, name):
    """The source of the program. Raises ValueError, which says what is wrong."""
    for match in BLOCK.finditer(text):
        code = match.group(1)
        if not re.search(r"\bint\s+main\s*\(", code):
            continue
        lines = code.count("\n")
        first = text.count("\n", 0, match.start(1)) + 1
        if lines > LINES_MAX:
            raise ValueError(f"{name}:{first}: the program has {lines} lines, more than {LINES_MAX}")
        return f'#line {first} "{name}"\n{code}'
    raise ValueError(f"{name}:1: there is no ```cpp block with a whole program, one with main()")


def main():
    readme, out = sys.argv[1:]
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    try:
        source = extract(text, readme)
    except ValueError as problem:
        sys.exit(str(problem))
    with open(out, "w", encoding="utf-8") as file:
        file.write(source)


if __name__ == "__main__":
    main()

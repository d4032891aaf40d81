#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Sees that extract.py takes the right block, and refuses what it must.

usage: rules.py PATH_OF_EXTRACT
"""

import importlib.util
import sys
import unittest

FENCE = "```"


def block(code, language="cpp"):
    return f"{FENCE}{language}\n{code}{FENCE}\n"


class Rules(unittest.TestCase):
    def test_the_first_whole_program_is_taken(self):
        text = "# a\n" + block("f();\n") + block("int main() {}\n") + block("int main() { b(); }\n")
        self.assertEqual(extract.extract(text, "R.md"), '#line 6 "R.md"\nint main() {}\n')

    def test_a_missing_program_is_refused(self):
        for text in ("", block("f();\n"), block("int main() {}\n", "text"), "int main() {}\n"):
            with self.assertRaisesRegex(ValueError, "no .*cpp block"):
                extract.extract(text, "R.md")

    def test_a_long_program_is_refused(self):
        extract.extract(block("int main() {}\n" + "//\n" * 24), "R.md")
        with self.assertRaisesRegex(ValueError, "R.md:2: the program has 26 lines"):
            extract.extract(block("int main() {}\n" + "//\n" * 25), "R.md")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("extract", sys.argv.pop(1))
    extract = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extract)
    unittest.main()

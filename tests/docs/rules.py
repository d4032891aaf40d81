#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Sees that extract.py takes the right block, that quotes.py and tables.py compare, and what they refuse.

usage: rules.py PATH_OF_EXTRACT PATH_OF_QUOTES PATH_OF_TABLES
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

    FILES = {"a.cpp": "int f() {\n    return 1;\n}\n\nint g();\n"}

    def read(self, name):
        if name not in self.FILES:
            raise FileNotFoundError(2, "No such file or directory")
        return self.FILES[name]

    def breaches(self, text):
        return quotes.breaches("# a\n" + text, "P.md", self.read)

    def test_lines_in_a_row_are_a_quote(self):
        for code in ("int f() {\n    return 1;\n}\n", "    return 1;\n", "}\n\nint g();\n"):
            self.assertEqual(self.breaches("<!-- a.cpp -->\n" + block(code)), [])
        self.assertEqual(self.breaches(block("ls\n", "sh")), [])

    def test_what_is_no_quote_is_refused(self):
        for code in ("return 1;\n", "    return 2;\n", "int f() {\n}\n", "int g()\n", "    return 1;\nint g();\n"):
            self.assertEqual(self.breaches("<!-- a.cpp -->\n" + block(code)),
                             ["P.md:3: this is not what a.cpp says"])
        self.assertEqual(self.breaches("<!-- a.cpp -->\n" + block("")), ["P.md:3: the block is empty"])

    def test_code_from_nowhere_is_refused(self):
        self.assertRegex(self.breaches(block("int g();\n"))[0], "P.md:2: no line")
        self.assertRegex(self.breaches("<!-- a.cpp -->\n\n" + block("int g();\n"))[0], "P.md:4: no line")
        self.assertEqual(self.breaches("<!-- b.cpp -->\n" + block("int g();\n")),
                         ["P.md:3: b.cpp: No such file or directory"])

    PAGE = "# a\n<!-- t -->\n\n| 1 |\n\n<!-- end -->\nb\n"

    def test_tables_are_compared_and_replaced(self):
        self.assertEqual(tables.breaches(self.PAGE, {"t": "| 1 |\n"}), [])
        self.assertEqual(tables.breaches(self.PAGE, {"t": "| 2 |\n"}), ["table t is another, namely:\n| 2 |\n"])
        self.assertEqual(tables.breaches(self.PAGE, {}), ["table t: nobody prints it"])
        self.assertRegex(tables.breaches(self.PAGE, {"t": "| 1 |", "u": "-"})[0], "table u is another")
        self.assertRegex(tables.breaches("", {"t": "-" * 111})[1], "a line of 111 characters")
        written = tables.replaced(self.PAGE, {"t": "| 2 |\n"})
        self.assertEqual(written, self.PAGE.replace("1", "2"))


def load(name):
    spec = importlib.util.spec_from_file_location(name, sys.argv.pop(1))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    extract = load("extract")
    quotes = load("quotes")
    tables = load("tables")
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Plants a breach of each rule of tools/tidy in a small tree, and sees exactly it reported.

usage: rules.py PATH_OF_TIDY
"""

import importlib.machinery
import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path

LICENCE = "// SPDX-License-Identifier: BSL-1.0\n"


def load(path):
    loader = importlib.machinery.SourceFileLoader("tidy", path)
    spec = importlib.util.spec_from_loader("tidy", loader)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def header(guard, body):
    return f"{LICENCE}#ifndef {guard}\n#define {guard}\n{body}#endif // {guard}\n"


CLEAN = {
    "include/rondo/meson.build":
        "# SPDX-License-Identifier: BSL-1.0\nrondo_headers = ['task.hpp', 'asio.hpp']\n",
    "include/rondo/task.hpp": header("RONDO_TASK_HPP", "struct task {};\n"),
    "include/rondo/asio.hpp":
        header("RONDO_ASIO_HPP", "#include <boost/asio/awaitable.hpp>\n"),
    "lib/core/meson.build":
        "# SPDX-License-Identifier: BSL-1.0\nfiles('heap.cpp')\n",
    "lib/core/heap.hpp": header("RONDO_CORE_HEAP_HPP", "#include <rondo/task.hpp>\n"),
    "lib/core/heap.cpp": LICENCE + '#include "core/heap.hpp"\n',
    "tests/unit/meson.build": "# SPDX-License-Identifier: BSL-1.0\nfiles('a.cpp')\n",
    "tests/unit/a.cpp": LICENCE,
}
HEAP = CLEAN["lib/core/heap.cpp"]


def function(lines, head="void f(int a)"):
    return head + " {\n" + "    g();\n" * lines + "}\n"


class Rules(unittest.TestCase):
    def check(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**CLEAN, **files}.items():
                place = Path(folder, path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(text.encode())
            return tidy.check(folder)

    def passes(self, path, text):
        self.assertEqual(self.check({path: text}), [])

    def fails(self, path, text, line, message):
        found = self.check({path: text})
        self.assertEqual([(p, n) for p, n, _ in found], [(path, line)], found)
        self.assertIn(message, found[0][2])

    def core(self, code):
        """A breach in the third line of a file of the core."""
        return "lib/core/heap.cpp", HEAP + code

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.check({}), [])

    def test_whitespace(self):
        self.fails(*self.core("int a; \n"), 3, "trailing whitespace")
        self.fails(*self.core("int a;\r\n"), 3, "trailing whitespace")
        self.fails(*self.core("\tint a;\n"), 3, "tab")
        self.fails(*self.core("int a;"), 3, "no newline")
        self.fails(*self.core("int a;\n\n"), 4, "empty line")
        self.fails("HACKING.md", "text \n", 1, "trailing whitespace")

    def test_leftovers(self):
        for word in ("FIX" "ME", "TO" "DO", "XX" "X"):
            self.fails(*self.core(f"// {word}: later\n"), 3, "leftover")
            self.fails("dev", f"#!/bin/bash\n# SPDX-License-Identifier: BSL-1.0\n# {word}\n", 3,
                       "leftover")

    def test_licence(self):
        self.fails("lib/core/heap.cpp", '#include "core/heap.hpp"\n' + LICENCE, 1, "first line")
        self.fails("tests/unit/meson.build", "files('a.cpp')\n", 1, "SPDX")
        self.fails("dev", "#!/bin/bash\n", 1, "SPDX")

    def test_file_length(self):
        self.fails(*self.core("int a;\n" * 399), 401, "401 lines")
        self.passes(*self.core("int a;\n" * 398))

    def test_guards(self):
        self.fails("lib/core/heap.hpp", header("RONDO_HEAP_HPP", ""), 2, "RONDO_CORE_HEAP_HPP")
        self.fails("lib/core/heap.hpp", LICENCE + "#pragma once\n", 2, "RONDO_CORE_HEAP_HPP")
        self.fails("lib/core/heap.hpp", LICENCE, 1, "RONDO_CORE_HEAP_HPP")
        unnamed = header("RONDO_CORE_HEAP_HPP", "").replace("#endif // RONDO_CORE_HEAP_HPP", "#endif")
        self.fails("lib/core/heap.hpp", unnamed, 4, "last line")
        self.assertEqual(tidy.guard_of("include/rondo/testing/virtual_clock.hpp"),
                         "RONDO_TESTING_VIRTUAL_CLOCK_HPP")
        self.assertEqual(tidy.guard_of("tests/support/script.hpp"), "RONDO_TESTS_SUPPORT_SCRIPT_HPP")

    def test_the_core_is_pure(self):
        self.fails(*self.core("boost::asio::awaitable<int> f();\n"), 3, "knows no Asio")
        self.fails(*self.core("#include <boost/asio/awaitable.hpp>\n"), 3, "knows no Asio")
        self.fails(*self.core("auto t = clock::now();\n"), 3, "given the time")
        self.fails(*self.core("std::random_device d;\n"), 3, "engine")
        self.fails(*self.core("#include <thread>\n"), 3, "threads")
        self.fails(*self.core("#include <mutex>\n"), 3, "threads")
        self.fails(*self.core("#include \"runtime/driver.hpp\"\n"), 3, "above")
        self.fails(*self.core("#include <rondo/asio.hpp>\n"), 3, "brings Asio")
        self.passes(*self.core("// asio, ::now(, random_device, <thread>\nauto s = \"asio\";\n"))

    def test_public_headers_are_cheap(self):
        for name in ("boost/beast/core.hpp", "boost/json.hpp", "sqlite3.h", "libpq-fe.h",
                     "boost/asio.hpp", "core/heap.hpp"):
            self.fails("include/rondo/task.hpp",
                       header("RONDO_TASK_HPP", f"#include <{name}>\n"), 4, "must" if "heap" in name
                       else "banned")

    def test_the_whole_of_asio_is_banned_everywhere(self):
        self.fails("tests/unit/a.cpp", LICENCE + "#include <boost/asio.hpp>\n", 2, "banned")

    def test_tests_wait_for_no_clock(self):
        for call in ("std::this_thread::sleep_for(1s)", "usleep(1)", "sleep_until (x)"):
            self.fails("tests/unit/a.cpp", LICENCE + f"int a = {call};\n", 2, "wall clock")
        self.passes("tests/unit/a.cpp", LICENCE + "int a = ctx.async_sleep_for(1s);\n")

    def test_bodies_fit_a_screen(self):
        heads = ("void f(int a)", "TEST_CASE(\"a {\")", "template <class T> void f(T t) noexcept",
                 "x::x(int a)\n    : a_{a}, b_{1, 2}", "auto f(struct y a = {}) -> int",
                 "template <class T>\nrequires requires(T t) { t.x(); }\nint f(T t)")
        for head in heads:
            self.fails(*self.core(function(71, head)), 3, "a body of 71 lines")
            self.passes(*self.core(function(70, head)))
        nested = "    if (a) {\n        [] { g('{', \"}\"); }(); // }\n    }\n"
        self.fails(*self.core("void f() {\n" + nested * 24 + "}\n"), 3, "a body of 72 lines")
        for around in ("namespace a::b {\n", "class x : y<int()> {\n", "TEST_SUITE(\"b\") {\n"):
            self.passes(*self.core(around + function(60) * 2 + "}\n"))
            self.fails(*self.core(around + function(71) + "}\n"), 4, "a body of 71 lines")
        self.passes(*self.core(function(90, "action machine::resume(event e)")))

    def test_coroutines_are_safe_with_gcc_12(self):
        bad = ("co_await f([x] { return x; });", "co_await f({.a = 1});", "co_await f(point{1});",
               "co_await f(a,\n  point<int>{1});", "auto x = co_await g(f(point{}), y);",
               "f(point{1}, co_await g());", "if (co_await f(point{1})) {}")
        for statement in bad:
            self.fails(*self.core("void f() {\n    " + statement + "\n}\n"), 4, "named local")
        good = ("co_await f(a[1]);", "if (co_await f()) { g(point{}); }", "f([] { co_await g(); });",
                "f([] { if (x) { y(); } co_await g(); });", "co_await f(); // g({})",
                "co_await f(\"{\");", "co_return co_await f(point(1));")
        for statement in good:
            self.passes(*self.core("void f() {\n    " + statement + "\n}\n"))
        self.passes(*self.core("auto operator co_await() noexcept {\n}\n"))
        self.fails(*self.core("auto [a, b] = co_await f();\n"), 3, "name the whole")
        self.fails(*self.core("BOOST_OUTCOME_CO_TRYX(f());\n"), 3, "g++ 12")

    def test_dead_files(self):
        self.fails("lib/core/old.cpp", LICENCE, 1, "dead file: no meson.build")
        self.fails("lib/core/old.hpp", header("RONDO_CORE_OLD_HPP", ""), 1, "nobody includes")
        self.fails("include/rondo/old.hpp", header("RONDO_OLD_HPP", ""), 1, "not installed")


if __name__ == "__main__":
    tidy = load(sys.argv.pop(1))
    unittest.main()

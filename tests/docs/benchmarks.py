#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Sees what tools/benchmarks makes of figures, and what it refuses.

usage: benchmarks.py PATH_OF_TOOL
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest


def row(work, figure, ours, loop, unit="ns"):
    return {"work": work, "figure": figure, "ours": ours, "loop": loop, "ratio": ours / loop if loop else None, "unit": unit}


class Benchmarks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, *runs):
        """Gives the status, the last line, and the page."""
        files = []
        for i, run in enumerate(runs):
            files.append(self.path(f"{i}.json"))
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(run if isinstance(run, str) else json.dumps(run))
        done = subprocess.run([sys.executable, TOOL, "--output", self.path("page.md"), *files], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        page = ""
        if os.path.exists(self.path("page.md")):
            with open(self.path("page.md"), encoding="utf-8") as file:
                page = file.read()
        return done.returncode, done.stdout.splitlines()[-1], page

    def test_a_figure_stands_beside_what_it_was_measured_beside(self):
        status, said, page = self.write([row("runs-10k", "cpu_ns_per_run", 250, 1000),
                                         row("runs-10k-uv", "cpu_ns_per_run", 300, 100),
                                         row("sqlite-full-1", "us_per_run", 12.5, 10, "us"),
                                         row("lateness", "early_starts", 0, 0, "runs")])
        self.assertEqual((status, said), (0, "benchmarks: ok figures=4 runs=1"))
        self.assertIn("| runs-10k | the loop | cpu ns per run (ns) | 250 | 1,000 | 0.25 |", page)
        self.assertIn("| runs-10k | libuv | cpu ns per run (ns) | 300 | 100 | 3.00 |", page)
        self.assertIn("| sqlite-full-1 | SQLite by hand | us per run (us) | 12.5 | 10 | 1.25 |", page)
        self.assertIn("| lateness | - | early starts (runs) | 0 | - | - |", page)
        self.assertNotIn("## Capacity", page)
        self.assertIn("| gocron | ", page)

    def test_several_runs_give_a_median_and_the_noise(self):
        runs = [[row("million", "cpu_ns_per_run", ours, 1000)] for ours in (300, 200, 600)]
        status, said, page = self.write(*runs)
        self.assertEqual((status, said), (0, "benchmarks: ok figures=1 runs=3"))
        self.assertIn("| million | the loop | cpu ns per run (ns) | 300 | 1,000 | 0.30 (0.20 to 0.60) |", page)

    def test_two_threads_give_a_model_of_more(self):
        def two(one, more):
            return [row("capacity", "runs_per_second", one, 1), row("capacity-2-threads", "runs_per_second", more, 1)]
        page = self.write(two(100, 160))[2] # 2 / 1.6 - 1 is a quarter
        self.assertIn("did 1.60 times", page)
        self.assertIn("s = 0.25 of a run", page)
        self.assertIn("four would do 2.3 times as much, eight 2.9, sixteen 3.4, and no number more than 4.0.", page)
        self.assertIn("s = 0.00 of a run", self.write(two(100, 210))[2])
        self.assertIn("nothing to be gained", self.write(two(100, 90))[2])
        self.assertNotIn("Amdahl", self.write([row("capacity", "runs_per_second", 100, 1)])[2])

    def test_what_is_no_figure_is_refused(self):
        for run in ("", "{}", "[]", "[1]", '[{"work": "a"}]', json.dumps([row("a", "b", 1, 1) | {"ours": "1"}])):
            status, said, page = self.write(run)
            self.assertEqual((status, page), (1, ""))
            self.assertTrue(said.startswith("benchmarks: FAILED "), said)

    def test_a_missing_file_is_refused(self):
        done = subprocess.run([sys.executable, TOOL, "--output", self.path("page.md"), self.path("none")],
                              stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("benchmarks: FAILED ", done.stdout)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    TOOL = sys.argv.pop(1)
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""How the checks beside this file ask the command: `OPTIONS` is what they were started with."""

import argparse
import os
import subprocess
import sys
import unittest

parser = argparse.ArgumentParser()
parser.add_argument("--command", required=True)
parser.add_argument("--root", required=True)
parser.add_argument("--zones", action="store_true")
parser.add_argument("--writer")
OPTIONS, REST = parser.parse_known_args()

OK, NOTHING, USAGE = 0, 1, 2
ENVIRONMENT = {**os.environ, "NO_COLOR": "1"}


def rondo(*arguments, stdin=b""):
    done = subprocess.run([OPTIONS.command, *arguments], input=stdin, capture_output=True, timeout=60,
                          env=ENVIRONMENT)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Case(unittest.TestCase):
    def expect(self, arguments, code, out=None, err=None):
        got = rondo(*arguments)
        self.assertEqual(code, got[0], (arguments, got))
        if out is not None:
            self.assertEqual(out, got[1], arguments)
        if err is not None:
            self.assertEqual(err, got[2], arguments)
        self.assertEqual(code == OK, got[2] == "", (arguments, got))
        for line in got[2].splitlines()[:1]:
            self.assertTrue(line.startswith("rondo: "), line)

    def refuses(self, *arguments):
        self.expect(arguments, USAGE)


def run_all():
    unittest.main(argv=[sys.argv[0], *REST], verbosity=2)

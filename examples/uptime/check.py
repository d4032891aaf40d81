#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the uptime example as a user does: refusals, a restart, a crash. Waits for lines, never for time.

usage: check.py PATH_OF_RONDO_UPTIME
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

program = ""
LIMIT = 60  # seconds; only for what hangs
ON_RECORD = re.compile(r"(\d+) runs on record, (\d+) abandoned")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def run(*arguments):
    return subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=LIMIT)


def on_record(text):
    """(runs, abandoned) of the line about the last life."""
    runs, abandoned = ON_RECORD.search(text).groups()
    return int(runs), int(abandoned)


class Uptime(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.database = os.path.join(self.folder, "uptime.db")

    def start(self, *arguments):
        """The running program, killed when it outlives its test or its time."""
        child = subprocess.Popen([program, "--database", self.database, *arguments], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        guard = threading.Timer(LIMIT, child.kill)
        guard.start()

        def end():
            guard.cancel()
            child.kill()
            child.communicate()
        self.addCleanup(end)
        return child

    def listen(self):
        """(a listening socket, its URL)"""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        server.settimeout(LIMIT)
        return server, f"http://127.0.0.1:{server.getsockname()[1]}/health"

    def request(self, server):
        """The next connection, once its request is in."""
        peer, _ = server.accept()
        self.addCleanup(peer.close)
        peer.settimeout(LIMIT)
        text = b""
        while not text.endswith(b"\r\n\r\n"):
            part = peer.recv(4096)
            self.assertTrue(part, "the probe went away")
            text += part
        self.assertTrue(text.startswith(b"GET /health HTTP/1.1\r\n"), text)
        return peer

    def test_help(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--endpoint", done.stdout)

    def test_what_cannot_be_done_is_one_line_and_status_2(self):
        foreign = os.path.join(self.folder, "foreign.db")
        with open(foreign, "w", encoding="utf-8") as file:
            file.write("This is a letter, not a database.\n" * 100)
        refused = [["--bogus"], ["stray"], ["--for"], ["--for", "soon"], ["--for", "0"], ["--for", "-1"],
                   ["--for", "1s"], ["--for", "nan"], ["--for="], ["--bad\nflag"]]
        refused += [["--endpoint", url] for url in (
            "", "ftp://a/", "https://a/", "http://", "http:///x", "http://a:0/", "http://a:65536/",
            "http://a:b/", "http://[::1", "http://[::1]x", "http://a b/", "http://u@a/", "http://a/" + "x" * 2000)]
        refused += [["--database", path] for path in (
            "", self.folder, foreign, os.path.join(self.folder, "no", "such", "folder", "x.db"))]
        for arguments in refused:
            with self.subTest(arguments=arguments):
                # A time limit in front, so that what is not refused ends; a later --for counts.
                done = run("--for", "1", "--database", self.database, *arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertRegex(done.stderr, r"\Arondo-uptime: [^\n]+\n\Z")

    def test_a_second_life_goes_on_with_history(self):
        first = run("--for", "3", "--database", self.database)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual(on_record(first.stdout), (0, 0))
        self.assertIn("probed by hand", first.stdout)
        self.assertNotIn("\x1b", first.stdout + first.stderr)
        for text in ("local-steady: 200 OK", "local-down: Connection refused", " manual "):
            self.assertIn(text, first.stdout)

        second = run("--for", "3", "--database", self.database)
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertIn("continuing with history", second.stdout)
        before, abandoned = on_record(second.stdout)
        self.assertGreater(before, 0)
        self.assertEqual(abandoned, 0)

        third = run("--for", "0.5", "--database", self.database)
        self.assertEqual(third.returncode, 0, third.stderr)
        self.assertGreater(on_record(third.stdout)[0], before)

    def test_a_run_whose_process_is_killed_is_abandoned(self):
        server, url = self.listen()
        child = self.start("--endpoint", url)
        # The first probe is answered. By the second the first runs of all tasks are on record as
        # ended, so the one in the air is the second.
        self.request(server).sendall(ANSWER)
        self.request(server)
        child.kill()
        child.wait(LIMIT)

        after = run("--for", "0.5", "--database", self.database, "--endpoint", url)
        self.assertEqual(after.returncode, 0, after.stderr)
        runs, abandoned = on_record(after.stdout)
        self.assertEqual(abandoned, 1)
        self.assertGreaterEqual(runs, 3)
        self.assertIn(" abandoned", after.stdout.split("the latest", 1)[1])

    def test_a_signal_ends_it_in_order(self):
        server, url = self.listen()
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                child = self.start("--endpoint", url)
                self.request(server).sendall(ANSWER)
                for line in child.stdout:  # the first table: the signals are watched
                    if line.startswith("ENDPOINT"):
                        break
                child.send_signal(number)
                threading.Thread(target=self.serve_rest, args=(server,), daemon=True).start()
                rest, errors = child.communicate(timeout=LIMIT)
                self.assertEqual((child.returncode, errors), (0, ""))
                self.assertIn("in this life:", rest)

    @staticmethod
    def serve_rest(server):
        try:
            while True:  # a probe under way when the signal comes must not fail, for that is told on stderr
                connection = server.accept()[0]
                connection.recv(4096)
                connection.sendall(ANSWER)
                connection.close()
        except OSError:
            pass  # the test is over

    def test_one_database_has_one_process(self):
        server, url = self.listen()
        self.start("--endpoint", url)
        self.request(server)
        done = run("--for", "1", "--database", self.database)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Arondo-uptime: [^\n]*another process holds the store\n\Z")


if __name__ == "__main__":
    program = sys.argv.pop(1)
    unittest.main()

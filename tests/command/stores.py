#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Lets the command `rondo` read databases: good ones, those of a server that runs or died, and bad ones.

usage: stores.py --command RONDO --root SOURCES --writer WRITE_DATABASE
"""

import os
import pty
import random
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from asking import NOTHING, OK, OPTIONS, USAGE, Case, rondo, run_all


class Stores(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = str(self.folder / "tasks ?#%.sqlite")

    def write(self):
        subprocess.run([OPTIONS.writer, self.file], check=True, timeout=60)

    def row(self, out, uid):
        return next(line for line in out.splitlines() if line.startswith(uid))

    def check_tasks(self):
        code, out, err = rondo("tasks", self.file)
        self.assertEqual((OK, ""), (code, err))
        self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f]")
        self.assertEqual(5, len(out.splitlines()), out)
        backup = self.row(out, "backup")
        self.assertIn("nightly b\u00e4ckup", backup)
        self.assertIn("cron 30 2 * * * zone=Europe/Brussels  active  2027-01-15T08:00:00.000Z", backup)
        self.assertTrue(backup.endswith("1970-01-01T00:01:08.000Z  running  " + "." * 54 + "xtci!*"), backup)
        self.assertRegex(self.row(out, "done"), r"finished .* success +\.$")
        self.assertRegex(self.row(out, "delay"), r"after a run +never +-$")
        self.assertRegex(self.row(out, "evil??[31m"), r"paused")
        self.assertIn("secret", rondo("tasks", "--all", self.file)[1])

    def test_tasks(self):
        self.write()
        before = sorted(os.listdir(self.folder))
        self.check_tasks()
        self.assertEqual(before, sorted(os.listdir(self.folder)), "reading leaves nothing behind")

    def test_tasks_of_an_older_version(self):
        self.write()
        with sqlite3.connect(self.file) as db:
            db.executescript("alter table task add column next_slot integer;"
                             "update task set next_slot = (select next_slot from cursor where task = task.id);"
                             "drop view cursor; drop table cursor_page; pragma user_version = 3")
        db.close()
        self.check_tasks()

    def test_a_task_without_a_cursor(self):
        for damage in ("'{}'", "'x'", "replace(cursors, '[', '')", "replace(cursors, ']', ',0]')",
                       "replace(cursors, ']', 'e0]')", "replace(cursors, '[null', '[\"0\"')",
                       "replace(cursors, '[null', '[1.5')", "replace(cursors, '\"2\"', '\"1\"')",
                       "replace(cursors, '{', '{\"x\":[0,0],')", "replace(cursors, '{', '{\"01\":[0,0],')",
                       "replace(cursors, '{', '{\"17\":[0,0],')"):
            Path(self.file).unlink(missing_ok=True)
            self.write()
            with sqlite3.connect(self.file) as db:
                db.execute("update cursor_page set cursors = " + damage)
            db.close()
            code, out, err = rondo("tasks", self.file)
            self.assertEqual((USAGE, "", 1), (code, out, err.count("\n")), err)
            self.assertIn("damaged", err)

    def test_tasks_of_a_running_server(self):
        with subprocess.Popen([OPTIONS.writer, self.file, "--hold"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as server:
            self.assertEqual(b"ready\n", server.stdout.readline())
            self.check_tasks()
            server.stdin.close()
            self.assertEqual(0, server.wait(60))
        self.check_tasks()

    def test_tasks_after_a_crash(self):
        with subprocess.Popen([OPTIONS.writer, self.file, "--hold"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as server:
            server.stdout.readline()
            server.kill()
        log = Path(self.file + "-wal").read_bytes()
        self.check_tasks()
        self.check_tasks()
        self.assertEqual(log, Path(self.file + "-wal").read_bytes(), "the next owner sees that it did not end well")

    def test_history(self):
        self.write()
        code, out, _ = rondo("history", self.file)
        self.assertEqual((OK, 51), (code, len(out.splitlines())))
        self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f]")
        self.assertIn("failed: disk?full ?[2J", out)
        code, out, _ = rondo("history", self.file, "--task", "backup", "--limit", "2")
        self.assertEqual(OK, code)
        self.assertRegex(out, r"^STARTED.*\n1970-01-01T00:01:08.000Z  backup  manual +- +running\n"
                              r"1970-01-01T00:01:07.000Z  backup  manual +- +abandoned\n$")
        self.expect(["history", self.file, "--task", "nobody"], NOTHING)
        self.expect(["history", self.file, "--task", "delay"], NOTHING)

    def test_skips(self):
        self.write()
        self.expect(["history", self.file, "--skips"], OK,
                    "TASK    REASON   FIRST SLOT                LAST SLOT                 SLOTS\n"
                    "backup  overlap  1970-01-01T00:03:20.000Z  1970-01-01T00:05:00.000Z  101\n"
                    "done    missed   1970-01-01T00:01:30.000Z  1970-01-01T00:01:30.000Z  1\n")
        for limits, found in ((["--from", "1970-01-01T00:05:00Z"], ["backup"]), (["--from", "1970-01-01T00:05:01Z"], []),
                              (["--to", "1970-01-01T00:03:20Z"], ["done"]), (["--to", "1970-01-01T00:01:30Z"], []),
                              (["--task", "done"], ["done"]), (["--task", "delay"], []), (["--limit", "1"], ["backup"])):
            code, out, err = rondo("history", self.file, "--skips", *limits)
            self.assertEqual((OK if found else NOTHING, "" if found else "no skips on record"),
                             (code, err.strip().removeprefix("rondo: ")), limits)
            self.assertEqual(found, [line.split()[0] for line in out.splitlines()[1:]], limits)
        code, out, err = rondo("history", self.file, "--skips", "--task", "nobody")
        self.assertEqual((NOTHING, ""), (code, out))
        self.assertIn("no task 'nobody' on record", err)
        self.refuses("history", self.file, "--skips", "--from", "yesterday")

    def test_colours_on_a_terminal_alone(self):
        self.write()
        for no_color, coloured in (("", True), ("1", False)):
            ours, its = pty.openpty()
            subprocess.run([OPTIONS.command, "history", self.file, "--limit", "1"], stdout=its, check=True, timeout=60,
                           env={**os.environ, "NO_COLOR": no_color})
            os.close(its)
            self.assertEqual(coloured, b"\x1b[" in os.read(ours, 10_000))
            os.close(ours)

    def test_files_that_are_none(self):
        self.refuses("tasks", self.file)
        self.assertFalse(os.path.exists(self.file))
        self.refuses("tasks", str(self.folder))
        self.refuses("tasks", "")
        self.refuses("tasks", ":memory:")
        os.mkfifo(self.folder / "pipe")
        self.refuses("tasks", str(self.folder / "pipe"))
        for content in (b"", b"text, and no database at all" * 100):
            Path(self.file).write_bytes(content)
            self.refuses("tasks", self.file)
            self.refuses("history", self.file)

    def test_databases_that_are_not_ours(self):
        for script in ("create table t (x)", "pragma application_id=1382051428; pragma user_version=1",
                       "pragma application_id=1382051428; pragma user_version=99; create table task (id)"):
            Path(self.file).unlink(missing_ok=True)
            with sqlite3.connect(self.file) as db:
                db.executescript(script)
            db.close()
            code, out, err = rondo("tasks", self.file)
            self.assertEqual((USAGE, "", 1), (code, out, err.count("\n")), err)

    def test_a_damaged_file(self):
        self.write()
        sound = Path(self.file).read_bytes()
        draw = random.Random(1)
        for n in range(60):
            bytes_ = bytearray(sound if n % 2 else sound[:draw.randrange(100, len(sound))])
            for _ in range(200):
                bytes_[draw.randrange(100, len(bytes_))] = draw.randrange(256)
            Path(self.file).write_bytes(bytes_)
            for verb in (["tasks"], ["history"], ["history", "--summary"], ["history", "--skips"],
                         ["history", "--format", "jsonl"]):
                code, out, err = rondo(verb[0], self.file, *verb[1:])
                self.assertIn(code, (OK, NOTHING, USAGE), (n, err))
                self.assertLessEqual(err.count("\n"), 1)
                self.assertNotRegex(out + err, "[\x00-\x09\x0b-\x1f\x7f]")


if __name__ == "__main__":
    run_all()

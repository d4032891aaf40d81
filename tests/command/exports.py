#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Takes the history of databases elsewhere with the command `rondo`, and reads back what it wrote.

usage: exports.py --command RONDO --root SOURCES --writer WRITE_DATABASE
"""

import codecs
import csv
import io
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import tempfile
import uuid
from datetime import datetime, timezone
from pathlib import Path

from asking import ENVIRONMENT, NOTHING, OK, OPTIONS, USAGE, Case, rondo, run_all

BAD = "\ufffd"
HOSTILE = [b"", b"plain", b"a,b", b'say "hi"', b'"', b"two\r\nlines\nand\rmore", b"nul \0 inside", b"=1+1", b"@SUM(A1)",
           b"\x1b[2J\x7f", b"\xc2\x9b2J", "gr\u00fc\u00df \u65e5\u672c \U0001f3b5".encode(), "\u202eturned".encode(),
           "\u2028line".encode(), b"\xff\xfe\x80", b"cut \xe2\x82", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80",
           b"tab\tand \\ back", b" spaces ", b"{}%s'; drop table run; --"]
codecs.register_error("each_byte", lambda e: (BAD * (e.end - e.start), e.end))


def sound(text):
    return text.decode("utf-8", "each_byte")


def in_csv(text):
    return sound(text).replace("\0", BAD)


def iso(micros):
    whole = datetime.fromtimestamp(micros // 1_000_000, timezone.utc)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{micros % 1_000_000:06}Z"


class Exports(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = str(Path(folder.name, "tasks.db"))
        subprocess.run([OPTIONS.writer, self.file], check=True, timeout=60)

    def change(self, *statements):
        with sqlite3.connect(self.file) as db:
            for statement in statements:
                db.execute(*statement) if isinstance(statement, tuple) else db.execute(statement)
        db.close()

    def clear(self):
        self.change("delete from result", "delete from run_user", "delete from run_line", "delete from run")

    def add_runs(self, runs):
        """(started_at, message) each, of the task 1; the first has the id 1."""
        with sqlite3.connect(self.file) as db:
            db.executemany(
                "insert into run (id, task, \"trigger\", scheduled_at, started_at, finished_at, outcome, message, token) "
                "values (?, 1, 'manual', 0, ?, ? + 1500000, 'failed', cast(? as text), 0)",
                [(n.to_bytes(16, "big"), at, at, text) for n, (at, text) in enumerate(runs, 1)])
        db.close()

    def csv(self, *arguments, code=OK):
        done = subprocess.run([OPTIONS.command, "history", self.file, "--format", "csv", *arguments],
                              capture_output=True, timeout=60, env=ENVIRONMENT)
        self.assertEqual(code, done.returncode, done.stderr)
        text = done.stdout.decode()  # throws if it is no UTF-8
        self.assertEqual(text == "", not text.endswith("\r\n"))
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    def jsonl(self, *arguments, code=OK):
        got, out, err = rondo("history", self.file, "--format", "jsonl", *arguments)
        self.assertEqual(code, got, err)
        self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]")
        return [json.loads(line) for line in out.split("\n")[:-1]]

    def test_all_that_is_on_record(self):
        rows, objects = self.csv(), self.jsonl()
        self.assertEqual((69, 69), (len(rows), len(objects)))
        last = objects[0]
        self.assertEqual(("done", "success", "it is over", 1.5, 1), tuple(last[k] for k in (
            "task", "outcome", "message", "seconds", "attempt")))
        self.assertEqual(("1970-01-01T00:01:09.000000Z", "1970-01-01T00:01:10.500000Z", "00000000-0000-0000-0000-000000000045"),
                         (last["started_at"], last["finished_at"], last["id"]))
        in_flight, abandoned = objects[1], objects[2]
        self.assertEqual((None, None, None), tuple(in_flight[k] for k in ("finished_at", "outcome", "seconds")))
        self.assertEqual(("abandoned", None), (abandoned["outcome"], abandoned["seconds"]))
        self.assertEqual(([], [], None, [], 0), tuple(last[k] for k in ("users", "results", "progress", "log", "log_dropped")))
        for row, one in zip(rows, objects):
            for key in ("id", "task", "trigger", "scheduled_at", "started_at", "message"):
                self.assertEqual(one[key], row[key])
            for key in ("finished_at", "outcome"):
                self.assertEqual(one[key] or "", row[key])
            self.assertEqual("" if one["seconds"] is None else f"{one['seconds']:.6f}", row["seconds"])

    def check_texts(self, texts):
        self.clear()
        self.add_runs([(1_000_000 * n, text) for n, text in enumerate(texts)])
        self.assertEqual([in_csv(t) for t in reversed(texts)], [row["message"] for row in self.csv()])
        self.assertEqual([sound(t) for t in reversed(texts)], [one["message"] for one in self.jsonl()])

    def test_hostile_texts(self):
        self.check_texts(HOSTILE)

    def test_random_texts(self):
        draw = random.Random(3)
        some = b'",\r\n\0 \\ab\xe2\x82\xac\xf0\x9f\x8e\xb5\xed\xa0\x80\xff='
        self.check_texts([bytes(draw.choice(some) for _ in range(draw.randrange(30))) for _ in range(2_000)])
        self.check_texts([draw.randbytes(draw.randrange(30)) for _ in range(2_000)])

    def test_hostile_names_users_results_and_logs(self):
        for text in HOSTILE[1:]:
            run = (65).to_bytes(16, "big")
            self.change(("update task set uid = cast(? as text) where uid <> 'done' and id = 1", (text,)),
                        "delete from run_user", "delete from result", "delete from run_line",
                        ("insert into run_user values (?, 0, cast(? as text))", (run, text)),
                        ("insert into result values (?, 0, cast(? as text), 0, cast(? as text), '')", (run, text, text)),
                        ("insert into result values (?, 1, 'b', 0, '', cast(? as text))", (run, text)),
                        ("insert into run_line values (?, 0, 1500000, cast(? as text))", (run, text)),
                        ("update run set lines_dropped = 3, progress = 0.4, progress_at = 2000000, "
                         "progress_text = cast(? as text) where id = ?", (text, run)))
            name = str(uuid.UUID(bytes=run))
            (one,), (row,) = self.jsonl("--run", name), self.csv("--run", name)
            text, in_row = sound(text), in_csv(text)
            self.assertEqual((text, [text]), (one["task"], one["users"]))
            self.assertEqual([{"user": text, "message": text, "error": None}, {"user": "b", "message": "", "error": text}],
                             one["results"])
            self.assertEqual({"share": 0.4, "text": text, "at": iso(2_000_000)}, one["progress"])
            self.assertEqual(([{"at": iso(1_500_000), "text": text}], 3), (one["log"], one["log_dropped"]))
            self.assertEqual((in_row, "0.4"), (row["task"], row["progress"]))
            code, out, _ = rondo("history", self.file, "--run", name)
            self.assertEqual((OK, 8), (code, out.count("\n")), out)
            self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]")
            self.assertIn("  1970-01-01T00:00:02.000Z  40.0 % ", out)
            self.assertIn("  3 lines dropped\n  1970-01-01T00:00:01.500Z  ", out)

    def test_pages_have_no_gaps_and_no_doubles(self):
        self.clear()
        draw = random.Random(5)
        runs = [(1_000_000 * draw.randrange(300), b"x") for _ in range(3_500)]
        self.add_runs(runs)
        want = [str(uuid.UUID(int=n)) for at, n in sorted(((at, n) for n, (at, _) in enumerate(runs, 1)), reverse=True)]
        for read in (self.csv, self.jsonl):
            self.assertEqual(want, [one["id"] for one in read()])
            self.assertEqual(want[:2_001], [one["id"] for one in read("--limit", "2001")])
            for span in ({"--from": 100}, {"--to": 250}, {"--from": 7, "--to": 290}):
                low, high = span.get("--from", 0), span.get("--to", 300)
                got = read(*(word for flag, s in span.items() for word in (flag, iso(s * 1_000_000)[:19] + "Z")))
                self.assertEqual([i for i in want if low * 1_000_000 <= runs[uuid.UUID(i).int - 1][0] < high * 1_000_000],
                                 [one["id"] for one in got])
        self.assertEqual([], self.csv("--task", "done", code=NOTHING))

    def test_memory_is_bounded(self):
        self.clear()
        self.add_runs([(n, b"") for n in range(100)])
        self.change("update run set message = hex(zeroblob(500000))")  # not here: its memory would count
        # What is freed counts, under a sanitizer that keeps it for a while.
        env = os.environ | {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        with subprocess.Popen([OPTIONS.command, "history", self.file, "--format", "csv"], stdout=subprocess.PIPE,
                              env=env) as export:
            size = sum(len(part) for part in iter(lambda: export.stdout.read(1 << 20), b""))
            _, status, usage = os.wait4(export.pid, 0)
            export.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(OK, export.returncode)
        self.assertGreater(size, 100_000_000)
        self.assertLess(usage.ru_maxrss, 60_000)

    def test_a_running_server_is_not_disturbed(self):
        os.remove(self.file)
        with subprocess.Popen([OPTIONS.writer, self.file, "--hold"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as server:
            self.assertEqual(b"ready\n", server.stdout.readline())
            self.assertEqual(69, len(self.csv()))
            self.assertEqual(69, len(self.jsonl()))
            server.stdin.close()
            self.assertEqual(0, server.wait(60))

    def test_who_stops_reading_ends_it(self):
        self.clear()
        self.add_runs([(n, b"x" * 1_000) for n in range(5_000)])
        for restored, want in ((True, -signal.SIGPIPE), (False, USAGE)):
            with subprocess.Popen([OPTIONS.command, "history", self.file, "--format", "jsonl"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, restore_signals=restored) as export:
                export.stdout.readline()
                export.stdout.close()
                err = export.stderr.read()
                self.assertEqual(want, export.wait(60))
                self.assertEqual(b"" if restored else b"rondo: cannot write: Broken pipe\n", err)

    def test_a_full_disk_is_said(self):
        for how in ("csv", "jsonl"):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([OPTIONS.command, "history", self.file, "--format", how], stdout=full, timeout=60,
                                      stderr=subprocess.PIPE)
            self.assertEqual(USAGE, done.returncode)
            self.assertEqual(b"rondo: cannot write: No space left on device\n", done.stderr)

    def test_nothing(self):
        self.assertEqual([], self.jsonl("--task", "nobody", code=NOTHING))
        self.assertEqual([], self.jsonl("--run", str(uuid.UUID(int=1_000_000)), code=NOTHING))
        self.refuses("history", self.file, "--run", "17")
        self.refuses("history", self.file, "--from", "yesterday")
        self.clear()
        code, out, err = rondo("history", self.file, "--format", "csv")
        self.assertEqual((NOTHING, 1, "rondo: no runs on record\n"), (code, out.count("\n"), err))
        self.expect(["history", self.file, "--format", "jsonl"], NOTHING, "")

    def test_databases_of_older_versions(self):
        want = self.jsonl()
        self.change("drop table run_line", *(f"alter table run drop column {name}" for name in (
            "progress", "progress_text", "progress_at", "lines_dropped")), "pragma user_version = 2")
        self.assertEqual(want, self.jsonl())
        self.change("alter table run drop column attempt", "pragma user_version = 1")
        self.assertEqual(want, self.jsonl())
        self.expect(["history", self.file, "--summary"], OK)

    def test_a_file_whose_order_is_wrong_comes_to_an_end(self):
        self.clear()
        self.add_runs([(n, b"x") for n in range(1_100)])
        self.change("pragma writable_schema = on",
                    "update sqlite_schema set sql = replace(sql, ') strict', ')') where name = 'run'")
        self.change("update run set started_at = -0.5")
        code, out, err = rondo("history", self.file, "--format", "jsonl")
        self.assertIn(code, (OK, USAGE), err)
        self.assertLessEqual(out.count("\n"), 1_100)

    def test_summary(self):
        code, out, _ = rondo("history", self.file, "--summary")
        self.assertEqual(OK, code)
        lines = [re.split("  +", line) for line in out.splitlines()]
        self.assertEqual(["TASK", "RUNS", "SUCCEEDED", "FAILED", "TIMED OUT", "OTHERS", "SUCCESS", "P50", "P95", "LONGEST"],
                         lines[0])
        self.assertEqual([["backup", "68", "62", "1", "1", "4", "96.9 %", "1.500 s", "1.500 s", "1.500 s"],
                          ["done", "1", "1", "0", "0", "0", "100.0 %", "1.500 s", "1.500 s", "1.500 s"]], lines[1:])
        code, out, _ = rondo("history", self.file, "--summary", "--task", "backup", "--from", "1970-01-01T00:01:08Z")
        self.assertRegex(out.splitlines()[1], r"^backup +1 +0 +0 +0 +1 +- +- +- +-$")
        self.expect(["history", self.file, "--summary", "--task", "delay"], NOTHING)
        self.expect(["history", self.file, "--summary", "--task", "nobody"], NOTHING)
        self.refuses("history", self.file, "--summary", "--format", "csv")
        self.refuses("history", self.file, "--summary", "--limit", "3")


if __name__ == "__main__":
    run_all()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Asks the command `rondo` as a script would, and checks what it answers.

usage: check.py --command RONDO --root SOURCES [--zones]
"""

import csv
import json
import random
import re
import subprocess
from pathlib import Path

from asking import NOTHING, OK, OPTIONS, USAGE, Case, rondo, run_all

ZONE = "Europe/Brussels"


def answers(text):
    code, out, err = rondo("next", "--stdin", stdin=text)
    assert code == OK and err == "", (code, err)
    return out.splitlines()


def vectors(name):
    path = Path(OPTIONS.root, "tests/unit/cron/vectors", name)
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


class Next(Case):
    def test_an_instant_in_utc_is_a_line(self):
        self.expect(["next", "0 3 * * *", "--from", "2025-01-01", "--count", "2"], OK,
                    "2025-01-01T03:00:00Z\n2025-01-02T03:00:00Z\n")

    def test_five_are_the_default_and_now_the_start(self):
        code, out, _ = rondo("next", "* * * * *")
        self.assertEqual((OK, 5), (code, len(out.splitlines())))

    def test_starts_may_lack_seconds_or_the_time(self):
        for start in ("2025-03-29T00:00:00Z", "2025-03-29T00:00Z", "2025-03-29"):
            self.expect(["next", "0 3 * * *", "--from", start, "--count", "1"], OK, "2025-03-29T03:00:00Z\n")

    def test_other_starts_are_refused(self):
        for start in ("", "now", "2025-02-29", "2025-3-29", "2025-03-29T00:00:00", "2025-03-29 00:00:00Z",
                      "2025-03-29T24:00Z", "2025-03-29T00:00:60Z", "0000-01-01", "2025-03-29T00:00:00+01:00",
                      "2025-03-29T00:00:0xZ", "\u0662025-03-29"):
            self.refuses("next", "0 3 * * *", "--from", start)

    def test_the_end_is_said(self):
        self.expect(["next", "0 0 0 1 1 ? 2026", "--dialect", "quartz", "--from", "2025-01-01"], OK,
                    "2026-01-01T00:00:00Z\nNEVER\n")

    def test_never_at_once_is_1(self):
        code, out, err = rondo("next", "0 0 30 2 *")
        self.assertEqual((NOTHING, "NEVER\n", ""), (code, out, err))

    def test_every_counts_from_the_start(self):
        self.expect(["next", "@every 90s", "--from", "2025-01-01", "--count", "2"], OK,
                    "2025-01-01T00:01:30Z\n2025-01-01T00:03:00Z\n")
        self.expect(["next", "@every 1ms", "--from", "2025-01-01", "--count", "1"], OK, "2025-01-01T00:00:00.001Z\n")

    def test_h_needs_a_uid(self):
        self.refuses("next", "H H * * *")
        self.refuses("next", "H H * * *", "--uid", "")
        first, again = (rondo("next", "H H * * *", "--uid", "a", "--from", "2025-01-01") for _ in range(2))
        self.assertEqual(first, again)
        self.assertEqual(OK, first[0])

    def test_json(self):
        code, out, _ = rondo("next", "0 3 * * *", "--from", "2025-01-01", "--count", "1", "--format", "json")
        want = {"next": [{"utc": "2025-01-01T03:00:00Z", "local": "2025-01-01T03:00:00+00:00"}], "never": False}
        self.assertEqual((OK, want), (code, json.loads(out)))
        code, out, _ = rondo("next", "@reboot", "--format", "json")
        self.assertEqual((NOTHING, {"next": [], "never": True}), (code, json.loads(out)))

    def test_a_caret_stands_under_the_mistake(self):
        self.expect(["next", "0 0 * * 8"], USAGE, "",
                    "rondo: field 'day of week', column 9: 8 is out of range 0-7\n  0 0 * * 8\n          ^\n")

    def test_a_full_disk_is_said(self):
        for arguments in (["next", "* * * * *"], ["next", "--stdin"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([OPTIONS.command, *arguments], input=b"x\n", stdout=full, timeout=60,
                                      stderr=subprocess.PIPE)
            self.assertEqual(USAGE, done.returncode)
            self.assertIn(b"cannot write", done.stderr)

    def test_march_and_october_in_brussels(self):
        if not OPTIONS.zones:
            self.skipTest("built without zones")
        command = ["next", "30 2 * * *", "--zone", ZONE, "--count", "3", "--format", "tsv", "--from"]
        self.expect(command + ["2025-03-29T00:00:00Z"], OK,
                    "2025-03-29T01:30:00Z\t2025-03-29T02:30:00+01:00\n"
                    "2025-03-30T01:00:00Z\t2025-03-30T03:00:00+02:00\n"
                    "2025-03-31T00:30:00Z\t2025-03-31T02:30:00+02:00\n")
        self.expect(command + ["2025-10-25T12:00:00Z"], OK,
                    "2025-10-26T00:30:00Z\t2025-10-26T02:30:00+02:00\n"
                    "2025-10-27T01:30:00Z\t2025-10-27T02:30:00+01:00\n"
                    "2025-10-28T01:30:00Z\t2025-10-28T02:30:00+01:00\n")
        self.expect(["next", "30 2 * * *", "--zone", ZONE, "--count", "1", "--from", "2025-03-30", "--gap", "shift"],
                    OK, "2025-03-30T01:30:00Z  2025-03-30T03:30:00+02:00\n")
        self.expect(["next", "30 2 * * *", "--zone", ZONE, "--count", "1", "--from", "2025-03-30", "--gap", "skip"],
                    OK, "2025-03-31T00:30:00Z  2025-03-31T02:30:00+02:00\n")
        self.expect(["next", "30 2 * * *", "--zone", ZONE, "--count", "2", "--from", "2025-10-26", "--overlap",
                     "both", "--format", "tsv"], OK,
                    "2025-10-26T00:30:00Z\t2025-10-26T02:30:00+02:00\n"
                    "2025-10-26T01:30:00Z\t2025-10-26T02:30:00+01:00\n")


class Lines(Case):
    def test_all_vectors_agree(self):
        if not OPTIONS.zones:
            self.skipTest("built without zones")
        for name in ("agreed.tsv", "dst.tsv"):
            rows = vectors(name)
            text = "".join("\t".join((r["expression"], r["dialect"], r["zone"], r["start_utc"])) + "\n" for r in rows)
            got = answers(text.encode())
            differ = [(r, g) for r, g in zip(rows, got) if r["expected"] != g]
            self.assertEqual((len(rows), []), (len(got), differ[:3]), f"{name}: {len(differ)} differ")

    def test_verdicts_agree(self):
        rows = vectors("invalid.tsv")
        text = "".join(f"{r['expression']}\t{r['dialect']}\tUTC\t2025-01-01T00:00:00Z\n" for r in rows)
        got = answers(text.encode())
        differ = [r for r, g in zip(rows, got) if (r["verdict"] == "reject") != (g == "INVALID")]
        self.assertEqual((len(rows), []), (len(got), differ[:3]), f"{len(differ)} differ")

    def test_what_is_wrong_is_invalid(self):
        good = ["0 3 * * *", "unix", "UTC", "2025-01-01T00:00:00Z"]
        for i, bad in ((0, "0 3 * *"), (0, ""), (0, "@every 1h"), (0, "H 3 * * *"), (1, "Unix"), (1, ""),
                       (2, "Mars/Base"), (2, ""), (2, "../UTC"), (3, "soon"), (3, "")):
            line = "\t".join(good[:i] + [bad] + good[i + 1:])
            self.assertEqual(["INVALID"], answers(line.encode() + b"\n"), line)
        for line in ("", "x", "\t\t\t", "\t".join(good[:3]), "\t".join(good + [""])):
            self.assertEqual(["INVALID"], answers(line.encode() + b"\n"), line)

    def test_count_end_and_escapes(self):
        _, out, _ = rondo("next", "--stdin", "--count", "1", stdin=b"0\\t3 * * *\tunix\tUTC\t2025-01-01\r\n"
                          b"@reboot\tunix\tUTC\t2025-01-01\n0 0 0 1 1 ? 2026\tquartz\tUTC\t2025-01-01")
        self.assertEqual("2025-01-01T03:00:00Z\nNEVER\n2026-01-01T00:00:00Z\n", out)
        self.assertEqual(["2026-01-01T00:00:00Z,NEVER"],
                         answers(b"0 0 0 1 1 ? 2026\tquartz\tUTC\t2025-01-01T00:00:00Z"))
        self.assertEqual([], answers(b""))

    def test_hostile_input_is_answered(self):
        good = b"0 3 * * *\tunix\tUTC\t2025-01-01\n"
        answer = answers(good)[0]
        for bad in (b"x" * 3_000_000, b"\0" * 70_000, b"0 3 * * *\0\tunix\tUTC\t2025-01-01", b"\xff\xfe\t\t\t",
                    b"x" * 4095, b"x" * 4096, b"x" * 4097, b"0" * 262_144, b"0" * (262_144 - len(good) - 1)):
            self.assertEqual([answer, "INVALID", answer], answers(good + bad + b"\n" + good), bad[:20])
            self.assertEqual([answer, "INVALID"], answers(good + bad), bad[:20])

    def test_noise_gives_a_line_for_each(self):
        draw = random.Random(1)
        words = [b"*", b"/", b"0", b"59", b"L", b"W", b"#", b"?", b",", b"-", b" ", b"\t", b"unix", b"quartz", b"UTC",
                 b"9999-12-31T23:59:59Z", b"0001-01-01", b"\\t", b"\0", b"\r", b"\xc3", b"JAN", b"SUN", b"@daily"]
        lines = [b"".join(draw.choices(words, k=draw.randrange(12))) for _ in range(20_000)]
        self.assertEqual(len(lines), len(answers(b"\n".join(lines) + b"\n")))

    def test_the_ends_of_time(self):
        zones = ["UTC", "Pacific/Apia", "America/New_York"] if OPTIONS.zones else ["UTC"]
        for zone in zones:
            for start in ("0001-01-01T00:00:00Z", "9999-12-30T23:58:00Z", "9999-12-31T23:59:59Z"):
                for text in ("* * * * *", "30 2 * * *", "0 0 29 2 *"):
                    got = answers(f"{text}\tunix\t{zone}\t{start}\n".encode())
                    self.assertRegex(got[0], r"^((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|NEVER),?)+$")  # local mean time has seconds
                    self.assertEqual(start > "9999", got[0].endswith("NEVER"), (zone, start, text, got))

    def test_who_waits_gets_an_answer(self):
        with subprocess.Popen([OPTIONS.command, "next", "--stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              bufsize=0) as asked:
            asked.stdin.write(b"0 3 * * *\tunix\tUTC\t2025-01-01\n")
            self.assertTrue(asked.stdout.readline().startswith(b"2025-01-01T03:00:00Z,"))
            asked.stdin.close()
            self.assertEqual(OK, asked.wait(60))


class Words(Case):
    def test_check(self):
        code, out, _ = rondo("check", "30 2 * * *")
        self.assertEqual(OK, code)
        self.assertTrue(out.startswith("valid: at 02:30"), out)
        self.assertIn("warning: ", rondo("check", "0 0 30 2 *")[1])
        self.assertEqual(OK, rondo("check", "H H * * *")[0])
        code, out, err = rondo("check", "30 2 * * *", "99 * * * *", "0 4 * * *")
        self.assertEqual((USAGE, 2), (code, out.count("valid: ")))
        self.assertIn("  99 * * * *\n  ^\n", err)

    def test_explain(self):
        code, out, _ = rondo("explain", "30 2 * * *", "--at", "2025-01-01T02:30:00Z")
        self.assertEqual(OK, code)
        self.assertRegex(out, r"^2025-01-01T02:30:00Z: it fires.*\nprevious: 2024-12-31T02:30:00Z\n"
                              r"next: 2025-01-02T02:30:00Z\n$")
        self.refuses("explain", "30 2 * * *")
        self.refuses("explain", "@every 1h", "--at", "2025-01-01")
        self.expect(["explain", "@every 1h", "--at", "2025-01-01T03:00Z", "--anchor", "2025-01-01"], OK)

    def test_describe(self):
        self.assertRegex(rondo("describe", "30 2 * * *")[1], r"^at 02:30 every day")
        self.refuses("describe", "30 2 * *")

    def test_what_is_wrong_is_2(self):
        self.refuses()
        for arguments in (["what"], ["next"], ["check"], ["tasks"], ["history"], ["next", "x", "--what"],
                          ["next", "* * * * *", "--zone", "Mars/Base"], ["next", "* * * * *", "--count", "0"],
                          ["next", "* * * * *", "--count", "1x"], ["next", "* * * * *", "--gap", "jump"],
                          ["next", "* * * * *", "--overlap", "none"], ["next", "* * * * *", "--dialect", "cron"],
                          ["next", "--stdin", "--zone", "UTC"], ["next", "--stdin", "* * * * *"],
                          ["next", "* * * * *", "--format", "xml"], ["next", "* * * * *", "--format", "csv"],
                          ["history", "f", "--format", "json"], ["history", "f", "--summary", "--format", "csv"],
                          ["history", "f", "--summary", "--limit", "5"], ["history", "f", "--skips", "--summary"],
                          ["history", "f", "--skips", "--format", "csv"], ["next", "*", "*", "*", "*", "*"]):
            self.refuses(*arguments)

    def test_complaints_hold_no_orders(self):
        for arguments in (["next", "\x1b[2J * * * *"], ["next", "* * * * *", "--zone", "\x1b[2J"],
                          ["next", "* * * * *", "--from", "\x1b\n"], ["\x1b[2J"], ["tasks", "\x1b[2J"],
                          ["next", "* * * * *", "--gap", "\x1b\u202e"]):
            code, out, err = rondo(*arguments)
            self.assertEqual(USAGE, code)
            self.assertNotRegex(out + err, "[\x00-\x09\x0b-\x1f\x7f\u202e]")


class Papers(Case):
    def test_nothing_is_stale(self):
        man = Path(OPTIONS.root, "docs/man/rondo.1").read_text().replace("\\-", "-")
        bash, zsh = (Path(OPTIONS.root, "tools/rondo/completion", name).read_text() for name in ("rondo.bash", "_rondo"))
        verbs = re.findall(r"^  (\w+) ", rondo("--help")[1].split("Subcommands:")[1], re.M)
        self.assertEqual(["next", "check", "explain", "describe", "tasks", "history", "run", "cancel"], verbs)
        for name, paper in (("the manual page", man), ("bash", bash), ("zsh", zsh)):
            for verb in verbs:
                self.assertRegex(paper, rf"\b{verb}\b", name)
                code, text, _ = rondo(verb, "--help")
                self.assertEqual(OK, code)
                for flag in re.findall(r"--[a-z-]+", text):
                    self.assertRegex(paper, rf"(?m){flag}(?![a-z-])", f"{name}, {verb}")

    def test_completions(self):
        path = Path(OPTIONS.root, "tools/rondo/completion/rondo.bash")
        for words, want in ((["rondo", "ne"], "next"), (["rondo", "next", "--du"], ""),
                            (["rondo", "next", "--di"], "--dialect"), (["rondo", "next", "--dialect", "q"], "quartz"),
                            (["rondo", "history", "f", "--l"], "--limit"),
                            (["rondo", "history", "f", "--format", "j"], "jsonl"), (["rondo", "--v"], "--version")):
            script = (f"source '{path}'; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; "
                      '_rondo; echo "${COMPREPLY[@]}"')
            got = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, timeout=60)
            self.assertEqual((want, ""), (got.stdout.strip(), got.stderr), words)

    def test_version(self):
        code, out, _ = rondo("--version")
        self.assertEqual(OK, code)
        self.assertRegex(out, r"^rondo \d+\.\d+\.\d+\n$")
        self.assertIn(f'"{out.strip()}"', Path(OPTIONS.root, "docs/man/rondo.1").read_text())


if __name__ == "__main__":
    run_all()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Lets the command `rondo` look at tasks that processes share on a PostgreSQL server, and ask for runs and their ends.

usage: servers.py --command RONDO --root SOURCES --writer HOLD_FLEET
"""

import re
import subprocess
import time

from asking import NOTHING, OK, OPTIONS, USAGE, Case, rondo, run_all

RUN = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"


class Servers(Case):
    @classmethod
    def setUpClass(cls):
        cls.fleet = subprocess.Popen([OPTIONS.writer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.server, cls.schema = cls.fleet.stdout.readline().split()
        cls.where = [cls.server, "--schema", cls.schema]

    @classmethod
    def tearDownClass(cls):
        cls.fleet.communicate(timeout=60)

    def columns(self, uid):
        code, out, err = rondo("tasks", *self.where)
        self.assertEqual((OK, ""), (code, err))
        line = next(line for line in out.splitlines() if line.startswith(uid + " "))
        return re.split("  +", line.strip())

    def wait_for(self, uid, column, value):
        for _ in range(600):
            found = self.columns(uid)
            if found[column] == value:
                return found
            time.sleep(0.05)
        self.fail((uid, found))

    def test_tasks(self):
        code, out, err = rondo("tasks", *self.where)
        self.assertEqual((OK, ""), (code, err))
        self.assertEqual("TASK NAME SCHEDULE STATE NEXT SLOT LAST RUN OUTCOME RUNNING BY", " ".join(out.splitlines()[0].split()))
        self.assertNotIn("hidden", out)
        self.assertIn("hidden", rondo("tasks", "--all", *self.where)[1])
        self.assertRegex(out, r"\nquick +the quick one +every 1h +active +\d{4}-")

    def test_run(self):
        code, out, err = rondo("run", *self.where, "quick", "--user", 'b"\\ob', "--user", "ann")
        self.assertEqual((OK, ""), (code, err))
        found = re.fullmatch("(" + RUN + ")  (.+/" + str(self.fleet.pid) + "/[0-9a-f]+)\n", out)
        self.assertTrue(found, out)
        self.assertEqual(found[2], self.wait_for("quick", 6, "success")[8])

    def test_cancel(self):
        self.wait_for("long", 6, "running") # its first slot is at once
        code, out, err = rondo("run", *self.where, "long", "--within", "1")
        self.assertEqual((NOTHING, "", "rondo: nobody has begun it within 1 s, and nobody will\n"), (code, out, err))
        everything = rondo("cancel", *self.where, "01000000-0000-7000-8000-000000000000")
        self.assertEqual(NOTHING, everything[0])
        run = self.run_of("long")
        self.assertEqual((OK, "", ""), rondo("cancel", *self.where, run, "--why", "not\u00e4 today"))
        self.wait_for("long", 6, "cancelled")
        self.assertEqual(NOTHING, rondo("cancel", *self.where, run)[0])

    def test_several_processes(self):
        others = [subprocess.Popen([OPTIONS.writer, self.server], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True) for _ in range(2)]
        for other in others:
            self.assertEqual([self.server, self.schema], other.stdout.readline().split())
        pids = {self.fleet.pid, *(other.pid for other in others)}
        self.assertLessEqual({self.pid_of_run() for _ in range(12)}, pids)
        others[0].kill() # nobody has to wait for it
        others[0].communicate()
        pids.remove(others[0].pid)
        self.assertLessEqual({self.pid_of_run() for _ in range(12)}, pids)
        others[1].communicate(timeout=60)
        self.assertEqual({self.fleet.pid}, {self.pid_of_run() for _ in range(3)})

    def pid_of_run(self):
        code, out, err = rondo("run", *self.where, "quick")
        self.assertEqual((OK, ""), (code, err))
        return int(out.split("/")[-2])

    def test_what_makes_no_sense(self):
        self.expect(("run", *self.where, "nobody's\n"), NOTHING, "", "rondo: there is no task nobody's?\n")
        self.expect(("run", *self.where, "quick", "--user", ""), USAGE, "", "rondo: no user has such an id\n")
        self.expect(("cancel", *self.where, "quick"), USAGE, "", "rondo: no run has the id quick\n")
        self.refuses("run", *self.where, "quick", "--within", "0")
        self.refuses("run", *self.where)
        self.refuses("cancel", *self.where)
        for verb in ("run", "cancel"):
            what = "quick" if verb == "run" else "01000000-0000-7000-8000-000000000000"
            self.expect((verb, "tasks.db", what), USAGE, "", "rondo: this takes a server, as postgresql://\u2026\n")
            code, out, err = rondo(verb, self.server, what, "--schema", "no such")
            self.assertEqual((USAGE, ""), (code, out))
            self.assertRegex(err, "^rondo: PostgreSQL: .*no such")
        code, out, err = rondo("tasks", "postgresql://rondo@/rondo?host=/nowhere")
        self.assertEqual((USAGE, ""), (code, out))
        self.assertTrue(err.startswith("rondo: PostgreSQL: "), err)

    def run_of(self, uid):
        """Its latest, as nothing but a database says it."""
        query = subprocess.run(["psql", "-XAtq", self.server, "-c", f"select r.id from {self.schema}.run r join "
                                f"{self.schema}.task t on t.id = r.task where uid = '{uid}' order by started_at desc limit 1"],
                               check=True, capture_output=True, text=True, timeout=60)
        return query.stdout.strip()


if __name__ == "__main__":
    run_all()

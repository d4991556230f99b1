#!/usr/bin/env python3
"""Runs scenario tests: run.py [--jobs N] [DIRECTORY|FILE]…   (default tests/scenario)

Each file runs in its own process, two at a time, on one cluster with a migrated template. One line per test,
then `scenario: N passed, N failed, N skipped`. Exit 1 if a test failed or none was found.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import harness  # noqa: E402

FILE_SECONDS_MAX = 900


class Lines(unittest.TestResult):
    """Prints one line per test, and the fault of a failed one."""

    def __init__(self, name):
        super().__init__()
        self.name, self.count, self.started = name, {"passed": 0, "failed": 0, "skipped": 0}, 0.0

    def say(self, word, kind, test, more=""):
        self.count[kind] += 1
        title = getattr(test, "_testMethodName", None) or str(test)
        print(f"{word:7} {self.name} {title} ({time.monotonic() - self.started:.1f} s){more}", flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def addSuccess(self, test):
        self.say("ok", "passed", test)

    def addFailure(self, test, err):
        self.say("FAILED", "failed", test, "\n" + self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.say("FAILED", "failed", test, f" {subtest}\n" + self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        self.say("skipped", "skipped", test, f" {reason}")

    def addExpectedFailure(self, test, err):
        self.addFailure(test, err)  # nobody may expect failure here

    def addUnexpectedSuccess(self, test):
        self.addSuccess(test)


def run_file(path, report):
    """In the child: runs one file's tests and writes the counts."""
    harness.end_on_signals()
    sys.path.insert(0, str(path.parent))
    result = Lines(path.stem)
    tests = unittest.defaultTestLoader.loadTestsFromName(path.stem)
    tests.run(result)
    Path(report).write_text(json.dumps(result.count), encoding="utf-8")
    return 1 if result.count["failed"] else 0


def find(places):
    files = []
    for place in places:
        place = Path(place).resolve()
        files += sorted(place.rglob("test_*.py")) if place.is_dir() else [place]
    return files


class Child:
    """One file under way."""

    def __init__(self, path, run):
        self.path, self.output = path, run.log / f"{path.stem}.out"
        self.report = run.log / f"{path.stem}.json"
        self.since = time.monotonic()
        command = [sys.executable, __file__, "--report", self.report, path]
        self.process = harness.spawn(command, self.output, session=False, env=dict(os.environ))

    def finish(self):
        """Counts of the finished file; its output is printed."""
        sys.stdout.write(self.output.read_text(encoding="utf-8", errors="replace"))
        if self.report.exists():
            count = json.loads(self.report.read_text(encoding="utf-8"))
        else:
            count = {"passed": 0, "failed": 0, "skipped": 0}
        if self.process.returncode != 0 and not count["failed"]:
            print(f"FAILED  {self.path.stem}: ended with {self.process.returncode} before its report")
            count["failed"] += 1
        sys.stdout.flush()
        return count

    def overdue(self):
        return time.monotonic() - self.since > FILE_SECONDS_MAX


def run_files(files, jobs, run):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    waiting, children = list(files), []
    try:
        while waiting or children:
            while waiting and len(children) < jobs:
                children.append(Child(waiting.pop(0), run))
            for child in [c for c in children if c.process.poll() is not None]:
                children.remove(child)
                for kind, n in child.finish().items():
                    total[kind] += n
            for child in children:
                if child.overdue():
                    child.process.terminate()
            time.sleep(0.05)
    finally:
        for child in children:
            child.process.terminate()
        for child in children:
            child.process.wait()
    return total


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--report")
    arguments.add_argument("place", nargs="*", default=[harness.ROOT / "tests" / "scenario"])
    asked = arguments.parse_args()
    if asked.report:
        return run_file(Path(asked.place[0]), asked.report)
    harness.end_on_signals()
    files = find(asked.place)
    if not files:
        print("scenario: nothing to run")
        return 1
    harness.Run.sweep()
    run = harness.Run("scenario")
    cluster = None
    try:
        cluster = harness.Cluster(run)
        cluster.migrate()
        os.environ["HMIS_TEST_SOCKETS"] = str(cluster.sockets)
        os.environ["HMIS_TEST_DIRECTORY"] = str(run.directory("tests"))
        total = run_files(files, asked.jobs, run)
    finally:
        if cluster:
            cluster.stop()
        run.end()
    print("scenario: {passed} passed, {failed} failed, {skipped} skipped".format(**total))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())

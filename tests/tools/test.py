#!/usr/bin/env python3
"""Runs the tests of a built checkout (`./dev test` builds first): test.py [PART|FILE]…

Parts: unit (unit, golden and house checks of build-asan), clang (fuzz seeds in build-clang), sql (pgTAP),
scenario, fault; or test files of tests/scenario and tests/fault. Each part's own runner is asked for its
counts. The last line is `N passed, N failed` or `N passed, N failed, N skipped`; exit 1 if a test failed or
nothing ran.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "scenario"))
import harness  # noqa: E402

CHECK_LINE = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.MULTILINE)
UNITTEST_LINE = re.compile(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(?: \((.*)\))?$", re.MULTILINE)
COUNT_LINE = re.compile(r"^\w+: (\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)


class Count:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def ran(self):
        return self.passed + self.failed + self.skipped > 0

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def run(command, log=None):
    """Runs a command to its end; (exit code, output). The output is shown as it comes unless log is given."""
    if log:
        Path(log).unlink(missing_ok=True)
    process = harness.spawn([str(word) for word in command], log, session=False, cwd=ROOT,
                            env=harness.clean_environment(CK_TIMEOUT_MULTIPLIER="5"))
    try:
        lines = []
        for line in process.stdout or []:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
        process.wait()
        return process.returncode, Path(log).read_text(errors="replace") if log else "".join(lines)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def said_counts(result):
    """What a test program said about its own tests, in the words of `check` or of Python's unittest; or None."""
    said = CHECK_LINE.findall(result.get("stdout", ""))
    if said:
        bad = sum(int(failures) + int(errors) for _, failures, errors in said)
        return Count(passed=sum(int(checks) for checks, _, _ in said) - bad, failed=bad)
    said = UNITTEST_LINE.search(result.get("stderr", ""))
    if said:
        detail = dict(re.findall(r"(\w+)=(\d+)", said.group(2) or ""))
        bad, skipped = int(detail.get("failures", 0)) + int(detail.get("errors", 0)), int(detail.get("skipped", 0))
        return Count(int(said.group(1)) - bad - skipped, bad, skipped)
    return None


def meson_count(result):
    """Counts of one meson test: of the tests inside it if it names them, else itself."""
    if result["result"] == "SKIP":
        return Count(skipped=1)
    good = result["result"] in ("OK", "EXPECTEDFAIL")
    count = said_counts(result) or Count(passed=int(good))
    if not good and not count.failed:
        count += Count(failed=1)
    return count


def meson(build, suites):
    """meson test in one build directory."""
    directory = ROOT / build
    listed = json.loads(subprocess.run(["meson", "introspect", "--tests", directory], check=True,
                                       capture_output=True, text=True).stdout)
    present = {suite.split(":")[-1] for test in listed for suite in test["suite"]}
    wanted = [suite for suite in suites if suite in present]
    if not wanted:
        return Count()
    log = directory / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    command = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs", "-t", "10"]
    for suite in wanted:
        command += ["--suite", suite]
    code, output = run(command, log=directory / "meson-logs" / "dev-test.out")
    count = Count()
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines():
            count += meson_count(json.loads(line))
    if code != 0 and not count.failed:
        count += Count(failed=1)
    if count.failed:
        print(output)
    return count


def part_unit():
    return meson("build-asan", ["unit", "golden", "house"])


def part_clang():
    return meson("build-clang", ["fuzz"])


def part_sql():
    """pgTAP on a private cluster."""
    files = sorted((ROOT / "schema" / "test").glob("*.sql"))
    if not files:
        return Count()
    place, cluster = harness.Run("sql"), None
    try:
        cluster = harness.Cluster(place)
        database = cluster.migrate("pgtap")
        database.rows("create extension pgtap")
        command = ["pg_prove", "--verbose", "--host", database.sockets, "--username", "postgres", "--dbname",
                   database.name, *files]
        code, output = run(command, log=place.log / "pg_prove.out")
    finally:
        if cluster:
            cluster.stop()
        place.end()
    skipped = len(re.findall(r"^ok \d+.*# SKIP", output, re.MULTILINE | re.IGNORECASE))
    passed = len(re.findall(r"^ok \d+", output, re.MULTILINE)) - skipped
    failed = len(re.findall(r"^not ok \d+(?!.*# TODO)", output, re.MULTILINE))
    if code != 0:
        print(re.sub(r"^ok \d+.*\n", "", output, flags=re.MULTILINE))
        failed = failed or 1
    return Count(passed, failed, skipped)


def scenario(places):
    code, output = run([sys.executable, "tests/scenario/run.py", *map(str, places)])
    said = COUNT_LINE.search(output)
    count = Count(*map(int, said.groups())) if said else Count(failed=1)
    return count + Count(failed=1) if code != 0 and not count.failed else count


def part_of_tests(folder):
    """Scenario-like tests of one folder, if there are any."""
    place = ROOT / "tests" / folder
    return scenario([place]) if list(place.rglob("test_*.py")) else Count()


def part_scenario():
    return part_of_tests("scenario")


def part_fault():
    os.environ.setdefault("HMIS_FAULT_ROUNDS", "6")  # the long form, with a table: tests/fault/run.py --rounds 50
    return part_of_tests("fault")


PARTS = {"unit": part_unit, "clang": part_clang, "sql": part_sql, "scenario": part_scenario, "fault": part_fault}


def main():
    harness.end_on_signals()
    harness.Run.sweep()
    files = [word for word in sys.argv[1:] if word not in PARTS]
    missing = [word for word in files if not Path(word).is_file()]
    if missing:
        sys.exit(f"test: neither a part ({' '.join(PARTS)}) nor a file: {' '.join(missing)}")
    parts = [word for word in sys.argv[1:] if word in PARTS] or ([] if files else list(PARTS))
    total = Count()
    for name in parts:
        since = time.monotonic()
        count = PARTS[name]()
        total += count
        if count.ran():
            print(f"test: {name:9} {count} ({time.monotonic() - since:.0f} s)", flush=True)
    if files:
        total += scenario([Path(word).resolve() for word in files])
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

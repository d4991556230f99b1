#!/usr/bin/env python3
"""The rules: ./dev bench rules (BENCH_CLAIMS changes the number of claims of the district, default 100000)

Speed of all rules, with all catalogues, over claims of 20, 50, 200 and 2,000 lines, against the limits of the issue;
critical findings in 100,000 clean generated claims; and the month of a clean synthetic district judged again from its
database, across claims: findings that are critical, claims a second, processor time and memory. Processor time is
measured, so other load disturbs little. Without the district: rules.py BUILD."""
import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMITS = [
    ("lines_50_p99_us", "one claim of 50 lines, p99", "µs", "<", 1000),
    ("lines_20_per_second", "claims of 20 lines per second and core", "", "≥", 5000),
]
CLAIMS = int(os.environ.get("BENCH_CLAIMS", "100000"))
MONTH, UNTIL, DAYS = "2026-10", "2026-10-31", 31
PER_DAY = max(1, round(CLAIMS / DAYS * 1.15))  # some visits have no card


def say(text):
    print(f"rules: {text}", flush=True)


def measure(build):
    target = "tests/bench/bench_rules"
    subprocess.run(["ninja", "-C", build, target], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([build / target], capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def speed(build):
    got = measure(build)
    say(f"{got['rules']:.0f} rules loaded in {got['load_us'] / 1000:.1f} ms of CPU")
    for name, text, unit, sign, limit in LIMITS:
        good = got[name] < limit if sign == "<" else got[name] >= limit
        say(f"{text}: {got[name]:.0f} {unit} (limit {sign} {limit}) {'good' if good else 'MISSED'}")
    say(f"the same without a facility's catalogues: {got['builtin_20_per_second']:.0f} claims of 20 lines")
    say(f"across claims, {got['facts']:.0f} facts of 20,000 claims in the index ({got['facts_take_us']:.1f} µs a "
        f"claim): 50 lines p99 {got['cross_50_p99_us']:.0f} µs, {got['cross_20_per_second']:.0f} claims of 20 lines a second")
    base = got["lines_20_p50_us"] / 20
    for lines in (20, 200, 2000):
        each = got[f"lines_{lines}_p50_us"] / lines
        say(f"{lines} lines: {got[f'lines_{lines}_p50_us']:.0f} µs, {each:.2f} µs a line ({each / base:.2f} × that of 20 lines)")
    say(f"{got['clean_critical']:.0f} critical findings in {got['clean_claims']:.0f} clean generated claims "
        f"({got['clean_warning']:.0f} warnings; {got['clean_us']:.0f} µs each to make, check and judge)")


def district(build):
    """A month of the synthetic district, judged again."""
    import harness
    hmis = build / "cli" / "hmis"

    class District(harness.Scenario):
        def runTest(self):
            database = self.create_database()
            loaded = subprocess.run([hmis, "demo", "load", "--database", database.url(), "--seed", "12", "--stations", "10", "--days",
                                     str(DAYS), "--visits-per-day", str(PER_DAY), "--until", UNTIL, "--errors", "0"],
                                    capture_output=True, text=True, check=True, env=harness.clean_environment())
            say("district: " + loaded.stdout.strip().splitlines()[-1])
            database.rows("vacuum analyze", transaction=False)
            for words in ([], ["--alone"]):
                said = subprocess.run([hmis, "claim", "judge", "--database", database.url(), "--month", MONTH, "--as-of", "2026-11-02",
                                       "--quiet", *words], capture_output=True, text=True, check=False, env=harness.clean_environment())
                if said.returncode not in (0, 1):
                    raise SystemExit(f"bench: {said.stderr}")
                report(said, "alone" if words else "across claims")

    import unittest
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(District())
    if not result.wasSuccessful():
        raise SystemExit("bench: the district could not be judged")


def report(said, how):
    sums = list(csv.DictReader(io.StringIO(said.stdout), delimiter="\t", quoting=csv.QUOTE_NONE))
    critical = {s["rule"]: int(s["findings"]) for s in sums if s["severity"] == "critical" and s["state"] == "on"}
    say(f"district, {how}: " + re.search(r"^\d+ claims judged.*", said.stderr, re.M).group(0))
    say(f"district, {how}: {sum(critical.values())} critical findings {critical or ''}; warnings: "
        + ", ".join(f"{s['rule']} {s['claims']}" for s in sums if s["severity"] == "warning" and s["state"] == "on"))


def main(directory):
    build = ROOT / os.environ.get("HMIS_BUILD", "build")
    speed(build)
    if directory is not None:
        district(build)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ["HMIS_BUILD"] = sys.argv[1]
    main(None)

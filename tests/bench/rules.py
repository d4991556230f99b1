#!/usr/bin/env python3
"""Speed of the rules: all of them over claims of 20, 50, 200 and 2,000 lines, against the limits of the issue.

main(directory) is called by run.py; `rules.py BUILD` runs it alone. CPU time, so other load disturbs little."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMITS = [
    ("lines_50_p99_us", "one claim of 50 lines, p99", "µs", "<", 1000),
    ("lines_20_per_second", "claims of 20 lines per second and core", "", "≥", 5000),
]


def measure(build):
    target = "tests/bench/bench_rules"
    subprocess.run(["ninja", "-C", build, target], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([build / target], capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def main(directory):
    del directory  # nothing is written
    got = measure(ROOT / os.environ.get("HMIS_BUILD", "build"))
    print(f"rules: {got['rules']:.0f} rules loaded in {got['load_us'] / 1000:.1f} ms of CPU")
    for name, text, unit, sign, limit in LIMITS:
        good = got[name] < limit if sign == "<" else got[name] >= limit
        print(f"rules: {text}: {got[name]:.0f} {unit} (limit {sign} {limit}) {'good' if good else 'MISSED'}")
    base = got["lines_20_p50_us"] / 20
    for lines in (20, 200, 2000):
        each = got[f"lines_{lines}_p50_us"] / lines
        print(f"rules: {lines} lines: {got[f'lines_{lines}_p50_us']:.0f} µs, {each:.2f} µs a line "
              f"({each / base:.2f} × that of 20 lines)")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ["HMIS_BUILD"] = sys.argv[1]
    main(None)

#!/usr/bin/env python3
"""Kills each process in turn under load and prints what every round showed: run.py [--rounds N]   (default 10)

Needs a built checkout; HMIS_BUILD names the build directory (default build-asan). Exit 1 if an audit found anything.
"""

import argparse
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scenario")]
import harness  # noqa: E402
import rounds  # noqa: E402


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=len(rounds.VICTIMS))
    asked = arguments.parse_args()
    harness.end_on_signals()
    harness.Run.sweep()
    run, since = harness.Run("fault"), time.monotonic()
    try:
        results, totals, faults = rounds.play_all(asked.rounds, run, lambda line: print(line, flush=True))
    finally:
        run.end()
    answers = sum(result.answered for result in results)
    print(f"\n{len(results)} rounds, {answers} answers 2xx: {totals['visits']} visits, {totals['payments']} payments, "
          f"{totals['received']} claims received in {totals['transmissions']} transmissions; {time.monotonic() - since:.0f} s")
    for fault in faults:
        print(f"BROKEN {fault}")
    print("nothing lost, nothing twice" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

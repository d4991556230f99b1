#!/usr/bin/env python3
"""Searches for inputs that break a parser: fuzz.py [SECONDS] [NAME…]

Shares SECONDS (default 60) among the fuzz targets of build-clang, two at a time. New inputs that reach new code
are kept in var/fuzz/NAME; one that breaks a target is printed with its path. Exit 1 if any did.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "scenario"))
import harness  # noqa: E402

BUILD = ROOT / "build-clang" / "tests" / "fuzz"
SEEDS = ROOT / "tests" / "fuzz" / "corpus"
AT_A_TIME = 2


def search(target, seconds):
    """Runs one target; True when nothing broke."""
    name = target.name.removeprefix("fuzz_")
    found = ROOT / "var" / "fuzz" / name
    found.mkdir(parents=True, exist_ok=True)
    command = [target, found, *filter(Path.is_dir, [SEEDS / name]), f"-max_total_time={seconds}", "-timeout=10",
               "-rss_limit_mb=2048", f"-artifact_prefix={found}/broken-", "-print_final_stats=1"]
    log = found.with_suffix(".log")
    log.unlink(missing_ok=True)
    done = harness.spawn(command, log, session=False, env=harness.clean_environment())
    done.wait()
    text = log.read_text(encoding="utf-8", errors="replace")
    runs = next((line.split()[-1] for line in text.splitlines() if "number_of_executed_units" in line), "?")
    print(f"fuzz: {name:24} {runs:>10} runs in {seconds} s: {'ok' if done.returncode == 0 else 'BROKEN'}", flush=True)
    if done.returncode != 0:
        print("\n".join(text.splitlines()[-60:]), flush=True)
    return done.returncode == 0


def main():
    words = sys.argv[1:]
    seconds = int(words.pop(0)) if words and words[0].isdigit() else 60
    targets = [t for t in sorted(BUILD.glob("fuzz_*")) if t.is_file() and os.access(t, os.X_OK)]
    targets = [t for t in targets if not words or t.name.removeprefix("fuzz_") in words]
    if not targets:
        sys.exit("fuzz: no such target")
    share = max(1, seconds * min(AT_A_TIME, len(targets)) // len(targets))
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        good = list(pool.map(lambda target: search(target, share), targets))
    print(f"fuzz: {sum(good)} of {len(good)} targets stood")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Speed of the HL7 codec against a bare SIMD scan and against npm libraries, over one synthetic stream.

main(directory) is called by run.py; `hl7.py BUILD` runs it alone. CPU time of one core, so other load disturbs
little; the peers run in the same minute on the same bytes."""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import npm  # noqa: E402

BYTES = 2_000_000
# a limit scans the whole stream in one call; ours starts anew for each message
TARGETS = [("parse_avx2", "limit_avx2_whole", 0.70), ("parse_avx512", "limit_avx512_whole", 0.65)]
PEERS = ("medplum", "node-hl7-client", "simple-hl7")


def names(kind):
    lines = (HERE / "names" / f"{kind}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines[1:] if line and not line.startswith("#")]


def stream(path, seed=7):
    """60 % ADT^A08, 40 % ORU^R01 of 6 to 24 results, in MLLP frames."""
    choose = random.Random(seed)
    family, given = names("family"), names("given_women")
    tests = ["WBC", "RBC", "HGB", "HCT", "PLT", "GLU", "URE", "CRE", "AST", "ALT", "NA", "K", "CL"]
    out, size, number = [], 0, 0
    while size < BYTES:
        number += 1
        kind = "ADT^A08^ADT_A01" if choose.random() < 0.6 else "ORU^R01^ORU_R01"
        head = f"MSH|^~\\&|LIS|66001|HMIS|66001|20260716{number % 240000:06d}+0700||{kind}|M{number:08d}|P|2.5.1||||||UNICODE UTF-8"
        pid = f"PID|1||9990{number:07d}^^^66001^PI~DN4660{number:010d}^^^BHXH^SN||{choose.choice(family)}^{choose.choice(given)}^^^^^L||19{choose.randrange(40, 99)}0101|F|||" \
              f"{number} Trần Hưng Đạo^^Buôn Ma Thuột^Đắk Lắk^63000^VNM||0999{number:06d}"
        rows = [head, *([f"EVN|A08|20260716|||{choose.choice(family)}"] if "ADT" in kind else []), pid,
                f"PV1|1|O|K01^P{number % 20}^^66001||||BS{number % 30:03d}^{choose.choice(family)}^{choose.choice(given)}|||||||||||V{number}"]
        if "ADT" in kind:
            rows += ["NK1|1|NGUYỄN^BÌNH|FTH", f"DG1|1|I10|J{choose.randrange(10, 99)}.9^Bệnh đường hô hấp^I10||20260716|A",
                     f"IN1|1|BHYT|66|BHXH Việt Nam|||||||20260101|20261231||||||||||||||||||||||||DN4660{number:010d}"]
        else:
            rows.append(f"OBR|1|P{number}^HMIS|F{number}^LIS|CTM^Công thức máu^L|||202607160800|||||||||BS001||||||202607160900||LAB|F")
            rows += [f"OBX|{n}|NM|{choose.choice(tests)}^Xét nghiệm {n}^L||{choose.uniform(1, 200):.1f}|10*9/L|4.0-10.0|"
                     f"{choose.choice(['', 'H', 'L'])}|||F|||202607160850||KTV{n}" for n in range(1, choose.randrange(7, 25))]
        framed = ("\x0b" + "\r".join(rows) + "\r\x1c\r").encode()
        out.append(framed)
        size += len(framed)
    path.write_bytes(b"".join(out))


def ours(build, path):
    target = "tests/bench/bench_hl7"
    subprocess.run(["ninja", "-C", build, target], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([build / target, path], capture_output=True, text=True, check=True)
    return {name: [float(v) for v in values] for name, *values in (line.split() for line in done.stdout.splitlines())}


def peers(path):
    folder = npm.installed(HERE / "peers" / "hl7")
    done = subprocess.run(["node", "bench.js", path], cwd=folder, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line]
    for line in lines:
        if line.startswith("#"):
            print(f"hl7: {line}")
    return {name: [float(v) for v in values]
            for name, *values in (line.split() for line in lines if not line.startswith("#"))}


def show(name, values):
    spread = f" ({values[2]:.0f}–{values[3]:.0f})" if len(values) > 3 else ""
    print(f"hl7: {name:<28} {values[0]:>12,.0f} messages/s {values[1]:>9,.1f} MB/s{spread}")


def main(directory):
    del directory
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stream"
        stream(path)
        got = ours(ROOT / os.environ.get("HMIS_BUILD", "build"), path)
        other = peers(path)
    count, size = got.pop("messages")
    (index,) = got.pop("index")
    print(f"hl7: {count:.0f} messages, {size / count:.0f} bytes each; CPU time of one core; index {index:.2f} × the message")
    for name, values in (got | other).items():
        show(name, values)
    for name, limit, least in TARGETS:
        if name in got and limit in got:
            ratio = got[name][1] / got[limit][1]
            print(f"hl7: {name}: {ratio:.2f} of the {limit} scan (target {least}) {'good' if ratio >= least else 'MISSED'}")
    best = got["parse_get_avx512" if "parse_get_avx512" in got else "parse_get_avx2" if "parse_get_avx2" in got else "parse_get_scalar"]
    print(f"hl7: parse and get: {best[1]:,.0f} MB/s (target 1,000) {'good' if best[1] >= 1000 else 'MISSED'}")
    for peer in PEERS:
        if f"{peer}_parse_get" in other:
            print(f"hl7: parse and get: {best[0] / other[f'{peer}_parse_get'][0]:,.0f} × {peer}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ["HMIS_BUILD"] = sys.argv[1]
    main(None)

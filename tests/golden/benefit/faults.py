#!/usr/bin/env python3
"""faults.py HMIS: a row that cannot be used is refused with file, line and column, exit 2, no result."""
import os
import subprocess
import sys
import tempfile

GOOD = {"case_id": "A", "line_no": "1", "visit_date": "2026-08-25", "card": "DN4", "ma_doituong_kcb": "1.1",
        "ma_loai_kcb": "03", "table": "XML3", "ma_nhom": "15", "pham_vi": "1", "so_luong": "1",
        "don_gia_bv": "500000", "don_gia_bh": "500000", "tyle_tt_dv": "100", "tyle_tt_bh": "100",
        "nk_mode": "", "nk_nsnn": "0", "muc_huong": "", "copay_exempt": "0", "gt_the_tu": "", "kind": "line"}
BAD = [("so_luong", "x"), ("so_luong", "-1"), ("so_luong", ""), ("so_luong", "1.2345"), ("so_luong", "1,5"),
       ("so_luong", "99999999999999999999"), ("don_gia_bv", "1e6"), ("don_gia_bh", "500001"),
       ("don_gia_bv", "9300000000000000"), ("tyle_tt_bh", "101"), ("tyle_tt_dv", "-5"), ("pham_vi", "4"),
       ("ma_nhom", "0"), ("table", "XML4"), ("kind", "sum"), ("card", "D4"), ("card", "dn4"), ("card", "DN9"),
       ("visit_date", "2026-02-30"), ("visit_date", ""), ("visit_date", "2010-01-01"),
       ("ma_doituong_kcb", "4.4"), ("ma_doituong_kcb", ""), ("ma_loai_kcb", "99"), ("nk_mode", "gift"),
       ("nk_nsnn", "500000"), ("copay_exempt", "2"), ("gt_the_tu", "2026"), ("line_no", ""), ("case_id", "")]


def run(hmis, text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bad.tsv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([hmis, "benefit", path], capture_output=True, text=True, check=False)
        return done, path


def table(*rows):
    return "\n".join("\t".join(row) for row in (tuple(GOOD), *rows)) + "\n"


def refuse(hmis, text, line, column):
    done, path = run(hmis, text)
    place = f"{path}:{line}: {column}: "
    if done.returncode == 2 and done.stderr.startswith(place) and not done.stdout:
        return 0
    print(f"want 2 and {place!r}\n got {done.returncode} and {done.stderr!r}, output {len(done.stdout)}")
    return 1


def main():
    hmis = sys.argv[1]
    good = tuple(GOOD.values())
    second = tuple({**GOOD, "line_no": "2"}.values())
    failed = 0
    for column, value in BAD:
        # no rule for the object code on so early a date
        place = "ma_doituong_kcb" if value == "2010-01-01" else column
        row = tuple({**GOOD, column: value}.values())
        failed += refuse(hmis, table(row), 2, place)
        other = tuple({**GOOD, "case_id": "B"}.values())
        failed += refuse(hmis, table(other, row), 3, place)
    failed += refuse(hmis, "", 1, "case_id")
    failed += refuse(hmis, table(good).replace("so_luong", "quantity"), 1, "so_luong")
    failed += refuse(hmis, table(good).replace("nk_nsnn", "so_luong"), 1, "so_luong")
    failed += refuse(hmis, table(good, good), 3, "line_no")
    failed += refuse(hmis, table(good, tuple({**GOOD, "line_no": "2", "card": "HT3"}.values())), 3, "card")
    failed += refuse(hmis, table(good, second + ("more",)), 3, "case_id")
    failed += refuse(hmis, table(tuple({**GOOD, "card": "DN4;HT3"}.values())), 2, "muc_huong")
    missing = subprocess.run([hmis, "benefit", "/nonexistent"], capture_output=True, text=True, check=False)
    failed += missing.returncode != 2 or "/nonexistent" not in missing.stderr
    failed += subprocess.run([hmis, "benefit"], capture_output=True, check=False).returncode != 2
    print(f"{2 * len(BAD) + 9} refusals, {failed} wrong")
    sys.exit(1 if failed else 0)


main()

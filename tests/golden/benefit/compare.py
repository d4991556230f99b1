#!/usr/bin/env python3
"""compare.py HMIS INPUT EXPECTED [CASE…]: `hmis benefit INPUT` gives the amounts that EXPECTED states.

When INPUT holds output columns, a second run has them blanked, MUC_HUONG excepted in the named cases: the
result must come from the inputs alone. A line split in two is expected as "2.1" and "2.2".
"""
import subprocess
import sys

OUT = ("thanh_tien_bv thanh_tien_bh muc_huong t_bhtt t_bncct t_bntt t_nguonkhac t_bhtt_gdv t_thuoc "
       "t_vtyt").split()


def rows(text):
    head, *lines = [line.split("\t") for line in text.splitlines() if line]
    return head, [dict(zip(head, line + [""] * (len(head) - len(line)))) for line in lines]


def benefit(hmis, text):
    done = subprocess.run([hmis, "benefit", "-"], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"exit {done.returncode}: {done.stderr}")
    return {(row["case_id"], row["line_no"]): row for row in rows(done.stdout)[1]}


def blanked(head, asked, given):
    keep = [name for name in head if name not in OUT and name != "t_bhtt_by_formula"] + ["muc_huong"]
    lines = ["\t".join(keep)]
    for row in asked:
        if row["kind"] == "total":
            continue
        cells = [row[name] for name in keep]
        if row["case_id"] not in given:
            cells[-1] = ""
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def compare(title, wanted, got):
    bad = 0
    for row in wanted:
        key = (row["case_id"], row["line_no"] or "total")
        for name in OUT:
            have = got.get(key, {}).get(name, "no such line")
            if row[name] != have:
                print(f"{title}: {key[0]} line {key[1]} {name}: want {row[name]}, got {have}")
                bad += 1
    for key in got:
        if key not in {(row["case_id"], row["line_no"] or "total") for row in wanted}:
            print(f"{title}: unexpected {key}")
            bad += 1
    return bad


def main():
    hmis, source, expected, *given = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        text = file.read()
    with open(expected, encoding="utf-8") as file:
        wanted = rows(file.read())[1]
    head, asked = rows(text)
    bad = compare("as it is", wanted, benefit(hmis, text))
    if OUT[0] in head:
        bad += compare("inputs only", wanted, benefit(hmis, blanked(head, asked, given)))
    print(f"{len(wanted)} rows of {len({row['case_id'] for row in wanted})} cases, {bad} differences")
    sys.exit(1 if bad else 0)


main()

#!/usr/bin/env python3
"""amounts.py HMIS EXAMPLES: the amounts of the benefit examples pass the structural check, and nothing near them does.

The examples (tests/golden/benefit) were made outside this project; so the check of line formulas, shares and totals is
held against figures that neither it nor the benefit engine has made.
"""
import csv
import re
import subprocess
import sys
import unittest
from decimal import Decimal

EXAMPLES, HMIS = sys.argv.pop(2), sys.argv.pop(1)
MONEY = {"line-formula", "line-identity", "line-sources", "total-differs", "scope-outside"}
CASES = {}
with open(EXAMPLES, encoding="utf-8", newline="") as f:
    for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
        CASES.setdefault(row["case_id"], []).append(row)

LINE = {"MA_NHOM": "ma_nhom", "PHAM_VI": "pham_vi", "SO_LUONG": "so_luong", "TYLE_TT_BH": "tyle_tt_bh", "MUC_HUONG": "muc_huong",
        "MA_PTTT": "ma_pttt", "T_NGUONKHAC_NSNN": "nk_nsnn", "T_NGUONKHAC_VTNN": "nk_vtnn", "T_NGUONKHAC_VTTN": "nk_vttn",
        "T_NGUONKHAC_CL": "nk_cl", "T_NGUONKHAC": "t_nguonkhac", "THANH_TIEN_BV": "thanh_tien_bv",
        "THANH_TIEN_BH": "thanh_tien_bh", "T_BHTT": "t_bhtt", "T_BNCCT": "t_bncct", "T_BNTT": "t_bntt"}
COLUMNS = {"XML2": {**LINE, "DON_GIA": "don_gia_bv"},
           "XML3": {**LINE, "DON_GIA_BV": "don_gia_bv", "DON_GIA_BH": "don_gia_bh", "TYLE_TT_DV": "tyle_tt_dv"},
           "XML1": {"T_TONGCHI_BV": "thanh_tien_bv", "T_TONGCHI_BH": "thanh_tien_bh", "T_BHTT": "t_bhtt", "T_BNCCT": "t_bncct",
                    "T_BNTT": "t_bntt", "T_NGUONKHAC": "t_nguonkhac", "T_BHTT_GDV": "t_bhtt_gdv", "T_THUOC": "t_thuoc",
                    "T_VTYT": "t_vtyt"}}
SHELL = {"XML1": ("TONG_HOP", "{}"),
         "XML2": ("CHITIEU_CHITIET_THUOC", "<DSACH_CHI_TIET_THUOC>{}</DSACH_CHI_TIET_THUOC>"),
         "XML3": ("CHITIEU_CHITIET_DVKT_VTYT", "<DSACH_CHI_TIET_DVKT>{}</DSACH_CHI_TIET_DVKT>")}
ROW = {"XML1": "{}", "XML2": "<CHI_TIET_THUOC>{}</CHI_TIET_THUOC>", "XML3": "<CHI_TIET_DVKT>{}</CHI_TIET_DVKT>"}


def hoso(rows, change=None):
    """A HOSO of a case's rows; change = (row number, field, amount added)."""
    tables = {"XML1": "", "XML2": "", "XML3": ""}
    for i, row in enumerate(rows):
        values = {field: row[column] for field, column in COLUMNS[row["table"]].items()}
        if change and change[0] == i:
            values[change[1]] = str(Decimal(values[change[1]] or 0) + change[2])
        inside = "".join(f"<{field}>{value}</{field}>" for field, value in values.items())
        tables[row["table"]] += ROW[row["table"]].format(inside)
    return "<HOSO>" + "".join(
        f"<FILEHOSO><LOAIHOSO>{t}</LOAIHOSO><NOIDUNGFILE><{SHELL[t][0]}>{SHELL[t][1].format(inside)}</{SHELL[t][0]}>"
        "</NOIDUNGFILE></FILEHOSO>" for t, inside in tables.items() if inside) + "</HOSO>"


def money_findings(hosos):
    """Per HOSO {(severity, code, place)} about amounts; what the bare file lacks otherwise is not asked here."""
    text = f"<GIAMDINHHS><THONGTINHOSO><DANHSACHHOSO>{''.join(hosos)}</DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>"
    done = subprocess.run([HMIS, "claim", "check", "--structure", "--en", "-"], input=text.encode(), capture_output=True, check=False)
    if done.returncode == 2:
        sys.exit(done.stderr.decode())
    result = [set() for _ in hosos]
    line = re.compile(r"^-:(\d+):(?:\d+:)? (error|warning): (\S+?): .*\[([a-z-]+)\]$", re.MULTILINE)
    for number, severity, place, code in line.findall(done.stdout.decode()):
        if code in MONEY:
            result[int(number) - 1].add((severity, code, place))
    return result


class Amounts(unittest.TestCase):
    def test_the_examples_pass(self):
        self.assertGreaterEqual(len(CASES), 28)
        for case, found in zip(CASES, money_findings([hoso(rows) for rows in CASES.values()])):
            with self.subTest(case):
                self.assertEqual(found, set())

    def test_every_amount_counts(self):
        changes = [(case, i, field) for case, rows in CASES.items() for i, row in enumerate(rows)
                   for field in (("THANH_TIEN_BV", "T_BHTT", "T_BNCCT", "T_BNTT") if row["kind"] == "line" else COLUMNS["XML1"])]
        self.assertGreater(len(changes), 300)
        hosos = [hoso(CASES[case], (i, field, Decimal(3))) for case, i, field in changes]
        for change, found in zip(changes, money_findings(hosos)):
            with self.subTest(change):
                self.assertIn("error", {severity for severity, _, _ in found})

    def test_the_gateways_tolerance_is_a_warning(self):
        rows = CASES["E01"]
        for added, severities in ((Decimal("0.01"), set()), (Decimal("0.02"), {"warning"}), (Decimal("2"), {"warning"}),
                                  (Decimal("2.01"), {"error"})):
            with self.subTest(added):
                found = money_findings([hoso(rows, (len(rows) - 1, "T_THUOC", added))])[0]
                self.assertEqual({severity for severity, _, _ in found}, severities)


if __name__ == "__main__":
    unittest.main()

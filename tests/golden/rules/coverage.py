#!/usr/bin/env python3
"""coverage.py HMIS: claims/rules/coverage.tsv says of each of the 456 collected checks how it is judged; here it is held
against the rules themselves. A rule may have companions ("X1-097-staff"): parts of a check that need a catalogue."""
import csv
import re
import subprocess
import sys
import unittest
from pathlib import Path

HMIS = sys.argv.pop(1)
ROOT = Path(__file__).resolve().parents[3]
CHECKS = 456


def coverage():
    with open(ROOT / "claims" / "rules" / "coverage.tsv", encoding="utf-8", newline="") as f:
        lines = (line for line in f if not line.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def rules():
    done = subprocess.run([HMIS, "rules", "list"], capture_output=True, text=True, check=True)
    names = ("id", "table", "severity", "state", "source", "certainty", "text")
    return {r[0]: dict(zip(names, r)) for r in (line.split("\t") for line in done.stdout.splitlines())}


class Coverage(unittest.TestCase):
    def test_every_check_has_its_rule(self):
        rows, have = coverage(), rules()
        self.assertEqual(len(rows), CHECKS)
        self.assertEqual(len({r["id"] for r in rows}), CHECKS)
        for row in rows:
            with self.subTest(row["id"]):
                rule = have[row["id"]]
                self.assertEqual((row["severity"], row["source"]), (rule["severity"], rule["source"]))
                self.assertEqual(row["how"] == "off", rule["state"] == "off")
                if row["how"] == "off":
                    self.assertEqual(row["why"], rule["text"])
                    self.assertTrue(row["why"])

    def test_every_rule_belongs_to_a_check(self):
        ids = {r["id"] for r in coverage()}
        for rule in rules():
            with self.subTest(rule):
                self.assertIn(re.match(r"[A-Z]+[0-9]*-[0-9]+", rule).group(0), ids)

    def test_a_constraint_is_in_the_schema(self):
        schema = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "schema" / "migrations").glob("*.sql"))
        held = [r for r in coverage() if r["how"] == "constraint"]
        self.assertTrue(held)
        for row in held:
            done = subprocess.run([HMIS, "rules", "explain", row["id"]], capture_output=True, text=True, check=True)
            said = re.search(r"^- held by the constraints: `(.*)`$", done.stdout, re.M).group(1).replace('"', "")
            self.assertEqual(said, row["why"])
            for name in row["why"].split(", "):
                with self.subTest(row["id"], constraint=name):
                    self.assertRegex(schema, rf"(constraint|unique index) {name}\b")

    def test_a_switched_off_rule_is_explained_with_its_need(self):
        for row in coverage():
            if row["how"] == "off":
                done = subprocess.run([HMIS, "rules", "explain", row["id"]], capture_output=True, text=True, check=True)
                self.assertIn("- off because: " + row["why"], done.stdout)
                self.assertIn("- needs: ", done.stdout)


if __name__ == "__main__":
    unittest.main()

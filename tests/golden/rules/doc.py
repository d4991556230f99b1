#!/usr/bin/env python3
"""doc.py HMIS PAGE: the page of all rules that the build makes and installs is that of these rules, complete, in both
languages."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

PAGE = Path(sys.argv.pop(2))
HMIS = sys.argv.pop(1)


def hmis(*words):
    return subprocess.run([HMIS, *words], capture_output=True, text=True, check=True).stdout


class Page(unittest.TestCase):
    def test_it_is_fresh(self):
        self.assertEqual(PAGE.read_text(encoding="utf-8"), hmis("rules", "doc"))

    def test_every_rule_has_its_part(self):
        parts = {p.split("\n", 1)[0]: p for p in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]}
        rules = [line.split("\t") for line in hmis("rules", "list").splitlines()]
        self.assertEqual(list(parts), [r[0] for r in rules])
        for rule, _, _, state, _, _, text in rules:
            with self.subTest(rule):
                vietnamese, english = parts[rule].split("\n\n")[1:3]
                self.assertTrue(vietnamese and english and not english.startswith("- "))
                if state != "off":
                    self.assertEqual(vietnamese, text)
                if "- when: " in parts[rule] and state != "off":
                    self.assertRegex(parts[rule], r"(?m)^Example \(base claim `")


if __name__ == "__main__":
    unittest.main()

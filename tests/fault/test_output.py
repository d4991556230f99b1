"""A command whose output is lost to a full disk says so, and does not end as if it had succeeded."""

import subprocess
import unittest

import harness

CLAIM = harness.ROOT / "tests" / "golden" / "claims" / "good" / "outpatient.xml"
CASES = harness.ROOT / "tests" / "golden" / "benefit" / "examples.tsv"
COMMANDS = (["help"], ["--version"], ["config", "--explain"], ["benefit", CASES], ["claim", "show", CLAIM], ["claim", "show", "--json", CLAIM],
            ["claim", "rewrite", CLAIM, "-"], ["claim", "rewrite", CLAIM, "/dev/full"], ["claim", "verify", CLAIM], ["rules", "list"],
            ["rules", "doc"])


class FullOutput(unittest.TestCase):
    def test_commands(self):
        for words in COMMANDS:
            with self.subTest(" ".join(map(str, words[:2]))), open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([harness.binary("cli/hmis"), *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                                      env=harness.clean_environment())
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr, "written|cannot write")

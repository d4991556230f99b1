"""The rules over the synthetic district: its claims are clean, so nothing critical may be said of them."""

import csv
import io
import re
import subprocess
from collections import Counter

import harness

UNTIL, MONTH = "2026-11-20", "2026-11"



class District(harness.Scenario):
    def setUp(self):
        self.database = self.create_database()
        self.hmis("demo", "load", "--database", self.database.url(), "--seed", "11", "--stations", "2", "--days", "8",
                  "--visits-per-day", "420", "--until", UNTIL, "--errors", "0")
        self.out = self.new_directory("claims")

    def hmis(self, *words, codes=(0,)):
        done = subprocess.run([harness.binary("cli/hmis"), *words], capture_output=True, text=True, check=False,
                              env=harness.clean_environment())
        self.assertIn(done.returncode, codes, done.stderr)
        return done.stdout

    def export(self):
        tenant = self.database.value("select code from org.tenant")
        for row in self.database.rows("select distinct f.code from care.visit v join org.facility f using (facility_id)"):
            code = row["code"]
            self.hmis("claim", "export", "--database", self.database.url(), "--tenant", tenant, "--facility", code,
                      "--month", MONTH, "--out", self.out / f"{code}.xml", "--unsigned", codes=(0, 1))
        return sorted(self.out.iterdir())

    def test_clean_claims_have_nothing_critical(self):
        files = self.export()
        claims = sum(f.read_text(encoding="utf-8").count("<HOSO>") for f in files)
        self.assertGreater(claims, 2500)
        said = self.hmis("claim", "check", "--as-of", "2026-11-21", "--format", "tsv", *files, codes=(0, 1))
        rows = list(csv.DictReader(io.StringIO(said), delimiter="\t", quoting=csv.QUOTE_NONE))
        critical = Counter(r["rule"] for r in rows if r["severity"] == "critical")
        print(f"rules: {claims} clean claims, {sum(critical.values())} critical findings, "
              f"{sum(r['severity'] == 'warning' for r in rows)} warnings", flush=True)
        self.assertEqual(critical, Counter())

    def test_a_month_is_judged_again_from_the_database(self):
        out = self.out / "findings.tsv"
        said = subprocess.run([harness.binary("cli/hmis"), "claim", "judge", "--database", self.database.url(), "--month", MONTH,
                               "--as-of", "2026-11-21", "--out", out], capture_output=True, text=True, check=False,
                              env=harness.clean_environment())
        self.assertIn(said.returncode, (0, 1), said.stderr)
        (judged, clean) = re.search(r"^(\d+) claims judged by .* (\d+) without a finding", said.stderr, re.M).groups()
        insured = self.database.value("select count(*) from care.visit where status = 'closed' and coverage_id is not null "
                                      "and discharged_at >= '2026-11-01 00:00+07' and discharged_at < '2026-12-01 00:00+07'")
        self.assertEqual(int(judged), int(insured))
        self.assertIn(" 0 not built, 0 findings not evaluated", said.stderr)
        sums = list(csv.DictReader(io.StringIO(said.stdout), delimiter="\t", quoting=csv.QUOTE_NONE))
        with open(out, encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
        # the table is the sum of the findings
        self.assertEqual({s["rule"]: int(s["findings"]) for s in sums}, dict(Counter(r["rule"] for r in rows)))
        self.assertEqual({s["rule"]: int(s["claims"]) for s in sums},
                         dict(Counter(rule for rule, _ in {(r["rule"], r["ma_lk"]) for r in rows})))
        false = {s["rule"]: int(s["findings"]) for s in sums
                 if s["severity"] == "critical" and s["state"] == "on"}
        print(f"rules: {judged} claims judged from the database, {clean} without a finding, false critical {false}", flush=True)
        self.assertEqual(false, {})

"""The rules over the synthetic district: its claims are clean, so nothing critical may be said of them."""

import csv
import io
import subprocess
from collections import Counter

import harness

UNTIL, MONTH = "2026-11-20", "2026-11"


class District(harness.Scenario):
    def setUp(self):
        self.database = self.create_database()
        self.hmis("demo", "load", "--database", self.database.url(), "--seed", "11", "--stations", "2", "--days", "8",
                  "--visits-per-day", "150", "--until", UNTIL, "--errors", "0")
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
        self.assertGreater(claims, 300)
        said = self.hmis("claim", "check", "--as-of", "2026-11-21", "--format", "tsv", *files, codes=(0, 1))
        rows = list(csv.DictReader(io.StringIO(said), delimiter="\t", quoting=csv.QUOTE_NONE))
        critical = Counter(r["rule"] for r in rows if r["severity"] == "critical")
        print(f"rules: {claims} clean claims, {sum(critical.values())} critical findings, "
              f"{sum(r['severity'] == 'warning' for r in rows)} warnings", flush=True)
        # the district makes no discharge papers: that its inpatients lack XML7 is true of it
        del critical["X7-001"]
        self.assertEqual(critical, Counter())

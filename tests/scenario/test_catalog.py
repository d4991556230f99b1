"""hmis catalog import: a centre's lists from its own files, judged, shown and applied as a whole."""

import subprocess

import harness
import places
from harness import Scenario


class Catalog(Scenario):
    def setUp(self):
        self.database = places.fill(self.create_database())

    def run_import(self, kind, text, *options, tenant=None):
        file = self.directory / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        command = [harness.binary("cli/hmis"), "catalog", "import", kind, file, "--database", self.database.url(),
                   "--tenant", tenant or places.TENANT, *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=harness.clean_environment())

    def test_a_list_is_shown_applied_and_then_the_same(self):
        text = "code;MA_THUOC;name_vi;unit_vi\nP500;40.48;Paracetamol 500mg;Viên\n"
        done = self.run_import("drugs", text)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn("+ P500  (line 2)", done.stdout)
        self.assertIn("1 added, 0 changed, 0 removed; not applied", done.stdout)
        self.assertEqual(self.database.value("select count(*) from ref.local_drug where code = 'P500'"), "0")
        self.assertEqual(self.run_import("drugs", text, "--apply", "--keep-missing").returncode, 0)
        self.assertEqual(self.database.value("select count(*) from ref.local_drug where code = 'P500'"), "1")
        again = self.run_import("drugs", text, "--keep-missing")
        self.assertEqual((again.returncode, again.stdout), (0, "drugs: 1 rows: 0 added, 0 changed, 0 removed\n"))

    def test_one_fault_stops_all_and_every_fault_is_told(self):
        done = self.run_import("drugs", "code,drug_code,name_vi,unit_vi\nP1,40.48,A,Viên\n,40.48,B,Viên\nP3,,C,Viên\n", "--apply")
        self.assertEqual(done.returncode, 2)
        self.assertIn("drugs.csv:3: code: is empty", done.stderr)
        self.assertIn("drugs.csv:4: drug_code: is empty", done.stderr)
        self.assertIn("2 faults in 3 rows, nothing was written", done.stderr)
        self.assertEqual(self.database.value("select count(*) from ref.local_drug where code = 'P1'"), "0")

    def test_files_that_are_no_tables_are_told(self):
        for text, word in (("", "no header line"), ('code,x\n"open', "a quote is not closed"), ("a\xa0b\x07,c\n", "not clean UTF-8")):
            done = self.run_import("drugs", text, "--apply")
            self.assertEqual(done.returncode, 2)
            self.assertIn(word, done.stderr)

    def test_unknown_kind_tenant_and_facility_are_told(self):
        text = "code,drug_code,name_vi,unit_vi\nP1,40.48,A,Viên\n"
        self.assertIn('no kind "potions"', self.run_import("potions", text).stderr)
        self.assertIn('no tenant "NONE"', self.run_import("drugs", text, tenant="NONE").stderr)
        other = self.run_import("drugs", text, "--facility", places.OTHER_CENTRE)
        self.assertIn("has no facility", other.stderr)

    def test_text_arrives_as_it_was(self):
        name = 'Thuốc "lạ" \\ {a,b} ; \' %s'
        quoted = name.replace('"', '""')
        done = self.run_import("drugs", f'code,drug_code,name_vi,unit_vi\nQ1,40.48,"{quoted}",Viên\n', "--apply", "--keep-missing")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.database.value("select name_vi from ref.local_drug where code = 'Q1'"), name)

    def test_every_kind_names_its_columns(self):
        def rows(*words):
            out = harness.run_tool([harness.binary("cli/hmis"), "catalog", *words, "--database", self.database.url()], "catalog")
            return [line.split("\t") for line in out.splitlines()]

        kinds = [row[0] for row in rows("kinds")]
        self.assertLessEqual({"drugs", "supplies", "services", "prices", "staff", "facilities"}, set(kinds))
        page = (harness.ROOT / "docs" / "catalogues.md").read_text(encoding="utf-8")
        for kind in kinds:
            for name, alias, *_ in rows("columns", kind):
                self.assertIn(f"| `{name}` |", page.split(f"### `{kind}`")[1].split("\n### ")[0], f"docs/catalogues.md lacks {kind}.{name}")

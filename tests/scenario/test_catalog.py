"""hmis catalog import: a centre's lists from its own files, judged, shown and applied as a whole."""

import pathlib
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

    def export(self, *words):
        return harness.run_tool([harness.binary("cli/hmis"), "catalog", *words, "--database", self.database.url(), "--tenant", places.TENANT], "catalog")

    def test_a_list_leaves_as_it_came(self):
        lists = {
            "drugs": "code,drug_code,name_vi,unit_vi,tender,fund_state,accepted_on,age_min_days,is_controlled,valid_from\n"
                     'L1,40.48,"Para ""lạ""; 500mg",Viên,53/QĐ;G1;N4;2026,accepted,2026-01-05,30,1,2026-01-01\nL2,40.49,B,Viên,,,,,,\n',
            "staff": "code,full_name,title,scopes,licensed_on,may_sign\n000777/DL-CCHN,Lê Thị Mẫu,doctor,102;103,2015-05-04,1\n",
            "drug_pairs": "substance,other_substance,level\nMetronidazol,Disulfiram,Chống chỉ định\n",
            "service_pairs": "relation,service_code,other_code\npart,02.1,02.2\n",
            "holidays": "name,valid_from,valid_to\nQuốc khánh 2026,2026-09-01,2026-09-02\n",
            "indicators": "service_code,code,name_vi,unit,low,high\n23.0075.1494,GLU,Glucose,mmol/L,0.5,60\n",
        }
        for kind, text in lists.items():
            done = self.run_import(kind, text, "--apply", "--keep-missing", "--from", "2026-01-01")
            self.assertEqual(done.returncode, 0, done.stderr)
            out = self.export("export", kind, "--on", "2026-09-01")
            self.assertIn(text.split("\n")[1].split(",")[0], out)
            again = self.run_import(kind, out, "--from", "2026-09-01")
            self.assertEqual((again.returncode, again.stderr), (0, ""))
            self.assertIn("0 added, 0 changed, 0 removed", again.stdout)

    def test_what_the_fund_would_refuse_is_told_with_its_line(self):
        for kind, text, told in (
                ("drugs", "code,drug_code,name_vi,unit_vi,tender,fund_state\nL1,40.48,A,Viên,53/QĐ;G1,sent\n", "CAT-005"),
                ("drugs", "code,drug_code,name_vi,unit_vi,price_approved,tender_price\nL1,40.48,A,Viên,1000.5,1000\n", "CAT-006"),
                ("staff", "code,full_name,title,fund_state\n000777/DL-CCHN,Lê Thị Mẫu,doctor,sent\n", "CAT-003")):
            done = self.run_import(kind, text, "--apply", "--keep-missing")
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, rf"{kind}\.csv:2: \w+: {told}")

    def test_the_rules_get_the_lists_as_files(self):
        self.assertEqual(self.run_import("drugs", "code,drug_code,name_vi,unit_vi,registration_no,tender\nL1,40.777,A,Viên,VD-1,53/QĐ;G1;N4;2026\n",
                                         "--apply", "--keep-missing", "--from", "2026-01-01").returncode, 0)
        self.assertEqual(self.run_import("holidays", "name,valid_from,valid_to\nQuốc khánh,2026-09-01,2026-09-02\n", "--apply").returncode, 0)
        folder = self.directory / "rules"
        told = self.export("rules-export", folder, "--facility", places.CENTRE, "--from", "2026-08-01", "--to", "2026-09-30")
        want = {}
        for line in (harness.ROOT / "claims/rules/catalogs.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            name, keys, _, _, attribute, *_ = line.split("\t")
            header = want.setdefault(name, [f"key{i + 1}" for i in range(int(keys))] + ["from", "to"])
            if attribute:
                header.append(attribute)
        for path in told.split():
            header, *rows = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
            self.assertEqual(header.split("\t"), want[pathlib.Path(path).stem])
            for row in rows:
                self.assertEqual(len(row.split("\t")), len(header.split("\t")), f"{path}: {row}")
        self.assertIn("40.777\tVD-1\t53/QĐ;G1;N4;2026\t2026-01-01\t\tA\t", (folder / "drug_item.tsv").read_text(encoding="utf-8"))
        self.assertIn("VN\t2026-09-01\t2026-09-02\n", (folder / "holiday.tsv").read_text(encoding="utf-8"))
        # a facility of which nothing is known in a list has no file of it
        self.assertFalse((folder / "drug_against_disease.tsv").exists())
        claim = next(iter(sorted((harness.ROOT / "tests/golden/claims").rglob("*.xml"))))
        judged = subprocess.run([harness.binary("cli/hmis"), "claim", "check", "--catalog", folder, claim], capture_output=True, text=True,
                                check=False, env=harness.clean_environment())
        self.assertIn(judged.returncode, (0, 1), judged.stderr)
        self.assertNotIn("need catalogue drug (", judged.stderr)

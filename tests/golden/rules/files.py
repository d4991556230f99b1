#!/usr/bin/env python3
"""files.py HMIS: hmis claim check over files: the rules that speak of the file itself, catalogues from files, and what is
known of the envelope. The files are the base claims of the rules, written by `hmis rules example`, with one fault each."""
import base64
import json
import re
import subprocess
import sys
import tempfile
import unittest
from datetime import date, timedelta
from pathlib import Path

HMIS = sys.argv.pop(1)
ROOT = Path(__file__).resolve().parents[3]
CATALOGS = ROOT / "claims" / "rules" / "examples"
DAY = "2026-07-16"  # the day after the base claims' last visit


def hmis(*words, code=None):
    done = subprocess.run([HMIS, *map(str, words)], capture_output=True, text=True, check=False)
    if code is not None:
        assert done.returncode == code, (words, done.returncode, done.stderr, done.stdout)
    return done


def inside(text, table, old, new):
    """The file with a text of one table's content replaced."""
    def change(m):
        content = base64.b64decode(m.group(2)).decode()
        assert old in content, (table, old)
        return m.group(1) + base64.b64encode(content.replace(old, new, 1).encode()).decode() + "<"
    got, count = re.subn(rf"(<LOAIHOSO>{table}</LOAIHOSO><NOIDUNGFILE>)([^<]*)<", change, text)
    assert count == 1, table
    return got


def twice(text, table):
    part = re.search(rf"<FILEHOSO><LOAIHOSO>{table}</LOAIHOSO>.*?</FILEHOSO>", text).group(0)
    return text.replace(part, part + part)


# rule: the faults it must find in a file, each with the other rules that see it too
FAULTS = {
    "ENV-001": [(lambda t: inside(t, "XML1", "<GHI_CHU></GHI_CHU>", "<GHI_CHU>a&#x85;b</GHI_CHU>"), set())],
    "ENV-002": [(lambda t: t.replace("<NGAYLAP>20260716<", "<NGAYLAP>16/07/2026<"), set()),
                (lambda t: inside(t, "XML1", "<NHOM_MAU>", "<NHOM_MAU><B/>"), set()),
                (lambda t: inside(t, "XML1", "<NHOM_MAU>", "x<NHOM_MAU>"), set())],
    "ENV-003": [(lambda t: t.replace("<SOLUONGHOSO>1<", "<SOLUONGHOSO>2<"), set())],
    "ENV-004": [(lambda t: t.replace("<LOAIHOSO>XML5<", "<LOAIHOSO>XML77<"), set())],
    "ENV-005": [(lambda t: re.sub(r"(<LOAIHOSO>XML5</LOAIHOSO><NOIDUNGFILE>)[^<]*", r"\1!!!", t), set()),
                (lambda t: t.replace("<LOAIHOSO>XML5<", "<LOAIHOSO>XML7<"), set())],
    "ENV-006": [(lambda t: twice(t, "XML1"), set())],
    "ENV-010": [(lambda t: inside(t, "XML1", "<NHOM_MAU>", "<NHOM>x</NHOM><NHOM_MAU>"), set()),
                (lambda t: inside(t, "XML1", "<NHOM_MAU></NHOM_MAU>", ""), set()),
                (lambda t: inside(t, "XML1", "<NHOM_MAU>", "<NHOM_MAU/><NHOM_MAU>"), set())],
    "ENV-018": [(lambda t: inside(t, "XML1", ">66<", "> 66<"), set()),
                (lambda t: inside(t, "XML1", "Ho, sốt", "Ho, so\u0302\u0301t"), set())],
}


class Files(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="hmis-rules-")
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)

    def file(self, text, name="claim.xml"):
        path = self.place / name
        path.write_text(text, encoding="utf-8")
        return path

    def rules(self, text, *options):
        """Ids that the rules find in a file."""
        said = hmis("claim", "check", "--format", "json", "--as-of", DAY, "--catalog", CATALOGS, *options, self.file(text))
        self.assertIn(said.returncode, (0, 1), said.stderr)
        absent = set(re.findall(r"off: .* catalogue (\S+) ", said.stderr))
        self.assertLessEqual(absent, {"file"})
        return {f["rule"] for claim in json.loads(said.stdout) for f in claim["verdict"]["findings"]}

    def test_the_base_claims_are_clean_as_files(self):
        names = re.findall(r"^claim (\S+)", (ROOT / "claims/rules/claims.rules").read_text(encoding="utf-8"), re.M)
        self.assertGreater(len(names), 5)
        for name in names:
            with self.subTest(name):
                self.assertEqual(self.rules(hmis("rules", "example", name, code=0).stdout), set())

    def test_faults_of_the_file_are_found_by_their_rule(self):
        clean = hmis("rules", "example", "outpatient", code=0).stdout
        for rule, faults in FAULTS.items():
            for number, (change, also) in enumerate(faults):
                with self.subTest(rule, number=number):
                    self.assertEqual(self.rules(change(clean)), {rule} | also)

    def test_every_rule_without_an_example_is_proved_here(self):
        page = hmis("rules", "doc", code=0).stdout
        without = set()
        for part in re.split(r"^### ", page, flags=re.M)[1:]:
            if not re.search(r"^Example \(|, off, on |^- held by the constraints: ", part, re.M):
                without.add(part.split("\n", 1)[0])
        self.assertEqual(without, set(FAULTS) - {"ENV-006"})

    def test_a_catalogue_switches_its_rules_on(self):
        path = self.file(hmis("rules", "example", "X2-010", code=0).stdout)
        without = hmis("claim", "check", "--as-of", DAY, path, code=0)
        self.assertIn("rules need catalogue drug ", without.stderr)
        one = hmis("claim", "check", "--as-of", DAY, "--catalog", CATALOGS / "drug.tsv", path, code=1)
        self.assertIn("[X2-010]", one.stdout)
        self.assertNotIn("catalogue drug ", one.stderr)
        self.assertIn("catalogue service ", one.stderr)
        two = hmis("claim", "check", "--as-of", DAY, "--catalog", CATALOGS / "drug.tsv", "--catalog",
                   CATALOGS / "service.tsv", path, code=1)
        self.assertNotIn("catalogue service ", two.stderr)

    def test_an_unusable_catalogue_is_refused_with_its_place(self):
        path = self.file(hmis("rules", "example", "outpatient", code=0).stdout)
        for name, text, words in (
                ("drug.tsv", "key1\tprice\n40.48\tx\n", "drug:2:price: not a number"),
                ("drug.tsv", "key1\tpries\n40.48\t1\n", "neither key1"),
                ("drug.tsv", "price\n1\n", "key1"),
                ("drug.tsv", "key1\tfrom\n40.48\t2026-13-01\n", "drug:2:from"),
                ("staff.tsv", "key1\tmay_sign\n999\tyes\n", "staff:2:may_sign: neither t nor f"),
                ("staff.tsv", f"key1\n{'9' * 300}\n", "longer than 200 bytes"),
                ("herbs.tsv", "key1\n1\n", "there is no catalogue herbs"),
                ("drug.csv", "key1\n1\n", "a catalogue is a file NAME.tsv")):
            with self.subTest(words):
                bad = self.file(text, name)
                said = hmis("claim", "check", "--catalog", bad, path, code=2)
                self.assertIn(words, said.stderr)
                bad.unlink()
        self.assertIn("nowhere", hmis("claim", "check", "--catalog", self.place / "nowhere", path, code=2).stderr)
        self.file("key1\n1\n", "herbs.tsv")
        self.assertIn("there is no catalogue herbs", hmis("claim", "check", "--catalog", self.place, path, code=2).stderr)

    def sign(self, text, days):
        key, cert, signed = self.place / "key.pem", self.place / "cert.pem", self.place / "signed.xml"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days",
                        str(days), "-subj", "/CN=Thu"], check=True, capture_output=True)
        hmis("claim", "sign", "--key", key, "--cert", cert, self.file(text, "plain.xml"), signed, code=0)
        return signed.read_text(encoding="utf-8")

    def test_the_envelope_is_judged_when_asked_for(self):
        clean = hmis("rules", "example", "outpatient", code=0).stdout
        days = (date.fromisoformat(DAY) - date.today()).days
        signed = self.sign(clean, max(days + 400, 400))
        self.assertEqual(self.rules(clean), set())
        self.assertEqual(self.rules(clean, "--envelope"), {"ENV-015"})
        self.assertEqual(self.rules(signed, "--envelope"), set())
        self.assertEqual(self.rules(signed, "--envelope", "--sender", "66001"), set())
        self.assertEqual(self.rules(signed, "--envelope", "--sender", "66002"), {"ENV-007"})
        other = clean.replace("<MACSKCB>66001<", "<MACSKCB>66002<")
        self.assertEqual(self.rules(other, "--envelope"), {"ENV-007", "ENV-015"})
        self.assertEqual(self.rules(signed.replace("</MACSKCB>", "</MACSKCB> "), "--envelope"), {"ENV-015"})
        hmis("claim", "check", "--sender", "66001", self.file(clean), code=2)

    def test_a_certificate_near_its_end_is_a_warning(self):
        clean = hmis("rules", "example", "outpatient", code=0).stdout
        path = self.file(self.sign(clean, 100), "signed.xml")
        for ahead, found in ((60, False), (75, True)):
            day = (date.today() + timedelta(days=ahead)).isoformat()
            said = hmis("claim", "check", "--envelope", "--format", "tsv", "--as-of", day, path)
            self.assertEqual("\tENV-016\twarning\t" in said.stdout, found, said.stdout)


if __name__ == "__main__":
    unittest.main()

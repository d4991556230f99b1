#!/usr/bin/env python3
"""files.py HMIS: claim files read, shown, rewritten, checked and compared.

good/*.xml are written by hand with the tables decoded (as a portal export has them), so that people can read them.
pack() makes the real envelope from them. What the program must find in a file is worked out here, from the file
itself and from claims/fields.tsv; each malformed file is a good one with one fault put in.
"""
import base64
import csv
import json
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

HMIS = sys.argv.pop(1)
HERE = Path(__file__).resolve().parent
CLAIMS = HERE.parents[2] / "claims"
TABLE = re.compile(r"<NOIDUNGFILE>\s*(<.*?>)\s*</NOIDUNGFILE>", re.DOTALL)


def tsv(name):
    with open(CLAIMS / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


FIELDS, TABLES = tsv("fields.tsv"), {t["table"]: t for t in tsv("tables.tsv")}
GOOD = {p.stem: p.read_text(encoding="utf-8") for p in sorted((HERE / "good").glob("*.xml"))}


def pack(text, encode=lambda s: base64.b64encode(s.encode()).decode()):
    """The envelope with each table as base64."""
    return TABLE.sub(lambda m: f"<NOIDUNGFILE>{encode(m.group(1))}</NOIDUNGFILE>", text)


def fields_of(table):
    return [f for f in FIELDS if f["table"] == table]


def canonical(field, text):
    """The text our writer must give a value: quantities and unit prices with 3 decimals, other numbers trimmed."""
    if not text:
        return ""
    if field["type"] == "decimal3":
        return f"{Decimal(text):.3f}"
    if field["type"] in ("int", "number", "decimal2"):
        return f"{Decimal(text).normalize():f}"
    return text


def rows_of(table, root):
    t = TABLES[table]
    return root.findall(f"{t['list']}/{t['row']}") if t["list"] else [root]


def values(table, row):
    return {f["name"]: canonical(f, row.findtext(f["name"]) or "") for f in fields_of(table)}


def claims_of(text):
    """[{table: [{field: canonical text}]}] of a decoded file."""
    root = ET.fromstring(text)
    if root.tag == TABLES["XML0"]["root"]:
        return [{"XML0": [values("XML0", row) for row in rows_of("XML0", root)]}]
    return [{f.findtext("LOAIHOSO"): [values(f.findtext("LOAIHOSO"), row)
                                      for row in rows_of(f.findtext("LOAIHOSO"), f.find("NOIDUNGFILE")[0])]
             for f in hoso.findall("FILEHOSO")} for hoso in root.iter("HOSO")]


def as_json(claims):
    numeric = {(f["table"], f["name"]) for f in FIELDS if f["type"] in ("int", "number", "decimal2", "decimal3")}
    return [{t: [{n: Decimal(v) if (t, n) in numeric else v for n, v in row.items() if v} for row in rows]
             for t, rows in claim.items()} for claim in claims]


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table_bytes(table, rows, tail=""):
    t = TABLES[table]
    def one(row):
        return "".join(f"<{n}>{escaped(v)}</{n}>" for n, v in row.items())
    if not t["list"]:
        return f"<{t['root']}>{one(rows[0])}</{t['root']}>"
    inside = "".join(f"<{t['row']}>{one(row)}</{t['row']}>" for row in rows)
    return f"<{t['root']}><{t['list']}>{inside}</{t['list']}>{tail}</{t['root']}>"


def written(text):
    """The file that our writer must make of a decoded file, byte for byte."""
    claims, head = claims_of(text), '<?xml version="1.0" encoding="utf-8"?>\n'
    if "XML0" in claims[0]:
        return head + table_bytes("XML0", claims[0]["XML0"], "<CHUKYDONVI></CHUKYDONVI>") + "\n"
    def hoso(claim):
        return "<HOSO>" + "".join(
            f"<FILEHOSO><LOAIHOSO>{t}</LOAIHOSO><NOIDUNGFILE>{base64.b64encode(table_bytes(t, rows).encode()).decode()}"
            "</NOIDUNGFILE></FILEHOSO>" for t, rows in claim.items()) + "</HOSO>"
    return (f"{head}<GIAMDINHHS><THONGTINDONVI><MACSKCB>66001</MACSKCB></THONGTINDONVI><THONGTINHOSO>"
            f"<NGAYLAP>20260715</NGAYLAP><SOLUONGHOSO>{len(claims)}</SOLUONGHOSO><DANHSACHHOSO>"
            f"{''.join(map(hoso, claims))}</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n")


class Files(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="hmis-claims-")
        self.dir = Path(self.place.name)
        self.addCleanup(self.place.cleanup)

    def path(self, text, name="in.xml"):
        path = self.dir / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def hmis(self, *arguments, exit_code=0, stdin=None):
        done = subprocess.run([HMIS, "claim", *arguments], capture_output=True, check=False, input=stdin)
        self.assertEqual(done.returncode, exit_code, (done.stdout + done.stderr).decode()[:3000])
        return done.stdout.decode()

    def shown(self, text, exit_code=0):
        out = self.hmis("show", "--json", self.path(text), exit_code=exit_code)
        return [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in out.splitlines()]

    def found(self, text, exit_code=1):
        """{(code, place)} of the warnings and errors that `check` prints."""
        lines = self.hmis("check", "--structure", "--en", self.path(text), exit_code=exit_code).splitlines()
        self.assertTrue(all(re.search(r"\[[a-z-]+\]$", line) for line in lines), lines)
        return {(re.search(r"\[([a-z-]+)\]$", line).group(1), re.split(r" |: ", line.split(": ", 2)[2])[0])
                for line in lines if ": info: " not in line}

    def test_every_table_with_a_wrapper_is_among_the_good_files(self):
        seen = {t for text in GOOD.values() for claim in claims_of(text) for t in claim}
        self.assertEqual(seen, {t for t, row in TABLES.items() if row["root"]})

    def test_good_files_are_read_completely(self):
        for name, text in GOOD.items():
            for kind, file in (("decoded", text), ("base64", pack(text))):
                with self.subTest(f"{name} {kind}"):
                    self.assertEqual(self.shown(file), as_json(claims_of(text)))

    def test_good_files_have_no_findings(self):
        for name, text in GOOD.items():
            with self.subTest(name):
                self.assertEqual(self.found(pack(text), 0), set())

    def test_rewriting_gives_the_canonical_bytes(self):
        for name, text in GOOD.items():
            for kind, file in (("decoded", text), ("base64", pack(text)), ("canonical", written(text))):
                with self.subTest(f"{name} {kind}"):
                    self.hmis("rewrite", self.path(file), str(self.dir / "out.xml"))
                    self.assertEqual((self.dir / "out.xml").read_text(encoding="utf-8"), written(text))

    def test_cdata_and_namespaces_are_the_same_content(self):
        for name, text in GOOD.items():
            with self.subTest(name):
                self.hmis("rewrite", "--cdata", "--xmlns", self.path(text), str(self.dir / "out.xml"))
                out = (self.dir / "out.xml").read_text(encoding="utf-8")
                self.assertIn('xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', out)
                self.assertEqual(self.shown(out), as_json(claims_of(text)))

    def test_legal_variants_read_the_same(self):
        text = GOOD["outpatient"]
        plain, declaration = pack(text), '<?xml version="1.0" encoding="utf-8"?>\n'
        def lines(s):
            return "\n   ".join(re.findall(".{1,76}", base64.b64encode(s.encode()).decode())) + "\n"
        variants = {
            "BOM": "\ufeff" + plain,
            "xmlns": plain.replace("<GIAMDINHHS>", '<GIAMDINHHS xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                                                   'xmlns:xsd="http://www.w3.org/2001/XMLSchema">'),
            "no declaration": plain.replace(declaration, ""),
            "compact": re.sub(r">\s+<", "><", plain),
            "base64 in lines": pack(text, lines),
            "inner declaration and BOM": pack(text, lambda s: base64.b64encode(
                b"\xef\xbb\xbf" + declaration.encode() + s.encode()).decode()),
            "compact tables": pack(re.sub(r">\s+<", "><", text)),
            "empty tables": plain.replace("</HOSO>", "<FILEHOSO><LOAIHOSO>XML6</LOAIHOSO><NOIDUNGFILE></NOIDUNGFILE></FILEHOSO>"
                                          "<FILEHOSO><LOAIHOSO>XML7</LOAIHOSO><NOIDUNGFILE/></FILEHOSO></HOSO>"),
            "CRLF": pack(text.replace("phổi không", "phổi không")).replace("\n", "\r\n"),
            "comments": plain.replace("<HOSO>", "<!-- one --><HOSO>").replace("20260715<", "2026<!-- x -->0715<"),
            "signed": plain.replace("<CHUKYDONVI>", "<CHUKYDONVI><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>"),
        }
        for name, file in variants.items():
            with self.subTest(name):
                self.assertEqual(self.shown(file), as_json(claims_of(text)))

    def test_number_styles_and_blanks(self):
        text = GOOD["outpatient"]
        for old, new in (("<SO_LUONG>20.000<", "<SO_LUONG>20<"), ("<DON_GIA>1250.000<", "<DON_GIA>01250.0<"),
                         ("<T_BHTT>89280<", "<T_BHTT>89280.00<"), ("<MUC_HUONG>80<", "<MUC_HUONG>80.0<")):
            with self.subTest(new):
                self.assertIn(old, text)
                self.assertEqual(self.shown(pack(text.replace(old, new))), as_json(claims_of(text)))
        spaced = text.replace("<GIOI_TINH>2<", "<GIOI_TINH> 2\n<")
        self.assertEqual(self.shown(pack(spaced), 1), as_json(claims_of(text)))
        self.assertEqual(self.found(pack(spaced)), {("value-spaces", "XML1[1].GIOI_TINH")})

    def test_text_is_normalised(self):
        text = GOOD["outpatient"]
        split = text.replace("Thôn 3", "Tho\u0302n 3").replace("Nguyễn", "Nguye\u0302\u0303n")
        self.assertNotEqual(split, text)
        self.assertEqual(self.shown(pack(split)), as_json(claims_of(text)))

    def test_malformed_files_are_reported_in_place(self):
        for name, (base, old, new, findings) in FAULTS.items():
            with self.subTest(name):
                text = GOOD[base]
                self.assertGreaterEqual(text.count(old), 1, old)
                self.assertEqual(self.found(pack(text.replace(old, new, 1))), findings)

    def test_malformed_envelopes_are_reported(self):
        text = pack(GOOD["outpatient"])
        xml5 = re.search(r"<FILEHOSO>\s*<LOAIHOSO>XML5.*?</FILEHOSO>", text, re.DOTALL).group(0)
        xml1 = re.search(r"<FILEHOSO>\s*<LOAIHOSO>XML1<.*?</FILEHOSO>", text, re.DOTALL).group(0)
        head = "GIAMDINHHS/THONGTINHOSO"
        file = head + "/DANHSACHHOSO/HOSO/FILEHOSO"
        cases = {
            "count": (text.replace("O>1</SOLUONG", "O>2</SOLUONG"), {("claims-count", head + "/SOLUONGHOSO")}),
            "count not a number": (text.replace("O>1</SOLUONG", "O>x</SOLUONG"), {("header-value", head + "/SOLUONGHOSO")}),
            "date": (text.replace("P>20260715", "P>20260230"), {("header-value", head + "/NGAYLAP")}),
            "facility": (text.replace(">66001</MACSKCB>", ">660</MACSKCB>"), {("header-value", "GIAMDINHHS/THONGTINDONVI/MACSKCB")}),
            "no CHUKYDONVI": (re.sub("<CHUKYDONVI>.*</CHUKYDONVI>", "", text), {("element-missing", "GIAMDINHHS")}),
            "unknown element": (text.replace("<THONGTINHOSO>", "<X><Y/></X><THONGTINHOSO>"), {("element-unknown", "GIAMDINHHS/X")}),
            "text between": (text.replace("<THONGTINHOSO>", "x<THONGTINHOSO>"), {("text-unexpected", "GIAMDINHHS")}),
            "table twice": (text.replace(xml5, xml5 * 2), {("table-duplicate", file)}),
            "table unknown": (text.replace("XML5", "XML12"), {("table-unknown", file + "/LOAIHOSO")}),
            "check-in inside": (text.replace("XML5", "XML0"), {("table-unknown", file + "/LOAIHOSO")}),
            "order": (text.replace(xml5, "").replace(xml1, xml5 + xml1), {("table-order", file)}),
            "not base64": (text.replace("NOIDUNGFILE>PFRP", "NOIDUNGFILE>?FRP", 1),
                           {("table-broken", "XML1"), ("table-missing", head + "/DANHSACHHOSO/HOSO")}),
            "other table": (text.replace("XML5", "XML6"), {("table-broken", "XML6")}),
            "swapped parts": (re.sub(r"(<LOAIHOSO>XML5</LOAIHOSO>)(\s*<NOIDUNGFILE>[^<]*</NOIDUNGFILE>)", r"\2\1", text),
                              {("element-misplaced", file + "/LOAIHOSO")}),
        }
        for name, (file_text, findings) in cases.items():
            with self.subTest(name):
                self.assertNotEqual(file_text, text)
                self.assertEqual(self.found(file_text), findings)

    def test_a_broken_table_leaves_the_others_readable(self):
        text = pack(GOOD["outpatient"].replace("<CHI_TIET_CLS>", "<CHI_TIET_CLS><", 1))
        shown = self.shown(text, 1)[0]
        self.assertEqual(set(shown) - {"XML4"}, {"XML1", "XML2", "XML3", "XML5"})
        self.assertIn(("table-broken", "XML4"), self.found(text))

    def test_unusable_files(self):
        good = pack(GOOD["outpatient"])
        bomb = ('<!DOCTYPE GIAMDINHHS [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
                '<!ENTITY c SYSTEM "file:///etc/hostname">]>')
        cases = {
            "empty": "", "text": "hello", "other root": "<HOSO/>", "cut": good[:-40], "two roots": good + "<X/>",
            "4210 without envelope": "<TONG_HOP/>", "default namespace": good.replace("<GIAMDINHHS>", '<GIAMDINHHS xmlns="urn:x">'),
            "DOCTYPE": good.replace("<GIAMDINHHS>", bomb + "<GIAMDINHHS>"),
            "entity": good.replace("66001<", "&c;<"),
            "external entity": good.replace("<GIAMDINHHS>", bomb + "<GIAMDINHHS>").replace("66001<", "&c;<"),
            "UTF-16": good.replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16"),
            "other encoding": good.replace('encoding="utf-8"', 'encoding="windows-1258"').encode("ascii", "replace"),
            "not UTF-8": good.encode().replace(b"66001", b"6600\xff"),
            "control character": good.replace("66001", "6600\x01"),
            "depth": good.replace("<HOSO>", "<HOSO>" + "<A>" * 40 + "</A>" * 40),
        }
        for name, text in cases.items():
            with self.subTest(name):
                self.hmis("check", self.path(text), exit_code=2)
                self.hmis("show", self.path(text), exit_code=2)
        self.hmis("check", str(self.dir / "missing.xml"), exit_code=2)
        self.hmis("check", exit_code=2)
        self.hmis("nonsense", exit_code=2)

    def test_a_doctype_in_a_table_breaks_that_table_only(self):
        text = pack(GOOD["outpatient"], lambda s: base64.b64encode(
            (('<!DOCTYPE a [<!ENTITY x "y">]>' if "CHI_TIET_CLS" in s else "") + s).encode()).decode())
        self.assertEqual(self.found(text), {("table-broken", "XML4")})

    def test_show_is_for_people(self):
        out = self.hmis("show", self.path(pack(GOOD["inpatient"])))
        for text in ("Ceftriaxon 1g", "Nguyễn Thị Thử", "66001_0000124", "Chuyển tuyến theo yêu cầu chuyên môn", "Viêm phổi nặng"):
            self.assertIn(text, out)

    def test_standard_input(self):
        text = pack(GOOD["outpatient"])
        self.assertEqual(self.hmis("check", "--structure", "-", stdin=text.encode()), "")
        self.assertEqual(self.hmis("rewrite", "-", "-", stdin=text.encode()), written(GOOD["outpatient"]))

    def test_diff(self):
        text = GOOD["inpatient"]
        a, changed = self.path(pack(text), "a.xml"), text.replace("<T_BHTT>852000<", "<T_BHTT>852000.5<")
        self.assertEqual(self.hmis("diff", a, self.path(text, "b.xml")), "")
        self.assertEqual(self.hmis("diff", a, self.path(changed, "b.xml"), exit_code=1),
                         '~ XML1[1].T_BHTT: "852000" → "852000.5"\n')
        rows = re.findall(r"\s*<CHI_TIET_DVKT>.*?</CHI_TIET_DVKT>", text, re.DOTALL)
        swapped = text.replace("".join(rows), rows[2] + rows[0] + rows[1])
        self.assertNotEqual(swapped, text)
        self.assertEqual(self.hmis("diff", a, self.path(swapped, "b.xml")), "")
        self.assertEqual(self.hmis("diff", a, self.path(text.replace(rows[1], ""), "b.xml"), exit_code=1), "- XML3[2]\n")
        self.assertEqual(self.hmis("diff", self.path(text.replace(rows[1], ""), "b.xml"), a, exit_code=1), "+ XML3[2]\n")
        self.assertEqual(self.hmis("diff", a, self.path(text.replace("<CAN_NANG>52.5<", "<CAN_NANG><"), "b.xml"), exit_code=1),
                         '~ XML1[1].CAN_NANG: "52.5" → ∅\n')
        self.hmis("diff", a, self.path("x", "b.xml"), exit_code=2)
        self.hmis("diff", a, self.path(GOOD["two-claims"], "b.xml"), exit_code=2)


def fault(base, old, new, *findings):
    return base, old, new, set(findings)


# name: good file, text, replacement, findings. One fault may show in several ways: all of them are listed.
FAULTS = {
    "unknown element": fault("outpatient", "<HO_TEN>", "<TEN_BENH>x</TEN_BENH><HO_TEN>",
                             ("element-unknown", "XML1[1]")),
    "missing element": fault("outpatient", "<NHOM_MAU>O+</NHOM_MAU>", "", ("element-missing", "XML1[1].NHOM_MAU")),
    "repeated element": fault("outpatient", "<NHOM_MAU>", "<NHOM_MAU/><NHOM_MAU>", ("element-duplicate", "XML1[1].NHOM_MAU")),
    "missing required element": fault("outpatient", "<STT>1</STT>\n", "", ("element-missing", "XML1[1].STT"),
                                      ("required-missing", "XML1[1].STT")),
    "misplaced element": fault("outpatient", "<STT>1</STT>\n              <MA_BN>BN000123</MA_BN>",
                               "<MA_BN>BN000123</MA_BN>\n              <STT>1</STT>", ("element-misplaced", "XML1[1].STT")),
    "element in an element": fault("outpatient", "<STT>1<", "<STT>1<B/><", ("element-nested", "XML1[1].STT")),
    "attribute": fault("outpatient", "<NHOM_MAU>", '<NHOM_MAU x="1">', ("attribute-unknown", "XML1[1].NHOM_MAU")),
    "text between fields": fault("outpatient", "<NHOM_MAU>", "x<NHOM_MAU>", ("text-unexpected", "XML1[1]")),
    "unknown row": fault("inpatient", "<CHI_TIET_CLS>", "<X/><CHI_TIET_CLS>", ("element-unknown", "XML4")),
    "unknown in root": fault("inpatient", "<DSACH_CHI_TIET_CLS>", "<X/><DSACH_CHI_TIET_CLS>", ("element-unknown", "XML4")),
    "namespace on a field": fault("outpatient", "<NHOM_MAU>O+</NHOM_MAU>", '<NHOM_MAU xmlns="urn:x">O+</NHOM_MAU>',
                                  ("element-unknown", "XML1[1]"), ("element-missing", "XML1[1].NHOM_MAU")),
    "number with a comma": fault("outpatient", "<T_BNCCT>22320<", "<T_BNCCT>22,320<", ("value-type", "XML1[1].T_BNCCT")),
    "negative": fault("outpatient", "<T_VTYT>0<", "<T_VTYT>-0<", ("value-type", "XML1[1].T_VTYT")),
    "exponent": fault("outpatient", "<T_VTYT>0<", "<T_VTYT>0e1<", ("value-type", "XML1[1].T_VTYT")),
    "too many decimals": fault("outpatient", "<DON_GIA>1250.000<", "<DON_GIA>1250.0001<", ("value-type", "XML2[1].DON_GIA"),
                               ("line-formula", "XML2[1].THANH_TIEN_BV"), ("line-formula", "XML2[1].THANH_TIEN_BH")),
    "no such day": fault("outpatient", "<GT_THE_DEN>20261231<", "<GT_THE_DEN>20261131<", ("value-type", "XML1[1].GT_THE_DEN")),
    "no such day in a time": fault("outpatient", "<NGAY_TTOAN>202607151020<", "<NGAY_TTOAN>202602301020<",
                                   ("value-type", "XML1[1].NGAY_TTOAN")),
    "hour 24": fault("outpatient", "<NGAY_TTOAN>202607151020<", "<NGAY_TTOAN>202607152400<", ("value-type", "XML1[1].NGAY_TTOAN")),
    "day for a time": fault("outpatient", "<NGAY_TTOAN>202607151020<", "<NGAY_TTOAN>20260715<", ("value-type", "XML1[1].NGAY_TTOAN")),
    "birth month 13": fault("outpatient", "<NGAY_SINH>198503120000<", "<NGAY_SINH>198513000000<", ("value-type", "XML1[1].NGAY_SINH")),
    "too long": fault("outpatient", "<NHOM_MAU>O+<", "<NHOM_MAU>O dương<", ("value-long", "XML1[1].NHOM_MAU")),
    "longer than some allow": fault("outpatient", "<GIA_TRI>11.2<", f"<GIA_TRI>{'ế' * 51}<", ("value-long-disputed", "XML4[1].GIA_TRI")),
    "as long as all allow": fault("outpatient", "<GIA_TRI>11.2<", f"<GIA_TRI>{'ế' * 50}</GIA_TRI><X/><GIA_TRI><",
                                  ("element-unknown", "XML4[1]"), ("element-duplicate", "XML4[1].GIA_TRI")),
    "NULL": fault("outpatient", "<NHOM_MAU>O+<", "<NHOM_MAU>NULL<", ("value-blank", "XML1[1].NHOM_MAU")),
    "lone blank": fault("outpatient", "<NHOM_MAU>O+<", "<NHOM_MAU> <", ("value-blank", "XML1[1].NHOM_MAU")),
    "required": fault("outpatient", "<HO_TEN><![CDATA[Nguyễn Thị Thử]]><", "<HO_TEN><", ("required-missing", "XML1[1].HO_TEN")),
    "code": fault("outpatient", "<GIOI_TINH>2<", "<GIOI_TINH>4<", ("code-unknown", "XML1[1].GIOI_TINH")),
    "code of a kind": fault("outpatient", "<MA_LOAI_KCB>01<", "<MA_LOAI_KCB>99<", ("code-unknown", "XML1[1].MA_LOAI_KCB")),
    "code in a list": fault("papers", "<MA_XU_TRI>1;4<", "<MA_XU_TRI>1;9<", ("code-unknown", "XML6[1].MA_XU_TRI")),
    "card": fault("outpatient", "<MA_THE_BHYT>GD4669990012345<", "<MA_THE_BHYT>GD6669990012345<", ("card-format", "XML1[1].MA_THE_BHYT")),
    "facility": fault("outpatient", "<MA_DKBD>66001<", "<MA_DKBD>6600A<", ("facility-format", "XML1[1].MA_DKBD")),
    "discharge before arrival": fault("outpatient", "<NGAY_RA>202607151015<", "<NGAY_RA>202607150729<", ("date-order", "XML1[1].NGAY_RA")),
    "result before service": fault("outpatient", "<NGAY_KQ>202607150750<", "<NGAY_KQ>202607150739<", ("date-order", "XML3[1].NGAY_KQ")),
    "born after arrival": fault("outpatient", "<NGAY_SINH>198503120000<", "<NGAY_SINH>202700000000<", ("date-order", "XML1[1].NGAY_VAO")),
    "lists": fault("inpatient", "<MA_DKBD>66001;66001<", "<MA_DKBD>66001<", ("list-parallel", "XML1[1].MA_DKBD")),
    "list with an empty item": fault("outpatient", "<NGAY_TAI_KHAM>20260722<", "<NGAY_TAI_KHAM>20260722;<", ("list-blank", "XML1[1].NGAY_TAI_KHAM")),
    "list of dates": fault("outpatient", "<NGAY_TAI_KHAM>20260722<", "<NGAY_TAI_KHAM>20260722;2026<", ("value-type", "XML1[1].NGAY_TAI_KHAM")),
    "percent": fault("outpatient", "<TYLE_TT_BH>100<", "<TYLE_TT_BH>101<", ("percent-range", "XML2[1].TYLE_TT_BH")),
    "key": fault("papers", "<CHI_TIEU_DU_LIEU_GIAY_NGHI_DUONG_THAI>\n              <MA_LK>66001_0000125<",
                 "<CHI_TIEU_DU_LIEU_GIAY_NGHI_DUONG_THAI>\n              <MA_LK>66001_0000126<", ("key-differs", "XML10[1].MA_LK")),
    "repeated STT": fault("inpatient", "<STT>2</STT>\n                  <MA_DICH_VU/>", "<STT>1</STT>\n                  <MA_DICH_VU/>",
                          ("stt-duplicate", "XML3.STT")),
    "group of the other table": fault("outpatient", "<MA_NHOM>4<", "<MA_NHOM>10<", ("group-table", "XML2[1].MA_NHOM")),
    "no item": fault("checkin", "<MA_THUOC>40.17<", "<MA_THUOC><", ("item-none", "XML0[2].MA_DICH_VU")),
    "two items": fault("checkin", "<MA_THUOC>40.17<", "<MA_THUOC>40.17</MA_THUOC><X/><MA_THUOC><", ("element-unknown", "XML0[2]"),
                       ("element-duplicate", "XML0[2].MA_THUOC")),
    "line without item": fault("outpatient", "<MA_DICH_VU>02.1896<", "<MA_DICH_VU><", ("item-missing", "XML3[1].MA_DICH_VU")),
    "hospital amount": fault("outpatient", "<THANH_TIEN_BV>47500<", "<THANH_TIEN_BV>47600<", ("line-formula", "XML3[2].THANH_TIEN_BV"),
                             ("line-formula", "XML3[2].T_BNTT"), ("line-identity", "XML3[2].THANH_TIEN_BV"),
                             ("total-differs", "XML1[1].T_TONGCHI_BV")),
    "fund share": fault("outpatient", "<T_BHTT>20000<", "<T_BHTT>20001<", ("line-formula", "XML2[1].T_BHTT"),
                        ("line-identity", "XML2[1].THANH_TIEN_BV"), ("total-differs", "XML1[1].T_BHTT"),
                        ("total-differs", "XML1[1].T_BHTT_GDV")),
    "other sources": fault("outpatient", "<T_NGUONKHAC_VTTN>0<", "<T_NGUONKHAC_VTTN>5000<", ("line-sources", "XML2[1].T_NGUONKHAC")),
    "outside the list": fault("inpatient", "<TYLE_TT_BH>0<", "<TYLE_TT_BH>50<", ("scope-outside", "XML3[3].TYLE_TT_BH")),
    "total": fault("outpatient", "<T_THUOC>25000<", "<T_THUOC>25003<", ("total-differs", "XML1[1].T_THUOC")),
    "days": fault("inpatient", "<SO_NGAY_DTRI>5<", "<SO_NGAY_DTRI>4<", ("days-differ", "XML1[1].SO_NGAY_DTRI")),
    "many claims": fault("two-claims", "<T_THUOC>25000<", "<T_THUOC>25003<", ("total-differs", "XML1[1].T_THUOC")),
}

if __name__ == "__main__":
    unittest.main()

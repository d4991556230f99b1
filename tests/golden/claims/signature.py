#!/usr/bin/env python3
"""signature.py HMIS: the signature against xmlsec1, both ways, and against every trick that must not pass."""
import base64
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HMIS = sys.argv.pop(1)
DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
XSI = (' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
       ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"')
EMPTY = "<CHUKYDONVI></CHUKYDONVI>"


def envelope(namespaces="", mark=EMPTY):
    table = base64.b64encode("<TONG_HOP><HO_TEN>Nguyễn Thị Thử</HO_TEN></TONG_HOP>".encode()).decode()
    return (f'<?xml version="1.0" encoding="utf-8"?>\n<GIAMDINHHS{namespaces}>\n  <THONGTINDONVI>\n'
            f"    <MACSKCB>66001</MACSKCB>\n  </THONGTINDONVI>\n  <THONGTINHOSO>\n    <NGAYLAP>20260102</NGAYLAP>\n"
            f"    <SOLUONGHOSO>1</SOLUONGHOSO>\n    <DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO>"
            f"<NOIDUNGFILE>{table}</NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO>\n  </THONGTINHOSO>\n"
            f"  {mark}\n</GIAMDINHHS>\n")


def checkin(namespaces="", mark=EMPTY):
    return (f"<CHI_TIEU_TRANG_THAI_KCB{namespaces}><DSACH_TRANG_THAI_KCB><TRANG_THAI_KCB><MA_LK>A1</MA_LK>"
            f"<HO_TEN><![CDATA[Trần <b> & con]]></HO_TEN><DU_PHONG/></TRANG_THAI_KCB></DSACH_TRANG_THAI_KCB>"
            f"{mark}</CHI_TIEU_TRANG_THAI_KCB>")


FILES = {"envelope": envelope(), "envelope with xsi and xsd": envelope(XSI), "check-in": checkin(),
         "check-in with xsi": checkin(XSI), "empty tag": envelope(mark="<CHUKYDONVI />"),
         "CRLF": envelope(XSI).replace("\n", "\r\n")}


def template(c14n=C14N, method=RSA256, digest=SHA256, uri='URI=""', before="", after="", info="",
             transforms=f'<Transform Algorithm="{DSIG}enveloped-signature"/>'):
    """An unsigned Signature for xmlsec1 to fill in."""
    return (f'<CHUKYDONVI>{before}<Signature xmlns="{DSIG}"><SignedInfo><CanonicalizationMethod Algorithm="{c14n}"/>'
            f'<SignatureMethod Algorithm="{method}"/><Reference {uri}><Transforms>{transforms}</Transforms>'
            f'<DigestMethod Algorithm="{digest}"/><DigestValue/></Reference>{info}</SignedInfo><SignatureValue/>'
            f"<KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature>{after}</CHUKYDONVI>")


class Signature(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = Path(tempfile.mkdtemp(prefix="hmis-signature-"))
        cls.keys("good", "rsa:2048")
        cls.keys("other", "rsa:2048")
        cls.keys("short", "rsa:1024")
        cls.keys("curve", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    @classmethod
    def keys(cls, name, kind, *options):
        subprocess.run(["openssl", "req", "-x509", "-newkey", kind, *options, "-nodes", "-days", "3650", "-utf8",
                        "-subj", "/C=VN/O=Trạm Y tế & thử nghiệm/CN=66001", "-keyout", f"{cls.dir}/{name}.key",
                        "-out", f"{cls.dir}/{name}.pem"], check=True, capture_output=True)

    def path(self, name, text=None):
        path = self.dir / name
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def hmis(self, *arguments, exit_code=0):
        done = subprocess.run([HMIS, "claim", *arguments], capture_output=True, check=False)
        self.assertEqual(done.returncode, exit_code, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode()

    def signed(self, text, key="good"):
        self.hmis("sign", "--key", self.path(f"{key}.key"), "--cert", self.path(f"{key}.pem"),
                  self.path("in.xml", text), self.path("out.xml"))
        return (self.dir / "out.xml").read_bytes()

    def xmlsec_signed(self, text, key="good"):
        done = subprocess.run(["xmlsec1", "--sign", "--privkey-pem", f"{self.path(key + '.key')},{self.path(key + '.pem')}",
                               "--output", self.path("xmlsec.xml"), self.path("template.xml", text)],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return (self.dir / "xmlsec.xml").read_bytes()

    def verdict(self, text, exit_code, *options):
        out = self.hmis("verify", *options, self.path("verify.xml", text), exit_code=exit_code)
        return re.search(r"\[([a-z0-9-]+)\]", out).group(1)

    def refused(self, text, reason, exit_code=1):
        self.assertEqual(self.verdict(text, exit_code), reason)

    def test_xmlsec1_accepts_ours(self):
        for name, text in FILES.items():
            with self.subTest(name):
                signed = self.signed(text)
                done = subprocess.run(["xmlsec1", "--verify", "--pubkey-cert-pem", self.path("good.pem"),
                                       "--enabled-reference-uris", "empty", self.path("out.xml")],
                                      capture_output=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                self.assertEqual(self.verdict(signed, 0), "good")

    def test_signing_changes_no_other_byte(self):
        for name, text in FILES.items():
            with self.subTest(name):
                mark = re.compile(rb"<CHUKYDONVI.*(/>|</CHUKYDONVI>)", re.DOTALL)
                before, after = mark.split(text.encode()), mark.split(self.signed(text))
                self.assertEqual([before[0], before[-1]], [after[0], after[-1]])

    def test_we_accept_xmlsec1(self):
        variants = {"plain": template(), "c14n named as transform": template(
            transforms=f'<Transform Algorithm="{DSIG}enveloped-signature"/><Transform Algorithm="{C14N}"/>'),
            "blanks around": template(before="\n   ", after="\n")}
        for name, mark in variants.items():
            for kind in (envelope, checkin):
                for namespaces in ("", XSI):
                    with self.subTest(f"{name} {kind.__name__} {namespaces}"):
                        self.assertEqual(self.verdict(self.xmlsec_signed(kind(namespaces, mark)), 0), "good")

    def test_a_changed_byte_is_refused(self):
        good = self.signed(envelope())
        for old, new in ((b"66001</MACSKCB>", b"66002</MACSKCB>"), (b"20260102", b"20260103"), (b"XML1<", b"XML2<"),
                         (b"  <THONGTINHOSO>", b" <THONGTINHOSO>"), (b"<GIAMDINHHS>", b'<GIAMDINHHS a="1">')):
            with self.subTest(old):
                self.assertEqual(good.count(old), 1)
                self.refused(good.replace(old, new), "digest")

    def test_every_character_of_the_signature_counts(self):
        good = self.signed(checkin())
        value = re.search(rb"<SignatureValue>([^<]*)<", good).group(1)
        other = (b"A" if value[:1] != b"A" else b"B") + value[1:]
        self.refused(good.replace(value, other), "value")
        digest = re.search(rb"<DigestValue>([^<]*)<", good).group(1)
        other = (b"A" if digest[:1] != b"A" else b"B") + digest[1:]
        self.refused(good.replace(digest, other), "digest")

    def test_a_digest_repaired_without_the_key_is_refused(self):
        good = self.signed(envelope())
        theirs = self.xmlsec_signed(envelope(mark=template()).replace("66001</M", "66002</M"), "other")
        digest = re.compile(rb"<DigestValue>[^<]*<")
        forged = digest.sub(digest.search(theirs).group(0), good.replace(b"66001</M", b"66002</M"))
        self.refused(forged, "value")

    def test_only_the_registered_certificate_counts_when_given(self):
        good = self.signed(envelope())
        self.assertEqual(self.verdict(good, 0, "--cert", self.path("good.pem")), "good")
        self.assertEqual(self.verdict(good, 1, "--cert", self.path("other.pem")), "not-trusted")

    def test_unsigned(self):
        for text in (envelope(), checkin(), envelope(mark="<CHUKYDONVI/>"), envelope(mark="<CHUKYDONVI>\n </CHUKYDONVI>")):
            self.refused(text, "none")

    def test_weak_or_other_algorithms_are_refused(self):
        sha1 = f"{DSIG}sha1"
        cases = {
            "digest-method": template(digest=sha1),
            "method": template(method=f"{DSIG}rsa-sha1"),
            "c14n-method": template(c14n="http://www.w3.org/2001/10/xml-exc-c14n#"),
        }
        for reason, mark in cases.items():
            with self.subTest(reason):
                self.refused(self.xmlsec_signed(envelope(mark=mark)), reason)
        self.refused(self.xmlsec_signed(envelope(mark=template(c14n=C14N + "#WithComments"))), "c14n-method")

    def test_other_references_are_refused(self):
        by_id = envelope(mark=template(uri='URI="#A1"')).replace("<GIAMDINHHS", '<!DOCTYPE GIAMDINHHS [<!ATTLIST HOSO Id ID '
                                                                 '#IMPLIED>]>\n<GIAMDINHHS').replace("<HOSO>", '<HOSO Id="A1">')
        signed = self.xmlsec_signed(by_id)
        self.refused(signed, "doctype")
        self.refused(re.sub(rb"<!DOCTYPE.*?\]>\n", b"", signed, flags=re.DOTALL), "uri")
        unsigned = f'<CHUKYDONVI>{template()[12:]}'
        self.refused(envelope(mark=unsigned.replace('URI=""', "")), "uri")
        self.refused(envelope(mark=unsigned.replace('URI=""', 'URI="http://127.0.0.1/x"')), "uri")
        self.refused(envelope(mark=unsigned.replace('URI=""', 'URI="" Type="x"')), "uri")
        more = '<Reference URI=""><Transforms/></Reference>'
        self.refused(envelope(mark=unsigned.replace("</Reference>", "</Reference>" + more)), "reference")

    def test_other_transforms_are_refused(self):
        xpath = ('<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><XPath>'
                 "not(ancestor-or-self::THONGTINHOSO)</XPath></Transform>")
        both = f'<Transform Algorithm="{DSIG}enveloped-signature"/>'
        for transforms in (xpath, both + xpath, "", both + both):
            with self.subTest(transforms):
                mark = template(transforms=transforms)
                text = self.xmlsec_signed(envelope(mark=mark)) if transforms in (xpath, both + xpath) else envelope(mark=mark)
                self.refused(text, "transform")

    def test_wrapping_and_second_signatures_are_refused(self):
        good = self.signed(envelope()).decode()
        signature = re.search(r"<Signature .*</Signature>", good, re.DOTALL).group(0)
        inner = re.search(r"<GIAMDINHHS>.*</GIAMDINHHS>", good, re.DOTALL).group(0)
        forged = good.replace("66001", "66002")
        cases = {
            "two signatures": (good.replace(signature, signature * 2), "several"),
            "second elsewhere": (good.replace("<HOSO>", f"<HOSO>{signature}"), "several"),
            "moved into HOSO": (good.replace(signature, "").replace("<HOSO>", f"<HOSO>{signature}"), "none"),
            "signed document inside": (envelope(mark=f"<CHUKYDONVI>{inner}</CHUKYDONVI>"), "place"),
            "signed document beside": (forged.replace("<THONGTINDONVI>", f"{inner}<THONGTINDONVI>"), "several"),
            "second CHUKYDONVI": (good.replace("<THONGTINHOSO>", f"{EMPTY}<THONGTINHOSO>"), "place"),
            "CHUKYDONVI not last": (good.replace("</GIAMDINHHS>", "<X/></GIAMDINHHS>"), "place"),
            "text beside": (good.replace("</Signature></CHUKYDONVI>", "</Signature>x</CHUKYDONVI>"), "place"),
            "Object": (good.replace("</KeyInfo>", "</KeyInfo><Object>x</Object>"), "structure"),
            "other root": (good.replace("GIAMDINHHS", "HOSO_GIA"), "root"),
        }
        for name, (text, reason) in cases.items():
            with self.subTest(name):
                self.refused(text, reason, 2 if reason == "root" else 1)

    def test_comments_and_instructions_are_refused(self):
        """Canonical form drops comments: 6600<!-- -->1 has the digest of 66001 but may be read as 6600."""
        good = self.signed(envelope())
        self.refused(good.replace(b"66001<", b"6600<!-- x -->1<"), "comment")
        self.refused(good.replace(b"<HOSO>", b"<?x y?><HOSO>"), "comment")
        self.refused(good + b"<!-- after -->", "comment")

    def test_entities_are_refused(self):
        good = self.signed(envelope())
        bomb = b'<!DOCTYPE GIAMDINHHS [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
        self.refused(good.replace(b"<GIAMDINHHS>", bomb + b"<GIAMDINHHS>"), "doctype")
        self.refused(good.replace(b"66001<", b"&c;<"), "not-xml", 2)

    def test_keys(self):
        unsigned = f'<CHUKYDONVI>{template()[12:]}'
        good = self.signed(envelope())
        certificate = re.search(rb"<X509Certificate>[^<]*</X509Certificate>", good).group(0)
        self.refused(good.replace(certificate, certificate * 2), "certificate")
        self.refused(good.replace(certificate, b""), "certificate")
        self.refused(re.sub(rb"<KeyInfo>.*</KeyInfo>", b"", good), "certificate")
        self.assertIn("SignedInfo", unsigned)
        self.refused(self.xmlsec_signed(envelope(mark=template()), "short"), "key")
        for name in ("short", "curve"):
            self.hmis("sign", "--key", self.path(f"{name}.key"), "--cert", self.path(f"{name}.pem"),
                      self.path("in.xml", envelope()), self.path("no.xml"), exit_code=2)
        self.hmis("sign", "--key", self.path("good.key"), "--cert", self.path("other.pem"),
                  self.path("in.xml", envelope()), self.path("no.xml"), exit_code=2)
        self.assertFalse((self.dir / "no.xml").exists())

    def test_what_cannot_be_signed(self):
        good = self.signed(envelope()).decode()
        cases = [good, "x", envelope(mark=""), envelope(mark="<CHUKYDONVI>x</CHUKYDONVI>"), envelope() + "<!-- x -->",
                 envelope(mark="<CHUKYDONVI/><X/>"), envelope(' xmlns="urn:x"'), "<HOSO><CHUKYDONVI/></HOSO>",
                 envelope().replace("66001", "6" * (4 << 20))]
        for text in cases:
            with self.subTest(text[:80]):
                self.hmis("sign", "--key", self.path("good.key"), "--cert", self.path("good.pem"),
                          self.path("in.xml", text), self.path("no.xml"), exit_code=2)

    def test_a_fault_is_one_line(self):
        """A namespace that canonical form does not allow; libxml2 would print three lines of its own."""
        done = subprocess.run([HMIS, "claim", "sign", "--key", self.path("good.key"), "--cert", self.path("good.pem"),
                               self.path("in.xml", envelope(' xmlns:a="relative"')), self.path("no.xml")],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr.decode())

    def test_too_large(self):
        self.refused(envelope().replace("66001", "6" * (4 << 20)), "too-large", 2)


if __name__ == "__main__":
    unittest.main()

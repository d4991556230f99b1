#!/usr/bin/env python3
"""What the commands `hmis hl7` and `hmis astm` promise: output and exit status. commands.py HMIS"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HMIS = sys.argv.pop(1)
HEAD = "MSH|^~\\&|LAB|MAY1|HMIS|66001|20260716||ORU^R01^ORU_R01|42|P|2.5.1"
BODY = "\rPID|1||9990001^^^X||NGUYỄN^AN||\"\"\rOBR|1||F1|GLU\rOBX|1|NM|GLU||5.6||||||F\r"


def frame(number, text, end=b"\x03"):
    """An E1381 frame with its checksum, added up here."""
    inner = b"%d" % number + text + end
    return b"\x02" + inner + b"%02X\r\n" % (sum(inner) % 256)


class Commands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_on(self, data, group, command, *arguments, before=()):
        path = self.folder / "in"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        done = subprocess.run([HMIS, group, command, *before, path, *arguments], capture_output=True, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_exit_status_tells_good_findings_and_unusable_apart(self):
        self.assertEqual(self.run_on(HEAD + BODY, "hl7", "validate")[:2], (0, ""))
        code, out, _ = self.run_on(HEAD + "\rPID|1\r", "hl7", "validate", before=["--en"])
        self.assertEqual(code, 1)
        self.assertIn("\terror\tPID-3\trequired-missing\tRequired field missing: Patient identifier list\n", out)
        for text in ("", "hello", "MSH", b"\x00\x01"):
            code, _, err = self.run_on(text, "hl7", "parse")
            self.assertEqual(code, 2, text)
            self.assertIn("byte" if text else "empty", err)

    def test_get_prints_state_and_value(self):
        code, out, _ = self.run_on(HEAD + BODY, "hl7", "get", "MSH-10", "PID-5.1", "PID-7", "PID-2")
        self.assertEqual((code, out), (0, "value\t42\nvalue\tNGUYỄN\ndelete\t\nempty\t\n"))
        self.assertEqual(self.run_on(HEAD + BODY, "hl7", "get", "PV1-3")[0], 1)
        self.assertEqual(self.run_on(HEAD + BODY, "hl7", "get", "PV1-0")[0], 2)

    def test_character_sets_are_decoded(self):
        for name, codec in (("8859/1", "latin-1"), ("WINDOWS-1258", "cp1258"), ("UNICODE UTF-8", "utf-8")):
            data = (HEAD + f"||||||{name}\rPID|1||7||Ân\r").encode(codec)
            self.assertEqual(self.run_on(data, "hl7", "get", "PID-5")[1], "value\tÂn\n", name)
        wide = (HEAD + BODY).encode("utf-16")
        self.assertEqual(self.run_on(wide, "hl7", "get", "PID-5.1")[1], "value\tNGUYỄN\n")
        self.assertEqual(self.run_on(wide, "hl7", "rewrite", self.folder / "out")[0], 0)
        self.assertEqual((self.folder / "out").read_bytes(), wide)

    def test_strict_writing(self):
        self.run_on("\ufeff" + (HEAD + BODY).replace("\r", "\r\n"), "hl7", "rewrite", self.folder / "out", before=["--strict"])
        self.assertEqual((self.folder / "out").read_bytes(), (HEAD + BODY).encode())

    def test_ack_is_what_the_header_asks_for(self):
        code, out, _ = self.run_on(HEAD + BODY, "hl7", "ack")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^MSH\|\^~\\&\|HMIS\|66001\|LAB\|MAY1\|\d{14}\+0700\|\|ACK\^R01\^ACK\|\d+\|P\|2\.5\.1\rMSA\|AA\|42\r$")
        code, out, _ = self.run_on(HEAD + "|||AL|ER" + BODY, "hl7", "ack")
        self.assertEqual((code, out.count("MSH|"), "MSA|CA|42" in out), (0, 1, True))
        code, out, _ = self.run_on(HEAD.replace("2.5.1", "9.9") + BODY, "hl7", "ack")
        self.assertEqual(code, 1)
        self.assertIn("MSA|AR|42\rERR||MSH^1^12^1|203^Unsupported version id^HL70357|E|", out)
        code, out, _ = self.run_on("hello", "hl7", "ack")
        self.assertEqual((code, "MSA|AR\r" in out), (2, True))

    def test_frames_of_a_stream(self):
        message = (HEAD + BODY).encode()
        data = b"junk\x0b" + message + b"\x1c\r\x0bbroken\x0b" + message + b"\x1c\r"
        code, out, err = self.run_on(data, "hl7", "frames", "--out", self.folder / "found")
        self.assertEqual(code, 1)
        self.assertEqual([line.split("\t")[1] for line in out.splitlines()], ["frame", "broken", "frame"])
        self.assertIn("4 junk bytes, 1 resyncs", err)
        self.assertEqual((self.folder / "found" / "000001.hl7").read_bytes(), message)
        self.assertEqual(self.run_on(message, "hl7", "frames")[0], 2)

    def test_batches_are_counted(self):
        data = "BHS|^~\\&\r" + HEAD + "\r" + HEAD + "\rBTS|3\r"
        code, _, err = self.run_on(data, "hl7", "parse")
        self.assertEqual(code, 1)
        self.assertIn("the trailer says 3, there are 2", err)

    def test_analyzers(self):
        records = [b"H|\\^&|||XN\r", b"P|1\r", b"O|1|B7||^^^GLU\r", b"R|1|^^^GLU|5.6|mmol/L\r", b"L|1|N\r"]
        line = b"\x05" + b"".join(frame(n % 8, r) for n, r in enumerate(records, 1)) + b"\x04"
        for data in (line, b"".join(records)):
            code, out, _ = self.run_on(data, "astm", "parse", before=["--format", "results"])
            self.assertEqual(code, 0)
            self.assertIn('"orders":[{"specimen":"B7","service":"GLU","results":[{"test":"GLU","test_raw":"^^^GLU",'
                          '"value":"5.6","unit":"mmol/L"}]}]', out)
        code, _, err = self.run_on(line.replace(b"5.6", b"5.7"), "astm", "parse")
        self.assertEqual((code, "1 bad frames" in err), (1, True))
        self.assertEqual(self.run_on(b"\x02\x1emtrsl|pi|\x1db0\x03", "astm", "parse")[0], 2)


if __name__ == "__main__":
    unittest.main()

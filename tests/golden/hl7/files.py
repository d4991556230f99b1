#!/usr/bin/env python3
"""Every sample message, read by `hmis hl7` and by a plain splitter written here: files.py HMIS

Promises: each file is accepted, written back byte for byte, strictly written it holds the same values, and every
value equals what splitting the text at its delimiters and decoding HL7 chapter 2.7 by hand gives."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SAMPLES = sorted((HERE / "samples").glob("*.hl7"))
HEADERS = (b"MSH", b"FHS", b"BHS")
REWRITTEN, STRICT = 6, 40  # every how many files; tests/unit/hl7/test_samples.c writes back each one


def decode(text, field, enc):
    """The sequences of 2.7 that mean bytes; others stay."""
    escape = enc[2:3]
    if not escape:
        return text
    names = dict(zip([b"F", b"S", b"R", b"E", b"T", b"P"], [field, enc[0:1], enc[1:2], escape, enc[3:4], enc[4:5]]))
    mark = re.escape(escape)
    known = rb"[FSRETPHN]|X(?:[0-9A-Fa-f]{2})+|C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?|Z[^%s]*|" \
            rb"\.[a-z]{2}(?: ?[+-]?\d+)?" % mark

    def replace(match):
        inner = match.group(1)
        if names.get(inner):
            return names[inner]
        return bytes.fromhex(inner[1:].decode()) if inner.startswith(b"X") else match.group(0)
    return re.sub(mark + b"(" + known + b")" + mark, replace, text)


def lines_of(data):
    """Segments: at CR, at CR LF; at LF where no CR comes first and another segment follows."""
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x0b")
    first = re.search(rb"[\r\n]", data)
    if first and first.group() == b"\n":
        return [line for line in re.split(rb"[\r\n]+", data) if line]
    return [line.lstrip(b"\n") if i else line for i, line in enumerate(data.split(b"\r")) if line.lstrip(b"\n")]


def leaves_of(data):
    """{path: bytes or None} of one message."""
    lines = lines_of(data)
    field, result, seen = lines[0][3:4], {}, {}
    enc = lines[0][4:].split(field)[0]
    enc = bytes(dict.fromkeys(c for c in enc if c != field[0]))  # a character counts once
    for line in lines:
        cells = line.split(field)
        name = cells[0]
        seen[name] = seen.get(name, 0) + 1
        label = name[:16].decode("latin-1") + (f"({seen[name]})" if seen[name] > 1 else "")
        if name in HEADERS:
            cells = [name, field, *cells[1:]]
        for number, cell in enumerate(cells[1:], 1):
            path = f"{label}-{number}"
            if name in HEADERS and number <= 2:
                result[path] = cell
                continue
            split(cell, path, enc, field, result)
    return result


def pieces(text, mark):
    return text.split(mark) if mark else [text]


def split(cell, path, enc, field, result):
    if cell == b'""':
        result[path] = None
        return
    repetitions = pieces(cell, enc[1:2])
    for r, repetition in enumerate(repetitions, 1):
        at_r = path + (f"({r})" if len(repetitions) > 1 else "")
        components = pieces(repetition, enc[0:1])
        for c, component in enumerate(components, 1):
            subs = pieces(component, enc[3:4])
            at_c = at_r + (f".{c}" if len(components) > 1 or len(subs) > 1 else "")
            for s, sub in enumerate(subs, 1):
                if sub:
                    at_s = at_c + (f".{s}" if len(subs) > 1 else "")
                    result[at_s] = None if sub == b'""' else decode(sub, field, enc)


def messages_of(data):
    """The messages of a file, without batch trailers."""
    found = re.split(rb"(?:(?<=\r)|(?<=\r\n)|(?<=\n))(?=(?:MSH|FHS|BHS)[^\w\s]|(?:BTS|FTS)(?:\||\r|\n|$))", data)
    return [part for part in found if part and not part.startswith((b"BTS", b"FTS"))]


def run(hmis, *arguments):
    return subprocess.run([hmis, "hl7", *arguments], capture_output=True, check=False)


def differences(got, want):
    charset = "latin-1" if want.get("MSH-18") == b"8859/1" else "utf-8"  # MSH-18 is believed
    for path in sorted(got.keys() | want.keys()):
        mine = got.get(path, "nothing")
        theirs = want.get(path, b"nothing")
        shown = theirs.decode(charset, "replace") if isinstance(theirs, bytes) else theirs
        if mine != shown:
            yield f"{path}: {mine!r}, by hand {shown!r}"


def main():
    hmis, bad, values = sys.argv[1], [], 0
    named = {line.split("\t")[0] for line in (HERE / "manifest.tsv").read_text("utf-8").splitlines()[2:]}
    if named != {path.name for path in SAMPLES}:
        bad.append("manifest.tsv and the folder differ")
    done = run(hmis, "parse", "--format", "json", *SAMPLES)
    parsed = {}
    for line in done.stdout.decode("utf-8").splitlines():
        got = json.loads(line)
        parsed.setdefault(Path(got["file"]).name, []).append(got["values"])
    for path in SAMPLES:
        data = path.read_bytes()
        want = [leaves_of(part) for part in messages_of(data)]
        got = parsed.get(path.name, [])
        if len(got) != len(want):
            bad.append(f"{path.name}: {len(got)} messages, by hand {len(want)}")
        for mine, theirs in zip(got, want):
            bad += [f"{path.name}: {text}" for text in differences(mine, theirs)]
            values += len(theirs)
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(SAMPLES):
            out = Path(folder) / "out"
            if number % REWRITTEN and "BATCH" not in path.name:
                continue
            done = run(hmis, "rewrite", path, out)
            if done.returncode > 1 or out.read_bytes() != path.read_bytes():
                bad.append(f"{path.name}: not written back as it came: {done.stderr.decode()}")
            if number % STRICT == 0:
                run(hmis, "rewrite", "--strict", path, out)
                strict = out.read_bytes()
                if not strict.endswith(b"\r") or b"\r\r" in strict or b"\r\n" in strict:
                    bad.append(f"{path.name}: strictly written, its lines do not end with CR")
                again = json.loads(run(hmis, "parse", "--format", "json", out).stdout.splitlines()[0])
                if again["values"] != parsed[path.name][0]:
                    bad.append(f"{path.name}: other values after strict writing")
    print("\n".join(bad[:40]))
    print(f"hl7: {len(SAMPLES)} files, {values} values compared, {len(bad)} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

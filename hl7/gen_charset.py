#!/usr/bin/env python3
"""charsets.tsv as C tables: gen_charset.py charsets.tsv OUT.c

Also the Latin letters with marks as shaped letter, tone and plain letter (from Python's Unicode data), for sets that
write tones as combining bytes or lack letters."""

import sys
import unicodedata

TONES = "\u0300\u0301\u0303\u0309\u0323"
NO_DECOMPOSITION = {"Đ": "D", "đ": "d"}


def read(path):
    sets = {}
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    for line in lines[1:]:
        name, text, code, use = line.split("\t")
        sets.setdefault(name, []).append((bytes.fromhex(text), int(code, 16), use))
    return sets


def letters():
    for code in [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]:
        character = chr(code)
        parts = unicodedata.normalize("NFD", character)
        if character in NO_DECOMPOSITION:
            yield code, 0, 0, NO_DECOMPOSITION[character]
        elif len(parts) > 1 and parts[0].isascii() and parts[0].isalpha():
            tone = next((m for m in parts[1:] if m in TONES), parts[-1])
            shaped = unicodedata.normalize("NFC", parts.replace(tone, ""))
            yield code, ord(shaped) if len(shaped) == 1 else 0, ord(tone) if len(shaped) == 1 else 0, parts[0]


def table(name, rows):
    decode = list(range(128)) + [0xFFFF] * 128
    for text, code, use in rows:
        if len(text) == 1 and use == "both":
            decode[text[0]] = code
    pairs = sorted((text, code) for text, code, _ in rows if len(text) == 2)
    encode = {code: bytes([byte]) for byte, code in enumerate(decode[:128]) if code == byte}
    encode.update({code: text for text, code, _ in rows})
    yield f"static const uint16_t decode_{name}[256] = {{"
    for start in range(0, 256, 12):
        yield "\t" + " ".join(f"0x{code:04x}," for code in decode[start:start + 12])
    yield "};"
    if pairs:
        yield f"static const struct hl7_charset_pair pairs_{name}[] = {{"
        yield from (f"\t{{ 0x{text[0]:02x}, 0x{text[1]:02x}, 0x{code:04x} }}," for text, code in pairs)
        yield "};"
    yield f"static const struct hl7_charset_code encode_{name}[] = {{"
    for code, text in sorted(encode.items()):
        second = text[1] if len(text) == 2 else 0
        yield f"\t{{ 0x{code:04x}, {{ 0x{text[0]:02x}, 0x{second:02x} }}, {len(text)} }},"
    yield "};"


def main():
    source, target = sys.argv[1:]
    sets = read(source)
    out = ["/* Made by gen_charset.py from charsets.tsv. */", '#include "hl7/charset_table.h"', ""]
    for name, rows in sets.items():
        out += [*table(name, rows), ""]
    out.append("const struct hl7_charset_table hl7_charset_tables[HL7_CHARSET_COUNT] = {")
    for name, rows in sets.items():
        pairs = sum(len(text) == 2 for text, _, _ in rows)
        out.append(f"\t[HL7_CHARSET_{name}] = {{ decode_{name}, {f'pairs_{name}' if pairs else 'NULL'}, {pairs}, "
                   f"encode_{name}, sizeof(encode_{name}) / sizeof(*encode_{name}) }},")
    out += ["};", "", "const struct hl7_letter hl7_letters[] = {"]
    found = list(letters())
    out += [f"\t{{ 0x{code:04x}, 0x{shaped:04x}, 0x{tone:04x}, '{plain}' }}," for code, shaped, tone, plain in found]
    out += ["};", f"const size_t hl7_letter_count = {len(found)};", ""]
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(out))


if __name__ == "__main__":
    main()

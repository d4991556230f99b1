#!/usr/bin/env python3
"""Embeds rule tables into C: embed.py OUT.c TABLE.tsv…  The loader of rules.c reads them at start."""
import pathlib
import sys


def quote(line):
    out = []
    for byte in line.encode() + b"\n":
        char = chr(byte)
        if char == "\n":
            out.append("\\n")
        elif char == "\t":
            out.append("\\t")
        elif char in '"\\':
            out.append("\\" + char)
        elif 32 <= byte < 127 and char != "?":
            out.append(char)
        else:
            out.append("\\%03o" % byte)
    return '\t"' + "".join(out) + '"'


def main():
    out, *tables = sys.argv[1:]
    text = ['#include "claims/benefit/builtin.h"', ""]
    rows = []
    for path in map(pathlib.Path, tables):
        lines = path.read_text(encoding="utf-8").splitlines()
        text += [f"static const char {path.stem}[] ="] + [quote(line) for line in lines]
        text[-1] += ";"
        text.append("")
        rows.append(f'\t{{ "{path.stem}", {path.stem}, sizeof({path.stem}) - 1 }},')
    text += ["const struct benefit_builtin benefit_builtin[] = {"] + rows + ["};"]
    text.append(f"const size_t benefit_builtin_count = {len(rows)};")
    pathlib.Path(out).write_text("\n".join(text) + "\n", encoding="utf-8")


main()

#!/usr/bin/env python3
"""segments.tsv, types.tsv and codes.tsv as C tables: gen_tables.py FOLDER OUT.c"""

import sys
from pathlib import Path

VERSIONS = ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"]


def rows(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [line.split("\t") for line in lines[1:]]


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    folder, target = Path(sys.argv[1]), sys.argv[2]
    out = ["/* Made by gen_tables.py from segments.tsv, types.tsv and codes.tsv. */", '#include "hl7/tables.h"', ""]
    fields = sorted(rows(folder / "segments.tsv"), key=lambda r: (r[0], int(r[1]), VERSIONS.index(r[2])))
    out.append("const struct hl7_field_row hl7_field_rows[] = {")
    for segment, field, first, last, kind, least, most, table, name in fields:
        most = 0xFFFF if most == "*" else int(most)
        out.append(f"\t{{ {text(segment)}, {field}, {VERSIONS.index(first)}, {VERSIONS.index(last)}, {text(kind)}, "
                   f"{least}, {most}, {int(table or 0)}, {text(name)} }},")
    out += ["};", f"const size_t hl7_field_row_count = {len(fields)};", ""]
    types = sorted(rows(folder / "types.tsv"), key=lambda r: (r[0], int(r[1]), VERSIONS.index(r[2])))
    out.append("const struct hl7_type_row hl7_type_rows[] = {")
    for kind, component, first, last, of, least, table, name in types:
        out.append(f"\t{{ {text(kind)}, {component}, {VERSIONS.index(first)}, {VERSIONS.index(last)}, {text(of)}, "
                   f"{least}, {int(table or 0)}, {text(name)} }},")
    out += ["};", f"const size_t hl7_type_row_count = {len(types)};", ""]
    codes = sorted(rows(folder / "codes.tsv"), key=lambda r: (int(r[0]), r[2].encode()))
    out.append("const struct hl7_code_row hl7_code_rows[] = {")
    out += [f"\t{{ {int(table)}, {'true' if kind == 'hl7' else 'false'}, {text(code)} }}," for table, kind, code in codes]
    out += ["};", f"const size_t hl7_code_row_count = {len(codes)};", ""]
    Path(target).write_text("\n".join(out), encoding="utf-8")


if __name__ == "__main__":
    main()

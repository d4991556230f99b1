#!/usr/bin/env python3
"""Rewrites the section "Columns" of docs/catalogues.md from catalog_kind.tsv and catalog_column.tsv."""
import csv
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "catalogues.md"
START, END = "## Columns\n", "## Adding a kind"
TYPE = {"text": "text", "integer": "whole number", "decimal2": "number, ≤ 2 decimals", "decimal3": "number, ≤ 3 decimals",
        "boolean": "1 or 0", "date": "date", "list": "list, `;`"}
SCOPE = {"none": "whole tenant only", "optional": "tenant, or one facility with `--facility`",
         "required": "needs `--facility`"}


def read(name):
    with open(HERE / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def column_line(c):
    must = "key" if c["is_key"] == "t" else "yes" if c["is_required"] == "t" else ""
    empty = "" if c["is_required"] == "t" else {"-": "empty text", "": "none"}.get(c["fallback"], f"`{c['fallback']}`")
    kind = TYPE[c["type"]] + (f", ≤ {c['max_length']}" if c["type"] == "text" else "")
    return f"| `{c['name']}` | {c['alias']} | {kind} | {must} | {empty} | {c['text_vi']} / {c['text_en']} |"


def section(kind, columns):
    shown = [c for c in columns if c["is_required"] == "t" or c["example"]]
    example = ";".join(f'"{c["example"]}"' if ";" in c["example"] else c["example"] for c in shown)
    dated = "Dated." if kind["is_dated"] == "t" else "Changed in place."
    return "\n".join([
        f"### `{kind['kind']}` — {kind['title_vi']} / {kind['title_en']}\n", f"Scope: {SCOPE[kind['facility_scope']]}. {dated}\n",
        "| column | or | type | must | empty means | meaning |", "|---|---|---|---|---|---|", *map(column_line, columns),
        f"\n    {';'.join(c['name'] for c in shown)}\n    {example}\n"])


def main():
    columns = read("catalog_column.tsv")
    parts = [section(k, [c for c in columns if c["kind"] == k["kind"]]) for k in read("catalog_kind.tsv")]
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(START)
    intro = "\nA template is the header below; `hmis catalog columns KIND` prints the same from the database.\n\n"
    PAGE.write_text(head + START + intro + "\n".join(parts) + "\n" + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()

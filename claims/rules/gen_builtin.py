#!/usr/bin/env python3
"""gen_builtin.py OUT.c SEED_FOLDER CODES.tsv CATALOGS.tsv FILE.rules… EXAMPLE.tsv…: embeds the rule files, the catalogues
of the examples, the table of catalogues and the built-in catalogues (from schema/seed) into C."""
import csv
import pathlib
import re
import sys
from datetime import date, timedelta
from decimal import Decimal

MISSING = "RULE_CELL_MISSING"
FIRST, LAST = 0, 99991231


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as f:
        yield from csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t",
                                  quoting=csv.QUOTE_NONE)


def day(text, shift=0):
    return int((date.fromisoformat(text) + timedelta(days=shift)).strftime("%Y%m%d"))


def validity(text):
    """[2025-07-01,) or (,2025-07-01): first and last day."""
    match = re.fullmatch(r"[\[(]([0-9-]*),([0-9-]*)\)", text or "(,)")
    low, high = match.groups()
    return (day(low) if low else FIRST, day(high, -1) if high else LAST)


def age(row, which):
    unit, value = row[f"age_{which}_unit"], row[f"age_{which}"]
    return {f"age_{which}_years": value if unit == "y" else "", f"age_{which}_days": value if unit == "d" else ""}


def icd10(seed):
    for r in rows_of(seed / "icd10.tsv"):
        yield [r["code"].replace(".", "")], (FIRST, LAST), {
            "sex_limit": r["sex_limit"] or r["sex_limit_06"],
            "main_forbidden": "t" if "t" in (r["is_main_forbidden"], r["is_main_forbidden_4469"]) else "f",
            "main_discouraged": r["is_main_discouraged"], "has_more_specific": r["has_more_specific"],
            "death_only": r["is_death_cause_only"], **age(r, "min"), **age(r, "max")}


def simple(file, *attributes, where=None, key="code"):
    def read(seed):
        for r in rows_of(seed / file):
            if where is None or where(r):
                yield [r[key]], validity(r.get("valid", "")), {name: r[column] for name, column in attributes}
    return read


def object_code(seed):
    for r in rows_of(seed / "object_code.tsv"):
        if r["variant"] == "1":
            yield [r["code"]], validity(r["valid"]), {"benefit_fraction": r["benefit_fraction"]}


def parameter(seed):
    for r in rows_of(seed / "benefit_parameter.tsv"):
        if re.fullmatch(r"[0-9.]+", r["value"]):
            last = day(r["effective_to"]) if r["effective_to"] else LAST
            yield [r["key"]], (day(r["effective_from"]), last), {"value": r["value"]}


def card_level(seed):
    for r in rows_of(seed / "benefit_card_level.tsv"):
        if re.fullmatch(r"[0-9]+", r["level"]):
            last = day(r["effective_to"]) if r["effective_to"] else LAST
            yield [r["card_group"], r["digit"]], (day(r["effective_from"]), last), {"level": r["level"]}


def codes(path):
    for r in rows_of(path):
        if r["status" if "status" in r else "certainty"] != "historical":
            yield [r["catalogue"], r["code"]], (FIRST, LAST), {}


def sources(seed, code_file):
    unit = "admin_unit.tsv"
    return {
        "icd10": icd10(seed), "code": codes(code_file), "object_code": object_code(seed),
        "visit_type": simple("visit_type.tsv", ("is_inpatient", "is_inpatient"))(seed),
        "department": simple("department_code.tsv", ("kind", "kind"))(seed),
        "cost_group": simple("cost_group.tsv", ("claim_table", "claim_table"))(seed),
        "province": simple(unit, where=lambda r: r["level"] == "province")(seed),
        "district": simple(unit, where=lambda r: r["level"] == "district")(seed),
        "commune": simple(unit, ("province", "province_code"), where=lambda r: r["level"] == "commune")(seed),
        "ethnic": simple("ethnic.tsv")(seed), "occupation": simple("occupation.tsv")(seed),
        "machine_group": simple("machine_group.tsv")(seed),
        "practice_scope": simple("practice_scope.tsv", ("scope_group", "scope_group"))(seed),
        "parameter": parameter(seed), "card_level": card_level(seed),
    }


class Texts:
    """One run of zero-terminated texts; equal ones are stored once."""

    def __init__(self):
        self.bytes, self.at = bytearray(), {}

    def add(self, text):
        if text not in self.at:
            self.at[text] = len(self.bytes)
            self.bytes += text.encode() + b"\0"
        return self.at[text]


def quote(data):
    out = []
    for byte in data:
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif 32 <= byte < 127 and char != "?":
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return "".join(out)


def literal(data):
    lines = [data[i:i + 1000] for i in range(0, len(data), 1000)] or [b""]
    return "\n".join(f'\t"{quote(line)}"' for line in lines)


def cell(attribute, value, texts):
    if value == "":
        return MISSING
    if attribute["type"] == "bool":
        return "1" if value == "t" else "0"
    if attribute["type"] == "number":
        return str(int(Decimal(value).scaleb(int(attribute["scale"] or 0))))
    return str(texts.add(value))


def fnv(text):
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001b3) & 0xFFFFFFFFFFFFFFFF
    return h ^ h >> 32


def catalog_table(name, number, attributes, rows):
    texts = Texts()
    rows = sorted(("\t".join(key), when, values) for key, when, values in rows)
    size = 1
    while size < 2 * len(rows) + 2:
        size *= 2
    hashes, cells, lines, before = [0] * size, [], [], None
    for i, (key, (first, last), values) in enumerate(rows):
        lines.append(f"{{ {texts.add(key)}u, {first}, {last} }},")
        cells += [cell(a, values[a["attribute"]], texts) for a in attributes]
        if key != before:
            at = fnv(key) % size
            while hashes[at]:
                at = (at + 1) % size
            hashes[at] = i + 1
        before = key
    assert len(rows) < 65535
    yield f"static const char {name}_texts[] =\n{literal(bytes(texts.bytes))};"
    yield f"static const struct rule_builtin_row {name}_rows[] = {{\n" + "\n".join(lines) + "\n};"
    yield f"static const int32_t {name}_cells[] = {{ {', '.join(cells or ['0'])} }};"
    yield f"static const uint16_t {name}_hash[] = {{ {', '.join(map(str, hashes))} }};"
    yield (f"#define ROW_{name} {{ {number}, {name}_texts, {name}_rows, {name}_cells, {len(rows)}, {name}_hash, "
           f"{size} }},")


def embedded(kind, paths):
    """Files as texts, and the table rule_builtin_<kind>s of them."""
    for i, path in enumerate(paths):
        yield f"static const char {kind}_{i}[] =\n{literal(path.read_bytes())};"
    yield f"const struct rule_builtin_file rule_builtin_{kind}s[] = {{"
    for i, path in enumerate(paths):
        name = path.name if kind == "file" else path.stem
        yield f'\t{{ "{name}", {kind}_{i}, sizeof({kind}_{i}) - 1 }},'
    yield f"}};\nconst size_t rule_builtin_{kind}_count = {len(paths)};"


def main():
    out, seed, code_file, catalog_file, *files = sys.argv[1:]
    files = list(map(pathlib.Path, files))
    seed = pathlib.Path(seed)
    catalogs = {}
    for r in rows_of(catalog_file):
        catalogs.setdefault(r["catalog"], []).append(r)
    text = ['#include "claims/rules/builtin.h"', '#include "claims/rules/catalog.h"', ""]
    names, have = list(catalogs), sources(seed, code_file)
    for number, (name, rows) in enumerate(catalogs.items()):
        attributes = [r for r in rows if r["attribute"]]
        if attributes:
            body = ", ".join(f'{{ "{r["attribute"]}", RULE_{r["type"].upper()}, {r["scale"] or 0} }}' for r in attributes)
            text.append(f"static const struct rule_attribute {name}_attributes[] = {{ {body} }};")
        assert (rows[0]["builtin"] == "t") == (name in have), name
        if name in have:
            text += catalog_table(name, number, attributes, have[name])
    text.append("const struct rule_catalog_info rule_catalogs[] = {")
    for name, rows in catalogs.items():
        count = sum(1 for r in rows if r["attribute"])
        where = f"{name}_attributes" if count else "NULL"
        flag = "true" if rows[0]["builtin"] == "t" else "false"
        about = quote(rows[0]["about"].encode())
        text.append(f'\t{{ "{name}", {rows[0]["keys"]}, {rows[0]["disease_key"]}, {flag}, {where}, {count}, "{about}" }},')
    text += ["};", f"const size_t rule_catalog_count = {len(names)};"]
    text.append("const struct rule_builtin_catalog rule_builtin_catalogs[] = {")
    text += [f"\tROW_{name}" for name in names if name in have]
    text += ["};", f"const size_t rule_builtin_catalog_count = {len(have)};"]
    text += embedded("file", [f for f in files if f.suffix == ".rules"])
    text += embedded("example", [f for f in files if f.suffix == ".tsv"])
    assert len(names) <= 64, "rule_info.catalogs has 64 bits"
    assert all(len(rows) <= 100 for rows in catalogs.values()), "a row of a TSV has 128 cells"
    pathlib.Path(out).write_text("\n".join(text) + "\n", encoding="utf-8")


main()

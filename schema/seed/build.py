#!/usr/bin/env python3
"""Rebuilds the seed files from a folder of collected catalogues.

usage: build.py SOURCE_FOLDER

The collected catalogues (names as in README.md) are not part of the project; the seeds are. Hand-made seeds
(deadline.tsv, parameter.tsv, benefit_*.tsv) are not touched. Running it twice gives the same bytes.
"""
import csv
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
REFORM = "2025-07-01"  # administrative units
DECISION_1804 = "2026-08-01"  # kinds of visit and departments


def read(source, name):
    with open(source / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(name, columns, rows):
    """Sorted as given; refuses what the seed loader would refuse."""
    lines = ["\t".join(columns)]
    for row in rows:
        values = ["" if v is None else str(v) for v in row]
        assert len(values) == len(columns), (name, values)
        assert not any(c in v for v in values for c in "\t\n\r\b"), (name, values)
        lines.append("\t".join(values))
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{name}: {len(rows)} rows")


def flag(value):
    return "t" if value == "1" else "f"


def codes(source):
    own_table = {"MA_LOAI_KCB", "MA_DOITUONG_KCB", "MA_NHOM", "MA_TAI_NAN", "MA_MAY_GROUP"}
    rows, machines, short, seen = [], [], {}, set()
    for r in read(source, "codes.tsv"):
        key = (r["catalogue"], r["code"])
        if r["catalogue"] == "MA_DOITUONG_KCB":
            short[r["code"]] = r["meaning_vi"]
        if r["catalogue"] == "MA_MAY_GROUP":
            machines.append((r["code"], r["meaning_vi"], r["meaning_en"], r["source"]))
        if r["catalogue"] in own_table or r["code"] in ("", "*") or ".." in r["code"] or key in seen:
            continue
        seen.add(key)
        rows.append((*key, r["meaning_vi"] or r["meaning_en"], r["meaning_en"], r["source"], r["status"]))
    write("code.tsv", ("catalogue", "code", "name_vi", "name_en", "source", "certainty"), rows)
    write("machine_group.tsv", ("code", "name_vi", "name_en", "source"), machines)
    return short


def object_codes(source, short):
    rows, used = [], {}
    for r in read(source, "patient_object_codes.tsv"):
        code, note = r["ma_doituong_kcb"], r["note"]
        valid = ""
        if "30/6/2026" in note:
            valid = "[2025-01-01,2026-07-01)"
        elif "01/7/2026" in note:
            valid = "[2026-07-01,)"
        variant = used[(code, valid)] = used.get((code, valid), 0) + 1
        rows.append((code, variant, valid, r["name_vi"], short.get(code, ""), r["benefit_fraction"], note,
                     r["legal_basis"]))
    write("object_code.tsv", ("code", "variant", "valid", "name_vi", "short_name_vi", "benefit_fraction", "note",
                              "legal_basis"), rows)


def small_lists(source):
    write("ethnic.tsv", ("code", "name_vi", "aliases_vi", "note"),
          [(r["code"], r["name_vi"], r["aliases_vi"], r["note"]) for r in read(source, "ethnic.tsv")])
    write("occupation.tsv", ("code", "level", "parent_code", "name_vi", "name_en", "certainty"),
          [(r["code"], r["level"], r["parent"], r["name_vi"], r["name_en"],
            "secondary" if r["verified"].startswith("y") else "unverified") for r in read(source, "occupations.tsv")])
    write("nationality.tsv", ("code", "name_vi", "claim_code", "is_current", "note"),
          [(r["alpha3"], r["name_vi"], r["bhyt_ma_quoctich"], flag(r["current"]), r["note"])
           for r in read(source, "nationalities.tsv")])
    departments = []
    for r in read(source, "departments.tsv"):
        old, new = r["in_5937_2021"] == "1", r["in_1804_2026"] == "1"
        valid = "" if old and new else f"[{DECISION_1804},)" if new else f"(,{DECISION_1804})"
        note = "" if r["note"] == "kind column is mine" else r["note"]
        departments.append((r["code"], valid, r["name_vi"], r["kind"], note))
    write("department_code.tsv", ("code", "valid", "name_vi", "kind", "note"), departments)
    write("visit_type.tsv", ("code", "valid", "name_vi", "name_en", "is_inpatient", "statement_section", "source"),
          [(r["ma_loai_kcb"], f"[{DECISION_1804},)" if int(r["ma_loai_kcb"]) > 10 else "", r["name_vi"], r["name_en"],
            flag("1" if r["ma_loai_kcb"] in ("03", "04", "09") else "0"), r["section_01BH_TT12_2026"], r["source"])
           for r in read(source, "visit_types.tsv")])
    write("cost_group.tsv", ("code", "name_vi", "name_en", "claim_table", "certainty"),
          [(r["ma_nhom"], r["name_vi"], r["name_en"], r["xml_table"],
            "unverified" if r["ma_nhom"] in ("5", "6", "9", "11", "16", "17") else "secondary")
           for r in read(source, "cost_groups.tsv")])
    write("accident.tsv", ("code", "name_vi", "name_en"),
          [(r["ma_tai_nan"], r["name_vi"], r["name_en"]) for r in read(source, "accident_codes.tsv")])
    write("exam_code.tsv", ("code", "name_vi"), [(r["code"], r["name_vi"]) for r in read(source, "exam_codes.tsv")])
    write("practice_scope.tsv", ("code", "name_vi", "scope_group", "note"),
          [(r["ma_pham_vi"], r["chuc_danh"], r["nhom"], r["ghi_chu"]) for r in read(source, "practice_scope_bhxh.tsv")])
    write("notifiable_disease.tsv", ("no", "deadline_class", "name_vi", "icd10_list"),
          [(no, r["deadline"], r["disease_vi"], r["icd10"])
           for no, r in enumerate(read(source, "notifiable_diseases.tsv"), 1)])


def icd10(source):
    rows, groups = [], {}
    morbidity = read(source, "icd10_morbidity_312.tsv")
    chapter_names = {r["chapter_roman"]: r for r in morbidity if r["row_type"] == "chapter"}
    for r in read(source, "icd10.tsv"):
        name = chapter_names.get(r["chapter_roman"])
        text = (name["name_vi"], name["name_en"]) if name else (f"Chương {r['chapter_roman']}", "")
        groups.setdefault(("chapter", r["chapter_no"]), text)
        groups.setdefault(("block", r["block_code"]), (r["block_name_vi"], r["block_name_en"]))
        sex06 = r["tt06_sex"] if r["tt06_sex"] in ("1", "2") else {"M": "1", "F": "2"}.get(r["tt06_sex"], "")
        sex = r["sex_limit"] if r["sex_limit"] in ("1", "2") else {"M": "1", "F": "2"}.get(r["sex_limit"], "")
        assert bool(sex) == bool(r["sex_limit"]) and bool(sex06) == bool(r["tt06_sex"]), r
        rows.append((r["code"], r["name_vi"], r["name_en"], r["level"], r["parent"], flag(r["is_leaf"]),
                     r["dagger_asterisk"], r["chapter_no"], r["block_code"], sex, r["age_rules"], r["age_min"],
                     r["age_min_unit"], r["age_max"], r["age_max_unit"], flag(r["not_main_dx_4469"]),
                     flag(r["not_drg_4469"]), flag(r["tt06_main_dx_forbidden"]), flag(r["tt06_main_dx_discouraged"]),
                     flag(r["tt06_has_more_specific"]), flag(r["tt06_death_cause_only"]), sex06, r["row312"],
                     r["row312_status"]))
    write("icd10.tsv", (
        "code", "name_vi", "name_en", "level", "parent_code", "is_leaf", "mark", "chapter_no", "block_code", "sex_limit",
        "age_rules", "age_min", "age_min_unit", "age_max", "age_max_unit", "is_main_forbidden_4469",
        "is_grouper_excluded_4469", "is_main_forbidden", "is_main_discouraged", "has_more_specific",
        "is_death_cause_only", "sex_limit_06", "morbidity_row", "morbidity_status"), rows)
    write("icd10_group.tsv", ("kind", "code", "name_vi", "name_en"),
          [(*key, *text) for key, text in groups.items()])
    write("icd10_dagger.tsv", ("dagger_code", "asterisk_code", "principal_code"), sorted({
        (r["dagger_code_nodot"], r["asterisk_code_nodot"], r["pdx_code_nodot"])
        for r in read(source, "icd10_dagger_asterisk.tsv")}))
    write("icd10_extra.tsv", ("code_nodot", "name_vi", "name_en", "where_seen", "flags"),
          [(r["code_nodot"], r["name_vi"].replace("#N/A", ""), r["name_en"].replace("#N/A", ""), r["where_seen"],
            r["tt06_flags"]) for r in read(source, "icd10_extra_codes.tsv")])
    write("icd10_morbidity.tsv", ("row_code", "kind", "chapter_row", "icd_ranges", "name_vi", "name_en"),
          [(r["row_code"], r["row_type"], r["chapter_row"], r["icd_ranges_as_printed"], r["name_vi"], r["name_en"])
           for r in morbidity])


def admin_units(source):
    rows = []
    for r in read(source, "admin_units_legacy.tsv"):
        rows.append((r["level"], r["code"], f"(,{REFORM})", r["parent_code"], r["province_code"] or r["code"],
                     r["unit_type"], r["full_name_vi"], ""))
    for r in read(source, "admin_units_2025.tsv"):
        rows.append((r["level"], r["code"], f"[{REFORM},)", r["parent_code"], r["parent_code"] or r["code"],
                     r["unit_type"], r["full_name_vi"], r["full_name_en"]))
    write("admin_unit.tsv", ("level", "code", "valid", "parent_code", "province_code", "unit_type", "name_vi", "name_en"),
          rows)
    changes = [("province", r["old_code"], r["old_name"], "", r["new_code"], r["new_code"], "f", "matched", "")
               for r in read(source, "admin_province_old_new.tsv")]
    for r in read(source, "admin_commune_old_new.tsv"):
        changes.append(("commune", r["old_code"], r["old_name_as_printed"], r["old_district_code"], r["new_code"],
                        r["new_province_code"], flag(r["partial"]), r["match"], r["candidates"]))
    write("admin_unit_change.tsv", (
        "change_no", "level", "effective_on", "old_code", "old_name", "old_district_code", "new_code",
        "new_province_code", "is_partial", "match", "candidates"),
        [(no, c[0], REFORM, *c[1:]) for no, c in enumerate(changes, 1)])


def cost_group(r):
    """MA_NHOM from the class of surgery, else from the chapter."""
    if r["phan_loai_pttt"][:1] in ("P", "T"):
        return "8" if r["phan_loai_pttt"][0] == "P" else "18"
    chapter = r["chuyen_khoa"].split(".")[0]
    return {"XVIII": "2", "XIX": "2", "XX": "3", "XXI": "3", "XXII": "1", "XXIII": "1", "XXIV": "1", "XXV": "1"}.get(
        chapter, "")


def services(source):
    rows, prices = [], []
    for r in read(source, "services_qd7603.tsv"):
        price_name = "" if r["ten_gia"] == r["ten_tt43"] else r["ten_gia"]
        rows.append((r["ma_tuong_duong"], r["ten_tt43"], r["ma_tt43"], r["phan_tuyen"], r["phan_loai_pttt"], r["stt_gia"],
                     price_name, r["ma_gia_lien_thong"], r["chuyen_khoa"], cost_group(r)))
        if r["gia_tt39_vnd"]:
            prices.append((r["ma_tuong_duong"], "[2019-01-15,2023-11-17)", r["gia_tt39_vnd"], "Thông tư 39/2018/TT-BYT"))
    write("service.tsv", ("code", "name_vi", "technique_code", "care_level", "surgery_class", "price_no", "price_name_vi",
                          "price_code", "chapter", "cost_group"), rows)
    write("service_price.tsv", ("service_code", "valid", "price", "source"), prices)
    pairs = {}
    for r in read(source, "services_icd9cm.tsv"):
        if r["ma_icd9"]:
            pairs.setdefault((r["ma_tuong_duong"], r["ma_icd9"]), r["ten_icd9"])
    write("service_icd9.tsv", ("service_code", "icd9_code", "name_vi"), [(*k, v) for k, v in pairs.items()])


def drugs(source):
    seen = {}
    for r in read(source, "drugs_sample.tsv"):
        seen.setdefault((r["MA_THUOC"], r["MA_DUONG_DUNG"]), (r["TEN_HOAT_CHAT"], r["DUONG_DUNG"], r["TYLE_TT_BH"]))
    write("drug.tsv", ("code", "route_code", "ingredient", "route_vi", "payment_ratio", "source"),
          [(*k, *v, "danh mục mẫu M03 của một cơ sở") for k, v in sorted(seen.items())])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    object_codes(source, codes(source))
    small_lists(source)
    icd10(source)
    admin_units(source)
    services(source)
    drugs(source)


if __name__ == "__main__":
    main()

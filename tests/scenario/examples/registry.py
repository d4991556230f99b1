"""Patients, cards, facilities and what is in them, staff."""

import itertools

import clinic
import places

COUNT = itertools.count(1)
PERSON = {"full_name": "Lê Thị Mẫu", "born_on": "1990-01-01", "sex": "2", "address": "Thôn 2", "province_code": "66",
          "commune_code": "24133", "accept_duplicate": True}


def facility(world):
    return int(world.database.value("select facility_id from org.facility where code = :'code'", code=places.CENTRE))


def part(plural, body):
    return lambda world: world.made(f"/v1/facilities/{facility(world)}/{plural}", body(next(COUNT)))["id"]


def person(world):
    return world.made("/v1/patients", PERSON)["id"]


def patient(world):
    world.patient = person(world)
    return world.patient


def merged(world):
    twin = person(world)
    world.made(f"/v1/patients/{world.patient}/merge", {"merged_id": twin, "reason": "một người"}, 200)
    return twin


def coverage(world):
    body = {"card_no": f"GD466{9990100000 + next(COUNT)}", "registered_code": "66001", "valid_from": "2020-01-01",
            "valid_to": "2020-12-31"}
    return world.made(f"/v1/patients/{world.patient}/coverages", body)["id"]


def staff(world):
    body = {"code": f"{next(COUNT):06d}/DL-CCHN", "full_name": "Lê Văn Mẫu", "title": "nurse",
            "posts": [{"department_id": clinic.EXAM, "valid_to": "2090-12-31"}]}
    world.staff = world.made("/v1/staff", body)
    return world.staff["id"]


SYMBOLS = {
    "facility": facility,
    "bed": part("beds", lambda n: {"department_id": clinic.EXAM, "code": f"T{n:03d}"}),
    "machine": part("machines", lambda n: {"code": f"SH.2.66001.{n}", "name": "Máy mẫu", "group_code": "SH"}),
    "staff": staff,
    "staff_post": lambda world: world.staff["posts"][0]["id"],
    "patient": patient,
    "patient_twin": person,
    "patient_merged": merged,
    "coverage": coverage,
    "coverage_check": lambda world: world.made("/v1/coverage-checks", {
        "card": "GD4669990000009", "full_name": "Lê Thị Mẫu", "born": "1990"}, 202)["id"],
}

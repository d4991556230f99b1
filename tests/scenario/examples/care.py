"""Visits, bills and payments: a clinic to treat in (clinic.sql), a visit per request, and things inside it. What
belongs to a visit is made in the visit of the same request, which the path names first."""

import itertools
import uuid

import clinic


FUEL = """
insert into ref.local_service (tenant_id, code, service_code, name_vi, unit_vi, cost_group) values (1, 'DO', 'XD01', 'Vận chuyển', 'lít', '12');
insert into ref.item_price (tenant_id, item_kind, item_code, valid, price_hospital) values (1, 'service', 'DO', '[2020-01-01,)', 20500)
"""
plates = (f"47A{n:05d}" for n in itertools.count())


def fill(database):
    database.rows(clinic.SQL)
    database.rows(FUEL)


def visit(world, **more):
    body = {"patient_id": clinic.UNINSURED, "kind_code": "01", "object_code": "9", "department_id": clinic.EXAM,
            "practitioner_id": clinic.DOCTOR, "reason": "Sốt", "orders": [{"code": "KB", "status": "done"}],
            "diagnoses": [{"role": "main", "icd_code": "J00"}], **more}
    world.visit = world.made("/v1/visits", body)
    return world.visit["id"]


def closed_visit(world):
    made = visit(world)
    world.made(f"/v1/visits/{made}/close", {"result_code": "1", "outcome_code": "1"}, 200)
    return made


def inside(noun, body):
    return lambda world: world.made(f"/v1/visits/{world.visit['id']}/{noun}", body)["id"]


def charge(world):
    bill = world.admin.get(f"/v1/visits/{world.visit['id']}/bill")
    return bill.json["lines"][0]["id"]


def payment(world):
    body = {"amount": 5000, "method": "cash", "settlement_key": str(uuid.uuid4())}
    return world.made(f"/v1/visits/{world.visit['id']}/payments", body)["id"]


SYMBOLS = {
    "clinic_patient": lambda world: clinic.INSURED,
    "department": lambda world: clinic.EXAM,
    "room": lambda world: clinic.ROOM,
    "practitioner": lambda world: clinic.DOCTOR,
    "service_code": lambda world: "SA",
    "drug_code": lambda world: "PARA",
    "supply_code": lambda world: "KIM",
    "fuel_code": lambda world: "DO",
    "plate": lambda world: next(plates),
    "unique": lambda world: str(uuid.uuid4()),
    "visit": visit,
    "closed_visit": closed_visit,
    "diagnosis": inside("diagnoses", {"role": "secondary", "icd_code": "J02.9"}),
    "order": inside("orders", {"code": "SA"}),
    "prescription": inside("prescriptions", {"lines": [{"code": "PARA", "dose": 1, "times_per_day": 2, "days": 5}]}),
    "supply": inside("supplies", {"code": "KIM", "quantity": 1}),
    "transport": lambda world: inside("transports", {"code": "DO", "km": 10, "own_vehicle": False, "to_code": "66005"})(world),
    "charge": charge,
    "payment": payment,
}

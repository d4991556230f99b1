"""Visits, bills and payments: a clinic to treat in (clinic.sql), a visit per request, and things inside it. What
belongs to a visit is made in the visit of the same request, which the path names first."""

import uuid

import clinic


def fill(database):
    database.rows(clinic.SQL)


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
    "unique": lambda world: str(uuid.uuid4()),
    "visit": visit,
    "closed_visit": closed_visit,
    "diagnosis": inside("diagnoses", {"role": "secondary", "icd_code": "J02.9"}),
    "order": inside("orders", {"code": "SA"}),
    "prescription": inside("prescriptions", {"lines": [{"code": "PARA", "dose": 1, "times_per_day": 2, "days": 5}]}),
    "supply": inside("supplies", {"code": "KIM", "quantity": 1}),
    "charge": charge,
    "payment": payment,
}

"""A clinic to treat people in, for scenario tests: clinic.sql in the places of places.py, and requests that most
tests make. Patients 10001..10040 hold a card of level 4, 10041..10060 hold none."""

import itertools
import threading
from decimal import Decimal
from pathlib import Path

import places
from harness import Scenario

SQL = (Path(__file__).parent / "clinic.sql").read_text(encoding="utf-8")
CENTRE, STATION, SPECIALISED = 10, 11, 13  # facility ids
EXAM, MEDICAL, SURGICAL = 100, 101, 102  # departments of the centre
ROOM, MEDICAL_BED, SURGICAL_BED, MACHINE = 1001, 1011, 1021, 100
DOCTOR, OTHER_DOCTOR, TECHNICIAN = 1001, 1002, 1003
INSURED, UNINSURED = 10001, 10041  # patients
TREATING = "registrar,clinician,lab,pharmacist,cashier,claims"
# for closing a visit that is about money and not about a faultless claim
DESPITE = {"override": {"reason": "Thử nghiệm: hồ sơ không cần đầy đủ"}}


def exact(*numbers):
    """JSON numbers as decimals."""
    return [Decimal(n) for n in numbers]


def together(count, work):
    """Runs work(i) in `count` threads at once; their results in order."""
    results, gate = [None] * count, threading.Barrier(count)

    def one(i):
        gate.wait()
        results[i] = work(i)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Clinic(Scenario):
    """A service on a clinic; self.staff is signed in at the centre with every role that treats or bills."""

    CONFIG = {}

    def setUp(self):
        self.database = places.fill(self.create_database())
        self.database.rows(SQL)
        self.hmisd = self.service(self.database, self.CONFIG)
        self.account_at_centre = places.account(self, self.database, TREATING)
        self.staff = self.hmisd.client().login(self.account_at_centre)
        self.keys = (f"key-{i}" for i in itertools.count())

    def sign_in(self, roles=TREATING, facility=places.CENTRE, tenant="T1"):
        client = self.hmisd.client().login(places.account(self, self.database, roles, facility, tenant))
        return client

    def opening(self, **more):
        """The body of an ordinary out-patient visit."""
        return {"patient_id": INSURED, "kind_code": "01", "object_code": "1.1", "department_id": EXAM,
                "practitioner_id": DOCTOR, "reason": "Sốt, ho", **more}

    def open(self, **more):
        """Opens a visit; its answer's JSON with `path` added."""
        visit = self.check(self.staff.post("/v1/visits", self.opening(**more)), 201)
        visit["path"] = f"/v1/visits/{visit['id']}"
        return visit

    def add(self, visit, noun, body, status=201):
        return self.check(self.staff.post(f"{visit['path']}/{noun}", body), status)

    def change(self, path, body, etag="*", status=200):
        return self.check(self.staff.patch(path, body, etag if etag == "*" else f'"{etag}"'), status)

    def bill(self, visit):
        return self.check(self.staff.get(visit["path"] + "/bill"))

    def close_visit(self, visit, status=200, **more):
        return self.check(self.staff.post(visit["path"] + "/close", {"result_code": "1", "outcome_code": "1", **more}), status)

    def pay(self, visit, amount, key=None, noun="payments", status=201):
        return self.add(visit, noun, {"amount": amount, "method": "cash", "settlement_key": key or next(self.keys)}, status)

    def faults(self, answer):
        """{pointer: code} of a problem."""
        return {e["pointer"]: e["code"] for e in answer.json["errors"]}

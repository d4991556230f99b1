"""Clients that treat and bill people at a Rig, never give up, and note what was answered 2xx."""

import http.client
import threading
import time
import uuid
from collections import Counter

import clinic
import harness

OPEN_LINES = 2  # orders in an opening visit; each actor adds one supply


class Broken(AssertionError):
    """The service answered something that it may not answer."""


class Ledger:
    """What was answered 2xx, as the clients saw it; and how often what was in the way."""

    def __init__(self):
        self.lock = threading.Lock()
        self.visits = {}  # id -> see opened()
        self.payments = {}  # settlement key -> {"visit", "id", "amount", "number"}
        self.hindrance = Counter()  # status or name of the fault -> times
        self.answered = 0
        self.last, self.silence = time.monotonic(), 0.0  # the last answer; the longest time without one, since `listen`

    def listen(self):
        self.last, self.silence = time.monotonic(), 0.0

    def answer(self):
        with self.lock:
            now = time.monotonic()
            self.silence, self.last = max(self.silence, now - self.last), now
            self.answered += 1

    def count(self, what):
        with self.lock:
            self.hindrance[what] += 1

    def opened(self, visit, patient, insured, reason):
        """Notes an opened visit and returns its record, in which its client notes what else was answered."""
        record = {"ma_lk": visit["ma_lk"], "queue_number": visit["queue_number"], "patient": patient, "insured": insured,
                  "reason": reason, "patched": False, "supply": False, "closed": False}
        self.note(self.visits, visit["id"], record)
        return record

    def note(self, table, key, value):
        with self.lock:
            if key in table:
                raise Broken(f"{key} was answered twice: {table[key]} and {value}")
            table[key] = value


def opening(patient, insured):
    """The body of a visit with OPEN_LINES orders."""
    done = {"status": "done", "performer_ids": [clinic.DOCTOR]}
    return {"patient_id": patient, "kind_code": "01", "object_code": "1.1" if insured else "9", "department_id": clinic.EXAM,
            "room_id": clinic.ROOM, "practitioner_id": clinic.DOCTOR, "reason": "Sốt, ho", "weight_kg": 50,
            "diagnoses": [{"role": "main", "icd_code": "J02.9"}], "orders": [{"code": "KB", **done}, {"code": "SA", "machine_id": clinic.MACHINE, **done}]}


class Actor(threading.Thread):
    """One member of staff: visit after visit until told to stop; then the one under way is finished."""

    def __init__(self, rig, ledger, number, stop):
        super().__init__(daemon=True)
        self.rig, self.ledger, self.number, self.stop = rig, ledger, number, stop
        self.client, self.fault, self.turn = rig.client(), None, 0

    def run(self):
        try:
            while not self.stop.is_set():
                self.treat()
                self.turn += 1
        except Exception as fault:  # reported by Load.finish
            self.fault = fault
        finally:
            self.client.close()

    def ask(self, call):
        """call() until it is answered by something else than "later"; (answer, whether an earlier try may have counted)."""
        deadline, doubtful = time.monotonic() + harness.PATIENCE, False
        while time.monotonic() < deadline:
            try:
                answer = call()
            except (OSError, http.client.HTTPException) as fault:
                self.client.close()
                self.ledger.count(type(fault).__name__)
                doubtful = True
                time.sleep(0.02)
                continue
            if answer.status != 503:
                if answer.status < 300:
                    self.ledger.answer()
                return answer, doubtful
            self.ledger.count(f"503 {answer.json['code']}")
            if "retry-after" not in answer.headers:
                raise Broken(f"503 without Retry-After: {answer}")
            doubtful = True
            time.sleep(0.05)
        raise Broken("no answer within the patience of the test")

    def post(self, path, body, status):
        """A POST repeated with the same Idempotency-Key; its JSON."""
        key = str(uuid.uuid4())
        answer, _ = self.ask(lambda: self.client.post(path, body, key=key))
        if answer.status != status:
            raise Broken(f"POST {path} {body}: {answer}")
        return answer.json if answer.body else None

    def get(self, path):
        answer, _ = self.ask(lambda: self.client.get(path))
        if answer.status != 200:
            raise Broken(f"GET {path}: {answer}")
        return answer.json

    def patch_reason(self, path, reason):
        """A PATCH with If-Match: after an unknown outcome a 412 must mean that the first try counted."""
        answer, doubtful = self.ask(lambda: self.client.patch(path, {"reason": reason}, '"1"'))
        if answer.status == 412 and doubtful and self.get(path)["reason"] == reason:
            return
        if answer.status != 200:
            raise Broken(f"PATCH {path} ({'after a doubt' if doubtful else 'at once'}): {answer}")

    def treat(self):
        insured = (self.number + self.turn) % 2 == 0
        patient = (clinic.INSURED if insured else clinic.UNINSURED) + (self.number * 7 + self.turn) % (40 if insured else 20)
        visit = self.post("/v1/visits", opening(patient, insured), 201)
        record = self.ledger.opened(visit, patient, insured, f"Sốt, ho lần {self.number}.{self.turn}")
        path = f"/v1/visits/{visit['id']}"
        self.patch_reason(path, record["reason"])
        record["patched"] = True
        self.post(path + "/supplies", {"code": "KIM", "quantity": 1}, 201)
        record["supply"] = True
        due = self.get(path + "/bill")["due"]
        if float(due) > 0:
            self.pay(visit["id"], path, due)
        self.post(path + "/close", {"result_code": "1", "outcome_code": "1", "treatment": "Thuốc theo đơn"}, 200)
        record["closed"] = True

    def pay(self, visit, path, due):
        settlement = uuid.uuid4().hex
        body = {"amount": int(float(due)), "method": "cash", "settlement_key": settlement}
        paid = self.post(path + "/payments", body, 201)
        self.ledger.note(self.ledger.payments, settlement, {"visit": visit, "id": paid["id"], "amount": body["amount"],
                                                            "number": paid["receipt"]["number"]})


class Load:
    """`count` actors at work: with Load(rig, ledger): …"""

    def __init__(self, rig, ledger, count=6):
        self.stop = threading.Event()
        self.actors = [Actor(rig, ledger, number, self.stop) for number in range(count)]

    def __enter__(self):
        for actor in self.actors:
            actor.start()
        return self

    def __exit__(self, kind, error, trace):
        self.stop.set()
        for actor in self.actors:
            actor.join(2 * harness.PATIENCE)
        faults = [a.fault for a in self.actors if a.fault] + [Broken("a client hangs") for a in self.actors if a.is_alive()]
        if faults and kind is None:
            raise faults[0]
        return False

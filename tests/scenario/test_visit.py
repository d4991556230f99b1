"""The life of visits through the API: an out-patient and an in-patient from reception to closing, what bad input
gets, and what holds under concurrency."""

from decimal import Decimal

import clinic
import places
from clinic import Clinic, exact, together


class OutPatient(Clinic):
    def test_from_reception_to_claim(self):
        visit = self.open(room_id=clinic.ROOM, arrived_at="2026-08-03T07:30:00+07:00")
        self.assertEqual(visit["queue_number"], 1)
        self.assertEqual(visit["coverage_id"], clinic.INSURED + 50000)  # the card in force was found
        self.change(visit["path"], {"status": "in_exam", "weight_kg": 54.5}, etag=1)
        self.add(visit, "vitals", {"pulse": 82, "temperature": 37.8, "systolic": 120, "diastolic": 80,
                                   "taken_at": "2026-08-03T07:40:00+07:00"})
        self.add(visit, "diagnoses", {"role": "main", "icd_code": "J02.9", "made_at": "2026-08-03T08:00:00+07:00"})
        self.add(visit, "orders", {"code": "KB", "status": "done", "ordered_at": "2026-08-03T07:45:00+07:00"})
        test = self.add(visit, "orders", {"code": "CTM", "ordered_at": "2026-08-03T07:50:00+07:00"})
        order = f"{visit['path']}/orders/{test['id']}"
        self.change(order, {"status": "accepted"}, etag=1)
        self.change(order, {"status": "done", "performer_ids": [clinic.TECHNICIAN], "machine_id": clinic.MACHINE,
                            "performed_at": "2026-08-03T08:10:00+07:00"}, etag=2)
        self.add(visit, "results", {"order_id": test["id"], "resulted_at": "2026-08-03T08:30:00+07:00",
                                    "read_by_id": clinic.DOCTOR,
                                    "items": [{"indicator_name": "WBC", "value": "11.2", "unit": "G/L"}]})
        drugs = self.add(visit, "prescriptions", {"prescribed_at": "2026-08-03T08:40:00+07:00", "lines": [
            {"code": "PARA", "dose": 1, "times_per_day": 2, "days": 5, "usage_text": "Uống sau ăn"}]})
        self.change(f"{visit['path']}/prescriptions/{drugs['id']}", {"status": "done", "dispensed_by_id": clinic.TECHNICIAN,
                    "dispensed_at": "2026-08-03T08:50:00+07:00"}, etag=1)
        # 36,500 + 47,500 + 10 × 250 is below 15 % of 2,530,000: the fund pays all (example E02)
        total = self.bill(visit)["total"]
        self.assertEqual(exact(total["amount_hospital"], total["fund_share"], total["copay_share"]), [86500, 86500, 0])
        closed = self.close_visit(visit, discharged_at="2026-08-03T09:00:00+07:00")
        self.assertEqual((closed["status"], *exact(closed["due"])), ("closed", 0))
        claim = self.database.rows("select state, month from claim.claim")
        self.assertEqual(claim, [{"state": "draft", "month": "2026-08-01"}])
        record = self.check(self.staff.get(visit["path"]))
        self.assertTrue(record["is_priced"] and record["settled_at"])
        self.assertEqual(record["arrived_at"], "2026-08-03T07:30:00+07:00")
        charge = self.database.rows("select performer_codes, machine_code, performed_at, result_at from bill.charge where group_code = 1")
        self.assertEqual(charge[0]["performer_codes"], "{001003/DL-CCHN}")
        self.assertEqual(charge[0]["machine_code"], "HH.1.66001.001")
        # a closed visit refuses everything until it is reopened with a reason
        refused = self.staff.post(visit["path"] + "/orders", {"code": "SA"})
        self.assertEqual((refused.status, refused.json["code"]), (409, "visit.closed"))
        self.assertEqual(self.staff.post(visit["path"] + "/reopen", {}).status, 422)
        self.check(self.staff.post(visit["path"] + "/reopen", {"reason": "Thiếu siêu âm"}))
        self.add(visit, "orders", {"code": "SA", "status": "done", "ordered_at": "2026-08-03T08:20:00+07:00",
                                   "performer_ids": [clinic.TECHNICIAN], "machine_id": clinic.MACHINE})
        self.close_visit(visit)
        self.assertEqual(exact(self.bill(visit)["total"]["fund_share"]), [145100])

    def test_the_first_cost_queues_the_check_in(self):
        self.open()
        self.assertEqual(self.database.value("select count(*) from claim.check_in"), "0")
        self.open(orders=[{"code": "KB", "status": "done"}])
        self.open(patient_id=clinic.UNINSURED, object_code="9", orders=[{"code": "KB", "status": "done"}])
        self.assertEqual(self.database.rows("select occasion, state from claim.check_in"),
                         [{"occasion": "first_cost", "state": "queued"}])
        self.assertEqual(self.database.value("select count(*) from job.queue where kind = 'check_in_send'"), "1")

    def test_cancelled_orders_and_prescriptions_cost_nothing(self):
        visit = self.open(orders=[{"code": "KB", "status": "done"}], supplies=[{"code": "KIM", "quantity": 2}],
                          prescriptions=[{"lines": [{"code": "PARA", "dose": 1, "times_per_day": 3, "days": 7}]}])
        self.assertEqual(exact(self.bill(visit)["total"]["amount_hospital"]), [36500 + 21 * 250 + 2 * 15000])
        without_reason = self.staff.patch(f"{visit['path']}/orders/{visit['order_ids'][0]}", {"status": "cancelled"}, "*")
        self.assertEqual(self.faults(without_reason), {"/reason": "value.missing"})
        self.change(f"{visit['path']}/orders/{visit['order_ids'][0]}", {"status": "cancelled", "reason": "nhầm người"})
        self.change(f"{visit['path']}/prescriptions/{visit['prescription_ids'][0]}", {"status": "cancelled", "reason": "dị ứng"})
        supply = self.database.value("select supply_use_id from care.supply_use")
        self.assertEqual(self.staff.delete(f"{visit['path']}/supplies/{supply}").status, 204)
        self.assertEqual(self.bill(visit)["lines"], [])
        again = self.staff.patch(f"{visit['path']}/orders/{visit['order_ids'][0]}", {"status": "done"}, "*")
        self.assertEqual((again.status, again.json["code"]), (409, "state.illegal"))

    def test_a_corrected_result_replaces_the_old_one_once(self):
        visit = self.open(orders=[{"code": "SA", "status": "done"}])
        order = visit["order_ids"][0]
        first = self.add(visit, "results", {"order_id": order, "items": [{"conclusion": "Bình thường"}]})["ids"][0]
        correction = {"order_id": order, "items": [{"conclusion": "Gan nhiễm mỡ", "replaces_id": first}]}
        self.add(visit, "results", correction)
        twice = self.staff.post(visit["path"] + "/results", correction)
        self.assertEqual(self.faults(twice), {"/items/0/replaces_id": "replaced_already"})
        states = self.database.rows("select status from care.result order by result_id")
        self.assertEqual([s["status"] for s in states], ["F", "C"])

    def test_a_late_repetition_of_closing_does_not_close_what_was_reopened(self):
        visit = self.open(diagnoses=[{"role": "main", "icd_code": "J00"}], orders=[{"code": "KB", "status": "done"}])
        body = {"result_code": "1", "outcome_code": "1"}
        first = self.staff.post(visit["path"] + "/close", body, key="once")
        again = self.staff.post(visit["path"] + "/close", body, key="once")
        self.assertEqual((first.status, first.json), (again.status, again.json))
        self.check(self.staff.post(visit["path"] + "/reopen", {"reason": "bổ sung"}))
        late = self.staff.post(visit["path"] + "/close", body, key="once")
        self.assertEqual((late.status, late.json["code"]), (409, "visit.changed_meanwhile"))
        self.assertEqual(self.check(self.staff.get(visit["path"]))["status"], "done")

    def test_closing_says_everything_that_is_missing(self):
        visit = self.open(practitioner_id=None, orders=[{"code": "KB", "ordered_by_id": clinic.DOCTOR}])
        answer = self.staff.post(visit["path"] + "/close", {"outcome_code": "2"})
        self.assertEqual((answer.status, answer.json["code"]), (422, "visit.not_ready"))
        self.assertEqual(self.faults(answer), {"/diagnoses": "main_required", "/result_code": "value.missing",
                         "/referred_to_code": "value.missing", "/practitioner_id": "value.missing",
                         f"/orders/{visit['order_ids'][0]}": "not_done"})
        self.assertEqual(self.database.value("select status from care.visit"), "arrived")


class InPatient(Clinic):
    def test_beds_of_two_wards(self):
        """Example E13: 25-29/08, on the 27th moved between two wards: 2 + 0.5 and 0.5 + 1 bed days."""
        visit = self.open(kind_code="03", arrived_at="2026-08-25T08:00:00+07:00",
                          orders=[{"code": "KB", "status": "done", "ordered_at": "2026-08-25T08:05:00+07:00"}])
        self.change(visit["path"], {"admission_reason": "Đau bụng"})
        self.add(visit, "movements", {"department_id": clinic.MEDICAL, "bed_id": clinic.MEDICAL_BED,
                                      "entered_at": "2026-08-25T09:00:00+07:00"})
        self.add(visit, "movements", {"department_id": clinic.SURGICAL, "bed_id": clinic.SURGICAL_BED,
                                      "entered_at": "2026-08-27T14:00:00+07:00"})
        self.add(visit, "notes", {"progress": "Tỉnh, bụng mềm", "written_at": "2026-08-26T08:00:00+07:00"})
        self.add(visit, "diagnoses", {"role": "main", "icd_code": "K35.8", "made_at": "2026-08-25T10:00:00+07:00"})
        self.assertEqual(self.check(self.staff.get(visit["path"]))["status"], "admitted")
        self.close_visit(visit, discharged_at="2026-08-29T10:00:00+07:00", treatment="Nội khoa")
        beds = [(l["item_code"], *exact(l["quantity"], l["amount_hospital"])) for l in self.bill(visit)["lines"] if l["group_code"] == 15]
        self.assertEqual(sorted(beds), [("K03.1911", Decimal("0.5"), 87500), ("K03.1911", 2, 350000), ("K19.1931", Decimal("0.5"), 110500),
                                        ("K19.1931", 1, 221000)])
        levels = [l["benefit_level"] for l in self.bill(visit)["lines"]]
        self.assertEqual(exact(*levels), [80] * 5)
        # reopened and discharged a day later, the stay has one more day
        self.check(self.staff.post(visit["path"] + "/reopen", {"reason": "sai ngày ra"}))
        self.close_visit(visit, discharged_at="2026-08-30T10:00:00+07:00")
        days = exact(*(l["quantity"] for l in self.bill(visit)["lines"] if l["group_code"] == 15))
        self.assertEqual(sum(days), 5)

    def test_a_bed_holds_one_person(self):
        first, second = (self.open(kind_code="03", patient_id=p) for p in (10001, 10002))
        move = {"department_id": clinic.MEDICAL, "bed_id": clinic.MEDICAL_BED}
        self.add(first, "movements", move)
        taken = self.staff.post(second["path"] + "/movements", move)
        self.assertEqual((taken.status, taken.json["code"]), (409, "bed.taken"))
        out_patient = self.open(patient_id=10003)
        refused = self.staff.post(out_patient["path"] + "/movements", move)
        self.assertEqual(self.faults(refused), {"/bed_id": "not_inpatient"})


class BadInput(Clinic):
    def test_every_fault_is_named_at_once_and_nothing_is_written(self):
        answer = self.staff.post("/v1/visits", self.opening(
            patient_id="x", priority="now", surprise=1, arrived_at="2026-02-30T08:00:00+07:00", reason="",
            orders=[{"code": "KB", "quantity": 0}, 3], prescriptions=[{"lines": [{"code": "PARA", "dose": "1"}]}]))
        self.assertEqual((answer.status, answer.json["code"]), (422, "body.invalid"))
        self.assertEqual(self.faults(answer), {
            "/patient_id": "value.malformed", "/priority": "value.refused", "/surprise": "value.unknown_member",
            "/arrived_at": "value.bad_date", "/reason": "value.too_short", "/orders/0/quantity": "value.out_of_range",
            "/orders/1": "value.malformed", "/prescriptions/0/lines/0/dose": "value.malformed",
            "/prescriptions/0/lines/0/times_per_day": "value.missing", "/prescriptions/0/lines/0/days": "value.missing"})
        answer = self.staff.post("/v1/visits", self.opening(
            patient_id=1, room_id=1101, kind_code="77", object_code="99", orders=[{"code": "NIX"}, {"code": "FREE"}],
            prescriptions=[{"lines": [{"code": "NIX", "dose": 1, "times_per_day": 1, "days": 1}]}],
            diagnoses=[{"role": "main", "icd_code": "Q1X"}]))
        self.assertEqual((answer.status, answer.json["code"]), (422, "visit.refused"))
        self.assertEqual(self.faults(answer), {
            "/patient_id": "reference.unknown", "/room_id": "reference.unknown", "/kind_code": "reference.unknown",
            "/object_code": "reference.unknown", "/orders/0/code": "reference.unknown", "/orders/1/code": "no_price",
            "/prescriptions/0/lines/0/code": "reference.unknown", "/diagnoses/0/icd_code": "reference.unknown"})
        for table in ("care.visit", "care.service_order", "care.prescription", "care.diagnosis", "bill.charge", "care.queue_counter"):
            self.assertEqual(self.database.value(f"select count(*) from {table}"), "0", table)

    def test_another_facility_does_not_exist(self):
        visit = self.open(orders=[{"code": "KB", "status": "done"}])
        for client in (self.sign_in(facility=places.STATION_A), self.sign_in(facility=places.OTHER_CENTRE, tenant="T2")):
            for path in ("", "/bill", "/receipts", "/diagnoses"):
                self.assertEqual(client.get(visit["path"] + path).status, 404, path)
            for path, body in (("/orders", {"code": "KB"}), ("/close", {}), ("/reopen", {"reason": "vì sao"}),
                               ("/deposits", {"amount": 1, "method": "cash", "settlement_key": "x"})):
                self.assertEqual(client.post(visit["path"] + path, body).status, 404, path)
            self.assertEqual(client.patch(visit["path"], {"reason": "x"}, "*").status, 404)
            self.assertEqual(client.get("/v1/visits").json["visits"], [])

    def test_versions_and_idempotency(self):
        visit = self.open()
        self.assertEqual(self.staff.patch(visit["path"], {"reason": "x"}, None).status, 428)
        self.change(visit["path"], {"reason": "Ho"}, etag=1)
        stale = self.staff.patch(visit["path"], {"reason": "Đau"}, '"1"')
        self.assertEqual((stale.status, stale.json["code"]), (412, "version.changed"))
        body = self.opening(orders=[{"code": "KB", "status": "done"}])
        first, again = (self.staff.post("/v1/visits", body, key="same") for _ in range(2))
        self.assertEqual((first.status, first.json), (again.status, again.json))
        other = self.staff.post("/v1/visits", self.opening(reason="Khác"), key="same")
        self.assertEqual((other.status, other.json["code"]), (409, "idempotency.key_reused"))
        self.assertEqual(self.database.value("select count(*) from bill.charge"), "1")

    def test_lines_in_an_opening_need_their_own_permission(self):
        registrar = self.sign_in("registrar")
        self.check(registrar.post("/v1/visits", self.opening()), 201)
        answer = registrar.post("/v1/visits", self.opening(orders=[{"code": "KB"}]))
        self.assertEqual((answer.status, answer.json["code"]), (403, "permission.denied"))


class Crowd(Clinic):
    CONFIG = {"http": {"connections": 300}}

    def test_queue_numbers_have_no_gaps(self):
        def arrive(i):
            client = self.hmisd.client()
            client.token = self.staff.token
            return client.post("/v1/visits", self.opening(patient_id=10001 + i % 40, room_id=clinic.ROOM))

        answers = together(100, arrive)
        self.assertEqual({a.status for a in answers}, {201})
        self.assertEqual(sorted(a.json["queue_number"] for a in answers), list(range(1, 101)))
        self.assertEqual(len({a.json["ma_lk"] for a in answers}), 100)
        listed, path = [], "/v1/visits?limit=30"
        while path:
            page = self.staff.get(path)
            listed += [v["queue_number"] for v in page.json["visits"]]
            link = page.headers.get("link")
            path = link[1:link.index(">")] if link else None
        self.assertEqual(sorted(listed), list(range(1, 101)))

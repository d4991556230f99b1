"""The verdict on a visit: what the rules find while the patient is still there."""

import clinic
import places
from clinic import Clinic, exact

MAN = 10002  # patients with even numbers are men
DELIVERY = "O80.0"  # ICD-10: spontaneous vertex delivery, of women only (Thông tư 06/2026)


class Verdicts(Clinic):
    def verdict(self, visit, client=None):
        return self.check((client or self.staff).get(visit["path"] + "/verdict"))

    def critical(self, verdict):
        """{rule: finding} of what counts as critical."""
        return {f["rule"]: f for f in verdict["findings"] if f["severity"] == "critical" and not f["pending"] and not f["shadow"]}

    def examined(self, icd="J02.9", **more):
        """An ordinary out-patient visit with a consultation, not closed."""
        return self.open(arrived_at="2026-08-03T07:30:00+07:00", **{
            "diagnoses": [{"role": "main", "icd_code": icd, "made_at": "2026-08-03T08:00:00+07:00"}],
            "orders": [{"code": "KB", "status": "done", "ordered_at": "2026-08-03T07:45:00+07:00"}], **more})

    def admitted(self):
        """An in-patient visit that wants only its discharge."""
        visit = self.open(kind_code="03", arrived_at="2026-08-25T08:00:00+07:00",
                          orders=[{"code": "KB", "status": "done", "ordered_at": "2026-08-25T08:05:00+07:00"}])
        self.change(visit["path"], {"admission_reason": "Đau bụng"})
        self.add(visit, "movements", {"department_id": clinic.MEDICAL, "bed_id": clinic.MEDICAL_BED,
                                      "entered_at": "2026-08-25T09:00:00+07:00"})
        self.add(visit, "notes", {"progress": "Tỉnh, bụng mềm", "written_at": "2026-08-26T08:00:00+07:00"})
        self.add(visit, "diagnoses", {"role": "main", "icd_code": "K35.8", "made_at": "2026-08-25T10:00:00+07:00"})
        return visit


class Neighbours(Verdicts):
    """What other visits say is judged at once, also while both are open."""

    def found(self, visit, rule):
        return [f for f in self.verdict(visit)["findings"] if f["rule"] == rule]

    def test_a_visit_during_the_persons_stay_is_found_when_it_opens(self):
        stay = self.admitted()
        visit = self.open(arrived_at="2026-08-26T09:00:00+07:00")
        (found,) = self.found(visit, "X1-128")
        self.assertEqual((found["severity"], found["field"], found["other"]["ma_lk"]), ("warning", "NGAY_VAO", stay["ma_lk"]))
        self.assertIn(stay["ma_lk"], found["message"])
        (found,) = self.found(stay, "X1-127")
        self.assertEqual(found["other"]["ma_lk"], visit["ma_lk"])
        stranger = self.open(patient_id=MAN, arrived_at="2026-08-26T09:00:00+07:00")
        self.assertEqual(self.found(stranger, "X1-128"), [])

    def test_a_machine_is_not_used_for_two_people_at_a_time(self):
        first, second, later = self.examined(), self.examined(patient_id=MAN), self.examined(patient_id=MAN + 2)
        for visit, start, end in (first, "08:10", "08:30"), (second, "08:29", "08:40"), (later, "08:40", "08:50"):
            self.add(visit, "orders", {
                "code": "SA", "status": "done", "machine_id": clinic.MACHINE, "performer_ids": [clinic.TECHNICIAN],
                "ordered_at": "2026-08-03T08:00:00+07:00", "performed_at": f"2026-08-03T{start}:00+07:00",
                "result_at": f"2026-08-03T{end}:00+07:00"})
        self.assertEqual([f["other"]["ma_lk"] for f in self.found(first, "X3-049")], [second["ma_lk"]])
        self.assertEqual([f["other"]["ma_lk"] for f in self.found(second, "X3-049")], [first["ma_lk"]])
        self.assertEqual(self.found(later, "X3-049"), [])


class Draft(Verdicts):
    def test_what_comes_at_the_end_is_pending_and_not_critical(self):
        visit = self.open()
        verdict = self.verdict(visit)
        # nothing is wrong so far, but without a main diagnosis it would not close
        self.assertEqual((verdict["stage"], verdict["may_close"], self.critical(verdict)), ("open", False, {}))
        pending = {f["field"] for f in verdict["findings"] if f["pending"]}
        # time of leaving, result, kind of discharge, settlement month, main diagnosis: nobody knows them yet
        self.assertLessEqual({"NGAY_RA", "KET_QUA_DTRI", "MA_LOAI_RV", "THANG_QT", "MA_BENH_CHINH"}, pending)
        self.assertEqual(verdict["pending"], len([f for f in verdict["findings"] if f["pending"]]))

    def test_a_diagnosis_of_the_other_sex_is_found_at_once_and_is_gone_when_mended(self):
        visit = self.examined(DELIVERY, patient_id=MAN)
        verdict = self.verdict(visit)
        found = self.critical(verdict)
        self.assertEqual((list(found), verdict["critical"], verdict["may_close"]), (["X1-090"], 1, False))
        self.assertEqual((found["X1-090"]["table"], found["X1-090"]["field"]), ("XML1", "MA_BENH_CHINH"))
        self.assertEqual(found["X1-090"]["citation"], "Thông tư 06/2026/TT-BYT")
        self.assertEqual(found["X1-090"]["practitioner"], "001001/DL-CCHN")
        wrong = self.check(self.staff.get(visit["path"]))["diagnoses"][0]["id"]
        self.assertEqual(self.staff.delete(f"{visit['path']}/diagnoses/{wrong}").status, 204)
        self.add(visit, "diagnoses", {"role": "main", "icd_code": "J02.9"})
        self.assertEqual(self.critical(self.verdict(visit)), {})

    def test_sums_are_those_of_the_bill(self):
        visit = self.examined()
        total = self.bill(visit)["total"]
        sums = self.verdict(visit)["sums"]
        self.assertEqual(exact(sums["hospital"], sums["fund"], sums["copay"]),
                         exact(total["amount_hospital"], total["fund_share"], total["copay_share"]))

    def test_a_finding_names_the_order_it_is_about(self):
        visit = self.examined()
        test = self.add(visit, "orders", {"code": "CTM", "status": "done", "machine_id": clinic.MACHINE,
                                          "ordered_at": "2026-08-03T07:50:00+07:00"})
        nobody = [f for f in self.verdict(visit)["findings"] if f["rule"] == "X3-031"]  # a test nobody carried out
        self.assertEqual([(f["source"], f["pending"]) for f in nobody], [({"kind": "order", "id": test["id"]}, True)])
        charge = self.database.value("select charge_id from bill.charge where source_id = :'id'", id=test["id"])
        self.assertEqual(str(nobody[0]["charge_id"]), charge)
        self.assertEqual(nobody[0]["department"], "K01")

    def test_a_stay_is_not_drowned(self):
        self.assertEqual(self.critical(self.verdict(self.admitted())), {})

    def test_without_insurance_there_is_no_claim_to_judge(self):
        verdict = self.verdict(self.open(patient_id=clinic.UNINSURED, object_code="9"))
        self.assertEqual((verdict["insured"], verdict["may_close"], verdict["findings"]), (False, True, []))

    def test_who_may_see_it(self):
        visit = self.examined()
        for role in ("registrar", "clinician", "lab", "pharmacist", "cashier", "claims"):
            self.verdict(visit, self.sign_in(role))
        self.assertEqual(self.sign_in("reporter").get(visit["path"] + "/verdict").status, 403)
        self.assertEqual(self.sign_in(facility=places.STATION_A).get(visit["path"] + "/verdict").status, 404)
        stranger = self.sign_in(facility=places.OTHER_CENTRE, tenant="T2")
        self.assertEqual(stranger.get(visit["path"] + "/verdict").status, 404)
        seen = self.database.value("select count(*) from audit.access where what = 'verdict'")
        self.assertEqual(seen, "6")


class Prefer(Verdicts):
    WANTED = {"Prefer": "return=verdict"}

    def ask(self, method, path, body=None, **headers):
        return self.staff.request(method, path, body, {**self.WANTED, **headers})

    def applied(self, answer, status):
        self.assertEqual((answer.status, answer.headers.get("preference-applied")), (status, "return=verdict"), answer)
        return answer.json["verdict"]

    def test_every_write_below_a_visit_can_bring_the_verdict(self):
        answer = self.ask("POST", "/v1/visits", self.opening(patient_id=MAN, orders=[{"code": "KB", "status": "done"}]))
        path = f"/v1/visits/{answer.json['id']}"
        self.assertEqual(self.applied(answer, 201)["visit_id"], answer.json["id"])
        diagnosis = self.ask("POST", path + "/diagnoses", {"role": "main", "icd_code": DELIVERY})
        self.assertEqual(list(self.critical(self.applied(diagnosis, 201))), ["X1-090"])
        order = self.ask("POST", path + "/orders", {"code": "SA", "status": "done"})
        self.assertEqual(exact(self.applied(order, 201)["sums"]["hospital"]), [36500 + 58600], "judged after pricing")
        self.applied(self.ask("PATCH", f"{path}/orders/{order.json['id']}", {"note": "x"}, **{"If-Match": "*"}), 200)
        gone = self.ask("DELETE", f"{path}/diagnoses/{diagnosis.json['id']}")
        self.assertEqual(self.critical(self.applied(gone, 200)), {})
        self.applied(self.ask("POST", path + "/notes", {"progress": "Tỉnh"}), 201)

    def test_without_the_wish_or_after_a_refusal_nothing_is_added(self):
        visit = self.examined()
        plain = self.staff.post(visit["path"] + "/notes", {"progress": "Tỉnh"})
        self.assertNotIn("verdict", plain.json)
        bad = self.ask("POST", visit["path"] + "/orders", {"code": "NIX"})
        self.assertEqual((bad.status, bad.headers.get("preference-applied")), (422, None))
        read = self.ask("GET", visit["path"])
        self.assertEqual((read.status, read.headers.get("preference-applied")), (200, None))

    def test_the_repetition_of_a_request_has_the_verdict_of_now(self):
        visit = self.examined(patient_id=MAN)
        body = {"role": "secondary", "icd_code": DELIVERY}
        first = self.ask("POST", visit["path"] + "/diagnoses", body, **{"Idempotency-Key": "one"})
        self.assertIn("X1-090", self.critical(self.applied(first, 201)))
        self.staff.delete(f"{visit['path']}/diagnoses/{first.json['id']}")
        again = self.ask("POST", visit["path"] + "/diagnoses", body, **{"Idempotency-Key": "one"})
        self.assertEqual(again.json["id"], first.json["id"])
        self.assertEqual(self.critical(self.applied(again, 201)), {})


class Closing(Verdicts):
    REASON = {"override": {"reason": "Bệnh nhân chuyển giới, giấy tờ đính kèm"}}

    def refuse(self, visit, **more):
        answer = self.staff.post(visit["path"] + "/close", {"result_code": "1", "outcome_code": "1", **more})
        self.assertEqual((answer.status, answer.json["code"]), (422, "visit.critical_findings"), answer)
        return answer.json

    def state(self, visit):
        return self.database.rows("select status, discharged_at is null as open from care.visit where visit_id = :'id'", id=visit["id"])[0]

    def kept(self):
        return self.database.rows("select rule, severity, state, claim_id is null as early, practitioner, department "
                                  "from claim.finding where severity = 'critical' order by finding_id")

    def test_a_critical_finding_is_refused_mended_and_closed(self):
        visit = self.examined()
        test = self.add(visit, "orders", {"code": "CTM", "status": "done", "machine_id": clinic.MACHINE,
                                          "ordered_at": "2026-08-03T07:50:00+07:00", "result_at": "2026-08-03T08:20:00+07:00"})
        self.assertFalse(self.verdict(visit)["may_close"])
        problem = self.refuse(visit, discharged_at="2026-08-03T09:00:00+07:00")
        self.assertEqual({e["pointer"]: e["code"] for e in problem["errors"]}, {f"/lines/order/{test['id']}": "X3-031"})
        self.assertIn("X3-031", self.critical(problem["verdict"]))
        self.assertEqual(self.state(visit), {"status": "arrived", "open": "t"}, "as it was before")
        self.assertEqual([(f["rule"], f["state"], f["early"]) for f in self.kept()], [("X3-031", "open", "t")])
        self.change(f"{visit['path']}/orders/{test['id']}", {"performer_ids": [clinic.TECHNICIAN]})
        self.assertTrue(self.verdict(visit)["may_close"])
        self.close_visit(visit, discharged_at="2026-08-03T09:00:00+07:00")
        self.assertEqual([f["state"] for f in self.kept()], ["adjusted"])
        kept = self.database.rows("select state, occasion, critical, refusals from claim.verdict")
        self.assertEqual(kept, [{"state": "passed", "occasion": "close", "critical": "0", "refusals": "1"}])

    def test_a_refused_stay_goes_on_in_its_bed(self):
        visit = self.admitted()
        self.add(visit, "diagnoses", {"role": "secondary", "icd_code": "C61", "made_at": "2026-08-25T10:00:00+07:00"})
        self.refuse(visit, discharged_at="2026-08-29T10:00:00+07:00", treatment="Nội khoa")  # a man's disease, a woman
        self.assertEqual(self.state(visit), {"status": "admitted", "open": "t"})
        self.assertEqual(self.database.value("select upper_inf(during) from care.movement"), "t")

    def test_somebody_who_may_answers_for_it_and_is_on_record(self):
        visit = self.examined(DELIVERY, patient_id=MAN)
        closing = {"result_code": "1", "outcome_code": "1", "discharged_at": "2026-08-03T09:00:00+07:00", **self.REASON}
        denied = self.sign_in("clinician").post(visit["path"] + "/close", closing)
        self.assertEqual((denied.status, denied.json["code"]), (403, "permission.denied"))
        self.assertEqual(self.state(visit)["open"], "t")
        short = self.sign_in("claims").post(visit["path"] + "/close", {**closing, "override": {"reason": "vì"}})
        self.assertEqual(self.faults(short), {"/override/reason": "value.too_short"})
        officer = self.sign_in("claims")
        closed = self.check(officer.post(visit["path"] + "/close", closing))
        self.assertEqual(closed["status"], "closed")
        (kept,) = self.database.rows("select rules, reason, created_by is not null as who, rule_set from claim.override")
        self.assertEqual((kept["rules"], kept["reason"], kept["who"]), ("{X1-090}", self.REASON["override"]["reason"], "t"))
        self.assertEqual(kept["rule_set"], self.verdict(visit)["rule_set"])
        logged = self.database.value("select count(*) from audit.change where table_name = 'claim.override' and op = 'I' and actor <> ''")
        self.assertEqual(logged, "1")
        again = self.verdict(visit)
        self.assertEqual((again["may_close"], [f["overridden"] for f in self.critical(again).values()]), (True, [True]))
        # what was answered for once lets the same visit pass again
        self.check(self.staff.post(visit["path"] + "/reopen", {"reason": "bổ sung"}))
        self.close_visit(visit)

    def test_no_role_but_the_claims_officer_overrides(self):
        visit = self.examined(DELIVERY, patient_id=MAN)
        for role in ("clinician", "cashier"):  # they may close
            answer = self.sign_in(role).post(visit["path"] + "/close", {"result_code": "1", "outcome_code": "1", **self.REASON})
            self.assertEqual(answer.status, 403, answer)

    def test_an_uninsured_visit_closes(self):
        visit = self.open(patient_id=clinic.UNINSURED, object_code="9", diagnoses=[{"role": "main", "icd_code": DELIVERY}])
        self.close_visit(visit)
        self.assertEqual(self.database.value("select count(*) from claim.verdict"), "0")

    def test_the_answer_can_bring_the_verdict(self):
        visit = self.examined()
        answer = self.staff.request("POST", visit["path"] + "/close", {"result_code": "1", "outcome_code": "1",
                                    "discharged_at": "2026-08-03T09:00:00+07:00"}, {"Prefer": "return=verdict"})
        self.assertEqual((answer.status, answer.json["status"], answer.json["verdict"]["critical"]), (200, "closed", 0))


class WhatIf(Verdicts):
    LINES = {"orders": [{"code": "SA"}, {"code": "CTM", "status": "ordered"}], "supplies": [{"code": "KIM", "quantity": 2}],
             "prescriptions": [{"lines": [{"code": "PARA", "dose": 1, "times_per_day": 2, "days": 5}]}]}

    def try_out(self, visit, body, status=200):
        return self.check(self.staff.post(visit["path"] + "/verdict", body), status)

    def everything(self):
        """All rows of what a draft could leave behind, and the counters of receipts and queues."""
        tables = ("care.visit", "care.service_order", "care.prescription", "care.prescription_line", "care.supply_use", "care.diagnosis",
                  "care.queue_counter", "care.queue_ticket", "bill.charge", "bill.payment", "bill.receipt_book", "bill.entry", "claim.check_in",
                  "claim.verdict", "claim.finding", "claim.claim", "job.queue", "audit.change", "audit.transition")
        return {t: self.database.rows(f"select to_jsonb(x) as row from {t} x order by 1") for t in tables}

    def test_lines_are_priced_and_judged_and_nothing_is_saved(self):
        visit = self.examined(room_id=clinic.ROOM)
        before = self.everything()
        answer = self.try_out(visit, self.LINES)
        # 36,500 + 58,600 + 47,500 + 2 x 15,000 + 10 x 250
        self.assertEqual(exact(answer["sums"]["hospital"]), [36500 + 58600 + 47500 + 30000 + 2500])
        self.assertEqual(sorted(exact(*(l["amount_hospital"] for l in answer["lines"]))), [2500, 30000, 47500, 58600])
        self.assertEqual({l["kind"] for l in answer["lines"]}, {"order", "prescription_line", "supply_use"})
        self.assertEqual(exact(*(l["copay_share"] for l in answer["lines"])), [0] * 4, "below 15 % of the base salary")
        self.assertEqual(self.everything(), before)
        self.assertEqual(exact(self.verdict(visit)["sums"]["hospital"]), [36500])

    def test_shares_are_those_that_saving_would_give(self):
        visit = self.open(kind_code="01", arrived_at="2026-08-03T07:30:00+07:00", diagnoses=[{"role": "main", "icd_code": "J02.9"}])
        body = {"orders": [{"code": "SA", "status": "done", "quantity": 10, "ordered_at": "2026-08-03T07:45:00+07:00"}]}
        tried = self.try_out(visit, body)
        self.add(visit, "orders", body["orders"][0])
        total = self.bill(visit)["total"]
        self.assertEqual(exact(tried["sums"]["fund"], tried["sums"]["copay"]), exact(total["fund_share"], total["copay_share"]))
        self.assertEqual(exact(tried["sums"]["copay"]), [586000 * 20 / 100], "above 15 % of the base salary the patient pays a fifth")

    def test_the_diagnosis_of_a_draft_takes_the_place_of_the_one_there_is(self):
        visit = self.examined(patient_id=MAN)
        tried = self.try_out(visit, {"diagnoses": [{"role": "main", "icd_code": DELIVERY}]})
        self.assertEqual(list(self.critical(tried)), ["X1-090"])
        self.assertEqual(self.critical(self.verdict(visit)), {})

    def test_bad_lines_are_named(self):
        visit = self.examined()
        answer = self.staff.post(visit["path"] + "/verdict", {"orders": [{"code": "NIX"}], "surprise": 1})
        self.assertEqual((answer.status, self.faults(answer)), (422, {"/surprise": "value.unknown_member"}))
        answer = self.staff.post(visit["path"] + "/verdict", {"orders": [{"code": "NIX"}]})
        self.assertEqual((answer.status, self.faults(answer)), (422, {"/orders/0/code": "reference.unknown"}))
        self.close_visit(visit, discharged_at="2026-08-03T09:00:00+07:00")
        self.assertEqual(self.staff.post(visit["path"] + "/verdict", {}).status, 409)

    def test_whoever_may_read_the_visit_may_ask(self):
        visit = self.examined()
        cashier = self.sign_in("cashier")
        asked = self.check(cashier.post(visit["path"] + "/verdict", {"orders": [{"code": "SA"}]}))
        self.assertEqual([line["item_code"] for line in asked["lines"]], [line["item_code"] for line in self.try_out(visit, {"orders": [{"code": "SA"}]})["lines"]])
        self.assertEqual(cashier.post(visit["path"] + "/orders", {"code": "SA"}).status, 403)

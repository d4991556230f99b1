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


class Draft(Verdicts):
    def test_what_comes_at_the_end_is_pending_and_not_critical(self):
        visit = self.open()
        verdict = self.verdict(visit)
        self.assertEqual((verdict["stage"], verdict["may_close"], self.critical(verdict)), ("open", True, {}))
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

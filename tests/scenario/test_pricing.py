"""A visit priced again gives the shares of a visit priced once: what the engine answered before is never its input."""

import clinic
import places
from clinic import Clinic, exact

DAY = "2026-08-21T"  # the day of example E11: consultations of one visit at 100, 30, 30 % of 36,500
PRICE, SECOND = 36500, 10950


class Consultations(Clinic):
    """Example E11's rule (Circular 39/2018 art. 5.3) on every path that prices a visit."""

    def consult(self, visit, hour):
        return self.add(visit, "orders", {"code": "KB", "status": "done", "ordered_at": f"{DAY}{hour:02d}:00:00+07:00"})

    def consultations(self, visit):
        """[hospital amount, rate, the rule that gave it] of the consultations of a bill."""
        lines = [l for l in self.bill(visit)["lines"] if l["group_code"] == 13]
        for l in lines:
            self.assertEqual(sum(exact(l["fund_share"], l["copay_share"], l["self_share"])), exact(l["amount_hospital"])[0])
        return [(*map(int, exact(l["amount_hospital"], l["rate_service"])),
                 [w["rule"] for w in l["why"] if w["rule"].startswith("consultation")]) for l in lines]

    def expect(self, visit, *amounts):
        wanted = [(amount, 100 if amount == PRICE else 30, [f"consultation.{i + 1}"]) for i, amount in enumerate(amounts)]
        self.assertEqual(self.consultations(visit), wanted)

    def walk(self, **who):
        visit = self.open(arrived_at=DAY + "08:00:00+07:00", diagnoses=[{"role": "main", "icd_code": "J02.9"}],
                          orders=[{"code": "KB", "status": "done", "ordered_at": DAY + "08:00:00+07:00"}], **who)
        self.expect(visit, PRICE)
        second = self.consult(visit, 9)
        self.expect(visit, PRICE, SECOND)
        self.add(visit, "orders", {"code": "SA", "status": "done", "ordered_at": DAY + "10:00:00+07:00"})
        self.expect(visit, PRICE, SECOND)
        self.close_visit(visit, discharged_at=DAY + "15:00:00+07:00", **clinic.DESPITE)
        self.expect(visit, PRICE, SECOND)
        self.check(self.staff.post(visit["path"] + "/reopen", {"reason": "bổ sung"}))
        self.consult(visit, 11)
        self.expect(visit, PRICE, SECOND, SECOND)
        self.change(f"{visit['path']}/orders/{second['id']}", {"status": "cancelled", "reason": "ghi nhầm"})
        self.expect(visit, PRICE, SECOND)
        return visit

    def test_of_the_insured(self):
        self.walk()

    def test_of_the_uninsured(self):
        visit = self.walk(patient_id=clinic.UNINSURED, object_code="9")
        bill = self.bill(visit)
        self.assertEqual(exact(bill["total"]["self_share"], bill["total"]["fund_share"]), [PRICE + SECOND + 58600, 0])

    def test_a_card_found_later_pays(self):
        """The shares are those of a visit that had its card from the start, and go back when it is taken off."""
        late = self.open(patient_id=clinic.UNINSURED, object_code="9", arrived_at=DAY + "08:00:00+07:00",
                         orders=[{"code": "KB", "status": "done"}, {"code": "RATIO", "status": "done"}])
        bare = self.bill(late)["total"]
        self.assertEqual(exact(bare["self_share"], bare["fund_share"]), [1036500, 0])
        self.database.rows("insert into reg.coverage (tenant_id, patient_id, card_no, registered_code, valid) values (1, :'p', "
                           "'DN4660000010041', '66001', '[2025-01-01,2028-01-01)')", p=clinic.UNINSURED)
        self.change(late["path"], {"object_code": "1.1"})
        lines = self.bill(late)["lines"]
        # above 15 % of 2,530,000: level 80; the second item is paid at 60 % of 1,000,000
        self.assertEqual([exact(l["fund_share"], l["copay_share"], l["self_share"]) for l in lines],
                         [[29200, 7300, 0], [480000, 120000, 400000]])
        self.change(late["path"], {"object_code": "9", "coverage_id": None})
        again = self.bill(late)["total"]
        self.assertEqual(exact(again["self_share"], again["fund_share"]), [1036500, 0])

    def test_a_ratio_comes_back_with_a_card_that_has_ratios(self):
        """Digit 1 is free of payment ratios (example E10); the visit's other card, digit 4, is not."""
        self.database.rows("update reg.coverage set card_no = 'TE1660000010001' where patient_id = :'p'", p=clinic.INSURED)
        visit = self.open(arrived_at=DAY + "08:00:00+07:00", orders=[{"code": "RATIO", "status": "done"}])
        self.assertEqual([exact(l["rate_insurance"], l["fund_share"]) for l in self.bill(visit)["lines"]], [[100, 1000000]])
        self.database.rows("update reg.coverage set card_no = 'DN4660000010001' where patient_id = :'p'", p=clinic.INSURED)
        self.consult(visit, 9)
        line = next(l for l in self.bill(visit)["lines"] if l["group_code"] == 9)
        self.assertEqual(exact(line["rate_insurance"], line["fund_share"]), [60, 480000])

    def setUp(self):
        super().setUp()
        self.database.rows(
            "insert into ref.local_service (tenant_id, code, service_code, name_vi, cost_group, payment_ratio) values "
            "(1, 'RATIO', '10.0001.0001', 'Dịch vụ có tỷ lệ', '9', 60); insert into ref.item_price (tenant_id, item_kind, item_code, "
            "valid, price_hospital) values (1, 'service', 'RATIO', '[2020-01-01,)', 1000000)")

    def test_a_payer_brings_its_own_prices(self):
        self.database.rows("update ref.item_price set object = 'fee', price_hospital = 50000 where item_code = 'KB'; insert into "
                           "ref.item_price (tenant_id, item_kind, item_code, object, valid, price_hospital) values "
                           "(1, 'service', 'KB', 'bhyt', '[2020-01-01,)', 36500)")
        visit = self.open(object_code="9", arrived_at=DAY + "08:00:00+07:00", orders=[{"code": "KB", "status": "done"}])
        self.assertEqual(exact(self.bill(visit)["total"]["self_share"]), [50000])
        self.change(visit["path"], {"object_code": "1.1"})
        self.assertEqual(exact(*(self.bill(visit)["total"][k] for k in ("amount_hospital", "fund_share"))), [PRICE, PRICE])
        self.database.rows("delete from ref.item_price where object = 'fee'")
        refused = self.staff.patch(visit["path"], {"object_code": "9", "coverage_id": None}, "*")
        self.assertEqual((refused.status, refused.json["code"], self.faults(refused)), (422, "charge.no_price", {"/coverage_id": "no_price"}))


class Stays(Clinic):
    """Stay beds of stations (Circular 39/2018 art. 4.5.b): half the bed named, at most 3 days, no consultation fee."""

    ARRIVED, DISCHARGED = "2026-08-21T08:00:00+07:00", "2026-08-26T09:00:00+07:00"

    def setUp(self):
        super().setUp()
        self.database.rows("insert into org.bed (tenant_id, facility_id, bed_id, department_id, code, service_code) values "
                           "(1, 11, 7001, 111, 'H901', 'BED2')")
        self.staff = self.sign_in(facility=places.STATION_A)

    def stay(self, **more):
        return self.open(kind_code="06", object_code="1.2", department_id=111, arrived_at=self.ARRIVED,
                         orders=[{"code": "KB", "status": "done", "ordered_at": self.ARRIVED}],
                         diagnoses=[{"role": "main", "icd_code": "J02.9"}], **more)

    def lines(self, visit):
        return [[l["group_code"], *exact(l["quantity"], l["price_hospital"], l["amount_hospital"], l["fund_share"])]
                for l in self.bill(visit)["lines"]]

    def test_a_stay_is_charged_by_itself(self):
        visit = self.stay()
        self.add(visit, "movements", {"department_id": 111, "bed_id": 7001, "entered_at": "2026-08-21T10:00:00+07:00"})
        self.assertEqual(self.lines(visit), [[13, 1, 36500, 36500, 36500]])
        self.close_visit(visit, discharged_at=self.DISCHARGED, **clinic.DESPITE)
        # 5 days, of which 3 are paid, at half of 175,000
        self.assertEqual(self.lines(visit), [[13, 1, 36500, 0, 0], [16, 3, 87500, 262500, 262500]])
        why = [w["rule"] for w in self.bill(visit)["lines"][0]["why"]]
        self.assertIn("stay_bed_consultation", why)
        claim = self.check(self.staff.get(visit["path"] + "/claim"))
        row = next(r for r in claim["XML3"] if r["MA_NHOM"] == "16")
        self.assertEqual(row["MA_GIUONG"], "H901")
        self.assertEqual(exact(*(row[k] for k in ("SO_LUONG", "DON_GIA_BV", "DON_GIA_BH", "TYLE_TT_DV", "T_BHTT"))),
                         [3, 87500, 87500, 100, 262500])
        self.assertEqual(exact(claim["XML1"][0]["SO_NGAY_DTRI"]), [6])

    def test_a_short_stay_pays_the_consultation(self):
        visit = self.stay()
        self.add(visit, "movements", {"department_id": 111, "bed_id": 7001, "entered_at": "2026-08-21T08:30:00+07:00"})
        self.close_visit(visit, discharged_at="2026-08-21T12:00:00+07:00", **clinic.DESPITE)
        self.assertEqual(self.lines(visit), [[13, 1, 36500, 36500, 36500]])

    def test_another_kind_of_visit_has_no_bed(self):
        visit = self.stay()
        self.add(visit, "movements", {"department_id": 111, "bed_id": 7001, "entered_at": "2026-08-21T10:00:00+07:00"})
        self.close_visit(visit, discharged_at=self.DISCHARGED, **clinic.DESPITE)
        self.check(self.staff.post(visit["path"] + "/reopen", {"reason": "ghi nhầm loại hình"}))
        self.change(visit["path"], {"kind_code": "01"})
        self.assertEqual(self.lines(visit), [[13, 1, 36500, 36500, 36500]])


class Transports(Clinic):
    """Example E38: 60 km each way at 0.2 l/km and 20,500 a litre."""

    def setUp(self):
        super().setUp()
        self.database.rows(
            "insert into ref.local_service (tenant_id, code, service_code, name_vi, unit_vi, cost_group) values "
            "(1, 'DO', 'XD01', 'Vận chuyển người bệnh', 'lít', '12'); insert into ref.item_price (tenant_id, item_kind, item_code, valid, "
            "price_hospital) values (1, 'service', 'DO', '[2020-01-01,)', 20500); "
            "update reg.coverage set card_no = 'HN2660000010001' where patient_id = 10001")

    def journey(self, **more):
        return {"code": "DO", "km": 60, "own_vehicle": True, "vehicle_no": "47A-123.45", "to_code": "66005",
                "left_at": "2026-09-21T11:00:00+07:00", **more}

    def visit(self, **more):
        return self.open(kind_code="03", arrived_at="2026-09-21T08:00:00+07:00", diagnoses=[{"role": "main", "icd_code": "J02.9"}], **more)

    def test_a_referral_is_charged_and_claimed(self):
        visit = self.visit()
        self.add(visit, "movements", {"department_id": clinic.MEDICAL, "entered_at": "2026-09-21T08:10:00+07:00"})
        self.add(visit, "transports", self.journey())
        line = self.bill(visit)["lines"][0]
        self.assertEqual(exact(line["quantity"], line["amount_hospital"], line["fund_share"]), [24, 492000, 492000])
        self.assertEqual([w["rule"] for w in line["why"]][:2], ["transport_litres", "transport_ways.own"])
        self.change(visit["path"], {"admission_reason": "Theo dõi"})
        home = self.staff.post(visit["path"] + "/close", {"result_code": "1", "outcome_code": "1", "treatment": "Nội khoa"})
        self.assertEqual(list(self.faults(home).values()), ["not_referred"])
        end = {"outcome_code": "2", "result_code": "4", "treatment": "Nội khoa", "discharged_at": "2026-09-21T11:30:00+07:00"}
        wrong = self.staff.post(visit["path"] + "/close", {**end, "referred_to_code": "66009"})
        self.assertEqual(list(self.faults(wrong).values()), ["other_destination"])
        self.close_visit(visit, **end, referred_to_code="66005")
        row = next(r for r in self.check(self.staff.get(visit["path"] + "/claim"))["XML3"] if r["MA_NHOM"] == "12")
        self.assertEqual({k: row[k] for k in ("MA_DICH_VU", "MA_XANG_DAU", "DON_VI_TINH")},
                         {"MA_DICH_VU": "VC.66005", "MA_XANG_DAU": "XD01", "DON_VI_TINH": "lít"})
        self.assertEqual(exact(*(row[k] for k in ("SO_LUONG", "DON_GIA_BV", "T_BHTT"))), [24, 20500, 492000])

    def test_a_journey_is_paid_once(self):
        first, second = self.visit(), self.visit(patient_id=10002)
        made = self.add(first, "transports", self.journey())
        again = self.staff.post(second["path"] + "/transports", self.journey(vehicle_no="47a12345"))
        self.assertEqual(self.faults(again), {"/vehicle_no": "journey_charged"})
        self.assertEqual(self.staff.delete(f"{first['path']}/transports/{made['id']}").status, 204)
        self.assertEqual(self.bill(first)["lines"], [])
        self.add(second, "transports", self.journey())

    def test_other_journeys_are_the_patients(self):
        visit = self.visit()
        self.add(visit, "transports", self.journey(purpose="other", own_vehicle=False))
        line = self.bill(visit)["lines"][0]
        self.assertEqual(exact(line["quantity"], line["self_share"], line["fund_share"]), [12, 246000, 0])

    def test_what_is_not_a_journey(self):
        visit = self.visit()
        bad = self.staff.post(visit["path"] + "/transports", self.journey(code="KB", vehicle_no="47?A-1", to_code="660",
                                                                         left_at="2026-09-20T11:00:00+07:00"))
        self.assertEqual(self.faults(bad), {"/code": "not_transport", "/vehicle_no": "value.malformed", "/to_code": "value.malformed",
                                            "/left_at": "before_arrival"})
        for km in (0, -1, 10001, "x"):
            self.assertIn("/km", self.faults(self.staff.post(visit["path"] + "/transports", self.journey(km=km))))

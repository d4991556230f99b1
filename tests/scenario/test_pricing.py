"""A visit priced again gives the shares of a visit priced once: what the engine answered before is never its input."""

import clinic
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
        self.close_visit(visit, discharged_at=DAY + "15:00:00+07:00")
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

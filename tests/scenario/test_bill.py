"""Bills through the API: the shares of the published examples, money in and out, receipts, and the daily report."""

import csv
import io
from decimal import Decimal

import clinic
import places
from clinic import Clinic, exact, together
from harness import ROOT

# Cases of tests/golden/benefit/examples.tsv whose facility, card and care can be entered through the API as they are.
CASES = ("E01", "E02", "E03", "E04", "E05", "E07", "E08", "E11", "E15", "E16", "E20", "E21", "E23", "E24", "E38", "E40")
FACILITIES = {"commune station (initial level)": clinic.STATION, "district centre (basic)": clinic.CENTRE,
              "former central hospital (specialised)": clinic.SPECIALISED}
SHARES = {"amount_hospital": "thanh_tien_bv", "amount_insurance": "thanh_tien_bh", "benefit_level": "muc_huong",
          "fund_share": "t_bhtt", "copay_share": "t_bncct", "self_share": "t_bntt", "other_share": "t_nguonkhac"}
ITEM = """
insert into ref.local_{kind} (tenant_id, code, {kind}_code, name_vi, unit_vi, cost_group, benefit_scope, payment_ratio)
values (1, :'code', :'code', :'code', 'cái', :'group', :'scope', :'ratio');
insert into ref.item_price (tenant_id, item_kind, item_code, valid, price_hospital, price_bhyt)
values (1, '{kind}', :'code', '[2020-01-01,)', :'hospital', :'insurance')
"""


def cases():
    with open(ROOT / "tests/golden/benefit/examples.tsv", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if r["case_id"] in CASES]
    return {c: [r for r in rows if r["case_id"] == c] for c in CASES}


class Examples(Clinic):
    def make_item(self, kind, row):
        code = f"{row['case_id']}-{row['line_no']}"
        self.database.rows(ITEM.format(kind=kind), code=code, group=row["ma_nhom"], scope=row["pham_vi"], ratio=row["tyle_tt_bh"],
                           hospital=row["don_gia_bv"], insurance=row["don_gia_bh"])
        return code

    def enter(self, client, visit, row, at):
        """Orders, prescribes or uses the item of one line."""
        quantity = Decimal(row["so_luong"])
        number = int(quantity) if quantity == int(quantity) else float(quantity)
        if row["table"] == "XML2":
            line = {"code": self.make_item("drug", row), "dose": 1, "times_per_day": 1, "days": 1, "quantity": number}
            return client.post(visit + "/prescriptions", {"prescribed_at": at, "lines": [line]})
        if row["ma_nhom"] in ("10", "11"):
            return client.post(visit + "/supplies", {"code": self.make_item("supply", row), "quantity": number, "used_at": at})
        order = {"code": self.make_item("service", row), "quantity": number, "ordered_at": at, "status": "done"}
        if row["ma_nhom"] in ("8", "18"):  # one operation: the rates of the others follow from who operated
            other = "other team" in row["item"]
            order.update(operation_no=1, performer_ids=[clinic.OTHER_DOCTOR if other else clinic.DOCTOR])
        return client.post(visit + "/orders", order)

    def support(self, client, path, row, bill_line):
        modes = {"individual": "individual", "facility": "facility", "arv": "arv"}
        money = {name: float(row[column] or 0) for name, column in (("state", "nk_nsnn"), ("foreign", "nk_vtnn"),
                 ("domestic", "nk_vttn"), ("rest", "nk_cl"))}
        if row["nk_mode"] in modes:
            body = {"mode": modes[row["nk_mode"]], **({} if row["nk_mode"] == "arv" else money)}
            self.check(client.put(f"{path}/charges/{bill_line['id']}/support", body, None))

    def run_case(self, number, rows, clients):
        lines = [r for r in rows if r["kind"] == "line"]
        head = lines[0]
        facility = FACILITIES[head["facility"]]
        card, patient = head["card"], clinic.UNINSURED + number
        if head["ma_doituong_kcb"] != "9":
            self.database.rows("insert into reg.coverage (tenant_id, patient_id, card_no, registered_code, valid) values (1, :'p', "
                               ":'card', '66001', '[2025-01-01,2028-01-01)')", p=patient, card=f"{card}66999{patient:07d}")
        client = clients[facility]
        opened = client.post("/v1/visits", {
            "patient_id": patient, "kind_code": head["ma_loai_kcb"], "object_code": head["ma_doituong_kcb"],
            "department_id": facility * 10, "practitioner_id": clinic.DOCTOR, "reason": "ví dụ",
            "arrived_at": f"{head['visit_date']}T08:00:00+07:00"})
        path = "/v1/visits/" + str(self.check(opened, 201)["id"])
        for i, row in enumerate(lines):
            self.check(self.enter(client, path, row, f"{head['visit_date']}T09:{i:02d}:00+07:00"), 201)
        for row, line in zip(lines, self.check(client.get(path + "/bill"))["lines"]):
            self.support(client, path, row, line)
        bill = self.check(client.get(path + "/bill"))
        self.assertEqual(len(bill["lines"]), len(lines))
        for row, line in zip(lines, bill["lines"]):
            got = {name: Decimal(line[name]) for name in SHARES}
            wanted = {name: Decimal(row[column]) for name, column in SHARES.items()}
            self.assertEqual(got, wanted, f"{row['case_id']} line {row['line_no']}")
            self.assertTrue(all(w["vi"] and w["en"] for w in line["why"]) and line["why"], line)
        total = next(r for r in rows if r["kind"] == "total")
        for name, column in SHARES.items():
            if name != "benefit_level":
                self.assertEqual(Decimal(bill["total"][name]), Decimal(total[column]), f"{total['case_id']} {name}")

    def test_bills_equal_the_examples(self):
        clients = {clinic.CENTRE: self.staff, clinic.STATION: self.sign_in(facility=places.STATION_A),
                   clinic.SPECIALISED: self.sign_in(facility="66009")}
        for number, (case, rows) in enumerate(cases().items()):
            with self.subTest(case):
                self.run_case(number, rows, clients)

    def test_the_year_limit_splits_a_line_and_joins_it_again(self):
        """Example E26's rule: what is left of 6 × base salary is co-payment, the rest is the fund's."""
        self.database.rows("update reg.coverage set five_year_on = '2024-01-01', paid_copay = 13960000, paid_copay_year = 2026 "
                           "where patient_id = 10001; insert into ref.item_price (tenant_id, item_kind, item_code, facility_id, valid, "
                           "price_hospital) values (1, 'service', 'SA', 10, '[2020-01-01,)', 1000000)")
        visit = self.open(arrived_at="2026-03-03T08:00:00+07:00")
        order = self.add(visit, "orders", {"code": "SA", "status": "done", "ordered_at": "2026-03-03T09:00:00+07:00"})
        lines = self.bill(visit)["lines"]
        # limit 6 × 2,340,000: 80,000 remain, which is the co-payment of 400,000 at 80 %
        self.assertEqual([exact(l["amount_hospital"], l["copay_share"], l["fund_share"]) for l in lines],
                         [[400000, 80000, 320000], [600000, 0, 600000]])
        self.assertEqual(sum(exact(*(l["quantity"] for l in lines))), 1)
        self.database.rows("update reg.coverage set paid_copay = 0 where patient_id = 10001")
        self.change(f"{visit['path']}/orders/{order['id']}", {"note": "ghi chú"})
        lines = self.bill(visit)["lines"]
        self.assertEqual([exact(l["quantity"], l["copay_share"], l["fund_share"]) for l in lines], [[1, 200000, 800000]])

    def test_a_new_rule_row_counts_from_the_next_pricing(self):
        visit = self.open(arrived_at="2026-08-03T08:00:00+07:00", orders=[{"code": "KB", "status": "done"}])
        self.assertEqual(exact(self.bill(visit)["lines"][0]["benefit_level"]), [100])
        self.database.rows("update ref.benefit_parameter set value = '0.001' where key = 'small_visit'")
        self.add(visit, "orders", {"code": "SA", "status": "done"})
        self.assertEqual(exact(self.bill(visit)["lines"][0]["benefit_level"]), [80])


class Money(Clinic):
    def visit(self, **more):
        """An uninsured consultation: 36,500 to pay."""
        return self.open(patient_id=clinic.UNINSURED, object_code="9", orders=[{"code": "KB", "status": "done"}],
                         diagnoses=[{"role": "main", "icd_code": "J02.9"}], **more)

    def balance(self):
        return {r["account_code"]: Decimal(r["sum"]) for r in self.database.rows(
            "select account_code, sum(amount) from bill.entry group by 1 having sum(amount) <> 0")}

    def test_payment_deposit_refund(self):
        visit = self.visit()
        self.pay(visit, 20000, noun="deposits")
        self.assertEqual(exact(self.bill(visit)["due"]), [16500])
        too_much = self.staff.post(visit["path"] + "/payments", {"amount": 16501, "method": "cash", "settlement_key": "t"})
        self.assertEqual(self.faults(too_much), {"/amount": "more_than_due"})
        paid = self.pay(visit, 16500)
        self.assertEqual(paid["receipt"]["number"], 2)
        self.close_visit(visit)
        self.assertEqual(self.balance(), {"cash": 36500, "revenue": -36500})
        back = {"method": "cash", "reason": "Thu nhầm", "settlement_key": "r1", "amount": 500}
        self.add(visit, f"payments/{paid['id']}/refunds", back)
        self.assertEqual(self.balance(), {"cash": 36000, "revenue": -36500, "patient": 500})
        rest = self.staff.post(f"{visit['path']}/payments/{paid['id']}/refunds", {**back, "amount": 16001, "settlement_key": "r2"})
        self.assertEqual(self.faults(rest), {"/amount": "more_than_paid"})
        receipts = self.check(self.staff.get(visit["path"] + "/receipts"))["receipts"]
        self.assertEqual([(r["kind"], r["number"]) for r in receipts], [("deposit", 1), ("payment", 2), ("refund", 1)])
        self.check(self.staff.post(visit["path"] + "/reopen", {"reason": "bổ sung"}))
        self.assertEqual(self.balance().get("revenue"), None)
        self.close_visit(visit)
        self.assertEqual(self.balance(), {"cash": 36000, "revenue": -36500, "patient": 500})

    def test_a_settlement_key_settles_once(self):
        visit = self.visit()
        answers = together(8, lambda i: self.new_client().post(visit["path"] + "/payments", {
            "amount": 36500, "method": "bank", "settlement_key": "order-77"}))
        self.assertEqual(sorted(a.status for a in answers), [201] + [409] * 7)
        self.assertEqual(self.balance(), {"bank": 36500, "patient": -36500})

    def new_client(self):
        client = self.hmisd.client()
        client.token = self.staff.token
        return client

    def test_receipts_have_no_gaps(self):
        visits = [self.visit() for _ in range(10)]

        def pay(i):
            # every fifth asks for too much and must leave no hole
            amount = 99999999 if i % 5 == 4 else 1000
            return self.new_client().post(visits[i % 10]["path"] + "/payments", {
                "amount": amount, "method": "cash", "settlement_key": f"k{i}"})

        answers = together(100, pay)
        numbers = [a.json["receipt"]["number"] for a in answers if a.status == 201]
        self.assertEqual(len(numbers), 80)
        self.assertEqual(sorted(numbers), list(range(1, 81)))

    def test_who_may_take_money(self):
        visit = self.visit()
        clinician = self.sign_in("clinician")
        self.assertEqual(clinician.get(visit["path"] + "/bill").status, 200)
        refused = clinician.post(visit["path"] + "/payments", {"amount": 1, "method": "cash", "settlement_key": "x"})
        self.assertEqual(refused.status, 403)


class Report(Clinic):
    def test_totals_are_the_detail_rows(self):
        day = "2026-08-04"
        for hour, patient in enumerate((10001, 10002, 10003)):
            visit = self.open(patient_id=patient, arrived_at=f"{day}T0{hour + 1}:00:00+07:00", orders=[{"code": "KB", "status": "done"}],
                              diagnoses=[{"role": "main", "icd_code": "J02.9"}])
            if hour == 0:
                self.close_visit(visit)
        self.open(patient_id=clinic.UNINSURED, object_code="9", arrived_at=f"{day}T23:30:00+07:00", orders=[{"code": "SA", "status": "done"}])
        station = self.sign_in(facility=places.STATION_A)
        self.check(station.post("/v1/visits", self.opening(department_id=110, object_code="1.2", arrived_at=f"{day}T06:00:00+07:00",
                                                           patient_id=10004, orders=[{"code": "KB", "status": "done"}])), 201)
        self.open(kind_code="03", arrived_at="2026-08-05T00:10:00+07:00", patient_id=10005)
        report = self.check(self.staff.get(f"/v1/reports/daily-activity?from={day}&to={day}"))
        total = report["total"]
        self.assertEqual({k: total[k] for k in ("visits", "insured", "uninsured", "inpatients", "closed")},
                         {"visits": 5, "insured": 4, "uninsured": 1, "inpatients": 0, "closed": 1})
        self.assertEqual(exact(total["amount_hospital"], total["self_share"], total["fund_share"]), [4 * 36500 + 58600, 58600, 4 * 36500])
        by_place = {f["facility"]: f["visits"] for f in report["facilities"]}
        self.assertEqual(by_place, {places.CENTRE: 5, places.STATION_A: 1})
        detail = self.database.rows(
            "select sum(amount_hospital) ah, sum(fund_share) fu, sum(copay_share) cp, sum(self_share) se from bill.charge c "
            "join care.visit v using (tenant_id, visit_id) where not c.is_void and v.arrived_on = :'day'", day=day)[0]
        self.assertEqual(exact(*(total[k] for k in ("amount_hospital", "fund_share", "copay_share", "self_share"))),
                         exact(*(detail[k] for k in ("ah", "fu", "cp", "se"))))
        answer = self.staff.get(f"/v1/reports/daily-activity?from={day}&to=2026-08-05&format=csv")
        self.assertEqual(answer.headers["content-type"], "text/csv; charset=utf-8")
        rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
        self.assertEqual(sum(int(r["visits"]) for r in rows), 6)
        self.assertEqual(sum(int(r["inpatients"]) for r in rows), 1)
        only = self.check(station.get(f"/v1/reports/daily-activity?from={day}&to={day}"))
        self.assertEqual(only["total"]["visits"], 1)
        self.assertEqual(station.get(f"/v1/reports/daily-activity?from={day}&to={day}&facility={places.CENTRE}").status, 404)
        self.assertEqual(self.staff.get(f"/v1/reports/daily-activity?from={day}&to=2026-08-01").status, 422)

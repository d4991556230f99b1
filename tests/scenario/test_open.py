"""Opening a visit is one transaction: who is answered 201 has a visit with its shares; an old copy of the rules or a visit
that the rules refuse costs nobody a line (decisions 0008, 0010)."""

import clinic
from clinic import Clinic, exact

LINES = [{"code": "KB", "status": "done"}, {"code": "SA", "status": "done"}]
PRICES = 36500 + 58600  # clinic.sql; below 15 % of the base salary, so the fund pays all (Decree 146/2018 art. 14.1.d)


class Opening(Clinic):
    def charges(self, visit):
        return self.database.rows("select c.fund_share, c.self_share, c.is_provisional, c.xmin = v.xmin as together, v.is_priced "
                                  "from bill.charge c join care.visit v using (tenant_id, visit_id) where visit_id = :'v'", v=visit["id"])

    def total(self, visit):
        total = self.bill(visit)["total"]
        return exact(total["fund_share"], total["self_share"])

    def test_the_charges_are_born_with_their_shares(self):
        self.open(orders=LINES)  # the worker reads the rules
        visit = self.open(orders=LINES, prescriptions=[{"lines": [{"code": "PARA", "dose": 1, "times_per_day": 2, "days": 3}]}],
                          supplies=[{"code": "KIM", "quantity": 2}])
        rows = self.charges(visit)
        self.assertEqual({(r["is_provisional"], r["together"], r["is_priced"]) for r in rows}, {("f", "t", "t")})
        self.assertEqual(sum(exact(*(r["fund_share"] for r in rows))), PRICES + 6 * 250 + 2 * 15000)
        lines = self.bill(visit)["lines"]
        self.assertEqual([l["source_kind"] for l in lines], ["order", "order", "prescription_line", "supply_use"])
        self.assertEqual(self.total(visit), [PRICES + 6 * 250 + 2 * 15000, 0])

    def test_no_line_no_price_needed(self):
        visit = self.open(orders=[{"code": "KB"}])
        self.assertEqual(self.database.value("select is_priced from care.visit where visit_id = :'v'", v=visit["id"]), "t")
        self.assertEqual(self.bill(visit)["lines"], [])

    def test_rules_that_changed_are_read_again(self):
        self.open(orders=LINES)
        self.database.rows("update ref.benefit_parameter set value = '0.001' where key = 'small_visit'")
        # level 80 of the cards of clinic.sql, now that 95,100 đ are above the limit
        self.assertEqual(self.total(self.open(orders=LINES)), [PRICES * 80 // 100, 0])

    def test_what_the_rules_refuse_keeps_its_lines(self):
        self.open(orders=LINES)
        self.database.rows("delete from ref.benefit_parameter where key = 'base_salary'")
        self.open(orders=LINES)  # reads the new rules, which know no base salary
        visit = self.open(orders=LINES)
        self.assertEqual([(r["is_provisional"], r["is_priced"]) for r in self.charges(visit)], [("t", "f")] * 2)
        self.assertEqual(self.staff.get(visit["path"] + "/bill").json["code"], "bill.not_priceable")

    def test_a_repeated_request_opens_once(self):
        for body in (self.opening(orders=LINES), self.opening(orders=LINES, patient_id=clinic.UNINSURED, object_code="9")):
            key = next(self.keys)
            first, again = (self.staff.post("/v1/visits", body, key=key) for _ in range(2))
            self.assertEqual((again.status, again.json), (201, first.json))
            self.assertEqual(len(self.charges(first.json)), 2)

    def test_an_absent_list_may_be_null(self):
        visit = self.open(orders=None, vitals=None, supplies=[], weight_kg=None)
        self.assertEqual(visit["order_ids"], [])

    def test_a_second_half_that_fails_leaves_nothing_and_is_tried_again(self):
        self.open(orders=LINES)
        self.database.rows("""
            create sequence public.tries;
            grant usage on sequence public.tries to public;
            create function public.refuse() returns trigger language plpgsql as $$ begin
                if nextval('public.tries') = 1 or new.item_code = '22.0120.1370' then
                    raise exception using errcode = '40001', message = 'made by the test';
                end if;
                return new;
            end $$;
            create trigger refuse before insert on bill.charge for each row execute function public.refuse()""")
        visit = self.open(orders=LINES)  # refused once
        self.assertEqual(self.total(visit), [PRICES, 0])
        answer = self.staff.post("/v1/visits", self.opening(orders=[{"code": "CTM", "status": "done", "machine_id": clinic.MACHINE}]))
        self.assertGreaterEqual(answer.status, 400)
        self.assertEqual(self.database.value("select count(*) from care.visit"), "2")
        self.open(orders=LINES)  # the connection serves on

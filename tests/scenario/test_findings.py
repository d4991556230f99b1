"""What the rules find over a month: held claims in a run, Pareto lists, feedback for a practitioner."""

import claims_kit
import places
import test_verdict


class Run(claims_kit.ClaimScenario):
    def setUp(self):
        super().setUp()
        self.open_gateway()
        self.open_jobs()
        self.claims = self.hmisd.client().login(places.account(self, self.database, "claims"))
        # a name with a digit: the gateway would refuse it (X1-002)
        self.bad = self.database.value("update reg.patient set full_name = full_name || ' 7' where patient_id = "
                                       "(select min(patient_id) from care.visit) returning patient_id")
        self.ma_lk = self.database.value("select ma_lk from care.visit where patient_id = :'id'", id=self.bad)

    def run_month(self):
        return self.finish_run(self.start_run())

    def funnel(self):
        return self.check(self.claims.get(f"/v1/claim-funnel?month={self.month[:7]}"))

    def test_a_critical_finding_keeps_a_claim_from_being_sent(self):
        run = self.run_month()
        self.assertEqual((run["built"], run["rejected"], run["queued"]), ("2", "1", "2"))
        self.until_states({"received": 2, "judged": 1})
        claim = self.check(self.claims.get(f"/v1/claims/{self.ma_lk}"))
        self.assertEqual((claim["state"], claim["held_by"], claim["versions"]), ("judged", ["X1-002"], []))
        self.assertEqual([(f["rule"], f["severity"], f["field"]) for f in claim["findings"] if f["severity"] == "critical"],
                         [("X1-002", "critical", "HO_TEN")])
        self.assertEqual((self.funnel()["held"], self.funnel()["received"]), (1, 2))
        (group,) = self.check(self.claims.get(f"/v1/claims/findings?month={self.month[:7]}&rule=X1-002"))["items"]
        self.assertEqual((group["ma_lk"], group["overridden"]), (self.ma_lk, False))
        # mended, the next run sends it
        self.database.rows("update reg.patient set full_name = regexp_replace(full_name, ' 7$', '') where patient_id = :'id'", id=self.bad)
        self.run_month()
        self.until_states({"received": 3})
        self.assertEqual(self.check(self.claims.get(f"/v1/claims/findings?month={self.month[:7]}&rule=X1-002"))["items"], [])

    def test_what_was_answered_for_at_the_close_is_sent(self):
        self.database.rows("insert into claim.override (tenant_id, facility_id, visit_id, rules, at_risk, rule_set, reason) select "
                           "tenant_id, facility_id, visit_id, '{X1-002}', 0, 'x', 'Tên đúng như giấy tờ' from care.visit where ma_lk = :'it'",
                           it=self.ma_lk)
        run = self.run_month()
        self.assertEqual((run["built"], run["rejected"]), ("3", "0"))
        self.until_states({"received": 3})
        claim = self.check(self.claims.get(f"/v1/claims/{self.ma_lk}"))
        self.assertEqual([o["rules"] for o in claim["overrides"]], [["X1-002"]])
        self.assertEqual(self.funnel()["overridden"], 1)


class Month(test_verdict.Verdicts):
    """Three visits with faults of two kinds, by two practitioners."""

    OTHER = {"practitioner_id": test_verdict.clinic.OTHER_DOCTOR}

    def setUp(self):
        super().setUp()
        self.claims = self.sign_in("claims")
        closing = {"discharged_at": "2026-08-03T09:00:00+07:00", **test_verdict.clinic.DESPITE}
        for patient, more in ((10002, {}), (10004, {}), (10006, self.OTHER)):
            visit = self.examined(test_verdict.DELIVERY, patient_id=patient, **more)
            if patient == 10004:
                self.add(visit, "orders", {"code": "CTM", "status": "done", "machine_id": test_verdict.clinic.MACHINE,
                                           "ordered_at": "2026-08-03T07:50:00+07:00", "result_at": "2026-08-03T08:20:00+07:00"})
            self.close_visit(visit, **closing)

    def report(self, **query):
        words = "&".join(f"{k}={v}" for k, v in {"month": "2026-08", **query}.items())
        return self.check(self.claims.get(f"/v1/claims/findings?{words}"))["items"]

    def test_the_list_adds_up_by_rule_department_and_practitioner(self):
        rules = {i["rule"]: i for i in self.report()}
        self.assertEqual((rules["X1-090"]["findings"], rules["X1-090"]["visits"], rules["X1-090"]["severity"]), (3, 3, "critical"))
        self.assertEqual((rules["X3-031"]["findings"], rules["X3-031"]["visits"]), (1, 1))
        shares = [float(i["cumulative"]) for i in self.report()]
        self.assertEqual((shares, shares[-1]), (sorted(shares), 100))
        doctors = {i["practitioner"]: i for i in self.report(by="practitioner")}
        self.assertEqual((doctors["001001/DL-CCHN"]["visits"], doctors["001002/DL-CCHN"]["visits"]), (2, 1))
        self.assertEqual(doctors["001001/DL-CCHN"]["name"], "Bác sĩ Một")
        self.assertEqual([i["department"] for i in self.report(by="department")], ["K01"])

    def test_a_practitioner_is_told_of_each(self):
        items = self.report(practitioner="001002/DL-CCHN")
        self.assertEqual({i["rule"] for i in items if i["severity"] == "critical"}, {"X1-090"})
        self.assertTrue(all(i["visit_id"] and i["message"] and i["overridden"] == (i["rule"] == "X1-090") for i in items if i["severity"] == "critical"))
        page = self.claims.get("/v1/claims/findings?month=2026-08&rule=X1-090&limit=2")
        first = self.check(page)["items"]
        link = page.headers["link"]
        rest = self.check(self.claims.get(link[1:link.index(">")]))["items"]
        self.assertEqual(len({i["id"] for i in first + rest}), 3)

    def test_another_tenant_and_role_see_nothing(self):
        other = self.sign_in("claims", places.OTHER_CENTRE, "T2")
        self.assertEqual(self.check(other.get("/v1/claims/findings?month=2026-08"))["items"], [])
        self.assertEqual(self.sign_in("clinician").get("/v1/claims/findings?month=2026-08").status, 403)

    def test_the_funnel_counts_what_was_let_pass(self):
        funnel = self.check(self.claims.get("/v1/claim-funnel?month=2026-08"))
        self.assertEqual((funnel["overridden"], funnel["refused_now"]), (3, 0))
        visit = self.examined(test_verdict.DELIVERY, patient_id=10008)
        self.assertEqual(self.staff.post(visit["path"] + "/close", {"result_code": "1", "outcome_code": "1",
                         "discharged_at": "2026-08-03T09:00:00+07:00"}).status, 422)
        funnel = self.check(self.claims.get("/v1/claim-funnel?month=2026-08"))
        self.assertEqual((funnel["refused_now"], funnel["refused_at_close"]), (1, 1))

"""Rules of a centre's own through the API: written, tried, switched with dates and reasons; nobody else is judged by them."""

import clinic
import harness
import places
import test_verdict
from clinic import exact

RULE = """rule TT-001 critical on XML3 field SO_LUONG
  when MA_NHOM = "13" and SO_LUONG > {most}
  vi "Khám quá nhiều: {{SO_LUONG}}" en "Too many consultations: {{SO_LUONG}}"
  fix "Sửa số lượng" "Correct the quantity"
  cite "Nội quy trung tâm" risk T_BHTT
  example outpatient
    set XML3[1].MA_NHOM = "13"
    set XML3[1].SO_LUONG = "9"
"""


class Rules(test_verdict.Verdicts):
    def setUp(self):
        super().setUp()
        self.admin = self.sign_in("admin")

    def write(self, most=2, status=201, client=None, **more):
        body = {"text": RULE.format(most=most), "from": "2026-01-01", **more}
        return self.check((client or self.admin).post("/v1/rules/TT-001/versions", body), status)

    def twice(self, **more):
        return self.examined(orders=[{"code": "KB", "status": "done", "quantity": 3, "ordered_at": "2026-08-03T07:45:00+07:00"}], **more)

    def switch(self, rule, state, first, last=None, status=201):
        body = {"state": state, "from": first, "reason": "Chờ làm rõ với giám định", **({"to": last} if last else {})}
        return self.check(self.admin.post(f"/v1/rules/{rule}/switches", body), status)


class Own(Rules):
    def test_a_rule_holds_from_the_next_request_on(self):
        visit = self.twice()
        before = self.verdict(visit)
        self.assertNotIn("TT-001", self.critical(before))
        made = self.write()
        self.assertEqual((made["version"], made["severity"], made["table"], made["from"], made["to"]), (1, "critical", "XML3", "2026-01-01", None))
        after = self.verdict(visit)
        found = self.critical(after)["TT-001"]
        self.assertEqual((found["message_en"], found["citation"], found["row"]), ("Too many consultations: 3.000", "Nội quy trung tâm", 1))
        self.assertEqual(exact(found["at_risk"], after["at_risk"]), [109500, 109500])
        self.assertNotEqual(before["rule_set"], after["rule_set"])

    def test_two_tenants_do_not_mix(self):
        self.write()
        visit = self.twice()
        self.assertIn("TT-001", self.critical(self.verdict(visit)))
        other = self.sign_in(clinic.TREATING, places.OTHER_CENTRE, "T2")
        body = self.opening(patient_id=20001, department_id=200, practitioner_id=2001, diagnoses=[{"role": "main", "icd_code": "J02.9"}],
                            orders=[{"code": "KB", "status": "done", "quantity": 3}])
        theirs = self.check(other.post("/v1/visits", body), 201)
        for _ in range(2):  # the same worker serves both, in turn
            verdict = self.check(other.get(f"/v1/visits/{theirs['id']}/verdict"))
            self.assertNotIn("TT-001", {f["rule"] for f in verdict["findings"]})
            self.assertIn("TT-001", self.critical(self.verdict(visit)))
        their_admin = self.sign_in("admin", places.OTHER_CENTRE, "T2")
        self.assertEqual(self.check(their_admin.get("/v1/rules?origin=own"))["rules"], [])
        self.assertEqual(their_admin.get("/v1/rules/TT-001").status, 404)

    def test_versions_follow_one_another_by_day_of_arrival(self):
        self.write(most=2)
        self.write(most=5, **{"from": "2026-08-10"})
        self.assertIn("TT-001", self.critical(self.verdict(self.twice())))  # arrived on 3 August
        later = self.open(arrived_at="2026-08-11T07:30:00+07:00", diagnoses=[{"role": "main", "icd_code": "J02.9"}],
                          orders=[{"code": "KB", "status": "done", "quantity": 3, "ordered_at": "2026-08-11T07:45:00+07:00"}])
        self.assertNotIn("TT-001", self.critical(self.verdict(later)))
        rule = self.check(self.admin.get("/v1/rules/TT-001"))
        self.assertEqual([(v["version"], v["from"], v["to"]) for v in rule["versions"]], [(1, "2026-01-01", "2026-08-09"), (2, "2026-08-10", None)])
        self.assertEqual((rule["origin"], rule["state"], rule["message_en"]), ("own", "on", "Too many consultations: {SO_LUONG}"))

    def test_a_faulty_text_is_refused_with_line_and_column(self):
        for text, line, column in ((RULE.format(most=2).replace("SO_LUONG >", "SO_LUNG >"), 2, 27), ("rule TT-001", 1, 12),
                                   (RULE.format(most=2) + RULE.format(most=3).replace("TT-001", "TT-002"), 9, 1)):
            answer = self.admin.post("/v1/rules/TT-001/versions", {"text": text})
            self.assertEqual((answer.status, answer.json["code"]), (422, "rule.not_compiled"), answer)
            error = answer.json["errors"][0]
            self.assertEqual((error["pointer"], error["line"], error["column"]), ("/text", line, column), answer)
        self.assertEqual(self.database.value("select count(*) from claim.rule_version"), "0")

    def test_an_example_that_does_not_trigger_is_refused(self):
        text = RULE.format(most=2).replace('"9"', '"1"')
        answer = self.admin.post("/v1/rules/TT-001/versions", {"text": text})
        self.assertEqual((answer.status, answer.json["code"]), (422, "rule.example_failed"), answer)

    def test_a_built_in_rule_is_not_rewritten(self):
        text = RULE.format(most=2).replace("TT-001", "X1-054")
        answer = self.admin.post("/v1/rules/X1-054/versions", {"text": text})
        self.assertEqual((answer.status, answer.json["code"]), (409, "rule.built_in"))

    def test_only_administrators_write_and_switch(self):
        for role in ("claims", "clinician", "cashier"):
            client = self.sign_in(role)
            self.assertEqual(client.post("/v1/rules/TT-001/versions", {"text": RULE.format(most=2)}).status, 403)
            self.assertEqual(client.post("/v1/rules/X1-054/switches", {"state": "off", "from": "2026-01-01", "reason": "vì sao"}).status, 403)

    def test_changes_are_on_record(self):
        self.write()
        self.switch("X1-090", "off", "2026-01-01")
        rows = self.database.rows("select table_name from audit.change where table_name in ('claim.rule_version', 'claim.rule_switch') order by 1")
        self.assertEqual([r["table_name"] for r in rows], ["claim.rule_switch", "claim.rule_version"])


class Switches(Rules):
    def test_off_shadow_and_on_by_day_of_arrival(self):
        man = self.examined(test_verdict.DELIVERY, patient_id=test_verdict.MAN)  # 3 August 2026
        self.assertIn("X1-090", self.critical(self.verdict(man)))
        self.switch("X1-090", "shadow", "2026-08-01", "2026-08-31")
        verdict = self.verdict(man)
        self.assertEqual((verdict["critical"], verdict["shadow"], verdict["may_close"]), (0, 1, True))
        self.switch("X1-090", "off", "2026-08-03", "2026-08-03")
        self.assertEqual([f for f in self.verdict(man)["findings"] if f["rule"] == "X1-090"], [])
        rule = self.check(self.admin.get("/v1/rules/X1-090"))
        # a later switch takes its days from the earlier one, which keeps both ends
        held = sorted((s["from"], s["to"], s["state"]) for s in rule["switches"])
        self.assertEqual(held, [("2026-08-01", "2026-08-02", "shadow"), ("2026-08-03", "2026-08-03", "off"), ("2026-08-04", "2026-08-31", "shadow")])
        self.switch("X1-090", "on", "2026-01-01")
        self.assertIn("X1-090", self.critical(self.verdict(man)))

    def test_what_cannot_be_switched(self):
        self.assertEqual(self.admin.post("/v1/rules/NIX/switches", {"state": "off", "from": "2026-01-01", "reason": "vì sao"}).status, 404)
        for body, pointer in (({"state": "off", "from": "2026-01-01"}, "/reason"), ({"state": "off", "reason": "vì sao"}, "/from"),
                              ({"state": "maybe", "from": "2026-01-01", "reason": "vì sao"}, "/state"),
                              ({"state": "off", "from": "2026-02-01", "to": "2026-01-01", "reason": "vì sao"}, "/to")):
            answer = self.admin.post("/v1/rules/X1-090/switches", body)
            self.assertEqual((answer.status, pointer in self.faults(answer)), (422, True), answer)

    def test_the_list_can_be_narrowed_and_paged(self):
        seen, path = [], "/v1/rules?limit=200"
        while path:
            page = self.admin.get(path)
            seen += [rule["id"] for rule in self.check(page)["rules"]]
            link = page.headers.get("link")
            path = link[1:link.index(">")] if link else None
        self.assertGreater(len(seen), 456, "every collected check is there")
        self.assertEqual(len(seen), len(set(seen)))
        for query, check in (("severity=critical", lambda r: r["severity"] == "critical"), ("table=XML3", lambda r: r["table"] == "XML3"),
                             ("state=off", lambda r: r["state"] == "off" and r["off_reason"])):
            rules = self.check(self.admin.get("/v1/rules?" + query))["rules"]
            self.assertTrue(rules and all(check(r) for r in rules), query)


class Preview(Rules):
    def setUp(self):
        super().setUp()
        self.hmisd.stop()
        config = {"server": {"jobs": 1}, "jobs": {"database_url": self.database.url("hmis_jobs")}}
        self.hmisd = self.service(self.database, config)
        self.staff = self.sign_in()
        self.admin = self.sign_in("admin")

    def test_a_rule_is_tried_on_the_months_before(self):
        for n, quantity in enumerate((1, 2, 3, 4)):
            visit = self.open(patient_id=10011 + n, arrived_at="2026-11-02T07:30:00+07:00", diagnoses=[{"role": "main", "icd_code": "J02.9"}],
                              orders=[{"code": "KB", "status": "done", "quantity": quantity, "ordered_at": "2026-11-02T07:45:00+07:00"}])
            self.close_visit(visit, discharged_at="2026-11-02T09:00:00+07:00", **clinic.DESPITE)
        asked = self.admin.post("/v1/rules/preview", {"text": RULE.format(most=2), "months": 3})
        self.assertEqual(self.check(asked, 202)["state"], "queued")
        where = asked.headers["location"]
        harness.until(lambda: self.check(self.admin.get(where))["state"] in ("done", "failed"), "end of the preview")
        done = self.check(self.admin.get(where))
        self.assertEqual((done["state"], done["total"], done["judged"], done["claims"], done["findings"]), ("done", 4, 4, 2, 2), done)
        # three and four consultations of 36,500 of which the fund pays all
        self.assertEqual(exact(done["at_risk"], done["fund"]), [7 * 36500, 7 * 36500])
        self.assertEqual({s["message"] for s in done["samples"]}, {"Khám quá nhiều: 3.000", "Khám quá nhiều: 4.000"})
        self.assertEqual(self.database.value("select count(*) from claim.rule_version"), "0", "a preview puts nothing in force")
        other = self.sign_in("admin", places.OTHER_CENTRE, "T2")
        self.assertEqual(other.get(where).status, 404)

    def test_a_faulty_text_is_not_queued(self):
        answer = self.admin.post("/v1/rules/preview", {"text": RULE.format(most=2).replace("SO_LUONG >", "SO_LUNG >")})
        self.assertEqual((answer.status, answer.json["code"]), (422, "rule.not_compiled"))
        for months in (0, 25, "x"):
            answer = self.admin.post("/v1/rules/preview", {"text": RULE.format(most=2), "months": months})
            self.assertEqual((answer.status, list(self.faults(answer))), (422, ["/months"]), answer)
        self.assertEqual(self.database.value("select count(*) from job.queue where kind = 'rule_preview'"), "0")

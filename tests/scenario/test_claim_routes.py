"""Claims through the API: a month from the wish to the receipts, as a claims officer sees it."""

import claims_kit
import harness
import places


class Routes(claims_kit.ClaimScenario):
    def setUp(self):
        super().setUp()
        self.open_gateway()
        self.open_jobs()
        self.claims = self.hmisd.client().login(places.account(self, self.database, "claims"))
        self.short_month = self.month[:7]

    def run_month(self):
        answer = self.claims.post("/v1/claim-runs", {"facility": self.facility, "month": self.short_month})
        self.check(answer, 202)
        where = answer.headers["location"]
        harness.until(lambda: self.check(self.claims.get(where))["state"] == "done", "end of the run")
        self.until_states({"received": self.visits})
        return self.check(self.claims.get(where))

    def listed(self, **query):
        words = "&".join(f"{k}={v}" for k, v in {"month": self.short_month, **query}.items())
        return self.claims.get(f"/v1/claims?{words}")

    def test_a_month_is_run_and_seen(self):
        run = self.run_month()
        self.assertEqual((run["total"], run["built"], run["rejected"], run["queued"]), (3, 3, 0, 3))
        items = self.check(self.listed(state="received"))["items"]
        self.assertEqual([i["state"] for i in items], ["received"] * 3)
        self.assertEqual(self.check(self.listed(state="draft"))["items"], [])
        claim = self.check(self.claims.get(f"/v1/claims/{items[0]['ma_lk']}"))
        self.assertEqual([t["outcome"] for t in claim["transmissions"]], ["received"])
        self.assertIn(claim["ma_giao_dich"], claim["transmissions"][0]["raw"])
        self.assertEqual([v["is_signed"] for v in claim["versions"]], [True])
        file = self.claims.get(claim["versions"][0]["file"])
        self.assertIn(b"<SignatureValue>", file.body)
        stored = self.gateway.client().request("GET", f"/admin/file?id={claim['ma_giao_dich']}",
                                               headers={"X-Admin-Key": self.gateway.admin_key})
        self.assertEqual(file.body, stored.body, "the gateway has what we keep, byte for byte")

    def test_the_funnel_narrows_as_rows_do(self):
        self.run_month()
        funnel = self.check(self.claims.get(f"/v1/claim-funnel?month={self.short_month}"))
        steps = ("visits", "closed", "insured_closed", "claims", "built", "signed", "sent", "received")
        self.assertEqual([funnel[step] for step in steps], [3] * 8)
        self.assertEqual(funnel["fund_claimed"], funnel["fund_received"])

    def test_lists_are_paged(self):
        self.run_month()
        first = self.listed(limit=2)
        self.assertEqual(len(self.check(first)["items"]), 2)
        link = first.headers["link"].split(">")[0].lstrip("<")
        rest = self.check(self.claims.get(link))["items"]
        self.assertEqual(len({i["ma_lk"] for i in self.check(first)["items"] + rest}), 3)

    def test_the_document_shows_what_would_be_built(self):
        visit = self.database.value("select min(visit_id) from care.visit")
        document = self.check(self.claims.get(f"/v1/visits/{visit}/claim"))
        fund = self.database.value("select sum(fund_share)::numeric from bill.charge where visit_id = :'id'", id=visit)
        self.assertEqual(float(document["XML1"][0]["T_BHTT"]), float(fund))
        self.assertEqual(len(document["XML2"]) + len(document["XML3"]), self.lines + 1)
        envelope = self.claims.get(f"/v1/visits/{visit}/claim.xml")
        self.assertEqual(envelope.headers["content-type"].split(";")[0], "application/xml")
        file = self.directory / "claim.xml"
        file.write_bytes(envelope.body)
        harness.run_tool([harness.binary("cli/hmis"), "claim", "check", "--structure", file], "hmis claim check")

    def test_a_second_wish_is_told_of_the_run_under_way(self):
        self.database.rows("insert into claim.run (tenant_id, facility_id, month, state) select tenant_id, facility_id, "
                           ":'month'::date, 'running' from org.facility where code = :'code'", month=self.month,
                           code=self.facility)
        answer = self.claims.post("/v1/claim-runs", {"facility": self.facility, "month": self.short_month})
        self.check(answer, 202)
        self.assertEqual(self.database.value("select count(*) from claim.run"), "1")

    def test_bad_wishes_name_their_field(self):
        for body, pointer in (({"facility": self.facility, "month": "2026-13"}, "/month"),
                              ({"facility": self.facility}, "/month"), ({"month": "2026-11"}, "/facility")):
            answer = self.claims.post("/v1/claim-runs", body)
            self.assertEqual(answer.status, 422, answer)
            self.assertIn(pointer, [e["pointer"] for e in answer.json["errors"]])
        self.assertEqual(self.claims.post("/v1/claim-runs", {"facility": "99999", "month": "2026-11"}).status, 404)

    def test_another_tenant_sees_nothing(self):
        self.run_month()
        ma_lk = self.database.value("select min(ma_lk) from claim.claim")
        visit = self.database.value("select min(visit_id) from care.visit")
        stranger = self.hmisd.client().login(
            places.account(self, self.database, "claims", places.OTHER_CENTRE, places.OTHER_TENANT))
        for path in (f"/v1/claims/{ma_lk}", f"/v1/claims/{ma_lk}/versions/1.xml", f"/v1/visits/{visit}/claim",
                     f"/v1/visits/{visit}/claim.xml"):
            self.assertEqual(stranger.get(path).status, 404, path)
        items = self.check(stranger.get(f"/v1/claims?month={self.short_month}"))["items"]
        self.assertEqual(items, [])

    def test_a_reconciliation_is_asked_for(self):
        self.database.rows("update care.visit set closed_at = now()")
        self.run_month()
        day = self.database.value("select sys.business_date(now())")
        self.check(self.claims.post("/v1/reconciliations", {"facility": self.facility, "day": day}), 202)
        where = f"/v1/reconciliations?from={day}&to={day}"
        harness.until(lambda: self.check(self.claims.get(where))["items"], "a comparison")
        (row,) = self.check(self.claims.get(where))["items"]
        self.assertEqual((row["closed"], row["received"], row["gateway"], row["is_balanced"]), (3, 3, 3, True), row)


class Export(claims_kit.ClaimScenario):
    """hmis claim export writes the same claims without a service."""

    def export(self, out, *more):
        command = [harness.binary("cli/hmis"), "claim", "export", "--database", self.database.url(), "--tenant",
                   places.TENANT, "--facility", self.facility, "--month", self.month[:7], "--out", out, *more]
        return harness.run_tool(command, "hmis claim export")

    def test_one_envelope_holds_the_month(self):
        out = self.directory / "month.xml"
        self.assertIn("3 claims written", self.export(out, "--unsigned"))
        harness.run_tool([harness.binary("cli/hmis"), "claim", "check", "--structure", out], "hmis claim check")
        self.assertIn(b"<SOLUONGHOSO>3</SOLUONGHOSO>", out.read_bytes())

    def test_an_archive_holds_each_claim(self):
        out = self.directory / "month.tar"
        self.export(out, "--key", self.key, "--cert", self.certificate)
        harness.run_tool(["tar", "-C", self.directory, "-xf", out], "tar")
        names = sorted(row["ma_lk"] for row in self.database.rows("select ma_lk from care.visit"))
        self.assertEqual(sorted(f.stem for f in self.directory.glob("66001-*.xml")), names)
        for name in names:
            harness.run_tool([harness.binary("cli/hmis"), "claim", "verify", "--cert", self.certificate,
                              self.directory / f"{name}.xml"], "hmis claim verify")

    def test_signed_claims_verify_elsewhere(self):
        out = self.new_directory("signed")
        self.export(out, "--key", self.key, "--cert", self.certificate, "--processes", "2")
        files = sorted(out.glob("*.xml"))
        self.assertEqual(len(files), 3)
        for file in files:
            harness.run_tool(["xmlsec1", "--verify", "--pubkey-cert-pem", self.certificate, file], "xmlsec1")


class Resending(claims_kit.ClaimScenario):
    """What the gateway returned is sent again, unchanged, only because a person says so (gateway API §4.4)."""

    def setUp(self):
        super().setUp()
        self.open_gateway()
        self.open_jobs()
        self.claims = self.hmisd.client().login(places.account(self, self.database, "claims"))

    def returned(self, code):
        self.set_faults({"path": "guiHoSoXml", "kind": "code", "code": int(code)})
        self.start_run()
        self.until_states({"returned": self.visits})
        self.set_faults()
        return [r["ma_lk"] for r in self.database.rows("select ma_lk from claim.claim order by 1")]

    def resend(self, ma_lk, status=202, reason="BHXH mở lại kỳ"):
        return self.check(self.claims.post(f"/v1/claims/{ma_lk}/resend", {"reason": reason}), status)

    def codes(self, ma_lk):
        return [t["code"] for t in self.check(self.claims.get(f"/v1/claims/{ma_lk}"))["transmissions"]]

    def test_a_closed_period_waits_for_a_decision(self):
        first, *others = self.returned("701")
        self.finish_run(self.start_run())
        self.assertEqual(self.states(), {"returned": 3}, "another run sends nothing that did not change")
        self.resend(first)
        self.until_states({"received": 1, "returned": 2})
        self.assertEqual(self.codes(first), ["701", "200"])
        claim = self.check(self.claims.get(f"/v1/claims/{first}"))
        self.assertEqual((len(claim["versions"]), [f["state"] for f in claim["findings"] if f["source"] == "gateway"]), (1, ["explained"]))
        self.assertEqual(self.database.value("select reason from audit.transition where machine = 'claim.claim' and "
                                             "from_state = 'returned'"), "BHXH mở lại kỳ")
        again = self.claims.post(f"/v1/claims/{first}/resend", {"reason": "lần nữa"})
        self.assertEqual((again.status, again.json["code"]), (409, "claim.received_already"))
        body = {"facility": self.facility, "month": self.month[:7], "code": "701", "reason": "BHXH mở lại kỳ"}
        self.assertEqual(self.check(self.claims.post("/v1/claim-resends", {**body, "code": "202"}), 202)["queued"], 0)
        self.assertEqual(self.check(self.claims.post("/v1/claim-resends", body), 202)["ma_lk"], others)
        self.until_states({"received": 3})
        self.assertEqual(self.check(self.claims.post("/v1/claim-resends", body), 202)["queued"], 0)
        self.assertEqual([self.codes(m) for m in others], [["701", "200"]] * 2)

    def test_stored_with_errors_is_tried_once_more(self):
        for ma_lk in self.returned("124"):
            self.assertEqual(self.codes(ma_lk), ["124", "124"])
        self.set_faults({"path": "guiHoSoXml", "kind": "code", "code": 124, "limit": 1})
        self.make_visits(1)
        self.start_run()
        self.until_states({"returned": 3, "received": 1})

    def test_wrong_data_is_not_tried_again(self):
        for ma_lk in self.returned("202"):
            self.assertEqual(self.codes(ma_lk), ["202"])

    def test_who_may_and_why(self):
        ma_lk = self.returned("701")[0]
        self.assertEqual(self.claims.post(f"/v1/claims/{ma_lk}/resend", {}).status, 422)
        self.assertEqual(self.claims.post("/v1/claims/none/resend", {"reason": "lý do"}).status, 404)
        cashier = self.hmisd.client().login(places.account(self, self.database, "cashier"))
        self.assertEqual(cashier.post(f"/v1/claims/{ma_lk}/resend", {"reason": "lý do"}).status, 403)
        elsewhere = self.hmisd.client().login(places.account(self, self.database, "claims", places.STATION_A))
        self.assertEqual(elsewhere.post(f"/v1/claims/{ma_lk}/resend", {"reason": "lý do"}).status, 404)

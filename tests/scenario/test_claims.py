"""A month's claims from closed visits to receipts, and what happens when something on the way fails."""

import hashlib

import claims_kit
import harness

class Month(claims_kit.ClaimScenario):
    def test_a_month_is_built_signed_sent_and_received(self):
        self.open_gateway()
        self.open_jobs()
        run = self.finish_run(self.start_run())
        self.assertEqual((run["state"], run["total"], run["built"], run["rejected"], run["queued"]),
                         ("done", "3", "3", "0", "3"))
        self.until_states({"received": 3})
        receipts = self.admin("GET", "/admin/receipts")
        self.assertEqual(len([r for r in receipts if not r["replaced"]]), 3)
        ours = self.database.rows("select ma_giao_dich, fund_share from claim.claim order by ma_giao_dich")
        self.assertEqual([(r["id"], r["fund"]) for r in sorted(receipts, key=lambda r: r["id"])],
                         [(c["ma_giao_dich"], c["fund_share"].rstrip("0").rstrip(".")) for c in ours])

    def test_another_tool_verifies_what_the_gateway_stored(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        self.until_states({"received": 3})
        for number, receipt in enumerate(self.admin("GET", "/admin/receipts")):
            client = self.gateway.client()
            answer = client.request("GET", f"/admin/file?id={receipt['id']}", headers={"X-Admin-Key": self.gateway.admin_key})
            file = self.directory / f"{number}.xml"
            file.write_bytes(answer.body)
            harness.run_tool(["xmlsec1", "--verify", "--pubkey-cert-pem", self.certificate, file], "xmlsec1")

    def test_a_second_run_finds_nothing_to_do(self):
        self.open_gateway()
        self.open_jobs()
        self.finish_run(self.start_run())
        self.until_states({"received": 3})
        run = self.finish_run(self.start_run())
        self.assertEqual((run["state"], run["total"]), ("done", "0"))
        self.assertEqual(len(self.admin("GET", "/admin/receipts")), 3)

    def test_without_gateway_claims_are_signed_and_wait(self):
        self.open_jobs()
        run = self.finish_run(self.start_run())
        self.assertEqual((run["state"], run["built"]), ("done", "3"))
        self.assertEqual(self.states(), {"signed": 3})

    def test_without_signer_claims_are_built_and_not_sent(self):
        config = self.jobs_config()
        config["signer"]["socket"] = ""
        self.service(self.database, config)
        run = self.finish_run(self.start_run())
        self.assertEqual((run["built"], run["queued"]), ("3", "0"))
        self.assertEqual(self.states(), {"built": 3})
        again = self.finish_run(self.start_run())
        self.assertEqual((again["built"], self.database.value("select max(version_no) from claim.version")), ("3", "1"))

    def test_a_claim_with_faults_is_not_sent_and_says_why(self):
        self.open_gateway()
        self.database.rows("update care.diagnosis set role = 'secondary' where diagnosis_id = (select min(diagnosis_id) "
                           "from care.diagnosis where role = 'main')")
        self.open_jobs()
        run = self.finish_run(self.start_run())
        self.assertEqual((run["built"], run["rejected"]), ("2", "1"))
        self.until_states({"received": 2, "judged": 1})
        fields = self.database.rows("select field from claim.finding where severity = 'critical'")
        self.assertIn("MA_BENH_CHINH", [row["field"] for row in fields])


class Correction(claims_kit.ClaimScenario):
    visits = 1

    def reopen(self):
        """Opens the visit again and draws its claim back, as POST /v1/visits/{id}/reopen does."""
        self.database.rows("select set_config('hmis.reason', 'correction', true); update claim.claim set state = 'draft'")

    def test_a_corrected_claim_replaces_the_first(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        self.until_states({"received": 1})
        self.reopen()
        self.database.rows("update care.visit set remark = 'Đã bổ sung'")
        self.start_run()
        self.until_states({"received": 1})
        receipts = self.admin("GET", "/admin/receipts")
        self.assertEqual([r["replaced"] for r in receipts], [True, False])
        versions = self.database.rows("select version_no, reason from claim.version order by 1")
        self.assertEqual([(v["version_no"], v["reason"]) for v in versions], [("1", "first"), ("2", "reopened")])

    def test_a_reopened_claim_without_change_is_not_sent_again(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        self.until_states({"received": 1})
        self.reopen()
        self.finish_run(self.start_run())
        self.assertEqual(self.states(), {"received": 1})
        self.assertEqual(len(self.admin("GET", "/admin/receipts")), 1)

    def test_a_refused_account_holds_its_queue(self):
        other = claims_kit.make_certificate(self.directory, "other")[1]
        self.gateway = self.vss({claims_kit.ACCOUNT: ["66999"]}, {claims_kit.ACCOUNT: other})
        self.open_jobs()
        self.start_run()
        harness.until(lambda: self.database.rows("select 1 from claim.transmission where outcome = 'alarm'"), "alarm")
        held = harness.until(lambda: self.database.rows(
            "select attempts, run_at > now() + interval '50 minutes' as held from job.queue where kind = 'claim_send' "
            "and state = 'ready'"), "held queue")
        self.assertEqual(held, [{"attempts": "0", "held": "t"}])
        self.assertEqual(self.states(), {"sent": 1})


class Faults(claims_kit.ClaimScenario):
    """Whatever the gateway does, each claim ends received, and the gateway has exactly one live receipt of it."""

    visits = 4

    def strike(self, kind, **more):
        self.open_gateway()
        self.set_faults({"path": "guiHoSoXml", "kind": kind, "every": 2, "limit": 3, **more})
        service = self.open_jobs()
        self.start_run()
        self.until_states({"received": 4})
        state = self.admin("GET", "/admin/state")
        self.assertGreater(state["faults"][0]["done"], 0, "the fault never struck")
        receipts = self.admin("GET", "/admin/receipts")
        live = [r for r in receipts if not r["replaced"]]
        self.assertEqual(sorted(r["ma_lk"] for r in live),
                         sorted(row["ma_lk"] for row in self.database.rows("select ma_lk from claim.claim")))
        return service

    def test_delay(self):
        self.strike("delay", ms=4000)

    def test_drop_before(self):
        self.strike("drop_before")

    def test_drop_after(self):
        self.strike("drop_after")

    def test_duplicate_answer(self):
        self.strike("duplicate_answer")
        ids = self.database.value("select count(distinct ma_giao_dich) from claim.claim")
        self.assertEqual(ids, "4", "a receipt that belongs to another claim counts for nothing")

    def test_http_500(self):
        self.strike("http_500")

    def test_code_500(self):
        self.strike("code_500")

    def test_expired_token(self):
        self.strike("expired_token")

    def test_maintenance(self):
        self.strike("maintenance")

    def test_garbage(self):
        self.strike("garbage")

    def test_raw_replies_are_kept(self):
        self.strike("garbage")
        kept = self.database.rows("select outcome, raw from claim.transmission where outcome = 'unknown'")
        self.assertTrue(all(row["raw"] for row in kept) and kept)

    def test_secrets_are_not_logged(self):
        service = self.strike("expired_token")
        log = service.log.read_text(encoding="utf-8")
        password = self.gateway.passwords[claims_kit.ACCOUNT]
        self.assertNotIn(password, log)
        self.assertNotIn(hashlib.md5(password.encode()).hexdigest(), log)


if __name__ == "__main__":
    import unittest
    unittest.main()

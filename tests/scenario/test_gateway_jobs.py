"""What the jobs process asks and tells the gateway besides claims, and what survives when processes are killed."""

import os
import signal
import time

import claims_kit
import harness
import places

CARD = "GD4660199900001"
CARDS = ("card_no\tcitizen_id\tfull_name\tborn\tsex\tregistered\tvalid_from\tvalid_to\tresult\n"
         f"{CARD}\t999190009999\tTrần Văn Thẻ\t19800102\t1\t66001\t20200101\t20291231\t000\n"
         "GD4660199900010\t999190009998\tLê Văn Hết\t19800102\t1\t66001\t20100101\t20151231\t010\n")


class Asking(claims_kit.ClaimScenario):
    visits = 1

    def open_gateway(self, options=()):
        cards = self.directory / "cards.tsv"
        cards.write_text(CARDS, encoding="utf-8")
        return super().open_gateway(("--cards", cards, *options))

    def ask(self, card, name, born="02/01/1980"):
        """Queues a question about a card for a visit that is open; the question's id."""
        return self.database.value(
            "with v as (select * from care.visit limit 1), k as (insert into reg.coverage_check (tenant_id, facility_id, "
            "visit_id, card_key, full_name, born_text) select tenant_id, facility_id, visit_id, :'card', :'name', :'born' "
            "from v returning *) insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload) select tenant_id, "
            "facility_id, 'coverage_check', coverage_check_id::text, jsonb_build_object('coverage_check_id', "
            "coverage_check_id) from k returning payload ->> 'coverage_check_id'", card=card, name=name, born=born)

    def check_of(self, question):
        (row,) = self.database.rows("select state, result_code, verdict, answer ->> 'maThe' as card from "
                                    "reg.coverage_check where coverage_check_id = :'id'", id=question)
        return row

    def answered(self, question):
        harness.until(lambda: self.check_of(question)["state"] == "answered", "an answer about the card")
        return self.check_of(question)

    def test_a_good_card_is_ok(self):
        self.open_gateway()
        self.open_jobs()
        self.assertEqual(self.answered(self.ask(CARD, "Trần Văn Thẻ")),
                         {"state": "answered", "result_code": "000", "verdict": "ok", "card": CARD})

    def test_reception_waits_for_the_answer(self):
        """?wait= answers when the gateway has, at the latest after the seconds asked for; nobody polls."""
        self.database.rows("update reg.coverage set card_no = :'card'; update reg.patient set full_name = 'Trần Văn Thẻ', "
                           "born_on = '1980-01-02'", card=CARD)
        self.open_gateway()
        self.open_jobs()
        client = self.hmisd.client().login(places.account(self, self.database, "registrar", self.facility))

        def ask(wait):
            body = {"card": CARD, "full_name": "Trần Văn Thẻ", "born": "02/01/1980"}
            where = client.post("/v1/coverage-checks", body).headers["location"]
            since = time.monotonic()
            answer = self.check(client.get(f"{where}?wait={wait}"))
            return answer["state"], time.monotonic() - since

        self.set_faults({"path": "KQNhanLichSuKCB", "kind": "delay", "ms": 1500})
        state, took = ask(20)
        self.assertEqual(state, "answered")
        self.assertLess(took, 15)
        self.set_faults({"path": "KQNhanLichSuKCB", "kind": "delay", "ms": 2800})
        state, took = ask(1)
        self.assertEqual(state, "asked")
        self.assertGreaterEqual(took, 0.9)
        self.assertEqual(ask(0)[0], "asked", "without waiting at once")
        self.set_faults({"path": "KQNhanLichSuKCB", "kind": "drop_before"})
        self.assertEqual(ask(20)[0], "not_checked", "a gateway that is down is an answer too")
        for wrong in ("21", "-1", "x"):
            self.assertEqual(client.get(f"/v1/coverage-checks/1?wait={wrong}").status, 422)

    def test_an_expired_card_is_rejected_and_a_wrong_name_asked_again(self):
        self.open_gateway()
        self.open_jobs()
        self.assertEqual(self.answered(self.ask("GD4660199900010", "Lê Văn Hết"))["verdict"], "reject")
        self.assertEqual(self.answered(self.ask(CARD, "Trần Văn Khác"))["verdict"], "ask_again")

    def test_while_the_gateway_is_down_a_card_is_not_checked_and_later_it_is(self):
        self.open_gateway()
        self.set_faults({"path": "KQNhanLichSuKCB", "kind": "drop_before"})
        self.open_jobs()
        question = self.ask(CARD, "Trần Văn Thẻ")
        harness.until(lambda: self.check_of(question)["state"] == "not_checked", "not checked")
        self.set_faults()
        self.assertEqual(self.answered(question)["verdict"], "ok")

    def check_in(self, object_code="1.1"):
        """Queues the check-in of the visit as its first cost does; its id."""
        self.database.rows("update care.visit set object_code = :'code'", code=object_code)
        return self.database.value(
            "with i as (insert into claim.check_in (tenant_id, facility_id, visit_id, occasion, charge_id) select tenant_id, "
            "facility_id, visit_id, 'first_cost', min(charge_id) from bill.charge group by 1, 2, 3 returning *) insert into "
            "job.queue (tenant_id, facility_id, kind, dedup_key, payload) select tenant_id, facility_id, 'check_in_send', "
            "check_in_id::text, jsonb_build_object('check_in_id', check_in_id) from i returning payload ->> 'check_in_id'")

    def check_in_state(self, check_in):
        return self.database.value("select state from claim.check_in where check_in_id = :'id'", id=check_in)

    def test_a_check_in_is_signed_and_received_once(self):
        self.open_gateway()
        self.set_faults({"path": "checkInKcb", "kind": "http_500", "limit": 2})
        self.open_jobs()
        check_in = self.check_in()
        harness.until(lambda: self.check_in_state(check_in) == "received", "receipt of the check-in")
        self.assertEqual(self.admin("GET", "/admin/state")["check_ins"], 1)

    def test_an_emergency_needs_no_check_in(self):
        self.open_gateway()
        self.open_jobs()
        check_in = self.check_in("2")
        harness.until(lambda: self.check_in_state(check_in) == "given_up", "check-in left")
        self.assertEqual(self.admin("GET", "/admin/state")["check_ins"], 0)


class Reconciliation(claims_kit.ClaimScenario):
    def reconcile(self):
        """Compares today at the centre; the row made."""
        before = self.database.value("select count(*) from claim.reconciliation")
        self.database.rows("insert into job.queue (tenant_id, facility_id, kind, payload) select tenant_id, facility_id, "
                           "'reconcile', jsonb_build_object('facility_id', facility_id, 'day', sys.business_date(now())) "
                           "from org.facility where code = :'code'", code=self.facility)
        harness.until(lambda: self.database.value("select count(*) from claim.reconciliation") > before, "a comparison")
        (row,) = self.database.rows("select *, (select string_agg(d ->> 'what', ' ' order by d ->> 'what') from "
                                    "jsonb_array_elements(differences) d) as what from claim.reconciliation "
                                    "order by reconciliation_id desc limit 1")
        return row

    def setUp(self):
        super().setUp()
        self.database.rows("update care.visit set closed_at = now()")

    def test_a_day_with_everything_received_is_balanced(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        self.until_states({"received": 3})
        row = self.reconcile()
        self.assertEqual((row["is_balanced"], row["closed_count"], row["received_count"], row["gateway_count"],
                          row["gateway_amount"]), ("t", "3", "3", "3", row["received_amount"]), row)

    def test_seeded_differences_are_found(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        self.until_states({"received": 3})
        self.make_visits(1)  # closed and never sent
        self.database.rows("update care.visit set closed_at = now() where status = 'closed'")
        self.database.rows("update claim.transmission set ma_giao_dich = 'X1' where ma_giao_dich = (select min(ma_giao_dich) "
                           "from claim.claim); update claim.claim set ma_giao_dich = 'X1' where ma_giao_dich = (select "
                           "min(ma_giao_dich) from claim.claim)")  # a receipt the gateway does not know
        row = self.reconcile()
        self.assertEqual(row["is_balanced"], "f")
        self.assertEqual(row["what"], "closed_not_sent missing_at_gateway unknown_to_us")

    def run_daily(self):
        """The daily job over all facilities; the days it compared at the centre."""
        before = self.database.value("select coalesce(max(reconciliation_id), 0) from claim.reconciliation")
        job = self.database.value("insert into job.queue (tenant_id, kind) select tenant_id, 'reconcile' from org.tenant where "
                                  "code = 'T1' returning queue_id")
        harness.until(lambda: self.database.value("select state from job.queue where queue_id = :'id'", id=job) == "done", "the daily job")
        return {r["on_date"]: r for r in self.database.rows(
            "select r.*, sys.business_date(now()) - on_date as age from claim.reconciliation r join org.facility f using (tenant_id, "
            "facility_id) where f.code = :'code' and reconciliation_id > :'before' order by on_date", code=self.facility, before=before)}

    def test_late_answers_are_compared_however_old_the_day(self):
        self.database.rows("update care.visit set closed_at = now() - interval '40 days'")
        old = self.database.value("select sys.business_date(now() - interval '40 days')")
        self.open_gateway()
        self.open_jobs()
        first = self.run_daily()
        self.assertEqual([r["age"] for r in first.values()], ["40", "2", "1", "0"], "the window, and the day that never was compared")
        self.assertEqual((first[old]["is_balanced"], first[old]["closed_count"], first[old]["received_count"]), ("f", "3", "0"))
        self.assertNotIn(old, self.run_daily(), "nothing changed since")
        self.start_run()
        self.until_states({"received": 3})
        late = self.run_daily()
        self.assertEqual((late[old]["is_balanced"], late[old]["received_count"]), ("t", "3"))
        self.assertNotIn(old, self.run_daily())

    def test_the_window_is_a_dated_setting(self):
        self.database.rows("update ref.parameter set valid = '(,2026-01-01)' where key = 'reconcile_days'; insert into ref.parameter "
                           "(key, valid, value, source, certainty) values ('reconcile_days', '[2026-01-01,)', '5', 'own', 'unverified')")
        self.database.rows("update claim.claim set updated_at = now() - interval '1 year'; update care.visit set closed_at = now()")
        self.open_jobs()
        self.assertEqual([r["age"] for r in self.run_daily().values()], ["4", "3", "2", "1", "0"])

    def test_without_gateway_our_own_rows_are_compared(self):
        self.open_jobs()
        self.finish_run(self.start_run())
        row = self.reconcile()
        self.assertEqual((row["gateway_count"], row["is_balanced"], row["what"]),
                         (None, "f", "closed_not_sent closed_not_sent closed_not_sent"))


class Killed(claims_kit.ClaimScenario):
    """A process killed in the middle of a month's run loses nothing and sends nothing twice."""

    visits = 250

    def processes(self, role):
        """Pids of hmisd's children of that role, by their log lines."""
        lines = [line for line in self.hmisd.log.read_text(encoding="utf-8").splitlines()
                 if f"event=start role={role} " in line]
        return [int(line.rsplit("pid=", 1)[1]) for line in lines]

    def kill(self, role):
        os.kill(self.processes(role)[-1], signal.SIGKILL)

    def audit(self):
        self.until_states({"received": self.visits}, 60)
        receipts = self.admin("GET", "/admin/receipts")
        live = [r["ma_lk"] for r in receipts if not r["replaced"]]
        self.assertEqual(len(live), self.visits)
        self.assertEqual(len(set(live)), self.visits)
        twice = self.database.value("select count(*) from (select claim_id from claim.transmission where outcome = "
                                    "'received' group by claim_id, version_no having count(*) > 1) x")
        self.assertEqual(twice, "0")
        self.assertEqual(self.database.value("select max(version_no) from claim.version"), "1")

    def some_received(self, least):
        return lambda: self.states().get("received", 0) >= least

    def test_the_jobs_process(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        for least in (5, 100, 180):
            harness.until(self.some_received(least), "progress")
            self.kill("jobs")
        self.audit()  # well within the lease of 2 minutes: the next process takes over at once

    def test_a_connection_lost_at_the_end_of_jobs(self):
        """What was taken or ended in a transaction that the database lost is run again by the same process at once."""
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        for least in (5, 100, 180):
            harness.until(self.some_received(least), "progress")
            self.database.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hmis_jobs'")
        self.audit()

    def test_two_jobs_processes_share_and_inherit(self):
        """One of two is killed: the other, or its successor, goes on with its jobs; none is run by two at a time."""
        self.open_gateway()
        self.service(self.database, self.jobs_config())
        self.open_jobs()
        self.start_run()
        harness.until(self.some_received(20), "progress")
        self.kill("jobs")
        self.audit()
        twice = self.database.value(
            "select count(*) from claim.transmission a join claim.transmission b on b.claim_id = a.claim_id and "
            "b.transmission_id > a.transmission_id where b.started_at < a.finished_at")
        self.assertEqual(twice, "0", "two attempts at a time")

    def test_the_signer(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        self.kill("signer")
        harness.until(self.some_received(20), "progress")
        self.kill("signer")
        self.audit()

    def test_the_gateway(self):
        self.open_gateway()
        self.open_jobs()
        self.start_run()
        harness.until(self.some_received(20), "progress")
        address = self.gateway.url.removeprefix("http://")
        self.gateway.kill()
        time.sleep(0.5)
        self.gateway.ready_file.unlink()
        self.gateway.command += ["--listen", address]
        self.gateway.start()
        self.audit()

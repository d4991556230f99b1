"""`hmis demo load`: the synthetic district keeps the promises that its figures, claims and benches stand on."""

import subprocess

import claims_kit
import harness

UNTIL = "2026-11-20"
SHARES = ("source_kind, split_no, item_code, group_code, quantity, price_applied, rate_service_applied, rate_insurance, "
          "amount_hospital, amount_insurance, benefit_level, fund_share, copay_share, self_share, other_share, rules_applied, "
          "dose_text, practitioner_codes, performer_codes, machine_code, bed_codes, procedure_codes, ordered_at, performed_at, "
          "result_at, coverage_id, department_id, scope_listed, rate_insurance_listed")
MISTAKE = "v.referred_from_code !~ '^[0-9]{5}$'"


def load(database, *more, seed=7, visits=60, days=8):
    command = [harness.binary("cli/hmis"), "demo", "load", "--database", database.url(), "--seed", str(seed), "--stations", "2",
               "--days", str(days), "--visits-per-day", str(visits), "--until", UNTIL, "--errors", "5", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=harness.clean_environment())


class District(harness.Scenario):
    def setUp(self):
        self.database = self.create_database()
        done = load(self.database)
        self.assertEqual(done.returncode, 0, done.stderr)

    def none(self, sql):
        self.assertEqual(self.database.rows(sql), [])

    def test_money_adds_up(self):
        self.assertGreater(int(self.database.value("select count(*) from bill.charge")), 1000)
        self.none("select * from bill.charge where amount_hospital <> fund_share + copay_share + self_share + other_share")
        self.none("select posting_id from bill.entry group by 1 having sum(amount) <> 0 or count(*) <> 2")
        # a closed visit's revenue is what the patient owes; a settled one owes nothing
        self.none("""
            select v.visit_id from care.visit v
            cross join lateral (select coalesce(sum(c.copay_share + c.self_share), 0) as part from bill.charge c
                where c.visit_id = v.visit_id) c
            cross join lateral (select coalesce(sum(e.amount) filter (where e.account_code = 'revenue'), 0) as revenue,
                coalesce(sum(e.amount) filter (where e.account_code in ('patient', 'deposit')), 0) as owed
                from bill.entry e where e.visit_id = v.visit_id) e
            where v.status = 'closed' and (e.revenue <> -c.part or (e.owed = 0) <> (v.settled_at is not null))""")
        self.none("""
            select p.payment_id from bill.payment p left join bill.entry e on e.payment_id = p.payment_id
                and e.account_code in ('cash', 'bank') group by p.payment_id, p.kind, p.amount
            having coalesce(sum(e.amount), 0) <> case p.kind when 'refund' then -p.amount else p.amount end""")

    def test_receipts_have_no_gap_and_follow_time(self):
        self.assertGreater(int(self.database.value("select count(*) from bill.payment where kind = 'deposit'")), 0)
        self.none("""
            select b.code from bill.receipt_book b left join bill.payment p on p.receipt_book_id = b.receipt_book_id
            group by b.receipt_book_id, b.code, b.last_no having count(p.*) <> b.last_no or coalesce(max(p.receipt_no), 0) <> b.last_no""")
        self.none("""
            select * from (select paid_at, lag(paid_at) over (partition by receipt_book_id order by receipt_no) as before
                from bill.payment) x where before > paid_at""")

    def test_citizen_ids_fit_sex_and_birth_and_nobody(self):
        """Decree 137/2015: province, century and sex, year of birth; no province has 999."""
        self.assertGreater(int(self.database.value("select count(citizen_id) from reg.patient")), 100)
        self.none("""
            select citizen_id, sex, born_on from reg.patient where citizen_id is not null and (citizen_id !~ '^999[0-9]{9}$'
                or substr(citizen_id, 4, 1)::int <> (extract(year from born_on)::int / 100 - 19) * 2 + (sex = '2')::int
                or substr(citizen_id, 5, 2) <> to_char(born_on, 'YY'))""")

    def test_nobody_is_in_two_places(self):
        self.assertGreater(int(self.database.value("select count(*) from care.movement")), 5)
        self.none("""
            select * from (select bed_id, lower(during) as start, lag(upper(during)) over (partition by bed_id order by lower(during)) as free
                from care.movement) x where free > start""")
        self.none("""
            select * from (select o.ordered_by_id, o.performed_at, lag(o.result_at) over (partition by o.ordered_by_id
                order by o.performed_at) as free from care.service_order o join ref.local_service s on s.code = o.local_code
                and s.tenant_id = o.tenant_id where s.cost_group = '13') x where free > performed_at""")
        self.none("""
            select * from (select patient_id, arrived_at, lag(coalesce(discharged_at, arrived_at)) over (partition by patient_id
                order by arrived_at) as gone from care.visit) x where gone > arrived_at""")
        self.none("""
            select room_id, on_date from care.queue_ticket t join care.queue_counter c using (tenant_id, room_id, on_date)
            group by 1, 2, c.last_no having count(*) <> c.last_no or max(t.number) <> c.last_no""")

    def test_diagnoses_fit_the_catalogue(self):
        self.none("""
            select distinct d.icd_code from care.diagnosis d join care.visit v using (tenant_id, visit_id)
            join reg.patient p using (tenant_id, patient_id)
            left join ref.icd10 i on i.code = d.icd_code and i.valid @> v.arrived_on
            where i.code is null or not i.is_leaf or i.sex_limit::text <> p.sex
                or d.role = 'main' and (i.is_main_forbidden or i.is_main_forbidden_4469)""")

    def test_everybody_is_recognisably_invented(self):
        self.none("select code from reg.patient where citizen_id !~ '^999'")
        self.none("select card_no from reg.coverage where insurance_no !~ '^99'")
        self.none("select code from org.facility where code !~ '^669'")

    def test_the_service_prices_these_visits_the_same(self):
        """Reopened and closed again through the API, visits of every kind without a mistake keep each line to the đồng."""
        account = self.account(self.database, "clinician", "DEMO", "66900")
        client = self.service(self.database).client().login(account)
        visits = self.database.rows(f"""
            select visit_id from (select v.visit_id, row_number() over (partition by v.kind_code, v.object_code, v.facility_id,
                k.five_year_on <= v.closed_on order by v.visit_id) as n from care.visit v left join reg.coverage k using (tenant_id, coverage_id)
            where v.status = 'closed' and v.discharged_at < now() - interval '1 day'
                and not coalesce({MISTAKE}, false)) x where n <= 3 order by 1""")
        self.assertGreater(len(visits), 30)
        for visit in visits:
            sql = f"select {SHARES} from bill.charge where visit_id = {visit['visit_id']} and not is_void order by {SHARES}"
            before = self.database.rows(sql)
            path = f"/v1/visits/{visit['visit_id']}"
            code = self.database.value(f"select f.code from care.visit v join org.facility f using (tenant_id, facility_id) "
                                       f"where v.visit_id = {visit['visit_id']}")
            client.facility = code
            self.check(client.post(f"{path}/reopen", {"reason": "price again"}))
            self.check(client.post(f"{path}/close", {}))
            self.assertEqual(self.database.rows(sql), before, path)

    def test_an_existing_tenant_is_left_alone(self):
        before = self.database.value("select count(*) from care.visit")
        done = load(self.database)
        self.assertEqual((done.returncode, "DEMO" in done.stderr), (2, True), done.stderr)
        self.assertEqual(self.database.value("select count(*) from care.visit"), before)


class Claims(claims_kit.ClaimScenario):
    def setUp(self):
        self.database = self.create_database()
        done = load(self.database)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.gateway, self.facility, self.month = None, "66900", "2026-11-01"

    def test_claims_are_clean_but_for_the_mistakes_people_made(self):
        self.key, self.certificate = "", ""
        config = self.jobs_config()
        config["signer"] = {"socket": ""}
        config["server"]["signer"] = 0
        self.service(self.database, config)
        run = self.finish_run(self.start_run())
        wrong = self.database.rows(f"select v.ma_lk from care.visit v join claim.claim c using (tenant_id, visit_id) where {MISTAKE} order by 1")
        self.assertGreater(len(wrong), 3)
        held = self.database.rows("select ma_lk from claim.claim where state = 'judged' order by 1")
        self.assertEqual(held, wrong)
        self.assertEqual(int(run["built"]), int(self.database.value("select count(*) from claim.claim")) - len(wrong))
        others = self.database.rows(f"""
            select distinct f.* from claim.finding f join claim.claim c using (tenant_id, claim_id)
            join care.visit v on v.tenant_id = c.tenant_id and v.visit_id = c.visit_id where f.severity = 'critical'
                and not f.is_shadow and not coalesce({MISTAKE}, false) limit 5""")
        self.assertEqual(others, [])


class Determinism(harness.Scenario):
    """One seed, one district: byte for byte, whatever the two loading processes do to each other."""

    TABLES = """
        select format('select %L as name, md5(string_agg(x::text, E''\\n'' order by x::text)) as sum, count(*) from %I.%I x',
            n.nspname || '.' || c.relname, n.nspname, c.relname) as sql
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and (n.nspname in ('org', 'reg', 'care', 'rx', 'bill', 'claim')
            or n.nspname = 'ref' and c.relname ~ '^(local_|item_price)') order by 1"""

    def sums(self, seed):
        database = self.create_database()
        done = load(database, seed=seed, visits=40, days=5)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = []
        for table in database.rows(self.TABLES):
            rows += database.rows(table["sql"])
        rows += database.rows("select 'audit.change' as name, md5(string_agg(x::text, E'\\n' order by x::text)) as sum, count(*) from "
                              "(select tenant_id, facility_id, actor, table_name, op, keys, before, after from audit.change) x")
        return {row["name"]: (row["sum"], row["count"]) for row in rows}

    def test_one_seed_gives_one_district(self):
        first = self.sums(3)
        self.assertEqual(self.sums(3), first)
        self.assertGreater(int(first["care.visit"][1]), 150)

    def test_another_seed_gives_another(self):
        first, second = self.sums(3), self.sums(4)
        for table in ("reg.patient", "care.visit", "bill.charge"):
            self.assertNotEqual(first[table], second[table])


if __name__ == "__main__":
    harness.unittest.main()

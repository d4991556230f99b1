"""What the scenarios of claims share: a district with closed insured visits, a signing key, the jobs process
against the gateway stand-in."""

import harness
import places

SQL = harness.ROOT / "tests" / "scenario" / "claims_district.sql"
MONTH = "to_char(now() at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM') || '-01'"
ACCOUNT = "66001_bv"


def make_certificate(directory, name="sign"):
    """A self-signed RSA-2048 key pair as PEM files; (key, certificate)."""
    key, certificate = directory / f"{name}.key", directory / f"{name}.crt"
    harness.run_tool(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
                      f"/CN={name}", "-keyout", key, "-out", certificate], "openssl")
    return key, certificate


class ClaimScenario(harness.Scenario):
    """self.database with a district; self.gateway, the stand-in; self.open_jobs(), hmisd with jobs and signer."""

    visits, lines = 3, 3

    def setUp(self):
        self.database = places.fill(self.create_database())
        self.facility = places.CENTRE
        self.month = self.database.value(f"select {MONTH}")
        self.make_visits(self.visits)
        self.database.rows("update org.facility set gateway_username = :'name' where code = :'code'", name=ACCOUNT,
                           code=self.facility)
        self.key, self.certificate = make_certificate(self.directory)
        self.gateway = None

    def make_visits(self, count, lines=None):
        """Closed insured visits of this month at the centre, with their charges."""
        self.database.rows(SQL.read_text(encoding="utf-8"), facility=self.facility, month=self.month, count=count,
                           days=1, lines=self.lines if lines is None else lines)

    def open_gateway(self, options=()):
        self.gateway = self.vss({ACCOUNT: [self.facility]}, {ACCOUNT: self.certificate}, options)
        return self.gateway

    def jobs_config(self, **gateway):
        directory = self.new_directory("jobs")
        accounts = directory / "accounts.tsv"
        url = self.gateway.url if self.gateway else ""
        password = self.gateway.passwords[ACCOUNT] if self.gateway else "none"
        accounts.write_text(f"username\tpassword\n{ACCOUNT}\t{password}\n", encoding="utf-8")
        return {
            "server": {"jobs": 1, "signer": 1},
            "jobs": {"database_url": self.database.url("hmis_jobs")},
            "gateway": {"url": url, "accounts_file": accounts, "retry": "1", "timeout": "3 s", **gateway},
            "signer": {"socket": directory / "s", "key": self.key, "certificate": self.certificate},
        }

    def open_jobs(self, **gateway):
        self.hmisd = self.service(self.database, self.jobs_config(**gateway))
        return self.hmisd

    def start_run(self):
        """Queues a run of the month as the API does; the id of the run."""
        return self.database.value(
            "with r as (insert into claim.run (tenant_id, facility_id, month) select tenant_id, facility_id, :'month'::date "
            "from org.facility where code = :'code' returning *) "
            "insert into job.queue (tenant_id, facility_id, kind, dedup_key, payload) "
            "select tenant_id, facility_id, 'claim_run', run_id::text, jsonb_build_object('run_id', run_id) from r "
            "returning payload ->> 'run_id'", month=self.month, code=self.facility)

    def run_state(self, run):
        (row,) = self.database.rows("select * from claim.run where run_id = :'run'", run=run)
        return row

    def finish_run(self, run, patience=harness.PATIENCE):
        """Waits until the run is over; its row."""
        try:
            harness.until(lambda: self.run_state(run)["state"] in ("done", "failed"), "end of the run", patience)
        except AssertionError as fault:
            raise AssertionError(f"{fault}\n{self.run_state(run)}\n{self.jobs()}") from None
        return self.run_state(run)

    def jobs(self):
        return self.database.rows("select kind, state, attempts, last_error from job.queue order by queue_id")

    def states(self):
        """{state of claims: number}."""
        rows = self.database.rows("select state, count(*) from claim.claim group by 1")
        return {row["state"]: int(row["count"]) for row in rows}

    def until_states(self, wanted, patience=harness.PATIENCE):
        try:
            harness.until(lambda: self.states() == wanted, f"claims in {wanted}", patience)
        except AssertionError as fault:
            raise AssertionError(f"{fault}: {self.states()}\n{self.jobs()}") from None

    def admin(self, method, path, body=None):
        """A request to the stand-in's administration."""
        answer = self.gateway.client().request(method, path, body, {"X-Admin-Key": self.gateway.admin_key})
        return self.check(answer, answer.status if answer.status < 300 else 200)

    def set_faults(self, *faults):
        self.admin("PUT", "/admin/faults", list(faults))

"""What the fault tests break: a private cluster, hmisd with every process, the gateway stand-in, on the clinic of
the scenario tests. A Rig is not shared with other tests, because its PostgreSQL is killed too."""

import os
import random
import signal
import time
from pathlib import Path

import claims_kit
import clinic
import harness
import places

ACCOUNT = f"{places.CENTRE}_bv"
GATEWAY_S = 3  # gateway.timeout here
# What a claim needs besides a clinic: people and a director with citizen ids (of the impossible range 999),
# phone numbers and birthplaces as reception would enter them, and the facility's account with the gateway.
CLAIMS_SQL = """
update reg.patient set citizen_id = '999' || lpad(patient_id::text, 9, '0'), phone = '0900000000', occupation_code = '00000',
    ethnic_code = '01', nationality_code = '000';
update org.staff set citizen_id = '999' || lpad(staff_id::text, 9, '0');
update org.facility set head_code = '9991800000';
update org.facility set gateway_username = :'account' where code = :'code';
"""


class Cluster(harness.Cluster):
    """A cluster that can be killed, and that says which of its processes is which."""

    def pids(self, kind):
        """Process ids by backend_type, or of the client backends of one role (busy ones first)."""
        sql = ("select pid from pg_stat_activity where backend_type = :'kind' or backend_type = 'client backend' and usename = :'kind' "
               "order by state is distinct from 'active', random()")
        return [int(row["pid"]) for row in harness.Database(self.sockets, "postgres").rows(sql, kind=kind)]

    def crash(self):
        """SIGKILL to the postmaster alone; returns when none of its processes is left, as a start needs it."""
        family = children(self.process.pid)
        self.process.kill()
        self.process.wait()
        harness.until(lambda: not any(is_running(pid) for pid in family), "the end of PostgreSQL's processes")

    def start_again(self):
        """Starts after a crash or a stop; recovery included."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.start()


def stat_of(pid):
    """(name, state, parent) of a process, or None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
    return name, rest[0], int(rest[1])


def is_running(pid):
    stat = stat_of(pid)
    return stat is not None and stat[1] not in "ZX"


def children(parent):
    """{pid: name} of the live children of a process."""
    found = {}
    for entry in Path("/proc").iterdir():
        stat = stat_of(entry.name) if entry.name.isdigit() else None
        if stat and stat[2] == parent and stat[1] not in "ZX":
            found[int(entry.name)] = stat[0]
    return found


class Gateway(harness.Vss):
    """The stand-in, which can be killed and started again on the data it kept."""

    def __init__(self, directory, facilities, certificates):
        super().__init__(directory, facilities, certificates)
        self.address = harness.free_address()
        self.command += ["--listen", self.address]

    def start_again(self):
        self.ready_file.unlink(missing_ok=True)
        self.start()

    def admin(self, method, path, body=None):
        answer = self.client().request(method, path, body, {"X-Admin-Key": self.admin_key})
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer.json if answer.body else None


class Rig:
    """Everything under test, started. `settings` is more of postgresql.conf, `more` of hmisd's configuration."""

    def __init__(self, run, settings="", workers=2, **more):
        self.run, self.directory, self.parts = run, run.directory("rig"), []
        self.rounds = 0
        self.cluster = Cluster(run)
        self.parts.append(self.cluster)
        if settings:
            with open(self.cluster.data / "postgresql.conf", "a", encoding="utf-8") as conf:
                conf.write(settings)
            self.cluster.stop()
            self.cluster.start()
        self.database = places.fill(self.cluster.migrate("hmis"))
        self.database.rows(clinic.SQL)
        self.database.rows(CLAIMS_SQL, account=ACCOUNT, code=places.CENTRE)
        self.database.rows("checkpoint", transaction=False)  # recovery shall redo the test's work, not the set-up
        self.start_gateway()
        self.start_service(workers, more)
        self.account = harness.Account(self.database, self.directory, clinic.TREATING, places.TENANT, places.CENTRE)
        self.token = self.service.client().login(self.account).token

    def start_gateway(self):
        key, certificate = claims_kit.make_certificate(self.directory)
        place = self.directory / "vss"
        place.mkdir()
        self.gateway = Gateway(place, {ACCOUNT: [places.CENTRE]}, {ACCOUNT: certificate})
        self.gateway.start()
        self.parts.append(self.gateway)
        self.signing = {"socket": self.directory / "signer", "key": key, "certificate": certificate}

    def start_service(self, workers, more):
        place = self.directory / "hmisd"
        place.mkdir()
        accounts = place / "accounts.tsv"
        accounts.write_text(f"username\tpassword\n{ACCOUNT}\t{self.gateway.passwords[ACCOUNT]}\n", encoding="utf-8")
        config = {
            "server": {"workers": workers, "jobs": 1, "signer": 1},
            "jobs": {"database_url": self.database.url("hmis_jobs")},
            "gateway": {"url": f"http://{self.gateway.address}", "accounts_file": accounts, "retry": "1", "timeout": f"{GATEWAY_S} s"},
            "signer": self.signing,
        }
        for section, keys in more.items():
            config.setdefault(section, {}).update(keys)
        self.service = harness.Service(self.database, place, config)
        self.service.start()
        self.parts.append(self.service)

    def end(self):
        """Stops everything in an orderly way; a sanitizer report or a bad exit code of hmisd is an AssertionError."""
        fault = None
        for part in reversed(self.parts):
            try:
                part.stop()
            except AssertionError as error:
                fault = fault or error
        if fault:
            raise fault

    def client(self, timeout=20):
        client = self.service.client(timeout=timeout)
        client.token = self.token
        return client

    def workers(self):
        """Process ids of the workers."""
        return {pid for pid, title in children(self.service.process.pid).items() if title.startswith("worker-")}

    def until_ready(self):
        harness.until(lambda: harness.answers_ready(self.service.client()), "hmisd ready again")

    # --- claims ---

    def start_claim_run(self):
        """Asks for a run over this month's claims; one that is not over yet is answered with."""
        client = self.client()
        body = {"facility": places.CENTRE, "month": time.strftime("%Y-%m", time.gmtime(time.time() + 7 * 3600))}
        answer = client.post("/v1/claim-runs", body)
        client.close()
        if answer.status != 202:
            raise AssertionError(f"claim run: {answer}")

    def settle_claims(self):
        """Waits until every claim of a closed visit is received and no sending or run waits."""

        def settled():
            rows = self.database.rows(
                "select kind, state, last_error from job.queue where state in ('ready', 'running') and kind in ('claim_run', "
                "'claim_send', 'check_in_send') union all select 'claim', state, ma_lk from claim.claim where state <> 'received'")
            if rows and all(row["kind"] == "claim" for row in rows):
                self.start_claim_run()  # the last one had begun before these were closed
            self.unsettled = rows
            return not rows

        try:
            harness.until(settled, "all claims received")
        except AssertionError as fault:
            raise AssertionError(f"{fault}: {self.unsettled[:20]}") from None

    # --- victims: each kills one process by SIGKILL and sees to it that what its owner restarts is restarted ---

    def kill_child(self, name):
        """A process of hmisd, which the supervisor replaces."""
        parent = self.service.process.pid
        pids = [pid for pid, title in children(parent).items() if title.rpartition("-")[0] == name]
        victim = random.choice(pids)
        os.kill(victim, signal.SIGKILL)
        harness.until(lambda: not is_running(victim) and len([1 for t in children(parent).values() if t.rpartition("-")[0] == name])
                      == len(pids), f"a new {name}")

    def kill_worker(self):
        self.kill_child("worker")

    def kill_jobs(self):
        self.kill_child("jobs")

    def kill_signer(self):
        self.kill_child("signer")

    def kill_supervisor(self):
        family = children(self.service.process.pid)
        self.service.process.kill()
        self.service.process.wait()
        harness.until(lambda: not any(is_running(pid) for pid in family), "the end of hmisd's processes")
        self.service.judge_log()
        self.service.start()

    def kill_postgres(self, kind):
        """A process of PostgreSQL, which then restarts itself."""
        pid = harness.until(lambda: next(iter(self.cluster.pids(kind)), None), f"a {kind}")
        os.kill(pid, signal.SIGKILL)

    def kill_backend(self):
        self.kill_postgres("hmis_worker")

    def kill_jobs_backend(self):
        self.kill_postgres("hmis_jobs")

    def kill_checkpointer(self):
        self.kill_postgres("checkpointer")

    def kill_walwriter(self):
        self.kill_postgres("walwriter")

    def kill_postmaster(self):
        self.cluster.crash()
        self.cluster.start_again()

    def kill_gateway(self):
        self.gateway.process.kill()
        self.gateway.process.wait()
        self.gateway.start_again()


VICTIMS = ("worker", "backend", "postmaster", "jobs", "gateway", "supervisor", "signer", "checkpointer", "jobs_backend", "walwriter")


def kill(rig, victim, seed):
    """Kills one victim at a moment that the seed decides, within the first 0.6 s of the work under way."""
    time.sleep(random.Random(seed).uniform(0.05, 0.6))
    getattr(rig, f"kill_{victim}")()

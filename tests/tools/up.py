#!/usr/bin/env python3
"""A private place to use the programs in: up.py up | demo [--once] | psql [ARG…] | stop

up: a cluster, the schema, a small clinic, one user per role, the service; until Ctrl-C.
demo: the same with a synthetic district and the gateway stand-in, then tests/tools/demo.py walks through it.
psql and stop look for what this checkout has running.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
os.environ["HMIS_BUILD"] = "build"
sys.path.insert(0, str(ROOT / "tests" / "scenario"))
import clinic  # noqa: E402
import harness  # noqa: E402
import places  # noqa: E402

DATABASE = "hmis"
ROLES = "registrar clinician lab pharmacist cashier claims reporter admin integration".split()
WALK = ROOT / "tests" / "tools" / "demo.py"


class Place:
    """What `up` and `demo` start, in order, and stop in reverse."""

    def __init__(self, kind):
        self.run = harness.Run(kind)
        self.started = []
        self.accounts = []

    def stop(self):
        for thing in reversed(self.started):
            thing.stop()
        self.run.end()

    def start(self, thing):
        self.started.append(thing)
        if isinstance(thing, harness.Program):
            thing.start()
        return thing

    def open_database(self):
        say("database: a private PostgreSQL 15, schema applied")
        self.database = self.start(harness.Cluster(self.run)).migrate(DATABASE)

    def load_district(self, *amount):
        say("district: synthetic people, visits and prices")
        self.papers = self.run.directory("papers")
        subprocess.run([harness.binary("cli/hmis"), "demo", "load", "--database", self.database.url(), "--vss-dir", self.papers,
                        *amount], check=True, env=harness.clean_environment())
        # plans of foreign-key checks made while a table is empty are poor until autovacuum first looks at it
        self.database.rows("alter system set autovacuum_naptime = '2s'", transaction=False)
        self.database.rows("select pg_reload_conf()")

    def add_accounts(self):
        """One user per role at the first facility that has stations below it."""
        (home,) = self.database.rows(
            "select t.code as tenant, f.code as facility from org.tenant t join org.facility f using (tenant_id) "
            "order by f.parent_id is not null, t.tenant_id, f.facility_id limit 1")
        for role in ROLES:
            account = harness.Account(self.database, self.run.path, role, home["tenant"], home["facility"], role)
            self.accounts.append(account)

    def open_service(self, config=None):
        address = harness.free_address()
        self.url = f"http://{address}"
        self.service = self.start(harness.Service(self.database, self.run.directory("hmisd"), config, address))

    def open_vss(self):
        """The gateway stand-in with the accounts, cards, staff and certificate of the district's facilities."""
        rows = self.database.rows("select f.gateway_username as account, string_agg(f.code, ' ') as codes "
                                  "from org.facility f where f.gateway_username is not null group by 1")
        facilities = {row["account"]: row["codes"].split() for row in rows}
        certificates = {account: self.papers / "cert.pem" for account in facilities}
        self.gateway = self.start(harness.Vss(self.run.directory("vss"), facilities, certificates, (
            "--cards", self.papers / "cards.tsv", "--staff", self.papers / "staff.tsv")))

    def claims_config(self):
        """Sections that make the service build, sign and send claims to the stand-in."""
        return {
            "server": {"jobs": 1, "signer": 1},
            "jobs": {"database_url": self.database.url("hmis_jobs")},
            "gateway": {"url": self.gateway.url, "accounts_file": self.gateway.directory / "accounts.tsv", "retry": "1 2 5"},
            "signer": {"socket": self.run.directory("signer") / "s", "key": self.papers / "key.pem",
                       "certificate": self.papers / "cert.pem"},
        }


def say(text):
    print(f"dev: {text}", flush=True)


def show(place):
    print(f"\n  service   {place.url}")
    print(f"  logins    {'user':24}password")
    for account in place.accounts:
        print(f"            {account.username:24}{account.password}")
    print("  SQL       ./dev psql")
    print(f"  log       {place.service.log}")
    print("  end       Ctrl-C\n", flush=True)


def wait(place):
    """Until Ctrl-C, or until the service ends by itself."""
    while place.service.process.poll() is None:
        time.sleep(0.5)
    sys.exit(f"the service ended:\n{harness.tail(place.service.log)}")


def up():
    place = Place("up")
    try:
        place.open_database()
        say("places: two tenants, a small clinic with staff, patients and prices")
        places.fill(place.database).rows(clinic.SQL)
        place.add_accounts()
        place.open_service()
        show(place)
        wait(place)
    finally:
        place.stop()


def demo(arguments):
    if not WALK.exists():
        sys.exit("dev: tests/tools/demo.py is not there yet")
    place = Place("demo")
    try:
        place.open_database()
        place.load_district("--seed", "1", "--stations", "10", "--days", "30", "--visits-per-day", "300")
        place.add_accounts()
        place.open_vss()
        place.open_service(place.claims_config())
        logins = place.run.path / "accounts.json"
        logins.write_text(json.dumps({a.username: a.password for a in place.accounts}), encoding="utf-8")
        os.chmod(logins, 0o600)
        subprocess.run([sys.executable, WALK, "--service", place.url, "--vss", place.gateway.url, "--vss-key",
                        place.gateway.admin_key, "--database", place.database.url(), "--accounts", logins, "--certificate",
                        place.papers / "cert.pem", "--keep", place.papers, *arguments], check=True)
        if "--once" not in arguments:
            show(place)
            wait(place)
    finally:
        place.stop()


def psql(arguments):
    for note, path, alive in harness.Run.others():
        if alive and note.name.startswith(("up-", "demo-")):
            url = harness.Database(path / "pg", DATABASE).url()
            os.execvp("psql", ["psql", url, *arguments])
    sys.exit("dev: nothing runs here; start ./dev up first")


def stop():
    """Asks every run of this checkout to end, and clears up after killed ones."""
    for note, _, alive in harness.Run.others():
        owner = note / "owner"
        if alive and owner.exists():
            say(f"stopping {note.name}")
            os.kill(int(owner.read_text()), signal.SIGTERM)
            harness.until(lambda lock=note / "lock": not harness.is_locked(lock), f"end of {note.name}")
    harness.Run.sweep()


def main():
    harness.end_on_signals()
    harness.Run.sweep()
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "psql":
        psql(arguments)
    elif command == "demo":
        demo(arguments)
    elif command == "up":
        up()
    else:
        stop()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print()
    except subprocess.CalledProcessError as fault:
        sys.exit(f"dev: {' '.join(map(str, fault.cmd[:3]))} ended with {fault.returncode}")
    except AssertionError as fault:
        sys.exit(f"dev: {fault}")

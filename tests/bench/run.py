#!/usr/bin/env python3
"""Speed, measured in one run against a peer and a limit on the same machine: run.py [http|search|claims|rules|hl7 …]

Ratios and CPU per request are what counts; absolute numbers carry the machine's noise (the spread of the rounds is
printed with each median). Nothing here is asserted in a test."""

import collections
import datetime
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
os.environ["HMIS_BUILD"] = "build"
sys.path[:0] = [str(ROOT / "tests" / "scenario"), str(ROOT / "tests" / "tools")]
import clinic  # noqa: E402
import harness  # noqa: E402
import npm  # noqa: E402
import places  # noqa: E402

CONNECTIONS = 32
SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
VISITS = 1000
LINES = ["KB", "CTM", "SA", "CTM", "SA"]


def say(text=""):
    print(text, flush=True)


def cpu_seconds(pids):
    """User and system time of these processes so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rss_mib(pid):
    (kib,) = re.findall(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), re.M)
    return int(kib) / 1024


def children(pid):
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


def cluster_seconds(postmaster):
    """User and system time of PostgreSQL so far: its processes, and those that have ended."""
    while True:
        fields = Path(f"/proc/{postmaster}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
        try:
            return ended + cpu_seconds([postmaster, *children(postmaster)])
        except (FileNotFoundError, ProcessLookupError):
            continue  # one ended while we looked: its time is with those that have ended


def wrk(url, mode, token, file, pids, postmaster):
    """One burst of load; requests a second, latencies, CPU microseconds a request of the server's own processes and of
    PostgreSQL."""
    environment = harness.clean_environment(BENCH_MODE=mode, BENCH_TOKEN=token, BENCH_FILE=str(file),
                                            BENCH_SEED=str(time.monotonic_ns() % 1000000))
    before, cluster = cpu_seconds(pids), cluster_seconds(postmaster)
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "--timeout", "10s", "--latency", "-s", HERE / "load.lua", url],
                          capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"bench: wrk on {url}: {done.stderr}{done.stdout}")
    spent, cluster = cpu_seconds(pids) - before, cluster_seconds(postmaster) - cluster
    (line,) = re.findall(r"^BENCH (.*)$", done.stdout, re.M)
    got = json.loads(line)
    if got["bad"] or not got["requests"]:
        raise SystemExit(f"bench: {got['bad']} of {got['requests']} requests to {url} failed")
    return {"rate": got["requests"] / got["seconds"], "p50": got["p50_us"] / 1000, "p99": got["p99_us"] / 1000,
            "cpu": spent * 1e6 / got["requests"], "pg": cluster * 1e6 / got["requests"]}


def pgbench(database, script, seconds, postmaster):
    """Transactions a second of a pgbench script, with prepared statements and the same number of connections as the pool;
    PostgreSQL's CPU microseconds for each."""
    cluster = cluster_seconds(postmaster)
    command = ["/usr/lib/postgresql/15/bin/pgbench", "-n", "-M", "prepared", "-c", "8", "-j", "1", "-T", str(int(seconds)),
               "-f", script, database.url("hmis_worker")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=harness.clean_environment())
    if done.returncode:
        raise SystemExit(f"bench: pgbench: {done.stderr}")
    (count,) = re.findall(r"transactions actually processed: (\d+)", done.stdout)
    return {"rate": float(re.search(r"tps = ([0-9.]+)", done.stdout).group(1)),
            "pg": (cluster_seconds(postmaster) - cluster) * 1e6 / int(count)}


def middle(rounds, key):
    values = sorted(r[key] for r in rounds)
    return statistics.median(values), values[0], values[-1]


def show(name, rounds):
    rate, low, high = middle(rounds, "rate")
    text = f"  {name:<14} {rate:9.0f}/s ({low:.0f}–{high:.0f})"
    if "cpu" in rounds[0]:
        cpu = middle(rounds, "cpu")
        text += f"  CPU {cpu[0]:6.1f} µs ({cpu[1]:.1f}–{cpu[2]:.1f})  p50 {middle(rounds, 'p50')[0]:.1f} ms" \
                f"  p99 {middle(rounds, 'p99')[0]:.1f} ms"
    say(text + f"  PostgreSQL {middle(rounds, 'pg')[0]:.0f} µs")


# What one opening leaves behind, without ids, instants and numbers that must differ.
LEFT = """
select 'visit' as what, to_jsonb(v) - '{visit_id,ma_lk,arrived_at,created_at}'::text[] as is from care.visit v where visit_id = :'visit'
union all select 'order', to_jsonb(o) - '{visit_id,service_order_id,ordered_at,performed_at}'::text[]
from care.service_order o where visit_id = :'visit'
union all select 'charge', to_jsonb(c) - '{visit_id,charge_id,source_id,created_at,ordered_at,performed_at}'::text[]
from bill.charge c where visit_id = :'visit'
union all select 'ticket', to_jsonb(q) - '{visit_id,queue_ticket_id,number}'::text[] from care.queue_ticket q where visit_id = :'visit'
union all select 'check-in', to_jsonb(k) - '{visit_id,check_in_id,charge_id,created_at}'::text[]
from claim.check_in k where visit_id = :'visit'
union all select 'job', jsonb_build_object('kind', j.kind, 'state', j.state, 'by', j.created_by, 'after', j.run_at - j.created_at)
from job.queue j join claim.check_in k on j.kind = 'check_in_send' and j.dedup_key = k.check_in_id::text where k.visit_id = :'visit'
union all select 'audit', jsonb_build_object('table', a.table_name, 'op', a.op, 'rows', sum(cardinality(a.keys)), 'by', a.actor)
from audit.change a where a.xid = (select xid from audit.change where table_name = 'care.visit' and keys = array[:'visit'::bigint])
group by a.table_name, a.op, a.actor
order by 1, 2"""


def plain(value):
    """A JSON value whose instants and numbers compare by what they say."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        at = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return int(at.timestamp() * 1000)
    if isinstance(value, (str, int)) and re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        return float(value)
    return value


class Bench(clinic.Clinic):
    """The clinic of the scenario tests with a fuller day, our service with one worker, and the peer beside it."""

    CONFIG = {"server": {"workers": 1}, "log": {"requests": "no"}}

    def service(self, database, config=None, listen="", **environment):
        self.address = harness.free_address()
        return super().service(database, config, self.address, **environment)

    def setUp(self):
        super().setUp()
        # as many rooms as a centre has: visits of one room queue for its next number
        self.database.rows("insert into org.room (tenant_id, facility_id, room_id, department_id, code, name) "
                           f"select 1, {clinic.CENTRE}, 9000 + n, {clinic.EXAM}, 'Q' || n, 'Room ' || n from generate_series(0, 19) n")
        if os.environ.get("BENCH_PROFILE"):
            self.database.rows(f'alter database "{self.database.name}" set track_functions = \'all\'', transaction=False)
            self.hmisd.reload()

    def profile(self, what):
        """The functions that took the most time themselves, with BENCH_PROFILE=1."""
        if os.environ.get("BENCH_PROFILE"):
            for row in self.database.rows("select schemaname || '.' || funcname as name, calls, round(self_time::numeric, 1) as ms "
                                          "from pg_stat_user_functions order by self_time desc limit 25"):
                say(f"    {what} {row['name']:<40} {row['calls']:>9} calls {row['ms']:>10} ms")
            self.database.rows("select pg_stat_reset()")

    def body(self, n):
        return {**self.opening(patient_id=clinic.INSURED + n % 40, room_id=9000 + n % 20),
                "orders": [{"code": code, "ordered_by_id": clinic.DOCTOR, "status": "done", "performer_ids": [clinic.DOCTOR],
                            **({"machine_id": clinic.MACHINE} if code == "CTM" else {})} for code in LINES]}

    def open_visits(self, count):
        say(f"bench: {count} visits of {len(LINES)} lines through the service")
        clients = [self.hmisd.client().login(self.account_at_centre) for _ in range(8)]

        def one(i):
            return [clients[i].post("/v1/visits", self.body(n)).json["id"] for n in range(i, count, 8)]
        ids = [v for part in clinic.together(8, one) for v in part]
        self.database.rows("vacuum analyze", transaction=False)
        return ids

    def start_peer(self):
        folder = npm.installed(HERE / "peers" / "fastify")
        port = harness.free_address().rsplit(":", 1)[1]
        self.peer_url = f"http://127.0.0.1:{port}"
        log = open(Path(self.directory) / "peer.log", "w", encoding="utf-8")
        self.peer = subprocess.Popen(["node", "server.js", self.database.url("hmis_worker"), port], cwd=folder, stdout=log,
                                     stderr=log, env=harness.clean_environment(NODE_ENV="production"))
        self.addCleanup(self.peer.wait)
        self.addCleanup(self.peer.kill)
        self.addCleanup(log.close)
        harness.until(lambda: self.listens(port), "the peer listens")
        peer = harness.Client(f"127.0.0.1:{port}")
        peer.token = self.staff.token
        self.check_same(peer)

    def check_same(self, peer):
        """The peer must do the same work: no ratio for less."""
        ours, theirs = (self.check(c.post("/v1/visits", self.body(0)), 201) for c in (self.staff, peer))
        if plain({**ours, "id": 0, "ma_lk": "", "queue_number": 0, "order_ids": len(ours["order_ids"])}) \
                != plain({**theirs, "id": 0, "ma_lk": "", "queue_number": 0, "order_ids": len(theirs["order_ids"])}):
            raise SystemExit(f"bench: the peer answers differently: {ours} {theirs}")
        left, other = (self.database.rows(LEFT, visit=v["id"]) for v in (ours, theirs))
        if left != other:
            raise SystemExit("bench: the peer leaves other rows:\n" + "\n".join(
                f"{a} {b}" for a, b in itertools.zip_longest(left, other) if a != b))
        path = f"/v1/visits/{ours['id']}"
        read, other = (plain(self.check(c.get(path), 200)) for c in (self.staff, peer))
        if read != other:
            raise SystemExit("bench: the peer reads differently: " + ", ".join(
                f"{k}: {read.get(k)} {other.get(k)}" for k in read.keys() | other.keys() if read.get(k) != other.get(k)))
        counts = collections.Counter(row["what"] for row in left)
        say("the peer leaves and reads the same: " + ", ".join(f"{n} {what}" for what, n in counts.items()))

    @staticmethod
    def listens(port):
        import socket
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(port))) == 0

    def limit_scripts(self, token, ids):
        """pgbench scripts with the very statements that a request runs; opening without the engine between its halves, so
        that its charges are the patient's own."""
        import hashlib
        digest = "\\x" + hashlib.sha256(token.encode()).hexdigest()
        enter = f"select ticket from sec.enter('{digest}'::bytea, 'bench', null, '%s', null, null, '%s');\n"
        low, high = min(ids), max(ids)
        read = Path(self.directory) / "read.sql"
        read.write_text(f"\\set id random({low}, {high})\n\\startpipeline\n" + enter % ("visit.read", "GET /v1/visits/{id}") +
                        "select r.* from api.visit_get(:id) r;\n\\endpipeline\n", encoding="utf-8")
        body = json.dumps(self.body(0), ensure_ascii=False).replace("'", "''")
        write = Path(self.directory) / "write.sql"
        write.write_text("\\startpipeline\n" + enter % ("visit.open", "POST /v1/visits") +
                         f"select r.* from sec.keep(api.visit_open('{body}'::jsonb)) r;\n\\endpipeline\n", encoding="utf-8")
        return read, write

    def runTest(self):
        token = self.staff.token
        ids = self.open_visits(VISITS)
        self.start_peer()
        worker = children(self.hmisd.process.pid)
        say(f"worker RSS {max(rss_mib(p) for p in worker):.1f} MiB after opening them")
        self.profile("OPEN")
        paths, bodies = Path(self.directory) / "paths", Path(self.directory) / "bodies"
        paths.write_text("\n".join(f"/v1/visits/{v}" for v in ids) + "\n", encoding="utf-8")
        bodies.write_text("\n".join(json.dumps(self.body(n), ensure_ascii=False) for n in range(40)) + "\n", encoding="utf-8")
        read_sql, write_sql = self.limit_scripts(token, ids)
        ours, peer = f"http://{self.address}", self.peer_url
        postmaster = int((Path(self.database.sockets).parent / "data" / "postmaster.pid").read_text().split()[0])
        for mode, file, script, name in (("GET", paths, read_sql, "GET /v1/visits/{id} (5 lines)"),
                                         ("POST", bodies, write_sql, "POST /v1/visits with 5 lines")):
            rounds = {"hmisd": [], "fastify + pg": [], "pgbench limit": []}
            for _ in range(ROUNDS):
                rounds["hmisd"].append(wrk(ours, mode, token, file, worker, postmaster))
                rounds["fastify + pg"].append(wrk(peer, mode, token, file, [self.peer.pid], postmaster))
                rounds["pgbench limit"].append(pgbench(self.database, script, SECONDS, postmaster))
            say(f"\n{name}, {CONNECTIONS} connections, one worker each, {ROUNDS} rounds of {SECONDS} s, medians (min–max)")
            for who, got in rounds.items():
                show(who, got)
            self.profile(mode)
            say(f"  worker RSS {max(rss_mib(p) for p in worker):.1f} MiB (target 15); peer {rss_mib(self.peer.pid):.0f} MiB")
            mine, other = middle(rounds["hmisd"], "rate")[0], middle(rounds["fastify + pg"], "rate")[0]
            say(f"  ratio to the peer {mine / other:.2f} (target 2.5); to the limit {mine / middle(rounds['pgbench limit'], 'rate')[0]:.2f};"
                f" our p99 {middle(rounds['hmisd'], 'p99')[0]:.1f} ms, the peer's p50 {middle(rounds['fastify + pg'], 'p50')[0]:.1f} ms")


def part_http(_):
    import unittest
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(Bench())
    if not result.wasSuccessful():
        raise SystemExit("bench: the HTTP part failed")


def other_part(name):
    """A part that is a program of its own: tests/bench/NAME.py with main(run)."""
    def run(directory):
        import importlib
        sys.path.insert(0, str(HERE))
        importlib.import_module(name).main(directory)
    return run


PARTS = {"http": part_http}
for extra in ("search", "claims", "rules", "verdict", "hl7"):
    if (HERE / f"{extra}.py").exists():
        PARTS[extra] = other_part(extra)


def main():
    wanted = sys.argv[1:] or list(PARTS)
    unknown = [w for w in wanted if w not in PARTS]
    if unknown:
        raise SystemExit(f"bench: no part {unknown[0]}; parts: {' '.join(PARTS)}")
    if not shutil.which("wrk"):
        raise SystemExit("bench: wrk is missing")
    say(f"bench: {os.cpu_count()} processors, load {os.getloadavg()[0]:.2f} before the start")
    with harness_run() as run:
        for name in wanted:
            PARTS[name](run)


class harness_run:
    """A cluster with the migrated template for the parts, as the scenario runner makes it."""

    def __enter__(self):
        self.run = harness.Run("bench")
        self.cluster = harness.Cluster(self.run)
        self.cluster.migrate()
        os.environ["HMIS_TEST_SOCKETS"] = str(self.cluster.sockets)
        os.environ["HMIS_TEST_DIRECTORY"] = str(self.run.directory("tests"))
        return self.run

    def __exit__(self, *_):
        self.cluster.stop()
        self.run.end()


if __name__ == "__main__":
    main()

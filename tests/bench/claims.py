"""A month of claims: ./dev bench claims (BENCH_CLAIMS changes the number of the large month, default 100000)

Two months of one facility, one ten times the other, with 20 lines a claim, in a PostgreSQL whose cache holds them. Prints
for `hmis claim export` claims a second and processor time per claim (ours and PostgreSQL's), the memory of both for both
months, signed against the machine's raw RSA-2048, and what the run of the jobs process makes of the smaller month. Rates by
the clock need a machine with nothing else to do; processor time says what the rate would be there.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
import claims_kit  # noqa: E402
import harness  # noqa: E402

LARGE, SMALL = "2026-10", "2026-09"  # 31 days, and the last 3 of the month before
CLAIMS = int(os.environ.get("BENCH_CLAIMS", "100000"))
PER_DAY = max(1, round(CLAIMS / 31 * 1.115))  # some visits stay open or have no card
UNSIGNED_TARGET, SIGNED_TARGET = 5000, 80
CORES = os.cpu_count()
FACILITY, TENANT = "66900", "DEMO"


def say(text=""):
    print(text, flush=True)


class Cluster(harness.Cluster):
    """Rows "already in the database's cache" need one that holds them."""

    SETTINGS = harness.Cluster.SETTINGS.replace("256MB", f"{min(4096, os.sysconf('SC_PHYS_PAGES') * 4 // 1024 // 4)}MB")

    def spent(self):
        """Seconds of processor of all its processes so far, the ended ones too."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK") + sum(running(pid) for pid in self.pids())

    def pids(self):
        pid = self.process.pid
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]

    def own_kib(self):
        """Memory of the largest of its processes, without what they share."""
        return max((status(pid, "RssAnon") for pid in self.pids()), default=0)


def running(pid):
    """Seconds of processor of a process so far, to the nanosecond; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="utf-8").split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0


def status(pid, name):
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.M)
    return int(found.group(1)) if found else 0


class Export:
    """One `hmis claim export`, measured."""

    def __init__(self, cluster, database, month, out, *more):
        before = cluster.spent()
        command = [harness.binary("cli/hmis"), "claim", "export", "--database", database.url(), "--tenant", TENANT,
                   "--facility", FACILITY, "--month", month, "--out", out, *more]
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=harness.clean_environment())
        self.server_kib = 0
        while True:
            pid, code, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            self.server_kib = max(self.server_kib, cluster.own_kib())
            time.sleep(0.1)
        process.returncode = os.waitstatus_to_exitcode(code)
        code = process.returncode
        told = process.stdout.read()
        process.stdout.close()
        found = re.search(r"^(\d+) claims written, (\d+) not, (\d+) ms", told, re.M)
        if code != 0 or not found:
            raise SystemExit(f"bench: claim export ended with {code}: {told}")
        self.claims, self.seconds = int(found.group(1)), int(found.group(3)) / 1000
        self.client = (usage.ru_utime + usage.ru_stime) * 1e6 / self.claims
        self.system = usage.ru_stime * 1e6 / self.claims
        time.sleep(0.2)  # the last backends end
        self.server = (cluster.spent() - before) * 1e6 / self.claims
        self.cpu = self.client + self.server
        self.rate, self.possible = self.claims / self.seconds, CORES * 1e6 / self.cpu
        self.client_mib, self.server_mib = usage.ru_maxrss / 1024, self.server_kib / 1024

    def show(self, name):
        say(f"  {name:<34} {self.rate:7.0f}/s  CPU {self.cpu:4.0f} µs a claim ({self.client:.0f} ours, {self.system:.0f} of it the "
            f"system's for us; {self.server:.0f} PostgreSQL) = {self.possible:.0f}/s on {CORES} cores")


def fill(cluster):
    database = cluster.migrate("bench")
    say(f"bench: a facility with {CLAIMS} claims of {LARGE} and a tenth of {SMALL}")
    harness.run_tool([harness.binary("cli/hmis"), "demo", "load", "--database", database.url(), "--stations", "0", "--days", "34",
                      "--until", f"{LARGE}-31", "--visits-per-day", str(PER_DAY), "--errors", "0", "--tenant", TENANT], "demo load")
    database.rows((HERE / "claims_lines.sql").read_text(encoding="utf-8"))
    database.rows("vacuum analyze", transaction=False)
    (row,) = database.rows(
        "select round(avg(n), 1) as lines, (select round(count(*)::numeric / (select count(distinct visit_id) from care.visit), 1) "
        "from care.result) as results from (select count(*) as n from bill.charge h join care.visit v using (tenant_id, visit_id) "
        "where v.status = 'closed' and v.coverage_id is not null and not h.is_void group by v.visit_id) x")
    say(f"  {row['lines']} lines of XML2 and XML3 a claim, {row['results']} results of XML4 a visit")
    return database


def raw_rsa():
    """RSA-2048 signatures a second: of one core by processor time, and of all at once by the clock."""
    rates = []
    for more in ([], ["-multi", str(CORES)]):
        told = harness.run_tool(["openssl", "speed", "-seconds", "3", *more, "rsa2048"], "openssl speed")
        rates.append(float(re.search(r"^rsa 2048 bits +\S+ +\S+ +([\d.]+)", told, re.M).group(1)))
    return rates


def exports(cluster, database, folder, key, certificate):
    unsigned = {}
    Export(cluster, database, SMALL, folder / "warm.xml", "--unsigned")  # plans, caches, memory of the machine
    say(f"\nhmis claim export, unsigned, one envelope (target {UNSIGNED_TARGET}/s)")
    for month in (SMALL, LARGE):
        unsigned[month] = Export(cluster, database, month, folder / "month.xml", "--unsigned")
        unsigned[month].show(f"{unsigned[month].claims} claims")
        size = (folder / "month.xml").stat().st_size
        (folder / "month.xml").unlink()
    small, large = unsigned[SMALL], unsigned[LARGE]
    say(f"  {size / large.claims / 1024:.1f} KiB a claim; memory: ours {small.client_mib:.1f} MiB with {small.claims} claims, "
        f"{large.client_mib:.1f} MiB with {large.claims}; PostgreSQL's largest process {small.server_mib:.1f} and {large.server_mib:.1f} MiB")
    pem = ["--key", key, "--cert", certificate]
    say("\nhmis claim export, each claim alone")
    archive = Export(cluster, database, SMALL, folder / "a.tar", "--unsigned")
    archive.show("unsigned, archive")
    signed = Export(cluster, database, SMALL, folder / "b.tar", *pem)
    signed.show("signed, archive")
    place = folder / "files"
    place.mkdir()
    alone = Export(cluster, database, SMALL, place, *pem)
    alone.show("signed, a file each")
    big = Export(cluster, database, LARGE, folder / "c.tar", *pem)
    big.show(f"signed, archive, {big.claims} claims")
    say(f"  memory: ours {signed.client_mib:.1f} MiB with {signed.claims} claims, {big.client_mib:.1f} MiB with {big.claims}")
    for path in (folder / "a.tar", folder / "b.tar", folder / "c.tar"):
        path.unlink()
    shutil.rmtree(place)
    return archive, signed


def shares(archive, signed, key, certificate, folder):
    """The signing stage against raw RSA, and what is possible from rows."""
    one, all_cores = raw_rsa()
    say(f"\nraw RSA-2048 (openssl speed): {one:.0f}/s on one core by processor time, {all_cores:.0f}/s on {CORES} by the clock")
    told = harness.run_tool([harness.ROOT / "build" / "tests" / "bench" / "bench_claims", key, certificate, folder], "bench_claims")
    found = re.search(r"^signing stage: raw (\d+) ns, archive (\d+) ns, files (\d+) ns$", told, re.M)
    raw, stage, files = (int(v) / 1000 for v in found.groups())
    say(f"signing stage (digest, signature, file) of claims already built: {stage:.0f} µs into an archive, {files:.0f} µs into a file "
        f"each; raw signature in the same process {raw:.0f} µs: {100 * raw / stage:.0f} % and {100 * raw / files:.0f} % "
        f"(target {SIGNED_TARGET} %)")
    bound = CORES * 1e6 / (archive.cpu + 1e6 / one)
    say(f"from rows: build {archive.cpu:.0f} µs + raw signature {1e6 / one:.0f} µs allow {bound:.0f}/s on {CORES} cores, "
        f"{100 * bound / one / CORES:.0f} % of raw signing on all of them: {SIGNED_TARGET} % would need claims built in "
        f"{(100 / SIGNED_TARGET - 1) * 1e6 / one:.0f} µs")
    say(f"  signed export by processor time {signed.possible:.0f}/s ({100 * signed.possible / bound:.0f} % of the bound, "
        f"{100 * signed.possible / one:.0f} % of one core's raw rate), by the clock {signed.rate:.0f}/s")


def claim_run(run, cluster, database, key, certificate):
    """The smaller month by the jobs process. One job at a time: sending waits until the run is over."""
    place = run.directory("jobs")
    service = harness.Service(database, place, {
        "server": {"jobs": 1, "signer": 1}, "jobs": {"database_url": database.url("hmis_jobs"), "concurrency": 1},
        "signer": {"socket": place / "s", "key": key, "certificate": certificate}})
    service.start()
    roles = {m[0]: int(m[1]) for m in re.findall(r"event=start role=(\w+) .*?pid=(\d+)", service.log.read_text(encoding="utf-8"))}
    try:
        before, server = {role: running(pid) for role, pid in roles.items()}, cluster.spent()
        number = database.value(
            "with r as (insert into claim.run (tenant_id, facility_id, month) select tenant_id, facility_id, :'month'::date "
            "from org.facility where code = :'code' returning *) insert into job.queue (tenant_id, facility_id, kind, dedup_key, "
            "payload) select tenant_id, facility_id, 'claim_run', run_id::text, jsonb_build_object('run_id', run_id) from r "
            "returning payload ->> 'run_id'", month=f"{SMALL}-01", code=FACILITY)
        ask = f"select *, extract(epoch from finished_at - started_at) as seconds from claim.run where run_id = {number}"
        peak = 0
        while True:
            (row,) = database.rows(ask)
            peak = max(peak, status(roles["jobs"], "VmHWM"))
            if row["state"] in ("done", "failed"):
                break
            time.sleep(0.5)
        if row["state"] == "failed":
            raise SystemExit(f"bench: the claim run failed: {row['error']}")
        claims, seconds = int(row["built"]) + int(row["rejected"]), float(row["seconds"])
        ours = {role: (running(pid) - before[role]) * 1e6 / claims for role, pid in roles.items()}
        postgres = (cluster.spent() - server) * 1e6 / claims
        total = postgres + ours["jobs"] + ours["signer"]
        say(f"\nclaim run of the jobs process: {claims} claims read, judged, signed, stored, queued; {row['rejected']} held back")
        say(f"  {claims / seconds:.0f}/s  CPU {total:.0f} µs a claim: PostgreSQL {postgres:.0f}, jobs {ours['jobs']:.0f}, signer "
            f"{ours['signer']:.0f} = {CORES * 1e6 / total:.0f}/s on {CORES} cores; jobs process at most {peak / 1024:.1f} MiB")
    finally:
        service.process.send_signal(signal.SIGTERM)
        service.stop()


def main(_run):
    run = harness.Run("bench-claims")
    cluster = Cluster(run)
    try:
        folder = run.directory("claims")
        key, certificate = claims_kit.make_certificate(folder)
        subprocess.run(["ninja", "-C", harness.ROOT / "build", "tests/bench/bench_claims"], check=True, capture_output=True)
        database = fill(cluster)
        archive, signed = exports(cluster, database, folder, key, certificate)
        shares(archive, signed, key, certificate, folder)
        claim_run(run, cluster, database, key, certificate)
    finally:
        cluster.stop()
        run.end()

"""Name search among a million people of one tenant, through the service: ./dev bench search
(BENCH_PEOPLE and BENCH_QUERIES change the numbers)

Loads plausible Vietnamese names (tests/bench/names/*.tsv: weights per thousand, made up after published name
statistics; no real person) in ten years of registrations, then types queries without diacritics in several
shapes over one connection, and prints latencies as a client sees them, the plans behind them, and the size
of what the search needs. Seeded: the same N gives the same people and the same queries.
"""

import os
import random
import re
import subprocess
import sys
import time
import unicodedata
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
import harness  # noqa: E402
import places  # noqa: E402

LIMIT = 20  # results a page
HILL_WOMEN = ["H' Hoa", "H' Lan", "H' Ngọc", "H' Bliu", "H' Wuôn", "H' Yam", "H' Nga", "H' Mai", "H' Djuyên", "H' Rin"]
HILL_MEN = ["Y Bhăm", "Y Blơ", "Y Thanh", "Y Khoa", "Y Nguyên", "Y Win", "Y Djuang", "Y Phong", "Y Bằng", "Y Suên"]
HILL_FAMILIES = ["Niê", "Êban", "Ayun", "Byă", "Mlô", "Kbuôr", "Hđơk", "Ktla", "Kpă", "Rơ Lan", "Siu", "Rmah"]


class Weighted:
    """Words with weights, from a file of names/."""

    def __init__(self, name):
        rows = [line.split("\t") for line in (HERE / "names" / name).read_text(encoding="utf-8").splitlines()[1:]]
        self.words, self.weights = [r[0] for r in rows], [int(r[1]) for r in rows]

    def draw(self, rng, count):
        return rng.choices(self.words, self.weights, k=count)


def fold(text):
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", plain.lower().replace("đ", "d")).strip()


def people(count, seed=1):
    """(name, sex, birth year, month, day) of `count` people."""
    rng = random.Random(seed)
    family = Weighted("family.tsv").draw(rng, count)
    middle = {"1": Weighted("middle_men.tsv"), "2": Weighted("middle_women.tsv")}
    given = {"1": Weighted("given_men.tsv"), "2": Weighted("given_women.tsv")}
    middles = {sex: middle[sex].draw(rng, count) for sex in "12"}
    givens = {sex: given[sex].draw(rng, count) for sex in "12"}
    for i in range(count):
        sex = "1" if rng.random() < 0.49 else "2"
        if rng.random() < 0.05:
            name = f"{rng.choice(HILL_MEN if sex == '1' else HILL_WOMEN)} {rng.choice(HILL_FAMILIES)}"
        else:
            name = f"{family[i]} {middles[sex][i]} {givens[sex][i]}"
        year = 2025 - min(int(abs(rng.gauss(0, 1)) * 32), 100)
        yield name, sex, year, rng.randint(1, 12), rng.randint(1, 28)


def load(database, tenant, count):
    """Fills the tenant by COPY in batches, through the same triggers as every registration."""
    head = ("copy reg.patient (tenant_id, code, full_name, born_on, sex, address, province_code, commune_code, created_at) "
            "from stdin;\n")
    batch, done = [], 0
    for name, sex, year, month, day in people(count):
        done += 1
        minute = int(done * 5256000 / count)  # ten years
        at = time.strftime("%Y-%m-%d %H:%M:00+07", time.gmtime(1448000000 + minute * 60))
        batch.append(f"{tenant}\t{done:08d}\t{name}\t{year}-{month:02d}-{day:02d}\t{sex}\tThôn 1\t66\t24133\t{at}\n")
        if len(batch) == 50000 or done == count:
            database.rows(head + "".join(batch) + "\\.\n")
            batch = []
            print(f"\rloaded {done}", end="", flush=True)
    print()
    database.rows("vacuum (analyze) reg.patient; ", transaction=False)
    database.rows("vacuum (analyze) reg.patient_word; ", transaction=False)
    database.rows("vacuum (analyze) reg.name_word; ", transaction=False)


def shapes(sample, rng):
    """(shape, typed text) without end."""
    while True:
        name, _, year, month, day = rng.choice(sample)
        words = fold(name).split()
        other = fold(rng.choice(sample)[0]).split()
        two = rng.sample(words, 2)
        letters = [w[0] for w in words]
        yield "full name", " ".join(words)
        yield "full name, shuffled", " ".join(rng.sample(words, len(words)))
        yield "two words", " ".join(two)
        yield "family and middle", " ".join(words[:2])
        yield "one word", rng.choice(words)
        yield "last word cut", " ".join(words)[: -max(1, len(words[-1]) - rng.randint(1, 2))]
        yield "beginning only", words[-1][: rng.randint(1, 3)]
        yield "initials and year", f"{' '.join(letters)} {year}"
        yield "initials", "".join(letters)
        yield "name and year", f"{words[-1]} {year}"
        yield "name and birth date", f"{' '.join(words)} {day:02d}/{month:02d}/{year}"
        yield "birth date", f"{day:02d}/{month:02d}/{year}"
        yield "two people's words", f"{rng.choice(words)} {rng.choice(other)}"
        yield "two people's given names", f"{words[-1]} {other[-1]}"
        yield "nobody", f"{' '.join(words[:2])} {rng.choice(['quac', 'xyz', 'khuyen', 'zen'])}"


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def table(times):
    print(f"{'':32}   ms as the client waits              ms of processor: PostgreSQL and service\n"
          f"{'shape':26} {'n':>5}" + f"   {'p50':>7} {'p95':>7} {'p99':>7} {'max':>7}" * 2)
    for shape in [*times, "all"]:
        rows = [v for s in times.values() for v in s] if shape == "all" else times[shape]
        print(f"{shape:26} {len(rows):5}" + "".join(
            "   " + " ".join(f"{percentile([r[i] for r in rows], p):7.2f}" for p in (0.5, 0.95, 0.99, 1)) for i in (0, 1)))


def processor(pids):
    """Seconds that these processes have run so far, to the nanosecond."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text(encoding="utf-8").split()[0]) for pid in pids) / 1e9


def measure(client, sample, queries, limit, processes):
    """processes() gives the ids of all that work for a query: on a busy machine their time says more than the clock."""
    rng = random.Random(2)
    times, found, slowest = {}, 0, []
    source = shapes(sample, rng)
    for _ in range(200):  # plans and caches
        client.get("/v1/patients?" + urllib.parse.urlencode({"q": next(source)[1]}))
    pids = processes()
    for _ in range(queries):
        shape, typed = next(source)
        path = "/v1/patients?" + urllib.parse.urlencode({"q": typed, "limit": limit})
        used, since = processor(pids), time.perf_counter()
        answer = client.get(path)
        took = time.perf_counter() - since
        if answer.status != 200:
            raise AssertionError(f"{typed}: {answer}")
        times.setdefault(shape, []).append((took, processor(pids) - used))
        slowest.append((took, typed))
        found += bool(answer.json["items"])
    table(times)
    print(f"{found} of {queries} found somebody; slowest: "
          + ", ".join(f"{typed!r} {took * 1000:.1f} ms" for took, typed in sorted(slowest, reverse=True)[:8]))
    return [percentile([v[i] for s in times.values() for v in s], 0.99) for i in (0, 1)]


EXPLAIN = """
load 'auto_explain';
set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on; set auto_explain.log_buffers = on;
set auto_explain.log_nested_statements = on;
select set_config('hmis.tenant', :'tenant', false), set_config('hmis.facilities', '{}', false) \\g /dev/null
set role hmis_worker;
select count(*) from reg.read_query(:'typed') r, reg.find_patients(r.words, r.lo, r.hi, r.numbers, null, null, null, 21) \\g /dev/null
"""
EXPLAINED = ["nguyen thi", "khue nguyen", "nguyen van hai", "hai 1980", "nguyen van qu"]


def explain(database, tenant):
    """The plans of the walks inside the functions, as they ran for the caller's role under row-level security."""
    for typed in EXPLAINED:
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.url(), "-v", f"tenant={tenant}", "-v", f"typed={typed}"]
        environment = harness.clean_environment(PGOPTIONS="-c client_min_messages=log -c plan_cache_mode=force_generic_plan")
        done = subprocess.run(command, input=EXPLAIN, capture_output=True, text=True, check=True, env=environment)
        plans = [p for p in done.stderr.split("LOG:  ")[1:] if re.search(r"reg\.patient", p) and "Scan" in p]
        slowest = max(plans, key=lambda p: float(re.search(r"duration: ([0-9.]+)", p)[1]))
        print(f"-- {typed}: {len(plans)} walks, the longest:")
        print(re.sub(r"Query Text:.*?\n(?=\s*Limit|\s*Unique)", "", slowest, flags=re.DOTALL).replace("\t", "  ").rstrip())


def sizes(database):
    for row in database.rows("""select relname, pg_size_pretty(pg_relation_size(oid)) as size from pg_class
        where oid in (select indexrelid from pg_index where indrelid in ('reg.patient'::regclass, 'reg.patient_word'::regclass))
            or oid in ('reg.patient'::regclass, 'reg.patient_word'::regclass) order by pg_relation_size(oid) desc"""):
        print(f"{row['size']:>10}  {row['relname']}")


def main(run):
    """A part of run.py: the cluster with the migrated template is there."""
    count, queries = int(os.environ.get("BENCH_PEOPLE", "1000000")), int(os.environ.get("BENCH_QUERIES", "3000"))
    database = harness.create_database(Path(os.environ["HMIS_TEST_SOCKETS"]), "search")
    places.fill(database)
    tenant = database.value("select tenant_id from org.tenant where code = :'code'", code=places.TENANT)
    since = time.monotonic()
    load(database, tenant, count)
    print(f"search: {count} people loaded in {time.monotonic() - since:.0f} s")
    sizes(database)
    account = harness.Account(database, run.path, "registrar", places.TENANT, places.CENTRE)
    service = harness.Service(database, run.directory("search")).start()
    try:
        sample = random.Random(3).sample(list(people(count)), min(20000, count))

        def processes():
            rows = database.rows("select pid from pg_stat_activity where usename = 'hmis_worker'")
            children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text(encoding="utf-8")
            return [int(row["pid"]) for row in rows] + [int(pid) for pid in children.split()]

        client = service.client().login(account)
        waited, worked = measure(client, sample, queries, LIMIT, processes)
    finally:
        service.stop()
    explain(database, tenant)
    print(f"search: p99 {waited:.2f} ms as the client waits (target 20), {worked:.2f} ms of processor, among {count} people; "
          f"load {os.getloadavg()[0]:.1f} at the end")

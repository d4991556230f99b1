#!/usr/bin/env python3
"""What a live verdict costs: the same writes with and without `Prefer: return=verdict`, in turn, in CPU time of the worker and of
PostgreSQL apart. BENCH_VERDICT changes the number of writes of each kind in a round (default 300)."""

import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
import clinic  # noqa: E402

bench = sys.modules["__main__"]  # run.py, which has the service with one worker and the clocks

WRITES = int(os.environ.get("BENCH_VERDICT", "300"))
ROUNDS = 4
LIMIT_US = 300
WANTED = {"Prefer": "return=verdict"}
LINES = [{"code": "SA", "status": "done", "performer_ids": [clinic.TECHNICIAN], "machine_id": clinic.MACHINE}] * 5


class Verdict(bench.Bench):
    def runTest(self):
        (worker,) = bench.children(self.hmisd.process.pid)[:1]
        postmaster = int((Path(self.database.sockets).parent / "data" / "postmaster.pid").read_text().split()[0])
        visits = [self.open(patient_id=clinic.INSURED + n % 40, diagnoses=[{"role": "main", "icd_code": "J02.9"}],
                            orders=[{"code": "KB", "status": "done"}, *LINES]) for n in range(20)]
        self.database.rows("vacuum analyze", transaction=False)
        kinds = {"a note (no money moves)": ("notes", {"progress": "Tỉnh, tiếp xúc tốt"}),
                 "a supply (priced)": ("supplies", {"code": "KIM", "quantity": 1})}
        for what, (noun, body) in kinds.items():
            spent = {False: [0.0, 0.0], True: [0.0, 0.0]}
            for n in range(2 * ROUNDS + 2):
                wanted = bool(n % 2)
                before = bench.cpu_seconds([worker]), bench.cluster_seconds(postmaster)
                for i in range(WRITES):
                    path = visits[i % len(visits)]["path"]
                    answer = self.staff.request("POST", f"{path}/{noun}", body, WANTED if wanted else None)
                    if answer.status != 201 or wanted != ("verdict" in answer.json):
                        raise SystemExit(f"bench: {answer}")
                    if noun == "supplies":
                        self.database_clean(i)
                after = bench.cpu_seconds([worker]), bench.cluster_seconds(postmaster)
                if n > 1:  # the first of each warms up
                    spent[wanted] = [spent[wanted][k] + after[k] - before[k] for k in range(2)]
            each = {k: [1e6 * s / ROUNDS / WRITES for s in v] for k, v in spent.items()}
            more = [each[True][k] - each[False][k] for k in range(2)]
            bench.say(f"verdict: {what}: without {each[False][0]:.0f} µs worker + {each[False][1]:.0f} µs PostgreSQL; "
                      f"with {each[True][0]:.0f} + {each[True][1]:.0f}")
            total = sum(more)
            bench.say(f"verdict:   more: {more[0]:.0f} µs worker + {more[1]:.0f} µs PostgreSQL = {total:.0f} µs "
                      f"(limit < {LIMIT_US}) {'good' if total < LIMIT_US else 'MISSED'}")
        bench.say(f"verdict: worker RSS {bench.rss_mib(worker):.1f} MiB (limit 15)")

    def database_clean(self, i):
        """The visits stay the size they are."""
        if i % 20 == 19:
            self.database.rows("update care.supply_use set is_void = true where not is_void; "
                               "update bill.charge set is_void = true where source_kind = 'supply_use' and not is_void")


def main(directory):
    del directory
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(Verdict())
    if not result.wasSuccessful():
        raise SystemExit("bench: the verdict part failed")

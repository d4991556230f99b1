"""A full disk, a refused connection, a slow or lying gateway leave clear states, not lost rows."""

import ctypes
import os
import subprocess
import unittest
import uuid

import audit
import clinic
import harness
from load import Ledger, Load, opening
from rig import Rig

CLONE_NEWNS = 0x20000
DISK_MIB = 400
SMALL_WAL = "\nmin_wal_size = 32MB\nmax_wal_size = 64MB\nshared_buffers = 32MB\n"
# Every way in which the stand-in can be slow or lie, a few times each, on submissions of claims and check-ins.
LIES = [{"path": "gui", "kind": kind, "every": every, "limit": 3, "ms": 3500} for every, kind in enumerate(
    ("delay", "drop_before", "drop_after", "duplicate_answer", "http_500", "code_500", "expired_token", "garbage"), 2)]


class SmallDisk(harness.Run):
    """A run whose cluster lives on a file system of DISK_MIB, seen by this process and its children only."""

    @staticmethod
    def obstacle():
        """Why there can be none here, or None; afterwards mounts of this process are its own."""
        if os.geteuid() != 0:
            return "a small file system needs root"
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            return f"no mounts in this container: {os.strerror(ctypes.get_errno())}"
        done = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True, check=False)
        return f"no mounts in this container: {done.stderr.strip()}" if done.returncode else None

    def directory(self, name, account=False):
        path = super().directory(name, account)
        if name == "data":
            uid, gid = harness.postgres_account()
            options = f"size={DISK_MIB}m,mode=0700,uid={uid},gid={gid}"
            harness.run_tool(["mount", "-t", "tmpfs", "-o", options, "hmis-fault", path], "mount")
        return path

    def end(self):
        subprocess.run(["umount", "-l", self.path / "data"], capture_output=True, check=False)
        super().end()


def fill(directory):
    """Takes the rest of a file system; the file that holds it."""
    ballast = directory / "ballast"
    with open(ballast, "wb") as file:
        try:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        except OSError:
            pass
    return ballast


def go_on(test, rig, ledger, answers=20):
    """The service works, and everything that was ever answered is there once; claims included."""
    with Load(rig, ledger):
        mark = ledger.answered
        harness.until(lambda: ledger.answered > mark + answers, "more answers")
    rig.start_claim_run()
    rig.settle_claims()
    test.assertEqual(audit.audit(rig, ledger)[1], [])


class Disk(unittest.TestCase):
    def test_a_full_disk(self):
        why = SmallDisk.obstacle()
        if why:
            self.skipTest(why)
        run = SmallDisk("fault")
        self.addCleanup(run.end)
        rig, ledger = Rig(run, SMALL_WAL), Ledger()
        self.addCleanup(rig.end)
        with Load(rig, ledger):
            harness.until(lambda: ledger.answered >= 20, "answers before the disk is full")
            ballast = fill(rig.cluster.data)
            harness.until(lambda: sum(ledger.hindrance.values()) > 20, "answers of a full disk")
            ballast.unlink()
            if rig.cluster.process.poll() is not None:  # recovery itself found no space
                rig.cluster.start_again()
        refusals = {what for what in ledger.hindrance if what.startswith("503")}
        self.assertLessEqual(refusals, {"503 busy.disk_full", "503 busy.database", "503 busy.too_slow"})
        go_on(self, rig, ledger)


class Away(unittest.TestCase):
    """PostgreSQL or the gateway refuses, hesitates or lies; one Rig for all, each test leaves it working."""

    @classmethod
    def setUpClass(cls):
        run = harness.Run("fault")
        cls.addClassCleanup(run.end)
        cls.rig, cls.ledger = Rig(run), Ledger()
        cls.addClassCleanup(cls.rig.end)

    def refused(self, answer):
        """A 503 problem that says when to come again."""
        self.assertEqual((answer.status, answer.json["code"]), (503, "busy.database"), answer)
        self.assertIn("retry-after", answer.headers)

    def test_a_refused_connection(self):
        rig, client, key = self.rig, self.rig.client(), str(uuid.uuid4())
        body = opening(clinic.UNINSURED, False)
        rig.cluster.stop()
        self.refused(client.post("/v1/visits", body, key=key))
        self.refused(client.get("/v1/visits"))
        self.assertEqual(client.get("/health/ready").status, 503)
        self.assertEqual(client.get("/health/live").status, 200)
        workers = rig.workers()
        rig.cluster.start_again()
        rig.until_ready()
        visit = client.post("/v1/visits", body, key=key)
        self.assertEqual(visit.status, 201, visit)
        self.ledger.opened(visit.json, clinic.UNINSURED, False, None)
        self.assertEqual(rig.workers(), workers, "recovery needs no restart")
        go_on(self, rig, self.ledger)

    def test_a_slow_and_lying_gateway(self):
        self.rig.gateway.admin("PUT", "/admin/faults", LIES)
        go_on(self, self.rig, self.ledger, 100)
        done = {fault["kind"]: fault["done"] for fault in self.rig.gateway.admin("GET", "/admin/state")["faults"]}
        self.rig.gateway.admin("PUT", "/admin/faults", [])
        self.assertGreater(sum(done.values()), 5, done)
        receipts = self.rig.gateway.admin("GET", "/admin/receipts")
        insured = {v["ma_lk"] for v in self.ledger.visits.values() if v["insured"]}
        self.assertEqual({r["ma_lk"] for r in receipts if r["kind"] == 130 and not r["replaced"]}, insured)

    def test_a_gateway_that_is_away_delays_claims_and_nothing_else(self):
        rig, ledger = self.rig, self.ledger
        before = ledger.hindrance.copy()
        rig.gateway.stop()
        with Load(rig, ledger):
            mark = ledger.answered
            harness.until(lambda: ledger.answered > mark + 60, "answers without a gateway")
        self.assertEqual(ledger.hindrance - before, {}, "care does not wait for the gateway")
        rig.start_claim_run()
        waiting = "select count(*) from job.queue where kind = 'claim_send' and state = 'ready' and last_error is not null"
        harness.until(lambda: rig.database.value(waiting) != "0", "a claim that waits for the gateway and says why")
        rig.gateway.start_again()
        go_on(self, rig, ledger)

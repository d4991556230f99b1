"""The audit of the fault tests is worth something: damage done behind the service's back is named."""

import unittest

import audit
import harness
from load import Ledger, Load
from rig import Rig

# What a broken service could leave, made behind its back, and the words of the audit that must come.
DAMAGE = {
    "delete from bill.payment where payment_id = (select min(payment_id) from bill.payment)": "was answered and is not there",
    "update bill.payment set receipt_no = receipt_no + 1000 where payment_id = (select max(payment_id) from bill.payment)": "receipts have a gap",
    "delete from bill.entry where entry_id = (select min(entry_id) from bill.entry)": "a posting does not sum to zero",
    "update care.queue_ticket set number = number + 1000 where number = 2": "queue numbers have a gap",
    "delete from care.supply_use where supply_use_id = (select min(supply_use_id) from care.supply_use)": "answered and stored differ",
    "update claim.claim set ma_giao_dich = 'X' where claim_id = (select min(claim_id) from claim.claim)": "names no received version",
    "update claim.version set envelope = '\\x00'": "holds another content",
    "update sec.idempotency set answer = null": "without its answer",
}


class Audit(unittest.TestCase):
    def test_the_audit_sees_what_is_lost(self):
        run = harness.Run("fault")
        self.addCleanup(run.end)
        rig, ledger = Rig(run), Ledger()
        self.addCleanup(rig.end)
        with Load(rig, ledger):
            harness.until(lambda: len(ledger.payments) >= 3 and ledger.answered >= 40, "work to damage")
        rig.start_claim_run()
        rig.settle_claims()
        self.assertEqual(audit.audit(rig, ledger)[1], [])
        for damage in DAMAGE:
            rig.database.rows(f"set session_replication_role = replica; {damage}")
        told = "\n".join(audit.audit(rig, ledger)[1])
        for words in DAMAGE.values():
            self.assertIn(words, told)
        lost = next(iter(ledger.visits))
        ledger.visits[1] = ledger.visits.pop(lost)
        told = "\n".join(audit.lost_visits(rig, ledger))
        self.assertIn("visit 1 was answered and is not there", told)
        self.assertIn(f"visit {lost} is there and was never answered", told)

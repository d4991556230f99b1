"""Rounds: work under way, one process killed, everything that was answered audited."""

import time

import audit
import harness
from load import Ledger, Load
from rig import VICTIMS, Rig, kill

SLOW_GATEWAY = [{"path": "guiHoSoXml", "kind": "delay", "ms": 150, "every": 1}]  # so that sendings are under way at the kill
ANSWERS_AFTER = 20  # answers that must come after the kill before a round ends


class Result:
    """What one round showed."""

    def __init__(self, number, victim):
        self.number, self.victim = number, victim
        self.answered = self.repriced = 0
        self.seconds = self.silence = 0.0
        self.hindrance, self.faults = {}, []

    def line(self):
        hindered = ", ".join(f"{what} {n}" for what, n in sorted(self.hindrance.items())) or "–"
        verdict = "ok" if not self.faults else "BROKEN"
        return (f"{self.number:>5}  {self.victim:<13}{self.answered:>9}{self.repriced:>10}{self.silence:>12.2f}{self.seconds:>9.1f}  "
                f"{verdict:<7} {hindered}")


HEAD = "round  killed        answers  repriced  silence, s  took, s  audit   told to try again"


def play(rig, ledger, number, victim):
    result = Result(number, victim)
    since, answered, hindered = time.monotonic(), ledger.answered, ledger.hindrance.copy()
    try:
        rig.gateway.admin("PUT", "/admin/faults", SLOW_GATEWAY)
        rig.start_claim_run()
        with Load(rig, ledger):
            harness.until(lambda: ledger.answered > answered, "the first answer of the round")
            ledger.listen()
            kill(rig, victim, number)
            rig.until_ready()
            mark = ledger.answered
            harness.until(lambda: ledger.answered >= mark + ANSWERS_AFTER, "answers after the kill")
            result.silence = ledger.silence
        result.repriced, result.faults = audit.audit(rig, ledger)
    except AssertionError as fault:
        result.faults.append(f"{type(fault).__name__}: {fault}")
    result.answered = ledger.answered - answered
    result.hindrance = ledger.hindrance - hindered
    result.seconds = time.monotonic() - since
    return result


def play_all(rounds, run, say=lambda line: None):
    """Plays the rounds, each victim in turn; (results, ledger, faults of the end: everything received, nothing twice)."""
    rig, ledger, results = Rig(run), Ledger(), []
    rig_ended = False
    try:
        say(HEAD)
        for number in range(1, rounds + 1):
            results.append(play(rig, ledger, number, VICTIMS[(number - 1) % len(VICTIMS)]))
            say(results[-1].line())
            if results[-1].faults:
                for fault in results[-1].faults[:10]:
                    say(f"       {fault}")
                break
        faults = [f"round {r.number} ({r.victim}): {fault}" for r in results for fault in r.faults]
        if not faults:
            rig.start_claim_run()
            rig.settle_claims()
            faults = audit.audit(rig, ledger)[1]
        totals = rig.database.rows(
            "select (select count(*) from care.visit) as visits, (select count(*) from bill.payment) as payments, (select count(*) from "
            "claim.claim where state = 'received') as received, (select count(*) from claim.transmission) as transmissions")[0]
        rig_ended = True
        rig.end()
        return results, totals, faults
    finally:
        if not rig_ended:
            rig.end()

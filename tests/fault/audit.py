"""What must hold after any fault: audit(rig, ledger) returns a list of what does not."""

import hashlib
import re

from load import OPEN_LINES

# Each query lists what is wrong; none may return a row.
WRONG = {
    "shares of a charge do not add up": "select charge_id from bill.charge where amount_hospital <> fund_share + copay_share "
        "+ self_share + other_share",
    "a live charge without its source, or twice": "select source_kind, source_id from bill.charge where not is_void "
        "group by 1, 2, split_no having count(*) > 1",
    "a posting does not sum to zero": "select posting_id from bill.entry group by 1 having sum(amount) <> 0",
    "a payment is not in the ledger once": "select p.payment_id from bill.payment p left join bill.entry e using (tenant_id, payment_id) "
        "group by p.payment_id, p.amount having count(e) filter (where e.account_code in ('cash', 'bank')) <> 1 "
        "or sum(abs(e.amount)) <> 2 * p.amount",
    "a closed visit owes or holds money": "select v.visit_id from care.visit v join bill.entry e using (tenant_id, visit_id) "
        "where v.status = 'closed' and e.account_code in ('patient', 'deposit') group by 1 having sum(e.amount) <> 0",
    "receipts have a gap": "select b.code from bill.receipt_book b left join bill.payment p using (tenant_id, receipt_book_id) "
        "group by b.code, b.last_no having count(p) <> b.last_no or coalesce(max(p.receipt_no), 0) <> b.last_no",
    "queue numbers have a gap": "select c.room_id, c.on_date from care.queue_counter c left join care.queue_ticket t "
        "using (tenant_id, room_id, on_date) group by 1, 2, c.last_no having count(t) <> c.last_no or max(t.number) <> c.last_no",
    "a visit has no audit row of its opening, or two": "select v.visit_id from care.visit v left join (select unnest(keys) as id "
        "from audit.change where table_name = 'care.visit' and op = 'I') a on a.id = v.visit_id group by 1 having count(a.id) <> 1",
    "an Idempotency-Key without its answer": "select key from sec.idempotency where answer is null",
    "a closed insured visit has no claim": "select v.visit_id from care.visit v left join claim.claim c using (tenant_id, visit_id) "
        "where v.status = 'closed' and v.object_code = '1.1' and c.claim_id is null",
    "a version was received twice": "select claim_id, version_no from claim.transmission where outcome = 'received' and claim_id is not null "
        "group by 1, 2 having count(*) > 1",
    "something was sent after success": "select t.transmission_id from claim.transmission t join claim.transmission r using (tenant_id, "
        "claim_id, version_no) where r.outcome = 'received' and t.started_at > r.finished_at",
    "a check-in was sent after success": "select t.transmission_id from claim.transmission t join claim.transmission r using (tenant_id, "
        "check_in_id) where r.outcome = 'received' and t.started_at > r.finished_at",
    "a received claim names no received version": "select claim_id from claim.claim c where state = 'received' and not exists (select from "
        "claim.transmission t where t.tenant_id = c.tenant_id and t.claim_id = c.claim_id and t.version_no = c.received_version "
        "and t.outcome = 'received' and t.ma_giao_dich = c.ma_giao_dich)",
    "two lives of one job": "select kind, dedup_key from job.queue where state in ('ready', 'running') and dedup_key is not null "
        "group by tenant_id, 1, 2 having count(*) > 1",
    "a job was given up": "select kind, last_error from job.queue where state = 'failed'",
}


def wrong_rows(rig):
    found = []
    for what, sql in WRONG.items():
        rows = rig.database.rows(sql)
        if rows:
            found.append(f"{what}: {len(rows)}, e.g. {dict(rows[0])}")
    return found


def lost_visits(rig, ledger):
    """Every visit answered exists as answered, and no other."""
    rows = rig.database.rows(
        "select v.visit_id, v.ma_lk, v.patient_id, v.reason, v.status, t.number, (select count(*) from care.service_order o "
        "where o.tenant_id = v.tenant_id and o.visit_id = v.visit_id) as orders, (select count(*) from care.supply_use s "
        "where s.tenant_id = v.tenant_id and s.visit_id = v.visit_id) as supplies, (select count(*) from bill.charge c "
        "where c.tenant_id = v.tenant_id and c.visit_id = v.visit_id and not c.is_void) as charges "
        "from care.visit v left join care.queue_ticket t using (tenant_id, visit_id)")
    stored = {int(row["visit_id"]): row for row in rows}
    found = [f"visit {v} was answered and is not there" for v in ledger.visits if v not in stored]
    found += [f"visit {v} is there and was never answered" for v in stored if v not in ledger.visits]
    for visit, row in stored.items():
        seen = ledger.visits.get(visit)
        if not seen:
            continue
        lines = OPEN_LINES + seen["supply"]
        wanted = {"ma_lk": seen["ma_lk"], "patient_id": str(seen["patient"]), "number": str(seen["queue_number"]),
                  "orders": str(OPEN_LINES), "supplies": str(int(seen["supply"])), "charges": str(lines)}
        if seen["patched"]:
            wanted["reason"] = seen["reason"]
        if seen["closed"]:
            wanted["status"] = "closed"
        differ = {name: (value, row[name]) for name, value in wanted.items() if row[name] != value}
        if differ or len({r["visit_id"] for r in rows}) != len(rows):
            found.append(f"visit {visit}: answered and stored differ: {differ}")
    return found


def lost_payments(rig, ledger):
    rows = {r["settlement_key"]: r for r in rig.database.rows("select * from bill.payment")}
    found = [f"payment {k} is there and was never answered" for k in rows if k not in ledger.payments]
    for key, seen in ledger.payments.items():
        row = rows.get(key)
        if not row:
            found.append(f"payment {key} was answered and is not there")
        elif (int(row["visit_id"]), int(row["payment_id"]), float(row["amount"]), int(row["receipt_no"])) != (
                seen["visit"], seen["id"], float(seen["amount"]), seen["number"]):
            found.append(f"payment {key}: {seen} was answered, {dict(row)} is stored")
    return found


def unpriced(rig, ledger):
    """Visits whose pricing was cut off: (how many there were, what is wrong after their bill was read)."""
    sql = "select visit_id from care.visit where not is_priced order by 1"
    before = rig.database.rows(sql)
    client = rig.client()
    found = []
    for row in before:
        answer = client.get(f"/v1/visits/{row['visit_id']}/bill")
        if answer.status != 200:
            found.append(f"bill of unpriced visit {row['visit_id']}: {answer}")
    after = rig.database.rows(sql)
    found += [f"visit {row['visit_id']} stays without price after its bill was read" for row in after]
    return len(before), found


def claims(rig):
    """Ours and the gateway's: every received claim has one live receipt with the same content, and no live receipt is unknown."""
    ours = {r["ma_lk"]: r for r in rig.database.rows(
        "select c.ma_lk, c.state, c.ma_giao_dich, encode(w.envelope, 'hex') as envelope from claim.claim c left join claim.version w "
        "on w.tenant_id = c.tenant_id and w.claim_id = c.claim_id and w.version_no = c.received_version")}
    receipts = [r for r in rig.gateway.admin("GET", "/admin/receipts") if r["kind"] == 130]
    live, found = {}, []
    for receipt in receipts:
        if not receipt["replaced"]:
            if receipt["ma_lk"] in live:
                found.append(f"{receipt['ma_lk']} has two live receipts")
            live[receipt["ma_lk"]] = receipt
    for ma_lk, receipt in live.items():
        if ma_lk not in ours:
            found.append(f"the gateway holds {ma_lk}, which we do not have")
    for ma_lk, row in ours.items():
        if row["state"] != "received":
            continue
        receipt = live.get(ma_lk)
        if not receipt:
            found.append(f"{ma_lk} is received here and unknown to the gateway")
        elif hashlib.sha256(bytes.fromhex(row["envelope"])).hexdigest() != receipt["sha256"]:
            found.append(f"{ma_lk}: the gateway holds another content than we sent last")
    return found


OUR_DETAIL = re.compile(r"\] hmis_\w+@\w+ DETAIL:")
STARTING = "Consistent recovery state"  # told to sessions that come too early, before their role's settings count


def told_by_log(rig):
    """PostgreSQL's own log holds no values of rows: no details of errors in our sessions."""
    with open(rig.cluster.log, encoding="utf-8", errors="replace") as log:
        return [f"PostgreSQL's log tells values: {line[:200]}" for line in log
                if OUR_DETAIL.search(line) and STARTING not in line][:1]


def audit(rig, ledger):
    """(number of visits that had to be priced again, list of what is wrong)."""
    count, found = unpriced(rig, ledger)
    return count, found + lost_visits(rig, ledger) + lost_payments(rig, ledger) + wrong_rows(rig) + claims(rig) + told_by_log(rig)

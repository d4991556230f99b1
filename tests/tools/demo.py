"""The demonstration walk that `./dev demo` runs once a district, the service and the gateway stand-in are up.

One patient goes through the API from reception to receipt; then the month's claims are built, signed and sent
while the gateway misbehaves, reconciled, and the figures are checked against the detail rows. The first thing
that is not as it must be ends the walk with exit status 1.
"""

import argparse
import datetime
import json
import subprocess
import sys
import time
import unicodedata
import urllib.parse
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "scenario"))
import harness  # noqa: E402

PATIENCE = 150  # seconds for the month's claims
FAULTS = [
    {"path": "guiHoSoXml", "kind": "http_500", "every": 97, "limit": 12},
    {"path": "guiHoSoXml", "kind": "drop_after", "every": 151, "limit": 8},
    {"path": "guiHoSoXml", "kind": "drop_before", "every": 211, "limit": 6},
    {"path": "guiHoSoXml", "kind": "expired_token", "every": 307, "limit": 3},
]


class Fault(Exception):
    """The walk cannot go on."""


# --- talking -----------------------------------------------------------------------------------------


def title(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def tell(what, text=""):
    print(f"  {what:24}{text}", flush=True)


def dong(amount):
    return f"{Decimal(str(amount)):,.0f} đ".replace(",", ".")


def bar(what, done, total):
    if not sys.stderr.isatty():
        return
    filled = min(40, done * 40 // total) if total else 0
    end = "\n" if done >= total else ""
    print(f"\r  {what:22}[{'#' * filled}{'.' * (40 - filled)}] {done} / {total}", end=end, file=sys.stderr, flush=True)


def need(condition, text):
    if not condition:
        raise Fault(text)


def good(answer, *statuses):
    """The JSON of an answer with one of the expected statuses (200, 201, 202 when none are named)."""
    if answer.status not in (statuses or (200, 201, 202)):
        raise Fault(f"HTTP {answer}")
    return answer.json if answer.body else None


def wait(condition, what, patience=PATIENCE):
    return harness.until(condition, what, patience)


# --- the walk ----------------------------------------------------------------------------------------


class Walk:
    def __init__(self, options):
        self.options = options
        self.passwords = json.loads(Path(options.accounts).read_text(encoding="utf-8"))
        self.clients = {}
        url = urllib.parse.urlparse(options.database)
        self.database = harness.Database(urllib.parse.parse_qs(url.query)["host"][0], url.path.lstrip("/"))
        self.centre = self.database.value("select code from org.facility where kind = 'centre'")
        self.visit = None

    def as_role(self, role):
        """A client signed in as the user of that role."""
        if role not in self.clients:
            client = harness.Client(self.options.service.removeprefix("http://"), facility=self.centre)
            client.login(SimpleNamespace(username=role, password=self.passwords[role]))
            self.clients[role] = client
        return self.clients[role]

    def vss_admin(self, method, path, body=None):
        client = harness.Client(self.options.vss.removeprefix("http://"))
        return good(client.request(method, path, body, {"X-Admin-Key": self.options.vss_key}), 200, 204)

    # --- one patient ---

    def pick_person(self):
        """A grown-up of the district with a card of the centre, who is not there today."""
        (row,) = self.database.rows("""
            select p.patient_id, p.code, p.full_name, p.born_on, p.sex, p.address, p.commune_code, k.card_no, k.coverage_id
            from reg.patient p join reg.coverage k on k.tenant_id = p.tenant_id and k.patient_id = p.patient_id
                and k.valid @> current_date and k.object_group = 'GD' and k.five_year_on is null
            where k.registered_code = :'centre' and not exists (select from care.visit v where v.tenant_id = p.tenant_id
                and v.patient_id = p.patient_id and v.status <> 'closed')
            order by p.patient_id limit 1""", centre=self.centre)
        return row

    def register(self):
        person = self.person = self.pick_person()
        registrar = self.as_role("registrar")
        again = {"full_name": person["full_name"], "born_on": person["born_on"], "sex": person["sex"],
                 "address": person["address"], "province_code": "66", "commune_code": person["commune_code"]}
        warned = registrar.post("/v1/patients", again)
        need(warned.status == 409 and person["code"] in warned.body.decode(), f"no duplicate warning: {warned}")
        tell("register", f"{person['full_name']}, {person['born_on']}: possible duplicate of {person['code']}, refused until confirmed")
        words = urllib.parse.quote(" ".join(reversed(fold(person["full_name"]).split())))
        found = good(registrar.get(f"/v1/patients?q={words}"))["items"]
        tell("search", f"\"{urllib.parse.unquote(words)}\" finds {len(found)}; taking record {person['code']}")
        need(any(str(item["id"]) == person["patient_id"] for item in found), "the search does not find the patient")

    def check_coverage(self):
        registrar = self.as_role("registrar")
        asked = good(registrar.post("/v1/coverage-checks", {"patient_id": int(self.person["patient_id"])}), 202)

        def answered():
            check = good(registrar.get(f"/v1/coverage-checks/{asked['id']}"), 200)
            return check if check["state"] != "asked" else None

        check = wait(answered, "answer of the gateway about the card", 30)
        need(check["state"] == "answered" and check["verdict"] == "ok", f"the card was not confirmed: {check}")
        tell("coverage check", f"{self.person['card_no']}: {check['result_code']} {check['verdict']}")

    def open_visit(self):
        (place,) = self.database.rows("""
            select d.department_id, r.room_id, p.staff_id, r.name from org.facility f
            join org.room r on r.tenant_id = f.tenant_id and r.facility_id = f.facility_id and r.code = 'P001'
            join org.department d on d.tenant_id = r.tenant_id and d.department_id = r.department_id
            join org.staff_post p on p.tenant_id = d.tenant_id and p.department_id = d.department_id
            join org.staff s on s.tenant_id = p.tenant_id and s.staff_id = p.staff_id and s.title = 'doctor'
            where f.code = :'centre' order by p.staff_id limit 1""", centre=self.centre)
        self.came = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))) - datetime.timedelta(minutes=60)
        visit = self.visit = good(self.as_role("registrar").post("/v1/visits", {
            "arrived_at": self.at(0), "patient_id": int(self.person["patient_id"]), "kind_code": "01", "object_code": "1.1", "reason": "Đau vùng thượng vị",
            "department_id": int(place["department_id"]), "room_id": int(place["room_id"]), "practitioner_id": int(place["staff_id"])}), 201)
        self.path = f"/v1/visits/{visit['id']}"
        tell("open visit", f"{visit['ma_lk']}, {place['name']}, queue number {visit['queue_number']}, card {visit['coverage_state']}")

    def at(self, minutes):
        """So many minutes after the patient came; an hour of the clinic passes in seconds here."""
        moment = self.came + datetime.timedelta(minutes=minutes)
        return moment.isoformat(timespec="seconds")

    def examine(self):
        doctor = self.as_role("clinician")
        good(doctor.post(f"{self.path}/vitals", {"pulse": 82, "temperature": 37.1, "systolic": 120, "diastolic": 75, "weight_kg": 56}))
        tell("vitals", "pulse 82, 37.1 °C, 120/75 mmHg, 56 kg")
        good(doctor.post(f"{self.path}/diagnoses", {"role": "main", "icd_code": "K29.7", "made_at": self.at(8)}))
        tell("diagnosis", "K29.7 Viêm dạ dày, không đặc hiệu")
        good(doctor.post(f"{self.path}/orders", {"code": "02.03", "status": "done", "ordered_at": self.at(5)}))
        tests = ("CTM", "CRP", "NS1", "HBS")
        orders = {code: good(doctor.post(f"{self.path}/orders", {"code": code, "ordered_at": self.at(10)}))["id"] for code in tests}
        tell("order", f"02.03 consultation done; ordered {', '.join(tests)}: blood count, CRP, dengue NS1, HBsAg")
        self.perform(orders)
        imaging = self.imaging = good(doctor.post(f"{self.path}/orders", {"code": "SAB", "status": "done", "machine_id": self.machine("SA"),
                               "ordered_at": self.at(10), "performed_at": self.at(25)}))
        good(self.as_role("lab").post(f"{self.path}/results", {"order_id": imaging["id"], "resulted_at": self.at(32),
                  "read_by_id": self.reader(), "items": [
            {"description": "Gan không to, nhu mô đều; túi mật không sỏi", "conclusion": "Chưa thấy bất thường trên siêu âm"}]}))
        tell("imaging", "SAB abdominal ultrasound: nothing unusual")
        drugs = good(doctor.post(f"{self.path}/prescriptions", {"advice": "Tránh rượu bia, đồ chua cay",
                     "prescribed_at": self.at(45), "lines": [
            {"code": "ESOME", "dose": 1, "times_per_day": 1, "days": 14, "usage_text": "Uống trước ăn 30 phút"},
            {"code": "ANTAC", "dose": 1, "times_per_day": 3, "days": 7, "usage_text": "Uống sau ăn 1 giờ"}]}))
        tell("prescription", "Esomeprazol 20mg × 14, antacid × 21")
        good(self.as_role("pharmacist").patch(f"{self.path}/prescriptions/{drugs['id']}", {"status": "done",
             "dispensed_at": self.at(52)}, etag="*"))
        tell("dispense", "given out by the pharmacist")

    def reader(self):
        return int(self.database.value("select min(staff_id) from org.staff where title = 'doctor'"))

    def machine(self, group):
        return int(self.database.value("select m.machine_id from org.machine m join org.facility f using (tenant_id, facility_id) "
                                       "where f.code = :'centre' and m.group_code = :'group'", centre=self.centre, group=group))

    def perform(self, orders):
        """The laboratory does what was ordered and writes the results."""
        lab = self.as_role("lab")
        technician = int(self.database.value("select min(staff_id) from org.staff where title = 'technician'"))
        machines = {"CTM": "HH", "CRP": "SH", "NS1": "DC", "HBS": "DC"}
        values = {
            "CTM": [{"indicator_code": "22.0121.WBC", "indicator_name": "Số lượng bạch cầu (WBC)", "value": "7.2", "unit": "G/L"},
                    {"indicator_code": "22.0121.HGB", "indicator_name": "Huyết sắc tố (HGB)", "value": "138", "unit": "g/L"}],
            "CRP": [{"indicator_code": "23.0228.CRP", "indicator_name": "CRP", "value": "4.1", "unit": "mg/L"}],
            "NS1": [{"description": "Test nhanh kháng nguyên NS1", "conclusion": "Âm tính"}],
            "HBS": [{"description": "Test nhanh HBsAg", "conclusion": "Âm tính"}],
        }
        for code, order in orders.items():
            good(lab.patch(f"{self.path}/orders/{order}", {"status": "done", "machine_id": self.machine(machines[code]),
                           "performer_ids": [technician], "performed_at": self.at(20)}, etag="*"))
            good(lab.post(f"{self.path}/results", {"order_id": order, "read_by_id": technician, "resulted_at": self.at(35), "items": values[code]}))
        tell("result", "WBC 7.2 G/L, HGB 138 g/L, CRP 4.1 mg/L, NS1 negative, HBsAg negative")

    def bill_and_pay(self):
        cashier = self.as_role("cashier")
        bill = good(cashier.get(f"{self.path}/bill"))
        tell("bill", f"{'line':34}{'amount':>12}{'fund':>12}{'patient':>12}")
        for line in bill["lines"]:
            patient = Decimal(line["copay_share"]) + Decimal(line["self_share"])
            shares = Decimal(line["fund_share"]) + patient + Decimal(line["other_share"])
            need(shares == Decimal(line["amount_hospital"]), f"the shares of {line['item_name']} do not add up")
            tell("", f"{line['item_name'][:33]:34}{dong(line['amount_hospital']):>12}{dong(line['fund_share']):>12}{dong(patient):>12}")
        for rule in bill["lines"][0]["why"]:
            tell("  why", rule["vi"] or rule["rule"])
        due = Decimal(bill["due"])
        if due > 0:
            paid = good(cashier.post(f"{self.path}/payments", {"amount": float(due), "method": "cash",
                                     "settlement_key": f"DEMO-{self.visit['id']}"}))
            tell("payment", f"{dong(due)}, receipt {paid['receipt']['book']} no {paid['receipt']['number']}")
            need(Decimal(paid["due"]) == 0, f"still owed: {paid['due']}")
        else:
            tell("payment", "nothing to pay")
        self.be_refused()
        done = good(self.as_role("clinician").post(f"{self.path}/close", {"result_code": "2", "outcome_code": "1"}))
        tell("close", f"{done['status']}, owed {dong(done['due'])}, draft claim {done['claim_id']}")
        good(cashier.get(f"{self.path}/receipts"))

    def be_refused(self):
        """The rules speak before the patient leaves: nobody is written down as having done the ultrasound."""
        doctor = self.as_role("clinician")
        verdict = good(doctor.get(f"{self.path}/verdict"))
        tell("verdict", f"{verdict['critical']} critical, {verdict['pending']} waiting for the end of the visit, rules {verdict['rule_set']}")
        refused = doctor.post(f"{self.path}/close", {"result_code": "2", "outcome_code": "1"})
        need(refused.status == 422 and refused.json["code"] == "visit.critical_findings", f"closed with a critical finding: {refused}")
        for error in refused.json["errors"]:
            tell("close refused", f"{error['code']} {error['detail']}")
        places = {error["pointer"] for error in refused.json["errors"]}
        need(places == {f"/lines/order/{self.imaging['id']}"}, f"refused for something else: {refused}")
        examiner = int(self.database.value("select min(o.performer_ids[1]) from care.service_order o where o.local_code = 'SAB' and "
                                           f"o.facility_id = (select facility_id from care.visit where visit_id = {self.visit['id']})"))
        answer = self.as_role("lab").request("PATCH", f"{self.path}/orders/{self.imaging['id']}", {"performer_ids": [examiner]},
                                             {"If-Match": "*", "Prefer": "return=verdict"})
        need(good(answer)["verdict"]["may_close"], f"still not to be closed: {answer}")
        tell("mended", "who did the ultrasound is written down; the same answer says that the visit may close")

    def one_patient(self):
        title("One patient, from reception to receipt")
        self.register()
        self.check_coverage()
        self.open_visit()
        self.examine()
        self.bill_and_pay()

    # --- the month ---

    def funnel(self):
        return good(self.as_role("claims").get(f"/v1/claim-funnel?month={self.month}&facility={self.centre}"))

    def run_claims(self):
        self.month = self.database.value("select to_char(max(month), 'YYYY-MM') from claim.claim")
        title(f"Claims of {self.month}, while the gateway misbehaves")
        self.vss_admin("PUT", "/admin/faults", FAULTS)
        claims = self.as_role("claims")
        started = time.monotonic()
        run = good(claims.post("/v1/claim-runs", {"facility": self.centre, "month": self.month}), 202)

        def finished():
            now = good(claims.get(f"/v1/claim-runs/{run['id']}"))
            bar("built and signed", now["built"] + now["rejected"], now["total"] or 1)
            need(now["state"] != "failed", f"the run failed: {now}")
            return now if now["state"] == "done" else None

        run = wait(finished, "end of the claim run")
        seconds = time.monotonic() - started
        tell("run", f"{run['built']} claims built and signed, {run['rejected']} held back by the rules, "
                    f"{run['built'] / seconds:.0f} claims/s")
        self.until_sent(run["built"])
        seconds = time.monotonic() - started
        struck = sum(f["done"] for f in self.vss_admin("GET", "/admin/state")["faults"])
        tell("sent", f"all receipts there after {seconds:.1f} s; the gateway's faults struck {struck} times")
        return run

    def until_sent(self, built):
        def received():
            now = self.funnel()
            bar("sent and received", now["received"] + now["returned"], built)
            return now["received"] + now["returned"] >= built

        wait(received, "receipts of all claims")

    def check_receipts(self):
        receipts = [r for r in self.vss_admin("GET", "/admin/receipts") if not r["replaced"]]
        rows = self.database.rows("select ma_lk, ma_giao_dich, fund_share from claim.claim where state = 'received'")
        ours = {row["ma_lk"]: row for row in rows}
        theirs = {r["ma_lk"]: r for r in receipts if r["ma_lk"] in ours and r.get("kind", 130) != 0}
        need(set(ours) == set(theirs), f"receipts differ: {len(ours)} here, {len(theirs)} at the gateway")
        ours_sum = sum(Decimal(row["fund_share"]) for row in rows)
        theirs_sum = sum(Decimal(str(r["fund"])) for r in theirs.values())
        need(ours_sum == theirs_sum, f"amounts differ: {ours_sum} here, {theirs_sum} at the gateway")
        tell("receipts", f"{len(ours)} here = {len(theirs)} at the gateway, each once; {dong(ours_sum)} = {dong(theirs_sum)}")

    def reconcile(self):
        claims = self.as_role("claims")
        days = self.database.rows("select distinct f.code, v.closed_on from care.visit v join org.facility f using (tenant_id, facility_id) "
                                  "where v.closed_on >= (select max(closed_on) from care.visit) - 2 and v.coverage_id is not null order by 2, 1")
        first, last = days[0]["closed_on"], days[-1]["closed_on"]
        for row in days:
            good(claims.post("/v1/reconciliations", {"facility": row["code"], "day": row["closed_on"]}), 202)

        def compared():
            items = good(claims.get(f"/v1/reconciliations?from={first}&to={last}&facility={self.centre}"))["items"]
            return items if len(items) >= len(days) else None

        items = wait(compared, "reconciliation of the last days", 60)
        open_claims = [d for item in items for d in item["differences"] or []]
        tell("reconciliation", f"{len(items)} facility days {first} … {last}: {sum(i['is_balanced'] for i in items)} balanced, "
                               f"{len(open_claims)} differences listed")
        for item in [i for i in items if not i["is_balanced"]][:3]:
            tell("", f"{item['facility']} {item['day']}: closed {item['closed']}, sent {item['sent']}, received {item['received']}: "
                     f"{json.dumps(item['differences'], ensure_ascii=False)[:110]}")

    def show_funnel(self, run):
        title("Funnel of the month")
        now = self.funnel()
        for name in ("visits", "closed", "insured_closed", "claims", "built", "signed", "sent", "received", "returned"):
            tell(name.replace("_", " "), f"{now[name]:>8}")
        tell("refused at close", f"{now['refused_at_close']:>8}  {now['refused_now']} still open, {now['overridden']} overridden, {now['held']} claims held")
        for name in ("amount_hospital", "amount_insurance", "fund_claimed", "fund_received"):
            tell(name.replace("_", " "), f"{dong(now[name]):>20}")
        (rows,) = self.database.rows("""
            select count(*) filter (where v.status = 'closed') as closed, count(*) as visits from care.visit v
            where to_char(v.arrived_on, 'YYYY-MM') = :'month'""", month=self.month)
        need(int(rows["closed"]) == now["closed"] and int(rows["visits"]) == now["visits"], f"funnel and detail rows differ: {rows}")
        need(now["built"] == now["signed"] == now["sent"] == now["received"] + now["returned"] and now["returned"] == 0,
             f"the funnel leaks: {now}")
        need(now["claims"] == now["built"] + run["rejected"], f"claims without version: {now}, run {run}")
        mistakes = self.database.value("select count(*) from care.visit v join claim.claim c using (tenant_id, visit_id) where "
                                       "v.referred_from_code !~ '^[0-9]{5}$' and c.month = (:'month' || '-01')::date", month=self.month)
        need(int(mistakes) == run["rejected"], f"{mistakes} visits have a mistake, {run['rejected']} claims were held back")
        tell("held back", f"{run['rejected']:>8}  the visits with a mistake, and no others")

    # --- report and proof ---

    def report(self):
        title("Daily activity, checked against the detail rows")
        (span,) = self.database.rows("select min(arrived_on) as first, max(arrived_on) as last from care.visit")
        body = good(self.as_role("reporter").get(f"/v1/reports/daily-activity?from={span['first']}&to={span['last']}&facility={self.centre}"))
        total = body["total"]
        (rows,) = self.database.rows("""
            select count(*) as visits, count(v.coverage_id) as insured,
                (select sum(amount_hospital) from bill.charge where not is_void) as amount_hospital,
                (select sum(fund_share) from bill.charge where not is_void) as fund_share,
                (select sum(copay_share) from bill.charge where not is_void) as copay_share,
                (select sum(self_share) from bill.charge where not is_void) as self_share from care.visit v""")
        for name, value in rows.items():
            need(Decimal(str(total[name])) == Decimal(value), f"report {name} {total[name]}, detail rows {value}")
        tell("period", f"{span['first']} … {span['last']}, {len(body['facilities'])} facilities, {len(body['days'])} days")
        tell("visits", f"{total['visits']} ({total['insured']} insured, {total['inpatients']} in-patients)")
        tell("amounts", f"hospital {dong(total['amount_hospital'])}, fund {dong(total['fund_share'])}, co-payment "
                        f"{dong(total['copay_share'])}, self-pay {dong(total['self_share'])}")
        for day in body["days"][-3:]:
            tell(day["date"], f"{day['visits']:>5} visits {dong(day['amount_hospital']):>20}")

    def verify_one(self):
        title("One stored claim, verified by two programs")
        ma_lk = self.visit["ma_lk"]
        claim = good(self.as_role("claims").get(f"/v1/claims/{ma_lk}"))
        version = max(v["version_no"] if "version_no" in v else v["version"] for v in claim["versions"])
        answer = self.as_role("claims").get(f"/v1/claims/{ma_lk}/versions/{version}.xml")
        need(answer.status == 200, f"the claim's file: {answer}")
        self.file = Path(self.options.keep) / f"{ma_lk}.xml"
        self.file.write_bytes(answer.body)
        print(harness.run_tool([harness.binary("cli/hmis"), "claim", "verify", self.file], "hmis claim verify").rstrip())
        harness.run_tool(["xmlsec1", "--verify", "--pubkey-cert-pem", self.options.certificate, self.file], "xmlsec1")
        tell("xmlsec1", "OK")
        broken = self.file.with_suffix(".changed.xml")
        broken.write_bytes(answer.body.replace(b"<SOLUONGHOSO>1<", b"<SOLUONGHOSO>2<", 1))
        refused = subprocess.run([harness.binary("cli/hmis"), "claim", "verify", broken], capture_output=True, check=False)
        need(refused.returncode == 1, "a changed claim was not refused")
        broken.unlink()
        tell("changed byte", "refused")

    def where(self):
        title("Where things are")
        tell("service", self.options.service)
        tell("API description", f"{self.options.service}/openapi.json")
        tell("metrics", f"{self.options.service}/metrics")
        tell("gateway stand-in", self.options.vss)
        tell("database", self.options.database)
        tell("a signed claim", str(self.file))

    def go(self):
        started = time.monotonic()
        self.one_patient()
        run = self.run_claims()
        self.check_receipts()
        self.reconcile()
        self.show_funnel(run)
        self.report()
        self.verify_one()
        self.where()
        print(f"\n  every step and total as it must be ({time.monotonic() - started:.0f} s)\n", flush=True)


def fold(text):
    """A name as people type it: lower case, no diacritics."""
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in letters if not unicodedata.combining(c)).lower()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("service", "vss", "vss-key", "database", "accounts", "certificate", "keep"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--once", action="store_true")
    try:
        Walk(parser.parse_args()).go()
    except (Fault, AssertionError) as fault:
        sys.exit(f"demo: {fault}")


if __name__ == "__main__":
    main()
